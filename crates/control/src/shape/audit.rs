//! The audit trail.

use purser_core::id::{AuditId, CommandId, PersonId};
use purser_core::time::Instant;
use serde::{Deserialize, Serialize};

use crate::audit::Outcome;
use crate::error::Code;

/// Who did, tried or looked at what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct AuditEntry {
    /// The journal's record that it is.
    pub entry: u64,
    /// Its id.
    pub id: AuditId,
    /// When.
    pub at: Instant,
    /// `local`, `purser`, or the id of a login or a key.
    pub actor: String,
    /// What people call the actor, while it is known.
    pub actor_name: Option<String>,
    /// The person that the actor was.
    pub person: Option<PersonId>,
    /// The person for whom it was done.
    pub on_behalf_of: Option<PersonId>,
    /// What.
    pub action: String,
    /// What became of it.
    pub outcome: Outcome,
    /// Ids of what it was done with.
    pub targets: Vec<String>,
    /// The change whose events follow in the journal.
    pub change: Option<CommandId>,
    /// A keyed hash of the first of them: which version of the record it made.
    pub record: Option<String>,
    /// Ids of private content that it changed, with keyed hashes of what it is since then.
    pub contents: Vec<(String, String)>,
    /// Why, as the actor said; nothing once that was erased.
    pub reason: Option<String>,
    /// Why it was denied.
    pub code: Option<Code>,
}

/// A page of the trail, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct AuditPage {
    /// The entries.
    pub items: Vec<AuditEntry>,
    /// Where the next page begins (`before`); nothing at the end.
    pub next: Option<u64>,
}

/// What holding the trail against the journal found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct AuditReport {
    /// Is every change since the trail began in it, and every entry readable?
    pub good: bool,
    /// When the trail began.
    pub since: Option<Instant>,
    /// Entries.
    pub entries: u64,
    /// Events that belong to the change of an entry.
    pub covered: u64,
    /// Events from before the trail began.
    pub earlier: u64,
    /// Entries about what was denied.
    pub denied: u64,
    /// Entries about confidential things that were shown.
    pub read: u64,
    /// Entries of changes that were cut short: no event followed.
    pub without_effect: u64,
    /// Events that belong to no entry's change.
    pub uncovered: u64,
    /// Entries that can't be read.
    pub unreadable: u64,
    /// What is wrong, a sentence each, the first of many.
    pub findings: Vec<String>,
}
