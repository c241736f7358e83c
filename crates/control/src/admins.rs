//! Administrators' keys: who may use the control API over TCP.

use std::collections::BTreeMap;

use purser_core::event::KeyHash;
use purser_core::id::AdminKeyId;
use purser_core::time::Instant;
use purser_store::Labelled;
use serde::{Deserialize, Serialize};

use crate::change::{CommandName, Turn};
use crate::control::{AdminLabels, Control, stored};
use crate::error::{Code, Error, Refused};
use crate::secret::{self, ADMIN_KEY_PREFIX, Secret};
use crate::shape::{AdminKey, List, NewAdminKey};

/// What the journal says about administrators, in a form of its own: they are no part of the directory, because
/// nothing about money depends on them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum AdminEvent {
    /// A key was made.
    KeyIssued {
        /// Its id.
        key: AdminKeyId,
        /// SHA-256 of its secret.
        hash: KeyHash,
        /// When.
        at: Instant,
    },
    /// A key stops working.
    KeyRevoked {
        /// Which.
        key: AdminKeyId,
        /// When.
        at: Instant,
    },
}

impl AdminEvent {
    /// The bytes for the journal.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("an event of texts and ids can be written as JSON")
    }

    /// An event from the journal's bytes.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }
}

/// The keys in force.
#[derive(Debug, Default)]
pub(crate) struct Admins {
    keys: BTreeMap<AdminKeyId, (KeyHash, AdminKey)>,
    /// Was there ever one? Setup does not open again when the last is revoked: the socket is left.
    any_ever: bool,
    /// What keys are for. Labels are written by people, so they are kept where they can be erased.
    labels: AdminLabels,
}

impl Admins {
    /// Takes an event in.
    pub(crate) fn apply(&mut self, event: &AdminEvent) {
        match event {
            AdminEvent::KeyIssued { key, hash, at } => {
                let shown = AdminKey { id: *key, key: None, label: self.labels.get(key).cloned(), made: *at };
                self.keys.insert(*key, (*hash, shown));
                self.any_ever = true;
            }
            AdminEvent::KeyRevoked { key, .. } => {
                self.keys.remove(key);
            }
        }
    }

    /// Takes labels in.
    pub(crate) fn name(&mut self, labels: AdminLabels) {
        for (id, label) in labels {
            if let Some((_, key)) = self.keys.get_mut(&id) {
                key.label = Some(label.clone());
            }
            self.labels.insert(id, label);
        }
    }

    /// Was there ever a key?
    pub(crate) fn any_ever(&self) -> bool {
        self.any_ever
    }

    /// Is a secret of this hash in force? There are few; comparing all of them tells nothing by its timing, because
    /// what is compared is a hash that the asker can't choose.
    fn contains(&self, hash: &KeyHash) -> bool {
        self.keys.values().any(|(known, _)| known == hash)
    }
}

impl Control {
    /// Is the text the secret of a key in force?
    pub(crate) fn is_admin_key(&self, text: &str) -> bool {
        text.starts_with(ADMIN_KEY_PREFIX) && self.inner.admins.read().contains(&KeyHash(secret::hash(text)))
    }

    /// The keys in force, oldest first, never their secrets.
    pub fn admin_keys(&self) -> List<AdminKey> {
        List { items: self.inner.admins.read().keys.values().map(|(_, key)| key.clone()).collect() }
    }

    /// Makes a key; its secret is in the answer, once.
    ///
    /// # Errors
    /// A label that is empty or too long, no random bits, or the journal.
    pub async fn add_admin_key(&self, name: Option<CommandName>, new: NewAdminKey) -> Result<AdminKey, Error> {
        self.change(name, move |turn| issue(turn, &new.label)).await
    }

    /// Stops a key at once.
    ///
    /// # Errors
    /// No such key is in force, or the journal.
    pub async fn revoke_admin_key(&self, name: Option<CommandName>, id: &str) -> Result<AdminKey, Error> {
        let id: AdminKeyId = id.trim().parse().map_err(|error: purser_core::id::IdError| {
            Refused::new(Code::Invalid, error.to_string()).hint("`purser admin-key list` shows the ids")
        })?;
        self.change(name, move |turn| {
            let known = turn.control().admins.read().keys.get(&id).map(|(_, key)| key.clone());
            let key = known
                .ok_or_else(|| Refused::new(Code::NotFound, format!("no administrator's key {id} is in force")))?;
            turn.commit_admin(&AdminEvent::KeyRevoked { key: id, at: turn.now })?;
            Ok(key)
        })
        .await
    }
}

/// Makes a key within a change.
pub(crate) fn issue(turn: &mut Turn<'_>, label: &str) -> Result<AdminKey, Error> {
    let label = crate::people::checked_name("label", label)?;
    let id = AdminKeyId::new(turn.command.get());
    if let Some((_, known)) = turn.control().admins.read().keys.get(&id) {
        return if known.label.as_deref() == Some(&label) { Ok(known.clone()) } else { Err(crate::change::reused()) };
    }
    let secret = Secret::generate(ADMIN_KEY_PREFIX, &*turn.control().random)?;
    turn.control().private.put_label(Labelled::Key, id.get(), &label).map_err(stored)?;
    turn.control().admins.write().name([(id, label.clone())].into());
    let event = AdminEvent::KeyIssued { key: id, hash: KeyHash(secret.hash()), at: turn.now };
    turn.commit_admin(&event)?;
    Ok(AdminKey { id, key: Some(secret.reveal().to_owned()), label: Some(label), made: turn.now })
}
