//! The columns of FOCUS and how a row fills them.

use jiff::civil::Date;
use jiff::{Span, ToSpan};

use super::{Used, What, Whose, unit_of};
use crate::csv::Row;
use crate::id::{PersonId, UnitId};
use crate::money::Currency;

/// The columns, in order: those of FOCUS 1.2 by name, then our own.
pub const COLUMNS: &[&str] = &[
    "BilledCost",
    "BillingAccountId",
    "BillingAccountName",
    "BillingAccountType",
    "BillingCurrency",
    "BillingPeriodEnd",
    "BillingPeriodStart",
    "ChargeCategory",
    "ChargeClass",
    "ChargeDescription",
    "ChargeFrequency",
    "ChargePeriodEnd",
    "ChargePeriodStart",
    "ConsumedQuantity",
    "ConsumedUnit",
    "ContractedCost",
    "ContractedUnitPrice",
    "EffectiveCost",
    "InvoiceId",
    "InvoiceIssuerName",
    "ListCost",
    "ListUnitPrice",
    "PricingCategory",
    "PricingQuantity",
    "PricingUnit",
    "ProviderName",
    "PublisherName",
    "ServiceCategory",
    "ServiceName",
    "ServiceSubcategory",
    "SkuId",
    "SkuMeter",
    "SkuPriceId",
    "SubAccountId",
    "SubAccountName",
    "SubAccountType",
    "x_ConsumerId",
    "x_ConsumerName",
    "x_Model",
    "x_TokenType",
];

/// What people and units are called, for a row that may say it.
pub trait Names: std::fmt::Debug {
    /// A person's name.
    fn person(&self, person: PersonId) -> Option<String>;
    /// A unit's.
    fn unit(&self, unit: UnitId) -> Option<String>;
}

/// What every row says.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// The ledger's currency.
    pub currency: &'a Currency,
    /// Names, where they are wanted.
    pub names: Option<&'a dyn Names>,
}

impl<'a> About<'a> {
    /// Of a ledger in a currency, without names.
    pub fn new(currency: &'a Currency) -> Self {
        Self { currency, names: None }
    }
}

/// The first line.
pub fn header() -> String {
    let mut text = COLUMNS.join(",");
    text.push('\n');
    text
}

/// A row of something used.
pub(super) fn used(out: &mut String, about: &About<'_>, day: Date, used: &Used, what: &What, quantity: i128) {
    let times = |price: i128| decimal(quantity.saturating_mul(price), 18);
    let (cost, list) = (times(used.price), times(used.list));
    let bucket = used.bucket.name();
    // A correction's amount stands in a row of its own, so that it says no price.
    let price = |price: i128| if used.is_correction { String::new() } else { decimal(price, 18) };
    let price_id = if used.is_correction {
        String::new()
    } else if what.price.is_empty() {
        "unpriced".to_owned()
    } else {
        format!("{}/{bucket}", what.price)
    };
    let sku = if what.sku.is_empty() { &what.model } else { &what.sku };
    put(
        out,
        about,
        day,
        used.whose,
        what,
        &Cells {
            billed: &cost,
            list: &list,
            category: "Usage",
            is_correction: used.is_correction,
            description: &format!("{}, {bucket}", what.model),
            quantity: &decimal(quantity, 0),
            unit: unit_of(used.bucket),
            price: &price(used.price),
            list_price: &price(used.list),
            pricing: if used.is_correction { "" } else { "Standard" },
            sku: &format!("{}/{sku}", what.provider),
            meter: bucket,
            price_id: &price_id,
        },
    );
}

/// A row of what is left over.
pub(super) fn left(
    out: &mut String,
    about: &About<'_>,
    day: Date,
    (whose, what): (Whose, &What),
    is_correction: bool,
    amount: i128,
) {
    let description = if is_correction {
        format!("{}, corrections of earlier charges", what.model)
    } else {
        format!("{}, charged beside quantity times price: rounding, or a limit in place of a price", what.model)
    };
    let amount = decimal(amount, 18);
    let cells = Cells {
        billed: &amount,
        list: &amount,
        category: "Adjustment",
        is_correction,
        description: &description,
        ..Cells::default()
    };
    put(out, about, day, whose, what, &cells);
}

#[derive(Clone, Copy, Debug, Default)]
struct Cells<'a> {
    billed: &'a str,
    list: &'a str,
    category: &'a str,
    is_correction: bool,
    description: &'a str,
    quantity: &'a str,
    unit: &'a str,
    price: &'a str,
    list_price: &'a str,
    pricing: &'a str,
    sku: &'a str,
    meter: &'a str,
    price_id: &'a str,
}

fn put(out: &mut String, about: &About<'_>, day: Date, whose: Whose, what: &What, cells: &Cells<'_>) {
    let (person, unit) = whose;
    let next = |from: Date, span: Span| from.checked_add(span).unwrap_or(from);
    let first = day.first_of_month();
    let midnight = |day: Date| format!("{day}T00:00:00Z");
    let unit_id = unit.map(|unit| unit.to_string()).unwrap_or_default();
    let unit_name = unit.and_then(|unit| about.names.and_then(|names| names.unit(unit)));
    let person_name = person.and_then(|person| about.names.and_then(|names| names.person(person)));
    let mut row = Row::new(out);
    row.cell(cells.billed)
        .cell("purser")
        .cell("")
        .cell("Company")
        .cell(about.currency.code())
        .cell(&midnight(next(first, 1.month())))
        .cell(&midnight(first))
        .cell(cells.category)
        .cell(if cells.is_correction { "Correction" } else { "" })
        .text(cells.description)
        .cell("Usage-Based")
        .cell(&midnight(next(day, 1.day())))
        .cell(&midnight(day))
        .cell(cells.quantity)
        .cell(cells.unit)
        .cell(cells.billed)
        .cell(cells.price)
        .cell(cells.billed)
        // No invoice is known here.
        .cell("")
        // Whoever is paid: another name would say that the gateway issued the bill.
        .text(&what.provider)
        .cell(cells.list)
        .cell(cells.list_price)
        .cell(cells.pricing)
        .cell(cells.quantity)
        .cell(cells.unit)
        .text(&what.provider)
        .text(&what.provider)
        .cell("AI and Machine Learning")
        .text(&format!("{} models", what.provider))
        .cell("Generative AI")
        .text(cells.sku)
        .cell(cells.meter)
        .text(cells.price_id)
        .cell(&unit_id)
        .text(&unit_name.unwrap_or_else(|| unit_id.clone()))
        .cell(if unit.is_some() { "Unit" } else { "" })
        .cell(&person.map(|person| person.to_string()).unwrap_or_default())
        .text(&person_name.unwrap_or_default())
        .text(&what.model)
        .cell(cells.meter);
    row.end();
}

/// A number of units of 10 to the minus `places`, as a decimal that has at least one place: readers that guess the type of a
/// column take one without places for whole numbers.
pub(super) fn decimal(number: i128, places: usize) -> String {
    let digits = number.unsigned_abs().to_string();
    let padded = format!("{digits:0>width$}", width = places.saturating_add(1));
    let (whole, part) = padded.split_at(padded.len().saturating_sub(places));
    let part = part.trim_end_matches('0');
    let sign = if number < 0 { "-" } else { "" };
    format!("{sign}{whole}.{}", if part.is_empty() { "0" } else { part })
}
