//! What can be counted without knowing where strings start and end, in one fast pass.

/// What bytes are made of.
///
/// In good JSON none of these stand outside of strings, but for control characters between its tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Survey {
    /// Some byte is below a space.
    pub(crate) controls: bool,
    /// Bytes that are not ASCII.
    pub(crate) wide: u64,
    /// `<`, `>`, `&` and `'`.
    pub(crate) markup: u64,
}

/// Counts of a block fit a byte, so that many bytes are counted in one step.
const BLOCK: usize = 224;

impl Survey {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let (mut least, mut all, mut markup) = (u8::MAX, 0_u8, 0_u64);
        for block in bytes.chunks(BLOCK) {
            let mut found = 0_u8;
            for byte in block {
                least = least.min(*byte);
                all |= byte;
                // `<` and `>` differ in one bit, `&` and `'` in another.
                found = found.wrapping_add(u8::from(byte & 0xfd == b'<') | u8::from(byte & 0xfe == b'&'));
            }
            markup = markup.saturating_add(u64::from(found));
        }
        let wide = if all.is_ascii() { 0 } else { bytes.iter().filter(|byte| !byte.is_ascii()).count() };
        Self { controls: least < b' ', wide: u64::try_from(wide).unwrap_or(u64::MAX), markup }
    }
}

#[cfg(test)]
mod tests {
    use super::Survey;

    fn check(text: &str, controls: bool, wide: u64, markup: u64) {
        assert_eq!(Survey::of(text.as_bytes()), Survey { controls, wide, markup }, "{text}");
        let often = text.repeat(1_000);
        let survey = Survey { controls, wide: wide * 1_000, markup: markup * 1_000 };
        assert_eq!(Survey::of(often.as_bytes()), survey, "{text} a thousand times");
    }

    #[test]
    fn surveys() {
        check("", false, 0, 0);
        check("plain text, no markup: %()$;=?!#/", false, 0, 0);
        check("<&'>", false, 0, 4);
        check("é€😀 ~\u{7f}", false, 9, 0);
        check("0123456789 0123456789 0123456789 it's <b>", false, 0, 3);
        check("a\nb", true, 0, 0);
        check("\0", true, 0, 0);
        check("\u{1f} ", true, 0, 0);
    }

    #[test]
    fn each_byte() {
        for byte in 0..=u8::MAX {
            let markup = u64::from(matches!(byte, b'<' | b'>' | b'&' | b'\''));
            let expected = Survey { controls: byte < 0x20, wide: u64::from(byte >= 0x80), markup };
            assert_eq!(Survey::of(&[byte]), expected, "{byte}");
        }
    }
}
