//! Many people at once, from a spreadsheet: all of them or none.
//!
//! Everything is checked before anything is written: each cell, then every event against a directory that is thrown away
//! when one is refused. The names are written next, where they can be erased, then the events in parts that take effect
//! together ([`Event::Part`]): a process that ends half way leaves nobody.

use std::sync::Arc;

use purser_core::budget::{Budget, BudgetOn};
use purser_core::csv::Records;
use purser_core::event::{Event, KeyHash, KeyIssue};
use purser_core::grant::{Grant, GrantSource, Priority, WorkShare};
use purser_core::id::{BudgetId, GrantId, KeyId, PersonId};
use purser_core::scope::Scope;
use purser_core::snapshot::Snapshot;
use purser_core::zone::Zone;
use purser_store::Personal;

use crate::change::{CommandName, Turn, refused, reused};
use crate::control::{Control, EVERYBODY, stored};
use crate::error::{Code, Error, Refused};
use crate::grants::release;
use crate::people::{checked_name, zone};
use crate::secret::{KEY_PREFIX, Secret};
use crate::shape::{ImportPeople, ImportedPerson, List};

/// Mistakes told at once. With more, the spreadsheet is another one than was meant.
const MISTAKES_SHOWN: usize = 10;

/// The columns there may be.
const COLUMNS: [&str; 8] = ["name", "zone", "unit", "email", "grant", "days", "key", "budget"];
/// The columns there must be.
const NEEDED: [&str; 2] = ["name", "zone"];

impl Control {
    /// Adds everybody of a spreadsheet, with their grants and keys, or nobody.
    ///
    /// # Errors
    /// What is wrong, with its lines, up to ten of them; or the journal. Nobody was added then.
    pub async fn import_people(
        &self,
        name: Option<CommandName>,
        import: ImportPeople,
    ) -> Result<List<ImportedPerson>, Error> {
        self.change(name, move |turn| {
            let rows = rows(&import.csv)?;
            let first = PersonId::new(turn.derived("person", 0));
            if turn.snapshot().directory.person(first).is_some() {
                return repeated(turn, &rows);
            }
            add(turn, &rows)
        })
        .await
    }
}

/// A line of the spreadsheet.
struct Row {
    line: usize,
    cells: [String; COLUMNS.len()],
}

impl Row {
    /// What stands in a column; `None` for nothing.
    fn cell(&self, column: &str) -> Option<&str> {
        let place = COLUMNS.iter().position(|known| *known == column)?;
        self.cells.get(place).map(|cell| cell.trim()).filter(|cell| !cell.is_empty())
    }
}

/// What one line makes.
struct Made {
    personal: Personal,
    events: Vec<Event>,
    shown: ImportedPerson,
}

fn add(turn: &mut Turn<'_>, rows: &[Row]) -> Result<List<ImportedPerson>, Error> {
    let snapshot = turn.snapshot();
    let mut directory = snapshot.directory.clone();
    let mut mistakes = Mistakes::default();
    let mut all = Vec::with_capacity(rows.len());
    for (place, row) in rows.iter().enumerate() {
        let made = make(turn, &snapshot, place, row).and_then(|made| {
            made.events.iter().try_for_each(|event| directory.take(event)).map_err(|error| refused(&error))?;
            Ok(made)
        });
        match made {
            Ok(made) => all.push(made),
            Err(error) => mistakes.note(row.line, error)?,
        }
    }
    mistakes.refuse()?;
    let (mut people, mut events, mut shown) = (Vec::new(), Vec::new(), Vec::with_capacity(all.len()));
    for made in all {
        people.push(made.personal);
        events.extend(made.events);
        shown.push(made.shown);
    }
    turn.control().private.put_people(&people).map_err(stored)?;
    if let Err(error) = turn.commit_all(events, directory) {
        // Names of nobody. Should this fail too, they are overwritten when the import is repeated.
        let nobody: Vec<_> = people.iter().map(|personal| personal.person).collect();
        if let Err(why) = turn.control().private.erase_people(&nobody) {
            tracing::warn!(error = %why, "names of an import that failed could not be erased");
        }
        return Err(error);
    }
    let mut names = turn.control().names.write();
    for personal in people {
        names.put_person(personal);
    }
    Ok(List { items: shown })
}

/// The answer to an import that was made before under the same name: everything but the secrets.
fn repeated(turn: &Turn<'_>, rows: &[Row]) -> Result<List<ImportedPerson>, Error> {
    let snapshot = turn.snapshot();
    let names = turn.control().names.read();
    let items = rows.iter().enumerate().map(|(place, row)| {
        let id = PersonId::new(turn.derived("person", place));
        let name = names.person_name(id).filter(|name| Some(name.as_str()) == row.cell("name")).ok_or_else(reused)?;
        let grant = GrantId::new(turn.derived("grant", place));
        let key = KeyId::new(turn.derived("key", place));
        let budget = BudgetId::new(turn.derived("budget", place));
        Ok(ImportedPerson {
            line: row.line,
            person: id,
            name,
            grant: snapshot.directory.grant(grant).map(|grant| grant.id),
            key_id: snapshot.directory.key_by_id(key).map(|key| key.id),
            key: None,
            budget: snapshot.directory.budget(budget).map(|budget| budget.id),
        })
    });
    let items = items.collect::<Result<Vec<_>, Error>>()?;
    let next = PersonId::new(turn.derived("person", rows.len()));
    if snapshot.directory.person(next).is_some() { Err(reused()) } else { Ok(List { items }) }
}

fn make(turn: &Turn<'_>, snapshot: &Snapshot, place: usize, row: &Row) -> Result<Made, Error> {
    let person = PersonId::new(turn.derived("person", place));
    let name = checked_name("name", row.cell("name").unwrap_or_default())?;
    let zone = zone(row.cell("zone").unwrap_or_default())?;
    let email = row.cell("email").map(|email| checked_name("mail address", email)).transpose()?;
    let unit = row.cell("unit").map_or(Ok(EVERYBODY), |unit| turn.control().find_unit(snapshot, unit))?;
    let mut events = vec![Event::PersonAdded { person, unit, zone: zone.clone(), at: turn.now }];
    let grant = grant(turn, place, row, person, &zone)?;
    let grant_id = grant.as_ref().map(|grant| grant.id);
    events.extend(grant.map(Event::GrantMade));
    let (issue, secret) = key(turn, place, row, person)?.unzip();
    let key_id = issue.as_ref().map(|issue| issue.key);
    events.extend(issue.map(Event::KeyIssued));
    let budget = budget(turn, place, row, key_id, zone)?;
    let budget_id = budget.as_ref().map(|budget| budget.id);
    events.extend(budget.map(Event::BudgetSet));
    let shown = ImportedPerson {
        line: row.line,
        person,
        name: name.clone(),
        grant: grant_id,
        key_id,
        key: secret.map(|secret| secret.reveal().to_owned()),
        budget: budget_id,
    };
    Ok(Made { personal: Personal { person, name, email, more: None }, events, shown })
}

fn grant(turn: &Turn<'_>, place: usize, row: &Row, person: PersonId, zone: &Zone) -> Result<Option<Grant>, Error> {
    let Some(amount) = row.cell("grant") else {
        return match row.cell("days") {
            None => Ok(None),
            Some(_) => Err(invalid("days stand without a grant").into()),
        };
    };
    let release = release(amount, row.cell("days"))?;
    Ok(Some(Grant {
        id: GrantId::new(turn.derived("grant", place)),
        person,
        amount: release.amount,
        cadence: release.cadence,
        days: release.days,
        starts: zone.date(turn.now),
        ends: None,
        zone: zone.clone(),
        priority: Priority::default(),
        scope: Arc::new(Scope::EVERYTHING),
        guaranteed: false,
        pool: None,
        source: GrantSource::Manual,
        note: None,
        created_at: turn.now,
        voided_at: None,
        share: WorkShare::FULL,
        rollover: None,
        remedy: None,
        calendar: None,
        life: None,
    }))
}

fn key(turn: &Turn<'_>, place: usize, row: &Row, person: PersonId) -> Result<Option<(KeyIssue, Secret)>, Error> {
    let Some(label) = row.cell("key") else { return Ok(None) };
    let secret = Secret::generate(KEY_PREFIX, &*turn.control().random)?;
    let issue = KeyIssue {
        key: KeyId::new(turn.derived("key", place)),
        hash: KeyHash(secret.hash()),
        person,
        agent: Some(checked_name("label", label)?),
        tool: None,
        allow: Scope::EVERYTHING,
        requests_per_minute: None,
        expires: None,
        at: turn.now,
    };
    Ok(Some((issue, secret)))
}

fn budget(turn: &Turn<'_>, place: usize, row: &Row, key: Option<KeyId>, zone: Zone) -> Result<Option<Budget>, Error> {
    let Some(amount) = row.cell("budget") else { return Ok(None) };
    let key = key.ok_or_else(|| invalid("a budget stands without a key that it would limit"))?;
    let release = release(amount, None)?;
    Ok(Some(Budget {
        id: BudgetId::new(turn.derived("budget", place)),
        on: BudgetOn::Key(key),
        amount: release.amount,
        cadence: release.cadence,
        days: release.days,
        zone,
        created_at: turn.now,
        ended_at: None,
    }))
}

/// The lines of the spreadsheet, blank ones left out.
fn rows(csv: &str) -> Result<Vec<Row>, Error> {
    let mut records = Records::of(csv);
    let Some((_, header)) = records.next() else {
        return Err(invalid("the spreadsheet is empty").hint(columns_hint()).into());
    };
    let mut places = Vec::with_capacity(header.len());
    for name in &header {
        let name = name.trim().to_ascii_lowercase();
        let place = COLUMNS.iter().position(|known| *known == name);
        let place = place.ok_or_else(|| invalid(format!("line 1: `{name}` is not a column")).hint(columns_hint()))?;
        if places.contains(&place) {
            return Err(invalid(format!("line 1: the column `{name}` stands there twice")).into());
        }
        places.push(place);
    }
    for needed in NEEDED {
        if !places.iter().any(|place| COLUMNS.get(*place) == Some(&needed)) {
            return Err(invalid(format!("line 1: the column `{needed}` is missing")).hint(columns_hint()).into());
        }
    }
    let mut mistakes = Mistakes::default();
    let mut rows = Vec::new();
    for (line, cells) in records.filter(|(_, cells)| cells.iter().any(|cell| !cell.trim().is_empty())) {
        if cells.len() != places.len() {
            let what = format!("{} cells under {} columns", cells.len(), places.len());
            mistakes.note(line, invalid(what).into())?;
            continue;
        }
        let mut row = Row { line, cells: std::array::from_fn(|_| String::new()) };
        for (place, cell) in places.iter().zip(cells) {
            if let Some(slot) = row.cells.get_mut(*place) {
                *slot = cell;
            }
        }
        rows.push(row);
    }
    mistakes.refuse()?;
    if rows.is_empty() { Err(invalid("the spreadsheet names nobody").into()) } else { Ok(rows) }
}

fn columns_hint() -> String {
    format!("the first line names the columns: {}; the first two are needed", COLUMNS.join(","))
}

fn invalid(message: impl Into<String>) -> Refused {
    Refused::new(Code::Invalid, message)
}

/// What is wrong, line by line.
#[derive(Default)]
struct Mistakes {
    told: Vec<String>,
    more: usize,
}

impl Mistakes {
    /// Takes a refusal in; a failure is not the spreadsheet's and ends it.
    fn note(&mut self, line: usize, error: Error) -> Result<(), Error> {
        match error {
            Error::Refused(refused) if self.told.len() < MISTAKES_SHOWN => {
                self.told.push(format!("line {line}: {}", refused.message));
            }
            Error::Refused(_) => self.more += 1,
            failed @ Error::Failed { .. } => return Err(failed),
        }
        Ok(())
    }

    /// Refuses when there was any.
    fn refuse(&mut self) -> Result<(), Error> {
        if self.told.is_empty() {
            return Ok(());
        }
        if self.more > 0 {
            self.told.push(format!("and {} lines more", self.more));
        }
        Err(invalid(self.told.join("\n"))
            .hint("nobody was added; mend these lines and import all of them again")
            .into())
    }
}
