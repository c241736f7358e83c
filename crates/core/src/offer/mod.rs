//! Offers: what is proposed to somebody, negotiated, approved, sent, and in the end accepted or not.
//!
//! **Model.** An offer is a sequence of immutable versions and a [state](State). A version's whole text ([`Content`]: the
//! candidate's name, the four pillars, notes) stands where it can be erased; the journal has its keyed hash and what of
//! it can be enforced, the [`TokenTerms`]. Every change is an [`OfferEvent`](crate::event::OfferEvent) that
//! [`Offer::take`] takes in or refuses.
//!
//! **Owns** the states and who may move between them, the terms that a version stands for, differences between
//! versions, and the report over all offers.
//!
//! **Does not own** bands and policy ([`role`](crate::role)), figures ([`package`](crate::package)), funds
//! ([`pool`](crate::pool)), permissions (`control`), texts (`store`).
//!
//! **Invariants.** A version never changes. Nobody approves what they wrote or submitted, nor twice. Only what was sent
//! can be accepted, and only before it expires. An ended offer stays ended.

mod content;
mod diff;
mod error;
mod hash;
mod portfolio;
mod record;
mod state;
mod terms;
mod who;

pub use content::{Candidate, Content, ContentError};
pub use diff::{Change, diff};
pub use error::OfferError;
pub use hash::{ContentHash, ContentHashError};
pub use portfolio::{Month, Portfolio, Row, Told, portfolio};
pub use record::{Acceptance, Approval, Offer, Sending, Version};
pub use state::{DeclineReason, State, Step};
pub use terms::{TermsError, TokenTerms};
pub use who::{ActorName, By, Who};
