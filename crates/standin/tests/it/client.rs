//! Clients, and how their findings are read.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1;
use hyper::{HeaderMap, Method, Request};
use hyper_util::rt::TokioIo;
use purser_standin::{ServedCall, Standin, StandinConfig, StandinHandle};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Longest wait for anything that is certain to come.
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// A stand-in on a thread of its own.
pub(crate) fn standin(change: impl FnOnce(&mut StandinConfig)) -> StandinHandle {
    let mut config = StandinConfig::default();
    change(&mut config);
    Standin::start(config).unwrap()
}

/// What a client got.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// The body ended as HTTP says it must.
    pub(crate) ended: bool,
}

impl Got {
    pub(crate) fn text(&self) -> &str {
        str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The stream's events: name (empty where the dialect names none) and data.
    pub(crate) fn events(&self) -> Vec<(String, Value)> {
        let text = self.text().replace("\r\n", "\n");
        let events = text.split("\n\n").filter(|event| !event.is_empty());
        let read = |event: &str| {
            let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("").trim();
            let data = field("data:");
            let json = serde_json::from_str(data).unwrap_or_else(|_| Value::from(data));
            (field("event:").to_owned(), json)
        };
        events.map(read).collect()
    }
}

/// Sends one request over a connection of its own.
pub(crate) async fn send(
    standin: &StandinHandle,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Got {
    try_send(standin, method, path, headers, body).await.unwrap()
}

/// The same, where no answer may come.
pub(crate) async fn try_send(
    standin: &StandinHandle,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Result<Got, Box<dyn std::error::Error>> {
    exchange(standin.addr, method, path, headers, body).await
}

/// Calls a model at an address; `None` when no answer comes.
pub(crate) async fn call_at(addr: SocketAddr, path: &str, body: &str) -> Option<Got> {
    exchange(addr, Method::POST, path, &[("authorization", "Bearer sk-a")], body).await.ok()
}

async fn exchange(
    addr: SocketAddr,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Result<Got, Box<dyn std::error::Error>> {
    let stream = TcpStream::connect(addr).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let mut request = Request::builder().method(method).uri(path).header("host", "standin");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = sender.send_request(request.body(Full::new(Bytes::from(body.to_owned())))?).await?;
    let (parts, mut incoming) = response.into_parts();
    let mut got = Got { status: parts.status.as_u16(), headers: parts.headers, body: Vec::new(), ended: true };
    while let Some(frame) = incoming.frame().await {
        let Ok(frame) = frame else {
            got.ended = false;
            break;
        };
        got.body.extend_from_slice(frame.data_ref().map_or(&[], |data| data));
    }
    drop(sender);
    let _ = connection.await;
    Ok(got)
}

/// Calls a model with an OpenAI-style credential, which every dialect takes.
pub(crate) async fn call(standin: &StandinHandle, path: &str, body: &str) -> Got {
    send(standin, Method::POST, path, &[("authorization", "Bearer sk-a")], body).await
}

/// Writes bytes to a connection and reads all that comes until it ends.
pub(crate) async fn raw(standin: &StandinHandle, bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(standin.addr).await?;
    stream.write_all(bytes).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(answer)
}

/// The journal's last call, once it has ended.
pub(crate) async fn last_ended(standin: &StandinHandle) -> ServedCall {
    let ended = async {
        loop {
            match standin.journal().pop() {
                Some(call) if call.ended => return call,
                _ => tokio::time::sleep(Duration::from_millis(1)).await,
            }
        }
    };
    tokio::time::timeout(SOON, ended).await.expect("a begun call ends")
}

/// The four ways to ask for text, as path and body, with a script. `rest` is put into the body.
pub(crate) fn asks(script: &str, stream: bool, rest: &str) -> [(String, String); 4] {
    let gemini = if stream { "streamGenerateContent?alt=sse" } else { "generateContent" };
    let options = if stream { r#""stream_options":{"include_usage":true},"# } else { "" };
    [
        (
            "/v1/messages".to_owned(),
            format!(
                r#"{{"model":"m@{script}","stream":{stream},{rest}"max_tokens":500,"messages":[{{"role":"user","content":"hello"}}]}}"#
            ),
        ),
        (
            "/v1/chat/completions".to_owned(),
            format!(
                r#"{{"model":"m@{script}","stream":{stream},{options}{rest}"messages":[{{"role":"user","content":"hello"}}]}}"#
            ),
        ),
        (
            "/v1/responses".to_owned(),
            format!(
                r#"{{"model":"m@{script}","stream":{stream},{rest}"input":[{{"role":"user","content":"hello"}}]}}"#
            ),
        ),
        (
            format!("/v1beta/models/m@{script}:{gemini}"),
            format!(r#"{{{rest}"contents":[{{"role":"user","parts":[{{"text":"hello"}}]}}]}}"#),
        ),
    ]
}
