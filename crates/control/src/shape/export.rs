//! What is exported.

use serde::Deserialize;

use super::WantedStatement;

/// Which days, and how.
#[derive(Clone, Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WantedExport {
    /// First day (UTC); the first of the running month where it is missing.
    pub from: Option<String>,
    /// First day not included; tomorrow where it is missing.
    pub to: Option<String>,
    /// With the names of people and units beside their ids.
    pub names: bool,
}

/// How a file is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    /// Comma-separated values (RFC 4180).
    #[default]
    Csv,
    /// One JSON object on each line.
    Jsonl,
}

/// Which postings of the ledger, and how.
#[derive(Clone, Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WantedLedger {
    /// First day (UTC); the first of the running month where it is missing.
    pub from: Option<String>,
    /// First day not included; tomorrow where it is missing.
    pub to: Option<String>,
    /// Only this person's (id or name).
    pub person: Option<String>,
    /// Only what counts in this unit or one below it (id or name).
    pub unit: Option<String>,
    /// Only calls that asked for this model.
    pub model: Option<String>,
    /// `csv` or `jsonl`.
    pub format: ExportFormat,
    /// With the names of people and units beside their ids.
    pub names: bool,
}

/// Whose statements, and how. Of the running month where neither a month nor a year is named.
#[derive(Clone, Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WantedStatements {
    /// `2026-11`.
    pub month: Option<String>,
    /// `2026`, in place of a month.
    pub year: Option<String>,
    /// Only this person's (id or name).
    pub person: Option<String>,
    /// Only of those who are in this unit, or one below it, at the end of the month or year (id or name).
    pub unit: Option<String>,
    /// `csv` or `jsonl`.
    pub format: ExportFormat,
    /// With the names of people and units beside their ids.
    pub names: bool,
}

impl WantedStatements {
    pub(crate) fn span(&self) -> WantedStatement {
        WantedStatement { month: self.month.clone(), year: self.year.clone() }
    }
}

/// Which postings of days that are over, and how.
#[derive(Clone, Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WantedHistory {
    /// First day (UTC); the first of yesterday's month where it is missing.
    pub from: Option<String>,
    /// First day not included; today where it is missing, and not later.
    pub to: Option<String>,
    /// Only this person's (id or name).
    pub person: Option<String>,
    /// Only what counts in this unit or one below it (id or name).
    pub unit: Option<String>,
    /// Only calls that asked for this model.
    pub model: Option<String>,
    /// With the names of people and units beside their ids.
    pub names: bool,
}
