//! Short texts of digits, put together on the stack: some are written with every answer.

use std::fmt;

/// A short text, put together from its end. What does not fit is left out at the front; callers choose `N` so that all
/// fits.
#[derive(Clone, Copy, Debug)]
pub struct Written<const N: usize> {
    text: [u8; N],
    from: usize,
}

impl<const N: usize> Default for Written<N> {
    fn default() -> Self {
        Self { text: [0; N], from: N }
    }
}

impl<const N: usize> Written<N> {
    /// Puts an ASCII character before what is there.
    #[inline]
    pub fn put(&mut self, byte: u8) {
        debug_assert!(byte.is_ascii());
        if let Some(from) = self.from.checked_sub(1)
            && let Some(place) = self.text.get_mut(from)
        {
            *place = byte;
            self.from = from;
        }
    }

    /// Puts a word of ASCII before what is there.
    pub fn put_word(&mut self, word: &str) {
        word.bytes().rev().for_each(|byte| self.put(byte));
    }

    /// Puts two ASCII characters before what is there.
    #[inline]
    pub(crate) fn put_two(&mut self, two: [u8; 2]) {
        if let Some(from) = self.from.checked_sub(2)
            && let Some(place) = self.text.get_mut(from..self.from)
        {
            place.copy_from_slice(&two);
            self.from = from;
        } else {
            self.put(two[1]);
            self.put(two[0]);
        }
    }

    /// Puts a number before what is there.
    pub fn put_number(&mut self, number: u64) {
        let mut rest = number;
        while rest >= 10 {
            let (before, two) = last_two_digits(rest);
            self.put_two(two);
            rest = before;
        }
        if rest > 0 || number == 0 {
            self.put(last_digit(rest).1);
        }
    }

    /// What was put together.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_ref()).unwrap_or_default()
    }
}

impl<const N: usize> fmt::Display for Written<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A number without its last two digits, and those as ASCII: two at a time take half as many divisions.
#[inline]
pub(crate) fn last_two_digits(number: u64) -> (u64, [u8; 2]) {
    let rest = number.checked_div(100).unwrap_or(0);
    let (ten, one) = last_digit(number.wrapping_sub(rest.wrapping_mul(100)));
    (rest, [last_digit(ten).1, one])
}

/// A number without its last digit, and that digit as ASCII.
#[inline]
pub(crate) fn last_digit(number: u64) -> (u64, u8) {
    let rest = number.checked_div(10).unwrap_or(0);
    let digit = number.wrapping_sub(rest.wrapping_mul(10));
    (rest, digit.to_le_bytes()[0] | b'0')
}

impl<const N: usize> AsRef<[u8]> for Written<N> {
    fn as_ref(&self) -> &[u8] {
        self.text.get(self.from..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::Written;

    #[test]
    fn from_the_end_on() {
        let mut text = Written::<24>::default();
        assert_eq!(text.as_str(), "");
        text.put_number(0);
        text.put(b'-');
        text.put_number(u64::MAX);
        text.put_word("x");
        assert_eq!((text.as_str(), text.as_ref()), ("x18446744073709551615-0", &b"x18446744073709551615-0"[..]));
        text.put_word("abc");
        assert_eq!(text.as_str(), "cx18446744073709551615-0", "the front is left out");
    }
}
