//! Signatures of webhooks: Standard Webhooks 1.0, symmetric. What is signed is `id.timestamp.body`, with HMAC-SHA-256
//! under the secret's bytes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;

/// Starts every secret.
pub(super) const SECRET_PREFIX: &str = "whsec_";
/// The version of a signature, before its base64.
const VERSION: &str = "v1,";
/// Signatures looked at: whoever rotates sends two.
const SIGNATURES_MAX: usize = 8;

/// A secret as it is shown: its bytes in base64 behind the prefix.
pub(super) fn secret_text(secret: &[u8; 32]) -> String {
    format!("{SECRET_PREFIX}{}", STANDARD.encode(secret))
}

/// Is one of the signatures in a header that of this message?
pub(super) fn is_signed(secret: &[u8; 32], id: &str, timestamp: &str, body: &[u8], header: &str) -> bool {
    let message = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat();
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let given = header.split(' ').take(SIGNATURES_MAX).filter_map(|one| one.strip_prefix(VERSION));
    let given = given.filter_map(|text| STANDARD.decode(text.trim()).ok());
    // None is left out early: how long it takes tells nothing of how much was right.
    given.fold(false, |any, given| any | hmac::verify(&key, &message, &given).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sign(secret: &[u8], message: &[u8]) -> Vec<u8> {
        hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message).as_ref().to_vec()
    }

    #[test]
    fn only_the_message_that_was_signed_is_signed() {
        let secret = [7; 32];
        let right = format!("v1,{}", STANDARD.encode(sign(&secret, b"msg_1.1700000000.{}")));
        let signed = |id, time, body: &[u8], header: &str| is_signed(&secret, id, time, body, header);
        assert!(signed("msg_1", "1700000000", b"{}", &right));
        assert!(signed("msg_1", "1700000000", b"{}", &format!("v1,AAAA v1a,AAAA {right}")), "one of several");
        for header in
            ["", "v1,", "v1a,AAAA", "v1,not base64", right.trim_start_matches("v1,"), &right[..right.len() - 4]]
        {
            assert!(!signed("msg_1", "1700000000", b"{}", header), "{header}");
        }
        assert!(!signed("msg_2", "1700000000", b"{}", &right) && !signed("msg_1", "1700000001", b"{}", &right));
        assert!(
            !signed("msg_1", "1700000000", b"{ }", &right)
                && !is_signed(&[8; 32], "msg_1", "1700000000", b"{}", &right)
        );
        assert!(secret_text(&secret).starts_with("whsec_BwcHBwcH"));
    }
}
