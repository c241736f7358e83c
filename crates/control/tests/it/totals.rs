//! Lists in pages and reports: all pages together, the totals that the server says, and the ledger's balances.

use std::collections::BTreeMap;

use purser_control::shape::{
    FundPool, LiabilityBy, MovePerson, NewGrant, NewPerson, NewPool, NewUnit, Person, WantedLiability,
};
use purser_core::account::Subject;
use purser_core::money::Nano;
use serde_json::Value;

use crate::bench::Bench;
use crate::money::{amount, hold, settle};
use crate::web::with_key;

const MONTHS: [&str; 4] = ["2026-11-25", "2026-12-14", "2027-01-11", "2027-02-01"];

async fn hired(bench: &Bench, name: &str, zone: &str) -> Person {
    let new = NewPerson { name: name.to_owned(), zone: zone.to_owned(), unit: None, email: None };
    bench.control.add_person(None, new).await.unwrap()
}

/// The key of somebody who may read everything.
async fn reader(bench: &Bench) -> String {
    let roles = ["admin", "people", "finance", "auditor"].map(str::to_owned).to_vec();
    let new = purser_control::shape::NewAdminKey { label: "a reader".to_owned(), roles, person: None };
    bench.control.add_admin_key(None, new).await.unwrap().key.unwrap()
}

/// Every page of a list.
async fn pages(bench: &Bench, key: &str, path: &str, cursor: &str) -> Vec<Value> {
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let got = with_key(bench, key, "get", &format!("/api/v1{path}{after}"), "").await;
        assert_eq!(got.status, 200, "{path}: {got:?}");
        let page = got.json();
        let next = page["next"].clone();
        all.push(page);
        after = match next {
            Value::Null => return all,
            next => format!("&{cursor}={}", next.as_str().map_or(next.to_string(), |next| next.replace(' ', "%20"))),
        };
        assert!(all.len() < 100, "{path} has an end");
    }
}

fn items(pages: &[Value]) -> Vec<&Value> {
    pages.iter().flat_map(|page| page["items"].as_array().unwrap()).collect()
}

fn nano(value: &Value) -> Nano {
    value.as_str().unwrap().parse().unwrap()
}

fn sum<'a>(values: impl IntoIterator<Item = &'a Value>) -> Nano {
    values.into_iter().map(nano).fold(Nano::ZERO, |sum, more| sum.checked_add(more).unwrap())
}

/// What the ledger has on the accounts of grants, all of them and by grant.
fn paid(bench: &Bench) -> BTreeMap<String, Nano> {
    let mut grants: BTreeMap<String, Nano> = BTreeMap::new();
    for balance in bench.ledger.balances() {
        if let Subject::Grant(grant) = balance.key.subject {
            let sum = grants.entry(grant.to_string()).or_default();
            *sum = sum.checked_add(balance.spent).unwrap();
        }
    }
    grants
}

#[tokio::test]
async fn every_grain_and_all_pages_add_up_to_what_the_ledger_has() {
    let bench = Bench::new().await;
    for name in ["Research", "Sales"] {
        let unit = NewUnit { name: name.to_owned(), parent: None, zone: "UTC".to_owned(), cost_centre: None };
        bench.control.add_unit(None, unit).await.unwrap();
    }
    let mut keys = Vec::new();
    for no in 0..5 {
        let person = hired(&bench, &format!("Person {no}"), "Europe/Berlin").await;
        bench.grant(&person, "20/day").await;
        keys.extend([bench.key(&person).await, bench.key(&person).await]);
        let to = MovePerson { unit: if no % 2 == 0 { "Research" } else { "Sales" }.to_owned(), from: None };
        bench.control.move_person(None, &person.id.to_string(), to).await.unwrap();
    }
    for (month, day) in MONTHS.iter().enumerate() {
        bench.clock.set(&format!("{day}T12:00:00Z"));
        for (no, key) in keys.iter().enumerate().filter(|(no, _)| (no + month) % 3 != 0) {
            settle(&bench, hold(&bench, key, "9"), &format!("{}.{:09}", month + no % 4, 7 + no * 1_001));
        }
    }
    let key = reader(&bench).await;
    let ledger: Nano = paid(&bench).values().fold(Nano::ZERO, |sum, more| sum.checked_add(*more).unwrap());
    assert!(ledger > amount("50"), "much was spent: {ledger}");

    let charges = pages(&bench, &key, "/charges?from=2026-01-01", "before").await;
    let charges = items(&charges);
    assert_eq!(sum(charges.iter().map(|charge| &charge["charge"])), ledger);
    let mut people: BTreeMap<&str, Nano> = BTreeMap::new();
    for charge in &charges {
        let own = people.entry(charge["person"].as_str().unwrap()).or_default();
        *own = own.checked_add(nano(&charge["charge"])).unwrap();
    }
    for by in ["model", "day", "person", "unit", "key"] {
        for limit in [1, 3, 1_000] {
            let pages = pages(&bench, &key, &format!("/usage?from=2026-01-01&by={by}&limit={limit}"), "after").await;
            let rows = items(&pages);
            assert!(pages.iter().all(|page| nano(&page["charge"]) == ledger), "the sums are those of all pages");
            assert!(pages.iter().all(|page| page["calls"] == charges.len()), "{by}");
            assert_eq!(sum(rows.iter().map(|row| &row["charge"])), ledger, "{by}, {limit} a page");
            assert_eq!(rows.iter().map(|row| row["calls"].as_u64().unwrap()).sum::<u64>(), charges.len() as u64);
            if by == "person" {
                let rows = rows.iter().map(|row| (row["key"].as_str().unwrap(), nano(&row["charge"])));
                assert_eq!(rows.collect::<BTreeMap<_, _>>(), people);
            }
        }
    }
    for per in ["day", "week", "month"] {
        let history = &pages(&bench, &key, &format!("/usage/history?from=2026-01-01&per={per}"), "after").await[0];
        assert_eq!(nano(&history["charge"]), ledger, "{per}");
        assert_eq!(sum(history["items"].as_array().unwrap().iter().map(|row| &row["charge"])), ledger, "{per}");
        assert_eq!(history["calls"], charges.len(), "{per}");
    }
    for (person, charge) in people {
        let own =
            pages(&bench, &key, &format!("/usage/history?from=2026-01-01&per=week&person={person}"), "after").await;
        assert_eq!(nano(&own[0]["charge"]), charge, "of {person} by week");
        for by in ["model", "day", "person", "unit", "key"] {
            let own = pages(&bench, &key, &format!("/usage?from=2026-01-01&by={by}&person={person}"), "after").await;
            assert_eq!(nano(&own[0]["charge"]), charge, "of {person} by {by}");
        }
    }
    for path in ["/people", "/grants", "/keys", "/budgets", "/balances", "/units", "/admin-keys", "/logins", "/offers"]
    {
        let whole = with_key(&bench, &key, "get", &format!("/api/v1{path}"), "").await.json();
        assert_eq!(whole["next"], Value::Null, "{path} fits a page");
        for limit in [1, 2, 4] {
            let pages = pages(&bench, &key, &format!("{path}?limit={limit}"), "after").await;
            assert_eq!(items(&pages), whole["items"].as_array().unwrap().iter().collect::<Vec<_>>(), "{path}");
            assert!(pages.iter().all(|page| page["total"] == whole["items"].as_array().unwrap().len()), "{path}");
        }
        let gone = with_key(&bench, &key, "get", &format!("/api/v1{path}?after=per_nobody"), "").await;
        assert_eq!((gone.status, gone.code().as_str()), (400, "invalid"), "{path}");
    }
}

/// Years end at midnight where people are: in Kiritimati half a day before UTC's, in Honolulu half a day after it.
#[tokio::test]
async fn what_guarantees_used_counts_in_the_year_of_the_persons_calendar() {
    let bench = Bench::new().await;
    bench
        .control
        .add_pool(None, NewPool { name: "Promises".into(), owner: "company".into(), manager: None })
        .await
        .unwrap();
    for year in [2026, 2027] {
        let funds = FundPool { amount: amount("1000000"), year: Some(year) };
        bench.control.fund_pool(None, "Promises", funds).await.unwrap();
    }
    let zones = ["Pacific/Kiritimati", "Pacific/Auckland", "Europe/Berlin", "America/New_York", "Pacific/Honolulu"];
    let mut keys = Vec::new();
    for zone in zones {
        let person = hired(&bench, zone, zone).await;
        for amount in ["20/day", "100/month"] {
            let guaranteed = NewGrant {
                person: person.id.to_string(),
                amount: amount.to_owned(),
                guaranteed: true,
                pool: Some("Promises".to_owned()),
                ..NewGrant::default()
            };
            bench.control.add_grant(None, guaranteed).await.unwrap();
        }
        keys.push((person.clone(), bench.key(&person).await, purser_core::zone::Zone::try_new(zone).unwrap()));
    }
    let mut expected: BTreeMap<(i16, String), Nano> = BTreeMap::new();
    let hours = (0..=56).step_by(4).map(|hour| format!("2026-12-{:02}T{:02}:30:00Z", 30 + hour / 24, hour % 24));
    let hours = hours.map(|at| at.replace("2026-12-32", "2027-01-01"));
    for (no, at) in std::iter::once("2026-12-08T12:00:00Z".to_owned()).chain(hours).enumerate() {
        bench.clock.set(&at);
        for (person, key, zone) in &keys {
            let much = format!("0.{:09}", 1_000_003 * (no + 1));
            settle(&bench, hold(&bench, key, &much), &much);
            let year = zone.date(at.parse().unwrap()).year();
            let sum = expected.entry((year, person.id.to_string())).or_default();
            *sum = sum.checked_add(amount(&much)).unwrap();
        }
    }
    let ledger = paid(&bench).values().fold(Nano::ZERO, |sum, more| sum.checked_add(*more).unwrap());
    assert_eq!(expected.values().fold(Nano::ZERO, |sum, more| sum.checked_add(*more).unwrap()), ledger);
    for year in [2026, 2027] {
        for by in [LiabilityBy::Pool, LiabilityBy::Unit, LiabilityBy::Person] {
            let wanted = WantedLiability { year: Some(year), by: Some(by), ..WantedLiability::default() };
            let owed = bench.control.liability(wanted).await.unwrap();
            let own = expected.iter().filter(|((of, _), _)| *of == year);
            let used = own.clone().fold(Nano::ZERO, |sum, (_, more)| sum.checked_add(*more).unwrap());
            assert_eq!(owed.total.used, used, "{year}");
            assert_eq!(owed.items.iter().fold(Nano::ZERO, |sum, row| sum.checked_add(row.used).unwrap()), used);
            assert_eq!(owed.total.granted.checked_sub(used), Some(owed.total.outstanding));
            if by == LiabilityBy::Person {
                let rows =
                    owed.items.iter().filter(|row| row.used.is_positive()).map(|row| (row.key.clone(), row.used));
                let rows = rows.collect::<BTreeMap<_, _>>();
                assert_eq!(rows, own.map(|((_, person), used)| (person.clone(), *used)).collect(), "{year}");
            }
        }
    }
}
