//! The states of an offer and the steps between them.

use serde::{Deserialize, Serialize};

/// Where an offer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// The company writes.
    Draft,
    /// Somebody else must approve.
    Approval,
    /// It may be sent.
    Approved,
    /// The candidate has it.
    Sent,
    /// The candidate has looked at it.
    Viewed,
    /// The candidate asks for something else.
    Countered,
    /// It became a promise.
    Accepted,
    /// The candidate said no.
    Declined,
    /// Nobody answered in time.
    Expired,
    /// The company took it back.
    Withdrawn,
}

/// What can be done to an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// The company writes another version.
    Revise,
    /// A version is put up for approval; is nobody needed?
    Submit {
        /// Whether anybody must approve.
        needs_approval: bool,
    },
    /// Somebody approves; is it the last one needed?
    Approve {
        /// Whether all have approved with this.
        complete: bool,
    },
    /// Somebody refuses to approve.
    Return,
    /// It goes to the candidate.
    Send,
    /// The candidate looks at it.
    View,
    /// The candidate asks for something else.
    Counter,
    /// The candidate says yes.
    Accept,
    /// The candidate says no.
    Decline,
    /// Its time is over.
    Expire,
    /// The company takes it back.
    Withdraw,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Draft,
        Self::Approval,
        Self::Approved,
        Self::Sent,
        Self::Viewed,
        Self::Countered,
        Self::Accepted,
        Self::Declined,
        Self::Expired,
        Self::Withdrawn,
    ];

    /// The state after a step; `None` when the step is not possible here.
    pub const fn after(self, step: Step) -> Option<Self> {
        use State::{Accepted, Approval, Approved, Countered, Declined, Draft, Expired, Sent, Viewed, Withdrawn};
        match (self, step) {
            // What was sent is taken back with it: only one version is ever on the table.
            (Draft | Approval | Approved | Sent | Viewed | Countered, Step::Revise) | (Approval, Step::Return) => {
                Some(Draft)
            }
            // A counter-offer is taken up as it is.
            (Draft | Countered, Step::Submit { needs_approval: true })
            | (Approval, Step::Approve { complete: false }) => Some(Approval),
            (Draft | Countered, Step::Submit { needs_approval: false })
            | (Approval, Step::Approve { complete: true }) => Some(Approved),
            (Approved, Step::Send) => Some(Sent),
            (Sent | Viewed, Step::View) => Some(Viewed),
            (Sent | Viewed, Step::Counter) => Some(Countered),
            (Sent | Viewed, Step::Accept) => Some(Accepted),
            (Sent | Viewed | Countered, Step::Decline) => Some(Declined),
            (Sent | Viewed | Countered, Step::Expire) => Some(Expired),
            (Draft | Approval | Approved | Sent | Viewed | Countered, Step::Withdraw) => Some(Withdrawn),
            _ => None,
        }
    }

    /// Nothing can happen to it any more?
    pub const fn is_ended(self) -> bool {
        matches!(self, Self::Accepted | Self::Declined | Self::Expired | Self::Withdrawn)
    }

    /// Is it with the candidate, so that a guarantee in it must be funded?
    pub const fn is_out(self) -> bool {
        matches!(self, Self::Sent | Self::Viewed | Self::Countered)
    }

    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Approval => "approval",
            Self::Approved => "approved",
            Self::Sent => "sent",
            Self::Viewed => "viewed",
            Self::Countered => "countered",
            Self::Accepted => "accepted",
            Self::Declined => "declined",
            Self::Expired => "expired",
            Self::Withdrawn => "withdrawn",
        }
    }
}

impl Step {
    /// What it is called in a sentence: an offer can't be *sent*.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Revise => "revised",
            Self::Submit { .. } => "submitted",
            Self::Approve { .. } => "approved",
            Self::Return => "returned",
            Self::Send => "sent",
            Self::View => "viewed",
            Self::Counter => "countered",
            Self::Accept => "accepted",
            Self::Decline => "declined",
            Self::Expire => "expired",
            Self::Withdraw => "withdrawn",
        }
    }
}

/// Why a candidate said no, in one of few words; more of it is a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum DeclineReason {
    /// The token budget is too low, or too weak a promise.
    TokenBudget,
    /// The salary.
    Salary,
    /// The equity.
    Equity,
    /// Somebody offered more.
    OtherOffer,
    /// The work itself.
    Work,
    /// Not now.
    Timing,
    /// Something else.
    Other,
    /// They did not say.
    Unsaid,
}
