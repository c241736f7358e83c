//! What is learned from the past, and what it says of the days to come.

use std::ops::Range;

use super::calibration::Calibration;
use super::{DayKind, LOOKED_BACK, Spent};
use crate::money::Nano;

/// What each of the last weeks counts, the latest first: half as much after four weeks.
const WEIGHTS: [u32; LOOKED_BACK / WEEK] = [1_000, 841, 707, 595, 500, 420, 354, 297];
/// Days of a week.
const WEEK: usize = 7;
/// Weeks that have to be known before bounds are told.
const WEEKS_MIN: usize = 2;
/// Beyond it four of five outcomes lie within so many deviations, in thousandths, by how many weeks count less one
/// (Student's distribution, both tails of a tenth); beyond ten the last one stands.
const STUDENT: [u32; 10] = [3_078, 1_886, 1_638, 1_533, 1_476, 1_440, 1_415, 1_397, 1_383, 1_372];

/// How money goes: what days cost on average, and how far weeks are from that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Burn {
    /// What a working day costs.
    pub workday: Nano,
    /// What a weekend day or a holiday costs.
    pub day_off: Nano,
    /// Days that were looked at.
    pub days: u16,
    /// How far weeks were from the averages: a sum of squares over their number, in millionths squared.
    variance: u128,
    /// One over the number of weeks that count, in millionths; of no meaning where `weeks` is below two.
    one_over_weeks: u64,
    /// Whole weeks that were looked at.
    weeks: u16,
}

/// What some days to come cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ahead {
    /// If things go on as they did.
    pub expected: Nano,
    /// Four of five outcomes lie between these, one in ten below them and one in ten above; `None` while too few weeks are
    /// known to tell.
    pub bounds: Option<(Nano, Nano)>,
}

impl Burn {
    /// Days that cost so much, of which no more is known.
    pub const fn even(workday: Nano, day_off: Nano) -> Self {
        Self { workday, day_off, days: 0, variance: 0, one_over_weeks: 0, weeks: 0 }
    }

    /// Learns from the last eight weeks of what was spent. Of no day that counts nothing is learned, and nothing expected.
    pub fn learn(spent: &Spent<'_>, kind: impl Fn(i64) -> DayKind) -> Self {
        let back = i64::try_from(LOOKED_BACK).unwrap_or(i64::MAX);
        let spent = spent.since(spent.end().saturating_sub(back));
        let (mut work, mut off) = (Mean::default(), Mean::default());
        for (place, (day, amount)) in spent.each().rev().enumerate() {
            let weight = weight(place.checked_div(WEEK).unwrap_or(0));
            match kind(day) {
                DayKind::Work => work.add(amount, weight),
                DayKind::Off => off.add(amount, weight),
                DayKind::Away => {}
            }
        }
        let mut burn = Self {
            workday: work.get(),
            day_off: off.get(),
            days: u16::try_from(spent.days.len()).unwrap_or(u16::MAX),
            ..Self::default()
        };
        burn.learn_deviation(&spent, kind);
        burn
    }

    fn learn_deviation(&mut self, spent: &Spent<'_>, kind: impl Fn(i64) -> DayKind) {
        let (mut squares, mut sum, mut sum_of_squares, mut weeks) = (0_u128, 0_u128, 0_u128, 0_u16);
        let days: Vec<(i64, Nano)> = spent.each().collect();
        for (place, week) in days.rchunks_exact(WEEK).enumerate() {
            if week.iter().all(|(day, _)| kind(*day) == DayKind::Away) {
                continue;
            }
            let off = week.iter().fold(0_i128, |off, (day, amount)| {
                let expected = self.of(kind(*day));
                let amount = if kind(*day) == DayKind::Away { Nano::ZERO } else { *amount };
                off.saturating_add(wide(amount)).saturating_sub(wide(expected))
            });
            let weight = u128::from(weight(place));
            let off = off.unsigned_abs().checked_div(THOUSAND).unwrap_or(0);
            squares = squares.saturating_add(off.saturating_mul(off).saturating_mul(weight));
            sum = sum.saturating_add(weight);
            sum_of_squares = sum_of_squares.saturating_add(weight.saturating_mul(weight));
            weeks = weeks.saturating_add(1);
        }
        self.weeks = weeks;
        let one_over = sum_of_squares.saturating_mul(MILLION).checked_div(sum.saturating_mul(sum)).unwrap_or(MILLION);
        // Of n weeks that count, the averages are fitted to one.
        let fitted = MILLION.saturating_sub(one_over).max(1);
        let mean = squares.checked_div(sum).unwrap_or(0);
        self.variance = mean.checked_div(fitted).unwrap_or(0).saturating_mul(MILLION).saturating_add(
            mean.checked_rem(fitted).unwrap_or(0).saturating_mul(MILLION).checked_div(fitted).unwrap_or(0),
        );
        self.one_over_weeks = u64::try_from(one_over).unwrap_or(1_000_000);
    }

    /// What a day of this kind costs.
    pub const fn of(&self, kind: DayKind) -> Nano {
        match kind {
            DayKind::Work => self.workday,
            DayKind::Off => self.day_off,
            DayKind::Away => Nano::ZERO,
        }
    }

    /// Are bounds told?
    pub fn is_known(&self) -> bool {
        usize::from(self.weeks) >= WEEKS_MIN
    }

    /// What some days cost.
    pub fn ahead(&self, days: Range<i64>, kind: impl Fn(i64) -> DayKind, calibration: &Calibration) -> Ahead {
        let count = days.end.saturating_sub(days.start).max(0);
        let expected = days.fold(Nano::ZERO, |sum, day| sum.saturating_add(self.of(kind(day))));
        let half = self.half_width(count, calibration);
        let bounds = half.map(|half| (expected.saturating_sub(half).max(Nano::ZERO), expected.saturating_add(half)));
        Ahead { expected, bounds }
    }

    /// How far the bounds are from what is expected.
    pub(super) fn half_width(&self, days: i64, calibration: &Calibration) -> Option<Nano> {
        let by_student = self.by_student(days)?;
        let half = wide(by_student).saturating_mul(i128::from(calibration.factor(days)));
        Some(narrow(half.checked_div(1_000).unwrap_or(0)))
    }

    /// The same before it is calibrated.
    pub(super) fn by_student(&self, days: i64) -> Option<Nano> {
        self.is_known().then_some(())?;
        let days = u128::from(days.max(0).unsigned_abs());
        let week = u128::try_from(WEEK).unwrap_or(7);
        let of_weeks = self.variance.saturating_mul(days).checked_div(week)?;
        let squared = self.variance.saturating_mul(days.saturating_mul(days)).checked_div(week.saturating_mul(week))?;
        let of_mean = squared.checked_div(MILLION)?.saturating_mul(u128::from(self.one_over_weeks));
        let deviation = of_weeks.saturating_add(of_mean).isqrt();
        // The weeks that count, less one.
        let free = 1_000_000_u64.checked_div(self.one_over_weeks.max(1))?.saturating_sub(1);
        let place = usize::try_from(free).unwrap_or(usize::MAX).clamp(1, STUDENT.len()).saturating_sub(1);
        let student = u128::from(STUDENT.get(place).copied()?);
        // Thousands of nano-units times thousandths are nano-units.
        Some(i64::try_from(deviation.saturating_mul(student)).map_or(Nano::MAX, Nano::new))
    }
}

const THOUSAND: u128 = 1_000;
const MILLION: u128 = 1_000_000;

fn weight(week: usize) -> u32 {
    WEIGHTS.get(week).copied().unwrap_or(0)
}

/// An average in which some count more.
#[derive(Clone, Copy, Debug, Default)]
struct Mean {
    sum: i128,
    weight: i128,
}

impl Mean {
    fn add(&mut self, amount: Nano, weight: u32) {
        self.sum = self.sum.saturating_add(wide(amount).saturating_mul(i128::from(weight)));
        self.weight = self.weight.saturating_add(i128::from(weight));
    }

    /// Rounded down; nothing of nothing.
    fn get(self) -> Nano {
        narrow(self.sum.checked_div(self.weight).unwrap_or(0))
    }
}

pub(super) fn wide(amount: Nano) -> i128 {
    i128::from(amount.get())
}

pub(super) fn narrow(amount: i128) -> Nano {
    i64::try_from(amount).map_or(if amount < 0 { Nano::ZERO } else { Nano::MAX }, Nano::new)
}
