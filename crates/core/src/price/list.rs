//! A published set of prices: what control journals and the book takes in.

use serde::{Deserialize, Serialize};

use super::card::CardSpec;
use super::ratio::Ratio;
use crate::id::PriceListId;
use crate::money::Currency;
use crate::time::Instant;

/// A set of cards, discounts and exchange rates, published together. Never edited: a correction is another list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceList {
    /// Which list.
    pub id: PriceListId,
    /// When it was published. A company's card holds from here at the earliest: what was charged before stays.
    pub published_at: Instant,
    /// Whose prices they are.
    pub layer: Layer,
    /// Rate cards.
    #[serde(default)]
    pub cards: Vec<CardSpec>,
    /// Negotiated discounts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub discounts: Vec<Discount>,
    /// Exchange rates for providers that bill in another currency.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exchange: Vec<Exchange>,
}

/// Whose prices a list holds. A company's own price beats a public one, whatever their dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    /// Public list prices that come with Purser.
    Bundled,
    /// Published by the company.
    Company,
}

/// A negotiated multiplier on everything a provider bills, tool fees included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Discount {
    /// Whose bills.
    pub provider: String,
    /// What is paid of the list price: `0.9` for ten per cent off.
    pub times: Ratio,
    /// First instant at which it holds.
    pub from: Instant,
    /// First instant at which it does not hold any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Instant>,
}

/// What one unit of a currency costs in another, from a date on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    /// The currency of a provider's prices.
    pub of: Currency,
    /// The ledger's currency.
    pub to: Currency,
    /// Units of `to` for one unit of `of`.
    pub times: Ratio,
    /// First instant at which it holds, until the next row of the same pair.
    pub from: Instant,
}
