//! Holidays of places: real ones of two places in a leap year, and what a later calendar does.

use std::num::NonZeroU8;
use std::sync::Arc;

use jiff::civil::Date;
use proptest::prelude::*;
use purser_core::calendar::{Cadence, CivilSpan, Days};
use purser_core::directory::Directory;
use purser_core::event::{Event, GrantChange, GrantEvent};
use purser_core::grant::{DaysOf, Grant, Rollover};
use purser_core::id::{CommandId, GrantId};
use purser_core::money::Nano;
use purser_core::role::FixedCalendar;
use purser_core::time::Instant;

use crate::company::{ANALYST, at, cases, directory, grant, money, zone};

/// Public holidays of 2028 of the United States, as observed (US Office of Personnel Management): New Year's Day is a
/// Saturday and observed in 2027.
const US: [&str; 10] = [
    "2028-01-17",
    "2028-02-21",
    "2028-05-29",
    "2028-06-19",
    "2028-07-04",
    "2028-09-04",
    "2028-10-09",
    "2028-11-10",
    "2028-11-23",
    "2028-12-25",
];
/// Those of Berlin (Gesetz über die Sonn- und Feiertage): Easter is on 16 April. New Year's Day is a Saturday.
const BERLIN: [&str; 10] = [
    "2028-01-01",
    "2028-03-08",
    "2028-04-14",
    "2028-04-17",
    "2028-05-01",
    "2028-05-25",
    "2028-06-05",
    "2028-10-03",
    "2028-12-25",
    "2028-12-26",
];

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

fn fixed(place: &str, version: u32, holidays: impl IntoIterator<Item = Date>) -> Arc<FixedCalendar> {
    Arc::new(FixedCalendar { place: place.parse().unwrap(), version, holidays: holidays.into_iter().collect() })
}

fn place(name: &str, holidays: &[&str]) -> Arc<FixedCalendar> {
    fixed(name, 1, holidays.iter().map(|day| date(day)))
}

fn days(first: &str, until: &str) -> CivilSpan {
    CivilSpan { first: date(first), until: date(until) }
}

/// 100 for each workday, by a calendar.
fn by(calendar: Option<Arc<FixedCalendar>>) -> Grant {
    Grant { amount: money("100"), cadence: Cadence::Day, days: Days::Workdays, calendar, ..grant(1) }
}

/// What a grant releases on one day.
fn on(grant: &Grant, day: Date) -> Nano {
    let span = Cadence::Day.span(day);
    grant.released(span, span)
}

fn each(span: CivilSpan) -> impl Iterator<Item = Date> {
    std::iter::successors(Some(span.first), |day| day.tomorrow().ok()).take_while(move |day| *day < span.until)
}

#[test]
fn the_workdays_of_a_leap_year_in_two_places() {
    let check = |calendar: Option<Arc<FixedCalendar>>, workdays: i64, none_on: &[&str], some_on: &[&str]| {
        let grant = by(calendar);
        let year = days("2028-01-01", "2029-01-01");
        let most = i128::from(workdays) * 100_000_000_000;
        let one_by_one: i128 = each(year).map(|day| i128::from(on(&grant, day).get())).sum();
        assert_eq!((grant.count(year), one_by_one, grant.released_in(year)), (workdays, most, most));
        assert!(none_on.iter().all(|day| on(&grant, date(day)).is_zero()), "{none_on:?}");
        assert!(some_on.iter().all(|day| on(&grant, date(day)) == money("100")), "{some_on:?}");
        // What a budget above keeps for it.
        let zones = purser_core::zone::Zones::new(zone("Europe/Berlin"));
        let span = purser_core::account::Period {
            start: zone("Europe/Berlin").first_instant(year.first),
            end: zone("Europe/Berlin").first_instant(year.until),
        };
        assert_eq!(grant.drawn_in(&zones, span, &mut DaysOf::new()), most);
    };
    // 366 days, of which 260 are no Saturday and no Sunday.
    check(None, 260, &["2028-01-01", "2028-12-31"], &["2028-02-29", "2028-12-25"]);
    check(Some(place("us", &US)), 250, &["2028-02-21", "2028-07-04", "2028-11-10"], &["2028-02-29", "2028-03-08"]);
    // Nine of Berlin's ten: one is a Saturday.
    check(
        Some(place("de-be", &BERLIN)),
        251,
        &["2028-03-08", "2028-04-17", "2028-12-26"],
        &["2028-02-29", "2028-07-04"],
    );
}

#[test]
fn what_is_unused_lives_on_over_easter() {
    let rollover = Some(Rollover { max: money("100"), periods: NonZeroU8::MIN });
    let grant = Grant { rollover, ..by(Some(place("de-be", &BERLIN))) };
    let zones = purser_core::zone::Zones::new(zone("Europe/Berlin"));
    let rhythm = grant.rhythm(&zones);
    let thursday = rhythm.period_at(at("2028-04-13T12:00:00Z")).unwrap();
    let lives_on = grant.parts(&rhythm, &thursday)[1].unwrap();
    assert_eq!(lives_on.period.end, at("2028-04-18T22:00:00Z"), "to the end of Tuesday, the next workday");
    assert_eq!(grant.next_release(&zones, at("2028-04-13T12:00:00Z")), Some(at("2028-04-17T22:00:00Z")));
    let parts = |text: &str| grant.parts_at(&rhythm, at(text)).iter().map(|part| part.limit).collect::<Vec<_>>();
    assert_eq!(parts("2028-04-16T12:00:00Z"), [money("100")], "Easter Sunday has Thursday's");
    assert_eq!(parts("2028-04-18T12:00:00Z"), [money("100"), money("100")]);
}

fn set(directory: &Directory, calendar: &Arc<FixedCalendar>, command: u128, at: Instant) -> Directory {
    let change = GrantChange::CalendarSet { calendar: Arc::clone(calendar) };
    let event = Event::Grant(GrantEvent { grant: GrantId::new(1), command: CommandId::new(command), change, at });
    assert_eq!(Event::from_bytes(&event.to_bytes()).unwrap(), event);
    assert!(event.to_bytes().starts_with(br#"{"v":6,"#));
    directory.apply(&event).unwrap()
}

#[test]
fn another_calendar_holds_from_the_next_period_on() {
    let made = directory(&[Event::GrantMade(by(Some(place("us", &US))))]);
    let later = set(&made, &place("de-be", &BERLIN), 1, at("2028-03-08T12:00:00Z"));
    let changed = later.grant(GrantId::new(1)).unwrap();
    assert_eq!(on(changed, date("2028-02-21")), Nano::ZERO, "the past is as it was");
    assert_eq!(on(changed, date("2028-03-08")), money("100"), "the day that runs too, Berlin's holiday though it is");
    assert_eq!(on(changed, date("2028-05-29")), money("100"));
    assert_eq!(on(changed, date("2028-06-05")), Nano::ZERO);
    assert_eq!(changed.calendar_now().unwrap().place.as_str(), "de-be");
    let again = Directory::from_bytes(&later.to_bytes(), later.prices().clone()).unwrap();
    assert_eq!(again, later);
    // A month by workdays: its own half is in proportion to the workdays of the calendar that it began with.
    let monthly = Grant { cadence: Cadence::Month, ..by(None) };
    let ends = Some(date("2028-05-16"));
    let monthly = directory(&[Event::GrantMade(Grant { ends, amount: money("230"), ..monthly })]);
    let changed = set(&monthly, &place("de-be", &BERLIN), 1, at("2028-04-10T12:00:00Z"));
    let released = |directory: &Directory, part: CivilSpan| {
        directory.grant(GrantId::new(1)).unwrap().released(Cadence::Month.span(part.first), part)
    };
    let may = days("2028-05-01", "2028-05-16");
    assert_eq!(released(&monthly, may), money("110"), "11 of 23 workdays");
    // Ten of 21.
    assert_eq!(released(&changed, may), Nano::new(230_000_000_000 * 10 / 21));
}

proptest! {
    #![proptest_config(cases(2_000))]

    /// Whatever calendars come, each day releases by the one that was known when it began, sums agree with single days,
    /// and no period and no account of what lives on is named anew.
    #[test]
    fn each_day_goes_by_the_calendar_known_when_it_began(
        lists in proptest::collection::vec(proptest::collection::btree_set(0_i64..90, 0..25), 1..4),
        gaps in proptest::collection::vec(1_i64..40, 3),
        periods in proptest::option::of(1_u8..4),
    ) {
        let first = date("2028-02-20");
        let day = |n: i64| first.checked_add(jiff::Span::new().days(n)).unwrap();
        let calendar = |n: usize| fixed("de-be", u32::try_from(n).unwrap() + 1, lists[n].iter().map(|n| day(*n)));
        let rollover = periods.map(|n| Rollover { max: money("40"), periods: NonZeroU8::new(n).unwrap() });
        let mut directory = directory(&[Event::GrantMade(Grant { rollover, ..by(Some(calendar(0))) })]);
        let zones = purser_core::zone::Zones::new(zone("Europe/Berlin"));
        let accounts = |directory: &Directory| {
            let grant = Arc::clone(directory.grant(GrantId::new(1)).unwrap());
            let rhythm = grant.rhythm(&zones);
            each(days("2028-02-20", "2028-05-20")).map(|day| {
                let noon = zone("Europe/Berlin").first_instant(day).saturating_add(std::time::Duration::from_hours(12));
                let period = rhythm.period_at(noon).unwrap();
                grant.parts(&rhythm, &period).map(|part| part.map(|part| part.period))
            }).collect::<Vec<_>>()
        };
        let names = accounts(&directory);
        let (mut known, mut made) = (vec![(first, 0_usize)], 0_i64);
        for n in 1..lists.len() {
            made += gaps[n - 1];
            let noon = zone("Europe/Berlin").first_instant(day(made)).saturating_add(std::time::Duration::from_hours(12));
            directory = set(&directory, &calendar(n), u128::try_from(n).unwrap(), noon);
            known.push((day(made + 1), n));
        }
        prop_assert_eq!(accounts(&directory), names);
        let grant = directory.grant(GrantId::new(1)).unwrap();
        prop_assert_eq!(grant.person, ANALYST);
        let slow = |on: Date| {
            let (_, list) = known.iter().rev().find(|(since, _)| *since <= on).unwrap();
            let is_off = lists[*list].iter().any(|n| day(*n) == on);
            if Days::Workdays.includes(on) && !is_off { 100_000_000_000_i128 } else { 0 }
        };
        let mut sum = 0;
        for of in each(days("2028-02-20", "2028-05-20")) {
            prop_assert_eq!(i128::from(on(grant, of).get()), slow(of), "{}", of);
            sum += slow(of);
        }
        prop_assert_eq!(grant.released_in(days("2028-02-20", "2028-05-20")), sum);
    }
}
