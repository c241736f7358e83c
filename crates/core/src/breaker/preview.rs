//! What breakers would do to traffic that is known already: before rules are changed, and when a month is told again.

use std::collections::BTreeMap;

use super::{Act, Breaker, Pace, Rules, RunWatch, Step, Trip};
use crate::money::Nano;

/// What the owner does after a trip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// Says at once that it may go on, which tells how often they would be asked.
    GoesOn,
    /// Says nothing: the runs stay where they are, which tells what would be saved.
    IsAway,
}

/// Rules on the steps of past runs, person by person, in the order of time.
///
/// A run is never forgotten: a preview holds some four hundred bytes for each.
#[derive(Clone, Debug)]
pub struct Preview<'r, P, R> {
    rules: &'r Rules,
    owner: Owner,
    people: BTreeMap<P, Person<R>>,
}

/// Somebody's money and runs.
#[derive(Clone, Debug)]
struct Person<R> {
    pace: Pace,
    runs: BTreeMap<R, Run>,
}

/// A run, and whether it waits.
#[derive(Clone, Debug)]
struct Run {
    watch: RunWatch,
    waits: bool,
}

/// What a step led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Previewed<R> {
    /// It would have been made; what tripped after it.
    Made(Vec<Tripped<R>>),
    /// The run waits since an earlier step: it would not have been made, and its cost is saved.
    Kept,
}

/// What tripped, and who waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tripped<R> {
    /// What, when and why.
    pub trip: Trip,
    /// The runs that wait; none after a warning.
    pub waiting: Vec<R>,
}

impl<'r, P: Ord + Copy, R: Ord + Copy> Preview<'r, P, R> {
    /// Nobody has done anything.
    pub const fn new(rules: &'r Rules, owner: Owner) -> Self {
        Self { rules, owner, people: BTreeMap::new() }
    }

    /// Takes in a step of a person's run.
    pub fn step(&mut self, person: P, run: R, step: &Step) -> Previewed<R> {
        let (rules, owner) = (self.rules, self.owner);
        let person =
            self.people.entry(person).or_insert_with(|| Person { pace: Pace::default(), runs: BTreeMap::new() });
        let of_run = person.runs.entry(run).or_insert_with(|| Run { watch: RunWatch::begun(step.at), waits: false });
        if of_run.waits {
            return Previewed::Kept;
        }
        let mut tripped = Vec::new();
        if let Some(trip) = of_run.watch.step(rules, step) {
            let waiting = if trip.act > Act::Warn { vec![run] } else { Vec::new() };
            tripped.push(Tripped { trip, waiting });
        }
        if let Some(trip) = person.of_money(rules, step) {
            tripped.push(trip);
        }
        for tripped in &tripped {
            person.then(owner, tripped);
        }
        Previewed::Made(tripped)
    }
}

impl<R: Ord + Copy> Person<R> {
    fn of_money(&mut self, rules: &Rules, step: &Step) -> Option<Tripped<R>> {
        let rule = rules.spend.as_ref()?;
        let trip = self.pace.step(rule, step.at, step.cost)?;
        let mut waiting = Vec::new();
        if trip.act > Act::Warn {
            let runs = self.runs.iter().filter(|(_, run)| !run.waits).map(|(id, run)| (*id, run.watch.minutes()));
            waiting = self.pace.pause(rule, step.at, runs);
        }
        Some(Tripped { trip, waiting })
    }

    fn then(&mut self, owner: Owner, tripped: &Tripped<R>) {
        let Trip { breaker, act, at, .. } = tripped.trip;
        if act == Act::Warn {
            return;
        }
        match owner {
            Owner::GoesOn if breaker == Breaker::Spend => self.pace.go_on(at),
            Owner::GoesOn => {
                for run in &tripped.waiting {
                    if let Some(run) = self.runs.get_mut(run) {
                        run.watch.go_on(at);
                    }
                }
            }
            Owner::IsAway => {
                for run in &tripped.waiting {
                    if let Some(run) = self.runs.get_mut(run) {
                        run.waits = true;
                    }
                }
            }
        }
    }
}

/// What a preview came to, added up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Steps that would have been made, and their money.
    pub made: (u64, i128),
    /// Steps that would not have been, and their money.
    pub saved: (u64, i128),
    /// Warnings, and runs that would have waited, by breaker and what it does.
    pub tripped: BTreeMap<(Breaker, Act), u64>,
}

impl Sums {
    /// Adds a step and what it led to.
    pub fn add<R>(&mut self, cost: Nano, previewed: &Previewed<R>) {
        let ((steps, money), tripped) = match previewed {
            Previewed::Made(tripped) => (&mut self.made, tripped.as_slice()),
            Previewed::Kept => (&mut self.saved, [].as_slice()),
        };
        *steps = steps.saturating_add(1);
        *money = money.saturating_add(i128::from(cost.get()));
        for Tripped { trip, waiting } in tripped {
            let runs = u64::try_from(waiting.len()).unwrap_or(u64::MAX).max(1);
            let count = self.tripped.entry((trip.breaker, trip.act)).or_default();
            *count = count.saturating_add(runs);
        }
    }

    /// Runs that would have waited or been stopped.
    pub fn waited(&self) -> u64 {
        self.tripped.iter().filter(|((_, act), _)| *act > Act::Warn).fold(0, |sum, (_, runs)| sum.saturating_add(*runs))
    }
}
