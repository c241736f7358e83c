//! Usage over time, lists as files, and figures that are followed.

use purser_control::Role;
use purser_core::money::Nano;
use serde_json::Value;

use crate::company::{Browser, Company};

async fn asked(company: &Company, browser: &Browser, path: &str) -> Value {
    let got = browser.at_api(&company.bench).get(path).await;
    assert_eq!(got.status, 200, "{path}: {got:?}");
    serde_json::from_str(&got.text).unwrap()
}

#[tokio::test]
async fn usage_is_what_the_api_says_and_nobody_elses() {
    let company = Company::new().await;
    let own = Browser::of(&company.bench, Role::Employee).await;
    let page = own.get("/me/usage").await;
    let usage = asked(&company, &own, "/api/v1/usage").await;
    assert_eq!(usage["charge"], "0.25");
    assert!(page.text.contains("class=\"figure\"><data value=\"0.25\"") && page.text.contains("Your year"), "{page:?}");
    // Whoever has only their own sees their own, whatever stands in the address.
    let explored = own.get("/explore?by=person").await;
    assert!(explored.text.contains("class=\"figure\"><data value=\"0.25\""), "{}", explored.text);
    let theirs = own.get(&format!("/explore?person={}", company.far.id)).await;
    assert_eq!(theirs.status, 403, "{theirs:?}");

    let manager = Browser::of(&company.bench, Role::Manager).await;
    let team = manager.get("/explore").await;
    assert!(team.text.contains("choose one below") && team.text.contains("Person 1"), "{}", team.text);
    assert!(!team.text.contains("Person 2"), "{}", team.text);
    let one = manager.get(&format!("/explore?person={}", company.near.id)).await;
    assert!(one.text.contains("Usage over time by model"), "{}", one.text);

    let finance = Browser::of(&company.bench, Role::Finance).await;
    for by in ["model", "tool", "project", "key", "day", "unit", "person"] {
        let page = finance.get(&format!("/explore?by={by}&metric=tokens")).await;
        let usage = asked(&company, &finance, &format!("/api/v1/usage?by={by}")).await;
        assert_eq!(usage["charge"], "0.75", "{by}");
        assert!(page.text.contains("class=\"figure\"><data value=\"0.75\""), "{by}: {}", page.text);
        for row in usage["items"].as_array().unwrap() {
            assert!(page.text.contains(&format!("<data value=\"{}\"", row["charge"].as_str().unwrap())), "{by}: {row}");
        }
    }
}

/// The cells of a record of a file; there are no quoted ones in it.
fn cells<'t>(file: &'t str, record: &str) -> Vec<Vec<&'t str>> {
    file.lines().map(|line| line.split(',').collect::<Vec<_>>()).filter(|cells| cells[0] == record).collect()
}

#[tokio::test]
async fn a_list_as_a_file_has_every_page_and_the_sums_of_the_api() {
    let company = Company::new().await;
    let finance = Browser::of(&company.bench, Role::Finance).await;
    for list in ["usage?by=person", "usage?by=person&limit=1", "usage/history", "charges", "charges?limit=1"] {
        let file = finance.get(&format!("/csv/{list}")).await;
        assert_eq!((file.status, file.header("content-type")), (200, "text/csv; charset=utf-8"), "{file:?}");
        assert!(file.header("content-disposition").contains("attachment"), "{file:?}");
        let head: Vec<&str> = file.text.lines().next().unwrap().split(',').collect();
        let at = head.iter().position(|name| *name == "charge").unwrap();
        let rows = cells(&file.text, "row");
        let sum = rows.iter().fold(Nano::ZERO, |sum, row| sum.saturating_add(row[at].parse().unwrap()));
        assert_eq!(sum.to_string(), "0.75", "{list}: {}", file.text);
        assert_eq!(cells(&file.text, "asked")[0].last().unwrap(), &format!("/api/v1/{list}"), "{}", file.text);
        let [total] = &cells(&file.text, "total")[..] else { panic!("one record of sums: {}", file.text) };
        if list.starts_with("usage") {
            assert_eq!(total[at], "0.75", "{list}: {}", file.text);
        }
    }
    let own = Browser::of(&company.bench, Role::Employee).await;
    assert_eq!(own.get(&format!("/csv/usage?person={}", company.far.id)).await.status, 403);
    assert_eq!(own.get("/csv/audit").await.status, 403);
    let one = finance.get("/csv/status").await;
    assert!(one.status == 400 && one.text.contains("no list"), "{one:?}");
    assert_eq!(finance.get("/csv/../../login").await.status, 404);
}

#[tokio::test]
async fn figures_that_are_followed_are_those_of_the_balance() {
    let company = Company::new().await;
    let own = Browser::of(&company.bench, Role::Employee).await;
    let event = own.get("/me/live").await;
    let balances = asked(&company, &own, &format!("/api/v1/balances?person={}", company.near.id)).await;
    let figures: Value = serde_json::from_str(event.text.trim().strip_prefix("data: ").unwrap()).unwrap();
    assert_eq!(figures["left"]["value"], balances["items"][0]["spendable"]);
    assert_eq!(figures["used"]["value"], "0.25");
    let nobody = Browser::of(&company.bench, Role::Finance).await.get("/me/live").await;
    assert_eq!(nobody.status, 403, "{nobody:?}");
}
