//! One entry, as it stands in the journal.

use purser_core::event::KeyHash;
use purser_core::id::{AuditId, CommandId, NoteId, PersonId, time_ordered};
use purser_core::time::Instant;
use serde::{Deserialize, Serialize};

use crate::access::{Acting, Actor};
use crate::control::{Inner, stored};
use crate::error::{Code, Error};

/// The version written.
const VERSION: u32 = 1;

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was done: the records follow.
    Made,
    /// It was not allowed.
    Denied,
    /// Something confidential was shown.
    Read,
}

/// Private content of a thing, as it is after the change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Content {
    /// The thing's id.
    pub(crate) of: String,
    /// A keyed hash of the content.
    pub(crate) hash: KeyHash,
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    /// The version of this form.
    v: u32,
    /// Its id.
    pub(crate) id: AuditId,
    /// When.
    pub(crate) at: Instant,
    /// Who.
    pub(crate) by: Actor,
    /// The person that the actor was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) person: Option<PersonId>,
    /// The person for whom it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) on_behalf_of: Option<PersonId>,
    /// What.
    pub(crate) action: String,
    /// What became of it.
    pub(crate) outcome: Outcome,
    /// Ids of what it was done with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) targets: Vec<String>,
    /// The change whose events follow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) change: Option<CommandId>,
    /// A keyed hash of the first of these events' bytes: which version of the record it made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) record: Option<KeyHash>,
    /// Private content that it changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) contents: Vec<Content>,
    /// Why, where it can be erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<NoteId>,
    /// Why it was denied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<Code>,
}

impl Entry {
    /// An entry about what `acting` does; keeps the reason that they gave. Named as they named it, else by `action`.
    ///
    /// # Errors
    /// No random bits, or the place of private texts.
    pub(crate) fn new(
        inner: &Inner,
        acting: &Acting,
        at: Instant,
        action: &str,
        outcome: Outcome,
    ) -> Result<Self, Error> {
        let id = AuditId::new(time_ordered(at, inner.random_bits()?));
        let reason = match &acting.reason {
            Some(reason) => {
                let note = NoteId::new(id.get());
                inner.private.put_reason(note, at, reason).map_err(stored)?;
                Some(note)
            }
            None => None,
        };
        Ok(Self {
            v: VERSION,
            id,
            at,
            by: acting.actor,
            person: acting.person,
            on_behalf_of: acting.on_behalf_of,
            action: if acting.action.is_empty() { action } else { acting.action }.to_owned(),
            outcome,
            targets: Vec::new(),
            change: None,
            record: None,
            contents: Vec::new(),
            reason,
            code: None,
        })
    }

    /// The bytes for the journal.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("an entry of texts and ids can be written as JSON")
    }

    /// An entry from the journal's bytes.
    ///
    /// # Errors
    /// The bytes are none, or a later program wrote them.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let unreadable = |why: String| Error::failed("an entry of the audit trail can't be read", why);
        let entry: Self = serde_json::from_slice(bytes).map_err(|error| unreadable(error.to_string()))?;
        if entry.v > VERSION { Err(unreadable(format!("it has version {}", entry.v))) } else { Ok(entry) }
    }
}
