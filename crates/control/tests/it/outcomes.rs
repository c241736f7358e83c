//! Outcomes: told of by scripts, spreadsheets and webhooks; counted once, taken back, forgotten.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use purser_control::shape::Person;
use purser_core::id::{CommandId, OutcomeId};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::bench::Bench;
use crate::web::{Got, ask, local, with_key};

/// The journal's kind of what happens to administration.
const KIND_ADMIN: u8 = 2;

async fn key(bench: &Bench, role: &str, person: Option<&Person>) -> String {
    let new = json!({ "label": role, "roles": [role], "person": person.map(|person| person.id) });
    local(bench, "post", "/api/v1/admin-keys", &new.to_string()).await["key"].as_str().unwrap().to_owned()
}

async fn tell(bench: &Bench, key: &str, body: &Value) -> Got {
    with_key(bench, key, "post", "/api/v1/outcomes", &body.to_string()).await
}

/// How many were taken in, known, and taken back.
fn check(got: &Got, taken: u64, known: u64, back: u64) {
    assert_eq!(got.status, 200, "{got:?}");
    let told = got.json();
    let counts = ["taken", "known", "taken_back"].map(|field| told[field].as_u64().unwrap());
    assert_eq!(counts, [taken, known, back], "{told}");
}

/// What the list shows: kinds and counts, the latest first, and which are taken back.
async fn listed(bench: &Bench) -> Vec<(String, u64, bool)> {
    let list = local(bench, "get", "/api/v1/outcomes", "").await;
    let items = list["items"].as_array().unwrap();
    assert_eq!(list["total"].as_u64(), Some(items.len() as u64));
    let shown = |it: &Value| {
        (it["kind"].as_str().unwrap().to_owned(), it["count"].as_u64().unwrap(), !it["taken_back"].is_null())
    };
    items.iter().map(shown).collect()
}

#[tokio::test]
async fn what_is_told_twice_counts_once_and_what_is_taken_back_no_longer() {
    let bench = Bench::new().await;
    bench.person("Person 1").await;
    let script = key(&bench, "people", None).await;
    let one = |id: &str, kind: &str| json!({ "person": "Person 1", "kind": kind, "id": id, "at": "2026-11-20" });
    let body = json!({ "source": "tracker", "outcomes": [one("7", "merged_change"), one("8", "Month_Close")] });
    check(&tell(&bench, &script, &body).await, 2, 0, 0);
    check(&tell(&bench, &script, &body).await, 0, 2, 0);
    let otherwise = json!({ "source": "tracker", "outcomes": [one("7", "report")] });
    let refused = tell(&bench, &script, &otherwise).await;
    assert!(refused.status == 400 && refused.text.contains("it was told of before"), "{refused:?}");
    // The same id of another system is another thing.
    let other = json!({ "source": "other", "outcomes": [one("7", "merged_change")] });
    check(&tell(&bench, &script, &other).await, 1, 0, 0);
    let back = |id: &str| json!({ "source": "tracker", "outcomes": [{ "id": id, "taken_back": "2026-11-21" }] });
    check(&tell(&bench, &script, &back("7")).await, 0, 0, 1);
    check(&tell(&bench, &script, &back("7")).await, 0, 0, 0);
    // Taken back before it is told of.
    check(&tell(&bench, &script, &back("9")).await, 0, 0, 0);
    check(&tell(&bench, &script, &json!({ "source": "tracker", "outcomes": [one("9", "report")] })).await, 1, 0, 1);
    let shown = listed(&bench).await;
    assert_eq!(shown.iter().filter(|(_, _, back)| *back).count(), 2, "{shown:?}");
    let bench = bench.restart().await;
    assert_eq!(listed(&bench).await, shown);
    assert!(bench.control.verify_audit().await.unwrap().good);
    let trail = local(&bench, "get", "/api/v1/audit?action=record_outcomes", "").await;
    assert_eq!(trail["items"].as_array().unwrap().len(), 5, "an entry where something changed: {trail}");
}

#[tokio::test]
async fn mistakes_are_named_by_place_and_nothing_is_taken_in_unless_the_good_ones_are_wanted() {
    let bench = Bench::new().await;
    let person = bench.person("Person 1").await;
    let script = key(&bench, "people", None).await;
    let outcomes = json!([
        { "person": "Person 1", "kind": "report" },
        { "person": "Nobody", "kind": "report" },
        { "person": person.id, "kind": "vibes" },
        { "person": "nobody@example.com", "kind": "report" },
        { "person": "Person 1", "kind": "report", "at": "2099-01-01" },
        { "person": "Person 1", "kind": "report", "count": 0 },
        { "person": "Person 1", "kind": "report", "link": "javascript:alert(1)" },
        { "id": "", "taken_back": "2026-11-20" },
        { "kind": "report" },
    ]);
    let refused = tell(&bench, &script, &json!({ "outcomes": outcomes })).await;
    assert_eq!((refused.status, refused.code().as_str()), (400, "invalid"), "{refused:?}");
    for line in 2..=9 {
        assert!(refused.text.contains(&format!("line {line}, ")), "{line}: {}", refused.text);
    }
    assert!(listed(&bench).await.is_empty());
    let preview = tell(&bench, &script, &json!({ "outcomes": outcomes, "preview": true })).await;
    check(&preview, 1, 0, 0);
    assert!(listed(&bench).await.is_empty());
    let partial = tell(&bench, &script, &json!({ "outcomes": outcomes, "partial": true })).await;
    check(&partial, 1, 0, 0);
    assert_eq!(partial.json()["mistakes"].as_array().unwrap().len(), 8);
    let agent = tell(&bench, &script, &json!({ "source": "agent", "outcomes": outcomes })).await;
    assert!(agent.text.contains("is no name of a source"), "{agent:?}");
}

#[tokio::test]
async fn people_tell_of_their_own_outcomes_and_forget_them() {
    let bench = Bench::new().await;
    let (one, two) = (bench.person("Person 1").await, bench.person("Person 2").await);
    let own = key(&bench, "employee", Some(&one)).await;
    check(&tell(&bench, &own, &json!({ "outcomes": [{ "kind": "report", "id": "a" }] })).await, 1, 0, 0);
    let others = tell(&bench, &own, &json!({ "outcomes": [{ "person": two.id, "kind": "report" }] })).await;
    let nobody = tell(&bench, &own, &json!({ "outcomes": [{ "person": "Nobody", "kind": "report" }] })).await;
    assert_eq!((others.status, &others.text), (403, &nobody.text), "who is there is not told");
    let script = key(&bench, "people", None).await;
    let theirs = json!({ "outcomes": [{ "person": two.id, "kind": "report", "id": "b" }] });
    check(&tell(&bench, &script, &theirs).await, 1, 0, 0);
    let back = |id: &str| json!({ "outcomes": [{ "id": id, "taken_back": "2026-11-24" }] });
    assert_eq!(tell(&bench, &own, &back("b")).await.status, 403, "somebody else's");
    let as_own = json!({ "outcomes": [{ "kind": "report", "id": "b", "taken_back": "2026-11-24" }], "partial": true });
    assert_eq!(tell(&bench, &own, &as_own).await.status, 403, "also when it is told of as one's own");
    check(&tell(&bench, &own, &back("a")).await, 0, 0, 1);
    let list = with_key(&bench, &own, "get", "/api/v1/outcomes", "").await.json();
    let mine = list["items"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!((list["total"].as_u64(), list["items"].as_array().unwrap().len()), (Some(1), 1));
    let all = local(&bench, "get", "/api/v1/outcomes", "").await;
    let other = all["items"].as_array().unwrap().iter().find(|it| it["id"] != mine.as_str()).unwrap()["id"].clone();
    let path = |id: &str| format!("/api/v1/outcomes/{id}");
    assert_eq!(with_key(&bench, &own, "delete", &path(other.as_str().unwrap()), "").await.status, 403);
    assert_eq!(with_key(&bench, &own, "delete", &path(&mine), "").await.status, 200);
    assert_eq!(listed(&bench).await.len(), 1);
    let erased = local(&bench, "delete", &format!("/api/v1/people/{}/outcomes", two.id), "").await;
    assert_eq!(erased["erased"], 1);
    assert!(listed(&bench.restart().await).await.is_empty(), "also after a restart");
}

#[tokio::test]
async fn a_spreadsheet_a_second_time_changes_nothing() {
    let bench = Bench::new().await;
    bench.person("Person 1").await;
    let import = |csv: &str| json!({ "csv": csv }).to_string();
    let csv = "person;kind;count;at\nPerson 1;report;2;2026-11-20\nPerson 1;report;2;2026-11-20\nPerson 1;month_close;;2026-10-31\n";
    let path = "/api/v1/outcomes/import";
    let script = key(&bench, "people", None).await;
    check(&with_key(&bench, &script, "post", path, &import(csv)).await, 3, 0, 0);
    check(&with_key(&bench, &script, "post", path, &import(csv)).await, 0, 3, 0);
    // A file with one line more has one outcome more.
    check(
        &with_key(&bench, &script, "post", path, &import(&format!("{csv}Person 1;report;1;2026-11-21\n"))).await,
        1,
        3,
        0,
    );
    let bad =
        with_key(&bench, &script, "post", path, &import("person,kind,count\nPerson 1,report,many\nNobody,report,1\n"))
            .await;
    assert_eq!(bad.status, 400);
    assert!(bad.text.contains("line 2, count: `many` is no count") && bad.text.contains("line 3, person: "), "{bad:?}");
    assert_eq!(listed(&bench).await.len(), 4);
}

/// HMAC-SHA-256, written a second time.
fn signed(secret: &str, message: &str) -> String {
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let pad = |with: u8| (0..64).map(|place| key.get(place).copied().unwrap_or(0) ^ with).collect::<Vec<u8>>();
    let inner = Sha256::digest([pad(0x36).as_slice(), message.as_bytes()].concat());
    format!("v1,{}", STANDARD.encode(Sha256::digest([pad(0x5c).as_slice(), inner.as_slice()].concat())))
}

async fn send(bench: &Bench, hook: &str, id: &str, seconds: i64, signature: &str, body: &str) -> Got {
    let seconds = seconds.to_string();
    let headers = [("webhook-id", id), ("webhook-timestamp", &seconds), ("webhook-signature", signature)];
    ask(bench, "post", &format!("/hooks/{hook}"), &headers, body).await
}

#[tokio::test]
async fn another_system_tells_by_a_signed_message_and_nobody_else_by_it() {
    let bench = Bench::new().await;
    bench.person("Person 1").await;
    let made = local(&bench, "post", "/api/v1/outcomes/hooks", r#"{"source": "tickets"}"#).await;
    let (hook, secret) = (made["id"].as_str().unwrap(), made["secret"].as_str().unwrap());
    let listed_hooks = local(&bench, "get", "/api/v1/outcomes/hooks", "").await;
    assert!(listed_hooks["items"][0]["secret"].is_null(), "shown once: {listed_hooks}");
    let now = "2026-11-24T12:00:00Z".parse::<purser_core::time::Instant>().unwrap().as_micros() / 1_000_000;
    let body = r#"{"type":"outcome.achieved","timestamp":"2026-11-24T11:59:00Z","data":{"person":"Person 1","kind":"ticket_resolved"}}"#;
    let sign = |id: &str, at: i64, body: &str| signed(secret, &format!("{id}.{at}.{body}"));
    check(&send(&bench, hook, "msg_1", now, &sign("msg_1", now, body), body).await, 1, 0, 0);
    check(&send(&bench, hook, "msg_1", now + 60, &sign("msg_1", now + 60, body), body).await, 0, 1, 0);
    // Several at once, beside the signature of another secret, and one taken back.
    let several =
        r#"{"data":[{"person":"Person 1","kind":"report","id":"r1"},{"person":"Person 1","kind":"report","id":"r2"}]}"#;
    let both = format!("v1,AAAA {}", sign("msg_2", now, several));
    check(&send(&bench, hook, "msg_2", now, &both, several).await, 2, 0, 0);
    let back = r#"{"type":"outcome.taken_back","data":{"id":"r1","taken_back":"2026-11-24"}}"#;
    check(&send(&bench, hook, "msg_3", now, &sign("msg_3", now, back), back).await, 0, 0, 1);
    assert_eq!(listed(&bench).await.len(), 3);
    let trail = local(&bench, "get", "/api/v1/audit?action=take_hook", "").await;
    assert_eq!(trail["items"][0]["actor"], hook, "{trail}");

    let right = sign("msg_4", now, body);
    for (case, got) in [
        ("another body", send(&bench, hook, "msg_4", now, &right, &body.replace("Person 1", "Person 2")).await),
        ("another id", send(&bench, hook, "msg_5", now, &right, body).await),
        ("another time", send(&bench, hook, "msg_4", now + 1, &right, body).await),
        ("too old", send(&bench, hook, "msg_4", now - 301, &sign("msg_4", now - 301, body), body).await),
        ("too new", send(&bench, hook, "msg_4", now + 301, &sign("msg_4", now + 301, body), body).await),
        ("unsigned", send(&bench, hook, "msg_4", now, "", body).await),
        ("no hook", send(&bench, "hok_nothing", "msg_4", now, &right, body).await),
    ] {
        assert_eq!((got.status, got.code().as_str()), (401, "unauthorized"), "{case}: {got:?}");
    }
    let wrong = r#"{"data":{"person":"Person 1","kind":"vibes"}}"#;
    assert_eq!(send(&bench, hook, "msg_6", now, &sign("msg_6", now, wrong), wrong).await.status, 400);
    // Also after a restart, since its secret is not kept but made again.
    let (hook, secret) = (hook.to_owned(), secret.to_owned());
    let bench = bench.restart().await;
    let signature = signed(&secret, &format!("msg_7.{now}.{body}"));
    check(&send(&bench, &hook, "msg_7", now, &signature, body).await, 1, 0, 0);
    local(&bench, "delete", &format!("/api/v1/outcomes/hooks/{hook}"), "").await;
    let signature = signed(&secret, &format!("msg_8.{now}.{body}"));
    assert_eq!(send(&bench, &hook, "msg_8", now, &signature, body).await.status, 401, "revoked");
    assert!(bench.control.verify_audit().await.unwrap().good);
}

#[tokio::test]
async fn outcomes_of_older_journals_are_moved_once() {
    let bench = Bench::new().await;
    let person = bench.person("Person 1").await;
    let key = bench.key(&person).await;
    for (bits, kind) in [(7_u128, "report"), (8, "month_close")] {
        let event = json!({ "outcome_logged": {
            "outcome": OutcomeId::new(bits), "by": { "actor": { "call_key": key.id }, "person": person.id },
            "kind": kind, "count": bits, "at": "2026-11-24T10:00:00Z",
        }});
        bench.ledger.event(CommandId::new(bits), KIND_ADMIN, event.to_string().as_bytes()).unwrap();
    }
    let bench = bench.restart().await;
    let shown = listed(&bench).await;
    assert_eq!(shown, [("month_close".to_owned(), 8, false), ("report".to_owned(), 7, false)]);
    local(&bench, "delete", &format!("/api/v1/outcomes/{}", OutcomeId::new(7)), "").await;
    assert_eq!(listed(&bench.restart().await).await.len(), 1, "what was forgotten does not come back");
}

#[tokio::test]
async fn outcomes_come_in_pages_for_everybody_and_for_those_of_a_unit() {
    let bench = Bench::new().await;
    local(&bench, "post", "/api/v1/units", r#"{"name": "Platform", "zone": "UTC"}"#).await;
    for number in 1..=12 {
        let unit = if number <= 2 { json!("Platform") } else { Value::Null };
        let new = json!({ "name": format!("Person {number}"), "zone": "UTC", "unit": unit });
        local(&bench, "post", "/api/v1/people", &new.to_string()).await;
    }
    let one = |number: u32, day: u32| json!({ "person": format!("Person {number}"), "kind": "report", "at": format!("2026-11-{day:02}") });
    let outcomes: Vec<Value> = (1..=12).flat_map(|number| (1..=5).map(move |day| one(number, day))).collect();
    let script = key(&bench, "people", None).await;
    check(&tell(&bench, &script, &json!({ "outcomes": outcomes })).await, 60, 0, 0);
    let manager = key(&bench, "manager:Platform", None).await;
    for (key, total) in [(&script, 60), (&manager, 10)] {
        let (mut days, mut after, mut ids) = (Vec::new(), String::new(), std::collections::BTreeSet::new());
        loop {
            let page = with_key(&bench, key, "get", &format!("/api/v1/outcomes?limit=7{after}"), "").await.json();
            assert_eq!(page["total"].as_u64(), Some(total));
            for item in page["items"].as_array().unwrap() {
                days.push(item["at"].as_str().unwrap().to_owned());
                assert!(ids.insert(item["id"].as_str().unwrap().to_owned()), "each once");
            }
            let Some(next) = page["next"].as_str() else { break };
            after = format!("&after={next}");
        }
        assert_eq!(ids.len() as u64, total);
        assert!(days.is_sorted_by(|a, b| a >= b), "the latest first");
    }
}
