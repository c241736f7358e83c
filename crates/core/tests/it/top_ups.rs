//! Top-ups: who may ask for what, who may decide, and that what is approved is a grant and nothing else.

use purser_core::directory::{Directory, EventError};
use purser_core::event::{Event, PolicyOn, TopUpEvent};
use purser_core::grant::{Grant, GrantSource};
use purser_core::id::{CommandId, GrantId, PersonId, PoolId, TopUpId, UnitId};
use purser_core::money::Nano;
use purser_core::offer::Who;
use purser_core::policy::Policy;
use purser_core::price::PriceBook;
use purser_core::time::Instant;
use purser_core::top_up::{Absence, Decision, Desk, Rules, State, TopUpError};

use crate::company::{self, ANALYST, DIVISION, TEAM, at, money, zone};

const LEAD: PersonId = PersonId::new(11);
const DEPUTY: PersonId = PersonId::new(12);
const ELSEWHERE: UnitId = UnitId::new(3);

fn id(bits: u128) -> TopUpId {
    TopUpId::new(bits)
}

fn now() -> Instant {
    at("2026-11-24T10:00:00Z")
}

fn who(actor: &str, person: Option<PersonId>) -> Who {
    Who { actor: actor.parse().unwrap(), person }
}

/// With somebody who leads the division, and a deputy.
fn directory() -> Directory {
    let home = zone("Europe/Berlin");
    let person = |person| Event::PersonAdded { person, unit: DIVISION, zone: home.clone(), at: company::start() };
    let elsewhere = Event::UnitAdded { unit: ELSEWHERE, parent: None, zone: home.clone(), at: company::start() };
    company::directory(&[person(LEAD), person(DEPUTY), elsewhere])
}

fn asked(bits: u128, amount: &str) -> TopUpEvent {
    TopUpEvent::Asked {
        top_up: id(bits),
        person: ANALYST,
        purpose: None,
        amount: money(amount),
        until: "2026-12-01".parse().unwrap(),
        by: who("lgn_analyst", Some(ANALYST)),
        run: None,
        closes: at("2026-11-30T10:00:00Z"),
        at: now(),
    }
}

fn decision(desk: Desk) -> Decision {
    let by = who("lgn_lead", Some(LEAD));
    Decision { by, desk, for_absent: None, mandate: None, note: None, at: now() }
}

fn by_mandate() -> Decision {
    Decision { by: who("purser", None), mandate: Some(LEAD), ..decision(Desk::Manager) }
}

fn take(directory: &Directory, event: TopUpEvent) -> Result<Directory, EventError> {
    directory.apply(&Event::TopUp(event))
}

fn why(result: Result<Directory, EventError>) -> TopUpError {
    match result.expect_err("it is refused") {
        EventError::TopUp(error) => error,
        other => panic!("refused otherwise: {other}"),
    }
}

fn part(events: Vec<Event>) -> Event {
    Event::Part { change: CommandId::new(1), last: true, events }
}

/// The grant and its approval.
fn approved(directory: &Directory, bits: u128, amount: &str, decision: Decision) -> Vec<Event> {
    let known = directory.top_up(id(bits)).unwrap();
    let pool = decision.mandate.and_then(|manager| directory.mandate(manager)?.pool);
    let made = known.granted(money(amount), pool, &zone("Europe/Berlin"), decision.at);
    let approved = TopUpEvent::Approved { top_up: id(bits), amount: money(amount), decision };
    vec![Event::GrantMade(made), Event::TopUp(approved)]
}

fn approve(directory: &Directory, bits: u128, amount: &str, decision: Decision) -> Result<Directory, EventError> {
    directory.apply(&part(approved(directory, bits, amount, decision)))
}

fn mandate(month: &str, request: &str) -> TopUpEvent {
    let (month, request) = (money(month), money(request));
    TopUpEvent::MandateSet { manager: LEAD, unit: DIVISION, month, request, pool: None, at: now() }
}

#[test]
fn one_request_is_open_for_each_purpose_and_person() {
    let directory = take(&directory(), asked(1, "5")).unwrap();
    assert!(matches!(why(take(&directory, asked(2, "7"))), TopUpError::AlreadyOpen { open, .. } if open == id(1)));
    let of = |bits, word: &str| {
        let mut event = asked(bits, "7");
        if let TopUpEvent::Asked { purpose, .. } = &mut event {
            *purpose = Some(word.parse().unwrap());
        }
        event
    };
    let mut many = directory.clone();
    for (bits, word) in (2..).zip(["one", "two", "three", "four"]) {
        many = take(&many, of(bits, word)).unwrap();
    }
    assert!(matches!(why(take(&many, of(9, "five"))), TopUpError::TooMany));
    assert!(matches!(why(take(&many, of(9, "two"))), TopUpError::AlreadyOpen { .. }));
    // Whatever ends one makes room for the next.
    let cancelled = TopUpEvent::Cancelled { top_up: id(1), by: who("local", None), at: now() };
    take(&take(&directory, cancelled).unwrap(), asked(2, "7")).unwrap();
    // One that nobody decided in time is in nobody's way, also before that is told.
    let late = |event: TopUpEvent| match event {
        TopUpEvent::Asked { top_up, person, purpose, amount, until, by, run, .. } => {
            let (closes, at) = (at("2026-12-01T10:00:00Z"), at("2026-11-30T10:00:00Z"));
            TopUpEvent::Asked { top_up, person, purpose, amount, until, by, run, closes, at }
        }
        other => other,
    };
    take(&directory, late(asked(2, "7"))).unwrap();
}

#[test]
fn what_can_not_be_asked_for_is_refused() {
    let directory = directory();
    let with = |change: &dyn Fn(&mut TopUpEvent)| {
        let mut event = asked(1, "5");
        change(&mut event);
        take(&directory, event)
    };
    let amount = |text: &'static str| {
        why(with(&move |event| {
            if let TopUpEvent::Asked { amount, .. } = event {
                *amount = money(text);
            }
        }))
    };
    assert!(matches!(amount("0"), TopUpError::Amount(_)));
    assert!(matches!(amount("-1"), TopUpError::Amount(_)));
    let until = |day: &'static str| {
        with(&move |event| {
            if let TopUpEvent::Asked { until, .. } = event {
                *until = day.parse().unwrap();
            }
        })
    };
    assert!(matches!(why(until("2026-11-23")), TopUpError::Over { .. }));
    // Its last day ends in Berlin, and with it the time for a decision.
    let closes = |text: &'static str| {
        with(&move |event| {
            if let TopUpEvent::Asked { closes, .. } = event {
                *closes = at(text);
            }
        })
    };
    closes("2026-12-01T23:00:00Z").unwrap();
    assert!(matches!(why(closes("2026-12-01T23:00:01Z")), TopUpError::Closes(_)));
    assert!(matches!(why(closes("2026-11-24T10:00:00Z")), TopUpError::Closes(_)));
    let gone = directory.apply(&Event::PersonLeft { person: ANALYST, at: now() }).unwrap();
    assert!(matches!(take(&gone, asked(1, "5")), Err(EventError::PersonLeft { .. })));
}

#[test]
fn an_approval_and_its_grant_are_one_change_and_exactly_each_other() {
    let directory = take(&directory(), asked(1, "5")).unwrap();
    let whole = approve(&directory, 1, "5", decision(Desk::Manager)).unwrap();
    let grant = whole.grant(GrantId::new(1)).unwrap();
    assert_eq!((grant.amount, grant.source), (money("5"), GrantSource::TopUp(id(1))));
    assert_eq!((grant.starts.to_string(), grant.ends.unwrap().to_string()), ("2026-11-24".into(), "2026-12-02".into()));
    let some = approve(&directory, 1, "2", decision(Desk::Manager)).unwrap();
    assert!(matches!(&some.top_up(id(1)).unwrap().state, State::Approved { amount, .. } if *amount == money("2")));

    let events = approved(&directory, 1, "5", decision(Desk::Manager));
    let [made, told] = &events[..] else { panic!("{events:?}") };
    assert!(matches!(why(directory.apply(told)), TopUpError::Grant(_)), "no approval without its grant");
    assert!(matches!(why(directory.apply(made)), TopUpError::Unapproved(_)), "no grant without its approval");
    assert!(matches!(why(directory.apply(&part(vec![made.clone()]))), TopUpError::Unapproved(_)));
    assert!(matches!(why(directory.apply(&part(vec![told.clone(), made.clone()]))), TopUpError::Grant(_)));
    let other = |change: &dyn Fn(&mut Grant)| {
        let Event::GrantMade(mut grant) = made.clone() else { panic!() };
        change(&mut grant);
        why(directory.apply(&part(vec![Event::GrantMade(grant), told.clone()])))
    };
    assert!(matches!(other(&|grant| grant.amount = money("6")), TopUpError::Grant(_)));
    assert!(matches!(other(&|grant| grant.ends = None), TopUpError::Grant(_)));
    assert!(matches!(other(&|grant| grant.id = GrantId::new(99)), TopUpError::Grant(_)));
    // An unfinished change leaves nothing, whatever comes after it.
    let begun = Event::Part { change: CommandId::new(5), last: false, events: vec![made.clone()] };
    let begun = directory.apply(&begun).unwrap();
    assert!(begun.grant(GrantId::new(1)).is_none());
    approve(&begun, 1, "5", decision(Desk::Manager)).unwrap();

    assert!(matches!(why(approve(&directory, 1, "5.01", decision(Desk::Manager))), TopUpError::More { .. }));
    assert!(matches!(approve(&whole, 1, "5", decision(Desk::Manager)), Err(EventError::Duplicate(_))));
    let denied = TopUpEvent::Denied { top_up: id(1), decision: decision(Desk::Admin) };
    assert!(matches!(why(take(&whole, denied)), TopUpError::Final { .. }));
}

#[test]
fn nobody_decides_their_own_or_below_its_desk() {
    let policy = Policy {
        top_ups: Rules { manager_max: money("10"), finance_max: money("100"), ..Rules::default() },
        ..Policy::default()
    };
    let set = Event::PolicySet { on: PolicyOn::Company, policy: Some(Box::new(policy)), at: company::start() };
    let start = directory().apply(&set).unwrap();
    for (amount, desk) in
        [("10", Desk::Manager), ("10.01", Desk::Finance), ("100", Desk::Finance), ("101", Desk::Admin)]
    {
        let directory = take(&start, asked(1, amount)).unwrap();
        assert_eq!(directory.top_up(id(1)).unwrap().desk, desk, "{amount}");
        for by in [Desk::Manager, Desk::Finance, Desk::Admin] {
            let denied = TopUpEvent::Denied { top_up: id(1), decision: decision(by) };
            let (yes, no) = (approve(&directory, 1, amount, decision(by)), take(&directory, denied));
            assert_eq!((yes.is_ok(), no.is_ok()), (by >= desk, by >= desk), "{amount} by {by}");
        }
    }
    let directory = take(&start, asked(1, "5")).unwrap();
    for own in [who("lgn_analyst", None), who("adm_script", Some(ANALYST))] {
        let by = Decision { by: own, ..decision(Desk::Admin) };
        assert!(matches!(why(approve(&directory, 1, "5", by)), TopUpError::Own));
    }
    // Passed on, it is decided higher up, and never comes back.
    let pass = |to| TopUpEvent::Passed { top_up: id(1), to, at: now() };
    let passed = take(&directory, pass(Desk::Finance)).unwrap();
    assert!(matches!(why(approve(&passed, 1, "5", decision(Desk::Manager))), TopUpError::Desk { .. }));
    approve(&passed, 1, "5", decision(Desk::Finance)).unwrap();
    assert!(matches!(why(take(&passed, pass(Desk::Finance))), TopUpError::Passed { .. }));
    assert!(matches!(why(take(&passed, pass(Desk::Manager))), TopUpError::Passed { .. }));
}

#[test]
fn a_request_closes_and_its_end_is_told_when_it_is_one() {
    let directory = take(&directory(), asked(1, "5")).unwrap();
    let expired = |time| TopUpEvent::Expired { top_up: id(1), at: at(time) };
    assert!(matches!(why(take(&directory, expired("2026-11-30T09:59:59Z"))), TopUpError::StillOpen { .. }));
    let late = Decision { at: at("2026-11-30T10:00:00Z"), ..decision(Desk::Admin) };
    assert!(matches!(why(approve(&directory, 1, "5", late)), TopUpError::Late { .. }));
    let over = take(&directory, expired("2026-11-30T10:00:00Z")).unwrap();
    assert_eq!(over.all_undecided_top_ups().count(), 0);
    assert!(matches!(why(take(&over, expired("2026-12-01T10:00:00Z"))), TopUpError::Final { .. }));
    // Whoever left gets nothing more.
    let gone = directory.apply(&Event::PersonLeft { person: ANALYST, at: now() }).unwrap();
    assert!(approve(&gone, 1, "5", decision(Desk::Admin)).is_err());
    take(&gone, expired("2026-11-24T10:00:00Z")).unwrap();
}

#[test]
fn a_mandate_gives_what_it_has_in_a_month_and_no_more() {
    let mut directory = take(&directory(), mandate("12", "5")).unwrap();
    let mut given = Nano::ZERO;
    for bits in 1..=4 {
        directory = take(&directory, asked(bits, "5")).unwrap();
        match approve(&directory, bits, "5", by_mandate()) {
            Ok(next) => {
                given = given.checked_add(money("5")).unwrap();
                directory = next;
            }
            Err(error) => {
                assert!(matches!(error, EventError::TopUp(TopUpError::Spent { left, .. }) if left == money("2")));
                let taken = TopUpEvent::Cancelled { top_up: id(bits), by: who("local", None), at: now() };
                directory = take(&directory, taken).unwrap();
            }
        }
    }
    assert_eq!(given, money("10"));
    let left = |directory: &Directory, month: &str| directory.mandate(LEAD).unwrap().left_in(month.parse().unwrap());
    assert_eq!((left(&directory, "2026-11-01"), left(&directory, "2026-12-01")), (money("2"), money("12")));
    // Set anew, what was given counts on.
    let more = take(&directory, mandate("20", "8")).unwrap();
    assert_eq!(left(&more, "2026-11-01"), money("10"));
    // The company's month begins in Berlin.
    let open = take(&directory, asked(9, "5")).unwrap();
    let open = match open.top_up(id(9)).map(|known| known.closes) {
        Some(closes) => (open, closes),
        None => panic!(),
    };
    assert!(open.1 < at("2026-11-30T23:00:00Z"));
    assert_eq!(directory.mandate_month(at("2026-11-30T22:59:59Z")).to_string(), "2026-11-01");
    assert_eq!(directory.mandate_month(at("2026-11-30T23:00:00Z")).to_string(), "2026-12-01");
}

#[test]
fn a_mandate_is_for_its_own_people_and_in_its_own_bounds() {
    let directory = take(&directory(), mandate("50", "5")).unwrap();
    let open = take(&directory, asked(1, "5")).unwrap();
    approve(&open, 1, "5", by_mandate()).unwrap();
    assert!(matches!(why(approve(&open, 1, "4", by_mandate())), TopUpError::AtOnce { .. }), "not a part");
    let large = take(&directory, asked(1, "5.01")).unwrap();
    assert!(matches!(why(approve(&large, 1, "5.01", by_mandate())), TopUpError::AtOnce { .. }));
    let moved = Event::PersonMoved { person: ANALYST, unit: ELSEWHERE, effective: None, at: now() };
    let moved = open.apply(&moved).unwrap();
    assert!(matches!(why(approve(&moved, 1, "5", by_mandate())), TopUpError::Elsewhere(_)));
    let gone = open.apply(&Event::PersonLeft { person: LEAD, at: now() }).unwrap();
    assert!(matches!(why(approve(&gone, 1, "5", by_mandate())), TopUpError::Elsewhere(_)));
    let ended = take(&open, mandate("0", "0")).unwrap();
    assert!(matches!(why(approve(&ended, 1, "5", by_mandate())), TopUpError::AtOnce { .. }));
    // Nobody's mandate gives what they asked for or would get themselves.
    let mut own = asked(2, "5");
    if let TopUpEvent::Asked { by, purpose, .. } = &mut own {
        (*by, *purpose) = (who("lgn_lead", Some(LEAD)), Some("own".parse().unwrap()));
    }
    let asked_by_lead = take(&directory, own).unwrap();
    assert!(matches!(why(approve(&asked_by_lead, 2, "5", by_mandate())), TopUpError::Own));
    let posing = Decision { by: who("lgn_analyst", Some(ANALYST)), ..by_mandate() };
    assert!(matches!(why(approve(&open, 1, "5", posing)), TopUpError::Own));
    let no = TopUpEvent::Denied { top_up: id(1), decision: by_mandate() };
    assert!(matches!(why(take(&open, no)), TopUpError::Elsewhere(_)), "a mandate says no to nobody");
    for (month, request) in [("5", "6"), ("5", "0"), ("0", "5"), ("-1", "-1")] {
        assert!(
            matches!(why(take(&directory, mandate(month, request))), TopUpError::Mandate { .. }),
            "{month} {request}"
        );
    }
    let from_nowhere = TopUpEvent::MandateSet {
        manager: LEAD,
        unit: TEAM,
        month: money("5"),
        request: money("5"),
        pool: Some(PoolId::new(77)),
        at: now(),
    };
    assert!(matches!(take(&directory, from_nowhere), Err(EventError::Pool(_))));
}

#[test]
fn somebody_who_is_away_lends_their_right_to_whom_they_named_and_no_longer() {
    let away = |person, delegate, first: &str, last: &str| {
        let absence = Absence { person, delegate, first: first.parse().unwrap(), last: last.parse().unwrap() };
        TopUpEvent::AbsenceSet { absence, at: now() }
    };
    let start = take(&directory(), asked(1, "5")).unwrap();
    let directory = take(&start, away(LEAD, DEPUTY, "2026-11-24", "2026-11-26")).unwrap();
    let by = who("lgn_deputy", Some(DEPUTY));
    let deputy = |time| Decision { by: by.clone(), for_absent: Some(LEAD), at: at(time), ..decision(Desk::Manager) };
    approve(&directory, 1, "5", deputy("2026-11-24T10:00:00Z")).unwrap();
    approve(&directory, 1, "5", deputy("2026-11-26T22:59:59Z")).unwrap();
    let over = approve(&directory, 1, "5", deputy("2026-11-26T23:00:00Z"));
    assert!(matches!(why(over), TopUpError::NotAway(_)), "midnight in Berlin");
    assert!(matches!(why(approve(&start, 1, "5", deputy("2026-11-24T10:00:00Z"))), TopUpError::NotAway(_)));
    let another = Decision { by: who("lgn_other", Some(PersonId::new(10))), ..deputy("2026-11-24T10:00:00Z") };
    assert!(why(approve(&directory, 1, "5", another)) == TopUpError::Own);
    let nobody = Decision { by: who("adm_script", None), ..deputy("2026-11-24T10:00:00Z") };
    assert!(matches!(why(approve(&directory, 1, "5", nobody)), TopUpError::NotAway(_)));
    let back = take(&directory, TopUpEvent::AbsenceEnded { person: LEAD, at: now() }).unwrap();
    assert!(matches!(why(approve(&back, 1, "5", deputy("2026-11-24T10:00:00Z"))), TopUpError::NotAway(_)));
    // Nobody decides in the name of whoever asked.
    let own = take(&start, away(ANALYST, DEPUTY, "2026-11-24", "2026-11-26")).unwrap();
    let for_analyst = Decision { for_absent: Some(ANALYST), ..deputy("2026-11-24T10:00:00Z") };
    assert!(matches!(why(approve(&own, 1, "5", for_analyst)), TopUpError::Own));
    for (delegate, first, last) in
        [(LEAD, "2026-11-24", "2026-11-26"), (DEPUTY, "2026-11-26", "2026-11-24"), (DEPUTY, "2026-11-20", "2026-11-23")]
    {
        assert!(matches!(why(take(&start, away(LEAD, delegate, first, last))), TopUpError::Absence { .. }));
    }
}

#[test]
fn all_of_it_survives_being_kept() {
    let mut directory = take(&directory(), mandate("12", "5")).unwrap();
    for bits in 1..=3 {
        directory = take(&directory, asked(bits, "4")).unwrap();
        if bits < 3 {
            directory = approve(&directory, bits, "4", by_mandate()).unwrap();
        }
    }
    let absence = Absence {
        person: LEAD,
        delegate: DEPUTY,
        first: "2026-11-24".parse().unwrap(),
        last: "2026-12-24".parse().unwrap(),
    };
    directory = take(&directory, TopUpEvent::AbsenceSet { absence, at: now() }).unwrap();
    let kept = Directory::from_bytes(&directory.to_bytes(), PriceBook::default()).unwrap();
    assert_eq!(kept, directory);
    assert_eq!(kept.undecided_top_ups(ANALYST).map(|known| known.id).collect::<Vec<_>>(), [id(3)]);
    let next = approve(&kept, 3, "4", by_mandate()).unwrap();
    assert_eq!(next, approve(&directory, 3, "4", by_mandate()).unwrap());
}
