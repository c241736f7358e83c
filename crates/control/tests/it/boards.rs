//! Boards: who is on one, who sees it, and what moves nobody.

use purser_control::shape::{Key, Person};
use purser_core::id::RunId;
use serde_json::{Value, json};

use crate::bench::Bench;
use crate::money::{hold, settle_as};
use crate::web::{Got, local, with_key};

const MONTH: &str = "people-outcomes-2026-12";

/// Somebody with a key for calls and one of their own for the API.
struct Worker {
    person: Person,
    key: Key,
    own: String,
}

struct Company {
    bench: Bench,
    people: Vec<Worker>,
}

impl Company {
    /// People who work eight days of December, four dollars each; the last of them achieves the most.
    async fn new(count: usize) -> Self {
        let bench = Bench::new().await;
        for unit in ["Platform", "Sales"] {
            let new = json!({ "name": unit, "parent": null, "zone": "UTC" });
            bench.control.add_unit(None, serde_json::from_value(new).unwrap()).await.unwrap();
        }
        let mut people = Vec::new();
        for no in 0..count {
            let person = bench.person(&format!("Person {no}")).await;
            let to = serde_json::from_value(json!({ "unit": if no == 0 { "Sales" } else { "Platform" } })).unwrap();
            bench.control.move_person(None, &person.id.to_string(), to).await.unwrap();
            bench.grant(&person, "1000/month").await;
            let key = bench.key(&person).await;
            let new = json!({ "label": "own", "roles": ["employee"], "person": person.id });
            let own = bench.control.add_admin_key(None, serde_json::from_value(new).unwrap()).await.unwrap();
            people.push(Worker { person, key, own: own.key.unwrap() });
        }
        let company = Self { bench, people };
        for day in 1..=8 {
            company.bench.clock.set(&format!("2026-12-{day:02}T12:00:00Z"));
            for (no, worker) in (1_u64..).zip(&company.people) {
                company.call(worker, u128::from(no), "4", true);
                let outcome = json!({ "kind": "report", "count": no, "run": null });
                let agent = company.bench.control.agent(worker.key.key.as_deref().unwrap()).unwrap();
                agent.log_outcome(serde_json::from_value(outcome).unwrap()).await.unwrap();
            }
        }
        company
    }

    fn call(&self, worker: &Worker, run: u128, charge: &str, human: bool) {
        settle_as(&self.bench, hold(&self.bench, &worker.key, "5"), charge, |record| {
            record.run = Some(RunId::new(run));
            record.human = human;
        });
    }

    async fn switch(&self, body: &Value) {
        local(&self.bench, "put", "/api/v1/boards/settings", &body.to_string()).await;
    }

    async fn ask(&self, no: usize, method: &str, path: &str, body: &Value) -> Got {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        with_key(&self.bench, &self.people[no].own, method, &format!("/api/v1/boards{path}"), &body).await
    }

    async fn join(&self, who: std::ops::Range<usize>) {
        for no in who {
            let got = self.ask(no, "post", "/membership", &json!({})).await;
            assert!(got.status == 200 && got.json()["joined"].is_string(), "{got:?}");
        }
    }

    async fn board(&self, no: usize, id: &str) -> Value {
        let got = self.ask(no, "get", &format!("/{id}"), &Value::Null).await;
        assert_eq!(got.status, 200, "{got:?}");
        for worker in &self.people {
            let (id, name) = (worker.person.id.to_string(), worker.person.name.clone().unwrap());
            assert!(!got.text.contains(&id) && !got.text.contains(&name), "somebody is named: {got:?}");
        }
        got.json()
    }
}

/// The rows but for who asks.
fn rows(board: &Value) -> Vec<(u64, String, String)> {
    let row = |row: &Value| {
        let text = |field: &str| row[field].as_str().unwrap().to_owned();
        (row["rank"].as_u64().unwrap(), text("name"), text("figure"))
    };
    board["items"].as_array().unwrap().iter().map(row).collect()
}

#[tokio::test]
async fn four_members_are_hidden_five_are_shown_and_who_leaves_is_gone_at_once() {
    let company = Company::new(6).await;
    let off = company.ask(0, "get", "", &Value::Null).await.json();
    assert_eq!((&off["on"], &off["items"]), (&json!(false), &json!([])));
    assert_eq!(company.ask(0, "get", &format!("/{MONTH}"), &Value::Null).await.status, 404);
    let too_soon = company.ask(0, "post", "/membership", &json!({})).await;
    assert_eq!(too_soon.code(), "conflict", "{too_soon:?}");

    company.switch(&json!({ "on": true })).await;
    company.join(0..4).await;
    let four = company.board(0, MONTH).await;
    assert_eq!((&four["hidden"], &four["items"], &four["total"]), (&json!(true), &json!([]), &json!(0)), "{four}");
    company.join(4..5).await;
    let five = company.board(0, MONTH).await;
    let figures: Vec<_> = rows(&five).into_iter().map(|(rank, _, figure)| (rank, figure)).collect();
    // Thirty-two dollars each: eight things are 25 for a hundred, forty are 125, of which two digits are shown.
    let expected = [(1, "130.00"), (2, "100.00"), (3, "75.00"), (4, "50.00"), (5, "25.00")];
    assert_eq!(figures, expected.map(|(rank, figure)| (rank, figure.to_owned())), "{five}");
    assert_eq!(five["items"][4]["you"], true, "the first person achieves the least");
    assert_eq!(five["items"][4]["name"], five["you"]["name"]);
    // Who is on none sees the same, and nothing of themselves.
    let from_outside = company.board(5, MONTH).await;
    assert_eq!(rows(&from_outside), rows(&five));
    assert_eq!(from_outside["you"], Value::Null);
    let teams = company.board(5, "teams-outcomes-2026-12").await;
    assert_eq!(teams["hidden"], true, "four of them are in Platform");

    let left = company.ask(2, "delete", "/membership", &Value::Null).await;
    assert_eq!((left.status, &left.json()["joined"]), (200, &Value::Null));
    assert_eq!(company.board(0, MONTH).await["hidden"], true, "in the next answer");
    company.join(5..6).await;
    let others = company.board(0, MONTH).await;
    let mine = |board: &Value, no: usize| {
        board["items"].as_array().unwrap().iter().position(|row| row["you"] == true) == Some(no)
    };
    assert!(rows(&others).len() == 5 && mine(&others, 4), "{others}");
    assert!(rows(&five).iter().any(|row| !rows(&others).contains(row)), "theirs is not there any more");
    // Who comes back is on boards from then on.
    company.bench.clock.set("2027-01-10T12:00:00Z");
    company.join(2..3).await;
    assert_eq!(rows(&company.board(0, MONTH).await), rows(&others));
    assert_eq!(company.board(2, MONTH).await["you"], Value::Null);
    assert_eq!(company.board(0, "people-outcomes-2027-01").await["hidden"], true, "nobody has done anything yet");
    // Somebody who has left the company is a member no longer.
    let gone = company.people[1].person.id.to_string();
    local(&company.bench, "delete", &format!("/api/v1/people/{gone}"), "").await;
    assert_eq!(company.board(0, MONTH).await["hidden"], true);
    purser_control::jobs::once(&company.bench.control).await;
    let ended = local(&company.bench, "get", &format!("/api/v1/audit?action=board&target={gone}"), "").await;
    assert_eq!(ended["items"].as_array().unwrap().len(), 1, "their membership has ended by itself: {ended}");
}

#[tokio::test]
async fn a_script_that_repeats_itself_is_flagged_and_moves_no_rank() {
    let company = Company::new(6).await;
    company.switch(&json!({ "on": true })).await;
    company.join(0..6).await;
    let pace = "people-pace-2026-12";
    let before = [company.board(1, MONTH).await, company.board(1, pace).await];
    assert_eq!(rows(&before[0]).len(), 6);
    let script = &company.people[1];
    for _ in 0..120 {
        company.call(script, 900, "0.05", false);
    }
    company.bench.clock.set("2026-12-08T12:15:00Z");
    let path = format!("/api/v1/flags?from=2026-12-01&person={}", script.person.id);
    let flags = local(&company.bench, "get", &path, "").await;
    assert_eq!(flags["items"][0]["kind"], "repeated", "{flags}");
    let after = [company.board(1, MONTH).await, company.board(1, pace).await];
    assert_eq!(after.each_ref().map(rows), before.each_ref().map(rows), "six dollars of it move nobody");
    assert_ne!(after[0]["counted"], before[0]["counted"], "they were counted again");
    for _ in 0..400 {
        company.call(script, 900, "0.05", false);
    }
    company.bench.clock.set("2026-12-08T12:30:00Z");
    let much = company.board(1, MONTH).await;
    assert_eq!(much["you"]["not_ranked"], "flagged", "{much}");
    let left = rows(&much);
    assert!(left.len() == 5 && rows(&before[0]).iter().filter(|row| row.2 != "50.00").count() == 5, "{much}");
    let others = company.board(2, MONTH).await;
    assert_eq!((rows(&others), &others["you"]["not_ranked"]), (left, &Value::Null), "only they are told");
    // A run that a breaker holds back counts for nothing either.
    for _ in 0..3 {
        company.call(&company.people[2], 901, "2", true);
    }
    let tripped = purser_core::stop::Tripped {
        breaker: purser_core::breaker::Breaker::Repeat,
        seen: "the same step nine times".to_owned(),
    };
    company.bench.control.hold_back(RunId::new(901), tripped).await.unwrap();
    let agent = company.bench.control.agent(company.people[2].key.key.as_deref().unwrap()).unwrap();
    let claimed = json!({ "kind": "report", "count": 9, "run": RunId::new(901) });
    agent.log_outcome(serde_json::from_value(claimed).unwrap()).await.unwrap();
    company.bench.clock.set("2026-12-08T12:45:00Z");
    assert_eq!(rows(&company.board(2, MONTH).await), rows(&others));
}

#[tokio::test]
async fn only_employees_see_boards_under_names_that_lead_nowhere() {
    let company = Company::new(6).await;
    company.switch(&json!({ "on": true, "without": ["Sales"] })).await;
    let not_here = company.ask(0, "post", "/membership", &json!({})).await;
    assert_eq!(not_here.code(), "conflict", "there are no boards in Sales: {not_here:?}");
    let another = company.ask(1, "post", "/membership", &json!({ "person": company.people[2].person.id })).await;
    assert_eq!(another.status, 403, "{another:?}");
    let theirs = format!("/membership?person={}", company.people[2].person.id);
    assert_eq!(company.ask(1, "delete", &theirs, &Value::Null).await.status, 403);
    assert_eq!(company.ask(1, "put", "/settings", &json!({ "on": false })).await.status, 403);
    assert_eq!(company.ask(1, "post", "/membership", &json!({ "words": "Amber Boss" })).await.status, 400);
    let chosen = json!({ "words": "amber otter" });
    assert_eq!(company.ask(1, "post", "/membership", &chosen).await.status, 200);
    assert_eq!(company.ask(1, "post", "/membership", &json!({ "words": "Blue Owl" })).await.code(), "conflict");
    company.join(2..6).await;
    for role in ["admin", "people", "finance", "manager:Platform"] {
        let new = json!({ "label": role, "roles": [role], "person": null });
        let key = company.bench.control.add_admin_key(None, serde_json::from_value(new).unwrap()).await.unwrap();
        for path in ["/api/v1/boards".to_owned(), format!("/api/v1/boards/{MONTH}")] {
            let got = with_key(&company.bench, key.key.as_deref().unwrap(), "get", &path, "").await;
            assert_eq!(got.status, 403, "{role}: {got:?}");
        }
    }
    let name = async |id: &str| company.board(1, id).await["you"]["name"].as_str().unwrap().to_owned();
    let names = [name(MONTH).await, name("people-pace-2026-12").await];
    assert!(names.iter().all(|name| name.starts_with("Amber Otter ")) && names[0] != names[1], "{names:?}");
    assert_eq!(name(MONTH).await, names[0], "the same all month");
    company.bench.clock.set("2027-01-03T12:00:00Z");
    let next = name("people-outcomes-2027-01").await;
    assert!(!names.contains(&next), "{next}");
    assert_eq!(name(MONTH).await, names[0], "a month's name stays");
    let trail = local(&company.bench, "get", "/api/v1/audit?from=2026-12-01", "").await.to_string();
    assert!(!trail.contains("Otter") && trail.contains("join_boards"), "{trail}");
    let members = company.ask(1, "get", &format!("/{MONTH}"), &Value::Null).await.json();
    assert_eq!(members["total"], 5);
    // Their unit is left out now; then there are none at all, and who was a member is one no longer.
    company.switch(&json!({ "on": true, "without": ["Platform"] })).await;
    assert_eq!(company.board(1, MONTH).await["hidden"], true);
    company.switch(&json!({ "on": false })).await;
    company.switch(&json!({ "on": true, "without": [] })).await;
    assert_eq!(company.ask(1, "get", "", &Value::Null).await.json()["joined"], Value::Null);
    assert_eq!(company.board(1, MONTH).await["hidden"], true);
    assert_eq!(company.ask(1, "get", "/people-outcomes-2024-01", &Value::Null).await.status, 404);
}
