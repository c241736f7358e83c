//! Calls without a network: what the gateway decides about calls that somebody tells it of, with the code that decides
//! about calls that come in.
//!
//! For telling traffic again that is over, or that never was, under other policies. Whoever does so has the calls, the
//! ledger, its clock and the order of things; nothing here waits.

use std::sync::Arc;

use purser_core::breaker::Pace;
use purser_core::directory::Directory;
use purser_core::id::{KeyId, PersonId, RunId};
use purser_core::money::Nano;
use purser_core::price::RateCard;
use purser_core::snapshot::Snapshot;
use purser_core::time::Instant;
use purser_ledger::{Hold, HoldOutcome, Ledger, LedgerError, Lsn};
use purser_providers::Tool;

use crate::auth::{Caller, Callers};
use crate::deny::{self, NotEnough};
use crate::plans::{Asked, Plans};
use crate::refuse::Refused;
use crate::runs::{Entering, InRun, Known, NotEntered, Parent, Runs, Tripping, Used};
use crate::switch;

/// What the gateway knows beside the ledger: runs, breakers, plans.
pub struct Rehearsal {
    ledger: Ledger,
    runs: Runs,
    plans: Plans,
    callers: Callers,
}

/// A call, as far as anything is decided by it.
#[derive(Clone, Copy, Debug)]
pub struct Rehearsed<'a> {
    /// The key it comes with.
    pub key: KeyId,
    /// When it comes.
    pub at: Instant,
    /// The provider that serves it, by the name that the configuration gives it.
    pub provider: &'a Arc<str>,
    /// The model.
    pub model: &'a str,
    /// The program that calls.
    pub tool: Tool,
    /// Its run; `None` where it names none: then it is that of the key's calls before it.
    pub run: Option<RunId>,
    /// The run that started that.
    pub parent: Option<RunId>,
    /// A human being asked for it.
    pub human: bool,
    /// Its client said that it asks again.
    pub retried: bool,
    /// A hash of what the agent did last and saw, where that is known.
    pub work: Option<u64>,
}

/// A call that is counted in its run.
pub struct Entered {
    caller: Caller,
    run: InRun,
}

impl Entered {
    /// Whose it is.
    pub fn person(&self) -> PersonId {
        self.caller.person.id
    }

    /// Its run.
    pub fn run(&self) -> RunId {
        self.run.id
    }
}

/// A call that is not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denied {
    /// The stable code of the decision.
    pub code: &'static str,
    /// What its client is told.
    pub sentence: String,
    /// The run that a breaker holds back, where that is why: the call's own, or one above it.
    pub waits: Option<RunId>,
}

impl Denied {
    /// What a call is told that waited behind others for nothing.
    pub fn behind_others() -> Self {
        Self::from(&Refused::queue_full())
    }
}

impl From<&Refused> for Denied {
    fn from(refused: &Refused) -> Self {
        Self { code: refused.code(), sentence: refused.message().to_owned(), waits: None }
    }
}

/// What came of asking for money.
#[derive(Debug)]
pub enum Admission {
    /// It is set aside.
    Placed(Hold),
    /// It is there, but set aside by other calls: whoever can waits for those.
    Held(Denied),
    /// There is none, for good.
    Denied(Denied),
    /// The journal has to write up to here first; then ask again.
    Wait(Lsn),
}

/// What a call has used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RehearsedUse {
    /// Tokens in, cached ones included.
    pub input: u64,
    /// Tokens out.
    pub output: u64,
    /// What it cost.
    pub charge: Nano,
    /// The provider said no, or nothing came back.
    pub failed: bool,
}

impl Rehearsal {
    /// Nobody has called yet.
    pub fn new(ledger: Ledger) -> Self {
        let runs = Runs::of(ledger.balances().into_iter());
        Self { ledger, runs, plans: Plans::default(), callers: Callers::default() }
    }

    /// Counts a call in its run. A stop, a breaker or a limit of the run other than money ends it here.
    ///
    /// # Errors
    /// Why it may not be made.
    pub fn enter(&self, snapshot: &Arc<Snapshot>, call: &Rehearsed<'_>) -> Result<Entered, Denied> {
        let key = snapshot.directory.key_by_id(call.key);
        let who = key.and_then(|key| self.callers.find(snapshot, &key.hash.0));
        let who = who.ok_or_else(|| Denied::from(&Refused::bad_key(true)))?;
        let caller = Caller::new(who, call.at);
        let runs = caller.runs;
        let entering = Entering {
            caller: &caller,
            directory: &snapshot.directory,
            tool: call.tool,
            named: call.run,
            parent: call.parent.map(Parent::Named),
            project: None,
            limits: runs,
            policy: runs,
        };
        let known = Known { human: call.human, retried: call.retried, work: call.work, ..Known::default() };
        let run = self.runs.enter_as(snapshot, &entering, known).map_err(|why| match why {
            NotEntered::Refused(refused) => Denied::from(&refused),
            NotEntered::Paused { run, tripped } => {
                Denied { waits: Some(run), ..Denied::from(&deny::paused(snapshot, &caller, run, tripped)) }
            }
        })?;
        Ok(Entered { caller, run })
    }

    /// Sets money aside: `want`, or what fits of it, at least `least`.
    ///
    /// # Errors
    /// The ledger's.
    pub fn admit(
        &self,
        snapshot: &Arc<Snapshot>,
        (entered, call): (&Entered, &Rehearsed<'_>),
        at: Instant,
        (want, least): (Nano, Nano),
    ) -> Result<Admission, LedgerError> {
        let Entered { caller, run } = entered;
        let planned = match self.plans.plan(snapshot, caller, &asked(call), at) {
            Ok(planned) => planned,
            Err(why) => return Ok(Admission::Denied((&deny::not_allowed(snapshot, caller, why)).into())),
        };
        let short = match planned.hold(&self.ledger, &run.legs, want, least) {
            Ok(HoldOutcome::Placed(hold)) => return Ok(Admission::Placed(hold)),
            Ok(HoldOutcome::Wait(lsn)) | Err(LedgerError::Busy(lsn)) => return Ok(Admission::Wait(lsn)),
            Ok(HoldOutcome::Short(short)) => short,
            Err(why) => return Err(why),
        };
        let not_enough = NotEnough { ledger: &self.ledger, caller, run: &run.legs, planned: &planned, short: &short };
        let denied = Denied::from(&not_enough.refused(snapshot));
        Ok(if short.is_held() { Admission::Held(denied) } else { Admission::Denied(denied) })
    }

    /// Takes in a call that is over; what trips by it.
    pub fn over(&self, snapshot: &Snapshot, entered: &Entered, used: &RehearsedUse, at: Instant) -> Vec<Tripping> {
        let RehearsedUse { input, output, charge, failed } = *used;
        let rules = &snapshot.directory.policy_of(entered.caller.person.id).breakers;
        self.runs.over(&entered.run, rules, &Used { input, output, charge, failed }, at)
    }

    /// The model that the policy wants instead of the one asked for, as little is left: `card` knows what models cost
    /// where they are served.
    pub fn cheaper<'p>(
        &self,
        snapshot: &'p Arc<Snapshot>,
        (entered, call): (&Entered, &Rehearsed<'_>),
        card: impl Fn(&str) -> Option<&'p Arc<RateCard>>,
    ) -> Option<&'p Arc<RateCard>> {
        let caller = &entered.caller;
        let switch = snapshot.directory.policy_of(caller.person.id).switch.as_ref()?;
        let to = card(switch.instead_of(call.model)?)?;
        let planned = self.plans.plan(snapshot, caller, &asked(call), call.at).ok()?;
        let used = switch::used_percent(&self.ledger, &planned.plan)?;
        (used >= switch.from_percent && switch::costs_less(to, card(call.model)?)).then_some(to)
    }

    /// Stops have changed: runs whose stop was lifted go on.
    pub fn look(&self, directory: &Directory, at: Instant) {
        self.runs.look(directory, at);
    }

    /// What somebody spent before any of this.
    pub fn remember(&self, person: PersonId, past: &Pace) {
        self.runs.remember(person, past);
    }
}

fn asked<'a>(call: &Rehearsed<'a>) -> Asked<'a> {
    Asked { provider: call.provider, model: call.model, tool: call.tool }
}
