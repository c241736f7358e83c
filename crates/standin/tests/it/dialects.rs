//! Each dialect's answers have the shape, the order and the usage that its provider documents.

use hyper::Method;
use purser_standin::{Dialect, ServedUsage, StandinHandle};
use serde_json::{Value, json};

use crate::client::{Got, asks, call, last_ended, send, standin};

/// What a dialect's last word on usage is, in its own shape.
fn usage(got: &Got, stream: bool) -> Value {
    if !stream {
        let body = got.json();
        return body.get("usage").or_else(|| body.get("usageMetadata")).cloned().unwrap_or_default();
    }
    let events = got.events();
    let of = |event: &Value| {
        let inner = event.pointer("/response/usage").or_else(|| event.pointer("/message/usage"));
        inner.or_else(|| event.get("usage")).or_else(|| event.get("usageMetadata")).cloned().filter(|u| !u.is_null())
    };
    events.iter().filter_map(|(_, event)| of(event)).next_back().unwrap_or_default()
}

/// Input and output, cache reads and thinking, by the dialect's own rules.
fn billed(dialect: Dialect, usage: &Value) -> (u64, u64, u64, u64) {
    let at = |path: &str| usage.pointer(path).and_then(Value::as_u64).unwrap_or(0);
    match dialect {
        Dialect::Messages => {
            let (read, written) = (at("/cache_read_input_tokens"), at("/cache_creation_input_tokens"));
            let input = at("/input_tokens") + read + written;
            (input, at("/output_tokens"), read, at("/output_tokens_details/thinking_tokens"))
        }
        Dialect::Chat | Dialect::Embeddings => (
            at("/prompt_tokens"),
            at("/completion_tokens"),
            at("/prompt_tokens_details/cached_tokens"),
            at("/completion_tokens_details/reasoning_tokens"),
        ),
        Dialect::Responses => (
            at("/input_tokens"),
            at("/output_tokens"),
            at("/input_tokens_details/cached_tokens"),
            at("/output_tokens_details/reasoning_tokens"),
        ),
        Dialect::Gemini => {
            let thoughts = at("/thoughtsTokenCount");
            let output = at("/candidatesTokenCount") + thoughts;
            (at("/promptTokenCount"), output, at("/cachedContentTokenCount"), thoughts)
        }
    }
}

fn of_journal(usage: &ServedUsage) -> (u64, u64, u64, u64) {
    (usage.input(), usage.output, usage.cache_read, usage.thinking)
}

/// Names of events, with runs of one name as one.
fn order(got: &Got, name: impl Fn(&str, &Value) -> String) -> Vec<String> {
    let mut names: Vec<String> = got.events().iter().map(|(event, data)| name(event, data)).collect();
    names.dedup();
    names
}

async fn check_told(standin: &StandinHandle, script: &str, rest: &str) {
    for stream in [false, true] {
        for (path, body) in asks(script, stream, rest) {
            let got = call(standin, &path, &body).await;
            let served = last_ended(standin).await;
            assert_eq!((got.status, got.ended), (200, true), "{path} {}", got.text());
            assert_eq!(
                billed(served.dialect, &usage(&got, stream)),
                of_journal(&served.usage),
                "{path} {}",
                got.text()
            );
            assert!(served.completed && served.stream == stream, "{served:?}");
        }
    }
}

#[tokio::test]
async fn usage_is_told_as_it_was() {
    let standin = standin(|_| {});
    check_told(&standin, "output=1", "").await;
    check_told(&standin, "output=50", "").await;
    check_told(&standin, "output=50+thinking=33", "").await;
    check_told(&standin, "output=2000+thinking=7", "").await;
}

#[tokio::test]
async fn messages_stream_in_order() {
    let standin = standin(|_| {});
    let body = r#"{"model":"m@output=60+thinking=9","stream":true,"max_tokens":200,"messages":[],
        "tools":[{"type":"web_search_20250305","name":"web_search"},{"name":"look"}],"tool_choice":{"type":"any"}}"#;
    let got = call(&standin, "/v1/messages", body).await;
    let name = |event: &str, data: &Value| {
        assert_eq!(data["type"], event);
        let inner = data.pointer("/delta/type").or_else(|| data.pointer("/content_block/type"));
        inner.map_or_else(|| event.to_owned(), |inner| format!("{event} {}", inner.as_str().unwrap()))
    };
    assert_eq!(
        order(&got, name),
        [
            "message_start",
            "content_block_start thinking",
            "ping",
            "content_block_delta thinking_delta",
            "content_block_delta signature_delta",
            "content_block_stop",
            "content_block_start text",
            "content_block_delta text_delta",
            "content_block_stop",
            "content_block_start tool_use",
            "content_block_delta input_json_delta",
            "content_block_stop",
            "message_delta",
            "message_stop",
        ]
    );
    let events = got.events();
    assert_eq!(events[0].1.pointer("/message/usage/output_tokens"), Some(&json!(1)), "a placeholder at first");
    let tool = events.iter().find(|(_, data)| data.pointer("/content_block/name").is_some()).unwrap();
    assert_eq!(tool.1.pointer("/content_block/name"), Some(&json!("look")), "a hosted tool is not called");
    let piece = |data: &Value| data.pointer("/delta/partial_json").and_then(Value::as_str).unwrap_or("").to_owned();
    let input: String = events.iter().map(|(_, data)| piece(data)).collect();
    assert!(serde_json::from_str::<Value>(&input).unwrap().is_object());
    let text = |data: &Value| data.pointer("/delta/text").and_then(Value::as_str).map_or(0, str::len);
    assert_eq!(events.iter().map(|(_, data)| text(data)).sum::<usize>(), (60 - 24) * 4);
}

#[tokio::test]
async fn chat_tells_usage_after_the_finish_and_only_if_asked() {
    let standin = standin(|_| {});
    let ask = |options: &str| format!(r#"{{"model":"m@output=9","stream":true,{options}"n":2,"messages":[{{}}]}}"#);
    let name = |_: &str, data: &Value| match data {
        Value::String(done) => done.clone(),
        data if data["choices"] == json!([]) => format!("usage {}", data["usage"]["completion_tokens"]),
        data if data.pointer("/choices/0/finish_reason") != Some(&Value::Null) => "finish".to_owned(),
        data if data.pointer("/choices/0/delta/role").is_some() => "role".to_owned(),
        _ => "content".to_owned(),
    };
    let asked = call(&standin, "/v1/chat/completions", &ask(r#""stream_options":{"include_usage":true},"#)).await;
    assert_eq!(order(&asked, name), ["role", "content", "finish", "usage 18", "[DONE]"]);
    assert!(asked.events().iter().filter(|(_, data)| data.is_object()).all(|(_, data)| data.get("usage").is_some()));
    let unasked = call(&standin, "/v1/chat/completions", &ask("")).await;
    assert_eq!(order(&unasked, name), ["role", "content", "finish", "[DONE]"]);
    assert!(!unasked.text().contains("usage"));
    let served = last_ended(&standin).await;
    assert_eq!((served.usage.output, served.told), (18, None), "billed though not told");
}

#[tokio::test]
async fn responses_stream_in_order() {
    let standin = standin(|_| {});
    let body = r#"{"model":"m@output=40+thinking=9+search=1","stream":true,"input":"hello",
        "tools":[{"type":"function","name":"look"}],"tool_choice":"required"}"#;
    let got = call(&standin, "/v1/responses", body).await;
    assert_eq!(
        order(&got, |event, data| {
            assert_eq!(data["type"], event);
            event.to_owned()
        }),
        [
            "response.created",
            "response.in_progress",
            "response.output_item.added",
            "response.output_item.done",
            "response.output_item.added",
            "response.output_item.done",
            "response.output_item.added",
            "response.content_part.added",
            "response.output_text.delta",
            "response.output_text.done",
            "response.content_part.done",
            "response.output_item.done",
            "response.output_item.added",
            "response.function_call_arguments.delta",
            "response.function_call_arguments.done",
            "response.output_item.done",
            "response.completed",
        ]
    );
    let events = got.events();
    assert!((0..).zip(&events).all(|(number, (_, data))| data["sequence_number"] == number));
    let (last, earlier) = events.split_last().unwrap();
    assert!(earlier.iter().all(|(_, data)| data.pointer("/response/usage").is_none_or(Value::is_null)));
    let kinds: Vec<&str> =
        last.1["response"]["output"].as_array().unwrap().iter().map(|item| item["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["reasoning", "web_search_call", "message", "function_call"]);
    assert_eq!(last_ended(&standin).await.usage.searches, 1);
}

#[tokio::test]
async fn gemini_counts_while_it_runs_as_events_and_as_an_array() {
    let standin = standin(|_| {});
    let body = r#"{"contents":[{"parts":[{"text":"hello"}]}],"serviceTier":"flex",
        "generationConfig":{"candidateCount":2,"thinkingConfig":{"includeThoughts":true}}}"#;
    let path = "/v1/models/m@output=20+thinking=8+search=2:streamGenerateContent";
    let events = call(&standin, &format!("{path}?alt=sse"), body).await;
    let array = call(&standin, path, body).await;
    let chunks: Vec<Value> = events.events().into_iter().map(|(_, data)| data).collect();
    assert_eq!(array.header("content-type"), "application/json");
    assert_eq!(array.json().as_array().unwrap().len(), chunks.len());
    let total = |chunk: &Value| chunk["usageMetadata"]["totalTokenCount"].as_u64().unwrap();
    assert!(chunks.is_sorted_by_key(total), "running counts never fall");
    let last = chunks.last().unwrap();
    assert_eq!(last["candidates"][0]["finishReason"], "STOP");
    assert_eq!(last["candidates"][0]["groundingMetadata"]["webSearchQueries"].as_array().unwrap().len(), 2);
    assert_eq!(last["usageMetadata"]["candidatesTokenCount"], 40);
    assert_eq!(last["usageMetadata"]["thoughtsTokenCount"], 16);
    assert_eq!(last["usageMetadata"]["serviceTier"], "flex");
    assert_eq!(events.header("x-gemini-service-tier"), "flex");
    assert_eq!(chunks[0]["candidates"][0]["content"]["parts"][0]["thought"], true);
}

#[tokio::test]
async fn embeddings() {
    let standin = standin(|_| {});
    let check = async |rest: &str, count: usize, length: usize| {
        let got = call(&standin, "/v1/embeddings", &format!(r#"{{"model":"m",{rest}}}"#)).await.json();
        let data = got["data"].as_array().unwrap();
        assert_eq!(data.len(), count);
        let vector = &data[0]["embedding"];
        assert_eq!(vector.as_array().map(Vec::len).or(vector.as_str().map(str::len)), Some(length), "{rest}");
        let served = last_ended(&standin).await;
        assert_eq!(got["usage"]["prompt_tokens"], served.usage.input_uncached);
        assert_eq!((served.usage.output, served.dialect), (0, Dialect::Embeddings));
    };
    check(r#""input":"hello""#, 1, 1536).await;
    check(r#""input":["hello","you"],"dimensions":8"#, 2, 8).await;
    check(r#""input":[1,2,3],"dimensions":8"#, 1, 8).await;
    check(r#""input":"hello","dimensions":256,"encoding_format":"base64""#, 1, 1368).await;
}

#[tokio::test]
async fn limits_are_kept() {
    let standin = standin(|_| {});
    for (limit, stopped) in [(30, true), (40, false)] {
        for stream in [false, true] {
            let [messages, chat, responses, gemini] = asks("output=40", stream, "");
            let limited = |(path, body): (String, String), field: &str| {
                (path, body.replacen('{', &format!("{{{field},"), 1).replace(r#","max_tokens":500"#, ""))
            };
            for ((path, body), word) in [
                (limited(messages, &format!(r#""max_tokens":{limit}"#)), ("max_tokens", "end_turn")),
                (limited(chat.clone(), &format!(r#""max_tokens":{limit}"#)), (r#""length""#, r#""stop""#)),
                (limited(chat, &format!(r#""max_completion_tokens":{limit}"#)), (r#""length""#, r#""stop""#)),
                (limited(responses, &format!(r#""max_output_tokens":{limit}"#)), ("incomplete\"", "completed\"")),
                (
                    limited(gemini, &format!(r#""generationConfig":{{"maxOutputTokens":{limit}}}"#)),
                    ("MAX_TOKENS", "STOP"),
                ),
            ] {
                let got = call(&standin, &path, &body).await;
                let word = if stopped { word.0 } else { word.1 };
                assert!(got.text().contains(word), "{path} {body} {}", got.text());
                assert_eq!(last_ended(&standin).await.usage.output, limit.min(40), "{path} {body}");
            }
        }
    }
}

#[tokio::test]
async fn lists_of_models_in_three_shapes() {
    let standin = standin(|_| {});
    let check = async |path: &str, header: (&str, &str), pointer: &str, expected: &str| {
        let got = send(&standin, Method::GET, path, &[header], "").await;
        assert_eq!(got.json().pointer(pointer), Some(&json!(expected)), "{path} {}", got.text());
    };
    check("/v1/models", ("authorization", "Bearer a"), "/object", "list").await;
    check("/v1/models/gpt-5.5", ("authorization", "Bearer a"), "/object", "model").await;
    check("/v1/models?limit=1000", ("anthropic-version", "2023-06-01"), "/first_id", "claude-opus-5-5").await;
    check("/v1/models", ("x-goog-api-key", "a"), "/models/0/name", "models/gemini-2.5-pro").await;
    check("/v1beta/models", ("x-goog-api-key", "a"), "/models/0/name", "models/gemini-2.5-pro").await;
    check("/v1/models/none", ("x-goog-api-key", "a"), "/error/status", "NOT_FOUND").await;
}

#[tokio::test]
async fn refusals_in_the_dialects_own_shape() {
    let standin = standin(|config| config.keys = vec!["sk-a".to_owned()]);
    let check = async |path: &str, key: &str, body: &str, status: u16, pointer: &str, expected: &str| {
        let got = send(&standin, Method::POST, path, &[("x-api-key", key)], body).await;
        assert_eq!(got.status, status, "{path} {}", got.text());
        assert_eq!(got.json().pointer(pointer), Some(&json!(expected)), "{path} {}", got.text());
    };
    let ok = r#"{"model":"m","max_tokens":5,"messages":[],"contents":[],"input":"x"}"#;
    check("/v1/messages", "sk-b", ok, 401, "/error/type", "authentication_error").await;
    check("/v1/chat/completions", "sk-b", ok, 401, "/error/code", "invalid_api_key").await;
    check("/v1/models/m:generateContent", "sk-b", ok, 401, "/error/status", "UNAUTHENTICATED").await;
    check("/v1/messages", "sk-a", "{", 400, "/error/type", "invalid_request_error").await;
    check("/v1/messages", "sk-a", r#"{"model":"m","messages":[]}"#, 400, "/error/type", "invalid_request_error").await;
    check("/v1/responses", "sk-a", r#"{"model":"m"}"#, 400, "/error/type", "invalid_request_error").await;
    check("/v1/nothing", "sk-a", ok, 404, "/error/code", "model_not_found").await;
    assert_eq!(standin.totals().usage, ServedUsage::default());
}

#[tokio::test]
async fn same_seed_same_answer() {
    let ask = r#"{"model":"m","messages":[{"role":"user","content":"hello"}]}"#;
    let mut outputs = Vec::new();
    for seed in [1, 1, 2] {
        let standin = standin(|config| config.seed = seed);
        call(&standin, "/v1/chat/completions", ask).await;
        outputs.push(standin.stop().await[0].usage);
    }
    assert_eq!(outputs[0], outputs[1]);
    assert_ne!(outputs[0], outputs[2]);
}
