//! What has to be done about requests with nobody asking: passed on, closed, forgotten.

use std::sync::atomic::Ordering;
use std::time::Duration;

use purser_core::event::{Event, TopUpEvent};
use purser_core::id::{NoteId, PersonId, TopUpId};
use purser_core::snapshot::Snapshot;
use purser_core::time::Instant;
use purser_core::top_up::{State, TopUp as Known};

use crate::change::Turn;
use crate::control::{Control, Inner, stored};
use crate::error::Error;

impl Control {
    /// Passes on what nobody has answered and closes what nobody has decided in time. Returns how many of each.
    ///
    /// # Errors
    /// The journal.
    pub async fn tend_top_ups(&self) -> Result<(usize, usize), Error> {
        let (snapshot, now) = (self.snapshot(), self.inner.clock.now());
        let waiting = snapshot.directory.all_undecided_top_ups();
        let waiting = waiting.filter(|known| due(&snapshot, known, now).is_some());
        let waiting: Vec<TopUpId> = waiting.map(|known| known.id).collect();
        let (mut passed, mut closed) = (0, 0);
        for id in waiting {
            let done = self.change(None, move |turn| {
                let snapshot = turn.snapshot();
                let event = snapshot.directory.top_up(id).and_then(|known| due(&snapshot, known, turn.now));
                let Some(event) = event else { return Ok(None) };
                turn.commit(&Event::TopUp(event.clone()))?;
                Ok(Some(event))
            });
            match done.await? {
                Some(TopUpEvent::Passed { .. }) => passed += 1,
                Some(_) => closed += 1,
                None => {}
            }
        }
        Ok((passed, closed))
    }

    /// Forgets what those who have left said when they asked for more, and what was said to them. Looked at once in the
    /// life of a process: what happens in it is forgotten at once.
    ///
    /// # Errors
    /// The files, or the journal.
    pub async fn forget_top_ups(&self) -> Result<usize, Error> {
        if self.inner.top_ups_forgotten.swap(true, Ordering::Relaxed) {
            return Ok(0);
        }
        let (snapshot, now) = (self.snapshot(), self.inner.clock.now());
        let left = snapshot.directory.people().filter(|person| person.has_left(now));
        let left: Vec<PersonId> = left.map(|person| person.id).collect();
        let mut forgotten = 0;
        for person in left {
            if self.inner.said_about(&snapshot, person)?.is_empty() {
                continue;
            }
            forgotten += self.change(None, move |turn| turn.forget_top_ups(person)).await?;
        }
        Ok(forgotten)
    }
}

impl Turn<'_> {
    /// Forgets what somebody said when they asked for more, and what was said to them about it. Returns how many texts.
    ///
    /// # Errors
    /// The files, or the journal.
    pub(crate) fn forget_top_ups(&mut self, person: PersonId) -> Result<usize, Error> {
        let notes = self.control().said_about(&self.snapshot(), person)?;
        if notes.is_empty() {
            return Ok(0);
        }
        // The entry of the trail first: what was forgotten without one would be gone without a trace.
        self.audit("forget_top_ups", &[person.to_string()], None)?;
        for note in &notes {
            self.control().private.erase_note(*note).map_err(stored)?;
        }
        Ok(notes.len())
    }
}

impl Inner {
    /// The texts that are there about requests of somebody, and by them for others.
    pub(crate) fn said_about(&self, snapshot: &Snapshot, person: PersonId) -> Result<Vec<NoteId>, Error> {
        let theirs = |known: &&Known| known.person == person || known.by.person == Some(person);
        let known = snapshot.directory.top_ups().map(|known| &**known).filter(theirs);
        let mut notes: Vec<NoteId> = known
            .flat_map(|known| {
                let decision = match &known.state {
                    State::Approved { by, .. } | State::Denied(by) => by.note,
                    _ => None,
                };
                [Some(known.reason()), decision]
            })
            .flatten()
            .collect();
        notes.extend(self.admins.read().top_ups.of(person));
        let is_there = |note: &NoteId| self.private.note(*note).map(|text| text.is_some());
        let mut there = Vec::new();
        for note in notes {
            if is_there(&note).map_err(stored)? {
                there.push(note);
            }
        }
        Ok(there)
    }
}

/// What is to be done about a request by itself at an instant.
fn due(snapshot: &Snapshot, known: &Known, now: Instant) -> Option<TopUpEvent> {
    if known.state != State::Open {
        return None;
    }
    let (top_up, directory) = (known.id, &snapshot.directory);
    let left = directory.person(known.person).is_none_or(|person| person.has_left(now));
    if left || known.closes <= now {
        return Some(TopUpEvent::Expired { top_up, at: now });
    }
    let waits = Duration::from_hours(u64::from(directory.policy_of(known.person).top_ups.answer_hours.max(1)));
    let unanswered = known.since.saturating_add(waits) <= now;
    let to = known.desk.next().filter(|_| unanswered)?;
    Some(TopUpEvent::Passed { top_up, to, at: now })
}
