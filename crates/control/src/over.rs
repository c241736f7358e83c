//! Stops of runs that are over: each tripped run would leave one for ever, in every start, snapshot and list.

use std::collections::BTreeSet;

use purser_core::event::{Event, StopEvent};
use purser_core::id::{PersonId, RunId, StopId};
use purser_core::run::OVER_AFTER;
use purser_core::stop::StopOn;

use crate::change::refused;
use crate::control::{Control, stored};
use crate::error::Error;

/// Stops lifted at once: each is a record, and changes wait while they are written.
const AT_ONCE: usize = 1_000;
/// What a run that is held back is told when it calls.
const REFUSALS: [&str; 2] = ["run_paused", "stopped"];

impl Control {
    /// Lifts the stops of runs that are over, and says how many. A stopped run is charged nothing, so that it is over when
    /// nothing of its person's was refused for being stopped, as long as it takes: an agent that still knocks stays out.
    /// Trail and journal keep who placed the stop and why.
    ///
    /// # Errors
    /// The projection or the journal.
    pub async fn lift_stops_of_over_runs(&self) -> Result<usize, Error> {
        let (snapshot, now) = (self.snapshot(), self.inner.clock.now());
        let since = now.saturating_sub(OVER_AFTER);
        let old = snapshot.directory.stops().filter(|stop| stop.at <= since);
        let old: Vec<(StopId, RunId)> = old
            .filter_map(|stop| if let StopOn::Run(run) = stop.on { Some((stop.id, run)) } else { None })
            .take(AT_ONCE)
            .collect();
        if old.is_empty() {
            return Ok(0);
        }
        let owners = self.owners_of_runs(old.iter().map(|(_, run)| *run).collect()).await?;
        let knocking: BTreeSet<PersonId> = self
            .report(move |inner| inner.reader.denial_sums(since..now, &REFUSALS).map_err(stored))
            .await?
            .into_iter()
            .filter(|denied| REFUSALS.contains(&denied.reason.as_str()))
            .map(|denied| denied.person)
            .collect();
        let is_over = |run: &RunId| owners.get(run).is_none_or(|owner| !knocking.contains(owner));
        let over: Vec<StopId> = old.into_iter().filter(|(_, run)| is_over(run)).map(|(stop, _)| stop).collect();
        self.change(None, move |turn| {
            let mut next = turn.snapshot().directory.clone();
            let mut events = Vec::new();
            // Somebody may have lifted one meanwhile.
            for stop in over.into_iter().filter(|stop| turn.snapshot().directory.stop(*stop).is_some()) {
                let event = Event::Stop(StopEvent::Lifted { stop, at: turn.now });
                next.take(&event).map_err(|error| refused(&error))?;
                events.push(event);
            }
            let lifted = events.len();
            if lifted > 0 {
                // Altogether: one by one each would copy all stops that are left.
                turn.commit_all(events, next)?;
            }
            Ok(lifted)
        })
        .await
    }
}
