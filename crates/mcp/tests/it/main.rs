//! `/mcp` as clients have it, over real files in a fresh folder.
#![expect(clippy::unwrap_used, reason = "a step that fails is the test's failure")]

#[path = "../../../control/tests/it/bench.rs"]
#[expect(dead_code, reason = "the bench of `control`, which does more than is asked of it here")]
mod bench;

use axum::Router;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::service::Service;
use hyper::{HeaderMap, Request};
use hyper_util::service::TowerToHyperService;
use serde_json::{Value, json};

use self::bench::Bench;

const TOOLS: [&str; 5] = ["budget_left", "estimate", "log_outcome", "request_top_up", "run_cost"];

struct Mcp {
    router: Router,
    key: String,
}

#[derive(Debug)]
struct Got {
    status: u16,
    headers: HeaderMap,
    text: String,
}

impl Got {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }
}

impl Mcp {
    /// A company in which somebody has twenty dollars a day, and a key.
    async fn new(bench: &Bench) -> Self {
        let person = bench.person("Person 1").await;
        bench.grant(&person, "20/day").await;
        let key = bench.key(&person).await.key.unwrap();
        Self { router: purser_mcp::router(&bench.control), key }
    }

    async fn send(&self, method: &str, headers: &[(&str, &str)], body: String) -> Got {
        let mut request = Request::builder()
            .method(method)
            .uri("/mcp")
            .header("host", "purser.example")
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(axum::body::Body::new(Full::new(Bytes::from(body)))).unwrap();
        let response = TowerToHyperService::new(self.router.clone()).call(request).await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        Got { status, headers, text: String::from_utf8_lossy(&bytes).into_owned() }
    }

    /// A request of the protocol with the key; what came back of it.
    async fn ask(&self, method: &str, params: Value) -> Value {
        let bearer = format!("Bearer {}", self.key);
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
        let headers = [("authorization", bearer.as_str()), ("mcp-protocol-version", "2025-06-18")];
        let got = self.send("POST", &headers, body).await;
        assert_eq!(got.status, 200, "{method}: {got:?}");
        assert!(got.headers["content-type"].to_str().unwrap().starts_with("application/json"), "{got:?}");
        assert_eq!(got.headers["cache-control"], "no-store");
        got.json()
    }

    async fn call(&self, tool: &str, arguments: Value) -> Value {
        self.ask("tools/call", json!({ "name": tool, "arguments": arguments })).await
    }
}

fn initialize() -> String {
    let params =
        json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } });
    json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params }).to_string()
}

#[tokio::test]
async fn a_client_with_a_key_is_told_who_answers_and_keeps_no_session() {
    let bench = Bench::new().await;
    let mcp = Mcp::new(&bench).await;
    for header in [("authorization", format!("Bearer {}", mcp.key)), ("x-api-key", mcp.key.clone())] {
        let got = mcp.send("POST", &[(header.0, &header.1)], initialize()).await;
        let result = &got.json()["result"];
        assert_eq!((got.status, &result["serverInfo"]["name"]), (200, &json!("purser")), "{got:?}");
        assert_eq!(result["protocolVersion"], "2025-06-18");
        assert!(result["instructions"].as_str().unwrap().contains("estimate"), "{result}");
        assert!(!got.headers.contains_key("mcp-session-id"), "every request stands by itself");
    }
}

#[tokio::test]
async fn strangers_and_pages_get_nothing() {
    let bench = Bench::new().await;
    let mcp = Mcp::new(&bench).await;
    let good = format!("Bearer {}", mcp.key);
    for (headers, status, word) in [
        (vec![], 401, "not a Purser key"),
        (vec![("authorization", "Bearer pk-wrong")], 401, "not a Purser key"),
        (vec![("authorization", "Basic cGstd3Jvbmc=")], 401, "not a Purser key"),
        (vec![("authorization", good.as_str()), ("origin", "https://elsewhere.example")], 403, "pages of a browser"),
        (vec![("authorization", good.as_str()), ("origin", "http://purser.example")], 403, "pages of a browser"),
        (vec![("authorization", good.as_str()), ("origin", "null")], 403, "pages of a browser"),
    ] {
        let got = mcp.send("POST", &headers, initialize()).await;
        assert_eq!(got.status, status, "{headers:?}: {got:?}");
        let problem = got.json();
        assert!(problem["message"].as_str().unwrap().contains(word) && problem["hint"].is_string(), "{problem}");
        assert_eq!(got.headers.contains_key("www-authenticate"), status == 401, "{got:?}");
    }
    let got = mcp.send("GET", &[("authorization", &good)], String::new()).await;
    assert_eq!(got.status, 405, "there is no stream to listen to: {got:?}");
    let long = format!("{}{}", initialize(), " ".repeat(300 << 10));
    let got = mcp.send("POST", &[("authorization", &good)], long).await;
    assert_eq!(got.status, 413, "{got:?}");
}

#[tokio::test]
async fn every_tool_says_what_it_takes_and_gives() {
    let bench = Bench::new().await;
    let listed = Mcp::new(&bench).await.ask("tools/list", json!({})).await;
    let mut tools = listed["result"]["tools"].as_array().unwrap().clone();
    tools.sort_by_key(|tool| tool["name"].as_str().unwrap().to_owned());
    let names: Vec<&str> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert_eq!(names, TOOLS);
    for tool in &tools {
        assert!(tool["description"].as_str().unwrap().len() > 100, "{tool}");
        assert!(tool["title"].is_string(), "{tool}");
        assert_eq!((&tool["inputSchema"]["type"], &tool["outputSchema"]["type"]), (&json!("object"), &json!("object")));
        let fields = tool["outputSchema"]["properties"].as_object().unwrap();
        assert!(fields.values().all(|field| field.get("description").is_some()), "every field is explained: {tool}");
        let reads = matches!(tool["name"].as_str().unwrap(), "budget_left" | "estimate" | "run_cost");
        assert_eq!(tool["annotations"]["readOnlyHint"], reads, "{tool}");
    }
}

#[tokio::test]
async fn tools_answer_in_figures_and_in_one_line() {
    let bench = Bench::new().await;
    let mcp = Mcp::new(&bench).await;
    let call =
        json!({ "model": "claude-opus-5-5", "provider": "anthropic", "input_tokens": 1000, "output_tokens": 100 });
    for (tool, arguments, field, line) in [
        ("budget_left", json!({}), "spendable", "20.00 USD can be spent now; 20.00 of 20.00 per day is left;"),
        ("estimate", json!({ "calls": [call] }), "total", "The plan costs "),
        (
            "request_top_up",
            json!({ "amount": "5", "reason": "one more pass" }),
            "state",
            "5.00 until 2026-12-01 is asked",
        ),
        ("log_outcome", json!({ "kind": "report", "count": 2 }), "id", "On record: 2 report."),
    ] {
        let answer = mcp.call(tool, arguments).await;
        let result = &answer["result"];
        assert_eq!(result["isError"], false, "{answer}");
        assert!(result["structuredContent"][field].is_string(), "{answer}");
        let texts = result["content"].as_array().unwrap();
        let text = texts[0]["text"].as_str().unwrap();
        assert!(texts.len() == 1 && text.starts_with(line) && !text.contains('\n'), "{tool}: {text}");
    }
}

#[tokio::test]
async fn a_refusal_is_a_result_with_what_to_do() {
    let bench = Bench::new().await;
    let mcp = Mcp::new(&bench).await;
    for (tool, arguments, line) in [
        ("run_cost", json!({}), "this key has paid for no run in the last thirty days: "),
        (
            "log_outcome",
            json!({ "kind": "vibes" }),
            "`vibes` is no kind of outcome that the company counts: these count: ",
        ),
        ("request_top_up", json!({ "amount": "0", "reason": "x" }), "0.00 is no amount to ask for or to give: "),
    ] {
        let answer = mcp.call(tool, arguments).await;
        assert_eq!(answer["result"]["isError"], true, "{answer}");
        let text = answer["result"]["content"][0]["text"].as_str().unwrap();
        assert!(text.starts_with(line) && text.ends_with('.'), "{text}");
    }
    let unknown = mcp.call("estimate", json!({ "calls": [], "quick": true })).await;
    assert_eq!(unknown["result"]["isError"], true, "a model can mend what it got wrong: {unknown}");
    assert!(unknown["result"]["content"][0]["text"].as_str().unwrap().contains("unknown field `quick`"), "{unknown}");
    assert_eq!(mcp.call("no_such_tool", json!({})).await["error"]["code"], -32602);
}

#[tokio::test]
async fn a_key_is_asked_for_with_every_request() {
    let bench = Bench::new().await;
    let mcp = Mcp::new(&bench).await;
    mcp.call("budget_left", json!({})).await;
    let id = bench.control.snapshot().directory.keys().next().unwrap().id.to_string();
    bench.control.revoke_key(None, &id).await.unwrap();
    let bearer = format!("Bearer {}", mcp.key);
    let got = mcp.send("POST", &[("authorization", &bearer)], initialize()).await;
    assert_eq!(got.status, 401);
    assert!(got.text.contains("this key was revoked at"), "{got:?}");
}
