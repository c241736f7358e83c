//! Statements of many people: what somebody's month or year did to their money, a row each, and what it was used for.
//!
//! They are the statements that are given one by one ([`crate::statements`]), of those whose statements the caller may see:
//! of a closed month as they were kept then. In memory there are those of a few people. Every column adds up by itself: what
//! belongs to a statement, to one of its models or to one of its tools stands in columns of its own.

use purser_core::csv::Row;
use purser_core::directory::Directory;
use purser_core::id::{PersonId, UnitId};
use purser_core::money::Nano;
use purser_core::statement::SpanOf;
use purser_core::time::Instant;
use serde::Serialize;
use serde_json::Value;

use super::{Export, Pieces, add, is_in, json};
use crate::access::Within;
use crate::control::{Control, Inner};
use crate::error::Error;
use crate::privacy::looked_at;
use crate::shape::{ExportFormat, Statement, StatementModel, StatementTool, WantedStatements};
use crate::statements::{Whose, asked_span};

/// Statements made from one reading of the projection. A year of somebody who calls a lot is some hundred kilobytes while
/// it is put together.
const AT_ONCE: usize = 32;

/// Whose and when, in every row.
const WHOSE: [&str; 5] = ["person", "person_name", "unit", "unit_name", "month"];
/// What only a statement's row has.
const OF_STATEMENT: [&str; 27] = [
    "zone",
    "from",
    "to",
    "as_of",
    "status",
    "opening",
    "granted",
    "moved",
    "used",
    "paid",
    "overrun",
    "expired",
    "voided",
    "closing",
    "rolled",
    "held",
    "suspense",
    "adjusted",
    "prior",
    "counted",
    "calls",
    "input_tokens",
    "cached_tokens",
    "output_tokens",
    "entries",
    "first_entry",
    "last_entry",
];
/// What only a model's row has.
const OF_MODEL: [&str; 6] = ["model", "calls", "charge", "input_tokens", "cached_tokens", "output_tokens"];
/// What only a tool's row has.
const OF_TOOL: [&str; 5] = ["tool", "calls", "charge", "input_tokens", "output_tokens"];
/// Behind them.
const BEHIND: [&str; 2] = ["currency", "note"];
/// Cells whose text is not ours.
const OF_OTHERS: [&str; 4] = ["person_name", "unit_name", "model", "tool"];

/// What was asked for: the first record of the file.
#[derive(Clone, Debug, Serialize)]
struct About {
    /// `YYYY-MM`, or `YYYY` of a year's.
    month: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<PersonId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<UnitId>,
    currency: String,
    made: Instant,
}

/// What a statement says in figures, and what many say together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
struct Figures {
    opening: Nano,
    granted: Nano,
    moved: Nano,
    used: Nano,
    paid: Nano,
    overrun: Nano,
    expired: Nano,
    voided: Nano,
    closing: Nano,
    rolled: Nano,
    held: Nano,
    suspense: Nano,
    adjusted: Nano,
    prior: Nano,
    counted: Nano,
    calls: u64,
    input_tokens: u64,
    cached_tokens: u64,
    output_tokens: u64,
    /// Entries of the journal; one that is on two people's statements counts for both.
    entries: u64,
}

/// What all of them come to: the last record of the file.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Total {
    statements: u64,
    #[serde(flatten)]
    figures: Figures,
}

/// Whose and when.
#[derive(Debug, Serialize)]
struct Of<'a> {
    person: PersonId,
    #[serde(skip_serializing_if = "Option::is_none")]
    person_name: Option<String>,
    /// The unit at its end, or now.
    unit: UnitId,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit_name: Option<String>,
    month: &'a str,
}

/// A statement's own row.
#[derive(Debug, Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    of: &'a Of<'a>,
    zone: &'a str,
    from: Instant,
    to: Instant,
    as_of: Instant,
    status: crate::shape::StatementStatus,
    #[serde(flatten)]
    figures: Figures,
    first_entry: Option<u64>,
    last_entry: Option<u64>,
}

/// A part of one.
#[derive(Debug, Serialize)]
struct Part<'a, T> {
    #[serde(flatten)]
    of: &'a Of<'a>,
    #[serde(flatten)]
    part: &'a T,
}

/// A record of the file.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Record<'a> {
    About(&'a About),
    Statement(&'a Told<'a>),
    Model(&'a Part<'a, StatementModel>),
    Tool(&'a Part<'a, StatementTool>),
    Total(&'a Total),
}

impl Control {
    /// A month's or year's statements of everybody, a person or a unit.
    ///
    /// # Errors
    /// A month or year that can't be read, or both; nobody or no unit of that name; the projection.
    pub async fn all_statements(&self, wanted: WantedStatements) -> Result<Export, Error> {
        self.export_statements(&Within::Everything, wanted).await
    }

    /// A month's or year's statements of everybody whose statements the caller may see, of a person or of a unit. Who was
    /// not here yet by its end, or had nothing in it, has no row. The trail says who took it before the first byte leaves.
    ///
    /// # Errors
    /// A month or year that can't be read, or both; nobody or no unit of that name, or nobody whose statement they may see;
    /// the projection.
    pub(crate) async fn export_statements(&self, within: &Within, wanted: WantedStatements) -> Result<Export, Error> {
        let (snapshot, now) = (self.snapshot(), self.inner.clock.now());
        let directory = &snapshot.directory;
        let span = asked_span(&snapshot, &wanted.span(), now)?;
        let person = wanted.person.as_deref().map(|who| self.covered_person(within, who)).transpose()?;
        let unit = wanted.unit.as_deref().map(|unit| self.inner.find_unit(&snapshot, unit)).transpose()?;
        let people = self.inner.people_of(span);
        let is_wanted = |(of, _): &Whose| {
            person.is_none_or(|person| person == of.id)
                && within.person(directory, of.id)
                && unit.is_none_or(|unit| is_in(directory, unit_at_end(directory, (of, span), now), unit))
        };
        let people: Vec<Whose> = people.into_iter().filter(is_wanted).collect();
        for (person, _) in &people {
            looked_at(person.id);
        }
        // Everything that was written when it is asked for.
        self.report(|_| Ok(())).await?;
        let about =
            About { month: span.to_string(), person, unit, currency: snapshot.currency.code().to_owned(), made: now };
        let of = [about.person.map(|it| it.to_string()), about.unit.map(|it| it.to_string())];
        let names = wanted.names.then(|| "names".to_owned());
        let what = std::iter::once(about.month.clone()).chain(of.into_iter().flatten()).chain(names).collect();
        let (format, names) = (wanted.format, wanted.names);
        let (ending, media_type) = format.file();
        let file = (format!("purser-statements-{span}.{ending}"), media_type);
        let turns = if within.is_everything() { &self.inner.exporting } else { &self.inner.exporting_some };
        self.exported_in(turns, file, what, move |inner, pieces| {
            let total = Total::default();
            Writing { inner, directory: &snapshot.directory, about: &about, span, format, names, total }
                .write(&people, pieces)
        })
        .await
    }
}

/// The unit that somebody is in at the end of a month or year, or now where that is before.
fn unit_at_end(
    directory: &Directory,
    (person, span): (&purser_core::directory::Person, SpanOf),
    now: Instant,
) -> UnitId {
    let end = span.bounds(&person.zones).end.as_micros().saturating_sub(1);
    directory.unit_of(person, now.min(Instant::from_micros(end)))
}

/// A file that is being written.
struct Writing<'a> {
    inner: &'a Inner,
    directory: &'a Directory,
    about: &'a About,
    span: SpanOf,
    format: ExportFormat,
    names: bool,
    total: Total,
}

impl Writing<'_> {
    fn write(mut self, people: &[Whose], pieces: &mut Pieces<'_>) -> Result<(), Error> {
        let mut text = self.head();
        for some in people.chunks(AT_ONCE) {
            let made = self.inner.statements_as_given(self.span, some, self.about.made)?;
            for (statement, (person, _)) in made.iter().zip(some) {
                if statement.entries.count == 0 && statement.grants.is_empty() {
                    continue;
                }
                let unit = unit_at_end(self.directory, (person, self.span), self.about.made);
                self.statement(&mut text, statement, unit)?;
                if pieces.put(&std::mem::take(&mut text)).is_break() {
                    return Ok(());
                }
            }
        }
        self.record(&mut text, &Record::Total(&self.total));
        pieces.end(&text);
        Ok(())
    }

    fn statement(&mut self, text: &mut String, of: &Statement, unit: UnitId) -> Result<(), Error> {
        let figures = Figures::of(of);
        self.total.add(&figures)?;
        let (person_name, unit_name) = if self.names {
            let names = self.inner.names.read();
            (names.person_name(of.person), names.unit_name(unit))
        } else {
            (None, None)
        };
        let whose = Of { person: of.person, person_name, unit, unit_name, month: &of.month };
        let Statement { zone, from, to, as_of, status, entries, .. } = of;
        let told = Told {
            of: &whose,
            zone,
            from: *from,
            to: *to,
            as_of: *as_of,
            status: *status,
            figures,
            first_entry: entries.first,
            last_entry: entries.last,
        };
        self.record(text, &Record::Statement(&told));
        for part in &of.models {
            self.record(text, &Record::Model(&Part { of: &whose, part }));
        }
        for part in &of.tools {
            self.record(text, &Record::Tool(&Part { of: &whose, part }));
        }
        Ok(())
    }

    /// The first record, and in a spreadsheet its columns before it.
    fn head(&self) -> String {
        let mut text = String::new();
        if self.format == ExportFormat::Csv {
            let mut row = Row::new(&mut text);
            row.cell("record");
            for column in WHOSE.into_iter().chain(OF_STATEMENT) {
                row.cell(column);
            }
            for (kind, columns) in [("model", &OF_MODEL[..]), ("tool", &OF_TOOL)] {
                for column in columns {
                    let name = if *column == kind { kind.to_owned() } else { format!("{kind}_{column}") };
                    row.cell(&name);
                }
            }
            for column in BEHIND {
                row.cell(column);
            }
            row.end();
        }
        self.record(&mut text, &Record::About(self.about));
        text
    }

    fn record(&self, text: &mut String, record: &Record<'_>) {
        match self.format {
            ExportFormat::Jsonl => {
                text.push_str(&json(record));
                text.push('\n');
            }
            ExportFormat::Csv => self.row(text, record),
        }
    }

    /// A record as cells: what it says, in the columns of its kind; a note, where it is none of the statements'.
    fn row(&self, text: &mut String, record: &Record<'_>) {
        let told = serde_json::to_value(record).unwrap_or_default();
        let Some((kind, fields)) = told.as_object().and_then(|told| told.iter().next()) else { return };
        let mut row = Row::new(text);
        row.cell(kind);
        let is_note = matches!(record, Record::About(_) | Record::Total(_));
        let mut cells = |columns: &[&str], is_theirs: bool| {
            for column in columns {
                match fields.get(column).filter(|_| is_theirs) {
                    Some(Value::String(text)) if OF_OTHERS.contains(column) => row.text(text),
                    Some(Value::String(text)) => row.cell(text),
                    Some(Value::Number(number)) => row.cell(&number.to_string()),
                    _ => row.cell(""),
                };
            }
        };
        cells(&WHOSE, !is_note);
        cells(&OF_STATEMENT, kind == "statement");
        cells(&OF_MODEL, kind == "model");
        cells(&OF_TOOL, kind == "tool");
        let (currency, note) =
            if is_note { ("", fields.to_string()) } else { (self.about.currency.as_str(), String::new()) };
        row.cell(currency).cell(&note);
        row.end();
    }
}

impl Figures {
    fn of(of: &Statement) -> Self {
        Self {
            opening: of.opening,
            granted: of.granted,
            moved: of.moved,
            used: of.used,
            paid: of.paid,
            overrun: of.overrun,
            expired: of.expired,
            voided: of.voided,
            closing: of.closing,
            rolled: of.rolled,
            held: of.held,
            suspense: of.suspense,
            adjusted: of.adjusted,
            prior: of.prior,
            counted: of.counted,
            calls: of.calls,
            input_tokens: of.input_tokens,
            cached_tokens: of.cached_tokens,
            output_tokens: of.output_tokens,
            entries: of.entries.count,
        }
    }
}

impl Total {
    fn add(&mut self, more: &Figures) -> Result<(), Error> {
        self.statements = self.statements.saturating_add(1);
        let sums = &mut self.figures;
        for (sum, more) in [
            (&mut sums.opening, more.opening),
            (&mut sums.granted, more.granted),
            (&mut sums.moved, more.moved),
            (&mut sums.used, more.used),
            (&mut sums.paid, more.paid),
            (&mut sums.overrun, more.overrun),
            (&mut sums.expired, more.expired),
            (&mut sums.voided, more.voided),
            (&mut sums.closing, more.closing),
            (&mut sums.rolled, more.rolled),
            (&mut sums.held, more.held),
            (&mut sums.suspense, more.suspense),
            (&mut sums.adjusted, more.adjusted),
            (&mut sums.prior, more.prior),
            (&mut sums.counted, more.counted),
        ] {
            *sum = add(sum.checked_add(more))?;
        }
        for (sum, more) in [
            (&mut sums.calls, more.calls),
            (&mut sums.input_tokens, more.input_tokens),
            (&mut sums.cached_tokens, more.cached_tokens),
            (&mut sums.output_tokens, more.output_tokens),
            (&mut sums.entries, more.entries),
        ] {
            *sum = add(sum.checked_add(more))?;
        }
        Ok(())
    }
}
