//! A run by stretches of time: what it spent when, beside its limit and its stop.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use purser_core::id::{PersonId, RunId};
use purser_core::money::Nano;
use purser_core::run::{IDLE_GAP, budget_period};
use purser_core::time::Instant;
use purser_store::{ChargeKind, RunCharge, RunLine};

use crate::access::Within;
use crate::control::{Control, Inner, stored};
use crate::error::Error;
use crate::runs::{parents, run_id};
use crate::shape::{RunStretch, RunTimeline};

/// The most stretches of one answer: what a chart can show beside one another.
const STRETCHES_MAX: i64 = 120;
/// How long a stretch can be, in minutes; beyond the last so many whole days.
const MINUTES: [i64; 12] = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, DAY];
/// Minutes of a day.
const DAY: i64 = 1_440;
/// Microseconds of a minute.
const MINUTE: i64 = 60_000_000;

/// What was spent in one minute.
#[derive(Clone, Copy, Default)]
struct Spent {
    calls: u64,
    own: Nano,
    below: Nano,
}

impl Spent {
    fn add(&mut self, more: Self) {
        self.calls = self.calls.saturating_add(more.calls);
        self.own = self.own.saturating_add(more.own);
        self.below = self.below.saturating_add(more.below);
    }
}

/// What a run and those below it were charged.
#[derive(Default)]
struct Charged {
    /// By minutes since 1970: those with calls.
    minutes: BTreeMap<i64, Spent>,
    last: Option<Instant>,
    corrected: Nano,
}

impl Charged {
    fn take(&mut self, run: RunId, charge: RunCharge) {
        if !matches!(charge.kind, ChargeKind::Settlement | ChargeKind::Resolution) {
            self.corrected = self.corrected.saturating_add(charge.charge);
            return;
        }
        let spent = if charge.run == run {
            Spent { calls: 1, own: charge.charge, below: Nano::ZERO }
        } else {
            Spent { calls: 0, own: Nano::ZERO, below: charge.charge }
        };
        self.minutes.entry(minute_of(charge.at)).or_default().add(spent);
        self.last = self.last.max(Some(charge.at));
    }
}

impl Control {
    /// A run from its first charge to its last call or stop, by stretches of time that fit its length.
    ///
    /// # Errors
    /// No such run, not what the right covers, or the projection.
    pub(crate) async fn run_timeline(&self, within: Within, id: &str) -> Result<RunTimeline, Error> {
        let run = run_id(id)?;
        let (snapshot, now) = (self.snapshot(), self.inner.clock.now());
        self.report(move |inner| {
            let lines = inner.tree(&within, &snapshot.directory, run)?;
            let charged = inner.charged(run, &lines)?;
            let line = lines.first().filter(|line| line.run == run);
            let shown = line.map(|line| inner.show_run(&snapshot, line, &parents(&lines), now));
            let ends = charged.last.map(|last| last.saturating_add(IDLE_GAP));
            let stop = shown.as_ref().and_then(|run| run.stop.as_ref()).map(|stop| stop.since);
            let stopped = stop.filter(|stop| ends.is_some_and(|ends| *stop <= ends));
            // Money is limited for some days; what was spent after them is not of that limit.
            let is_of_limit = |line: &RunLine| charged.last.is_none_or(|last| last < budget_period(line.began).end);
            let budget = line.filter(|line| is_of_limit(line)).and_then(|line| inner.run_money(line));
            let last = charged.last.max(stopped);
            let first = charged.minutes.keys().next().copied();
            let reach = first.zip(last).map(|(first, last)| first..=minute_of(last).max(first));
            let (minutes, items) = reach.map_or((1, Vec::new()), |reach| stretches(&charged.minutes, reach));
            let sum = |figure: fn(&RunStretch) -> Nano| items.iter().map(figure).fold(Nano::ZERO, Nano::saturating_add);
            let (charge, below) = (sum(|item| item.charge), sum(|item| item.below));
            let unspent = |limit: Nano| limit.saturating_sub(charge).saturating_sub(below).max(Nano::ZERO);
            let limit = budget.map(|funds| funds.limit);
            Ok(RunTimeline {
                id: run,
                minutes: u32::try_from(minutes).unwrap_or(u32::MAX),
                charge,
                below,
                corrected: charged.corrected,
                limit,
                stopped,
                left: stopped.and(limit).map(unspent),
                items,
            })
        })
        .await
    }
}

impl Inner {
    /// What runs were charged, those of each person together.
    fn charged(&self, run: RunId, lines: &[RunLine]) -> Result<Charged, Error> {
        let mut of = BTreeMap::<PersonId, Vec<&RunLine>>::new();
        for line in lines {
            of.entry(line.person).or_default().push(line);
        }
        let mut charged = Charged::default();
        for (person, lines) in of {
            let runs: BTreeSet<RunId> = lines.iter().map(|line| line.run).collect();
            let began = lines.iter().map(|line| line.began).min().unwrap_or_default();
            let last = lines.iter().map(|line| line.last).max().unwrap_or_default();
            let mut take = |charge| charged.take(run, charge);
            self.reader.charges_of_runs(person, &runs, &(began..last.next()), &mut take).map_err(stored)?;
        }
        Ok(charged)
    }
}

fn minute_of(at: Instant) -> i64 {
    at.as_micros().div_euclid(MINUTE)
}

/// Minutes put together to stretches, and how long these are. Each begins at a multiple of its length.
fn stretches(spent: &BTreeMap<i64, Spent>, reach: RangeInclusive<i64>) -> (i64, Vec<RunStretch>) {
    let (first, last) = reach.into_inner();
    let minutes = length_of(last.saturating_sub(first).saturating_add(1));
    let number = |minute: i64| minute.div_euclid(minutes);
    let mut by_stretch = BTreeMap::<i64, Spent>::new();
    for (minute, more) in spent {
        by_stretch.entry(number(*minute)).or_default().add(*more);
    }
    let items = (number(first)..=number(last)).map(|stretch| {
        let Spent { calls, own, below } = by_stretch.get(&stretch).copied().unwrap_or_default();
        let at = Instant::from_micros(stretch.saturating_mul(minutes).saturating_mul(MINUTE));
        RunStretch { at, calls, charge: own, below }
    });
    (minutes, items.collect())
}

/// How many minutes a stretch has, so that there are few enough of them wherever the first one begins.
fn length_of(minutes: i64) -> i64 {
    let most = STRETCHES_MAX.saturating_sub(1);
    let days =
        || minutes.saturating_add(DAY.saturating_mul(most)).saturating_sub(1).div_euclid(DAY.saturating_mul(most));
    MINUTES
        .into_iter()
        .find(|length| minutes <= length.saturating_mul(most))
        .unwrap_or_else(|| days().saturating_mul(DAY))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_few_enough_stretches_of_any_run_and_none_is_missing() {
        for (minutes, expected) in [
            (1, 1),
            (119, 1),
            (120, 2),
            (600, 10),
            (1_440, 15),
            (43_200, 720),
            (119 * DAY, DAY),
            (119 * DAY + 1, 2 * DAY),
        ] {
            assert_eq!(length_of(minutes), expected, "{minutes} minutes");
        }
        for (first, minutes) in [(0, 1), (59, 120), (719, 1_000), (-3, 7), (1_439, 400 * DAY), (1_001, 10_000 * DAY)] {
            let last = first + minutes - 1;
            let one = Spent { calls: 1, own: Nano::new(2), below: Nano::new(3) };
            let spent = BTreeMap::from([(first, one), (last, one)]);
            let (length, items) = stretches(&spent, first..=last);
            let count = i64::try_from(items.len()).unwrap();
            assert!(count <= STRETCHES_MAX && count * length >= minutes, "{count} of {length} from {first}");
            let sum = |figure: fn(&RunStretch) -> i64| items.iter().map(figure).sum::<i64>();
            let times = i64::try_from(spent.len()).unwrap();
            assert_eq!((sum(|one| one.charge.get()), sum(|one| one.below.get())), (2 * times, 3 * times));
            assert!(
                items
                    .iter()
                    .zip(items.iter().skip(1))
                    .all(|(a, b)| { b.at.as_micros() - a.at.as_micros() == length * MINUTE })
            );
            assert!(items.first().unwrap().at.as_micros() <= first * MINUTE);
        }
    }
}
