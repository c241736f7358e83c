//! People from a spreadsheet.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use purser_core::budget::{Budget, BudgetOn};
use purser_core::directory::Person;
use purser_core::event::{Event, KeyHash, KeyIssue};
use purser_core::grant::{Grant, GrantSource, Priority, WorkShare};
use purser_core::id::{BudgetId, GrantId, KeyId, PersonId};
use purser_core::role::{Family, Level, Role};
use purser_core::scope::Scope;
use purser_core::snapshot::Snapshot;
use purser_core::zone::Zone;
use purser_store::Personal;

use super::mistake::{Cell, Wrong};
use super::sheet::{Row, Sheet, invalid, refuse};
use crate::change::{CommandName, Turn, refused, reused};
use crate::control::{Control, EVERYBODY, stored};
use crate::error::Error;
use crate::grants::release;
use crate::people::{checked_name, role, zone};
use crate::secret::{KEY_PREFIX, Secret};
use crate::shape::{ChangedPerson, ImportChange, ImportPeople, ImportedPerson, MissingPerson, PeopleImport};

/// The columns there may be.
const COLUMNS: [&str; 11] =
    ["name", "zone", "id", "unit", "email", "family", "level", "grant", "days", "key", "budget"];
/// The columns there must be.
const NEEDED: [&str; 2] = ["name", "zone"];
/// Changed names whose hashes stand in the audit trail's entry: it is one record.
const TOUCHED_MAX: usize = 100;

impl Control {
    /// Holds a spreadsheet against the people who are here: adds newcomers with their grants and keys, changes the others.
    /// All of it or nothing, unless the good lines are asked for.
    ///
    /// # Errors
    /// What is wrong with the file or with its lines, all of them; or the journal. Nothing was changed then.
    pub async fn import_people(&self, name: Option<CommandName>, import: ImportPeople) -> Result<PeopleImport, Error> {
        self.change(name, move |turn| {
            let sheet = Sheet::read(&import.csv, &COLUMNS, &NEEDED)?;
            let first = PersonId::new(turn.derived("person", 0));
            if turn.snapshot().directory.person(first).is_some() {
                return repeated(turn, &sheet);
            }
            run(turn, &import, sheet)
        })
        .await
    }
}

/// What one line makes.
struct Made {
    personal: Option<Personal>,
    events: Vec<Event>,
    shown: Shown,
}

enum Shown {
    Added(ImportedPerson),
    Changed(ChangedPerson),
    Unchanged,
}

/// Who is here, as a line may name them.
struct Here {
    people: HashMap<PersonId, Personal>,
    by_email: HashMap<String, Vec<PersonId>>,
    by_name: HashMap<String, Vec<PersonId>>,
    /// Those of lines before, with the line.
    named: HashMap<PersonId, usize>,
    /// Newcomers of lines before, by mail address or name.
    new: HashMap<String, usize>,
}

impl Here {
    fn of(turn: &Turn<'_>, snapshot: &Snapshot) -> Self {
        let mut here = Self {
            people: HashMap::new(),
            by_email: HashMap::new(),
            by_name: HashMap::new(),
            named: HashMap::new(),
            new: HashMap::new(),
        };
        let names = turn.control().names.read();
        for person in snapshot.directory.people().filter(|person| person.left_at.is_none()) {
            let Some(known) = names.person(person.id) else { continue };
            let (name, email) = (known.name.to_string(), known.email.as_deref().map(str::to_owned));
            here.by_name.entry(folded(&name)).or_default().push(person.id);
            if let Some(email) = &email {
                here.by_email.entry(folded(email)).or_default().push(person.id);
            }
            here.people.insert(person.id, Personal { person: person.id, name, email, more: None });
        }
        here
    }

    /// Whom a line means; `None` for a newcomer. Each once.
    fn meant(&mut self, row: &Row) -> Result<Option<PersonId>, Wrong> {
        let email = row.cell("email").map(folded);
        let name = folded(row.cell("name").unwrap_or_default());
        let found = if let Some(text) = row.cell("id") {
            let id = text.parse::<PersonId>().map_err(|error| invalid(error.to_string())).under("id")?;
            let gone = || invalid(format!("nobody here is {id}")).hint("leave the cell empty to add somebody");
            self.people.get(&id).map(|_| Some(id)).ok_or_else(gone).under("id")?
        } else if let Some(ids) = email.as_ref().and_then(|email| self.by_email.get(email)) {
            only(ids, "have this mail address").under("email")?
        } else if let Some(ids) = self.by_name.get(&name) {
            // Somebody of another address is another.
            let has_email = |id: &PersonId| self.people.get(id).is_some_and(|known| known.email.is_some());
            let alike: Vec<PersonId> = ids.iter().copied().filter(|id| email.is_none() || !has_email(id)).collect();
            only(&alike, "are called so").under("name")?
        } else {
            None
        };
        if let (Some(id), Some(email)) = (found, &email) {
            let other = self.by_email.get(email).is_some_and(|ids| ids.iter().any(|other| *other != id));
            if other {
                let wrong = invalid("somebody else here has this mail address").hint("write each address once");
                return Err(wrong).under("email");
            }
        }
        // Two lines about one: which would be right?
        let twice =
            |line: usize| invalid(format!("line {line} is about the same person")).hint("keep one of the lines");
        if let Some(id) = found {
            if let Some(line) = self.named.insert(id, row.line) {
                return Err(twice(line).into());
            }
        } else {
            let key = email.map_or_else(|| format!("name {name}"), |email| format!("email {email}"));
            if let Some(line) = self.new.insert(key, row.line) {
                return Err(twice(line).into());
            }
        }
        Ok(found)
    }
}

fn folded(text: &str) -> String {
    text.trim().to_lowercase()
}

fn only(ids: &[PersonId], what: &str) -> Result<Option<PersonId>, Error> {
    match ids {
        [] => Ok(None),
        [only] => Ok(Some(*only)),
        several => {
            let ids: Vec<String> = several.iter().map(ToString::to_string).collect();
            let hint = format!("say whom you mean in a column `id`: {}", ids.join(", "));
            Err(invalid(format!("{} people {what}", several.len())).hint(hint).into())
        }
    }
}

fn run(turn: &mut Turn<'_>, import: &ImportPeople, sheet: Sheet) -> Result<PeopleImport, Error> {
    let snapshot = turn.snapshot();
    let mut directory = snapshot.directory.clone();
    let mut here = Here::of(turn, &snapshot);
    let Sheet { rows, mut mistakes } = sheet;
    let (mut people, mut events) = (Vec::new(), Vec::new());
    let mut told = PeopleImport { preview: import.preview, ..PeopleImport::default() };
    for (place, row) in rows.iter().enumerate() {
        // Everything is shared with the one before but what the line changes.
        let before = directory.clone();
        let made = make(turn, &snapshot, &mut here, place, row).and_then(|made| {
            made.events.iter().try_for_each(|event| directory.take(event)).map_err(|error| refused(&error))?;
            Ok(made)
        });
        match made {
            Ok(made) => {
                people.extend(made.personal);
                events.extend(made.events);
                match made.shown {
                    Shown::Added(person) => told.items.push(person),
                    Shown::Changed(person) => told.changed.push(person),
                    Shown::Unchanged => told.unchanged += 1,
                }
            }
            Err(wrong) => {
                directory = before;
                mistakes.push(wrong.told(row.line)?);
            }
        }
    }
    mistakes.sort_by_key(|mistake| mistake.line);
    let remove = import.remove_missing && mistakes.is_empty();
    if import.remove_missing && !remove && !import.preview {
        // Whoever stands on a bad line would be let go.
        refuse(&mistakes)?;
    }
    for person in missing(&snapshot, &here) {
        if remove {
            let event = Event::PersonLeft { person: person.id, at: turn.now };
            directory.take(&event).map_err(|error| refused(&error))?;
            events.push(event);
        }
        let name = here.people.get(&person.id).map(|known| known.name.clone());
        told.missing.push(MissingPerson { person: person.id, name, removed: remove });
    }
    if !import.partial && !import.preview {
        refuse(&mistakes)?;
    }
    told.mistakes = mistakes;
    told.unknown_families = unknown_families(&snapshot, &events);
    if import.preview {
        told.items.iter_mut().for_each(|added| added.key = None);
    } else {
        write(turn, &here, people, events, directory)?;
    }
    Ok(told)
}

/// Families of new roles that nothing is set for, each once.
fn unknown_families(snapshot: &Snapshot, events: &[Event]) -> Vec<Family> {
    let known = &snapshot.directory.roles().families;
    let set = events.iter().filter_map(|event| match event {
        Event::PersonRoleSet { role: Some(role), .. } => Some(&role.family),
        _ => None,
    });
    let unknown: BTreeSet<&Family> = set.filter(|family| !known.contains_key(*family)).collect();
    unknown.into_iter().cloned().collect()
}

/// Those who are here and on no line, in the order in which they came.
fn missing<'s>(snapshot: &'s Snapshot, here: &Here) -> Vec<&'s Arc<Person>> {
    let left_out = |person: &&Arc<Person>| person.left_at.is_none() && !here.named.contains_key(&person.id);
    let mut missing: Vec<_> = snapshot.directory.people().filter(left_out).collect();
    missing.sort_unstable_by_key(|person| (person.added_at, person.id));
    missing
}

fn write(
    turn: &mut Turn<'_>,
    here: &Here,
    people: Vec<Personal>,
    events: Vec<Event>,
    next: purser_core::directory::Directory,
) -> Result<(), Error> {
    if people.is_empty() && events.is_empty() {
        return Ok(());
    }
    for personal in people.iter().filter(|personal| here.people.contains_key(&personal.person)).take(TOUCHED_MAX) {
        let content = format!("{}\n{}", personal.name, personal.email.as_deref().unwrap_or_default());
        turn.touches(&personal.person.to_string(), content.as_bytes());
    }
    turn.control().private.put_people(&people).map_err(stored)?;
    let left = |event: &Event| if let Event::PersonLeft { person, .. } = event { Some(*person) } else { None };
    let left: Vec<PersonId> = events.iter().filter_map(left).collect();
    let written =
        if events.is_empty() { turn.audit("import_people", &[], None) } else { turn.commit_all(events, next) };
    if let Err(error) = written {
        // Names of nobody. Should this fail too, they are overwritten when the import is repeated.
        let (known, new): (Vec<&Personal>, Vec<&Personal>) =
            people.iter().partition(|personal| here.people.contains_key(&personal.person));
        let nobody: Vec<_> = new.iter().map(|personal| personal.person).collect();
        let before: Vec<_> = known.iter().filter_map(|personal| here.people.get(&personal.person).cloned()).collect();
        let private = &turn.control().private;
        if let Err(why) = private.erase_people(&nobody).and_then(|()| private.put_people(&before)) {
            tracing::warn!(error = %why, "names of an import that failed could not be taken back");
        }
        return Err(error);
    }
    for person in left {
        turn.forget_top_ups(person)?;
    }
    let mut names = turn.control().names.write();
    for personal in people {
        names.put_person(personal);
    }
    Ok(())
}

/// The answer to an import that was made before under the same name: everything but the secrets.
fn repeated(turn: &Turn<'_>, sheet: &Sheet) -> Result<PeopleImport, Error> {
    let rows = &sheet.rows;
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
            role: snapshot.directory.set_role_of(id).map(|set| Role::clone(&set.role)),
            grant: snapshot.directory.grant(grant).map(|grant| grant.id),
            key_id: snapshot.directory.key_by_id(key).map(|key| key.id),
            key: None,
            budget: snapshot.directory.budget(budget).map(|budget| budget.id),
        })
    });
    let items = items.collect::<Result<Vec<_>, Error>>()?;
    let next = PersonId::new(turn.derived("person", rows.len()));
    if snapshot.directory.person(next).is_some() {
        return Err(reused());
    }
    Ok(PeopleImport { items, ..PeopleImport::default() })
}

fn make(turn: &Turn<'_>, snapshot: &Snapshot, here: &mut Here, place: usize, row: &Row) -> Result<Made, Wrong> {
    let name = checked_name("name", row.cell("name").unwrap_or_default()).under("name")?;
    let zone = zone(row.cell("zone").unwrap_or_default()).under("zone")?;
    let email = row.cell("email").map(|email| checked_name("mail address", email)).transpose().under("email")?;
    let unit = row.cell("unit").map(|unit| turn.control().find_unit(snapshot, unit)).transpose().under("unit")?;
    if let Some(person) = here.meant(row)?
        && let Some(known) = snapshot.directory.person(person)
    {
        let role = said_role(row, snapshot.directory.role_of(person))?;
        return Ok(changed(turn, snapshot, here, row, known, Said { name, zone, email, unit, role }));
    }
    let person = PersonId::new(turn.derived("person", place));
    let unit = unit.unwrap_or(EVERYBODY);
    let mut events = vec![Event::PersonAdded { person, unit, zone: zone.clone(), at: turn.now }];
    let role = said_role(row, None)?;
    events.extend(role.clone().map(|role| Event::PersonRoleSet { person, role: Some(role), at: turn.now }));
    let grant = grant(turn, place, row, person, &zone).under("grant")?;
    let grant_id = grant.as_ref().map(|grant| grant.id);
    events.extend(grant.map(Event::GrantMade));
    let (issue, secret) = key(turn, place, row, person).under("key")?.unzip();
    let key_id = issue.as_ref().map(|issue| issue.key);
    events.extend(issue.map(Event::KeyIssued));
    let budget = budget(turn, place, row, key_id, zone).under("budget")?;
    let budget_id = budget.as_ref().map(|budget| budget.id);
    events.extend(budget.map(Event::BudgetSet));
    let shown = ImportedPerson {
        line: row.line,
        person,
        name: name.clone(),
        role,
        grant: grant_id,
        key_id,
        key: secret.map(|secret| secret.reveal().to_owned()),
        budget: budget_id,
    };
    let personal = Some(Personal { person, name, email, more: None });
    Ok(Made { personal, events, shown: Shown::Added(shown) })
}

/// What a line says of somebody.
struct Said {
    name: String,
    zone: Zone,
    email: Option<String>,
    unit: Option<purser_core::id::UnitId>,
    role: Option<Role>,
}

/// The role that a line says. An empty cell leaves out what it would change: a level alone is one of the family that they
/// are in, and a family without a level keeps the level of whoever is in it.
fn said_role(row: &Row, known: Option<&Role>) -> Result<Option<Role>, Wrong> {
    let refused = |error: purser_core::role::NameError| invalid(error.to_string());
    let family = row.cell("family").map(str::parse::<Family>).transpose().map_err(refused).under("family")?;
    let level = row.cell("level").map(str::parse::<Level>).transpose().map_err(refused).under("level")?;
    let family = family.or_else(|| level.and(known).map(|role| role.family.clone()));
    let kept = known.filter(|role| family.as_ref() == Some(&role.family)).and_then(|role| role.level);
    role(family, level.or(kept)).under("level")
}

/// What a line changes about somebody who is here. Grants, keys and budgets are not touched: they have commands of their own.
fn changed(turn: &Turn<'_>, snapshot: &Snapshot, here: &Here, row: &Row, known: &Person, said: Said) -> Made {
    let Said { name, zone, email, unit, role } = said;
    let (person, at) = (known.id, turn.now);
    let (mut events, mut changes) = (Vec::new(), Vec::new());
    let mut change = |field: &str, from: String, to: String| {
        changes.push(ImportChange { field: field.to_owned(), from, to });
    };
    let old = here.people.get(&person);
    let (old_name, old_email) = (old.map(|old| old.name.clone()), old.and_then(|old| old.email.clone()));
    let email = email.or_else(|| old_email.clone());
    let is_other = old_name.as_ref() != Some(&name) || old_email != email;
    if old_name.as_ref() != Some(&name) {
        change("name", old_name.unwrap_or_default(), name.clone());
    }
    if old_email != email {
        change("email", old_email.unwrap_or_default(), email.clone().unwrap_or_default());
    }
    // A move that is made known now is in force from the next instant on.
    let before = known.zone(at.next());
    if *before != zone {
        change("zone", before.name().to_owned(), zone.name().to_owned());
        events.push(Event::PersonZoneChanged { person, zone, effective: at, at });
    }
    let before = snapshot.directory.unit_of(known, at);
    if let Some(unit) = unit.filter(|unit| *unit != before) {
        let names = turn.control().names.read();
        let called = |unit| names.unit_name(unit).unwrap_or_default();
        change("unit", called(before), called(unit));
        events.push(Event::PersonMoved { person, unit, effective: None, at });
    }
    let before = snapshot.directory.role_of(person);
    if let Some(role) = role.filter(|role| before != Some(role)) {
        let family = before.map_or_else(String::new, |role| role.family.to_string());
        if family != role.family.as_str() {
            change("family", family, role.family.to_string());
        }
        let word = |level: Option<Level>| level.map_or_else(String::new, |level| level.to_string());
        let level = before.and_then(|role| role.level);
        if level != role.level {
            change("level", word(level), word(role.level));
        }
        events.push(Event::PersonRoleSet { person, role: Some(role), at });
    }
    let shown = if changes.is_empty() {
        Shown::Unchanged
    } else {
        Shown::Changed(ChangedPerson { line: row.line, person, name: name.clone(), changes })
    };
    let more = old.and_then(|old| old.more.clone());
    Made { personal: is_other.then_some(Personal { person, name, email, more }), events, shown }
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
        project: None,
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
        tools: None,
        amount: release.amount,
        cadence: release.cadence,
        days: release.days,
        zone,
        created_at: turn.now,
        ended_at: None,
    }))
}
