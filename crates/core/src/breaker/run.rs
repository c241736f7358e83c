//! The steps of one run.

use std::time::Duration;

use super::cycle::Cycle;
use super::growth::Growth;
use super::rules::{Act, Rules};
use super::{Breaker, Minutes, Step, Trip};
use crate::money::Nano;
use crate::time::Instant;

/// One run, as far as breakers look at it: at most four hundred bytes, and none elsewhere.
#[derive(Clone, Debug)]
pub struct RunWatch {
    cycle: Cycle,
    growth: Growth,
    minutes: Minutes,
    failures: u32,
    failed_cost: Nano,
    /// When somebody last said something, and what was spent since.
    attended: Instant,
    /// Somebody has, since the run is known here.
    heard: bool,
    since: Nano,
    asked: bool,
    tripped: bool,
}

/// A node watches thousands of runs.
const _: () = assert!(size_of::<RunWatch>() <= 400, "a watch has become too large");

impl RunWatch {
    /// A run that begins now.
    pub fn begun(at: Instant) -> Self {
        Self {
            cycle: Cycle::default(),
            growth: Growth::default(),
            minutes: Minutes::default(),
            failures: 0,
            failed_cost: Nano::ZERO,
            attended: at,
            heard: false,
            since: Nano::ZERO,
            asked: false,
            tripped: false,
        }
    }

    /// Takes in a step; what trips, the most severe first found. [`RunWatch::go_on`] makes it look anew.
    pub fn step(&mut self, rules: &Rules, step: &Step) -> Option<Trip> {
        self.minutes.add(step.at, step.cost);
        if self.tripped {
            return None;
        }
        if step.human {
            self.seen(step.at);
        }
        self.since = self.since.saturating_add(step.cost);
        (self.failures, self.failed_cost) = if step.failed {
            (self.failures.saturating_add(1), self.failed_cost.saturating_add(step.cost))
        } else {
            (0, Nano::ZERO)
        };
        self.cycle.step(step.work, step.waited, step.cost);
        self.growth.step(step, rules.growth.as_ref().map_or(0, |rule| rule.output_each));
        let found = [self.repeats(rules), self.fails(rules), self.grows(rules), self.is_alone(rules, step.at)];
        let (breaker, act, seen) = found.into_iter().flatten().max_by_key(|(_, act, _)| *act)?;
        match act {
            Act::Warn => self.asked = true,
            Act::Hold | Act::Pause | Act::Stop => self.tripped = true,
        }
        Some(Trip { breaker, act, at: step.at, seen })
    }

    /// The owner has said that it may go on. What was spent in the last minutes stays known.
    pub fn go_on(&mut self, at: Instant) {
        *self = Self { minutes: self.minutes.clone(), heard: true, ..Self::begun(at) };
    }

    /// When somebody last said something, where that was before the run was known here: it is not left alone only since
    /// then. What it spent in between is not known and does not count.
    pub fn was_attended(&mut self, at: Instant) {
        if !self.heard {
            self.attended = self.attended.min(at);
        }
    }

    /// A breaker wants it to wait or to end, and nobody has said that it may go on.
    pub fn is_tripped(&self) -> bool {
        self.tripped
    }

    /// Its money in the last ten minutes, from which [`Pace::pause`](super::Pace::pause) tells whom to pause.
    pub fn minutes(&self) -> &Minutes {
        &self.minutes
    }

    /// Somebody is there.
    fn seen(&mut self, at: Instant) {
        (self.attended, self.heard, self.since, self.asked) = (at, true, Nano::ZERO, false);
    }

    fn repeats(&self, rules: &Rules) -> Option<(Breaker, Act, String)> {
        let rule = rules.repeat.as_ref()?;
        let circle = self.cycle.circle();
        let steps = circle.rounds.saturating_mul(circle.steps);
        let waits = circle.waited_each >= Duration::from_secs(rule.waiting_seconds.into());
        let cost = if waits { rule.waiting_cost.max(rule.cost) } else { rule.cost };
        (circle.rounds >= rule.rounds && steps >= rule.steps && circle.cost >= cost).then(|| {
            let what = if circle.steps == 1 { "the same step".to_owned() } else { format!("{} steps", circle.steps) };
            let seen = format!("{what} with the same results, {} times again, for {}", circle.rounds, circle.cost);
            (Breaker::Repeat, rule.act, seen)
        })
    }

    fn fails(&self, rules: &Rules) -> Option<(Breaker, Act, String)> {
        let rule = rules.errors.as_ref()?;
        let tripped = self.failures >= rule.in_a_row && self.failed_cost >= rule.cost;
        tripped.then(|| {
            let seen = format!("{} errors in a row, for {}", self.failures, self.failed_cost);
            (Breaker::Errors, rule.act, seen)
        })
    }

    fn grows(&self, rules: &Rules) -> Option<(Breaker, Act, String)> {
        let (rule, growth) = (rules.growth.as_ref()?, &self.growth);
        let tripped =
            growth.in_a_row >= rule.in_a_row && growth.cost >= rule.cost && growth.output_each() <= rule.output_each;
        tripped.then(|| {
            let each = growth.output_each();
            let seen =
                format!("{} calls in a row with more and more going in and {each} tokens coming out", growth.in_a_row);
            (Breaker::Growth, rule.act, seen)
        })
    }

    fn is_alone(&self, rules: &Rules, at: Instant) -> Option<(Breaker, Act, String)> {
        let rule = rules.unattended.as_ref()?;
        let after = |minutes: u32| self.attended.saturating_add(Duration::from_secs(60 * u64::from(minutes))) <= at;
        if self.since < rule.cost {
            return None;
        }
        let seen = || format!("nobody has said anything since {}, and {} were spent", self.attended, self.since);
        if after(rule.after_minutes) {
            Some((Breaker::Unattended, rule.act, seen()))
        } else if after(rule.warn_after_minutes) && !self.asked {
            Some((Breaker::Unattended, Act::Warn, seen()))
        } else {
            None
        }
    }
}
