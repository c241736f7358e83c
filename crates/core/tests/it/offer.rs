//! Offers: the state machine, who may approve, what an acceptance makes, and that all of it survives being kept.

use proptest::prelude::*;
use purser_core::directory::{Directory, EventError};
use purser_core::event::{Event, OfferEvent, PolicyOn, PoolEvent, RoleEvent};
use purser_core::grant::Grant;
use purser_core::id::{GrantId, MovementId, OfferId, PersonId, PoolId, UnitId};
use purser_core::money::Currency;
use purser_core::offer::{
    By, Content, DeclineReason, Offer, OfferError, State, Step, TermsError, TokenTerms, Told, Version, Who, diff,
    portfolio,
};
use purser_core::package::Remedy;
use purser_core::policy::Policy;
use purser_core::pool::{FiscalYear, Movement, PoolOn};
use purser_core::price::PriceBook;
use purser_core::role::{Duty, FamilyTerms, Level, Role, RoleChange, RoleRuns, presets};
use purser_core::run::RunLimits;
use purser_core::time::Instant;
use purser_core::zone::Zone;

const OFFER: OfferId = OfferId::new(71);
const UNIT: UnitId = UnitId::new(1);
const PERSON: PersonId = PersonId::new(17);

fn at(hours: i64) -> Instant {
    "2026-11-26T09:00:00Z"
        .parse::<Instant>()
        .unwrap()
        .saturating_add(std::time::Duration::from_hours(hours.unsigned_abs()))
}

fn who(actor: &str) -> Who {
    Who { actor: actor.parse().unwrap(), person: None }
}

fn content(amount: &str, more: &str) -> Content {
    let text = format!(
        r#"{{"candidate":{{"name":"Person 17"}},"role":{{"family":"engineering"}},"zone":"Europe/Berlin",
            "starts":"2027-01-04","expires":"2026-12-10",
            "package":{{"currency":"USD","salary":"300000","tokens":{{"amount":"{amount}"{more}}}}}}}"#
    );
    serde_json::from_str(&text).unwrap()
}

#[test]
fn what_an_offer_says_of_unused_amounts_and_days_is_what_its_grant_does() {
    let grant = |more: &str| {
        let terms = TokenTerms::of(&content("300/workday", more), &Currency::usd(), None, None).unwrap().unwrap();
        let made = terms.grant(GrantId::new(5), PERSON, &Zone::UTC, OFFER, at(0));
        assert!(terms.is_kept_by(&made));
        assert!(!terms.is_kept_by(&Grant { remedy: None, rollover: None, ..made.clone() }) || more.is_empty());
        (made.rollover.map(|rollover| (rollover.max.to_string(), rollover.periods.get())), made.remedy)
    };
    assert_eq!(grant(""), (None, None));
    assert_eq!(grant(r#","remedy":"extends","rollover":"lapses""#), (None, Some(Remedy::Extends)));
    let carries = r#","remedy":"credits","rollover":{"carries":{"cap":"50","periods":3}}"#;
    assert_eq!(grant(carries), (Some(("150.00".to_owned(), 3)), Some(Remedy::Credits)));
    assert_eq!(grant(r#","rollover":{"carries":{"periods":12}}"#).0, Some(("300.00".to_owned(), 12)));
    for endless in [r#"{"carries":{}}"#, r#"{"carries":{"periods":13}}"#, r#"{"carries":{"periods":0}}"#] {
        let content = content("300/workday", &format!(r#","rollover":{endless}"#));
        assert_eq!(TokenTerms::of(&content, &Currency::usd(), None, None), Err(TermsError::Rollover));
    }
}

fn version(number: u32, by: By, content: &Content, hours: i64) -> Version {
    Version {
        number,
        by,
        content: content.hash(&[7; 32]),
        role: content.role.clone(),
        place: content.place.clone(),
        tokens: TokenTerms::of(content, &Currency::usd(), None, None).unwrap().map(Box::new),
        reason: None,
        at: at(hours),
    }
}

fn company(actor: &str) -> By {
    By::Company(who(actor))
}

fn draft() -> Event {
    let version = Box::new(version(1, company("lgn_a"), &content("300/workday", ""), 0));
    Event::Offer(OfferEvent::Drafted { offer: OFFER, unit: UNIT, version })
}

fn submit(number: u32, needed: &[Duty]) -> Event {
    let (by, needed) = (who("lgn_a"), needed.to_vec());
    Event::Offer(OfferEvent::Submitted { offer: OFFER, version: number, by, needed, at: at(1) })
}

fn approve(number: u32, actor: &str, duty: Duty) -> Event {
    Event::Offer(OfferEvent::Approved { offer: OFFER, version: number, by: who(actor), duty, at: at(2) })
}

fn send(number: u32, hours: i64) -> Event {
    let by = who("lgn_a");
    Event::Offer(OfferEvent::Sent { offer: OFFER, version: number, by, expires: at(100), at: at(hours) })
}

fn founded() -> Directory {
    let company = Event::CompanyFounded { currency: Currency::usd(), zone: Zone::UTC, at: at(0) };
    let unit = Event::UnitAdded { unit: UNIT, parent: None, zone: Zone::UTC, at: at(0) };
    [company, unit].iter().fold(Directory::new(), |directory, event| directory.apply(event).unwrap())
}

fn after(events: &[Event]) -> Directory {
    events.iter().fold(founded(), |directory, event| directory.apply(event).unwrap())
}

fn refusal(events: &[Event], event: &Event) -> OfferError {
    match after(events).apply(event) {
        Err(EventError::Offer(error)) => error,
        other => panic!("{event:?}: {other:?}"),
    }
}

fn offer(directory: &Directory) -> &Offer {
    directory.offer(OFFER).unwrap()
}

/// What accepting the sent version makes, in one change.
fn accept(directory: &Directory, change: impl FnOnce(&mut Grant)) -> Vec<Event> {
    let zone = Zone::try_new("Europe/Berlin").unwrap();
    let sent = offer(directory).sent_version().unwrap();
    let (grant, now) = (GrantId::new(5), at(10));
    let mut made = sent.tokens.as_ref().unwrap().grant(grant, PERSON, &zone, OFFER, now);
    change(&mut made);
    vec![
        Event::PersonAdded { person: PERSON, unit: UNIT, zone, at: now },
        Event::GrantMade(made),
        Event::Offer(OfferEvent::Accepted {
            offer: OFFER,
            version: sent.number,
            person: PERSON,
            grant: Some(grant),
            letter: None,
            signature: None,
            at: now,
        }),
    ]
}

#[test]
fn an_offer_is_countered_approved_sent_and_accepted() {
    let counter = version(2, By::Candidate, &content("400/workday", ""), 4);
    let mut events = vec![
        draft(),
        submit(1, &[]),
        send(1, 3),
        Event::Offer(OfferEvent::Viewed { offer: OFFER, at: at(3) }),
        Event::Offer(OfferEvent::Countered { offer: OFFER, version: Box::new(counter) }),
    ];
    assert_eq!(offer(&after(&events)).state, State::Countered);
    events.push(submit(2, &[Duty::Finance, Duty::People]));
    events.push(approve(2, "lgn_b", Duty::Finance));
    assert_eq!(offer(&after(&events)).state, State::Approval);
    assert_eq!(offer(&after(&events)).missing().collect::<Vec<_>>(), [Duty::People]);
    events.push(approve(2, "lgn_c", Duty::People));
    assert_eq!(offer(&after(&events)).state, State::Approved);
    events.push(send(2, 5));
    let directory = after(&events);
    let accepted =
        accept(&directory, |_| {}).iter().fold(directory, |directory, event| directory.apply(event).unwrap());
    assert_eq!(offer(&accepted).state, State::Accepted);
    let grant = accepted.grant(GrantId::new(5)).unwrap();
    assert_eq!((grant.amount.to_string().as_str(), grant.starts.to_string().as_str()), ("400.00", "2027-01-04"));
    assert_eq!(offer(&accepted).versions.len(), 2);
    // Who accepted it has its role, and what is set for that binds their runs.
    assert_eq!(accepted.role_of(PERSON).unwrap().family.as_str(), "engineering");
    assert_eq!(accepted.role_of(PersonId::new(18)), None);
    let runs = |money: &str, minutes| RunLimits { money: money.parse().ok(), minutes, ..RunLimits::NONE };
    let terms =
        FamilyTerms { runs: vec![RoleRuns { level: None, limits: runs("9", Some(30)) }], ..FamilyTerms::default() };
    let family = RoleChange::Family { family: "engineering".parse().unwrap(), terms };
    let policy = Box::new(Policy { runs: runs("12", Some(20)), ..Policy::default() });
    let limited = [
        Event::Role(RoleEvent { change: family, at: at(11) }),
        Event::PolicySet { on: PolicyOn::Company, policy: Some(policy), at: at(11) },
    ];
    let accepted = limited.iter().fold(accepted, |directory, event| directory.apply(event).unwrap());
    assert_eq!(accepted.run_limits(PERSON), runs("9", Some(20)));
    assert_eq!(accepted.run_limits(PersonId::new(18)), runs("12", Some(20)));
    // What is kept between starts is the same directory.
    let kept = Directory::from_bytes(&accepted.to_bytes(), PriceBook::default()).unwrap();
    assert_eq!(kept, accepted);
}

fn set_role(person: PersonId, role: Option<(&str, u8)>, hours: i64) -> Event {
    let role = role.map(|(family, level)| Role { family: family.parse().unwrap(), level: Level::try_new(level) });
    Event::PersonRoleSet { person, role, at: at(hours) }
}

#[test]
fn a_role_is_what_was_said_last_by_an_offer_or_by_itself() {
    let check = |directory: &Directory, role: Option<(&str, u8)>, set: bool| {
        let is = directory.role_of(PERSON).map(|role| (role.family.as_str(), role.level.map_or(0, Level::get)));
        assert_eq!(is, role);
        assert_eq!(directory.set_role_of(PERSON).is_some(), set);
        // What is kept between starts is the same directory, and so is the one of the journal.
        let kept = Directory::from_bytes(&directory.to_bytes(), PriceBook::default()).unwrap();
        assert_eq!(kept, *directory);
        assert_eq!(kept.role_of(PERSON), directory.role_of(PERSON));
    };
    let take =
        |directory: &Directory, event: &Event| directory.apply(&Event::from_bytes(&event.to_bytes()).unwrap()).unwrap();
    let sent = after(&[draft(), submit(1, &[]), send(1, 3)]);
    let [added, granted, accepted] = accept(&sent, |_| {}).try_into().unwrap();
    // Whoever came without an offer has a role once it is said, and loses it again.
    let here = take(&sent, &added);
    check(&here, None, false);
    let set = take(&here, &set_role(PERSON, Some(("finance", 4)), 10));
    check(&set, Some(("finance", 4)), true);
    check(&take(&set, &set_role(PERSON, None, 11)), None, false);
    // An offer that is accepted later says what it is, even in the same moment.
    let joined = take(&take(&set, &granted), &accepted);
    check(&joined, Some(("engineering", 0)), false);
    let limits = RunLimits { minutes: Some(30), ..RunLimits::NONE };
    let terms = FamilyTerms { runs: vec![RoleRuns { level: Level::try_new(5), limits }], ..FamilyTerms::default() };
    let change = RoleChange::Family { family: "design".parse().unwrap(), terms };
    let joined = take(&joined, &Event::Role(RoleEvent { change, at: at(12) }));
    // What is set after it stands in its place, for the limits of runs too, until it is taken back.
    let promoted = take(&joined, &set_role(PERSON, Some(("design", 5)), 12));
    check(&promoted, Some(("design", 5)), true);
    assert_eq!(promoted.set_role_of(PERSON).unwrap().at, at(12));
    assert_eq!(promoted.run_limits(PERSON), limits);
    assert_eq!(promoted.accepted_by(PERSON).unwrap().1.role.family.as_str(), "engineering", "what was accepted stays");
    check(&take(&promoted, &set_role(PERSON, Some(("design", 4)), 13)), Some(("design", 4)), true);
    let back = take(&promoted, &set_role(PERSON, None, 13));
    check(&back, Some(("engineering", 0)), false);
    assert_eq!(back.run_limits(PERSON), RunLimits::NONE);
    // Nobody says it of whoever is not there.
    let nobody = PersonId::new(18);
    assert_eq!(joined.apply(&set_role(nobody, None, 12)), Err(EventError::UnknownPerson(nobody)));
    let left = take(&promoted, &Event::PersonLeft { person: PERSON, at: at(13) });
    let late = left.apply(&set_role(PERSON, Some(("design", 6)), 14));
    assert_eq!(late, Err(EventError::PersonLeft { person: PERSON, left_at: at(13) }));
    // The last that was said of them stays: what they did is still told by it.
    check(&left, Some(("design", 5)), true);
}

#[test]
fn nobody_approves_their_own() {
    let submitted = [draft(), submit(1, &[Duty::People, Duty::Finance])];
    assert_eq!(refusal(&submitted, &approve(1, "lgn_a", Duty::People)), OfferError::OwnApproval);
    let with = [&submitted[..], &[approve(1, "lgn_b", Duty::People)]].concat();
    assert_eq!(refusal(&with, &approve(1, "lgn_b", Duty::Finance)), OfferError::ApprovedAlready);
    assert_eq!(refusal(&with, &approve(1, "lgn_c", Duty::People)), OfferError::DutyDone(Duty::People));
    let finance = [draft(), submit(1, &[Duty::Finance])];
    assert_eq!(refusal(&finance, &approve(1, "lgn_c", Duty::People)), OfferError::NotNeeded(Duty::People));
    // The same human being behind another credential.
    let person = Some(PERSON);
    let mut first = version(1, By::Company(Who { person, ..who("lgn_a") }), &content("300/workday", ""), 0);
    first.reason = None;
    let drafted = Event::Offer(OfferEvent::Drafted { offer: OFFER, unit: UNIT, version: Box::new(first) });
    let by = Who { person, ..who("adm_x") };
    let theirs = Event::Offer(OfferEvent::Approved { offer: OFFER, version: 1, by, duty: Duty::People, at: at(2) });
    assert_eq!(refusal(&[drafted, submit(1, &[Duty::People])], &theirs), OfferError::OwnApproval);
    // Who wrote the version before this one had a hand in it.
    let second = version(2, company("lgn_b"), &content("310/workday", ""), 1);
    let revised = Event::Offer(OfferEvent::Revised { offer: OFFER, version: Box::new(second) });
    let by = who("lgn_c");
    let submitted =
        Event::Offer(OfferEvent::Submitted { offer: OFFER, version: 2, by, needed: vec![Duty::People], at: at(1) });
    assert_eq!(refusal(&[draft(), revised, submitted], &approve(2, "lgn_a", Duty::People)), OfferError::OwnApproval);
}

#[test]
fn only_what_was_sent_can_be_accepted_and_only_in_time() {
    let sent = [draft(), submit(1, &[]), send(1, 3)];
    let directory = after(&sent);
    let late = Event::Offer(OfferEvent::Accepted {
        offer: OFFER,
        version: 1,
        person: PERSON,
        grant: Some(GrantId::new(5)),
        letter: None,
        signature: None,
        at: at(100),
    });
    assert_eq!(refusal(&sent, &late), OfferError::Late { offer: OFFER, expires: at(100) });
    let expired = |hours| Event::Offer(OfferEvent::Expired { offer: OFFER, at: at(hours) });
    assert_eq!(refusal(&sent, &expired(99)), OfferError::NotYet { offer: OFFER, expires: at(100) });
    assert_eq!(offer(&directory.apply(&expired(100)).unwrap()).state, State::Expired);
    // Revised while it is out: nothing is on the table any more.
    let second = version(2, company("lgn_a"), &content("310/workday", ""), 4);
    let revised =
        directory.apply(&Event::Offer(OfferEvent::Revised { offer: OFFER, version: Box::new(second) })).unwrap();
    let error = revised.apply(&accept(&directory, |_| {}).remove(2)).unwrap_err();
    assert_eq!(error, EventError::Offer(OfferError::Version { offer: OFFER, latest: 2, given: 1 }));
    assert_eq!(
        refusal(&[draft()], &send(1, 3)),
        OfferError::State { offer: OFFER, state: State::Draft, step: Step::Send }
    );
    let early =
        Event::Offer(OfferEvent::Sent { offer: OFFER, version: 1, by: who("lgn_a"), expires: at(3), at: at(3) });
    assert_eq!(refusal(&sent[..2], &early), OfferError::ExpiresBefore { expires: at(3), at: at(3) });
}

#[test]
fn an_acceptance_has_its_person_and_exactly_its_grant() {
    let sent = after(&[draft(), submit(1, &[]), send(1, 3)]);
    let run =
        |events: Vec<Event>| events.iter().try_fold(sent.clone(), |directory, event| directory.apply(event)).map(drop);
    run(accept(&sent, |_| {})).unwrap();
    let without = |place| {
        let mut events = accept(&sent, |_| {});
        events.remove(place);
        run(events)
    };
    assert_eq!(without(1), Err(EventError::Offer(OfferError::Grant)));
    assert!(matches!(without(0), Err(EventError::UnknownPerson(PERSON))));
    let less = run(accept(&sent, |grant| grant.amount = "299".parse().unwrap()));
    assert_eq!(less, Err(EventError::Offer(OfferError::Grant)));
    let later = run(accept(&sent, |grant| grant.starts = "2027-01-05".parse().unwrap()));
    assert_eq!(later, Err(EventError::Offer(OfferError::Grant)));
    let loose = run(accept(&sent, |grant| grant.guaranteed = true));
    assert_eq!(loose, Err(EventError::Offer(OfferError::Grant)));
    // In one record, and only as a whole.
    let change = purser_core::id::CommandId::new(9);
    let part = Event::Part { change, last: true, events: accept(&sent, |_| {}) };
    assert_eq!(offer(&sent.apply(&part).unwrap()).state, State::Accepted);
    let broken = accept(&sent, |grant| grant.amount = "1".parse().unwrap());
    assert!(sent.apply(&Event::Part { change, last: true, events: broken }).is_err());
    // A grant can't pretend to come from an offer that is not out.
    let drafted = after(&[draft()]);
    let events = accept(&sent, |_| {});
    let there = drafted.apply(&events[0]).unwrap();
    assert_eq!(
        there.apply(&events[1]).unwrap_err(),
        EventError::Offer(OfferError::GrantOfNoOffer { grant: GrantId::new(5), offer: OFFER, state: State::Draft })
    );
}

/// A guarantee of 78,000 dollars a year, a pool with a little more, and the offer approved.
fn guaranteed() -> (Directory, Version) {
    let pool = PoolId::new(3);
    let content = content("78000/year", r#","guaranteed":true,"term":"2028-01-01""#);
    let tokens = TokenTerms::of(&content, &Currency::usd(), Some(pool), None).unwrap().map(Box::new);
    let first = Version { tokens, ..version(1, company("lgn_a"), &content, 0) };
    let funds = [
        PoolEvent::Opened { pool, on: PoolOn::Company, manager: None, at: at(0) },
        PoolEvent::Moved(Movement {
            id: MovementId::new(1),
            from: None,
            to: Some(pool),
            year: FiscalYear(2027),
            amount: "80000".parse().unwrap(),
            at: at(0),
        }),
    ];
    let version = Box::new(first.clone());
    let events = [
        &funds.map(Event::Pool)[..],
        &[Event::Offer(OfferEvent::Drafted { offer: OFFER, unit: UNIT, version }), submit(1, &[])],
    ];
    (after(&events.concat()), first)
}

fn committed(directory: &Directory) -> String {
    directory.pool(PoolId::new(3)).unwrap().year(FiscalYear(2027)).unwrap().committed.to_string()
}

#[test]
fn a_guarantee_is_set_aside_from_sending_until_its_end() {
    let (approved, first) = guaranteed();
    let change = purser_core::id::CommandId::new(9);
    let together = |events| Event::Part { change, last: true, events };
    assert_eq!(approved.apply(&send(1, 3)), Err(EventError::Offer(OfferError::NotCommitted(OFFER))));
    let terms = first.tokens.as_ref().unwrap();
    let grant = terms.grant(GrantId::new(5), PERSON, &terms.zone, OFFER, at(3));
    let commit = |terms: &Grant| {
        Event::Pool(PoolEvent::OfferCommitted { offer: OFFER, unit: UNIT, terms: Box::new(terms.clone()), at: at(3) })
    };
    let less = Grant { amount: "1".parse().unwrap(), ..grant.clone() };
    let error = approved.apply(&together(vec![commit(&less), send(1, 3)])).unwrap_err();
    assert_eq!(error, EventError::Offer(OfferError::NotCommitted(OFFER)), "and what is set aside is what is promised");
    let sent = approved.apply(&together(vec![commit(&grant), send(1, 3)])).unwrap();
    // From 4 January on: 362 of 365 days.
    assert_eq!(committed(&sent), "77358.90410959");
    let release = Event::Pool(PoolEvent::OfferReleased { offer: OFFER, at: at(4) });
    let declined =
        Event::Offer(OfferEvent::Declined { offer: OFFER, reason: DeclineReason::Other, note: None, at: at(4) });
    assert_eq!(sent.apply(&declined), Err(EventError::Offer(OfferError::StillCommitted(OFFER))));
    assert_eq!(committed(&sent.apply(&together(vec![release.clone(), declined])).unwrap()), "0.00");
    let mut accepted = accept(&sent, |_| {});
    accepted.insert(0, release);
    let accepted = sent.apply(&together(accepted)).unwrap();
    assert_eq!(committed(&accepted), "77358.90410959", "the grant's now");
    assert_eq!(Directory::from_bytes(&accepted.to_bytes(), PriceBook::default()).unwrap(), accepted);
}

#[test]
fn a_decline_keeps_its_reason() {
    let declined = Event::Offer(OfferEvent::Declined {
        offer: OFFER,
        reason: DeclineReason::TokenBudget,
        note: Some(purser_core::id::NoteId::new(3)),
        at: at(4),
    });
    let directory = after(&[draft(), submit(1, &[]), send(1, 3), declined.clone()]);
    assert_eq!(offer(&directory).declined, Some(DeclineReason::TokenBudget));
    let error = directory.apply(&declined).unwrap_err().to_string();
    assert_eq!(error, format!("offer {OFFER} is declined, so it can't be declined; it has ended, draft a new offer"));
}

#[test]
fn what_is_enforced_is_what_is_written_in_the_ledgers_currency() {
    let terms = |amount: &str, more: &str| {
        TokenTerms::of(&content(amount, more), &Currency::usd(), None, None).map(|terms| {
            let terms = terms.unwrap();
            format!("{} {:?} {:?} {}", terms.amount, terms.cadence, terms.days, terms.year)
        })
    };
    assert_eq!(terms("300/workday", "").unwrap(), "300.00 Day Workdays 78000.00");
    assert_eq!(terms("50% of base", "").unwrap(), "150000.00 Year All 150000.00");
    assert_eq!(terms("50% of base", r#","release":"month""#).unwrap(), "12500.00 Month All 150000.00");
    assert_eq!(terms("100000/year", r#","release":"workday""#).unwrap(), "384.615384615 Day Workdays 100000.00");
    assert_eq!(terms("100000/year", r#","release":"quarter""#).unwrap(), "25000.00 Quarter All 100000.00");
    assert_eq!(terms("0/year", ""), Err(TermsError::Nothing));
    assert_eq!(terms("1/year", r#","floor":"2/year""#), Err(TermsError::Floor));
    assert!(matches!(terms("1/year", r#","term":"2027-01-04""#), Err(TermsError::EndsBeforeStart { .. })));

    let mut euro = content("300/workday", "");
    euro.package.currency = Currency::try_new("EUR").unwrap();
    euro.package.working_share = "0.8".parse().unwrap();
    assert!(matches!(TokenTerms::of(&euro, &Currency::usd(), None, None), Err(TermsError::NoRate { .. })));
    euro.package.rate = serde_json::from_str(r#"{"to":"USD","rate":"1.0837","on":"2026-11-20"}"#).unwrap();
    let terms = TokenTerms::of(&euro, &Currency::usd(), None, None).unwrap().unwrap();
    assert_eq!(terms.amount, "260.088".parse().unwrap(), "300 × 0.8 × 1.0837, rounded once");
}

#[test]
fn two_versions_differ_field_by_field() {
    let (before, mut after) = (content("300/workday", r#","guaranteed":true"#), content("400/workday", ""));
    after.title = Some("Engineer".to_owned());
    let changes: Vec<String> = diff(&before, &after)
        .into_iter()
        .map(|change| {
            let text =
                |value: Option<serde_json::Value>| value.map_or_else(|| "-".to_owned(), |value| value.to_string());
            format!("{}: {} → {}", change.field, text(change.before), text(change.after))
        })
        .collect();
    assert_eq!(
        changes,
        [
            r#"package.tokens.amount: "300.00/workday" → "400.00/workday""#,
            "package.tokens.guaranteed: true → -",
            r#"title: - → "Engineer""#,
        ]
    );
    assert_eq!(diff(&before, &before), []);
    let none =
        Content { package: purser_core::package::Package { tokens: None, ..before.package.clone() }, ..before.clone() };
    let fields: Vec<String> = diff(&before, &none).into_iter().map(|change| change.field).collect();
    assert_eq!(fields, ["package.tokens.amount", "package.tokens.guaranteed", "package.tokens.sharing"]);
}

#[test]
fn the_hash_of_a_version_needs_its_key() {
    let content = content("300/workday", "");
    assert_eq!(content.hash(&[1; 32]), content.hash(&[1; 32]));
    assert_ne!(content.hash(&[1; 32]), content.hash(&[2; 32]));
    let hash = content.hash(&[1; 32]);
    assert_eq!(hash.to_string().parse(), Ok(hash));
    let event = draft().to_bytes();
    let text = String::from_utf8(event).unwrap();
    assert!(!text.contains("Person 17") && !text.contains("300000"), "no name and no salary in the journal: {text}");
    assert!(text.starts_with(r#"{"v":3,"#), "{text}");
}

#[test]
fn roles_are_set_by_events_and_kept() {
    let mut directory = founded();
    for (family, terms) in presets().families {
        let change = RoleChange::Family { family, terms };
        directory = directory.apply(&Event::Role(RoleEvent { change, at: at(1) })).unwrap();
    }
    assert_eq!(directory.roles().families, presets().families);
    let kept = Directory::from_bytes(&directory.to_bytes(), PriceBook::default()).unwrap();
    assert_eq!(kept, directory);
}

/// Steps in any order: ended states stay, a version never changes, and only what was approved goes out.
fn step(code: u8, number: u32, hours: i64) -> Event {
    let needed: &[Duty] = if code.is_multiple_of(2) { &[Duty::People] } else { &[] };
    let amount = format!("{}/workday", 100 + hours);
    Event::Offer(match code % 12 {
        0 | 1 => return submit(number, needed),
        2 => return approve(number, "lgn_b", Duty::People),
        3 => OfferEvent::Returned { offer: OFFER, version: number, by: who("lgn_b"), note: None, at: at(hours) },
        4 => return send(number, hours),
        5 => OfferEvent::Viewed { offer: OFFER, at: at(hours) },
        6 => {
            let version = version(number + 1, By::Candidate, &content(&amount, ""), hours);
            OfferEvent::Countered { offer: OFFER, version: Box::new(version) }
        }
        7 | 8 => {
            let version = version(number + 1, company("lgn_a"), &content(&amount, ""), hours);
            OfferEvent::Revised { offer: OFFER, version: Box::new(version) }
        }
        9 => OfferEvent::Declined { offer: OFFER, reason: DeclineReason::Other, note: None, at: at(hours) },
        10 => OfferEvent::Expired { offer: OFFER, at: at(hours) },
        _ => OfferEvent::Withdrawn { offer: OFFER, by: who("lgn_a"), note: None, at: at(hours) },
    })
}

proptest! {
    #[test]
    fn whatever_is_tried_the_rules_hold(codes in proptest::collection::vec(any::<u8>(), 0..40)) {
        let mut directory = after(&[draft()]);
        for (hours, code) in codes.into_iter().enumerate() {
            let before = offer(&directory).clone();
            let number = before.latest().unwrap().number;
            let event = step(code, number, i64::try_from(hours).unwrap() + 3);
            let Ok(next) = directory.apply(&event) else { continue };
            let now = offer(&next);
            prop_assert!(!before.state.is_ended(), "{:?} went on to {:?}", before.state, now.state);
            prop_assert_eq!(&now.versions[..before.versions.len()], &before.versions[..]);
            if now.state == State::Sent && before.state != State::Sent {
                prop_assert_eq!(before.state, State::Approved);
                prop_assert_eq!(now.missing().count(), 0);
                prop_assert_eq!(now.sent.unwrap().version, number);
            }
            // Read back from its own bytes, an event is the same event.
            prop_assert_eq!(Event::from_bytes(&event.to_bytes()).unwrap(), event);
            directory = next;
        }
        let kept = Directory::from_bytes(&directory.to_bytes(), PriceBook::default()).unwrap();
        prop_assert_eq!(kept, directory);
    }

    #[test]
    fn totals_of_the_report_are_those_of_the_list(
        offers in proptest::collection::vec((0_usize..8, any::<bool>(), 0_i64..500, proptest::option::of(0_i64..300)), 0..60),
        on in 0_i64..600,
    ) {
        let first: jiff::civil::Date = "2025-09-01".parse().unwrap();
        let day = |days: i64| first.checked_add(jiff::Span::new().days(days)).unwrap();
        let families: Vec<_> = presets().families.into_keys().collect();
        let told: Vec<Told> = offers.iter().map(|(family, has_tokens, opened, lasted)| Told {
            family: families[*family].clone(),
            has_tokens: *has_tokens,
            opened: day(*opened),
            ended: lasted.map(|lasted| day(opened + lasted)),
        }).collect();
        let report = portfolio(&told, day(on));
        let open: Vec<&Told> = told.iter().filter(|it| it.opened <= day(on) && it.ended.is_none_or(|ended| ended > day(on))).collect();
        prop_assert_eq!(usize::try_from(report.open.offers).unwrap(), open.len());
        prop_assert_eq!(usize::try_from(report.open.with_tokens).unwrap(), open.iter().filter(|it| it.has_tokens).count());
        let sum = |pick: fn(&purser_core::offer::Row) -> u32| report.families.values().map(pick).sum::<u32>();
        prop_assert_eq!((sum(|row| row.offers), sum(|row| row.with_tokens)), (report.open.offers, report.open.with_tokens));
        for (month, row) in &report.months {
            // Day by day, slowly.
            let first = jiff::civil::Date::new(month.year, month.month, 1).unwrap();
            let days: Vec<_> = first.series(jiff::Span::new().days(1)).take_while(|date| date.month() == month.month && *date <= day(on)).collect();
            let was_open = |it: &&Told| days.iter().any(|date| it.opened <= *date && it.ended.is_none_or(|ended| *date <= ended));
            let there = told.iter().filter(was_open).count();
            prop_assert_eq!(usize::try_from(row.offers).unwrap(), there, "{:?}", month);
        }
    }
}
