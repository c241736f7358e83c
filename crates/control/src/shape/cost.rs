//! What people cost.

use purser_core::cost::{CostPart, CostRow, Extra, RowOf, RowPay};
use purser_core::id::PersonId;
use purser_core::money::Nano;
use serde::{Deserialize, Serialize};

use super::Confidential;

/// One change of what is set about costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeCosts {
    /// A row for a family and level, a family, or everybody: new, or in the place of the one of before.
    Set(CostRow),
    /// The row for those is taken out.
    End(RowOf),
}

/// What is set about costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Costs {
    /// The currency of all amounts: the ledger's.
    pub currency: String,
    /// Everybody's row first, then by family and level.
    pub rows: Vec<CostsRow>,
}

/// A row, whose amounts only some may see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct CostsRow {
    /// Whose.
    pub of: RowOf,
    /// Does it say what somebody is paid, or only what comes on top?
    pub has_pay: bool,
    /// What somebody of full working time is paid in a year.
    pub pay: Confidential<Option<RowPay>>,
    /// What comes on top for benefits.
    pub benefits: Confidential<Extra>,
    /// What comes on top for overhead.
    pub overhead: Confidential<Extra>,
}

/// What somebody costs in a year, fully loaded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PersonCost {
    /// Whose.
    pub person: PersonId,
    /// Their name.
    pub person_name: Option<String>,
    /// The currency: the ledger's.
    pub currency: String,
    /// Is it known at all? Not where no offer of theirs says what they are paid and no row of the costs is theirs.
    pub known: bool,
    /// All parts together, rounded once, halves to the even nano-unit.
    pub per_year: Confidential<Option<Nano>>,
    /// The parts; none where it is not known. Each is rounded by itself.
    pub parts: Vec<CostLine>,
    /// Where the pay is from: `offer`, or `row` for what somebody in their role usually costs.
    pub pay_from: Option<String>,
    /// Whose row that is.
    pub pay_row: Option<RowOf>,
    /// Whose row says what comes on top; none where no row is theirs, and nothing was added.
    pub on_top_row: Option<RowOf>,
}

/// One part of what somebody costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct CostLine {
    /// Which.
    pub part: CostPart,
    /// For a year.
    pub per_year: Confidential<Nano>,
    /// What part of the whole it is.
    pub share: Confidential<Option<String>>,
}
