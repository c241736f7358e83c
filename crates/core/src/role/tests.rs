//! Bands, policies, calendars, and that a preview tells what then happens.

use proptest::prelude::*;

use super::PolicyState::{Experiment, Required, Standard};
use super::*;
use crate::calendar::CivilSpan;
use crate::money::Nano;

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

fn role(family: &str, level: Option<u8>) -> Role {
    Role { family: family.parse().unwrap(), level: level.and_then(Level::try_new) }
}

fn dollars(units: i64) -> Exact {
    Exact::of(Nano::try_from_units(units).unwrap())
}

/// How so many dollars for each workday stand in the presets.
fn check(family: &str, workday: i64, of_base: Option<(i128, i128)>, standing: Standing) {
    let of_base = of_base.map(|(part, whole)| Share::of(Exact::whole(part), Exact::whole(whole)).unwrap());
    let role = role(family, None);
    let measured = Measured { role: &role, place: None, workday: Some(dollars(workday)), of_base };
    assert_eq!(presets().standing(&measured, date("2026-11-26")), standing, "{family} {workday}");
}

#[test]
fn generous_is_from_a_hundred_to_several_hundred_a_day_or_half_of_base() {
    check("engineering", 99, None, Standing::Below);
    check("engineering", 100, None, Standing::Within);
    check("engineering", 500, None, Standing::Within);
    check("engineering", 501, None, Standing::Above);
    check("engineering", 961, Some((1, 2)), Standing::Within);
    check("engineering", 961, Some((51, 100)), Standing::Above);
    check("finance", 99, None, Standing::Within);
    check("juggling", 99, None, Standing::NoBand);
    check("engineering", 0, None, Standing::Missing);
}

#[test]
fn every_family_comes_with_bands_tools_outcomes_and_a_source() {
    let presets = presets();
    let names: Vec<&str> = presets.families.keys().map(Family::as_str).collect();
    assert_eq!(names, ["design", "engineering", "finance", "legal", "operations", "research", "sales", "support"]);
    for (name, terms) in &presets.families {
        terms.check().unwrap();
        assert!(terms.bands.iter().all(|band| !band.source.is_empty()), "{name}");
        assert!(!terms.title.is_empty() && !terms.tools.is_empty() && !terms.outcomes.is_empty(), "{name}");
    }
    assert!(benchmarks().iter().all(|row| row.source.contains("2026")), "who said it, and when");
}

#[test]
fn the_closest_band_counts() {
    let band = |level, place: Option<&str>, low| Band {
        level,
        place: place.map(|place| place.parse().unwrap()),
        low: Nano::try_from_units(low).unwrap(),
        high: Nano::try_from_units(low + 10).unwrap(),
        low_of_base: None,
        high_of_base: None,
        source: "a test".to_owned(),
    };
    let four = Level::try_new(4);
    let bands =
        vec![band(None, None, 1), band(None, Some("berlin"), 2), band(four, None, 3), band(four, Some("berlin"), 4)];
    let terms = FamilyTerms { bands, ..FamilyTerms::default() };
    let mut roles = Roles::default();
    roles.apply(&RoleChange::Family { family: "legal".parse().unwrap(), terms: terms.clone() }).unwrap();
    let low = |level, place: Option<&str>| {
        let place: Option<Place> = place.map(|place| place.parse().unwrap());
        roles.band(&role("legal", level), place.as_ref()).unwrap().low.get() / 1_000_000_000
    };
    assert_eq!(
        [low(None, None), low(None, Some("berlin")), low(Some(4), None), low(Some(4), Some("berlin"))],
        [1, 2, 3, 4]
    );
    assert_eq!([low(Some(5), None), low(Some(5), Some("berlin")), low(Some(4), Some("paris"))], [1, 2, 3]);

    let twice = FamilyTerms { bands: [terms.bands.clone(), terms.bands.clone()].concat(), ..FamilyTerms::default() };
    let set = |terms| Roles::default().apply(&RoleChange::Family { family: "legal".parse().unwrap(), terms });
    assert_eq!(set(twice), Err(RoleError::BandTwice));
    let mut upside_down = terms;
    upside_down.bands[0].low = Nano::MAX;
    assert_eq!(set(upside_down), Err(RoleError::BandUpsideDown));
}

#[test]
fn positions_are_told_in_hundredths_of_the_band() {
    let presets = presets();
    let band = presets.band(&role("engineering", None), None).unwrap();
    let percent = |workday| band.position(dollars(workday), None).percent();
    assert_eq!(
        [percent(100), percent(300), percent(500), percent(60), percent(502)].map(Option::unwrap),
        [0, 50, 100, -10, 100]
    );
    assert_eq!(band.position(dollars(503), None).side(), BandSide::Above);
}

#[test]
fn policy_is_dated_and_survives_new_bands() {
    let mut roles = presets();
    let family: Family = "finance".parse().unwrap();
    let step =
        |since, state| RoleChange::Policy { family: family.clone(), step: PolicyStep { since: date(since), state } };
    roles.apply(&step("2026-06-01", Standard)).unwrap();
    roles.apply(&step("2027-01-01", Required)).unwrap();
    let terms = FamilyTerms { policy: Vec::new(), ..roles.families[&family].clone() };
    roles.apply(&RoleChange::Family { family: family.clone(), terms }).unwrap();
    let states = ["2026-05-31", "2026-06-01", "2026-12-31", "2027-01-01"].map(|on| roles.policy(&family, date(on)));
    assert_eq!(states, [Experiment, Standard, Standard, Required]);
    let error = roles.apply(&step("2026-12-31", Standard)).unwrap_err().to_string();
    assert_eq!(
        error,
        "the policy of finance has a state from 2027-01-01 on; the next one can't begin before it, on 2026-12-31"
    );
    roles.apply(&step("2027-01-01", Standard)).unwrap();
    assert_eq!(roles.policy(&family, date("2027-02-01")), Standard, "the same day is set anew");
    let unknown = RoleChange::Policy {
        family: "juggling".parse().unwrap(),
        step: PolicyStep { since: date("2026-01-01"), state: Standard },
    };
    assert_eq!(roles.apply(&unknown), Err(RoleError::UnknownFamily("juggling".parse().unwrap())));
}

#[test]
fn a_familys_runs_are_limited_for_all_and_by_level_and_the_lower_counts() {
    let limits = |money: i64, requests| RunLimits { money: Nano::try_from_units(money), requests, ..RunLimits::NONE };
    let runs = |level: Option<u8>, limits| RoleRuns { level: level.and_then(Level::try_new), limits };
    let set = |runs: Vec<RoleRuns>| {
        let mut roles = presets();
        let family: Family = "engineering".parse().unwrap();
        let terms = FamilyTerms { policy: Vec::new(), runs, ..roles.families[&family].clone() };
        roles.apply(&RoleChange::Family { family, terms }).map(|()| roles)
    };
    let roles = set(vec![runs(None, limits(20, None)), runs(Some(3), limits(5, Some(100)))]).unwrap();
    let of = |family, level| roles.run_limits(&role(family, level));
    assert_eq!(of("engineering", None), limits(20, None));
    assert_eq!(of("engineering", Some(2)), limits(20, None));
    assert_eq!(of("engineering", Some(3)), limits(5, Some(100)));
    assert_eq!((of("legal", Some(3)), of("juggling", None)), (RunLimits::NONE, RunLimits::NONE));
    assert_eq!(set(vec![runs(Some(3), limits(5, None)); 2]), Err(RoleError::RunsTwice));
    assert_eq!(set(vec![runs(None, limits(-1, None))]), Err(RoleError::RunsNegative));
}

#[test]
fn holidays_are_no_workdays() {
    let presets = presets();
    let us = &presets.places[&"us".parse().unwrap()];
    let year = |year: &str, next: &str| us.count(CivilSpan { first: date(year), until: date(next) });
    assert_eq!(year("2026-01-01", "2027-01-01"), 250, "261 weekdays, 11 of them holidays");
    assert_eq!(year("2026-12-21", "2026-12-28"), 4);
    assert_eq!(year("2026-12-28", "2026-12-21"), 0, "upside down");
    assert!(!us.includes(date("2026-12-25")) && !us.includes(date("2026-12-26")) && us.includes(date("2026-12-24")));
}

#[test]
fn names_are_words_and_levels_numbers() {
    assert_eq!("Human Resources".parse::<Family>().unwrap().as_str(), "human-resources");
    assert_eq!(" L4 ".parse::<Level>().unwrap(), "4".parse().unwrap());
    for text in ["", "-é", "a/b", &"x".repeat(41)] {
        assert!(text.parse::<Family>().is_err(), "{text:?}");
    }
    for text in ["", "L0", "21", "senior"] {
        assert!(text.parse::<Level>().is_err(), "{text:?}");
    }
}

proptest! {
    /// What a preview says of each is what it then is, and the counts are of everybody.
    #[test]
    fn a_preview_tells_what_then_happens(
        people in proptest::collection::vec((0_usize..8, 0_i64..700, proptest::option::of(0_i128..120)), 0..40),
        low in 0_i64..400, width in 0_i64..400, required in any::<bool>(), which in 0_usize..8,
    ) {
        let roles = presets();
        let family = roles.families.keys().nth(which).unwrap().clone();
        let mut terms = FamilyTerms { policy: Vec::new(), ..roles.families[&family].clone() };
        terms.bands[0].low = Nano::try_from_units(low).unwrap();
        terms.bands[0].high = Nano::try_from_units(low + width).unwrap();
        let on = date("2026-11-26");
        let mut changes = vec![RoleChange::Family { family: family.clone(), terms }];
        if required {
            changes.push(RoleChange::Policy { family, step: PolicyStep { since: on, state: Required } });
        }
        let population: Vec<Subject<usize>> = people.iter().enumerate().map(|(id, (family, workday, base))| Subject {
            id,
            role: Role { family: roles.families.keys().nth(*family).unwrap().clone(), level: None },
            place: None,
            workday: (*workday > 0).then(|| dollars(*workday)),
            of_base: base.and_then(|base| Share::of(Exact::whole(base), Exact::whole(100))),
        }).collect();
        let told = impact(&roles, &changes, on, &population).unwrap();
        let mut then = roles.clone();
        for change in &changes {
            then.apply(change).unwrap();
        }
        let mut moved = Vec::new();
        for subject in &population {
            let (before, after) = (subject.standing(&roles, on), subject.standing(&then, on));
            if before != after {
                moved.push(Moved { id: subject.id, before, after });
            }
        }
        prop_assert_eq!(told.moved, moved);
        prop_assert_eq!(told.after.values().sum::<usize>(), population.len());
        prop_assert_eq!(told.looked_at, population.len());
    }
}
