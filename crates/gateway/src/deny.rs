//! Denials about money and permission: the domain's decision, put into the client's words.

use purser_core::decision::{Decision, Figures, LimitMet, Names, Refused as Reason};
use purser_core::id::RunId;
use purser_core::money::Nano;
use purser_core::plan::{Leg, Plan};
use purser_core::policy::Policy;
use purser_core::snapshot::Snapshot;
use purser_core::stop::Tripped;
use purser_ledger::{Blocking, Ledger, Shortfall};
use purser_providers::RefusalKind;

use crate::auth::Caller;
use crate::call::Call;
use crate::plans::Planned;
use crate::refuse::Refused;
use crate::runs::RunLegs;
use crate::worker::Worker;

/// Seconds after which a call whose money was only held may come again.
const HELD_RETRY_S: u32 = 2;

/// Whom to ask. Names of units are not in the snapshot: they are personal enough to stay with the control plane.
struct Ask<'a>(&'a Policy);

impl Names for Ask<'_> {
    fn ask_more(&self) -> Option<&str> {
        self.0.ask_more.as_deref()
    }
}

impl Call {
    /// No account could pay, whatever the balances are.
    pub(crate) fn not_planned(&self, snapshot: &Snapshot, why: Reason) -> Refused {
        not_allowed(snapshot, &self.caller, why)
    }

    /// The balances don't suffice: spent for good, or only held.
    pub(crate) fn short(&self, worker: &Worker, snapshot: &Snapshot, planned: &Planned, short: &Shortfall) -> Refused {
        NotEnough { ledger: &worker.ledger, caller: &self.caller, run: &self.run.legs, planned, short }
            .refused(snapshot)
    }

    /// The sentence of a running answer that is ended because nothing is left.
    pub(crate) fn exhausted_sentence(&self, worker: &Worker, snapshot: &Snapshot, plan: &Plan) -> String {
        let figures: Vec<Figures> = plan.grants.iter().map(|leg| figures_of(&worker.ledger, leg)).collect();
        let met = LimitMet::of_grants(self.caller.person.id, &plan.grants, &figures, Nano::ZERO);
        sentence(snapshot, &self.caller, &Decision::Exhausted(met))
    }

    /// Why it may not go on, once it was stopped.
    pub(crate) fn stopped(&self, worker: &Worker) -> Option<Refused> {
        self.stop.why().map(|why| not_allowed(&worker.snapshot(), &self.caller, why))
    }
}

/// A call whose money does not suffice.
pub(crate) struct NotEnough<'a> {
    pub(crate) ledger: &'a Ledger,
    pub(crate) caller: &'a Caller,
    pub(crate) run: &'a RunLegs,
    pub(crate) planned: &'a Planned,
    pub(crate) short: &'a Shortfall,
}

impl NotEnough<'_> {
    /// What its client is told.
    pub(crate) fn refused(&self, snapshot: &Snapshot) -> Refused {
        let mut met = self.limit_met();
        met.not_covering = self.planned.plan.not_covering.iter().map(|grant| grant.id).collect();
        let (held, resets_at) = (self.short.is_held(), met.resets_at);
        let decision = if held { Decision::Held(met) } else { Decision::Exhausted(met) };
        let kind =
            if held { RefusalKind::Held { retry_after_s: HELD_RETRY_S } } else { RefusalKind::Exhausted { resets_at } };
        Refused::decided(kind, decision.code(), sentence(snapshot, self.caller, &decision))
    }

    fn limit_met(&self) -> LimitMet {
        let Self { ledger, caller, run, planned, short } = *self;
        let (plan, numbers) = (&planned.plan, planned.numbers());
        let ceiling = match short.blocking {
            Blocking::Grants => None,
            Blocking::Ceiling(no) => {
                let place = numbers.iter().skip(plan.grants.len()).position(|number| *number == no);
                place.and_then(|place| plan.ceilings.get(place))
            }
        };
        let of_run = match short.blocking {
            Blocking::Grants => None,
            Blocking::Ceiling(no) => run.of(no),
        };
        if let Some(leg) = ceiling.or(of_run) {
            let kept = ledger
                .find(&leg.account)
                .map_or(Nano::ZERO, |balance| balance.reserve.saturating_sub(balance.guaranteed.sum()).max(Nano::ZERO));
            return LimitMet { kept, ..LimitMet::of_leg(leg, figures_of(ledger, leg), short.least) };
        }
        let figures: Vec<Figures> = plan.grants.iter().map(|leg| figures_of(ledger, leg)).collect();
        LimitMet::of_grants(caller.person.id, &plan.grants, &figures, short.least)
    }
}

/// A caller that may not call at all.
pub(crate) fn not_allowed(snapshot: &Snapshot, caller: &Caller, why: Reason) -> Refused {
    let kind = match &why {
        Reason::KeyUnknown | Reason::KeyRevoked { .. } | Reason::KeyExpired { .. } | Reason::PersonLeft { .. } => {
            RefusalKind::BadKey
        }
        Reason::UnknownModel { .. } => RefusalKind::UnknownModel,
        Reason::Unmetered { .. } => RefusalKind::Unmetered,
        Reason::Stopped { .. } | Reason::RunLimit { .. } | Reason::RunPaused { .. } => RefusalKind::Stopped,
        Reason::RateLimited { .. } => RefusalKind::RateLimited { retry_after_s: 60 },
        // A promise that pays nothing now is answered as an empty budget is: clients show its sentence and stop.
        Reason::NoGrant
        | Reason::GrantNotStarted { .. }
        | Reason::GrantEnded { .. }
        | Reason::NotCovered { .. }
        | Reason::ToolNotCovered { .. } => RefusalKind::Exhausted { resets_at: why.retry_at() },
        Reason::ProviderNotAllowed { .. } | Reason::ModelNotAllowed { .. } | Reason::ToolNotAllowed { .. } => {
            RefusalKind::Forbidden
        }
    };
    let code = why.code();
    Refused::decided(kind, code, sentence(snapshot, caller, &Decision::Refused(why)))
}

/// A call of a run that waits for its owner's word.
pub(crate) fn paused(snapshot: &Snapshot, caller: &Caller, run: RunId, tripped: Tripped) -> Refused {
    not_allowed(snapshot, caller, Reason::RunPaused { run, tripped })
}

/// Where an account stands. Of a budget that keeps some in reserve for guaranteed grants, the part that is for others:
/// only they are ever denied by it.
fn figures_of(ledger: &Ledger, leg: &Leg) -> Figures {
    ledger.find(&leg.account).map_or(Figures { limit: leg.limit, ..Figures::default() }, |balance| {
        let part = balance.guaranteed;
        Figures {
            limit: balance.limit.saturating_sub(balance.reserve.max(part.sum())),
            spent: balance.spent.saturating_sub(part.spent),
            held: balance.held.saturating_sub(part.held),
            suspense: balance.suspense.saturating_sub(part.suspense),
        }
    })
}

fn sentence(snapshot: &Snapshot, caller: &Caller, decision: &Decision) -> String {
    let policy = snapshot.directory.policy_of(caller.person.id);
    decision.sentence(caller.person.zone(caller.at), &snapshot.currency, &Ask(policy))
}
