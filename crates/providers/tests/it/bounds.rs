//! Bounds hold, and say when they do not.

use purser_providers::bound::{Because, USEFUL_OUTPUT};
use purser_providers::{
    BoundRules, Dialect, RequestFacts, estimate_input, estimate_output, input_bound, least_output, output_bound,
};

const WINDOW: u64 = 200_000;

fn read(dialect: Dialect, body: &str) -> RequestFacts {
    RequestFacts::read(dialect, Some("gpt-6.1"), body.as_bytes()).unwrap()
}

/// `tokens` of each text's UTF-8 bytes, which no tokenizer can exceed, are within the bound.
#[test]
fn text_is_bounded_by_its_bytes() {
    for text in ["hi", "żółć 😀", "\\u00e9\\n\\t", &"a b ".repeat(500), &"ﷺ".repeat(50)] {
        let body = format!(r#"{{"model":"m","max_tokens":1,"messages":[{{"role":"user","content":"{text}"}}]}}"#);
        for dialect in [Dialect::AnthropicMessages, Dialect::OpenAiChat, Dialect::OpenAiResponses] {
            let facts = read(dialect, &body);
            let bound = input_bound(&facts, &BoundRules::of(dialect, &facts.model, Some(WINDOW)));
            let bytes = serde_json::from_str::<String>(&format!("\"{text}\"")).unwrap().len() as u64;
            assert!(bound.tokens >= bytes && bound.certain, "{text}: {bound:?}");
            assert!(estimate_input(&facts) <= bound.tokens);
        }
    }
}

#[test]
fn normalisation_is_allowed_for() {
    // Under NFKC this one character becomes 18, 33 bytes of UTF-8.
    let body = r#"{"max_tokens":1,"messages":[{"role":"user","content":"ﷺ"}]}"#;
    let plain = body.replace('ﷺ', "abc");
    let tokens = |body: &str| {
        let facts = read(Dialect::AnthropicMessages, body);
        input_bound(&facts, &BoundRules::of(facts.dialect, "claude-opus-5-5", Some(WINDOW))).tokens
    };
    assert_eq!(tokens(body) - tokens(&plain), 30);
}

/// The bound of a user's text, less that of an empty one.
fn text_bound(dialect: Dialect, model: &str, text: &str) -> u64 {
    let tokens = |text: &str| {
        let field = if matches!(dialect, Dialect::GeminiGenerate { .. }) { "contents" } else { "messages" };
        let facts = read(dialect, &format!(r#"{{"{field}":[{{"role":"user","content":"{text}"}}]}}"#));
        input_bound(&facts, &BoundRules::of(dialect, model, None)).tokens
    };
    tokens(text) - tokens("")
}

/// Claude marks the ends and the capitals of words: counted by the package that rebuilt its tokenizers from the
/// provider's own counts, these are more tokens than bytes.
#[test]
fn tokens_that_stand_for_no_byte_are_allowed_for() {
    for (dialect, model, text, tokens) in [
        (Dialect::AnthropicMessages, "claude-opus-4-7", "ZZ!", 5),
        (Dialect::AnthropicMessages, "claude-opus-5-5", "ZZ!", 5),
        (Dialect::AnthropicMessages, "claude-sonnet-4-6", "Zz!", 4),
        (Dialect::OpenAiChat, "anthropic/claude-opus-4.7", "ZZ!", 5),
    ] {
        let bound = text_bound(dialect, model, &text.repeat(1_000));
        assert!(bound >= tokens * 1_000 && bound <= tokens * 1_000 + 50, "{model}: {bound}");
    }
    // A character that grows when its letter is made small, with all its marks.
    assert!(text_bound(Dialect::AnthropicMessages, "claude-opus-4-7", &"Ⱦ!".repeat(300)) >= 2_000);
}

/// Some servers write tools and arguments anew and escape markup as `\u003c`.
#[test]
fn escapes_are_allowed_for() {
    let gemini = Dialect::GeminiGenerate { stream: false, sse: false };
    for (dialect, model, each) in
        [(gemini, "gemini-3-pro", 6), (Dialect::OpenAiChat, "some-model", 6), (Dialect::OpenAiChat, "gpt-5.4", 1)]
    {
        for mark in ["<", ">", "&", "'"] {
            let bound = text_bound(dialect, model, &mark.repeat(300));
            assert!(bound >= 300 * each && bound <= 300 * (each + 1), "{model} {mark}: {bound}");
        }
    }
}

/// The documented tokens of Anthropic's hidden tool instructions, with room for nothing else in the request.
#[test]
fn hidden_tool_instructions_are_allowed_for() {
    let tokens = |model: &str, tools: &str| {
        let facts = read(Dialect::AnthropicMessages, &format!(r#"{{"messages":[],"tools":{tools}}}"#));
        input_bound(&facts, &BoundRules::of(facts.dialect, model, None)).tokens
    };
    for (model, documented) in
        [("claude-opus-4-7", 804), ("claude-opus-4-6", 589), ("claude-3-opus-20240229", 530), ("claude-new", 804)]
    {
        let added = tokens(model, "[{}]") - tokens(model, "[]");
        assert!(added >= documented, "{model}: {added}");
    }
}

fn check(dialect: Dialect, body: &str, expected: (u64, bool, Because, u64)) {
    let facts = read(dialect, body);
    let bound = input_bound(&facts, &BoundRules::of(dialect, "gpt-6.1", Some(WINDOW)));
    assert_eq!((bound.tokens, bound.certain, bound.why, bound.passes), expected, "{body}");
}

#[test]
fn what_is_not_in_the_body_is_bounded_by_the_window() {
    let outside = (WINDOW, true, Because::Outside, 1);
    check(Dialect::OpenAiResponses, r#"{"previous_response_id":"resp_1"}"#, outside);
    check(Dialect::OpenAiResponses, r#"{"input":[{"type":"item_reference","id":"x"}]}"#, outside);
    check(
        Dialect::AnthropicMessages,
        r#"{"messages":[{"role":"user","content":[{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"JVBE"}}]}]}"#,
        outside,
    );
    check(Dialect::GeminiGenerate { stream: false, sse: false }, r#"{"cachedContent":"cachedContents/1"}"#, outside);
}

#[test]
fn hosted_tools_make_passes() {
    let tool = |tool: &str| format!(r#"{{"messages":[],"input":[],"tools":[{tool}]}}"#);
    let anthropic = Dialect::AnthropicMessages;
    check(anthropic, &tool(r#"{"type":"web_search_20260318","max_uses":2}"#), (3 * WINDOW, true, Because::Loop, 3));
    check(anthropic, &tool(r#"{"type":"web_search_20260318","max_uses":50}"#), (10 * WINDOW, true, Because::Loop, 10));
    let unbounded = (10 * WINDOW, false, Because::UndocumentedLoop, 10);
    check(anthropic, &tool(r#"{"type":"web_search_20260318"}"#), unbounded);
    check(anthropic, &tool(r#"{"type":"web_fetch_20260318"}"#), (10 * WINDOW, true, Because::Loop, 10));
    let compacts = r#"{"messages":[],"context_management":{"edits":[{"type":"compact_20260112"}]}}"#;
    check(anthropic, compacts, (2 * WINDOW, true, Because::Loop, 2));

    let responses = Dialect::OpenAiResponses;
    check(responses, &tool(r#"{"type":"web_search"}"#), (2 * WINDOW, false, Because::UndocumentedLoop, 2));
    let limited = r#"{"tools":[{"type":"web_search"}],"max_tool_calls":4}"#;
    check(responses, limited, (5 * WINDOW, true, Because::Loop, 5));
    let facts = read(responses, &tool(r#"{"type":"web_search"}"#));
    let rules = BoundRules::of(responses, "gpt-6.1", Some(WINDOW));
    assert!(input_bound(&facts, &rules).tool_calls_can_be_limited);
    let bound = input_bound(&facts.with_tool_calls_max(3), &rules);
    assert_eq!((bound.tokens, bound.certain, bound.web_search_calls), (4 * WINDOW, true, 3));
    let facts = read(responses, limited);
    assert_eq!(input_bound(&facts, &BoundRules::of(responses, "gpt-6.1", None)).web_search_calls, 4);

    let gemini = Dialect::GeminiGenerate { stream: false, sse: false };
    check(gemini, r#"{"tools":[{"googleSearch":{}}]}"#, (WINDOW, false, Because::UndocumentedLoop, 1));
    check(Dialect::OpenAiChat, r#"{"web_search_options":{}}"#, (WINDOW, true, Because::Loop, 1));
}

#[test]
fn images_are_bounded_by_their_size() {
    let image = |width: u32, height: u32| {
        let mut head = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
        head.extend_from_slice(&width.to_be_bytes());
        head.extend_from_slice(&height.to_be_bytes());
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        head.chunks(3)
            .flat_map(|three| {
                let bits = three.iter().fold(0_u32, |bits, byte| (bits << 8) | u32::from(*byte));
                [18, 12, 6, 0].map(|shift| char::from(alphabet[(bits >> shift & 63) as usize]))
            })
            .collect::<String>()
    };
    // Bounds against image tokens measured with the providers' own counters, and what is known without the picture.
    for (width, height, claude, gpt, gemini) in
        [(256, 256, 177, 77, 1_090), (1_024, 1_024, 1_446, 1_229, 1_090), (4_032, 3_024, 4_005, 14_364, 1_065)]
    {
        let url = format!("data:image/png;base64,{}", image(width, height));
        let chat = format!(r#"{{"messages":[{{"role":"user","content":[{{"image_url":{{"url":"{url}"}}}}]}}]}}"#);
        let facts = read(Dialect::OpenAiChat, &chat);
        assert_eq!(facts.media[0].pixels, Some((width, height)));
        for (dialect, model, measured) in [
            (Dialect::AnthropicMessages, "claude-opus-5-5", claude),
            (Dialect::OpenAiChat, "gpt-6.1", gpt),
            (Dialect::GeminiGenerate { stream: false, sse: false }, "gemini-3-pro", gemini),
        ] {
            let bound = input_bound(&facts, &BoundRules::of(dialect, model, Some(WINDOW)));
            assert!(bound.tokens >= measured && bound.tokens < 4 * measured + 10_000, "{model} {width}: {bound:?}");
        }
    }
}

#[test]
fn outputs() {
    let facts = read(Dialect::OpenAiChat, r#"{"n":3,"max_tokens":100,"prediction":"abcd"}"#);
    let rules = BoundRules::of(facts.dialect, "gpt-6.1", None);
    assert_eq!(output_bound(&facts, &rules, 100), 306);
    let facts = read(Dialect::AnthropicMessages, r#"{"tools":[{"type":"web_search_20260318","max_uses":2}]}"#);
    assert_eq!(output_bound(&facts, &BoundRules::of(facts.dialect, "claude", None), 100), 300);
}

#[test]
fn the_useful_floor() {
    let least = |body: &str| least_output(&read(Dialect::AnthropicMessages, body), USEFUL_OUTPUT);
    assert_eq!(least(r#"{"max_tokens":128000}"#), 4_096);
    assert_eq!(least(r#"{"max_tokens":100}"#), 100);
    assert_eq!(least(r#"{"max_tokens":64000,"thinking":{"type":"enabled","budget_tokens":10000}}"#), 14_096);
    assert_eq!(least("{}"), 4_096);
}

#[test]
fn estimates_are_guesses_of_the_right_size() {
    assert_eq!(estimate_output(Dialect::OpenAiChat, 0), 0);
    assert_eq!(estimate_output(Dialect::OpenAiChat, 1), 1);
    assert_eq!(estimate_output(Dialect::GeminiGenerate { stream: true, sse: true }, 4_000), 1_000);
}
