//! How long money lasts.

use std::time::Duration;

use super::burn::{narrow, wide};
use super::{Burn, DayKind};
use crate::money::Nano;
use crate::time::Instant;

/// Money that comes on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refill {
    /// The day, counted from 1970-01-01.
    pub day: i64,
    /// How much.
    pub amount: Nano,
}

/// The money that somebody has for a while.
#[derive(Clone, Copy, Debug)]
pub struct Lasting<'a> {
    /// What is left now.
    pub left: Nano,
    /// What comes, in order of days.
    pub refills: &'a [Refill],
    /// What was spent today already: it counts against what a day costs.
    pub today: Nano,
    /// Now.
    pub now: Instant,
    /// The first day that does not matter any more.
    pub until: i64,
}

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

impl Lasting<'_> {
    /// When it ends before `until`, if every day costs what such days do; `None` where it lasts. What comes on a day is
    /// there from its start (UTC), and what one day leaves is there on the next.
    pub fn ends(&self, burn: &Burn, kind: impl Fn(i64) -> DayKind) -> Option<Instant> {
        let mut left = wide(self.left.max(Nano::ZERO));
        let mut refills = self.refills.iter().peekable();
        let today = self.now.as_micros().div_euclid(DAY);
        let mut from = self.now.as_micros();
        for day in today..self.until {
            let midnight = day.saturating_add(1).saturating_mul(DAY);
            while let Some(refill) = refills.next_if(|refill| refill.day <= day) {
                // What came today is in what is left.
                if refill.day > today {
                    left = left.saturating_add(wide(refill.amount));
                }
            }
            let mut cost = wide(burn.of(kind(day)));
            if day == today {
                cost = cost.saturating_sub(wide(self.today)).max(0);
            }
            if cost > left {
                // It goes evenly over what is left of the day.
                let time = i128::from(midnight.saturating_sub(from));
                let lasts = left.saturating_mul(time).checked_div(cost).unwrap_or(0);
                let lasts = Duration::from_micros(u64::try_from(lasts).unwrap_or(0));
                return Some(Instant::from_micros(from).saturating_add(lasts));
            }
            left = left.saturating_sub(cost);
            from = midnight;
        }
        None
    }

    /// Everything that there is until then.
    pub fn all(&self) -> Nano {
        let today = self.now.as_micros().div_euclid(DAY);
        let come = self.refills.iter().filter(|refill| today < refill.day && refill.day < self.until);
        narrow(come.fold(wide(self.left.max(Nano::ZERO)), |sum, refill| sum.saturating_add(wide(refill.amount))))
    }
}
