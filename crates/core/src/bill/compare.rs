//! The ledger against a provider's reports, day by day, and the cause of each difference.
//!
//! Quantities first, tolerance none: tokens of each model and bucket. Then money: what the ledger charged, and what the
//! differences of quantity are worth, against the cost. Whatever is left with the quantities explained is a price.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{ApiKey, CostKind, CostLine, Day, UsageLine};
use crate::money::Nano;
use crate::price::{Bucket, Kind};
use crate::usage::Tier;

/// Where a day is not split by model.
pub(crate) const ALL_MODELS: &str = "*";

/// Signed counts by bucket; those of nothing are left out.
pub(crate) type Counts = BTreeMap<Bucket, i64>;

/// What differences of usage are worth.
pub trait Prices {
    /// In the ledger's currency, by the card that held on the day; `None` where there is no price.
    fn value(&self, day: i64, model: &str, differences: &BTreeMap<Bucket, i64>) -> Option<Nano>;
}

/// What the ledger has of a model on a day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// How many.
    pub calls: i64,
    /// What was charged.
    pub charge: Nano,
    /// What was used.
    pub counts: BTreeMap<Bucket, i64>,
    /// What the company bears of earlier bills, in `charge` and not in `counts`.
    pub booked: BTreeMap<Bucket, i64>,
    /// Of them, those whose charge is not the provider's own figure.
    pub inexact: Inexact,
}

/// Calls whose charge is not the provider's own figure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Inexact {
    /// Counted here, because the answer broke off.
    pub estimated: u64,
    /// Never answered, or resolved out of suspense.
    pub presumed: u64,
    /// Charged at the bound, because the figures made no sense.
    pub disputed: u64,
    /// What they are charged together.
    pub charge: Nano,
}

impl Inexact {
    /// How many.
    pub const fn calls(self) -> u64 {
        self.estimated.saturating_add(self.presumed).saturating_add(self.disputed)
    }
}

/// A day (UTC) of one provider: the ledger, and what was reported. Models are by one name on both sides; costs are in the
/// ledger's currency.
#[derive(Clone, Debug, Default)]
pub struct ReportedDay {
    /// Since 1970-01-01.
    pub day: i64,
    /// By model.
    pub ledger: BTreeMap<String, Calls>,
    /// The usage; `None` where no report has the day.
    pub usage: Option<Day<UsageLine>>,
    /// The costs; `None` likewise.
    pub costs: Option<Day<CostLine>>,
    /// What was set aside on that day by calls whose end is not known.
    pub suspense: Nano,
    /// The provider's cost report leaves the priority tier out.
    pub priority_apart: bool,
}

/// Why the bill and the ledger differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Used with a key of the account that is not Purser's, or nowhere in the ledger at all.
    ShadowKey,
    /// The quantity is the same and the price is another.
    PriceDrift,
    /// Calls that broke off or were never answered were estimated.
    Estimates,
    /// Money is set aside for calls whose end is not known.
    Suspense,
    /// The same usage is on the day before or after, or the report does not cover the day.
    Timing,
    /// Nothing but roundings.
    Rounding,
    /// The provider bills it elsewhere than in this report.
    Apart,
    /// None of these.
    Unexplained,
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The day, since 1970-01-01.
    pub day: i64,
    /// Is it one of money with the quantities explained? Of quantities otherwise.
    pub of_cost: bool,
    /// Why.
    pub cause: Cause,
    /// The model, where it is of one.
    pub model: Option<String>,
    /// The account's key, where it is of one.
    pub key: Option<ApiKey>,
    /// What the report has more than the ledger, by bucket.
    pub differences: BTreeMap<Bucket, i64>,
    /// What the bill has more than the ledger; `None` where there is no price for it.
    pub amount: Option<Nano>,
    /// Calls of that day and model that are not exact.
    pub inexact: Inexact,
    /// What the ledger would have expected and what the report has: of costs that drifted, by bucket where the report is by
    /// bucket, as nano-units per million.
    pub implied: Vec<(Option<Bucket>, Nano, Nano)>,
}

/// What of a day the ledger and the report differ by.
#[derive(Clone, Debug, Default)]
pub(crate) struct Differences {
    /// By model, usage of keys that are not Purser's left out.
    pub(crate) own: BTreeMap<String, Counts>,
    /// Usage of keys that are not Purser's.
    pub(crate) shadow: Vec<(ApiKey, String, Counts)>,
    /// All that was reported, by model.
    pub(crate) reported: BTreeMap<String, Counts>,
    /// Models with usage in the priority tier.
    pub(crate) priority: BTreeSet<String>,
}

impl Differences {
    /// `own_keys`: the account's keys that are Purser's; where there are none, all are taken for its own, except one that
    /// alone makes the difference.
    pub(crate) fn of(day: &ReportedDay, own_keys: &BTreeSet<String>) -> Option<Self> {
        let lines = &day.usage.as_ref()?.lines;
        let one = lines.iter().any(|line| line.model.is_none());
        let name = |model: Option<&str>| if one { ALL_MODELS } else { model.unwrap_or(ALL_MODELS) }.to_owned();
        let mut all = Self::default();
        let mut by_key = BTreeMap::<(String, ApiKey), Counts>::new();
        for line in lines {
            let model = name(line.model.as_deref());
            let is_own = match &line.key {
                ApiKey::Untold => true,
                ApiKey::Console => false,
                ApiKey::Id(id) => own_keys.is_empty() || own_keys.contains(id),
            };
            let counts = line.usage.used().map(|(bucket, count)| (bucket, i64::try_from(count).unwrap_or(i64::MAX)));
            let counts: Counts = counts.collect();
            add(all.reported.entry(model.clone()).or_default(), &counts, 1);
            if line.tier == Tier::Priority {
                all.priority.insert(model.clone());
            }
            add(by_key.entry((model.clone(), line.key.clone())).or_default(), &counts, 1);
            if is_own {
                add(all.own.entry(model).or_default(), &counts, 1);
            } else {
                all.shadow.push((line.key.clone(), model, counts));
            }
        }
        for (model, calls) in &day.ledger {
            add(all.own.entry(name(Some(model))).or_default(), &calls.counts, -1);
        }
        // Nobody said whose the keys are: one whose usage is all of the difference is nobody's of Purser's.
        if own_keys.is_empty() {
            for (model, own) in &mut all.own {
                let mut keys = by_key.iter().filter(|((of, key), _)| of == model && matches!(key, ApiKey::Id(_)));
                let several = keys.clone().count() > 1;
                let alone = keys.find(|(_, counts)| several && *counts == own && !own.is_empty());
                if let Some(((_, key), counts)) = alone {
                    all.shadow.push((key.clone(), model.clone(), counts.clone()));
                    own.clear();
                }
            }
        }
        let mut shadow = BTreeMap::<(ApiKey, String), Counts>::new();
        for (key, model, counts) in std::mem::take(&mut all.shadow) {
            add(shadow.entry((key, model)).or_default(), &counts, 1);
        }
        all.shadow = shadow.into_iter().map(|((key, model), counts)| (key, model, counts)).collect();
        // What the company bears already is of keys that are not Purser's first.
        for (model, calls) in &day.ledger {
            let model = name(Some(model));
            let mut booked = calls.booked.clone();
            for (.., counts) in all.shadow.iter_mut().filter(|(_, of, _)| *of == model) {
                let both: Counts =
                    counts.iter().map(|(bucket, count)| (*bucket, (*count).min(booked_of(&booked, *bucket)))).collect();
                add(counts, &both, -1);
                add(&mut booked, &both, -1);
            }
            add(all.own.entry(model).or_default(), &booked, -1);
        }
        all.shadow.retain(|(.., counts)| !counts.is_empty());
        all.own.retain(|_, counts| !counts.is_empty());
        Some(all)
    }
}

fn booked_of(booked: &Counts, bucket: Bucket) -> i64 {
    booked.get(&bucket).copied().unwrap_or(0).max(0)
}

/// Adds counts with a sign; what is nothing then is left out.
pub(crate) fn add(to: &mut Counts, counts: &Counts, sign: i64) {
    for (bucket, count) in counts {
        let sum = to.entry(*bucket).or_default();
        *sum = sum.saturating_add(count.saturating_mul(sign));
    }
    to.retain(|_, count| *count != 0);
}

/// Models of a day whose difference is the opposite of the day's beside it.
pub(crate) fn timing(days: &[Option<Differences>], place: usize) -> BTreeSet<String> {
    let at = |place: Option<usize>| place.and_then(|place| days.get(place)).and_then(Option::as_ref);
    let Some(own) = at(Some(place)) else { return BTreeSet::new() };
    let beside = [at(place.checked_sub(1)), at(place.checked_add(1))];
    let opposite = |model: &String, counts: &Counts| {
        beside.iter().flatten().any(|other| {
            let mut sum = counts.clone();
            other.own.get(model).is_some_and(|theirs| {
                add(&mut sum, theirs, 1);
                sum.is_empty()
            })
        })
    };
    own.own.iter().filter(|(model, counts)| opposite(model, counts)).map(|(model, _)| model.clone()).collect()
}

/// Holds days, in order and each a day after the one before, against what was reported of them.
pub fn compare(days: &[ReportedDay], own_keys: &BTreeSet<String>, prices: &dyn Prices) -> Vec<Found> {
    let differences: Vec<_> = days.iter().map(|day| Differences::of(day, own_keys)).collect();
    let mut found = Vec::new();
    for (place, day) in days.iter().enumerate() {
        let shifted = timing(&differences, place);
        let of = differences.get(place).and_then(Option::as_ref);
        if let Some(of) = of {
            quantities(day, of, &shifted, prices, &mut found);
        }
        if let Some(costs) = &day.costs {
            money(day, of, costs, prices, &mut found);
        }
    }
    found
}

/// What the ledger has of a model, or of all of them together.
pub(crate) fn ledgered(day: &ReportedDay, model: &str) -> Calls {
    if model != ALL_MODELS {
        return day.ledger.get(model).cloned().unwrap_or_default();
    }
    day.ledger.values().fold(Calls::default(), |mut all, calls| {
        all.calls = all.calls.saturating_add(calls.calls);
        all.charge = all.charge.saturating_add(calls.charge);
        add(&mut all.counts, &calls.counts, 1);
        add(&mut all.booked, &calls.booked, 1);
        all.inexact.estimated = all.inexact.estimated.saturating_add(calls.inexact.estimated);
        all.inexact.presumed = all.inexact.presumed.saturating_add(calls.inexact.presumed);
        all.inexact.disputed = all.inexact.disputed.saturating_add(calls.inexact.disputed);
        all.inexact.charge = all.inexact.charge.saturating_add(calls.inexact.charge);
        all
    })
}

fn quantities(
    day: &ReportedDay,
    of: &Differences,
    shifted: &BTreeSet<String>,
    prices: &dyn Prices,
    found: &mut Vec<Found>,
) {
    let whole = day.usage.as_ref().is_some_and(Day::is_whole);
    let one = |cause, model: &str, key, differences: &Counts, inexact| Found {
        day: day.day,
        of_cost: false,
        cause,
        model: Some(model.to_owned()),
        key,
        amount: prices.value(day.day, model, differences),
        differences: differences.clone(),
        inexact,
        implied: Vec::new(),
    };
    for (key, model, counts) in &of.shadow {
        found.push(one(Cause::ShadowKey, model, Some(key.clone()), counts, Inexact::default()));
    }
    for (model, differences) in &of.own {
        let ledger = ledgered(day, model);
        let inexact = ledger.inexact;
        let cause = if shifted.contains(model) || !whole {
            Cause::Timing
        } else if ledger.calls == 0 && ledger.counts.is_empty() {
            Cause::ShadowKey
        } else if inexact.calls() > 0 {
            Cause::Estimates
        } else if day.suspense.is_positive() && differences.values().all(|more| *more > 0) {
            Cause::Suspense
        } else {
            Cause::Unexplained
        };
        found.push(one(cause, model, None, differences, inexact));
    }
}

/// What a day's costs are of one model.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cost {
    pub(crate) amount: Nano,
    grain: Nano,
    buckets: BTreeMap<Bucket, Nano>,
}

/// A day's costs of one model, or of all that are not of one, beside what the ledger has for them.
pub(crate) struct CostGroup {
    /// [`ALL_MODELS`] where it is of none.
    pub(crate) model: String,
    pub(crate) cost: Cost,
    ledger: Calls,
    /// What the ledger charged for just that: fees of tools apart where the costs have them apart.
    pub(crate) due: Nano,
    reported: Counts,
}

/// The groups of a day's costs. Fees of tools may be lines of their own, of no model; whatever else is of none makes one group
/// of all.
pub(crate) fn cost_groups(
    day: &ReportedDay,
    of: Option<&Differences>,
    costs: &Day<CostLine>,
    prices: &dyn Prices,
) -> Vec<CostGroup> {
    let lines = || costs.lines.iter().filter(|line| line.kind == CostKind::Usage);
    let is_fee = |line: &&CostLine| line.bucket.is_some_and(|bucket| bucket.kind() == Kind::Call);
    let one = lines().any(|line| line.model.is_none() && !is_fee(&line))
        || of.is_some_and(|of| of.reported.contains_key(ALL_MODELS));
    let fees_apart = !one && lines().any(|line| line.model.is_none());
    let name = |model: Option<&str>| if one { ALL_MODELS } else { model.unwrap_or(ALL_MODELS) }.to_owned();
    let mut groups = BTreeMap::<String, Cost>::new();
    for line in lines() {
        let cost = groups.entry(name(line.model.as_deref())).or_default();
        cost.amount = cost.amount.saturating_add(line.amount);
        cost.grain = cost.grain.saturating_add(line.grain).saturating_add(Nano::new(1));
        if let Some(bucket) = line.bucket {
            let sum = cost.buckets.entry(bucket).or_default();
            *sum = sum.saturating_add(line.amount);
        }
    }
    for model in day.ledger.keys() {
        groups.entry(name(Some(model))).or_default();
    }
    let none = Counts::new();
    let mut fees = Nano::ZERO;
    let mut all = Vec::new();
    let rest = if one { None } else { groups.remove(ALL_MODELS) };
    for (model, cost) in groups {
        let ledger = ledgered(day, &model);
        let reported = of.and_then(|of| of.reported.get(&model)).unwrap_or(&none).clone();
        let mut due = ledger.charge;
        if fees_apart {
            let calls: Counts =
                reported.iter().filter(|(bucket, _)| bucket.kind() == Kind::Call).map(|(b, c)| (*b, *c)).collect();
            let fee = prices.value(day.day, &model, &calls).unwrap_or(Nano::ZERO);
            fees = fees.saturating_add(fee);
            due = due.saturating_sub(fee);
        }
        all.push(CostGroup { model, cost, ledger, due, reported });
    }
    if let Some(cost) = rest {
        // What the company bears of no model is here too.
        let ledger = day.ledger.get(ALL_MODELS).cloned().unwrap_or_default();
        let due = fees.saturating_add(ledger.charge);
        all.push(CostGroup { model: ALL_MODELS.to_owned(), cost, ledger, due, reported: Counts::new() });
    }
    all
}

fn money(
    day: &ReportedDay,
    of: Option<&Differences>,
    costs: &Day<CostLine>,
    prices: &dyn Prices,
    found: &mut Vec<Found>,
) {
    for CostGroup { model, cost, ledger, due, reported } in cost_groups(day, of, costs, prices) {
        let (worth, known) = match of {
            Some(of) => worth_of_difference(day.day, of, &model, prices),
            None => (Nano::ZERO, false),
        };
        let expected = due.saturating_add(worth);
        let drift = cost.amount.saturating_sub(expected);
        if drift.is_zero() {
            continue;
        }
        let bound = cost.grain.saturating_add(Nano::new(ledger.calls.max(0)));
        let size = if drift.is_negative() { Nano::ZERO.saturating_sub(drift) } else { drift };
        let cause = if day.priority_apart && of.is_some_and(|of| of.priority.contains(&model)) {
            Cause::Apart
        } else if size <= bound {
            Cause::Rounding
        } else if !costs.is_whole() {
            Cause::Timing
        } else if known {
            Cause::PriceDrift
        } else if ledger.inexact.calls() > 0 {
            Cause::Estimates
        } else {
            Cause::Unexplained
        };
        let implied = if cause == Cause::PriceDrift {
            implied(day.day, &model, (&cost, expected), &reported, prices)
        } else {
            Vec::new()
        };
        found.push(Found {
            day: day.day,
            of_cost: true,
            cause,
            model: (model != ALL_MODELS).then_some(model),
            key: None,
            differences: Counts::new(),
            amount: Some(drift),
            inexact: ledger.inexact,
            implied,
        });
    }
}

/// What is used more than the ledger has, at its prices; and whether all of it has one.
fn worth_of_difference(day: i64, of: &Differences, model: &str, prices: &dyn Prices) -> (Nano, bool) {
    let mut differences = of.own.get(model).cloned().unwrap_or_default();
    of.shadow.iter().filter(|(_, name, _)| name == model).for_each(|(.., counts)| add(&mut differences, counts, 1));
    if differences.is_empty() {
        return (Nano::ZERO, true);
    }
    prices.value(day, model, &differences).map_or((Nano::ZERO, false), |value| (value, true))
}

/// A million of each bucket by the price book and by the costs, where these are apart.
fn implied(
    day: i64,
    model: &str,
    (cost, expected): (&Cost, Nano),
    reported: &Counts,
    prices: &dyn Prices,
) -> Vec<(Option<Bucket>, Nano, Nano)> {
    const MILLION: i64 = 1_000_000;
    let mut rows = Vec::new();
    for (bucket, amount) in &cost.buckets {
        let Some(count) = reported.get(bucket).filter(|count| **count > 0) else { continue };
        let Some(listed) = prices.value(day, model, &Counts::from([(*bucket, MILLION)])) else { continue };
        let per_million = i128::from(amount.get()).saturating_mul(i128::from(MILLION)).checked_div(i128::from(*count));
        let Some(told) = per_million.and_then(|nano| i64::try_from(nano).ok()).map(Nano::new) else { continue };
        let due = i128::from(listed.get()).saturating_mul(i128::from(*count));
        let due = due.checked_div(i128::from(MILLION)).unwrap_or(0);
        let off = i128::from(amount.get()).saturating_sub(due);
        if off.saturating_abs() > i128::from(cost.grain.get()).saturating_add(1) {
            rows.push((Some(*bucket), listed, told));
        }
    }
    if rows.is_empty() {
        rows.push((None, expected, cost.amount));
    }
    rows
}
