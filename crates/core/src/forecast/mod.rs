//! Forecasts: what is spent until a period ends if things go on as they did, between which bounds, and when the money ends.
//!
//! **Model.** A [`Burn`] is learned from what was spent by day in the last eight weeks: an average of working days and one
//! of days off, in which a week counts half of what the one four weeks later does, and how far whole weeks were from that.
//! What is to come is the averages times the days of each kind. The bounds are so far from it that four of five outcomes
//! lie between them: by the deviation of weeks, which grows with the root of the time ahead, and by how well an average of
//! so few weeks is known, which grows with the time itself; the factor for "four of five" is Student's, for as many weeks
//! as count. Spending is no bell curve, so a [`Calibration`] then widens or narrows all bounds by what the company's own
//! past shows ([`back_test()`]).
//!
//! **Owns** averages, bounds, the day on which money ends, and the test that shows how often the bounds held.
//!
//! **Does not own** where the figures come from, which money lasts until when (`control`), what is an alarm
//! ([`crate::alarm`]).
//!
//! **Invariants.** The same days give the same forecast. Integers only: money in nano-units, deviations in thousands of
//! them, squares in `u128` that stop at its end.

mod back_test;
mod burn;
mod calibration;
mod lasting;

pub use back_test::{BackTest, back_test};
pub use burn::{Ahead, Burn};
pub use calibration::{Calibration, HORIZONS};
pub use lasting::{Lasting, Refill};

use crate::money::Nano;

/// What part of all outcomes is to lie between the bounds, in hundredths. Four of five: bounds that hold nearly always are
/// so far apart that nobody can act by them.
pub const WITHIN_PERCENT: u8 = 80;
/// Days that are looked back on: eight weeks, two months of habits.
pub const LOOKED_BACK: usize = 56;

/// What kind of day it is for somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DayKind {
    /// Monday to Friday, where it is no holiday.
    Work,
    /// A weekend or a holiday.
    Off,
    /// Somebody is on leave: nothing is expected, and what such a day was like says nothing of others.
    Away,
}

/// A day of the week says what kind of day it is, counted from 1970-01-01.
pub const fn by_week(day: i64) -> DayKind {
    // 1970-01-01 was a Thursday.
    match day.saturating_add(3).rem_euclid(7) {
        0..=4 => DayKind::Work,
        _ => DayKind::Off,
    }
}

/// What was spent day by day without a gap, whole days only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spent<'a> {
    /// The first day, counted from 1970-01-01 (UTC).
    pub first: i64,
    /// What was spent on it and on the days after it.
    pub days: &'a [Nano],
}

impl<'a> Spent<'a> {
    /// The first day after.
    pub fn end(&self) -> i64 {
        self.first.saturating_add(i64::try_from(self.days.len()).unwrap_or(i64::MAX))
    }

    /// Only what was before a day.
    #[must_use]
    pub fn before(&self, day: i64) -> Self {
        let known = usize::try_from(day.saturating_sub(self.first)).unwrap_or(0).min(self.days.len());
        Self { first: self.first, days: self.days.get(..known).unwrap_or_default() }
    }

    /// Only from a day on.
    #[must_use]
    pub fn since(&self, day: i64) -> Self {
        let skipped = usize::try_from(day.saturating_sub(self.first)).unwrap_or(0).min(self.days.len());
        let first = self.first.saturating_add(i64::try_from(skipped).unwrap_or(i64::MAX));
        Self { first, days: self.days.get(skipped..).unwrap_or_default() }
    }

    /// All of it; never below zero, since what was taken back is no spending.
    pub fn sum(&self) -> Nano {
        self.days.iter().fold(Nano::ZERO, |sum, day| sum.saturating_add((*day).max(Nano::ZERO)))
    }

    /// Each day with its amount.
    pub(crate) fn each(&self) -> impl DoubleEndedIterator<Item = (i64, Nano)> + ExactSizeIterator + use<'a> {
        let first = self.first;
        let day = move |place: usize| first.saturating_add(i64::try_from(place).unwrap_or(i64::MAX));
        self.days.iter().enumerate().map(move |(place, amount)| (day(place), (*amount).max(Nano::ZERO)))
    }
}

#[cfg(test)]
mod tests;
