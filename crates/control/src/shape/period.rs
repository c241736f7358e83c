//! Closed months.

use purser_core::id::PersonId;
use purser_core::money::Nano;
use purser_core::time::Instant;
use serde::{Deserialize, Serialize};

use crate::access::Party;

/// To close a month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClosePeriod {
    /// `2026-10`.
    pub month: String,
}

/// A closed month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Period {
    /// `YYYY-MM`.
    pub month: String,
    /// When it was closed.
    pub closed: Instant,
    /// By whom.
    pub by: Party,
    /// How many statements were kept.
    pub statements: u64,
    /// What people's grants released in it.
    pub granted: Nano,
    /// What people used in it.
    pub used: Nano,
    /// SHA-256 over all of them, as the journal has it.
    pub sha256: String,
}

/// A closed month held against the journal and the ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PeriodReport {
    /// `YYYY-MM`.
    pub month: String,
    /// Is everything as it should be?
    pub good: bool,
    /// Are the statements those whose hash is in the journal?
    pub unchanged: bool,
    /// How many there are.
    pub statements: u64,
    /// How many say something else than the ledger.
    pub different: u64,
    /// Which of them, and where; a hundred at most.
    pub differences: Vec<PeriodDifference>,
    /// The hash in the journal.
    pub sha256: String,
}

/// A statement that says something else than the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PeriodDifference {
    /// Whose.
    pub person: PersonId,
    /// In these fields.
    pub fields: Vec<String>,
}
