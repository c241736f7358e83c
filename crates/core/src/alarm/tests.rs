use std::collections::BTreeSet;

use super::*;
use crate::calendar::Cadence;

fn dollars(units: i64) -> Nano {
    Nano::try_from_units(units).unwrap()
}

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

fn november() -> Window {
    Window { from: at("2026-11-01T00:00:00Z"), to: at("2026-12-01T00:00:00Z") }
}

fn allowance(used: i64, cadence: Cadence) -> Allowance {
    let person = PersonId::new(7);
    Allowance {
        on: AlarmOn::Person(person),
        of: AlarmOf::Grant(GrantId::new(9)),
        cadence,
        window: november(),
        limit: dollars(1_000),
        used: dollars(used),
    }
}

#[test]
fn each_threshold_is_one_alarm_of_a_period() {
    let rules = Rules::default();
    let check = |spent: i64, expected: Option<(u8, Level)>| {
        let found = used(&rules, &allowance(spent, Cadence::Month));
        assert_eq!(found.map(|found| (found.percent.unwrap(), found.level)), expected, "{spent}");
    };
    check(0, None);
    check(499, None);
    check(500, Some((50, Level::Note)));
    check(799, Some((50, Level::Note)));
    check(800, Some((80, Level::Warn)));
    check(1_000, Some((100, Level::Critical)));
    check(4_000, Some((100, Level::Critical)));
    let name = |spent, window| used(&rules, &Allowance { window, ..allowance(spent, Cadence::Month) }).unwrap().name();
    let december = Window { from: november().to, to: at("2027-01-01T00:00:00Z") };
    assert_eq!(name(500, november()), name(700, november()), "the same one, whatever is used by then");
    let names = [name(500, november()), name(800, november()), name(1_000, november()), name(500, december)];
    assert_eq!(BTreeSet::from(names).len(), 4);
    // Written down: another program must find the same name, or everything is told twice.
    assert_eq!(name(500, november()).to_string(), "alm_43bmqfc9qfa8nc6yjjm8g6bq26");
    assert_eq!(used(&rules, &allowance(900, Cadence::Day)), None, "of a day nobody wants to hear");
    let every = Rules { shortest: rules::Shortest::Day, ..Rules::default() };
    assert!(used(&every, &allowance(900, Cadence::Day)).is_some());
    let off = Rules { used_percent: Vec::new(), ..Rules::default() };
    assert_eq!(used(&off, &allowance(1_000, Cadence::Month)), None);
    let nothing = Allowance { limit: Nano::ZERO, ..allowance(0, Cadence::Month) };
    assert_eq!(used(&rules, &nothing), None, "all of nothing is no news");
}

#[test]
fn money_that_ends_early_is_told_while_something_can_be_done() {
    let now = at("2026-11-10T12:00:00Z");
    let check = |gone: Option<&str>, spent: i64, is_told: bool| {
        let found = runs_out(&Rules::default(), &allowance(spent, Cadence::Month), gone.map(at), now);
        assert_eq!(found.is_some(), is_told, "{gone:?} {spent}");
        found
    };
    let found = check(Some("2026-11-19T09:00:00Z"), 620, true).unwrap();
    let told = "at this pace the money until 2026-12-01 ends on 2026-11-19: 620.00 of 1000.00 is used";
    assert_eq!(found.sentence(), told);
    check(Some("2026-11-28T00:00:00Z"), 620, true);
    check(Some("2026-11-28T00:00:01Z"), 620, false);
    check(Some("2026-12-02T00:00:00Z"), 620, false);
    check(Some("2026-11-10T12:00:00Z"), 620, false);
    check(Some("2026-11-19T09:00:00Z"), 1_000, false);
    check(None, 620, false);
    let off = Rules { runs_out_days: 0, ..Rules::default() };
    let gone = Some(at("2026-11-19T09:00:00Z"));
    assert_eq!(runs_out(&off, &allowance(620, Cadence::Month), gone, now), None);
}

fn user(days: u32, used: i64, released: i64) -> Use<'static> {
    Use {
        person: PersonId::new(7),
        family: None,
        days,
        away: false,
        used: dollars(used),
        released: dollars(released),
        used_in_year: dollars(used),
        cost: Some(dollars(500_000)),
        present: 10_000,
        window: november(),
    }
}

/// The case that the chief executive of a chip maker was "deeply alarmed" about (All-In, 2026-03): an engineer for $500,000
/// who used $5,000.
#[test]
fn five_thousand_of_five_hundred_thousand_is_critical_after_a_year_and_nothing_after_three_weeks() {
    let rules = Rules::default();
    let year = Use { used: dollars(1_250), released: dollars(25_000), ..user(365, 5_000, 0) };
    let found = under_use(&rules, &year).unwrap();
    assert_eq!((found.kind, found.level), (AlarmKind::UnderUse, Level::Critical));
    let weeks = Use { used: dollars(290), used_in_year: dollars(290), released: dollars(5_769), present: 575, ..year };
    assert_eq!(under_use(&rules, &Use { days: 21, ..weeks }), None);
    assert_eq!(under_use(&rules, &Use { days: 21, used: Nano::ZERO, used_in_year: Nano::ZERO, ..weeks }), None);
    // A cent more is a warning, since a quarter of what was given is not used either.
    let more = Use { used_in_year: Nano::new(dollars(5_000).get() + 10_000_000), ..year };
    assert_eq!(under_use(&rules, &more).unwrap().level, Level::Warn);
    // What somebody is paid is in no sentence and no field.
    assert_eq!(found.sentence(), "5000.00 was used in a year, hardly anything beside what the position costs");
    assert_eq!((found.out_of, found.percent), (Nano::ZERO, None));
}

#[test]
fn under_use_counts_the_days_on_which_somebody_was_there() {
    let rules = Rules::default();
    let level = |of: &Use<'_>| under_use(&rules, of).map(|found| found.level);
    // Half a year of half time: a quarter of the cost, so $1,250 is a hundredth.
    let half = Use { used_in_year: dollars(1_250), present: 2_500, used: dollars(900), ..user(183, 0, 3_000) };
    assert_eq!(level(&half), Some(Level::Critical));
    assert_eq!(level(&Use { used_in_year: dollars(1_251), ..half }), None, "and 30% of what was given");
    assert_eq!(level(&Use { away: true, ..half }), None, "whoever is away is left alone");
    assert_eq!(level(&Use { released: Nano::ZERO, used: Nano::ZERO, ..half }), None, "nothing to use");
    assert_eq!(level(&Use { cost: None, used: dollars(749), ..half }), Some(Level::Warn), "what it costs is not known");
    assert_eq!(level(&Use { cost: None, used: dollars(750), ..half }), None, "a quarter is enough");
    assert_eq!(level(&Use { days: 41, ..half }), None, "six weeks to arrive");
    assert_eq!(level(&Use { days: 42, ..half }), Some(Level::Critical));
}

#[test]
fn a_family_may_have_a_target_of_its_own() {
    let (finance, sales) = ("finance".parse().unwrap(), "sales".parse().unwrap());
    let mut rules = Rules::default();
    rules.under_use.warn_percent_of.insert(finance, 5);
    let finance = "finance".parse().unwrap();
    let told = |family| under_use(&rules, &Use { family, cost: None, ..user(200, 100, 1_000) }).is_some();
    assert_eq!((told(None), told(Some(&sales)), told(Some(&finance))), (true, true, false));
    rules.under_use.warn_percent = 0;
    assert!(under_use(&rules, &Use { cost: None, ..user(200, 0, 1_000) }).is_none(), "off");
}

#[test]
fn a_preview_counts_people_once() {
    let person = |number| AlarmOn::Person(PersonId::new(number));
    let found = |on, used: i64| super::used(&Rules::default(), &Allowance { on, ..allowance(used, Cadence::Month) });
    let all: Vec<Found> = (0..93).filter_map(|number| found(person(number), 600)).collect();
    let more = [found(person(3), 1_000), found(AlarmOn::Company, 900)].into_iter().flatten();
    let preview = Preview::of(100, all.iter().chain(more.collect::<Vec<_>>().iter()));
    assert_eq!(preview.sentence(), "with these rules 93 of 100 people alarm");
    assert!(preview.is_noise());
    assert_eq!(preview.kinds[&AlarmKind::Used], Share { people: 93, alarms: 95, critical: 1 });
    assert!(!Preview::of(100, &all[..24]).is_noise());
}

#[test]
fn where_hardly_anybody_uses_anything_nobody_is_asked_and_the_company_is_told() {
    let found = |number: u128, cost: i64| {
        let of = Use { person: PersonId::new(number), cost: Some(dollars(cost)), ..user(300, 100, 1_000) };
        under_use(&Rules::default(), &of).unwrap()
    };
    // The first one's hundred dollars are a hundredth of what the position costs.
    let all: Vec<Found> = (0..31).map(|number| found(number, if number == 0 { 10_000 } else { 9_999 })).collect();
    let few = gathered(all.clone(), 121);
    assert_eq!(few.len(), 31, "30 of 121 are told one by one");
    let told = gathered(all.clone(), 120);
    let whose: Vec<_> = told.iter().map(|one| (one.on, one.level)).collect();
    assert_eq!(whose, [(AlarmOn::Person(PersonId::new(0)), Level::Critical), (AlarmOn::Company, Level::Warn)]);
    assert!(told[1].sentence().starts_with("30 of 120 people hardly use"), "{}", told[1].sentence());
    assert_eq!((told[1].used, told[1].out_of), (dollars(3_000), dollars(30_000)));
    assert_eq!(gathered(all[..10].to_vec(), 12).len(), 10, "nine of twelve are a team, and people are asked");
}

#[test]
fn rules_that_cannot_be_are_refused() {
    let check = |change: fn(&mut Rules), expected: Result<(), RulesError>| {
        let mut rules = Rules::default();
        change(&mut rules);
        assert_eq!(rules.check(), expected, "{rules:?}");
    };
    check(|_| (), Ok(()));
    check(|rules| rules.used_percent = vec![80, 50], Err(RulesError::Used));
    check(|rules| rules.used_percent = vec![0, 50], Err(RulesError::Used));
    check(|rules| rules.used_percent = vec![50, 101], Err(RulesError::Used));
    check(|rules| rules.used_percent = vec![1, 2, 3, 4, 5, 6], Err(RulesError::Used));
    check(|rules| rules.under_use.warn_percent = 101, Err(RulesError::Part));
    check(|rules| rules.under_use.critical_per_mille = 1_001, Err(RulesError::Part));
    check(|rules| rules.under_use.first_weeks = 3, Err(RulesError::Weeks));
    check(|rules| rules.under_use.weeks = 14, Err(RulesError::Weeks));
    check(|rules| rules.runs_out_days = 91, Err(RulesError::Days));
    let text = serde_json::to_string(&Rules::default()).unwrap();
    assert_eq!(serde_json::from_str::<Rules>(&text).unwrap(), Rules::default());
    assert!(serde_json::from_str::<Rules>(r#"{"used_per_cent":[50]}"#).is_err());
}

#[test]
fn help_is_offered_and_nobody_is_ranked() {
    for kind in AlarmKind::ALL {
        let hint = kind.hint();
        for wrong in ["must", "rank", "quota", "fail", "worst", "minimum"] {
            assert!(!hint.contains(wrong), "{hint}");
        }
    }
    assert!(AlarmKind::UnderUse.hint().starts_with("No target is missed"));
}
