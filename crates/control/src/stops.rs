//! Stop switches: placed by whoever may, lifted by whoever may; a stop of the whole company by two persons.

use std::collections::{BTreeMap, BTreeSet};

use purser_core::directory::Directory;
use purser_core::event::{Event, StopEvent};
use purser_core::id::{PersonId, RunId, StopId};
use purser_core::stop::{Stop as InForce, StopOn};

use crate::access::{Party, Within, forbidden};
use crate::admins::AdminEvent;
use crate::change::{CommandName, Turn, reused};
use crate::control::{Control, Inner};
use crate::error::{Code, Error, Refused};
use crate::names::key_id;
use crate::people::known;
use crate::runs::{Owners, run_id};
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
    ///
    /// # Errors
    /// The projection, which knows whose runs are.
    pub(crate) async fn stops(&self, within: &Within) -> Result<List<Stop>, Error> {
        let snapshot = self.snapshot();
        let directory = &snapshot.directory;
        let runs = directory.stops().filter_map(|stop| run_of(&stop.on)).collect();
        let owners = match self.owners_of_runs(runs).await {
            // Whoever sees all stops sees them also while reports are behind, only without the names.
            Err(_) if within.is_everything() => Owners::new(),
            owners => owners?,
        };
        let stops = directory.stops().filter(|stop| {
            let for_all = matches!(stop.on, StopOn::Company | StopOn::Model(_) | StopOn::Provider(_));
            for_all || covers(directory, within, &stop.on, None, &owners)
        });
        let owner = |stop: &InForce| run_of(&stop.on).and_then(|run| owners.get(&run).copied());
        Ok(List { items: stops.map(|stop| self.inner.show_stop(stop, true, owner(stop))).collect() })
    }

    /// Whose the run is that somebody wants to stop or let go on. Not asked for whoever may do so with everything: a stop
    /// waits for no report.
    async fn owners_for(&self, within: &Within, run: Option<RunId>) -> Result<Owners, Error> {
        let runs: BTreeSet<RunId> = run.into_iter().filter(|_| !within.is_everything()).collect();
        self.owners_of_runs(runs).await
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
        let run = if let StopWhat::Run(run) = &new.on { run_id(run).ok() } else { None };
        let owners = self.owners_for(&within, run).await?;
        self.change(name, move |turn| {
            let snapshot = turn.snapshot();
            let directory = &snapshot.directory;
            let on = match turn.control().what_to_stop(directory, &new.on) {
                Ok(on) if covers(directory, &within, &on, None, &owners) => on,
                // To whom nobody else is covered, nobody else is there.
                Ok(_) => return Err(not_yours()),
                Err(_) if !within.is_everything() => return Err(not_yours()),
                Err(error) => return Err(error),
            };
            let owner = run_of(&on).and_then(|run| owners.get(&run).copied());
            let id = StopId::new(turn.command.get());
            if let Some(placed) = directory.stop(id) {
                let shown = || turn.control().show_stop(placed, true, owner);
                return if placed.on == on { Ok(shown()) } else { Err(reused()) };
            }
            if let Some(same) = directory.stops().find(|stop| stop.on == on) {
                return Ok(turn.control().show_stop(same, true, owner));
            }
            let stop = InForce { id, on, at: turn.now, tripped: None };
            turn.preview(&Event::Stop(StopEvent::Placed(stop.clone())))?;
            let by = turn.acting().party();
            turn.commit_admin(&AdminEvent::StopPlaced { stop: id, by, at: turn.now })?;
            turn.commit(&Event::Stop(StopEvent::Placed(stop.clone())))?;
            Ok(turn.control().show_stop(&stop, true, owner))
        })
        .await
    }

    /// Lifts a stop, named by its id or by that of the run that it holds. That of the whole company is lifted by two
    /// persons: the first asks, another one does it.
    ///
    /// # Errors
    /// No such stop is in force, not what the right covers, the same person twice, or the journal.
    pub(crate) async fn lift_stop(&self, name: Option<CommandName>, within: Within, id: &str) -> Result<Stop, Error> {
        let lifted = Lifted::parse(id)?;
        let run = match lifted {
            Lifted::OfRun(run) => Some(run),
            Lifted::Stop(id) => self.snapshot().directory.stop(id).and_then(|stop| run_of(&stop.on)),
        };
        let owners = self.owners_for(&within, run).await?;
        self.change(name, move |turn| {
            let snapshot = turn.snapshot();
            let directory = &snapshot.directory;
            let stop = match lifted {
                Lifted::Stop(id) => known(directory.stop(id), "stop", &id)?,
                Lifted::OfRun(run) => match directory.stop_of_run(run) {
                    Some(stop) => stop,
                    None if covers(directory, &within, &StopOn::Run(run), None, &owners) => {
                        return Err(not_stopped(run));
                    }
                    None => return Err(not_yours()),
                },
            };
            let id = stop.id;
            let parties = turn.control().admins.read().stops.parties.get(&id).copied();
            // What a breaker has placed is nobody's: whoever's run it is may say that all is well.
            let placed = parties.filter(|_| stop.tripped.is_none());
            if !covers(directory, &within, &stop.on, placed, &owners) {
                return Err(not_yours());
            }
            let owner = run_of(&stop.on).and_then(|run| owners.get(&run).copied());
            if stop.on == StopOn::Company && !lifted_by_two(turn, id, parties)? {
                return Ok(turn.control().show_stop(stop, true, owner));
            }
            turn.commit(&Event::Stop(StopEvent::Lifted { stop: id, at: turn.now }))?;
            Ok(turn.control().show_stop(stop, false, owner))
        })
        .await
    }
}

/// What is to be lifted.
#[derive(Clone, Copy, Debug)]
enum Lifted {
    Stop(StopId),
    OfRun(RunId),
}

impl Lifted {
    fn parse(text: &str) -> Result<Self, Error> {
        if let Ok(run) = text.trim().parse() {
            return Ok(Self::OfRun(run));
        }
        text.trim().parse().map(Self::Stop).map_err(|error: purser_core::id::IdError| {
            let hint = "`purser stop list` shows the ids; a run is named by its own";
            Refused::new(Code::Invalid, error.to_string()).hint(hint).into()
        })
    }
}

fn run_of(on: &StopOn) -> Option<RunId> {
    if let StopOn::Run(run) = on { Some(*run) } else { None }
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

/// Does a right cover what is stopped? Whose right covers their own things may lift what they themselves stopped.
/// `owners` has whoever's run it is, where that is asked of somebody whose right does not cover everything.
fn covers(directory: &Directory, within: &Within, on: &StopOn, placed: Option<Parties>, owners: &Owners) -> bool {
    let person = |person: PersonId| within.person(directory, person);
    let mine = placed.is_none_or(|placed| within.own().is_none_or(|own| placed.by.person == Some(own)));
    match on {
        _ if within.is_everything() => true,
        StopOn::Unit(unit) => within.unit(directory, *unit),
        StopOn::Person(whose) => mine && person(*whose),
        StopOn::Key(key) => mine && directory.key_by_id(*key).is_some_and(|key| person(key.person)),
        StopOn::Run(run) => mine && owners.get(run).is_some_and(|whose| person(*whose)),
        StopOn::Company | StopOn::Model(_) | StopOn::Provider(_) => false,
    }
}

fn not_stopped(run: RunId) -> Error {
    Refused::new(Code::NotFound, format!("{run} is not stopped by itself"))
        .hint("`purser stop list` shows what is; a run is also stopped with the run that started it")
        .into()
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
            StopWhat::Run(run) => StopOn::Run(run_id(run)?),
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

    /// `owner` is whoever's run is stopped, where that is known.
    pub(crate) fn show_stop(&self, stop: &InForce, active: bool, owner: Option<PersonId>) -> Stop {
        let names = self.names.read();
        let (on, name) = match &stop.on {
            StopOn::Company => (StopWhat::Company, None),
            StopOn::Unit(unit) => (StopWhat::Unit(unit.to_string()), names.unit_name(*unit)),
            StopOn::Person(person) => (StopWhat::Person(person.to_string()), names.person_name(*person)),
            StopOn::Key(key) => {
                let whose = self.snapshot.load().directory.key_by_id(*key).map(|key| key.person);
                (StopWhat::Key(key.to_string()), whose.and_then(|whose| names.person_name(whose)))
            }
            StopOn::Run(run) => (StopWhat::Run(run.to_string()), owner.and_then(|owner| names.person_name(owner))),
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
            seen: stop.tripped.as_ref().map(|tripped| tripped.seen.clone()),
            lift_asked_by: parties.and_then(|parties| parties.lift_asked).map(|party| party.actor.to_string()),
            active,
        }
    }
}
