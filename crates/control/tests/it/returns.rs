//! Return on tokens, from what was charged and what was counted.

use purser_control::shape::Person;
use serde_json::{Value, json};

use crate::bench::Bench;
use crate::money::{hold, settle};
use crate::web::{Got, local, with_key};

/// The year before tokens, and the one with them: 365 days each.
const YEARS: &str = "from=2027-11-24&to=2028-11-23&before=2026-11-24&before_to=2027-11-24";

async fn key(bench: &Bench, role: &str, person: Option<&Person>) -> String {
    let new = json!({ "label": role, "roles": [role], "person": person.map(|person| person.id) });
    local(bench, "post", "/api/v1/admin-keys", &new.to_string()).await["key"].as_str().unwrap().to_owned()
}

async fn asked(bench: &Bench, key: &str, query: &str) -> Got {
    with_key(bench, key, "get", &format!("/api/v1/roi?{query}"), "").await
}

async fn costs(bench: &Bench, salary: &str) {
    let row = json!({ "set": { "pay": { "salary": salary }, "benefits": { "of_salary": "25" }, "overhead": { "per_year": "50000" } } });
    local(bench, "post", "/api/v1/costs", &row.to_string()).await;
}

/// Somebody of 500,000 a year, with 100,000 of tokens in their second year, who closed 100 tickets a week before and so many
/// since.
async fn engineer(since: u32) -> (Bench, Person) {
    let bench = Bench::new().await;
    // 360,000, a quarter of it for benefits, 50,000 for overhead.
    costs(&bench, "360000").await;
    let person = bench.person("Person 1").await;
    bench.clock.set("2027-12-01T12:00:00Z");
    bench.grant(&person, "100000/month").await;
    let key = bench.key(&person).await;
    settle(&bench, hold(&bench, &key, "100000"), "100000");
    bench.clock.set("2028-11-22T12:00:00Z");
    let day = |start: &str, week: i32| {
        let start: jiff::civil::Date = start.parse().unwrap();
        start.checked_add(jiff::Span::new().weeks(week)).unwrap().to_string()
    };
    let week = |start: &str, week: i32, count: u32| json!({ "person": person.id, "kind": "ticket_resolved", "count": count, "at": day(start, week), "id": format!("{start} {week}") });
    let weeks = (0..52).flat_map(|at| [week("2026-11-24", at, 100), week("2027-11-24", at, since)]);
    let outcomes: Vec<Value> = weeks.collect();
    local(&bench, "post", "/api/v1/outcomes", &json!({ "outcomes": outcomes }).to_string()).await;
    (bench, person)
}

/// Value, net, gain, gain less tokens, net for each unit of tokens, change of the cost of a piece.
fn figures(case: &Value) -> [&str; 6] {
    ["value", "net", "gain", "gain_net", "net_per_token_unit", "unit_cost_change_percent"]
        .map(|field| case["figures"][field].as_str().unwrap())
}

#[tokio::test]
async fn an_assumed_multiplier_of_three_pays_and_a_measured_one_of_1_08_does_not() {
    let (bench, person) = engineer(108).await;
    let own = key(&bench, "employee", Some(&person)).await;
    let report = asked(&bench, &own, &format!("{YEARS}&multiplier=3")).await;
    assert_eq!(report.status, 200, "{report:?}");
    let report = report.json();
    assert_eq!((&report["cost"], &report["tokens"]), (&json!("500000.00"), &json!("100000.00")), "{report}");
    assert_eq!(report["break_even"], "1.200");
    let cases = report["cases"].as_array().unwrap();
    assert_eq!(cases[0]["basis"], "assumed");
    assert_eq!(figures(&cases[0]), ["1500000.00", "900000.00", "1000000.00", "900000.00", "9.00", "-60.00"]);
    assert_eq!(cases[0]["figures"]["gross_per_token_unit"], "10.00");
    assert_eq!((&cases[1]["basis"], &cases[1]["multiplier"]), (&json!("measured"), &json!("1.080")));
    assert_eq!(figures(&cases[1]), ["540000.00", "-60000.00", "40000.00", "-60000.00", "-0.60", "11.11"]);
    let line = &report["outcomes"][0];
    assert_eq!((&line["outcomes"], &line["tokens_per_outcome"]), (&json!(5616), &json!("17.806267806")));
    assert_eq!((&line["compared"]["unit"], &line["compared"]["says"]), (&json!("weeks"), &json!("more than before")));
}

#[tokio::test]
async fn nobody_gets_the_threefold_case_by_default_and_less_is_shown_as_less() {
    let (bench, person) = engineer(90).await;
    let own = key(&bench, "employee", Some(&person)).await;
    let report = asked(&bench, &own, YEARS).await.json();
    let cases = report["cases"].as_array().unwrap();
    let of = |basis: &str| cases.iter().filter(|case| case["basis"] == basis).collect::<Vec<_>>();
    assert_eq!((of("assumed").len(), of("study").len(), of("measured").len()), (0, 4, 1), "{report}");
    assert!(of("study").iter().all(|case| case["source"].is_string() && case["multiplier"] != "3.000"));
    assert_eq!(figures(of("measured")[0])[..4], ["450000.00", "-150000.00", "-50000.00", "-150000.00"]);
    assert_eq!(report["outcomes"][0]["compared"]["says"], "less than before");
    let named = asked(&bench, &own, &format!("{YEARS}&multiplier=threefold")).await.json();
    let first = &named["cases"][0];
    assert!(first["label"].as_str().unwrap().contains("said, not measured"), "{first}");
    let wrong = asked(&bench, &own, "multiplier=plenty").await;
    assert!(wrong.status == 400 && wrong.text.contains("threefold"), "{wrong:?}");
}

#[tokio::test]
async fn one_persons_return_is_for_that_person_unless_the_company_says_otherwise() {
    let (bench, person) = engineer(108).await;
    let people = key(&bench, "people", None).await;
    let about = format!("person={}&{YEARS}", person.id);
    let refused = asked(&bench, &people, &about).await;
    assert_eq!((refused.status, refused.code().as_str()), (403, "forbidden"), "{refused:?}");
    let hidden = asked(&bench, &people, YEARS).await.json();
    assert_eq!((&hidden["hidden"], &hidden["people"], &hidden["tokens"]), (&json!(true), &Value::Null, &Value::Null));
    local(&bench, "put", "/api/v1/roi/policy", r#"{"open": true}"#).await;
    let bench = bench.restart().await;
    assert_eq!(asked(&bench, &people, &about).await.json()["cost"], "500000.00");
    let auditor = key(&bench, "auditor", None).await;
    let told = asked(&bench, &auditor, &about).await;
    let report = told.json();
    assert_eq!(
        (&report["cost"], &report["break_even"], &report["cases"][0]["figures"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    assert!(!told.text.contains("500000"), "what tells the cost is hidden too: {told:?}");
}

/// Twelve people in two units, of whom some spend, and what they reported.
async fn company() -> Bench {
    let bench = Bench::new().await;
    costs(&bench, "120000").await;
    for unit in ["Platform", "Field"] {
        local(&bench, "post", "/api/v1/units", &json!({ "name": unit, "zone": "UTC" }).to_string()).await;
    }
    let mut outcomes = Vec::new();
    for number in 0..24_u32 {
        let unit = if number < 20 { "Platform" } else { "Field" };
        let new = json!({ "name": format!("Person {number}"), "zone": "UTC", "unit": unit });
        let new = local(&bench, "post", "/api/v1/people", &new.to_string()).await;
        let person: Person = serde_json::from_value(new).unwrap();
        if number % 2 == 0 {
            bench.grant(&person, "100/day").await;
            let key = bench.key(&person).await;
            settle(&bench, hold(&bench, &key, "10"), "10");
        }
        // Those with tokens report a little more.
        let count = 10 + number % 3 + if number % 2 == 0 { 4 } else { 0 };
        outcomes.push(json!({ "person": person.id, "kind": "report", "count": count, "at": "2026-11-24" }));
        outcomes.push(json!({ "person": person.id, "kind": "month_close", "at": "2026-11-24" }));
    }
    local(&bench, "post", "/api/v1/outcomes", &json!({ "outcomes": outcomes }).to_string()).await;
    bench
}

#[tokio::test]
async fn groups_are_counted_compared_and_hidden_where_they_are_few() {
    let bench = company().await;
    let finance = key(&bench, "finance", None).await;
    let report = asked(&bench, &finance, "against=without&by=unit").await.json();
    assert_eq!((&report["people"], &report["tokens"]), (&json!(24), &json!("120.00")), "{report}");
    let kinds: Vec<&str> =
        report["outcomes"].as_array().unwrap().iter().map(|it| it["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["month_close", "report"]);
    let measured = |report: &Value| report["cases"].as_array().unwrap().iter().any(|case| case["basis"] == "measured");
    assert!(!measured(&report), "kinds are not added up");
    let one = asked(&bench, &finance, "against=without&kind=report").await.json();
    let compared = &one["outcomes"][0]["compared"];
    assert_eq!((&compared["says"], &compared["compared"]), (&json!("more than without"), &json!(12)), "{compared}");
    assert!(measured(&one));
    let few = asked(&bench, &finance, "against=before").await.json();
    assert!(few["outcomes"][1]["compared"].is_null(), "nobody was here before: {few}");
    // Field has four people, so neither they nor what is left of the whole is shown.
    let rows = report["rows"].as_array().unwrap();
    assert!(
        rows.iter().all(|row| row["hidden"] == true && row["people"].is_null() && row["outcomes"].is_null()),
        "{rows:?}"
    );
    let field = asked(&bench, &finance, "unit=Field").await;
    assert!(field.json()["hidden"] == true && !field.text.contains("report"), "{field:?}");
    let lead = key(&bench, "manager:Platform", None).await;
    let own = asked(&bench, &lead, "by=unit").await.json();
    assert_eq!((&own["people"], &own["rows"][0]["people"]), (&json!(20), &json!(20)), "{own}");
    assert_eq!(asked(&bench, &lead, "unit=Field").await.status, 403);
    assert!(own["cost"].is_null(), "of all whom they may ask about, which need not be one unit");
    let unit = asked(&bench, &lead, "unit=Platform").await.json();
    assert_eq!(unit["cost"], "10958.90410958", "a day of twenty who cost 200,000 a year: {unit}");
}

#[tokio::test]
async fn figures_of_ones_own_need_no_data() {
    let bench = Bench::new().await;
    let what = json!({ "cost": "500000", "tokens": "100000", "multiplier": "3" });
    let report = local(&bench, "post", "/api/v1/roi/what-if", &what.to_string()).await;
    assert_eq!(report["break_even"], "1.200");
    assert_eq!(figures(&report["cases"][0]), ["1500000.00", "900000.00", "1000000.00", "900000.00", "9.00", "-60.00"]);
    let all = local(&bench, "post", "/api/v1/roi/what-if", r#"{"cost": "500000", "tokens": "100000"}"#).await;
    assert_eq!((all["cases"].as_array().unwrap().len(), all["studies"].as_array().unwrap().len()), (4, 5));
    assert!(all["cases"][0]["figures"]["gain_net"].as_str().unwrap().starts_with('-'), "the lowest study is a loss");
}
