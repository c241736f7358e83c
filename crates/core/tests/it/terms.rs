//! Terms and cards that can't be kept are refused, each at its edge.

use std::num::NonZeroU8;
use std::sync::Arc;

use purser_core::calendar::Cadence;
use purser_core::event::GrantChange;
use purser_core::grant::{Grant, GrantError, Life, LifeChange, Lived, Rollover, WorkShare};
use purser_core::id::CommandId;
use purser_core::money::Nano;
use purser_core::price::{CardSpec, RateCard};

use crate::company::{at, grant};

#[expect(clippy::needless_pass_by_value, reason = "reads better where it is called")]
fn check_grant(terms: &Grant, expected: Result<(), GrantError>) {
    assert_eq!(terms.check(), expected, "{terms:?}");
}

#[test]
fn a_grant_has_an_amount_and_days_that_somebody_means() {
    let starting = |date: &str| Grant { starts: date.parse().unwrap(), ..grant(1) };
    let ending = |date: &str| Grant { ends: Some(date.parse().unwrap()), ..grant(1) };
    let date = |text: &str| GrantError::Date(text.parse().unwrap());
    check_grant(&grant(1), Ok(()));
    check_grant(&Grant { amount: Nano::new(1), ..grant(1) }, Ok(()));
    check_grant(&Grant { amount: Nano::ZERO, ..grant(1) }, Err(GrantError::Amount(Nano::ZERO)));
    check_grant(&Grant { voided_at: Some(at("2026-05-01T00:00:00Z")), ..grant(1) }, Err(GrantError::Voided));
    check_grant(&starting("1970-01-01"), Ok(()));
    check_grant(&starting("1969-12-31"), Err(date("1969-12-31")));
    check_grant(&starting("8999-12-31"), Ok(()));
    check_grant(&starting("9000-01-01"), Err(date("9000-01-01")));
    check_grant(&ending("2026-01-02"), Ok(()));
    check_grant(&ending("9000-01-01"), Err(date("9000-01-01")));
    let starts = grant(1).starts;
    check_grant(&ending("2026-01-01"), Err(GrantError::EndsBeforeStart { starts, ends: starts }));
}

#[test]
fn a_new_grant_has_no_past_and_a_rollover_that_has_a_next_period() {
    check_grant(&Grant { life: Some(Arc::new(Life::default())), ..grant(1) }, Err(GrantError::Voided));
    let rolling = |max: i64, periods: u8, cadence: Cadence| {
        let periods = NonZeroU8::new(periods).unwrap();
        Grant { rollover: Some(Rollover { max: Nano::new(max), periods }), cadence, ..grant(1) }
    };
    check_grant(&rolling(1, 1, Cadence::Day), Ok(()));
    check_grant(&rolling(1, 12, Cadence::Month), Ok(()));
    check_grant(&rolling(1, 13, Cadence::Month), Err(GrantError::Rollover));
    check_grant(&rolling(0, 1, Cadence::Day), Err(GrantError::Rollover));
    check_grant(&rolling(1, 1, Cadence::Once), Err(GrantError::Rollover));
}

#[test]
fn a_working_share_holds_from_its_day_on_and_of_two_the_one_made_known_last() {
    let share = |parts| WorkShare::try_new(parts).unwrap();
    let known = |parts: u16, from: &str| {
        let (share, from) = (share(parts), from.parse().unwrap());
        Lived {
            at: at("2026-04-01T00:00:00Z"),
            day: "2026-04-01".parse().unwrap(),
            command: CommandId::new(u128::from(parts)),
            asked: GrantChange::ShareSet { share, from },
            change: LifeChange::Share { share, from },
        }
    };
    let life = [known(8_000, "2026-05-01"), known(6_000, "2026-06-01"), known(5_000, "2026-06-01")];
    let life = life.into_iter().fold(Life::default(), |life, lived| life.with(lived));
    let grant = Grant { share: share(9_000), life: Some(Arc::new(life)), ..grant(1) };
    let days = ["2026-04-30", "2026-05-01", "2026-05-31", "2026-06-01"];
    let shares = days.map(|day| grant.share_on(day.parse().unwrap()).get());
    assert_eq!(shares, [9_000, 8_000, 8_000, 5_000]);
}

#[test]
fn of_several_leaves_the_last_one_counts() {
    let left = |from: &str| {
        (GrantChange::LeaveBegun { from: from.parse().unwrap() }, LifeChange::Left { from: from.parse().unwrap() })
    };
    let back = |on: &str| {
        (GrantChange::LeaveEnded { on: on.parse().unwrap() }, LifeChange::Returned { on: on.parse().unwrap() })
    };
    let (mut life, mut told) = (Life::default(), Vec::new());
    for (asked, change) in [left("2026-05-04"), back("2026-05-11"), left("2026-06-01"), back("2026-06-15")] {
        let (at, day, command) = (at("2026-04-01T00:00:00Z"), "2026-04-01".parse().unwrap(), CommandId::new(1));
        life = life.with(Lived { at, day, command, asked, change });
        told.push((life.away_since().map(|day| day.to_string()), life.last_return().map(|day| day.to_string())));
    }
    let day = |text: &str| Some(text.to_owned());
    assert_eq!(told[0], (day("2026-05-04"), None));
    assert_eq!(told[1], (None, day("2026-05-11")));
    assert_eq!(told[2], (day("2026-06-01"), day("2026-05-11")));
    assert_eq!(told[3], (None, day("2026-06-15")));
}

/// The card with some fields changed is kept, or refused with these words.
fn check_card(changed: serde_json::Value, expected: Result<(), &str>) {
    let mut spec = serde_json::json!({
        "provider": "p", "model": "m", "from": "2026-01-01", "rates": {"input_uncached": "3", "output": "15"},
    });
    let changed: serde_json::Map<String, serde_json::Value> = serde_json::from_value(changed).unwrap();
    spec.as_object_mut().unwrap().extend(changed);
    let found = RateCard::try_from(serde_json::from_value::<CardSpec>(spec.clone()).unwrap());
    let found = found.map(|_| ()).map_err(|error| error.problem.to_string());
    assert_eq!(found, expected.map_err(str::to_owned), "{spec}");
}

#[test]
fn a_card_that_cannot_be_charged_by_is_refused() {
    use serde_json::json;
    let name = "x".repeat(200);
    let not_a_name =
        |name: &str| format!("`{name}` is not a name; names are lower case, without spaces, at most 200 characters");
    check_card(json!({}), Ok(()));
    check_card(json!({"model": name}), Ok(()));
    for wrong in ["", &format!("{name}x"), "Upper", "two words", "tab\t", "bell\u{7}"] {
        let expected = not_a_name(wrong);
        check_card(json!({"model": wrong}), Err(&expected));
        check_card(json!({"aliases": ["fine", wrong]}), Err(&expected));
    }
    let card: CardSpec = serde_json::from_value(
        json!({"provider": "p", "model": "m", "from": "2026-01-02", "to": "2026-01-04", "rates": {"output": "1"}}),
    )
    .unwrap();
    let card = RateCard::try_from(card).unwrap();
    let held = ["01", "02", "03", "04"].map(|day| card.holds_at(at(&format!("2026-01-{day}T00:00:00Z"))));
    assert_eq!(held, [false, true, true, false]);
    check_card(json!({"to": "2026-01-02"}), Ok(()));
    check_card(json!({"to": "2026-01-01"}), Err("it ends at 2026-01-01T00:00:00Z, not after its start"));
    check_card(json!({"rates": {}}), Err("it has no price at all"));
    check_card(json!({"rates": {"output": "1"}}), Ok(()));
    let misplaced = "does not belong there: tools are priced under `fees`, tokens under `rates`";
    check_card(json!({"rates": {"output": "1", "code_calls": "1"}}), Err(&format!("code_calls {misplaced}")));
    check_card(
        json!({"above": [{"tokens": 9, "rates": {"web_search_calls": "1"}}]}),
        Err(&format!("web_search_calls {misplaced}")),
    );
    check_card(json!({"fees": {"output": "1"}}), Err(&format!("output {misplaced}")));
    check_card(json!({"fees": {"code_calls": "18446744.073709551"}}), Ok(()));
    check_card(json!({"fees": {"code_calls": "18446744.073709552"}}), Err("the price of code_calls is too large"));
    let two =
        |first: u64, second: u64| json!({"above": [{"tokens": first, "rates": {}}, {"tokens": second, "rates": {}}]});
    check_card(two(1, 2), Ok(()));
    check_card(two(2, 2), Err("long-prompt thresholds must rise: 2 does not"));
    check_card(two(3, 2), Err("long-prompt thresholds must rise: 2 does not"));
    check_card(
        json!({"tiers": {"standard": "1"}}),
        Err("`standard` is the card's own `rates`, not one of its `tiers`"),
    );
    check_card(json!({"tiers": {"batch": "1/2"}}), Ok(()));
}
