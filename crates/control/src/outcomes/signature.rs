//! Signatures of webhooks: Standard Webhooks 1.0, symmetric. What is signed is `id.timestamp.body`, with HMAC-SHA-256
//! (RFC 2104) under the secret's bytes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// Starts every secret.
pub(super) const SECRET_PREFIX: &str = "whsec_";
/// The version of a signature, before its base64.
const VERSION: &str = "v1,";
/// Bytes of a block of SHA-256.
const BLOCK: usize = 64;
/// Signatures looked at: whoever rotates sends two.
const SIGNATURES_MAX: usize = 8;

/// A secret as it is shown: its bytes in base64 behind the prefix.
pub(super) fn secret_text(secret: &[u8; 32]) -> String {
    format!("{SECRET_PREFIX}{}", STANDARD.encode(secret))
}

/// Is one of the signatures in a header that of this message?
pub(super) fn is_signed(secret: &[u8; 32], id: &str, timestamp: &str, body: &[u8], header: &str) -> bool {
    let message = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat();
    let right = hmac(secret, &message);
    let given = header.split(' ').take(SIGNATURES_MAX).filter_map(|one| one.strip_prefix(VERSION));
    let given = given.filter_map(|text| STANDARD.decode(text.trim()).ok());
    // None is left out early: how long it takes tells nothing of how much was right.
    given.fold(false, |any, given| any | same(&right, &given))
}

fn same(right: &[u8; 32], given: &[u8]) -> bool {
    given.len() == right.len() && right.iter().zip(given).fold(0, |all, (a, b)| all | (a ^ b)) == 0
}

fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut block = [0_u8; BLOCK];
    if key.len() > BLOCK {
        let hashed: [u8; 32] = Sha256::digest(key).into();
        block.iter_mut().zip(hashed).for_each(|(place, byte)| *place = byte);
    } else {
        block.iter_mut().zip(key).for_each(|(place, byte)| *place = *byte);
    }
    let inner = Sha256::new().chain_update(block.map(|byte| byte ^ 0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(block.map(|byte| byte ^ 0x5c)).chain_update(inner).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
    }

    /// RFC 4231, cases 1, 2 and 6.
    #[test]
    fn codes_are_those_of_the_rfc() {
        let cases: [(&[u8], &[u8], &str); 3] = [
            (&[0x0b; 20], b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
            (
                b"Jefe",
                b"what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                &[0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
        ];
        for (key, message, code) in cases {
            assert_eq!(hmac(key, message).to_vec(), bytes(code));
        }
    }

    #[test]
    fn only_the_message_that_was_signed_is_signed() {
        let secret = [7; 32];
        let right = format!("v1,{}", STANDARD.encode(hmac(&secret, b"msg_1.1700000000.{}")));
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
