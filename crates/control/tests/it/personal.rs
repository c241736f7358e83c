//! Everything about somebody: that it is all of what is kept, nothing of others, and for whom it is.

use std::collections::BTreeMap;

use purser_control::shape::{ClosePeriod, DataMap, NewAdminKey, Person};
use purser_core::id::RunId;
use purser_store::Denial;
use serde_json::{Value, json};

use crate::bench::Bench;
use crate::money::{hold, settle_as};
use crate::web::{ask, local, with_key};

const PASSWORD: &str = "five words in a row";

/// Somebody about whom there is a bit of everything, another one, and the key that the first one asks with.
async fn company() -> (Bench, Person, Person, String) {
    let bench = crate::offers::company("400000").await;
    // Each charge closes a section, so that it is in sums and indexes too.
    let file = rusqlite::Connection::open(bench.folder().join("purser.db")).unwrap();
    file.busy_timeout(std::time::Duration::from_mins(1)).unwrap();
    file.execute("UPDATE progress SET section_charges = 1", []).unwrap();
    drop(file);
    let bench = bench.restart().await;
    let person = crate::offers::hired(&bench).await;
    let other = bench.person("The other one").await;
    let id = person.id.to_string();
    for of in [&person, &other] {
        bench.grant(of, "20/day").await;
        let key = bench.key(of).await;
        let (run, at) = (RunId::new(of.id.get()), "2026-11-24T12:00:00Z".parse().unwrap());
        settle_as(&bench, hold(&bench, &key, "5"), "0.25", |record| record.run = Some(run));
        let reason = "over_budget".to_owned();
        let denial = Denial { at, key: key.id, person: of.id, reason, funded: false, count: 3 };
        bench.denials.record(&[denial]).unwrap();
        let email = format!("{}@example.com", of.id);
        let login = json!({ "email": email, "roles": ["employee"], "person": of.id, "password": PASSWORD });
        local(&bench, "post", "/api/v1/logins", &login.to_string()).await;
        let signs_in = json!({ "email": email, "password": PASSWORD }).to_string();
        assert_eq!(ask(&bench, "post", "/api/v1/session", &[], &signs_in).await.status, 200);
        let outcome = json!({ "source": "wiki", "outcomes": [{ "person": of.id, "kind": "report", "id": of.id }] });
        local(&bench, "post", "/api/v1/outcomes", &outcome.to_string()).await;
        let asks = json!({ "person": of.id, "amount": "1", "reason": format!("one more pass for {}", of.id) });
        local(&bench, "post", "/api/v1/top-ups", &asks.to_string()).await;
        let budget = json!({ "owner": key.id, "amount": "900/month" }).to_string();
        local(&bench, "post", "/api/v1/budgets", &budget).await;
        let told = json!({ "person": of.id, "requests": [{ "tool": "claude-code", "session": of.id, "source": "history",
            "id": format!("{:016x}", of.id.get() & 0xffff), "used_at": "2026-11-23T12:00:00Z",
            "model": "claude-opus-5-5", "usage": { "output": 10 } }] });
        local(&bench, "post", "/api/v1/observed", &told.to_string()).await;
    }
    let new = NewAdminKey { label: "own".to_owned(), roles: vec!["employee".to_owned()], person: Some(id.clone()) };
    let own = bench.control.add_admin_key(None, new).await.unwrap().key.unwrap();
    // They look at somebody, and are looked at; one alarm of each is one event.
    for of in [&person, &other] {
        local(&bench, "get", &format!("/api/v1/people/{}", of.id), "").await;
    }
    let lead = json!({ "label": "lead", "roles": ["people"], "person": id }).to_string();
    let lead = local(&bench, "post", "/api/v1/admin-keys", &lead).await;
    let lead = lead["key"].as_str().unwrap();
    let looked = with_key(&bench, lead, "get", &format!("/api/v1/people/{}", other.id), "").await;
    assert_eq!(looked.status, 200, "{looked:?}");
    let rules = r#"{"used_percent": [1], "shortest": "day"}"#;
    local(&bench, "post", "/api/v1/alarms/rules", rules).await;
    bench.control.tend_alarms().await.unwrap();
    // A reason of the trail, and a closed month.
    let moved = json!({ "zone": "Europe/Paris" }).to_string();
    let bearer = format!("Bearer {lead}");
    let reason = [("authorization", bearer.as_str()), ("purser-reason", "asked%20for%20it%20themselves")];
    let moved = ask(&bench, "put", &format!("/api/v1/people/{id}/zone"), &reason, &moved).await;
    assert_eq!(moved.status, 200, "{moved:?}");
    bench.clock.set("2026-12-01T12:00:00Z");
    bench.control.close_period(None, ClosePeriod { month: "2026-11".to_owned() }).await.unwrap();
    (bench, person, other, own)
}

/// The records of a file: the first, those between by their name, the last.
fn records(text: &str) -> (Value, BTreeMap<String, Vec<Value>>, Value) {
    let mut lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (total, about) = (lines.pop().unwrap()["total"].take(), lines.remove(0)["about"].take());
    let mut all: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for line in lines {
        let Value::Object(line) = line else { panic!("{line}") };
        let (name, record) = line.into_iter().next().unwrap();
        all.entry(name).or_default().push(record);
    }
    (about, all, total)
}

/// How many rows of each table of the real database have an id in any of their columns, as bytes or within a text.
fn rows_with(bench: &Bench, id: u128, text: &str) -> BTreeMap<String, usize> {
    let file = rusqlite::Connection::open(bench.folder().join("purser.db")).unwrap();
    let names = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
    let names: Vec<String> =
        file.prepare(names).unwrap().query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let mut found = BTreeMap::new();
    for table in names {
        let mut columns = file.prepare("SELECT name FROM pragma_table_info(?1)").unwrap();
        let columns: Vec<String> = columns.query_map([&table], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        let has = columns.iter().map(|column| format!("\"{column}\" = ?1 OR instr(\"{column}\", ?2) > 0"));
        let sql = format!("SELECT count(*) FROM {table} WHERE {}", has.collect::<Vec<_>>().join(" OR "));
        let count: usize = file
            .query_row(&sql, (id.to_be_bytes().to_vec(), text), |row| row.get::<_, i64>(0))
            .unwrap()
            .try_into()
            .unwrap();
        if count > 0 {
            found.insert(table, count);
        }
    }
    found
}

#[tokio::test]
async fn whatever_table_has_somebody_in_it_is_in_their_export_or_says_why_not() {
    let (bench, person, other, own) = company().await;
    let got = with_key(&bench, &own, "get", "/api/v1/me/export", "").await;
    assert_eq!((got.status, got.headers["content-type"].to_str().unwrap()), (200, "application/jsonl; charset=utf-8"));
    let (about, all, total) = records(&got.text);
    assert_eq!((&about["person"], &about["form"]), (&json!(person.id), &json!("purser.person/1")), "{about}");
    let counts: BTreeMap<String, u64> = serde_json::from_value(total["records"].clone()).unwrap();
    let found = all.iter().map(|(name, records)| (name.clone(), u64::try_from(records.len()).unwrap())).collect();
    assert_eq!(counts, found, "the last record counts all of the others");
    for name in all.keys() {
        assert!(about["records"][name].is_string(), "{name} is announced");
    }
    // The real database, table by table: after a restart everything is in it.
    let rows = rows_with(&bench, person.id.get(), &person.id.to_string());
    assert!(rows.len() > 12, "{rows:?}");
    for (table, count) in &rows {
        match about["left_out"][table].as_str() {
            Some(why) => assert!(why.len() > 10, "{table}: {why}"),
            None => assert!(all.get(table).is_some_and(|given| given.len() >= *count), "{table} has {count}: {rows:?}"),
        }
    }
    let events = all["event"].len();
    assert!(events >= rows["event"], "{events} of {rows:?}");
    // What is found by their other ids.
    for name in [
        "person",
        "pay",
        "balance",
        "grant",
        "key",
        "top_up",
        "boards",
        "charge",
        "statement",
        "look",
        "people_private",
        "account",
        "login_private",
        "session_private",
        "label_private",
        "note_private",
        "offer_versions_private",
        "offer_letters_private",
        "offer_notes_private",
        "run",
        "usage_by_run",
        "key_of_person",
        "denial",
        "observed",
        "outcome_private",
        "outcome_word_private",
        "look_private",
    ] {
        assert!(all.contains_key(name), "{name}: {counts:?}");
    }
    assert!(got.text.contains("300123"), "what they are paid is theirs");
    let notes: Vec<&str> = all["note_private"].iter().filter_map(|note| note["text"].as_str()).collect();
    assert!(notes.contains(&"asked for it themselves") && notes.iter().any(|note| note.contains("one more pass")));
    assert_eq!(all["charge"][0]["run"], json!(RunId::new(person.id.get())), "what only a charge's record has");
    // Nothing of others but their ids where they did something, and no secret.
    let key = own.split_once('-').unwrap().1;
    for nothing in
        ["The other one", "argon2", key, &format!("{}@example.com", other.id), &format!("pass for {}", other.id)]
    {
        assert!(!got.text.contains(nothing), "{nothing}");
    }
    assert_eq!(all["login_private"][0]["password"], "(withheld)");
    for name in ["charge", "denial", "outcome_private", "run", "observed"] {
        let whose = all[name].iter().all(|record| record["person"] == json!(person.id));
        assert!(whose, "{name}: {:?}", all[name]);
    }
    let alarms: Vec<&Value> = all["event"].iter().filter(|event| event.to_string().contains("alarms")).collect();
    assert!(!alarms.is_empty() && alarms.iter().all(|event| !event.to_string().contains(&other.id.to_string())));
}

#[tokio::test]
async fn an_export_is_for_oneself_and_for_whoever_looks_after_people_and_the_trail_has_it() {
    let (bench, person, other, own) = company().await;
    let key = |role: &'static str| {
        let new = NewAdminKey { label: role.to_owned(), roles: vec![role.to_owned()], person: None };
        let made = bench.control.add_admin_key(None, new);
        async { made.await.unwrap().key.unwrap() }
    };
    let (people, auditor, admin) = (key("people").await, key("auditor").await, key("admin").await);
    let path = |of: &Person| format!("/api/v1/people/{}/export", of.id);
    for (key, of, status) in [
        (&own, &person, 200),
        (&own, &other, 403),
        (&people, &person, 200),
        (&auditor, &person, 403),
        (&admin, &person, 403),
    ] {
        assert_eq!(with_key(&bench, key, "get", &path(of), "").await.status, status, "{key}");
    }
    let nobody = with_key(&bench, &people, "get", "/api/v1/me/export", "").await;
    assert_eq!((nobody.status, nobody.code().as_str()), (404, "not_found"), "{nobody:?}");
    let trail = local(&bench, "get", "/api/v1/audit?action=person_export&outcome=read", "").await;
    let targets: Vec<&Value> = trail["items"].as_array().unwrap().iter().map(|entry| &entry["targets"][0]).collect();
    assert_eq!(targets, [&json!(person.id), &json!(person.id)], "{trail}");
    // Whoever is exported sees that somebody did it.
    let looks = with_key(&bench, &own, "get", "/api/v1/me/looks", "").await.text;
    assert!(looks.contains("person_export"), "{looks}");
}

#[tokio::test]
async fn the_map_describes_every_table_that_there_is() {
    let bench = Bench::new().await;
    local(&bench, "put", "/api/v1/privacy/retention", r#"{"denials": 6}"#).await;
    local(&bench, "put", "/api/v1/privacy/profile", r#"{"profile": "works-council"}"#).await;
    let map: DataMap = serde_json::from_value(local(&bench, "get", "/api/v1/privacy/map", "").await).unwrap();
    assert_eq!(map.not_described, [] as [String; 0], "describe it in control/src/privacy/kept/tables.rs");
    let file = rusqlite::Connection::open(bench.folder().join("purser.db")).unwrap();
    let tables: i64 = file
        .query_row("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'", [], |row| {
            row.get(0)
        })
        .unwrap();
    let mut shown: Vec<&str> =
        map.items.iter().flat_map(|kind| &kind.tables).map(|table| table.table.as_str()).collect();
    shown.sort_unstable();
    shown.dedup();
    assert_eq!(i64::try_from(shown.len()).unwrap(), tables, "each is of a kind: {shown:?}");
    let kind = |word: &str| map.items.iter().find(|kind| kind.kind == word).unwrap();
    let refusals = kind("refusals");
    assert_eq!((refusals.months, refusals.setting.as_deref()), (Some(6), Some("denials")), "{refusals:?}");
    let roles = |word: &str| kind(word).seen_by.iter().map(|seen| seen.role.word()).collect::<Vec<_>>();
    assert_eq!(roles("trail"), ["admin", "auditor"]);
    let manager = kind("refusals").seen_by.iter().find(|seen| seen.role.word() == "manager").unwrap();
    assert_eq!(manager.reach, purser_control::Reach::Groups, "under this profile");
}
