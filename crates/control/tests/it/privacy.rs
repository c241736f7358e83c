//! Profiles: what is left to managers, and that it is written who set them.

use purser_control::shape::{NewAdminKey, NewUnit, Person};
use purser_store::Denial;

use crate::bench::Bench;
use crate::web::{local, with_key};

/// People in a unit, and the key of whoever leads it.
async fn led(people: usize) -> (Bench, String, Vec<Person>) {
    let bench = Bench::new().await;
    let unit = NewUnit { name: "Engineering".to_owned(), parent: None, zone: "UTC".to_owned(), cost_centre: None };
    bench.control.add_unit(None, unit).await.unwrap();
    let mut all = Vec::new();
    for number in 1..=people {
        let person = bench.person(&format!("Person {number}")).await;
        let to = serde_json::from_value(serde_json::json!({ "unit": "Engineering" })).unwrap();
        bench.control.move_person(None, &person.id.to_string(), to).await.unwrap();
        bench.grant(&person, "7.31/day").await;
        all.push(person);
    }
    let set = r#"{"owner": "Engineering", "amount": "900/month"}"#;
    local(&bench, "post", "/api/v1/budgets", set).await;
    let roles = vec!["manager:Engineering".to_owned()];
    let new = NewAdminKey { label: "lead".to_owned(), roles, person: None };
    let key = bench.control.add_admin_key(None, new).await.unwrap().key.unwrap();
    (bench, key, all)
}

const COUNCIL: &str = r#"{"profile": "works-council"}"#;

async fn sees_the_unit(people: usize) -> [bool; 2] {
    let (bench, key, all) = led(people).await;
    let mut seen = [true; 2];
    for (place, profile) in [r#"{"profile": "standard"}"#, COUNCIL].into_iter().enumerate() {
        local(&bench, "put", "/api/v1/privacy/profile", profile).await;
        let budgets = with_key(&bench, &key, "get", "/api/v1/budgets", "").await.json();
        let forecast = with_key(&bench, &key, "get", "/api/v1/forecast?unit=Engineering", "").await;
        let [budgets, forecast] = [budgets["total"] == 1, forecast.status == 200];
        assert_eq!(budgets, forecast, "{people} people, {profile}");
        seen[place] = budgets;
        for path in ["usage", "usage/history"] {
            let one = format!("/api/v1/{path}?person={}", all[0].id);
            let person = with_key(&bench, &key, "get", &one, "").await;
            assert_eq!(person.status, if profile == COUNCIL { 403 } else { 200 }, "{person:?}");
        }
    }
    seen
}

#[tokio::test]
async fn sums_of_a_unit_are_shown_from_five_people_on() {
    assert_eq!(sees_the_unit(5).await, [true, true]);
    assert_eq!(sees_the_unit(4).await, [true, false]);
}

#[tokio::test]
async fn how_somebody_stands_is_shown_for_a_request_of_their_own_that_is_open() {
    let (bench, key, all) = led(1).await;
    let person = all[0].id.to_string();
    let roles = vec!["employee".to_owned()];
    let new = NewAdminKey { label: "own".to_owned(), roles, person: Some(person.clone()) };
    let own = bench.control.add_admin_key(None, new).await.unwrap().key.unwrap();
    local(&bench, "put", "/api/v1/privacy/profile", COUNCIL).await;
    let ask = |purpose: &str| {
        serde_json::json!({ "person": person, "amount": "1", "reason": "one more pass", "purpose": purpose })
            .to_string()
    };
    let theirs = with_key(&bench, &own, "post", "/api/v1/top-ups", &ask("migration")).await.json();
    let for_them = with_key(&bench, &key, "post", "/api/v1/top-ups", &ask("review")).await.json();
    let path = |of: &serde_json::Value| format!("/api/v1/top-ups/{}", of["id"].as_str().unwrap());
    assert_eq!(with_key(&bench, &key, "get", &path(&theirs), "").await.status, 200);
    assert_eq!(with_key(&bench, &key, "get", &path(&for_them), "").await.status, 403, "asked by the manager");
    let approve = format!("{}/approve", path(&theirs));
    let approved = with_key(&bench, &key, "post", &approve, "{}").await;
    assert_eq!(approved.status, 200, "{approved:?}");
    assert_eq!(with_key(&bench, &key, "get", &path(&theirs), "").await.status, 403, "decided");
    assert_eq!(with_key(&bench, &own, "get", &path(&theirs), "").await.status, 200, "their own");
}

#[tokio::test]
async fn profile_and_retention_outlive_a_restart_and_the_trail_has_who_set_them() {
    let bench = Bench::new().await;
    local(&bench, "put", "/api/v1/privacy/profile", COUNCIL).await;
    local(&bench, "put", "/api/v1/privacy/retention", r#"{"denials": 3}"#).await;
    let bench = bench.restart().await;
    let now = local(&bench, "get", "/api/v1/privacy", "").await;
    assert_eq!((&now["profile"], &now["retention"]["denials"]), (&"works-council".into(), &3.into()), "{now}");
    for action in ["set_profile", "set_retention"] {
        let trail = local(&bench, "get", &format!("/api/v1/audit?action={action}"), "").await;
        assert_eq!(trail["items"].as_array().unwrap().len(), 1, "{trail}");
    }
}

/// What `GET path` has, as text.
async fn text(bench: &Bench, path: &str) -> String {
    local(bench, "get", path, "").await.to_string()
}

#[tokio::test]
async fn what_was_kept_long_enough_is_gone_and_the_rest_stays() {
    let bench = Bench::new().await;
    let (gone, here) = (bench.person("Person 1").await, bench.person("Person 2").await);
    for person in [&gone, &here] {
        let key = bench.key(person).await;
        let at = "2026-11-24T12:00:00Z".parse().unwrap();
        let reason = "over_budget".to_owned();
        let denial = Denial { at, key: key.id, person: person.id, reason, funded: false, count: 3 };
        bench.denials.record(&[denial]).unwrap();
        let login = serde_json::json!({ "email": format!("{}@example.com", person.id), "roles": ["employee"],
            "person": person.id, "password": "correct horse battery" });
        local(&bench, "post", "/api/v1/logins", &login.to_string()).await;
        let outcome = serde_json::json!({ "source": "wiki", "outcomes": [{ "person": person.id, "kind": "report",
            "id": person.id, "link": "https://example.com/report" }] });
        local(&bench, "post", "/api/v1/outcomes", &outcome.to_string()).await;
    }
    local(&bench, "delete", &format!("/api/v1/people/{}", gone.id), "").await;
    let all = r#"{"left_people": 2, "outcome_links": 2, "denials": 2}"#;
    local(&bench, "put", "/api/v1/privacy/retention", all).await;
    let asked = ["/api/v1/people", "/api/v1/logins", "/api/v1/outcomes", "/api/v1/denials?from=2026-11-01"];
    let kept = |texts: &[String]| {
        let [people, logins, outcomes, denials] = texts else { panic!("four questions") };
        let has = |text: &String, what: &str| text.contains(what);
        [
            has(people, "Person 1"),
            has(logins, &format!("{}@example.com", gone.id)),
            has(outcomes, "https://example.com/report"),
            has(denials, "over_budget"),
            has(people, "Person 2") && has(logins, &format!("{}@example.com", here.id)) && has(outcomes, "\"report\""),
        ]
    };
    for (at, expected) in
        [("2027-01-24T10:00:00Z", [true; 5]), ("2027-01-25T00:00:00Z", [false, false, false, false, true])]
    {
        bench.clock.set(at);
        bench.control.forget_old().await.unwrap();
        let mut texts = Vec::new();
        for path in asked {
            texts.push(text(&bench, path).await);
        }
        assert_eq!(kept(&texts), expected, "{at}: {texts:?}");
    }
    let trail = local(&bench, "get", "/api/v1/audit?action=forget_people", "").await;
    assert_eq!(trail["items"].as_array().unwrap().len(), 1, "{trail}");
    let bench = bench.restart().await;
    assert!(!text(&bench, "/api/v1/people").await.contains("Person 1"), "also after a restart");
}

/// As an older version left it: nothing says which text is a reason.
fn undate(bench: &Bench) {
    let file = rusqlite::Connection::open(bench.folder().join("purser.db")).unwrap();
    file.pragma_update(None, "secure_delete", true).unwrap();
    file.execute("UPDATE note_private SET kind = 0, at = NULL", []).unwrap();
}

#[tokio::test]
async fn reasons_are_erased_when_they_were_kept_long_enough_and_other_texts_stay() {
    for of_before in [false, true] {
        let bench = Bench::new().await;
        let person = bench.person("Person 1").await;
        bench.grant(&person, "7.31/day").await;
        let new = NewAdminKey { label: "all".to_owned(), roles: vec!["admin".to_owned()], person: None };
        let key = bench.control.add_admin_key(None, new).await.unwrap().key.unwrap();
        let moves = |zone: &'static str, why: &'static str| {
            let (bench, key, path) = (&bench, format!("Bearer {key}"), format!("/api/v1/people/{}/zone", person.id));
            async move {
                let headers = [("authorization", key.as_str()), ("purser-reason", why)];
                let body = serde_json::json!({ "zone": zone }).to_string();
                let got = crate::web::ask(bench, "put", &path, &headers, &body).await;
                assert_eq!(got.status, 200, "{got:?}");
            }
        };
        moves("Europe/Paris", "the-first-move").await;
        let asks = serde_json::json!({ "person": person.id, "amount": "1", "reason": "one more pass" }).to_string();
        local(&bench, "post", "/api/v1/top-ups", &asks).await;
        bench.clock.set("2026-12-10T12:00:00Z");
        moves("Europe/Rome", "the-second-move").await;
        if of_before {
            undate(&bench);
        }
        local(&bench, "put", "/api/v1/privacy/retention", r#"{"reasons": 1}"#).await;
        for (at, first, second) in [
            ("2026-12-24T23:59:59Z", true, true),
            ("2026-12-25T00:00:00Z", false, true),
            ("2027-01-11T00:00:00Z", false, false),
        ] {
            bench.clock.set(at);
            // Once an hour: as if that had passed.
            local(&bench, "put", "/api/v1/privacy/retention", r#"{"reasons": 2}"#).await;
            local(&bench, "put", "/api/v1/privacy/retention", r#"{"reasons": 1}"#).await;
            bench.control.forget_old().await.unwrap();
            let trail = text(&bench, "/api/v1/audit?action=set_zone").await;
            let found = [trail.contains("the-first-move"), trail.contains("the-second-move")];
            assert_eq!(found, [first, second], "{at}, before: {of_before}: {trail}");
            let asked = text(&bench, "/api/v1/top-ups").await;
            assert!(asked.contains("one more pass"), "{asked}");
        }
        let verified = local(&bench, "get", "/api/v1/audit/verify", "").await;
        assert_eq!(verified["good"], true, "{verified}");
        let files =
            ["purser.db", "purser.db-wal"].map(|file| std::fs::read(bench.folder().join(file)).unwrap_or_default());
        let kept = |text: &[u8]| files.iter().any(|file| file.windows(text.len()).any(|at| at == text));
        assert!(
            !kept(b"the-first-move") && !kept(b"the-second-move") && kept(b"one more pass"),
            "what is erased is overwritten"
        );
    }
}

#[tokio::test]
async fn there_are_no_boards_under_the_works_councils_profile() {
    let bench = Bench::new().await;
    local(&bench, "put", "/api/v1/boards/settings", r#"{"on": true}"#).await;
    local(&bench, "put", "/api/v1/privacy/profile", COUNCIL).await;
    assert_eq!(local(&bench, "get", "/api/v1/boards/settings", "").await["on"], false);
    let roles = vec!["admin".to_owned()];
    let key = NewAdminKey { label: "admin".to_owned(), roles, person: None };
    let key = bench.control.add_admin_key(None, key).await.unwrap().key.unwrap();
    let on = with_key(&bench, &key, "put", "/api/v1/boards/settings", r#"{"on": true}"#).await;
    assert_eq!((on.status, on.code().as_str()), (409, "conflict"), "{on:?}");
    local(&bench, "put", "/api/v1/privacy/profile", r#"{"profile": "standard"}"#).await;
    assert_eq!(
        local(&bench, "get", "/api/v1/boards/settings", "").await["on"],
        false,
        "whoever wants them switches them on"
    );
}
