//! Exports: all that was charged, to the nano of the ledger, in rows that other programs check.

use std::collections::HashMap;

use purser_control::shape::{NewAdminKey, WantedExport};
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
    let mut export = bench.control.export_focus(WantedExport::default()).await.unwrap();
    let full = async {
        while export.pieces_waiting() < 4 {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_mins(1), full).await.expect("pieces are made before they are read");
    assert_eq!(export.pieces_waiting(), 4, "and no more than that");
    let (mut bytes, mut longest) = (0, 0);
    while let Some(piece) = export.next().await {
        let piece = piece.unwrap();
        (bytes, longest) = (bytes + piece.len(), longest.max(piece.len()));
    }
    assert!(bytes > 3_000_000 && longest < 66_000, "{bytes} in pieces of {longest}");
}
