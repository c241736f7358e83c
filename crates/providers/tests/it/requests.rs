//! Facts of requests.

use purser_providers::request::{CacheAsk, HostedKind, MediaKind, Outside};
use purser_providers::{Dialect, Headers, IdKind, RequestFacts, RunFacts};

const GEMINI: Dialect = Dialect::GeminiGenerate { stream: true, sse: true };
/// One grey pixel.
const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC";

fn read(dialect: Dialect, body: &str) -> RequestFacts {
    let path = matches!(dialect, Dialect::GeminiGenerate { .. }).then_some("models/gemini-3-pro");
    RequestFacts::read(dialect, path, body.as_bytes()).unwrap()
}

/// The sentence with which a body is refused.
fn check_refused(dialect: Dialect, body: &str, sentence: &str) {
    let refused = RequestFacts::read(dialect, None, body.as_bytes()).unwrap_err();
    assert_eq!(refused.to_string(), sentence, "{body}");
}

fn hosted(facts: &RequestFacts) -> Vec<HostedKind> {
    facts.hosted.iter().map(|hosted| hosted.kind).collect()
}

fn refs(facts: &RequestFacts) -> Vec<(IdKind, &str)> {
    facts.refs.iter().map(|id| (id.kind, id.id.as_str())).collect()
}

#[test]
fn a_coding_agents_call() {
    let body = r#"{"model":"claude-opus-5-5","max_tokens":128000,"stream":true,
        "system":[{"type":"text","text":"x-anthropic-billing-header: cc_version=2"},
                  {"type":"text","text":"You are","cache_control":{"type":"ephemeral","ttl":"1h"}}],
        "messages":[{"role":"user","content":"hi"},{"role":"system","content":[{"type":"text","text":"é"}]}],
        "tools":[{"name":"Read","description":"d","input_schema":{"type":"object"}},{"type":"web_search_20260318","name":"web_search","max_uses":8}],
        "thinking":{"type":"enabled","budget_tokens":31999},"speed":"fast","inference_geo":"us","service_tier":"auto",
        "context_management":{"edits":[{"type":"clear_thinking_20251015"}]},
        "metadata":{"user_id":"{\"device_id\":\"d\",\"session_id\":\"5d2f\"}"}}"#;
    let facts = read(Dialect::AnthropicMessages, body);
    assert_eq!((facts.model.as_str(), facts.stream, facts.output_max()), ("claude-opus-5-5", true, Some(128_000)));
    assert_eq!((facts.messages, facts.tools, facts.thinking_budget), (2, 2, Some(31_999)));
    assert_eq!(hosted(&facts), [HostedKind::WebSearch]);
    assert_eq!(facts.hosted[0].uses_max, Some(8));
    assert_eq!((facts.cache, facts.wide_bytes, facts.markup_bytes), (CacheAsk::Long, 2, 0));
    assert_eq!(
        (facts.speed.as_deref(), facts.geo.as_deref(), facts.tier.as_deref()),
        (Some("fast"), Some("us"), Some("auto"))
    );
    assert!(facts.usage_asked && facts.outside.is_empty() && facts.refs.is_empty() && !facts.keeps_answer);
    assert_eq!(RunFacts::read(&Headers::default(), &facts).session, Some("5d2f"));
}

#[test]
fn markup_is_counted_in_strings_alone() {
    let facts = read(Dialect::OpenAiChat, r#"{"model":"m","messages":[{"content":"<a href='x'>&\u003c\n<"}],"x<":1}"#);
    assert_eq!(facts.markup_bytes, 7);
}

#[test]
fn anthropic_blocks_and_references() {
    let body = format!(
        r#"{{"model":"m","max_tokens":9,"container":"container_1","messages":[{{"role":"user","content":[
            {{"type":"image","source":{{"type":"base64","media_type":"image/png","data":"{PNG}"}}}},
            {{"source":{{"type":"url","url":"https://example.com/a.png"}},"type":"image"}},
            {{"type":"document","source":{{"type":"file","file_id":"file_1"}}}},
            {{"type":"document","source":{{"type":"base64","media_type":"application/pdf","data":"JVBERi0="}}}},
            {{"type":"document","source":{{"type":"text","media_type":"text/plain","data":"plain"}}}},
            {{"type":"tool_result","tool_use_id":"t","content":[{{"type":"image","source":{{"type":"base64","media_type":"image/png","data":"{PNG}"}}}}]}},
            {{"type":"container_upload","file_id":"file_2"}}]}}],
            "thread":{{"type":"continue","previous_message_id":"msg_1"}}}}"#
    );
    let facts = read(Dialect::AnthropicMessages, &body);
    let media: Vec<_> = facts.media.iter().map(|media| (media.kind, media.pixels, media.bytes.is_some())).collect();
    assert_eq!(
        media,
        [
            (MediaKind::Image, Some((1, 1)), true),
            (MediaKind::Image, None, false),
            (MediaKind::Pdf, None, false),
            (MediaKind::Pdf, None, true),
            (MediaKind::Image, Some((1, 1)), true),
        ]
    );
    assert_eq!(
        refs(&facts),
        [
            (IdKind::Container, "container_1"),
            (IdKind::File, "file_1"),
            (IdKind::File, "file_2"),
            (IdKind::Response, "msg_1")
        ]
    );
    assert_eq!(facts.outside, [Outside::File, Outside::Url, Outside::PreviousResponse]);
    assert_eq!(facts.text_bytes, facts.body_bytes - 2 * PNG.len() as u64 - 8);
    assert!(facts.keeps_answer);
}

#[test]
fn anthropic_hosted_tools() {
    let body = r#"{"model":"m","max_tokens":9,"messages":[{"role":"system","content":[{"type":"tool_addition","tool":{"type":"tool_definition","definition":{"type":"code_execution_20260521","name":"c"}}}]}],
        "tools":[{"type":"custom","name":"a"},{"type":"bash_20250124","name":"bash"},{"type":"advisor_20260301","name":"advisor","model":"claude-opus-5-5","max_uses":2,"max_tokens":2048},
                 {"type":"mcp_toolset","mcp_server_name":"s"},{"type":"future_tool_2027","name":"x"}],
        "mcp_servers":[{"type":"url","url":"https://example.com"}],
        "context_management":{"edits":[{"type":"compact_20260112"}]},
        "fallbacks":[{"model":"claude-sonnet-5-5"}]}"#;
    let facts = read(Dialect::AnthropicMessages, body);
    let mut kinds = hosted(&facts);
    kinds.sort_unstable();
    assert_eq!(
        kinds,
        [
            HostedKind::Code,
            HostedKind::Mcp,
            HostedKind::Mcp,
            HostedKind::Advisor,
            HostedKind::Compaction,
            HostedKind::Fallback,
            HostedKind::Unknown
        ]
    );
    assert_eq!(facts.schema_tokens, 325);
    let advisor = facts.hosted.iter().find(|hosted| hosted.kind == HostedKind::Advisor).unwrap();
    assert_eq!((advisor.uses_max, advisor.output_max), (Some(2), Some(2_048)));
}

#[test]
fn chat_calls() {
    let body = format!(
        r#"{{"model":"gpt-6.1","n":3,"stream":true,"stream_options":{{"include_usage":true}},"max_completion_tokens":100,"max_tokens":null,
            "service_tier":"flex","modalities":["text","audio"],"prompt_cache_retention":"24h",
            "prediction":{{"type":"content","content":"abc"}},"web_search_options":{{}},
            "tools":[{{"type":"function","function":{{"name":"f"}}}}],
            "messages":[{{"role":"user","content":[{{"type":"text","text":"a"}},
                {{"type":"image_url","image_url":{{"url":"data:image/png;base64,{PNG}","detail":"high"}}}},
                {{"type":"image_url","image_url":{{"url":"https://example.com/x"}}}},
                {{"type":"input_audio","input_audio":{{"data":"AAAA","format":"wav"}}}},
                {{"type":"file","file":{{"file_id":"file-1"}}}}]}},
              {{"role":"assistant","content":null,"audio":{{"id":"audio_1"}}}}]}}"#
    );
    let facts = read(Dialect::OpenAiChat, &body);
    assert_eq!((facts.candidates, facts.usage_asked, facts.output_max()), (3, true, None));
    assert_eq!((facts.messages, facts.tools, facts.cache), (2, 1, CacheAsk::Long));
    assert!(facts.audio_out && !facts.image_out);
    assert_eq!(facts.prediction_bytes, 34);
    assert_eq!(hosted(&facts), [HostedKind::WebSearch]);
    let media: Vec<_> = facts.media.iter().map(|media| (media.kind, media.pixels)).collect();
    assert_eq!(
        media,
        [
            (MediaKind::Image, Some((1, 1))),
            (MediaKind::Image, None),
            (MediaKind::Audio, None),
            (MediaKind::Other, None)
        ]
    );
    assert_eq!(refs(&facts), [(IdKind::File, "file-1"), (IdKind::Item, "audio_1")]);
    assert_eq!(facts.outside, [Outside::Url, Outside::File, Outside::StoredItem]);
}

#[test]
fn a_codex_call() {
    let body = r#"{"model":"gpt-6.1-codex","instructions":"You are","stream":true,"store":false,"include":["reasoning.encrypted_content"],
        "prompt_cache_key":"k","client_metadata":{"session_id":"019a"},
        "input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"hi"}]},
                 {"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"gAAAA"},
                 {"type":"function_call_output","call_id":"c","output":"done"}],
        "tools":[{"type":"function","name":"shell"},{"type":"custom","name":"apply_patch"},{"type":"web_search","external_web_access":false},
                 {"type":"namespace","name":"n","tools":[{"type":"function","name":"g"}]},{"type":"tool_search","execution":"client"}]}"#;
    let facts = read(Dialect::OpenAiResponses, body);
    assert_eq!(facts.session.as_deref(), Some("019a"));
    assert_eq!((facts.store, facts.keeps_answer, facts.tools), (Some(false), false, 6));
    assert_eq!(hosted(&facts), [HostedKind::WebSearch]);
    assert!(facts.refs.is_empty());
    assert_eq!(facts.outside, [Outside::ToolSchema]);
}

#[test]
fn responses_references() {
    let body = r#"{"model":"m","background":true,"previous_response_id":"resp_1","conversation":{"id":"conv_1"},"prompt":{"id":"pmpt_1","variables":{"f":{"type":"input_file","file_id":"file-9"}}},
        "max_tool_calls":4,"max_output_tokens":50,
        "input":[{"type":"item_reference","id":"msg_1"},{"id":"msg_2"},{"type":"reasoning","id":"rs_1","summary":[]},
                 {"role":"user","content":[{"type":"input_image","image_url":"https://example.com"},{"type":"input_file","file_id":"file-1"},{"type":"input_file","file_data":"data:application/pdf;base64,JVBE"}]},
                 {"type":"compaction_trigger"}],
        "tools":[{"type":"file_search","vector_store_ids":["vs_1"]},{"type":"code_interpreter","container":"cntr_1"},{"type":"shell","environment":{"type":"local"}},
                 {"type":"image_generation","model":"gpt-image-2"},{"type":"mcp","server_label":"s"}],
        "context_management":[{"type":"compaction"}]}"#;
    let facts = read(Dialect::OpenAiResponses, body);
    assert_eq!((facts.background, facts.keeps_answer, facts.tool_calls_max), (true, true, Some(4)));
    let mut ids: Vec<_> = refs(&facts).into_iter().map(|(_, id)| id).collect();
    ids.sort_unstable();
    assert_eq!(ids, ["cntr_1", "conv_1", "file-1", "file-9", "msg_1", "msg_2", "pmpt_1", "resp_1", "rs_1", "vs_1"]);
    assert!(!IdKind::PromptTemplate.is_fenced());
    let mut kinds = hosted(&facts);
    kinds.sort_unstable();
    assert_eq!(
        kinds,
        [
            HostedKind::FileSearch,
            HostedKind::Code,
            HostedKind::ImageGeneration,
            HostedKind::Mcp,
            HostedKind::Compaction,
            HostedKind::Compaction
        ]
    );
}

#[test]
fn gemini_calls_in_both_cases() {
    let body = format!(
        r#"{{"contents":{{"role":"user","parts":[{{"text":"hi"}},{{"inline_data":{{"mime_type":"image/png","data":"{PNG}"}}}},
              {{"fileData":{{"fileUri":"https://generativelanguage.googleapis.com/v1beta/files/abc","mimeType":"video/mp4"}}}},
              {{"file_data":{{"file_uri":"https://youtube.com/watch?v=1"}}}}]}},
            "system_instruction":{{"parts":{{"text":"s"}}}},
            "tools":[{{"function_declarations":[{{"name":"a"}},{{"name":"b"}}]}},{{"googleSearch":{{}}}},{{"url_context":{{}}}},{{"file_search":{{"file_search_store_names":["fileSearchStores/s"]}}}}],
            "generation_config":{{"candidate_count":2,"maxOutputTokens":"1000","thinking_config":{{"thinking_budget":-1}},"responseModalities":["TEXT","IMAGE"]}},
            "cached_content":"cachedContents/c","serviceTier":"flex"}}"#
    );
    let facts = read(GEMINI, &body);
    assert_eq!((facts.model.as_str(), facts.stream), ("gemini-3-pro", true));
    assert_eq!((facts.candidates, facts.output_max(), facts.thinking_budget), (2, Some(1_000), None));
    assert_eq!((facts.messages, facts.tools, facts.image_out), (2, 5, true));
    assert_eq!(hosted(&facts), [HostedKind::WebSearch, HostedKind::WebFetch, HostedKind::FileSearch]);
    assert_eq!(
        refs(&facts),
        [
            (IdKind::File, "files/abc"),
            (IdKind::Store, "fileSearchStores/s"),
            (IdKind::CachedContent, "cachedContents/c")
        ]
    );
    assert_eq!(facts.media.len(), 3);
}

#[test]
fn embeddings_calls() {
    let facts = read(Dialect::OpenAiEmbeddings, r#"{"model":"text-embedding-3-small","input":["a","b",[1,2]]}"#);
    assert_eq!((facts.messages, facts.output_max(), facts.stream), (3, None, false));
}

#[test]
fn unknown_things_pass() {
    let body = r#"{"model":"m","max_tokens":1,"brand_new":{"a":[1]},"messages":[{"role":"oracle","content":[{"type":"hologram","x":1}]}]}"#;
    assert_eq!(read(Dialect::AnthropicMessages, body).messages, 1);
    for dialect in [Dialect::OpenAiChat, Dialect::OpenAiResponses] {
        read(dialect, r#"{"model":"m","messages":7,"input":7,"tools":"x"}"#);
    }
}

#[test]
fn bad_bodies_are_refused_with_a_sentence() {
    let anthropic = Dialect::AnthropicMessages;
    check_refused(anthropic, "", "The body is not valid JSON: it ends too soon.");
    check_refused(anthropic, "[]", "The body is not valid JSON: expected an object.");
    check_refused(anthropic, "{\"model\":\"m\"", "The body is not valid JSON: it ends too soon.");
    check_refused(anthropic, "{\"model\":\"m\"} x", "The body has bytes after its JSON value.");
    check_refused(anthropic, "{\"model\":\"a\",\"model\":\"b\"}", "`model` is given twice.");
    check_refused(anthropic, "{\"max_tokens\":1,\"max_\\u0074okens\":2}", "`max_tokens` is given twice.");
    check_refused(anthropic, "{}", "`model` must be given.");
    check_refused(anthropic, "{\"model\":7}", "`model` must be a string.");
    check_refused(anthropic, "{\"model\":\"m\",\"max_tokens\":1.5}", "`max_tokens` must be a whole number.");
    check_refused(anthropic, "{\"model\":\"m\",\"stream\":\"yes\"}", "`stream` must be true or false.");
    let deep = format!("{{\"model\":\"m\",\"x\":{}}}", "[".repeat(200));
    check_refused(anthropic, &deep, "The body is nested deeper than 128 levels.");
    let twice = r#"{"generationConfig":{"maxOutputTokens":1,"max_output_tokens":2}}"#;
    check_refused(GEMINI, twice, "`generationConfig.maxOutputTokens` is given twice.");
    check_refused(GEMINI, r#"{"generationConfig":false}"#, "`generationConfig` must be an object.");
    let twice = r#"{"model":"m","stream_options":{},"stream_options":{}}"#;
    check_refused(Dialect::OpenAiChat, twice, "`stream_options` is given twice.");
    let bad = RequestFacts::read(anthropic, None, b"{\"model\":\"\xff\"}").unwrap_err();
    assert_eq!((bad.to_string().as_str(), bad.at), ("The body is not valid UTF-8.", 10));
}
