//! `bill-150k`: one person's coding agents, alone for a month.

use std::rc::Rc;
use std::time::Duration;

use purser_core::money::Nano;
use purser_core::price::PriceBook;
use purser_core::time::Instant;
use purser_core::usage::Usage;
use purser_providers::Tool;

use super::Credits;
use super::agents::{Agent, Calls, Ends, Program, Speed, Turn, run};
use crate::demo::Dice;
use crate::failure::Failure;

pub(super) const CREDITS: Credits = Credits {
    name: "bill-150k",
    what: "Ordinary working days, then one evening an agent with four sub-agents is left alone. Each few days a script \
           begins the session anew. Nobody looks until the bill comes.",
    from: "A bill of more than $150,000 in a month for one person's coding agent was reported in March 2026 (The New York \
           Times); spread over an average month of 730.5 hours that is $205 an hour. How many agents, how large their \
           contexts and how often they go round in circles are a judgement.",
    first: "2026-09-14T08:00:00Z",
    astray: "2026-10-01T18:40:00Z",
};

/// What the bill came to.
const BILL: Nano = Nano::new(150_000_000_000_000);
/// What the agent at the top costs in an hour, and each of those below it: $205.34 together, a 730.5th of the bill.
const TOP: Nano = Nano::new(85_340_000_000);
const BELOW: Nano = Nano::new(30_000_000_000);
/// How many are below it.
const AGENTS: u64 = 4;
/// Sessions that a month can have.
const SESSIONS: u64 = 40;
/// What chooses everything else.
const SEED: u64 = 150_000;

pub(super) fn calls() -> Result<Calls, Failure> {
    let book = PriceBook::bundled();
    let (begins, alone) = (CREDITS.begins(), CREDITS.goes_astray());
    let daily = Program::of(&book, ("anthropic", "claude-opus-5-5"), (Tool::ClaudeCode, 32_000), begins)?;
    let dear = Program::of(&book, ("anthropic", "claude-fable-5-2"), (Tool::ClaudeCode, 32_000), alone)?;
    let mut dice = Dice::new(SEED, 0);
    let mut sessions = vec![alone];
    for _ in 1..SESSIONS {
        let last = sessions.last().copied().unwrap_or(alone);
        sessions.push(last.saturating_add(Duration::from_mins(dice.between(60 * 60, 84 * 60))));
    }
    let sessions: Rc<[Instant]> = sessions.into();
    let mut agents: Vec<(Instant, Box<dyn Agent>)> =
        vec![(begins, Box::new(Days { program: daily, dice: Dice::new(SEED, 1), until: alone, at: Day::default() }))];
    for number in 0..=AGENTS {
        let dice = Dice::new(SEED, 2 + number);
        let speed = Speed::of(if number == 0 { TOP } else { BELOW });
        let sessions = Rc::clone(&sessions);
        let agent = Alone { program: dear.clone(), dice, number, speed, sessions, at: At::default() };
        // The one at the top begins, the others when it has told them what to do.
        agents.push((alone.saturating_add(Duration::from_secs(7 * number)), Box::new(agent)));
    }
    Ok(Calls::new(agents, Ends::Spent(BILL, alone)))
}

/// Somebody at work: a few sessions a day, each some prompts and what the agent does for them.
struct Days {
    program: Program,
    dice: Dice,
    until: Instant,
    at: Day,
}

#[derive(Default)]
struct Day {
    session: u64,
    /// Calls left for this prompt, prompts left in this session.
    calls: u64,
    prompts: u64,
    context: u64,
}

const HOUR: Duration = Duration::from_hours(1);
/// Microseconds of a day and of an hour.
const DAY_US: i64 = 86_400_000_000;
const HOUR_US: i64 = 3_600_000_000;

impl Agent for Days {
    fn call(&mut self, at: Instant) -> Result<(super::super::call::Call, Option<Instant>), Failure> {
        let (dice, day) = (&mut self.dice, &mut self.at);
        if day.prompts == 0 {
            *day = Day { session: day.session + 1, calls: 0, prompts: dice.between(4, 9), context: 24_000 };
        }
        let human = day.calls == 0;
        if human {
            day.calls = dice.between(3, 14);
        }
        let (added, output) = (dice.between(600, 5_000), dice.between(150, 1_400));
        let usage = Usage { cache_read: day.context, cache_write_5m: added, output, ..Usage::default() };
        day.context += added + output;
        let session = format!("day {}", day.session);
        let turn = Turn { run: Some(run(&session, None)), human, work: Some(word(dice)), usage, parent: None };
        let call = self.program.call(at, turn)?;
        day.calls -= 1;
        let mut next = call.ends.saturating_add(Duration::from_secs(dice.between(2, 15)));
        if day.calls == 0 {
            day.prompts -= 1;
            next = next.saturating_add(Duration::from_secs(dice.between(60, 420)));
            if day.prompts == 0 {
                next = next.saturating_add(Duration::from_mins(dice.between(15, 90)));
            }
        }
        let next = working(next);
        Ok((call, (next < self.until).then_some(next)))
    }
}

/// The same instant where it is between eight and six on a workday, else the next morning of one.
fn working(at: Instant) -> Instant {
    let mut day = at.as_micros().div_euclid(DAY_US);
    let into = at.as_micros().rem_euclid(DAY_US);
    // 1970 began on a Thursday.
    let weekend = |day: i64| (day + 3).rem_euclid(7) > 4;
    if !weekend(day) && (8 * HOUR_US..18 * HOUR_US).contains(&into) {
        return at;
    }
    if into >= 8 * HOUR_US {
        day += 1;
    }
    while weekend(day) {
        day += 1;
    }
    Instant::from_micros(day * DAY_US).saturating_add(8 * HOUR)
}

/// An agent that nobody looks after.
struct Alone {
    program: Program,
    dice: Dice,
    /// 0 for the one at the top.
    number: u64,
    speed: Speed,
    /// When each session begins.
    sessions: Rc<[Instant]>,
    at: At,
}

#[derive(Default)]
struct At {
    session: Option<usize>,
    context: u64,
    /// Steps of what it is at, the circle that it goes round in, and how long that is (0: it gets on).
    steps: u64,
    circle: u64,
    length: u64,
}

impl Agent for Alone {
    fn call(&mut self, at: Instant) -> Result<(super::super::call::Call, Option<Instant>), Failure> {
        let (dice, own) = (&mut self.dice, &mut self.at);
        let session = self.sessions.partition_point(|begins| *begins <= at).saturating_sub(1);
        let begins = own.session != Some(session);
        if begins {
            *own = At { session: Some(session), context: 40_000, ..At::default() };
        }
        if own.steps == 0 {
            // One piece of work in eight goes round in a circle, for an hour or more.
            own.length = if dice.between(1, 8) == 1 { dice.between(1, 4) } else { 0 };
            own.steps = dice.between(40, 400);
            own.circle = word(dice);
        }
        own.steps -= 1;
        let work = if own.length > 0 { own.circle.wrapping_add(own.steps % own.length) } else { word(dice) };
        let (added, output, most) = if self.number == 0 {
            (dice.between(8_000, 32_000), dice.between(500, 1_900), 900_000)
        } else {
            (dice.between(2_000, 10_000), dice.between(300, 1_500), 450_000)
        };
        let usage = Usage { cache_read: own.context, cache_write_5m: added, output, ..Usage::default() };
        own.context += added + output;
        if own.context > most {
            // Its client sums it up and goes on.
            own.context = 60_000;
        }
        let name = format!("alone {session}");
        let (top, below) = (run(&name, None), format!("agent {}", self.number));
        let turn = if self.number == 0 {
            // The script's first words look like a human being's.
            Turn { run: Some(top), human: begins, work: Some(work), usage, parent: None }
        } else {
            let own = run(&name, Some(&below));
            Turn { run: Some(own), parent: Some(top), human: begins, work: Some(work), usage }
        };
        let call = self.program.call(at, turn)?;
        let next = self.speed.next(dice, &call);
        Ok((call, Some(next)))
    }
}

/// Work that is like no other.
pub(super) fn word(dice: &mut Dice) -> u64 {
    dice.between(0, u64::MAX - 1)
}
