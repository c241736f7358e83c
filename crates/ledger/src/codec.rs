//! The few primitives of which records, frames and snapshots are made: little endian, small numbers in few bytes.
//!
//! A varint has seven bits a byte, low bits first, the top bit says that more follows. Each number has exactly one
//! form: a longer one than needed is refused, so equal values have equal bytes and equal hashes.

use purser_core::id::CommandId;
use purser_core::money::Nano;

/// The bytes are not what a writer of this crate writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct CodecError(pub(crate) &'static str);

pub(crate) fn put_u64(out: &mut Vec<u8>, mut number: u64) {
    loop {
        let low = u8::try_from(number & 0x7f).unwrap_or(0);
        number >>= 7;
        if number == 0 {
            out.push(low);
            return;
        }
        out.push(low | 0x80);
    }
}

pub(crate) fn put_u32(out: &mut Vec<u8>, number: u32) {
    put_u64(out, u64::from(number));
}

pub(crate) fn put_len(out: &mut Vec<u8>, len: usize) {
    put_u64(out, u64::try_from(len).unwrap_or(u64::MAX));
}

/// Signed, small in either direction: 0, -1, 1, -2 … become 0, 1, 2, 3 …
pub(crate) fn put_i64(out: &mut Vec<u8>, number: i64) {
    put_u64(out, (number.cast_unsigned() << 1) ^ (number >> 63).cast_unsigned());
}

pub(crate) fn put_nano(out: &mut Vec<u8>, amount: Nano) {
    put_i64(out, amount.get());
}

pub(crate) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_len(out, bytes.len());
    out.extend_from_slice(bytes);
}

pub(crate) fn put_command(out: &mut Vec<u8>, command: CommandId) {
    out.extend_from_slice(&command.get().to_le_bytes());
}

/// Takes bytes from the front. Never panics, never allocates by a length it has not seen the bytes of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        self.0
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    #[inline]
    pub(crate) fn u8(&mut self) -> Result<u8, CodecError> {
        let (first, rest) = self.0.split_first().ok_or(CodecError("the bytes end early"))?;
        self.0 = rest;
        Ok(*first)
    }

    #[inline]
    pub(crate) fn take(&mut self, len: usize) -> Result<&'a [u8], CodecError> {
        let (front, rest) = self.0.split_at_checked(len).ok_or(CodecError("the bytes end early"))?;
        self.0 = rest;
        Ok(front)
    }

    #[inline]
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], CodecError> {
        let (front, rest) = self.0.split_first_chunk::<N>().ok_or(CodecError("the bytes end early"))?;
        self.0 = rest;
        Ok(*front)
    }

    #[inline]
    pub(crate) fn u64(&mut self) -> Result<u64, CodecError> {
        let mut number = 0_u64;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.u8()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return Err(CodecError("a number has more than 64 bits"));
            }
            number |= bits << shift;
            if byte & 0x80 == 0 {
                if byte == 0 && shift > 0 {
                    return Err(CodecError("a number is longer than it must be"));
                }
                return Ok(number);
            }
        }
        Err(CodecError("a number has more than 64 bits"))
    }

    #[inline]
    pub(crate) fn u32(&mut self) -> Result<u32, CodecError> {
        u32::try_from(self.u64()?).map_err(|_| CodecError("a number has more than 32 bits"))
    }

    #[inline]
    pub(crate) fn i64(&mut self) -> Result<i64, CodecError> {
        let zigzag = self.u64()?;
        Ok((zigzag >> 1).cast_signed() ^ (zigzag & 1).cast_signed().wrapping_neg())
    }

    #[inline]
    pub(crate) fn nano(&mut self) -> Result<Nano, CodecError> {
        self.i64().map(Nano::new)
    }

    /// A count of things of at least one byte each, so that a lying count can't make us reserve memory.
    pub(crate) fn len(&mut self) -> Result<usize, CodecError> {
        let len = usize::try_from(self.u64()?).map_err(|_| CodecError("a length is out of range"))?;
        if len > self.0.len() { Err(CodecError("a length runs past the end")) } else { Ok(len) }
    }

    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], CodecError> {
        let len = self.len()?;
        self.take(len)
    }

    pub(crate) fn command(&mut self) -> Result<CommandId, CodecError> {
        Ok(CommandId::new(u128::from_le_bytes(self.array()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_read_back(signed: i64, unsigned: u64) {
            let mut out = Vec::new();
            put_i64(&mut out, signed);
            put_u64(&mut out, unsigned);
            let mut reader = Reader::new(&out);
            prop_assert_eq!(reader.i64(), Ok(signed));
            prop_assert_eq!(reader.u64(), Ok(unsigned));
            prop_assert!(reader.is_empty());
        }

        #[test]
        fn strangers_bytes_never_panic(bytes: Vec<u8>) {
            let mut reader = Reader::new(&bytes);
            while reader.u64().is_ok() {}
            let _ = Reader::new(&bytes).bytes();
        }
    }

    #[test]
    fn a_number_has_one_form() {
        assert!(Reader::new(&[0x80, 0x00]).u64().is_err());
        assert!(Reader::new(&[0xff; 10]).u64().is_err());
        assert_eq!(Reader::new(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]).u64(), Ok(u64::MAX));
    }
}
