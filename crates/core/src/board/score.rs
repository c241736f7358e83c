//! What is compared.

use serde::{Deserialize, Serialize};

use crate::money::Nano;

/// Money below which nobody is ranked: a month of next to nothing says nothing about what comes of it. A judgement.
const COUNTED_MIN: Nano = Nano::new(20_000_000_000);
/// Days of use below which nobody has a pace. A judgement: two weeks' workdays, less two.
const DAYS_MIN: usize = 8;
/// Whose flagged load is more than one part in so many of their money is not ranked that month.
const FLAGGED_PART: i128 = 5;
/// Outcomes of a day that count: more in one day are an import or a script.
const OUTCOMES_DAY_MAX: u64 = 50;
/// A hundred units of the currency.
const HUNDRED: i128 = 100_000_000_000;
/// Percent in whose steps a pace is shown.
const PACE_STEP: u64 = 5;

/// What a board ranks by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Outcomes for every hundred of the currency.
    Outcomes,
    /// On how many of the days of use somebody was near their own middle day.
    Pace,
}

impl Metric {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Outcomes, Self::Pace];

    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Outcomes => "outcomes",
            Self::Pace => "pace",
        }
    }
}

/// What somebody did in a window.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// What they spent, by days with anything. Flagged load is not in it.
    pub days: Vec<Nano>,
    /// Flagged load: the same call over and over, spending with nobody there, runs that a breaker stopped.
    pub flagged: Nano,
    /// What came of the rest, by days with anything.
    pub outcomes: Vec<u64>,
}

/// How well somebody or a team does, exactly: in hundredths of outcomes for a hundred of the currency, or in hundredths of
/// a percent of days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Score(pub u64);

/// Why somebody who joined is not ranked in a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Too much of what they spent is flagged.
    Flagged,
    /// They spent too little, or on too few days.
    TooLittle,
    /// Nothing was logged that came of it.
    NoOutcomes,
}

impl Counted {
    /// What they spent that counts.
    pub fn spent(&self) -> Nano {
        self.days.iter().fold(Nano::ZERO, |sum, day| sum.saturating_add(*day))
    }

    /// Outcomes that count.
    pub fn achieved(&self) -> u64 {
        self.outcomes.iter().fold(0, |sum, day| sum.saturating_add((*day).min(OUTCOMES_DAY_MAX)))
    }

    /// How well they do.
    ///
    /// # Errors
    /// Why they are not ranked.
    pub fn score(&self, metric: Metric) -> Result<Score, Why> {
        let (spent, flagged) = (i128::from(self.spent().get()), i128::from(self.flagged.get()));
        if flagged.saturating_mul(FLAGGED_PART) > spent.saturating_add(flagged) {
            return Err(Why::Flagged);
        }
        if self.spent() < COUNTED_MIN {
            return Err(Why::TooLittle);
        }
        match metric {
            Metric::Outcomes if self.achieved() == 0 => Err(Why::NoOutcomes),
            Metric::Outcomes => Ok(Score::of_outcomes(self.achieved(), self.spent())),
            Metric::Pace => self.pace().ok_or(Why::TooLittle),
        }
    }

    /// The part of the days of use on which somebody spent between half and twice of what they do on their middle one.
    /// Neither more money nor more days make it better.
    fn pace(&self) -> Option<Score> {
        let mut days: Vec<i128> = self.days.iter().map(|day| i128::from(day.get())).filter(|day| *day > 0).collect();
        if days.len() < DAYS_MIN {
            return None;
        }
        days.sort_unstable();
        let middle = *days.get(days.len().div_euclid(2))?;
        let is_near = |day: &&i128| day.saturating_mul(2) >= middle && **day <= middle.saturating_mul(2);
        let near = u64::try_from(days.iter().filter(is_near).count()).ok()?;
        near.saturating_mul(10_000).checked_div(u64::try_from(days.len()).ok()?).map(Score)
    }
}

impl Score {
    /// Of outcomes and the money they took.
    pub(super) fn of_outcomes(achieved: u64, spent: Nano) -> Self {
        let hundredths = i128::from(achieved).saturating_mul(HUNDRED).saturating_mul(100);
        let each = hundredths.checked_div(i128::from(spent.get())).unwrap_or(0);
        Self(u64::try_from(each).unwrap_or(u64::MAX))
    }

    /// As it is shown, and as ranks go by: outcomes to two digits, in hundredths; a pace in steps of five percent, in
    /// percent.
    pub fn shown(self, metric: Metric) -> u64 {
        match metric {
            Metric::Outcomes => {
                let mut step = 1_u64;
                while self.0.checked_div(step).is_some_and(|digits| digits >= 100) {
                    step = step.saturating_mul(10);
                }
                self.nearest(step)
            }
            Metric::Pace => self.nearest(PACE_STEP.saturating_mul(100)).div_euclid(100),
        }
    }

    fn nearest(self, step: u64) -> u64 {
        self.0.saturating_add(step.div_euclid(2)).div_euclid(step.max(1)).saturating_mul(step)
    }
}
