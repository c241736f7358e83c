//! Moves between zones never rename an account: a period that has begun keeps its bounds, whatever is made known later,
//! in the same microsecond too.

use proptest::prelude::*;
use purser_core::directory::Directory;
use purser_core::event::Event;
use purser_core::grant::Grant;
use purser_core::period::CivilPeriod;
use purser_core::scope::CallScope;
use purser_core::time::Instant;

use crate::company::{ANALYST, HASH, ZONES, any_cadence, at, cases, directory, grant, start, zone};

const HOUR: i64 = 3_600_000_000;

fn moved(directory: &Directory, to: &str, at: Instant, effective: Instant) -> Directory {
    directory.apply(&Event::PersonZoneChanged { person: ANALYST, zone: zone(to), effective, at }).unwrap()
}

fn period(directory: &Directory, at: Instant) -> Option<CivilPeriod> {
    let person = directory.person(ANALYST).unwrap();
    person.grants[0].rhythm(&person.zones).period_at(at)
}

#[test]
fn a_move_in_the_instant_in_which_a_day_begins_opens_no_second_account() {
    let directory = directory(&[Event::GrantMade(grant(1))]);
    let midnight = at("2026-05-09T22:00:00Z");
    let account = |directory: &Directory| {
        let call = CallScope { provider: "openai", model: "m", tool: "other" };
        directory.plan(directory.key(&HASH).unwrap(), &call, midnight).unwrap().grants[0].account
    };
    let opened = account(&directory);
    assert_eq!(opened.period.start, midnight);
    let now = moved(&directory, "America/New_York", midnight, midnight);
    assert_eq!(account(&now), opened, "a call of the same microsecond may have spent from it");
    // It takes effect when the day is over.
    let next = period(&now, opened.period.end).unwrap();
    assert_eq!(next.period.end, at("2026-05-12T04:00:00Z"));
    // Made known before, it counts for the day that begins then.
    let told = moved(&directory, "America/New_York", at("2026-05-09T21:59:59.999999Z"), midnight);
    assert_eq!(account(&told).period.end, at("2026-05-11T04:00:00Z"));
}

#[test]
fn moves_in_the_instant_in_which_a_term_begins_leave_it_where_it_began() {
    let first = "2026-05-01".parse().unwrap();
    let directory = directory(&[Event::GrantMade(Grant { starts: first, ..grant(1) })]);
    let begins = zone("Europe/Berlin").first_instant(first);
    let opened = period(&directory, begins).unwrap();
    let east = moved(&directory, "Pacific/Kiritimati", begins, begins);
    assert_eq!(period(&east, begins), Some(opened));
    let west = moved(&east, "America/New_York", begins, begins);
    assert_eq!(period(&west, begins), Some(opened));
    // Brought forward by a move before it, and not put back by one of the same instant.
    let early = at("2026-04-30T12:00:00Z");
    let early_east = moved(&directory, "Pacific/Kiritimati", early, early);
    let just_after = Instant::from_micros(early.as_micros() + 1);
    let opened = period(&early_east, just_after);
    assert!(opened.is_some() && period(&early_east, early).is_none());
    let back = moved(&early_east, "America/New_York", just_after, just_after);
    assert_eq!(period(&back, just_after), opened);
}

proptest! {
    #![proptest_config(cases(2_000))]

    /// Moves come when something begins, more often than not, and take effect then or when something else does.
    #[test]
    fn what_has_begun_keeps_its_bounds(
        cadence in any_cadence(),
        starts in 0..40_i64,
        moves in prop::collection::vec((0..ZONES.len(), 0..1_000_i64, any::<bool>(), prop_oneof![Just(0_i64), 0..400_i64], any::<bool>()), 1..8),
    ) {
        let starts = "2026-01-01".parse::<jiff::civil::Date>().unwrap().saturating_add(jiff::Span::new().days(starts));
        let mut directory = directory(&[Event::GrantMade(Grant { cadence, starts, ..grant(1) })]);
        let mut now = start();
        let mut begun: Vec<Instant> = vec![now];
        for (to, hours, at_a_start, ahead, to_a_start) in moves {
            let at_start = |directory: &Directory, at: Instant| {
                let person = directory.person(ANALYST).unwrap();
                person.grants[0].rhythm(&person.zones).next_reset(at).unwrap_or(at)
            };
            now = Instant::from_micros(now.as_micros() + hours * HOUR);
            if at_a_start {
                now = at_start(&directory, now);
            }
            let mut effective = Instant::from_micros(now.as_micros() + ahead * HOUR);
            if to_a_start && ahead > 0 {
                effective = at_start(&directory, effective);
            }
            begun.push(now);
            let event = Event::PersonZoneChanged { person: ANALYST, zone: zone(ZONES[to]), effective, at: now };
            let Ok(next) = directory.apply(&event) else { continue };
            for at in &begun {
                prop_assert_eq!(period(&next, *at), period(&directory, *at), "at {}, told {}", at, now);
            }
            directory = next;
        }
    }
}
