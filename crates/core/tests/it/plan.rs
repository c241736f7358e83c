//! Plans: whose money, in which order, for how long the answer holds.

use proptest::prelude::*;
use purser_core::account::Subject;
use purser_core::budget::{Budget, BudgetOn};
use purser_core::calendar::{Cadence, Days};
use purser_core::decision::Refused;
use purser_core::directory::Directory;
use purser_core::event::{Event, KeyIssue};
use purser_core::grant::{Grant, Priority};
use purser_core::id::GrantId;
use purser_core::money::Nano;
use purser_core::plan::{Leg, LegOf, Plan};
use purser_core::scope::{CallScope, Scope};
use purser_core::time::Instant;

use crate::company::{
    ANALYST, DIVISION, HASH, KEY, TEAM, ZONES, any_cadence, any_days, at, budget, cases, directory, founding, grant,
    key, key_issue, money, scope, start, zone,
};

const CALL: CallScope<'_> = CallScope { provider: "anthropic", model: "claude-sonnet", tool: "other" };

fn plan(directory: &Directory, at: Instant) -> Result<Plan, Refused> {
    directory.plan(&key(directory), &CALL, at)
}

fn grants(legs: &[Leg]) -> Vec<u128> {
    legs.iter().map(|leg| if let Subject::Grant(id) = leg.account.subject { id.get() } else { 0 }).collect()
}

fn made(grant: Grant) -> Event {
    Event::GrantMade(grant)
}

#[test]
fn grants_burn_in_order() {
    let first = Priority::FIRST;
    let month = |id| Grant { cadence: Cadence::Month, ..grant(id) };
    let later = at("2026-01-02T00:00:00Z");
    let directory = directory(&[
        made(Grant { created_at: later, ..month(1) }),
        made(month(2)),
        made(Grant { priority: Priority::LAST, ..grant(3) }),
        made(grant(4)),
        made(Grant { priority: first, ..month(5) }),
        // Ends on the 20th, so what it released for the month lapses sooner than that of the others.
        made(Grant { ends: Some("2026-11-20".parse().unwrap()), ..month(6) }),
    ]);
    let plan = plan(&directory, at("2026-11-10T12:00:00Z")).unwrap();
    assert_eq!(grants(&plan.grants), [5, 4, 6, 2, 1, 3]);
}

#[test]
fn every_budget_above_is_a_ceiling() {
    let on_key = Budget { amount: money("5"), cadence: Cadence::Day, ..budget(1, BudgetOn::Key(KEY)) };
    let ended = Event::BudgetEnded { budget: budget(5, BudgetOn::Company).id, at: at("2026-11-01T00:00:00Z") };
    let directory = directory(&[
        made(grant(1)),
        Event::BudgetSet(budget(4, BudgetOn::Company)),
        Event::BudgetSet(budget(3, BudgetOn::Unit(DIVISION))),
        Event::BudgetSet(budget(2, BudgetOn::Unit(TEAM))),
        Event::BudgetSet(on_key),
        Event::BudgetSet(budget(5, BudgetOn::Company)),
        ended,
    ]);
    let plan = plan(&directory, at("2026-11-10T12:00:00Z")).unwrap();
    let subjects: Vec<_> = plan.ceilings.iter().map(|leg| leg.account.subject).collect();
    assert_eq!(subjects, [1, 2, 3, 4].map(|id| Subject::Budget(budget(id, BudgetOn::Company).id)));
    assert_eq!(plan.ceilings[0].limit, money("5"));
    assert_eq!(plan.ceilings[1].resets_at, Some(at("2026-11-30T23:00:00Z")), "the team's month, in Berlin");
    let binds: Vec<bool> = plan.ceilings.iter().map(|leg| leg.of.binds_guarantees()).collect();
    assert_eq!(binds, [true, false, false, false], "only the key's");
    assert_eq!(plan.valid_until, at("2026-11-10T23:00:00Z"), "the end of the day; what ended long ago is no end");
}

#[test]
fn a_workday_grant_waits_for_monday() {
    let workdays = Grant { days: Days::Workdays, ..grant(1) };
    let (friday, sunday, monday) = (at("2026-11-20T12:00:00Z"), at("2026-11-22T12:00:00Z"), at("2026-11-22T23:00:00Z"));
    let alone = directory(&[made(workdays.clone())]);
    let check = |at, limit: &str| {
        let plan = plan(&alone, at).unwrap();
        assert_eq!((plan.grants[0].limit, plan.resets_at), (money(limit), Some(monday)));
        assert_eq!(plan.grants[0].resets_at, Some(monday));
    };
    check(friday, "20");
    check(sunday, "0");
    let beside = directory(&[made(workdays), made(grant(2))]);
    assert_eq!(grants(&plan(&beside, sunday).unwrap().grants), [2], "an empty leg is no leg beside a full one");
    assert_eq!(grants(&plan(&beside, friday).unwrap().grants), [1, 2]);
}

#[test]
fn refusals_give_the_most_helpful_reason() {
    let noon = at("2026-11-24T12:00:00Z");
    let early = at("2026-11-01T00:00:00Z");
    let issue = |issue: KeyIssue| {
        let mut events = founding();
        events.pop();
        events.push(Event::KeyIssued(issue));
        events
    };
    let refuses = |events: &[Event], refused: Refused| {
        let mut directory = Directory::new();
        for event in events {
            directory.take(event).unwrap();
        }
        assert_eq!(directory.plan(directory.key(&HASH).unwrap(), &CALL, noon), Err(refused));
    };
    let with = |events: &[Event]| founding().iter().chain(events).cloned().collect::<Vec<_>>();
    let allow = |models: &[&str]| (*scope(models)).clone();

    let revoked = Event::KeyRevoked { key: KEY, at: early };
    refuses(&with(&[made(grant(1)), revoked]), Refused::KeyRevoked { revoked_at: early });
    refuses(&issue(KeyIssue { expires: Some(early), ..key_issue() }), Refused::KeyExpired { expired_at: early });
    refuses(&issue(KeyIssue { expires: Some(noon), ..key_issue() }), Refused::KeyExpired { expired_at: noon });
    let elsewhere = Scope { models: Vec::new(), providers: vec!["openai".parse().unwrap()], tools: Vec::new() };
    let allowed = elsewhere.to_string();
    let elsewhere = issue(KeyIssue { allow: elsewhere, ..key_issue() });
    refuses(&elsewhere, Refused::ProviderNotAllowed { provider: CALL.provider.into(), allowed });
    refuses(&with(&[Event::PersonLeft { person: ANALYST, at: early }]), Refused::PersonLeft { left_at: early });
    let only = issue(KeyIssue { allow: allow(&["gpt-*"]), ..key_issue() });
    refuses(&only, Refused::ModelNotAllowed { model: CALL.model.into(), allowed: "gpt-*".into() });

    refuses(&with(&[]), Refused::NoGrant);
    let ahead = Grant { starts: "2026-12-01".parse().unwrap(), ..grant(1) };
    let starts_at = at("2026-11-30T23:00:00Z");
    refuses(&with(&[made(ahead.clone())]), Refused::GrantNotStarted { starts_at });
    let over = Grant { ends: Some("2026-06-01".parse().unwrap()), ..grant(2) };
    refuses(&with(&[made(over.clone())]), Refused::GrantEnded { ended_at: at("2026-05-31T22:00:00Z") });
    let voided = Event::GrantVoided { grant: GrantId::new(3), at: early };
    refuses(&with(&[made(over.clone()), made(grant(3)), voided]), Refused::GrantEnded { ended_at: early });
    let other = Grant { scope: scope(&["gpt-*"]), ..grant(4) };
    let not_covered =
        Refused::NotCovered { model: CALL.model.into(), provider: CALL.provider.into(), grants: vec![GrantId::new(4)] };
    refuses(&with(&[made(over), made(other.clone())]), not_covered);
    refuses(&with(&[made(other), made(ahead)]), Refused::GrantNotStarted { starts_at });

    // Where only the tool is another one, that is said: it may be what the person can change.
    let tools =
        |tools: &[&str]| Scope { tools: tools.iter().map(|tool| tool.parse().unwrap()).collect(), ..Scope::EVERYTHING };
    let only = |id, names: &[&str]| made(Grant { scope: tools(names).into(), ..grant(id) });
    let covered = vec!["codex".to_owned(), "gemini-*".to_owned()];
    refuses(
        &with(&[only(6, &["codex"]), only(7, &["codex", "gemini-*"])]),
        Refused::ToolNotCovered { tool: "other".to_owned(), covered: covered.clone() },
    );
    let sheet = issue(KeyIssue { tool: Some("spreadsheet".to_owned()), ..key_issue() });
    let sheet: Vec<Event> = sheet.into_iter().chain([only(6, &["codex"])]).collect();
    refuses(&sheet, Refused::ToolNotCovered { tool: "spreadsheet".to_owned(), covered: covered[..1].to_vec() });
    let bound = issue(KeyIssue { allow: tools(&["codex"]), ..key_issue() });
    let allowed = "every model with codex".to_owned();
    refuses(&bound, Refused::ToolNotAllowed { tool: "other".to_owned(), allowed });
}

/// The budgets that a call of this tool counts against.
fn ceilings(directory: &Directory, tool: &str) -> Vec<u128> {
    let plan = directory.plan(&key(directory), &CallScope { tool, ..CALL }, at("2026-11-24T12:00:00Z")).unwrap();
    assert!(plan.by_tool, "another tool has another plan");
    let budget = |leg: &Leg| if let Subject::Budget(id) = leg.account.subject { id.get() } else { 0 };
    plan.ceilings.iter().map(budget).collect()
}

#[test]
fn a_persons_budget_for_a_tool_binds_its_calls_alone() {
    let set = |id, tools: &str| {
        let on = BudgetOn::Person(ANALYST);
        Event::BudgetSet(Budget { tools: Some(tools.parse().unwrap()), ..budget(id, on) })
    };
    let guaranteed = made(Grant { guaranteed: true, ..grant(1) });
    let unit = Event::BudgetSet(budget(4, BudgetOn::Unit(TEAM)));
    let made = directory(&[guaranteed, set(2, "codex"), set(3, "claude-*"), unit]);
    assert_eq!(ceilings(&made, "codex"), [2, 4]);
    assert_eq!(ceilings(&made, "claude-code"), [3, 4]);
    assert_eq!(ceilings(&made, "other"), [4]);
    let plan = made.plan(&key(&made), &CallScope { tool: "codex", ..CALL }, at("2026-11-24T12:00:00Z")).unwrap();
    let binds: Vec<bool> = plan.ceilings.iter().map(|leg| leg.reserve.is_none()).collect();
    assert_eq!(binds, [true, false], "like a key's budget, also what is guaranteed");
    assert_eq!(plan.valid_until, at("2026-11-24T23:00:00Z"), "the grant's day");

    let early = at("2026-02-01T00:00:00Z");
    let ended = made.apply(&Event::BudgetEnded { budget: purser_core::id::BudgetId::new(2), at: early }).unwrap();
    assert_eq!(ceilings(&ended, "codex"), [4]);
    // A key that is made for a tool is of that tool, whatever its caller says.
    let issued = Event::KeyIssued(KeyIssue { tool: Some("codex".to_owned()), ..key_issue() });
    let mut sheet = founding();
    sheet.pop();
    sheet.extend([issued, self::made(grant(1)), set(2, "codex")]);
    let sheet = sheet.iter().fold(Directory::new(), |directory, event| directory.apply(event).unwrap());
    let plan = self::plan(&sheet, at("2026-11-24T12:00:00Z")).unwrap();
    assert_eq!((plan.ceilings.len(), plan.by_tool), (1, false));
}

#[test]
fn grants_that_do_not_cover_are_named() {
    let other = Grant { scope: scope(&["gpt-*"]), ..grant(2) };
    let plan = plan(&directory(&[made(grant(1)), made(other)]), at("2026-11-24T12:00:00Z")).unwrap();
    assert_eq!((grants(&plan.grants), plan.not_covering[0].id), (vec![1], GrantId::new(2)));
}

#[test]
fn what_does_not_cover_gives_nothing_and_promises_nothing() {
    let other = Grant { scope: scope(&["gpt-*"]), ..grant(2) };
    let ahead = Grant { starts: "2026-12-01".parse().unwrap(), ..other.clone() };
    let sunday = at("2026-11-22T12:00:00Z");
    // A workday grant has nothing on a Sunday, so nobody need be told that it does not cover.
    let beside = directory(&[made(grant(1)), made(Grant { days: Days::Workdays, ..other })]);
    assert_eq!(plan(&beside, sunday).unwrap().not_covering.len(), 0);
    // One that starts later and does not cover is no reason to wait for it.
    let not_covered =
        Refused::NotCovered { model: CALL.model.into(), provider: CALL.provider.into(), grants: Vec::new() };
    assert_eq!(plan(&directory(&[made(ahead.clone())]), sunday), Err(not_covered));
    let once = Grant { cadence: Cadence::Once, ..grant(1) };
    assert_eq!(plan(&directory(&[made(once.clone()), made(ahead)]), sunday).unwrap().resets_at, None);
    // One that covers is: money comes with its first day.
    let covering = Grant { starts: "2026-12-01".parse().unwrap(), ..grant(3) };
    let plan = plan(&directory(&[made(once), made(covering)]), sunday).unwrap();
    assert_eq!((plan.resets_at, plan.valid_until), (Some(at("2026-11-30T23:00:00Z")), at("2026-11-30T23:00:00Z")));
}

#[test]
fn a_grant_works_from_the_first_instant_of_its_first_day() {
    let starts = Grant { starts: "2026-11-24".parse().unwrap(), ..grant(1) };
    let directory = directory(&[made(starts)]);
    assert!(plan(&directory, at("2026-11-23T22:59:59.999999Z")).is_err());
    let first = plan(&directory, at("2026-11-23T23:00:00Z")).unwrap();
    assert_eq!(first.grants[0].limit, money("20"));
}

/// Stamps come from another clock than the one that looks.
#[test]
fn a_stamp_slightly_ahead_ends_the_plan_in_time() {
    let (now, ahead) = (at("2026-11-24T12:00:00Z"), at("2026-11-24T12:00:00.001Z"));
    let company = budget(1, BudgetOn::Company);
    let end = Event::BudgetEnded { budget: company.id, at: ahead };
    for (stop, still_works) in [
        (Event::KeyRevoked { key: KEY, at: ahead }, false),
        (Event::PersonLeft { person: ANALYST, at: ahead }, false),
        (Event::GrantVoided { grant: GrantId::new(1), at: ahead }, false),
        (end, true),
    ] {
        let directory = directory(&[made(grant(1)), Event::BudgetSet(company.clone()), stop]);
        assert_eq!(plan(&directory, now).unwrap().valid_until, ahead);
        assert_eq!(plan(&directory, ahead).is_ok(), still_works);
    }
}

/// A person's directory at random, and instants to look at.
#[derive(Clone, Debug)]
struct Case {
    events: Vec<Event>,
    looks: Vec<(Instant, u32)>,
}

fn days_in(days: i64) -> Instant {
    Instant::from_micros(start().as_micros() + days * 86_400_000_000)
}

fn any_case() -> impl Strategy<Value = Case> {
    let date = |day: i64| zone("UTC").date(days_in(day));
    let models = || prop::sample::select(vec![vec![], vec!["claude-*"], vec!["gpt-*"]]);
    let grants = (any_cadence(), any_days(), 0..60_i64, prop::option::of(1..60_i64), 9..12_u16, models(), 0..3_i64);
    let grants = prop::collection::vec((grants, prop::option::of(0..80_i64)), 0..6);
    let budgets = prop::collection::vec((any_cadence(), any_days(), 0..4_usize), 0..4);
    let moves = prop::collection::vec((0..60_i64, prop::sample::select(ZONES.to_vec())), 0..3);
    let looks = prop::collection::vec((0..80 * 24_i64, 0..1000_u32), 4);
    (grants, budgets, moves, looks).prop_map(move |(grants, budgets, mut moves, looks)| {
        let mut events = Vec::new();
        for (n, ((cadence, days, starts, length, priority, models, amount), void)) in (1..).zip(grants) {
            let ends = length.map(|length| date(starts + length));
            let priority = Priority::try_new(priority).unwrap();
            let amount = Nano::new(amount + 1);
            let starts = date(starts);
            events.push(made(Grant {
                amount,
                cadence,
                days,
                starts,
                ends,
                priority,
                scope: scope(&models),
                ..grant(n)
            }));
            if let Some(day) = void {
                events.push(Event::GrantVoided { grant: GrantId::new(n), at: days_in(day) });
            }
        }
        for (n, (cadence, days, on)) in (1..).zip(budgets) {
            let on = [BudgetOn::Company, BudgetOn::Unit(TEAM), BudgetOn::Unit(DIVISION), BudgetOn::Key(KEY)][on];
            events.push(Event::BudgetSet(Budget { cadence, days, ..budget(n, on) }));
        }
        moves.sort_unstable();
        events.extend(moves.into_iter().map(|(day, name)| {
            let effective = days_in(day);
            Event::PersonZoneChanged { person: ANALYST, zone: zone(name), effective, at: effective }
        }));
        let looks = looks
            .into_iter()
            .map(|(hour, far)| (Instant::from_micros(days_in(0).as_micros() + hour * 3_600_000_000), far));
        Case { events, looks: looks.collect() }
    })
}

fn check(directory: &Directory, at: Instant, far: u32) {
    let person = directory.person(ANALYST).unwrap();
    let running = |grant: &Grant| {
        let period = grant.rhythm(&person.zones).period_at(at).filter(|_| !grant.is_voided(at))?;
        Some((period, grant.allowance(&period)))
    };
    let covering = || person.grants.iter().filter(|grant| grant.scope.covers(&CALL));
    let plan = match plan(directory, at) {
        Ok(plan) => plan,
        Err(refused) => {
            assert!(covering().all(|grant| running(grant).is_none()), "{refused:?} though a grant runs");
            return;
        }
    };

    // Every grant that has money for this call, and in the order of burning.
    let mut expected: Vec<u128> = covering()
        .filter(|grant| running(grant).is_some_and(|found| found.1.is_positive()))
        .map(|g| g.id.get())
        .collect();
    if expected.is_empty() {
        expected = covering().filter(|grant| running(grant).is_some()).map(|grant| grant.id.get()).collect();
    }
    let mut found = grants(&plan.grants);
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected);
    for pair in plan.grants.windows(2) {
        let (LegOf::Grant(a), LegOf::Grant(b)) = (&pair[0].of, &pair[1].of) else { panic!("a grant's leg") };
        let end = |leg: &Leg| leg.account.period.end;
        let key = |grant: &Grant, leg| (grant.priority, end(leg), grant.created_at, grant.id);
        assert!(key(a, &pair[0]) <= key(b, &pair[1]));
    }
    for leg in plan.grants.iter().chain(&plan.ceilings) {
        assert!(leg.account.period.contains(at));
        assert!(leg.resets_at.is_none_or(|reset| leg.account.period.end <= reset));
        assert!(plan.valid_until <= leg.account.period.end);
        // What is promised for the reset comes.
        if let (Some(reset), LegOf::Grant(grant)) = (leg.resets_at, &leg.of) {
            let period = grant.rhythm(&person.zones).period_at(reset).unwrap();
            assert!(grant.allowance(&period).is_positive() && period.period.start == reset);
        }
    }

    // The plan holds as long as it says.
    assert!(at < plan.valid_until);
    let until = plan.valid_until.min(Instant::from_micros(at.as_micros() + 400 * 86_400_000_000));
    let step = (until.as_micros() - at.as_micros() - 1) / 1000;
    for later in [at.as_micros() + step * i64::from(far), until.as_micros() - 1].map(Instant::from_micros) {
        let again = self::plan(directory, later).unwrap();
        assert_eq!(Plan { at, ..again }, plan, "at {later}");
    }
}

proptest! {
    #![proptest_config(cases(10_000))]

    #[test]
    fn plans_hold_until_they_say(case in any_case()) {
        let directory = directory(&case.events);
        for (at, far) in case.looks {
            check(&directory, at, far);
        }
    }
}

#[test]
fn of_several_grants_the_next_money_comes_from_the_soonest() {
    let monthly = Grant { cadence: Cadence::Month, ..grant(2) };
    let noon = at("2026-05-09T12:00:00Z");
    for grants in [
        [grant(1), monthly.clone()],
        [Grant { id: GrantId::new(3), ..monthly }, Grant { id: GrantId::new(4), ..grant(1) }],
    ] {
        let plan = plan(&directory(&grants.map(made)), noon).unwrap();
        assert_eq!(plan.resets_at, Some(at("2026-05-09T22:00:00Z")));
    }
}

#[test]
fn only_what_a_guaranteed_grant_pays_is_guaranteed() {
    let promised = Grant { guaranteed: true, priority: Priority::FIRST, ..grant(1) };
    let events = [made(promised), made(grant(2)), Event::BudgetSet(budget(1, BudgetOn::Company))];
    let plan = plan(&directory(&events), at("2026-05-09T12:00:00Z")).unwrap();
    let guaranteed: Vec<bool> = plan.grants.iter().chain(&plan.ceilings).map(Leg::is_guaranteed).collect();
    assert_eq!((grants(&plan.grants), guaranteed), (vec![1, 2], vec![true, false, false]));
}
