//! What `calibrated` admission is worth, and what it risks: the same agent sessions once under each kind of admission.
//!
//! No recording of whole sessions exists that anybody may publish, so the trace is made from a seed in the shape of a
//! coding agent's: a system prompt and tools that stay, a context that grows by what was read and answered, one cache mark
//! at its end, mostly short answers and now and then a long one, far below the maximum that is asked for. The stand-in
//! keeps the prompt cache and bills as Anthropic documents.
//!
//! ```text
//! cargo test -p purser-gateway --test it -- calibrated_agents --nocapture
//! ```

#![expect(clippy::print_stdout, reason = "the figures are what these tests are run for")]

use std::fmt::Write as _;

use purser_core::money::Nano;
use purser_core::policy::Admission;
use purser_ledger::Mark;

use crate::asks::Ask;
use crate::books::Charge;
use crate::company::{ANALYST, ANALYST_KEY, dollars};
use crate::rig::Rig;
use crate::wire::Conn;

/// Has a price in the bundled list, and a row of its own in the table of bounds.
const MODEL: &str = "claude-opus-4-8";
/// The longest answer that an agent asks for.
const OUTPUT_MAX: u64 = 32_000;
/// Calls of one session.
const TURNS: usize = 20;
/// Sessions of one trace: one after the other, or beside each other.
const SESSIONS: u64 = 4;
/// The money there is, in percent of what a trace costs.
const BUDGET_PERCENT: i64 = 80;
/// Traces of each kind, by their seeds.
const SEEDS: [u64; 2] = [1, 2];

/// Numbers that look like chance and are the same everywhere (`SplitMix64`).
struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

/// How the calls of a trace are made.
#[derive(Clone, Copy)]
struct How {
    /// Answers come as streams, so that what they cost is seen on the way.
    stream: bool,
    /// Answers keep calls waiting, so that those of a round overlap.
    slow: bool,
}

/// The calls of one agent's session.
fn session(seed: u64, how: How) -> Vec<Ask> {
    let mut draw = Draw(seed);
    let mut words = |count: u64| -> String {
        let mut text = String::new();
        while (text.len() as u64) < count {
            let _ = write!(text, "{:x} ", draw.below(1 << 24));
        }
        text
    };
    let system = words(24_000);
    let mut turns = vec![("user", words(1_500))];
    let mut draw = Draw(!seed);
    let mut calls = Vec::new();
    for _ in 0..TURNS {
        // Nine answers of ten are a tool call or a sentence, the tenth writes a file; now and then one is very long.
        let output = match draw.below(40) {
            0 => 12_000 + draw.below(18_000),
            1..=3 => 1_500 + draw.below(4_500),
            _ => 60 + draw.below(700),
        };
        let script = if how.slow { format!("output={output}+first-byte=60") } else { format!("output={output}") };
        calls.push(call(&system, &turns, how.stream, &script));
        turns.push(("assistant", words(output.min(6_000) * 4)));
        // What a tool read: mostly a few lines, sometimes a whole file.
        let result = if draw.below(6) == 0 { 6_000 + draw.below(18_000) } else { 100 + draw.below(2_000) };
        turns.push(("user", words(result)));
    }
    calls
}

fn call(system: &str, turns: &[(&str, String)], stream: bool, script: &str) -> Ask {
    let mut messages = String::new();
    for (at, (role, text)) in turns.iter().enumerate() {
        let mark = if at + 1 == turns.len() { r#","cache_control":{"type":"ephemeral"}"# } else { "" };
        let comma = if at == 0 { "" } else { "," };
        let _ = write!(messages, r#"{comma}{{"role":"{role}","content":[{{"type":"text","text":"{text}"{mark}}}]}}"#);
    }
    // The script stands outside the prompt, which so stays the same from call to call.
    let body = format!(
        r#"{{"model":"{MODEL}","max_tokens":{OUTPUT_MAX},"stream":{stream},"system":"{system}","messages":[{messages}],"metadata":{{"user_id":"[[standin {script}]]"}}}}"#
    );
    Ask::post("/v1/messages", &body).with("anthropic-version", "2023-06-01").key(ANALYST_KEY)
}

/// What became of a trace.
#[derive(Default)]
struct Outcome {
    /// By round, in the order of asking: was the call admitted?
    admitted: Vec<Vec<bool>>,
    /// What had been spent before each round.
    spent_before: Vec<i64>,
    charges: Vec<Charge>,
    /// What was set aside at first, in the order of placing.
    holds: Vec<Nano>,
}

impl Outcome {
    fn spent(&self) -> i64 {
        self.charges.iter().map(|charge| charge.nano).sum()
    }

    fn overruns(&self) -> impl Iterator<Item = i64> {
        self.charges.iter().map(|charge| charge.overrun.get())
    }
}

/// Sends rounds of calls, those of a round at once, through a gateway of its own.
fn run(admission: Admission, budget: Nano, rounds: &[Vec<Ask>]) -> Outcome {
    let rig = Rig::bare(|setup| {
        setup.company.policy(|policy| {
            policy.admission = admission;
            // Nobody waits: a call that would be parked is answered at once and counted.
            policy.park.max_calls = 0;
        });
        setup.company.grant(ANALYST, budget, |_| {});
        setup.may_overrun = admission == Admission::Calibrated;
    });
    let mut outcome = Outcome::default();
    let mut settled = 0;
    for round in rounds {
        outcome.spent_before.push(outcome.spent());
        let mut begun: Vec<Conn> = round.iter().map(|call| rig.begin(call)).collect();
        let admitted: Vec<bool> = begun.iter_mut().map(|conn| conn.answer().status() == 200).collect();
        settled += admitted.iter().filter(|admitted| **admitted).count();
        outcome.charges = rig.charges(settled);
        outcome.admitted.push(admitted);
    }
    outcome.holds = rig.holds();
    outcome
}

/// Calls that met less money than their bound, and how many of them each kind of admission let through.
#[derive(Debug, Default)]
struct Figures {
    calls: usize,
    near: usize,
    strict: usize,
    calibrated: usize,
    only_calibrated: usize,
    only_strict: usize,
    /// Let through by `calibrated` and ended early, in order, because the money was gone.
    ended_early: usize,
    /// In thousandths of the largest bound.
    worst_overrun: i64,
    /// Bounds over charges, in tenths.
    bound_over_charge: i64,
}

impl Figures {
    fn add(&mut self, other: &Self) {
        self.calls += other.calls;
        self.near += other.near;
        self.strict += other.strict;
        self.calibrated += other.calibrated;
        self.only_calibrated += other.only_calibrated;
        self.only_strict += other.only_strict;
        self.ended_early += other.ended_early;
        self.worst_overrun = self.worst_overrun.max(other.worst_overrun);
        self.bound_over_charge = self.bound_over_charge.max(other.bound_over_charge);
    }
}

/// Runs a trace with money enough, one call after the other, for its bounds and its cost; then with less than that under
/// each kind of admission.
fn compare(rounds: &[Vec<Ask>]) -> Figures {
    let singly: Vec<Vec<Ask>> = rounds.iter().flatten().map(|call| vec![call.clone()]).collect();
    let rich = run(Admission::Strict, dollars("1000.00"), &singly);
    assert!(rich.admitted.iter().flatten().all(|admitted| *admitted), "there is money enough for everything");
    let bounds: Vec<i64> = rich.holds.iter().map(|hold| hold.get()).collect();
    let largest = bounds.iter().copied().max().unwrap_or(1);
    let budget = rich.spent() * BUDGET_PERCENT / 100;

    let strict = run(Admission::Strict, Nano::new(budget), rounds);
    assert_eq!(strict.overruns().max(), Some(0), "strict never exceeds what is held");
    assert!(strict.spent() <= budget, "{} of {budget}", strict.spent());

    let calibrated = run(Admission::Calibrated, Nano::new(budget), rounds);
    let over = (calibrated.spent() - budget).max(0);
    assert_eq!(calibrated.overruns().sum::<i64>(), over, "what is over the budget is in the journal as overrun");
    assert!(over <= largest, "{over} over the budget is more than the largest bound, {largest}");

    let near = either(near_the_limit(&strict, &bounds, budget), near_the_limit(&calibrated, &bounds, budget));
    let asked = strict.admitted.iter().flatten().zip(calibrated.admitted.iter().flatten());
    let mut figures = Figures { calls: bounds.len(), ..Figures::default() };
    for ((by_strict, by_calibrated), _) in asked.zip(near).filter(|(_, near)| *near) {
        figures.near += 1;
        figures.strict += usize::from(*by_strict);
        figures.calibrated += usize::from(*by_calibrated);
        figures.only_calibrated += usize::from(*by_calibrated && !by_strict);
        figures.only_strict += usize::from(*by_strict && !by_calibrated);
    }
    figures.ended_early = calibrated.charges.iter().filter(|charge| charge.mark == Mark::Estimated).count();
    figures.worst_overrun = calibrated.overruns().max().unwrap_or(0) * 1_000 / largest;
    figures.bound_over_charge = bounds.iter().sum::<i64>() * 10 / rich.spent();
    figures
}

/// Which calls could have crossed the budget at worst, with the bounds of those that were asked beside them.
fn near_the_limit(outcome: &Outcome, bounds: &[i64], budget: i64) -> Vec<bool> {
    let mut bounds = bounds.iter();
    let rounds = outcome.admitted.iter().zip(&outcome.spent_before);
    rounds
        .flat_map(|(round, spent_before)| {
            let mut left = budget - spent_before;
            let bounds: Vec<i64> = bounds.by_ref().take(round.len()).copied().collect();
            bounds.into_iter().map(move |bound| {
                left -= bound;
                left < 0
            })
        })
        .collect()
}

fn either(one: Vec<bool>, other: Vec<bool>) -> impl Iterator<Item = bool> {
    one.into_iter().zip(other).map(|(one, other)| one || other)
}

/// Prints the figures of several traces together, and holds what any of them must show.
fn check(what: &str, how: How) {
    let mut all = Figures::default();
    for seed in SEEDS {
        all.add(&compare(&trace(seed, how)));
    }
    let Figures { calls, near, strict, calibrated, only_calibrated, only_strict, ended_early, .. } = all;
    println!(
        "{what}: {calls} calls, bound {}.{} times the charge; {near} near the limit: strict admits {strict}, calibrated \
         {calibrated} ({only_calibrated} that strict parks or refuses, {only_strict} the other way, {ended_early} ended \
         early); worst overrun {}.{} % of one bound",
        all.bound_over_charge / 10,
        all.bound_over_charge % 10,
        all.worst_overrun / 10,
        all.worst_overrun % 10,
    );
    assert!(near > 0 && near < calls, "the budget is neither plenty nor nothing");
    assert!(calibrated > strict, "holding what is learned lets more through");
}

/// One session after the other, or a call of each at once.
fn trace(seed: u64, how: How) -> Vec<Vec<Ask>> {
    let sessions = (0..SESSIONS).map(|at| session(seed * 100 + at, how));
    if how.slow {
        let mut sessions: Vec<_> = sessions.map(Vec::into_iter).collect();
        (0..TURNS).map(|_| sessions.iter_mut().filter_map(Iterator::next).collect()).collect()
    } else {
        sessions.flatten().map(|call| vec![call]).collect()
    }
}

#[test]
fn one_session_after_the_other() {
    check("one session after the other, streamed", How { stream: true, slow: false });
}

#[test]
fn sessions_beside_each_other() {
    check("four sessions at once, streamed", How { stream: true, slow: true });
}

/// What an answer costs is known only when it is over: the dearest case.
#[test]
fn sessions_that_are_not_streamed() {
    check("four sessions at once, not streamed", How { stream: false, slow: true });
}

/// The worst there is: cheap calls, one of another kind that takes the money, then four at once that each use all they may.
#[test]
fn the_worst_overrun_is_one_call() {
    let turns = [("user", "Go on. ".repeat(200))];
    let ask = |stream: bool, script: &str| call("Be brief.", &turns, stream, script);
    let all_of_it = format!("output={OUTPUT_MAX}+first-byte=60");
    let cheap = (0..8).map(|_| vec![ask(false, "output=60")]);
    let rounds: Vec<_> = cheap.chain([vec![ask(true, &all_of_it)], vec![ask(false, &all_of_it); 4]]).collect();

    let rich = run(Admission::Strict, dollars("1000.00"), &rounds);
    let bound = rich.holds.iter().map(|hold| hold.get()).max().unwrap();
    let before: i64 = rich.charges.iter().take(9).map(|charge| charge.nano).sum();
    let budget = before + bound / 10;
    let calibrated = run(Admission::Calibrated, Nano::new(budget), &rounds);
    assert!(calibrated.admitted[..9].iter().flatten().all(|admitted| *admitted), "there is money for these");
    let together = calibrated.admitted[9].iter().filter(|admitted| **admitted).count();
    let over = calibrated.spent() - budget;
    println!("worst: {together} of 4 calls at once, overrun {} % of one bound", over * 100 / bound);
    assert_eq!(together, 1, "one uncertain call at a time");
    assert!(over > 0 && over <= bound, "{over} of {bound}");
    assert_eq!(calibrated.overruns().sum::<i64>(), over, "the overrun is in the journal");
}
