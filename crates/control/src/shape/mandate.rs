//! Mandates, and who decides while somebody is away.

use purser_core::id::{PersonId, PoolId, UnitId};
use purser_core::money::Nano;
use serde::{Deserialize, Serialize};

/// What a manager gives from now on without being asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetMandate {
    /// Whose (id or name).
    pub manager: String,
    /// For the people of this unit and of those below it (id or name); the one of before where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// At most so much in a calendar month of the company's; zero ends it.
    pub per_month: Nano,
    /// At most so much at once; as much as in a month where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_request: Option<Nano>,
    /// The pool that pays (id or name), which makes what is given guaranteed; the budgets of unit and company bind it where
    /// none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pool: Option<String>,
}

/// What a manager gives without being asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Mandate {
    /// Whose.
    pub manager: PersonId,
    /// Their name.
    pub manager_name: Option<String>,
    /// For the people of this unit and of those below it.
    pub unit: UnitId,
    /// Its name.
    pub unit_name: Option<String>,
    /// At most so much in a calendar month.
    pub per_month: Nano,
    /// At most so much at once.
    pub per_request: Nano,
    /// What was given in the running month.
    pub given: Nano,
    /// What is left of it.
    pub left: Nano,
    /// The pool that pays.
    pub pool: Option<PoolId>,
    /// Its name.
    pub pool_name: Option<String>,
    /// Does it give anything: was it not ended, and do they lead that unit still?
    pub active: bool,
}

/// Who decides while somebody is away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetAbsence {
    /// Who is away (id or name); oneself where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// Who decides (id or name; the id where one sees only one's own things).
    pub delegate: String,
    /// The first day; today where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The last day.
    pub until: String,
}

/// Somebody is away, and who decides meanwhile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Absence {
    /// Who is away.
    pub person: PersonId,
    /// Their name.
    pub person_name: Option<String>,
    /// Who decides.
    pub delegate: PersonId,
    /// Their name.
    pub delegate_name: Option<String>,
    /// The first day.
    pub from: String,
    /// The last day.
    pub until: String,
    /// Is it one of these days, and are both still here?
    pub away_now: bool,
}
