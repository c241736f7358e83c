//! Streams that are ended early, after any byte: the client sees a whole, well-formed stream.

use bytes::Bytes;
use purser_core::usage::Usage;
use purser_providers::ending::EarlyEnd;
use purser_providers::{ClientTool, Dialect, StreamMeter, Tool};
use serde_json::Value;

use crate::fixtures::{Fixture, all};

const SENTENCE: &str = "Budget exhausted: $50.00 of $50.00 used this month.";

/// What the client gets when `fixture` is ended after `cut` bytes.
fn ended(fixture: &Fixture, cut: usize, strip_usage: bool, tool: Tool) -> (String, bool) {
    let mut meter = StreamMeter::new(fixture.dialect, strip_usage);
    let mut out = Vec::new();
    meter.feed(&fixture.bytes.slice(..cut), &mut out);
    let over = meter.is_complete() || meter.progress().errored;
    let usage = Usage { input_uncached: 20, output: 7, ..Usage::default() };
    let client = ClientTool { tool, version: None };
    let frames = meter.end_early(EarlyEnd { sentence: SENTENCE, client: &client, usage: &usage });
    assert!(frames.is_empty() || frames == b"]" || !over, "{} at {cut}", fixture.name);
    out.push(Bytes::from(frames));
    meter.feed(&fixture.bytes.slice(cut..), &mut out);
    meter.finish(&mut out);
    (String::from_utf8(out.concat()).unwrap(), over)
}

/// The data of every event; each has to be JSON.
fn events(text: &str) -> Vec<Value> {
    let text = text.replace("\r\n", "\n");
    let data = text.split("\n\n").flat_map(|event| event.lines().filter_map(|line| line.strip_prefix("data: ")));
    data.filter(|data| *data != "[DONE]").map(|data| serde_json::from_str(data).unwrap()).collect()
}

fn check_anthropic(text: &str) {
    let events = events(text);
    let mut open = None;
    let mut next = 0;
    for event in &events {
        match event["type"].as_str().unwrap() {
            "content_block_start" => {
                assert_eq!(open, None);
                assert_eq!(event["index"], next);
                open = event["index"].as_u64();
                next += 1;
            }
            "content_block_delta" => assert_eq!(event["index"].as_u64(), open),
            "content_block_stop" => {
                assert_eq!(event["index"].as_u64(), open);
                open = None;
            }
            _ => {}
        }
    }
    let kinds: Vec<_> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(kinds[0], "message_start");
    assert_eq!(kinds[kinds.len() - 2..], ["message_delta", "message_stop"]);
    assert_eq!(kinds.iter().filter(|kind| **kind == "message_start").count(), 1);
    assert_eq!(kinds.iter().filter(|kind| **kind == "message_delta").count(), 1);
}

fn check_chat(text: &str) {
    assert!(text.ends_with("data: [DONE]\n\n"));
    let events = events(text);
    let choices = || events.iter().flat_map(|event| event["choices"].as_array().into_iter().flatten());
    for index in choices().map(|choice| choice["index"].as_u64()) {
        let finishes = choices().filter(|c| c["index"].as_u64() == index && !c["finish_reason"].is_null()).count();
        assert_eq!(finishes, 1);
    }
}

fn check_responses(text: &str, tool: Tool) {
    let events = events(text);
    let last = events.last().unwrap();
    let numbers: Vec<_> = events.iter().map(|event| event["sequence_number"].as_u64().unwrap()).collect();
    assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
    assert_eq!(last["response"]["usage"]["total_tokens"], 27);
    if tool == Tool::Codex {
        assert_eq!(last["type"], "response.completed");
        assert_eq!(last["response"]["status"], "completed");
        let said = &last["response"]["output"].as_array().unwrap().last().unwrap()["content"][0]["text"];
        assert_eq!(said, SENTENCE);
    } else {
        assert_eq!(last["type"], "response.incomplete");
        assert_eq!(last["response"]["incomplete_details"]["reason"], "max_output_tokens");
    }
}

fn check_array(text: &str, over: bool) {
    let chunks = serde_json::from_str::<Vec<Value>>(text).unwrap();
    if !over {
        check_gemini(&chunks);
    }
}

fn check_gemini(chunks: &[Value]) {
    let last = chunks.last().unwrap();
    assert_eq!(last["candidates"][0]["finishReason"], "MAX_TOKENS");
    assert_eq!(last["usageMetadata"]["totalTokenCount"], 27);
}

#[test]
fn after_any_byte_the_stream_is_whole() {
    for fixture in all().into_iter().filter(|fixture| fixture.streams) {
        // Every byte of the plain ones; of the others, enough to meet every event.
        let plain = ["text", "cut", "array", "two_answers"].iter().any(|name| fixture.name.contains(name));
        for cut in (0..=fixture.bytes.len()).step_by(if plain { 1 } else { 23 }) {
            {
                let tool = [Tool::Other, Tool::ClaudeCode, Tool::Codex][cut % 3];
                let (text, over) = ended(&fixture, cut, false, tool);
                match fixture.dialect {
                    _ if !fixture.sse => check_array(&text, over),
                    _ if over => {}
                    Dialect::AnthropicMessages => check_anthropic(&text),
                    Dialect::OpenAiChat | Dialect::OpenAiEmbeddings => check_chat(&text),
                    Dialect::OpenAiResponses => check_responses(&text, tool),
                    Dialect::GeminiGenerate { .. } => check_gemini(&events(&text)),
                }
            }
        }
    }
}

/// Frames after the first events of a fixture, as each client gets them.
fn check(name: &str, fixture: &str, tool: Tool, strip_usage: bool) {
    let fixture = all().into_iter().find(|known| known.name == fixture).unwrap();
    let passed = fixture.bytes.len();
    let (text, _) = ended(&fixture, passed, strip_usage, tool);
    insta::assert_snapshot!(name, &text[passed..]);
}

#[test]
fn closing_frames() {
    check("anthropic_sdk", "anthropic/cut.sse", Tool::AnthropicSdk, false);
    check("claude_code", "anthropic/cut.sse", Tool::ClaudeCode, false);
    check("chat", "chat/cut.sse", Tool::OpenAiSdk, false);
    check("chat_without_usage", "chat/cut.sse", Tool::OpenAiSdk, true);
    check("responses", "responses/cut.sse", Tool::OpenAiSdk, false);
    check("codex", "responses/cut.sse", Tool::Codex, false);
}

#[test]
fn no_sentence_while_a_tool_call_is_open() {
    let fixture = all().into_iter().find(|known| known.name == "anthropic/thinking_tool_cache.sse").unwrap();
    let text = std::str::from_utf8(&fixture.bytes).unwrap();
    let (inside, after) = (text.find("a\"}}").unwrap() + 8, text.find("message_delta").unwrap() - 7);
    assert!(!ended(&fixture, inside, false, Tool::ClaudeCode).0.contains(SENTENCE));
    assert!(ended(&fixture, after, false, Tool::ClaudeCode).0.contains(SENTENCE));
}
