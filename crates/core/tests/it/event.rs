//! Events as bytes: the form in the journal, and what can't be read.

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use purser_core::event::{
    DecodeError, EVENT_VERSION, Event, GrantChange, GrantEvent, KeyIssue, PolicyOn, PoolEvent, RoleEvent, StopEvent,
    TopUpEvent,
};
use purser_core::grant::{Grant, GrantSource, Priority, Rollover, WorkShare};
use purser_core::id::{
    BudgetId, CommandId, GrantId, KeyId, MovementId, NoteId, OfferId, PersonId, PoolId, PriceListId, RunId, StopId,
    TopUpId,
};
use purser_core::observed::{Counter, Observation, ObservedUse, Seen, Source};
use purser_core::offer::Who;
use purser_core::policy::{Policy, UnknownModel};
use purser_core::pool::{FiscalCalendar, FiscalYear, Movement, PoolOn};
use purser_core::price::{CardSpec, CardVersion, Layer, PriceList, RateCard};
use purser_core::role::{FamilyTerms, FixedCalendar, Level, Role, RoleChange, RoleRuns};
use purser_core::run::RunLimits;
use purser_core::scope::Scope;
use purser_core::stop::{Stop, StopOn};
use purser_core::time::Instant;
use purser_core::top_up::{Absence, Decision, Desk, Rules};
use purser_core::usage::{Tier, Usage};

use crate::company::{self, ANALYST, KEY, TEAM, at, founding, grant, money, scope};

fn observation(key: Option<KeyId>, seen: Vec<Seen>) -> Observation {
    let (tool, at) = ("claude-code".to_owned(), at("2026-11-24T10:00:00Z"));
    Observation { person: ANALYST, key, tool, session: u64::MAX, source: Source::Requests, seen, at }
}

fn seen(id: u64) -> Seen {
    Seen {
        ids: vec![id],
        used_at: at("2026-11-24T09:59:00Z"),
        model: "claude-opus-5-5".to_owned(),
        requests: 1,
        usage: Usage { input_uncached: 23, cache_read: 60_001, output: 77, ..Usage::default() },
        tier: Tier::Fast,
        charge: Some(money("0.0198162")),
        card: Some(CardVersion(7)),
        claimed: Some(money("0.02")),
        counters: vec![],
    }
}

/// What was seen is told by somebody who is known, in a form that can be kept, and by itself.
#[test]
fn what_was_observed_changes_nothing_and_is_checked() {
    let directory = company::directory(&[]);
    let take = |observation: Observation| directory.apply(&Event::Observed(observation));
    let good = observation(Some(KEY), vec![seen(1), seen(2)]);
    assert_eq!(take(good.clone()).unwrap(), directory);
    let refused = |observation: Observation, says: &str| {
        let error = take(observation).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    };
    let of = |seen: Vec<Seen>| Observation { seen, ..good.clone() };
    refused(of(vec![]), "1 to 500 things");
    refused(of(vec![seen(1); 501]), "1 to 500 things");
    refused(of(vec![seen(1), seen(1)]), "each once");
    refused(of(vec![Seen { ids: vec![], ..seen(1) }]), "1 to 64 names");
    refused(of(vec![Seen { ids: (0..65).collect(), ..seen(1) }]), "1 to 64 names");
    refused(of(vec![Seen { charge: Some(money("-1")), ..seen(1) }]), "costs nothing at least");
    refused(of(vec![Seen { claimed: Some(money("1000001")), ..seen(1) }]), "at most");
    let many = Usage { output: purser_core::observed::COUNT_MAX + 1, ..Usage::default() };
    refused(of(vec![Seen { usage: many, ..seen(1) }]), "tokens or requests");
    refused(of(vec![Seen { model: "a b".to_owned(), ..seen(1) }]), "visible ASCII");
    refused(Observation { tool: String::new(), ..good.clone() }, "visible ASCII");
    refused(Observation { key: Some(KeyId::new(999)), ..good.clone() }, "no key");
    refused(Observation { person: purser_core::id::PersonId::new(999), ..good.clone() }, "no person");
    let part = Event::Part { change: CommandId::new(1), last: true, events: vec![Event::Observed(good)] };
    assert!(directory.apply(&part).unwrap_err().to_string().contains("by itself"));
}

/// One of each kind, with every field filled.
#[expect(clippy::too_many_lines, reason = "a list, in the order of versions")]
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
    let counter = Counter { series: 9, start: 10, time: 11, value: u64::MAX };
    let counted =
        Seen { ids: vec![3, u64::MAX], requests: 0, usage: Usage::default(), counters: vec![counter], ..seen(3) };
    let counts = Policy { observed: ObservedUse::Counts, ..Policy::default() };
    let runs = vec![RoleRuns {
        level: Level::try_new(3),
        limits: RunLimits { money: Some(money("5")), requests: Some(400), ..RunLimits::NONE },
    }];
    let runs = FamilyTerms { runs, ..FamilyTerms::default() };
    let family = FamilyTerms { observed: Some(ObservedUse::Beside), ..FamilyTerms::default() };
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
        // Since version 7.
        lived(GrantChange::Observed { amount: money("4") }),
        Event::Observed(observation(
            Some(KEY),
            vec![seen(1), Seen { charge: None, card: None, claimed: None, ..seen(2) }],
        )),
        Event::Observed(Observation { key: None, ..observation(None, vec![counted]) }),
        Event::PolicySet { on: PolicyOn::Company, policy: Some(Box::new(counts)), at },
        Event::Role(RoleEvent { change: RoleChange::Family { family: "design".parse().unwrap(), terms: family }, at }),
        Event::Role(RoleEvent { change: RoleChange::Family { family: "design".parse().unwrap(), terms: runs }, at }),
        Event::KeyIssued(KeyIssue { project: Some("shop/checkout".to_owned()), ..company::key_issue() }),
        Event::BudgetSet(company::budget(3, purser_core::budget::BudgetOn::Person(ANALYST))),
        Event::Stop(StopEvent::Placed(Stop { id: StopId::new(1), on: StopOn::Run(RunId::new(1)), at, tripped: None })),
    ]);
    events.extend(top_ups(at));
    // Since version 9.
    let role = |level| Some(Role { family: "design".parse().unwrap(), level });
    for role in [role(Level::try_new(3)), role(None), None] {
        events.push(Event::PersonRoleSet { person: ANALYST, role, at });
    }
    events
}

/// Since version 8.
fn top_ups(at: Instant) -> Vec<Event> {
    let (top_up, until) = (TopUpId::new(4), "2026-12-01".parse().unwrap());
    let by = Who { actor: "key_1".parse().unwrap(), person: Some(ANALYST) };
    let lead = PersonId::new(11);
    let decision = Decision {
        by: Who { actor: "lgn_1".parse().unwrap(), person: Some(lead) },
        desk: Desk::Finance,
        for_absent: Some(PersonId::new(12)),
        mandate: None,
        note: Some(NoteId::new(3)),
        at,
    };
    let by_mandate = Decision { for_absent: None, mandate: Some(lead), note: None, ..decision.clone() };
    let rules = Rules { hold: Duration::from_secs(90), ..Rules::default() };
    let policy = Policy { top_ups: rules, ..Policy::default() };
    let absence = Absence { person: lead, delegate: ANALYST, first: until, last: until };
    let asked = |purpose, run| TopUpEvent::Asked {
        top_up,
        person: ANALYST,
        purpose,
        amount: money("5"),
        until,
        by: by.clone(),
        run,
        closes: at,
        at,
    };
    let set = |pool| TopUpEvent::MandateSet {
        manager: lead,
        unit: TEAM,
        month: money("500"),
        request: money("50"),
        pool,
        at,
    };
    let mut events = vec![
        Event::GrantMade(Grant { source: GrantSource::TopUp(TopUpId::new(1)), ..grant(1) }),
        Event::PolicySet { on: PolicyOn::Company, policy: Some(Box::new(policy)), at },
    ];
    let told = [
        asked(None, None),
        asked(Some("migration".parse().unwrap()), Some(RunId::new(2))),
        TopUpEvent::Passed { top_up, to: Desk::Admin, at },
        TopUpEvent::Approved { top_up, amount: money("4"), decision: decision.clone() },
        TopUpEvent::Approved { top_up, amount: money("5"), decision: by_mandate },
        TopUpEvent::Denied { top_up, decision },
        TopUpEvent::Cancelled { top_up, by: by.clone(), at },
        TopUpEvent::Expired { top_up, at },
        set(None),
        set(Some(PoolId::new(7))),
        TopUpEvent::AbsenceSet { absence, at },
        TopUpEvent::AbsenceEnded { person: lead, at },
    ];
    events.extend(told.into_iter().map(Event::TopUp));
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
