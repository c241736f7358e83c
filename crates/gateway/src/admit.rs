//! Step 2: is there money for this call, and set it aside.
//!
//! The bound of a call is what it can cost at worst. It is held on every account that applies, all or nothing. When it
//! does not fit: first the answer's maximum is clamped to what does fit, then the call is parked until other calls give
//! money back, then it is told `held` (try again) or `exhausted` (final).

use std::sync::Arc;
use std::time::Duration;

use purser_core::money::Nano;
use purser_core::plan::Plan;
use purser_core::policy::{Admission, Drain};
use purser_core::price::{RateCard, Ratio};
use purser_core::scope::CallScope;
use purser_core::snapshot::Snapshot;
use purser_ledger::{AccountNo, Hold, HoldOutcome, HoldRequest, LedgerError, Settlement, Shortfall};
use purser_providers::{Edits, InputBound, least_output};
use smallvec::SmallVec;
use tokio::time::{Instant, timeout_at};

use crate::bound::Bounded;
use crate::call::Call;
use crate::client::Client;
use crate::config::Upstream;
use crate::refuse::Refused;
use crate::uncertain::OnlyOne;
use crate::worker::Worker;

/// How often a hold is asked for again because the journal could not take it yet.
const BUSY_RETRIES: usize = 64;
/// A parked call looks again at least so often: a reset or a top-up frees money without anybody giving it back.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// A call with money set aside, for one attempt at one provider.
pub(crate) struct Admitted {
    pub(crate) hold: Hold,
    pub(crate) upstream: Arc<Upstream>,
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) card: Arc<RateCard>,
    pub(crate) terms: Ratio,
    pub(crate) plan: Plan,
    pub(crate) input: InputBound,
    /// The most output tokens of all answers together, as the request goes out.
    pub(crate) output_bound: u64,
    /// What the call can cost at worst, as the request goes out.
    pub(crate) bound: Nano,
    /// Changes to the body.
    pub(crate) edits: Edits,
    /// The client asked for no usage, so the extra chunk is taken out again.
    pub(crate) strips_usage: bool,
    /// Held by what was learned; grows while the answer streams.
    pub(crate) grows: bool,
    /// Budgets above the person took part.
    pub(crate) has_ceilings: bool,
    /// Which attempt of the call this is, from 0.
    pub(crate) attempt: u8,
    drain: Drain,
    /// Near the limit: held until this call is settled.
    pub(crate) only_one: Option<OnlyOne>,
}

impl Admitted {
    /// The card of the model that was served, where it has one; else the one asked for.
    pub(crate) fn card_of(&self, model: Option<&str>) -> Arc<RateCard> {
        let other = model.filter(|model| *model != self.card.model());
        let found = other.and_then(|model| self.upstream.card(&self.snapshot.prices, model, self.plan.at).ok());
        Arc::clone(found.unwrap_or(&self.card))
    }

    /// Notes what to settle with should everything end here.
    pub(crate) fn note(&mut self, settlement: Settlement) {
        self.hold.known(settlement);
    }

    /// The sentence of a stream that is ended because its money ran out.
    pub(crate) fn out_of_money(&self, worker: &Worker, call: &Call) -> String {
        call.exhausted_sentence(worker, &self.snapshot, &self.plan)
    }

    /// How far the answer is read on when its client has gone.
    pub(crate) fn drain(&self) -> Drain {
        self.drain
    }
}

/// Sets money aside for one attempt, or says why not.
pub(crate) async fn admit(
    worker: &Worker,
    client: &mut Client,
    call: &Call,
    upstream: &Arc<Upstream>,
    attempt: u8,
) -> Result<Admitted, Refused> {
    let mut snapshot = worker.shared.snapshot.load_full();
    let policy = Arc::clone(snapshot.directory.policy_of(call.caller.person.id));
    let bounded = Bounded::of(call, &snapshot, &policy, upstream)?;
    let want = bounded.cost(bounded.output_max)?;
    let floor = policy.useful_floor_tokens;
    let least = bounded.cost(least_output(&call.facts, floor).min(bounded.output_max))?;
    let learned = (policy.admission == Admission::Calibrated)
        .then(|| worker.shared.learned.expect(call, &bounded.card, want))
        .flatten();
    let scope = CallScope { provider: &upstream.name, model: &call.facts.model };

    let until = Instant::now() + policy.park.max_wait;
    let mut place = None;
    loop {
        let at = worker.shared.clock.now();
        let planned = snapshot.directory.plan(&call.caller.key, &scope, at);
        let plan = planned.map_err(|why| call.not_planned(&snapshot, why))?;
        let accounts = match open_accounts(worker, &plan) {
            Ok(accounts) => accounts,
            // The ledger's instant is past a period that this plan still had: plan again, for the new one.
            Err(LedgerError::PeriodOver(_)) if Instant::now() < until => {
                tokio::time::sleep(PLAN_AGAIN).await;
                continue;
            }
            Err(why) => return Err(Refused::ledger(why)),
        };
        // Who arrives while others of the same person wait must not overtake them.
        let must_queue = place.is_none() && worker.shared.parking.is_busy(call.caller.person.id);
        let short = if must_queue {
            None
        } else {
            let (want, least) = learned.map_or((want, least), |learned| (learned.min(want), learned.min(least)));
            match hold(worker, &accounts, want, least).await? {
                Ok(hold) => match only_one(worker, call, &bounded, &hold, learned.is_some())? {
                    Certainty::Enough(only_one) => {
                        let has_ceilings = !accounts.ceilings.is_empty();
                        let calibrated = learned.is_some();
                        let parts = Parts { snapshot, bounded, plan, hold, has_ceilings, calibrated, only_one };
                        return finish(call, upstream, attempt, parts).await;
                    }
                    Certainty::AnotherIsUnderWay => {
                        hold.release().map_err(Refused::ledger)?;
                        None
                    }
                },
                Err(short) if !short.is_held() => {
                    return Err(call.short(worker, &snapshot, &plan, &accounts.numbers, &short));
                }
                Err(short) => Some(short),
            }
        };
        let denied = |short: Option<&Shortfall>| match short {
            Some(short) => call.short(worker, &snapshot, &plan, &accounts.numbers, short),
            None => Refused::queue_full(),
        };
        let parked = match &mut place {
            Some(parked) => parked,
            empty => match worker.shared.parking.join(call.caller.person.id, policy.park.max_calls) {
                Some(parked) => empty.insert(parked),
                None => return Err(denied(short.as_ref())),
            },
        };
        if must_queue && parked.is_first() {
            continue;
        }
        tokio::select! {
            _ = timeout_at(until.min(Instant::now() + LOOK_AGAIN), parked.woken()) => {}
            () = client.hung_up() => return Err(Refused::gone()),
        }
        if Instant::now() >= until {
            return Err(denied(short.as_ref()));
        }
        // Meanwhile somebody may have been granted more.
        snapshot = worker.shared.snapshot.load_full();
    }
}

/// May a call that was let out on less than its bound go on?
enum Certainty {
    /// Yes; where little is left to grow into, as the only one of its person.
    Enough(Option<OnlyOne>),
    /// Not beside another such call of the same person.
    AnotherIsUnderWay,
}

fn only_one(
    worker: &Worker,
    call: &Call,
    bounded: &Bounded,
    hold: &Hold,
    calibrated: bool,
) -> Result<Certainty, Refused> {
    let missing = bounded.cost(bounded.output_max)?.saturating_sub(hold.amount());
    if !calibrated || missing <= hold.available_after() {
        return Ok(Certainty::Enough(None));
    }
    let entered = worker.shared.uncertain.enter(call.caller.person.id);
    Ok(entered.map_or(Certainty::AnotherIsUnderWay, |only_one| Certainty::Enough(Some(only_one))))
}

/// Between two plans at the turn of a period: the clock and the ledger's instant are that close together.
const PLAN_AGAIN: Duration = Duration::from_millis(5);

/// What a hold was placed with.
struct Parts {
    snapshot: Arc<Snapshot>,
    bounded: Bounded,
    plan: Plan,
    hold: Hold,
    has_ceilings: bool,
    calibrated: bool,
    only_one: Option<OnlyOne>,
}

/// Works out what may be asked of the provider for the money that was set aside, and waits until that money is safe.
async fn finish(call: &Call, upstream: &Arc<Upstream>, attempt: u8, parts: Parts) -> Result<Admitted, Refused> {
    let Parts { snapshot, bounded, plan, hold, has_ceilings, calibrated, only_one } = parts;
    let drain = snapshot.directory.policy_of(call.caller.person.id).drain;
    let mut output_max = bounded.output_max;
    let mut edits = Edits {
        output_max: None,
        output_field: bounded.output_field(),
        ask_for_usage: call.facts.stream && !call.facts.usage_asked,
        tool_calls_max: bounded.tool_calls_max,
    };
    let mut bound = bounded.cost(output_max)?;
    if !calibrated && hold.amount() < bound {
        output_max = bounded.affordable(hold.amount())?.min(output_max);
        edits.output_max = Some(output_max);
        bound = hold.amount();
    } else if bounded.must_set_output() {
        // Nobody says how long this model's answers get: what was held must be what is asked for.
        edits.output_max = Some(output_max);
    }
    let output_bound = bounded.output_tokens(output_max);
    hold.cleared().await.map_err(Refused::ledger)?;
    Ok(Admitted {
        hold,
        upstream: Arc::clone(upstream),
        snapshot,
        card: bounded.card,
        terms: bounded.terms,
        plan,
        input: bounded.input,
        output_bound,
        bound,
        strips_usage: edits.ask_for_usage,
        edits,
        grows: calibrated,
        has_ceilings,
        attempt,
        drain,
        only_one,
    })
}

struct Accounts {
    numbers: SmallVec<[AccountNo; 8]>,
    grants: usize,
    ceilings: SmallVec<[AccountNo; 4]>,
}

/// The ledger's accounts of a plan, opened where they are new.
fn open_accounts(worker: &Worker, plan: &Plan) -> Result<Accounts, LedgerError> {
    let legs = plan.grants.iter().chain(&plan.ceilings);
    let wanted: SmallVec<[_; 8]> = legs.map(|leg| (leg.account, leg.limit)).collect();
    let (numbers, _new) = worker.shared.ledger.accounts(&wanted)?;
    let grants = plan.grants.len();
    let ceilings = numbers.iter().skip(grants).copied().collect();
    Ok(Accounts { numbers, grants, ceilings })
}

async fn hold(
    worker: &Worker,
    accounts: &Accounts,
    want: Nano,
    least: Nano,
) -> Result<Result<Hold, Shortfall>, Refused> {
    let grants = accounts.numbers.get(..accounts.grants).unwrap_or_default();
    let request = HoldRequest { grants, ceilings: &accounts.ceilings, want, least };
    for _ in 0..BUSY_RETRIES {
        match worker.shared.ledger.hold(&request) {
            Ok(HoldOutcome::Placed(hold)) => return Ok(Ok(hold)),
            Ok(HoldOutcome::Short(short)) => return Ok(Err(short)),
            Ok(HoldOutcome::Wait(lsn)) | Err(LedgerError::Busy(lsn)) => {
                worker.shared.ledger.durable(lsn).await.map_err(Refused::ledger)?;
            }
            Err(why) => return Err(Refused::ledger(why)),
        }
    }
    Err(Refused::busy())
}
