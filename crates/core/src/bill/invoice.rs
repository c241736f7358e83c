//! An invoice's total against the costs that were reported for its days.

use serde::{Deserialize, Serialize};

use super::{CostKind, Day, day_text};
use crate::money::{Currency, Nano};

/// What an invoice says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invoice {
    /// The provider's number of it.
    pub number: String,
    /// Its first day (UTC, since 1970-01-01).
    pub from: i64,
    /// The first day that is not in it.
    pub to: i64,
    /// The currency.
    pub currency: Currency,
    /// What is to be paid, taxes included and credits taken off.
    pub total: Nano,
    /// Taxes in it that no cost report has.
    #[serde(default)]
    pub tax: Nano,
    /// Credits that were taken off it and that no cost report has, as an amount of zero or more.
    #[serde(default)]
    pub credit: Nano,
}

/// One part of what the days of an invoice cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvoiceLine {
    /// Of what.
    pub kind: CostKind,
    /// How much.
    pub amount: Nano,
}

/// An invoice held against the costs of its days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoiceCheck {
    /// What the reports have, by kind.
    pub lines: Vec<InvoiceLine>,
    /// What they add up to, with the invoice's own taxes and credits.
    pub reported: Nano,
    /// The invoice less that.
    pub difference: Nano,
    /// By how much roundings may explain it.
    pub grain: Nano,
    /// Days of the invoice without a whole cost report.
    pub missing: Vec<String>,
}

/// Holds an invoice against the costs of its days, in its own currency. Costs are asked for by day.
pub fn check_invoice<'a>(
    invoice: &Invoice,
    mut costs: impl FnMut(i64) -> Option<&'a Day<super::CostLine>>,
) -> InvoiceCheck {
    let kinds = [CostKind::Usage, CostKind::Tax, CostKind::Credit, CostKind::Other];
    let mut sums = kinds.map(|kind| InvoiceLine { kind, amount: Nano::ZERO });
    // Invoices are of cents: half of one is theirs to round.
    let (mut grain, mut missing) = (Nano::new(5_000_000), Vec::new());
    for day in invoice.from..invoice.to {
        let reported = costs(day);
        if reported.is_none_or(|day| !day.is_whole()) {
            missing.push(day_text(day));
        }
        for line in reported.iter().flat_map(|day| &day.lines).filter(|line| line.currency == invoice.currency) {
            if let Some(sum) = sums.iter_mut().find(|sum| sum.kind == line.kind) {
                sum.amount = sum.amount.saturating_add(line.amount);
                grain = grain.saturating_add(line.grain);
            }
        }
    }
    let own = invoice.tax.saturating_sub(invoice.credit);
    let reported = sums.iter().fold(own, |sum, line| sum.saturating_add(line.amount));
    let lines = sums.into_iter().filter(|line| !line.amount.is_zero()).collect();
    InvoiceCheck { lines, reported, difference: invoice.total.saturating_sub(reported), grain, missing }
}
