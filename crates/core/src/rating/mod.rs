//! Rating: usage × rate card → charge, and the bound of a call that has not been made yet.
//!
//! **Model.** A charge is the sum over the buckets of usage of quantity × rate, tokens also × tier × region, all × terms
//! (discount and exchange rate). Everything is added as exact fractions over one common denominator and rounded once,
//! half to even. A bound takes the dearest that a call may meet and rounds up.
//!
//! **Owns** the arithmetic, and showing it line by line.
//!
//! **Does not own** which card holds (see [`crate::price`]), how many tokens a request can use (`providers`).
//!
//! **Invariants.** For every usage within the bound, charge ≤ bound. What can't be computed exactly, or has no price, is
//! an error and never a smaller number.
mod bound;
mod charge;
#[cfg(test)]
mod tests;

pub use bound::{Bounds, Geo, Quote, affordable_output, rate_bound};
pub use charge::{Charge, Line, explain, rate, value};

use crate::price::Bucket;
use crate::usage::Tier;

/// Why a call can't be charged, or bounded, by a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RatingError {
    /// The card has no price for something that was used.
    #[error("the rate card has no price for {0}")]
    NoRate(Bucket),
    /// The tier served is dearer than standard and the card has no price for it.
    #[error("the rate card has no price for the {0:?} tier")]
    NoTier(Tier),
    /// The amount is beyond what money can hold.
    #[error("the amount is beyond the range of the ledger")]
    Overflow,
}
