//! Bytes of the journal, read by the format's documentation alone.

/// What was read so far, and what is left.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bytes<'a> {
    left: &'a [u8],
}

/// The bytes do not hold what was looked for.
pub(super) type Read<T> = Result<T, String>;

impl<'a> Bytes<'a> {
    pub(super) fn new(left: &'a [u8]) -> Self {
        Self { left }
    }

    pub(super) fn left(&self) -> &'a [u8] {
        self.left
    }

    pub(super) fn take(&mut self, len: usize) -> Read<&'a [u8]> {
        if self.left.len() < len {
            return Err(format!("{len} bytes are wanted and {} are left", self.left.len()));
        }
        let (front, rest) = self.left.split_at(len);
        self.left = rest;
        Ok(front)
    }

    pub(super) fn byte(&mut self) -> Read<u8> {
        Ok(self.take(1)?[0])
    }

    /// A number of fixed width, its lowest byte first.
    pub(super) fn little(&mut self, width: usize) -> Read<u128> {
        Ok(self.take(width)?.iter().rev().fold(0, |number, byte| (number << 8) | u128::from(*byte)))
    }

    /// A number of fixed width, its highest byte first.
    pub(super) fn big(&mut self, width: usize) -> Read<u128> {
        Ok(self.take(width)?.iter().fold(0, |number, byte| (number << 8) | u128::from(*byte)))
    }

    /// Seven bits a byte, the lowest first; the top bit says that more follow.
    pub(super) fn small(&mut self) -> Read<u64> {
        let mut number = 0_u128;
        for place in 0..10 {
            let byte = self.byte()?;
            number += u128::from(byte % 128) << (7 * place);
            if byte < 128 {
                return u64::try_from(number).map_err(|_| "a number has more than 64 bits".to_owned());
            }
        }
        Err("a number does not end".to_owned())
    }

    /// Zigzag: 0, -1, 1, -2 … are written as 0, 1, 2, 3 …
    pub(super) fn signed(&mut self) -> Read<i128> {
        let code = i128::from(self.small()?);
        Ok(if code % 2 == 0 { code / 2 } else { -(code + 1) / 2 })
    }

    /// A count of things.
    pub(super) fn count(&mut self) -> Read<usize> {
        usize::try_from(self.small()?).map_err(|_| "a count is absurd".to_owned())
    }

    /// Bytes with their length before them.
    pub(super) fn counted(&mut self) -> Read<&'a [u8]> {
        let len = self.count()?;
        self.take(len)
    }

    pub(super) fn narrow(&mut self) -> Read<u32> {
        u32::try_from(self.small()?).map_err(|_| "a number has more than 32 bits".to_owned())
    }

    pub(super) fn end(&self) -> Read<()> {
        if self.left.is_empty() { Ok(()) } else { Err(format!("{} bytes are left over", self.left.len())) }
    }
}

/// CRC-32 (IEEE 802.3), bit by bit: slow, short, and nobody else's.
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_primitives_are_those_of_the_format() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926, "the check value of the polynomial");
        let mut bytes = Bytes::new(&[0xac, 0x02, 0x01, 0x02, 0x34, 0x12]);
        assert_eq!(bytes.small(), Ok(300));
        assert_eq!((bytes.signed(), bytes.signed()), (Ok(-1), Ok(1)));
        assert_eq!(bytes.little(2), Ok(0x1234));
        assert!(bytes.byte().is_err());
        assert!(bytes.end().is_ok());
    }
}
