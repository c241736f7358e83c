//! A year of many people under breakers, and what tripped.

use std::collections::BTreeMap;

use purser_core::breaker::{Act, Breaker, Pace, Rules, RunWatch, Step, Trip};
use purser_core::money::Nano;

/// Somebody's runs.
pub(crate) struct Person {
    pub(crate) runs: Vec<Run>,
}

/// One session, its steps in order.
pub(crate) struct Run {
    pub(crate) steps: Vec<Step>,
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) people: u64,
    pub(crate) runs: u64,
    pub(crate) steps: u64,
    pub(crate) spent: i128,
    /// Runs that were warned about or paused, by breaker.
    pub(crate) tripped: BTreeMap<(Breaker, Act), u64>,
}

impl Tally {
    /// Runs paused or stopped by any breaker.
    pub(crate) fn paused(&self) -> u64 {
        self.tripped.iter().filter(|((_, act), _)| *act > Act::Warn).map(|(_, count)| count).sum()
    }

    /// In ten thousand runs, in hundredths.
    pub(crate) fn paused_in_ten_thousand(&self) -> u64 {
        self.paused() * 1_000_000 / self.runs
    }
}

/// Plays a person's steps in the order of time. After each trip the owner says at once that it may go on; a trip of
/// the person's money counts once for each run that waits for it.
pub(crate) fn play(rules: &Rules, person: &Person, tally: &mut Tally) {
    tally.people += 1;
    let mut order: Vec<(usize, &Step)> = Vec::new();
    for (run, steps) in person.runs.iter().enumerate() {
        order.extend(steps.steps.iter().map(|step| (run, step)));
        tally.runs += u64::from(!steps.steps.is_empty());
    }
    order.sort_by_key(|(_, step)| step.at);
    let mut pace = Pace::default();
    let mut watches: BTreeMap<usize, RunWatch> = BTreeMap::new();
    for (run, step) in order {
        tally.steps += 1;
        tally.spent += i128::from(step.cost.get());
        let watch = watches.entry(run).or_insert_with(|| RunWatch::begun(step.at));
        let of_run = watch.step(rules, step);
        if of_run.as_ref().is_some_and(|trip| trip.act > Act::Warn) {
            watch.go_on(step.at);
        }
        let of_money = rules.spend.as_ref().and_then(|rule| pace.step(rule, step.at, step.cost));
        let mut waiting = 1;
        if let (Some(rule), Some(_)) = (&rules.spend, of_money.as_ref().filter(|trip| trip.act > Act::Warn)) {
            let runs = watches.iter().map(|(run, watch)| (*run, watch.minutes()));
            waiting = u64::try_from(pace.pause(rule, step.at, runs).len()).unwrap();
            assert!(waiting > 0, "somebody has spent it");
            pace.go_on(step.at);
        }
        if let Some(Trip { breaker, act, .. }) = of_run {
            *tally.tripped.entry((breaker, act)).or_default() += 1;
        }
        if let Some(Trip { breaker, act, .. }) = of_money {
            *tally.tripped.entry((breaker, act)).or_default() += waiting;
        }
    }
}

/// The table's line of one year.
pub(crate) fn line(name: &str, tally: &Tally) -> String {
    let of = |breaker, act| tally.tripped.get(&(breaker, act)).copied().unwrap_or(0);
    let each = [Breaker::Spend, Breaker::Repeat, Breaker::Errors, Breaker::Growth, Breaker::Unattended]
        .map(|breaker| format!("{}/{}", of(breaker, Act::Warn), of(breaker, Act::Pause)));
    format!(
        "| {name} | {} | {} | {} | {} | {} | {}.{:02} |",
        tally.people,
        tally.runs,
        tally.steps,
        tally.spent / 1_000_000_000 / i128::from(tally.people),
        each.join(" | "),
        tally.paused_in_ten_thousand() / 100,
        tally.paused_in_ten_thousand() % 100,
    )
}

/// So much an hour, in one call of equal cost every ten seconds.
pub(crate) fn runaway(from: purser_core::time::Instant, dollars_an_hour: i64) -> impl Iterator<Item = Step> {
    (1..).map(move |call: u64| Step {
        at: from.saturating_add(std::time::Duration::from_secs(10 * call)),
        cost: Nano::new(dollars_an_hour * 1_000_000_000 / 360),
        input: 90_000 + call * 700,
        output: 900,
        failed: false,
        work: Some(call),
        human: false,
    })
}
