//! Where days begin, in every zone of the built-in data and around everything its clocks ever did. The reference knows
//! only how to read a clock: between two changes of a clock the offset stays, so the first instant of a day is found by
//! looking at each stretch by itself.

use std::sync::LazyLock;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use purser_core::calendar::{Cadence, Days};
use purser_core::period::{Rhythm, Term};
use purser_core::time::Instant;
use purser_core::zone::{Zone, Zones};

use crate::company::cases;
use crate::random::{Random, each_case};

const DAY_S: i64 = 86_400;
/// 1800 and 2200.
const FROM_S: i64 = -5_364_662_400;
const TO_S: i64 = 7_258_118_400;

/// A zone as stretches of one offset each: from which second on, and seconds east.
struct Clock {
    name: String,
    stretches: Vec<(i64, i64)>,
}

impl Clock {
    fn of(name: &str, zone: &TimeZone) -> Self {
        let at = |second: i64| Timestamp::from_second(second).unwrap();
        let offset = |second: i64| i64::from(zone.to_offset(at(second)).seconds());
        let mut stretches = vec![(i64::MIN, offset(FROM_S))];
        for change in zone.following(at(FROM_S)).take_while(|change| change.timestamp() < at(TO_S)) {
            let second = change.timestamp().as_second();
            stretches.push((second, offset(second)));
        }
        Self { name: name.to_owned(), stretches }
    }

    /// Days since 1970 on the wall.
    fn day(&self, second: i64) -> i64 {
        let at = self.stretches.partition_point(|(from, _)| *from <= second) - 1;
        (second + self.stretches[at].1).div_euclid(DAY_S)
    }

    /// Did the clock ever go back across midnight?
    fn shows_a_day_again(&self) -> bool {
        self.stretches.windows(2).any(|pair| self.day(pair[1].0 - 1) > self.day(pair[1].0))
    }

    /// The latest day that has begun, also where the wall shows the one before again.
    fn latest_day(&self, second: i64) -> i64 {
        let mut day = self.day(second);
        while self.first_second(day + 1) <= second {
            day += 1;
        }
        day
    }

    /// The first second at which the wall shows this day or a later one.
    fn first_second(&self, day: i64) -> i64 {
        let near = self.stretches.partition_point(|(from, _)| *from <= (day - 2) * DAY_S).max(1) - 1;
        for (i, (from, offset)) in self.stretches.iter().enumerate().skip(near) {
            let until = self.stretches.get(i + 1).map_or(i64::MAX, |next| next.0);
            let reached = (day * DAY_S - offset).max(*from);
            if reached < until {
                return reached;
            }
        }
        panic!("the last stretch has no end")
    }
}

/// Every zone there is.
fn clocks() -> Vec<Clock> {
    let known = TimeZoneDatabase::bundled();
    let names: Vec<String> = known.available().map(|name| name.to_string()).collect();
    assert!(names.len() > 500, "the whole database: {}", names.len());
    names
        .iter()
        .filter(|name| Zone::try_new(name).is_ok())
        .map(|name| Clock::of(name, &known.get(name).unwrap()))
        .collect()
}

fn date(day: i64) -> Date {
    let midnight = Timestamp::from_second(day * DAY_S).unwrap();
    TimeZone::UTC.to_datetime(midnight).date()
}

fn instant(second: i64) -> Instant {
    Instant::from_micros(second * 1_000_000)
}

fn check_days(clock: &Clock, zone: &Zone, around: i64) {
    let rhythm = Rhythm { cadence: Cadence::Day, zone, moves: &[], term: Term::ALWAYS, seams: &[] };
    for day in around - 2..=around + 2 {
        let first = clock.first_second(day);
        assert_eq!(zone.first_instant(date(day)), instant(first), "{} {}", clock.name, date(day));
        let next = clock.first_second(day + 1);
        assert!(first <= next, "{} {}: later dates never begin earlier", clock.name, date(day));
        // A day that never was has no period; every other one has exactly its own.
        if first < next {
            for at in [instant(first), instant(first + (next - first) / 2), Instant::from_micros(next * 1_000_000 - 1)]
            {
                let found = rhythm.period_at(at).unwrap();
                assert_eq!(
                    (found.period.start, found.period.end, found.days.first),
                    (instant(first), instant(next), date(day)),
                    "{} at {at}",
                    clock.name
                );
            }
            assert_eq!(rhythm.next_reset(instant(first)), Some(instant(next)), "{} {}", clock.name, date(day));
        }
    }
}

/// Every change of every clock, with two days on both sides; and that days are skipped and shortened at all. Where
/// fewer random cases are asked for, as large a part of the zones, of those that show a day again too.
#[test]
fn days_begin_where_clocks_say_at_every_change_of_every_zone() {
    let (mut skipped, mut odd, mut again) = (0, 0, 0);
    let part = usize::try_from(100_000 / cases(100_000).cases.max(1)).unwrap().max(1);
    let mut clocks = clocks();
    clocks.sort_by_key(|clock| !clock.shows_a_day_again());
    for clock in clocks.into_iter().step_by(part) {
        let zone = Zone::try_new(&clock.name).unwrap();
        let rhythm = Rhythm { cadence: Cadence::Day, zone: &zone, moves: &[], term: Term::ALWAYS, seams: &[] };
        for pair in clock.stretches.windows(2) {
            let around = (pair[1].0 + pair[1].1).div_euclid(DAY_S);
            check_days(&clock, &zone, around);
            // Where clocks go back across midnight the wall shows a day again that is over.
            for second in [pair[1].0 - 1, pair[1].0, pair[1].0 + 600] {
                let day = clock.latest_day(second);
                let found = rhythm.period_at(instant(second)).unwrap();
                assert_eq!(found.days.first, date(day), "{} at {second}", clock.name);
                again += u64::from(clock.day(second) < day);
            }
            for day in around - 1..=around {
                let length = clock.first_second(day + 1) - clock.first_second(day);
                skipped += u64::from(length == 0);
                odd += u64::from(length != DAY_S && length != 0);
            }
        }
    }
    if part == 1 {
        assert!(skipped > 5 && odd > 10_000, "{skipped} days that never were and {odd} of another length");
        assert!(again > 100, "{again} looks at a day that is shown again");
    }
}

/// Any zone, any day of four centuries, any cadence.
#[test]
fn periods_agree_with_the_clock_in_every_zone() {
    let clocks = clocks();
    let zones: Vec<Zone> = clocks.iter().map(|clock| Zone::try_new(&clock.name).unwrap()).collect();
    each_case(20_000, |case, random| {
        let at = usize::try_from(random.below(clocks.len() as u64)).unwrap();
        check_period(case, random, &clocks[at], &zones[at]);
    });
}

fn check_period(case: u64, random: &mut Random, clock: &Clock, zone: &Zone) {
    let span = u64::try_from(TO_S - FROM_S - 800 * DAY_S).unwrap();
    let second = FROM_S + 400 * DAY_S + i64::try_from(random.below(span)).unwrap();
    let cadence = *random.pick(&[Cadence::Day, Cadence::Week, Cadence::Month, Cadence::Quarter, Cadence::Year]);
    let rhythm = Rhythm { cadence, zone, moves: &[], term: Term::ALWAYS, seams: &[] };
    let found = rhythm.period_at(instant(second)).unwrap();
    let today = clock.latest_day(second);
    let (mut first, mut until) = (today, today + 1);
    while is_same(cadence, first - 1, today) {
        first -= 1;
    }
    while is_same(cadence, until, today) {
        until += 1;
    }
    let expected = (instant(clock.first_second(first)), instant(clock.first_second(until)));
    assert_eq!((found.period.start, found.period.end), expected, "case {case}: {} {second} {cadence:?}", clock.name);
    assert_eq!((found.days.first, found.days.until), (date(first), date(until)), "case {case}");
    // Monday is the fourth day after a Thursday, which the first of 1970 was.
    let workdays = (first..until).filter(|day| (day + 3).rem_euclid(7) < 5).count();
    assert_eq!(Days::Workdays.count(found.days), i64::try_from(workdays).unwrap(), "case {case}");
    assert_eq!(Days::All.count(found.days), until - first, "case {case}");
}

/// Do two days lie in one period? By the calendar that people learn at school.
fn is_same(cadence: Cadence, a: i64, b: i64) -> bool {
    let (year_a, month_a) = year_and_month(a);
    let (year_b, month_b) = year_and_month(b);
    match cadence {
        Cadence::Day => a == b,
        Cadence::Week => (a + 3).div_euclid(7) == (b + 3).div_euclid(7),
        Cadence::Month => (year_a, month_a) == (year_b, month_b),
        Cadence::Quarter => (year_a, month_a / 3) == (year_b, month_b / 3),
        Cadence::Year => year_a == year_b,
        Cadence::Once => true,
    }
}

/// The year, and the month from 0 on, of each day from the first of 1800 on, one after the other.
static CALENDAR: LazyLock<Vec<(i64, i64)>> = LazyLock::new(|| {
    let mut days = Vec::new();
    for year in 1800..2210 {
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let lengths = [31, 28 + usize::from(leap), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        for (length, month) in lengths.into_iter().zip(0..) {
            days.extend(std::iter::repeat_n((year, month), length));
        }
    }
    days
});

/// Of a day since 1970, which was day 62,091 of the calendar above.
fn year_and_month(day: i64) -> (i64, i64) {
    CALENDAR[usize::try_from(day + 62_091).unwrap()]
}

#[test]
fn the_zone_in_force_is_that_of_the_last_move() {
    let zone = |name: &str| Zone::try_new(name).unwrap();
    let at = |second: i64| instant(second);
    let zones =
        Zones::new(zone("UTC")).with(at(10), zone("Asia/Tokyo")).unwrap().with(at(20), zone("Africa/Cairo")).unwrap();
    let name = |second| zones.at(at(second)).name().to_owned();
    assert_eq!([9, 10, 19, 20, 99].map(name), ["UTC", "Asia/Tokyo", "Asia/Tokyo", "Africa/Cairo", "Africa/Cairo"]);
    assert_eq!([9, 10, 19, 20].map(|second| zones.after(at(second)).len()), [2, 1, 1, 0]);
    assert_eq!(zones.with(at(19), zone("UTC")), None, "moves come in order");
    assert!(zones.with(at(20), zone("UTC")).is_some());
    assert_eq!(at(20).saturating_sub(Duration::from_secs(1)), at(19));
}
