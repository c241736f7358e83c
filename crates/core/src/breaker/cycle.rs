//! Work that goes round: equal steps one after the other, or a circle of up to eight.

use std::num::NonZeroU64;
use std::time::Duration;

use crate::money::Nano;

/// The longest circle that is looked for.
pub(super) const CIRCLE_MAX: usize = 8;

/// What repeats, by the length of the circle. Each step is compared with those one to eight before it: no search, and no
/// memory of more than eight.
#[derive(Clone, Debug, Default)]
pub(super) struct Cycle {
    /// The last ones, the latest first.
    last: [Option<NonZeroU64>; CIRCLE_MAX],
    /// Steps in a row that were equal to the one so many before them.
    equal: [u32; CIRCLE_MAX],
    /// What those cost.
    cost: [Nano; CIRCLE_MAX],
    /// How long the client waited with those, in milliseconds.
    waited: [u32; CIRCLE_MAX],
}

/// A circle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Circle {
    /// How many steps it has.
    pub(super) steps: u32,
    /// How often it was gone round again.
    pub(super) rounds: u32,
    /// What that has cost.
    pub(super) cost: Nano,
    /// How long the client waited with one on average.
    pub(super) waited_each: Duration,
}

impl Circle {
    const NONE: Self = Self { steps: 1, rounds: 0, cost: Nano::ZERO, waited_each: Duration::ZERO };
}

impl Cycle {
    /// Takes in a step's work. One without any belongs to what is around it: it neither repeats nor breaks a circle.
    pub(super) fn step(&mut self, work: Option<u64>, waited: Duration, cost: Nano) {
        let Some(work) = work else { return };
        let work = NonZeroU64::new(work).unwrap_or(NonZeroU64::MIN);
        let waited = u32::try_from(waited.as_millis()).unwrap_or(u32::MAX);
        let circles = self.last.iter().zip(&mut self.equal).zip(&mut self.cost).zip(&mut self.waited);
        for (((before, equal), spent), time) in circles {
            if *before == Some(work) {
                *equal = equal.saturating_add(1);
                *spent = spent.saturating_add(cost);
                *time = time.saturating_add(waited);
            } else {
                (*equal, *spent, *time) = (0, Nano::ZERO, 0);
            }
        }
        self.last.rotate_right(1);
        if let Some(first) = self.last.first_mut() {
            *first = Some(work);
        }
    }

    /// The circle that was gone round most often.
    pub(super) fn circle(&self) -> Circle {
        // As nearly always.
        if self.equal == [0; CIRCLE_MAX] {
            return Circle::NONE;
        }
        let circles = self.equal.iter().zip(&self.cost).zip(&self.waited).zip(1_u32..);
        let circles = circles.map(|(((equal, cost), waited), steps)| Circle {
            steps,
            rounds: equal.checked_div(steps).unwrap_or(0),
            cost: *cost,
            waited_each: Duration::from_millis(waited.checked_div(*equal).unwrap_or(0).into()),
        });
        // Equal steps are also a circle of two, three, …: the shortest says what it is.
        let most = circles.reduce(|best, next| if next.rounds > best.rounds { next } else { best });
        most.unwrap_or(Circle::NONE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(work: &[u64], steps: u32, rounds: u32) {
        let mut cycle = Cycle::default();
        for one in work {
            cycle.step(Some(*one), Duration::from_secs(7), Nano::new(10));
        }
        let circle = cycle.circle();
        assert!(rounds == 0 || circle.waited_each == Duration::from_secs(7), "{work:?}: {circle:?}");
        assert_eq!((circle.steps, circle.rounds), (steps, rounds), "{work:?}");
        assert!(circle.cost.get() >= i64::from(steps * rounds) * 10, "{work:?}: {circle:?}");
    }

    #[test]
    fn circles_of_one_to_eight_are_seen_and_longer_ones_are_not() {
        check(&[], 1, 0);
        check(&[7], 1, 0);
        check(&[7, 7, 7, 7], 1, 3);
        check(&[1, 2, 1, 2, 1, 2], 2, 2);
        check(&[9, 1, 2, 3, 1, 2, 3, 1], 3, 1);
        let eight: Vec<u64> = (0..40).map(|place| place % 8).collect();
        check(&eight, 8, 4);
        let nine: Vec<u64> = (0..90).map(|place| place % 9).collect();
        check(&nine, 1, 0);
        check(&[1, 1, 1, 2], 1, 0);
    }

    #[test]
    fn what_has_no_work_in_it_does_not_break_a_circle() {
        let mut cycle = Cycle::default();
        for work in [Some(1), None, Some(1), None, Some(1)] {
            cycle.step(work, Duration::ZERO, Nano::new(1));
        }
        assert_eq!(cycle.circle().rounds, 2);
    }
}
