//! Links by which people make their first keys.

use purser_core::id::{ActivationId, PersonId};
use purser_core::time::Instant;
use serde::{Deserialize, Serialize};

use super::Key;

/// A link to make.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewActivation {
    /// Id or unique name of whoever is to have a key.
    pub person: String,
    /// First day, in the person's zone, on which the link no longer works; two weeks after it opens where none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// A link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Activation {
    /// Its id; never the secret.
    pub id: ActivationId,
    /// The address to be handed to the person, in the answer to the request that made it and nowhere else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Who makes a key by it.
    pub person: PersonId,
    /// The person's name.
    pub person_name: Option<String>,
    /// How it stands.
    pub state: ActivationState,
    /// From when on it makes a key: the first instant of the person's first grant.
    pub opens: Instant,
    /// From when on no longer.
    pub until: Instant,
    /// When it was made.
    pub made: Instant,
}

/// How a link stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActivationState {
    /// It opens later.
    Waiting,
    /// It makes a key.
    Open,
    /// It has made its key.
    Used,
    /// Its time is over.
    Expired,
    /// It was stopped, or the person has left.
    Revoked,
}

/// A key just made by a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Activated {
    /// The key, with its secret.
    pub key: Key,
    /// The address of the gateway, for clients; none where none runs.
    pub gateway: Option<String>,
}
