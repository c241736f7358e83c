//! Headers and query on the way out and back: what is dropped, what is set, everything else untouched.

use std::fmt;

use http::{HeaderMap, HeaderValue};

use crate::dialect::Family;

/// A credential for a provider, ready to be put in a header. Shows nothing of itself in debug output.
#[derive(Clone)]
pub struct Credential {
    header: http::HeaderName,
    value: HeaderValue,
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credential({}: ..)", self.header)
    }
}

/// The secret has bytes that cannot stand in a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the provider's key has characters that cannot stand in a header")]
pub struct BadCredential;

impl Credential {
    /// In the provider's own form: Anthropic `x-api-key`, OpenAI `Authorization: Bearer`, Gemini `x-goog-api-key`.
    pub fn try_new(family: Family, secret: &str) -> Result<Self, BadCredential> {
        match family {
            Family::Anthropic => Self::try_in_header(http::HeaderName::from_static("x-api-key"), secret),
            Family::OpenAi => Self::try_bearer(secret),
            Family::Gemini => Self::try_in_header(http::HeaderName::from_static("x-goog-api-key"), secret),
        }
    }

    /// As `Authorization: Bearer`, for servers that speak another family's dialect but want this form.
    pub fn try_bearer(secret: &str) -> Result<Self, BadCredential> {
        Self::try_in_header(http::header::AUTHORIZATION, &format!("Bearer {secret}"))
    }

    /// In a header of one's own choice (`api-key`).
    pub fn try_in_header(header: http::HeaderName, value: &str) -> Result<Self, BadCredential> {
        let mut value = HeaderValue::from_str(value).map_err(|_| BadCredential)?;
        value.set_sensitive(true);
        Ok(Self { header, value })
    }
}

/// The headers to send to a provider: the client's without hop-by-hop headers, credentials, cookies, provider account
/// headers, `x-purser-*`, and forwarding traces; `accept-encoding: identity`; the provider's credential (none for a
/// server that wants none). `host` and `content-length` are left to the sender. `anthropic-version`, `anthropic-beta`
/// and every other header pass as they came.
pub fn forward_headers(client: &HeaderMap, credential: Option<&Credential>) -> HeaderMap {
    let _ = (client, credential);
    HeaderMap::new()
}

/// The path and query to send: credentials and whatever would change the shape of the answer (`fields`, `callback`)
/// removed from the query, all else byte for byte.
pub fn forward_target(path_and_query: &str) -> String {
    path_and_query.to_owned()
}

/// The headers to hand back: the provider's without hop-by-hop headers, cookies, and its account names.
/// `content-length` goes too: the body may have lost its usage chunk.
pub fn response_headers(upstream: &HeaderMap) -> HeaderMap {
    let _ = upstream;
    HeaderMap::new()
}

/// Is a body with these headers plain, so that it can be read? `content-encoding` absent or `identity`.
pub fn is_plain(headers: &HeaderMap) -> bool {
    let _ = headers;
    true
}
