//! Forecasts.

use purser_core::money::Nano;
use purser_core::time::Instant;
use serde::{Deserialize, Serialize};

/// Whose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ForecastBy {
    /// Each person's.
    Person,
    /// Each unit's, of the people who are in it or below it now.
    Unit,
    /// Each pool's, of what its grants pay.
    Pool,
    /// The company's.
    Company,
}

/// A question about forecasts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WantedForecast {
    /// Only this person's (id or name).
    pub person: Option<String>,
    /// Only this unit's (id or name).
    pub unit: Option<String>,
    /// Those of each `person`, each `unit`, each `pool`, or the `company`; where it is missing the company's, or each person's for whoever
    /// sees a part of it.
    pub by: Option<ForecastBy>,
    /// How many at most: a thousand where it is missing or more.
    pub limit: Option<usize>,
    /// Those after this one: the `next` of the page before.
    pub after: Option<String>,
}

/// What somebody is going to spend if things go on as they did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Forecast {
    /// What it is of.
    pub of: ForecastBy,
    /// The id of the person, the unit or the pool.
    pub id: Option<String>,
    /// Their name.
    pub name: Option<String>,
    /// When this held.
    pub at: Instant,
    /// How many days of the past it is learned from, at most eight weeks; days of UTC.
    pub days: u16,
    /// What a working day costs on average, later weeks counting more.
    pub workday: Nano,
    /// What a weekend day or a holiday costs.
    pub day_off: Nano,
    /// What today has cost so far.
    pub today: Nano,
    /// What part of outcomes is to lie between `low` and `high`, in hundredths.
    pub within_percent: u8,
    /// The running calendar month (UTC).
    pub month: ForecastMonth,
    /// The money until the longest running period ends, of a week at least: of a person's grants, or of the unit's or the
    /// company's budgets. Of a pool what is committed in the running fiscal year and not used yet.
    pub period: Option<ForecastPeriod>,
}

/// What a month comes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ForecastMonth {
    /// `2026-11`.
    pub month: String,
    /// What was spent so far.
    pub spent: Nano,
    /// What the whole month is going to cost.
    pub expected: Nano,
    /// One outcome in ten lies below; nothing while too little is known.
    pub low: Option<Nano>,
    /// One in ten lies above.
    pub high: Option<Nano>,
}

/// Whether money lasts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ForecastPeriod {
    /// When the period began.
    pub starts: Instant,
    /// When the period ends.
    pub ends: Instant,
    /// What is left now.
    pub left: Nano,
    /// What comes until then: other grants release more often.
    pub comes: Nano,
    /// What is going to be spent from now until then.
    pub expected: Nano,
    /// One outcome in ten lies below; nothing while too little is known.
    pub low: Option<Nano>,
    /// One in ten lies above.
    pub high: Option<Nano>,
    /// When the money ends, where that is before the period does.
    pub gone: Option<Instant>,
}

/// A question about earlier forecasts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WantedForecastTest {
    /// Only this person's (id or name).
    pub person: Option<String>,
    /// How many days back: between 84 and 430; half a year where it is missing.
    pub days: Option<u16>,
}

/// What became of the forecasts that would have been made, from the weeks before each alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ForecastTest {
    /// The first day that was looked at (UTC).
    pub from: String,
    /// The first day that was not.
    pub to: String,
    /// People with any spending.
    pub people: usize,
    /// What part of outcomes is to lie between the bounds, in hundredths.
    pub within_percent: u8,
    /// By how far ahead the forecasts were.
    pub items: Vec<ForecastTestRow>,
}

/// Forecasts of so many days ahead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ForecastTestRow {
    /// How many.
    pub days: u16,
    /// How many forecasts there were.
    pub forecasts: u64,
    /// Where the outcome lay between the bounds, in thousandths.
    pub within_per_mille: Option<u64>,
    /// Where it lay below them.
    pub below_per_mille: Option<u64>,
    /// Where it lay above them.
    pub above_per_mille: Option<u64>,
    /// How much more was expected than came, over all of them, in thousandths; below zero for less.
    pub expected_off_per_mille: Option<i64>,
    /// How wide the last bounds were beside what their weeks alone would have said, in thousandths.
    pub widened_per_mille: u32,
}
