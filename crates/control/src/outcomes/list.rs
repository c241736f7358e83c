//! Outcomes listed, and forgotten.

use std::collections::HashSet;

use purser_core::id::{OutcomeId, PersonId};
use purser_core::snapshot::Snapshot;
use purser_store::{OutcomeRow, OutcomesOf, StoreError};

use super::Tallies;
use crate::access::{Within, forbidden};
use crate::change::CommandName;
use crate::control::{Control, Inner, stored};
use crate::error::{Code, Error, Refused};
use crate::pages::Part;
use crate::people::known;
use crate::shape::{self, Page};

/// Of so many times as many people it is worth reading everybody's in order.
const FEW: usize = 8;

impl Control {
    /// Outcomes of those who are covered, the latest first, in pages.
    ///
    /// # Errors
    /// Nobody of that name, nothing to go on after, or the files.
    pub(crate) async fn outcomes_page(
        &self,
        within: Within,
        who: Option<String>,
        part: Part,
    ) -> Result<Page<shape::Outcome>, Error> {
        self.look(move |inner, snapshot| {
            let whose = who.map(|who| inner.find_person(snapshot, &who)).transpose()?;
            let covered = |person: PersonId| {
                whose.is_none_or(|whose| person == whose) && within.person(&snapshot.directory, person)
            };
            let total = inner.with_tallies(|tallies| tallies.entries(covered)).map_err(stored)?;
            let after = part.after().map(|after| inner.listed(after)).transpose()?;
            let limit = part.limit().saturating_add(1);
            let people = people_of(inner, snapshot, whose, &within, covered);
            let of = match &people {
                None => OutcomesOf::Company,
                Some((people, true)) => OutcomesOf::Few(people),
                Some((people, false)) => OutcomesOf::Most(people),
            };
            let mut rows = inner.reader.outcomes(of, after.as_ref(), limit).map_err(stored)?;
            let more = rows.len() >= limit;
            rows.truncate(part.limit());
            let next = rows.last().filter(|_| more).map(|row| row.outcome.to_string());
            let items = rows.iter().map(|row| inner.show_outcome(row)).collect();
            Ok(Page { items, next, total })
        })
        .await
    }

    /// Forgets an outcome that is none. That it was told of, and who forgot it, stays in the trail.
    ///
    /// # Errors
    /// There is none, or it is of nobody who is covered; the files or the journal.
    pub(crate) async fn erase_outcome(
        &self,
        name: Option<CommandName>,
        within: Within,
        id: &str,
    ) -> Result<shape::Outcome, Error> {
        let id: OutcomeId = id.trim().parse().map_err(|error: purser_core::id::IdError| {
            let refused = Refused::new(Code::Invalid, error.to_string()).hint("`purser outcome list` shows the ids");
            if within.is_everything() {
                refused.into()
            } else {
                forbidden("no outcome that you may forget is called that")
            }
        })?;
        self.change(name, move |turn| {
            let control = turn.control();
            let found = control.reader.outcome(id).map_err(stored)?;
            let row = known(found, "outcome", &id)?;
            if !within.person(&turn.snapshot().directory, row.person) {
                return Err(forbidden("no outcome that you may forget is called that"));
            }
            let shown = control.show_outcome(&row);
            turn.audit("erase_outcome", &[id.to_string(), row.person.to_string()], None)?;
            let mut tallies = control.outcomes.write();
            control.private.erase_outcome(id).map_err(stored)?;
            if let Some(tallies) = tallies.as_mut() {
                tallies.erase(&row);
            }
            Ok(shown)
        })
        .await
    }

    /// Forgets everything that somebody achieved.
    ///
    /// # Errors
    /// Nobody of that name; the files or the journal.
    pub(crate) async fn erase_outcomes_of(
        &self,
        name: Option<CommandName>,
        who: &str,
    ) -> Result<shape::OutcomesErased, Error> {
        let who = who.to_owned();
        self.change(name, move |turn| {
            let control = turn.control();
            let person = control.find_person(&turn.snapshot(), &who)?;
            turn.audit("erase_outcomes", &[person.to_string()], None)?;
            let mut tallies = control.outcomes.write();
            let erased = control.private.erase_outcomes_of(person).map_err(stored)?;
            if let Some(tallies) = tallies.as_mut() {
                tallies.erase_person(person);
            }
            Ok(shape::OutcomesErased { person, erased })
        })
        .await
    }

    /// Reads all outcomes for their sums, so that nobody who asks waits for it.
    ///
    /// # Errors
    /// The files.
    pub(crate) async fn read_outcomes(&self) -> Result<(), Error> {
        self.look(|inner, _| inner.with_tallies(|_| ()).map_err(stored)).await
    }
}

/// Whose are wanted: `None` for everybody's; else who, and whether they are few.
fn people_of(
    inner: &Inner,
    snapshot: &Snapshot,
    whose: Option<PersonId>,
    within: &Within,
    covered: impl Fn(PersonId) -> bool,
) -> Option<(HashSet<PersonId>, bool)> {
    if let Some(whose) = whose {
        return Some((std::iter::once(whose).filter(|person| covered(*person)).collect(), true));
    }
    if within.is_everything() {
        return None;
    }
    let people: HashSet<PersonId> =
        snapshot.directory.people().map(|person| person.id).filter(|id| covered(*id)).collect();
    let few = people.len().saturating_mul(FEW) < inner.names.read().people_known();
    Some((people, few))
}

impl Inner {
    /// Asks the sums, read when nobody has asked yet.
    pub(crate) fn with_tallies<T>(&self, ask: impl FnOnce(&Tallies) -> T) -> Result<T, StoreError> {
        if let Some(tallies) = self.outcomes.read().as_ref() {
            return Ok(ask(tallies));
        }
        let mut tallies = self.outcomes.write();
        if tallies.is_none() {
            *tallies = Some(Tallies::read(&self.reader)?);
        }
        Ok(ask(tallies.get_or_insert_default()))
    }

    /// The outcome that a page ended with.
    fn listed(&self, id: &str) -> Result<OutcomeRow, Error> {
        let found = id.parse().ok().map(|id| self.reader.outcome(id)).transpose().map_err(stored)?.flatten();
        found.ok_or_else(|| {
            Refused::new(Code::Invalid, format!("this list has no `{id}` to go on after"))
                .hint("give `next` of the page before, or begin again without `after`")
                .into()
        })
    }
}
