//! The entries after which the ledger equals the bill.
//!
//! Who pays: a difference that only one call can have made is that call's, and whoever paid for it pays what it really cost.
//! What can't be told of one call is never a person's to pay: the company bears it. What the bill has less than the ledger goes
//! back to those who paid.

use std::collections::BTreeSet;

use super::compare::{ALL_MODELS, Counts, Differences, add, cost_groups, timing};
use super::{ApiKey, Cause, CostKind, Day, Prices, ReportedDay};
use crate::charge::{ChargeRecord, Mark};
use crate::money::Nano;
use crate::usage::Usage;

/// A call whose charge is not exact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// What its settlement says.
    pub record: ChargeRecord,
    /// What is charged for it.
    pub charge: Nano,
    /// What was held for it, where that is known: it can't have cost more.
    pub held: Option<Nano>,
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A call that was not exact, charged by what the report shows.
    Call {
        /// Its model.
        model: String,
        /// Which of the calls that were given for the day and the model.
        call: usize,
        /// What it used.
        usage: Usage,
        /// What it costs.
        charge: Nano,
        /// What it was charged before.
        before: Nano,
        /// It is the only one that can have made the difference: the usage is exactly its own.
        alone: bool,
    },
    /// What the company bears.
    Company {
        /// The model, where it is of one.
        model: Option<String>,
        /// What was used; nothing where it is of money alone.
        usage: Usage,
        /// What it costs.
        amount: Nano,
        /// Why.
        cause: Cause,
        /// The account's key, where it is of one.
        key: Option<ApiKey>,
    },
    /// What goes back to those who paid for the day's calls, each in proportion to what they were charged.
    GiveBack {
        /// Of which model; of all where it is missing.
        model: Option<String>,
        /// How much, above zero.
        amount: Nano,
    },
}

/// A rest of money up to here is called a rounding.
const ROUNDING: Nano = Nano::new(10_000);

impl Step {
    /// The model, where it is of one.
    fn model(&self) -> Option<&str> {
        match self {
            Self::Call { model, .. } => Some(model),
            Self::Company { model, .. } | Self::GiveBack { model, .. } => model.as_deref(),
        }
    }

    /// What the ledger has more after it.
    pub fn delta(&self) -> Nano {
        match self {
            Self::Call { charge, before, .. } => charge.saturating_sub(*before),
            Self::Company { amount, .. } => *amount,
            Self::GiveBack { amount, .. } => Nano::ZERO.saturating_sub(*amount),
        }
    }
}

/// A day's entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlannedDay {
    /// Since 1970-01-01.
    pub day: i64,
    /// In the order in which they are made.
    pub steps: Vec<Step>,
    /// What the ledger has of the day now.
    pub ledger: Nano,
    /// What the provider bills for it; `None` where no whole cost report has it.
    pub bill: Option<Nano>,
}

impl PlannedDay {
    /// What the ledger has after the steps.
    pub fn after(&self) -> Nano {
        self.steps.iter().fold(self.ledger, |sum, step| sum.saturating_add(step.delta()))
    }
}

/// Gives the calls of a day and model that are not exact.
pub type CallsOf<'a, E> = dyn FnMut(i64, &str) -> Result<Vec<Call>, E> + 'a;

/// Plans days, in order and each a day after the one before. Days that no report covers wholly are left alone. `calls` gives
/// the calls of a day and model that are not exact, `recharge` what a record's usage costs by the card that it names.
///
/// # Errors
/// Those of `calls`.
pub fn plan<E>(
    days: &[ReportedDay],
    own_keys: &BTreeSet<String>,
    prices: &dyn Prices,
    calls: &mut CallsOf<'_, E>,
    recharge: &dyn Fn(&ChargeRecord) -> Option<Nano>,
) -> Result<Vec<PlannedDay>, E> {
    let differences: Vec<_> = days.iter().map(|day| Differences::of(day, own_keys)).collect();
    let mut planned = Vec::new();
    for (place, day) in days.iter().enumerate() {
        let ledger = day.ledger.values().fold(Nano::ZERO, |sum, calls| sum.saturating_add(calls.charge));
        let mut plan = PlannedDay { day: day.day, ledger, ..PlannedDay::default() };
        let of = differences.get(place).and_then(Option::as_ref);
        if let Some(of) = of.filter(|_| day.usage.as_ref().is_some_and(Day::is_whole)) {
            let shifted = timing(&differences, place);
            quantities(day, of, &shifted, prices, (calls, recharge), &mut plan.steps)?;
            let apart = day.priority_apart && !of.priority.is_empty();
            // Usage that is billed a day later is paid a day later.
            if let Some(costs) = day.costs.as_ref().filter(|costs| costs.is_whole() && !apart && shifted.is_empty()) {
                money(day, of, costs, prices, &mut plan);
            }
        }
        if !plan.steps.is_empty() {
            planned.push(plan);
        }
    }
    Ok(planned)
}

type Asked<'a, E> = (&'a mut CallsOf<'a, E>, &'a dyn Fn(&ChargeRecord) -> Option<Nano>);

fn quantities<E>(
    day: &ReportedDay,
    of: &Differences,
    shifted: &BTreeSet<String>,
    prices: &dyn Prices,
    (calls, recharge): Asked<'_, E>,
    steps: &mut Vec<Step>,
) -> Result<(), E> {
    for (model, differences) in &of.own {
        if shifted.contains(model) || !day.ledger.contains_key(model) && differences.values().all(|more| *more < 0) {
            continue;
        }
        let ledger = day.ledger.get(model);
        let inexact = ledger.is_some_and(|ledger| ledger.inexact.calls() > 0);
        let calls = if inexact { calls(day.day, model)? } else { Vec::new() };
        let mut rest = differences.clone();
        if let [call] = calls.as_slice()
            && ledger.is_some_and(|ledger| ledger.inexact.calls() == 1)
            && let Some(step) = alone(model, call, differences, recharge)
        {
            steps.push(step);
            continue;
        }
        steps.extend(lowered(model, &calls, &mut rest, recharge));
        rest.retain(|_, more| *more > 0);
        let cause = match ledger {
            Some(ledger) if ledger.calls > 0 && inexact => Cause::Estimates,
            Some(ledger) if ledger.calls > 0 && day.suspense.is_positive() => Cause::Suspense,
            Some(ledger) if ledger.calls > 0 => Cause::Unexplained,
            _ => Cause::ShadowKey,
        };
        steps.extend(company(day.day, model, &rest, (cause, None), prices));
    }
    for (key, model, counts) in &of.shadow {
        steps.extend(company(day.day, model, counts, (Cause::ShadowKey, Some(key.clone())), prices));
    }
    Ok(())
}

/// The difference is the one call's, where that can be: no count below nothing, and no more than was held for it.
fn alone(
    model: &str,
    call: &Call,
    differences: &Counts,
    recharge: &dyn Fn(&ChargeRecord) -> Option<Nano>,
) -> Option<Step> {
    let mut record = call.record.clone();
    for (bucket, more) in differences {
        let count = bucket.of_mut(&mut record.usage);
        *count = count.checked_add_signed(*more)?;
    }
    record.usage.reasoning = record.usage.reasoning.min(record.usage.output);
    record.mark = Mark::Exact;
    let charge = recharge(&record)?;
    let fits = charge <= call.charge || call.held.is_some_and(|held| charge <= held);
    fits.then(|| Step::Call {
        model: model.to_owned(),
        call: 0,
        usage: record.usage,
        charge,
        before: call.charge,
        alone: true,
    })
}

/// What several calls were estimated too high is taken off each in proportion; `rest` is what is left of the differences.
fn lowered(
    model: &str,
    calls: &[Call],
    rest: &mut Counts,
    recharge: &dyn Fn(&ChargeRecord) -> Option<Nano>,
) -> Vec<Step> {
    let mut usages: Vec<Usage> = calls.iter().map(|call| call.record.usage).collect();
    let too_high: Vec<_> =
        rest.iter().filter(|(_, more)| **more < 0).map(|(b, more)| (*b, more.unsigned_abs())).collect();
    for (bucket, less) in too_high {
        let counts: Vec<u64> = usages.iter().map(|usage| bucket.of(usage)).collect();
        let all = counts.iter().fold(0_u64, |sum, count| sum.saturating_add(*count));
        let taken = less.min(all);
        for (usage, part) in usages.iter_mut().zip(spread(taken, &counts)) {
            let count = bucket.of_mut(usage);
            *count = count.saturating_sub(part);
        }
        add(rest, &Counts::from([(bucket, i64::try_from(taken).unwrap_or(i64::MAX))]), 1);
    }
    let mut steps = Vec::new();
    for (place, (call, mut usage)) in calls.iter().zip(usages).enumerate() {
        if usage == call.record.usage {
            continue;
        }
        usage.reasoning = usage.reasoning.min(usage.output);
        let record = ChargeRecord { usage, ..call.record.clone() };
        // Fewer tokens never cost more; where no price is known any more, the call stays as it is.
        if let Some(charge) = recharge(&record).filter(|charge| *charge <= call.charge) {
            let model = model.to_owned();
            steps.push(Step::Call { model, call: place, usage, charge, before: call.charge, alone: false });
        }
    }
    steps
}

fn company(
    day: i64,
    model: &str,
    counts: &Counts,
    (cause, key): (Cause, Option<ApiKey>),
    prices: &dyn Prices,
) -> Option<Step> {
    if counts.is_empty() {
        return None;
    }
    let mut usage = Usage::default();
    for (bucket, more) in counts {
        *bucket.of_mut(&mut usage) = u64::try_from(*more).unwrap_or(0);
    }
    // Without a price the costs of the day say what it is.
    let amount = prices.value(day, model, counts).unwrap_or(Nano::ZERO).max(Nano::ZERO);
    Some(Step::Company { model: Some(model.to_owned()), usage, amount, cause, key })
}

/// What is left between the ledger and the costs of the day, model by model where the costs are.
fn money(
    day: &ReportedDay,
    of: &Differences,
    costs: &Day<super::CostLine>,
    prices: &dyn Prices,
    plan: &mut PlannedDay,
) {
    let usage = costs.lines.iter().filter(|line| line.kind == CostKind::Usage);
    let bill = usage.clone().fold(Nano::ZERO, |sum, line| sum.saturating_add(line.amount));
    plan.bill = Some(bill);
    for group in cost_groups(day, Some(of), costs, prices) {
        let all = group.model == ALL_MODELS && of.reported.contains_key(ALL_MODELS);
        let is_of = |model: Option<&str>| all || model.unwrap_or(ALL_MODELS) == group.model;
        let planned = plan.steps.iter().filter(|step| is_of(step.model()));
        let due = planned.fold(group.due, |sum, step| sum.saturating_add(step.delta()));
        close(plan, &group.model, group.cost.amount.saturating_sub(due));
    }
    // Costs that are not of the models that used it leave something that is of none.
    let rest = bill.saturating_sub(plan.after());
    close(plan, ALL_MODELS, rest);
}

fn close(plan: &mut PlannedDay, model: &str, rest: Nano) {
    let model = (model != ALL_MODELS).then(|| model.to_owned());
    if rest.is_positive() {
        let cause = if rest <= ROUNDING { Cause::Rounding } else { Cause::PriceDrift };
        plan.steps.push(Step::Company { model, usage: Usage::default(), amount: rest, cause, key: None });
    } else if rest.is_negative() {
        plan.steps.push(Step::GiveBack { model, amount: Nano::ZERO.saturating_sub(rest) });
    }
}

/// An amount in parts that are in proportion to the weights and add up to it exactly, none above its weight where the amount
/// is not above all of them. Part k is what the first k weights get less what the first k − 1 get, each rounded down.
pub fn spread(amount: u64, weights: &[u64]) -> Vec<u64> {
    let all: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
    let (mut before, mut sum, mut parts) = (0_u128, 0_u128, Vec::with_capacity(weights.len()));
    for weight in weights {
        sum = sum.saturating_add(u128::from(*weight));
        let upto = u128::from(amount).checked_mul(sum).and_then(|product| product.checked_div(all)).unwrap_or(0);
        parts.push(u64::try_from(upto.saturating_sub(before)).unwrap_or(0));
        before = upto;
    }
    parts
}
