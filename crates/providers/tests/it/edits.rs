//! Splices: the field is there, and every other byte is as it was.

use bytes::Bytes;
use proptest::prelude::*;
use purser_providers::edit::OtherBody;
use purser_providers::request::OutputField;
use purser_providers::{Dialect, Edits, RequestFacts, clamp_output, edit};

const GEMINI: Dialect = Dialect::GeminiGenerate { stream: true, sse: true };

fn read(dialect: Dialect, body: &str) -> RequestFacts {
    RequestFacts::read(dialect, Some("m"), body.as_bytes()).unwrap()
}

fn check(dialect: Dialect, body: &str, edits: Edits, expected: &str) {
    let edited = edit(&read(dialect, body), &Bytes::from(body.to_owned()), edits).unwrap();
    assert_eq!(std::str::from_utf8(&edited).unwrap(), expected);
    serde_json::from_str::<serde_json::Value>(expected).unwrap();
}

fn check_clamp(dialect: Dialect, body: &str, expected: &str) {
    check(dialect, body, Edits { output_max: Some(4_096), ..Edits::default() }, expected);
}

fn check_ask(body: &str, expected: &str) {
    check(Dialect::OpenAiChat, body, Edits { ask_for_usage: true, ..Edits::default() }, expected);
}

#[test]
fn the_clients_own_field_is_kept() {
    check_clamp(
        Dialect::AnthropicMessages,
        r#"{ "max_tokens" : 128000 , "model":"m"}"#,
        r#"{ "max_tokens" : 4096 , "model":"m"}"#,
    );
    check_clamp(Dialect::OpenAiChat, r#"{"max_tokens":9000}"#, r#"{"max_tokens":4096}"#);
    check_clamp(
        Dialect::OpenAiChat,
        r#"{"max_tokens":9000,"max_completion_tokens":null}"#,
        r#"{"max_tokens":4096,"max_completion_tokens":4096}"#,
    );
    check_clamp(Dialect::OpenAiChat, r#"{"max_tokens":-1}"#, r#"{"max_tokens":4096}"#);
    check_clamp(Dialect::OpenAiResponses, r#"{"max_output_tokens":1}"#, r#"{"max_output_tokens":4096}"#);
    check_clamp(
        GEMINI,
        r#"{"generation_config":{"max_output_tokens":"8000","temperature":1}}"#,
        r#"{"generation_config":{"max_output_tokens":4096,"temperature":1}}"#,
    );
}

#[test]
fn a_missing_field_is_inserted() {
    check_clamp(Dialect::AnthropicMessages, r#"{"model":"m"}"#, r#"{"max_tokens":4096,"model":"m"}"#);
    check_clamp(Dialect::OpenAiChat, "{}", r#"{"max_completion_tokens":4096}"#);
    check_clamp(Dialect::OpenAiResponses, " { \"input\":[] }", " {\"max_output_tokens\":4096, \"input\":[] }");
    check_clamp(GEMINI, r#"{"contents":[]}"#, r#"{"generationConfig":{"maxOutputTokens":4096},"contents":[]}"#);
    check_clamp(GEMINI, r#"{"generationConfig":null}"#, r#"{"generationConfig":{"maxOutputTokens":4096}}"#);
    check_clamp(GEMINI, r#"{"generationConfig":{}}"#, r#"{"generationConfig":{"maxOutputTokens":4096}}"#);
    check_clamp(
        GEMINI,
        r#"{"generationConfig":{"topK":1}}"#,
        r#"{"generationConfig":{"maxOutputTokens":4096,"topK":1}}"#,
    );
    check_clamp(Dialect::OpenAiEmbeddings, r#"{"input":"x"}"#, r#"{"input":"x"}"#);
    let old = Edits { output_max: Some(7), output_field: Some(OutputField::MaxTokens), ..Edits::default() };
    check(Dialect::OpenAiChat, r#"{"model":"old"}"#, old, r#"{"max_tokens":7,"model":"old"}"#);
}

#[test]
fn a_fallbacks_maximum_is_lowered_never_raised() {
    check_clamp(
        Dialect::AnthropicMessages,
        r#"{"max_tokens":9000,"fallbacks":[{"model":"a","max_tokens":100},{"model":"b","max_tokens":9000},{"model":"c"}]}"#,
        r#"{"max_tokens":4096,"fallbacks":[{"model":"a","max_tokens":100},{"model":"b","max_tokens":4096},{"model":"c"}]}"#,
    );
}

#[test]
fn usage_is_asked_for_once() {
    check_ask(r#"{"stream":true}"#, r#"{"stream_options":{"include_usage":true},"stream":true}"#);
    check_ask(
        r#"{"stream":true,"stream_options":{"include_usage":false}}"#,
        r#"{"stream":true,"stream_options":{"include_usage":true}}"#,
    );
    check_ask(r#"{"stream":true,"stream_options":null}"#, r#"{"stream":true,"stream_options":{"include_usage":true}}"#);
    check_ask(r#"{"stream":true,"stream_options":{}}"#, r#"{"stream":true,"stream_options":{"include_usage":true}}"#);
    check_ask(
        r#"{"stream":true,"stream_options":{"x":1}}"#,
        r#"{"stream":true,"stream_options":{"include_usage":true,"x":1}}"#,
    );
    let asked = r#"{"stream":true,"stream_options":{"include_usage":true}}"#;
    check_ask(asked, asked);
    check_ask(r#"{"stream":false}"#, r#"{"stream":false}"#);
}

#[test]
fn edits_go_together() {
    let edits = Edits { output_max: Some(5), ask_for_usage: true, ..Edits::default() };
    check(
        Dialect::OpenAiChat,
        r#"{"stream":true,"n":2}"#,
        edits,
        r#"{"max_completion_tokens":5,"stream_options":{"include_usage":true},"stream":true,"n":2}"#,
    );
    let edits = Edits { output_max: Some(5), tool_calls_max: Some(3), ..Edits::default() };
    check(
        Dialect::OpenAiResponses,
        r#"{"max_tool_calls":null}"#,
        edits,
        r#"{"max_output_tokens":5,"max_tool_calls":3}"#,
    );
}

#[test]
fn nothing_to_change_copies_nothing() {
    let body = Bytes::from_static(br#"{"stream":true}"#);
    let facts = RequestFacts::read(Dialect::AnthropicMessages, Some("m"), &body).unwrap();
    let edited = edit(&facts, &body, Edits { ask_for_usage: true, ..Edits::default() }).unwrap();
    assert_eq!(edited.as_ptr(), body.as_ptr());
    assert_eq!(clamp_output(&facts, &Bytes::from_static(b"{}"), 1), Err(OtherBody));
}

proptest! {
    /// Taking the edited fields out of the edited body gives the body back.
    #[test]
    fn everything_else_stays(fields in prop::collection::vec(("[a-z]{1,8}", any::<u32>()), 0..6), max in 0_u64..1_000_000) {
        let fields: Vec<_> = fields.iter().map(|(name, value)| format!(" \"x{name}\" :{value} ")).collect();
        let body = format!("{{{}}}", fields.join(","));
        for dialect in [Dialect::AnthropicMessages, Dialect::OpenAiChat, Dialect::OpenAiResponses] {
            let facts = read(dialect, &body);
            let edited = clamp_output(&facts, &Bytes::from(body.clone()), max).unwrap();
            let edited = std::str::from_utf8(&edited).unwrap();
            let name = match dialect {
                Dialect::AnthropicMessages => "max_tokens",
                Dialect::OpenAiChat => "max_completion_tokens",
                _ => "max_output_tokens",
            };
            let comma = if fields.is_empty() { "" } else { "," };
            prop_assert_eq!(edited.replacen(&format!("\"{name}\":{max}{comma}"), "", 1), body.clone());
            prop_assert_eq!(read(dialect, edited).output_max(), Some(max));
        }
    }
}
