//! Breakers that tripped: each places a stop, which the run's owner lifts; warnings are kept for a while.

use std::collections::VecDeque;

use purser_core::breaker::Breaker;
use purser_core::event::{Event, StopEvent};
use purser_core::id::{PersonId, RunId, StopId};
use purser_core::stop::{Stop, StopOn, Tripped};
use purser_core::time::Instant;

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

/// Whoever knows the runs under way, which is the gateway.
pub trait RunPort: Send + Sync {
    /// The owner still watches over the run. `false` where it is not known there.
    fn confirm(&self, run: RunId, at: Instant) -> bool;
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

    /// Somebody says that the run is still watched over; `false` where no call of it was made since the start. Whether
    /// they may say so is for the caller to know.
    pub fn confirm(&self, run: RunId) -> bool {
        let port = self.inner.runs.read();
        port.as_ref().is_some_and(|port| port.confirm(run, self.inner.clock.now()))
    }
}
