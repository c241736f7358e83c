//! One document from a provider's API with the company's own credential: a report about its account. The same connections as
//! for calls (TLS by the same roots, through the same proxy), to the configured host alone; no redirect is followed.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use http::{Method, StatusCode};
use purser_providers::{Family, Headers};

use crate::config::{Limits, Upstream};
use crate::upstream::{Connector, Fault, Outgoing, Outlet, send};

/// The most bytes of an answer.
const ANSWER_MAX: usize = 32 << 20;

/// Fetches documents.
#[derive(Clone)]
pub struct Fetcher {
    roots: Arc<rustls::ClientConfig>,
    https_proxy: Option<String>,
}

impl std::fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fetcher").finish_non_exhaustive()
    }
}

/// Why there is no document.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// No answer came.
    #[error("{0}")]
    NoAnswer(String),
    /// The answer is another than the document.
    #[error("it answered with {0}")]
    Status(StatusCode),
    /// The document is too large or broke off, or is no text.
    #[error("its answer can't be read")]
    Body(#[source] io::Error),
}

impl Fetcher {
    /// By these roots and, where there is one, this proxy.
    pub fn new(roots: Arc<rustls::ClientConfig>, https_proxy: Option<String>) -> Self {
        Self { roots, https_proxy }
    }

    /// The document at a path with its query. Runs on the caller's runtime; the future stays on its thread.
    ///
    /// # Errors
    /// Any answer but success, redirects included.
    pub async fn get(&self, from: &Arc<Upstream>, target: &str) -> Result<String, FetchError> {
        let limits = limits();
        let connector = Connector::new(Arc::clone(&self.roots), self.https_proxy.clone(), limits.connect);
        let outlet = Outlet::new(from);
        let mut headers = Headers::default();
        headers.append("accept", "application/json");
        if from.families.contains(&Family::Anthropic) {
            headers.append("x-api-key", from.credential.reveal());
            headers.append("anthropic-version", "2023-06-01");
        } else {
            headers.append("authorization", format!("Bearer {}", from.credential.reveal()));
        }
        let outgoing = Outgoing { method: &Method::GET, target, headers: &headers, body: &[] };
        let mut answer = send(&outlet, &connector, &limits, &outgoing).await.map_err(|fault| {
            let (Fault::Unreachable(source) | Fault::Unanswered(source)) = &fault;
            FetchError::NoAnswer(format!("{fault}: {source}"))
        })?;
        if answer.status != StatusCode::OK {
            return Err(FetchError::Status(answer.status));
        }
        let body = answer.whole(ANSWER_MAX, limits.answer_stall).await.map_err(FetchError::Body)?;
        String::from_utf8(body.to_vec()).map_err(|error| FetchError::Body(io::Error::other(error)))
    }
}

fn limits() -> Limits {
    let seconds = Duration::from_secs;
    Limits { connect: seconds(10), first_byte: seconds(60), answer_stall: seconds(30), ..Limits::default() }
}
