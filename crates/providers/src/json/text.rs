//! Strings as they stand in JSON.

use std::borrow::Cow;

use super::What;

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
        match std::str::from_utf8(self.raw) {
            _ if self.escaped => Cow::Owned(unescape(self.raw)),
            Ok(text) => Cow::Borrowed(text),
            Err(_) => String::from_utf8_lossy(self.raw),
        }
    }

    /// The bytes of the text: a key is compared faster than it is found to be UTF-8.
    pub(crate) fn name(&self) -> Cow<'a, [u8]> {
        if self.escaped { Cow::Owned(unescape(self.raw).into_bytes()) } else { Cow::Borrowed(self.raw) }
    }

    /// Is it this text?
    pub(crate) fn is(&self, text: &str) -> bool {
        if self.escaped { unescape(self.raw) == text } else { self.raw == text.as_bytes() }
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

/// Bytes of the escape that `rest` starts with, and of what it stands for.
pub(crate) fn escape(rest: &[u8]) -> Result<(usize, u64), What> {
    match rest.get(1) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok((2, 1)),
        Some(b'u') => match rest.get(2..).and_then(four_hex) {
            Some(unit) => Ok((6, utf8_len(unit))),
            None => Err(What::Expected("four hexadecimal digits")),
        },
        Some(_) => Err(What::Expected("a known escape")),
        None => Err(What::Ended),
    }
}

/// How far the string goes whose opening quote stands before `bytes`: bytes to its closing quote, and of its decoded
/// text as [`Str::decoded_len`] counts them. `None` where it does not end or is no JSON.
pub(crate) fn string_len(bytes: &[u8]) -> Option<(usize, u64)> {
    let mut at: usize = 0;
    // Bytes that stand for something else, less what they stand for.
    let mut escaping: u64 = 0;
    loop {
        let rest = bytes.get(at..)?;
        at = at.saturating_add(plain_len(rest, true));
        match bytes.get(at)? {
            b'"' => return Some((at, u64::try_from(at).ok()?.saturating_sub(escaping))),
            b'\\' => {
                let (len, decoded) = escape(bytes.get(at..)?).ok()?;
                escaping = escaping.saturating_add(u64::try_from(len).ok()?.saturating_sub(decoded));
                at = at.saturating_add(len);
            }
            _ => return None,
        }
    }
}

/// Keys and texts of one event are short and are searched eight bytes at a time, which has no start-up; what is longer, by
/// vector instructions.
const SHORT: usize = 32;

/// Where among these bytes is the first quote, backslash or control character?
#[inline]
fn special(eight: [u8; 8]) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const TOPS: u64 = 0x8080_8080_8080_8080;
    // The top bit of each byte that is below `bound` (at most 0x80), right up to the lowest such byte.
    let below = |word: u64, bound: u64| word.wrapping_sub(ONES.wrapping_mul(bound)) & !word & TOPS;
    let is = |word: u64, byte: u8| below(word ^ ONES.wrapping_mul(u64::from(byte)), 1);
    let word = u64::from_le_bytes(eight);
    // With this bit turned, the quote comes right behind the control characters.
    let found = below(word ^ ONES.wrapping_mul(0x02), 0x21) | is(word, b'\\');
    if found == 0 { None } else { usize::try_from(found.trailing_zeros().wrapping_shr(3)).ok() }
}

/// Bytes before the closing quote of a string that is short and has no escapes; `bytes` starts behind its opening quote.
#[inline]
pub(crate) fn short_len(bytes: &[u8]) -> Option<usize> {
    let (words, _) = bytes.as_chunks::<8>();
    let (place, word) =
        words.iter().take(SHORT / 8).enumerate().find_map(|(at, eight)| Some((special(*eight)?, at)))?;
    let len = word.wrapping_mul(8).wrapping_add(place);
    (*bytes.get(len)? == b'"').then_some(len)
}

/// Bytes before the first quote or backslash, or control character if there may be any.
#[inline]
pub(crate) fn plain_len(bytes: &[u8], controls: bool) -> usize {
    let mut len: usize = 0;
    let mut rest = bytes;
    while let Some((eight, after)) = rest.split_first_chunk::<8>() {
        if let Some(place) = special(*eight) {
            return len.saturating_add(place);
        }
        len = len.saturating_add(8);
        rest = after;
        if len >= SHORT {
            return len.saturating_add(long_plain_len(rest, controls));
        }
    }
    len.saturating_add(rest.iter().take_while(|byte| is_plain(**byte)).count())
}

fn long_plain_len(bytes: &[u8], controls: bool) -> usize {
    let stop = memchr::memchr2(b'"', b'\\', bytes).unwrap_or(bytes.len());
    let plain = bytes.get(..stop).unwrap_or_default();
    if controls && plain.iter().copied().fold(u8::MAX, u8::min) < b' ' {
        return plain.iter().take_while(|byte| is_plain(**byte)).count();
    }
    stop
}

fn is_plain(byte: u8) -> bool {
    byte >= b' ' && !matches!(byte, b'"' | b'\\')
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
    use super::{Str, string_len};

    fn check(raw: &str, text: &str) {
        let str = Str { raw: raw.as_bytes(), escaped: raw.contains('\\') };
        assert_eq!(str.text(), text);
        assert_eq!(str.decoded_len(), u64::try_from(text.len()).unwrap(), "{raw}");
    }

    fn check_end(bytes: &[u8], expected: Option<(usize, u64)>) {
        assert_eq!(string_len(bytes), expected, "{bytes:?}");
    }

    #[test]
    fn ends_of_strings() {
        check_end(b"\"", Some((0, 0)));
        check_end(b"", None);
        check_end(b"open", None);
        check_end(b"open and longer than eight", None);
        check_end(b"a\nb\"", None);
        check_end(b"\\x\"", None);
        check_end(b"\\u12\"", None);
        check_end(b"\\", None);
        for text in [
            "plain",
            "a somewhat longer text",
            r#"a\n\t\"\\\/b"#,
            r"\u00e9\u20ac and more",
            r"\ud83d\ude00",
            "é€😀\u{7f}",
        ] {
            let str = Str { raw: text.as_bytes(), escaped: text.contains('\\') };
            for pad in 0..9 {
                let padded = format!("{}{text}\",\n", "-".repeat(pad));
                let ahead = u64::try_from(pad).unwrap();
                check_end(padded.as_bytes(), Some((pad + text.len(), ahead + str.decoded_len())));
            }
        }
        for control in 0_u8..0x20 {
            check_end(&[b'a', b'b', control, b'c', b'd', b'e', b'f', b'g', b'"'], None);
        }
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
