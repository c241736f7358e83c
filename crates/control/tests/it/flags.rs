//! Flags: what is seen in a year's charges, who sees it, and that nothing is stopped by it.

use std::time::Duration;

use purser_core::time::Instant;
use serde_json::{Value, json};

use crate::runs::{Company, Said, id};
use crate::web::with_key;

fn noon_of(day: u64) -> Instant {
    let first: Instant = "2026-11-24T12:00:00Z".parse().unwrap();
    first.saturating_add(Duration::from_hours(24 * day))
}

fn kinds(list: &Value) -> Vec<(&str, &str, &str, &str)> {
    let items = list["items"].as_array().unwrap().iter();
    items
        .map(|row| {
            let text = |field: &str| row[field].as_str().unwrap();
            (text("kind"), text("first"), text("last"), text("cost"))
        })
        .collect()
}

#[tokio::test]
async fn burning_what_expires_and_spending_with_nobody_there_are_flagged_for_who_sees_the_spending() {
    let company = Company::new().await;
    let spoken = Said { human: true, ..Said::default() };
    // Five dollars a day from the end of November on, and sixty on each of the last five days of January.
    for day in 0..69 {
        company.bench.clock.set(&noon_of(day).to_string());
        for _ in 0..if day >= 64 { 12 } else { 1 } {
            company.call(&company.near.1, 1_000 + u128::from(day), "codex", "5", spoken);
        }
        // Somebody else's run, which goes on for three days after a word, with one that it started.
        if (60..64).contains(&day) {
            let said = Said { human: day == 60, ..Said::default() };
            company.call(&company.far.1, 1, "claude-code", "4", said);
            company.call(&company.far.1, 2, "claude-code", "4", Said { parent: Some(1), ..Said::default() });
        }
        // And the same call a hundred times over.
        for _ in 0..if day == 63 { 100 } else { 0 } {
            company.call(&company.far.1, 3, "other", "0.02", spoken);
        }
    }
    company.bench.clock.set(&noon_of(69).to_string());
    let flags = company.get("flags?from=2027-01-01").await;
    let expected = [
        ("binge", "2027-01-27", "2027-01-31", "300.00"),
        ("repeated", "2027-01-26", "2027-01-26", "2.00"),
        ("alone", "2027-01-24", "2027-01-26", "24.00"),
    ];
    assert_eq!(kinds(&flags), expected, "{flags}");
    let seen = |place: usize| flags["items"][place]["seen"].as_str().unwrap();
    assert!(seen(0).contains("where 25.00 is the most of any 5 days before; 870.00 would have expired"), "{flags}");
    assert_eq!((&flags["items"][2]["run"], &flags["items"][2]["name"]), (&json!(id(1)), &json!("Person 2")));
    assert!(flags["items"][0]["grant"].is_string() && flags["items"][0]["hint"].is_string(), "{flags}");
    let run = company.get(&format!("runs/{}", id(1))).await;
    assert_eq!((&run["flags"][0]["kind"], run["flags"].as_array().unwrap().len()), (&json!("alone"), 1), "{run}");
    assert_eq!(kinds(&company.get("flags?from=2026-12-01&to=2027-01-01").await), []);
    assert_eq!(kinds(&company.get("flags?from=2027-01-01&person=Person%201").await), expected[..1]);

    for (role, person, sees) in [
        ("employee", Some(&company.near.0), &expected[..1]),
        ("manager:Platform", None, &expected[..1]),
        ("manager:Sales", None, &expected[1..]),
        ("finance", None, &expected[..]),
    ] {
        let key = company.key(role, person).await;
        let got = with_key(&company.bench, &key, "get", "/api/v1/flags?from=2027-01-01", "").await;
        assert_eq!(kinds(&got.json()), sees, "{role}");
    }
    let admin = company.key("admin", None).await;
    for days in ["from=2027-01-01&to=2027-01-01", "from=2020-01-01", "from=tuesday"] {
        let got = with_key(&company.bench, &admin, "get", &format!("/api/v1/flags?{days}"), "").await;
        assert_eq!(got.status, 400, "{days}: {got:?}");
    }
    assert_eq!(company.get("stops").await["items"], json!([]), "nothing is stopped");
}
