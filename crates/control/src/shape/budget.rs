//! Budgets.

use purser_core::id::BudgetId;
use purser_core::money::Nano;
use purser_core::time::Instant;
use serde::{Deserialize, Serialize};

/// A budget to set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetBudget {
    /// `company`, or id or unique name of a unit, or id of a key; with a tool id or unique name of a person.
    pub owner: String,
    /// The tool whose calls it limits, of one person; `*` stands for any text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// Amount and period: `1000/month`.
    pub amount: String,
    /// `all` or `workdays`; `all` where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<String>,
}

/// A budget and where it stands in its running period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Budget {
    /// Its id.
    pub id: BudgetId,
    /// `company`, or the id of the unit, key or person.
    pub owner: String,
    /// The owner's name where it has one.
    pub owner_name: Option<String>,
    /// The tool whose calls it limits, where it is a person's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// Per period.
    pub amount: Nano,
    /// `day`, `week`, `month`, `quarter` or `year`.
    pub per: String,
    /// `all` or `workdays`.
    pub days: String,
    /// From when on.
    pub since: Instant,
    /// When it ended, if it did.
    pub ended: Option<Instant>,
    /// Spent, held and left in the running period; `None` once ended.
    pub funds: Option<super::Funds>,
}
