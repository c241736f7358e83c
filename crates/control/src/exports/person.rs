//! Everything that is kept about a person: what services say of them, the events and charges with them in it, and rows of
//! every table as they are.
//!
//! What stands in which table, and what of it is given, is one list ([`TABLES`]), which a test holds against the real
//! database. Whoever may have it may see what somebody is paid; the matrix has a test for that.

mod theirs;
mod written;

use std::collections::BTreeMap;
use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use purser_core::id::PersonId;
use purser_core::snapshot::Snapshot;
use purser_core::time::Instant;
use purser_ledger::Lsn;
use purser_store::{ChargeRow, Field, KIND_AUDIT, KIND_DIRECTORY, KeptRows, PAGE_MAX};
use serde::Serialize;
use serde_json::{Map, Value, json};

use self::theirs::Theirs;
use super::{Export, Pieces};
use crate::access::{Seeing, Within};
use crate::control::{Control, Inner, stored};
use crate::error::{Code, Error, Refused};
use crate::people::known;
use crate::privacy::kept::{Given, TABLES};
use crate::usage;

/// The form of the file.
const FORM: &str = "purser.person/1";

/// Records that are of no table, or tell one that is packed, and what they are.
const TOLD: &[(&str, &str)] = &[
    ("person", "the person as commands and pages show them"),
    ("pay", "what they are taken to cost in a year"),
    ("balance", "what they have left"),
    ("grant", "a grant of theirs, with its terms"),
    ("key", "a key of theirs, without its secret"),
    ("top_up", "a request for more money, with what was said"),
    ("boards", "since when they are on boards"),
    (
        "event",
        "an event of the journal that names them or something of theirs: what others do not need to know of others is left out",
    ),
    ("charge", "a posting of a call of theirs"),
    ("statement", "their statement of a closed month, as it was kept"),
    ("look", "who looked at their data"),
];
/// Where else there is something of them, or was.
const ELSEWHERE: [&str; 3] = [
    "the journal: holds and charges of their calls, told here as `charge`, and the events told here as `event`",
    "snapshots of balances and of the directory, made from the journal and made anew",
    "backups, which are copies of all of it as it was",
];

impl Control {
    /// Everything that is kept about whoever asks.
    ///
    /// # Errors
    /// [`Code::NotFound`] for an actor who is no person; the files.
    pub(crate) async fn own_export(&self) -> Result<Export, Error> {
        let Some(person) = self.acting.person else {
            let message = "whoever asks is no person of the directory, so nothing is kept about them as one";
            return Err(Refused::new(Code::NotFound, message)
                .hint("sign in, or use a key that is a person's; /api/v1/people/{id}/export is about somebody else")
                .into());
        };
        self.person_export(person).await
    }

    /// Everything that is kept about somebody: JSON, a record on each line, what it is first and how many there are of each
    /// kind last. The trail says who took it before the first byte leaves.
    ///
    /// # Errors
    /// There is no such person, or the files.
    pub(crate) async fn person_export(&self, person: PersonId) -> Result<Export, Error> {
        let snapshot = self.snapshot();
        known(snapshot.directory.person(person), "person", &person)?;
        self.write_looks().await?;
        let up_to_entry = self.inner.ledger.watermarks().decided;
        // Everything that was written when it is asked for.
        self.report(|_| Ok(())).await?;
        let cost = self.person_cost(person).await?;
        let seeing = Seeing::new(Within::Everything, Arc::clone(&snapshot));
        let pay = seeing.scope(async { value(&cost) }).await;
        let now = self.inner.clock.now();
        let file = (format!("purser-{person}.jsonl"), "application/jsonl; charset=utf-8");
        let what = vec![person.to_string()];
        self.exported_in(&self.inner.exporting_some, file, what, move |inner, pieces| {
            let theirs = Theirs::of(inner, &snapshot, person, now)?;
            let counts = BTreeMap::new();
            Writing { inner, snapshot, person, now, up_to_entry, pay, theirs, pieces, counts }.write()
        })
        .await
    }
}

/// A file that is being written.
struct Writing<'a, 'p> {
    inner: &'a Inner,
    snapshot: Arc<Snapshot>,
    person: PersonId,
    now: Instant,
    up_to_entry: Lsn,
    /// What they cost, with amounts.
    pay: Value,
    theirs: Theirs,
    pieces: &'a mut Pieces<'p>,
    counts: BTreeMap<&'static str, u64>,
}

impl Writing<'_, '_> {
    fn write(mut self) -> Result<(), Error> {
        let mut flow = self.about();
        for part in [Self::of_services, Self::events, Self::charges, Self::statements, Self::looks, Self::tables] {
            if flow.is_break() {
                return Ok(());
            }
            flow = part(&mut self)?;
        }
        if flow.is_continue() && self.line(&json!({ "total": { "records": self.counts } })).is_continue() {
            self.pieces.end("");
        }
        Ok(())
    }

    /// What it is, what there is of it, and what there is not and why.
    fn about(&mut self) -> ControlFlow<()> {
        let (mut records, mut left_out) = (Map::new(), Map::new());
        for (name, what) in TOLD {
            records.insert((*name).to_owned(), (*what).into());
        }
        for table in TABLES {
            match table.given {
                Given::Rows { withheld: [], .. } => {
                    records.insert(table.name.to_owned(), "rows of the table of that name".into());
                }
                Given::Rows { withheld, .. } => {
                    let what = format!("rows of the table of that name; {} withheld", withheld.join(", "));
                    records.insert(table.name.to_owned(), what.into());
                }
                Given::Told(by) => {
                    left_out.insert(table.name.to_owned(), format!("told as `{by}`").into());
                }
                Given::Nothing(why) => {
                    left_out.insert(table.name.to_owned(), why.into());
                }
            }
        }
        let about = json!({ "about": {
            "form": FORM,
            "what": "everything that Purser keeps about a person",
            "person": self.person,
            "made": self.now,
            "up_to_entry": self.up_to_entry.0,
            "currency": self.snapshot.currency.code(),
            "records": records,
            "left_out": left_out,
            "elsewhere": ELSEWHERE,
        } });
        self.line(&about)
    }

    /// What services say.
    fn of_services(&mut self) -> Result<ControlFlow<()>, Error> {
        let (inner, snapshot, now) = (self.inner, Arc::clone(&self.snapshot), self.now);
        let directory = &snapshot.directory;
        let person = known(directory.person(self.person), "person", &self.person)?;
        let mut all = vec![
            ("person", value(&inner.show_person(&snapshot, person, now))),
            ("pay", self.pay.take()),
            ("balance", value(&inner.balance(&snapshot, person, now))),
            ("boards", value(&inner.board_member(self.person))),
        ];
        let grants = directory.grants_of(self.person);
        all.extend(grants.iter().map(|grant| ("grant", value(&inner.show_grant(&snapshot, grant, now)))));
        let keys = directory.keys().filter(|key| key.person == self.person);
        all.extend(keys.map(|key| ("key", value(&inner.show_key(key, now)))));
        for asked in directory.top_ups().filter(|known| known.person == self.person) {
            all.push(("top_up", value(&inner.show_top_up(&snapshot, asked, now)?)));
        }
        Ok(all.into_iter().try_for_each(|(name, record)| self.put(name, record)))
    }

    /// Events with them in it.
    fn events(&mut self) -> Result<ControlFlow<()>, Error> {
        let (inner, last) = (self.inner, self.up_to_entry);
        let mut flow = ControlFlow::Continue(());
        let mut each = |row: purser_store::EventRow| {
            if row.lsn > last {
                return ControlFlow::Break(());
            }
            if self.theirs.are_in(&row.payload) {
                let kind = match row.kind {
                    KIND_DIRECTORY => "directory",
                    KIND_AUDIT => "trail",
                    _ => "administration",
                };
                let event = self.theirs.narrowed(&row.payload);
                self.theirs.note(&row);
                flow = self.put("event", json!({ "entry": row.lsn.0, "at": row.at, "kind": kind, "event": event }));
            }
            flow
        };
        inner.reader.events_after(Lsn(0), &mut each).map_err(stored)?;
        Ok(flow)
    }

    fn charges(&mut self) -> Result<ControlFlow<()>, Error> {
        let ever: Range<Instant> = Instant::EPOCH..Instant::FAR_FUTURE;
        let mut cursor = Some(Lsn(self.up_to_entry.0.saturating_add(1)));
        while cursor.is_some() {
            let page =
                self.inner.reader.charges_of_person(self.person, ever.clone(), cursor, PAGE_MAX).map_err(stored)?;
            for row in &page.rows {
                if self.put("charge", charge(row)).is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
            cursor = page.next;
        }
        Ok(ControlFlow::Continue(()))
    }

    fn statements(&mut self) -> Result<ControlFlow<()>, Error> {
        let inner = self.inner;
        for month in inner.closed_months() {
            if let Some(statement) = inner.kept_statement(month, self.person)?
                && self.put("statement", Value::Object(statement)).is_break()
            {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn looks(&mut self) -> Result<ControlFlow<()>, Error> {
        let (inner, snapshot) = (self.inner, Arc::clone(&self.snapshot));
        let mut before = None;
        loop {
            let page = inner.looks_at(&snapshot, Some(self.person), before)?;
            for look in &page.items {
                if self.put("look", value(look)).is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
            before = page.next;
            if before.is_none() {
                return Ok(ControlFlow::Continue(()));
            }
        }
    }

    /// Rows of tables.
    fn tables(&mut self) -> Result<ControlFlow<()>, Error> {
        for table in TABLES {
            let Given::Rows { of, condition, withheld } = table.given else { continue };
            for id in self.theirs.ids(of, self.person) {
                let rows = KeptRows { table: table.name, condition };
                let inner = self.inner;
                let mut flow = ControlFlow::Continue(());
                let mut each = |columns: &[String], row: Vec<Field>| {
                    let record = written::row(table.name, columns, row, withheld, &self.theirs);
                    flow = self.put(table.name, record);
                    flow
                };
                inner.reader.each_kept_row(rows, id, &mut each).map_err(stored)?;
                if flow.is_break() {
                    return Ok(flow);
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn put(&mut self, name: &'static str, record: Value) -> ControlFlow<()> {
        let count = self.counts.entry(name).or_default();
        *count = count.saturating_add(1);
        let mut line = Map::new();
        line.insert(name.to_owned(), record);
        self.line(&Value::Object(line))
    }

    fn line(&mut self, record: &Value) -> ControlFlow<()> {
        let mut text = record.to_string();
        text.push('\n');
        self.pieces.put(&text)
    }
}

/// A posting, with what stands only in its record.
fn charge(row: &ChargeRow) -> Value {
    let mut charge = value(&usage::charge(row));
    if let (Value::Object(fields), Some(record)) = (&mut charge, row.record()) {
        fields.insert("unit".to_owned(), value(&row.unit));
        fields.insert("run".to_owned(), value(&record.run));
        fields.insert("parent".to_owned(), value(&record.parent));
        fields.insert("project".to_owned(), value(&record.project));
    }
    charge
}

/// A shape as JSON.
fn value(of: &impl Serialize) -> Value {
    serde_json::to_value(of).unwrap_or_default()
}
