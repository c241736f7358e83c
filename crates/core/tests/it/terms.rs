//! Terms and cards that can't be kept are refused, each at its edge.

use purser_core::grant::{Grant, GrantError};
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
