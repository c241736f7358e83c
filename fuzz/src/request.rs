//! Requests: facts, bounds, edits. Input: dialect, then the body.
//!
//! What is read is what a reader of the whole language finds there; whose turn it is follows from the conversation
//! alone; more bytes never lower the bound; an edited body is JSON where it was, has the value that was set, and does not
//! change when it is edited again.

use bytes::Bytes;
use purser_providers::{
    BoundRules, Dialect, Edits, RequestFacts, Turn, WorkKey, edit, estimate_input, input_bound, least_output, output_bound,
};
use serde_json::Value;

/// Models with rows of their own in the table of bounds.
const MODELS: [&str; 4] = ["m", "claude-opus-5-5", "gpt-4o", "gemini-2.5-pro"];

/// Checks one body.
pub fn check(bytes: &[u8]) {
    let Some((dialect, body)) = super::dialect(bytes) else { return };
    let Ok(facts) = RequestFacts::read(dialect, in_path(dialect), body) else { return };
    as_others_read_it(&facts, body);
    turn(&facts, body);
    for model in MODELS {
        bounds(&facts, model, body);
    }
    for edits in [
        Edits { output_max: Some(9), ask_for_usage: true, tool_calls_max: Some(3), ..Edits::default() },
        Edits { output_max: Some(1_000_000), ..Edits::default() },
        Edits { ask_for_usage: true, ..Edits::default() },
    ] {
        edited(&facts, body, edits);
    }
}

/// Whose turn it is does not depend on the key, nor on what stands outside of the conversation; of another body nothing
/// is said.
fn turn(facts: &RequestFacts, body: &[u8]) {
    let [key, other] = [WorkKey::new(7), WorkKey::new(8)];
    let turn = facts.turn(body, &key);
    let again = facts.turn(body, &other);
    assert_eq!((turn.human, turn.work.is_some()), (again.human, again.work.is_some()), "another key");
    assert!(turn.work.is_none() || turn.work != again.work, "the key takes part");
    assert_eq!(facts.turn(&[body, b" "].concat(), &key), Turn::default(), "another body");
    if let Some(more) = with_more(body)
        && let Ok(facts) = RequestFacts::read(facts.dialect, in_path(facts.dialect), &more)
    {
        assert_eq!(facts.turn(&more, &key), turn, "a field more");
    }
}

/// Gemini's model stands in the path.
fn in_path(dialect: Dialect) -> Option<&'static str> {
    matches!(dialect, Dialect::GeminiGenerate { .. }).then_some("models/m")
}

/// Fields that decide money are the ones that another reader finds. Of a field given twice it keeps the last, we refuse
/// the request, so the two never differ.
fn as_others_read_it(facts: &RequestFacts, body: &[u8]) {
    let Ok(Value::Object(fields)) = serde_json::from_slice::<Value>(body) else { return };
    if !matches!(facts.dialect, Dialect::GeminiGenerate { .. }) {
        let model = fields.get("model").and_then(Value::as_str);
        assert_eq!(model, Some(facts.model.as_str()), "model");
        if facts.dialect != Dialect::OpenAiEmbeddings {
            let stream = fields.get("stream").and_then(Value::as_bool).unwrap_or_default();
            assert_eq!(stream, facts.stream, "stream");
        }
    }
    // The other reader takes a negative zero for a fraction.
    if memchr::memmem::find(body, b"-0").is_some() {
        return;
    }
    let own = |name: &str| fields.get(name).and_then(Value::as_u64);
    match facts.dialect {
        Dialect::AnthropicMessages => assert!(own("max_tokens").is_none_or(|own| facts.output_max() >= Some(own))),
        Dialect::OpenAiResponses => assert_eq!(own("max_output_tokens"), facts.output_max(), "max_output_tokens"),
        Dialect::OpenAiChat => {
            assert_eq!(own("n").unwrap_or(1).max(1), facts.candidates, "n");
            let most = own("max_tokens").max(own("max_completion_tokens"));
            assert!(facts.output_max().is_none() || facts.output_max() == most, "max_tokens");
        }
        Dialect::OpenAiEmbeddings | Dialect::GeminiGenerate { .. } => {}
    }
}

fn bounds(facts: &RequestFacts, model: &str, body: &[u8]) {
    let rules = BoundRules::of(facts.dialect, model, None);
    let bound = input_bound(facts, &rules);
    assert!(bound.tokens >= bound.prompt_max && bound.passes >= 1, "{bound:?}");
    assert!(bound.prompt_max <= rules.window.max(bound.tokens), "{bound:?}");
    let output = output_bound(facts, &rules, 8_192);
    let _ = (least_output(facts, 4_096), estimate_input(facts), output);

    let longer = [body, b" "].concat();
    let more = with_more(body);
    for (what, body) in [("space", Some(longer)), ("a field", more)] {
        let Some(body) = body else { continue };
        let Ok(facts) = RequestFacts::read(facts.dialect, in_path(facts.dialect), &body) else {
            panic!("{what} more and it can't be read");
        };
        let larger = input_bound(&facts, &rules);
        assert!(larger.tokens >= bound.tokens && larger.prompt_max >= bound.prompt_max, "{what}: {bound:?} {larger:?}");
        assert_eq!(output_bound(&facts, &rules, 8_192), output, "{what}");
    }
}

/// The body with one more field that nobody knows.
fn with_more(body: &[u8]) -> Option<Vec<u8>> {
    let brace = body.iter().position(|byte| *byte == b'{')?;
    let (before, after) = body.split_at_checked(brace + 1)?;
    let comma: &[u8] = if after.trim_ascii_start().first() == Some(&b'}') { b"" } else { b"," };
    Some([before, br#""nobody_knows_this":"<more> \u00e9 text""#, comma, after].concat())
}

fn edited(facts: &RequestFacts, body: &[u8], edits: Edits) {
    let once = edit(facts, &Bytes::copy_from_slice(body), edits).expect("the same body");
    assert_eq!(super::is_json(&once), super::is_json(body), "JSON as before");
    let again = RequestFacts::read(facts.dialect, in_path(facts.dialect), &once).expect("it can still be read");
    if let Some(max) = edits.output_max
        && facts.dialect != Dialect::OpenAiEmbeddings
    {
        assert_eq!(again.output_max(), Some(max), "the maximum is set");
    }
    if edits.ask_for_usage && facts.stream {
        assert!(again.usage_asked, "usage is asked for");
    }
    if let Some(calls) = edits.tool_calls_max
        && facts.dialect == Dialect::OpenAiResponses
    {
        assert!(again.tool_calls_max.is_some_and(|set| set <= calls), "tool calls are limited");
    }
    assert_eq!((&again.model, again.stream, again.candidates), (&facts.model, facts.stream, facts.candidates));
    let twice = edit(&again, &once, edits).expect("the same body");
    assert!(twice == once, "a second time changes nothing");
}
