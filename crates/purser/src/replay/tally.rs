//! What one telling came to: money by the minute, what was refused and why, what tripped.

use std::collections::BTreeMap;

use purser_core::breaker::Act;
use purser_core::id::{PersonId, RunId};
use purser_core::money::Nano;
use purser_core::stop::Tripped;
use purser_core::time::Instant;
use purser_gateway::{Denied, Tripping};

use super::call::Call;

/// Money by the minute, from the minute of the first call on.
#[derive(Clone, Debug, Default)]
pub(super) struct Burn {
    first: Option<i64>,
    minutes: Vec<i64>,
}

/// Microseconds of a minute.
const MINUTE_US: i64 = 60_000_000;

impl Burn {
    /// Adds money. What comes before the first minute counts in it.
    pub(super) fn add(&mut self, at: Instant, amount: Nano) {
        let minute = minute_of(at);
        let first = *self.first.get_or_insert(minute);
        let place = usize::try_from(minute.saturating_sub(first)).unwrap_or(0);
        if place >= self.minutes.len() {
            self.minutes.resize(place + 1, 0);
        }
        if let Some(of_minute) = self.minutes.get_mut(place) {
            *of_minute = of_minute.saturating_add(amount.get());
        }
    }

    /// Each minute and its money.
    pub(super) fn minutes(&self) -> impl Iterator<Item = (Instant, i64)> {
        let first = self.first.unwrap_or(0);
        self.minutes.iter().zip(first..).map(|(nano, minute)| (Instant::from_micros(minute * MINUTE_US), *nano))
    }

    /// The money of the minute of an instant.
    pub(super) fn of(&self, at: Instant) -> i64 {
        let place = self.first.and_then(|first| usize::try_from(minute_of(at).saturating_sub(first)).ok());
        place.and_then(|place| self.minutes.get(place)).copied().unwrap_or(0)
    }
}

fn minute_of(at: Instant) -> i64 {
    at.as_micros().div_euclid(MINUTE_US)
}

/// Calls and their money.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) calls: u64,
    pub(super) nano: i128,
}

impl Count {
    pub(super) fn add(&mut self, amount: Nano) {
        self.calls += 1;
        self.nano += i128::from(amount.get());
    }
}

/// Calls that were not made, for one reason.
#[derive(Clone, Debug)]
pub(super) struct Refusals {
    pub(super) count: Count,
    /// When it was first said, to whom and what.
    pub(super) first: Instant,
    pub(super) person: PersonId,
    pub(super) sentence: String,
    /// Whose they are.
    pub(super) people: BTreeMap<PersonId, Count>,
}

/// A warning, or a run that a breaker held back.
#[derive(Clone, Debug)]
pub(super) struct Trip {
    pub(super) at: Instant,
    pub(super) person: PersonId,
    pub(super) run: RunId,
    pub(super) act: Act,
    pub(super) tripped: Tripped,
    /// What the run had cost by then.
    pub(super) cost: i128,
    /// What the run went on with that it could not make any more, with the runs below it.
    pub(super) beyond: Count,
    /// The last of it.
    pub(super) beyond_until: Option<Instant>,
    /// When its owner let it go on.
    pub(super) lifted: Option<Instant>,
}

/// What one telling came to.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) burn: Burn,
    pub(super) made: Count,
    pub(super) tokens: u128,
    pub(super) refused: BTreeMap<&'static str, Refusals>,
    /// Answers that ended where the money did, and what they did not cost.
    pub(super) clamped: Count,
    /// Calls that went out with a cheaper model, and what they did not cost.
    pub(super) switched: Count,
    /// Calls that waited for money which others had set aside.
    pub(super) parked: u64,
    pub(super) trips: Vec<Trip>,
    /// Of each run that is held back, its last trip in `trips`.
    held: BTreeMap<RunId, usize>,
    runs: BTreeMap<RunId, i128>,
}

impl Tally {
    /// A call was paid.
    pub(super) fn paid(&mut self, at: Instant, run: RunId, call: &Call) {
        self.made.add(call.charge);
        self.tokens += u128::from(call.usage.prompt_tokens()) + u128::from(call.usage.output_tokens());
        self.burn.add(at, call.charge);
        *self.runs.entry(run).or_default() += i128::from(call.charge.get());
    }

    /// A call was not made.
    pub(super) fn refused(&mut self, at: Instant, call: &Call, denied: Denied) {
        if let Some(trip) = denied.waits.and_then(|run| self.held.get(&run)).and_then(|at| self.trips.get_mut(*at)) {
            trip.beyond.add(call.charge);
            trip.beyond_until = trip.beyond_until.max(Some(call.ends));
        }
        let refusals = self.refused.entry(denied.code).or_insert_with(|| Refusals {
            count: Count::default(),
            first: at,
            person: call.person,
            sentence: denied.sentence,
            people: BTreeMap::new(),
        });
        refusals.count.add(call.charge);
        refusals.people.entry(call.person).or_default().add(call.charge);
    }

    /// A breaker warned or tripped.
    pub(super) fn tripped(&mut self, tripping: Tripping) {
        let Tripping { run, person, act, tripped, at } = tripping;
        let cost = self.runs.get(&run).copied().unwrap_or(0);
        let (beyond, beyond_until, lifted) = (Count::default(), None, None);
        if act > Act::Warn {
            self.held.insert(run, self.trips.len());
        }
        self.trips.push(Trip { at, person, run, act, tripped, cost, beyond, beyond_until, lifted });
    }

    /// Its owner lets a run go on.
    pub(super) fn lifted(&mut self, at: Instant, run: RunId) {
        if let Some(trip) = self.held.remove(&run).and_then(|place| self.trips.get_mut(place)) {
            trip.lifted = Some(at);
        }
    }

    /// Everything that was not made.
    pub(super) fn all_refused(&self) -> Count {
        self.refused.values().fold(Count::default(), |sum, of| Count {
            calls: sum.calls + of.count.calls,
            nano: sum.nano + of.count.nano,
        })
    }

    /// The first warning.
    pub(super) fn first_warning(&self) -> Option<&Trip> {
        self.trips.iter().find(|trip| trip.act == Act::Warn)
    }

    /// The first run that was held back.
    pub(super) fn first_stop(&self) -> Option<&Trip> {
        self.trips.iter().find(|trip| trip.act > Act::Warn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_found_in_its_minute() {
        let at = |minute: i64| Instant::from_micros(minute * MINUTE_US + 7);
        let mut burn = Burn::default();
        assert_eq!((burn.of(at(3)), burn.minutes().count()), (0, 0));
        for (minute, nano) in [(100, 5), (100, 6), (103, 9), (99, 1)] {
            burn.add(at(minute), Nano::new(nano));
        }
        let minutes: Vec<_> = burn.minutes().map(|(at, nano)| (at.as_micros() / MINUTE_US, nano)).collect();
        assert_eq!(minutes, [(100, 12), (101, 0), (102, 0), (103, 9)]);
        assert_eq!((burn.of(at(99)), burn.of(at(100)), burn.of(at(200))), (0, 12, 0));
    }
}
