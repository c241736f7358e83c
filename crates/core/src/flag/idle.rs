//! Money that goes without anybody there and without anything that comes of it.

use super::{Flag, FlagKind};
use crate::money::Nano;

/// Days in a row without a word. The breaker of runs that are left alone waits for the same after twelve hours and the same
/// money (`UnattendedRule`); this is what went on nevertheless, because it was let go on or the breaker is off.
const ALONE_DAYS: i64 = 2;
const ALONE_COST: Nano = Nano::new(20_000_000_000);
/// Hours of a day with calls in them: nobody is awake for twenty hours, two days in a row.
const HOURS: u32 = 20;
const CLOCK_DAYS: i64 = 2;
/// Tokens of an answer on average that are hardly one: "nothing to do" has a dozen, an agent's step some hundred.
const HARDLY: u64 = 100;
const CLOCK_COST: Nano = Nano::new(5_000_000_000);
/// Calls of a day whose prompts are all as long as each other, but for half a percent: a conversation grows with every
/// call, and no two documents have the same length.
const SAME_CALLS: u64 = 100;
const SAME_DEVIATION: (u128, u128) = (1, 200);
const SAME_COST: Nano = Nano::new(1_000_000_000);

/// What was used on a day: by a run with those that it started, or with a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IdleDay {
    /// The day.
    pub day: i64,
    /// Calls.
    pub calls: u64,
    /// Those that a human being asked for.
    pub human: u64,
    /// The hours in which there were any, a bit each.
    pub hours: u32,
    /// Prompt tokens.
    pub input: u64,
    /// The prompt tokens of each call, squared, added up.
    pub squares: u64,
    /// Answer tokens.
    pub output: u64,
    /// What it cost.
    pub cost: Nano,
    /// Something of value was logged for it on that day.
    pub outcome: bool,
}

impl IdleDay {
    /// Adds what was used on the same day; a sum is held at the end of its range.
    pub fn add(&mut self, more: &Self) {
        self.calls = self.calls.saturating_add(more.calls);
        self.human = self.human.saturating_add(more.human);
        self.hours |= more.hours;
        self.input = self.input.saturating_add(more.input);
        self.squares = self.squares.saturating_add(more.squares);
        self.output = self.output.saturating_add(more.output);
        self.cost = self.cost.saturating_add(more.cost);
        self.outcome |= more.outcome;
    }

    /// May it be a day of [`alone`]? A single one never is: the day before or after is one too.
    pub const fn may_be_alone(&self) -> bool {
        self.calls > 0 && self.human == 0
    }

    /// May it be a day of [`around_the_clock`]?
    pub const fn may_be_around_the_clock(&self) -> bool {
        self.calls > 0 && self.hours.count_ones() >= HOURS && self.output <= self.calls.saturating_mul(HARDLY)
    }

    /// May it be a day of [`repeated`]?
    pub fn may_be_repeated(&self) -> bool {
        is_repeated(self)
    }
}

/// Of a run and those that it started, its days in order: two days in a row and more on which it spent and nobody said
/// anything, for twenty dollars and more, from which nothing came.
pub fn alone(days: &[IdleDay]) -> Vec<Flag> {
    flagged(days, FlagKind::Alone, ALONE_DAYS, ALONE_COST, IdleDay::may_be_alone, |stretch| {
        format!("{} in {} days in a row on which nobody said anything", stretch.cost, stretch.days())
    })
}

/// Of a key, its days in order: two days in a row and more with calls in twenty hours of each and hardly an answer.
pub fn around_the_clock(days: &[IdleDay]) -> Vec<Flag> {
    flagged(days, FlagKind::AroundTheClock, CLOCK_DAYS, CLOCK_COST, IdleDay::may_be_around_the_clock, |stretch| {
        format!(
            "{} calls by day and by night, {} days in a row, with {} tokens in an answer, for {}",
            stretch.calls,
            stretch.days(),
            stretch.output.checked_div(stretch.calls).unwrap_or(0),
            stretch.cost
        )
    })
}

/// Of a run, its days in order: days with a hundred calls and more of the same length.
pub fn repeated(days: &[IdleDay]) -> Vec<Flag> {
    flagged(days, FlagKind::Repeated, 1, SAME_COST, is_repeated, |stretch| {
        let tokens = stretch.input.checked_div(stretch.calls).unwrap_or(0);
        format!("{} calls of {tokens} tokens each, for {}", stretch.calls, stretch.cost)
    })
}

/// The deviation of prompts is at most half a percent of their mean: n·Σx² − (Σx)² ≤ (Σx)²·(1/200)².
fn is_repeated(day: &IdleDay) -> bool {
    let (calls, input) = (u128::from(day.calls), u128::from(day.input));
    let all = input.saturating_mul(input);
    let apart = calls.saturating_mul(day.squares.into()).saturating_sub(all);
    let (part, of) = SAME_DEVIATION;
    day.calls >= SAME_CALLS
        // A sum that met the end of its range says nothing.
        && day.squares < i64::MAX.unsigned_abs()
        && apart.saturating_mul(of.saturating_mul(of)) <= all.saturating_mul(part.saturating_mul(part))
}

/// Days in a row that are alike.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    first: i64,
    last: i64,
    calls: u64,
    input: u64,
    output: u64,
    cost: Nano,
    outcome: bool,
}

impl Stretch {
    const fn days(&self) -> i64 {
        self.last.saturating_sub(self.first).saturating_add(1)
    }

    fn of(day: &IdleDay) -> Self {
        let IdleDay { day, calls, input, output, cost, outcome, .. } = *day;
        Self { first: day, last: day, calls, input, output, cost, outcome }
    }

    fn add(&mut self, day: &IdleDay) {
        self.last = day.day;
        self.calls = self.calls.saturating_add(day.calls);
        self.input = self.input.saturating_add(day.input);
        self.output = self.output.saturating_add(day.output);
        self.cost = self.cost.saturating_add(day.cost);
        self.outcome |= day.outcome;
    }
}

/// The stretches of days in a row that all fit, are enough, cost enough and brought nothing.
fn flagged(
    days: &[IdleDay],
    kind: FlagKind,
    enough: i64,
    cost: Nano,
    fits: impl Fn(&IdleDay) -> bool,
    seen: impl Fn(&Stretch) -> String,
) -> Vec<Flag> {
    let mut stretches: Vec<Stretch> = Vec::new();
    for day in days.iter().filter(|day| fits(day)) {
        match stretches.last_mut().filter(|last| last.last.saturating_add(1) == day.day) {
            Some(last) => last.add(day),
            None => stretches.push(Stretch::of(day)),
        }
    }
    let is_one = |stretch: &&Stretch| stretch.days() >= enough && stretch.cost >= cost && !stretch.outcome;
    let flag = |stretch: &Stretch| {
        let (days, cost) = ((stretch.first, stretch.last), stretch.cost);
        Flag { kind, days, cost, seen: seen(stretch) }
    };
    stretches.iter().filter(is_one).map(flag).collect()
}
