//! Keys.

use purser_core::id::{KeyId, PersonId};
use purser_core::time::Instant;
use serde::{Deserialize, Serialize};

/// A key to make.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    /// Id or unique name of the person whose money it spends.
    pub person: String,
    /// What uses it, when that is an agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// Models it may ask for; empty: every model.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<String>,
    /// Providers it may use; empty: every provider.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub providers: Vec<String>,
    /// Tools it may be used with, by what the program says that it is; empty: every tool.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<String>,
    /// The tool it is made for: its calls count as that tool's, whatever the program says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// What its calls are for where they do not say so themselves: a project or repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// Requests per minute; none: no such limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rpm: Option<u32>,
    /// First day, in the person's zone, on which it no longer works.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
}

/// A key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Key {
    /// Its id; never the secret.
    pub id: KeyId,
    /// The secret, in the answer to the request that made the key and nowhere else. Missing when that request is
    /// repeated: only its hash was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Whose money it spends.
    pub person: PersonId,
    /// The person's name.
    pub person_name: Option<String>,
    /// What uses it, when that is an agent.
    pub agent: Option<String>,
    /// Models it may ask for; empty: every model.
    pub models: Vec<String>,
    /// Providers it may use; empty: every provider.
    pub providers: Vec<String>,
    /// Tools it may be used with; empty: every tool.
    pub tools: Vec<String>,
    /// The tool it was made for, if for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// What its calls are for where they do not say so themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// Requests per minute.
    pub rpm: Option<u32>,
    /// From when on it no longer works.
    pub expires: Option<Instant>,
    /// Does it work now?
    pub active: bool,
}
