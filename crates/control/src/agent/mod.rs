//! What agents are told about the budget that they work with, and what they may ask for: the caller is the person behind
//! a Purser key, and sees and asks for nothing but what is theirs.

mod estimate;
mod left;
mod pace;
mod run;

use std::sync::Arc;

use purser_core::directory::{Key, Person};
use purser_core::id::{KeyId, PersonId};
use purser_core::snapshot::Snapshot;
use purser_core::time::Instant;

pub(crate) use self::pace::Pace;
use crate::access::{Acting, Actor};
use crate::control::Control;
use crate::error::{Code, Error, Refused};
use crate::people::known;
use crate::secret::{self, KEY_PREFIX};

/// Somebody's agent, known by the key that it makes calls with.
#[derive(Clone, Debug)]
pub struct Agent {
    control: Control,
    key: KeyId,
    person: PersonId,
}

/// What holds at the moment of a question.
struct Now {
    snapshot: Arc<Snapshot>,
    key: Arc<Key>,
    person: Arc<Person>,
    at: Instant,
}

impl Control {
    /// The agent that has this key. To be asked for with every request: a key is good until the moment it is not.
    ///
    /// # Errors
    /// [`Code::Unauthorized`] for a key that is unknown, revoked or expired, and for one of somebody who has left;
    /// [`Code::TooMany`] when it is asked too often.
    pub fn agent(&self, secret: &str) -> Result<Agent, Error> {
        let (snapshot, now) = (self.snapshot(), self.inner.clock.now());
        let key = secret.starts_with(KEY_PREFIX).then(|| snapshot.directory.key(&secret::hash(secret))).flatten();
        let pace = self.inner.pace.lock().count(key.map(|key| key.id), now);
        pace.map_err(|again| {
            Refused::new(Code::TooMany, "too many questions in a minute").hint(format!("ask again from {again} on"))
        })?;
        let refused = |message: String, hint: &str| Err(Refused::new(Code::Unauthorized, message).hint(hint).into());
        let Some(key) = key else {
            return refused(
                "this is not a Purser key of this company".to_owned(),
                "send `Authorization: Bearer pk-…` or `x-api-key: pk-…`, the key that calls are made with",
            );
        };
        let person = known(snapshot.directory.person(key.person), "person", &key.person)?;
        let another = "ask for another key";
        match (key.revoked_at, key.expires, person.left_at) {
            (Some(revoked), _, _) if revoked <= now => refused(format!("this key was revoked at {revoked}"), another),
            (_, Some(expired), _) if expired <= now => refused(format!("this key expired at {expired}"), another),
            (_, _, Some(left)) if left <= now => {
                refused(format!("the person of this key left at {left}"), "keys of those who left work no longer")
            }
            _ => {
                let acting = Acting::new(Actor::CallKey(key.id), Some(person.id));
                Ok(Agent { control: self.on_behalf(acting), key: key.id, person: person.id })
            }
        }
    }
}

impl Agent {
    /// The person that it works for.
    pub fn person(&self) -> PersonId {
        self.person
    }

    /// The same, doing something that the audit trail has this word for.
    pub(crate) fn doing(&self, action: &'static str) -> Control {
        let acting = Acting { action, ..(*self.control.acting).clone() };
        self.control.on_behalf(acting)
    }

    fn now(&self) -> Result<Now, Error> {
        let (snapshot, at) = (self.control.snapshot(), self.control.inner.clock.now());
        let key = Arc::clone(known(snapshot.directory.key_by_id(self.key), "key", &self.key)?);
        let person = Arc::clone(known(snapshot.directory.person(self.person), "person", &self.person)?);
        Ok(Now { snapshot, key, person, at })
    }
}
