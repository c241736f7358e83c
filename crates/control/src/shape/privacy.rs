//! Profile and retention, and who looked at whose data.

use jiff::civil::Date;
use purser_core::id::{PersonId, UnitId};
use purser_core::time::Instant;
use serde::{Deserialize, Serialize};

use crate::access::Profile;

/// The profile to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetProfile {
    /// `standard` or `works-council`.
    pub profile: Profile,
}

/// For how many months what is personal is kept; where a number is missing, for good.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// Name and mail address of those who left, and how they signed in: after that, nothing leads from the ids in charges,
    /// runs, statements and the audit trail to a human being.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_people: Option<u16>,
    /// The links of outcomes to where they can be looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome_links: Option<u16>,
    /// Calls that were refused, by person, key and minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub denials: Option<u16>,
    /// Who looked at whose data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub looks: Option<u16>,
    /// Why somebody did something, as they wrote it for the audit trail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasons: Option<u16>,
}

impl Retention {
    pub(crate) const fn months(&self) -> [Option<u16>; 5] {
        let Self { left_people, outcome_links, denials, looks, reasons } = *self;
        [left_people, outcome_links, denials, looks, reasons]
    }
}

/// Profile and retention as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PrivacySettings {
    /// The profile that holds.
    pub profile: Profile,
    /// Since when, where it was ever set.
    pub since: Option<Instant>,
    /// How long things are kept.
    pub retention: Retention,
    /// For how many months what offers said that came to nothing is kept, by the configuration (`retention.candidate_months`).
    pub candidate_months: Option<u16>,
}

/// A part of the looks.
#[derive(Clone, Debug, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WantedLooks {
    /// Only those at this person (id or name), and lists in which they were. Of no use at `/me/looks`.
    pub person: Option<String>,
    /// Those before this one: the `next` of the page before.
    pub before: Option<i64>,
}

/// A part of the looks at one's own data.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WantedOwnLooks {
    /// Those before this one: the `next` of the page before.
    pub before: Option<i64>,
}

/// Somebody was shown data of somebody else, on one day, by one kind of question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Look {
    /// The company's day.
    #[schemars(with = "String")]
    pub day: Date,
    /// Whose; nothing where it was a list of too many people to name each of them.
    pub person: Option<PersonId>,
    /// Where it was a list: the units whose people were on it, with those below; empty: everybody.
    pub units: Vec<UnitId>,
    /// Who looked: `local` (whoever holds the machine's socket), or the id of a login or a key.
    pub actor: String,
    /// What they are called, while it is known.
    pub name: Option<String>,
    /// Their roles when they first looked that day.
    pub roles: Vec<String>,
    /// What they asked for, in the trail's word.
    pub action: String,
    /// The same in words.
    pub what: String,
    /// How often that day.
    pub times: u64,
    /// The first time.
    pub first: Instant,
    /// The last time.
    pub last: Instant,
}

/// A page of looks, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct LookPage {
    /// The looks.
    pub items: Vec<Look>,
    /// Where the next page begins (`before`); nothing at the end.
    pub next: Option<i64>,
}
