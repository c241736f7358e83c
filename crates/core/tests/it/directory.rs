//! The directory: the same from live events and from the journal, and firm about what can't have happened.

use std::slice::from_ref;

use proptest::prelude::*;
use purser_core::budget::{Budget, BudgetOn};
use purser_core::directory::{Company, Directory, EventError, Key, Person, UNIT_LEVELS_MAX, Unit};
use purser_core::event::{Event, KeyHash, KeyIssue, PolicyOn};
use purser_core::grant::{Grant, GrantError};
use purser_core::id::{BudgetId, CommandId, GrantId, KeyId, PersonId, UnitId};
use purser_core::money::Nano;
use purser_core::policy::{Admission, Policy};
use purser_core::role::{Level, Role};
use purser_core::scope::Scope;
use purser_core::time::Instant;

use crate::company::{
    ANALYST, DIVISION, HASH, KEY, TEAM, ZONES, at, budget, directory, founding, grant, key, key_issue, money, start,
    zone,
};
use crate::pools::{any_pool_event, check_pools};

/// An event drawn from few ids, so that many meet what is there and many don't.
fn any_event() -> impl Strategy<Value = Event> {
    let unit = || (1..6_u128).prop_map(UnitId::new);
    let person = || (10..14_u128).prop_map(PersonId::new);
    let key = || (20..24_u128).prop_map(KeyId::new);
    let at =
        || (0..1_000_i64).prop_map(|hour| start().saturating_add(std::time::Duration::from_hours(hour.unsigned_abs())));
    let zone = || prop::sample::select(ZONES.to_vec()).prop_map(zone);
    prop_oneof![
        (unit(), prop::option::of(unit()), zone(), at()).prop_map(|(unit, parent, zone, at)| Event::UnitAdded {
            unit,
            parent,
            zone,
            at
        }),
        (unit(), prop::option::of(unit()), at()).prop_map(|(unit, parent, at)| Event::UnitMoved { unit, parent, at }),
        (unit(), at()).prop_map(|(unit, at)| Event::UnitClosed { unit, at }),
        (person(), unit(), zone(), at()).prop_map(|(person, unit, zone, at)| Event::PersonAdded {
            person,
            unit,
            zone,
            at
        }),
        (person(), unit(), proptest::option::of(at()), at())
            .prop_map(|(person, unit, effective, at)| Event::PersonMoved { person, unit, effective, at }),
        (person(), zone(), at(), at()).prop_map(|(person, zone, effective, at)| Event::PersonZoneChanged {
            person,
            zone,
            effective,
            at
        }),
        (person(), at()).prop_map(|(person, at)| Event::PersonLeft { person, at }),
        (person(), prop::option::of((prop::sample::select(vec!["design", "legal"]), 0..4_u8)), at()).prop_map(
            |(person, role, at)| {
                let role =
                    role.map(|(family, level)| Role { family: family.parse().unwrap(), level: Level::try_new(level) });
                Event::PersonRoleSet { person, role, at }
            }
        ),
        (30..36_u128, person(), zone(), at()).prop_map(|(id, person, zone, created_at)| {
            Event::GrantMade(Grant { person, zone, created_at, ..grant(id) })
        }),
        (30..36_u128, at()).prop_map(|(grant, at)| Event::GrantVoided { grant: GrantId::new(grant), at }),
        (
            40..46_u128,
            0..3_i64,
            prop_oneof![
                Just(BudgetOn::Company),
                unit().prop_map(BudgetOn::Unit),
                key().prop_map(BudgetOn::Key),
                person().prop_map(BudgetOn::Person)
            ]
        )
            .prop_map(|(id, amount, on)| Event::BudgetSet(Budget { amount: Nano::new(amount), ..budget(id, on) })),
        (40..46_u128, at()).prop_map(|(id, at)| Event::BudgetEnded { budget: BudgetId::new(id), at }),
        (key(), 0..5_u8, person()).prop_map(|(key, hash, person)| Event::KeyIssued(KeyIssue {
            key,
            hash: KeyHash([hash; 32]),
            person,
            ..key_issue()
        })),
        (key(), at()).prop_map(|(key, at)| Event::KeyRevoked { key, at }),
        any_pool_event(),
        any_pool_event(),
        any_pool_event(),
        any_pool_event(),
        (person(), any::<bool>(), at()).prop_map(|(person, own, at)| {
            let policy = own.then(|| Box::new(Policy { admission: Admission::Calibrated, ..Policy::default() }));
            Event::PolicySet { on: PolicyOn::Person(person), policy, at }
        }),
    ]
}

/// What must hold of any directory.
fn check(directory: &Directory) {
    for unit in directory.units() {
        let above: Vec<UnitId> = directory.units_above(unit.id).map(|unit| unit.id).collect();
        assert!(above.len() <= UNIT_LEVELS_MAX);
        let open = |other: &&std::sync::Arc<Unit>| other.parent == Some(unit.id) && other.closed_at.is_none();
        assert_eq!(usize::try_from(unit.units).unwrap(), directory.units().filter(open).count());
        let here = |person: &&std::sync::Arc<Person>| {
            directory.unit_of(person, Instant::FAR_FUTURE) == unit.id && person.left_at.is_none()
        };
        assert_eq!(usize::try_from(unit.people).unwrap(), directory.people().filter(here).count());
        assert!(unit.closed_at.is_none() || unit.people + unit.units == 0);
    }
    check_pools(directory);
    for key in directory.keys() {
        assert_eq!(directory.key(&key.hash.0), directory.key_by_id(key.id));
    }
    for person in directory.people() {
        for grant in &person.grants {
            assert_eq!(grant.person, person.id);
            assert_eq!(directory.grant(grant.id), Some(grant), "a grant is the same wherever it is found");
        }
    }
    for budget in directory.budgets() {
        let lists = match budget.on {
            BudgetOn::Company => &directory.company().unwrap().budgets,
            BudgetOn::Unit(unit) => &directory.unit(unit).unwrap().budgets,
            BudgetOn::Key(key) => &directory.key_by_id(key).unwrap().budgets,
            BudgetOn::Person(person) => &directory.person(person).unwrap().budgets,
        };
        assert_eq!(lists.iter().filter(|listed| *listed == budget).count(), 1);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn live_and_replayed_directories_are_equal(events in prop::collection::vec(any_event(), 0..60)) {
        let mut live = Directory::new();
        let mut journal = Vec::new();
        for event in founding().iter().chain(&events) {
            let before = live.clone();
            match live.apply(event) {
                Ok(next) => {
                    prop_assert_eq!(&live, &before, "readers keep what they have");
                    journal.push(event.to_bytes());
                    live = next;
                }
                Err(error) => {
                    prop_assert_eq!(live.take(event), Err(error), "both ways refuse the same");
                    prop_assert_eq!(&live, &before, "a refused event changes nothing");
                }
            }
        }
        check(&live);
        let mut replayed = Directory::new();
        for bytes in &journal {
            replayed.take(&Event::from_bytes(bytes).unwrap()).unwrap();
        }
        prop_assert_eq!(&replayed, &live);
        let bytes = live.to_bytes();
        let mut stored = Directory::from_bytes(&bytes, live.prices().clone()).unwrap();
        prop_assert_eq!(&stored, &live, "stored and read back");
        // And it goes on like the one it was made from.
        for event in &events {
            prop_assert_eq!(stored.take(event), live.take(event));
        }
        prop_assert_eq!(stored, live);
        for cut in (0..bytes.len()).step_by(1 + bytes.len() / 50) {
            prop_assert!(Directory::from_bytes(&bytes[..cut], replayed.prices().clone()).is_err(), "{} bytes", cut);
        }
    }

    #[test]
    fn strange_bytes_are_no_directory_and_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        // Few are one by chance, and those are bounded by their length.
        if let Ok(directory) = Directory::from_bytes(&bytes, Directory::new().prices().clone()) {
            prop_assert!(directory.people().count() < bytes.len());
        }
    }

    #[test]
    fn parts_take_effect_together_or_not_at_all(
        events in prop::collection::vec(any_event(), 1..40),
        cut in 1..6_usize,
    ) {
        let before = directory(&[]);
        let mut whole = before.clone();
        let possible: Vec<Event> = events.into_iter().filter(|event| whole.take(event).is_ok()).collect();
        let change = CommandId::new(7);
        let parts: Vec<Vec<Event>> = possible.chunks(cut).map(<[Event]>::to_vec).collect();
        let count = parts.len();
        let mut live = before.clone();
        for (place, events) in parts.into_iter().enumerate() {
            let others: Vec<UnitId> = live.units().map(|unit| unit.id).collect();
            prop_assert_eq!(others.len(), before.units().count(), "nothing shows before the last part");
            let mut given_up = live.clone();
            live.take(&Event::Part { change, last: place + 1 == count, events }).unwrap();
            // A change that stops here leaves what was there before it.
            let next = Event::PolicySet { on: PolicyOn::Company, policy: None, at: start() };
            given_up.take(&next).unwrap();
            prop_assert_eq!(given_up, before.apply(&next).unwrap());
        }
        if count > 0 {
            prop_assert_eq!(live, whole);
        }
    }
}

#[test]
fn a_part_that_cannot_be_leaves_the_parts_before_it_as_they_are() {
    let change = CommandId::new(7);
    let part = |last, events| Event::Part { change, last, events };
    let other = PersonId::new(11);
    let added = Event::PersonAdded { person: other, unit: TEAM, zone: zone("UTC"), at: start() };
    let mut live = directory(&[]);
    live.take(&part(false, vec![added.clone()])).unwrap();
    assert_eq!(live.take(&part(true, vec![added])), Err(EventError::Duplicate(other.to_string())));
    assert_eq!(live.take(&part(true, vec![part(true, vec![])])), Err(EventError::PartInPart));
    assert_eq!(live.person(other), None);
    live.take(&part(true, vec![])).unwrap();
    assert!(live.person(other).is_some());
}

#[test]
fn what_cannot_have_happened_is_refused() {
    let other = PersonId::new(99);
    let (early, late) = (at("2026-02-01T00:00:00Z"), at("2026-03-01T00:00:00Z"));
    let lived_in = |name| Event::PersonZoneChanged { person: ANALYST, zone: zone(name), effective: late, at: early };
    let refuses = |events: &[Event], event: &Event, error: EventError| {
        let directory = directory(events);
        assert_eq!(directory.apply(event), Err(error));
    };
    let left = Event::PersonLeft { person: ANALYST, at: early };
    let made = Event::GrantMade(grant(1));
    let set = Event::BudgetSet(budget(2, BudgetOn::Company));
    let again = |text: &str| EventError::Duplicate(text.to_owned());

    assert_eq!(Directory::new().apply(&left), Err(EventError::NotFounded));
    refuses(&[], &founding()[0], EventError::AlreadyFounded(start()));
    refuses(&[], &founding()[2], again(&TEAM.to_string()));
    refuses(&[], &founding()[3], again(&ANALYST.to_string()));
    refuses(&[], &founding()[4], again(&KEY.to_string()));
    refuses(&[], &Event::KeyIssued(KeyIssue { key: KeyId::new(9), ..key_issue() }), EventError::HashTaken);
    let of_tools = |tools: Option<&str>, on| {
        Event::BudgetSet(Budget { tools: tools.map(|tools| tools.parse().unwrap()), ..budget(5, on) })
    };
    let (mine, id) = (BudgetOn::Person(ANALYST), BudgetId::new(5));
    for (tools, on) in [(None, mine), (Some("*"), mine), (Some("**"), mine), (Some("codex"), BudgetOn::Company)] {
        refuses(&[], &of_tools(tools, on), EventError::BudgetTools(id));
    }
    refuses(&[], &of_tools(Some("codex"), BudgetOn::Person(other)), EventError::UnknownPerson(other));
    // What is guaranteed for these tools alone is not limited by them, whichever came first.
    let for_tools = |tools: &[&str], guaranteed| {
        let tools = tools.iter().map(|tool| tool.parse().unwrap()).collect();
        Event::GrantMade(Grant { guaranteed, scope: Scope { tools, ..Scope::EVERYTHING }.into(), ..grant(1) })
    };
    let (codex, eats) = (of_tools(Some("cod*"), mine), EventError::BudgetEats { budget: id, grant: GrantId::new(1) });
    refuses(&[for_tools(&["codex"], true)], &codex, eats.clone());
    refuses(from_ref(&codex), &for_tools(&["codex"], true), eats);
    for grant in [for_tools(&["codex", "claude-code"], true), for_tools(&["codex"], false), for_tools(&[], true)] {
        assert!(directory(from_ref(&grant)).apply(&codex).is_ok(), "{grant:?}");
        assert!(directory(from_ref(&codex)).apply(&grant).is_ok(), "{grant:?}");
    }
    refuses(
        &[],
        &Event::PersonMoved { person: other, unit: TEAM, effective: None, at: early },
        EventError::UnknownPerson(other),
    );
    refuses(
        &[],
        &Event::UnitMoved { unit: DIVISION, parent: Some(TEAM), at: early },
        EventError::UnitCycle { unit: DIVISION, parent: TEAM },
    );
    refuses(
        &[],
        &Event::UnitMoved { unit: TEAM, parent: Some(TEAM), at: early },
        EventError::UnitCycle { unit: TEAM, parent: TEAM },
    );
    refuses(
        &[],
        &Event::UnitClosed { unit: TEAM, at: early },
        EventError::UnitNotEmpty { unit: TEAM, people: 1, units: 0 },
    );
    refuses(from_ref(&left), &made, EventError::PersonLeft { person: ANALYST, left_at: early });
    refuses(from_ref(&left), &left, EventError::PersonLeft { person: ANALYST, left_at: early });
    refuses(from_ref(&made), &made, again(&GrantId::new(1).to_string()));
    refuses(&[], &Event::GrantMade(Grant { amount: Nano::ZERO, ..grant(1) }), GrantError::Amount(Nano::ZERO).into());
    let (starts, ends) = (grant(1).starts, grant(1).starts);
    let upside_down = Event::GrantMade(Grant { ends: Some(ends), ..grant(1) });
    refuses(&[], &upside_down, GrantError::EndsBeforeStart { starts, ends }.into());
    let elsewhere = Event::GrantMade(Grant { created_at: late, ..grant(1) });
    let zones = EventError::GrantZone { theirs: zone("Asia/Tokyo"), given: zone("Europe/Berlin") };
    refuses(&[lived_in("Asia/Tokyo")], &elsewhere, zones);
    let back = Event::PersonZoneChanged { person: ANALYST, zone: zone("UTC"), effective: early, at: early };
    refuses(&[lived_in("UTC")], &back, EventError::ZoneOutOfOrder { known: late, effective: early });
    let past = Event::PersonZoneChanged { person: ANALYST, zone: zone("UTC"), effective: early, at: late };
    refuses(&[], &past, EventError::ZoneInThePast { at: late, effective: early });
    let void = Event::GrantVoided { grant: GrantId::new(1), at: early };
    refuses(&[], &void, EventError::UnknownGrant(GrantId::new(1)));
    refuses(&[made, void.clone()], &void, EventError::AlreadyVoided { grant: GrantId::new(1), voided_at: early });
    let revoke = Event::KeyRevoked { key: KEY, at: early };
    refuses(from_ref(&revoke), &revoke, EventError::KeyRevoked { key: KEY, revoked_at: early });
    let daily = budget(2, BudgetOn::Company);
    let daily = Budget { cadence: purser_core::calendar::Cadence::Day, ..daily };
    refuses(from_ref(&set), &Event::BudgetSet(daily), EventError::BudgetFixed(BudgetId::new(2)));
    let end = Event::BudgetEnded { budget: BudgetId::new(2), at: early };
    refuses(&[set, end.clone()], &end, EventError::BudgetEnded { budget: BudgetId::new(2), ended_at: early });
}

#[test]
fn units_nest_within_bounds() {
    let mut directory = directory(&[]);
    let (zone, at) = (zone("UTC"), start());
    let add = |unit: u128, parent: UnitId| Event::UnitAdded {
        unit: UnitId::new(unit),
        parent: Some(parent),
        zone: zone.clone(),
        at,
    };
    let (mut parent, mut levels) = (TEAM, 2);
    while levels < UNIT_LEVELS_MAX {
        let unit = 100 + u128::try_from(levels).unwrap();
        directory.take(&add(unit, parent)).unwrap();
        parent = UnitId::new(unit);
        levels += 1;
    }
    let too_deep = |unit| Err(EventError::UnitTooDeep { unit, max: UNIT_LEVELS_MAX });
    assert_eq!(directory.take(&add(500, parent)), too_deep(UnitId::new(500)));
    // A branch of two can't hang under the last but one either.
    directory.take(&Event::UnitAdded { unit: UnitId::new(600), parent: None, zone: zone.clone(), at }).unwrap();
    directory.take(&add(601, UnitId::new(600))).unwrap();
    let last_but_one = directory.unit(parent).unwrap().parent;
    let moved = Event::UnitMoved { unit: UnitId::new(600), parent: last_but_one, at };
    assert_eq!(directory.take(&moved), too_deep(UnitId::new(600)));
}

#[test]
fn the_amount_of_a_budget_can_be_set_anew() {
    let more = Budget { amount: money("2000"), ..budget(2, BudgetOn::Key(KEY)) };
    let events = [Event::BudgetSet(budget(2, BudgetOn::Key(KEY))), Event::BudgetSet(more.clone())];
    let directory = directory(&events);
    let found: Vec<_> = directory.budgets_over(&key(&directory), start()).map(|budget| (**budget).clone()).collect();
    assert_eq!(found, [more]);
}

#[test]
fn a_policy_of_ones_own_stands_in_for_the_companys() {
    let calibrated = Policy { admission: Admission::Calibrated, ..Policy::default() };
    let set = |on, policy| Event::PolicySet { on, policy, at: start() };
    let own = set(PolicyOn::Person(ANALYST), Some(Box::new(calibrated.clone())));
    let with = directory(from_ref(&own));
    assert_eq!((&**with.policy(), &**with.policy_of(ANALYST)), (&Policy::default(), &calibrated));
    let without = directory(&[own, set(PolicyOn::Person(ANALYST), None)]);
    assert_eq!(**without.policy_of(ANALYST), Policy::default());
}

/// A hundred thousand people with a key, a grant and a budget each take about 145 MB, of which these records are a
/// third and the maps the rest. Who makes one larger should know.
#[test]
fn records_stay_small() {
    let check =
        |name: &str, size: usize, max: usize| assert!(size <= max, "{name} takes {size} bytes, more than {max}");
    check("a person", size_of::<Person>(), 120);
    check("a key", size_of::<Key>(), 184);
    check("a grant", size_of::<Grant>(), 200);
    check("a budget", size_of::<Budget>(), 96);
    check("a unit", size_of::<Unit>(), 112);
    check("the company", size_of::<Company>(), 72);
    check("an instant", size_of::<Option<Instant>>(), 16);
    // What many people have in common is there once.
    let one = directory(&[Event::GrantMade(grant(1)), Event::GrantMade(grant(2))]);
    let grants = one.grants_of(ANALYST);
    assert!(std::sync::Arc::ptr_eq(&grants[0].scope, &grants[1].scope));
    assert!(std::sync::Arc::ptr_eq(&grants[0].scope, &one.key(&HASH).unwrap().allow));
}
