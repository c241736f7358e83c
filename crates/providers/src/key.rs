//! Where clients put their key.

use std::borrow::Cow;
use std::fmt;

use crate::header_list::Headers;

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
pub fn client_key<'a>(headers: &'a Headers, query: Option<&'a str>) -> Option<ClientKey<'a>> {
    client_keys(headers, query).next()
}

/// Every key presented, in the order `Authorization: Bearer`, `x-api-key`, `x-goog-api-key`, `api-key`, `?key=`. A
/// client may present several (Claude Code sends both of its environment variables), so a caller that does not know
/// the first tries the next.
pub fn client_keys<'a>(headers: &'a Headers, query: Option<&'a str>) -> impl Iterator<Item = ClientKey<'a>> {
    let bearer = headers.texts("authorization").filter_map(bearer);
    let named = KEY_HEADERS.iter().flat_map(|name| headers.texts(name));
    let in_headers = bearer.chain(named).map(|key| Cow::Borrowed(key.trim()));
    let in_query = query.into_iter().flat_map(parameters).filter(|(name, _)| name == "key").map(|(_, value)| value);
    in_headers.chain(in_query).filter(|key| !key.is_empty()).map(ClientKey)
}

/// Headers that hold a key and nothing else.
pub(crate) const KEY_HEADERS: [&str; 3] = ["x-api-key", "x-goog-api-key", "api-key"];

fn bearer(value: &str) -> Option<&str> {
    let (scheme, key) = value.trim_start().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(key)
}

/// The parameters of a query, decoded.
pub(crate) fn parameters(query: &str) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (percent_decoded(name), percent_decoded(value))
    })
}

/// Text with `%41` and `+` decoded. What is not an escape stays.
pub(crate) fn percent_decoded(text: &str) -> Cow<'_, str> {
    if !text.bytes().any(|byte| matches!(byte, b'%' | b'+')) {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match (byte, after.split_at_checked(2)) {
            (b'%', Some(([high, low], beyond))) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                let value = digit(*high).zip(digit(*low)).map(|(high, low)| high.wrapping_shl(4) | low);
                out.push(value.unwrap_or(b'%'));
                rest = beyond;
            }
            (b'+', _) => out.push(b' '),
            _ => out.push(*byte),
        }
    }
    Cow::Owned(String::from_utf8_lossy(&out).into_owned())
}

#[cfg(test)]
mod tests {
    use super::{Headers, client_key, client_keys, percent_decoded};

    fn check(headers: &[(&'static str, &str)], query: Option<&str>, expected: &[&str]) {
        let mut map = Headers::default();
        for (name, value) in headers {
            map.append(name, value);
        }
        let keys: Vec<_> = client_keys(&map, query).map(|key| key.as_str().to_owned()).collect();
        assert_eq!(keys, expected);
        assert_eq!(client_key(&map, query).map(|key| key.as_str().to_owned()).as_deref(), expected.first().copied());
    }

    #[test]
    fn keys_are_found_wherever_clients_put_them() {
        check(&[("authorization", "Bearer abc")], None, &["abc"]);
        check(&[("authorization", "bearer  abc ")], None, &["abc"]);
        check(&[("x-api-key", "abc")], None, &["abc"]);
        check(&[("x-goog-api-key", "abc")], None, &["abc"]);
        check(&[("api-key", "abc")], None, &["abc"]);
        check(&[], Some("alt=sse&key=abc"), &["abc"]);
        check(&[], Some("k%65y=a%62c"), &["abc"]);
        check(&[("x-api-key", "two"), ("authorization", "Bearer one")], Some("key=three"), &["one", "two", "three"]);
    }

    #[test]
    fn no_key_is_no_key() {
        check(&[], None, &[]);
        check(&[("authorization", "Basic abc"), ("x-api-key", " ")], Some("key=&monkey=x"), &[]);
    }

    #[test]
    fn a_key_does_not_show_itself() {
        let map = Headers::from([("x-api-key", "secret")]);
        assert_eq!(format!("{:?}", client_key(&map, None).unwrap()), "ClientKey(..)");
    }

    #[test]
    fn percent_escapes() {
        assert_eq!(percent_decoded("a%2Fb+c%"), "a/b c%");
        assert_eq!(percent_decoded("%zz%4"), "%zz%4");
    }
}
