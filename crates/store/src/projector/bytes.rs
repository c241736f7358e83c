//! The few primitives of which packed rows are made: small numbers in few bytes, texts with their length.

use crate::ids::Bits;

/// Seven bits a byte, the lowest first; the top bit says that more follow.
#[inline]
pub(crate) fn put_u64(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(low_byte(number) | 0x80);
        number >>= 7;
    }
    out.push(low_byte(number));
}

/// Signed, small in either direction: 0, -1, 1, -2 … become 0, 1, 2, 3 …
#[inline]
pub(crate) fn put_i64(out: &mut Vec<u8>, number: i64) {
    put_u64(out, (number.cast_unsigned() << 1) ^ (number >> 63).cast_unsigned());
}

pub(crate) fn put_len(out: &mut Vec<u8>, len: usize) {
    put_u64(out, u64::try_from(len).unwrap_or(u64::MAX));
}

pub(crate) fn put_text(out: &mut Vec<u8>, text: &str) {
    put_len(out, text.len());
    out.extend_from_slice(text.as_bytes());
}

const fn low_byte(number: u64) -> u8 {
    number.to_le_bytes()[0]
}

/// Takes from the front of bytes that may be damaged: everything is `None` where they are not what was put.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Input<'a>(pub(crate) &'a [u8]);

impl<'a> Input<'a> {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    #[inline]
    pub(crate) fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    #[inline]
    pub(crate) fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (front, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(front)
    }

    #[inline]
    pub(crate) fn bits(&mut self) -> Option<Bits> {
        let (front, rest) = self.0.split_first_chunk::<16>()?;
        self.0 = rest;
        Some(Bits::new(u128::from_be_bytes(*front)))
    }

    #[inline]
    pub(crate) fn u64(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    #[inline]
    pub(crate) fn i64(&mut self) -> Option<i64> {
        let zigzag = self.u64()?;
        Some((zigzag >> 1).cast_signed() ^ (zigzag & 1).cast_signed().wrapping_neg())
    }

    #[inline]
    pub(crate) fn u32(&mut self) -> Option<u32> {
        u32::try_from(self.u64()?).ok()
    }

    pub(crate) fn len(&mut self) -> Option<usize> {
        usize::try_from(self.u64()?).ok()
    }

    pub(crate) fn text(&mut self) -> Option<&'a str> {
        let len = self.len()?;
        std::str::from_utf8(self.take(len)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_put_is_taken(wide: u64, signed: i64, text: String, more: Vec<u8>) {
            let mut out = Vec::new();
            put_u64(&mut out, wide);
            put_i64(&mut out, signed);
            put_text(&mut out, &text);
            for len in 0..out.len() {
                let mut cut = Input(&out[..len]);
                prop_assert!(cut.u64().and_then(|_| cut.i64()).and_then(|_| cut.text()).is_none(), "cut at {}", len);
            }
            out.extend_from_slice(&more);
            let mut input = Input(&out);
            prop_assert_eq!((input.u64(), input.i64(), input.text()), (Some(wide), Some(signed), Some(&*text)));
            prop_assert_eq!(input.0, &more);
        }
    }
}
