//! What the gateway is told at its start. The program reads it from `purser.toml` and checks it for people; here it is
//! already right.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use purser_core::price::{NotPriced, PriceBook, RateCard};
use purser_core::time::Instant;
use purser_providers::Family;

/// Everything the gateway needs besides the ledger and the snapshot.
#[derive(Clone, Debug)]
pub struct GatewayConfig {
    /// Where clients connect. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// TLS towards clients; `None` for plain HTTP (loopback, or behind a proxy).
    pub tls: Option<Arc<rustls::ServerConfig>>,
    /// Threads, each with a runtime and a listener of its own. 0 means one per core.
    pub threads: usize,
    /// Bounds on what strangers may send and how long anything may take.
    pub limits: Limits,
    /// The providers, in order of preference where several serve a model.
    pub upstreams: Vec<Arc<Upstream>>,
    /// `HTTPS_PROXY`: `host:port` of a proxy for TLS upstreams.
    pub https_proxy: Option<String>,
    /// Roots that upstream certificates must chain to.
    pub roots: Arc<rustls::ClientConfig>,
}

/// Bounds. Every queue, body and stream has one.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Open client connections over all threads.
    pub connections: usize,
    /// A request's head, in bytes.
    pub head_bytes: usize,
    /// A request's body, in bytes. Anthropic takes 32 MB; OpenAI 50 MB of files.
    pub body_bytes: usize,
    /// An answer that is not a stream, in bytes.
    pub answer_bytes: usize,
    /// From the first byte of a head to its last.
    pub head_time: Duration,
    /// Between two reads of a request's body.
    pub body_stall: Duration,
    /// An idle client connection.
    pub idle: Duration,
    /// Connecting to a provider, TLS included.
    pub connect: Duration,
    /// From the request's last byte to the answer's first.
    pub first_byte: Duration,
    /// Between two reads of an answer.
    pub answer_stall: Duration,
    /// A write to a client that does not read.
    pub write_stall: Duration,
    /// Graceful end: how long running calls may go on.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            connections: 20_000,
            head_bytes: 64 * 1024,
            body_bytes: 64 * 1024 * 1024,
            answer_bytes: 64 * 1024 * 1024,
            head_time: seconds(20),
            body_stall: seconds(30),
            idle: seconds(120),
            connect: seconds(10),
            first_byte: seconds(600),
            answer_stall: seconds(300),
            write_stall: seconds(60),
            drain: seconds(60),
        }
    }
}

/// A provider as the gateway reaches it.
#[derive(Clone, Debug)]
pub struct Upstream {
    /// The name in the admin's file; part of every charge.
    pub name: Arc<str>,
    /// The dialects it speaks.
    pub families: Vec<Family>,
    /// The price list of its models (`anthropic`, `openai`, …). A price published under the upstream's own name comes
    /// before it.
    pub price_list: Arc<str>,
    /// TLS?
    pub tls: bool,
    /// Host name, for TLS and the `host` header.
    pub host: Arc<str>,
    /// Port.
    pub port: u16,
    /// What stands before `/v1/…`, without a slash at its end.
    pub prefix: Arc<str>,
    /// The account's secret.
    pub credential: Secret,
    /// Patterns (`claude-*`) of the models sent here; empty means every model of its families.
    pub models: Vec<String>,
    /// Names of upstreams to try when this one can't be reached or answers 5xx before any output.
    pub fallback: Vec<Arc<str>>,
}

impl Upstream {
    /// Does the model go here? An empty list takes every model; `true` in the pair says it was named.
    pub fn takes(&self, model: &str) -> Option<bool> {
        if self.models.is_empty() {
            return Some(false);
        }
        self.models.iter().any(|pattern| matches(pattern, model)).then_some(true)
    }

    /// The card that a call to it is charged by.
    pub(crate) fn card<'a>(
        &self,
        prices: &'a PriceBook,
        model: &str,
        at: Instant,
    ) -> Result<&'a Arc<RateCard>, NotPriced> {
        prices.lookup(&self.name, model, at).or_else(|_own| prices.lookup(&self.price_list, model, at))
    }

    /// The `host` header.
    pub fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.to_string() };
        match (self.tls, self.port) {
            (true, 443) | (false, 80) => host,
            (_, port) => format!("{host}:{port}"),
        }
    }
}

/// `claude-*` against a model's name: `*` at the end only.
fn matches(pattern: &str, model: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => model.starts_with(prefix),
        None => pattern == model,
    }
}

/// A provider credential. Never printed.
#[derive(Clone)]
pub struct Secret(Arc<str>);

impl Secret {
    /// Keeps a secret.
    pub fn new(secret: &str) -> Self {
        Self(secret.into())
    }

    /// The secret itself, for the one header it belongs in.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}
