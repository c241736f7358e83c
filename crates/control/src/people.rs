//! People: come, move, change zone and role, leave.

use jiff::civil::Date;
use purser_core::directory::Directory;
use purser_core::event::Event;
use purser_core::id::{PersonId, UnitId};
use purser_core::role::{Family, Level, Role};
use purser_core::snapshot::Snapshot;
use purser_core::time::Instant;
use purser_core::zone::Zone;
use purser_store::Personal;

use crate::access::Within;
use crate::change::{CommandName, reused};
use crate::control::{Control, EVERYBODY, Inner, stored};
use crate::dates;
use crate::error::{Code, Error, Refused};
use crate::pages::{Part, unrefused};
use crate::shape::{
    List, MovePerson, NewPerson, Page, Person, PersonRole, RoleSource, SetPersonRole, SetZone, WantedPeople,
};

/// The longest name or label.
const NAME_CHARS_MAX: usize = 200;

impl Control {
    /// Everybody, in the order they were added.
    pub fn people(&self) -> List<Person> {
        unrefused(self.people_page(&Within::Everything, &WantedPeople::default(), &Part::ALL))
    }

    /// The same, of those who are covered and wanted, in pages.
    pub(crate) fn people_page(
        &self,
        within: &Within,
        wanted: &WantedPeople,
        part: &Part,
    ) -> Result<Page<Person>, Error> {
        let (snapshot, now) = (self.snapshot(), self.inner.clock.now());
        let directory = &snapshot.directory;
        let mut people: Vec<_> = directory.people().filter(|person| within.person(directory, person.id)).collect();
        if let Some(active) = wanted.active {
            people.retain(|person| person.has_left(now) != active);
        }
        if let Some(find) = wanted.find.as_deref().map(|find| find.trim().to_lowercase()) {
            let names = self.inner.names.read();
            let has = |text: &str| text.to_lowercase().contains(&find);
            people.retain(|person| {
                names.person(person.id).is_some_and(|known| has(&known.name) || known.email.as_deref().is_some_and(has))
                    || names.unit_label(directory.unit_of(person, now)).is_some_and(|label| has(label))
            });
        }
        people.sort_unstable_by_key(|person| (person.added_at, person.id));
        part.of(&people, |person| person.id.to_string(), |person| Ok(self.inner.show_person(&snapshot, person, now)))
    }

    /// One person by id or name.
    ///
    /// # Errors
    /// Nobody or several people are called that.
    pub fn person(&self, who: &str) -> Result<Person, Error> {
        let snapshot = self.snapshot();
        let id = self.inner.find_person(&snapshot, who)?;
        self.inner.shown_person(&snapshot, id, self.inner.clock.now())
    }

    /// Adds somebody.
    ///
    /// # Errors
    /// A name, zone or unit that can't be, or the journal.
    pub async fn add_person(&self, name: Option<CommandName>, new: NewPerson) -> Result<Person, Error> {
        self.change(name, move |turn| {
            let (control, snapshot) = (turn.control(), turn.snapshot());
            let called = checked_name("name", &new.name)?;
            let email = new.email.as_deref().map(|email| checked_name("mail address", email)).transpose()?;
            let zone = zone(&new.zone)?;
            let unit = match &new.unit {
                Some(unit) => control.find_unit(&snapshot, unit)?,
                None => EVERYBODY,
            };
            let person = PersonId::new(turn.command.get());
            if let Some(known) = snapshot.directory.person(person) {
                let shown = control.show_person(&snapshot, known, turn.now);
                let same =
                    shown.name.as_ref() == Some(&called) && shown.email == email && known.zone(known.added_at) == &zone;
                return if same { Ok(shown) } else { Err(reused()) };
            }
            let personal = Personal { person, name: called, email, more: None };
            control.private.put_person(&personal).map_err(stored)?;
            turn.commit(&Event::PersonAdded { person, unit, zone, at: turn.now })?;
            control.names.write().put_person(personal);
            control.shown_person(&turn.snapshot(), person, turn.now)
        })
        .await
    }

    /// Lets somebody go: keys stop at once, history stays.
    ///
    /// # Errors
    /// Nobody of that name, or the journal.
    pub async fn remove_person(&self, name: Option<CommandName>, who: &str) -> Result<Person, Error> {
        let who = who.to_owned();
        self.change(name, move |turn| {
            let id = turn.control().find_person(&turn.snapshot(), &who)?;
            let known = turn.control().shown_person(&turn.snapshot(), id, turn.now)?;
            if known.active {
                turn.commit(&Event::PersonLeft { person: id, at: turn.now })?;
                turn.forget_top_ups(id)?;
            }
            turn.control().shown_person(&turn.snapshot(), id, turn.now)
        })
        .await
    }

    /// Changes the zone whose midnights bound somebody's days, at the end of the running periods.
    ///
    /// # Errors
    /// Nobody of that name, no such zone, or the journal.
    pub async fn set_zone(&self, name: Option<CommandName>, who: &str, to: SetZone) -> Result<Person, Error> {
        let who = who.to_owned();
        self.change(name, move |turn| {
            let (control, snapshot) = (turn.control(), turn.snapshot());
            let id = control.find_person(&snapshot, &who)?;
            let zone = zone(&to.zone)?;
            // A move that is made known now is in force from the next instant on.
            let same = snapshot.directory.person(id).is_some_and(|person| person.zone(turn.now.next()) == &zone);
            if !same {
                turn.commit(&Event::PersonZoneChanged { person: id, zone, effective: turn.now, at: turn.now })?;
            }
            control.shown_person(&turn.snapshot(), id, turn.now.next())
        })
        .await
    }

    /// Sets somebody's role, or takes back what was set. It counts at once and until they accept an offer; a family that
    /// nothing is set for may be named, as in offers.
    ///
    /// # Errors
    /// Nobody of that name, somebody who left, a level of no family, or the journal.
    pub async fn set_person_role(
        &self,
        name: Option<CommandName>,
        who: &str,
        to: SetPersonRole,
    ) -> Result<Person, Error> {
        let who = who.to_owned();
        self.change(name, move |turn| {
            let (control, snapshot) = (turn.control(), turn.snapshot());
            let id = control.find_person(&snapshot, &who)?;
            let role = role(to.family, to.level)?;
            let directory = &snapshot.directory;
            let same = match &role {
                Some(role) => directory.role_of(id) == Some(role),
                None => directory.set_role_of(id).is_none(),
            };
            if !same {
                turn.commit(&Event::PersonRoleSet { person: id, role, at: turn.now })?;
            }
            control.shown_person(&turn.snapshot(), id, turn.now)
        })
        .await
    }

    /// Moves somebody to another unit, at once or from the first instant of a day of their zone on. Grants follow the
    /// person. A move that is known for later stays as it is.
    ///
    /// # Errors
    /// Nobody of that name, no such unit, a day that is over, or the journal.
    pub async fn move_person(&self, name: Option<CommandName>, who: &str, to: MovePerson) -> Result<Person, Error> {
        let who = who.to_owned();
        self.change(name, move |turn| {
            let (control, snapshot) = (turn.control(), turn.snapshot());
            let id = control.find_person(&snapshot, &who)?;
            let unit = control.find_unit(&snapshot, &to.unit)?;
            let person = known(snapshot.directory.person(id), "person", &id)?;
            let effective = match &to.from {
                None => None,
                Some(from) => Some(arrival(person, dates::day(from)?, turn.now)?),
            };
            if snapshot.directory.unit_of(person, effective.unwrap_or(turn.now)) != unit {
                turn.commit(&Event::PersonMoved { person: id, unit, effective, at: turn.now })?;
            }
            control.shown_person(&turn.snapshot(), id, turn.now)
        })
        .await
    }
}

impl Inner {
    /// The person that an id or name stands for. Those who are here come before those who left.
    pub(crate) fn find_person(&self, snapshot: &Snapshot, who: &str) -> Result<PersonId, Error> {
        let here = |id| snapshot.directory.person(id).is_some_and(|person| person.left_at.is_none());
        let names = self.names.read();
        let id = match names.find_person(who, here) {
            // A statement of somebody who left is asked for by name too.
            Err(Error::Refused(nobody)) if nobody.code == Code::NotFound => names.find_person(who, |_| true)?,
            found => found?,
        };
        drop(names);
        known(snapshot.directory.person(id).map(|person| person.id), "person", &id)
    }

    /// The unit that an id or name stands for.
    pub(crate) fn find_unit(&self, snapshot: &Snapshot, what: &str) -> Result<UnitId, Error> {
        let open = |id| snapshot.directory.unit(id).is_some_and(|unit| unit.closed_at.is_none());
        let id = self.names.read().find_unit(what, open)?;
        known(snapshot.directory.unit(id).map(|unit| unit.id), "unit", &id)
    }

    fn shown_person(&self, snapshot: &Snapshot, id: PersonId, now: Instant) -> Result<Person, Error> {
        let person = known(snapshot.directory.person(id), "person", &id)?;
        Ok(self.show_person(snapshot, person, now))
    }

    pub(crate) fn show_person(
        &self,
        snapshot: &Snapshot,
        person: &purser_core::directory::Person,
        now: Instant,
    ) -> Person {
        let names = self.names.read();
        let personal = names.person(person.id);
        let (unit, next) = (snapshot.directory.unit_of(person, now), snapshot.directory.next_move(person, now));
        Person {
            id: person.id,
            name: personal.map(|personal| personal.name.to_string()),
            email: personal.and_then(|personal| personal.email.as_deref().map(str::to_owned)),
            zone: person.zone(now).name().to_owned(),
            unit: Some(unit),
            unit_name: names.unit_name(unit),
            next_unit: next.map(|(unit, _)| unit),
            next_unit_name: next.and_then(|(unit, _)| names.unit_name(unit)),
            moves: next.map(|(_, moves)| moves),
            role: shown_role(&snapshot.directory, person.id),
            active: !person.has_left(now),
        }
    }
}

/// Somebody's role, where it was said and since when.
fn shown_role(directory: &Directory, person: PersonId) -> Option<PersonRole> {
    let role = directory.role_of(person)?;
    let (source, since) = if let Some(set) = directory.set_role_of(person) {
        (RoleSource::Set, set.at)
    } else {
        let (offer, _) = directory.accepted_by(person)?;
        (RoleSource::Offer, directory.offer(offer)?.accepted?.at)
    };
    let known = directory.roles().families.contains_key(&role.family);
    Some(PersonRole { family: role.family.clone(), level: role.level, source, since, known })
}

/// A role of words.
///
/// # Errors
/// A level of no family.
pub(crate) fn role(family: Option<Family>, level: Option<Level>) -> Result<Option<Role>, Error> {
    match (family, level) {
        (Some(family), level) => Ok(Some(Role { family, level })),
        (None, None) => Ok(None),
        (None, Some(level)) => {
            let message = format!("{level} stands without a family, and a level belongs to one");
            Err(Refused::new(Code::Invalid, message).hint("name the family too, such as engineering").into())
        }
    }
}

/// When a day begins for somebody, by the zone that they will be in as far as is known.
fn arrival(person: &purser_core::directory::Person, day: Date, now: Instant) -> Result<Instant, Error> {
    let begins = first_instant(person, day);
    if begins < now {
        let today = person.zone(now).date(now);
        let message = format!("a move takes effect on a day that is still to come, not on {day}; today is {today}");
        return Err(Refused::new(Code::Invalid, message).hint("leave the day out to move them now").into());
    }
    Ok(begins)
}

/// The first instant of a day where somebody is then, as far as is known.
pub(crate) fn first_instant(person: &purser_core::directory::Person, day: Date) -> Instant {
    let begins = |zone: &Zone| zone.first_instant(day);
    // The zone in force at the day's first instant by the clock of the last move known.
    let last = begins(person.zone(Instant::FAR_FUTURE));
    begins(person.zone(last))
}

/// A thing that was looked up, or that there is none of that id.
pub(crate) fn known<T>(found: Option<T>, what: &str, id: &dyn std::fmt::Display) -> Result<T, Error> {
    found.ok_or_else(|| {
        Refused::new(Code::NotFound, format!("there is no {what} {id}"))
            .hint(format!("`purser {what} list` shows all"))
            .into()
    })
}

/// A zone by its IANA name.
pub(crate) fn zone(name: &str) -> Result<Zone, Error> {
    Zone::try_new(name).map_err(|error| Refused::new(Code::Invalid, error.to_string()).into())
}

/// A text that people read: not empty, not endless, on one line, without spaces around it.
pub(crate) fn checked_name(what: &str, text: &str) -> Result<String, Error> {
    let text = text.trim();
    let long = text.chars().count() > NAME_CHARS_MAX;
    if text.is_empty() || long || text.chars().any(char::is_control) {
        let message = format!("a {what} has between 1 and {NAME_CHARS_MAX} letters, on one line");
        return Err(Refused::new(Code::Invalid, message).into());
    }
    Ok(text.to_owned())
}
