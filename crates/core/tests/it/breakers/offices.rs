//! The traffic on which the thresholds were chosen: people of several kinds in offices, with agents beside each other.
//!
//! A person's day is a handful of runs. A run is prompts by a human being, each followed by the agent's steps; its context
//! grows, is cached and now and then cut back. Some runs wait for a build by asking again and again; providers have bad
//! minutes; some people let an agent work through the evening. Near the end of a month people do more.

use std::time::Duration;

use purser_core::breaker::Step;
use purser_core::money::Nano;
use purser_core::time::Instant;

use super::dice::Dice;
use super::year::{Person, Run};

const MINUTE: i64 = 60_000_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// Nano-dollars per thousand tokens: cached input, fresh input, output.
struct Model(u64, u64, u64);

const MODELS: [Model; 4] = [
    Model(200_000, 4_000_000, 20_000_000),
    Model(100_000, 2_000_000, 10_000_000),
    Model(250_000, 5_000_000, 30_000_000),
    Model(200_000, 8_000_000, 40_000_000),
];

/// Somebody's year: workdays from 2026-01-05 on.
pub(crate) fn person(seed: u64, number: u64, days: u64) -> Person {
    let mut dice = Dice::new(seed ^ number.wrapping_mul(0x1234_5678_9abc_def1));
    // Six of ten use it now and then, three all day, one with several agents at once; two of a hundred do with eight of them
    // what others do with one, on the dearest model.
    let (runs_a_day, prompts, beside) = match dice.between(0, 99) {
        0..=59 => (2, 4, 1),
        60..=89 => (4, 8, 2),
        90..=97 => (8, 12, 5),
        _ => (24, 20, 8),
    };
    let dearest = if beside == 8 { 3 } else { dice.between(0, 3) };
    let model = MODELS.get(usize::try_from(dearest).unwrap()).unwrap();
    let begins = Instant::from_micros(1_767_571_200_000_000);
    let mut runs = Vec::new();
    for day in 0..days {
        if day % 7 > 4 || dice.in_thousand(60) {
            continue;
        }
        let more = if day % 30 > 26 { 150 } else { 100 };
        let morning = begins.as_micros() + i64::try_from(day).unwrap() * DAY + 8 * 60 * MINUTE;
        let count = dice.around(runs_a_day) * more / 100;
        let mut at = morning + i64::try_from(dice.between(0, 60)).unwrap() * MINUTE;
        for one in 0..count.min(40) {
            runs.push(run(&mut dice, model, at, prompts));
            // Several beside each other, then a pause.
            if one % beside == beside - 1 {
                at += i64::try_from(dice.around(480 / (runs_a_day / beside).max(1))).unwrap() * MINUTE / 2;
            } else {
                at += i64::try_from(dice.between(0, 4)).unwrap() * MINUTE;
            }
        }
    }
    Person { runs }
}

fn run(dice: &mut Dice, model: &Model, begins: i64, prompts: u64) -> Run {
    let mut steps = Vec::new();
    let mut at = begins;
    let mut context = 20_000 + dice.around(15_000);
    let overnight = dice.in_thousand(3);
    let prompts = dice.around(prompts).min(60);
    for prompt in 0..prompts {
        // A human being reads and thinks.
        at += i64::try_from(dice.around(180)).unwrap() * 1_000_000;
        let turns = if overnight && prompt + 1 == prompts { dice.around(150) } else { dice.around(8) };
        let mut human = true;
        let mut turn = 0;
        while turn < turns.min(600) {
            turn += 1;
            if dice.in_thousand(3) {
                wait_for_a_build(dice, model, &mut at, &mut context, &mut steps);
            }
            if dice.in_thousand(1) {
                bad_minutes(dice, &mut at, context, &mut steps);
            }
            let output = dice.around(400).min(16_000);
            let added = dice.around(900).min(40_000);
            steps.push(step(model, at, [context, added, output], dice.next(), human));
            human = false;
            context += added + output;
            if context > 170_000 {
                context = 30_000;
            }
            at += i64::try_from(dice.around(if overnight { 40 } else { 12 })).unwrap() * 1_000_000;
        }
    }
    Run::of(steps)
}

/// A call whose context is cached but for what was added to it.
fn step(model: &Model, at: i64, [context, added, output]: [u64; 3], work: u64, human: bool) -> Step {
    let Model(cached, fresh, out) = model;
    let cost = (context * cached + added * fresh + output * out) / 1_000;
    let cost = Nano::new(i64::try_from(cost).unwrap());
    let (at, waited, input) = (Instant::from_micros(at), Duration::ZERO, context + added);
    Step { at, waited, cost, input, output, failed: false, work: Some(work), human }
}

/// The same question with the same answer, every minute or so.
fn wait_for_a_build(dice: &mut Dice, model: &Model, at: &mut i64, context: &mut u64, steps: &mut Vec<Step>) {
    let work = dice.next();
    for _ in 0..dice.around(4).min(30) {
        *at += i64::try_from(dice.around(60)).unwrap() * 1_000_000;
        steps.push(step(model, *at, [*context, 150, 60], work, false));
        *context += 210;
    }
}

/// The provider is overloaded: the client asks again with growing pauses.
fn bad_minutes(dice: &mut Dice, at: &mut i64, context: u64, steps: &mut Vec<Step>) {
    let mut pause = 1_i64;
    for _ in 0..dice.around(5).min(25) {
        *at += pause * 1_000_000;
        pause = (pause * 2).min(60);
        let (at, waited, work) = (Instant::from_micros(*at), Duration::ZERO, None);
        steps.push(Step { at, waited, cost: Nano::ZERO, input: context, output: 0, failed: true, work, human: false });
    }
}
