//! The API as TCP has it, called in this process.

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::service::Service;
use hyper::{HeaderMap, Request};
use hyper_util::service::TowerToHyperService;
use serde_json::Value;

use crate::bench::Bench;

/// What came back.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Got {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// One request of the local administrator, which has to succeed.
pub(crate) async fn local(bench: &Bench, method: &str, path: &str, body: &str) -> Value {
    let got = through(bench.local(), method, path, &[], body).await;
    assert_eq!(got.status, 200, "{method} {path}: {got:?}");
    got.json()
}

/// One request with these headers.
pub(crate) async fn ask(bench: &Bench, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Got {
    through(bench.open_door(), method, path, headers, body).await
}

async fn through(door: axum::Router, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Got {
    let mut request = Request::builder().method(method.to_uppercase().as_str()).uri(path).header("host", "localhost");
    if !body.is_empty() {
        request = request.header("content-type", "application/json");
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(axum::body::Body::new(Full::new(Bytes::from(body.to_owned())))).unwrap();
    let response = TowerToHyperService::new(door).call(request).await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    // A PDF begins with bytes that are no text.
    Got { status, headers, text: String::from_utf8_lossy(&bytes).into_owned() }
}

/// One request with a key.
pub(crate) async fn with_key(bench: &Bench, key: &str, method: &str, path: &str, body: &str) -> Got {
    ask(bench, method, path, &[("authorization", &format!("Bearer {key}"))], body).await
}
