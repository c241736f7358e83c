//! What the journal says of privacy, and what it amounts to.

use purser_core::time::Instant;
use serde::{Deserialize, Serialize};

use crate::access::Profile;
use crate::shape::Retention;

/// What was set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum PrivacyEvent {
    /// Another profile holds.
    ProfileSet {
        /// Which.
        profile: Profile,
        /// When.
        at: Instant,
    },
    /// What is kept for how long.
    RetentionSet {
        /// Of each.
        retention: Retention,
        /// When.
        at: Instant,
    },
}

/// What holds.
#[derive(Debug, Default)]
pub(crate) struct Privacy {
    /// How much of single people whoever leads them may see.
    pub(crate) profile: Profile,
    /// Since when, where it was ever set.
    pub(crate) since: Option<Instant>,
    /// How long things are kept.
    pub(crate) retention: Retention,
}

impl Privacy {
    pub(crate) fn apply(&mut self, event: &PrivacyEvent) {
        match event {
            PrivacyEvent::ProfileSet { profile, at } => (self.profile, self.since) = (*profile, Some(*at)),
            PrivacyEvent::RetentionSet { retention, .. } => self.retention = *retention,
        }
    }
}
