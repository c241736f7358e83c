//! Usage over time.

use jiff::ToSpan;
use jiff::civil::Date;
use purser_core::money::Nano;
use purser_core::time::Instant;
use serde::{Deserialize, Serialize};

/// How long a stretch of time is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HistoryPer {
    /// A day (UTC).
    #[default]
    Day,
    /// Monday to Sunday.
    Week,
    /// A calendar month.
    Month,
}

impl HistoryPer {
    /// All three, the shortest first.
    pub const ALL: [Self; 3] = [Self::Day, Self::Week, Self::Month];

    /// As questions and answers name it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// The first day of the stretch that a day is in.
    #[must_use]
    pub fn first_day(self, date: Date) -> Date {
        match self {
            Self::Day => date,
            Self::Week => date.checked_sub(i64::from(date.weekday().to_monday_zero_offset()).days()).unwrap_or(date),
            Self::Month => date.first_of_month(),
        }
    }
}

/// A question about usage over time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WantedUsageHistory {
    /// Only this person's (id or name).
    pub person: Option<String>,
    /// By `day`, `week` or `month`; `day` where it is missing.
    pub per: Option<HistoryPer>,
    /// First day or instant (UTC); the first of the running month where it is missing.
    pub from: Option<String>,
    /// First day or instant not included; the end of today where it is missing.
    pub to: Option<String>,
}

/// What one model cost in one stretch of time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct HistoryRow {
    /// The first day of it: `2026-11-23`. The first stretch may begin before what was asked for; nothing from there counts.
    pub starts: String,
    /// The model.
    pub model: String,
    /// Calls.
    pub calls: u64,
    /// Prompt tokens, every cache bucket included.
    pub input_tokens: u64,
    /// Prompt tokens read from a cache.
    pub cached_tokens: u64,
    /// Answer tokens.
    pub output_tokens: u64,
    /// What they cost.
    pub charge: Nano,
}

/// Usage over time, with the sums over all of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct UsageHistory {
    /// In order of time, models of one stretch in order of their names.
    pub items: Vec<HistoryRow>,
    /// How long a stretch is.
    pub per: HistoryPer,
    /// First instant included.
    pub from: Instant,
    /// First instant not included.
    pub to: Instant,
    /// What they cost together.
    pub charge: Nano,
    /// Calls together.
    pub calls: u64,
}
