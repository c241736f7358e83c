//! Breakers: what makes an agent's session stop by itself, long before its budget is gone.
//!
//! **Model.** A [`Step`] is one call of a run once it is over. A [`RunWatch`] looks at the steps of one run, a
//! [`Pace`] at the money of one person over all their runs; each is a few hundred bytes and knows nothing of clocks,
//! journals or other people. What trips a [`Pace`] is a person's money; which of their runs wait is told from each one's
//! [`Minutes`]. [`Rules`] say where a breaker trips and what it does.
//!
//! **Owns** when a breaker trips and why.
//!
//! **Does not own** what a step is made of (`gateway`), stops ([`crate::stop`]), whom to tell (`control`).
//!
//! **Invariants.** The same steps give the same trips. A breaker that tripped trips again only after it was told to go on.

mod cycle;
mod growth;
mod minutes;
mod pace;
mod preview;
mod rules;
mod run;

pub use minutes::Minutes;
pub use pace::Pace;
pub use preview::{Owner, Preview, Previewed, Sums, Tripped};
pub use rules::{Act, ErrorRule, GrowthRule, RepeatRule, Rules, SpendRule, UnattendedRule};
pub use run::RunWatch;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::money::Nano;
use crate::time::Instant;

/// One call of a run, once it is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// When it ended.
    pub at: Instant,
    /// How long its client waited with it, since the run's last answer had ended: what its tools took, or a human being.
    /// None of it is the provider's time.
    pub waited: Duration,
    /// What it cost.
    pub cost: Nano,
    /// Tokens that went in, cached ones included.
    pub input: u64,
    /// Tokens that came out.
    pub output: u64,
    /// The provider answered with an error, or the client had to ask again.
    pub failed: bool,
    /// A keyed hash of the last tool call in the request and its result: equal where the agent does the same again and
    /// sees the same. `None` where the request has none.
    pub work: Option<u64>,
    /// A human being asked for it: the last thing said is not the result of a tool.
    pub human: bool,
}

/// What trips.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Breaker {
    /// Money goes faster than this person's ever does.
    Spend,
    /// The same work with the same result, over and over.
    Repeat,
    /// Error after error.
    Errors,
    /// More and more goes in and nothing comes out.
    Growth,
    /// Nobody has looked for hours.
    Unattended,
}

/// A breaker that tripped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Trip {
    /// Which.
    pub breaker: Breaker,
    /// What follows.
    pub act: Act,
    /// When.
    pub at: Instant,
    /// What was seen, in a sentence without a full stop.
    pub seen: String,
}
