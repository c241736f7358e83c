//! The journal says what clients saw, however many there are.

use std::time::Duration;

use purser_standin::{Credential, ServedCall, ServedUsage, Standin, StandinConfig, Totals};
use serde_json::Value;

use crate::client::{Got, SOON, asks, call, call_at, send, standin};
use hyper::Method;

#[tokio::test]
async fn the_file_the_page_and_the_handle_agree() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("calls.jsonl");
    let standin = standin(|config| config.journal.file = Some(file.clone()));
    for script in ["output=5", "status=500", "cut=2", "usage=huge", "output=9+thinking=3"] {
        for stream in [false, true] {
            for (path, body) in asks(script, stream, "") {
                call(&standin, &path, &body).await;
            }
        }
    }
    let page = send(&standin, Method::GET, "/standin/journal", &[], "").await.json();
    let since = send(&standin, Method::GET, "/standin/journal?since=39", &[], "").await.json();
    let totals = standin.totals();
    let calls = standin.stop().await;
    assert_eq!(calls.len(), 40);
    assert!((1..).zip(&calls).all(|(number, call)| call.seq == number && call.ended));
    assert_eq!(serde_json::from_value::<Vec<ServedCall>>(page["calls"].clone()).unwrap(), calls);
    assert_eq!(serde_json::from_value::<Totals>(page["totals"].clone()).unwrap(), totals);
    assert_eq!(since["calls"].as_array().unwrap().len(), 2);
    let lines = std::fs::read_to_string(file).unwrap();
    let mut written: Vec<ServedCall> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    written.sort_by_key(|call| call.seq);
    assert_eq!(written, calls);
}

#[tokio::test]
async fn many_clients_at_once() {
    let standin = standin(|config| config.workers = 2);
    let told = |got: Got| {
        let usage = got.json()["usage"].clone();
        let at = |name: &str| usage[name].as_u64().unwrap();
        (at("prompt_tokens"), at("completion_tokens"))
    };
    let clients = (0..8).map(|client| {
        let standin = &standin;
        async move {
            let mut seen = (0, 0);
            for turn in 0..20 {
                let body = format!(r#"{{"model":"m","messages":[{{"role":"user","content":"{client} {turn}"}}]}}"#);
                let (input, output) = told(call(standin, "/v1/chat/completions", &body).await);
                seen = (seen.0 + input, seen.1 + output);
            }
            seen
        }
    });
    let mut seen = (0, 0);
    for (input, output) in join_all(clients).await {
        seen = (seen.0 + input, seen.1 + output);
    }
    let totals = standin.totals();
    assert_eq!((totals.calls, totals.completed, totals.errors), (160, 160, 0));
    assert_eq!((totals.usage.input(), totals.usage.output), seen);
}

/// Runs futures at the same time on this task.
async fn join_all<T>(futures: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut running: Vec<_> = futures.map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|context| {
        let mut pending = false;
        for (future, result) in &mut running {
            if result.is_none() {
                match future.as_mut().poll(context) {
                    std::task::Poll::Ready(value) => *result = Some(value),
                    std::task::Poll::Pending => pending = true,
                }
            }
        }
        if pending { std::task::Poll::Pending } else { std::task::Poll::Ready(()) }
    })
    .await;
    running.into_iter().filter_map(|(_, result)| result).collect()
}

#[tokio::test]
async fn old_calls_are_forgotten_but_not_their_sums() {
    let standin = standin(|config| config.journal.calls_max = 3);
    for _ in 0..5 {
        call(&standin, "/v1/chat/completions", r#"{"model":"m@output=2","messages":[{}]}"#).await;
    }
    let kept: Vec<u64> = standin.journal().iter().map(|call| call.seq).collect();
    assert_eq!(kept, [3, 4, 5]);
    let totals = standin.totals();
    assert_eq!((totals.calls, totals.forgotten, totals.usage.output), (5, 2, 10));
}

#[tokio::test]
async fn credentials_are_told_apart_but_not_told() {
    let standin = standin(|_| {});
    for header in [("authorization", "Bearer sk-a"), ("x-api-key", "sk-a"), ("x-goog-api-key", "sk-b")] {
        send(&standin, Method::POST, "/v1/chat/completions", &[header], r#"{"model":"m","messages":[{}]}"#).await;
    }
    let calls = standin.journal();
    let who: Vec<Credential> = calls.iter().map(|call| call.credential).collect();
    assert_eq!(who, [Credential::of("sk-a"), Credential::of("sk-a"), Credential::of("sk-b")]);
    // The first half of what `printf sk-a | sha256sum` prints begins so.
    assert_eq!(Credential::of("sk-a").to_string().len(), 16);
    assert_eq!(Credential::of("sk-a").to_string().parse(), Ok(Credential::of("sk-a")));
    assert!(!serde_json::to_string(&calls).unwrap().contains("sk-"));
}

#[tokio::test]
async fn on_a_runtime_of_the_caller() {
    let standin = Standin::start_here(StandinConfig::default()).unwrap();
    let got = call(&standin, "/v1/messages", r#"{"model":"m","max_tokens":3,"messages":[]}"#).await;
    assert_eq!(got.json()["usage"]["output_tokens"], Value::from(3));
    let calls = standin.stop().await;
    assert_eq!(calls.len(), 1);
    assert_ne!(calls[0].usage, ServedUsage::default());
}

/// Stops a stand-in while it answers. Whether the client got all, and what the journal says at the end.
async fn stop_amid(script: &str, stop_wait_max: Duration) -> (bool, ServedCall) {
    let standin = standin(|config| config.bounds.stop_wait_max = stop_wait_max);
    let (path, body) = asks(script, true, "")[0].clone();
    let addr = standin.addr;
    let client = tokio::spawn(async move { call_at(addr, &path, &body).await });
    let begun = async {
        while standin.journal().is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(SOON, begun).await.unwrap();
    let mut calls = standin.stop().await;
    (client.await.unwrap().is_some_and(|got| got.ended), calls.pop().unwrap())
}

#[tokio::test]
async fn a_stop_lets_answers_finish_but_does_not_wait_for_ever() {
    let (whole, served) = stop_amid("output=10+pace=100", SOON).await;
    assert!(whole && served.completed, "{served:?}");
    let (whole, served) = stop_amid("output=10+first-byte=60000", Duration::from_millis(10)).await;
    assert!(!whole && !served.ended && !served.completed, "{served:?}");
}

#[test]
fn no_runtime_and_no_free_port_are_errors() {
    assert!(Standin::start_here(StandinConfig::default()).is_err());
    let first = standin(|_| {});
    let taken = StandinConfig { listen: first.addr, ..StandinConfig::default() };
    assert!(Standin::start(taken).is_err(), "two stand-ins do not share a port");
    first.stop_blocking();
}
