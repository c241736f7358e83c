//! `tokens-210b`: one person's agents, 210 thousand million tokens in a week.

use std::time::Duration;

use purser_core::price::PriceBook;
use purser_core::time::Instant;
use purser_core::usage::Usage;
use purser_providers::Tool;

use super::Credits;
use super::agents::{Agent, Calls, Ends, Program, Turn, run};
use super::bill::word;
use crate::demo::Dice;
use crate::failure::Failure;

pub(super) const CREDITS: Credits = Credits {
    name: "tokens-210b",
    what: "Twenty-four coding agents side by side, day and night, each in sessions of some hours, with contexts that are \
           nearly all read from a cache.",
    from: "210 billion tokens in a week by one engineer were reported in March 2026 (The New York Times), 347,222 a second. \
           How many agents, which model and what part of it came from a cache are a judgement, and so is the bill.",
    first: "2026-03-02T00:00:00Z",
    astray: "2026-03-02T00:00:00Z",
};

/// What it came to.
const TOKENS: u64 = 210_000_000_000;
const AGENTS: u64 = 24;
const SEED: u64 = 210;
/// Seconds from one step of an agent to the next, which makes it a week.
const STEP_S: (u64, u64) = (15, 27);

pub(super) fn calls() -> Result<Calls, Failure> {
    let book = PriceBook::bundled();
    let begins = CREDITS.begins();
    let program = Program::of(&book, ("openai", "gpt-5.3-codex"), (Tool::Codex, 64_000), begins)?;
    let agents = (0..AGENTS).map(|number| {
        let dice = Dice::new(SEED, number);
        let agent = Worker { program: program.clone(), dice, number, session: 0, until: begins, context: 0 };
        (begins.saturating_add(Duration::from_secs(number)), Box::new(agent) as Box<dyn Agent>)
    });
    Ok(Calls::new(agents.collect(), Ends::Tokens(TOKENS)))
}

struct Worker {
    program: Program,
    dice: Dice,
    number: u64,
    session: u64,
    until: Instant,
    context: u64,
}

impl Agent for Worker {
    fn call(&mut self, at: Instant) -> Result<(super::super::call::Call, Option<Instant>), Failure> {
        let dice = &mut self.dice;
        let begins = at >= self.until;
        if begins {
            self.session += 1;
            self.until = at.saturating_add(Duration::from_mins(dice.between(5 * 60, 9 * 60)));
            self.context = 180_000;
        }
        let (added, output) = (dice.between(1_000, 7_000), dice.between(200, 1_600));
        let usage = Usage { cache_read: self.context, input_uncached: added, output, ..Usage::default() };
        self.context += added + output;
        if self.context > 380_000 {
            self.context = 220_000;
        }
        let session = format!("agent {} session {}", self.number, self.session);
        let turn = Turn { run: Some(run(&session, None)), human: begins, work: Some(word(dice)), usage, parent: None };
        let call = self.program.call(at, turn)?;
        let (ends, (least, most)) = (call.ends, STEP_S);
        let next = at.saturating_add(Duration::from_secs(dice.between(least, most)));
        Ok((call, Some(next.max(ends))))
    }
}
