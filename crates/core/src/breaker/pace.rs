//! How fast a person's money goes, against how fast it ever went.

use super::rules::{Act, SpendRule};
use super::{Breaker, Trip};
use crate::money::Nano;
use crate::time::Instant;

/// The window, in minutes.
const WINDOW: usize = 10;
/// What a warning looks at, in minutes.
const WARN_WINDOW: usize = 2;
/// Days of work that are remembered.
const DAYS: usize = 28;
/// Days after which somebody's own most is known well enough to go by.
const KNOWN_AFTER: usize = 5;

/// One person's money by the minute, over all their runs, and the most of ten minutes on each of the last days.
#[derive(Clone, Debug, Default)]
pub struct Pace {
    /// The minute of the last step, since 1970.
    minute: i64,
    /// That minute's money and the ones' before it, the latest first.
    minutes: [Nano; WINDOW],
    /// The day of the last step, since 1970, and its most.
    day: i64,
    most_today: Nano,
    /// What the owner has said today may go on.
    confirmed: Nano,
    /// The most of earlier days with any spending, the latest first.
    most: [Option<Nano>; DAYS],
    warned: bool,
    tripped: bool,
}

impl Pace {
    /// Takes in what a call cost.
    pub fn step(&mut self, rule: &SpendRule, at: Instant, cost: Nano) -> Option<Trip> {
        self.move_to(at);
        if let Some(now) = self.minutes.first_mut() {
            *now = now.saturating_add(cost);
        }
        let ten = sum(&self.minutes);
        let limit = self.limit(rule);
        if ten > limit {
            if self.tripped {
                return None;
            }
            self.tripped = true;
            let seen = format!("{ten} in ten minutes, where {limit} is the most that is usual here");
            return Some(Trip { breaker: Breaker::Spend, act: rule.act, at, seen });
        }
        // A day that tripped does not make the next one usual.
        if !self.tripped {
            self.most_today = self.most_today.max(ten);
        }
        let two = sum(self.minutes.get(..WARN_WINDOW).unwrap_or_default());
        let warns = two > share(limit, rule.warn_percent, 100);
        if warns && !self.warned && rule.act > Act::Warn {
            self.warned = true;
            let seen = format!("{two} in two minutes, where {limit} in ten is the most that is usual here");
            return Some(Trip { breaker: Breaker::Spend, act: Act::Warn, at, seen });
        }
        None
    }

    /// The owner has said that it may go on: for the rest of the day twice what is under way is usual.
    pub fn go_on(&mut self) {
        let ten = sum(&self.minutes);
        self.confirmed = self.confirmed.max(ten.saturating_add(ten));
        self.most_today = self.most_today.max(ten);
        self.minutes = Default::default();
        (self.warned, self.tripped) = (false, false);
    }

    /// The most of ten minutes on any remembered day, once enough are.
    pub fn own_most(&self) -> Option<Nano> {
        let known = self.most.iter().flatten();
        (known.clone().count() >= KNOWN_AFTER).then(|| known.copied().max()).flatten()
    }

    /// What trips in ten minutes. Today's own money says nothing: a runaway would make itself usual.
    fn limit(&self, rule: &SpendRule) -> Nano {
        let usual = self.own_most().map_or(rule.newcomer, |most| share(most, rule.tenths_of_most, 10));
        usual.max(rule.at_least).max(self.confirmed).min(rule.ceiling)
    }

    fn move_to(&mut self, at: Instant) {
        let minute = at.as_micros().div_euclid(60_000_000);
        let passed = usize::try_from(minute.saturating_sub(self.minute)).unwrap_or(0);
        if passed > 0 {
            let passed = passed.min(WINDOW);
            self.minutes.rotate_right(passed % WINDOW);
            self.minutes.iter_mut().take(passed).for_each(|minute| *minute = Nano::ZERO);
            self.minute = minute;
            if passed >= WINDOW {
                (self.warned, self.tripped) = (false, false);
            }
        }
        let day = minute.div_euclid(24 * 60);
        if day > self.day {
            if self.most_today > Nano::ZERO {
                self.most.rotate_right(1);
                if let Some(first) = self.most.first_mut() {
                    *first = Some(self.most_today);
                }
            }
            (self.day, self.most_today, self.confirmed) = (day, Nano::ZERO, Nano::ZERO);
        }
    }
}

/// So many parts of an amount.
fn share(amount: Nano, parts: u32, of: i128) -> Nano {
    let parts = i128::from(amount.get()).saturating_mul(i128::from(parts)).checked_div(of).unwrap_or(0);
    Nano::new(i64::try_from(parts).unwrap_or(i64::MAX))
}

fn sum(minutes: &[Nano]) -> Nano {
    minutes.iter().fold(Nano::ZERO, |sum, minute| sum.saturating_add(*minute))
}
