//! Events as bytes: the form in the journal, and what can't be read.

use std::error::Error as _;
use std::sync::Arc;

use purser_core::event::{DecodeError, EVENT_VERSION, Event, GrantChange, GrantEvent, KeyIssue, PolicyOn, PoolEvent};
use purser_core::grant::{Grant, GrantSource, Priority, Rollover, WorkShare};
use purser_core::id::{BudgetId, CommandId, GrantId, MovementId, NoteId, OfferId, PoolId, PriceListId};
use purser_core::policy::{Policy, UnknownModel};
use purser_core::pool::{FiscalCalendar, FiscalYear, Movement, PoolOn};
use purser_core::price::{CardSpec, Layer, PriceList, RateCard};
use purser_core::role::FixedCalendar;
use purser_core::scope::Scope;
use purser_core::time::Instant;

use crate::company::{self, ANALYST, KEY, TEAM, at, founding, grant, money, scope};

/// One of each kind, with every field filled.
fn one_of_each() -> Vec<Event> {
    let at = at("2026-11-24T10:00:00Z");
    let card: CardSpec = serde_json::from_str(
        r#"{"provider":"*","model":"*","from":"2026-01-01T00:00:00Z","currency":"USD",
            "rates":{"input_uncached":"50","output":"200"},"source":"the dearest there is"}"#,
    )
    .unwrap();
    let ceiling = RateCard::try_from(card.clone()).unwrap();
    let policy = Policy { unknown_model: UnknownModel::Ceiling(ceiling.into()), ..Policy::default() };
    let full = Grant {
        ends: Some("2026-12-31".parse().unwrap()),
        priority: Priority::FIRST,
        scope: scope(&["claude-*"]),
        guaranteed: true,
        source: GrantSource::Offer(OfferId::new(5)),
        note: Some(NoteId::new(6)),
        ..grant(1)
    };
    let (pool, year) = (PoolId::new(7), FiscalYear(2026));
    let id = MovementId::new(1);
    let movement = Movement { id, from: None, to: Some(pool), year, amount: money("5"), at };
    let (share, day) = (WorkShare::try_new(8_000).unwrap(), "2026-12-01".parse().unwrap());
    let rollover = Some(Rollover { max: money("20"), periods: 1.try_into().unwrap() });
    let lived = |change| {
        let command = CommandId::new(1);
        Event::Grant(GrantEvent { grant: GrantId::new(1), command, change, at })
    };
    let calendar = Arc::new(FixedCalendar {
        place: "us".parse().unwrap(),
        version: 2,
        holidays: ["2028-07-04".parse().unwrap()].into(),
    });
    let tools = Scope { tools: vec!["claude-code".parse().unwrap()], ..Scope::EVERYTHING };
    let funded = Grant { guaranteed: true, pool: Some(pool), ..grant(1) };
    let list = PriceList {
        id: PriceListId::new(8),
        published_at: at,
        layer: Layer::Company,
        cards: vec![card],
        discounts: vec![],
        exchange: vec![],
    };
    let mut events = founding();
    events.extend([
        Event::UnitMoved { unit: TEAM, parent: None, at },
        Event::UnitClosed { unit: TEAM, at },
        Event::PersonMoved { person: ANALYST, unit: TEAM, effective: None, at },
        Event::PersonZoneChanged { person: ANALYST, zone: company::zone("Asia/Tokyo"), effective: at, at },
        Event::PersonLeft { person: ANALYST, at },
        Event::GrantMade(grant(1)),
        Event::GrantMade(full),
        Event::GrantVoided { grant: GrantId::new(1), at },
        Event::BudgetSet(company::budget(3, purser_core::budget::BudgetOn::Unit(TEAM))),
        Event::BudgetEnded { budget: BudgetId::new(3), at },
        Event::KeyRevoked { key: KEY, at },
        Event::PricesPublished(list),
        Event::PolicySet { on: PolicyOn::Company, policy: Some(Box::new(policy)), at },
        Event::PolicySet { on: PolicyOn::Person(ANALYST), policy: None, at },
        Event::GrantMade(Grant { rollover, share, ..grant(1) }),
        lived(GrantChange::ShareSet { share, from: day }),
        lived(GrantChange::LeaveBegun { from: day }),
        lived(GrantChange::LeaveEnded { on: day }),
        lived(GrantChange::Extended { days: 3 }),
        lived(GrantChange::Credited { amount: money("3") }),
        lived(GrantChange::Advanced { amount: money("3") }),
        lived(GrantChange::Remedied { day: "2026-11-23".parse().unwrap() }),
        lived(GrantChange::Given { to: GrantId::new(2), amount: money("25") }),
        Event::Pool(PoolEvent::CalendarSet { month: FiscalCalendar::try_new(4).unwrap(), at }),
        Event::Pool(PoolEvent::Opened { pool, on: PoolOn::Company, manager: None, at }),
        Event::Pool(PoolEvent::Opened { pool, on: PoolOn::Unit(TEAM), manager: Some(ANALYST), at }),
        Event::Pool(PoolEvent::Moved(movement)),
        Event::Pool(PoolEvent::Moved(Movement { from: Some(PoolId::new(8)), ..movement })),
        Event::Pool(PoolEvent::Moved(Movement { from: Some(pool), to: None, ..movement })),
        Event::GrantMade(funded.clone()),
        Event::Pool(PoolEvent::OfferCommitted { offer: OfferId::new(5), unit: TEAM, terms: Box::new(funded), at }),
        Event::Pool(PoolEvent::OfferReleased { offer: OfferId::new(5), at }),
        Event::Pool(PoolEvent::Accounted { grant: GrantId::new(1), pool, year, spent: money("3"), at }),
        Event::Part { change: CommandId::new(9), last: true, events: vec![Event::PersonLeft { person: ANALYST, at }] },
        // Since version 4.
        Event::PersonMoved { person: ANALYST, unit: TEAM, effective: Some(at), at },
        // Since version 6.
        Event::GrantMade(Grant { calendar: Some(Arc::clone(&calendar)), ..grant(1) }),
        Event::GrantMade(Grant { scope: tools.clone().into(), ..grant(1) }),
        Event::KeyIssued(KeyIssue { tool: Some("spreadsheet".to_owned()), ..company::key_issue() }),
        Event::KeyIssued(KeyIssue { allow: tools, ..company::key_issue() }),
        lived(GrantChange::CalendarSet { calendar }),
    ]);
    events
}

#[test]
fn every_kind_reads_back() {
    for event in one_of_each() {
        let bytes = event.to_bytes();
        assert_eq!(Event::from_bytes(&bytes).unwrap(), event, "{}", String::from_utf8_lossy(&bytes));
        for cut in 0..bytes.len() {
            assert!(Event::from_bytes(&bytes[..cut]).is_err(), "a piece of an event is none");
        }
    }
}

/// The form on disk. A change here is a change of the format: old journals must still read.
#[test]
fn the_form_never_changes() {
    let lines: Vec<String> = one_of_each().iter().map(|e| String::from_utf8(e.to_bytes()).unwrap()).collect();
    insta::assert_snapshot!(lines.join("\n"));
    for line in lines {
        Event::from_bytes(line.as_bytes()).unwrap();
    }
}

#[test]
fn what_cannot_be_read_says_why() {
    let check = |bytes: &str, says: &str| {
        let error = Event::from_bytes(bytes.as_bytes()).unwrap_err();
        let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
        let text = format!("{error}{cause}");
        assert!(text.contains(says), "{text}");
        error
    };
    let newer = EVENT_VERSION + 1;
    let unknown = format!(r#"{{"v":{newer},"event":{{"moon_landed":{{"by":1}}}},"more":[]}}"#);
    assert!(
        matches!(check(&unknown, "start a release at least as new"), DecodeError::Newer { found } if found == newer)
    );
    let known = Event::PersonLeft { person: ANALYST, at: Instant::EPOCH }.to_bytes();
    let known = String::from_utf8(known).unwrap().replace(r#""v":1"#, &format!(r#""v":{newer}"#));
    check(&known, "start a release");
    check(r#"{"v":1,"event":{"moon_landed":{}}}"#, "unknown variant `moon_landed`");
    check(r#"{"v":1,"event":{"person_left":{"person":"per_1","at":"now"}}}"#, "is not an id of this kind");
    check("", "the bytes are not an event");
    let amount = money("20");
    let text = String::from_utf8(Event::GrantMade(grant(1)).to_bytes()).unwrap();
    check(&text.replace("Europe/Berlin", "Europe/Bärlin"), "`Europe/Bärlin` is not a time zone");
    check(&text.replace(&format!(r#""{amount}""#), "20.5"), "invalid type");
    check(&text.replace("\"cadence\"", "\"often\":1,\"cadence\""), "unknown field `often`");
}
