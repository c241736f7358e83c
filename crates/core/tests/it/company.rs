//! A small company to test with, and values to draw at random.

use std::sync::Arc;

use proptest::prelude::*;
use purser_core::budget::{Budget, BudgetOn};
use purser_core::calendar::{Cadence, Days};
use purser_core::directory::{Directory, Key};
use purser_core::event::{Event, KeyHash, KeyIssue};
use purser_core::grant::{Grant, GrantSource, Priority, WorkShare};
use purser_core::id::{BudgetId, GrantId, KeyId, PersonId, UnitId};
use purser_core::money::{Currency, Nano};
use purser_core::scope::Scope;
use purser_core::time::Instant;
use purser_core::zone::Zone;

pub(crate) const TEAM: UnitId = UnitId::new(1);
pub(crate) const DIVISION: UnitId = UnitId::new(2);
pub(crate) const ANALYST: PersonId = PersonId::new(10);
pub(crate) const KEY: KeyId = KeyId::new(20);
pub(crate) const HASH: [u8; 32] = [7; 32];
pub(crate) const ZONES: [&str; 4] = ["Europe/Berlin", "America/New_York", "Pacific/Kiritimati", "Australia/Lord_Howe"];

/// How many random cases a test runs: its share of all of them, which are 100,000 over this crate and its neighbour
/// unless `PURSER_CASES` says otherwise.
pub(crate) fn cases(share: u32) -> ProptestConfig {
    let all = std::env::var("PURSER_CASES").map_or(100_000, |text| text.parse::<u64>().unwrap());
    let cases = u32::try_from((all * u64::from(share)).div_ceil(100_000)).unwrap();
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

pub(crate) fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

pub(crate) fn zone(name: &str) -> Zone {
    Zone::try_new(name).unwrap()
}

pub(crate) fn money(text: &str) -> Nano {
    text.parse().unwrap()
}

/// When all of the below was set up.
pub(crate) fn start() -> Instant {
    at("2026-01-01T00:00:00Z")
}

pub(crate) fn founding() -> Vec<Event> {
    let (zone, at) = (zone("Europe/Berlin"), start());
    vec![
        Event::CompanyFounded { currency: Currency::usd(), zone: zone.clone(), at },
        Event::UnitAdded { unit: DIVISION, parent: None, zone: zone.clone(), at },
        Event::UnitAdded { unit: TEAM, parent: Some(DIVISION), zone: zone.clone(), at },
        Event::PersonAdded { person: ANALYST, unit: TEAM, zone, at },
        Event::KeyIssued(key_issue()),
    ]
}

pub(crate) fn key_issue() -> KeyIssue {
    KeyIssue {
        key: KEY,
        hash: KeyHash(HASH),
        person: ANALYST,
        agent: None,
        tool: None,
        project: None,
        allow: Scope::EVERYTHING,
        requests_per_minute: None,
        expires: None,
        at: start(),
    }
}

/// 20 a day, every day, from the beginning.
pub(crate) fn grant(id: u128) -> Grant {
    Grant {
        id: GrantId::new(id),
        person: ANALYST,
        amount: money("20"),
        cadence: Cadence::Day,
        days: Days::All,
        calendar: None,
        zone: zone("Europe/Berlin"),
        starts: "2026-01-01".parse().unwrap(),
        ends: None,
        priority: Priority::default(),
        scope: Arc::new(Scope::EVERYTHING),
        guaranteed: false,
        pool: None,
        source: GrantSource::Manual,
        note: None,
        created_at: start(),
        voided_at: None,
        share: WorkShare::FULL,
        rollover: None,
        remedy: None,
        life: None,
    }
}

/// 1,000 a month.
pub(crate) fn budget(id: u128, on: BudgetOn) -> Budget {
    Budget {
        id: BudgetId::new(id),
        tools: matches!(on, BudgetOn::Person(_)).then(|| "codex".parse().unwrap()),
        on,
        amount: money("1000"),
        cadence: Cadence::Month,
        days: Days::All,
        zone: zone("Europe/Berlin"),
        created_at: start(),
        ended_at: None,
    }
}

pub(crate) fn directory(events: &[Event]) -> Directory {
    let mut directory = Directory::new();
    for event in founding().iter().chain(events) {
        directory.take(event).unwrap_or_else(|error| panic!("{error}: {event:?}"));
    }
    directory
}

pub(crate) fn key(directory: &Directory) -> Arc<Key> {
    Arc::clone(directory.key(&HASH).unwrap())
}

pub(crate) fn scope(models: &[&str]) -> Arc<Scope> {
    Arc::new(Scope { models: models.iter().map(|model| model.parse().unwrap()).collect(), ..Scope::EVERYTHING })
}

pub(crate) fn any_cadence() -> impl Strategy<Value = Cadence> {
    prop::sample::select(vec![
        Cadence::Day,
        Cadence::Week,
        Cadence::Month,
        Cadence::Quarter,
        Cadence::Year,
        Cadence::Once,
    ])
}

pub(crate) fn any_days() -> impl Strategy<Value = Days> {
    prop::sample::select(vec![Days::All, Days::Workdays])
}
