//! How fast a person's money goes, against how fast it ever went.

use super::minutes::{WINDOW, minute_of};
use super::rules::{Act, SpendRule};
use super::{Breaker, Minutes, Trip};
use crate::money::Nano;
use crate::time::Instant;

/// What a warning looks at, in minutes.
const WARN_WINDOW: usize = 2;
/// Days of work that are remembered.
const DAYS: usize = 28;
/// Days after which somebody's own most is known well enough to go by.
const KNOWN_AFTER: usize = 5;

/// One person's money by the minute, over all their runs, and the most of ten minutes on each of the last days.
#[derive(Clone, Debug, Default)]
pub struct Pace {
    /// Money by the minute, but for the runs' that were paused.
    minutes: Minutes,
    /// The day of the last step, since 1970, and its most.
    day: i64,
    most_today: Nano,
    /// Runs were held back today and nobody has said that it may go on: what went on before is not usual either.
    doubted: bool,
    /// What the owner has said today may go on.
    confirmed: Nano,
    /// The most of earlier days with any spending, the latest first.
    most: [Option<Nano>; DAYS],
    /// The most of all of them, once enough are known.
    own_most: Option<Nano>,
    warned: bool,
    tripped: bool,
    /// What ten minutes had cost when it tripped last.
    at_trip: Nano,
}

impl Pace {
    /// Takes in what a call cost.
    pub fn step(&mut self, rule: &SpendRule, at: Instant, cost: Nano) -> Option<Trip> {
        self.move_to(at);
        self.minutes.add(at, cost);
        let ten = self.minutes.spent(at);
        let limit = self.limit(rule);
        if ten > limit {
            if self.tripped {
                return None;
            }
            (self.tripped, self.at_trip) = (true, ten);
            self.doubted |= rule.act > Act::Warn;
            let seen = format!("{ten} in ten minutes, where {limit} is the most that is usual here");
            return Some(Trip { breaker: Breaker::Spend, act: rule.act, at, seen });
        }
        if !self.tripped {
            self.most_today = self.most_today.max(ten);
        }
        let two = self.minutes.spent_within(at, WARN_WINDOW);
        let warns = two > share(limit, rule.warn_percent, 100);
        if warns && !self.warned && rule.act > Act::Warn {
            self.warned = true;
            let seen = format!("{two} in two minutes, where {limit} in ten is the most that is usual here");
            return Some(Trip { breaker: Breaker::Spend, act: Act::Warn, at, seen });
        }
        None
    }

    /// Which runs to pause after a trip, given every run of the person that spent something in these ten minutes: the
    /// dearest first (of two that spent alike, the earlier given), until what is left is at most half of what trips, so
    /// that the rest does not trip a minute later. A runaway goes alone; of many that burn alike, as many as have to.
    ///
    /// Their money is taken out of the window, and what goes on can trip anew.
    pub fn pause<'m, R>(
        &mut self,
        rule: &SpendRule,
        at: Instant,
        runs: impl IntoIterator<Item = (R, &'m Minutes)>,
    ) -> Vec<R> {
        self.move_to(at);
        let enough = share(self.limit(rule), 1, 2);
        let mut runs: Vec<_> = runs.into_iter().map(|(run, spent)| (run, spent, spent.spent(at))).collect();
        runs.sort_by_key(|(.., spent)| std::cmp::Reverse(*spent));
        let mut paused = Vec::new();
        for (run, minutes, spent) in runs {
            if self.minutes.spent(at) <= enough || spent <= Nano::ZERO {
                break;
            }
            self.minutes.take_out(minutes);
            paused.push(run);
        }
        self.tripped = self.minutes.spent(at) > self.limit(rule);
        paused
    }

    /// The owner has said that it may go on: for the rest of the day twice what was under way is usual.
    pub fn go_on(&mut self, at: Instant) {
        self.move_to(at);
        let ten = self.minutes.spent(at).max(self.at_trip);
        self.confirmed = self.confirmed.max(ten.saturating_add(ten));
        self.most_today = self.most_today.max(ten);
        self.minutes.clear();
        (self.warned, self.tripped, self.at_trip) = (false, false, Nano::ZERO);
        self.doubted = false;
    }

    /// Takes in what was spent before this one began, oldest first: the days that it does not know itself. Of the day on
    /// which this one began, the past's most counts too.
    pub fn remember(&mut self, past: &Self) {
        let mut days: Vec<Nano> = past.most.iter().flatten().copied().collect();
        if past.most_today > Nano::ZERO && !past.doubted {
            if self.day == past.day {
                self.most_today = self.most_today.max(past.most_today);
            } else {
                days.insert(0, past.most_today);
            }
        }
        let known = self.most.iter().flatten().copied().chain(days).map(Some);
        let mut most = [None; DAYS];
        most.iter_mut().zip(known).for_each(|(most, known)| *most = known);
        self.most = most;
        self.know();
    }

    /// The most of ten minutes on any remembered day, once enough are.
    pub fn own_most(&self) -> Option<Nano> {
        self.own_most
    }

    /// Works out [`own_most`](Self::own_most), which is asked at every step and changes by the day.
    fn know(&mut self) {
        let known = self.most.iter().flatten();
        self.own_most = (known.clone().count() >= KNOWN_AFTER).then(|| known.copied().max()).flatten();
    }

    /// What trips in ten minutes. Today's own money says nothing: a runaway would make itself usual.
    fn limit(&self, rule: &SpendRule) -> Nano {
        let usual = self.own_most().map_or(rule.newcomer, |most| share(most, rule.tenths_of_most, 10));
        usual.max(rule.at_least).max(self.confirmed).min(rule.ceiling)
    }

    fn move_to(&mut self, at: Instant) {
        if self.minutes.move_to(at) >= WINDOW {
            (self.warned, self.tripped) = (false, false);
        }
        let minute = minute_of(at);
        let day = minute.div_euclid(24 * 60);
        if day > self.day {
            // A day that tripped does not make the next one usual: on its way there a runaway comes as far as it may.
            if self.most_today > Nano::ZERO && !self.doubted {
                self.most.rotate_right(1);
                if let Some(first) = self.most.first_mut() {
                    *first = Some(self.most_today);
                }
                self.know();
            }
            (self.day, self.most_today) = (day, Nano::ZERO);
            (self.confirmed, self.at_trip) = (Nano::ZERO, Nano::ZERO);
            self.doubted = false;
        }
    }
}

/// So many parts of an amount.
fn share(amount: Nano, parts: u32, of: i128) -> Nano {
    let parts = i128::from(amount.get()).saturating_mul(i128::from(parts)).checked_div(of).unwrap_or(0);
    Nano::new(i64::try_from(parts).unwrap_or(i64::MAX))
}
