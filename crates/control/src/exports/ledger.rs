//! The ledger: every posting of a charge, one after the other, with what it was for and the accounts that paid.
//!
//! What was asked stands in the first record, what it adds up to in the last, both apart from the amounts, so that a program
//! that knows nothing of them adds a column up and has the ledger's sum.

use std::collections::BTreeMap;

use purser_core::csv::Row;
use purser_core::id::{RunId, UnitId};
use purser_core::price::Bucket;
use purser_core::time::Instant;
use serde::Serialize;

use super::postings::{Payer, Postings, Told, Total, Which};
use super::{Export, json};
use crate::control::Control;
use crate::error::Error;
use crate::grants::word;
use crate::shape::{Charge, ExportFormat, WantedLedger};

/// Columns before the counts.
const BEFORE: [&str; 20] = [
    "record",
    "entry",
    "kind",
    "at",
    "call",
    "person",
    "person_name",
    "unit",
    "unit_name",
    "key",
    "run",
    "provider",
    "model",
    "served_model",
    "client",
    "project",
    "attempt",
    "mark",
    "card",
    "paid_by",
];
/// Columns behind them.
const BEHIND: [&str; 5] = ["reasoning", "amount", "overrun", "currency", "note"];

/// What was asked for: the first record of the file.
#[derive(Clone, Debug, Serialize)]
struct About {
    #[serde(flatten)]
    which: Which,
    currency: String,
    made: Instant,
    /// The last record of the journal that is looked at.
    up_to_entry: u64,
}

/// One posting as JSON.
#[derive(Serialize)]
struct Posting<'a> {
    #[serde(flatten)]
    charge: &'a Charge,
    /// What was used: differences in an adjustment.
    counts: &'a BTreeMap<Bucket, i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    person_name: Option<&'a str>,
    unit: Option<UnitId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit_name: Option<&'a str>,
    run: Option<RunId>,
    project: Option<&'a str>,
    paid_by: &'a [Payer],
}

/// A record of the file.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Record<'a> {
    About(&'a About),
    Charge(&'a Posting<'a>),
    Total(&'a Total),
}

impl Control {
    /// Every posting of some days (UTC), of everybody, a person or a unit. The trail says who took it before the first byte
    /// leaves.
    ///
    /// # Errors
    /// Days that can't be read, nothing between them, more than ten years; nobody or no unit of that name; the projection.
    pub async fn export_ledger(&self, wanted: WantedLedger) -> Result<Export, Error> {
        let days = self.export_days(wanted.from.as_deref(), wanted.to.as_deref())?;
        let snapshot = self.snapshot();
        let of = (wanted.person.as_deref(), wanted.unit.as_deref(), wanted.model);
        let which = Which::of(&self.inner, &snapshot, days, of)?;
        let up_to_entry = self.inner.ledger.watermarks().decided.0;
        // Everything that was written when it is asked for.
        self.report(|_| Ok(())).await?;
        let what = which.words(wanted.names);
        let about =
            About { which, currency: snapshot.currency.code().to_owned(), made: self.inner.clock.now(), up_to_entry };
        let (format, names) = (wanted.format, wanted.names);
        let (ending, media_type) = format.file();
        let file = (format!("purser-ledger-{}--{}.{ending}", days.from, days.to), media_type);
        self.exported(file, what, move |inner, pieces| {
            let which = &about.which;
            let total = Total::default();
            let mut postings = Postings { inner, snapshot: &snapshot, which, up_to_entry, names, total };
            let writing = Writing { about: &about, format };
            let mut text = writing.head();
            let read = postings.each(days, &mut |told| {
                writing.charge(&mut text, told);
                Ok(pieces.put(&std::mem::take(&mut text)))
            })?;
            if read.is_continue() {
                writing.end(&mut text, &postings.total);
                pieces.end(&text);
            }
            Ok(())
        })
        .await
    }
}

/// A file that is being written.
struct Writing<'a> {
    about: &'a About,
    format: ExportFormat,
}

impl Writing<'_> {
    /// The first record, and in a spreadsheet its columns before it.
    fn head(&self) -> String {
        let mut text = String::new();
        match self.format {
            ExportFormat::Csv => {
                let counts = Bucket::ALL.map(word);
                let columns = BEFORE.into_iter().chain(counts.iter().map(String::as_str)).chain(BEHIND);
                let mut row = Row::new(&mut text);
                for column in columns {
                    row.cell(column);
                }
                row.end();
                apart(&mut text, "about", &json(self.about));
            }
            ExportFormat::Jsonl => line(&mut text, &Record::About(self.about)),
        }
        text
    }

    fn end(&self, text: &mut String, total: &Total) {
        match self.format {
            ExportFormat::Csv => apart(text, "total", &json(total)),
            ExportFormat::Jsonl => line(text, &Record::Total(total)),
        }
    }

    fn charge(&self, text: &mut String, told: &Told<'_>) {
        let Told { row, charge, counts, person_name, unit_name, run, project, paid_by } = told;
        let (person_name, unit_name) = (person_name.as_deref(), unit_name.as_deref());
        let (run, project) = (*run, project.as_deref());
        match self.format {
            ExportFormat::Jsonl => {
                let counts = counts.iter().filter(|(_, count)| *count != 0).copied().collect();
                let posting =
                    Posting { charge, counts: &counts, person_name, unit: row.unit, unit_name, run, project, paid_by };
                line(text, &Record::Charge(&posting));
            }
            ExportFormat::Csv => {
                let mut cells = Row::new(text);
                cells.cell("charge").cell(&row.lsn.to_string()).cell(&charge.kind).cell(&row.at.to_string());
                cells.cell(&row.hold.map(|hold| hold.to_string()).unwrap_or_default());
                cells.cell(&shown(row.person)).text(person_name.unwrap_or_default());
                cells.cell(&shown(row.unit)).text(unit_name.unwrap_or_default());
                cells.cell(&shown(row.key)).cell(&shown(run));
                cells.text(&row.provider).text(&row.model).text(row.served_model.as_deref().unwrap_or_default());
                cells.text(&charge.client).text(project.unwrap_or_default()).cell(&charge.attempt.to_string());
                cells.cell(&charge.mark).cell(&charge.card.map(|card| card.to_string()).unwrap_or_default());
                let paid: Vec<String> =
                    paid_by.iter().map(|payer| format!("{} {}", payer.grant, payer.amount)).collect();
                cells.cell(&paid.join("; "));
                for (_, count) in counts {
                    cells.cell(&count.to_string());
                }
                cells.cell(&row.counts.reasoning().to_string());
                cells.cell(&row.charge.to_string()).cell(&row.overrun.to_string()).cell(&self.about.currency).cell("");
                cells.end();
            }
        }
    }
}

fn shown(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// A row that is none of the ledger's: its kind and a note, nothing to add up.
fn apart(text: &mut String, record: &str, note: &str) {
    let empty = BEFORE.len() + Bucket::ALL.len() + BEHIND.len() - 2;
    let mut row = Row::new(text);
    row.cell(record);
    for _ in 0..empty {
        row.cell("");
    }
    row.cell(note);
    row.end();
}

fn line(text: &mut String, record: &Record<'_>) {
    text.push_str(&json(record));
    text.push('\n');
}
