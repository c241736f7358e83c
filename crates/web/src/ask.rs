//! Asking the JSON API, in this process and in the visitor's name.
//!
//! A page knows nothing that the API would not tell whoever looks at it: every question goes through the API's own
//! router with the visitor's session, so that the matrix, narrowing, redaction and the audit trail are those of the API.

use std::fmt::{self, Write as _};

use axum::Router;
use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, COOKIE, HOST, HeaderName, ORIGIN};
use axum::http::{HeaderMap, HeaderValue, Method, Request};
use axum::response::Response;
use http_body_util::BodyExt as _;
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use purser_control::shape::{WhatIf, WhatIfReport};
use purser_control::{Code, Problem};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What of a browser's request the API looks at: who it is, and whether one of Purser's own pages sent it.
const PASSED_ON: [HeaderName; 4] = [COOKIE, HOST, ORIGIN, HeaderName::from_static("sec-fetch-site")];

/// An address under `/api/v1`, with every part of it escaped.
#[derive(Clone, Debug)]
pub(crate) struct To(String, char);

/// `to(&["runs", id])`
pub(crate) fn to<S: AsRef<str>>(parts: &[S]) -> To {
    let mut path = "/api/v1".to_owned();
    for part in parts {
        path.push('/');
        escape(part.as_ref(), &mut path);
    }
    To(path, '?')
}

impl To {
    /// With one more pair in its query.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: impl fmt::Display) -> Self {
        self.0.push(self.1);
        escape(name, &mut self.0);
        self.0.push('=');
        escape(&value.to_string(), &mut self.0);
        self.1 = '&';
        self
    }

    /// With one more pair where there is a value.
    #[must_use]
    pub(crate) fn with_some(self, name: &str, value: Option<impl fmt::Display>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// Is it of the list of this name?
    pub(crate) fn is_of(&self, list: &str) -> bool {
        let path = self.0.split('?').next().and_then(|path| path.strip_prefix("/api/v1/"));
        path == Some(list)
    }

    /// As a link: what a page shows as a table, the API gives as JSON.
    pub(crate) fn link(&self) -> &str {
        &self.0
    }
}

/// Percent-encodes what is not unreserved (RFC 3986).
pub(crate) fn escape(text: &str, out: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            _ = write!(out, "%{byte:02X}");
        }
    }
}

/// The API in a visitor's name.
#[derive(Clone)]
pub(crate) struct Ask {
    api: Router,
    headers: HeaderMap,
}

impl Ask {
    /// For whoever sent a request with these headers.
    pub(crate) fn new(api: &Router, headers: &HeaderMap) -> Self {
        let mut passed = HeaderMap::new();
        for name in &PASSED_ON {
            for value in headers.get_all(name) {
                passed.append(name, value.clone());
            }
        }
        Self { api: api.clone(), headers: passed }
    }

    /// Looks at something.
    ///
    /// # Errors
    /// What the API says.
    pub(crate) async fn get<T: DeserializeOwned>(&self, to: &To) -> Result<T, Problem> {
        read(self.send(Method::GET, to, None, Vec::new()).await).await
    }

    /// Has something done. `once` names the change: sent twice, it is done once.
    ///
    /// # Errors
    /// What the API says.
    pub(crate) async fn done<T: DeserializeOwned>(
        &self,
        method: Method,
        to: &To,
        once: &str,
        body: &impl Serialize,
    ) -> Result<T, Problem> {
        let body = serde_json::to_vec(body).map_err(|error| unreadable(&error))?;
        read(self.send(method, to, Some(once), body).await).await
    }

    /// What would come of figures of one's own.
    ///
    /// # Errors
    /// What the API says.
    pub(crate) async fn what_if(&self, what: &WhatIf) -> Result<WhatIfReport, Problem> {
        self.reckoned(&to(&["roi", "what-if"]), what).await
    }

    /// The same for any reckoning: what changes nothing and has a body.
    ///
    /// # Errors
    /// What the API says.
    pub(crate) async fn reckoned<T: DeserializeOwned>(&self, to: &To, what: &impl Serialize) -> Result<T, Problem> {
        let mut ask = self.clone();
        ask.headers.insert(HeaderName::from_static("sec-fetch-site"), HeaderValue::from_static("same-origin"));
        let body = serde_json::to_vec(what).map_err(|error| unreadable(&error))?;
        read(ask.send(Method::POST, to, None, body).await).await
    }

    /// The answer as it comes, where its headers matter.
    pub(crate) async fn send(&self, method: Method, to: &To, once: Option<&str>, body: Vec<u8>) -> Response {
        let mut request = Request::new(Body::from(body));
        *request.method_mut() = method;
        *request.uri_mut() = to.0.parse().unwrap_or_default();
        *request.headers_mut() = self.headers.clone();
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(once) = once.and_then(|once| HeaderValue::from_str(once).ok()) {
            headers.insert("idempotency-key", once);
        }
        match TowerToHyperService::new(self.api.clone()).call(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}

/// The body of an answer, or the problem in it.
pub(crate) async fn read<T: DeserializeOwned>(response: Response) -> Result<T, Problem> {
    let is_good = response.status().is_success();
    let bytes = response.into_body().collect().await.map_err(|error| unreadable(&error))?.to_bytes();
    if is_good {
        serde_json::from_slice(&bytes).map_err(|error| unreadable(&error))
    } else {
        Err(serde_json::from_slice(&bytes).unwrap_or_else(|error| unreadable(&error)))
    }
}

fn unreadable(error: &dyn std::error::Error) -> Problem {
    tracing::error!(error = %error, "a page can't read what the API says");
    Problem {
        code: Code::Internal,
        message: "this page can't read what Purser's own API says".to_owned(),
        hint: Some("the log of `purser serve` has the cause".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_browser_sends_stays_one_part_of_the_address() {
        let address = to(&["runs", "../people?x=1#y"]).with("person", "a&b=c").with_some("to", None::<&str>);
        assert_eq!(address.link(), "/api/v1/runs/..%2Fpeople%3Fx%3D1%23y?person=a%26b%3Dc");
    }
}
