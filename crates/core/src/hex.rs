//! Bytes as hexadecimal digits, in small letters.

use std::fmt;

/// Bytes that show themselves in digits.
#[derive(Clone, Copy, Debug)]
pub struct Hex<'a>(pub &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The bytes that small digits stand for; `None` where the text is something else.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' | b'a'..=b'f' => char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok()),
        _ => None,
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let bytes = pairs.iter().map(|[high, low]| Some((digit(*high)? << 4) | digit(*low)?));
    if rest.is_empty() { bytes.collect() } else { None }
}

#[cfg(test)]
mod tests {
    use super::{Hex, unhex};

    #[test]
    fn there_and_back() {
        let all: Vec<u8> = (0..=u8::MAX).collect();
        let text = Hex(&all).to_string();
        assert!(text.starts_with("000102") && text.ends_with("fdfeff"));
        assert_eq!(unhex(&text), Some(all));
        assert_eq!(unhex(""), Some(Vec::new()));
        for no in ["0", "0g", "0A", "+1", "é"] {
            assert_eq!(unhex(no), None, "{no}");
        }
    }
}
