//! Many people at once.

use purser_core::id::{BudgetId, GrantId, KeyId, PersonId};
use serde::{Deserialize, Serialize};

/// A spreadsheet of people to add, all or none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportPeople {
    /// Comma separated, with a line of column names first: `name` and `zone`, and where wanted `unit`, `email`, `grant`
    /// (`20/day`), `days` (`all` or `workdays`), `key` (what uses it; anything makes a key) and `budget` (`50/month`, on
    /// that key). An empty cell leaves out what it would make.
    pub csv: String,
}

/// What an import made, in the order of the spreadsheet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ImportedPerson {
    /// The line of the spreadsheet, from one.
    pub line: usize,
    /// The person.
    pub person: PersonId,
    /// As they are called.
    pub name: String,
    /// The grant, if any.
    pub grant: Option<GrantId>,
    /// The key, if any.
    pub key_id: Option<KeyId>,
    /// The key's secret, in the answer to the request that made it and nowhere else. Missing when that request is
    /// repeated: only its hash was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The key's budget, if any.
    pub budget: Option<BudgetId>,
}
