//! Periods and allowances against a model that walks the calendar day by day and the clock minute by minute.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use proptest::prelude::*;
use purser_core::account::Period;
use purser_core::calendar::{Cadence, Days};
use purser_core::money::Nano;
use purser_core::period::{Rhythm, Term};
use purser_core::time::Instant;
use purser_core::zone::{Zone, ZoneChange};

use crate::company::{any_cadence, any_days, cases, grant};

/// Zones and days around which clocks do something strange.
const ODD: [(&str, &str); 20] = [
    ("UTC", "2027-12-31"),
    ("Europe/Berlin", "2026-03-29"),
    ("Europe/Berlin", "2028-02-29"),
    ("America/New_York", "2026-11-01"),
    ("Pacific/Apia", "2011-12-30"),
    ("Pacific/Kiritimati", "1994-12-31"),
    ("Pacific/Kwajalein", "1993-08-21"),
    ("America/Sao_Paulo", "2018-11-04"),
    ("America/Sao_Paulo", "2018-02-18"),
    ("America/Asuncion", "2023-10-01"),
    ("America/Santiago", "2026-09-06"),
    ("America/Havana", "2026-03-08"),
    ("Africa/Cairo", "2026-04-24"),
    ("Africa/Casablanca", "2026-02-15"),
    ("Asia/Beirut", "2026-03-29"),
    ("Asia/Kathmandu", "1986-01-01"),
    ("Australia/Lord_Howe", "2026-04-05"),
    ("America/St_Johns", "2010-11-07"),
    ("America/St_Johns", "2007-03-11"),
    ("Antarctica/Troll", "2026-03-29"),
];

thread_local! {
    static FIRSTS: RefCell<HashMap<(String, Date), Instant>> = RefCell::default();
}

fn later(date: Date, days: i32) -> Date {
    date.checked_add(days.days()).unwrap()
}

/// The first minute at which a clock on the wall shows this date or a later one, found by looking at the clock.
fn first_instant(name: &str, date: Date) -> Instant {
    let found = FIRSTS.with_borrow(|known| known.get(&(name.to_owned(), date)).copied());
    found.unwrap_or_else(|| {
        let zone = TimeZoneDatabase::bundled().get(name).unwrap();
        let first = look_at_the_clock(&zone, date);
        FIRSTS.with_borrow_mut(|known| known.insert((name.to_owned(), date), first));
        first
    })
}

fn look_at_the_clock(zone: &TimeZone, date: Date) -> Instant {
    let shows = |at: jiff::Timestamp| zone.to_datetime(at).date() >= date;
    let mut at = date.at(0, 0, 0, 0).to_zoned_datetime(TimeZone::UTC).unwrap().timestamp() - 16.hours();
    while !shows(at) {
        at += 1.hours();
    }
    // It may have shown the date before for less than an hour, and gone back.
    at -= 3.hours();
    while !shows(at) {
        at += 1.minutes();
    }
    at.into()
}

/// Do two dates lie in the same period?
fn same(cadence: Cadence, a: Date, b: Date) -> bool {
    let quarter = |date: Date| (date.year(), (date.month() - 1) / 3);
    match cadence {
        Cadence::Day => a == b,
        Cadence::Week => a.iso_week_date().first_of_week().unwrap() == b.iso_week_date().first_of_week().unwrap(),
        Cadence::Month => a.first_of_month() == b.first_of_month(),
        Cadence::Quarter => quarter(a) == quarter(b),
        Cadence::Year => a.year() == b.year(),
        Cadence::Once => true,
    }
}

/// The periods of a closed term with what an amount releases in each, one day after another.
fn model(cadence: Cadence, days: Days, zones: &Zones, starts: Date, ends: Date, amount: i128) -> Vec<(Period, i128)> {
    let mut found = Vec::new();
    let mut from = starts;
    let (mut zone, mut start) = zones.at_start_of(starts);
    while from < ends {
        if found.is_empty() || cadence != Cadence::Once {
            zone = zones.latest(start).unwrap_or(zone);
        }
        let mut until = later(from, 1);
        while until < ends && same(cadence, from, until) {
            until = later(until, 1);
        }
        let end = first_instant(&zone, until).max(start);
        if start < end {
            found.push((Period { start, end }, released(cadence, days, from, until, amount)));
        }
        (from, start) = (until, end);
    }
    found
}

/// The share of the days `[from, until)` of their whole period, added up day by day.
fn released(cadence: Cadence, days: Days, from: Date, until: Date, amount: i128) -> i128 {
    if cadence == Cadence::Once {
        return amount;
    }
    let counts = |date: &Date| days == Days::All || !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
    let mut first = from;
    while same(cadence, later(first, -1), from) {
        first = later(first, -1);
    }
    let whole: Vec<Date> =
        (0..=366).map(|n| later(first, n)).take_while(|date| same(cadence, *date, from)).filter(counts).collect();
    let parts = i128::try_from(whole.len()).unwrap();
    whole
        .iter()
        .zip(1..)
        .filter(|(date, _)| (from..until).contains(date))
        .map(|(_, k): (_, i128)| amount * k / parts - amount * (k - 1) / parts)
        .sum()
}

/// A zone and moves to others.
#[derive(Clone, Debug)]
struct Zones(String, Vec<(Instant, String)>);

impl Zones {
    fn latest(&self, at: Instant) -> Option<String> {
        self.1.iter().rev().find(|(from, _)| *from <= at).map(|(_, name)| name.clone())
    }

    /// Before the first period moves take effect at once.
    fn at_start_of(&self, date: Date) -> (String, Instant) {
        let mut zone = (self.0.clone(), first_instant(&self.0, date));
        for (from, name) in &self.1 {
            if *from <= zone.1 {
                zone = (name.clone(), first_instant(name, date).max(*from));
            }
        }
        zone
    }

    fn changes(&self) -> Vec<ZoneChange> {
        let change = |(from, name): &(Instant, String)| ZoneChange { from: *from, zone: Zone::try_new(name).unwrap() };
        self.1.iter().map(change).collect()
    }
}

#[derive(Clone, Debug)]
struct Case {
    cadence: Cadence,
    days: Days,
    zones: Zones,
    starts: Date,
    ends: Date,
    amount: i64,
    /// Where to look, in thousandths of the term.
    looks: Vec<i64>,
}

fn check(case: &Case) {
    let Case { cadence, days, zones, starts, ends, amount, looks } = case;
    let expected = model(*cadence, *days, zones, *starts, *ends, i128::from(*amount));
    let (zone, moves) = (Zone::try_new(&zones.0).unwrap(), zones.changes());
    let term = Term { starts: *starts, ends: Some(*ends) };
    let rhythm = Rhythm { cadence: *cadence, zone: &zone, moves: &moves, term, seams: &[] };
    let terms = purser_core::grant::Grant { amount: Nano::new(*amount), cadence: *cadence, days: *days, ..grant(1) };

    // Walking from reset to reset meets every period, in order, with nothing between.
    let mut walked = Vec::new();
    let mut at = rhythm.starts_at();
    while let Some(found) = rhythm.period_at(at) {
        let start = walked.last().map_or(found.period.start, |(before, _): &(Period, i128)| before.end);
        assert_eq!(start, found.period.start, "no gap and no overlap: {case:?}");
        walked.push((found.period, i128::from(terms.allowance(&found).get())));
        let reset = rhythm.next_reset(at);
        assert_eq!(reset.is_some(), rhythm.period_at(found.period.end).is_some());
        assert!(reset.is_none_or(|reset| reset == found.period.end));
        at = found.period.end;
    }
    assert_eq!(walked, expected, "{case:?}");

    let (Some(first), Some(last)) = (expected.first(), expected.last()) else { return };
    let (first, last) = (first.0.start, last.0.end);
    assert_eq!(rhythm.ends_at(), last, "{case:?}");
    let just_before = |at: Instant| at.saturating_sub(Duration::from_micros(1));
    assert_eq!(rhythm.period_at(just_before(first)), None);
    assert_eq!(rhythm.period_at(last), None);
    assert_eq!(rhythm.next_reset(just_before(first)), Some(first));
    for look in looks {
        let at = Instant::from_micros(first.as_micros() + (last.as_micros() - first.as_micros()) / 1000 * look);
        let found = rhythm.period_at(at).map(|found| found.period);
        assert_eq!(
            found,
            expected.iter().map(|(period, _)| *period).find(|period| period.contains(at)),
            "{at} {case:?}"
        );
    }
}

prop_compose! {
    fn any_case(moves_max: usize)(
        odd in prop::sample::select(ODD.to_vec()),
        cadence in any_cadence(),
        days in any_days(),
        before in 0..60_i32,
        length in 1..90_i32,
        amount in prop_oneof![1..1000_i64, 1..i64::MAX],
        moves in prop::collection::vec((0..3_000_i64, prop::sample::select(ODD.to_vec())), 0..=moves_max),
        looks in prop::collection::vec(0..1000_i64, 4),
    ) -> Case {
        let around: Date = odd.1.parse().unwrap();
        let starts = later(around, -before);
        // Whole hours from five days before the term on.
        let begin = first_instant(odd.0, later(starts, -5));
        let mut moves: Vec<(Instant, String)> = moves
            .into_iter()
            .map(|(hours, (name, _))| {
                (Instant::from_micros(begin.as_micros() + hours * 3_600_000_000), name.to_owned())
            })
            .collect();
        moves.sort();
        Case { cadence, days, zones: Zones(odd.0.to_owned(), moves), starts, ends: later(starts, length), amount, looks }
    }
}

proptest! {
    #![proptest_config(cases(10_000))]

    #[test]
    fn periods_and_allowances_agree_with_the_calendar(case in any_case(0)) {
        check(&case);
    }

    #[test]
    fn moves_between_zones_release_each_day_once(case in any_case(3)) {
        check(&case);
    }

    /// However a term is cut into neighbouring grants, they release what one grant over all of it releases. (But not cut
    /// beside a day that never was, such as 30 December 2011 in Apia: a period of that day alone has no instant.)
    #[test]
    fn neighbours_release_what_the_whole_releases(
        case in any_case(0),
        cuts in prop::collection::btree_set(1..90_i32, 0..4),
    ) {
        let case = if case.cadence == Cadence::Once { Case { cadence: Cadence::Month, ..case } } else { case };
        let sum = |starts, ends| {
            let periods = model_of_ours(&case, starts, ends);
            periods.iter().map(|released| i128::from(released.get())).sum::<i128>()
        };
        let was = |date| first_instant(&case.zones.0, date) < first_instant(&case.zones.0, later(date, 1));
        let cuts = cuts.into_iter().map(|cut| later(case.starts, cut)).filter(|cut| *cut < case.ends);
        let cuts = cuts.filter(|cut| was(*cut) && was(later(*cut, -1)));
        let edges: Vec<Date> = [case.starts].into_iter().chain(cuts).chain([case.ends]).collect();
        let pieces: i128 = edges.windows(2).map(|edge| sum(edge[0], edge[1])).sum();
        prop_assert_eq!(pieces, sum(case.starts, case.ends));
    }
}

fn model_of_ours(case: &Case, starts: Date, ends: Date) -> Vec<Nano> {
    let zone = Zone::try_new(&case.zones.0).unwrap();
    let rhythm =
        Rhythm { cadence: case.cadence, zone: &zone, moves: &[], term: Term { starts, ends: Some(ends) }, seams: &[] };
    let terms = purser_core::grant::Grant {
        amount: Nano::new(case.amount),
        cadence: case.cadence,
        days: case.days,
        ..grant(1)
    };
    let mut released = Vec::new();
    let mut at = rhythm.starts_at();
    while let Some(found) = rhythm.period_at(at) {
        released.push(terms.allowance(&found));
        at = found.period.end;
    }
    released
}

#[test]
fn days_have_the_hours_that_clocks_give_them() {
    let hours = |zone: &str, date: &str| {
        let zone = Zone::try_new(zone).unwrap();
        let rhythm = Rhythm { cadence: Cadence::Day, zone: &zone, moves: &[], term: Term::ALWAYS, seams: &[] };
        let noon = zone.first_instant(date.parse().unwrap()).saturating_add(Duration::from_hours(12));
        let period = rhythm.period_at(noon).unwrap().period;
        period.end.since(period.start).as_secs_f64() / 3600.0
    };
    let is = |zone, date, expected: f64| assert!((hours(zone, date) - expected).abs() < 1e-9, "{zone} {date}");
    is("Europe/Berlin", "2026-03-29", 23.0);
    is("Europe/Berlin", "2026-10-25", 25.0);
    is("Europe/Berlin", "2028-02-29", 24.0);
    is("Australia/Lord_Howe", "2026-04-05", 24.5);
    is("America/Sao_Paulo", "2018-11-04", 23.0);
}

/// Somebody flies from Berlin to New York at noon of the 24th: Berlin's day runs on to its end, then the 25th begins
/// at once and lasts until New York's midnight. The 24th is not released a second time.
#[test]
fn a_move_takes_effect_at_the_end_of_the_running_day() {
    let berlin = Zone::try_new("Europe/Berlin").unwrap();
    let moves = [ZoneChange {
        from: "2026-11-24T11:00:00Z".parse().unwrap(),
        zone: Zone::try_new("America/New_York").unwrap(),
    }];
    let rhythm = Rhythm { cadence: Cadence::Day, zone: &berlin, moves: &moves, term: Term::ALWAYS, seams: &[] };
    let check = |at: &str, date: &str, start: &str, end: &str| {
        let found = rhythm.period_at(at.parse().unwrap()).unwrap();
        assert_eq!(found.days.first, date.parse().unwrap(), "{at}");
        assert_eq!(found.period, Period { start: start.parse().unwrap(), end: end.parse().unwrap() }, "{at}");
    };
    check("2026-11-24T22:59:59Z", "2026-11-24", "2026-11-23T23:00:00Z", "2026-11-24T23:00:00Z");
    check("2026-11-24T23:00:00Z", "2026-11-25", "2026-11-24T23:00:00Z", "2026-11-26T05:00:00Z");
    check("2026-11-26T05:00:00Z", "2026-11-26", "2026-11-26T05:00:00Z", "2026-11-27T05:00:00Z");
}

/// A move at the very instant at which a term begins counts for its first day, which then begins by the new clock.
#[test]
fn a_move_at_the_start_of_a_term_takes_effect_at_once() {
    let start: Instant = "2026-03-01T00:00:00Z".parse().unwrap();
    let moves = [ZoneChange { from: start, zone: Zone::try_new("America/New_York").unwrap() }];
    let term = Term { starts: "2026-03-01".parse().unwrap(), ends: Some("2026-03-03".parse().unwrap()) };
    let rhythm = Rhythm { cadence: Cadence::Day, zone: &Zone::UTC, moves: &moves, term, seams: &[] };
    assert_eq!(rhythm.starts_at(), "2026-03-01T05:00:00Z".parse().unwrap());
    assert_eq!(rhythm.next_reset(start), Some(rhythm.starts_at()));
    assert_eq!(rhythm.ends_at(), "2026-03-03T05:00:00Z".parse().unwrap());
    assert_eq!(rhythm.next_reset(rhythm.ends_at()), None);
    let period = rhythm.period_at(rhythm.starts_at()).unwrap().period;
    let just_before = |at: Instant| at.saturating_sub(Duration::from_micros(1));
    assert!(!period.contains(just_before(period.start)) && period.contains(period.start));
    assert!(period.contains(just_before(period.end)) && !period.contains(period.end));
}

#[test]
fn what_comes_once_has_its_term_as_its_period() {
    let zone = Zone::UTC;
    let term = Term { starts: "2026-03-01".parse().unwrap(), ends: Some("2026-05-01".parse().unwrap()) };
    let rhythm = Rhythm { cadence: Cadence::Once, zone: &zone, moves: &[], term, seams: &[] };
    let found = rhythm.period_at("2026-04-01T00:00:00Z".parse().unwrap()).unwrap();
    assert_eq!((found.whole.first, Some(found.whole.until)), (term.starts, term.ends));
    assert_eq!(found.whole, found.days);
    assert_eq!(rhythm.next_reset(found.period.start), None);
}

#[test]
fn the_ends_of_the_calendar_do_no_harm() {
    for zone in ["UTC", "Pacific/Kiritimati", "America/New_York"].map(|name| Zone::try_new(name).unwrap()) {
        for cadence in [Cadence::Day, Cadence::Week, Cadence::Month, Cadence::Quarter, Cadence::Year, Cadence::Once] {
            for at in [i64::MIN, -1, 0, i64::MAX - 1, i64::MAX].map(Instant::from_micros) {
                let rhythm = Rhythm { cadence, zone: &zone, moves: &[], term: Term::ALWAYS, seams: &[] };
                let period = rhythm.period_at(at).unwrap().period;
                assert!(
                    period.start <= at && (at < period.end || at == Instant::FAR_FUTURE),
                    "{zone} {cadence:?} {at:?}"
                );
                rhythm.next_reset(at);
                rhythm.ends_at();
            }
        }
    }
}

fn rhythm<'a>(
    cadence: Cadence,
    zone: &'a Zone,
    moves: &'a [ZoneChange],
    starts: &str,
    ends: Option<&str>,
) -> Rhythm<'a> {
    let term = Term { starts: starts.parse().unwrap(), ends: ends.map(|ends| ends.parse().unwrap()) };
    Rhythm { cadence, zone, moves, term, seams: &[] }
}

#[test]
fn a_period_without_end_is_the_last_one() {
    let berlin = Zone::try_new("Europe/Berlin").unwrap();
    let once = rhythm(Cadence::Once, &berlin, &[], "2026-05-01", None);
    let begins = once.starts_at();
    let just_before = Instant::from_micros(begins.as_micros() - 1);
    assert_eq!((once.next_reset(just_before), once.next_reset(begins)), (Some(begins), None));
}

#[test]
fn a_day_that_a_place_never_had_has_no_period() {
    // Samoa went from the 29th to the 31st.
    let apia = Zone::try_new("Pacific/Apia").unwrap();
    let never = rhythm(Cadence::Day, &apia, &[], "2011-12-30", Some("2011-12-31"));
    let begins = never.starts_at();
    let just_before = Instant::from_micros(begins.as_micros() - 1);
    assert_eq!((never.period_at(begins), never.next_reset(just_before)), (None, None));
    assert_eq!(never.ends_at(), begins);
}

#[test]
fn a_second_move_where_the_period_of_the_first_ends_counts_for_the_next() {
    let [berlin, york, tokyo] =
        ["Europe/Berlin", "America/New_York", "Asia/Tokyo"].map(|name| Zone::try_new(name).unwrap());
    let ends = berlin.first_instant("2026-05-11".parse().unwrap());
    let moves = [
        ZoneChange { from: Instant::from_micros(ends.as_micros() - 1), zone: york },
        ZoneChange { from: ends, zone: tokyo.clone() },
    ];
    let next = rhythm(Cadence::Day, &berlin, &moves, "2026-05-01", None).period_at(ends).unwrap();
    assert_eq!((next.period.start, next.period.end), (ends, tokyo.first_instant("2026-05-12".parse().unwrap())));
}
