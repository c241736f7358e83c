//! Roles: what somebody is here for.

use std::fmt;

use purser_core::id::UnitId;
use serde::{Deserialize, Serialize};

/// What somebody may be here for. Stable words: they are in the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Runs Purser: who signs in, keys for scripts, policy. Sees no confidential amount.
    Admin,
    /// Looks after people, offers and grants.
    People,
    /// Looks after pools, budgets, prices and what is in doubt.
    Finance,
    /// Leads a unit and all below it.
    Manager,
    /// Has a purse; sees what is their own.
    Employee,
    /// Reads all that is no confidential amount, and the audit trail; changes nothing.
    Auditor,
}

impl Role {
    /// All of them, in the order of the matrix's columns.
    pub const ALL: [Self; 6] = [Self::Admin, Self::People, Self::Finance, Self::Manager, Self::Employee, Self::Auditor];

    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::People => "people",
            Self::Finance => "finance",
            Self::Manager => "manager",
            Self::Employee => "employee",
            Self::Auditor => "auditor",
        }
    }

    /// The role of a word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }

    /// Its column in the matrix.
    pub(crate) const fn column(self) -> usize {
        match self {
            Self::Admin => 0,
            Self::People => 1,
            Self::Finance => 2,
            Self::Manager => 3,
            Self::Employee => 4,
            Self::Auditor => 5,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A role that somebody has; a manager has it over a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GivenRole {
    /// Which.
    pub role: Role,
    /// The unit that a manager leads, with all below it. `None` for every other role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitId>,
}

impl GivenRole {
    /// A role that is over no unit.
    pub const fn of(role: Role) -> Self {
        Self { role, unit: None }
    }
}

impl fmt::Display for GivenRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.unit {
            None => write!(f, "{}", self.role),
            Some(unit) => write!(f, "{}:{unit}", self.role),
        }
    }
}
