//! What a message of each shape comes to.

use std::collections::BTreeMap;

use purser_core::observed::{Counter, Source};
use purser_core::price::Bucket;
use purser_observed::history::Told;
use purser_observed::otlp::{self, BadBody, Form, Reading, Signal};
use purser_observed::tool::Bad;
use purser_observed::{Point, Tool, growth};
use serde_json::{Value, json};

fn attributes(of: &Value) -> Value {
    let wrap = |value: &Value| match value {
        Value::String(text) => json!({ "stringValue": text }),
        Value::Number(number) if number.is_f64() => json!({ "doubleValue": number }),
        other => json!({ "intValue": other.to_string() }),
    };
    of.as_object().unwrap().iter().map(|(key, value)| json!({ "key": key, "value": wrap(value) })).collect()
}

fn event(body: &str, of: &Value) -> Reading {
    let record =
        json!({ "timeUnixNano": "1795746530026000000", "body": { "stringValue": body }, "attributes": attributes(of) });
    let message = json!({ "resourceLogs": [{ "resource": {}, "scopeLogs": [{ "logRecords": [record] }] }] });
    otlp::read(Signal::Logs, Form::Json, message.to_string().as_bytes()).unwrap()
}

/// Buckets as `name=count`, or why it is not read.
fn check(body: &str, of: &Value, expected: Result<&str, Bad>) {
    let Reading { requests, rejected, why, .. } = event(body, of);
    match expected {
        Err(bad) => assert_eq!((requests.len(), rejected, why), (0, 1, Some(bad)), "{of}"),
        Ok("") => assert_eq!((requests.len(), rejected), (0, 0), "{of}"),
        Ok(expected) => {
            let [request] = &requests[..] else { panic!("{of} is {} requests: {why:?}", requests.len()) };
            let used: Vec<String> =
                request.usage.used().map(|(of, count): (Bucket, u64)| format!("{of}={count}")).collect();
            assert_eq!(used.join(" "), expected, "{of}");
        }
    }
}

#[test]
fn events_of_claude_code() {
    let body = "claude_code.api_request";
    let with = |more: Value| {
        let mut of = json!({ "event.name": "api_request", "session.id": "s", "model": "m", "input_tokens": 3 });
        of.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        of
    };
    check(body, &with(json!({ "output_tokens": "4" })), Ok("input_uncached=3 output=4"));
    check(
        body,
        &with(json!({ "input_tokens": 3.0, "cache_creation_tokens": 9 })),
        Ok("input_uncached=3 cache_write_5m=9"),
    );
    check(
        body,
        &with(json!({ "cache_creation_tokens": 9, "cache_creation_1h_tokens": 7, "cache_read_tokens": 1 })),
        Ok("input_uncached=3 cache_read=1 cache_write_5m=2 cache_write_1h=7"),
    );
    check(body, &with(json!({ "input_tokens": -1 })), Err(Bad::Count("input_tokens")));
    check(body, &with(json!({ "input_tokens": 1.5 })), Err(Bad::Count("input_tokens")));
    check(body, &with(json!({ "cost_usd": "much" })), Err(Bad::Count("cost_usd")));
    check(body, &with(json!({ "session.id": "" })), Err(Bad::NoSession));
    check(body, &with(json!({ "session.id": "a b" })), Err(Bad::NoSession));
    check(body, &with(json!({ "model": "a\nb" })), Err(Bad::NoModel));
    check("somebody.api_request", &with(json!({})), Ok(""));
    check("claude_code.user_prompt", &json!({ "event.name": "user_prompt" }), Ok(""));
    let source = |more| event(body, &with(more)).requests.remove(0).source;
    assert_eq!(source(json!({ "request_id": "req_1" })), Source::Requests);
    assert_eq!(source(json!({})), Source::Events);
}

#[test]
fn events_of_codex_and_gemini_cli() {
    let codex = |input: u64, cached: u64| {
        json!({ "event.name": "codex.sse_event", "event.kind": "response.completed", "conversation.id": "s", "model": "m",
                "input_token_count": input, "cached_token_count": cached, "cache_write_token_count": 5,
                "output_token_count": 7, "reasoning_token_count": 6 })
    };
    check("", &codex(30, 20), Ok("input_uncached=5 cache_read=20 cache_write_5m=5 output=7"));
    check("", &codex(20, 20), Err(Bad::Parts));
    check("", &json!({ "event.name": "codex.sse_event", "event.kind": "response.completed" }), Ok(""));
    check("", &json!({ "event.name": "codex.sse_event", "event.kind": "response.created" }), Ok(""));
    let gemini = |input: u64| {
        json!({ "event.name": "gemini_cli.api_response", "session.id": "s", "model": "m", "input_token_count": input,
                "cached_content_token_count": 20, "output_token_count": 7, "thoughts_token_count": 6, "tool_token_count": 2 })
    };
    check("", &gemini(30), Ok("input_uncached=12 cache_read=20 output=13"));
    check("", &gemini(10), Err(Bad::Parts));
}

fn metric(name: &str, temporality: &Value, points: &[(u64, u64, Value, &str)]) -> Reading {
    let point = |(start, time, value, kind): &(u64, u64, Value, &str)| {
        let of = json!({ "session.id": "s", "model": "m", "type": kind });
        let mut point =
            json!({ "startTimeUnixNano": start.to_string(), "timeUnixNano": time, "attributes": attributes(&of) });
        point[if value.is_f64() { "asDouble" } else { "asInt" }] = value.clone();
        point
    };
    let points: Vec<Value> = points.iter().map(point).collect();
    let sum = json!({ "aggregationTemporality": temporality, "isMonotonic": true, "dataPoints": points });
    let metrics = [json!({ "name": name, "sum": sum }), json!({ "name": "other", "gauge": { "dataPoints": [{}] } })];
    let message = json!({ "resourceMetrics": [{ "scopeMetrics": [{ "metrics": metrics }] }] });
    otlp::read(Signal::Metrics, Form::Json, message.to_string().as_bytes()).unwrap()
}

#[test]
fn cumulative_counters_grow_fall_and_come_out_of_order() {
    let tokens = |points: &[(u64, u64, Value, &str)]| metric("gemini_cli.token.usage", &json!(2), points).points;
    let of = |points: Vec<Point>, known: &BTreeMap<u64, Counter>| {
        growth::of(&points.iter().collect::<Vec<_>>(), known)
            .into_iter()
            .map(|g| g.usage.input_uncached)
            .collect::<Vec<_>>()
    };
    let none = BTreeMap::new();
    assert_eq!(of(tokens(&[(1, 10, json!("5"), "input"), (1, 20, json!(8), "input")]), &none), [5, 3]);
    assert_eq!(
        of(tokens(&[(1, 20, json!(8), "input"), (1, 10, json!(5), "input")]), &none),
        [5, 3],
        "in order of time"
    );
    assert_eq!(of(tokens(&[(1, 10, json!(5), "input"), (15, 20, json!(4), "input")]), &none), [5, 4], "begun anew");
    assert_eq!(of(tokens(&[(1, 10, json!(5), "input"), (1, 20, json!(4.0), "input")]), &none), [5, 4], "anew, unsaid");
    assert_eq!(of(tokens(&[(1, 10, json!(5), "input"), (1, 20, json!(5), "input")]), &none), [5], "idle");
    let series = tokens(&[(1, 10, json!(5), "input")])[0].series;
    let known = BTreeMap::from([(series, Counter { series, start: 1, time: 30, value: 9 })]);
    assert_eq!(of(tokens(&[(1, 20, json!(8), "input"), (1, 40, json!(12), "input")]), &known), [3], "late, then new");
    // What was read from caches is part of the input of the same moment.
    let grown = tokens(&[(1, 10, json!(9), "input"), (1, 10, json!(4), "cache"), (1, 10, json!(2), "thought")]);
    let grown = growth::of(&grown.iter().collect::<Vec<_>>(), &none).remove(0);
    assert_eq!((grown.usage.input_uncached, grown.usage.cache_read, grown.usage.output), (5, 4, 2));
    assert_eq!((grown.ids.len(), grown.counters.len()), (3, 3));
}

#[test]
fn delta_counters_are_added_and_others_refused() {
    let name = "claude_code.token.usage";
    let reading = metric(name, &json!(1), &[(1, 10, json!(5), "input"), (10, 20, json!(5), "input")]);
    let grown = growth::of(&reading.points.iter().collect::<Vec<_>>(), &BTreeMap::new());
    assert_eq!(grown.iter().map(|grown| grown.usage.input_uncached).collect::<Vec<_>>(), [5, 5]);
    assert!(grown.iter().all(|grown| grown.counters.is_empty()), "there is nothing to remember");
    assert_eq!(metric(name, &json!(0), &[(1, 10, json!(5), "input")]).why, Some(Bad::Temporality));
    assert_eq!(metric(name, &json!(1), &[(1, 10, json!(-5), "input")]).why, Some(Bad::Count("value")));
    assert!(metric(name, &json!(1), &[(1, 10, json!(5), "somethingElse")]).points.is_empty());
    let cost = metric("claude_code.cost.usage", &json!("AGGREGATION_TEMPORALITY_DELTA"), &[(1, 10, json!(0.25), "")]);
    let cost = growth::of(&cost.points.iter().collect::<Vec<_>>(), &BTreeMap::new()).remove(0);
    assert_eq!((cost.claimed.unwrap().get(), cost.usage.is_empty()), (250_000_000, true));
}

#[test]
fn bodies_are_bounded_and_named_for_what_they_are_not() {
    let large = vec![b' '; otlp::UNPACKED_MAX + 1];
    let mut packed = flate2::read::GzEncoder::new(&large[..], flate2::Compression::fast());
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut packed, &mut bytes).unwrap();
    assert_eq!(otlp::unpacked(bytes, Some("gzip")), Err(BadBody::Large));
    assert_eq!(otlp::unpacked(b"plain".to_vec(), Some("gzip")), Err(BadBody::Gzip));
    assert_eq!(otlp::unpacked(vec![], Some("br")), Err(BadBody::Encoding("br".to_owned())));
    assert_eq!(Form::of("application/json; charset=utf-8"), Ok(Form::Json));
    assert_eq!(Form::of("text/plain"), Err(BadBody::Form("text/plain".to_owned())));
    for signal in [Signal::Logs, Signal::Metrics, Signal::Traces] {
        assert!(matches!(otlp::read(signal, Form::Json, b"7"), Err(BadBody::Malformed(_))), "{signal:?}");
        assert!(matches!(otlp::read(signal, Form::Protobuf, b"\xff"), Err(BadBody::Malformed(_))), "{signal:?}");
        assert_eq!(otlp::read(signal, Form::Protobuf, b"").unwrap(), Reading::default());
        assert_eq!(otlp::read(signal, Form::Json, b"{}").unwrap(), Reading::default());
    }
}

fn history(tool: Tool, lines: &[Value]) -> Told {
    let text = lines.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
    let mut told = Told::default();
    told.read(tool, text.as_bytes()).unwrap();
    told
}

#[test]
fn one_answer_over_several_lines_of_a_history_is_one_request() {
    let line = |request: Value, message: &str, output: u64, session: &str, minute: u8| {
        json!({ "type": "assistant", "sessionId": session, "requestId": request,
                "timestamp": format!("2026-11-27T02:{minute:02}:00Z"),
                "message": { "id": message, "model": "claude-opus-5-5", "usage": { "input_tokens": 2, "output_tokens": output } } })
    };
    let told = history(
        Tool::ClaudeCode,
        &[
            line(json!("req_1"), "msg_1", 1, "s", 1),
            line(json!("req_1"), "msg_1", 9, "s", 1),
            line(Value::Null, "msg_2", 4, "s", 2),
            line(json!("req_1"), "msg_1", 9, "a session that goes on from it", 3),
            json!({ "type": "user", "message": { "usage": {} } }),
        ],
    );
    assert_eq!(told.repeated, 2);
    let read: Vec<_> = told.requests().into_iter().map(|r| (r.session, r.source, r.usage.output)).collect();
    assert_eq!(read, [("s".to_owned(), Source::Requests, 9), ("s".to_owned(), Source::History, 4)]);
}

#[test]
fn older_histories_of_codex_tell_sums() {
    let told = |total: u64, last: u64| {
        let of = |count: u64| json!({ "input_tokens": count, "cached_input_tokens": 1, "output_tokens": 1 });
        json!({ "timestamp": "2026-11-27T02:29:08.225Z", "type": "event_msg", "payload": { "type": "token_count",
                "info": { "total_token_usage": of(total), "last_token_usage": of(last) } } })
    };
    let head = [
        json!({ "timestamp": "2026-11-27T02:29:08.110Z", "type": "session_meta", "payload": { "id": "s" } }),
        json!({ "timestamp": "2026-11-27T02:29:08.171Z", "type": "turn_context", "payload": { "model": "m" } }),
    ];
    // The second is told again with other rate limits.
    let lines: Vec<Value> = head.into_iter().chain([told(10, 10), told(30, 20), told(30, 20)]).collect();
    let read = history(Tool::Codex, &lines).requests();
    assert_eq!(read.iter().map(|request| request.usage.input_uncached).collect::<Vec<_>>(), [9, 19]);
}

#[test]
fn older_chats_of_gemini_cli_are_one_object() {
    let message = json!({ "id": "1", "timestamp": "2026-11-27T02:29:18.260Z", "type": "gemini", "model": "gemini-2.5-pro",
                          "tokens": { "input": 10, "output": 5, "cached": 4, "thoughts": 3, "tool": 0, "total": 18 } });
    let user = json!({ "id": "2", "timestamp": "2026-11-27T02:29:18Z", "type": "user" });
    let chat = serde_json::to_string_pretty(&json!({ "sessionId": "s", "messages": [user, message] })).unwrap();
    let mut told = Told::default();
    told.read(Tool::GeminiCli, chat.as_bytes()).unwrap();
    let [request] = &told.requests()[..] else { panic!("it has one answer") };
    assert_eq!((request.usage.input_uncached, request.usage.cache_read, request.usage.output), (6, 4, 8));
}
