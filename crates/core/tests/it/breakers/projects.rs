//! A second traffic, built otherwise, that judges the thresholds: projects with a pulse.
//!
//! Here nobody has a kind. A project goes through phases (quiet, build, crunch, clean-up) that set how many agents its people
//! run, how long an agent works without being spoken to, and which model it takes. Work is drawn from a small stock of tool
//! calls, so that some repeats happen by themselves; a test is run again and again with the same result while the code under it
//! changes, and a flaky one up to three times without any change. Whole teams have the same bad minutes. One person in thirty
//! has six agents at work whenever time presses, of the dearest model.

use std::time::Duration;

use purser_core::breaker::Step;
use purser_core::money::Nano;
use purser_core::time::Instant;

use super::dice::Dice;
use super::year::{Person, Run};

const SECOND: i64 = 1_000_000;
const DAY: i64 = 24 * 3_600 * SECOND;
/// 2026-01-05.
const FIRST_DAY: i64 = 1_767_571_200_000_000;

#[derive(Clone, Copy, PartialEq)]
enum Phase {
    Quiet,
    Build,
    Crunch,
    CleanUp,
}

/// A member of one of forty projects.
pub(crate) fn person(seed: u64, number: u64, days: u64) -> Person {
    let project = number % 40;
    let mut pulse = Dice::new(seed.rotate_left(17) ^ project.wrapping_mul(0x0fed_cba9_8765_4321));
    let mut own = Dice::new(seed.rotate_left(31) ^ number.wrapping_mul(0x2468_ace0_1357_9bdf));
    // Prices of output per thousand tokens in nano-dollars; input is a fifth, cached input a hundredth.
    let output_price = [4_000_000, 10_000_000, 20_000_000, 40_000_000][usize::try_from(own.between(0, 3)).unwrap()];
    let (output_price, keenness, fan_out) =
        if number % 30 == 7 { (40_000_000, 400, 12) } else { (output_price, own.around(100), 4) };
    let (mut phase, mut left, mut runs) = (Phase::Quiet, pulse.between(3, 20), Vec::new());
    for day in 0..days {
        if left == 0 {
            phase = match (phase, pulse.between(0, 3)) {
                (Phase::Quiet, 0) | (Phase::Build, 0..=1) => Phase::Crunch,
                (Phase::Quiet, _) => Phase::Build,
                (Phase::Build | Phase::Crunch, _) => Phase::CleanUp,
                (Phase::CleanUp, _) => Phase::Quiet,
            };
            left = pulse.between(2, 25);
        }
        left -= 1;
        let bad_hour = pulse.between(0, 300);
        let weekend = day % 7 > 4;
        let busy = match phase {
            Phase::Quiet => 40,
            Phase::Build => 150,
            Phase::Crunch => 350,
            Phase::CleanUp => 90,
        };
        let wanted = own.around((busy * keenness / 100).max(1)) * if weekend { 1 } else { 10 } / 1_000;
        let morning = FIRST_DAY + i64::try_from(day).unwrap() * DAY;
        let mut at = morning + i64::try_from(own.between(7 * 3_600, 11 * 3_600)).unwrap() * SECOND;
        for _ in 0..wanted.min(30) {
            let run =
                session(&mut own, at, phase, output_price, morning + i64::try_from(bad_hour).unwrap() * 300 * SECOND);
            // The next one begins while this one still works, more so when time presses.
            let length = run.steps.last().map_or(0, |step| step.at.as_micros() - at);
            at += if phase == Phase::Crunch { length / fan_out } else { length }
                + i64::try_from(own.between(30, 2_400)).unwrap() * SECOND;
            runs.push(run);
        }
    }
    Person { runs }
}

fn session(dice: &mut Dice, begins: i64, phase: Phase, output_price: u64, bad_from: i64) -> Run {
    let (mut at, mut steps) = (begins, Vec::new());
    let mut context = dice.between(8_000, 60_000);
    let stock: Vec<u64> = (0..dice.between(40, 400)).map(|_| dice.next()).collect();
    let alone = if phase == Phase::Crunch { 25 } else { 6 };
    let mut until_spoken_to = 0;
    let length = dice.around(if phase == Phase::Quiet { 12 } else { 45 }).min(900);
    let mut same: Option<(u64, u64, bool)> = None;
    for _ in 0..length {
        let human = until_spoken_to == 0;
        until_spoken_to = if human { dice.around(alone).min(400) } else { until_spoken_to - 1 };
        at += i64::try_from(if human { dice.between(5, 600) } else { dice.between(2, 45) }).unwrap() * SECOND;
        // For five minutes of its day a whole team gets errors.
        if (bad_from..bad_from + 300 * SECOND).contains(&at) && dice.in_thousand(700) {
            let (when, work) = (Instant::from_micros(at), None);
            steps.push(Step {
                at: when,
                waited: Duration::ZERO,
                cost: Nano::ZERO,
                input: context,
                output: 0,
                failed: true,
                work,
                human: false,
            });
            continue;
        }
        let work = match same {
            // The test again, and an edit before each time unless it is only flaky.
            Some((work, left, edits)) if left > 0 => {
                let edit = edits && left % 2 == 1;
                same = Some((work, left - 1, edits));
                if edit { dice.next() } else { work }
            }
            _ if dice.in_thousand(12) => {
                let (work, edits) = (dice.next(), dice.in_thousand(800));
                same = Some((work, if edits { dice.around(8).min(60) } else { dice.between(1, 3) }, edits));
                work
            }
            _ => {
                let place = usize::try_from(dice.next() % u64::try_from(stock.len()).unwrap()).unwrap();
                // Mostly the result is another one although the call is the same.
                if dice.in_thousand(900) { dice.next() } else { stock[place] }
            }
        };
        let output = if dice.in_thousand(40) { dice.between(2_000, 12_000) } else { dice.between(30, 900) };
        let added = if dice.in_thousand(60) { dice.between(5_000, 60_000) } else { dice.between(100, 2_500) };
        let cached = if dice.in_thousand(970) { context } else { 0 };
        let fresh = context - cached + added;
        let cost = (cached * output_price / 100 + fresh * output_price / 5 + output * output_price) / 1_000;
        let (when, cost) = (Instant::from_micros(at), Nano::new(i64::try_from(cost).unwrap()));
        let (waited, work, input) = (Duration::ZERO, Some(work), context + added);
        steps.push(Step { at: when, waited, cost, input, output, failed: false, work, human });
        context =
            if context + added + output > 190_000 { dice.between(15_000, 40_000) } else { context + added + output };
    }
    Run::of(steps)
}
