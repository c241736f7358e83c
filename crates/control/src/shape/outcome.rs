//! What was achieved.

use purser_core::id::{HookId, KeyId, OutcomeId, PersonId, RunId};
use purser_core::money::Nano;
use purser_core::time::Instant;
use serde::{Deserialize, Serialize};

use super::ImportMistake;

/// Something that was achieved, as an agent says of itself.
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
    /// When it was achieved.
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
    /// Where it can be looked at.
    pub link: Option<String>,
    /// In which run.
    pub run: Option<RunId>,
    /// Who or what told of it: `agent`, `api`, `csv`, `git`, or the source of a hook.
    pub source: String,
    /// When it was taken back; it no longer counts then.
    pub taken_back: Option<Instant>,
}

/// Something that was achieved, as a script, a spreadsheet or another system tells of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OutcomeTold {
    /// Whose: an id, a name or a mail address. One's own where it is missing and one may tell of nobody else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// What kind of thing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// How many of them; one where it is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// What they are worth together in the ledger's currency, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Nano>,
    /// The day or instant on which it was achieved; now where it is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// What the source calls it. Told of twice under the same id, it counts once. Kept as a keyed hash only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Where it can be looked at: an address that begins with `https://`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// The day or instant on which it turned out to be none: the outcome of this id no longer counts. Nothing else but the id
    /// is needed then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taken_back: Option<String>,
}

/// Outcomes that are told of at once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordOutcomes {
    /// Who tells of them, so that ids of one system are not taken for those of another; `api` where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The outcomes, ten thousand at most.
    pub outcomes: Vec<OutcomeTold>,
    /// Take the good ones although others are bad.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub partial: bool,
    /// Only tell what would be.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub preview: bool,
}

/// A spreadsheet of outcomes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportOutcomes {
    /// Cells separated by commas, semicolons or tabs, with a line of column names first: `person` (id, name or mail address)
    /// and `kind`, and where wanted `count`, `value`, `at` (a day or an instant), `id`, `link` and `taken_back`.
    pub csv: String,
    /// Whose ids they are; `csv` where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Take the good lines although others are bad.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub partial: bool,
    /// Only tell what would be.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub preview: bool,
}

/// What became of outcomes that were told of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct OutcomesTaken {
    /// How many are on record now that were not before.
    pub taken: usize,
    /// How many were on record already.
    pub known: usize,
    /// How many count no longer.
    pub taken_back: usize,
    /// What can't be, by its line or its place from one.
    pub mistakes: Vec<ImportMistake>,
    /// Was this only told, and nothing changed?
    pub preview: bool,
}

/// What was forgotten.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct OutcomesErased {
    /// Whose.
    pub person: PersonId,
    /// How many outcomes.
    pub erased: usize,
}

/// An address at which another system tells of outcomes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewHook {
    /// What the system is called here, in small letters: `github`, `tickets`.
    pub source: String,
}

/// A hook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Hook {
    /// Its id.
    pub id: HookId,
    /// What the system is called.
    pub source: String,
    /// Where it sends its messages.
    pub address: String,
    /// When it was made.
    pub made: Instant,
    /// Since when it works no longer.
    pub revoked: Option<Instant>,
    /// What messages are signed with (Standard Webhooks 1.0, `whsec_…`), in the answer to the request that made it and
    /// nowhere else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

/// What a hook is sent. Fields that are not named here are left aside: systems send what they send.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct HookMessage {
    /// When it happened.
    #[serde(default)]
    pub timestamp: Option<String>,
    /// An outcome, or a list of them.
    pub data: serde_json::Value,
}
