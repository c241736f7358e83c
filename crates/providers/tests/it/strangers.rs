//! Bytes from strangers: nothing panics, whatever comes.

use bytes::Bytes;
use proptest::prelude::*;
use purser_core::usage::Usage;
use purser_providers::Headers;
use purser_providers::ending::EarlyEnd;
use purser_providers::{
    BoundRules, ClientTool, Dialect, Edits, RequestFacts, StreamMeter, Tool, WorkKey, client_keys, edit,
    estimate_input, forward_target, input_bound, least_output, output_bound, provider_ids, read_usage,
};

use crate::fixtures::all;

pub(crate) const DIALECTS: [Dialect; 7] = [
    Dialect::AnthropicMessages,
    Dialect::OpenAiChat,
    Dialect::OpenAiResponses,
    Dialect::OpenAiEmbeddings,
    Dialect::GeminiGenerate { stream: false, sse: false },
    Dialect::GeminiGenerate { stream: true, sse: false },
    Dialect::GeminiGenerate { stream: true, sse: true },
];

/// Puts bytes through everything that reads bytes.
fn read_everything(bytes: &[u8]) {
    let body = Bytes::copy_from_slice(bytes);
    for dialect in DIALECTS {
        let _ = read_usage(dialect, bytes);
        let _ = provider_ids(dialect, bytes);
        if let Ok(facts) = RequestFacts::read(dialect, Some("m"), bytes) {
            let _ = facts.turn(bytes, &WorkKey::new(7));
            let rules = BoundRules::of(dialect, &facts.model, None);
            let bound = input_bound(&facts, &rules);
            assert!(bound.tokens >= bound.prompt_max);
            let _ = (output_bound(&facts, &rules, u64::MAX), least_output(&facts, 4_096), estimate_input(&facts));
            let edits = Edits { output_max: Some(9), ask_for_usage: true, tool_calls_max: Some(3), ..Edits::default() };
            let edited = edit(&facts, &body, edits).unwrap();
            // `serde_json` refuses half a surrogate pair, other readers do not: an edit must not change what it thinks.
            assert_eq!(is_json(&edited), is_json(bytes));
        }
        let mut meter = StreamMeter::new(dialect, true);
        let mut out = Vec::new();
        for chunk in body.chunks(5) {
            meter.feed(&Bytes::copy_from_slice(chunk), &mut out);
        }
        let _ = (meter.metered(), meter.progress());
        let client = ClientTool { tool: Tool::Codex, version: None };
        let _ = meter.end_early(EarlyEnd { sentence: "x", client: &client, usage: &Usage::default() });
    }
}

fn is_json(bytes: &[u8]) -> bool {
    serde_json::from_slice::<serde_json::Value>(bytes).is_ok()
}

/// Names that readers look for.
const NAMES: &[&str] = &[
    "model",
    "messages",
    "content",
    "type",
    "usage",
    "input_tokens",
    "output_tokens",
    "iterations",
    "choices",
    "delta",
    "index",
    "finish_reason",
    "prompt_tokens",
    "tools",
    "stream_options",
    "include_usage",
    "max_tokens",
    "generationConfig",
    "maxOutputTokens",
    "contents",
    "parts",
    "inlineData",
    "data",
    "source",
    "image_url",
    "url",
    "response",
    "item",
    "output",
    "candidates",
    "usageMetadata",
    "promptTokenCount",
    "id",
    "stream",
    "input",
    "n",
    "role",
    "tool_calls",
    "arguments",
    "functionResponse",
];

/// JSON as it comes, with the names that readers look for.
fn json() -> impl Strategy<Value = String> {
    let text = prop_oneof![
        "[a-z]{0,6}",
        Just("message_delta".to_owned()),
        prop::sample::select(&["user", "assistant", "tool", "tool_use", "tool_result"][..]).prop_map(str::to_owned),
        Just("data:image/png;base64,iVBORw0KGgo".to_owned())
    ];
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|b| b.to_string()),
        any::<i64>().prop_map(|n| n.to_string()),
        (0_u64..5_000).prop_map(|n| n.to_string()),
        any::<f64>().prop_filter("finite", |n| n.is_finite()).prop_map(|n| n.to_string()),
        text.prop_map(|text| format!("\"{text}\"")),
        Just(r#""\ud800\u00e9\\""#.to_owned()),
    ];
    leaf.prop_recursive(5, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec((prop::sample::select(NAMES), inner), 0..6).prop_map(|fields| {
                let fields: Vec<_> = fields.iter().map(|(name, value)| format!("\"{name}\": {value}")).collect();
                format!("{{{}}}", fields.join(", "))
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        read_everything(&bytes);
    }

    #[test]
    fn any_json(text in json()) {
        read_everything(text.as_bytes());
        read_everything(format!("data: {text}\n\n").as_bytes());
    }

    #[test]
    fn fixtures_with_a_byte_changed(which in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let fixtures = all();
        let mut bytes = fixtures[which.index(fixtures.len())].bytes.to_vec();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        read_everything(&bytes);
    }

    #[test]
    fn any_query(query in ".{0,60}") {
        let _ = client_keys(&Headers::default(), Some(&query)).count();
        let target = format!("/v1/x?{query}");
        let forwarded = forward_target(&target);
        let (_, rest) = forwarded.split_once('?').unwrap_or((&forwarded, ""));
        prop_assert_eq!(client_keys(&Headers::default(), Some(rest)).count(), 0);
    }
}
