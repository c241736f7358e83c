//! Strings as they stand in JSON.

use std::borrow::Cow;

/// A string between its quotes, still escaped.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Str<'a> {
    /// Bytes between the quotes.
    pub(crate) raw: &'a [u8],
    /// Has at least one backslash.
    pub(crate) escaped: bool,
}

impl<'a> Str<'a> {
    /// The text; what cannot be decoded becomes the replacement character.
    pub(crate) fn text(&self) -> Cow<'a, str> {
        if self.escaped { Cow::Owned(unescape(self.raw)) } else { String::from_utf8_lossy(self.raw) }
    }

    /// Bytes of the decoded text, counted without decoding it: exact but for lone surrogates.
    pub(crate) fn decoded_len(&self) -> u64 {
        if !self.escaped {
            return u64::try_from(self.raw.len()).unwrap_or(u64::MAX);
        }
        let mut bytes = self.raw.iter();
        let mut len: u64 = 0;
        while let Some(byte) = bytes.next() {
            let step = if *byte == b'\\' && bytes.next() == Some(&b'u') {
                let point = four_hex(bytes.as_slice()).unwrap_or(0);
                let _ = bytes.nth(3);
                utf8_len(point)
            } else {
                1
            };
            len = len.saturating_add(step);
        }
        len
    }
}

/// UTF-8 bytes of a UTF-16 unit; a surrogate counts for half of the four bytes of its pair.
pub(crate) const fn utf8_len(unit: u16) -> u64 {
    match unit {
        0..=0x7f => 1,
        0x80..=0x7ff | 0xd800..=0xdfff => 2,
        _ => 3,
    }
}

/// The number written in the first four bytes.
pub(crate) fn four_hex(bytes: &[u8]) -> Option<u16> {
    let digits = bytes.get(..4)?;
    digits.iter().try_fold(0_u16, |value, digit| {
        let digit = char::from(*digit).to_digit(16)?;
        value.checked_mul(16)?.checked_add(u16::try_from(digit).ok()?)
    })
}

fn unescape(raw: &[u8]) -> String {
    let mut out = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(slash) = memchr::memchr(b'\\', rest) {
        let (plain, after) = rest.split_at_checked(slash).unwrap_or((rest, &[]));
        out.extend_from_slice(plain);
        let code = after.get(1).copied().unwrap_or(b'\\');
        rest = after.get(2..).unwrap_or_default();
        match code {
            b'u' => {
                let (point, used) = code_point(rest);
                rest = rest.get(used..).unwrap_or_default();
                let mut buffer = [0_u8; 4];
                out.extend_from_slice(point.encode_utf8(&mut buffer).as_bytes());
            }
            b'n' => out.push(b'\n'),
            b't' => out.push(b'\t'),
            b'r' => out.push(b'\r'),
            b'b' => out.push(8),
            b'f' => out.push(12),
            other => out.push(other),
        }
    }
    out.extend_from_slice(rest);
    match String::from_utf8(out) {
        Ok(text) => text,
        Err(bad) => String::from_utf8_lossy(bad.as_bytes()).into_owned(),
    }
}

/// The character after `\u`, a surrogate pair included, and how many bytes it took.
fn code_point(bytes: &[u8]) -> (char, usize) {
    let Some(first) = four_hex(bytes) else { return (char::REPLACEMENT_CHARACTER, bytes.len().min(4)) };
    if let Some(point) = char::from_u32(u32::from(first)) {
        return (point, 4);
    }
    let second = bytes.get(4..).and_then(|rest| rest.strip_prefix(b"\\u")).and_then(four_hex);
    match second.and_then(|second| char::decode_utf16([first, second]).next()?.ok()) {
        Some(point) => (point, 10),
        None => (char::REPLACEMENT_CHARACTER, 4),
    }
}

#[cfg(test)]
mod tests {
    use super::Str;

    fn check(raw: &str, text: &str) {
        let str = Str { raw: raw.as_bytes(), escaped: raw.contains('\\') };
        assert_eq!(str.text(), text);
        assert_eq!(str.decoded_len(), u64::try_from(text.len()).unwrap(), "{raw}");
    }

    #[test]
    fn escapes_are_decoded() {
        check("plain", "plain");
        check(r#"a\n\t\"\\\/b"#, "a\n\t\"\\/b");
        check(r"\u00e9\u20ac", "é€");
        check(r"\ud83d\ude00", "😀");
        check("é€😀", "é€😀");
    }
}
