//! Money burnt because it would have expired.

use std::ops::Range;
use std::time::Duration;

use super::{Flag, FlagKind};
use crate::account::Period;
use crate::money::Nano;

/// Shorter periods have no end that is worth waiting for.
const PERIOD_MIN: usize = 28;
/// The last days are a sixth of the period, at least three and at most a week: the last days of a month, which is how the
/// habit is described where caps reset monthly (The Pragmatic Engineer, 2026-04-23).
const TAIL_OF: usize = 6;
const TAIL: (usize, usize) = (3, 7);
/// Days that have to be known before anybody's pace is, and how many of them with any spending.
const KNOWN_DAYS: usize = 28;
const KNOWN_SPENDING: usize = 8;
/// Flags from so many times their own most in as many days in a row, in tenths. A judgement: twice what the busiest days of
/// two months came to.
const TENTHS_OF_MOST: i128 = 20;
/// And where so much of what would have expired was burnt, as one part of so many.
const PART_OF_LEFT: i128 = 3;
/// And never below this: small figures jump.
const AT_LEAST: Nano = Nano::new(50_000_000_000);

const DAY_US: i64 = 86_400_000_000;

/// The days of a period, counted from 1970-01-01. What is spent is kept by days of UTC: what was paid in a period's first
/// hours may count for the day before, in its last ones for the day after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeriodDays {
    /// The date on which the period begins, where the person lives.
    pub first: i64,
    /// How many days it has.
    pub length: i64,
}

impl PeriodDays {
    /// Of a period that begins and ends at a midnight of any zone: people live between ten hours behind UTC and thirteen
    /// ahead of it, and a day may have an hour less or more.
    pub fn of(period: &Period) -> Self {
        let first = period.start.saturating_add(Duration::from_hours(13)).as_micros().div_euclid(DAY_US);
        let whole = period.end.as_micros().saturating_sub(period.start.as_micros());
        Self { first, length: whole.saturating_add(DAY_US.div_euclid(2)).div_euclid(DAY_US) }
    }

    /// The first day after it.
    pub const fn end(&self) -> i64 {
        self.first.saturating_add(self.length)
    }

    /// Its last days, those that [`binge`] looks at; `None` for a period too short to have any.
    pub fn last(&self) -> Option<Range<i64>> {
        let length = usize::try_from(self.length).ok().filter(|length| *length >= PERIOD_MIN)?;
        Some(self.end().saturating_sub(i64::try_from(tail_of(length)?).ok()?)..self.end())
    }
}

/// How many of a period's days are its last ones.
fn tail_of(length: usize) -> Option<usize> {
    Some(length.checked_div(TAIL_OF)?.clamp(TAIL.0, TAIL.1))
}

/// May a period with these days be one of [`binge`], whatever was before it and whatever it released? Most are not, and
/// this needs no more than the period's own days: `earlier` up to the last ones, and `last` so far, of `length` days.
pub fn may_be_binge(earlier: &[Nano], last: &[Nano], length: usize) -> bool {
    let spent = sum(last);
    let most = tail_of(length).and_then(|tail| earlier.windows(tail).map(sum).max());
    spent >= AT_LEAST && is_far_more(spent, most.unwrap_or(Nano::ZERO))
}

fn is_far_more(spent: Nano, most: Nano) -> bool {
    let wide = |amount: Nano| i128::from(amount.get());
    wide(spent).saturating_mul(10) >= wide(most).saturating_mul(TENTHS_OF_MOST)
}

/// What a grant paid, day by day without a gap.
#[derive(Clone, Copy, Debug)]
pub struct PaidDays<'a> {
    /// On the days before the period, oldest first: at most as many as are to count, two months for a month.
    pub before: &'a [Nano],
    /// On the days of the period so far.
    pub period: &'a [Nano],
    /// How many days the period has.
    pub length: usize,
    /// The period's first day, as the flag is to name it.
    pub first: i64,
    /// What the period released.
    pub released: Nano,
    /// The most of it that lives on after the period.
    pub carried: Nano,
}

/// Did the last days of the period cost far more than ever, out of what would have expired?
///
/// Whose own pace is not known yet is not flagged, and neither is whoever had nothing left to lose.
pub fn binge(paid: &PaidDays<'_>) -> Option<Flag> {
    let tail = tail_of(paid.length)?;
    let from = paid.length.checked_sub(tail).filter(|_| paid.length >= PERIOD_MIN)?;
    let last = paid.period.get(from..).filter(|last| !last.is_empty())?;
    let spent = sum(last);
    let earlier = paid.period.get(..from)?;
    let known: Vec<Nano> = paid.before.iter().chain(earlier).copied().collect();
    let spending = known.iter().filter(|day| day.is_positive()).count();
    if known.len() < KNOWN_DAYS || spending < KNOWN_SPENDING || spent < AT_LEAST {
        return None;
    }
    let most = known.windows(tail).map(sum).max()?;
    let left = paid.released.saturating_sub(sum(earlier)).saturating_sub(paid.carried);
    let wide = |amount: Nano| i128::from(amount.get());
    let is_of_left = left.is_positive() && wide(spent).saturating_mul(PART_OF_LEFT) >= wide(left);
    if !is_far_more(spent, most) || !is_of_left {
        return None;
    }
    let day = |place: usize| paid.first.saturating_add(i64::try_from(place).unwrap_or(i64::MAX));
    let days = (day(from), day(paid.period.len().saturating_sub(1)));
    let seen = format!(
        "{spent} in the last {} days of the period, where {most} is the most of any {tail} days before; {left} would \
         have expired",
        last.len()
    );
    Some(Flag { kind: FlagKind::Binge, days, cost: spent, seen })
}

fn sum(days: &[Nano]) -> Nano {
    days.iter().fold(Nano::ZERO, |sum, day| sum.saturating_add(*day))
}
