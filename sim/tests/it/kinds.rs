//! No kind of event or record is forgotten: what the product can write, the workload writes and the auditor reads.

use std::error::Error;

use purser_core::event::Event;
use purser_ledger::Record;
use purser_sim::tally::Tally;
use purser_sim::{Setting, run};

/// By so many seeds of so many steps every kind has happened: changes mostly, which want time to follow one another.
const SEEDS: u64 = 40;
const STEPS: u64 = 2_000;

/// The kinds that a place in an event can have, by the product's own word: it names them when it meets another one.
fn kinds_of(event: &str) -> Vec<String> {
    let refused =
        Event::from_bytes(format!(r#"{{"v":1,"event":{event}}}"#).as_bytes()).expect_err("no event is of no such kind");
    let why = refused.source().expect("it says why").to_string();
    let (_, kinds) = why.split_once("expected").unwrap_or_else(|| panic!("`{event}` is refused otherwise: {why}"));
    let kinds: Vec<String> = kinds.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    assert!(!kinds.is_empty() && why.contains("no_such"), "{why}");
    kinds
}

/// Every kind of event as a tally calls it.
fn events() -> Vec<String> {
    let areas = [
        ("pool", r#"{"pool":{"no_such":{}}}"#),
        ("grant", r#"{"grant":{"change":{"no_such":{}}}}"#),
        ("offer", r#"{"offer":{"no_such":{}}}"#),
        ("role", r#"{"role":{"change":{"no_such":{}}}}"#),
        ("stop", r#"{"stop":{"no_such":{}}}"#),
        ("top_up", r#"{"top_up":{"no_such":{}}}"#),
    ];
    let mut all = Vec::new();
    for kind in kinds_of(r#"{"no_such":{}}"#) {
        match areas.iter().find(|(area, _)| *area == kind) {
            Some((area, event)) => all.extend(kinds_of(event).iter().map(|kind| format!("event: {area}.{kind}"))),
            None => all.push(format!("event: {kind}")),
        }
    }
    all
}

macro_rules! records {
    ($($kind:ident = $text:literal;)*) => {
        const RECORDS: &[&str] = &[$($text,)*];

        /// Does not compile while a kind of record is missing below.
        const fn _name(record: &Record) -> &'static str {
            match record { $(Record::$kind { .. } => $text,)* }
        }
    };
}

records! {
    Boot = "record: 1 boot";
    Rest = "record: 2 rest";
    Open = "record: 3 open";
    Fund = "record: 4 fund";
    Slice = "record: 5 slice";
    Hold = "record: 6 hold";
    Grow = "record: 7 grow";
    Settle = "record: 8 settle";
    Release = "record: 9 release";
    Suspend = "record: 10 suspend";
    SuspendSlice = "record: 11 suspend slice";
    Resolve = "record: 12 resolve";
    Adjust = "record: 13 adjust";
    Reverse = "record: 14 reverse";
    Close = "record: 15 close";
    Event = "record: 16 event";
    Reserve = "record: 17 reserve";
    Guarantee = "record: 18 guarantee";
}

#[test]
fn every_kind_of_event_and_record_is_made_and_read() {
    let events = events();
    assert!(events.len() > 40 && events.contains(&"event: offer.accepted".to_owned()), "{events:?}");
    let setting = Setting { steps: STEPS, busy_desk: true, ..Setting::default() };
    let (mut tally, mut missing) = (Tally::default(), Vec::new());
    for seed in 1..=SEEDS {
        match run(seed, &setting) {
            Ok(outcome) => tally.merge(&outcome.tally),
            Err(failure) => panic!("seed {seed}: {}", failure.finding),
        }
        let all = events.iter().map(String::as_str).chain(RECORDS.iter().copied());
        missing = all.filter(|kind| tally.count(kind) == 0).map(str::to_owned).collect();
        if missing.is_empty() {
            return;
        }
    }
    panic!("neither the workload nor the auditor knows these, or they never happened in {SEEDS} seeds: {missing:?}");
}
