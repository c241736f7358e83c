//! Breakers that tripped: each places a stop, which the run's owner lifts; warnings are kept for a while.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use purser_core::breaker::Breaker;
use purser_core::directory::Directory;
use purser_core::event::{Event, StopEvent};
use purser_core::id::{PersonId, RunId, StopId};
use purser_core::run::RunLimits;
use purser_core::stop::{Stop, StopOn, Tripped};
use purser_core::time::Instant;

use crate::access::Party;
use crate::admins::AdminEvent;
use crate::control::Control;
use crate::error::Error;

/// Warnings kept. They are memory: a restart forgets them, and what goes on is warned about again.
const WARNINGS_MAX: usize = 1_000;

/// Something that a run's owner is warned about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Which run.
    pub run: RunId,
    /// Whose.
    pub person: PersonId,
    /// Which breaker would trip.
    pub breaker: Breaker,
    /// What it saw, in a sentence without a full stop.
    pub seen: String,
    /// When.
    pub at: Instant,
}

/// The last warnings, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Warnings(VecDeque<Warning>);

/// How long it is known who said that a run is watched over: as long as its money counts together.
const CONFIRMED_FOR: Duration = Duration::from_hours(30 * 24);

/// Who said last that a run is watched over, and when.
#[derive(Debug, Default)]
pub(crate) struct Confirmations {
    last: HashMap<RunId, (Party, Instant)>,
    /// When old ones were forgotten last.
    tidied: Option<Instant>,
}

impl Confirmations {
    /// Takes in that somebody said so.
    pub(crate) fn said(&mut self, run: RunId, by: Party, at: Instant) {
        if self.tidied.is_none_or(|tidied| tidied.saturating_add(CONFIRMED_FOR) <= at) {
            self.last.retain(|_, (_, said)| said.saturating_add(CONFIRMED_FOR) > at);
            self.tidied = Some(at);
        }
        self.last.insert(run, (by, at));
    }

    /// Who did so last.
    pub(crate) fn of(&self, run: RunId) -> Option<(Party, Instant)> {
        self.last.get(&run).copied()
    }
}

/// Whoever knows the runs under way, which is the gateway.
pub trait RunPort: Send + Sync {
    /// The owner still watches over the run. `false` where it is not known there.
    fn confirm(&self, run: RunId, at: Instant) -> bool;

    /// What it may use at most, by the policies and by what its calls have said. `None` where it is not known there.
    fn limits(&self, run: RunId) -> Option<RunLimits>;
}

impl Control {
    /// From now on the runs under way can be asked about.
    pub fn tell_runs(&self, port: Box<dyn RunPort>) {
        *self.inner.runs.write() = Some(port);
    }

    /// Keeps a warning.
    pub fn warn_about(&self, warning: Warning) {
        let mut kept = self.inner.warnings.lock();
        if kept.0.len() >= WARNINGS_MAX {
            kept.0.pop_front();
        }
        kept.0.push_back(warning);
    }

    /// The last warnings that are `wanted`, the latest first.
    pub fn warnings(&self, wanted: impl Fn(&Warning) -> bool) -> Vec<Warning> {
        self.inner.warnings.lock().0.iter().rev().filter(|warning| wanted(warning)).cloned().collect()
    }

    /// Stops a run because a breaker has tripped. What is stopped already stays so.
    ///
    /// # Errors
    /// The journal.
    pub async fn hold_back(&self, run: RunId, tripped: Tripped) -> Result<(), Error> {
        self.change(None, move |turn| {
            if turn.snapshot().directory.stop_of_run(run).is_some() {
                return Ok(());
            }
            let id = StopId::new(turn.command.get());
            let placed = StopEvent::Placed(Stop { id, on: StopOn::Run(run), at: turn.now, tripped: Some(tripped) });
            turn.preview(&Event::Stop(placed.clone()))?;
            let by = turn.acting().party();
            turn.commit_admin(&AdminEvent::StopPlaced { stop: id, by, at: turn.now })?;
            turn.commit(&Event::Stop(placed))
        })
        .await
    }

    /// What somebody's run may use at most: as their policy and their role's say now, and as its calls have said, where the
    /// gateway knows it.
    pub(crate) fn run_limits(&self, directory: &Directory, run: RunId, person: PersonId) -> RunLimits {
        let live = self.inner.runs.read().as_ref().and_then(|port| port.limits(run));
        directory.run_limits(person).lowered_by(&live.unwrap_or_default())
    }

    /// When somebody said last that a run is watched over.
    pub fn confirmed(&self, run: RunId) -> Option<Instant> {
        self.inner.admins.read().confirmed.of(run).map(|(_, at)| at)
    }

    /// Somebody says that the run is still watched over; `false` where no call of it was made since the start. Whether
    /// they may say so is for the caller to know.
    pub fn confirm(&self, run: RunId) -> bool {
        let port = self.inner.runs.read();
        port.as_ref().is_some_and(|port| port.confirm(run, self.inner.clock.now()))
    }
}
