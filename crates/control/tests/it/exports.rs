//! Exports: all that was charged, to the nano of the ledger, in rows that other programs check.

use std::collections::HashMap;

use purser_control::Export;
use purser_control::shape::{NewAdminKey, WantedExport, WantedLedger, WantedStatements};
use purser_control::usage::Wanted;
use purser_core::csv::Records;
use purser_core::focus::COLUMNS;
use purser_core::usage::Usage;

use crate::bench::Bench;
use crate::money::{hold, settle_as};
use crate::web::{Got, with_key};

async fn key(bench: &Bench, role: &str) -> String {
    let new = NewAdminKey { label: role.into(), roles: vec![role.into()], ..NewAdminKey::default() };
    bench.control.add_admin_key(None, new).await.unwrap().key.unwrap()
}

fn rows(got: &Got) -> Vec<HashMap<&'static str, String>> {
    assert_eq!(got.status, 200, "{got:?}");
    let mut records = Records::of(&got.text).map(|(_, cells)| cells);
    assert_eq!(records.next().unwrap(), COLUMNS);
    records.map(|cells| COLUMNS.iter().copied().zip(cells).collect()).collect()
}

/// A decimal in units of 10⁻¹⁸.
fn atto(text: &str) -> i128 {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let (whole, part) = digits.split_once('.').unwrap();
    sign * format!("{whole}{part:0<18}").parse::<i128>().unwrap()
}

fn sum(rows: &[HashMap<&'static str, String>], column: &str) -> i128 {
    rows.iter().map(|row| atto(&row[column])).sum()
}

#[tokio::test]
async fn focus_adds_up_to_the_ledger_and_names_nobody_unasked() {
    let bench = Bench::new().await;
    let person = bench.person("=The analyst").await;
    bench.grant(&person, "20/day").await;
    let own = bench.key(&person).await;
    for (day, charge) in [("2026-11-24T10:00:00Z", "0.00315"), ("2026-11-25T10:00:00Z", "1.25")] {
        bench.clock.set(day);
        settle_as(&bench, hold(&bench, &own, "5"), charge, |record| {
            record.usage = Usage { input_uncached: 1_000, output: 10, web_search_calls: 2, ..Usage::default() };
        });
    }
    let finance = key(&bench, "finance").await;
    let path = "/api/v1/exports/focus?from=2026-11-24&to=2026-11-26";
    let got = with_key(&bench, &finance, "get", path, "").await;
    let name = got.headers["content-disposition"].to_str().unwrap();
    assert!(name.contains("purser-focus-2026-11-24--2026-11-26.csv"), "the range is in the name: {name}");
    assert!(!got.text.contains("The analyst") && got.text.contains(&person.id.to_string()), "{got:?}");
    let all = rows(&got);
    let ledger = bench.control.usage(Wanted::default()).await.unwrap().charge;
    assert_eq!(sum(&all, "BilledCost"), i128::from(ledger.get()) * 1_000_000_000);
    // Two buckets of tokens and searches each day, and what the charge was beside their prices.
    let meters: Vec<_> = all.iter().map(|row| (&*row["SkuMeter"], &*row["ConsumedUnit"])).collect();
    let day = [("input_uncached", "Tokens"), ("output", "Tokens"), ("web_search_calls", "Requests"), ("", "")];
    assert_eq!(meters, [day, day].concat());
    assert_eq!((&*all[0]["ListUnitPrice"], &*all[0]["ListCost"]), ("0.000003", "0.003"));

    let one = with_key(&bench, &finance, "get", "/api/v1/exports/focus?from=2026-11-25&to=2026-11-26", "").await;
    assert_eq!(sum(&rows(&one), "BilledCost"), atto("1.25"), "a day has what was charged on it");
    let named = with_key(&bench, &finance, "get", &format!("{path}&names=true"), "").await;
    assert!(rows(&named).iter().all(|row| row["x_ConsumerName"] == "'=The analyst"), "{named:?}");

    let auditor = key(&bench, "auditor").await;
    let trail = with_key(&bench, &auditor, "get", "/api/v1/audit?action=export_focus", "").await.text;
    assert!(trail.contains("2026-11-26") && trail.contains("names"), "{trail}");
    for bad in ["from=2026-11-26&to=2026-11-26", "from=1900-01-01", "from=yesterday"] {
        let got = with_key(&bench, &finance, "get", &format!("/api/v1/exports/focus?{bad}"), "").await;
        assert_eq!((got.status, got.code().as_str()), (400, "invalid"), "{bad}: {got:?}");
    }
}

#[tokio::test]
async fn an_export_waits_for_whoever_reads_it() {
    let bench = Bench::new().await;
    let person = bench.person("Person 1").await;
    bench.grant(&person, "2000/month").await;
    let own = bench.key(&person).await;
    // Each charge has a model of its own, so that none is a row with another: some megabytes.
    for no in 0..3_000 {
        settle_as(&bench, hold(&bench, &own, "1"), "0.001", |record| record.requested = format!("model {no}"));
    }
    waits(bench.control.export_focus(WantedExport::default()).await.unwrap(), 3_000_000).await;
    waits(bench.control.export_ledger(WantedLedger::default()).await.unwrap(), 700_000).await;
    waits(bench.control.all_statements(WantedStatements::default()).await.unwrap(), 400_000).await;
}

/// Pieces are made before they are read, and no more than a few.
async fn waits(mut export: Export, at_least: usize) {
    let full = async {
        while export.pieces_waiting() < 4 {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_mins(1), full)
        .await
        .unwrap_or_else(|_| panic!("only {} pieces are made before they are read", export.pieces_waiting()));
    assert_eq!(export.pieces_waiting(), 4, "and no more than that");
    let (mut bytes, mut longest) = (0, 0);
    while let Some(piece) = export.next().await {
        let piece = piece.unwrap();
        (bytes, longest) = (bytes + piece.len(), longest.max(piece.len()));
    }
    assert!(bytes > at_least && longest < 66_000, "{bytes} in pieces of {longest}");
}

/// What a ledger's file says: the question, its charges, and the sum.
fn told(text: &str) -> (serde_json::Value, Vec<serde_json::Value>, serde_json::Value) {
    let lines = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let mut lines: Vec<_> = lines.collect();
    let (total, about) = (lines.pop().unwrap()["total"].take(), lines.remove(0)["about"].take());
    (about, lines.into_iter().map(|mut line| line["charge"].take()).collect(), total)
}

#[tokio::test]
async fn the_ledgers_files_add_up_to_the_ledger_and_say_what_was_asked() {
    let bench = Bench::new().await;
    let (one, other) = (bench.person("=The analyst").await, bench.person("The other").await);
    for person in [&one, &other] {
        bench.grant(person, "20/day").await;
    }
    let (key_one, key_other) = (bench.key(&one).await, bench.key(&other).await);
    // Of a week in which 210 billion tokens were used, a fifth on each day.
    let week = ["24", "25", "26", "27", "28"].map(|day| format!("2026-11-{day}T10:00:00Z"));
    for day in &week {
        bench.clock.set(day);
        settle_as(&bench, hold(&bench, &key_one, "5"), "1.000000001", |record| {
            record.usage = Usage { cache_read: 41_999_999_999, output: 1, ..Usage::default() };
        });
    }
    settle_as(&bench, hold(&bench, &key_other, "5"), "0.25", |record| {
        record.usage = Usage { input_uncached: 7, ..Usage::default() };
    });
    let finance = key(&bench, "finance").await;
    let path = "/api/v1/exports/ledger?from=2026-11-24&to=2026-11-29";
    let ledger = bench.control.usage(Wanted::default()).await.unwrap().charge;

    let got = with_key(&bench, &finance, "get", &format!("{path}&format=jsonl"), "").await;
    assert_eq!(got.headers["content-type"], "application/jsonl; charset=utf-8", "{got:?}");
    let (about, charges, total) = told(&got.text);
    assert_eq!((about["from"].as_str(), about["to"].as_str()), (Some("2026-11-24"), Some("2026-11-29")));
    assert!(about.get("person").is_none() && about["up_to_entry"].as_u64().unwrap() > 0, "{about}");
    assert_eq!((total["amount"].as_str(), total["charges"].as_u64()), (Some(&*ledger.to_string()), Some(6)));
    assert_eq!((total["cache_read"].as_i64(), total["output"].as_i64()), (Some(209_999_999_995), Some(5)));
    assert_eq!(charges.len(), 6);
    assert!(charges.iter().all(|charge| charge.get("person_name").is_none()), "{charges:?}");
    let (paid, amount) = (&charges[0]["paid_by"][0], &charges[0]["charge"]);
    assert_eq!((&paid["amount"], paid["grant"].as_str().map(|id| &id[..4])), (amount, Some("grt_")), "{paid}");

    let sheet = with_key(&bench, &finance, "get", &format!("{path}&names=true"), "").await;
    let mut records = Records::of(&sheet.text).map(|(_, cells)| cells);
    let columns = records.next().unwrap();
    let rows: Vec<HashMap<String, String>> =
        records.map(|cells| columns.iter().cloned().zip(cells).collect()).collect();
    let kinds: Vec<&str> = rows.iter().map(|row| row["record"].as_str()).collect();
    assert_eq!(kinds, ["about", "charge", "charge", "charge", "charge", "charge", "charge", "total"]);
    // Added up by whoever knows of nothing: empty cells count for nothing.
    let added = |column: &str| -> i128 {
        rows.iter().filter(|row| !row[column].is_empty()).map(|row| atto(&row[column])).sum()
    };
    assert_eq!(added("amount"), i128::from(ledger.get()) * 1_000_000_000);
    let tokens: i64 = rows.iter().filter_map(|row| row["cache_read"].parse::<i64>().ok()).sum();
    assert_eq!(tokens, 209_999_999_995);
    assert_eq!((&*rows[1]["person_name"], &*rows[1]["person"]), ("'=The analyst", &*one.id.to_string()));
    let sums: serde_json::Value = serde_json::from_str(&rows[7]["note"]).unwrap();
    assert_eq!(sums, total);

    let filtered = with_key(&bench, &finance, "get", &format!("{path}&format=jsonl&person={}", other.id), "").await;
    let (about, charges, total) = told(&filtered.text);
    assert_eq!((about["person"].as_str(), charges.len()), (Some(&*other.id.to_string()), 1));
    assert_eq!(total["amount"], "0.25");
    let none = with_key(&bench, &finance, "get", &format!("{path}&format=jsonl&model=another"), "").await;
    assert_eq!(told(&none.text).2["charges"], 0);

    let auditor = key(&bench, "auditor").await;
    let trail = with_key(&bench, &auditor, "get", "/api/v1/audit?action=export_ledger", "").await.text;
    assert!(trail.contains("2026-11-29") && trail.contains(&other.id.to_string()), "{trail}");
    let nobody = with_key(&bench, &finance, "get", &format!("{path}&person=nobody"), "").await;
    assert_eq!(nobody.status, 404, "{nobody:?}");
}

/// The notes that a Parquet file has about itself, by their names.
fn note(got: &Got, name: &str) -> serde_json::Value {
    assert_eq!((got.status, got.text.starts_with("PAR1"), got.text.ends_with("PAR1")), (200, true, true), "{got:?}");
    let behind = &got.text[got.text.rfind(name).unwrap()..];
    let mut values = serde_json::Deserializer::from_str(&behind[behind.find('{').unwrap()..]).into_iter();
    values.next().unwrap().unwrap()
}

#[tokio::test]
async fn days_that_are_over_are_the_same_parquet_file_whenever_they_are_asked_for() {
    let bench = Bench::new().await;
    let person = bench.person("The analyst").await;
    bench.grant(&person, "20/day").await;
    let own = bench.key(&person).await;
    for day in ["24", "25", "26", "27", "28"].map(|day| format!("2026-11-{day}T10:00:00Z")) {
        bench.clock.set(&day);
        settle_as(&bench, hold(&bench, &own, "5"), "1.000000001", |record| {
            record.usage = Usage { cache_read: 52_500_000_000, output: 1, ..Usage::default() };
        });
    }
    let finance = key(&bench, "finance").await;
    let path = "/api/v1/exports/parquet";
    let got = with_key(&bench, &finance, "get", path, "").await;
    assert_eq!(got.headers["content-type"], "application/vnd.apache.parquet", "{got:?}");
    let name = got.headers["content-disposition"].to_str().unwrap();
    assert!(name.contains("purser-history-2026-11-01--2026-11-28.parquet"), "today is not over: {name}");
    let total = note(&got, "purser.total");
    // What was charged today is not in it.
    assert_eq!((&total["charges"], &total["amount"]), (&4.into(), &"4.000000004".into()), "{total}");
    assert_eq!((&total["cache_read"], &total["output"]), (&210_000_000_000_i64.into(), &4.into()), "{total}");
    let about = note(&got, "purser.about");
    assert_eq!((&about["document"], &about["currency"]), (&"purser.history/1".into(), &"USD".into()), "{about}");
    assert_eq!((&about["from"], &about["to"]), (&"2026-11-01".into(), &"2026-11-28".into()), "{about}");

    bench.clock.set("2026-12-03T10:00:00Z");
    bench.pays(&own, "2");
    let again = with_key(&bench, &finance, "get", &format!("{path}?from=2026-11-01&to=2026-11-28"), "").await;
    assert!(again.text == got.text, "to the byte");
    let lines = "/api/v1/exports/ledger?format=jsonl&from=2026-11-01&to=2026-11-28";
    assert_eq!(told(&with_key(&bench, &finance, "get", lines, "").await.text).2, total, "as the ledger's file says");
    let none =
        with_key(&bench, &finance, "get", &format!("{path}?from=2026-11-24&to=2026-11-26&model=another"), "").await;
    assert_eq!(note(&none, "purser.total")["charges"], 0);
    assert_eq!(note(&none, "purser.about")["model"], "another");

    for bad in ["to=2026-12-04", "from=2026-12-03", "from=yesterday"] {
        let got = with_key(&bench, &finance, "get", &format!("{path}?{bad}"), "").await;
        assert_eq!((got.status, got.code().as_str()), (400, "invalid"), "{bad}: {got:?}");
    }
    let people = key(&bench, "people").await;
    assert_eq!(with_key(&bench, &people, "get", path, "").await.status, 403);
    let auditor = key(&bench, "auditor").await;
    let trail = with_key(&bench, &auditor, "get", "/api/v1/audit?action=export_parquet", "").await.text;
    assert!(trail.contains("2026-11-28") && trail.contains("another"), "{trail}");
}
