//! Requests for more money: asked for by somebody or their agent, decided by somebody else or by a manager's mandate, and
//! money at once when approved.
//!
//! A request, its decision and the grant that an approval makes are events of the directory, the last two in one change.
//! Why somebody asks, and what is said about it, stands where it can be erased, and is erased when they leave.

mod ask;
mod decide;
mod outlook;
mod tend;

use std::collections::BTreeMap;
use std::time::Duration;

use purser_core::directory::Directory;
use purser_core::id::{GrantId, NoteId, PersonId, TopUpId};
use purser_core::money::Nano;
use purser_core::offer::Who;
use purser_core::snapshot::Snapshot;
use purser_core::time::Instant;
use purser_core::top_up::{Decision, State, TopUp as Known};

use crate::access::{Within, forbidden};
use crate::control::{Control, Inner, stored};
use crate::error::{Code, Error, Refused};
use crate::pages::Part;
use crate::shape::{Page, TopUp, TopUpDesk, TopUpState};

/// How long an agent is told of what it asked for.
const LATE: Duration = Duration::from_hours(7 * 24);
/// And of how many.
const LATE_MAX: usize = 5;
/// Letters of a reason.
const REASON_CHARS_MAX: usize = 500;

/// Requests of the first form, which were no events of the directory. What became money of them is a grant; their reasons
/// are still there to be erased.
#[derive(Debug, Default)]
pub(crate) struct FirstForm(BTreeMap<TopUpId, PersonId>);

impl FirstForm {
    /// Takes in that one was asked for.
    pub(crate) fn asked(&mut self, id: TopUpId, person: Option<PersonId>) {
        self.0.extend(person.map(|person| (id, person)));
    }

    fn of(&self, person: PersonId) -> impl Iterator<Item = NoteId> {
        self.0.iter().filter(move |(_, whose)| **whose == person).map(|(id, _)| NoteId::new(id.get()))
    }
}

impl Control {
    /// Requests of those who are covered, oldest first, in pages.
    pub(crate) fn top_ups_page(
        &self,
        within: &Within,
        who: Option<PersonId>,
        state: Option<TopUpState>,
        part: &Part,
    ) -> Result<Page<TopUp>, Error> {
        let (snapshot, now) = (self.snapshot(), self.inner.clock.now());
        let directory = &snapshot.directory;
        let mut asked: Vec<&Known> = directory.top_ups().map(|known| &**known).collect();
        asked.retain(|known| {
            who.is_none_or(|who| known.person == who)
                && state.is_none_or(|state| state_of(directory, known, now) == state)
                && within.person(directory, known.person)
        });
        asked.sort_by_key(|known| (known.at, known.id));
        part.of(&asked, |known| known.id.to_string(), |known| self.inner.show_top_up(&snapshot, known, now))
    }
}

/// A request among those that are covered.
fn covered(snapshot: &Snapshot, within: &Within, id: &str) -> Result<TopUpId, Error> {
    let known = id.trim().parse().ok().and_then(|id: TopUpId| snapshot.directory.top_up(id));
    match known.filter(|known| within.person(&snapshot.directory, known.person)) {
        Some(known) => Ok(known.id),
        None if within.is_everything() => Err(unknown()),
        // To whom nobody else is covered, nobody else's are there.
        None => Err(forbidden("no request that you may see or decide about is called that")),
    }
}

fn unknown() -> Error {
    Refused::new(Code::NotFound, "there is no such request").hint("`purser top-up list --all` shows the ids").into()
}

/// What became of a request by now: also before it is told that nobody decided in time.
fn state_of(directory: &Directory, known: &Known, now: Instant) -> TopUpState {
    let left = directory.person(known.person).is_none_or(|person| person.has_left(now));
    match known.state {
        State::Open if known.closes <= now || left => TopUpState::Expired,
        State::Open => TopUpState::Open,
        State::Approved { .. } => TopUpState::Approved,
        State::Denied(_) => TopUpState::Denied,
        State::Cancelled { .. } => TopUpState::Cancelled,
        State::Expired { .. } => TopUpState::Expired,
    }
}

impl Inner {
    /// The request after a change.
    pub(crate) fn top_up(&self, snapshot: &Snapshot, id: TopUpId, now: Instant) -> Result<TopUp, Error> {
        let known = snapshot.directory.top_up(id).ok_or_else(unknown)?;
        self.show_top_up(snapshot, known, now)
    }

    /// What somebody asked for of late, or what is still open: the latest first.
    pub(crate) fn late_top_ups(
        &self,
        snapshot: &Snapshot,
        person: PersonId,
        now: Instant,
    ) -> Result<Vec<TopUp>, Error> {
        let late = |known: &Known| known.state == State::Open || now.since(known.at) < LATE;
        let mut asked: Vec<&Known> = snapshot.directory.top_ups().map(|known| &**known).collect();
        asked.retain(|known| known.person == person && late(known));
        asked.sort_by_key(|known| std::cmp::Reverse((known.at, known.id)));
        asked.into_iter().take(LATE_MAX).map(|known| self.show_top_up(snapshot, known, now)).collect()
    }

    pub(crate) fn show_top_up(&self, snapshot: &Snapshot, known: &Known, now: Instant) -> Result<TopUp, Error> {
        let decision: Option<&Decision> = match &known.state {
            State::Approved { by, .. } | State::Denied(by) => Some(by),
            _ => None,
        };
        let (ended, ended_by): (Option<Instant>, Option<&Who>) = match &known.state {
            State::Open => (None, None),
            State::Approved { by, .. } | State::Denied(by) => (Some(by.at), Some(&by.by)),
            State::Cancelled { by, at } => (Some(*at), Some(by)),
            State::Expired { at } => (Some(*at), None),
        };
        let given = if let State::Approved { amount, .. } = known.state { Some(amount) } else { None };
        let note = decision.and_then(|decision| decision.note);
        let name = |person| self.names.read().person_name(person);
        let key = known.by.actor.to_string().parse().ok();
        Ok(TopUp {
            id: known.id,
            person: known.person,
            person_name: name(known.person),
            purpose: known.purpose.as_ref().map(ToString::to_string),
            amount: known.amount,
            reason: self.private.note(known.reason()).map_err(stored)?,
            until: known.until.to_string(),
            state: state_of(&snapshot.directory, known, now),
            asked: known.at,
            asked_by: known.by.actor.to_string(),
            by_agent: key.is_some(),
            key,
            run: known.run,
            closes: known.closes,
            desk: TopUpDesk::of(known.desk),
            decided: ended,
            decided_by: ended_by.map(|by| by.actor.to_string()),
            decided_by_name: ended_by.and_then(|by| by.person).and_then(name),
            for_absent: decision.and_then(|decision| decision.for_absent),
            for_absent_name: decision.and_then(|decision| decision.for_absent).and_then(name),
            mandate: decision.and_then(|decision| decision.mandate),
            mandate_name: decision.and_then(|decision| decision.mandate).and_then(name),
            why: note.map(|note| self.private.note(note).map_err(stored)).transpose()?.flatten(),
            given,
            grant: given.map(|_| GrantId::new(known.id.get())),
        })
    }
}

/// A text of a sentence or two.
fn checked_reason(text: &str, hint: &str) -> Result<String, Error> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > REASON_CHARS_MAX {
        let message = format!("a reason has between 1 and {REASON_CHARS_MAX} letters");
        return Err(Refused::new(Code::Invalid, message).hint(hint).into());
    }
    Ok(text.to_owned())
}

/// An amount that something can be said about.
fn checked_amount(amount: Nano) -> Result<Nano, Error> {
    if amount.is_positive() {
        return Ok(amount);
    }
    Err(Refused::new(Code::Invalid, format!("{amount} is no amount to ask for or to give"))
        .hint("it must be above zero")
        .into())
}
