//! Statements: what a span of time did to somebody's money, so that figures before and after it join.
//!
//! **Model.** A charge belongs to the span in which it was posted. Instants never run backwards, so what a past span
//! contains is settled for good, whatever comes later. What is charged later to an account whose period was over is an
//! item of the span in which it was posted, and told apart there. A [`Tally`] is one account's part: what there was before,
//! what came, what went, what is left.
//!
//! **Owns** the bounds of months and years of people who move, the tally, which charge is a prior-period item, and the one
//! form of a statement that is signed ([`canonical`]).
//!
//! **Does not own** where figures come from, what is kept of closed months, keys (`control`).

mod canonical;
mod span;
mod tally;

pub use canonical::{CanonicalError, canonical, read};
pub use span::{SpanError, SpanOf, midnight};
pub use tally::{Seen, Tally, is_prior};
