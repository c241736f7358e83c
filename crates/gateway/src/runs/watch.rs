//! Breakers over the runs that are known: what each call adds, what trips, and what waits for its owner's word.
//!
//! A trip holds the run back here at once; whoever hears of it ([`super::TripLog`]) places a stop, which holds on every
//! node and after a restart, and is what the owner lifts.

use std::time::Duration;

use purser_core::breaker::{Act, Breaker, Pace, Rules, RunWatch, Step, Trip};
use purser_core::directory::Directory;
use purser_core::id::{PersonId, RunId};
use purser_core::stop::Tripped;
use purser_core::time::Instant;

use super::table::Table;

/// A trip whose stop nobody has placed by then counts as confirmed: the breaker looks anew and trips again if need be.
const PLACED_WITHIN: Duration = Duration::from_mins(1);

/// People whose pace is remembered; beyond it everybody's is learned anew.
const PACES_MAX: usize = 100_000;

/// A run that a breaker holds back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tripping {
    /// Which run.
    pub run: RunId,
    /// Whose.
    pub person: PersonId,
    /// What follows. A warning holds nothing back.
    pub act: Act,
    /// Which breaker, and what it saw.
    pub tripped: Tripped,
    /// When.
    pub at: Instant,
}

/// What breakers know of a run.
#[derive(Debug)]
pub(super) struct Watched {
    watch: RunWatch,
    held: Option<Held>,
    /// What the owner was last warned about.
    warning: Option<Box<str>>,
}

/// Waits for its owner's word.
#[derive(Debug)]
struct Held {
    tripped: Tripped,
    since: Instant,
    /// Its stop was seen in the directory.
    placed: bool,
}

impl Watched {
    pub(super) fn begun(at: Instant) -> Self {
        Self { watch: RunWatch::begun(at), held: None, warning: None }
    }

    /// When somebody last said something, before the run was known here.
    pub(super) fn was_attended(&mut self, at: Instant) {
        self.watch.was_attended(at);
    }

    pub(super) fn warning(&self) -> Option<&str> {
        self.warning.as_deref()
    }
}

impl Table {
    /// Takes in a call that is over; the runs that trip by it, and warnings.
    pub(super) fn step(&mut self, id: RunId, rules: &Rules, step: &Step) -> Vec<Tripping> {
        let Some(run) = self.runs.get_mut(&id) else { return Vec::new() };
        let person = run.person;
        let own = run.watched.watch.step(rules, step);
        let pace = rules.spend.as_ref().and_then(|rule| {
            if self.paces.len() >= PACES_MAX && !self.paces.contains_key(&person) {
                self.paces.clear();
            }
            let pace = self.paces.entry(person).or_default();
            pace.step(rule, step.at, step.cost)
        });
        if own.is_none() && pace.is_none() {
            return Vec::new();
        }
        let mut trippings: Vec<Tripping> = own.map(|trip| tripping(id, person, trip)).into_iter().collect();
        if let Some(trip) = pace {
            trippings.extend(self.spend_trips(id, person, rules, trip));
        }
        for tripping in &trippings {
            self.hold_back(tripping);
        }
        trippings
    }

    /// Which runs a person's pace concerns: of a warning the run at hand, else those that have to wait.
    fn spend_trips(&mut self, id: RunId, person: PersonId, rules: &Rules, trip: Trip) -> Vec<Tripping> {
        let (Some(rule), true) = (&rules.spend, trip.act > Act::Warn) else {
            return vec![tripping(id, person, trip)];
        };
        let theirs = self.runs.iter().filter(|(_, run)| run.person == person && run.watched.held.is_none());
        let mut theirs: Vec<_> = theirs.map(|(id, run)| (*id, run.watched.watch.minutes())).collect();
        theirs.sort_by_key(|(id, _)| *id);
        let paused = self.paces.get_mut(&person).map(|pace| pace.pause(rule, trip.at, theirs));
        paused.into_iter().flatten().map(|run| tripping(run, person, trip.clone())).collect()
    }

    fn hold_back(&mut self, tripping: &Tripping) {
        let Some(run) = self.runs.get_mut(&tripping.run) else { return };
        if tripping.act == Act::Warn {
            run.watched.warning = Some(tripping.tripped.seen.as_str().into());
        } else {
            let (tripped, since) = (tripping.tripped.clone(), tripping.at);
            run.watched.held = Some(Held { tripped, since, placed: false });
            self.held.insert(tripping.run);
        }
    }

    /// What holds the run back although the directory has no stop of it yet; lets it go once its stop is lifted.
    pub(super) fn held(&mut self, id: RunId, directory: &Directory, at: Instant) -> Option<Tripped> {
        if !self.held.contains(&id) {
            return None;
        }
        let Some(run) = self.runs.get_mut(&id) else {
            self.held.remove(&id);
            return None;
        };
        let held = run.watched.held.as_mut()?;
        if directory.stop_of_run(id).is_some() {
            held.placed = true;
            return None;
        }
        if !held.placed && at < held.since.saturating_add(PLACED_WITHIN) {
            return Some(held.tripped.clone());
        }
        let by_pace = held.tripped.breaker == Breaker::Spend;
        (run.watched.held, run.watched.warning) = (None, None);
        run.watched.watch.go_on(at);
        self.held.remove(&id);
        if by_pace && let Some(pace) = self.paces.get_mut(&run.person) {
            pace.go_on(at);
        }
        None
    }

    /// Stops have changed: notes which trips have theirs, and lets go those whose stop was lifted.
    pub(super) fn look(&mut self, directory: &Directory, at: Instant) {
        let held: Vec<RunId> = self.held.iter().copied().collect();
        for run in held {
            self.held(run, directory, at);
        }
    }

    /// The owner has said that it is still watched over.
    pub(super) fn confirm(&mut self, id: RunId, at: Instant) -> bool {
        let Some(run) = self.runs.get_mut(&id) else { return false };
        if run.watched.held.is_none() {
            run.watched.watch.go_on(at);
            run.watched.warning = None;
        }
        true
    }

    /// What people spent before this process began.
    pub(super) fn remember(&mut self, person: PersonId, past: &Pace) {
        self.paces.entry(person).or_default().remember(past);
    }
}

fn tripping(run: RunId, person: PersonId, trip: Trip) -> Tripping {
    let Trip { breaker, act, at, seen } = trip;
    Tripping { run, person, act, tripped: Tripped { breaker, seen }, at }
}
