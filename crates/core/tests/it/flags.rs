//! Flags on the years of traffic on which breakers are judged: how many ordinary people are flagged, and whether what is
//! meant is.
//!
//! `PURSER_PEOPLE=1000 PURSER_DAYS=365 cargo test --release -p purser-core --test it -- flags --nocapture` prints the table
//! of `docs/reference/breakers.md`.

use std::collections::BTreeMap;

use purser_core::breaker::Step;
use purser_core::flag::{FlagKind, IdleDay, PaidDays, alone, around_the_clock, binge, repeated};
use purser_core::money::Nano;

use crate::breakers::setting;
use crate::breakers::year::{Person, Run};
use crate::breakers::{company, offices, projects};

const DAY: i64 = 86_400_000_000;
/// All three begin in the first days of 2026, and have their month ends every thirty days from there.
const MONTH: usize = 30;

/// What somebody was charged by day since the first.
fn by_day(person: &Person, first: i64, days: usize) -> Vec<Nano> {
    let mut charged = vec![Nano::ZERO; days];
    for step in person.runs.iter().flat_map(|run| &run.steps) {
        let day = usize::try_from(step.at.as_micros().div_euclid(DAY) - first).unwrap();
        if let Some(sum) = charged.get_mut(day) {
            *sum = sum.saturating_add(step.cost);
        }
    }
    charged
}

/// What was used on each day.
fn days_of<'s>(steps: impl Iterator<Item = &'s Step>) -> Vec<IdleDay> {
    let mut days = BTreeMap::<i64, IdleDay>::new();
    for step in steps {
        let (day, within) = (step.at.as_micros().div_euclid(DAY), step.at.as_micros().rem_euclid(DAY));
        let used = days.entry(day).or_insert(IdleDay { day, ..IdleDay::default() });
        used.calls += 1;
        used.human += u64::from(step.human);
        used.hours |= 1 << (within * 24 / DAY);
        used.input += step.input;
        used.squares += step.input * step.input;
        used.output += step.output;
        used.cost = used.cost.saturating_add(step.cost);
    }
    days.into_values().collect()
}

/// Which kinds a person is flagged for, and how often.
fn idle(person: &Person, tally: &mut BTreeMap<FlagKind, u64>) {
    let flags = person.runs.iter().flat_map(|run| {
        let days = days_of(run.steps.iter());
        alone(&days).into_iter().chain(repeated(&days))
    });
    let all = person.runs.iter().flat_map(|run| &run.steps);
    for flag in flags.chain(around_the_clock(&days_of(all))) {
        *tally.entry(flag.kind).or_default() += 1;
    }
}

/// In how many months somebody is flagged whose grant releases twice what they use in an ordinary month: half of it would
/// expire at every month's end.
fn binges(charged: &[Nano]) -> u64 {
    let sum = |days: &[Nano]| days.iter().fold(Nano::ZERO, |sum, day| sum.saturating_add(*day));
    let months = charged.chunks_exact(MONTH);
    let count = i64::try_from(months.len()).unwrap().max(1);
    let released = Nano::new(months.clone().map(sum).fold(0, |all, month| all + month.get()) / count * 2);
    let flagged = (0..months.len()).filter(|month| is_binge(charged, *month, released));
    u64::try_from(flagged.count()).unwrap()
}

fn is_binge(charged: &[Nano], month: usize, released: Nano) -> bool {
    let first = month * MONTH;
    let before = &charged[first.saturating_sub(2 * MONTH)..first];
    let (period, carried) = (&charged[first..first + MONTH], Nano::ZERO);
    let first = i64::try_from(first).unwrap();
    binge(&PaidDays { before, period, length: MONTH, first, released, carried }).is_some()
}

/// Of people who each burn on the last three days of the sixth month what is left of it, those that are flagged, of how
/// many with fifty dollars to burn.
fn burning(mut charged: Vec<Nano>) -> Option<bool> {
    let month = (charged.len() / MONTH).checked_sub(1)?.min(5);
    let days = month * MONTH..(month + 1) * MONTH;
    let usual: i64 = charged[..days.end].iter().map(|day| day.get()).sum::<i64>() / i64::try_from(month + 1).unwrap();
    let used: i64 = charged[days.start..days.end - 3].iter().map(|day| day.get()).sum();
    let left = usual * 2 - used;
    if left < 50_000_000_000 {
        return None;
    }
    for day in &mut charged[days.end - 3..days.end] {
        *day = Nano::new(left / 3);
    }
    Some(is_binge(&charged, month, Nano::new(usual * 2)))
}

#[derive(Default)]
struct Judged {
    people: u64,
    /// Months that were flagged, and people with any.
    binges: (u64, u64),
    idle: BTreeMap<FlagKind, u64>,
    /// Of those who burn it, who were found, and how many there were.
    burnt: (u64, u64),
}

fn judge(person: fn(u64, u64, u64) -> Person, seed: u64, first: i64, people: u64, days: u64) -> Judged {
    let mut judged = Judged::default();
    let apart = (1_000 / people).max(1);
    for number in (0..people).map(|number| number * apart) {
        let person = person(seed, number, days);
        let charged = by_day(&person, first, usize::try_from(days).unwrap());
        let months = binges(&charged);
        judged.people += 1;
        judged.binges = (judged.binges.0 + months, judged.binges.1 + u64::from(months > 0));
        idle(&person, &mut judged.idle);
        if let Some(found) = burning(charged) {
            judged.burnt = (judged.burnt.0 + u64::from(found), judged.burnt.1 + 1);
        }
    }
    judged
}

#[test]
fn ordinary_people_are_hardly_ever_flagged_and_who_burns_what_expires_mostly_is() {
    let (people, days) = (setting("PURSER_PEOPLE", 40), setting("PURSER_DAYS", 120));
    println!(
        "| traffic | people | binge: months | people | alone | around the clock | repeated | who burn it: found |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    // 2026-01-05, a Monday, and 2026-01-01.
    let (monday, new_year) = (20_458, 20_454);
    let judged = [
        ("offices", offices::person as fn(u64, u64, u64) -> Person, 21, monday),
        ("projects", projects::person, 21, monday),
        ("a company", company::person_elsewhere, 221, new_year),
    ];
    let mut all = Vec::new();
    for (name, person, seed, first) in judged {
        let Judged { people, binges, idle, burnt } = judge(person, seed, first, people, days);
        let of = |kind| idle.get(&kind).copied().unwrap_or(0);
        let (alone, clock, same) = (of(FlagKind::Alone), of(FlagKind::AroundTheClock), of(FlagKind::Repeated));
        println!(
            "| {name} | {people} | {} | {} | {alone} | {clock} | {same} | {} of {} |",
            binges.0, binges.1, burnt.0, burnt.1
        );
        all.push((name, people, binges, alone + clock + same, burnt));
    }
    for (name, people, binges, idle, burnt) in all {
        // A twentieth of people in a year, and nobody for being idle.
        assert!(binges.1 * 20 <= people.max(40), "{name}: {binges:?} of {people}");
        assert_eq!(idle, 0, "{name}");
        // Whose ordinary weeks are far apart burns much without standing out.
        assert!(burnt.0 * 3 >= burnt.1, "{name}: {burnt:?}");
    }
}

/// A call of so many tokens every so many seconds for so many days.
fn script(seconds: i64, days: i64, tokens: (u64, u64), dollars_a_day: i64) -> Person {
    let calls = days * 86_400 / seconds;
    let from: purser_core::time::Instant = "2026-03-02T00:00:00Z".parse().unwrap();
    let cost = Nano::new(dollars_a_day * 1_000_000_000 * seconds / 86_400);
    let steps = (0..calls).map(|call| Step {
        at: purser_core::time::Instant::from_micros(from.as_micros() + call * seconds * 1_000_000),
        waited: std::time::Duration::ZERO,
        cost,
        input: tokens.0,
        output: tokens.1,
        failed: false,
        work: None,
        human: true,
    });
    Person { runs: vec![Run { steps: steps.collect() }] }
}

#[test]
fn scripts_that_burn_are_flagged() {
    let kinds = |person: &Person| {
        let mut tally = BTreeMap::new();
        idle(person, &mut tally);
        tally.into_keys().collect::<Vec<_>>()
    };
    // Asks every half an hour whether there is anything to do, and there is not.
    assert_eq!(kinds(&script(1_800, 3, (50_000, 12), 5)), [FlagKind::AroundTheClock]);
    // The same prompt a thousand times a day, with long answers; nobody is told apart by who spoke.
    assert_eq!(kinds(&script(86, 1, (2_000, 900), 40)), [FlagKind::Repeated]);
    // Left alone over a weekend.
    let mut left = script(30, 3, (90_000, 400), 100);
    for (number, step) in (0..).zip(&mut left.runs[0].steps) {
        (step.human, step.input) = (false, 20_000 + number % 500 * 300);
    }
    assert_eq!(kinds(&left), [FlagKind::Alone]);
}
