//! What is remembered between calls.

use hyper::Method;
use purser_standin::{Dialect, ServedUsage, StandinHandle};
use serde_json::{Value, json};

use crate::client::{call, last_ended, send, standin};

/// A turn of an agent's conversation: all earlier turns, and a mark at the end that moves along.
fn turn(model: &str, turns: usize, ttl: &str) -> String {
    let mut messages: Vec<Value> = (0..turns)
        .map(|turn| json!({"role": "user", "content": [{"type": "text", "text": format!("turn {turn} ").repeat(200)}]}))
        .collect();
    if let Some(last) = messages.last_mut() {
        let mut mark = json!({"type": "ephemeral"});
        if !ttl.is_empty() {
            mark["ttl"] = json!(ttl);
        }
        last["content"][0]["cache_control"] = mark;
    }
    let system = json!([{"type": "text", "text": "be brief ".repeat(600)}]);
    json!({"model": model, "max_tokens": 5, "system": system, "messages": messages}).to_string()
}

async fn usage(standin: &StandinHandle, path: &str, body: &str) -> ServedUsage {
    let got = call(standin, path, body).await;
    assert_eq!(got.status, 200, "{}", got.text());
    last_ended(standin).await.usage
}

#[tokio::test]
async fn an_agents_conversation_reads_what_it_wrote() {
    let standin = standin(|_| {});
    let mut before = usage(&standin, "/v1/messages", &turn("m", 1, "")).await;
    assert_eq!(before.cache_read, 0);
    assert!(before.cache_write_short > 1024 && before.input_uncached < 100, "{before:?}");
    for turns in 2..6 {
        let now = usage(&standin, "/v1/messages", &turn("m", turns, "")).await;
        let piece = 64;
        assert!(now.cache_read >= before.cache_read + before.cache_write_short - piece, "{before:?} {now:?}");
        assert!(now.cache_write_short > 0 && now.cache_write_long == 0 && now.input_uncached < 2 * piece, "{now:?}");
        before = now;
    }
    assert_eq!(usage(&standin, "/v1/messages", &turn("other", 3, "")).await.cache_read, 0, "per model");
    let long = usage(&standin, "/v1/messages", &turn("third", 3, "1h")).await;
    assert!(long.cache_write_long > 0 && long.cache_write_short == 0, "{long:?}");
    standin.forget_prompts();
    assert_eq!(usage(&standin, "/v1/messages", &turn("m", 3, "")).await.cache_read, 0);
}

#[tokio::test]
async fn caches_belong_to_a_credential() {
    let standin = standin(|_| {});
    let body = turn("m", 2, "");
    for (key, reads) in [("sk-a", false), ("sk-b", false), ("sk-a", true)] {
        send(&standin, Method::POST, "/v1/messages", &[("x-api-key", key)], &body).await;
        assert_eq!(last_ended(&standin).await.usage.cache_read > 0, reads, "{key}");
    }
}

#[tokio::test]
async fn automatic_caches_tell_writes_only_where_they_are_billed() {
    let standin = standin(|_| {});
    let prompt = "count the biscuits ".repeat(400);
    let check = async |path: &str, body: String, writes: bool| {
        let first = usage(&standin, path, &body).await;
        let second = usage(&standin, path, &body).await;
        assert_eq!((first.cache_read, first.cache_write_short > 0), (0, writes), "{path} {first:?}");
        assert!(second.cache_read > 1024 && second.cache_write_short == 0, "{path} {second:?}");
        assert_eq!(first.input(), second.input());
    };
    for (model, writes) in [("gpt-5.5", false), ("gpt-5.6-sol", true), ("gpt-6.1", true), ("o3", false)] {
        let chat = json!({"model": model, "messages": [{"role": "user", "content": prompt}]});
        check("/v1/chat/completions", chat.to_string(), writes).await;
        let responses = json!({"model": model, "input": format!("other {prompt}")});
        check("/v1/responses", responses.to_string(), writes).await;
    }
    let gemini = json!({"contents": [{"parts": [{"text": prompt}]}]});
    check("/v1beta/models/g:generateContent", gemini.to_string(), false).await;
}

#[tokio::test]
async fn a_count_is_what_the_call_will_cost() {
    let standin = standin(|_| {});
    let body = turn("m", 3, "");
    let counted = call(&standin, "/v1/messages/count_tokens", &body).await.json()["input_tokens"].as_u64();
    let free = last_ended(&standin).await;
    assert_eq!((free.usage, free.dialect), (ServedUsage::default(), Dialect::Messages));
    assert_eq!(Some(usage(&standin, "/v1/messages", &body).await.input()), counted);
    let body = r#"{"contents":[{"parts":[{"text":"how many"}]}]}"#;
    let counted = call(&standin, "/v1beta/models/m:countTokens", body).await.json()["totalTokens"].as_u64();
    assert_eq!(Some(usage(&standin, "/v1beta/models/m:generateContent", body).await.input()), counted);
}

#[tokio::test]
async fn a_stored_conversation_is_billed_again_and_belongs_to_its_credential() {
    let standin = standin(|_| {});
    let first = call(&standin, "/v1/responses", r#"{"model":"m@output=30","input":"hello there"}"#).await.json();
    let before = last_ended(&standin).await.usage;
    let body = json!({"model": "m@output=3", "input": "go on", "previous_response_id": first["id"]}).to_string();
    let next = usage(&standin, "/v1/responses", &body).await;
    let alone = usage(&standin, "/v1/responses", r#"{"model":"m@output=3","input":"go on"}"#).await;
    assert_eq!(next.input(), alone.input() + before.input() + before.output);
    let other = send(&standin, Method::POST, "/v1/responses", &[("authorization", "Bearer sk-b")], &body).await;
    assert_eq!(other.status, 400);
    let unstored = call(&standin, "/v1/responses", r#"{"model":"m","store":false,"input":"x"}"#).await.json();
    let body = json!({"model": "m", "input": "go on", "previous_response_id": unstored["id"]}).to_string();
    assert_eq!(call(&standin, "/v1/responses", &body).await.status, 400);
}
