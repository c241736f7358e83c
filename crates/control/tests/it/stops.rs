//! Stop switches: who places and lifts them, and that they hold.

use purser_core::scope::CallScope;
use purser_core::time::Instant;
use serde_json::{Value, json};

use crate::bench::Bench;
use crate::web::{Got, local, with_key};

const NOON: &str = "2026-11-24T12:00:00Z";

async fn key_of(bench: &Bench, role: &str, person: Option<&str>) -> String {
    let new = json!({ "label": role, "roles": [role], "person": person });
    let made = bench.control.add_admin_key(None, serde_json::from_value(new).unwrap()).await.unwrap();
    made.key.unwrap()
}

async fn place(bench: &Bench, key: &str, on: Value) -> Got {
    with_key(bench, key, "post", "/api/v1/stops", &json!({ "on": on }).to_string()).await
}

async fn lift(bench: &Bench, key: &str, id: &str) -> Got {
    with_key(bench, key, "delete", &format!("/api/v1/stops/{id}"), "").await
}

/// May the first key of somebody call this model?
fn may_call(bench: &Bench, person: &str, model: &str) -> bool {
    let snapshot = bench.control.snapshot();
    let key = snapshot.directory.keys().find(|key| key.person.to_string() == person).unwrap();
    let now: Instant = NOON.parse().unwrap();
    snapshot.directory.plan(key, &CallScope { provider: "anthropic", model, tool: "other" }, now).is_ok()
}

#[tokio::test]
async fn a_stop_holds_over_restarts_until_it_is_lifted() {
    let bench = Bench::new().await;
    let person = bench.person("Person 1").await;
    bench.grant(&person, "20/day").await;
    bench.key(&person).await;
    let id = person.id.to_string();
    let mut changed = bench.control.stops_changed();
    let stop = local(&bench, "post", "/api/v1/stops", r#"{"on": {"model": "claude-opus-*"}}"#).await;
    assert!(changed.has_changed().unwrap(), "calls under way are told");
    changed.borrow_and_update();
    assert!(!may_call(&bench, &id, "claude-opus-5-5") && may_call(&bench, &id, "claude-sonnet-5-5"));
    let again = local(&bench, "post", "/api/v1/stops", r#"{"on": {"model": "claude-opus-*"}}"#).await;
    assert_eq!(again["id"], stop["id"], "one stop for one thing");

    for bench in [bench.restart().await.crash().await] {
        assert!(!may_call(&bench, &id, "claude-opus-5-5"));
        let lifted = local(&bench, "delete", &format!("/api/v1/stops/{}", stop["id"].as_str().unwrap()), "").await;
        assert_eq!(lifted["active"], false);
        assert!(may_call(&bench, &id, "claude-opus-5-5"));
        let bench = bench.restart().await;
        assert!(may_call(&bench, &id, "claude-opus-5-5"));
        assert!(bench.control.verify_audit().await.unwrap().good);
    }
}

#[tokio::test]
async fn two_persons_lift_a_stop_of_the_company() {
    let bench = Bench::new().await;
    let person = bench.person("Person 1").await;
    bench.grant(&person, "20/day").await;
    bench.key(&person).await;
    let (admin, finance) = (key_of(&bench, "admin", None).await, key_of(&bench, "finance", None).await);
    let placed = place(&bench, &admin, json!("company")).await.json();
    let id = placed["id"].as_str().unwrap();
    let first = lift(&bench, &admin, id).await.json();
    assert_eq!((&first["active"], first["lift_asked_by"].is_string()), (&json!(true), true));
    let same = lift(&bench, &admin, id).await;
    assert_eq!((same.status, same.code().as_str()), (403, "self_approval"));
    let bench = bench.restart().await;
    assert!(!may_call(&bench, &person.id.to_string(), "claude-opus-5-5"));
    assert_eq!(lift(&bench, &finance, id).await.json()["active"], false);
    assert!(may_call(&bench, &person.id.to_string(), "claude-opus-5-5"));
}

#[tokio::test]
async fn everybody_stops_what_is_theirs_and_nothing_else() {
    let bench = Bench::new().await;
    for (name, parent) in [("Engineering", None), ("Platform", Some("Engineering")), ("Sales", None)] {
        let unit = json!({ "name": name, "parent": parent, "zone": "UTC" });
        bench.control.add_unit(None, serde_json::from_value(unit).unwrap()).await.unwrap();
    }
    let near = bench.person("Person 1").await.id.to_string();
    let far = bench.person("Person 2").await.id.to_string();
    for (person, unit) in [(&near, "Platform"), (&far, "Sales")] {
        let unit = serde_json::from_value(json!({ "unit": unit })).unwrap();
        bench.control.move_person(None, person, unit).await.unwrap();
    }
    let manager = key_of(&bench, "manager:Engineering", None).await;
    let employee = key_of(&bench, "employee", Some(&near)).await;
    let admin = key_of(&bench, "admin", None).await;
    for (key, on, allowed) in [
        (&manager, json!({ "unit": "Platform" }), true),
        (&manager, json!({ "person": near }), true),
        (&manager, json!({ "unit": "Sales" }), false),
        (&manager, json!({ "person": far }), false),
        (&manager, json!("company"), false),
        (&manager, json!({ "model": "*" }), false),
        (&manager, json!({ "person": "Nobody" }), false),
        (&employee, json!({ "person": far }), false),
        (&employee, json!({ "unit": "Platform" }), false),
        (&employee, json!({ "provider": "openai" }), false),
    ] {
        let got = place(&bench, key, on.clone()).await;
        assert_eq!(got.status, if allowed { 200 } else { 403 }, "{on}: {got:?}");
    }
    // Whoever is stopped by somebody else does not let themselves go on.
    let stops = with_key(&bench, &employee, "get", "/api/v1/stops", "").await.json();
    let theirs = stops["items"].as_array().unwrap().iter().find(|stop| stop["on"]["person"] == near.as_str()).unwrap();
    assert_eq!(lift(&bench, &employee, theirs["id"].as_str().unwrap()).await.status, 403);
    assert_eq!(lift(&bench, &manager, theirs["id"].as_str().unwrap()).await.status, 200);
    let own = place(&bench, &employee, json!({ "person": near })).await.json();
    assert_eq!(lift(&bench, &employee, own["id"].as_str().unwrap()).await.status, 200);
    assert_eq!(lift(&bench, &admin, own["id"].as_str().unwrap()).await.status, 404, "it is lifted");
    assert_eq!(place(&bench, &admin, json!({ "model": "" })).await.status, 400);
}
