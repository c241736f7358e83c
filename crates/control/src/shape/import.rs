//! Many people or units at once.

use purser_core::id::{BudgetId, GrantId, KeyId, PersonId, UnitId};
use purser_core::role::{Family, Role};
use serde::{Deserialize, Serialize};

/// A spreadsheet of people, held against those who are here: who is not is added, who is is changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportPeople {
    /// Cells separated by commas, semicolons or tabs, with a line of column names first: `name` and `zone`, and where wanted
    /// `id`, `unit`, `email`, `family` and `level` (of their role), and for newcomers `grant` (`20/day`), `days` (`all` or `workdays`), `key` (what uses it; anything
    /// makes a key) and `budget` (`50/month`, on that key). An empty cell leaves out what it would make or change. Somebody is
    /// found by `id`, else by `email`, else by a name that only one has.
    pub csv: String,
    /// Take the good lines although others are bad.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub partial: bool,
    /// Only tell what would be.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub preview: bool,
    /// Let everybody go who is here and not in the file. Refused when any line is bad.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub remove_missing: bool,
}

/// What an import of people made, or would make.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PeopleImport {
    /// Newcomers, in the order of the file.
    pub items: Vec<ImportedPerson>,
    /// Those who are here and changed.
    pub changed: Vec<ChangedPerson>,
    /// How many are here and as the file says.
    pub unchanged: usize,
    /// Those who are here and not in the file.
    pub missing: Vec<MissingPerson>,
    /// Lines that can't be.
    pub mistakes: Vec<ImportMistake>,
    /// Families of new roles that the company has set nothing for: no bands, no limits of runs. Perhaps a slip of the pen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown_families: Vec<Family>,
    /// Was this only told, and nothing changed?
    pub preview: bool,
}

/// What an import made of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ImportedPerson {
    /// The line of the spreadsheet, from one.
    pub line: usize,
    /// The person. In a preview an id that nobody will have.
    pub person: PersonId,
    /// As they are called.
    pub name: String,
    /// Their role, where the line says one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
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

/// Somebody who is here and whom the file says otherwise of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ChangedPerson {
    /// The line of the spreadsheet, from one.
    pub line: usize,
    /// Who.
    pub person: PersonId,
    /// As they are called from then on.
    pub name: String,
    /// What changes.
    pub changes: Vec<ImportChange>,
}

/// One field that changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ImportChange {
    /// The column.
    pub field: String,
    /// What it was.
    pub from: String,
    /// What it is from then on.
    pub to: String,
}

/// Somebody who is here and not in the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct MissingPerson {
    /// Who.
    pub person: PersonId,
    /// As they are called; nothing once erased.
    pub name: Option<String>,
    /// Were they let go?
    pub removed: bool,
}

/// A line that can't be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ImportMistake {
    /// The line of the spreadsheet, from one.
    pub line: usize,
    /// The column it is about, where it is about one.
    pub field: Option<String>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

/// A spreadsheet of units, held against those that are open.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportUnits {
    /// Cells separated by commas, semicolons or tabs, with a line of column names first: `name`, and where wanted `id`,
    /// `parent` (a name or id, in the file or not, in any order; empty: right under the company), `zone` (for new ones; `UTC`
    /// where it is empty) and `cost_centre`. A unit is found by `id`, else by its name. A column that is not there changes
    /// nothing.
    pub csv: String,
    /// Take the good lines although others are bad.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub partial: bool,
    /// Only tell what would be.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub preview: bool,
}

/// What an import of units made, or would make.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct UnitsImport {
    /// New and changed ones, in the order in which they were written: each after the one above it.
    pub items: Vec<ImportedUnit>,
    /// How many are as the file says.
    pub unchanged: usize,
    /// Open ones that the file does not name. They stay.
    pub missing: Vec<MissingUnit>,
    /// Lines that can't be.
    pub mistakes: Vec<ImportMistake>,
    /// Was this only told, and nothing changed?
    pub preview: bool,
}

/// What an import made of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ImportedUnit {
    /// The line of the spreadsheet, from one.
    pub line: usize,
    /// The unit.
    pub unit: UnitId,
    /// As it is called.
    pub name: String,
    /// Was it added?
    pub added: bool,
    /// What changes, of one that was there.
    pub changes: Vec<ImportChange>,
}

/// An open unit that the file does not name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct MissingUnit {
    /// Which.
    pub unit: UnitId,
    /// As it is called; nothing once erased.
    pub name: Option<String>,
}
