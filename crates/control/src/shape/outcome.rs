//! What was achieved.

use purser_core::id::{KeyId, OutcomeId, PersonId, RunId};
use purser_core::money::Nano;
use purser_core::time::Instant;
use serde::{Deserialize, Serialize};

/// Something that was achieved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOutcome {
    /// What kind of thing: `merged_change`, `ticket_resolved`, `month_close`, `report`. A kind that the company does not
    /// know is answered with those that it does.
    pub kind: String,
    /// How many of them; one where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// What they are worth together in the ledger's currency, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Nano>,
    /// Where it can be looked at: an address that begins with `https://`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// The run that achieved it; the one that this key works in where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
}

/// An outcome on record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Outcome {
    /// Its id.
    pub id: OutcomeId,
    /// When it was logged.
    pub at: Instant,
    /// Whose.
    pub person: PersonId,
    /// Their name.
    pub person_name: Option<String>,
    /// The key whose agent logged it.
    pub key: Option<KeyId>,
    /// What kind of thing.
    pub kind: String,
    /// How many.
    pub count: u64,
    /// What they are worth together.
    pub value: Option<Nano>,
    /// Where it can be looked at; none once that was erased.
    pub link: Option<String>,
    /// In which run.
    pub run: Option<RunId>,
}
