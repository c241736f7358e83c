//! What is kept, where, why, for how long, and who sees it.

use serde::{Deserialize, Serialize};

use crate::access::{Profile, Reach, Role};

/// What is kept about people and about Purser itself, by kinds of data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct DataMap {
    /// The profile that holds: it decides what managers see.
    pub profile: Profile,
    /// The kinds.
    pub items: Vec<DataKind>,
    /// Tables of the database that no kind describes, or not as they are: none in a Purser that was tested.
    pub not_described: Vec<String>,
}

/// A kind of data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct DataKind {
    /// Its word.
    pub kind: String,
    /// What it is.
    pub what: String,
    /// Why it is kept.
    pub why: String,
    /// The tables of the database in which it lies.
    pub tables: Vec<DataTable>,
    /// What of it stands in the journal, for good; nothing where none does.
    pub journal: Option<String>,
    /// Who sees it. Everybody sees their own by `GET /api/v1/me/export`; whoever holds the machine holds the files.
    pub seen_by: Vec<DataSeen>,
    /// How long it is kept, in words.
    pub kept: String,
    /// After how many months it is erased by itself, where it is.
    pub months: Option<u16>,
    /// What of `PUT /api/v1/privacy/retention` says so.
    pub setting: Option<String>,
    /// How it is erased.
    pub erased: String,
}

/// A table of the database, as the database says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct DataTable {
    /// Its name.
    pub table: String,
    /// The names of its columns.
    pub columns: Vec<String>,
    /// What of it somebody is given who asks for everything about themselves.
    pub given: String,
}

/// Somebody who sees a kind of data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct DataSeen {
    /// In which role.
    pub role: Role,
    /// How far: of everybody, of a unit, of sums of five and more, or their own.
    pub reach: Reach,
    /// By which rights of the matrix.
    pub rights: Vec<String>,
}
