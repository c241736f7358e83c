//! Events about offers. Since version 3.
//!
//! No event has a name or an amount of salary, bonus or equity: what a version says stands where it can be erased, and
//! is referred to by its number and keyed hash.

use serde::{Deserialize, Serialize};

use crate::id::{GrantId, NoteId, OfferId, PersonId, UnitId};
use crate::offer::{ContentHash, DeclineReason, Version, Who};
use crate::role::{Duty, RoleChange};
use crate::time::Instant;

/// Something that happened to an offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum OfferEvent {
    /// An offer was begun.
    Drafted {
        /// Its id.
        offer: OfferId,
        /// The unit that the candidate would be in.
        unit: UnitId,
        /// The first version.
        version: Box<Version>,
    },
    /// The company wrote another version. What was with the candidate is taken back.
    Revised {
        /// Which offer.
        offer: OfferId,
        /// The version.
        version: Box<Version>,
    },
    /// The candidate asks for something else.
    Countered {
        /// Which offer.
        offer: OfferId,
        /// What for.
        version: Box<Version>,
    },
    /// The latest version was put up for approval.
    Submitted {
        /// Which offer.
        offer: OfferId,
        /// Its latest version.
        version: u32,
        /// By whom.
        by: Who,
        /// Who must approve, by the rules of that moment; nobody: it is approved with this.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        needed: Vec<Duty>,
        /// When.
        at: Instant,
    },
    /// Somebody approved it.
    Approved {
        /// Which offer.
        offer: OfferId,
        /// Its latest version.
        version: u32,
        /// Who.
        by: Who,
        /// In which capacity.
        duty: Duty,
        /// When.
        at: Instant,
    },
    /// Somebody did not approve: it is a draft again.
    Returned {
        /// Which offer.
        offer: OfferId,
        /// Its latest version.
        version: u32,
        /// Who.
        by: Who,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<NoteId>,
        /// When.
        at: Instant,
    },
    /// It went to the candidate. A guarantee in it is committed in the same change.
    Sent {
        /// Which offer.
        offer: OfferId,
        /// Its latest version.
        version: u32,
        /// Who sent it.
        by: Who,
        /// From when on it can't be accepted any more.
        expires: Instant,
        /// When.
        at: Instant,
    },
    /// The candidate looked at it.
    Viewed {
        /// Which offer.
        offer: OfferId,
        /// When.
        at: Instant,
    },
    /// The candidate said yes. Person and grant are made in the same change, before this.
    Accepted {
        /// Which offer.
        offer: OfferId,
        /// The version that was with them.
        version: u32,
        /// Who they are now.
        person: PersonId,
        /// The grant made of its token line.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        grant: Option<GrantId>,
        /// The hash of the letter that was signed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        letter: Option<ContentHash>,
        /// The record of the signature, kept where it can be erased.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signature: Option<NoteId>,
        /// When.
        at: Instant,
    },
    /// The candidate said no.
    Declined {
        /// Which offer.
        offer: OfferId,
        /// Why.
        reason: DeclineReason,
        /// More about it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<NoteId>,
        /// When.
        at: Instant,
    },
    /// Its time was over.
    Expired {
        /// Which offer.
        offer: OfferId,
        /// When that was noticed.
        at: Instant,
    },
    /// The company took it back.
    Withdrawn {
        /// Which offer.
        offer: OfferId,
        /// Who.
        by: Who,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<NoteId>,
        /// When.
        at: Instant,
    },
}

impl OfferEvent {
    /// Which offer it is about.
    pub const fn offer(&self) -> OfferId {
        match self {
            Self::Drafted { offer, .. }
            | Self::Revised { offer, .. }
            | Self::Countered { offer, .. }
            | Self::Submitted { offer, .. }
            | Self::Approved { offer, .. }
            | Self::Returned { offer, .. }
            | Self::Sent { offer, .. }
            | Self::Viewed { offer, .. }
            | Self::Accepted { offer, .. }
            | Self::Declined { offer, .. }
            | Self::Expired { offer, .. }
            | Self::Withdrawn { offer, .. } => *offer,
        }
    }

    /// Does it have terms that programs before version 6 of the events don't know?
    pub(crate) fn is_of_version_6(&self) -> bool {
        let (Self::Drafted { version, .. } | Self::Revised { version, .. } | Self::Countered { version, .. }) = self
        else {
            return false;
        };
        version.tokens.as_ref().is_some_and(|terms| terms.is_of_version_6())
    }
}

/// That something about roles was set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleEvent {
    /// What.
    pub change: RoleChange,
    /// When.
    pub at: Instant,
}
