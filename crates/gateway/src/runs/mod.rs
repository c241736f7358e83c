//! Runs: which agent's session a call belongs to, who started it, and what it has used so far.
//!
//! What a run costs is counted in the ledger where that is limited, and in the charges either way; what is kept here are
//! the limits other than money and who belongs to whom. It is memory: a restart begins counting calls, tokens and minutes
//! anew, never money.

mod asked;
mod enter;
mod legs;
mod table;
mod watch;

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use purser_core::breaker::{Pace, Rules, Step};
use purser_core::decision::Refused as Reason;
use purser_core::directory::Directory;
use purser_core::id::{PersonId, RunId};
use purser_core::money::Nano;
use purser_core::run::{Named, RunLimits};
use purser_core::snapshot::Snapshot;
use purser_core::stop::Tripped;
use purser_core::time::Instant;
use purser_ledger::Balance;
use purser_providers::{ClientTool, RunFacts, RunName, Turn, WorkKey};
use smallvec::SmallVec;

use crate::auth::Caller;
use crate::deny;
use crate::refuse::Refused;
pub(crate) use enter::{enter, enter_when_confirmed};
pub(crate) use legs::RunLegs;
pub use table::Past;
use table::Table;
pub(crate) use table::{Entering, Parent};
pub use watch::Tripping;

/// The run of a call.
#[derive(Debug)]
pub(crate) struct InRun {
    pub(crate) id: RunId,
    /// Those that it was started by, the nearest first.
    pub(crate) above: Above,
    /// The client's own session, hashed with the key.
    pub(crate) session: Option<u64>,
    pub(crate) project: Option<Box<str>>,
    /// A human being asked for the call.
    pub(crate) human: bool,
    /// The client said that it asks again.
    pub(crate) retried: bool,
    /// What the agent did last and what came of it, hashed.
    work: Option<u64>,
    /// How long the client waited with the call, since the run's last answer.
    waited: Duration,
    /// What the run had cost when the call began.
    pub(crate) spent: Nano,
    /// What its owner is warned about.
    pub(crate) warning: Option<Box<str>>,
    /// What it and those above may cost, where that is limited.
    pub(crate) legs: RunLegs,
}

/// The runs above one, the nearest first.
pub(crate) type Above = SmallVec<[RunId; 2]>;

/// A call, as far as its run depends on it.
pub(crate) struct Asked<'a> {
    pub(crate) caller: &'a Caller,
    pub(crate) tool: &'a ClientTool,
    /// What it says about its run.
    pub(crate) said: RunFacts<'a>,
    pub(crate) turn: Turn,
}

/// What a call is known to be, beside its run.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Known {
    pub(crate) session: Option<u64>,
    pub(crate) human: bool,
    pub(crate) retried: bool,
    pub(crate) work: Option<u64>,
}

/// Why a call is not counted in a run.
#[derive(Debug)]
pub(crate) enum NotEntered {
    /// A breaker waits for the word of the run's owner.
    Paused { run: RunId, tripped: Tripped },
    /// Anything else.
    Refused(Refused),
}

/// The runs of everybody.
pub(crate) struct Runs {
    table: Mutex<Table>,
    /// Of what agents do, only hashes by this are kept.
    pub(crate) work_key: WorkKey,
}

/// Hears of trips.
pub trait TripLog: Send + Sync {
    /// Takes them. Returns at once: it is called on a thread that serves calls. Whoever hears of a trip that is more than
    /// a warning places a stop on its run; until then, and for no longer than a minute, the gateway holds the run back.
    fn tripped(&self, trips: Vec<Tripping>);
}

impl Runs {
    /// With the accounts of runs that the ledger knows: their periods go on.
    pub(crate) fn of(balances: impl Iterator<Item = Balance>) -> Self {
        let work_key = WorkKey::new(RandomState::new().hash_one(0));
        Self { table: Mutex::new(Table::of(balances)), work_key }
    }

    /// Counts a call in its run.
    ///
    /// # Errors
    /// A stop, or a limit of the run or of one above it.
    pub(crate) fn enter(&self, snapshot: &Snapshot, asked: &Asked<'_>) -> Result<InRun, NotEntered> {
        let Asked { caller, tool, said, turn } = asked;
        let policy = caller.runs;
        let limits = policy.lowered_by(&asked::limits(said)?);
        let named = said.run.map(|name| named(caller, name));
        let parent = said.parent.map(|name| parent(caller, name)).transpose()?;
        let entering = Entering {
            caller,
            directory: &snapshot.directory,
            tool: tool.tool,
            named: named.map(|named| named.run),
            parent,
            project: said.project,
            limits,
            policy,
        };
        let known =
            Known { session: session(caller, named, said), human: turn.human, retried: said.retried, work: turn.work };
        self.enter_as(snapshot, &entering, known)
    }

    /// Counts a call in its run, whatever told which that is.
    ///
    /// # Errors
    /// As [`enter`](Self::enter).
    pub(crate) fn enter_as(
        &self,
        snapshot: &Snapshot,
        entering: &Entering<'_>,
        known: Known,
    ) -> Result<InRun, NotEntered> {
        let caller = entering.caller;
        let entered = self.table.lock().enter(entering);
        let entered = entered.map_err(|why| match why {
            table::No::Held { run, tripped } => NotEntered::Paused { run, tripped },
            table::No::Limit { run, limit } => {
                deny::not_allowed(snapshot, caller, Reason::RunLimit { run, limit }).into()
            }
            table::No::UnknownParent => Refused::unknown_parent().into(),
        })?;
        let run = InRun {
            id: entered.id,
            // What a sub-agent is told first looks like a human being's words.
            human: known.human && entered.above.is_empty(),
            above: entered.above,
            session: known.session,
            project: entered.project.or_else(|| caller.key.project.clone()),
            retried: known.retried,
            work: known.work,
            waited: entered.waited,
            spent: entered.spent,
            warning: entered.warning,
            legs: RunLegs::new(entered.legs),
        };
        run.may_go_on(&snapshot.directory).map_err(|why| match why {
            Reason::RunPaused { run, tripped } => NotEntered::Paused { run, tripped },
            why => deny::not_allowed(snapshot, caller, why).into(),
        })?;
        Ok(run)
    }

    /// Counts what a call of a run has used; what trips by it.
    pub(crate) fn over(&self, run: &InRun, rules: &Rules, used: &Used, at: Instant) -> Vec<Tripping> {
        let Used { input, output, charge, failed } = *used;
        let failed = failed || run.retried;
        let InRun { waited, work, human, .. } = *run;
        let step = Step { at, waited, cost: charge, input, output, failed, work, human };
        let mut table = self.table.lock();
        table.used(run.id, &run.above, input.saturating_add(output), charge, at);
        table.step(run.id, rules, &step)
    }

    /// What somebody spent before any of this.
    pub(crate) fn remember(&self, person: PersonId, past: &Pace) {
        self.table.lock().remember(person, past);
    }

    /// Stops have changed: runs whose stop was lifted go on.
    pub(crate) fn look(&self, directory: &Directory, at: Instant) {
        self.table.lock().look(directory, at);
    }
}

/// The runs that a gateway knows, from outside of it.
#[derive(Clone)]
pub struct LiveRuns(pub(crate) Arc<Runs>);

impl LiveRuns {
    /// Its owner still watches over the run: what it did so far is fine. `false` where it is not known here, which is so
    /// too where nothing was called in it since the start.
    pub fn confirm(&self, run: RunId, at: Instant) -> bool {
        self.0.table.lock().confirm(run, at)
    }

    /// What a run that is known here may use at most, by the policies and by what its calls have said. `None` where nothing
    /// was called in it since the start.
    pub fn limits(&self, run: RunId) -> Option<RunLimits> {
        self.0.table.lock().limits(run)
    }

    /// What is known of a run before this process began: what it is for, and when somebody last was there.
    pub fn remember_run(&self, run: RunId, past: Past) {
        self.0.table.lock().remember_run(run, past);
    }

    /// What somebody spent before this process began: whose money usually goes fast is not warned about it anew after
    /// every restart.
    pub fn remember(&self, person: PersonId, past: &Pace) {
        self.0.remember(person, past);
    }
}

/// What a call has used.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Used {
    pub(crate) input: u64,
    pub(crate) output: u64,
    pub(crate) charge: Nano,
    /// The provider said no, or nothing came back.
    pub(crate) failed: bool,
}

impl From<Refused> for NotEntered {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl InRun {
    /// May it go on, as stops of runs are?
    pub(crate) fn may_go_on(&self, directory: &Directory) -> Result<(), Reason> {
        self.above.iter().chain([&self.id]).try_for_each(|run| directory.run_may_go_on(*run))
    }
}

/// The client's own session, as charges keep it.
fn session(caller: &Caller, named: Option<Named>, said: &RunFacts<'_>) -> Option<u64> {
    let own = said.session?;
    match (named, said.run) {
        // The run is named by the session alone, so one digest tells both.
        (Some(named), Some(RunName { session, agent: None })) if session == own => Some(named.session),
        _ => Some(Named::of(&caller.key.hash, own, None).session),
    }
}

fn named(caller: &Caller, name: RunName<'_>) -> Named {
    Named::of(&caller.key.hash, name.session, name.agent)
}

/// A parent by its name, or by the id that Purser told.
fn parent(caller: &Caller, name: RunName<'_>) -> Result<table::Parent, Refused> {
    if name.agent.is_none() && name.session.starts_with("run_") {
        return name.session.parse().map(table::Parent::Known).map_err(|_| Refused::unknown_parent());
    }
    Ok(table::Parent::Named(named(caller, name).run))
}
