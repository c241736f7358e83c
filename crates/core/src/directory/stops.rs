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

/// By id, in the order in which they were placed. There are few, and they change seldom.
pub(super) type Stops = Arc<BTreeMap<StopId, Stop>>;

impl Directory {
    /// The stops in force, oldest first.
    pub fn stops(&self) -> impl Iterator<Item = &Stop> {
        self.stops.values()
    }

    /// A stop in force.
    pub fn stop(&self, id: StopId) -> Option<&Stop> {
        self.stops.get(&id)
    }

    /// Is this run stopped by itself?
    ///
    /// # Errors
    /// [`Refused::Stopped`] when it is.
    pub fn run_may_go_on(&self, run: RunId) -> Result<(), Refused> {
        let stopped = self.stops.values().find(|stop| stop.on == StopOn::Run(run));
        stopped.map_or(Ok(()), |stop| Err(Refused::Stopped { what: stop.on.what() }))
    }

    /// May calls with this key to this model go on? Asked for every plan, and for every call under way when stops change.
    ///
    /// # Errors
    /// [`Refused::Stopped`] when one is in force.
    pub fn may_go_on(&self, key: &Key, person: &Person, call: &CallScope<'_>, at: Instant) -> Result<(), Refused> {
        if self.stops.is_empty() {
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
                if self.stops.contains_key(&stop.id) {
                    return Err(EventError::Duplicate(stop.id.to_string()));
                }
                self.names_something(&stop.on)?;
                Arc::make_mut(&mut self.stops).insert(stop.id, stop.clone());
            }
            StopEvent::Lifted { stop, .. } => {
                if !self.stops.contains_key(stop) {
                    return Err(EventError::UnknownStop(*stop));
                }
                Arc::make_mut(&mut self.stops).remove(stop);
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
