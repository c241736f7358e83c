//! What somebody costs in a year, fully loaded: salary, bonus, a year's vesting, benefits, and the overhead of having them.
//!
//! Pay comes from the offer that somebody accepted last ([`Pay::of`]); where there is none, or its pay can't be counted, from
//! a row of the company's [`CostTable`], for their family and level, their family, or everybody. What comes on top of pay is
//! always the table's. Every part is an exact fraction of the ledger's currency, rounded once where it is shown; the total is
//! rounded from the exact sum, so the parts that are shown may differ from it by a nano-unit each.

mod pay;
mod table;

pub use pay::{Pay, PayError};
pub use table::{CostRow, CostTable, Extra, ROWS_MAX, RowPay, TableError};

use serde::{Deserialize, Serialize};

use crate::package::{Exact, Share};
use crate::role::{Family, Level};

/// One part of what somebody costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CostPart {
    /// What is paid each month, at the working share.
    Salary,
    /// What is paid for results.
    Bonus,
    /// A year's vesting.
    Equity,
    /// Insurance, pension, taxes that the employer pays.
    Benefits,
    /// Place, tools, and the people who look after people.
    Overhead,
}

impl CostPart {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 5] = [Self::Salary, Self::Bonus, Self::Equity, Self::Benefits, Self::Overhead];

    /// Its name, as in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Salary => "salary",
            Self::Bonus => "bonus",
            Self::Equity => "equity",
            Self::Benefits => "benefits",
            Self::Overhead => "overhead",
        }
    }
}

/// What somebody costs in a year, in the ledger's currency, and from where that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadedCost {
    parts: [Exact; CostPart::ALL.len()],
    total: Exact,
    /// Where salary, bonus and equity are from.
    pub pay: PaySource,
    /// Which row has the benefits and the overhead; `None` where no row is theirs, and both are nothing.
    pub on_top: Option<RowOf>,
}

/// Where pay is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PaySource {
    /// The offer that they accepted last.
    Offer,
    /// A row of the table: what somebody in their role usually costs.
    Row(RowOf),
}

/// Whose row of the table one is: everybody's where nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RowOf {
    /// Of this family; of all where none is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family: Option<Family>,
    /// Of this level of the family; of all its levels where none is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
}

impl LoadedCost {
    /// From its parts, in the order of [`CostPart::ALL`]; `None` when the sum does not fit an account.
    fn of(parts: [Exact; CostPart::ALL.len()], pay: PaySource, on_top: Option<RowOf>) -> Option<Self> {
        let total = parts.iter().try_fold(Exact::ZERO, |sum, part| sum.checked_add(*part))?;
        total.round()?;
        Some(Self { parts, total, pay, on_top })
    }

    /// One part, for a year.
    pub fn part(&self, part: CostPart) -> Exact {
        let place = CostPart::ALL.iter().position(|known| *known == part);
        place.and_then(|place| self.parts.get(place)).copied().unwrap_or(Exact::ZERO)
    }

    /// All of them, for a year.
    pub const fn total(&self) -> Exact {
        self.total
    }

    /// What part of the whole one part is; `None` of nothing.
    pub fn share(&self, part: CostPart) -> Option<Share> {
        Share::of(self.part(part), self.total)
    }
}

#[cfg(test)]
mod tests;
