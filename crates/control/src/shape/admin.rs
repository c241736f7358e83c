//! Setting up, administrators' keys, and whether all is well.

use purser_core::id::{AdminKeyId, LoginId, PersonId};
use purser_core::time::Instant;
use serde::{Deserialize, Serialize};

use crate::access::GivenRole;

/// The one-time code from standard error, against the first administrator's key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Setup {
    /// As it was printed.
    pub code: String,
    /// What the key is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Mail address of the first administrator, who then also signs in with the password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// See `email`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
}

impl std::fmt::Debug for Setup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Setup(…)")
    }
}

/// A key for a script, or an administrator's, to make.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAdminKey {
    /// What it is for.
    pub label: String,
    /// Roles: `admin`, `people`, `finance`, `manager:UNIT`, `employee`, `auditor`; `admin` where none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
    /// The person for whom it works (id or name). Needed for `employee`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
}

/// A key of the control API: an administrator's, or a script's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct AdminKey {
    /// Its id; never the secret.
    pub id: AdminKeyId,
    /// The secret, in the answer to the request that made the key and nowhere else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// What it is for.
    pub label: Option<String>,
    /// What it may.
    pub roles: Vec<GivenRole>,
    /// The person for whom it works.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// The login that setup made with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<LoginId>,
    /// When it was made.
    pub made: Instant,
}

/// Whether all is well, in figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Status {
    /// Of the program.
    pub version: String,
    /// When this process or, after a restart, this program opened the ledger.
    pub started: Instant,
    /// The ledger's currency.
    pub currency: String,
    /// Where clients go, while somebody serves them.
    #[serde(default)]
    pub gateway: Option<String>,
    /// People that can spend.
    pub people: usize,
    /// Keys that work.
    pub keys: usize,
    /// The journal's last written entry.
    pub written: u64,
    /// The last entry known to be on disk.
    pub durable: u64,
    /// The last entry that reports include.
    pub projected: u64,
}
