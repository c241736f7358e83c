//! The stops in force.

use std::collections::BTreeMap;
use std::sync::Arc;

use smallvec::SmallVec;

use super::{Directory, EventError, Key, Person};
use crate::decision::Refused;
use crate::event::StopEvent;
use crate::id::{RunId, StopId, UnitId};
use crate::scope::CallScope;
use crate::stop::{Stop, StopOn, Stoppable};
use crate::time::Instant;

/// By id, in the order in which they were placed. They change seldom; those of runs add up over time, so that each call
/// finds its own by the run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Stops {
    by_id: Arc<BTreeMap<StopId, Stop>>,
    by_run: Arc<BTreeMap<RunId, StopId>>,
}

impl Stops {
    pub(super) fn values(&self) -> impl Iterator<Item = &Stop> + Clone {
        self.by_id.values()
    }

    pub(super) fn insert(&mut self, stop: Stop) {
        if let StopOn::Run(run) = stop.on {
            Arc::make_mut(&mut self.by_run).entry(run).or_insert(stop.id);
        }
        Arc::make_mut(&mut self.by_id).insert(stop.id, stop);
    }

    fn remove(&mut self, id: StopId) {
        let removed = Arc::make_mut(&mut self.by_id).remove(&id);
        if let Some(Stop { on: StopOn::Run(run), .. }) = removed
            && self.by_run.get(&run) == Some(&id)
        {
            let other = self.by_id.values().find(|stop| stop.on == StopOn::Run(run)).map(|stop| stop.id);
            let by_run = Arc::make_mut(&mut self.by_run);
            match other {
                Some(other) => by_run.insert(run, other),
                None => by_run.remove(&run),
            };
        }
    }

    /// Is there nothing but stops of runs? Said too seldom where one run is stopped twice, which costs a look.
    fn are_of_runs(&self) -> bool {
        self.by_id.len() == self.by_run.len()
    }
}

impl Directory {
    /// The stops in force, oldest first.
    pub fn stops(&self) -> impl Iterator<Item = &Stop> {
        self.stops.values()
    }

    /// A stop in force.
    pub fn stop(&self, id: StopId) -> Option<&Stop> {
        self.stops.by_id.get(&id)
    }

    /// The stop of a run by itself.
    pub fn stop_of_run(&self, run: RunId) -> Option<&Stop> {
        self.stops.by_run.get(&run).and_then(|id| self.stop(*id))
    }

    /// May this run go on, as far as stops of runs say? Those that it was started by are asked about by themselves.
    ///
    /// # Errors
    /// [`Refused::RunPaused`] where a breaker has tripped, [`Refused::Stopped`] where somebody has stopped it.
    pub fn run_may_go_on(&self, run: RunId) -> Result<(), Refused> {
        self.stop_of_run(run).map_or(Ok(()), |stop| {
            Err(match &stop.tripped {
                Some(tripped) => Refused::RunPaused { run, tripped: tripped.clone() },
                None => Refused::Stopped { what: stop.on.what() },
            })
        })
    }

    /// May calls with this key to this model go on? Asked for every plan, and for every call under way when stops change.
    ///
    /// # Errors
    /// [`Refused::Stopped`] when one is in force.
    pub fn may_go_on(&self, key: &Key, person: &Person, call: &CallScope<'_>, at: Instant) -> Result<(), Refused> {
        if self.stops.are_of_runs() {
            return Ok(());
        }
        let unit = self.unit_of(person, at);
        let units: SmallVec<[UnitId; 8]> = self.units_above(unit).map(|unit| unit.id).collect();
        let (provider, model) = (call.provider, call.model);
        let call = Stoppable { key: key.id, person: person.id, units: &units, provider, model };
        let stopped = self.stops.values().find(|stop| stop.on.covers(&call));
        stopped.map_or(Ok(()), |stop| Err(Refused::Stopped { what: stop.on.what() }))
    }

    pub(super) fn take_stop(&mut self, event: &StopEvent) -> Result<(), EventError> {
        match event {
            StopEvent::Placed(stop) => {
                if self.stop(stop.id).is_some() {
                    return Err(EventError::Duplicate(stop.id.to_string()));
                }
                self.names_something(&stop.on)?;
                self.stops.insert(stop.clone());
            }
            StopEvent::Lifted { stop, .. } => {
                if self.stop(*stop).is_none() {
                    return Err(EventError::UnknownStop(*stop));
                }
                self.stops.remove(*stop);
            }
        }
        Ok(())
    }

    fn names_something(&self, on: &StopOn) -> Result<(), EventError> {
        match on {
            StopOn::Unit(unit) => self.unit(*unit).map(drop).ok_or(EventError::UnknownUnit(*unit)),
            StopOn::Person(person) => self.person(*person).map(drop).ok_or(EventError::UnknownPerson(*person)),
            StopOn::Key(key) => self.key_by_id(*key).map(drop).ok_or(EventError::UnknownKey(*key)),
            // Runs are not in the directory: they come and go with what clients send.
            StopOn::Run(_) | StopOn::Company | StopOn::Model(_) | StopOn::Provider(_) => Ok(()),
        }
    }
}
