//! `loop-47k`: two agents that ask each other for the same, for eleven days.

use std::time::Duration;

use purser_core::money::Nano;
use purser_core::price::PriceBook;
use purser_core::time::Instant;
use purser_core::usage::Usage;
use purser_providers::Tool;

use super::Credits;
use super::agents::{Agent, Calls, Ends, Program, Speed, Turn};
use super::bill::word;
use crate::demo::Dice;
use crate::failure::Failure;

pub(super) const CREDITS: Credits = Credits {
    name: "loop-47k",
    what: "Four agents of a research pipeline share a key. Two of them, one that analyses and one that verifies, ask each \
           other for the same clarification, over and over.",
    from: "Widely retold in November 2025, first told by its team and not verified by anybody else: four agents, two of \
           them in a loop, eleven days, $47,000, which is $178 an hour. The model, contexts sent anew with each call and \
           how often a question differs are a judgement.",
    first: "2025-11-03T09:00:00Z",
    astray: "2025-11-03T09:00:00Z",
};

/// What it came to.
const BILL: Nano = Nano::new(47_000_000_000_000);
/// In an hour, for 264 hours.
const AN_HOUR: Nano = Nano::new(178_100_000_000);
/// What is kept of the talk.
const CONTEXT_MAX: u64 = 250_000;
const SEED: u64 = 47_000;

pub(super) fn calls() -> Result<Calls, Failure> {
    let book = PriceBook::bundled();
    let begins = CREDITS.begins();
    let program = Program::of(&book, ("openai", "gpt-5"), (Tool::OpenAiSdk, 16_384), begins)?;
    let (dice, speed) = (Dice::new(SEED, 0), Speed::of(AN_HOUR));
    let pipeline = Pipeline { program, dice, speed, step: 0, context: 3_000, questions: [0; 2] };
    Ok(Calls::new(vec![(begins, Box::new(pipeline))], Ends::Spent(BILL, begins)))
}

struct Pipeline {
    program: Program,
    dice: Dice,
    speed: Speed,
    step: u64,
    context: u64,
    /// What each of the two asks.
    questions: [u64; 2],
}

/// Steps of the one that researches, before the two begin.
const RESEARCH: u64 = 12;

impl Agent for Pipeline {
    fn call(&mut self, at: Instant) -> Result<(super::super::call::Call, Option<Instant>), Failure> {
        let (dice, step) = (&mut self.dice, self.step);
        self.step += 1;
        let talks = step >= RESEARCH;
        // One round in sixty something else is asked.
        if !talks || step == RESEARCH || dice.between(1, 120) == 1 {
            self.questions = [word(dice), word(dice)];
        }
        let [analyser, verifier] = self.questions;
        let work = if step.is_multiple_of(2) { analyser } else { verifier };
        let (added, output) = (dice.between(300, 2_200), dice.between(100, 900));
        // Sent anew with every call, since each one begins with another agent's instructions.
        let usage = Usage { input_uncached: self.context + added, output, ..Usage::default() };
        self.context = (self.context + added + output).min(CONTEXT_MAX);
        // Nothing names a run: they are the calls of one key.
        let turn = Turn { human: step == 0, work: Some(work), usage, ..Turn::default() };
        let call = self.program.call(at, turn)?;
        let next = self.speed.next(dice, &call).max(call.ends.saturating_add(Duration::from_millis(300)));
        Ok((call, Some(next)))
    }
}
