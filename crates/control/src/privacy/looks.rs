//! Who looked at whose data: taken in with each answer, written once a minute, shown to whom it concerns.

use std::collections::HashMap;

use jiff::civil::Date;
use purser_core::directory::Directory;
use purser_core::id::{AdminKeyId, LoginId, PersonId, UnitId};
use purser_core::snapshot::Snapshot;
use purser_store::{LookRow, LooksWanted};

use super::forget::company_zone;
use super::looking::{Kind, Looking, NAMED_MAX, Times};
use super::words::in_words;
use crate::access::{Acting, Actor, Within};
use crate::control::{Control, Inner, stored};
use crate::error::{Code, Error, Refused};
use crate::shape::{Look, LookPage, WantedLooks};

/// Looks in a page.
const PAGE: u32 = 500;

impl Control {
    /// Takes in whom an answer showed to whom. In memory: [`Control::write_looks`] brings it to disk.
    ///
    /// # Errors
    /// So many wait that they had to be written now, and could not be: then nothing is to be shown.
    pub(crate) async fn looked(&self, acting: &Acting, within: &Within, looking: &Looking) -> Result<(), Error> {
        // Purser shows itself nothing, and whoever signs in is nobody yet.
        if matches!(acting.actor, Actor::Purser | Actor::Stranger) {
            return Ok(());
        }
        let seen = looking.taken();
        let others: Vec<PersonId> = seen.people.into_iter().filter(|of| acting.person != Some(*of)).collect();
        if others.is_empty() && !seen.everybody {
            return Ok(());
        }
        let now = self.inner.clock.now();
        let day = company_zone(&self.snapshot().directory).date(now);
        let (actor, action) = (acting.actor, acting.action);
        let kind = |person, units| Kind { person, day, actor, action, units };
        let kinds: Vec<Kind> = if seen.everybody || others.len() >= NAMED_MAX {
            vec![kind(None, within.units())]
        } else {
            others.into_iter().map(|person| kind(Some(person), Vec::new())).collect()
        };
        let mut roles: Vec<&str> = acting.roles.iter().map(|given| given.role.word()).collect();
        roles.dedup();
        let roles = roles.join(" ");
        let times = Times { looker: acting.person, roles, first: now, last: now, count: 1 };
        if self.inner.looks.add(kinds.into_iter().map(|kind| (kind, times.clone()))) {
            self.write_looks().await?;
        }
        Ok(())
    }

    /// Writes the looks that wait. Returns how many rows they are. What can't be written waits on.
    ///
    /// # Errors
    /// The files.
    pub async fn write_looks(&self) -> Result<usize, Error> {
        let control = self.clone();
        let written = tokio::task::spawn_blocking(move || control.write_looks_now()).await;
        written.map_err(|error| Error::failed("writing who looked ended in a panic", error))?
    }

    /// The same, blocking: for whoever closes the folder.
    ///
    /// # Errors
    /// The files.
    pub fn write_looks_now(&self) -> Result<usize, Error> {
        let pending = self.inner.looks.take();
        if pending.is_empty() {
            return Ok(0);
        }
        let mut rows: Vec<LookRow> = pending.iter().map(|(kind, times)| row(kind, times)).collect();
        // Their numbers are their order: two days may wait at once.
        rows.sort_by_key(|row| row.first);
        match self.inner.private.put_looks(&rows) {
            Ok(()) => Ok(rows.len()),
            Err(error) => {
                self.inner.looks.add(pending);
                Err(stored(error))
            }
        }
    }

    /// Looks at the data of whoever asks, newest first.
    ///
    /// # Errors
    /// [`Code::NotFound`] for an actor who is no person; the files.
    pub(crate) async fn own_looks(&self, before: Option<i64>) -> Result<LookPage, Error> {
        let Some(person) = self.acting.person else {
            let message = "whoever asks is no person of the directory, so nobody looked at their data";
            return Err(Refused::new(Code::NotFound, message)
                .hint("sign in, or use a key that is a person's; auditors ask /api/v1/privacy/looks")
                .into());
        };
        self.looks_at(Some(person), before).await
    }

    /// Looks at somebody's data, or at everybody's, newest first.
    ///
    /// # Errors
    /// Nobody is called that, or the files.
    pub(crate) async fn looks(&self, wanted: WantedLooks) -> Result<LookPage, Error> {
        let person = wanted.person.map(|who| self.inner.find_person(&self.snapshot(), &who)).transpose()?;
        self.looks_at(person, wanted.before).await
    }

    async fn looks_at(&self, person: Option<PersonId>, before: Option<i64>) -> Result<LookPage, Error> {
        self.write_looks().await?;
        self.look(move |inner, snapshot| inner.looks_at(snapshot, person, before)).await
    }
}

impl Inner {
    /// The same, of those that are on disk. Blocks.
    ///
    /// # Errors
    /// The files.
    pub(crate) fn looks_at(
        &self,
        snapshot: &Snapshot,
        person: Option<PersonId>,
        before: Option<i64>,
    ) -> Result<LookPage, Error> {
        let rows = self.private.looks(&LooksWanted { person, before, limit: PAGE }).map_err(stored)?;
        let full = rows.len() >= usize::try_from(PAGE).unwrap_or(usize::MAX);
        let next = rows.last().filter(|_| full).map(|row| row.id);
        let mut called = HashMap::new();
        let concerns = |row: &LookRow| person.is_none_or(|person| row.concerns(&snapshot.directory, person));
        let rows = rows.into_iter().filter(concerns);
        let items = rows.map(|row| self.shown_look(row, &mut called)).collect::<Result<_, _>>()?;
        Ok(LookPage { items, next })
    }

    fn shown_look(&self, row: LookRow, called: &mut HashMap<String, Option<String>>) -> Result<Look, Error> {
        let unreadable = |what: &str| Error::failed("a look can't be read", format!("{what} of row {}", row.id));
        let units = row.units.split_whitespace().map(str::parse::<UnitId>);
        let units = units.collect::<Result<_, _>>().map_err(|_| unreadable("the units"))?;
        let day: Date = row.day.parse().map_err(|_| unreadable("the day"))?;
        let name = if let Some(name) = called.get(&row.actor) {
            name.clone()
        } else {
            let name = self.looker_name(&row);
            called.insert(row.actor.clone(), name.clone());
            name
        };
        Ok(Look {
            day,
            person: row.person,
            units,
            name,
            roles: row.roles.split_whitespace().map(str::to_owned).collect(),
            what: in_words(&row.action),
            actor: row.actor,
            action: row.action,
            times: row.count,
            first: row.first,
            last: row.last,
        })
    }

    fn looker_name(&self, row: &LookRow) -> Option<String> {
        let person = row.looker.and_then(|person| self.names.read().person(person).map(|known| known.name.to_string()));
        person.or_else(|| {
            let actor = row.actor.parse::<LoginId>().map(Actor::Login);
            let actor = actor.or_else(|_| row.actor.parse::<AdminKeyId>().map(Actor::Key)).ok()?;
            self.actor_name(actor)
        })
    }
}

trait Concerns {
    /// Was somebody in it? Of a list: were they in one of its units then, or with the company at all?
    fn concerns(&self, directory: &Directory, person: PersonId) -> bool;
}

impl Concerns for LookRow {
    fn concerns(&self, directory: &Directory, person: PersonId) -> bool {
        if self.person.is_some() {
            return self.person == Some(person);
        }
        if self.looker == Some(person) {
            return false;
        }
        let Some(known) = directory.person(person) else { return false };
        let units: Vec<UnitId> = self.units.split_whitespace().filter_map(|unit| unit.parse().ok()).collect();
        let within = || Within::Some { own: None, units: units.clone(), groups: Vec::new(), at: self.first };
        known.added_at <= self.last && (units.is_empty() || within().person(directory, person))
    }
}

fn row(kind: &Kind, times: &Times) -> LookRow {
    let units: Vec<String> = kind.units.iter().map(ToString::to_string).collect();
    LookRow {
        id: 0,
        person: kind.person,
        day: kind.day.to_string(),
        actor: kind.actor.to_string(),
        looker: times.looker,
        roles: times.roles.clone(),
        action: kind.action.to_owned(),
        units: units.join(" "),
        first: times.first,
        last: times.last,
        count: times.count,
    }
}
