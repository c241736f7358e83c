//! Setting up, administrators' keys, and whether all is well.

use purser_core::id::AdminKeyId;
use purser_core::time::Instant;
use serde::{Deserialize, Serialize};

/// The one-time code from standard error, against the first administrator's key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setup {
    /// As it was printed.
    pub code: String,
    /// What the key is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

/// An administrator's key to make.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewAdminKey {
    /// What it is for.
    pub label: String,
}

/// An administrator's key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdminKey {
    /// Its id; never the secret.
    pub id: AdminKeyId,
    /// The secret, in the answer to the request that made the key and nowhere else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// What it is for.
    pub label: Option<String>,
    /// When it was made.
    pub made: Instant,
}

/// Whether all is well, in figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
