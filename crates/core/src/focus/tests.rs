use super::row::decimal;
use super::*;
use crate::csv::Records;
use crate::money::Currency;
use crate::price::Rate;

fn line(bucket: Bucket, quantity: u64, rate: u64, terms: Ratio) -> Line {
    Line { bucket, quantity, rate: Rate::new(rate), above: None, tier: Ratio::ONE, geo: Ratio::ONE, terms }
}

fn posted(charge: i64, is_correction: bool) -> Posted<'static> {
    Posted {
        person: Some(PersonId::new(1)),
        unit: Some(UnitId::new(2)),
        provider: "anthropic",
        model: "=model",
        charge: Nano::new(charge),
        is_correction,
    }
}

fn table(day: &Day) -> Vec<HashMap<&'static str, String>> {
    let usd = Currency::usd();
    let mut text = String::new();
    day.rows(&About::new(&usd), &mut |row| text.push_str(row));
    let named = |(_, cells): (usize, Vec<String>)| {
        assert_eq!(cells.len(), COLUMNS.len());
        COLUMNS.iter().copied().zip(cells).collect()
    };
    Records::of(&text).map(named).collect()
}

/// A decimal in units of 10⁻¹⁸.
fn atto(text: &str) -> i128 {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let (whole, part) = digits.split_once('.').unwrap();
    sign * format!("{whole}{part:0<18}").parse::<i128>().unwrap()
}

fn total(rows: &[HashMap<&'static str, String>], column: &str) -> i128 {
    rows.iter().map(|row| atto(&row[column])).sum()
}

#[test]
fn every_row_is_quantity_times_price_and_all_are_the_ledgers_sum() {
    let third = Ratio::try_new(2, 3).unwrap();
    let by = PricedBy { model: "model", price: "v/standard", list_terms: Ratio::ONE };
    let mut day = Day::new(Date::constant(2026, 11, 24));
    for charge in [3_703_701_i64, 5, -2] {
        let posted = posted(charge, false);
        day.charge(&posted).unwrap();
        // 1,234,567 tokens at 3 a million, and 7 at a price that no decimal ends.
        day.line(&posted, &line(Bucket::InputUncached, 1_234_567, 3_000_000_000, Ratio::ONE), &by).unwrap();
        day.line(&posted, &line(Bucket::Output, 7, 1_000_000_001, third), &by).unwrap();
    }
    let rows = table(&day);
    assert_eq!(rows.len(), 3, "{rows:?}");
    assert_eq!(total(&rows, "BilledCost"), (3_703_701 + 5 - 2) * ATTO_PER_NANO);
    for row in rows.iter().filter(|row| row["ChargeCategory"] == "Usage") {
        for (cost, price) in [("ContractedCost", "ContractedUnitPrice"), ("ListCost", "ListUnitPrice")] {
            let quantity: i128 = row["PricingQuantity"].strip_suffix(".0").unwrap().parse().unwrap();
            assert_eq!(quantity * atto(&row[price]), atto(&row[cost]), "{row:?}");
        }
    }
    let input = &rows[0];
    assert_eq!((&*input["PricingQuantity"], &*input["BilledCost"]), ("3703701.0", "11.111103"));
    assert_eq!(
        (&*input["BillingPeriodEnd"], &*input["ChargePeriodEnd"]),
        ("2026-12-01T00:00:00Z", "2026-11-25T00:00:00Z")
    );
    assert_eq!(rows[1]["ListUnitPrice"], "0.000001000000001");
    assert_eq!(rows[1]["ContractedUnitPrice"], "0.000000666666667333", "rounded to 18 places");
    assert_eq!(rows[2]["ChargeCategory"], "Adjustment");
}

#[test]
fn corrections_are_told_apart_with_what_they_took_back() {
    let mut day = Day::new(Date::constant(2026, 12, 31));
    day.charge(&posted(-1_500_000_000, true)).unwrap();
    day.count(&posted(0, true), Bucket::WebSearchCalls, -3).unwrap();
    day.count(&posted(0, true), Bucket::Output, 0).unwrap();
    let rows = table(&day);
    assert!(rows.len() == 2 && rows.iter().all(|row| row["ChargeClass"] == "Correction"), "{rows:?}");
    assert_eq!((&*rows[0]["ConsumedQuantity"], &*rows[0]["ConsumedUnit"]), ("-3.0", "Requests"));
    assert_eq!((&*rows[0]["BilledCost"], &*rows[1]["BilledCost"]), ("0.0", "-1.5"));
    assert_eq!(rows[0]["BillingPeriodEnd"], "2027-01-01T00:00:00Z");
    // No program runs what a client chose to call a model.
    assert_eq!(rows[0]["x_Model"], "'=model");
}

#[test]
fn decimals_have_a_place_and_no_more_than_they_need() {
    for (number, places, text) in
        [(0, 18, "0.0"), (-5, 0, "-5.0"), (1_500, 3, "1.5"), (-1, 18, "-0.000000000000000001"), (10, 1, "1.0")]
    {
        assert_eq!(decimal(number, places), text);
    }
}
