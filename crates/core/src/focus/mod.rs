//! FOCUS: what was charged, as FinOps tools read it (FinOps Open Cost and Usage Specification 1.2).
//!
//! **Model.** A row is what one person used in one unit, of one model, in one bucket, on one day (UTC), at one price. Its
//! cost is quantity × unit price, exactly, with all the places that the product has. A charge in the ledger is rounded to
//! nano-units once, and a limit may stand in for it, so the sum of a day's rows can differ from the ledger's by fractions
//! of a nano, or by more. What is left over is a row of its own, `Adjustment`: with it every day adds up to the ledger.
//! What corrects a charge (an adjustment, a reversal) is `ChargeClass` `Correction` on the day on which it was posted.
//!
//! **Owns** the grain, the arithmetic and the form of the rows.
//!
//! **Does not own** where charges come from and where rows go (`control`).

mod row;

use std::collections::{BTreeMap, HashMap};

use jiff::civil::Date;

use crate::id::{PersonId, UnitId};
use crate::money::Nano;
use crate::price::{Bucket, Kind, Ratio, UNITS_PER_RATE};
use crate::rating::Line;

pub use row::{About, COLUMNS, Names, header};

/// Costs and prices are counted in units of 10⁻¹⁸: prices are nano-units per million tokens, 10⁻¹⁵, and discounts may add
/// places. A price with more of them is rounded half to even; what that loses is left over as any rounding is.
const ATTO_PER_NANO: i128 = 1_000_000_000;

/// One charge, as its settlement says it.
#[derive(Clone, Copy, Debug)]
pub struct Posted<'a> {
    /// Whose call; `None` where nobody is named.
    pub person: Option<PersonId>,
    /// The unit that it counts in.
    pub unit: Option<UnitId>,
    /// Who served it.
    pub provider: &'a str,
    /// The model asked for.
    pub model: &'a str,
    /// The amount; below zero where it was given back.
    pub charge: Nano,
    /// Does it correct an earlier one?
    pub is_correction: bool,
}

/// What one line of a charge was priced by.
#[derive(Clone, Copy, Debug)]
pub struct PricedBy<'a> {
    /// The model of the card.
    pub model: &'a str,
    /// Which price of it: the card's version, tier and region, as a name.
    pub price: &'a str,
    /// What the list says, before the company's discount, as a multiplier like [`Line::terms`].
    pub list_terms: Ratio,
}

/// The charges of a day.
#[derive(Debug)]
pub struct Day {
    date: Date,
    names: HashMap<What, u32>,
    whats: Vec<What>,
    used: BTreeMap<Used, i128>,
    /// What is not explained by rows yet.
    left: BTreeMap<(Whose, u32, bool), i128>,
}

/// Whose row it is: person and unit.
type Whose = (Option<PersonId>, Option<UnitId>);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct What {
    provider: String,
    model: String,
    /// The model of the card; empty where nothing says it.
    sku: String,
    /// The price; empty as well.
    price: String,
}

/// One row's key: everything that it does not add up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Used {
    whose: Whose,
    what: u32,
    bucket: Bucket,
    is_correction: bool,
    price: i128,
    list: i128,
}

/// A sum that is beyond what can be added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the costs of a day are beyond what can be added up")]
pub struct TooLarge;

impl Day {
    /// A day without charges.
    pub fn new(date: Date) -> Self {
        Self { date, names: HashMap::new(), whats: Vec::new(), used: BTreeMap::new(), left: BTreeMap::new() }
    }

    /// Counts a charge's amount. What [`line`](Self::line) and [`count`](Self::count) tell of it explains it.
    ///
    /// # Errors
    /// [`TooLarge`].
    pub fn charge(&mut self, posted: &Posted<'_>) -> Result<(), TooLarge> {
        let amount = i128::from(posted.charge.get()).checked_mul(ATTO_PER_NANO).ok_or(TooLarge)?;
        self.leave(posted, amount)
    }

    /// Counts a line of a charge's working, at its price.
    ///
    /// # Errors
    /// [`TooLarge`].
    pub fn line(&mut self, posted: &Posted<'_>, line: &Line, by: &PricedBy<'_>) -> Result<(), TooLarge> {
        let price = unit_price(line, line.terms).ok_or(TooLarge)?;
        let list = unit_price(line, by.list_terms).ok_or(TooLarge)?;
        let quantity = i128::from(line.quantity);
        let cost = quantity.checked_mul(price).ok_or(TooLarge)?;
        let what = self.what(posted, by.model, by.price);
        self.put(posted, what, line.bucket, (price, list), quantity)?;
        self.leave(posted, cost.checked_neg().ok_or(TooLarge)?)
    }

    /// Counts what was used, more or less than was told before, without a price.
    ///
    /// # Errors
    /// [`TooLarge`].
    pub fn count(&mut self, posted: &Posted<'_>, bucket: Bucket, quantity: i64) -> Result<(), TooLarge> {
        let what = self.what(posted, "", "");
        self.put(posted, what, bucket, (0, 0), quantity.into())
    }

    /// The rows, as CSV without the header, each handed out as it is written.
    pub fn rows(&self, about: &About<'_>, each: &mut dyn FnMut(&str)) {
        let mut text = String::new();
        let nothing = What { provider: String::new(), model: String::new(), sku: String::new(), price: String::new() };
        let what = |no: u32| usize::try_from(no).ok().and_then(|no| self.whats.get(no)).unwrap_or(&nothing);
        for (used, quantity) in self.used.iter().filter(|(_, quantity)| **quantity != 0) {
            text.clear();
            row::used(&mut text, about, self.date, used, what(used.what), *quantity);
            each(&text);
        }
        for ((whose, no, is_correction), left) in self.left.iter().filter(|(_, left)| **left != 0) {
            text.clear();
            row::left(&mut text, about, self.date, (*whose, what(*no)), *is_correction, *left);
            each(&text);
        }
    }

    fn put(
        &mut self,
        posted: &Posted<'_>,
        what: u32,
        bucket: Bucket,
        (price, list): (i128, i128),
        quantity: i128,
    ) -> Result<(), TooLarge> {
        let whose = (posted.person, posted.unit);
        let used = Used { whose, what, bucket, is_correction: posted.is_correction, price, list };
        let sum = self.used.entry(used).or_default();
        *sum = sum.checked_add(quantity).ok_or(TooLarge)?;
        // Checked here, so that writing a row can't fail.
        sum.checked_mul(price.max(list)).map(drop).ok_or(TooLarge)
    }

    fn leave(&mut self, posted: &Posted<'_>, amount: i128) -> Result<(), TooLarge> {
        let what = self.what(posted, "", "");
        let left = self.left.entry(((posted.person, posted.unit), what, posted.is_correction)).or_default();
        *left = left.checked_add(amount).ok_or(TooLarge)?;
        Ok(())
    }

    fn what(&mut self, posted: &Posted<'_>, sku: &str, price: &str) -> u32 {
        let what = What {
            provider: posted.provider.to_owned(),
            model: posted.model.to_owned(),
            sku: sku.to_owned(),
            price: price.to_owned(),
        };
        if let Some(known) = self.names.get(&what) {
            return *known;
        }
        let no = u32::try_from(self.whats.len()).unwrap_or(u32::MAX);
        self.whats.push(what.clone());
        self.names.insert(what, no);
        no
    }
}

/// What one token, or one call, costs: `rate ÷ 1,000,000 × tier × geo × terms`, rounded half to even to 10⁻¹⁸.
fn unit_price(line: &Line, terms: Ratio) -> Option<i128> {
    let ratios = [line.tier, line.geo, terms];
    let times =
        |part: fn(Ratio) -> u64| ratios.into_iter().try_fold(1_i128, |all, it| all.checked_mul(part(it).into()));
    let per_rate = ATTO_PER_NANO.checked_div(UNITS_PER_RATE.into())?;
    let num = i128::from(line.rate.get()).checked_mul(per_rate)?.checked_mul(times(Ratio::num)?)?;
    let den = times(Ratio::den)?;
    let (whole, rest) = (num.checked_div(den)?, num.checked_rem(den)?);
    let twice = rest.checked_mul(2)?;
    let up = twice > den || (twice == den && whole.checked_rem(2)? == 1);
    whole.checked_add(i128::from(up))
}

/// What a bucket's quantities are counted in.
const fn unit_of(bucket: Bucket) -> &'static str {
    match bucket.kind() {
        Kind::Input | Kind::Output => "Tokens",
        Kind::Call => "Requests",
    }
}

#[cfg(test)]
mod tests;
