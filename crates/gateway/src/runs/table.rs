//! The runs that are known at the moment.

use std::time::Duration;

use foldhash::{HashMap, HashSet};
use purser_core::account::{Period, Subject};
use purser_core::breaker::Pace;
use purser_core::directory::Directory;
use purser_core::id::{KeyId, PersonId, RunId};
use purser_core::money::Nano;
use purser_core::plan::Leg;
use purser_core::run::{DEPTH_MAX, IDLE_GAP, Named, RunLimit, RunLimits, RunUse, budget_period};
use purser_core::stop::Tripped;
use purser_core::time::Instant;
use purser_ledger::Balance;
use purser_providers::Tool;
use smallvec::SmallVec;

use super::Above;
use super::watch::Watched;
use crate::auth::Caller;

/// Runs remembered; beyond it the quarter that was silent longest is forgotten, so their counts begin anew. Money does
/// not: the ledger has it.
const RUNS_MAX: usize = 32 * 1024;

/// The runs that are known.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) runs: HashMap<RunId, Run>,
    /// How fast people's money goes.
    pub(super) paces: HashMap<PersonId, Pace>,
    /// Runs that a breaker holds back.
    pub(super) held: HashSet<RunId>,
    /// The run of a key's calls that name none, and when the last one was.
    unnamed: HashMap<(KeyId, Tool), (RunId, Instant)>,
    /// Accounts of runs that the ledger had at the start.
    budgets: HashMap<RunId, Period>,
    /// What is known of runs before the start, until they call again.
    past: HashMap<RunId, Past>,
}

/// What is known of a run before this process began.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Past {
    /// What it is for.
    pub project: Option<Box<str>>,
    /// When a human being last said something in it, or that it is watched over.
    pub attended: Option<Instant>,
}

/// A run.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) person: PersonId,
    parent: Option<RunId>,
    began: Instant,
    last: Instant,
    /// When the last answer had ended; `None` before the first.
    answered: Option<Instant>,
    limits: RunLimits,
    used: RunUse,
    spent: Nano,
    /// What it is for, as its calls said last.
    project: Option<Box<str>>,
    /// The period of its account, once its money is limited.
    period: Option<Period>,
    pub(super) watched: Watched,
}

/// A call that is to be counted in its run.
pub(crate) struct Entering<'a> {
    pub(crate) caller: &'a Caller,
    pub(crate) directory: &'a Directory,
    pub(crate) tool: Tool,
    pub(crate) named: Option<RunId>,
    pub(crate) parent: Option<Parent>,
    /// What the call says that it is for.
    pub(crate) project: Option<&'a str>,
    /// What the policies and the request allow it.
    pub(crate) limits: RunLimits,
    /// What the policies alone allow any run of this person.
    pub(crate) policy: RunLimits,
}

/// The run that started a call's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parent {
    /// By the name that the client has for it: it may not have called yet.
    Named(RunId),
    /// By the id that Purser gave it: it must be there.
    Known(RunId),
}

/// A call that was counted.
pub(super) struct Entered {
    pub(super) id: RunId,
    pub(super) above: Above,
    pub(super) spent: Nano,
    /// How long the client waited with the call, since the run's last answer.
    pub(super) waited: Duration,
    /// What the call is for: as it says, else as its run or the nearest above it has said.
    pub(super) project: Option<Box<str>>,
    pub(super) warning: Option<Box<str>>,
    pub(super) legs: SmallVec<[Leg; 1]>,
}

/// Why a call is not counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum No {
    /// A breaker has tripped.
    Held {
        run: RunId,
        tripped: Tripped,
    },
    Limit {
        run: RunId,
        limit: RunLimit,
    },
    UnknownParent,
}

impl Table {
    pub(super) fn of(balances: impl Iterator<Item = Balance>) -> Self {
        let of_run = |balance: Balance| match balance.key.subject {
            Subject::Run(run) => Some((run, balance.key.period)),
            Subject::Grant(_) | Subject::Budget(_) => None,
        };
        Self { budgets: balances.filter_map(of_run).collect(), ..Self::default() }
    }

    /// Counts a call in its run and in those above it, or says which of them may make no more.
    pub(super) fn enter(&mut self, call: &Entering<'_>) -> Result<Entered, No> {
        let at = call.caller.at;
        let id = call.named.unwrap_or_else(|| self.unnamed(call));
        if !self.runs.contains_key(&id) {
            self.begin(id, call)?;
        } else if let Some(Parent::Named(parent)) = call.parent {
            self.adopt(id, parent);
        }
        let above = self.above(id);
        for run in above.iter().copied().chain([id]) {
            if let Some(tripped) = self.held(run, call.directory, at) {
                return Err(No::Held { run, tripped });
            }
            let Some(known) = self.runs.get_mut(&run) else { continue };
            if run == id {
                known.join(call);
            }
            known.limits.allow_call(known.began, &known.used, at).map_err(|limit| No::Limit { run, limit })?;
        }
        let mut entered = Entered {
            id,
            above: Above::new(),
            spent: Nano::ZERO,
            waited: Duration::ZERO,
            project: None,
            warning: None,
            legs: SmallVec::new(),
        };
        // From the run upwards: the nearest that names a project is meant. Its legs come last.
        for run in [id].into_iter().chain(above.iter().copied()) {
            let Some(known) = self.runs.get_mut(&run) else { continue };
            if run == id {
                entered.spent = known.spent;
                entered.waited = known.waited(at);
                entered.warning = known.watched.warning().map(Into::into);
            }
            if entered.project.is_none() {
                entered.project.clone_from(&known.project);
            }
            if let Some(leg) = known.count(run, &self.budgets, at) {
                entered.legs.insert(0, leg);
            }
        }
        entered.above = above;
        Ok(entered)
    }

    /// What a run may use at most.
    pub(super) fn limits(&self, id: RunId) -> Option<RunLimits> {
        self.runs.get(&id).map(|run| run.limits)
    }

    /// Counts what a call has used, in its run and in those above it.
    pub(super) fn used(&mut self, id: RunId, above: &[RunId], tokens: u64, charge: Nano, at: Instant) {
        for run in above.iter().chain([&id]) {
            if let Some(run) = self.runs.get_mut(run) {
                run.used.tokens = run.used.tokens.saturating_add(tokens);
                run.spent = run.spent.saturating_add(charge);
                run.last = run.last.max(at);
            }
        }
        if let Some(run) = self.runs.get_mut(&id) {
            run.answered = run.answered.max(Some(at));
        }
    }

    /// The run of a call that names none: the key's last one, unless it was silent for long.
    fn unnamed(&mut self, call: &Entering<'_>) -> RunId {
        let (key, at) = ((call.caller.key.id, call.tool), call.caller.at);
        let begun = || Named::by_nobody(&call.caller.key.hash, call.tool.name(), at);
        if self.unnamed.len() >= RUNS_MAX && !self.unnamed.contains_key(&key) {
            self.unnamed.retain(|_, (_, last)| last.saturating_add(IDLE_GAP) > at);
        }
        let (run, last) = self.unnamed.entry(key).or_insert_with(|| (begun(), at));
        if last.saturating_add(IDLE_GAP) <= at {
            *run = begun();
        }
        *last = at.max(*last);
        *run
    }

    fn begin(&mut self, id: RunId, call: &Entering<'_>) -> Result<(), No> {
        let parent = match call.parent {
            None => None,
            Some(Parent::Named(parent)) => Some(parent).filter(|parent| *parent != id),
            Some(Parent::Known(parent)) => {
                let known = self.runs.get(&parent).filter(|known| known.person == call.caller.person.id);
                Some(known.map(|_| parent).ok_or(No::UnknownParent)?)
            }
        };
        self.make_room();
        if let Some(parent) = parent {
            // It has not called yet, or was forgotten.
            if !self.runs.contains_key(&parent) {
                let begun = self.begun(parent, call, call.policy);
                self.runs.insert(parent, begun);
            }
            let above: Above = [parent].into_iter().chain(self.above(parent)).collect();
            if above.len() > usize::from(DEPTH_MAX) {
                return Err(No::Limit { run: parent, limit: RunLimit::Depth(DEPTH_MAX) });
            }
            for (run, levels) in above.iter().zip(1_u8..) {
                let Some(known) = self.runs.get(run) else { continue };
                let allowed = known.limits.allow_child(&known.used, levels);
                allowed.map_err(|limit| No::Limit { run: *run, limit })?;
            }
            if let Some(known) = self.runs.get_mut(&parent) {
                known.used.children = known.used.children.saturating_add(1);
            }
        }
        let begun = self.begun(id, call, call.limits);
        self.runs.insert(id, Run { parent, ..begun });
        Ok(())
    }

    /// A run that begins here with what is known of it from before the start.
    fn begun(&mut self, id: RunId, call: &Entering<'_>, limits: RunLimits) -> Run {
        let mut run = Run::begun(call, limits);
        if let Some(past) = self.past.remove(&id) {
            run.remember(past);
        }
        run
    }

    /// What is known of a run before this process began. Of one that has called since, only what it did not say itself.
    pub(super) fn remember_run(&mut self, id: RunId, past: Past) {
        match self.runs.get_mut(&id) {
            Some(run) => run.remember(past),
            None => drop(self.past.insert(id, past)),
        }
    }

    /// A run that was known before its parent was told: from here on it has one.
    fn adopt(&mut self, id: RunId, parent: RunId) {
        let has_one = self.runs.get(&id).is_none_or(|run| run.parent.is_some());
        let above = self.above(parent);
        if has_one || id == parent || above.contains(&id) || above.len() >= usize::from(DEPTH_MAX) {
            return;
        }
        if self.runs.contains_key(&parent)
            && let Some(run) = self.runs.get_mut(&id)
        {
            run.parent = Some(parent);
        }
    }

    /// The runs above one, the nearest first.
    fn above(&self, id: RunId) -> Above {
        let parent = |id: &RunId| self.runs.get(id).and_then(|run| run.parent);
        std::iter::successors(parent(&id), parent).take(usize::from(DEPTH_MAX)).collect()
    }

    fn make_room(&mut self) {
        if self.runs.len() < RUNS_MAX {
            return;
        }
        let mut silent: Vec<Instant> = self.runs.values().map(|run| run.last).collect();
        let (_, until, _) = silent.select_nth_unstable(RUNS_MAX / 4);
        let until = *until;
        self.runs.retain(|_, run| run.last > until);
    }
}

impl Run {
    fn begun(call: &Entering<'_>, limits: RunLimits) -> Self {
        let at = call.caller.at;
        Self {
            person: call.caller.person.id,
            parent: None,
            began: at,
            last: at,
            answered: None,
            limits,
            used: RunUse::default(),
            spent: Nano::ZERO,
            project: None,
            period: None,
            watched: Watched::begun(at),
        }
    }

    /// A call of this run: what it says about it.
    fn join(&mut self, call: &Entering<'_>) {
        self.limits = self.limits.lowered_by(&call.limits);
        self.last = self.last.max(call.caller.at);
        if call.project.is_some() && self.project.as_deref() != call.project {
            self.project = call.project.map(Into::into);
        }
    }

    /// Counts a call; its account, where its money is limited.
    fn count(&mut self, id: RunId, budgets: &HashMap<RunId, Period>, at: Instant) -> Option<Leg> {
        self.used.requests = self.used.requests.saturating_add(1);
        let money = self.limits.money?;
        // From its first call on, also where a limit came later: whoever asks the ledger for it looks there.
        let known = [self.period, budgets.get(&id).copied(), Some(budget_period(self.began))];
        let running = known.into_iter().flatten().find(|period| period.contains(at));
        let period = *self.period.insert(running.unwrap_or_else(|| budget_period(at)));
        Some(Leg::run(id, period, money))
    }

    fn remember(&mut self, past: Past) {
        self.project = self.project.take().or(past.project);
        if let Some(attended) = past.attended {
            self.watched.was_attended(attended);
        }
    }

    /// How long its client has waited by now, since the last answer.
    fn waited(&self, at: Instant) -> Duration {
        self.answered.map_or(Duration::ZERO, |answered| at.since(answered))
    }
}
