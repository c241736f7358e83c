//! Stop switches: placed by whoever may, lifted by whoever may; a stop of the whole company by two persons.

use std::collections::BTreeMap;

use purser_core::directory::Directory;
use purser_core::event::{Event, StopEvent};
use purser_core::id::{PersonId, StopId};
use purser_core::stop::{Stop as InForce, StopOn};

use crate::access::{Party, Within, forbidden};
use crate::admins::AdminEvent;
use crate::change::{CommandName, Turn, reused};
use crate::control::{Control, Inner};
use crate::error::{Code, Error, Refused};
use crate::names::key_id;
use crate::people::known;
use crate::shape::{List, NewStop, Stop, StopWhat};

/// The longest name of a provider.
const PROVIDER_MAX: usize = 64;

/// Who placed the stops in force, and who asked to lift them: no part of the directory, because no call depends on it.
#[derive(Debug, Default)]
pub(crate) struct StopParties {
    parties: BTreeMap<StopId, Parties>,
}

#[derive(Clone, Copy, Debug)]
struct Parties {
    by: Party,
    lift_asked: Option<Party>,
}

impl StopParties {
    /// Takes in who places a stop.
    pub(crate) fn placed(&mut self, stop: StopId, by: Party) {
        self.parties.insert(stop, Parties { by, lift_asked: None });
    }

    /// Takes in who asks to lift one.
    pub(crate) fn lift_asked(&mut self, stop: StopId, by: Party) {
        if let Some(parties) = self.parties.get_mut(&stop) {
            parties.lift_asked = Some(by);
        }
    }
}

impl Control {
    /// The stops in force that concern what a right covers, oldest first. Those of models, providers and the company
    /// concern everybody.
    pub(crate) fn stops(&self, within: &Within) -> List<Stop> {
        let snapshot = self.snapshot();
        let directory = &snapshot.directory;
        let stops = directory.stops().filter(|stop| {
            let for_all = matches!(stop.on, StopOn::Company | StopOn::Model(_) | StopOn::Provider(_));
            for_all || covers(directory, within, &stop.on, None)
        });
        List { items: stops.map(|stop| self.inner.show_stop(stop, true)).collect() }
    }

    /// Stops something at once, calls under way included. What is stopped already stays so, by its first stop.
    ///
    /// # Errors
    /// Nothing of that name, not what the right covers, or the journal.
    pub(crate) async fn place_stop(
        &self,
        name: Option<CommandName>,
        within: Within,
        new: NewStop,
    ) -> Result<Stop, Error> {
        self.change(name, move |turn| {
            let snapshot = turn.snapshot();
            let directory = &snapshot.directory;
            let on = match turn.control().what_to_stop(directory, &new.on) {
                Ok(on) if covers(directory, &within, &on, None) => on,
                // To whom nobody else is covered, nobody else is there.
                Ok(_) => return Err(not_yours()),
                Err(_) if !within.is_everything() => return Err(not_yours()),
                Err(error) => return Err(error),
            };
            let id = StopId::new(turn.command.get());
            if let Some(placed) = directory.stop(id) {
                return if placed.on == on { Ok(turn.control().show_stop(placed, true)) } else { Err(reused()) };
            }
            if let Some(same) = directory.stops().find(|stop| stop.on == on) {
                return Ok(turn.control().show_stop(same, true));
            }
            let stop = InForce { id, on, at: turn.now, tripped: None };
            turn.preview(&Event::Stop(StopEvent::Placed(stop.clone())))?;
            let by = turn.acting().party();
            turn.commit_admin(&AdminEvent::StopPlaced { stop: id, by, at: turn.now })?;
            turn.commit(&Event::Stop(StopEvent::Placed(stop.clone())))?;
            Ok(turn.control().show_stop(&stop, true))
        })
        .await
    }

    /// Lifts a stop. That of the whole company is lifted by two persons: the first asks, another one does it.
    ///
    /// # Errors
    /// No such stop is in force, not what the right covers, the same person twice, or the journal.
    pub(crate) async fn lift_stop(&self, name: Option<CommandName>, within: Within, id: &str) -> Result<Stop, Error> {
        let id: StopId = id.trim().parse().map_err(|error: purser_core::id::IdError| {
            Refused::new(Code::Invalid, error.to_string()).hint("`purser stop list` shows the ids")
        })?;
        self.change(name, move |turn| {
            let snapshot = turn.snapshot();
            let stop = known(snapshot.directory.stop(id), "stop", &id)?;
            let parties = turn.control().admins.read().stops.parties.get(&id).copied();
            if !covers(&snapshot.directory, &within, &stop.on, parties) {
                return Err(not_yours());
            }
            if stop.on == StopOn::Company && !lifted_by_two(turn, id, parties)? {
                return Ok(turn.control().show_stop(stop, true));
            }
            turn.commit(&Event::Stop(StopEvent::Lifted { stop: id, at: turn.now }))?;
            Ok(turn.control().show_stop(stop, false))
        })
        .await
    }
}

/// Did somebody else ask before? Otherwise this is the asking.
fn lifted_by_two(turn: &mut Turn<'_>, stop: StopId, parties: Option<Parties>) -> Result<bool, Error> {
    if let Some(asked) = parties.and_then(|parties| parties.lift_asked) {
        return turn.two_persons("lift_stop", &stop.to_string(), &[asked]).map(|()| true);
    }
    let by = turn.acting().party();
    turn.commit_admin(&AdminEvent::StopLiftAsked { stop, by, at: turn.now })?;
    Ok(false)
}

/// Does a right cover what is stopped? Whose right covers their own things may lift what they themselves stopped, and
/// stops of their own runs.
fn covers(directory: &Directory, within: &Within, on: &StopOn, placed: Option<Parties>) -> bool {
    let person = |person: PersonId| within.person(directory, person);
    let mine = placed.is_none_or(|placed| within.own().is_none_or(|own| placed.by.person == Some(own)));
    match on {
        _ if within.is_everything() => true,
        StopOn::Unit(unit) => within.unit(directory, *unit),
        StopOn::Person(whose) => mine && person(*whose),
        StopOn::Key(key) => mine && directory.key_by_id(*key).is_some_and(|key| person(key.person)),
        StopOn::Run(_) | StopOn::Company | StopOn::Model(_) | StopOn::Provider(_) => false,
    }
}

fn not_yours() -> Error {
    forbidden("nothing that you may stop or let go on is called that")
}

impl Inner {
    fn what_to_stop(&self, directory: &Directory, what: &StopWhat) -> Result<StopOn, Error> {
        let snapshot = self.snapshot.load_full();
        Ok(match what {
            StopWhat::Company => StopOn::Company,
            StopWhat::Unit(unit) => StopOn::Unit(self.find_unit(&snapshot, unit)?),
            StopWhat::Person(person) => StopOn::Person(self.find_person(&snapshot, person)?),
            StopWhat::Key(key) => {
                let id = key_id(key)?;
                StopOn::Key(known(directory.key_by_id(id), "key", &id)?.id)
            }
            StopWhat::Run(run) => StopOn::Run(run.trim().parse().map_err(|error: purser_core::id::IdError| {
                Refused::new(Code::Invalid, error.to_string()).hint("`purser runs` shows the ids")
            })?),
            StopWhat::Model(models) => {
                StopOn::Model(models.parse().map_err(|error: purser_core::scope::PatternError| {
                    Refused::new(Code::Invalid, error.to_string())
                })?)
            }
            StopWhat::Provider(provider) => {
                let provider = provider.trim();
                if provider.is_empty() || provider.len() > PROVIDER_MAX {
                    let message = format!("a provider's name has between 1 and {PROVIDER_MAX} bytes");
                    return Err(Refused::new(Code::Invalid, message).into());
                }
                StopOn::Provider(provider.into())
            }
        })
    }

    fn show_stop(&self, stop: &InForce, active: bool) -> Stop {
        let names = self.names.read();
        let (on, name) = match &stop.on {
            StopOn::Company => (StopWhat::Company, None),
            StopOn::Unit(unit) => (StopWhat::Unit(unit.to_string()), names.unit_name(*unit)),
            StopOn::Person(person) => (StopWhat::Person(person.to_string()), names.person_name(*person)),
            StopOn::Key(key) => {
                let whose = self.snapshot.load().directory.key_by_id(*key).map(|key| key.person);
                (StopWhat::Key(key.to_string()), whose.and_then(|whose| names.person_name(whose)))
            }
            StopOn::Run(run) => (StopWhat::Run(run.to_string()), None),
            StopOn::Model(models) => (StopWhat::Model(models.as_str().to_owned()), None),
            StopOn::Provider(provider) => (StopWhat::Provider(provider.to_string()), None),
        };
        let parties = self.admins.read().stops.parties.get(&stop.id).copied();
        Stop {
            id: stop.id,
            on,
            name,
            since: stop.at,
            by: parties.map(|parties| parties.by.actor.to_string()),
            lift_asked_by: parties.and_then(|parties| parties.lift_asked).map(|party| party.actor.to_string()),
            active,
        }
    }
}
