//! When there is an alarm.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Level;
use crate::calendar::Cadence;
use crate::role::Family;

/// Thresholds of one rule at most.
pub const USED_MAX: usize = 5;

/// The rules of a company. A rule that is set to nothing is off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// Thresholds of what is used of an allowance or of a unit's or the company's budget, in hundredths, rising; each is told
    /// once in a period. None: off.
    pub used_percent: Vec<u8>,
    /// The shortest period that they are told of: `day`, `week`, `month`, `quarter` or `year`.
    pub shortest: Shortest,
    /// It is told that money will end when that is so many days before its period ends, or more. Zero: off.
    pub runs_out_days: u16,
    /// Is it told when somebody's money goes faster than theirs ever did?
    pub speed: bool,
    /// When hardly anything is used.
    pub under_use: UnderUseRules,
}

/// The shortest period that is told of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Shortest {
    /// Every one.
    Day,
    /// A week and longer.
    #[default]
    Week,
    /// A month and longer.
    Month,
    /// A quarter and longer.
    Quarter,
    /// A year and longer.
    Year,
}

impl Shortest {
    /// Is it told of this one?
    pub fn includes(self, cadence: Cadence) -> bool {
        let least = match self {
            Self::Day => Cadence::Day,
            Self::Week => Cadence::Week,
            Self::Month => Cadence::Month,
            Self::Quarter => Cadence::Quarter,
            Self::Year => Cadence::Year,
        };
        least <= cadence
    }
}

/// When hardly anything is used. Both look at whole weeks; what was released, and what somebody costs, count by the days on
/// which they were there, and by their working share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct UnderUseRules {
    /// Told as worth a look: less than so many hundredths of what was released in the last `weeks`. Zero: off.
    pub warn_percent: u8,
    /// The same for a family of roles instead.
    pub warn_percent_of: BTreeMap<Family, u8>,
    /// Told as something that somebody has to look at: at most so many thousandths of what the position costs, over the last
    /// year. Zero: off.
    pub critical_per_mille: u16,
    /// How many weeks the first one looks back on.
    pub weeks: u8,
    /// Nothing is told in somebody's first weeks.
    pub first_weeks: u8,
}

impl Default for Rules {
    /// 50, 80 and 100 %, as budget alerts of clouds have them; of allowances by the day nobody could do anything with it. A
    /// week ahead (three days) somebody can still decide about a top-up.
    fn default() -> Self {
        Self {
            used_percent: vec![50, 80, 100],
            shortest: Shortest::default(),
            runs_out_days: 3,
            speed: true,
            under_use: UnderUseRules::default(),
        }
    }
}

impl Default for UnderUseRules {
    /// A quarter of what was given, over a quarter of a year; a hundredth of what the position costs, which is what $5,000 of
    /// $500,000 is. Judgements, to be previewed before they are set. Six weeks to arrive.
    fn default() -> Self {
        Self { warn_percent: 25, warn_percent_of: BTreeMap::new(), critical_per_mille: 10, weeks: 13, first_weeks: 6 }
    }
}

/// Why rules can't be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RulesError {
    /// Thresholds that are too many, out of order or no parts.
    #[error("thresholds are at most {USED_MAX} rising numbers from 1 to 100")]
    Used,
    /// A share above the whole.
    #[error("a part in hundredths is at most 100, one in thousandths at most 1000")]
    Part,
    /// A time that is too short or too long.
    #[error("under-use is looked at over 4 to 13 weeks, with 4 to 52 first weeks in which nothing is told")]
    Weeks,
    /// Days beyond any period.
    #[error("money that ends is told of at most 90 days before its period ends")]
    Days,
}

impl Rules {
    /// Can they be?
    ///
    /// # Errors
    /// [`RulesError`] with what is wrong.
    pub fn check(&self) -> Result<(), RulesError> {
        let rising = self.used_percent.windows(2).all(|two| matches!(two, [a, b] if a < b));
        let parts = self.used_percent.iter().all(|percent| (1..=100).contains(percent));
        if !rising || !parts || self.used_percent.len() > USED_MAX {
            return Err(RulesError::Used);
        }
        let under = &self.under_use;
        let percents = std::iter::once(&under.warn_percent).chain(under.warn_percent_of.values());
        if percents.copied().any(|percent| percent > 100) || under.critical_per_mille > 1_000 {
            return Err(RulesError::Part);
        }
        // What is learned of days goes thirteen weeks back.
        if !(4..=13).contains(&under.weeks) || !(4..=52).contains(&under.first_weeks) {
            return Err(RulesError::Weeks);
        }
        if self.runs_out_days > 90 {
            return Err(RulesError::Days);
        }
        Ok(())
    }

    /// How much a threshold matters.
    pub(super) const fn level(percent: u8) -> Level {
        match percent {
            0..=79 => Level::Note,
            80..=99 => Level::Warn,
            _ => Level::Critical,
        }
    }
}

impl UnderUseRules {
    /// The part below which it is told, for a family of roles.
    pub fn warn_percent_for(&self, family: Option<&Family>) -> u8 {
        family.and_then(|family| self.warn_percent_of.get(family)).copied().unwrap_or(self.warn_percent)
    }
}
