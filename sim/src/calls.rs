//! Callers: what the gateway does with a call, step by step, with the real plan, rating and hold.

use std::rc::Rc;
use std::sync::Arc;

use purser_core::account::Subject;
use purser_core::charge::{self, ChargeRecord, Dialect};
use purser_core::id::RunId;
use purser_core::money::{Currency, Nano};
use purser_core::price::{RateCard, Ratio};
use purser_core::rating::{self, Bounds};
use purser_core::run::budget_period;
use purser_core::scope::CallScope;
use purser_core::time::Instant;
use purser_core::usage::{Served, Usage};
use purser_ledger::{
    Clearance, Detail, GrowOutcome, Guarantee, Hold, HoldId, HoldOutcome, HoldRequest, LedgerError, Mark, Settled,
    Settlement, Terms,
};

use crate::audit::{Asked, Counts, Denied, Finding, Finish};
use crate::bug::Bug;
use crate::company::{INSTEAD, MODELS, PROVIDERS, TOOLS};
use crate::provider::Answer;
use crate::world::{Planned, Step, World, name, odd, ready, whole};

/// The least useful answer, in tokens.
const FLOOR: u64 = 60;
/// A charge above so many times the bound is not believed (as in the gateway).
const BELIEVABLE: i64 = 4;
/// How often a parked call looks again.
const LOOKS: u32 = 6;

/// One call under way.
pub(crate) struct Call {
    no: u64,
    key: usize,
    model: usize,
    tool: usize,
    attempt: u32,
    /// The prompt as the provider will count it.
    prompt: Counts,
    /// The most it can be.
    prompt_max: u64,
    output_max: u64,
    /// What the model would say if nobody limits it.
    output: u64,
    /// Set aside what is likely, and grow.
    calibrated: bool,
    /// The agent's session that it belongs to, where what that may cost is limited.
    run: Option<Run>,
    looks: u32,
    stage: Stage,
}

/// A run whose money is limited.
#[derive(Clone, Copy)]
pub(crate) struct Run {
    id: RunId,
    began: Instant,
    limit: Nano,
}

impl Run {
    fn leg(self) -> purser_core::plan::Leg {
        purser_core::plan::Leg::run(self.id, budget_period(self.began), self.limit)
    }

    fn facts(self) -> (u128, i64, i128) {
        (self.id.get(), self.began.as_micros(), self.limit.get().into())
    }
}

enum Stage {
    Asking,
    Clearing(Hold, Sent),
    Streaming { hold: Hold, sent: Sent, answer: Answer, served: Counts, waits: u32 },
    Settling { hold: Hold, settlement: Settlement, answer: Answer },
    Confirming { id: HoldId, settlement: Settlement, settled: Settled, answer: Answer },
    Over,
}

/// What went out, or is about to.
struct Sent {
    card: Arc<RateCard>,
    /// The card of the model that is served.
    served_card: Arc<RateCard>,
    instead: bool,
    terms: Ratio,
    bound: Nano,
    output_max: u64,
    planned: Rc<Planned>,
}

impl World {
    pub(crate) fn begin_call(&mut self) -> Step {
        if self.calls.len() >= 12 {
            return Ok(());
        }
        self.last_call += 1;
        let dice = &mut self.dice;
        let prompt = Counts {
            input: dice.between(1, 900),
            cache_read: if dice.per_mille(400) { dice.below(900) } else { 0 },
            cache_write: if dice.per_mille(300) { dice.below(500) } else { 0 },
            output: 0,
        };
        let tokens = prompt.input + prompt.cache_read + prompt.cache_write;
        let output_max = dice.between(FLOOR, 1_500);
        let call = Call {
            no: self.last_call,
            key: dice.index(self.company.keys.len()),
            model: dice.index(MODELS.len()),
            tool: dice.index(TOOLS.len()),
            attempt: 0,
            prompt,
            prompt_max: tokens + dice.below(tokens),
            output_max,
            output: dice.between(0, output_max),
            calibrated: dice.per_mille(250),
            run: None,
            looks: 0,
            stage: Stage::Asking,
        };
        let run = self.run_of(&call);
        self.calls.push(Call { run, ..call });
        Ok(())
    }

    /// Every fourth call belongs to a run whose money is limited, one of its key's at a time; it lasts some hours, or until
    /// it has had its calls.
    fn run_of(&mut self, call: &Call) -> Option<Run> {
        const LASTS: std::time::Duration = std::time::Duration::from_hours(6);
        if call.no % 4 != 1 {
            return None;
        }
        let at = Instant::from_micros(self.clock.micros().max(self.changed));
        let known = self.runs.get(&call.key).filter(|run| run.began <= at && at < run.began.saturating_add(LASTS));
        if let Some(run) = known.filter(|_| call.no % 16 != 1) {
            return Some(*run);
        }
        self.tally.note("runs: begun");
        let limit = [20, 100, 400][usize::try_from(call.no % 3).unwrap_or(0)];
        let run = Run { id: RunId::new(u128::from(call.no)), began: at, limit: Nano::new(limit * 1_000_000) };
        self.runs.insert(call.key, run);
        Some(run)
    }

    /// One step of one call.
    pub(crate) fn advance(&mut self, at: usize) -> Step {
        let mut call = self.calls.swap_remove(at);
        let stage = std::mem::replace(&mut call.stage, Stage::Over);
        call.stage = match stage {
            Stage::Asking => self.admit(&mut call)?,
            Stage::Clearing(hold, sent) => self.send(&mut call, hold, sent)?,
            Stage::Streaming { hold, sent, answer, served, waits } => {
                self.stream(&call, hold, sent, answer, served, waits)?
            }
            Stage::Settling { hold, settlement, answer } => self.settle(&call, hold, settlement, answer)?,
            Stage::Confirming { id, settlement, settled, answer } => self.confirm(id, settlement, settled, answer)?,
            Stage::Over => Stage::Over,
        };
        if !matches!(call.stage, Stage::Over) {
            self.calls.push(call);
        }
        Ok(())
    }

    /// The process is gone, and with it the call; what was sent is served to its end.
    pub(crate) fn abandon(&mut self, call: Call) {
        if let Stage::Streaming { hold, sent, answer, served, .. } = &call.stage
            && answer.is_served()
        {
            // It was told no more than was safe to spend.
            let safe = Nano::new(i64::try_from(self.audit.safe_of(name(hold.id()))).unwrap_or(0));
            let output = self.output_within(&call, safe, sent).max(served.output);
            let rest = Counts { output, ..*served };
            // What it may cost was checked when it went out.
            let _ = self.serve(hold.id(), sent, rest);
        }
    }

    /// Step 2 of the gateway: plan, bound, hold.
    fn admit(&mut self, call: &mut Call) -> Result<Stage, Finding> {
        // A clock that goes back does not go back behind a change that is known: what was made known at noon is not
        // planned with for the morning.
        let at = Instant::from_micros(self.clock.micros().max(self.changed));
        let provider = usize::try_from(call.attempt).unwrap_or(0).min(PROVIDERS.len() - 1);
        // A run that is taken up again after so long begins anew.
        call.run = call.run.filter(|run| budget_period(run.began).contains(at));
        let planned = match self.plan(call, provider, at)? {
            Some(planned) => planned,
            None => return Ok(Stage::Over),
        };
        let prices = self.company.directory.prices();
        let card =
            Arc::clone(prices.lookup(PROVIDERS[provider], MODELS[call.model], at).map_err(|why| odd(whole(&why)))?);
        let instead = Arc::clone(prices.lookup(PROVIDERS[provider], INSTEAD, at).map_err(|why| odd(whole(&why)))?);
        let terms = prices.terms(&card, at, &Currency::usd()).map_err(|why| odd(whole(&why)))?;
        let cost = |output: u64| {
            let bounds = Bounds { input_tokens: call.prompt_max, output_tokens: output, ..Bounds::default() };
            rating::rate_bound(&card, &bounds, terms).map_err(odd)
        };
        let most = cost(call.output_max)?;
        let mut least = cost(FLOOR.min(call.output_max))?;
        let grows = call.calibrated && planned.plan.grants.len() == 1;
        let mut want = if grows { Nano::new(most.get() * 2 / 5).max(least) } else { most };
        if self.has(Bug::UnderBound) {
            (want, least) = (Nano::new(want.get() / 2), Nano::new(least.get() / 2));
        }
        let (planned, outcome) = match self.hold(call, planned, want, least)? {
            Some(held) => held,
            None => {
                call.looks += 1;
                if call.looks > 4 * LOOKS {
                    self.tally.note("calls: gave up");
                    return Ok(Stage::Over);
                }
                return Ok(Stage::Asking);
            }
        };
        let facts = (planned.version, planned.plan.at.as_micros());
        let version = if self.has(Bug::OldLimit) { self.version } else { facts.0 };
        let planned_at = match self.bug {
            Some(Bug::WrongPeriod | Bug::StalePlan) => at.as_micros(),
            _ => facts.1,
        };
        let Call { no, attempt, .. } = *call;
        let (key, on) =
            (self.company.keys[call.key].get(), (MODELS[call.model], PROVIDERS[provider], TOOLS[call.tool]));
        let (kept, run) = (Rc::clone(&planned.kept), call.run.map(Run::facts));
        match outcome {
            HoldOutcome::Placed(hold) => {
                self.note_guarantees(&planned);
                let asked = Asked {
                    call: no,
                    attempt,
                    key,
                    on,
                    version,
                    planned_at,
                    run,
                    kept,
                    want: want.get().into(),
                    least: least.get().into(),
                };
                if let Err(found) = self.audit.asked(name(hold.id()), asked) {
                    drop(hold);
                    return Err(found);
                }
                let (bound, mut output_max) = (if grows { most } else { hold.amount() }, call.output_max);
                if !grows && hold.amount() < most && !self.has(Bug::UnderBound) {
                    let bounds = Bounds { input_tokens: call.prompt_max, ..Bounds::default() };
                    let fits = rating::affordable_output(&card, hold.amount(), &bounds, terms).map_err(odd)?;
                    output_max = fits.unwrap_or(0).min(output_max);
                    self.tally.note("calls: clamped");
                }
                let served_card = Arc::clone(&card);
                let _ = instead;
                Ok(Stage::Clearing(hold, Sent { card, served_card, instead: false, terms, bound, output_max, planned }))
            }
            HoldOutcome::Short(short) => {
                let mut is_final = !short.is_held();
                if self.has(Bug::FalseDenial) {
                    is_final = true;
                }
                call.looks += 1;
                if !is_final && call.looks <= LOOKS {
                    self.tally.note("calls: parked");
                    return Ok(Stage::Asking);
                }
                self.tally.note(if is_final { "calls: denied for good" } else { "calls: denied for now" });
                let lsn = self.ledger.watermarks().decided.0;
                let least = least.get().into();
                self.audit.denied(Denied { lsn, key, on, version, planned_at, run, kept, least, is_final })?;
                Ok(Stage::Over)
            }
            HoldOutcome::Wait(_) => {
                self.tally.note("calls: told to wait for the disk");
                Ok(Stage::Asking)
            }
        }
    }

    /// The plan, kept as long as it holds.
    fn plan(&mut self, call: &Call, provider: usize, at: Instant) -> Result<Option<Rc<Planned>>, Finding> {
        let entry = (call.key, call.model, provider, call.tool);
        let kept = self.planned.get(&entry).filter(|kept| {
            let in_time = kept.plan.at <= at && at < kept.plan.valid_until;
            (in_time || self.has(Bug::StalePlan)) && (kept.version == self.version || self.has(Bug::OldLimit))
        });
        if let Some(kept) = kept {
            return Ok(Some(Rc::clone(kept)));
        }
        let directory = &self.company.seen;
        let key = match directory.key_by_id(self.company.keys[call.key]) {
            Some(key) => key,
            // A careless planner may have taken nothing of the change that it came with.
            None if self.bug.is_some_and(Bug::is_about_plans) => return Ok(None),
            None => return Err(odd("a key is not in the directory")),
        };
        let scope = CallScope { provider: PROVIDERS[provider], model: MODELS[call.model], tool: TOOLS[call.tool] };
        let planned_for =
            if self.has(Bug::WrongPeriod) { at.saturating_sub(std::time::Duration::from_hours(24)) } else { at };
        let Ok(mut plan) = directory.plan(key, &scope, planned_for) else {
            self.tally.note("calls: not covered by any grant");
            let (key, version, at) = (self.company.keys[call.key].get(), self.version, at.as_micros());
            self.audit.not_covered(key, (MODELS[call.model], PROVIDERS[provider], TOOLS[call.tool]), version, at)?;
            return Ok(None);
        };
        match self.bug {
            Some(Bug::NoCeiling) => drop(plan.ceilings.pop()),
            Some(Bug::WrongOrder) => plan.grants.reverse(),
            _ => {}
        }
        let kept = plan.ceilings.iter().filter_map(|leg| Some((key_of(leg.account), leg.reserve?.get().into())));
        let kept = Rc::new(kept.collect());
        let planned = Rc::new(Planned { plan, version: self.version, numbers: Vec::new(), kept });
        self.planned.insert(entry, Rc::clone(&planned));
        Ok(Some(planned))
    }

    /// Asks for one hold on all accounts as the gateway does; `None`: not now.
    fn hold(
        &mut self,
        call: &Call,
        planned: Rc<Planned>,
        want: Nano,
        least: Nano,
    ) -> Result<Option<(Rc<Planned>, HoldOutcome)>, Finding> {
        let mut planned = planned;
        let legs = || planned.plan.grants.iter().chain(&planned.plan.ceilings);
        let terms: Vec<Terms> = legs().map(|leg| self.terms(leg)).collect();
        let wanted: Vec<_> = legs().map(|leg| leg.account).zip(terms.iter().copied()).collect();
        let grants_len = planned.plan.grants.len();
        let run = call.run.filter(|_| !self.has(Bug::NoRunBudget)).map(Run::leg);
        let all_terms: Vec<Terms> = terms.iter().copied().chain(run.as_ref().map(Terms::from)).collect();
        for _ in 0..3 {
            if planned.numbers.is_empty() {
                let numbers = match self.ledger.accounts(&wanted) {
                    Ok((numbers, _)) => numbers.to_vec(),
                    Err(why) => return self.not_now(&why),
                };
                let Planned { plan, version, kept, .. } = &*planned;
                planned = Rc::new(Planned { plan: plan.clone(), version: *version, numbers, kept: Rc::clone(kept) });
                let provider = usize::try_from(call.attempt).unwrap_or(0).min(PROVIDERS.len() - 1);
                self.planned.insert((call.key, call.model, provider, call.tool), Rc::clone(&planned));
            }
            let (grants, ceilings) = planned.numbers.split_at(grants_len);
            let mut ceilings = ceilings.to_vec();
            if let Some(leg) = &run {
                match self.ledger.accounts(&[(leg.account, Terms::from(leg))]) {
                    Ok((numbers, _)) => ceilings.extend(numbers),
                    Err(why) => return self.not_now(&why),
                }
            }
            if self.has(Bug::HastyDenial) && self.dice.per_mille(100) {
                // The ledger is not even asked.
                let (blocking, none) = (purser_ledger::Blocking::Grants, Nano::ZERO);
                let short = purser_ledger::Shortfall { blocking, available: none, if_all_released: none, least };
                return Ok(Some((planned, HoldOutcome::Short(short))));
            }
            let ceilings = &ceilings[..];
            match self.ledger.hold_if(&HoldRequest { grants, ceilings, want, least }, &all_terms) {
                Ok(Some(outcome)) => return Ok(Some((planned, outcome))),
                Ok(None) => {
                    let Planned { plan, version, kept, .. } = &*planned;
                    let (numbers, kept) = (Vec::new(), Rc::clone(kept));
                    planned = Rc::new(Planned { plan: plan.clone(), version: *version, numbers, kept });
                }
                Err(why) => return self.not_now(&why),
            }
        }
        Err(odd("the accounts of a plan had other limits three times in a row"))
    }

    /// Notes that a guaranteed call was let through where others would not be.
    fn note_guarantees(&mut self, planned: &Planned) {
        let plan = &planned.plan;
        let guaranteed = plan.grants.iter().filter(|leg| leg.is_guaranteed()).count();
        if guaranteed == 0 {
            return;
        }
        if guaranteed < plan.grants.len() {
            self.tally.note("guarantees: beside other money in one call");
        }
        let above = plan.ceilings.iter().filter(|leg| leg.reserve.is_some());
        let balances = above.filter_map(|leg| self.ledger.find(&leg.account)).collect::<Vec<_>>();
        if balances.iter().any(|balance| !balance.available().is_positive()) {
            self.tally.note("guarantees: where others have nothing left");
        }
    }

    /// What the gateway tells the ledger of an account.
    fn terms(&self, leg: &purser_core::plan::Leg) -> Terms {
        let guarantee = match leg.reserve {
            Some(Nano::ZERO) => Guarantee::Plain,
            Some(_) if self.has(Bug::BoundGuarantee) => Guarantee::Plain,
            Some(_) if self.has(Bug::NoReserve) => Guarantee::Yields { reserve: Nano::ZERO },
            Some(reserve) if self.has(Bug::SmallReserve) => Guarantee::Yields { reserve: Nano::new(reserve.get() / 2) },
            Some(reserve) => Guarantee::Yields { reserve },
            None if leg.is_guaranteed() => Guarantee::Guaranteed,
            None if self.has(Bug::EverythingGuaranteed) && matches!(leg.of, purser_core::plan::LegOf::Grant(_)) => {
                Guarantee::Guaranteed
            }
            None => Guarantee::Plain,
        };
        Terms { limit: leg.limit, guarantee }
    }

    fn not_now<T>(&mut self, why: &LedgerError) -> Result<Option<T>, Finding> {
        match why {
            LedgerError::PeriodOver(_) => {
                self.tally.note("calls: period over");
                self.planned.clear();
                Ok(None)
            }
            LedgerError::Busy(_) | LedgerError::Stopped { .. } => Ok(None),
            other => Err(odd(format!("{}: {other:?}", whole(other)))),
        }
    }

    /// May it go out? Then it goes.
    fn send(&mut self, call: &mut Call, hold: Hold, mut sent: Sent) -> Result<Stage, Finding> {
        if !self.has(Bug::NotCleared) {
            match ready(hold.cleared()) {
                None => return Ok(Stage::Clearing(hold, sent)),
                Some(Err(why)) => {
                    self.excuse(&why)?;
                    return Ok(Stage::Over);
                }
                Some(Ok(())) => {}
            }
        }
        self.clear(&hold)?;
        let answer = Answer::throw(&mut self.dice);
        self.tally.note(answer.name());
        if !answer.is_served() {
            return self.give_up(call, hold);
        }
        if answer == Answer::Instead {
            let at = sent.planned.plan.at;
            let (prices, provider) = (self.company.directory.prices(), sent.card.provider());
            sent.served_card = Arc::clone(prices.lookup(provider, INSTEAD, at).map_err(|why| odd(whole(&why)))?);
            sent.instead = true;
        }
        let served = call.prompt;
        self.serve(hold.id(), &sent, served)?;
        let waits = if answer == Answer::Stalled { 8 } else { 1 };
        Ok(Stage::Streaming { hold, sent, answer, served, waits })
    }

    /// What the ledger says may be spent, checked by the auditor.
    fn clear(&mut self, hold: &Hold) -> Step {
        self.look()?;
        let (lsn, durable) = match hold.clearance() {
            Clearance::Written(lsn) => (lsn, false),
            Clearance::Durable(lsn) => (lsn, true),
        };
        self.audit.cleared(name(hold.id()), hold.amount().get().into(), lsn.0, durable)
    }

    /// The provider serves so much in all.
    fn serve(&mut self, hold: HoldId, sent: &Sent, served: Counts) -> Step {
        let card = sent.served_card.version().0;
        self.audit.finish(name(hold), Finish::Costs(card, served))?;
        self.audit.served(name(hold), card, served)
    }

    /// Nothing was served: the hold goes back, and another provider may be tried.
    fn give_up(&mut self, call: &mut Call, hold: Hold) -> Result<Stage, Finding> {
        match self.bug {
            Some(Bug::LeakedHold) => std::mem::forget(hold),
            Some(Bug::DroppedHold) => drop(hold),
            _ => match hold.release() {
                Ok(_) => self.tally.note("calls: released"),
                Err(why) => {
                    self.excuse(&why)?;
                    return Ok(Stage::Over);
                }
            },
        }
        call.attempt += 1;
        if usize::try_from(call.attempt).is_ok_and(|attempt| attempt < PROVIDERS.len()) {
            self.tally.note("calls: fell back");
            return Ok(Stage::Asking);
        }
        Ok(Stage::Over)
    }

    /// How long the answer gets with what the hold can pay for now.
    fn output_within(&self, call: &Call, amount: Nano, sent: &Sent) -> u64 {
        let all = call.output.min(sent.output_max);
        if sent.bound <= amount || self.has(Bug::UnderBound) {
            return all;
        }
        let bounds = Bounds { input_tokens: call.prompt_max, ..Bounds::default() };
        let fits = rating::affordable_output(&sent.card, amount, &bounds, sent.terms);
        all.min(fits.ok().flatten().unwrap_or(0))
    }

    /// The answer comes, piece by piece.
    fn stream(
        &mut self,
        call: &Call,
        mut hold: Hold,
        sent: Sent,
        answer: Answer,
        served: Counts,
        waits: u32,
    ) -> Result<Stage, Finding> {
        // What a growth added may be spent once it is safe.
        if sent.bound != hold.amount() && !self.has(Bug::GrowthNotCleared) {
            match ready(hold.cleared()) {
                None => return Ok(Stage::Streaming { hold, sent, answer, served, waits }),
                Some(Err(why)) => {
                    self.excuse(&why)?;
                    return Ok(Stage::Streaming { hold, sent, answer, served, waits });
                }
                Some(Ok(())) => self.clear(&hold)?,
            }
        }
        let within = self.output_within(call, hold.amount(), &sent);
        let output = served.output + self.dice.between(0, within.saturating_sub(served.output));
        let served = Counts { output, ..served };
        self.serve(hold.id(), &sent, served)?;
        if waits > 0 {
            return Ok(Stage::Streaming { hold, sent, answer, served, waits: waits - 1 });
        }
        let served = Counts { output: within.max(served.output), ..served };
        self.serve(hold.id(), &sent, served)?;
        if within < call.output.min(sent.output_max) {
            let missing = sent.bound.saturating_sub(hold.amount());
            let want = Nano::new((missing.get() / 2).max(1));
            match hold.grow(want, Nano::new(1)) {
                Ok(GrowOutcome::Grown { .. }) => {
                    self.tally.note("calls: grew");
                    if self.has(Bug::GrowthNotCleared) {
                        // What it says it may spend is what it holds.
                        let more = Counts { output: self.output_within(call, hold.amount(), &sent), ..served };
                        self.serve(hold.id(), &sent, more)?;
                        return Ok(Stage::Streaming { hold, sent, answer, served: more, waits: 1 });
                    }
                    return Ok(Stage::Streaming { hold, sent, answer, served, waits: 1 });
                }
                Ok(GrowOutcome::Wait(_)) => return Ok(Stage::Streaming { hold, sent, answer, served, waits: 1 }),
                // No more money: the answer ends here.
                Ok(GrowOutcome::Short(_)) => {}
                Err(why) => {
                    self.excuse(&why)?;
                    return Ok(Stage::Streaming { hold, sent, answer, served, waits });
                }
            }
        }
        let Some(settlement) = self.measure(call, &hold, &sent, answer, served)? else {
            return match hold.release() {
                Ok(_) => Ok(Stage::Over),
                Err(why) => self.excuse(&why).map(|()| Stage::Over),
            };
        };
        Ok(Stage::Settling { hold, settlement, answer })
    }

    /// Steps 4 and 5 of the gateway: what was used, and what that costs. `None`: a bug gives the hold back.
    fn measure(
        &mut self,
        call: &Call,
        hold: &Hold,
        sent: &Sent,
        answer: Answer,
        served: Counts,
    ) -> Result<Option<Settlement>, Finding> {
        let reported = answer.report(served);
        let mut mark = match answer {
            Answer::Cut => Mark::Estimated,
            _ if reported.is_none() => Mark::Presumed,
            _ => Mark::Exact,
        };
        if reported.is_none() && self.has(Bug::ReleasedOnTimeout) {
            return Ok(None);
        }
        let seen = match answer {
            // Half of the answer came before the connection broke, and no figures.
            Answer::Cut => Counts { input: call.prompt_max, output: served.output / 2, ..Counts::default() },
            _ => Counts { input: call.prompt.input, ..Counts::default() },
        };
        let mut counts = reported.unwrap_or(seen);
        if self.has(Bug::CacheTwice) {
            counts.input += counts.cache_read;
        }
        let card = if self.has(Bug::WrongCard) { &sent.card } else { &sent.served_card };
        let terms = if self.has(Bug::NoDiscount) { Ratio::ONE } else { sent.terms };
        let usage = usage(counts);
        let served_model = Served { model: sent.instead.then(|| INSTEAD.to_owned()), ..Served::default() };
        let mut charge = rating::rate(card, &usage, &served_model, terms).map_err(odd)?;
        if self.has(Bug::RoundsUp) {
            charge = by_line(card, &counts, &served_model, terms).map_err(odd)?;
        }
        if self.has(Bug::RoundsHalfUp) {
            charge = half_up(card, &usage, &served_model, terms).map_err(odd)?;
        }
        let believable = charge.get() / BELIEVABLE <= sent.bound.get();
        if let Some(reported) = reported {
            self.audit.reported(name(hold.id()), sent.served_card.version().0, reported, believable)?;
            if !believable {
                (mark, charge) = (Mark::Disputed, hold.amount());
            }
        } else {
            charge = charge.min(hold.amount());
        }
        let detail = detail(call, sent, usage, card, terms, mark);
        Ok(Some(Settlement { charge, mark, detail }))
    }

    fn settle(&mut self, call: &Call, hold: Hold, settlement: Settlement, answer: Answer) -> Result<Stage, Finding> {
        let (id, amount) = (hold.id(), hold.amount());
        match hold.settle(settlement.clone()) {
            Ok(settled) => {
                self.tally.note("calls: settled");
                if settled.charge != settlement.charge || settled.repeated {
                    return Err(odd(format!("{id} settled with {} and answered {settled:?}", settlement.charge)));
                }
                if settled.charge > amount {
                    self.tally.note("calls: overran");
                }
                match settlement.mark {
                    Mark::Exact if answer != Answer::Doubled => self.settled.push(id),
                    _ => self.true_up(id),
                }
                let _ = call;
                Ok(Stage::Confirming { id, settlement, settled, answer })
            }
            Err(why) => self.excuse(&why).map(|()| Stage::Over),
        }
    }

    /// Waits until the charge is on disk, and tells it. A repeated answer and a client that asks again get the same.
    fn confirm(
        &mut self,
        id: HoldId,
        settlement: Settlement,
        settled: Settled,
        answer: Answer,
    ) -> Result<Stage, Finding> {
        if answer == Answer::Repeated && self.dice.per_mille(500) {
            if self.has(Bug::SettledTwice) {
                return self.settle_twice(id, settlement, settled);
            }
            let again = Settlement { charge: Nano::new(settlement.charge.get() + 7), ..settlement.clone() };
            match self.ledger.settle(id, again) {
                Ok(first) if first.repeated && first.lsn == settled.lsn => {}
                Ok(other) => return Err(odd(format!("{id} settled again answers {other:?} after {settled:?}"))),
                Err(why) => self.excuse(&why)?,
            }
        }
        if !self.has(Bug::EarlyAck) {
            match ready(self.ledger.durable(settled.lsn)) {
                None => return Ok(Stage::Confirming { id, settlement, settled, answer }),
                Some(Err(why)) => {
                    self.excuse(&why)?;
                    return Ok(Stage::Over);
                }
                Some(Ok(())) => {}
            }
        }
        self.look()?;
        self.audit.acknowledged(settled.lsn.0)?;
        self.tally.note("calls: acknowledged");
        Ok(Stage::Over)
    }

    /// The bug: the second answer is taken for another call's and pays again.
    fn settle_twice(&mut self, id: HoldId, settlement: Settlement, settled: Settled) -> Result<Stage, Finding> {
        let Some(view) = self.planned.values().find(|planned| !planned.numbers.is_empty()).map(Rc::clone) else {
            return Ok(Stage::Over);
        };
        let (grants, ceilings) = view.numbers.split_at(view.plan.grants.len());
        let request = HoldRequest { grants, ceilings, want: settlement.charge, least: Nano::ZERO };
        if let Ok(HoldOutcome::Placed(hold)) = self.ledger.hold(&request) {
            let _ = hold.settle(settlement.clone());
        }
        Ok(Stage::Confirming { id, settlement, settled, answer: Answer::Whole })
    }
}

/// An account's key in the auditor's plain numbers.
fn key_of(account: purser_core::account::AccountKey) -> crate::audit::Key {
    let (kind, id) = match account.subject {
        Subject::Grant(grant) => (1, grant.get()),
        Subject::Budget(budget) => (2, budget.get()),
        Subject::Run(run) => (3, run.get()),
    };
    let (start, end) = (account.period.start.as_micros(), account.period.end.as_micros());
    crate::audit::Key { kind, id, start, end }
}

fn usage(counts: Counts) -> Usage {
    Usage {
        input_uncached: counts.input,
        cache_read: counts.cache_read,
        cache_write_5m: counts.cache_write,
        output: counts.output,
        ..Usage::default()
    }
}

fn detail(call: &Call, sent: &Sent, usage: Usage, card: &RateCard, terms: Ratio, mark: Mark) -> Detail {
    let record = ChargeRecord {
        person: purser_core::id::PersonId::new(u128::try_from(call.key).unwrap_or(0)),
        key: purser_core::id::KeyId::new(u128::from(call.no)),
        unit: Some(purser_core::id::UnitId::new(1)),
        run: call.run.map(|run| run.id),
        session: call.calibrated.then_some(call.no),
        provider: sent.card.provider().to_owned(),
        requested: MODELS[call.model].to_owned(),
        served: sent.instead.then(|| INSTEAD.to_owned()),
        dialect: Dialect::OpenAiChat,
        tier: purser_core::usage::Tier::Standard,
        geo: None,
        usage,
        card: card.version(),
        mark: match mark {
            Mark::Exact => charge::Mark::Exact,
            Mark::Estimated => charge::Mark::Estimated,
            Mark::Presumed => charge::Mark::Presumed,
            Mark::Disputed => charge::Mark::Disputed,
        },
        terms,
        client: if call.no.is_multiple_of(2) { String::new() } else { "sim".to_owned() },
        attempt: u8::try_from(call.attempt).unwrap_or(u8::MAX),
        beside: Vec::new(),
        parent: call.no.is_multiple_of(3).then(|| purser_core::id::RunId::new(9)),
        version: call.no.is_multiple_of(5).then(|| "1.2".to_owned()),
        project: call.no.is_multiple_of(7).then(|| "shop".to_owned()),
        instead_of: None,
        human: call.no.is_multiple_of(4),
        retried: call.attempt > 0,
    };
    let mut bytes = Vec::new();
    record.encode(&mut bytes).expect("all its texts are short");
    Detail::from_vec(bytes)
}

/// The bug: every line rounded up by itself.
fn by_line(card: &RateCard, counts: &Counts, served: &Served, terms: Ratio) -> Result<Nano, rating::RatingError> {
    let charge = rating::explain(card, &usage(*counts), served, terms)?;
    let up = |line: &rating::Line| {
        let (above, below) = line.amount().unwrap_or((0, 1));
        i64::try_from((above + below - 1) / below).unwrap_or(i64::MAX)
    };
    Ok(Nano::new(charge.working.iter().map(up).sum()))
}

/// The bug: a half goes up.
fn half_up(card: &RateCard, usage: &Usage, served: &Served, terms: Ratio) -> Result<Nano, rating::RatingError> {
    let charge = rating::explain(card, usage, served, terms)?;
    let lines: Vec<(i128, i128)> = charge.working.iter().filter_map(rating::Line::amount).collect();
    let below: i128 = lines.first().map_or(1, |line| line.1);
    let above: i128 = lines.iter().map(|line| line.0).sum();
    Ok(Nano::new(i64::try_from((2 * above + below) / (2 * below)).unwrap_or(i64::MAX)))
}
