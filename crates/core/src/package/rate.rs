//! Exchange rates: dated, and fixed in the version that uses them.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Exact;
use crate::money::Currency;
use crate::price::Ratio;

/// What one unit of the package's currency is worth in another one. Fixed in the version: a later rate changes nothing
/// that was offered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DatedRate {
    /// The other currency.
    pub to: Currency,
    /// Units of the other currency for one of the package's, exactly: `1.0837`.
    pub rate: Ratio,
    /// The day it is of.
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Day"))]
    pub on: Date,
    /// Who says so, such as `ECB reference rate`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

impl DatedRate {
    /// An amount in the other currency; `None` when it does not fit.
    pub fn convert(&self, amount: Exact) -> Option<Exact> {
        amount.scaled(self.rate)
    }
}
