//! Telemetry of the real tools, taken in over HTTP: once, priced, beside the grants, and never what passed through.

use std::path::{Path, PathBuf};

use axum::body::Body;
use http_body_util::BodyExt as _;
use hyper::Request;
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use purser_control::shape::{Key, Person};
use purser_core::charge::{self, ChargeRecord};
use purser_core::money::Nano;
use purser_core::policy::Policy;
use purser_core::time::Instant;
use purser_core::usage::{Tier, Usage};
use purser_ledger::{Detail, Mark, Settlement};
use serde_json::{Value, json};

use crate::bench::Bench;
use crate::money::{amount, hold};
use crate::web::{local, with_key};

const MODEL: &str = "claude-opus-5-5";

/// A capture's file as it was sent: where to, how, and what.
struct Sent {
    path: &'static str,
    form: &'static str,
    packed: bool,
    bytes: Vec<u8>,
}

fn capture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/observed/captures").join(name)
}

fn sent(name: &str) -> Vec<Sent> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(capture(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |file: &PathBuf| {
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        let path = match name.split(['-', '.']).nth(1)? {
            "logs" => "/v1/logs",
            "metrics" => "/v1/metrics",
            _ => return None,
        };
        let form = if name.contains(".json") { "application/json" } else { "application/x-protobuf" };
        Some(Sent {
            path,
            form,
            packed: file.extension().is_some_and(|ending| ending == "gz"),
            bytes: std::fs::read(file).unwrap(),
        })
    };
    files.iter().filter_map(read).collect()
}

/// Somebody with a grant and a key, at noon of the day of the captures.
async fn somebody(bench: &Bench, grant: &str) -> (Person, Key) {
    let somebody = somebody_early(bench, grant).await;
    bench.clock.set("2026-11-27T12:00:00Z");
    somebody
}

/// The same some days before.
async fn somebody_early(bench: &Bench, grant: &str) -> (Person, Key) {
    let person = bench.person("Person 1").await;
    bench.grant(&person, grant).await;
    let key = bench.key(&person).await;
    (person, key)
}

fn secret(key: &Key) -> String {
    key.key.clone().unwrap()
}

/// What was answered: the status and the body.
async fn post(bench: &Bench, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> (u16, Vec<u8>) {
    let mut request = Request::builder().method("POST").uri(path).header("host", "localhost");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let service = TowerToHyperService::new(bench.open_door());
    let response = service.call(request.body(Body::from(body)).unwrap()).await.unwrap();
    let status = response.status().as_u16();
    (status, response.into_body().collect().await.unwrap().to_bytes().to_vec())
}

async fn send(bench: &Bench, key: &str, sent: &Sent) {
    let bearer = format!("Bearer {key}");
    let mut headers = vec![("authorization", &*bearer), ("content-type", sent.form)];
    if sent.packed {
        headers.push(("content-encoding", "gzip"));
    }
    let (status, body) = post(bench, sent.path, &headers, sent.bytes.clone()).await;
    let whole: &[u8] = if sent.form.ends_with("json") { b"{}" } else { b"" };
    assert_eq!((status, &*body), (200, whole), "{}: {}", sent.path, String::from_utf8_lossy(&body));
}

async fn send_all(bench: &Bench, key: &str, name: &str, path: &str) {
    for sent in sent(name).iter().filter(|sent| path.is_empty() || sent.path == path) {
        send(bench, key, sent).await;
    }
}

async fn observed(bench: &Bench) -> Value {
    local(bench, "get", "/api/v1/observed?from=2026-11-01&to=2026-12-01", "").await["totals"].clone()
}

fn number(value: &Value, field: &str) -> u64 {
    value[field].as_u64().unwrap_or_else(|| panic!("{field} of {value}"))
}

/// Requests, prompt tokens, cached ones, answer tokens.
async fn counted(bench: &Bench) -> [u64; 4] {
    let totals = observed(bench).await;
    ["requests", "input_tokens", "cached_tokens", "output_tokens"].map(|field| number(&totals, field))
}

/// Where all is sent, the first source of a session tells, and counters tell no requests.
fn told_of([requests, input, cached, output]: [u64; 4], path: &str) -> [u64; 4] {
    [if path.is_empty() { 0 } else { requests }, input, cached, output]
}

async fn told(bench: &Bench, path: &str) -> [u64; 4] {
    told_of(counted(bench).await, path)
}

async fn check(name: &str, path: &str, expected: [u64; 4], charge: &str, claimed: &str) {
    let bench = Bench::new().await;
    let (_, key) = somebody(&bench, "20/day").await;
    for round in ["once", "twice"] {
        send_all(&bench, &secret(&key), name, path).await;
        assert_eq!(told(&bench, path).await, told_of(expected, path), "{name} {path}, {round}");
    }
    let totals = observed(&bench).await;
    assert_eq!(
        (&totals["charge"], &totals["claimed_usd"]),
        (&json!(charge), &json!(claimed)),
        "{name} {path}: {totals}"
    );
    assert_eq!((number(&totals, "unpriced"), totals["mark"].as_str()), (0, Some("observed, not enforced")));
    assert_eq!(
        bench.control.usage(purser_control::usage::Wanted::default()).await.unwrap().charge,
        Nano::ZERO,
        "none of it is a charge"
    );
    // A restart knows them all the same.
    let bench = bench.restart().await;
    send_all(&bench, &secret(&key), name, path).await;
    assert_eq!(told(&bench, path).await, told_of(expected, path), "{name} {path}, after a restart");
    assert!(bench.control.verify_audit().await.unwrap().good);
    let dir = purser_store::DataDir::open(bench.folder(), purser_store::Mode::ReadOnly).unwrap();
    assert!(purser_store::verify(&dir).unwrap().is_good());
}

/// What the agents printed, and what their price lists say, is in the captures; the sums here are written by hand.
#[tokio::test]
async fn what_the_real_tools_send_counts_once() {
    let claude = [2, 122_362, 120_002, 154];
    for name in ["claude-code-json", "claude-code-protobuf"] {
        check(name, "/v1/logs", claude, "0.0396324", "0.0396324").await;
        check(name, "", claude, "0.0396324", "0.0396324").await;
        // Counters tell neither requests nor how long a cache lives: the shorter life is the cheaper one.
        check(name, "/v1/metrics", [0, 122_362, 120_002, 154], "0.0388344", "0.0396324").await;
    }
    for name in ["codex-json", "codex-protobuf"] {
        check(name, "", [2, 24_578, 24_320, 90], "0.012816", "0.00").await;
    }
    for path in ["", "/v1/logs"] {
        check("gemini-cli-json", path, [2, 8_198, 4_096, 190], "0.0075395", "0.00").await;
    }
    check("gemini-cli-json", "/v1/metrics", [0, 8_198, 4_096, 190], "0.0075395", "0.00").await;
}

/// Settles a call as the gateway would.
fn call(bench: &Bench, key: &Key, client: &str, session: Option<&str>, model: &str, usage: Usage) {
    let (hold, known, unit) = hold(bench, key, "1");
    let record = ChargeRecord {
        person: known.person,
        key: known.id,
        unit: Some(unit),
        run: None,
        session: session.map(|session| charge::session_hash(&known.hash, session)),
        provider: "anthropic".to_owned(),
        requested: model.to_owned(),
        served: None,
        dialect: charge::Dialect::default(),
        tier: Tier::Standard,
        geo: None,
        usage,
        card: purser_core::price::CardVersion(1),
        mark: charge::Mark::Exact,
        terms: purser_core::price::Ratio::ONE,
        client: client.to_owned(),
        attempt: 0,
        parent: None,
        version: None,
        project: None,
        human: false,
        retried: false,
        instead_of: None,
        beside: Vec::new(),
    };
    let mut detail = Vec::new();
    record.encode(&mut detail).unwrap();
    let settlement = Settlement { charge: amount("0.5"), mark: Mark::Exact, detail: Detail::from_vec(detail) };
    hold.settle(settlement).unwrap();
}

/// The session that a capture's history has.
fn session(name: &str) -> String {
    let history = std::fs::read_to_string(capture(name).join("history-1.jsonl")).unwrap();
    let lines: Vec<Value> = history.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |line: &Value| line["sessionId"].as_str().or(line["payload"]["id"].as_str()).map(str::to_owned);
    lines.iter().find_map(of).unwrap()
}

#[tokio::test]
async fn what_passed_through_the_gateway_is_left_out() {
    for (name, client) in [("claude-code-json", "claude-code"), ("codex-json", "codex")] {
        let bench = Bench::new().await;
        let (person, key) = somebody_early(&bench, "20/day").await;
        // With another key of theirs than the one that telemetry comes with.
        let other = bench.key(&person).await;
        bench.clock.set("2026-11-27T02:30:00Z");
        call(&bench, &other, client, Some(&session(name)), MODEL, Usage { output: 1, ..Usage::default() });
        bench.clock.set("2026-11-27T12:00:00Z");
        send_all(&bench, &secret(&key), name, "").await;
        assert_eq!(counted(&bench).await, [0; 4], "{name}");
    }
    // Calls of Gemini CLI name no session: each is known by what it used, and when.
    let bench = Bench::new().await;
    let (_, key) = somebody_early(&bench, "20/day").await;
    let ended = first_request("gemini-cli-json").saturating_add(std::time::Duration::from_secs(30));
    bench.clock.set(&ended.to_string());
    let usage = Usage { input_uncached: 2_051, cache_read: 2_048, output: 95, ..Usage::default() };
    call(&bench, &key, "gemini-cli", None, "gemini-2.5-pro", usage);
    bench.clock.set("2026-11-27T12:00:00Z");
    send_all(&bench, &secret(&key), "gemini-cli-json", "/v1/logs").await;
    assert_eq!(counted(&bench).await, [0; 4], "both look like the call");
    send_all(&bench, &secret(&key), "gemini-cli-json", "/v1/metrics").await;
    assert_eq!(counted(&bench).await, [0; 4], "and of counters no more can be said");
}

/// When a capture's first request was.
fn first_request(name: &str) -> Instant {
    let history = std::fs::read_to_string(capture(name).join("history-1.jsonl")).unwrap();
    let lines = history.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut answers = lines.filter(|line| line["type"] == "gemini");
    answers.next().unwrap()["timestamp"].as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn one_source_tells_of_a_session() {
    let bench = Bench::new().await;
    let (_, key) = somebody(&bench, "20/day").await;
    let name = "claude-code-json";
    send_all(&bench, &secret(&key), name, "/v1/metrics").await;
    let by_counters = counted(&bench).await;
    send_all(&bench, &secret(&key), name, "/v1/logs").await;
    assert_eq!(counted(&bench).await, by_counters, "events come too late");
    assert_eq!(by_counters[0], 0);
}

/// A request of a history.
fn request(tool: &str, session: &str, source: &str, id: u64, usage: &Value) -> Value {
    json!({ "tool": tool, "session": session, "source": source, "id": format!("{id:016x}"),
            "used_at": "2026-11-27T08:00:00Z", "model": MODEL, "usage": usage })
}

async fn record(bench: &Bench, person: &Person, requests: &[Value]) -> Value {
    let body = json!({ "person": person.id, "requests": requests });
    local(bench, "post", "/api/v1/observed", &body.to_string()).await
}

#[tokio::test]
async fn a_history_is_recorded_once_and_beside_telemetry() {
    let bench = Bench::new().await;
    let (person, key) = somebody(&bench, "20/day").await;
    let usage = json!({ "input_uncached": 1_000_000, "output": 100_000 });
    let history = [
        request("claude-code", "s", "history", 1, &usage),
        request("claude-code", "s", "requests", 2, &usage),
        request("claude-code", "a session that goes on from it", "requests", 2, &usage),
        request("codex", "s", "history", 1, &json!({ "output": 1 })),
    ];
    let taken = record(&bench, &person, &history).await;
    assert_eq!((number(&taken, "recorded"), number(&taken, "known")), (3, 1), "a request has one name: {taken}");
    let taken = record(&bench, &person, &history).await;
    assert_eq!((number(&taken, "recorded"), number(&taken, "known")), (0, 4), "{taken}");
    assert_eq!(counted(&bench).await[..2], [3, 2_000_000]);
    assert_eq!(number(&observed(&bench).await, "unpriced"), 1, "Codex has no such model");
    // What telemetry told is not recorded again from the history of the same session, and the other way round.
    send_all(&bench, &secret(&key), "codex-json", "/v1/logs").await;
    let again = [request("codex", &session("codex-json"), "history", 7, &json!({ "output": 45 }))];
    let taken = record(&bench, &person, &again).await;
    assert_eq!((number(&taken, "recorded"), number(&taken, "told_otherwise")), (0, 1), "{taken}");
    for bad in [
        json!({ "source": "counters" }),
        json!({ "id": "1" }),
        json!({ "tool": "vi" }),
        json!({ "model": "" }),
        json!({ "claimed_usd": "-1" }),
    ] {
        let mut one = request("codex", "s", "history", 9, &json!({}));
        one.as_object_mut().unwrap().extend(bad.as_object().unwrap().clone());
        let body = json!({ "person": person.id, "requests": [one] }).to_string();
        let admin = bench.control.add_admin_key(None, serde_json::from_value(json!({ "label": "x" })).unwrap()).await;
        let got = with_key(&bench, &admin.unwrap().key.unwrap(), "post", "/api/v1/observed", &body).await;
        assert_eq!((got.status, got.code().as_str()), (400, "invalid"), "{bad}: {got:?}");
    }
}

async fn counts(bench: &Bench, counts: bool) {
    let observed = serde_json::from_value(json!(if counts { "counts" } else { "beside" })).unwrap();
    bench.control.adopt_policy(Policy { observed, ..Policy::default() }).await.unwrap();
}

/// What is left of the first grant, and how much less it releases.
fn left(bench: &Bench) -> (Nano, Nano) {
    let grant = &bench.control.balances(None).unwrap().items[0].grants[0];
    (grant.funds.available, grant.observed)
}

#[tokio::test]
async fn it_reduces_what_is_left_only_where_policy_says_so() {
    let bench = Bench::new().await;
    let (person, key) = somebody(&bench, "20/day").await;
    let used = |id: u64, output: u64| [request("claude-code", "s", "requests", id, &json!({ "output": output }))];
    // 20 dollars a million.
    record(&bench, &person, &used(1, 100_000)).await;
    assert_eq!(left(&bench), (amount("20"), Nano::ZERO), "beside it");
    counts(&bench, true).await;
    record(&bench, &person, &used(2, 50_000)).await;
    assert_eq!(left(&bench), (amount("17"), amount("3")), "with what was seen before");
    let statement = bench.control.statement(&person.id.to_string(), None).await.unwrap();
    assert_eq!((statement.granted, statement.counted, statement.used), (amount("77"), amount("3"), Nano::ZERO));
    assert_eq!((statement.observed.charge, &*statement.observed.mark), (amount("3"), "observed, not enforced"));
    // Calls are held within what is left, and what is seen beyond it is nobody's.
    let held = hold(&bench, &key, "5");
    record(&bench, &person, &used(3, 5_000_000)).await;
    assert_eq!(left(&bench), (Nano::ZERO, amount("15")));
    drop(held);
    let bench = bench.restart().await;
    assert_eq!(left(&bench).1, amount("15"));
    // The next day has all of its own again.
    bench.clock.set("2026-11-28T12:00:00Z");
    assert_eq!(left(&bench), (amount("20"), Nano::ZERO));
    bench.clock.set("2026-11-27T13:00:00Z");
    counts(&bench, false).await;
    record(&bench, &person, &used(4, 1)).await;
    assert_eq!(left(&bench).1, Nano::ZERO, "policy was changed");
    assert!(bench.control.verify_audit().await.unwrap().good);
}

/// Headers, a body, and the status of the answer.
type Case<'a> = (&'a [(&'a str, &'a str)], &'a [u8], u16);

#[tokio::test]
async fn whoever_sends_shows_a_key_and_sends_telemetry() {
    let bench = Bench::new().await;
    let (_, key) = somebody(&bench, "20/day").await;
    let key_of_calls = secret(&key);
    let of = |key: &str| format!("Bearer {key}");
    let right = of(&key_of_calls);
    let json = ("content-type", "application/json");
    let bearer = ("authorization", &*right);
    let cases: &[Case<'_>] = &[
        (&[bearer, json], b"{}", 200),
        (&[("x-api-key", &key_of_calls), json], b"{}", 200),
        (&[json], b"{}", 401),
        (&[("authorization", "Bearer pk-nobody"), json], b"{}", 401),
        (&[bearer], b"{}", 400),
        (&[bearer, ("content-type", "text/plain")], b"{}", 400),
        (&[bearer, json], b"{", 400),
        (&[bearer, json, ("content-encoding", "gzip")], b"{}", 400),
        (&[bearer, json, ("content-encoding", "br")], b"{}", 400),
        (&[bearer, ("content-type", "application/x-protobuf")], b"\xff", 400),
    ];
    for path in ["/v1/logs", "/v1/metrics"] {
        for (headers, body, expected) in cases {
            let (status, answer) = post(&bench, path, headers, body.to_vec()).await;
            assert_eq!(status, *expected, "{path} {headers:?}: {}", String::from_utf8_lossy(&answer));
            if *expected != 200 && headers.contains(&json) {
                let said: Value = serde_json::from_slice(&answer).unwrap();
                assert!(said["code"].is_i64() && !said["message"].as_str().unwrap().is_empty(), "{said}");
            }
        }
    }
    let large = vec![b' '; purser_observed::otlp::BODY_MAX + 1];
    assert_eq!(post(&bench, "/v1/logs", &[bearer, json], large).await.0, 400);
    let spans = post(&bench, "/v1/traces", &[bearer, json], br#"{"resourceSpans":[{}]}"#.to_vec()).await;
    assert_eq!(spans, (200, b"{}".to_vec()), "spans are taken and tell nothing");
    // What of a message can't be read is told, and the rest is taken.
    let event = |input: Value| {
        json!({ "body": { "stringValue": "claude_code.api_request" }, "timeUnixNano": "1795746530026000000", "attributes": [
            { "key": "event.name", "value": { "stringValue": "api_request" } },
            { "key": "session.id", "value": { "stringValue": "s" } },
            { "key": "model", "value": { "stringValue": MODEL } },
            { "key": "input_tokens", "value": input } ] })
    };
    let records = [event(json!({ "intValue": "7" })), event(json!({ "stringValue": "many" }))];
    let message = json!({ "resourceLogs": [{ "scopeLogs": [{ "logRecords": records }] }] }).to_string();
    let (status, body) = post(&bench, "/v1/logs", &[bearer, json], message.into_bytes()).await;
    let said: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((status, &said["partialSuccess"]["rejectedLogRecords"]), (200, &json!("1")), "{said}");
    assert_eq!(counted(&bench).await[..2], [1, 7]);
    let id = key.id.to_string();
    bench.control.revoke_key(None, &id).await.unwrap();
    assert_eq!(post(&bench, "/v1/logs", &[bearer, json], b"{}".to_vec()).await.0, 401, "a revoked key tells nothing");
}
