//! Money by the minute.

use crate::money::Nano;
use crate::time::Instant;

/// The minutes that are remembered.
pub(super) const WINDOW: usize = 10;

/// What was spent in each of the last ten minutes: eighty-eight bytes, kept by a person's [`Pace`](super::Pace) and by
/// each of their runs. Minutes are those of the clock, so that two of these can be compared one by one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Minutes {
    /// The minute of the latest spending, since 1970.
    minute: i64,
    /// That minute's money and the ones' before it, the latest first.
    spent: [Nano; WINDOW],
}

impl Minutes {
    /// Takes in what was spent at this time. Time does not run backwards: what comes late counts as spent in the latest
    /// minute.
    pub fn add(&mut self, at: Instant, cost: Nano) {
        self.move_to(at);
        if let Some(now) = self.spent.first_mut() {
            *now = now.saturating_add(cost);
        }
    }

    /// What was spent in the ten minutes up to this time, the one that has begun included.
    pub fn spent(&self, at: Instant) -> Nano {
        self.spent_within(at, WINDOW)
    }

    /// What was spent in the last so many minutes up to this time, at most ten.
    pub fn spent_within(&self, at: Instant, minutes: usize) -> Nano {
        let passed = usize::try_from(minute_of(at).saturating_sub(self.minute)).unwrap_or(0);
        self.spent
            .iter()
            .take(minutes.saturating_sub(passed))
            .fold(Nano::ZERO, |sum, minute| sum.saturating_add(*minute))
    }

    /// Moves on to the minute of this time; says how many have passed.
    pub(super) fn move_to(&mut self, at: Instant) -> usize {
        let minute = minute_of(at);
        let passed = usize::try_from(minute.saturating_sub(self.minute)).unwrap_or(0);
        if passed > 0 {
            let gone = passed.min(WINDOW);
            self.spent.rotate_right(gone % WINDOW);
            self.spent.iter_mut().take(gone).for_each(|minute| *minute = Nano::ZERO);
            self.minute = minute;
        }
        passed
    }

    /// Takes the others' money out of these minutes, each from its own and never below nothing.
    pub(super) fn take_out(&mut self, other: &Self) {
        let ahead = self.minute.saturating_sub(other.minute);
        for (own, spent) in self.spent.iter_mut().enumerate().filter_map(|(back, own)| {
            let back = i64::try_from(back).ok()?.checked_sub(ahead)?;
            Some((own, other.spent.get(usize::try_from(back).ok()?)?))
        }) {
            *own = own.saturating_sub(*spent).max(Nano::ZERO);
        }
    }

    /// Forgets all of it.
    pub(super) fn clear(&mut self) {
        self.spent = [Nano::ZERO; WINDOW];
    }
}

/// The minute of this time, since 1970.
pub(super) fn minute_of(at: Instant) -> i64 {
    at.as_micros().div_euclid(60_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Instant {
        Instant::from_micros(minute * 60_000_000 + 7_000_000)
    }

    fn minutes(spent: &[(i64, i64)]) -> Minutes {
        let mut minutes = Minutes::default();
        for (minute, cost) in spent {
            minutes.add(at(*minute), Nano::new(*cost));
        }
        minutes
    }

    fn check(spent: &[(i64, i64)], now: i64, within: usize, expected: i64) {
        assert_eq!(minutes(spent).spent_within(at(now), within), Nano::new(expected), "{spent:?} at {now}");
    }

    #[test]
    fn the_last_minutes_are_added_up_and_older_ones_forgotten() {
        let spent = [(100, 1), (100, 2), (101, 10), (109, 100)];
        check(&spent, 109, 10, 113);
        check(&spent, 109, 2, 100);
        check(&spent, 110, 10, 110);
        check(&spent, 111, 10, 100);
        check(&spent, 118, 10, 100);
        check(&spent, 119, 10, 0);
        check(&spent, 9_000, 10, 0);
        check(&[(100, 1), (110, 2)], 110, 10, 2);
        check(&[(100, 1), (5_000, 2)], 5_000, 10, 2);
        // Late ones count for the latest minute.
        check(&[(100, 1), (90, 2)], 100, 1, 3);
    }

    #[test]
    fn a_runs_money_is_taken_out_of_its_own_minutes() {
        let mut all = minutes(&[(100, 5), (101, 7), (104, 9)]);
        all.take_out(&minutes(&[(100, 4), (101, 7)]));
        assert_eq!(all, minutes(&[(100, 1), (104, 9)]));
        all.take_out(&minutes(&[(100, 4), (104, 90), (105, 3)]));
        assert_eq!(all.spent(at(104)), Nano::ZERO);
    }
}
