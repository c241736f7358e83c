//! Who is on a board, and what changes nothing of it.

use proptest::prelude::*;

use super::*;
use crate::money::Nano;

const WINDOW: Window = Window { start: Instant::from_micros(1_000), end: Instant::from_micros(2_000) };

fn dollars(units: i64) -> Nano {
    Nano::try_from_units(units).unwrap()
}

/// Somebody of a team who spent so much on each of ten days and achieved so many things.
fn entrant(no: u128, joined: Option<i64>, a_day: i64, achieved: u64) -> Entrant {
    Entrant {
        person: PersonId::new(no),
        team: UnitId::new(no % 2),
        joined: joined.map(Instant::from_micros),
        eligible: true,
        counted: Counted { days: vec![dollars(a_day); 10], flagged: Nano::ZERO, outcomes: vec![achieved] },
    }
}

fn members(count: u128) -> Vec<Entrant> {
    (0..count).map(|no| entrant(no, Some(500), 10, 1 + u64::try_from(no).unwrap())).collect()
}

#[test]
fn four_members_are_hidden_and_five_are_shown() {
    for metric in Metric::ALL {
        assert_eq!(people(&members(4), &WINDOW, metric), None);
        assert_eq!(people(&members(5), &WINDOW, metric).map(|rows| rows.len()), Some(5));
        // Teams of two and three, of four and five, of five and five.
        assert_eq!(teams(&members(5), &WINDOW, metric), None);
        assert_eq!(teams(&members(9), &WINDOW, metric).map(|rows| rows.len()), Some(1));
        assert_eq!(teams(&members(10), &WINDOW, metric).map(|rows| rows.len()), Some(2));
    }
    let mut five = members(5);
    five[2].eligible = false;
    assert_eq!(people(&five, &WINDOW, Metric::Pace), None, "one of them has left, or works where there are no boards");
    five[2].eligible = true;
    five[2].counted.flagged = dollars(1_000);
    assert_eq!(people(&five, &WINDOW, Metric::Pace), None, "who is not ranked is no member that others could count");
}

#[test]
fn ranks_go_by_what_is_shown() {
    let mut five = members(5);
    // A hundred dollars each: 1.00 to 5.00 outcomes.
    let rows = people(&five, &WINDOW, Metric::Outcomes).unwrap();
    let shown: Vec<_> = rows.iter().map(|row| (row.person.get(), row.rank, row.shown)).collect();
    assert_eq!(shown, [(4, 1, 500), (3, 2, 400), (2, 3, 300), (1, 4, 200), (0, 5, 100)]);
    // Of 400.01 and 396.0 hundredths two digits are the same.
    five[4].counted = Counted { days: vec![Nano::new(10_100_000_000); 10], outcomes: vec![4], ..Counted::default() };
    let rows = people(&five, &WINDOW, Metric::Outcomes).unwrap();
    assert_eq!(rows.iter().map(|row| row.rank).collect::<Vec<_>>(), [1, 1, 3, 4, 5]);
    assert_eq!(Score(1_249).shown(Metric::Outcomes), 1_200);
    assert_eq!(Score(7_260).shown(Metric::Pace), 75);
}

#[test]
fn load_for_show_counts_for_nothing() {
    let before = members(6);
    let mut after = before.clone();
    after[0].counted.flagged = dollars(25);
    assert_eq!(people(&before, &WINDOW, Metric::Outcomes), people(&after, &WINDOW, Metric::Outcomes));
    assert_eq!(people(&before, &WINDOW, Metric::Pace), people(&after, &WINDOW, Metric::Pace));
    // A fifth of it and a bit more.
    after[0].counted.flagged = dollars(26);
    assert_eq!(why_not(&after[0], &WINDOW, Metric::Outcomes), Some(Why::Flagged));
    let left = people(&after, &WINDOW, Metric::Outcomes).unwrap();
    assert!(left.len() == 5 && left.iter().all(|row| row.person != after[0].person));
    // A thousand things in one day are one script's.
    after[0].counted = Counted { outcomes: vec![1_000], ..before[0].counted.clone() };
    assert_eq!(after[0].counted.achieved(), 50);
    let mut idle = entrant(9, Some(0), 10, 0);
    assert_eq!(why_not(&idle, &WINDOW, Metric::Outcomes), Some(Why::NoOutcomes));
    idle.counted.days = vec![dollars(19)];
    assert_eq!(why_not(&idle, &WINDOW, Metric::Pace), Some(Why::TooLittle));
    idle.counted.days = vec![dollars(19); 7];
    assert_eq!(why_not(&idle, &WINDOW, Metric::Pace), Some(Why::TooLittle), "seven days are no pace");
    idle.joined = None;
    assert_eq!(why_not(&idle, &WINDOW, Metric::Pace), None);
}

#[test]
fn more_money_is_no_better_pace() {
    let pace = |days: &[i64]| {
        let days = days.iter().map(|units| dollars(*units)).collect();
        Counted { days, ..Counted::default() }.score(Metric::Pace).unwrap()
    };
    assert_eq!(pace(&[10; 10]), pace(&[100; 20]));
    assert_eq!(pace(&[10, 10, 10, 10, 10, 10, 10, 10, 50, 2]), Score(8_000));
}

#[test]
fn names_are_of_the_words_and_own_words_are_among_them() {
    let made = pseudonym::name(0x0123_4567_89ab_cdef, None);
    let (both, number) = made.rsplit_once(' ').unwrap();
    assert!(pseudonym::words(both).is_some() && number.len() == 4, "{made}");
    let own = pseudonym::words("amber OTTER").unwrap();
    assert_eq!(pseudonym::name(0, Some(own)), "Amber Otter 1000");
    for wrong in ["", "Amber", "Otter Amber", "Amber Otter Amber", "Amber Boss"] {
        assert_eq!(pseudonym::words(wrong), None, "{wrong}");
    }
    for list in [pseudonym::FIRST, pseudonym::SECOND] {
        assert!(list.is_sorted() && list.windows(2).all(|two| two[0] != two[1]));
    }
}

fn anybody() -> impl Strategy<Value = Entrant> {
    let counted = (prop::collection::vec(0_i64..200, 0..25), 0_i64..300, prop::collection::vec(0_u64..80, 0..20));
    let joined = prop::option::of(0_i64..3_000);
    (0_u128..1_000, 0_u128..4, joined, prop::bool::weighted(0.9), counted).prop_map(
        |(no, team, joined, eligible, (days, flagged, outcomes))| Entrant {
            person: PersonId::new(no),
            team: UnitId::new(team),
            joined: joined.map(Instant::from_micros),
            eligible,
            counted: Counted { days: days.into_iter().map(dollars).collect(), flagged: dollars(flagged), outcomes },
        },
    )
}

proptest! {
    /// Whoever did not join, joined later or may not be on boards appears nowhere and changes nothing; and nothing stands
    /// for fewer than five.
    #[test]
    fn who_is_no_member_appears_nowhere_in_no_count_below_five(all in prop::collection::vec(anybody(), 0..40)) {
        let mut all = all;
        all.sort_by_key(|entrant| entrant.person);
        all.dedup_by_key(|entrant| entrant.person);
        let only: Vec<Entrant> = all.iter().filter(|entrant| entrant.is_member(&WINDOW)).cloned().collect();
        for metric in Metric::ALL {
            let (board, of_teams) = (people(&all, &WINDOW, metric), teams(&all, &WINDOW, metric));
            prop_assert_eq!(&board, &people(&only, &WINDOW, metric));
            prop_assert_eq!(&of_teams, &teams(&only, &WINDOW, metric));
            let rows = board.unwrap_or_default();
            prop_assert!(rows.is_empty() || rows.len() >= MEMBERS_MIN);
            for row in &rows {
                prop_assert!(only.iter().any(|entrant| entrant.person == row.person));
            }
            for team in of_teams.unwrap_or_default() {
                let scored = |entrant: &&Entrant| entrant.team == team.team && entrant.counted.score(metric).is_ok();
                prop_assert!(only.iter().filter(scored).count() >= MEMBERS_MIN);
            }
        }
    }

    /// Flagged load moves nobody: not whose it is, as long as they are ranked, and nobody else.
    #[test]
    fn flagged_load_moves_no_rank(all in prop::collection::vec(anybody(), 5..30), more in 0_i64..500) {
        let mut all = all;
        all.sort_by_key(|entrant| entrant.person);
        all.dedup_by_key(|entrant| entrant.person);
        let Some(first) = all.first().cloned() else { return Ok(()) };
        let mut loaded = all.clone();
        loaded[0].counted.flagged = first.counted.flagged.saturating_add(dollars(more));
        for metric in Metric::ALL {
            if loaded[0].counted.score(metric) == first.counted.score(metric) {
                prop_assert_eq!(people(&all, &WINDOW, metric), people(&loaded, &WINDOW, metric));
            } else {
                prop_assert_eq!(why_not(&loaded[0], &WINDOW, metric), why_not(&first, &WINDOW, metric).map_or(
                    first.is_member(&WINDOW).then_some(Why::Flagged), |_| why_not(&loaded[0], &WINDOW, metric)));
            }
        }
    }
}
