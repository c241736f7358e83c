//! Why an offer refuses what is done to it.

use super::{State, Step};
use crate::id::{GrantId, OfferId, PersonId};
use crate::role::Duty;
use crate::time::Instant;

/// Why something can't have happened to an offer. Nothing of it has been applied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OfferError {
    /// No such offer.
    #[error("there is no offer {0}; take the id from the list of offers")]
    Unknown(OfferId),
    /// Not possible in its state.
    #[error("offer {offer} is {}, so it can't be {}; {}", state.word(), step.word(), next(*state))]
    State {
        /// Which offer.
        offer: OfferId,
        /// Where it is.
        state: State,
        /// What was to be done.
        step: Step,
    },
    /// Another version is meant than the one on the table.
    #[error("version {latest} of offer {offer} is the latest, not {given}; look at it first")]
    Version {
        /// Which offer.
        offer: OfferId,
        /// The latest.
        latest: u32,
        /// The one given.
        given: u32,
    },
    /// A version by somebody who can't write it there.
    #[error("a counter-offer is the candidate's, every other version the company's")]
    Author,
    /// Nobody approves their own.
    #[error("nobody approves what they wrote or submitted themselves; ask somebody else with the right to")]
    OwnApproval,
    /// One approval each.
    #[error("they have approved this version already; the other approval is somebody else's")]
    ApprovedAlready,
    /// An approval that nobody needs.
    #[error("this version needs no approval of {}", .0.word())]
    NotNeeded(Duty),
    /// Nobody approves twice for the same.
    #[error("this version has its approval of {}", .0.word())]
    DutyDone(Duty),
    /// Its time is over before it has begun.
    #[error("an offer can't expire at {expires}, which is not after the moment it is sent ({at}); revise its expiry")]
    ExpiresBefore {
        /// When it was to expire.
        expires: Instant,
        /// When it was sent.
        at: Instant,
    },
    /// Too late.
    #[error("offer {offer} expired at {expires}; ask the company for a new version")]
    Late {
        /// Which offer.
        offer: OfferId,
        /// Since when.
        expires: Instant,
    },
    /// Too early.
    #[error("offer {offer} expires at {expires}, not before")]
    NotYet {
        /// Which offer.
        offer: OfferId,
        /// From when on.
        expires: Instant,
    },
    /// Accepted without what it promises.
    #[error("an accepted offer of tokens makes its grant in the same change, with the terms of the version accepted")]
    Grant,
    /// Accepted for somebody who is not there.
    #[error("an accepted offer makes its person in the same change, or is for one who is here; {0} is not")]
    Person(PersonId),
    /// A grant that pretends to come from it.
    #[error("grant {grant} is said to come from offer {offer}, which is {}", state.word())]
    GrantOfNoOffer {
        /// The grant.
        grant: GrantId,
        /// The offer.
        offer: OfferId,
        /// Where the offer is.
        state: State,
    },
    /// A guarantee that is out without funds.
    #[error(
        "offer {0} promises a guarantee; what it can release is set aside in its pool with the change that sends it"
    )]
    NotCommitted(OfferId),
    /// Funds for an offer that is not out.
    #[error("offer {0} is not with the candidate any more; what was set aside for it is released in the same change")]
    StillCommitted(OfferId),
    /// No shape of an offer.
    #[error("an offer's versions are numbered from 1; a new one is {0}")]
    Number(u32),
}

const fn next(state: State) -> &'static str {
    match state {
        State::Draft => "submit it, then it can be sent",
        State::Approval => "somebody with the right to must approve it first",
        State::Approved => "send it, or revise it",
        State::Sent | State::Viewed => "wait for the answer, revise it or withdraw it",
        State::Countered => "submit the counter-offer, revise it or withdraw the offer",
        State::Accepted => "it is a promise now, its grant has a life of its own",
        State::Declined | State::Expired | State::Withdrawn => "it has ended, draft a new offer",
    }
}
