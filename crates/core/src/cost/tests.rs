use super::*;
use crate::money::{Currency, Nano};
use crate::package::{Bonus, DatedRate, Equity, Package, Percent, Vesting};
use crate::price::Ratio;
use crate::role::Role;

fn nano(text: &str) -> Nano {
    text.parse().unwrap()
}

fn package(salary: &str) -> Package {
    Package {
        salary: Some(nano(salary)),
        bonus: Some(Bonus::OfBase(Percent::whole(10))),
        equity: Some(Equity { value: nano("400000"), vesting: Vesting::default() }),
        ..Package::empty(Currency::usd())
    }
}

fn row(family: Option<&str>, level: Option<u8>, salary: Option<&str>, benefits: u32, overhead: &str) -> CostRow {
    let of = RowOf {
        family: family.map(|family| family.parse().unwrap()),
        level: level.and_then(crate::role::Level::try_new),
    };
    let pay = salary.map(|salary| RowPay { salary: nano(salary), bonus: Nano::ZERO, equity: Nano::ZERO });
    let benefits = Extra { of_salary: Percent::whole(benefits), per_year: Nano::ZERO };
    CostRow { of, pay, benefits, overhead: Extra { per_year: nano(overhead), ..Extra::default() } }
}

fn table(rows: impl IntoIterator<Item = CostRow>) -> CostTable {
    let mut table = CostTable::default();
    for row in rows {
        table.set(row).unwrap();
    }
    table.check().unwrap();
    table
}

fn role(family: &str, level: u8) -> Role {
    Role { family: family.parse().unwrap(), level: crate::role::Level::try_new(level) }
}

/// The parts in units, and the total.
fn units(cost: &LoadedCost) -> (Vec<i64>, i64) {
    let units = |exact: Exact| exact.round().unwrap().get() / 1_000_000_000;
    (CostPart::ALL.map(|part| units(cost.part(part))).to_vec(), units(cost.total()))
}

#[test]
fn the_parts_of_an_engineer_add_up_to_five_hundred_thousand() {
    let table = table([row(None, None, None, 20, "30000")]);
    let pay = Pay::of(&package("284615.384615384"), &Currency::usd()).unwrap();
    let cost = table.loaded(None, Some(pay), Ratio::ONE).unwrap();
    // 284,615.38 + 10 % + a year of four of 400,000 + 20 % of the salary + 30,000.
    assert_eq!(units(&cost), (vec![284_615, 28_461, 100_000, 56_923, 30_000], 499_999));
    assert_eq!(cost.total().round(), Some(nano("499999.999999999")), "rounded from the exact sum, once");
    let whole = Pay { salary: Exact::of(nano("260000")), bonus: Exact::of(nano("60000")), ..pay };
    let cost = table.loaded(None, Some(whole), Ratio::ONE).unwrap();
    assert_eq!(units(&cost), (vec![260_000, 60_000, 100_000, 52_000, 30_000], 502_000));
    let exact =
        super::CostTable::loaded(&self::table([row(None, None, None, 20, "28000")]), None, Some(whole), Ratio::ONE);
    let exact = exact.unwrap();
    assert_eq!(units(&exact).1, 500_000);
    assert_eq!(exact.share(CostPart::Equity).unwrap().to_string(), "20.0 %");
    assert_eq!((exact.pay, exact.on_top), (PaySource::Offer, Some(RowOf::default())));
}

#[test]
fn without_an_offer_the_closest_row_with_pay_says_what_somebody_costs() {
    let table = table([
        row(None, None, Some("90000"), 10, "5000"),
        row(Some("engineering"), None, Some("200000"), 20, "10000"),
        row(Some("engineering"), Some(6), None, 25, "20000"),
    ]);
    let total = |role: Option<&Role>| table.loaded(role, None, Ratio::ONE).map(|cost| units(&cost).1);
    assert_eq!(total(None), Some(104_000), "everybody's row");
    assert_eq!(total(Some(&role("sales", 2))), Some(104_000), "a family without a row");
    assert_eq!(total(Some(&role("engineering", 2))), Some(250_000));
    // The level's row has no pay, so that is the family's; what comes on top is the level's.
    assert_eq!(total(Some(&role("engineering", 6))), Some(270_000));
    let half = table.loaded(None, None, "0.5".parse().unwrap()).unwrap();
    assert_eq!(units(&half), (vec![45_000, 0, 0, 4_500, 5_000], 54_500), "an amount for each head is not scaled");
    assert_eq!(CostTable::default().loaded(None, None, Ratio::ONE), None, "nobody said anything");
}

#[test]
fn pay_in_another_currency_needs_the_rate_of_its_version() {
    let euro = Currency::try_new("EUR").unwrap();
    let mut package = package("100000");
    let no_rate = PayError::NoRate { from: Currency::usd(), to: euro.clone() };
    assert_eq!(Pay::of(&package, &euro), Err(no_rate));
    let on = jiff::civil::date(2026, 11, 2);
    package.rate = Some(DatedRate { to: euro.clone(), rate: "0.9".parse().unwrap(), on, source: None });
    package.working_share = "0.8".parse().unwrap();
    let pay = Pay::of(&package, &euro).unwrap();
    assert_eq!(pay.salary.round(), Some(nano("72000")));
    assert_eq!(pay.bonus.round(), Some(nano("7200")), "a part of the salary that is paid");
    assert_eq!(pay.equity.round(), Some(nano("90000")), "equity is what it says");
    package.salary = None;
    package.bonus = None;
    assert_eq!(Pay::of(&package, &euro), Err(PayError::NoSalary));
}

#[test]
fn a_table_takes_no_row_that_says_nothing_sensible() {
    let mut table = table([row(Some("sales"), None, Some("90000"), 10, "5000")]);
    let before = table.clone();
    let mut refused = |row: CostRow| table.set(row).unwrap_err().to_string();
    assert_eq!(refused(row(None, Some(3), None, 0, "0")), "a level belongs to a family; name the family too");
    let below = refused(row(None, None, None, 0, "-1"));
    assert_eq!(below, "the amount for overhead is below zero; write what it costs, or leave it out");
    assert!(refused(row(None, None, Some("9223372036"), 10, "0")).starts_with("the parts add up to more"));
    assert_eq!(table, before);
    table.set(row(Some("sales"), None, Some("95000"), 10, "5000")).unwrap();
    assert_eq!(table.rows().len(), 1, "the row of before is replaced");
    let text = serde_json::to_string(&table).unwrap();
    assert_eq!(serde_json::from_str::<CostTable>(&text).unwrap(), table);
    assert!(table.end(&RowOf { family: Some("sales".parse().unwrap()), level: None }) && table.rows().is_empty());
}
