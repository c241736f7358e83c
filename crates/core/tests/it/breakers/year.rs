//! A year of many people under breakers, and what tripped.

use std::time::Duration;

use purser_core::breaker::{Act, Breaker, Owner, Preview, Rules, Step, Sums};
use purser_core::money::Nano;

/// Somebody's runs.
pub(crate) struct Person {
    pub(crate) runs: Vec<Run>,
}

/// One session, its steps in order.
pub(crate) struct Run {
    pub(crate) steps: Vec<Step>,
}

impl Run {
    /// Of these steps. Generators tell when each one ended; of the time since the one before it, its answer is taken to have
    /// needed two seconds and one more for each hundred tokens that came out, and its client to have waited with it for the
    /// rest. A provider that is quicker leaves more to the client, which is what a breaker minds less.
    pub(crate) fn of(mut steps: Vec<Step>) -> Self {
        let mut before = None;
        for step in &mut steps {
            let answered = Duration::from_secs(2) + Duration::from_millis(10 * step.output);
            step.waited = step.at.since(before.unwrap_or(step.at)).saturating_sub(answered);
            before = Some(step.at);
        }
        Self { steps }
    }
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) people: u64,
    pub(crate) runs: u64,
    /// A run that waits because its person's money tripped counts like one that tripped by itself.
    pub(crate) sums: Sums,
}

impl Tally {
    /// In ten thousand runs, in hundredths.
    pub(crate) fn paused_in_ten_thousand(&self) -> u64 {
        self.sums.waited() * 1_000_000 / self.runs
    }
}

/// Plays a person's steps in the order of time. After each trip the owner says at once that it may go on.
pub(crate) fn play(rules: &Rules, person: &Person, tally: &mut Tally) {
    tally.people += 1;
    let mut order: Vec<(usize, &Step)> = Vec::new();
    for (run, steps) in person.runs.iter().enumerate() {
        order.extend(steps.steps.iter().map(|step| (run, step)));
        tally.runs += u64::from(!steps.steps.is_empty());
    }
    order.sort_by_key(|(_, step)| step.at);
    let mut preview = Preview::new(rules, Owner::GoesOn);
    for (run, step) in order {
        tally.sums.add(step.cost, &preview.step((), run, step));
    }
}

/// The table's line of one year.
pub(crate) fn line(name: &str, tally: &Tally) -> String {
    let of = |breaker, act| tally.sums.tripped.get(&(breaker, act)).copied().unwrap_or(0);
    let each = [Breaker::Spend, Breaker::Repeat, Breaker::Errors, Breaker::Growth, Breaker::Unattended]
        .map(|breaker| format!("{}/{}", of(breaker, Act::Warn), of(breaker, Act::Pause)));
    format!(
        "| {name} | {} | {} | {} | {} | {} | {}.{:02} |",
        tally.people,
        tally.runs,
        tally.sums.made.0,
        tally.sums.made.1 / 1_000_000_000 / i128::from(tally.people),
        each.join(" | "),
        tally.paused_in_ten_thousand() / 100,
        tally.paused_in_ten_thousand() % 100,
    )
}

/// So much an hour, in one call of equal cost every ten seconds.
pub(crate) fn runaway(from: purser_core::time::Instant, dollars_an_hour: i64) -> impl Iterator<Item = Step> {
    (1..).map(move |call: u64| Step {
        at: from.saturating_add(Duration::from_secs(10 * call)),
        waited: Duration::from_secs(1),
        cost: Nano::new(dollars_an_hour * 1_000_000_000 / 360),
        input: 90_000 + call * 700,
        output: 900,
        failed: false,
        work: Some(call),
        human: false,
    })
}
