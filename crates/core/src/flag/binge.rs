//! Money burnt because it would have expired.

use super::{Flag, FlagKind};
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
    let tail = paid.length.checked_div(TAIL_OF)?.clamp(TAIL.0, TAIL.1);
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
    let is_far_more = wide(spent).saturating_mul(10) >= wide(most).saturating_mul(TENTHS_OF_MOST);
    let is_of_left = left.is_positive() && wide(spent).saturating_mul(PART_OF_LEFT) >= wide(left);
    if !is_far_more || !is_of_left {
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
