//! Who did something to an offer, as far as the journal may know.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::id::PersonId;

/// The longest name of an actor: a prefix and an id.
const BYTES_MAX: usize = 40;

/// What an actor is called where it was admitted: `local`, or an id such as `lgn_…`. Never a person's name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActorName(Box<str>);

/// Not the name of an actor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no actor; one is a word such as `local`, or an id")]
pub struct ActorNameError(
    /// What was given.
    pub String,
);

impl FromStr for ActorName {
    type Err = ActorNameError;

    fn from_str(text: &str) -> Result<Self, ActorNameError> {
        let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let fits = !text.is_empty() && text.len() <= BYTES_MAX && text.bytes().all(is_word);
        if fits { Ok(Self(text.into())) } else { Err(ActorNameError(text.to_owned())) }
    }
}

impl fmt::Display for ActorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for ActorName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for ActorName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::read(deserializer)
    }
}

/// Somebody of the company.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Who {
    /// The actor.
    pub actor: ActorName,
    /// The person that the actor was, where one was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
}

impl Who {
    /// The same human being, as far as can be known?
    pub fn is(&self, other: &Self) -> bool {
        self.actor == other.actor || (self.person.is_some() && self.person == other.person)
    }
}

/// Whose version it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// The candidate's counter-offer.
    Candidate,
    /// The company's.
    Company(Who),
}
