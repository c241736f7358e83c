//! Pools: never committed beyond their funds, and committed exactly what a slow model says can be released.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;
use purser_core::calendar::{Cadence, Days};
use purser_core::directory::{Directory, EventError};
use purser_core::event::{Event, GrantChange, GrantEvent, PoolEvent};
use purser_core::grant::{Grant, GrantError, WorkShare};
use purser_core::id::{CommandId, GrantId, MovementId, OfferId, PersonId, PoolId, UnitId};
use purser_core::money::Nano;
use purser_core::pool::{CommitmentOf, FiscalCalendar, FiscalYear, Movement, PoolError, PoolOn, PoolYear};
use purser_core::time::Instant;
use purser_core::zone::Zones;

use crate::company::{ANALYST, DIVISION, TEAM, any_cadence, any_days, at, cases, directory, grant, money, start, zone};

const COMPANY: PoolId = PoolId::new(70);
const TEAMS: PoolId = PoolId::new(71);
const OTHERS: PoolId = PoolId::new(72);
const ELSEWHERE: UnitId = UnitId::new(3);
const Y26: FiscalYear = FiscalYear(2026);
const Y27: FiscalYear = FiscalYear(2027);

fn opened(pool: PoolId, on: PoolOn) -> Event {
    Event::Pool(PoolEvent::Opened { pool, on, manager: None, at: start() })
}

/// Ids of movements, one after the other.
fn movement() -> MovementId {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    MovementId::new(u128::from(NEXT.fetch_add(1, Ordering::Relaxed)))
}

fn funded(pool: PoolId, year: FiscalYear, by: &str) -> Event {
    let (from, to, amount) = match by.strip_prefix('-') {
        Some(amount) => (Some(pool), None, amount),
        None => (None, Some(pool), by),
    };
    Event::Pool(PoolEvent::Moved(Movement { id: movement(), from, to, year, amount: money(amount), at: start() }))
}

fn moved(from: PoolId, to: PoolId, year: FiscalYear, amount: &str) -> Event {
    let amount = money(amount);
    Event::Pool(PoolEvent::Moved(Movement {
        id: movement(),
        from: Some(from),
        to: Some(to),
        year,
        amount,
        at: start(),
    }))
}

fn guaranteed(id: u128, pool: PoolId) -> Grant {
    Grant { guaranteed: true, pool: Some(pool), ..grant(id) }
}

fn month(id: u128, amount: &str) -> Grant {
    Grant { cadence: Cadence::Month, amount: money(amount), ..guaranteed(id, COMPANY) }
}

/// Three pools: the company's, the team's, and one of a unit that the analyst is not in.
fn with_pools(events: &[Event]) -> Directory {
    let apart = Event::UnitAdded { unit: ELSEWHERE, parent: None, zone: zone("UTC"), at: start() };
    let mut all = vec![
        apart,
        opened(COMPANY, PoolOn::Company),
        opened(TEAMS, PoolOn::Unit(TEAM)),
        opened(OTHERS, PoolOn::Unit(ELSEWHERE)),
        funded(COMPANY, Y26, "10000"),
    ];
    all.extend_from_slice(events);
    directory(&all)
}

#[track_caller]
fn check(directory: &Directory, pool: PoolId, year: FiscalYear, funded: &str, committed: &str) {
    let expected = PoolYear { year, funded: money(funded), committed: money(committed) };
    assert_eq!(directory.pool(pool).unwrap().year(year), Some(&expected));
}

#[track_caller]
fn refuses(directory: &Directory, event: &Event, error: PoolError) {
    assert_eq!(directory.apply(event), Err(EventError::Pool(error)));
}

#[test]
fn a_guaranteed_grant_commits_what_it_can_release() {
    let made = with_pools(&[Event::GrantMade(month(1, "500"))]);
    check(&made, COMPANY, Y26, "10000", "6000");
    // From the middle of a month, half a month.
    let late =
        Grant { starts: "2026-04-16".parse().unwrap(), ends: Some("2026-06-01".parse().unwrap()), ..month(1, "500") };
    check(&with_pools(&[Event::GrantMade(late)]), COMPANY, Y26, "10000", "750");
    // One that began before it was made can only release from the running period on.
    let created_at = at("2026-03-10T12:00:00Z");
    let backdated = Grant { created_at, ..month(1, "500") };
    check(&with_pools(&[Event::GrantMade(backdated)]), COMPANY, Y26, "10000", "5000");
    // A year of 365 days, workdays only.
    let daily = Grant { days: purser_core::calendar::Days::Workdays, ..guaranteed(1, COMPANY) };
    check(&with_pools(&[Event::GrantMade(daily)]), COMPANY, Y26, "10000", "5220");
}

#[test]
fn more_than_is_free_is_refused_and_changes_nothing() {
    let made = with_pools(&[Event::GrantMade(month(1, "500"))]);
    let short =
        |free, needed| PoolError::Overcommitted { pool: COMPANY, year: Y26, free: money(free), needed: money(needed) };
    refuses(&made, &Event::GrantMade(month(2, "400")), short("4000", "4800"));
    refuses(&made, &funded(COMPANY, Y26, "-4000.01"), short("4000", "4000.01"));
    refuses(&made, &moved(COMPANY, TEAMS, Y26, "4000.000000001"), short("4000", "4000.000000001"));
    let emptied = made.apply(&moved(COMPANY, TEAMS, Y26, "4000")).unwrap();
    check(&emptied, COMPANY, Y26, "6000", "6000");
    check(&emptied, TEAMS, Y26, "4000", "0");
    let more = emptied.apply(&funded(COMPANY, Y26, "4800")).unwrap();
    check(&more.apply(&Event::GrantMade(month(2, "400"))).unwrap(), COMPANY, Y26, "10800", "10800");
}

#[test]
fn a_term_that_goes_on_is_committed_when_the_next_year_is_opened() {
    let made = with_pools(&[Event::GrantMade(month(1, "500"))]);
    assert_eq!(made.needed(COMPANY, Y27), Ok(money("6000")));
    let given = money("5999.99");
    refuses(
        &made,
        &funded(COMPANY, Y27, "5999.99"),
        PoolError::YearShort { pool: COMPANY, year: Y27, given, needed: money("6000") },
    );
    let next = made.apply(&funded(COMPANY, Y27, "7000")).unwrap();
    check(&next, COMPANY, Y27, "7000", "6000");
    // What is made from now on commits in both.
    let both =
        next.apply(&Event::GrantMade(Grant { starts: "2026-12-01".parse().unwrap(), ..month(2, "80") })).unwrap();
    check(&both, COMPANY, Y26, "10000", "6080");
    check(&both, COMPANY, Y27, "7000", "6960");
    refuses(
        &both,
        &Event::GrantMade(month(3, "4")),
        PoolError::Overcommitted { pool: COMPANY, year: Y27, free: money("40"), needed: money("48") },
    );
    // A grant can't begin in a year without funds.
    let ahead = Grant { starts: "2028-01-01".parse().unwrap(), ..month(4, "1") };
    refuses(&both, &Event::GrantMade(ahead), PoolError::YearNotOpen { pool: COMPANY, year: FiscalYear(2028) });
}

#[test]
fn what_ends_early_gives_back_what_it_would_have_released() {
    let made = with_pools(&[funded(COMPANY, Y27, "6000"), Event::GrantMade(month(1, "500"))]);
    let void = Event::GrantVoided { grant: GrantId::new(1), at: at("2026-03-20T09:00:00Z") };
    let voided = made.apply(&void).unwrap();
    // Three months were released and may have been spent.
    check(&voided, COMPANY, Y26, "10000", "1500");
    check(&voided, COMPANY, Y27, "6000", "0");
    let left = made.apply(&Event::PersonLeft { person: ANALYST, at: at("2026-03-20T09:00:00Z") }).unwrap();
    check(&left, COMPANY, Y26, "10000", "1500");
    let accounted = |spent, when| {
        Event::Pool(PoolEvent::Accounted {
            grant: GrantId::new(1),
            pool: COMPANY,
            year: Y26,
            spent: money(spent),
            at: at(when),
        })
    };
    let of = CommitmentOf::Grant(GrantId::new(1));
    refuses(&made, &accounted("700", "2026-03-20T09:00:00Z"), PoolError::StillRunning(of));
    refuses(
        &voided,
        &accounted("1500.01", "2026-03-21T00:00:00Z"),
        PoolError::SpentTooMuch { of, spent: money("1500.01"), committed: money("1500") },
    );
    let closed = voided.apply(&accounted("1234.5", "2026-03-21T00:00:00Z")).unwrap();
    check(&closed, COMPANY, Y26, "10000", "1234.50");
    // A year that is over is accounted for without an end of the grant, and what was spent stays.
    let over = made.apply(&accounted("5000", "2027-01-01T00:00:00Z")).unwrap();
    check(&over, COMPANY, Y26, "10000", "5000");
    check(
        &over.apply(&Event::GrantVoided { grant: GrantId::new(1), at: at("2027-01-20T09:00:00Z") }).unwrap(),
        COMPANY,
        Y26,
        "10000",
        "5000",
    );
    refuses(&made, &accounted("5000", "2026-12-31T22:59:59Z"), PoolError::StillRunning(of));
}

#[test]
fn a_sent_offer_commits_until_it_is_accepted_or_has_ended() {
    let offer = OfferId::new(5);
    let person = PersonId::new(11);
    let terms = Grant { person, starts: "2026-07-01".parse().unwrap(), ..month(9, "1000") };
    let sent =
        |unit| Event::Pool(PoolEvent::OfferCommitted { offer, unit, terms: Box::new(terms.clone()), at: start() });
    let released = Event::Pool(PoolEvent::OfferReleased { offer, at: start() });
    let before = with_pools(&[]);
    refuses(&before, &released, PoolError::NothingCommitted(CommitmentOf::Offer(offer)));
    let committed = before.apply(&sent(TEAM)).unwrap();
    check(&committed, COMPANY, Y26, "10000", "6000");
    let withdrawn = committed.apply(&released).unwrap();
    check(&withdrawn, COMPANY, Y26, "10000", "0");
    assert!(withdrawn.commitments().next().is_none());
    // A guarantee that releases nothing in the years that are open is a commitment too, or nobody could take it back.
    let weekend = (Days::Workdays, "2026-12-26".parse().unwrap(), Some("2026-12-28".parse().unwrap()));
    let (days, starts, ends) = weekend;
    let of_nothing = Grant { days, starts, ends, cadence: Cadence::Day, ..terms.clone() };
    let sent_for_nothing =
        Event::Pool(PoolEvent::OfferCommitted { offer, unit: TEAM, terms: Box::new(of_nothing), at: start() });
    let committed_nothing = before.apply(&sent_for_nothing).unwrap();
    check(&committed_nothing, COMPANY, Y26, "10000", "0");
    assert!(committed_nothing.commitment(CommitmentOf::Offer(offer)).is_some());
    assert_eq!(committed_nothing.apply(&released).unwrap(), before);
    // Acceptance, in one change: never short although nothing else is free.
    let full = committed
        .apply(&Event::GrantMade(Grant { ends: Some("2026-05-01".parse().unwrap()), ..month(1, "1000") }))
        .unwrap();
    let accepted = Event::Part {
        change: purser_core::id::CommandId::new(1),
        last: true,
        events: vec![
            released,
            Event::PersonAdded { person, unit: TEAM, zone: zone("Europe/Berlin"), at: start() },
            Event::GrantMade(Grant { source: purser_core::grant::GrantSource::Offer(offer), ..terms.clone() }),
        ],
    };
    check(&full.apply(&accepted).unwrap(), COMPANY, Y26, "10000", "10000");
}

#[test]
fn whose_pool_it_is_matters() {
    let made = with_pools(&[funded(OTHERS, Y26, "10000"), funded(TEAMS, Y26, "10000")]);
    refuses(&made, &Event::GrantMade(guaranteed(1, OTHERS)), PoolError::Elsewhere(OTHERS));
    let from_team = made.apply(&Event::GrantMade(guaranteed(1, TEAMS))).unwrap();
    check(&from_team, TEAMS, Y26, "10000", "7300");
    // Who moves keeps what was promised, out of the same pool.
    let gone =
        from_team.apply(&Event::PersonMoved { person: ANALYST, unit: DIVISION, effective: None, at: start() }).unwrap();
    check(&gone, TEAMS, Y26, "10000", "7300");
    let unknown = PoolId::new(99);
    refuses(&made, &Event::GrantMade(guaranteed(1, unknown)), PoolError::Unknown(unknown));
    let nowhere = MovementId::new(5);
    let moves = |from, to| Movement { id: nowhere, from, to, year: Y26, amount: money("1"), at: start() };
    for end in [None, Some(TEAMS)] {
        refuses(&made, &Event::Pool(PoolEvent::Moved(moves(end, end))), PoolError::NoWay(nowhere));
    }
    let out = Event::Pool(PoolEvent::Moved(moves(Some(TEAMS), None)));
    assert_eq!(made.apply(&out).unwrap().apply(&out), Err(EventError::Duplicate(nowhere.to_string())), "once");
    refuses(&made, &moved(TEAMS, COMPANY, Y26, "0"), PoolError::Amount(Nano::ZERO));
    refuses(&made, &moved(TEAMS, COMPANY, Y27, "1"), PoolError::YearNotOpen { pool: TEAMS, year: Y27 });
    refuses(&made, &funded(TEAMS, FiscalYear(1), "1"), PoolError::Year(FiscalYear(1)));
    refuses(
        &made,
        &Event::Pool(PoolEvent::CalendarSet { month: FiscalCalendar::try_new(4).unwrap(), at: start() }),
        PoolError::CalendarFixed(1),
    );
    let id = GrantId::new(1);
    let discretionary = Event::GrantMade(Grant { guaranteed: false, ..guaranteed(1, COMPANY) });
    assert_eq!(made.apply(&discretionary), Err(GrantError::PoolWithoutGuarantee(id).into()));
    // As all guaranteed grants were before there were pools.
    let unfunded = made.apply(&Event::GrantMade(Grant { pool: None, ..guaranteed(1, COMPANY) })).unwrap();
    assert!(unfunded.commitment(CommitmentOf::Grant(id)).is_none());
}

/// What a grant can release in each year, walked period by period as the gateway would meet them.
fn slow(grant: &Grant, calendar: FiscalCalendar, until: Instant) -> BTreeMap<FiscalYear, i128> {
    let zones = Zones::new(grant.zone.clone());
    let rhythm = grant.rhythm(&zones);
    let mut years = BTreeMap::new();
    let mut now = rhythm.starts_at().max(grant.created_at);
    while now < until.min(rhythm.ends_at()) {
        let Some(period) = rhythm.period_at(now) else { break };
        let year = calendar.year(grant.zone.date(period.period.start.max(grant.created_at)));
        *years.entry(year).or_default() += i128::from(grant.allowance(&period).get());
        now = period.period.end;
    }
    years
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn commitments_are_what_a_slow_walk_releases(
        cadence in any_cadence(), days in any_days(), amount in 1..4_000_000_000_i64,
        created in 0..900_i64, starts in -100..900_i64, length in prop::option::of(1..900_i64),
        month in 1..=12_i8, stop in prop::option::of(0..1_500_i64),
    ) {
        let day = |n: i64| "2026-01-01".parse::<jiff::civil::Date>().unwrap().saturating_add(jiff::Span::new().days(n));
        let berlin = zone("Europe/Berlin");
        let noon = |n: i64| Instant::from_micros(berlin.first_instant(day(n)).as_micros() + 43_200_000_000);
        let terms = Grant {
            cadence, days, amount: Nano::new(amount), created_at: noon(created), starts: day(starts),
            ends: length.map(|length| day(starts + length)), ..guaranteed(1, COMPANY)
        };
        let calendar = FiscalCalendar::try_new(month).unwrap();
        let mut company = directory(&[
            Event::Pool(PoolEvent::CalendarSet { month: calendar, at: start() }),
            opened(COMPANY, PoolOn::Company),
        ]);
        let years: Vec<FiscalYear> = (2025..2032).map(FiscalYear).collect();
        for year in &years {
            company.take(&funded(COMPANY, *year, "9000000000")).unwrap();
        }
        company.take(&Event::GrantMade(terms.clone())).unwrap();
        let far = calendar.days(FiscalYear(2032)).first;
        let mut until = berlin.first_instant(far);
        if let Some(stop) = stop.filter(|stop| *stop >= created) {
            company.take(&Event::GrantVoided { grant: terms.id, at: noon(stop) }).unwrap();
            until = until.min(Instant::from_micros(noon(stop).as_micros() + 1));
        }
        let expected = slow(&terms, calendar, until);
        for year in years {
            let committed = company.pool(COMPANY).unwrap().year(year).unwrap().committed;
            let slow = expected.get(&year).copied().unwrap_or_default();
            prop_assert_eq!(i128::from(committed.get()), slow, "{} of {:?}", year, terms);
        }
    }
}

/// An event about pools, from few ids and with little money, so that many are refused.
pub(crate) fn any_pool_event() -> impl Strategy<Value = Event> {
    let pool = || (70..73_u128).prop_map(PoolId::new);
    let year = || (2026..2029_i16).prop_map(FiscalYear);
    let amount = || (-100..10_000_i64).prop_map(|units| Nano::try_from_units(units).unwrap());
    let at = || (0..20_000_u64).prop_map(|hour| start().saturating_add(std::time::Duration::from_hours(hour)));
    let terms = |pool, grant: u128, person, amount| Grant {
        person,
        amount: Nano::try_from_units(amount).unwrap(),
        zone: zone("Europe/Berlin"),
        ..guaranteed(grant, pool)
    };
    prop_oneof![
        (pool(), prop::option::of((1..4_u128).prop_map(UnitId::new)), prop::option::of(Just(ANALYST)), at()).prop_map(
            |(pool, unit, manager, at)| {
                let on = unit.map_or(PoolOn::Company, PoolOn::Unit);
                Event::Pool(PoolEvent::Opened { pool, on, manager, at })
            }
        ),
        (1..60_u128, prop::option::of(pool()), prop::option::of(pool()), year(), amount(), at()).prop_map(
            |(id, from, to, year, amount, at)| {
                let id = MovementId::new(id);
                Event::Pool(PoolEvent::Moved(Movement { id, from, to, year, amount, at }))
            }
        ),
        (60..120_u128, pool(), year(), amount(), at()).prop_map(|(id, pool, year, amount, at)| {
            let id = MovementId::new(id);
            Event::Pool(PoolEvent::Moved(Movement { id, from: None, to: Some(pool), year, amount, at }))
        }),
        (pool(), 30..36_u128, 1..20_i64)
            .prop_map(move |(pool, grant, amount)| Event::GrantMade(terms(pool, grant, ANALYST, amount))),
        (pool(), 50..52_u128, 1..20_i64, 1..4_u128).prop_map(move |(pool, offer, amount, unit)| {
            Event::Pool(PoolEvent::OfferCommitted {
                offer: OfferId::new(offer),
                unit: UnitId::new(unit),
                terms: Box::new(terms(pool, 99, PersonId::new(12), amount)),
                at: start(),
            })
        }),
        (50..52_u128, at())
            .prop_map(|(offer, at)| Event::Pool(PoolEvent::OfferReleased { offer: OfferId::new(offer), at })),
        (30..36_u128, pool(), year(), 0..8_000_i64, at()).prop_map(|(grant, pool, year, spent, at)| {
            let spent = Nano::try_from_units(spent).unwrap();
            Event::Pool(PoolEvent::Accounted { grant: GrantId::new(grant), pool, year, spent, at })
        }),
        (30..36_u128, any_change(), at(), 1..200_u128).prop_map(|(grant, change, at, command)| {
            Event::Grant(GrantEvent { grant: GrantId::new(grant), command: CommandId::new(command), change, at })
        }),
        (1..13_i8, at()).prop_map(|(month, at)| Event::Pool(PoolEvent::CalendarSet {
            month: FiscalCalendar::try_new(month).unwrap(),
            at
        })),
    ]
}

fn any_change() -> impl Strategy<Value = GrantChange> {
    let day = || (0..900_i64).prop_map(|day| start_day().saturating_add(jiff::Span::new().days(day)));
    let amount = || (0..50_i64).prop_map(|units| Nano::try_from_units(units).unwrap());
    prop_oneof![
        (1..=10_000_u16, day())
            .prop_map(|(parts, from)| { GrantChange::ShareSet { share: WorkShare::try_new(parts).unwrap(), from } }),
        day().prop_map(|from| GrantChange::LeaveBegun { from }),
        day().prop_map(|on| GrantChange::LeaveEnded { on }),
        (0..40_u16).prop_map(|days| GrantChange::Extended { days }),
        amount().prop_map(|amount| GrantChange::Credited { amount }),
        amount().prop_map(|amount| GrantChange::Advanced { amount }),
    ]
}

fn start_day() -> jiff::civil::Date {
    grant(1).starts
}

/// What must hold of the pools of any directory.
pub(crate) fn check_pools(directory: &Directory) {
    let mut sums: BTreeMap<(PoolId, FiscalYear), i128> = BTreeMap::new();
    for commitment in directory.commitments() {
        if let CommitmentOf::Grant(grant) = commitment.of {
            let terms = directory.grant(grant).unwrap();
            assert!(Arc::ptr_eq(&commitment.terms, terms), "one copy of a grant");
            for year in [Y26, Y27] {
                let released = directory.released_in(terms, directory.fiscal_calendar().days(year));
                assert_eq!(directory.released_in_year(terms, year), released, "as it was worked out then");
            }
        }
        for share in &commitment.shares {
            assert!(!share.amount.is_negative());
            *sums.entry((share.pool, share.year)).or_default() += i128::from(share.amount.get());
        }
    }
    for pool in directory.pools() {
        assert!(pool.years.is_sorted_by(|a, b| a.year < b.year));
        for year in &pool.years {
            assert!(year.committed <= year.funded, "{year:?}");
            let sum = sums.remove(&(pool.id, year.year)).unwrap_or_default();
            assert_eq!(i128::from(year.committed.get()), sum, "what is committed is committed for something");
        }
    }
    assert!(sums.is_empty(), "nothing is committed in a year that is not open");
}
