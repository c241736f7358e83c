//! By which ids somebody is found, and what of an event is theirs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use purser_core::budget::BudgetOn;
use purser_core::id::{NoteId, PersonId};
use purser_core::offer::Offer;
use purser_core::snapshot::Snapshot;
use purser_core::time::Instant;
use purser_store::{EventRow, KIND_AUDIT};
use serde_json::Value;

use crate::audit::{self, Entry};
use crate::control::Inner;
use crate::error::Error;
use crate::privacy::kept::Of;

/// Ids of somebody.
#[derive(Debug, Default)]
pub(super) struct Theirs {
    /// All of them, by their bits, as text.
    texts: BTreeMap<u128, String>,
    /// The same texts, to be found in events.
    names: BTreeSet<String>,
    things: Vec<u128>,
    logins: Vec<u128>,
    offers: Vec<u128>,
    notes: BTreeSet<u128>,
}

impl Theirs {
    /// What somebody has and had, as far as the directory and who signs in know.
    pub(super) fn of(inner: &Inner, snapshot: &Snapshot, person: PersonId, now: Instant) -> Result<Self, Error> {
        let directory = &snapshot.directory;
        let mut theirs = Self::default();
        let mut things = vec![theirs.add(person.get(), &person)];
        things.extend(directory.grants_of(person).iter().map(|grant| theirs.add(grant.id.get(), &grant.id)));
        let keys: Vec<_> = directory.keys().filter(|key| key.person == person).map(|key| key.id).collect();
        things.extend(keys.iter().map(|key| theirs.add(key.get(), key)));
        for budget in directory.budgets() {
            let is_theirs = match budget.on {
                BudgetOn::Person(of) => of == person,
                BudgetOn::Key(key) => keys.contains(&key),
                BudgetOn::Company | BudgetOn::Unit(_) => false,
            };
            if is_theirs {
                things.push(theirs.add(budget.id.get(), &budget.id));
            }
        }
        let mut logins = Vec::new();
        {
            let admins = inner.admins.read();
            things.extend(admins.keys_of(person).map(|key| theirs.add(key.get(), &key)));
            let own = admins.logins().filter(|(_, known)| known.person == Some(person));
            logins.extend(own.map(|(login, _)| theirs.add(login.get(), &login)));
        }
        let accepted = |offer: &Offer| offer.accepted.as_ref().is_some_and(|accepted| accepted.person == person);
        let offers = directory.offers().filter(|offer| accepted(offer));
        let offers = offers.map(|offer| theirs.add(offer.id.get(), &offer.id)).collect();
        for asked in directory.top_ups().filter(|asked| asked.person == person) {
            theirs.add(asked.id.get(), &asked.id);
        }
        let notes = inner.said_about(snapshot, person)?.into_iter().chain(inner.board_words_of(person, now));
        let notes = notes.map(NoteId::get).collect();
        Ok(Self { things, logins, offers, notes, ..theirs })
    }

    fn add(&mut self, bits: u128, id: &dyn Display) -> u128 {
        self.names.insert(id.to_string());
        self.texts.insert(bits, id.to_string());
        bits
    }

    /// The ids by which rows are found.
    pub(super) fn ids(&self, of: Of, person: PersonId) -> Vec<u128> {
        match of {
            Of::Person => vec![person.get()],
            Of::Thing => self.things.clone(),
            Of::Login => self.logins.clone(),
            Of::Offer => self.offers.clone(),
            Of::Note => self.notes.iter().copied().collect(),
        }
    }

    /// The text of an id, where it is one of theirs.
    pub(super) fn text(&self, bits: u128) -> Option<&str> {
        self.texts.get(&bits).map(String::as_str)
    }

    /// Do they, or something of theirs, stand in an event?
    pub(super) fn are_in(&self, payload: &[u8]) -> bool {
        payload.split(|byte| *byte == b'"').filter_map(audit::id).any(|id| self.names.contains(id))
    }

    /// Remembers the reason of an entry of the trail.
    pub(super) fn note(&mut self, row: &EventRow) {
        if row.kind == KIND_AUDIT
            && let Ok(Entry { reason: Some(reason), .. }) = Entry::from_bytes(&row.payload)
        {
            self.notes.insert(reason.get());
        }
    }

    /// An event without what is about others alone, and without hashes of secrets.
    pub(super) fn narrowed(&self, payload: &[u8]) -> Value {
        match serde_json::from_slice(payload) {
            Ok(mut event) => {
                self.narrow(&mut event);
                event
            }
            // None is written that is not JSON.
            Err(_) => Value::Null,
        }
    }

    fn narrow(&self, value: &mut Value) {
        match value {
            Value::Array(items) => {
                items.retain(|item| !self.is_anothers(item));
                for item in items {
                    self.narrow(item);
                }
            }
            Value::Object(fields) => {
                fields.remove("hash");
                for field in fields.values_mut() {
                    self.narrow(field);
                }
            }
            _ => {}
        }
    }

    /// Does one of several things name a person, and nothing of theirs?
    fn is_anothers(&self, item: &Value) -> bool {
        let text = item.to_string();
        let ids = text.as_bytes().split(|byte| *byte == b'"').filter_map(audit::id);
        let prefix = const { PersonId::PREFIX };
        let mut another = false;
        for id in ids {
            if self.names.contains(id) {
                return false;
            }
            another |= id.split_once('_').is_some_and(|(of, _)| of == prefix);
        }
        another
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_about_others_alone_is_left_out() {
        let (own, other) = (PersonId::new(7), PersonId::new(8));
        let mut theirs = Theirs::default();
        theirs.add(own.get(), &own);
        let event = serde_json::json!({ "raised": { "alarms": [{ "on": { "person": own } }, { "on": { "person": other } }],
            "by": { "person": other }, "hash": "00", "targets": [own, other, "grt_1"] } });
        let bytes = event.to_string().into_bytes();
        assert!(theirs.are_in(&bytes));
        let expected = serde_json::json!({ "raised": { "alarms": [{ "on": { "person": own } }],
            "by": { "person": other }, "targets": [own, "grt_1"] } });
        assert_eq!(theirs.narrowed(&bytes), expected);
        assert!(!theirs.are_in(serde_json::json!({ "person": other }).to_string().as_bytes()));
    }
}
