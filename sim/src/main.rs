//! `cargo run -p purser-sim --release -- --seeds 1000 [--from S] [--steps N] [--busy-desk] [--bug NAME] [--bugs] [--each-bug]`
#![expect(clippy::print_stdout, reason = "a program that reports")]

use std::process::ExitCode;
use std::time::Instant;

use purser_sim::bug::Bug;
use purser_sim::tally::Tally;
use purser_sim::{Failure, Setting, catch, run};

/// From so many seeds on, everything that is expected must have happened.
const ENOUGH: u64 = 300;

/// A bug on purpose must be caught within so many seeds.
const SEEDS_FOR_A_BUG: u64 = 100;

/// Characters shown of what caught a bug.
const SHOWN: usize = 110;

/// So many of the last things that happened are told of a failure.
const STORY: usize = 12;

struct Asked {
    seeds: u64,
    from: u64,
    setting: Setting,
    lists_bugs: bool,
    each_bug: bool,
}

fn read(mut words: impl Iterator<Item = String>) -> Result<Asked, String> {
    let mut asked = Asked { seeds: 1_000, from: 1, setting: Setting::default(), lists_bugs: false, each_bug: false };
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} wants a value"));
        let number = |text: String| text.parse::<u64>().map_err(|_| format!("{text} is not a number"));
        match word.as_str() {
            "--seeds" => asked.seeds = number(value()?)?,
            "--from" => asked.from = number(value()?)?,
            "--steps" => asked.setting.steps = number(value()?)?,
            "--bug" => asked.setting.bug = Some(value()?.parse()?),
            "--busy-desk" => asked.setting.busy_desk = true,
            "--bugs" => asked.lists_bugs = true,
            "--each-bug" => asked.each_bug = true,
            other => {
                return Err(format!(
                    "`{other}` is not known; --seeds, --from, --steps, --busy-desk, --bug, --bugs and --each-bug are"
                ));
            }
        }
    }
    Ok(asked)
}

fn main() -> ExitCode {
    let asked = match read(std::env::args().skip(1)) {
        Ok(asked) => asked,
        Err(why) => {
            println!("{why}");
            return ExitCode::from(2);
        }
    };
    if asked.lists_bugs {
        for bug in Bug::ALL {
            println!("{:<22} {:<70} caught by {:?}", bug.name(), bug.what(), bug.caught_by());
        }
        return ExitCode::SUCCESS;
    }
    if asked.each_bug {
        return catch_each_bug(&asked);
    }
    let began = Instant::now();
    let mut tally = Tally::default();
    for seed in asked.from..asked.from + asked.seeds {
        match run(seed, &asked.setting) {
            Ok(outcome) => tally.merge(&outcome.tally),
            Err(failure) => {
                tell(&failure, &asked.setting);
                return ExitCode::FAILURE;
            }
        }
    }
    println!("{tally}");
    println!("{} seeds from {} on in {:.1} s, nothing found", asked.seeds, asked.from, began.elapsed().as_secs_f64());
    let missing = tally.missing();
    if asked.seeds >= ENOUGH && !missing.is_empty() {
        println!("but these never happened, so the run proves nothing about them: {missing:?}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Every bug on purpose must be caught: else the auditor is blind to it.
fn catch_each_bug(asked: &Asked) -> ExitCode {
    let mut missed = Vec::new();
    for bug in Bug::ALL {
        match catch(*bug, asked.from..asked.from + SEEDS_FOR_A_BUG, &asked.setting) {
            Ok(failure) => {
                let what: String = failure.finding.to_string().chars().take(SHOWN).collect();
                println!("{:<22} caught by seed {:>3}: {what}", bug.name(), failure.seed);
            }
            Err(why) => missed.push(why),
        }
    }
    for why in &missed {
        println!("{why}");
    }
    println!("{} bugs on purpose, {} missed", Bug::ALL.len(), missed.len());
    if missed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What was found, at which commit, and how to see it again.
fn tell(failure: &Failure, setting: &Setting) {
    let commit = std::process::Command::new("git").args(["describe", "--always", "--dirty", "--abbrev=12"]).output();
    let commit = commit.ok().and_then(|out| String::from_utf8(out.stdout).ok()).unwrap_or_default();
    let bug = setting.bug.map_or_else(String::new, |bug| format!(" --bug {bug}"));
    println!("seed {} found after {} steps: {}", failure.seed, failure.steps, failure.finding);
    let late = failure.story.len().saturating_sub(STORY);
    failure.story[..1.min(late)].iter().chain(&failure.story[late..]).for_each(|line| println!("    {line}"));
    println!("commit {}", if commit.trim().is_empty() { "unknown" } else { commit.trim() });
    let busy = if setting.busy_desk { " --busy-desk" } else { "" };
    println!(
        "again: cargo run -p purser-sim --release -- --seeds 1 --from {} --steps {}{busy}{bug}",
        failure.seed, setting.steps
    );
}
