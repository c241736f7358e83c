//! What people cost: from their offers, else from the table, and to whom it is told.

use purser_control::Code;
use purser_control::shape::{ChangeCosts, NewAdminKey, PersonCost};
use purser_core::cost::CostPart;
use serde_json::{Value, json};

use crate::bench::{Bench, code};
use crate::offers::{company, hired};
use crate::web::{local, with_key};

async fn set(bench: &Bench, row: Value) {
    local(bench, "post", "/api/v1/costs", &json!({ "set": row }).to_string()).await;
}

async fn key(bench: &Bench, role: &str, person: Option<&str>) -> String {
    let new = NewAdminKey { label: role.into(), roles: vec![role.into()], person: person.map(str::to_owned) };
    bench.control.add_admin_key(None, new).await.unwrap().key.unwrap()
}

/// What finance is told somebody costs: known, where the pay is from, and the total.
async fn check(bench: &Bench, person: &str, known: bool, from: Option<&str>, total: Option<&str>) -> PersonCost {
    let finance = key(bench, "finance", None).await;
    let got = with_key(bench, &finance, "get", &format!("/api/v1/people/{person}/cost"), "").await;
    assert_eq!(got.status, 200, "{got:?}");
    let told = got.json();
    let cost = (told["known"].as_bool(), told["pay_from"].as_str(), told["per_year"].as_str());
    assert_eq!(cost, (Some(known), from, total), "{got:?}");
    serde_json::from_value(told).unwrap()
}

#[tokio::test]
async fn an_accepted_offer_says_what_somebody_is_paid_and_the_table_what_comes_on_top() {
    let bench = company("100000").await;
    let other = bench.person("Person 2").await.id.to_string();
    check(&bench, &other, false, None, None).await;
    let person = hired(&bench).await.id.to_string();
    // Its salary, 300,123, and nothing on top: nobody said what.
    let cost = check(&bench, &person, true, Some("offer"), Some("300123.00")).await;
    assert_eq!(cost.on_top_row, None);
    set(&bench, json!({ "of": { "family": "engineering" }, "benefits": { "of_salary": "10" } })).await;
    set(&bench, json!({ "pay": { "salary": "80000", "bonus": "8000" }, "overhead": { "per_year": "12000" } })).await;
    let cost = check(&bench, &person, true, Some("offer"), Some("330135.30")).await;
    let parts: Vec<_> =
        cost.parts.iter().map(|line| (line.part, line.per_year.amount().unwrap().to_string())).collect();
    assert_eq!(parts[0], (CostPart::Salary, "300123.00".to_owned()));
    assert_eq!(parts[3], (CostPart::Benefits, "30012.30".to_owned()));
    check(&bench, &other, true, Some("row"), Some("100000.00")).await;
    // A restart reads the same table and the same offers.
    let bench = bench.restart().await;
    check(&bench, &person, true, Some("offer"), Some("330135.30")).await;
    check(&bench, &other, true, Some("row"), Some("100000.00")).await;
}

#[tokio::test]
async fn amounts_are_told_to_those_who_may_see_them() {
    let bench = company("100000").await;
    let person = hired(&bench).await.id.to_string();
    set(&bench, json!({ "pay": { "salary": "81234.56" } })).await;
    let path = format!("/api/v1/people/{person}/cost");
    for (role, who, sees) in
        [("auditor", None, false), ("employee", Some(person.as_str()), true), ("people", None, true)]
    {
        let key = key(&bench, role, who).await;
        let got = with_key(&bench, &key, "get", &path, "").await;
        assert_eq!((got.status, got.text.contains("300123")), (200, sees), "{role}: {got:?}");
    }
    let auditor = key(&bench, "auditor", None).await;
    let table = with_key(&bench, &auditor, "get", "/api/v1/costs", "").await;
    assert!(table.status == 200 && !table.text.contains("81234"), "{table:?}");
    let finance = key(&bench, "finance", None).await;
    let table = with_key(&bench, &finance, "get", "/api/v1/costs", "").await;
    assert_eq!(table.json()["rows"][0]["pay"]["salary"], "81234.56");
    let admin = key(&bench, "admin", None).await;
    let refused = with_key(&bench, &admin, "post", "/api/v1/costs", &json!({ "end": {} }).to_string()).await;
    assert_eq!(refused.status, 403);
    // The trail has the text's id and a keyed hash, no amount.
    let trail = with_key(&bench, &auditor, "get", "/api/v1/audit?action=set_costs", "").await.text;
    assert!(trail.contains("nte_") && !trail.contains("81234"), "{trail}");
}

#[tokio::test]
async fn a_named_change_of_costs_is_made_once() {
    let bench = Bench::new().await;
    let change = |salary: &str| -> ChangeCosts {
        serde_json::from_value(json!({ "set": { "pay": { "salary": salary } } })).unwrap()
    };
    let name = || purser_control::CommandName::try_new("costs of the year").ok();
    let first = bench.control.set_costs(name(), change("90000")).await.unwrap();
    bench.control.set_costs(None, change("95000")).await.unwrap();
    let again = bench.control.set_costs(name(), change("90000")).await.unwrap();
    assert_eq!(first.rows.len(), 1);
    let amount = again.rows[0].pay.amount().copied().flatten().unwrap().salary;
    assert_eq!(amount.to_string(), "95000.00", "what was set later stands");
    let other = bench.control.set_costs(name(), change("91000")).await;
    assert_eq!(code(other), Code::CommandReused);
    let nothing: ChangeCosts = serde_json::from_value(json!({ "end": { "family": "sales" } })).unwrap();
    assert_eq!(code(bench.control.set_costs(None, nothing).await), Code::NotFound);
}
