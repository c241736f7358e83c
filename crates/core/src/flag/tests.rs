//! What is flagged and what is not, figure by figure.

use super::*;

fn dollars(units: i64) -> Nano {
    Nano::try_from_units(units).unwrap()
}

/// Two months of so much a workday, then a month of it whose last days cost something else.
fn month(usual: i64, last: &[i64], released: i64, carried: i64) -> Option<Flag> {
    let day = |place: usize| if place % 7 < 5 { dollars(usual) } else { Nano::ZERO };
    let before: Vec<Nano> = (0..60).map(day).collect();
    let mut period: Vec<Nano> = (60..85).map(day).collect();
    period.extend(last.iter().map(|units| dollars(*units)));
    let (released, carried) = (dollars(released), dollars(carried));
    binge(&PaidDays { before: &before, period: &period, length: 30, first: 100, released, carried })
}

fn check(usual: i64, last: &[i64], released: i64, carried: i64, flagged: bool) {
    let flag = month(usual, last, released, carried);
    assert_eq!(flag.is_some(), flagged, "{usual} {last:?} {released} {carried}: {flag:?}");
}

#[test]
fn burning_what_would_expire_is_flagged_from_twice_the_busiest_days_on() {
    // Twenty a workday: a hundred in five days is the most; 340 of the period before the last five.
    check(20, &[40; 5], 600, 0, true);
    check(20, &[39; 5], 600, 0, false);
    check(20, &[0, 0, 200], 600, 0, true);
    // On the way to it.
    check(20, &[200], 600, 0, true);
    check(20, &[], 600, 0, false);
    // A third of what would have expired, of which nothing that lives on is a part.
    check(20, &[40; 5], 340 + 600, 0, true);
    check(20, &[40; 5], 340 + 601, 0, false);
    check(20, &[40; 5], 340 + 700, 100, true);
    check(20, &[40; 5], 340, 0, false);
    check(20, &[40; 5], 500, 160, false);
    // Small figures.
    check(2, &[9; 5], 60, 0, false);
    check(2, &[10; 5], 60, 0, true);
    let flag = month(20, &[0, 50, 50, 100, 200], 900, 0).unwrap();
    assert_eq!((flag.kind, flag.days, flag.cost), (FlagKind::Binge, (125, 129), dollars(400)));
    let seen = "400.00 in the last 5 days of the period, where 100.00 is the most of any 5 days before; 560.00 would \
                have expired";
    assert_eq!(flag.seen, seen);
}

#[test]
fn whose_pace_is_not_known_is_not_flagged() {
    let flag = |before: &[Nano], earlier: &[Nano], length: usize| {
        let mut period = earlier.to_vec();
        period.extend([dollars(300); 3]);
        let (released, carried) = (dollars(1_000), Nano::ZERO);
        binge(&PaidDays { before, period: &period, length, first: 0, released, carried })
    };
    let some = |spending: usize, days: usize| {
        let mut some = vec![dollars(1); spending];
        some.resize(days, Nano::ZERO);
        some
    };
    assert!(flag(&[], &some(25, 25), 30).is_none(), "twenty-five days");
    assert!(flag(&some(3, 3), &some(25, 25), 30).is_some(), "twenty-eight");
    assert!(flag(&some(0, 60), &some(7, 25), 30).is_none(), "seven with any spending");
    assert!(flag(&some(0, 60), &some(8, 25), 30).is_some(), "eight");
    assert!(flag(&some(60, 60), &some(4, 4), 7).is_none(), "a week has no end that is worth waiting for");
    assert!(flag(&some(30, 30), &some(83, 83), 90).is_some(), "the last week of a quarter");
    assert!(flag(&[], &[], 0).is_none());
}

/// Days in a row of the same.
fn days(count: i64, day: IdleDay) -> Vec<IdleDay> {
    (0..count).map(|number| IdleDay { day: number, ..day }).collect()
}

#[test]
fn a_run_that_nobody_spoke_to_for_days_is_flagged() {
    let day = IdleDay { calls: 400, cost: dollars(10), ..IdleDay::default() };
    let flags = alone(&days(3, day));
    let [flag] = &flags[..] else { panic!("{flags:?}") };
    assert_eq!((flag.days, flag.cost), ((0, 2), dollars(30)));
    assert_eq!(flag.seen, "30.00 in 3 days in a row on which nobody said anything");
    assert_eq!(alone(&days(1, IdleDay { cost: dollars(100), ..day })), [], "a night and half a day");
    assert_eq!(alone(&days(3, IdleDay { cost: dollars(6), ..day })), [], "eighteen dollars");
    assert_eq!(alone(&days(3, IdleDay { human: 1, ..day })), []);
    let mut with_a_word = days(5, day);
    with_a_word[2].human = 1;
    let found: Vec<_> = alone(&with_a_word).iter().map(|flag| flag.days).collect();
    assert_eq!(found, [(0, 1), (3, 4)], "before and after somebody looked in");
    let mut with_a_gap = days(4, day);
    with_a_gap.remove(1);
    assert_eq!(alone(&with_a_gap).len(), 1);
    let mut with_an_outcome = days(3, day);
    with_an_outcome[1].outcome = true;
    assert_eq!(alone(&with_an_outcome), []);
}

#[test]
fn what_calls_by_day_and_by_night_and_says_nothing_is_flagged() {
    let day =
        IdleDay { calls: 48, human: 48, hours: (1 << 24) - 1, output: 48 * 15, cost: dollars(3), ..IdleDay::default() };
    let flags = around_the_clock(&days(2, day));
    let [flag] = &flags[..] else { panic!("{flags:?}") };
    let seen = "96 calls by day and by night, 2 days in a row, with 15 tokens in an answer, for 6.00";
    assert_eq!((flag.seen.as_str(), flag.kind), (seen, FlagKind::AroundTheClock));
    assert_eq!(around_the_clock(&days(2, IdleDay { hours: (1 << 19) - 1, ..day })), [], "nineteen hours");
    assert_eq!(around_the_clock(&days(2, IdleDay { output: 48 * 101, ..day })), [], "it says something");
    assert_eq!(around_the_clock(&days(1, IdleDay { cost: dollars(50), ..day })), []);
    assert_eq!(around_the_clock(&days(2, IdleDay { cost: dollars(2), ..day })), []);
}

#[test]
fn the_same_call_over_and_over_is_flagged() {
    let of = |prompts: &[u64]| {
        let mut day = IdleDay { cost: dollars(2), ..IdleDay::default() };
        for prompt in prompts {
            (day.calls, day.human) = (day.calls + 1, day.human + 1);
            (day.input, day.squares) = (day.input + prompt, day.squares + prompt * prompt);
        }
        day
    };
    let flags = repeated(&[of(&[4_000; 150])]);
    assert_eq!(flags[0].seen, "150 calls of 4000 tokens each, for 2.00");
    assert_eq!(repeated(&[of(&[4_000; 99])]), []);
    assert_eq!(repeated(&[IdleDay { cost: dollars(0), ..of(&[4_000; 150]) }]), []);
    let near: Vec<u64> = (0..200).map(|call| 4_000 + call % 30).collect();
    assert_eq!(repeated(&[of(&near)]).len(), 1, "the time stands in it");
    let documents: Vec<u64> = (0..200).map(|call| 4_000 + call * 37 % 400).collect();
    assert_eq!(repeated(&[of(&documents)]), [], "documents of about one length");
    let talk: Vec<u64> = (0..200).map(|call| 4_000 + call * 200).collect();
    assert_eq!(repeated(&[of(&talk)]), [], "a conversation");
    assert_eq!(repeated(&[IdleDay { squares: u64::MAX, ..of(&[4_000; 150]) }]), []);
}
