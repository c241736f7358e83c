//! The ledger: every posting of a charge, one after the other, with what it was for and the accounts that paid.
//!
//! What was asked stands in the first record, what it adds up to in the last, both apart from the amounts, so that a program
//! that knows nothing of them adds a column up and has the ledger's sum.

use std::collections::HashMap;
use std::ops::Range;
use std::time::Duration;

use purser_core::account::Subject;
use purser_core::charge::ChargeRecord;
use purser_core::csv::Row;
use purser_core::id::{GrantId, PersonId, RunId, UnitId};
use purser_core::money::Nano;
use purser_core::price::Bucket;
use purser_core::snapshot::Snapshot;
use purser_core::time::Instant;
use purser_ledger::AccountNo;
use purser_store::{ChargeKind, ChargeRow};
use serde::Serialize;

use super::{Days, Export, Pieces, add, is_in, json};
use crate::control::{Control, Inner, stored};
use crate::error::Error;
use crate::grants::word;
use crate::shape::{Charge, ExportFormat, WantedLedger};
use crate::usage;

/// What is read at a time.
const HOUR: Duration = Duration::from_hours(1);

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

/// What was asked for, with names looked up: the first record of the file.
#[derive(Clone, Debug, Serialize)]
struct About {
    /// First day (UTC), and the first not included.
    from: String,
    to: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<PersonId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<UnitId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    currency: String,
    made: Instant,
    /// The last record of the journal that is looked at.
    up_to_entry: u64,
}

/// What it adds up to: the last record of the file.
#[derive(Clone, Debug, Default, Serialize)]
struct Total {
    charges: u64,
    amount: Nano,
    overrun: Nano,
    /// Tokens and calls of hosted tools, by bucket.
    #[serde(flatten)]
    counts: HashMap<Bucket, i64>,
}

/// One posting as JSON.
#[derive(Serialize)]
struct Posting<'a> {
    #[serde(flatten)]
    charge: &'a Charge,
    /// What was used: differences in an adjustment.
    counts: &'a HashMap<Bucket, i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    person_name: Option<String>,
    unit: Option<UnitId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit_name: Option<String>,
    run: Option<RunId>,
    project: Option<String>,
    paid_by: &'a [Payer],
}

/// An account of a grant, and what it paid.
#[derive(Clone, Debug, Serialize)]
struct Payer {
    grant: GrantId,
    from: Instant,
    to: Instant,
    amount: Nano,
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
        let person = wanted.person.as_deref().map(|who| self.inner.find_person(&snapshot, who)).transpose()?;
        let unit = wanted.unit.as_deref().map(|unit| self.inner.find_unit(&snapshot, unit)).transpose()?;
        let up_to_entry = self.inner.ledger.watermarks().decided.0;
        // Everything that was written when it is asked for.
        self.report(|_| Ok(())).await?;
        let about = About {
            from: days.from.to_string(),
            to: days.to.to_string(),
            person,
            unit,
            model: wanted.model,
            currency: snapshot.currency.code().to_owned(),
            made: self.inner.clock.now(),
            up_to_entry,
        };
        let of = [about.person.map(|it| it.to_string()), about.unit.map(|it| it.to_string()), about.model.clone()];
        let names = wanted.names.then(|| "names".to_owned());
        let what = [about.from.clone(), about.to.clone()].into_iter().chain(of.into_iter().flatten()).chain(names);
        let what = what.collect();
        let (format, names) = (wanted.format, wanted.names);
        let (ending, media_type) = format.file();
        let file = (format!("purser-ledger-{}--{}.{ending}", days.from, days.to), media_type);
        self.exported(file, what, move |inner, pieces| {
            Writing { inner, snapshot: &snapshot, about: &about, format, names, total: Total::default() }
                .write(days, pieces)
        })
        .await
    }
}

/// A file that is being written.
struct Writing<'a> {
    inner: &'a Inner,
    snapshot: &'a Snapshot,
    about: &'a About,
    format: ExportFormat,
    names: bool,
    total: Total,
}

impl Writing<'_> {
    fn write(mut self, days: Days, pieces: &mut Pieces<'_>) -> Result<(), Error> {
        let mut text = self.head();
        for (_, instants) in days.each() {
            // Whose accounts are: of one day's, so that years need no more.
            let mut whose = HashMap::new();
            for hour in hours(instants) {
                for row in self.rows(hour)? {
                    self.charge(&mut text, &row, &mut whose)?;
                    if pieces.put(&std::mem::take(&mut text)).is_break() {
                        return Ok(());
                    }
                }
            }
        }
        self.end(&mut text);
        pieces.end(&text);
        Ok(())
    }

    /// What was asked for of an hour, taken out of the projection before any of it is written: whoever reads slowly must not
    /// keep a reading transaction open.
    fn rows(&self, hour: Range<Instant>) -> Result<Vec<ChargeRow>, Error> {
        let mut rows = Vec::new();
        let mut each = |row: ChargeRow| {
            if self.has(&row) {
                rows.push(row);
            }
        };
        self.inner.reader.each_charge(hour, &mut each).map_err(stored)?;
        Ok(rows)
    }

    /// Was it asked for? What the company bears itself is nobody's charge.
    fn has(&self, row: &ChargeRow) -> bool {
        let About { person, unit, model, up_to_entry, .. } = self.about;
        row.kind != ChargeKind::WrittenOff
            && row.lsn.0 <= *up_to_entry
            && person.is_none_or(|person| row.person == Some(person))
            && model.as_ref().is_none_or(|model| row.model == *model)
            && unit.is_none_or(|unit| row.unit.is_some_and(|of| is_in(&self.snapshot.directory, of, unit)))
    }

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

    fn end(&self, text: &mut String) {
        match self.format {
            ExportFormat::Csv => apart(text, "total", &json(&self.total)),
            ExportFormat::Jsonl => line(text, &Record::Total(&self.total)),
        }
    }

    fn charge(
        &mut self,
        text: &mut String,
        row: &ChargeRow,
        whose: &mut HashMap<AccountNo, Option<Payer>>,
    ) -> Result<(), Error> {
        let counts = Bucket::ALL.map(|bucket| (bucket, row.counts.of(bucket)));
        self.add(row, &counts)?;
        let mut paid_by = Vec::new();
        for leg in &row.legs {
            let payer = if let Some(payer) = whose.get(&leg.no) {
                payer.clone()
            } else {
                let payer = payer(self.inner, leg.no)?;
                whose.insert(leg.no, payer.clone());
                payer
            };
            paid_by.extend(payer.map(|payer| Payer { amount: leg.amount, ..payer }));
        }
        let charge = usage::charge(row);
        let record = row.record();
        let names = self.names.then(|| self.inner.names.read());
        let person_name = names.as_ref().and_then(|names| names.person_name(row.person?));
        let unit_name = names.as_ref().and_then(|names| names.unit_name(row.unit?));
        let run = record.as_ref().and_then(|record| record.run);
        let project = record.as_ref().and_then(|record: &ChargeRecord| record.project.as_deref().map(str::to_owned));
        match self.format {
            ExportFormat::Jsonl => {
                let counts = counts.into_iter().filter(|(_, count)| *count != 0).collect();
                let posting = Posting {
                    charge: &charge,
                    counts: &counts,
                    person_name,
                    unit: row.unit,
                    unit_name,
                    run,
                    project,
                    paid_by: &paid_by,
                };
                line(text, &Record::Charge(&posting));
            }
            ExportFormat::Csv => {
                let mut cells = Row::new(text);
                cells.cell("charge").cell(&row.lsn.to_string()).cell(&charge.kind).cell(&row.at.to_string());
                cells.cell(&row.hold.map(|hold| hold.to_string()).unwrap_or_default());
                cells.cell(&shown(row.person)).text(&person_name.unwrap_or_default());
                cells.cell(&shown(row.unit)).text(&unit_name.unwrap_or_default());
                cells.cell(&shown(row.key)).cell(&shown(run));
                cells.text(&row.provider).text(&row.model).text(row.served_model.as_deref().unwrap_or_default());
                cells.text(&charge.client).text(&project.unwrap_or_default()).cell(&charge.attempt.to_string());
                cells.cell(&charge.mark).cell(&charge.card.map(|card| card.to_string()).unwrap_or_default());
                let paid: Vec<String> =
                    paid_by.iter().map(|payer| format!("{} {}", payer.grant, payer.amount)).collect();
                cells.cell(&paid.join("; "));
                for (_, count) in &counts {
                    cells.cell(&count.to_string());
                }
                cells.cell(&row.counts.reasoning().to_string());
                cells.cell(&row.charge.to_string()).cell(&row.overrun.to_string()).cell(&self.about.currency).cell("");
                cells.end();
            }
        }
        Ok(())
    }

    fn add(&mut self, row: &ChargeRow, counts: &[(Bucket, i64)]) -> Result<(), Error> {
        let Total { charges, amount, overrun, counts: sums } = &mut self.total;
        *charges = charges.saturating_add(1);
        *amount = add(amount.checked_add(row.charge))?;
        *overrun = add(overrun.checked_add(row.overrun))?;
        for (bucket, count) in counts.iter().filter(|(_, count)| *count != 0) {
            let sum = sums.entry(*bucket).or_default();
            *sum = add(sum.checked_add(*count))?;
        }
        Ok(())
    }
}

/// The hours of a day of UTC. A year of ten thousand people needs no more memory than its busiest one.
fn hours(day: Range<Instant>) -> impl Iterator<Item = Range<Instant>> {
    let starts = std::iter::successors(Some(day.start), |start| Some(start.saturating_add(HOUR)));
    starts.take_while(move |start| *start < day.end).map(move |start| start..start.saturating_add(HOUR).min(day.end))
}

/// The grant and period of an account; nothing of a budget's.
fn payer(inner: &Inner, no: AccountNo) -> Result<Option<Payer>, Error> {
    let key = inner.reader.account_key(no).map_err(stored)?;
    Ok(key.and_then(|key| match key.subject {
        Subject::Grant(grant) => Some(Payer { grant, from: key.period.start, to: key.period.end, amount: Nano::ZERO }),
        Subject::Budget(_) | Subject::Run(_) => None,
    }))
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
