//! Headers and query on the way out and back: what is dropped, what is set, everything else untouched.

use std::borrow::Cow;
use std::fmt;

use crate::dialect::Family;
use crate::header_list::Headers;
use crate::key::percent_decoded;

/// A credential for a provider, ready to be put in a header. Shows nothing of itself in debug output.
#[derive(Clone)]
pub struct Credential {
    header: &'static str,
    value: String,
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
    ///
    /// # Errors
    /// [`BadCredential`] where the secret cannot stand in a header.
    pub fn try_new(family: Family, secret: &str) -> Result<Self, BadCredential> {
        match family {
            Family::Anthropic => Self::try_in_header("x-api-key", secret),
            Family::OpenAi => Self::try_bearer(secret),
            Family::Gemini => Self::try_in_header("x-goog-api-key", secret),
        }
    }

    /// As `Authorization: Bearer`, for servers that speak another family's dialect but want this form.
    ///
    /// # Errors
    /// [`BadCredential`] where the secret cannot stand in a header.
    pub fn try_bearer(secret: &str) -> Result<Self, BadCredential> {
        Self::try_in_header("authorization", &format!("Bearer {secret}"))
    }

    /// In a header of one's own choice (`api-key`), lower-case.
    ///
    /// # Errors
    /// [`BadCredential`] where the secret cannot stand in a header.
    pub fn try_in_header(header: &'static str, value: &str) -> Result<Self, BadCredential> {
        let is_fit = value.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        if is_fit { Ok(Self { header, value: value.to_owned() }) } else { Err(BadCredential) }
    }
}

/// Headers that speak of one connection only (RFC 9110, 7.6.1), or that the sender writes itself.
static OF_THE_CONNECTION: Names<14> = Names::new([
    "connection",
    "proxy-connection",
    "keep-alive",
    "transfer-encoding",
    "te",
    "trailer",
    "upgrade",
    "http2-settings",
    "proxy-authenticate",
    "proxy-authorization",
    "expect",
    "host",
    "content-length",
    "alt-svc",
]);

/// Request headers that are not passed on: credentials, cookies, accounts at the provider, traces of the way here, and
/// whatever would change what is called or the shape of its answer.
static NOT_SENT: Names<27> = Names::new([
    "authorization",
    "x-api-key",
    "x-goog-api-key",
    "api-key",
    "cookie",
    "accept-encoding",
    "openai-organization",
    "openai-project",
    "anthropic-organization-id",
    "anthropic-workspace-id",
    "anthropic-user-profile-id",
    "x-goog-user-project",
    "x-goog-iam-authorization-token",
    "x-goog-fieldmask",
    "x-goog-request-params",
    "x-goog-authenticated-user-email",
    "x-goog-authenticated-user-id",
    "x-http-method-override",
    "x-method-override",
    "forwarded",
    "via",
    "x-real-ip",
    "true-client-ip",
    "cf-connecting-ip",
    "x-client-ip",
    "origin",
    "referer",
]);

/// Response headers that are not handed back.
static NOT_RETURNED: Names<9> = Names::new([
    "set-cookie",
    "set-cookie2",
    "openai-organization",
    "openai-project",
    "anthropic-organization-id",
    "anthropic-workspace-id",
    "strict-transport-security",
    "nel",
    "report-to",
]);

/// The headers to send to a provider: the client's without hop-by-hop headers, credentials, cookies, provider account
/// headers, `x-purser-*`, and forwarding traces; `accept-encoding: identity`; the provider's credential (none for a
/// server that wants none). `host` and `content-length` are left to the sender. `anthropic-version`, `anthropic-beta`
/// and every other header pass as they came.
pub fn forward_headers(client: &Headers, credential: Option<&Credential>) -> Headers {
    let mut headers = kept(client, &NOT_SENT, &["x-forwarded-", "x-purser-"]);
    headers.append("accept-encoding", "identity");
    if let Some(credential) = credential {
        headers.set(credential.header, &credential.value);
    }
    headers
}

/// The headers to hand back: the provider's without hop-by-hop headers, cookies, and its account names.
/// `content-length` goes too: the body may have lost its usage chunk.
pub fn response_headers(upstream: &Headers) -> Headers {
    kept(upstream, &NOT_RETURNED, &["x-purser-"])
}

fn kept<const N: usize>(headers: &Headers, dropped: &Names<N>, dropped_starts: &[&str]) -> Headers {
    let of_connection: Vec<String> = headers
        .texts("connection")
        .flat_map(|value| value.split(',').map(str::trim))
        .filter(|name| !["close", "keep-alive"].iter().any(|usual| name.eq_ignore_ascii_case(usual)))
        .map(str::to_ascii_lowercase)
        .collect();
    let is_dropped = |name: &[u8]| {
        OF_THE_CONNECTION.contains(name)
            || dropped.contains(name)
            || dropped_starts.iter().any(|start| name.starts_with(start.as_bytes()))
            || of_connection.iter().any(|named| named.as_bytes() == name)
    };
    let mut out = Headers::with_capacity(headers.len().saturating_add(8), headers.lines().len().saturating_add(256));
    out.append_kept(headers, |name| !is_dropped(name));
    out
}

/// Names to be dropped. The lengths that occur among them tell most other names apart at once.
struct Names<const N: usize> {
    names: [&'static str; N],
    lengths: u64,
}

impl<const N: usize> Names<N> {
    const fn new(names: [&'static str; N]) -> Self {
        let (mut lengths, mut rest): (u64, &[&str]) = (0, &names);
        while let [first, others @ ..] = rest {
            lengths |= bit(first.len());
            rest = others;
        }
        Self { names, lengths }
    }

    fn contains(&self, name: &[u8]) -> bool {
        self.lengths & bit(name.len()) != 0 && self.names.iter().any(|one| one.as_bytes() == name)
    }
}

/// The bit of a length; one bit serves all beyond 62.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "at most 63, and there is no other in const"
)]
const fn bit(length: usize) -> u64 {
    let place = if length < 63 { length } else { 63 };
    1_u64.rotate_left(place as u32)
}

/// Query parameters that are not passed on: credentials, and what would change the shape of the answer or the method.
const NOT_IN_QUERY: [&str; 10] = [
    "key",
    "access_token",
    "oauth_token",
    "api_key",
    "api-key",
    "fields",
    "callback",
    "quotaUser",
    "upload_protocol",
    "uploadType",
];

/// The path and query to send: credentials and whatever would change the shape of the answer (`fields`, `callback`)
/// removed from the query, all else byte for byte.
pub fn forward_target(path_and_query: &str) -> Cow<'_, str> {
    let Some((path, query)) = path_and_query.split_once('?') else { return Cow::Borrowed(path_and_query) };
    let mut target = path.to_owned();
    let mut mark = '?';
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let name = percent_decoded(pair.split_once('=').map_or(pair, |(name, _)| name));
        let name = name.strip_prefix('$').unwrap_or(&name);
        if NOT_IN_QUERY.iter().any(|dropped| name.eq_ignore_ascii_case(dropped)) {
            continue;
        }
        target.push(mark);
        target.push_str(pair);
        mark = '&';
    }
    Cow::Owned(target)
}

/// Is a body with these headers plain, so that it can be read? `content-encoding` absent or `identity`.
pub fn is_plain(headers: &Headers) -> bool {
    headers.all("content-encoding").all(|coding| coding.trim_ascii().eq_ignore_ascii_case(b"identity"))
}

#[cfg(test)]
mod tests {
    use super::{Credential, Headers, forward_headers, forward_target, is_plain, response_headers};
    use crate::dialect::Family;

    fn map(pairs: &[(&str, &str)]) -> Headers {
        let mut map = Headers::default();
        for (name, value) in pairs {
            map.append(name, value);
        }
        map
    }

    fn check(sent: &Headers, expected: &[(&str, &str)]) {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let mut sent: Vec<_> = sent.iter().map(|(name, value)| (text(name), text(value))).collect();
        sent.sort();
        let expected: Vec<_> = expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        assert_eq!(sent, expected);
    }

    #[test]
    fn what_goes_out() {
        let client = map(&[
            ("authorization", "Bearer theirs"),
            ("x-api-key", "theirs"),
            ("anthropic-version", "2026-10-21"),
            ("anthropic-beta", "a,b"),
            ("connection", "close, x-hop"),
            ("x-hop", "1"),
            ("cookie", "c"),
            ("host", "gateway"),
            ("content-length", "9"),
            ("content-type", "application/json"),
            ("openai-organization", "org"),
            ("x-forwarded-for", "10.0.0.1"),
            ("x-purser-run", "r"),
            ("accept-encoding", "gzip"),
            ("x-stainless-lang", "python"),
        ]);
        let ours = Credential::try_new(Family::Anthropic, "ours").unwrap();
        check(
            &forward_headers(&client, Some(&ours)),
            &[
                ("accept-encoding", "identity"),
                ("anthropic-beta", "a,b"),
                ("anthropic-version", "2026-10-21"),
                ("content-type", "application/json"),
                ("x-api-key", "ours"),
                ("x-stainless-lang", "python"),
            ],
        );
    }

    #[test]
    fn credentials_take_the_providers_form() {
        let form = |family| forward_headers(&Headers::default(), Some(&Credential::try_new(family, "k").unwrap()));
        check(&form(Family::OpenAi), &[("accept-encoding", "identity"), ("authorization", "Bearer k")]);
        check(&form(Family::Gemini), &[("accept-encoding", "identity"), ("x-goog-api-key", "k")]);
        assert!(Credential::try_new(Family::OpenAi, "a\nb").is_err());
        let shown = format!("{:?}", Credential::try_new(Family::OpenAi, "secret").unwrap());
        assert!(!shown.contains("secret"), "{shown}");
    }

    #[test]
    fn what_comes_back() {
        let upstream = map(&[
            ("content-type", "text/event-stream"),
            ("transfer-encoding", "chunked"),
            ("set-cookie", "c"),
            ("openai-organization", "org"),
            ("request-id", "req_1"),
            ("retry-after", "3"),
        ]);
        check(
            &response_headers(&upstream),
            &[("content-type", "text/event-stream"), ("request-id", "req_1"), ("retry-after", "3")],
        );
    }

    #[test]
    fn queries_lose_their_credentials() {
        let check = |target: &str, expected: &str| assert_eq!(forward_target(target), expected);
        check("/v1/messages?beta=true", "/v1/messages?beta=true");
        check("/v1/messages", "/v1/messages");
        check("/a?key=k", "/a");
        check("/a?alt=sse&key=k&x=%20", "/a?alt=sse&x=%20");
        check("/a?k%65y=k&alt=sse", "/a?alt=sse");
        check("/a?$fields=candidates&fields=x&alt=sse", "/a?alt=sse");
        check("/a?", "/a");
    }

    #[test]
    fn compressed_bodies_are_told_apart() {
        assert!(is_plain(&map(&[])));
        assert!(is_plain(&map(&[("content-encoding", "identity")])));
        assert!(!is_plain(&map(&[("content-encoding", "gzip")])));
    }
}
