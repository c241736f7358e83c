//! What an answer says it used, normalised and distrusted.

use purser_core::usage::{Served, Usage};

use crate::dialect::Dialect;
use crate::request::RequestFacts;

/// How far a reading goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Input is exact, output is not known yet (Anthropic, until its last event).
    InputOnly,
    /// A cumulative count so far (Gemini, until its last chunk).
    Running,
    /// The provider's last word.
    Final,
}

/// Why a reading is not to be believed although it could be read. The gateway charges the bound and marks it disputed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Suspect {
    /// A part is larger than the whole it belongs to (cache reads above the input).
    PartAboveWhole,
    /// A cumulative output count went down.
    Decreased,
    /// The total is not the sum of its parts.
    TotalDisagrees,
}

/// Tokens billed beside the answer itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Other {
    /// The model that used them; `None` for the model that answered.
    pub model: Option<String>,
    /// What it used.
    pub usage: Usage,
}

/// What a call used and how it was served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metered {
    /// Counts of the answer.
    pub usage: Usage,
    /// Model, tier and region as the answer names them.
    pub served: Served,
    /// Billed beside the answer: compaction passes, advisors.
    pub others: Vec<Other>,
    /// How far the reading goes.
    pub stage: Stage,
    /// Why it is not to be believed, if so.
    pub suspect: Option<Suspect>,
    /// The provider's id of the answer.
    pub provider_id: Option<String>,
    /// The usage object as it came, at most [`RAW_USAGE_BYTES_MAX`] bytes, else `None`. It holds counts, no text.
    pub raw_usage: Option<Box<str>>,
}

/// Longer usage objects are not kept.
pub const RAW_USAGE_BYTES_MAX: usize = 8_192;

/// Counts above this are not believed: no model takes in or gives out a thousand million tokens in one call.
pub const COUNT_MAX: u64 = 1_000_000_000;

impl Metered {
    /// Adds what only the request tells: a chat search model's one search per call, and the lifetime of OpenAI's cache
    /// writes.
    #[must_use]
    pub fn with_request(self, facts: &RequestFacts) -> Self {
        let _ = facts;
        self
    }
}

/// Why usage cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UsageProblem {
    /// The answer is not the JSON of its dialect.
    #[error("the answer is not readable JSON")]
    NotJson,
    /// The answer carries no usage.
    #[error("the answer carries no usage")]
    Missing,
    /// A count is negative, fractional, not a number, or absurdly large.
    #[error("the count `{field}` cannot be right")]
    BadCount {
        /// Its name.
        field: &'static str,
    },
}

/// The usage of an answer that was not streamed.
///
/// # Errors
/// See [`UsageProblem`]; never a silent zero.
pub fn read_usage(dialect: Dialect, body: &[u8]) -> Result<Metered, UsageProblem> {
    let _ = (dialect, body);
    Err(UsageProblem::Missing)
}
