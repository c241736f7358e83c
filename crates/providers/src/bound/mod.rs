//! How much a request may use: true upper bounds from bytes and documented figures, and plain estimates.

use crate::dialect::Dialect;
use crate::request::{Hosted, RequestFacts};

/// The least output that is of use to anybody, in tokens.
pub const USEFUL_OUTPUT: u64 = 4_096;

/// Figures for one model: see the table in this folder, each with its source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoundRules {
    /// The model's context window in tokens: no single pass can take in more.
    pub window: u64,
}

impl BoundRules {
    /// The rules for `model`. `window` is the model's context window as the price book knows it; without one the
    /// largest of the family is taken.
    pub fn of(dialect: Dialect, model: &str, window: Option<u64>) -> Self {
        let _ = (dialect, model);
        Self { window: window.unwrap_or(0) }
    }
}

/// What made a bound large or uncertain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Because {
    /// Bytes of text.
    Text,
    /// Inline media.
    Media,
    /// Something that is not in the body: the window is the bound.
    Outside,
    /// A hosted tool that loops: the window times the documented passes.
    Loop,
    /// A hosted tool whose passes nobody documents.
    UndocumentedLoop,
}

/// An upper bound of what a request may take in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputBound {
    /// Input tokens of all passes together.
    pub tokens: u64,
    /// Documented figures make this a true upper bound. Where not, `strict` refuses.
    pub certain: bool,
    /// What decided the figure.
    pub why: Because,
    /// Passes of the model over its context; 1 without hosted tools.
    pub passes: u64,
    /// The most hosted web searches.
    pub web_search_calls: u64,
    /// The most hosted file searches.
    pub file_search_calls: u64,
    /// The most hosted code containers.
    pub code_calls: u64,
    /// Calls on other models (advisors), each to be bounded by that model's own window.
    pub others: Vec<Hosted>,
    /// Setting [`Edits::tool_calls_max`](crate::Edits) would make an uncertain bound certain.
    pub tool_calls_can_be_limited: bool,
}

/// The bound of a request's input.
pub fn input_bound(facts: &RequestFacts, rules: &BoundRules) -> InputBound {
    let _ = (facts, rules);
    InputBound {
        tokens: 0,
        certain: false,
        why: Because::Text,
        passes: 1,
        web_search_calls: 0,
        file_search_calls: 0,
        code_calls: 0,
        others: Vec::new(),
        tool_calls_can_be_limited: false,
    }
}

/// The bound of a request's output when each answer may be `output_max` tokens long: all answers, predicted output,
/// and passes whose output is billed apart.
pub fn output_bound(facts: &RequestFacts, rules: &BoundRules, output_max: u64) -> u64 {
    let _ = (facts, rules);
    output_max
}

/// The smallest output maximum to which a request may be clamped: `floor` (usually [`USEFUL_OUTPUT`]) beyond a
/// thinking budget, but never more than the request itself asks for.
pub fn least_output(facts: &RequestFacts, floor: u64) -> u64 {
    let _ = facts;
    floor
}

/// A plain guess of a request's input tokens, neither bound nor bill.
pub fn estimate_input(facts: &RequestFacts) -> u64 {
    let _ = facts;
    0
}

/// A plain guess of the tokens behind `visible_bytes` of output.
pub fn estimate_output(dialect: Dialect, visible_bytes: u64) -> u64 {
    let _ = dialect;
    visible_bytes
}
