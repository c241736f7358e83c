//! Flags.

use purser_core::flag::FlagKind;
use purser_core::id::{GrantId, KeyId, PersonId, RunId};
use purser_core::money::Nano;
use serde::{Deserialize, Serialize};

/// A question about flags.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WantedFlags {
    /// Only this person's (id or name).
    pub person: Option<String>,
    /// First day (UTC); thirty days ago where it is missing.
    pub from: Option<String>,
    /// First day not included (UTC); tomorrow where it is missing.
    pub to: Option<String>,
    /// How many at most: a thousand where it is missing or more.
    pub limit: Option<usize>,
    /// Those after this one: the `next` of the page before.
    pub after: Option<String>,
}

/// Spending that somebody may want to talk about. Nothing is stopped by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Flag {
    /// Whose.
    pub person: PersonId,
    /// The person's name.
    pub name: Option<String>,
    /// What.
    pub kind: FlagKind,
    /// The first day (UTC).
    pub first: String,
    /// The last day (UTC).
    pub last: String,
    /// What was spent on these days.
    pub cost: Nano,
    /// The run that spent it, with those that it started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
    /// The key it was spent with, over its runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<KeyId>,
    /// The grant that paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant: Option<GrantId>,
    /// What was seen.
    pub seen: String,
    /// What may help.
    pub hint: String,
}
