//! Exports of statements: the figures of each, and together those of the ledger; to each who asks what they may see.

use std::collections::HashMap;

use purser_control::shape::{ClosePeriod, Key, NewAdminKey, NewUnit, Person, WantedStatement};
use purser_control::usage::Wanted;
use purser_core::csv::Records;
use purser_core::money::Nano;
use purser_core::usage::Usage;
use serde_json::Value;

use crate::bench::Bench;
use crate::money::{amount, hold, settle_as};
use crate::web::{local, with_key};

/// The figures of a statement that are money, as its JSON calls them.
const MONEY: [&str; 15] = [
    "opening", "granted", "moved", "used", "paid", "overrun", "expired", "voided", "closing", "rolled", "held",
    "suspense", "adjusted", "prior", "counted",
];
const COUNTS: [&str; 4] = ["calls", "input_tokens", "cached_tokens", "output_tokens"];

/// What a file says: the question, its records by kind, and the sum.
struct File {
    about: Value,
    records: Vec<(String, Value)>,
    total: Value,
}

impl File {
    async fn of(bench: &Bench, key: &str, query: &str) -> Self {
        let got = with_key(bench, key, "get", &format!("/api/v1/exports/statements?format=jsonl{query}"), "").await;
        assert_eq!(got.status, 200, "{got:?}");
        assert_eq!(got.headers["content-type"], "application/jsonl; charset=utf-8", "{got:?}");
        let lines = got.text.lines().map(|line| serde_json::from_str::<HashMap<String, Value>>(line).unwrap());
        let mut records: Vec<(String, Value)> = lines.flatten().collect();
        let (last, total) = records.pop().unwrap();
        let (first, about) = records.remove(0);
        assert_eq!((first.as_str(), last.as_str()), ("about", "total"), "{}", got.text);
        Self { about, records, total }
    }

    fn kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        self.records.iter().filter(move |(of, _)| of == kind).map(|(_, record)| record)
    }

    fn people(&self) -> Vec<&str> {
        self.kind("statement").map(|row| row["person"].as_str().unwrap()).collect()
    }
}

async fn key_of(bench: &Bench, role: &str, person: Option<&Person>) -> String {
    let person = person.map(|person| person.id.to_string());
    let new = NewAdminKey { label: role.into(), roles: role.split('+').map(str::to_owned).collect(), person };
    bench.control.add_admin_key(None, new).await.unwrap().key.unwrap()
}

async fn somebody(bench: &Bench, name: &str, unit: Option<&str>) -> (Person, Key) {
    let person = bench.person(name).await;
    if let Some(unit) = unit {
        let to = serde_json::from_value(serde_json::json!({ "unit": unit })).unwrap();
        bench.control.move_person(None, &person.id.to_string(), to).await.unwrap();
    }
    bench.grant(&person, "20/day").await;
    let key = bench.key(&person).await;
    (person, key)
}

fn sum<'a>(rows: impl Iterator<Item = &'a Value>, field: &str) -> Nano {
    rows.fold(Nano::ZERO, |sum, row| sum.checked_add(amount(row[field].as_str().unwrap())).unwrap())
}

fn count<'a>(rows: impl Iterator<Item = &'a Value>, field: &str) -> u64 {
    rows.map(|row| row[field].as_u64().unwrap()).sum()
}

/// Two people in a month of some days; the one uses 210 billion tokens.
async fn month(bench: &Bench) -> [(Person, Key); 2] {
    let people = [somebody(bench, "=The analyst", None).await, somebody(bench, "The other", None).await];
    for day in ["24", "25", "26", "27", "28"].map(|day| format!("2026-11-{day}T10:00:00Z")) {
        bench.clock.set(&day);
        settle_as(bench, hold(bench, &people[0].1, "5"), "1.000000001", |record| {
            record.usage = Usage { cache_read: 41_999_999_999, output: 1, ..Usage::default() };
        });
    }
    let first = bench.pays(&people[1].1, "0.25");
    bench.adjusts(1, first, "-0.05");
    people
}

#[tokio::test]
async fn files_say_what_each_statement_says_and_add_up_to_the_ledger() {
    let bench = Bench::new().await;
    let people = month(&bench).await;
    let running = hold(&bench, &people[1].1, "2.5");
    let finance = key_of(&bench, "finance", None).await;
    let file = File::of(&bench, &finance, "&month=2026-11").await;
    assert_eq!((&file.about["month"], file.about.get("person")), (&"2026-11".into(), None), "{}", file.about);
    for row in file.kind("statement") {
        let wanted = WantedStatement { month: Some("2026-11".to_owned()), year: None };
        let own = bench.control.signed_statement(row["person"].as_str().unwrap(), &wanted).await.unwrap();
        let own = own.content();
        for field in MONEY.into_iter().chain(COUNTS).chain(["zone", "from", "to", "status", "month"]) {
            assert_eq!(row[field], own[field], "{field}: {row}");
        }
        assert_eq!((&row["entries"], &row["last_entry"]), (&own["entries"]["count"], &own["entries"]["last"]));
        for kind in ["model", "tool"] {
            let parts = || file.kind(kind).filter(|part| part["person"] == row["person"]);
            assert_eq!(sum(parts(), "charge"), amount(row["used"].as_str().unwrap()), "{kind}");
            assert_eq!(count(parts(), "calls"), row["calls"].as_u64().unwrap(), "{kind}");
        }
    }
    let usage = bench.control.usage(Wanted::default()).await.unwrap();
    assert_eq!(amount(file.total["used"].as_str().unwrap()), usage.charge, "the sum is the ledger's");
    assert_eq!(usage.charge, amount("5.200000005"));
    assert_eq!((&file.total["statements"], &file.total["calls"]), (&2.into(), &6.into()), "{}", file.total);
    assert_eq!((&file.total["held"], &file.total["adjusted"]), (&"2.50".into(), &"-0.05".into()), "{}", file.total);
    assert_eq!(file.total["cached_tokens"].as_u64(), Some(209_999_999_995));
    assert_eq!(count(file.kind("model"), "cached_tokens"), 209_999_999_995);
    for field in MONEY {
        let total = amount(file.total[field].as_str().unwrap());
        assert_eq!(sum(file.kind("statement"), field), total, "{field}");
    }
    std::mem::forget(running);

    // In a spreadsheet every column adds up by itself, whoever knows nothing of records.
    let sheet = with_key(&bench, &finance, "get", "/api/v1/exports/statements?year=2026&names=true", "").await;
    let name = sheet.headers["content-disposition"].to_str().unwrap();
    assert!(name.contains("purser-statements-2026.csv"), "{name}");
    let mut records = Records::of(&sheet.text).map(|(_, cells)| cells);
    let columns = records.next().unwrap();
    let rows: Vec<HashMap<String, String>> = records
        .inspect(|cells| assert_eq!(cells.len(), columns.len(), "{cells:?}"))
        .map(|cells| columns.iter().cloned().zip(cells).collect())
        .collect();
    let column = |name: &str| -> Nano {
        let cells = rows.iter().map(|row| row[name].as_str()).filter(|cell| !cell.is_empty());
        cells.fold(Nano::ZERO, |sum, cell| sum.checked_add(amount(cell)).unwrap())
    };
    assert_eq!([column("used"), column("model_charge"), column("tool_charge")], [usage.charge; 3]);
    let tokens = rows.iter().filter_map(|row| row["cached_tokens"].parse::<u64>().ok()).sum::<u64>();
    assert_eq!(tokens, 209_999_999_995);
    let kinds: Vec<&str> = rows.iter().map(|row| row["record"].as_str()).collect();
    assert_eq!(kinds, ["about", "statement", "model", "tool", "statement", "model", "tool", "total"]);
    assert!(rows.iter().any(|row| row["person_name"] == "'=The analyst"), "{rows:?}");
    let note: Value = serde_json::from_str(&rows.last().unwrap()["note"]).unwrap();
    assert_eq!(amount(note["used"].as_str().unwrap()), usage.charge);

    let auditor = key_of(&bench, "auditor", None).await;
    let trail = with_key(&bench, &auditor, "get", "/api/v1/audit?action=export_statements", "").await.text;
    assert!(trail.contains("2026-11") && trail.contains("names"), "{trail}");
    for bad in ["month=2026-11&year=2026", "month=November", "year=26"] {
        let got = with_key(&bench, &finance, "get", &format!("/api/v1/exports/statements?{bad}"), "").await;
        assert_eq!((got.status, got.code().as_str()), (400, "invalid"), "{bad}: {got:?}");
    }
}

#[tokio::test]
async fn a_closed_month_is_given_as_it_was_kept() {
    let bench = Bench::new().await;
    let [(person, key), _] = month(&bench).await;
    bench.clock.set("2026-12-02T10:00:00Z");
    let finance = key_of(&bench, "finance", None).await;
    let open = File::of(&bench, &finance, "&month=2026-11").await;
    bench.control.close_period(None, ClosePeriod { month: "2026-11".to_owned() }).await.unwrap();
    bench.pays(&key, "3");
    let closed = File::of(&bench, &finance, "&month=2026-11").await;
    assert_eq!(open.total, closed.total);
    assert!(closed.kind("statement").all(|row| row["status"] == "closed"), "{:?}", closed.records);
    let period = &bench.control.periods().items[0];
    assert_eq!(closed.total["used"], period.used.to_string(), "what the journal keeps of the month");
    let december = File::of(&bench, &finance, "").await;
    assert_eq!((&december.about["month"], &december.total["used"]), (&"2026-12".into(), &"3.00".into()));
    assert!(december.people().contains(&&*person.id.to_string()));
    let before = File::of(&bench, &finance, "&month=2026-10").await;
    assert_eq!((before.people().len(), &before.total["statements"]), (0, &0.into()), "nobody was here");
}

#[tokio::test]
async fn to_each_who_asks_the_statements_that_they_may_see() {
    let bench = Bench::new().await;
    for (name, parent) in [("Engineering", None), ("Platform", Some("Engineering")), ("Sales", None)] {
        let (name, parent) = (name.to_owned(), parent.map(str::to_owned));
        let unit = NewUnit { name, parent, zone: "UTC".to_owned(), cost_centre: None };
        bench.control.add_unit(None, unit).await.unwrap();
    }
    let (near, _) = somebody(&bench, "Person 1", Some("Platform")).await;
    let (far, _) = somebody(&bench, "Person 2", Some("Sales")).await;
    let (lead, _) = somebody(&bench, "Person 3", Some("Engineering")).await;
    let ids = [&near, &far, &lead].map(|person| person.id.to_string());
    let [near_id, far_id, lead_id] = ids.each_ref().map(String::as_str);
    let finance = key_of(&bench, "finance", None).await;
    let manager = key_of(&bench, "manager:Engineering+employee", Some(&lead)).await;
    let employee = key_of(&bench, "employee", Some(&near)).await;
    let sorted = |mut ids: Vec<&str>| {
        ids.sort_unstable();
        ids.into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let council = r#"{"profile": "works-council"}"#;
    for (profile, managers) in [(r#"{"profile": "standard"}"#, vec![near_id, lead_id]), (council, vec![lead_id])] {
        local(&bench, "put", "/api/v1/privacy/profile", profile).await;
        for (key, query, seen) in [
            (&finance, "", vec![near_id, far_id, lead_id]),
            (&finance, "&unit=Engineering", vec![near_id, lead_id]),
            (&finance, "&person=Person%202", vec![far_id]),
            (&manager, "", managers.clone()),
            (&manager, "&unit=Sales", vec![]),
            (&employee, "&names=true", vec![near_id]),
        ] {
            let file = File::of(&bench, key, query).await;
            assert_eq!(sorted(file.people()), sorted(seen), "{profile} {query}");
            assert_eq!(file.total["statements"].as_u64(), Some(file.people().len() as u64), "{query}");
        }
        let path = format!("/api/v1/exports/statements?person={far_id}");
        for key in [&manager, &employee] {
            let got = with_key(&bench, key, "get", &path, "").await;
            assert_eq!(got.status, 403, "somebody else's: {got:?}");
        }
    }
    let looks = with_key(&bench, &employee, "get", "/api/v1/me/looks", "").await.text;
    assert!(looks.contains(r#""action":"export_statements""#) && looks.contains("finance"), "{looks}");
    let file = File::of(&bench, &finance, "&unit=Platform&names=true").await;
    assert_eq!(file.about["unit"], file.records[0].1["unit"], "{:?}", file.records);
    let named = (&file.records[0].1["person_name"], &file.records[0].1["unit_name"]);
    assert_eq!(named, (&"Person 1".into(), &"Platform".into()));
}
