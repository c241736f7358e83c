//! What is over, as Parquet: every posting of days that have ended, for programs that read columns.
//!
//! Nothing is posted on a past day any more, so the same question gives the same file, to the byte, whenever it is asked
//! (names, where they are asked for, are those of the moment). What was asked and what it adds up to stand in the file's own
//! notes, where no column can count them.

use jiff::ToSpan as _;
use purser_core::price::Bucket;
use purser_core::zone::Zone;
use serde::Serialize;

use super::parquet::{Column, Kind, Parquet, ParquetError, Value};
use super::postings::{Postings, Told, Total, Which};
use super::{Export, json};
use crate::control::Control;
use crate::error::{Code, Error, Refused};
use crate::grants::word;
use crate::shape::WantedHistory;

/// What a file says that it is.
const HISTORY: &str = "purser.history/1";
/// Its media type, as it is registered.
const MEDIA_TYPE: &str = "application/vnd.apache.parquet";
/// The notes in it: what was asked, and what it adds up to.
const ABOUT: &str = "purser.about";
const TOTAL: &str = "purser.total";

/// Columns before the counts, and whether each row has one.
const BEFORE: [(&str, Kind, bool); 19] = [
    ("entry", Kind::Number, true),
    ("kind", Kind::Text, true),
    ("at", Kind::Instant, true),
    ("call", Kind::Text, false),
    ("person", Kind::Text, false),
    ("person_name", Kind::Text, false),
    ("unit", Kind::Text, false),
    ("unit_name", Kind::Text, false),
    ("key", Kind::Text, false),
    ("run", Kind::Text, false),
    ("provider", Kind::Text, true),
    ("model", Kind::Text, true),
    ("served_model", Kind::Text, false),
    ("client", Kind::Text, false),
    ("project", Kind::Text, false),
    ("attempt", Kind::Number, true),
    ("mark", Kind::Text, true),
    ("card", Kind::Text, false),
    ("paid_by", Kind::Json, true),
];
/// Columns behind them.
const BEHIND: [(&str, Kind, bool); 3] =
    [("reasoning", Kind::Number, true), ("amount", Kind::Money, true), ("overrun", Kind::Money, true)];

/// What was asked for.
#[derive(Debug, Serialize)]
struct About<'a> {
    document: &'static str,
    #[serde(flatten)]
    which: &'a Which,
    currency: &'a str,
}

impl From<ParquetError> for Error {
    fn from(error: ParquetError) -> Self {
        Self::failed("a Parquet file can't be written", error)
    }
}

impl Control {
    /// Every posting of some days (UTC) that are over, of everybody, a person or a unit, as Parquet. The trail says who took
    /// it before the first byte leaves.
    ///
    /// # Errors
    /// Days that can't be read or are not over, nothing between them, more than ten years; nobody or no unit of that name;
    /// the projection.
    pub async fn export_history(&self, wanted: WantedHistory) -> Result<Export, Error> {
        let today = Zone::UTC.date(self.inner.clock.now());
        let yesterday = today.checked_sub(1.day()).unwrap_or(today);
        let from = wanted.from.unwrap_or_else(|| yesterday.first_of_month().to_string());
        let to = wanted.to.unwrap_or_else(|| today.to_string());
        let days = self.export_days(Some(&from), Some(&to))?;
        if days.to > today {
            let message = format!("the days before {} are not over", days.to);
            let hint = format!("`to` is {today} at most (UTC); what is not over is in `purser export ledger`");
            return Err(Refused::new(Code::Invalid, message).hint(hint).into());
        }
        let snapshot = self.snapshot();
        let of = (wanted.person.as_deref(), wanted.unit.as_deref(), wanted.model);
        let which = Which::of(&self.inner, &snapshot, days, of)?;
        // Everything that was written when it is asked for.
        self.report(|_| Ok(())).await?;
        let (what, names) = (which.words(wanted.names), wanted.names);
        let file = (format!("purser-history-{}--{}.parquet", days.from, days.to), MEDIA_TYPE);
        self.exported(file, what, move |inner, pieces| {
            let (which, total) = (&which, Total::default());
            let up_to_entry = u64::MAX;
            let mut postings = Postings { inner, snapshot: &snapshot, which, up_to_entry, names, total };
            let mut out = Vec::new();
            let mut table = Parquet::new(columns(), &mut out);
            let read = postings.each(days, &mut |told| {
                table.row(cells(told), &mut out)?;
                let flow = pieces.put_bytes(&out);
                out.clear();
                Ok(flow)
            })?;
            if read.is_continue() {
                let about = About { document: HISTORY, which, currency: snapshot.currency.code() };
                table.end(&[(ABOUT, json(&about)), (TOTAL, json(&postings.total))], &mut out)?;
                pieces.end_bytes(&out);
            }
            Ok(())
        })
        .await
    }
}

fn columns() -> Vec<Column> {
    let counts = Bucket::ALL.map(|bucket| (word(bucket), Kind::Number, true));
    let named = |(name, kind, is_required): (&str, Kind, bool)| (name.to_owned(), kind, is_required);
    let all = BEFORE.into_iter().map(named).chain(counts).chain(BEHIND.into_iter().map(named));
    all.map(|(name, kind, is_required)| Column { name, kind, is_required }).collect()
}

/// A posting, in the order of the columns.
fn cells<'a>(told: &'a Told<'_>) -> Vec<Value<'a>> {
    let Told { row, charge, counts, person_name, unit_name, run, project, paid_by } = told;
    let mut cells = vec![
        Value::Number(i64::try_from(row.lsn.0).unwrap_or(i64::MAX)),
        Value::Text(&charge.kind),
        Value::Instant(row.at),
        made(row.hold),
        made(row.person),
        text(person_name.as_deref()),
        made(row.unit),
        text(unit_name.as_deref()),
        made(row.key),
        made(*run),
        Value::Text(&row.provider),
        Value::Text(&row.model),
        text(row.served_model.as_deref()),
        text(Some(charge.client.as_str()).filter(|client| !client.is_empty())),
        text(project.as_deref()),
        Value::Number(charge.attempt.into()),
        Value::Text(&charge.mark),
        made(charge.card),
        Value::Made(json(paid_by)),
    ];
    cells.extend(counts.iter().map(|(_, count)| Value::Number(*count)));
    cells.extend([Value::Number(row.counts.reasoning()), Value::Money(row.charge), Value::Money(row.overrun)]);
    cells
}

fn text(text: Option<&str>) -> Value<'_> {
    text.map_or(Value::Nothing, Value::Text)
}

fn made<'a>(id: Option<impl ToString>) -> Value<'a> {
    id.map_or(Value::Nothing, |id| Value::Made(id.to_string()))
}
