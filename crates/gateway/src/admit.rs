//! Step 2: is there money for this call, and set it aside.
//!
//! The bound of a call is what it can cost at worst. It is held on every account that applies, all or nothing. When it
//! does not fit: first the answer's maximum is clamped to what does fit, then the call is parked until other calls give
//! money back, then it is told `held` (try again) or `exhausted` (final). Where policy says so, a call whose money is gone
//! waits for the decision about more that its person has asked for.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use purser_core::money::Nano;
use purser_core::policy::{Admission, Drain};
use purser_core::price::{RateCard, Ratio};
use purser_ledger::{Hold, HoldOutcome, LedgerError, Settlement, Shortfall};
use purser_providers::{Edits, InputBound, least_output};
use tokio::time::{Instant, timeout_at};

use crate::awaited::{Awaited, Wait};
use crate::bound::Bounded;
use crate::call::Call;
use crate::client::Client;
use crate::config::Upstream;
use crate::meter::Reading;
use crate::park::Parked;
use crate::plans::{Asked, Planned};
use crate::refuse::Refused;
use crate::settle::settlement;
use crate::uncertain::OnlyOne;
use crate::worker::{Latest, Worker};

/// How often a hold is asked for again because the journal could not take it yet.
const BUSY_RETRIES: usize = 64;
/// A parked call looks again at least so often: a reset or a top-up frees money without anybody giving it back.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// A call with money set aside, for one attempt at one provider.
///
/// Should everything end here (the thread stops, a step panics), dropping it settles with what is known by then.
#[expect(clippy::struct_excessive_bools, reason = "facts that have nothing to do with each other")]
pub(crate) struct Admitted<'a> {
    call: &'a Call,
    /// There until the call is settled.
    hold: Option<Hold>,
    /// The first byte is about to go out, or went: the provider may serve it.
    sent: bool,
    /// What to settle with should everything end here; `None`: nothing came back so far. Boxed: only long streams note it.
    noted: Option<Box<Settlement>>,
    pub(crate) upstream: &'a Arc<Upstream>,
    pub(crate) snapshot: Rc<Latest>,
    pub(crate) card: Arc<RateCard>,
    pub(crate) terms: Ratio,
    pub(crate) planned: Rc<Planned>,
    pub(crate) input: InputBound,
    /// The most output tokens of all answers together, as the request goes out.
    pub(crate) output_bound: u64,
    /// What the call can cost at worst, as the request goes out.
    pub(crate) bound: Nano,
    /// Changes to the body.
    pub(crate) edits: Edits,
    /// The client asked for no usage, so the extra chunk is taken out again.
    pub(crate) strips_usage: bool,
    /// What it costs is remembered, for the next such call.
    pub(crate) learns: bool,
    /// Held by what was learned; grows while the answer streams.
    pub(crate) grows: bool,
    /// Which attempt of the call this is, from 0.
    pub(crate) attempt: u8,
    drain: Drain,
    /// Near the limit: held until this call is settled.
    pub(crate) only_one: Option<OnlyOne>,
}

impl Admitted<'_> {
    pub(crate) fn hold(&self) -> &Hold {
        self.hold.as_ref().expect("the hold leaves with the settlement, and that is the last of a call")
    }

    pub(crate) fn hold_mut(&mut self) -> &mut Hold {
        self.hold.as_mut().expect("the hold leaves with the settlement, and that is the last of a call")
    }

    /// The hold, to be settled or released. Nothing else comes after.
    pub(crate) fn into_hold(mut self) -> Hold {
        self.hold.take().expect("the hold leaves with the settlement, and that is the last of a call")
    }

    /// From here on the provider may serve it: should everything end here, the input counts as used.
    pub(crate) fn sending(&mut self) {
        self.sent = true;
    }

    /// The card of the model that was served, where it has one; else the one asked for.
    pub(crate) fn card_of(&self, model: Option<&str>) -> &RateCard {
        let other = model.filter(|model| *model != self.card.model());
        let found = other.and_then(|model| self.upstream.card(&self.snapshot.prices, model, self.call.at).ok());
        found.unwrap_or(&self.card)
    }

    /// Notes what to settle with should everything end here.
    pub(crate) fn note(&mut self, settlement: Settlement) {
        match &mut self.noted {
            Some(noted) => **noted = settlement,
            None => self.noted = Some(Box::new(settlement)),
        }
    }

    /// The sentence of a stream that is ended because its money ran out.
    pub(crate) fn out_of_money(&self, worker: &Worker, call: &Call) -> String {
        call.exhausted_sentence(worker, &self.snapshot, &self.planned.plan)
    }

    /// How far the answer is read on when its client has gone.
    pub(crate) fn drain(&self) -> Drain {
        self.drain
    }
}

impl Drop for Admitted<'_> {
    fn drop(&mut self) {
        if self.hold.is_none() || !self.sent {
            return;
        }
        let noted = self.noted.take().map(|noted| *noted);
        let known = noted.unwrap_or_else(|| settlement(self.call, self, &Reading::UNANSWERED));
        self.hold_mut().known(known);
    }
}

/// Sets money aside for one attempt, or says why not.
pub(crate) async fn admit<'a>(
    worker: &Worker,
    client: &mut Client,
    call: &'a Call,
    upstream: &'a Arc<Upstream>,
    attempt: u8,
) -> Result<Admitted<'a>, Refused> {
    let mut snapshot = worker.snapshot();
    let first = Rc::clone(&snapshot);
    let policy = &call.caller.policy;
    let bounded = Bounded::of(call, &first, policy, upstream)?;
    let most = bounded.cost(bounded.output_max)?;
    let floor = policy.useful_floor_tokens;
    let least = bounded.cost(least_output(&call.facts, floor).min(bounded.output_max))?;
    let learned = (policy.admission == Admission::Calibrated)
        .then(|| worker.shared.learned.expect(call, &bounded.card, most))
        .flatten();

    // Nearly no call waits: the clock is read by the first that has to.
    let mut deadline: Option<Instant> = None;
    let mut place: Option<Parked<'_>> = None;
    let mut short: Option<Shortfall> = None;
    let mut awaited = Awaited::default();
    loop {
        if let Some(stopped) = call.stopped(worker) {
            return Err(stopped);
        }
        let at = worker.shared.clock.now();
        let asked = Asked { provider: &upstream.name, model: &call.facts.model, tool: call.tool.tool };
        let planned = worker.plans.plan(&snapshot, &call.caller, &asked, at);
        let planned = planned.map_err(|why| call.not_planned(&snapshot, why))?;
        // Who arrives while others of the same person wait must not overtake them.
        let is_its_turn = match &place {
            None => !worker.shared.parking.is_busy(call.caller.person.id),
            Some(parked) => parked.is_first(),
        };
        if is_its_turn {
            let (want, least) = learned.map_or((most, least), |learned| (learned.min(most), learned.min(least)));
            match hold(worker, call, &planned, want, least).await {
                // The ledger's instant is past a period that this plan still had: plan again, for the new one.
                Err(LedgerError::PeriodOver(_)) if Instant::now() < until(&mut deadline, policy.park.max_wait) => {
                    tokio::time::sleep(PLAN_AGAIN).await;
                    continue;
                }
                Err(why) => return Err(Refused::ledger(why)),
                Ok(Outcome::Busy) => return Err(Refused::busy()),
                Ok(Outcome::Placed(hold)) => match only_one(worker, call, most, &hold, learned.is_some()) {
                    Certainty::Enough(only_one) => {
                        let calibrated = learned.is_some();
                        let parts = Parts { snapshot, bounded, most, planned, hold, calibrated, only_one };
                        return finish(call, upstream, attempt, parts).await;
                    }
                    Certainty::AnotherIsUnderWay => {
                        hold.release().map_err(Refused::ledger)?;
                    }
                },
                Ok(Outcome::Short(found)) if !found.is_held() => {
                    match awaited.look(&snapshot.directory, call.caller.person.id, &snapshot.currency, at) {
                        Wait::Undecided => short = Some(found),
                        Wait::Nothing => return Err(call.short(worker, &snapshot, &planned, &found)),
                        Wait::InVain(told) => {
                            return Err(call.short(worker, &snapshot, &planned, &found).told_first(&told));
                        }
                    }
                }
                Ok(Outcome::Short(found)) => short = Some(found),
            }
        }
        let denied = || match &short {
            Some(short) => call.short(worker, &snapshot, &planned, short),
            None => Refused::queue_full(),
        };
        let Some(parked) = &mut place else {
            place = worker.shared.parking.join(call.caller.person.id, policy.park.max_calls);
            if place.is_none() {
                return Err(denied());
            }
            // Money that came free before the place was taken woke nobody.
            continue;
        };
        // Behind a call that waits for a decision others do so too.
        let decided = Awaited::wait_max(&snapshot.directory, call.caller.person.id, at);
        let until = until(&mut deadline, policy.park.max_wait.max(decided));
        tokio::select! {
            _ = timeout_at(until.min(Instant::now() + LOOK_AGAIN), parked.woken()) => {}
            () = client.hung_up() => return Err(Refused::gone()),
            () = call.stop.raised() => {}
        }
        if Instant::now() >= until {
            return Err(denied());
        }
        // Meanwhile somebody may have been granted more.
        snapshot = worker.snapshot();
    }
}

/// When a call that waits is told no: its time begins when this is first asked.
fn until(deadline: &mut Option<Instant>, max_wait: Duration) -> Instant {
    *deadline.get_or_insert_with(|| Instant::now() + max_wait)
}

/// May a call that was let out on less than its bound go on?
enum Certainty {
    /// Yes; where little is left to grow into, as the only one of its person.
    Enough(Option<OnlyOne>),
    /// Not beside another such call of the same person.
    AnotherIsUnderWay,
}

fn only_one(worker: &Worker, call: &Call, most: Nano, hold: &Hold, calibrated: bool) -> Certainty {
    let missing = most.saturating_sub(hold.amount());
    if !calibrated || missing <= hold.available_after() {
        return Certainty::Enough(None);
    }
    let entered = worker.shared.uncertain.enter(call.caller.person.id);
    entered.map_or(Certainty::AnotherIsUnderWay, |only_one| Certainty::Enough(Some(only_one)))
}

/// Between two plans at the turn of a period: the clock and the ledger's instant are that close together.
const PLAN_AGAIN: Duration = Duration::from_millis(5);

/// What a hold was placed with.
struct Parts<'a> {
    snapshot: Rc<Latest>,
    bounded: Bounded<'a>,
    /// What it costs at worst.
    most: Nano,
    planned: Rc<Planned>,
    hold: Hold,
    calibrated: bool,
    only_one: Option<OnlyOne>,
}

/// Works out what may be asked of the provider for the money that was set aside, and waits until that money is safe.
async fn finish<'a>(
    call: &'a Call,
    upstream: &'a Arc<Upstream>,
    attempt: u8,
    parts: Parts<'a>,
) -> Result<Admitted<'a>, Refused> {
    let Parts { snapshot, bounded, most, planned, hold, calibrated, only_one } = parts;
    let policy = &call.caller.policy;
    let drain = policy.drain;
    let mut output_max = bounded.output_max;
    let mut edits = Edits {
        output_max: None,
        output_field: bounded.output_field(),
        ask_for_usage: call.facts.stream && !call.facts.usage_asked,
        tool_calls_max: bounded.tool_calls_max,
    };
    let mut bound = most;
    if !calibrated && hold.amount() < bound {
        output_max = bounded.affordable(hold.amount())?.min(output_max);
        edits.output_max = Some(output_max);
        bound = hold.amount();
    } else if bounded.must_set_output() {
        // Nobody says how long this model's answers get: what was held must be what is asked for.
        edits.output_max = Some(output_max);
    }
    let output_bound = bounded.output_tokens(output_max);
    let learns = policy.admission == Admission::Calibrated;
    // Whoever is ready too places its hold first: then the journal takes all of them in one write. With nobody ready this
    // comes back at once.
    tokio::task::yield_now().await;
    hold.cleared().await.map_err(Refused::ledger)?;
    Ok(Admitted {
        call,
        hold: Some(hold),
        sent: false,
        noted: None,
        upstream,
        snapshot,
        card: bounded.card,
        terms: bounded.terms,
        planned,
        input: bounded.input,
        output_bound,
        bound,
        strips_usage: edits.ask_for_usage,
        edits,
        learns,
        grows: calibrated,
        attempt,
        drain,
        only_one,
    })
}

/// What came of asking for money.
enum Outcome {
    Placed(Hold),
    Short(Shortfall),
    /// The journal could not take it, however often it was asked.
    Busy,
}

async fn hold(
    worker: &Worker,
    call: &Call,
    planned: &Planned,
    want: Nano,
    least: Nano,
) -> Result<Outcome, LedgerError> {
    for _ in 0..BUSY_RETRIES {
        match planned.hold(&worker.ledger, &call.run.legs, want, least) {
            Ok(HoldOutcome::Placed(hold)) => return Ok(Outcome::Placed(hold)),
            Ok(HoldOutcome::Short(short)) => return Ok(Outcome::Short(short)),
            Ok(HoldOutcome::Wait(lsn)) | Err(LedgerError::Busy(lsn)) => worker.ledger.durable(lsn).await?,
            Err(why) => return Err(why),
        }
    }
    Ok(Outcome::Busy)
}
