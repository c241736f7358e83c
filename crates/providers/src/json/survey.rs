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

/// Bytes that are looked at side by side: one vector of every processor we run on.
const LANES: usize = 16;
/// Counts of a block fit a byte in each lane.
const BLOCK: usize = 255 * LANES;

impl Survey {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let mut lanes = Lanes { least: [u8::MAX; LANES], all: [0; LANES], markup: [0; LANES] };
        let mut markup = 0_u64;
        for block in bytes.chunks(BLOCK) {
            let (rows, rest) = block.as_chunks::<LANES>();
            for row in rows {
                lanes.add(row);
            }
            lanes.add(rest);
            let found = std::mem::take(&mut lanes.markup);
            markup = markup.saturating_add(found.iter().map(|found| u64::from(*found)).sum());
        }
        let wide = if lanes.all.is_ascii() { 0 } else { bytes.iter().filter(|byte| !byte.is_ascii()).count() };
        let controls = lanes.least.iter().any(|least| *least < b' ');
        Self { controls, wide: u64::try_from(wide).unwrap_or(u64::MAX), markup }
    }
}

/// What was found in each lane.
struct Lanes {
    least: [u8; LANES],
    all: [u8; LANES],
    markup: [u8; LANES],
}

impl Lanes {
    /// Looks at a byte in each lane; a shorter row leaves the last lanes out.
    #[inline]
    fn add(&mut self, row: &[u8]) {
        let lanes = self.least.iter_mut().zip(&mut self.all).zip(&mut self.markup);
        for (((least, all), markup), byte) in lanes.zip(row) {
            *least = (*least).min(*byte);
            *all |= byte;
            *markup = markup.wrapping_add(is_markup(*byte));
        }
    }
}

/// One for a byte of markup. `<` and `>` differ in one bit, `&` and `'` in another.
fn is_markup(byte: u8) -> u8 {
    u8::from(byte & 0xfd == b'<') | u8::from(byte & 0xfe == b'&')
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
