//! What goes out with every page, and how a form shows that it is Purser's own.

use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue};
use purser_control::{Error, MachineRandom, Random};
use purser_core::hex::Hex;
use sha2::{Digest, Sha256};

/// Letters of a form's token: 128 bits.
const TOKEN_CHARS: usize = 32;

/// How much of a page's address goes along with what it leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refer {
    /// Nothing: the address itself is a secret.
    Nobody,
    /// Everything, to Purser itself.
    Ourselves,
}

/// Sets the headers of a page: nothing is fetched from another host, nothing runs or is styled without the page's nonce,
/// nothing is kept on the way, and no other page shows it within itself.
pub(crate) fn protect(headers: &mut HeaderMap, nonce: &str, refer: Refer) {
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; img-src 'self'; connect-src 'self'; \
         form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    );
    let policy = HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"));
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    let referrer = match refer {
        Refer::Nobody => "no-referrer",
        Refer::Ourselves => "same-origin",
    };
    for (name, value) in [
        (CACHE_CONTROL, "no-store"),
        (REFERRER_POLICY, referrer),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

/// 128 random bits in hexadecimal.
///
/// # Errors
/// The machine has none.
pub(crate) fn random() -> Result<String, Error> {
    let mut bytes = [0; 16];
    MachineRandom.fill(&mut bytes)?;
    Ok(Hex(&bytes).to_string())
}

/// What a form of this session carries. Whoever knows it has seen a page of that session.
pub(crate) fn token(session: &str) -> String {
    digest("purser form", session)
}

/// The name of one change of one page: the same form sent twice has the same, another form another one.
pub(crate) fn once(page: &str, form: &str) -> String {
    digest(page, form)
}

/// Compares without telling by its time where the first difference is.
pub(crate) fn same(one: &str, other: &str) -> bool {
    let differs = one.bytes().zip(other.bytes()).fold(0, |all, (one, other)| all | (one ^ other));
    one.len() == other.len() && differs == 0
}

fn digest(what: &str, of: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(what);
    hash.update([0]);
    hash.update(of);
    let mut text = Hex(&hash.finalize()).to_string();
    text.truncate(TOKEN_CHARS);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_those_of_one_session() {
        assert_eq!((token("a").len(), token("a")), (TOKEN_CHARS, token("a")));
        assert_ne!(token("a"), token("b"));
        assert!(same("ab", "ab") && !same("ab", "ac") && !same("ab", "abc") && !same("", "a"));
    }
}
