//! Random companies: what pages and files say is what the API says, and that is what the ledger holds.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use purser_control::Role;
use purser_core::money::Nano;

use crate::calls::{hold, settle_as};
use crate::company::{Browser, Company};

/// Companies that are made up: each is a folder with its services.
const CASES: u32 = 6;
/// Nano-units that a company has spent before anything is made up: a quarter for each of three people.
const BEFORE: i64 = 750_000_000;

/// The figure that a page says first.
fn first(page: &str) -> &str {
    let shown = page.split_once("class=\"figure\"").and_then(|(_, rest)| rest.split_once("<data value=\""));
    shown.and_then(|(_, rest)| rest.split('"').next()).unwrap_or_else(|| panic!("no figure: {page}"))
}

/// The sum of a file's column `charge`, and what its record `total` says.
fn sums(file: &str) -> (Nano, Nano) {
    let cells = |line: &str| line.split(',').map(str::to_owned).collect::<Vec<_>>();
    let at = cells(file.lines().next().unwrap()).iter().position(|name| name == "charge").unwrap();
    let (mut rows, mut total) = (Nano::ZERO, Nano::ZERO);
    for line in file.lines().map(cells) {
        match line[0].as_str() {
            "row" => rows = rows.checked_add(line[at].parse().unwrap()).unwrap(),
            "total" => total = line[at].parse().unwrap(),
            _ => {}
        }
    }
    (rows, total)
}

async fn holds(charges: &[(usize, i64)]) {
    let company = Company::new().await;
    let bench = &company.bench;
    let keys = [bench.key(&company.near).await, bench.key(&company.far).await];
    for (who, nano) in charges {
        settle_as(bench, hold(bench, &keys[*who], "1"), &Nano::new(*nano).to_string(), |_| {});
    }
    let made: i64 = charges.iter().map(|(_, nano)| nano).sum();
    let nears: i64 = charges.iter().filter(|(who, _)| *who == 0).map(|(_, nano)| nano).sum();
    let (all, near) = (Nano::new(BEFORE + made), Nano::new(BEFORE / 3 + nears));

    let finance = Browser::of(bench, Role::Finance).await;
    for page in ["/finance", "/explore", "/explore?by=unit", "/explore?by=day&per=week"] {
        let got = finance.get(page).await;
        assert_eq!(first(&got.text), all.to_string(), "{page}: {}", got.text);
    }
    for list in ["usage?by=person", "usage/history?per=month", "usage?by=key&limit=1"] {
        let file = finance.get(&format!("/csv/{list}")).await;
        assert_eq!(sums(&file.text), (all, all), "{list}: {}", file.text);
    }
    let own = Browser::of(bench, Role::Employee).await;
    let page = own.get("/me/usage").await;
    assert_eq!(first(&page.text), near.to_string(), "{}", page.text);
    let me = own.get("/me").await;
    let used = me.text.split_once("data-live=\"used\"><data value=\"").map(|(_, rest)| rest.split('"').next().unwrap());
    assert_eq!(used, Some(&*near.to_string()), "{}", me.text);
}

#[test]
fn pages_files_and_ledger_have_the_same_sums() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let charges = prop::collection::vec((0..2_usize, 1..=900_000_000_i64), 0..8)
        .prop_map(|charges| charges.into_iter().filter(|(_, nano)| *nano > 0).take(6).collect::<Vec<_>>());
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(CASES) });
    let checked = runner.run(&charges, |charges| {
        runtime.block_on(holds(&charges));
        Ok(())
    });
    checked.unwrap();
}
