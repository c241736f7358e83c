//! The description of the API: every route is in it, and whatever it refers to.

use purser_control::api::ENDPOINTS;
use purser_control::shape::NewAdminKey;
use serde_json::Value;

use crate::bench::Bench;
use crate::web::with_key;

/// Every `$ref` below a value.
fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get("$ref").and_then(Value::as_str));
            fields.values().for_each(|field| references(field, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[tokio::test]
async fn every_route_is_described_and_every_reference_leads_somewhere() {
    let bench = Bench::new().await;
    let new = NewAdminKey { label: "a script".to_owned(), ..NewAdminKey::default() };
    let key = bench.control.add_admin_key(None, new).await.unwrap().key.unwrap();
    let document = with_key(&bench, &key, "get", "/api/v1/openapi.json", "").await.json();
    for endpoint in ENDPOINTS {
        let operation = &document["paths"][endpoint.path][endpoint.method];
        assert_eq!(operation["operationId"], endpoint.action, "{endpoint:?}");
        let answer = &operation["responses"]["200"]["content"];
        let is_paper = matches!(endpoint.action, "offer_letter" | "statement_document" | "rewards_document");
        let form = match endpoint.action {
            _ if is_paper => "application/pdf",
            "own_export" | "person_export" => "application/jsonl",
            "export_parquet" => "application/vnd.apache.parquet",
            action if action.starts_with("export_") => "text/csv",
            _ => "application/json",
        };
        let answer = &answer[form]["schema"];
        assert!(answer.get("$ref").is_some() || answer.get("type").is_some(), "{endpoint:?}: {answer}");
        let takes = operation.get("requestBody").is_some();
        let bare = matches!(
            endpoint.action,
            "submit_offer"
                | "send_offer"
                | "view_offer"
                | "adopt_roles"
                | "cancel_top_up"
                | "confirm_run"
                | "acknowledge_alarm"
                | "approve_true_up"
        );
        assert_eq!(takes, matches!(endpoint.method, "post" | "put") && !bare, "{endpoint:?}");
    }
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > ENDPOINTS.len(), "{found:?}");
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
    // A shape's own words are in it: its fields, what they are, and which of them must be there.
    let grant = &document["paths"]["/api/v1/grants"]["post"]["requestBody"]["content"]["application/json"]["schema"];
    assert_eq!(grant["required"], serde_json::json!(["person", "amount"]));
    assert_eq!(grant["additionalProperties"], false);
    let person = &document["components"]["schemas"]["Person"]["properties"]["id"];
    assert!(person["pattern"].as_str().unwrap().starts_with("^per_"), "{person}");
}

#[test]
fn the_page_about_the_api_has_every_code_beside_its_status() {
    let page = include_str!("../../../../docs/reference/api.md");
    let codes = schemars::schema_for!(purser_control::Code);
    let codes: Vec<&str> =
        codes.get("oneOf").unwrap().as_array().unwrap().iter().map(|one| one["const"].as_str().unwrap()).collect();
    assert!(codes.len() > 15, "{codes:?}");
    for word in codes {
        let code: purser_control::Code = serde_json::from_value(word.into()).unwrap();
        let row = page.lines().find(|line| line.starts_with(&format!("| {} |", code.status())));
        assert!(row.is_some_and(|row| row.contains(&format!("`{word}`"))), "{word}, {}", code.status());
    }
}
