//! The letter's clauses: numbers that stay, amounts that are all there or all hidden.

use super::*;

fn content(tokens: &str) -> Content {
    let text = format!(
        r#"{{"candidate":{{"name":"Person 17"}},"title":"Engineer","role":{{"family":"engineering","level":"L5"}},
            "zone":"Europe/Berlin","starts":"2027-02-01","expires":"2027-01-10","notes":"a signing payment of 55555",
            "package":{{"currency":"EUR","rate":{{"to":"USD","rate":"1.25","on":"2026-11-20"}},
                "salary":"300001","bonus":{{"of_base":"11"}},"equity":{{"value":"400003"}}{tokens}}}}}"#
    );
    serde_json::from_str(&text).unwrap()
}

const TOKENS: &str = r#","tokens":{"amount":"334/workday","floor":"222/workday","guaranteed":true,"term":"24 months",
    "remedy":"extends","scope":{"models":["claude-*"]},"tools":["claude-code"],"pool":"Research",
    "rollover":{"carries":{"cap":"100","periods":1}},"purpose":{"personal_share":"10"},"activation":"start_date"}"#;

fn letter(content: &Content, amounts: Amounts) -> Letter {
    let terms = TokenTerms::of(content, &Currency::usd(), None, None).unwrap();
    Letter::of(content, terms.as_ref(), 2, amounts).unwrap()
}

fn said(letter: &Letter, number: &str) -> String {
    let clauses = letter.sections.iter().flat_map(|section| &section.clauses);
    clauses.into_iter().find(|clause| clause.number == number).unwrap().text.clone()
}

#[test]
fn each_promise_has_its_number_and_both_currencies_are_said() {
    let letter = letter(&content(TOKENS), Amounts::Shown);
    let amount = said(&letter, &Topic::Amount.clause());
    assert!(
        amount.contains("334.00 EUR for each workday") && amount.contains("86840.00 EUR for each year"),
        "{amount}"
    );
    let released = said(&letter, &Topic::Release.clause());
    assert!(released.starts_with("417.50 USD is released on each workday"), "{released}");
    assert!(said(&letter, &Topic::Term.clause()).contains("until the day before 2029-02-01"));
    assert!(said(&letter, &Topic::Floor.clause()).contains("57720.00 EUR for each year"));
    assert!(said(&letter, &Topic::Purpose.clause()).contains("may be a taxable benefit"));
    assert_eq!(Topic::Rollover.clause(), "5.10");
    assert_eq!(
        said(&letter, "5.10"),
        "What is not used goes on: at most 100 % of what one period releases, for one more period."
    );
    let numbers: Vec<String> = letter.sections[4].clauses.iter().map(|clause| clause.number.clone()).collect();
    assert_eq!(numbers, Topic::ALL.map(Topic::clause));
}

#[test]
fn what_is_not_promised_is_said_under_the_same_number() {
    let letter = letter(&content(r#","tokens":{"amount":"2000/month"}"#), Amounts::Shown);
    for (topic, text) in [
        (Topic::Guarantee, "not guaranteed"),
        (Topic::Floor, "No floor"),
        (Topic::Remedy, "No remedy"),
        (Topic::Rollover, "Nothing is promised"),
    ] {
        assert!(said(&letter, &topic.clause()).contains(text), "{topic:?}");
    }
    let none = self::letter(&content(""), Amounts::Shown);
    assert_eq!(said(&none, "5.1"), "This offer has no token budget.");
}

#[test]
fn no_amount_survives_being_hidden() {
    let whole = format!("{:?}", letter(&content(TOKENS), Amounts::Hidden));
    for figure in
        ["300001", "33000", "400003", "100000", "334", "222", "417.5", "86840", "57720", "55555", "11 %", "14."]
    {
        assert!(!whole.contains(figure), "{figure} in {whole}");
    }
    assert!(whole.contains("It is guaranteed") && whole.contains("Person 17"));
}
