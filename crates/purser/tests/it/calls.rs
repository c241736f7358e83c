//! A call through the whole program: client, gateway, stand-in provider, ledger, projection, reports.

use purser_standin::{Standin, StandinConfig, StandinHandle};
use serde_json::{Value, json};

use crate::bench::Bench;

const ASK: &str =
    r#"{"model": "claude-sonnet-4-5", "max_tokens": 200, "messages": [{"role": "user", "content": "Hello"}]}"#;

/// A folder whose `serve` asks this provider.
fn bench_with(provider: &StandinHandle) -> Bench {
    let bench = Bench::new();
    std::fs::write(bench.folder().join("provider.key"), "sk-ant-test\n").unwrap();
    bench.configure(&format!(
        "[listen]\ngateway = \"127.0.0.1:0\"\ncontrol = \"127.0.0.1:0\"\n\n[providers.anthropic]\nkind = \"anthropic\"\n\
         base_url = \"{}\"\napi_key_file = \"provider.key\"\n",
        provider.base_url()
    ));
    bench
}

#[test]
fn a_session_is_seen_stopped_and_let_go_on() {
    let provider = Standin::start(StandinConfig::default()).unwrap();
    let bench = bench_with(&provider);
    let served = bench.serve();
    bench.json(&["person", "add", "The analyst", "--zone", "Europe/Berlin"]);
    bench.json(&["grant", "add", "The analyst", "20/day"]);
    let key = bench.json(&["key", "add", "The analyst", "--project", "reports"]);
    let secret = key["key"].as_str().unwrap();
    assert_eq!(served.call("/v1/messages", secret, ASK).0, 200);
    assert_eq!(served.call("/v1/messages", secret, ASK).0, 200);

    let runs = bench.json(&["runs", "--project", "reports"]);
    let [run] = runs.as_array().unwrap().as_slice() else { panic!("one run: {runs}") };
    assert_eq!((&run["name"], &run["calls"], &run["tool"]), (&json!("The analyst"), &json!(2), &json!("other")));
    let id = run["id"].as_str().unwrap();
    assert_eq!(bench.json(&["runs", id])["tree_charge"], run["charge"]);
    let shown = bench.run(&["runs", id]);
    assert!(shown.out.contains("calls     2; ") && shown.out.contains("project   reports"), "{shown:?}");
    assert_eq!(bench.json(&["usage", "--by", "project"])["items"][0]["key"], "reports");
    assert_eq!(bench.json(&["top"])["items"][0]["run"], *id);
    let once = bench.run(&["top", "--once"]);
    assert!(once.code == 0 && once.out.contains(id) && once.out.contains("The analyst"), "{once:?}");

    bench.json(&["stop", "run", id]);
    let (status, body) = served.call("/v1/messages", secret, ASK);
    assert!(status == 403 && body.contains("is stopped"), "{status}: {body}");
    assert!(bench.run(&["runs"]).out.contains("stopped"));
    assert_eq!(bench.json(&["resume", id])["active"], false);
    bench.refused(&["resume", id], 1, "is not stopped by itself");
    assert_eq!(served.call("/v1/messages", secret, ASK).0, 200);

    bench.json(&["budget", "set", "The analyst", "0.000001/month", "--tool", "other"]);
    let (status, body) = served.call("/v1/messages", secret, ASK);
    assert!(status != 200 && body.contains("Your budget for other is"), "{status}: {body}");
    bench.refused(&["budget", "set", "The analyst", "5/month", "--tool", "*"], 1, "for some tools and not for all");
    let (code, said) = served.stop();
    assert_eq!(code, 0, "{said}");
    assert_eq!(provider.stop_blocking().len(), 3);
    assert_eq!(bench.json(&["verify"])["good"], Value::Bool(true));
}

#[test]
fn a_call_is_charged_to_the_cent_and_acknowledged() {
    let provider = Standin::start(StandinConfig::default()).unwrap();
    let bench = bench_with(&provider);
    let served = bench.serve();
    let person = bench.json(&["person", "add", "The analyst", "--zone", "Europe/Berlin"]);
    bench.json(&["grant", "add", "The analyst", "20/day"]);
    let key = bench.json(&["key", "add", "The analyst"]);
    let secret = key["key"].as_str().unwrap();

    assert_eq!(served.call("/v1/messages", "pk-wrong", ASK).0, 401, "a stranger's key");
    let (status, body) = served.call("/v1/messages", secret, ASK);
    assert_eq!(status, 200, "{body}");

    let charges = bench.json(&["usage", "--charges"]);
    let [charge] = charges.as_array().unwrap().as_slice() else { panic!("one charge: {charges}") };
    assert_eq!(charge["person"], person["id"]);
    assert_eq!(charge["key"], key["id"]);
    assert_eq!(charge["provider"], "anthropic");
    assert_eq!(charge["dialect"], "anthropic.messages");
    assert_eq!(charge["mark"], "exact");

    // Anybody can redo the sum from what the charge says.
    let usage = charge["usage"].to_string();
    let explained =
        bench.json(&["price", "explain", "claude-sonnet-4-5", "--provider", "anthropic", "--usage", &usage]);
    assert_eq!(explained["charge"], charge["charge"]);
    assert_eq!(explained["version"], charge["card"]);

    let balance = bench.json(&["balance"]);
    assert_eq!(balance[0]["posted"], charge["charge"]);
    assert_eq!(balance[0]["held"], "0.00");
    let statement = bench.json(&["statement", "The analyst"]);
    assert_eq!(statement["used"], charge["charge"]);
    assert_eq!(statement["models"][0]["calls"], 1);
    for by in ["model", "day", "key", "person", "unit", "tool", "project"] {
        let usage = bench.json(&["usage", "--by", by]);
        assert_eq!((usage["charge"].clone(), usage["calls"].clone()), (charge["charge"].clone(), json!(1)), "by {by}");
    }

    // A revoked key stops at once, while everything keeps running.
    bench.json(&["key", "revoke", key["id"].as_str().unwrap()]);
    assert_eq!(served.call("/v1/messages", secret, ASK).0, 401);
    let (code, said) = served.stop();
    assert_eq!(code, 0, "{said}");
    assert!(!said.contains("pk-") || said.contains("pk-…"), "no key in the log");
    let served_calls = provider.stop_blocking();
    assert_eq!(served_calls.len(), 1, "refused calls never reach the provider");
    assert_eq!(bench.json(&["verify"])["good"], Value::Bool(true));
}
