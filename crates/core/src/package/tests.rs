//! The figures that people quote, and that every view of a package is the same money.

use proptest::prelude::*;

use super::*;
use crate::calendar::split;

fn package(json: &str) -> Package {
    serde_json::from_str(json).unwrap()
}

fn cents(exact: Exact) -> String {
    exact.round().unwrap().for_people(&Currency::usd())
}

/// A token line against what it is for each year and for each workday.
fn check(package: &Package, year: &str, workday: &str) {
    let views = package.token_views().unwrap().unwrap();
    assert_eq!((cents(views.year).as_str(), workday), (year, workday));
    // To the nearest cent, as the figures are quoted.
    let cent = views.workday.over(10_000_000).and_then(Exact::round).unwrap().get();
    assert_eq!(format!("{}.{:02}", cent / 100, cent % 100), workday, "{year} for each of the workdays");
}

fn tokens(amount: &str, salary: Option<&str>) -> Package {
    let mut package = Package::empty(Currency::usd());
    package.salary = salary.map(|salary| salary.parse().unwrap());
    package.tokens = Some(TokenLine::plain(amount.parse().unwrap()));
    package
}

#[test]
fn the_figures_that_people_quote_come_out() {
    check(&tokens("100/workday", None), "$26,000.00", "100.00");
    check(&tokens("300/workday", None), "$78,000.00", "300.00");
    check(&tokens("500/workday", None), "$130,000.00", "500.00");
    check(&tokens("100000/year", None), "$100,000.00", "384.62");
    check(&tokens("50% of base", Some("300000")), "$150,000.00", "576.92");
    check(&tokens("50% of base", Some("500000")), "$250,000.00", "961.54");
    check(&tokens("2000/month", None), "$24,000.00", "92.31");
}

#[test]
fn a_hundred_thousand_on_top_of_three_hundred_and_seventy_five_is_a_fifth() {
    let package = package(
        r#"{"currency":"USD","salary":"250000","bonus":{"of_base":"10"},
            "equity":{"value":"400000","vesting":{"months":48}},"tokens":{"amount":"100000/year"}}"#,
    );
    let annual = package.annual().unwrap();
    assert_eq!(cents(annual.without_tokens), "$375,000.00");
    assert_eq!(cents(annual.total), "$475,000.00");
    let share = |pillar| annual.share(pillar).unwrap().to_string();
    assert_eq!(share(Pillar::Tokens), "21.1 %");
    assert_eq!(Pillar::ALL.map(share), ["52.6 %", "5.3 %", "21.1 %", "21.1 %"].map(str::to_owned));
    let whole = Pillar::ALL.iter().try_fold(Exact::ZERO, |sum, pillar| sum.checked_add(annual.share(*pillar)?.exact()));
    assert_eq!(whole, Some(Exact::whole(1)), "before rounding the shares are the whole");
}

#[test]
fn working_time_scales_salary_and_tokens_alone() {
    let package = package(
        r#"{"currency":"EUR","salary":"100000","bonus":{"amount":"10000"},"working_share":"0.8",
            "equity":{"value":"40000"},"tokens":{"amount":"100/workday"},"workdays_per_year":250}"#,
    );
    let annual = package.annual().unwrap();
    let figures = Pillar::ALL.map(|pillar| annual.pillar(pillar).round().unwrap().to_string());
    assert_eq!(figures, ["80000.00", "10000.00", "10000.00", "20000.00"].map(str::to_owned));
    assert_eq!(cents(package.token_views().unwrap().unwrap().workday), "$80.00");
}

#[test]
fn what_can_not_be_counted_is_refused() {
    let error = |json: &str| package(json).annual().unwrap_err().to_string();
    assert_eq!(
        error(r#"{"currency":"USD","salary":"-1"}"#),
        "the salary is below zero; write what is offered, or leave it out"
    );
    assert_eq!(
        error(r#"{"currency":"USD","tokens":{"amount":"50% of base"}}"#),
        "the token budget is a percentage of base, but there is no salary; add the salary or write an amount"
    );
    assert_eq!(
        error(r#"{"currency":"USD","salary":"1","tokens":{"amount":"1/year","floor":"-1/year"}}"#),
        "the floor of the token budget is below zero; write what is offered, or leave it out"
    );
    assert_eq!(
        error(r#"{"currency":"USD","salary":"1","working_share":"1.2"}"#),
        "a working share of 1.2 is none; write the part of full working time, such as 0.8, at most 1"
    );
    assert_eq!(
        error(r#"{"currency":"USD","salary":"1","workdays_per_year":0}"#),
        "a year has between 1 and 366 workdays, not 0"
    );
    assert_eq!(
        error(r#"{"currency":"USD","salary":"1","equity":{"value":"1","vesting":{"months":0}}}"#),
        "the vesting makes no sense: it takes at least one month, its steps too, and the cliff lies within it"
    );
    assert_eq!(
        error(r#"{"currency":"USD","salary":"9000000000","tokens":{"amount":"9000000000/year"}}"#),
        "the amounts add up to more than 9,223,372,036 units, the largest amount one account can hold"
    );
    assert_eq!(
        error(r#"{"currency":"USD","rate":{"to":"USD","rate":"1","on":"2026-11-01"}}"#),
        "the exchange rate goes from USD to USD at 1; it needs another currency and a rate above zero"
    );
}

#[test]
fn another_currency_needs_the_versions_own_rate() {
    let package = package(
        r#"{"currency":"EUR","rate":{"to":"USD","rate":"1.0837","on":"2026-11-20","source":"ECB reference rate"},
            "tokens":{"amount":"100000/year"}}"#,
    );
    let year = package.annual().unwrap().tokens;
    let usd = package.in_currency(year, &Currency::usd()).and_then(Exact::round);
    assert_eq!(usd, Some("108370".parse().unwrap()));
    assert_eq!(package.in_currency(year, &Currency::try_new("EUR").unwrap()), Some(year));
    assert_eq!(package.in_currency(year, &Currency::try_new("GBP").unwrap()), None);
}

proptest! {
    #[test]
    fn every_view_of_a_token_budget_is_the_same_money(
        amount in 0_i64..1_000_000_000_000_000, form in 0_usize..3, share in 1_u64..=100, workdays in 200_u16..=262,
    ) {
        let amount = Nano::new(amount);
        let basis: fn(Nano) -> Basis = [Basis::PerWorkday, Basis::PerMonth, Basis::PerYear][form];
        let basis = basis(amount);
        let mut package = Package::empty(Currency::usd());
        package.tokens = Some(TokenLine::plain(basis));
        package.working_share = Ratio::try_new(share, 100).unwrap();
        package.workdays_per_year = workdays;
        let views = package.token_views().unwrap().unwrap();
        // Exactly the same before rounding.
        prop_assert_eq!(views.workday.times(i64::from(workdays)), Some(views.year));
        prop_assert_eq!(views.month.times(12), Some(views.year));
        // Shown to the nano, within half a nano for each piece.
        let year = views.year.round().unwrap().get();
        prop_assert!((views.workday.round().unwrap().get() * i64::from(workdays) - year).abs() <= i64::from(workdays));
        prop_assert!((views.month.round().unwrap().get() * 12 - year).abs() <= 12);
        // Paid out in pieces, to the last nano.
        let of = i64::from(workdays);
        let pieces: i64 = (0..of).map(|k| split(Nano::new(year), k, k + 1, of).get()).sum();
        prop_assert_eq!(pieces, year);
    }

    #[test]
    fn shares_are_the_whole(
        salary in 1_i64..1_000_000, bonus in 0_i64..1_000_000, equity in 0_i64..1_000_000, tokens in 0_i64..1_000_000,
        months in 1_u16..120,
    ) {
        let units = |units| Nano::try_from_units(units).unwrap();
        let mut package = Package::empty(Currency::usd());
        package.salary = Some(units(salary));
        package.bonus = Some(Bonus::Amount(units(bonus)));
        package.equity = Some(Equity { value: units(equity), vesting: Vesting { months, cliff_months: 0, every_months: 1 } });
        package.tokens = Some(TokenLine::plain(Basis::PerYear(units(tokens))));
        let annual = package.annual().unwrap();
        let sum = Pillar::ALL.iter().try_fold(Exact::ZERO, |sum, p| sum.checked_add(annual.share(*p).unwrap().exact()));
        prop_assert_eq!(sum, Some(Exact::whole(1)));
    }
}
