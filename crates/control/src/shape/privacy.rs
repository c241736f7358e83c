//! Profile and retention.

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
}

impl Retention {
    pub(crate) const fn months(&self) -> [Option<u16>; 3] {
        let Self { left_people, outcome_links, denials } = *self;
        [left_people, outcome_links, denials]
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
