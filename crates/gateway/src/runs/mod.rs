//! Runs: which agent's session a call belongs to, who started it, and what it has used so far.
//!
//! What a run costs is counted in the ledger where that is limited, and in the charges either way; what is kept here are
//! the limits other than money and who belongs to whom. It is memory: a restart begins counting calls, tokens and minutes
//! anew, never money.

mod asked;
mod legs;
mod table;

use std::sync::Arc;

use parking_lot::Mutex;
use purser_core::decision::Refused as Reason;
use purser_core::directory::Directory;
use purser_core::id::RunId;
use purser_core::money::Nano;
use purser_core::policy::Policy;
use purser_core::snapshot::Snapshot;
use purser_core::time::Instant;
use purser_ledger::Balance;
use purser_providers::{ClientTool, RunFacts, RunName};
use sha2::{Digest as _, Sha256};
use smallvec::SmallVec;

use crate::auth::Caller;
use crate::deny;
use crate::refuse::Refused;
pub(crate) use legs::RunLegs;
use table::{Entering, Table};

/// The run of a call.
#[derive(Debug)]
pub(crate) struct InRun {
    pub(crate) id: RunId,
    /// Those that it was started by, the nearest first.
    pub(crate) above: Above,
    /// The client's own session, hashed with the key.
    pub(crate) session: Option<u64>,
    pub(crate) project: Option<Box<str>>,
    /// The client said that it asks again.
    pub(crate) retried: bool,
    /// What the run had cost when the call began.
    pub(crate) spent: Nano,
    /// What it and those above may cost, where that is limited.
    pub(crate) legs: RunLegs,
}

/// The runs above one, the nearest first.
pub(crate) type Above = SmallVec<[RunId; 2]>;

/// The runs of everybody.
pub(crate) struct Runs {
    table: Mutex<Table>,
}

impl Runs {
    /// With the accounts of runs that the ledger knows: their periods go on.
    pub(crate) fn of(balances: impl Iterator<Item = Balance>) -> Self {
        Self { table: Mutex::new(Table::of(balances)) }
    }

    /// Counts a call in its run.
    ///
    /// # Errors
    /// A stop, or a limit of the run or of one above it.
    pub(crate) fn enter(
        &self,
        snapshot: &Snapshot,
        caller: &Caller,
        tool: &ClientTool,
        said: &RunFacts<'_>,
    ) -> Result<InRun, Refused> {
        let policy: &Arc<Policy> = snapshot.directory.policy_of(caller.person.id);
        let limits = policy.runs.lowered_by(&asked::limits(said)?);
        let named = said.run.map(|name| named(caller, name));
        let parent = said.parent.map(|name| parent(caller, name)).transpose()?;
        let session = match (named, said) {
            // The run is named by the session alone, so one digest tells both.
            (Some(named), RunFacts { run: Some(RunName { session, agent: None }), session: Some(own), .. })
                if session == own =>
            {
                Some(named.session)
            }
            (_, RunFacts { session: Some(own), .. }) => Some(digest(caller, own, None).session),
            _ => None,
        };
        let entering = Entering {
            caller,
            tool: tool.tool,
            named: named.map(|named| named.run),
            parent,
            limits,
            policy: policy.runs,
        };
        let entered = self.table.lock().enter(&entering);
        let entered = entered.map_err(|why| match why {
            table::No::Limit { run, limit } => deny::not_allowed(snapshot, caller, Reason::RunLimit { run, limit }),
            table::No::UnknownParent => Refused::unknown_parent(),
        })?;
        let run = InRun {
            id: entered.id,
            above: entered.above,
            session,
            project: said.project.map(Into::into),
            retried: said.retried,
            spent: entered.spent,
            legs: RunLegs::new(entered.legs),
        };
        run.may_go_on(&snapshot.directory).map_err(|why| deny::not_allowed(snapshot, caller, why))?;
        Ok(run)
    }

    /// Counts what a call of a run has used.
    pub(crate) fn used(&self, run: &InRun, tokens: u64, charge: Nano, at: Instant) {
        self.table.lock().used(run.id, &run.above, tokens, charge, at);
    }
}

impl InRun {
    /// May it go on, as stops of runs are?
    pub(crate) fn may_go_on(&self, directory: &Directory) -> Result<(), Reason> {
        self.above.iter().chain([&self.id]).try_for_each(|run| directory.run_may_go_on(*run))
    }
}

/// A digest of a name, keyed by the hash of the key that it came with: nobody else's run can be named, and what clients
/// call theirs is not kept.
#[derive(Clone, Copy)]
struct Named {
    session: u64,
    run: RunId,
}

fn named(caller: &Caller, name: RunName<'_>) -> Named {
    digest(caller, name.session, name.agent)
}

fn digest(caller: &Caller, session: &str, agent: Option<&str>) -> Named {
    let mut digest = Sha256::new().chain_update(caller.key.hash.0).chain_update(session);
    if let Some(agent) = agent {
        // No text of either has this byte.
        digest.update([0]);
        digest.update(agent);
    }
    let bytes: [u8; 32] = digest.finalize().into();
    let wide = bytes.iter().skip(8).take(16).fold(0_u128, |bits, byte| (bits << 8) | u128::from(*byte));
    let session = bytes.iter().take(8).fold(0, |hash, byte| (hash << 8) | u64::from(*byte));
    Named { session, run: RunId::new(wide) }
}

/// A parent by its name, or by the id that Purser told.
fn parent(caller: &Caller, name: RunName<'_>) -> Result<table::Parent, Refused> {
    if name.agent.is_none() && name.session.starts_with("run_") {
        return name.session.parse().map(table::Parent::Known).map_err(|_| Refused::unknown_parent());
    }
    Ok(table::Parent::Named(named(caller, name).run))
}

/// The id of a run that nobody names: one key's calls without a long pause.
fn unnamed(caller: &Caller, tool: purser_providers::Tool, began: Instant) -> RunId {
    let digest = Sha256::new()
        .chain_update(caller.key.hash.0)
        .chain_update([1])
        .chain_update(tool.name())
        .chain_update(began.as_micros().to_be_bytes());
    let bytes: [u8; 32] = digest.finalize().into();
    RunId::new(bytes.iter().skip(8).take(16).fold(0_u128, |bits, byte| (bits << 8) | u128::from(*byte)))
}
