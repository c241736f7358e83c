//! Edits of a request by splicing bytes: every byte that is not edited stays as it came.

use std::ops::Range;

use bytes::Bytes;

use crate::dialect::Dialect;
use crate::request::{Inside, OutputField, Place, RequestFacts};

/// What to change in a body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Edits {
    /// Set the output maximum of one answer to this many tokens.
    pub output_max: Option<u64>,
    /// The field to insert where the client wrote none; `None` for the dialect's own. Per-model data: some compatible
    /// servers know `max_tokens` alone. Only for chat.
    pub output_field: Option<OutputField>,
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
    if u64::try_from(body.len()).ok() != Some(facts.body_bytes) {
        return Err(OtherBody);
    }
    let mut splices = Vec::new();
    let mut top = Top { inside: facts.places.top, fields: String::new() };
    if let Some(output_max) = edits.output_max {
        output(facts, output_max, edits.output_field, &mut splices, &mut top);
    }
    if edits.ask_for_usage && facts.dialect == Dialect::OpenAiChat && facts.stream && !facts.usage_asked {
        place(&facts.places.usage, "stream_options", "include_usage", "true", &mut splices, &mut top);
    }
    if let Some(calls) = edits.tool_calls_max
        && facts.dialect == Dialect::OpenAiResponses
    {
        // Lowered, never raised.
        let calls = facts.tool_calls_max.map_or(calls, |own| own.min(calls));
        match &facts.places.tool_calls {
            Some(at) => splices.push(Splice { at: at.clone(), with: calls.to_string() }),
            None => top.add("max_tool_calls", &calls.to_string()),
        }
    }
    top.splice(&mut splices);
    if splices.is_empty() { Ok(body.clone()) } else { apply(body, splices).ok_or(OtherBody) }
}

/// The body with another model's name in it, every other byte as it came. `None` where the name stands in the path, or the
/// facts are of another body.
pub fn with_model(facts: &RequestFacts, body: &Bytes, model: &str) -> Option<Bytes> {
    let at = facts.places.model.clone().filter(|_| u64::try_from(body.len()).ok() == Some(facts.body_bytes))?;
    let plain = model.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\');
    plain.then(|| apply(body, vec![Splice { at, with: format!("\"{model}\"") }])).flatten()
}

/// One replacement.
struct Splice {
    at: Range<usize>,
    with: String,
}

/// New fields of the body, written together just after its opening brace.
struct Top {
    inside: Inside,
    fields: String,
}

impl Top {
    fn add(&mut self, name: &str, value: &str) {
        if !self.fields.is_empty() {
            self.fields.push(',');
        }
        for piece in ["\"", name, "\":", value] {
            self.fields.push_str(piece);
        }
    }

    fn splice(mut self, splices: &mut Vec<Splice>) {
        if !self.fields.is_empty() {
            if !self.inside.empty {
                self.fields.push(',');
            }
            splices.push(Splice { at: self.inside.at..self.inside.at, with: self.fields });
        }
    }
}

fn output(facts: &RequestFacts, output_max: u64, field: Option<OutputField>, splices: &mut Vec<Splice>, top: &mut Top) {
    let number = output_max.to_string();
    for field in &facts.output_fields {
        // Another model's own maximum is lowered, never raised.
        let value =
            if field.of_fallback { field.value.map_or(output_max, |own| own.min(output_max)) } else { output_max };
        splices.push(Splice { at: field.at.clone(), with: value.to_string() });
    }
    if facts.output_fields.iter().any(|field| !field.of_fallback) {
        return;
    }
    let field = field.or(OutputField::of(facts.dialect));
    match field {
        Some(OutputField::MaxTokens) => top.add("max_tokens", &number),
        Some(OutputField::MaxCompletionTokens) => top.add("max_completion_tokens", &number),
        Some(OutputField::MaxOutputTokens) => top.add("max_output_tokens", &number),
        Some(OutputField::GenerationConfig) => {
            place(&facts.places.output, "generationConfig", "maxOutputTokens", &number, splices, top);
        }
        None => {}
    }
}

/// Puts `"field":value` into the object `outer` of the body, wherever and whether that stands.
fn place(place: &Place, outer: &str, field: &str, value: &str, splices: &mut Vec<Splice>, top: &mut Top) {
    match place {
        Place::Top => top.add(outer, &format!("{{\"{field}\":{value}}}")),
        Place::Inside(inside) => {
            let comma = if inside.empty { "" } else { "," };
            splices.push(Splice { at: inside.at..inside.at, with: format!("\"{field}\":{value}{comma}") });
        }
        Place::InsteadOf(at) => {
            splices.push(Splice { at: at.clone(), with: format!("{{\"{field}\":{value}}}") });
        }
        Place::Value(at) => splices.push(Splice { at: at.clone(), with: value.to_owned() }),
    }
}

fn apply(body: &Bytes, mut splices: Vec<Splice>) -> Option<Bytes> {
    splices.sort_by_key(|splice| splice.at.start);
    let added = splices.iter().fold(0_usize, |sum, splice| sum.saturating_add(splice.with.len()));
    let mut out = Vec::with_capacity(body.len().saturating_add(added));
    let mut from = 0;
    for splice in &splices {
        out.extend_from_slice(body.get(from..splice.at.start)?);
        out.extend_from_slice(splice.with.as_bytes());
        from = splice.at.end;
    }
    out.extend_from_slice(body.get(from..)?);
    Some(Bytes::from(out))
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
