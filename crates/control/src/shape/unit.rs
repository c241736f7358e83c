//! Units.

use purser_core::id::UnitId;
use serde::{Deserialize, Serialize};

/// A unit to add.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUnit {
    /// How it is called.
    pub name: String,
    /// Id or unique name of the unit above; none: right under the company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// IANA time zone of its budgets.
    pub zone: String,
    /// Cost centre in the company's books.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_centre: Option<String>,
}

/// A unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Unit {
    /// Its id.
    pub id: UnitId,
    /// `None` once erased.
    pub name: Option<String>,
    /// The unit above.
    pub parent: Option<UnitId>,
    /// IANA time zone of its budgets.
    pub zone: String,
    /// Cost centre in the company's books.
    pub cost_centre: Option<String>,
    /// How many people belong to it directly.
    pub people: usize,
}
