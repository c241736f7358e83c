//! A quick 64-bit hash for cache pieces and for drawing figures from request bytes. Not for secrets.

/// Odd constants with no structure (digits of π and e).
const FIRST: u64 = 0x243f_6a88_85a3_08d3;
const SECOND: u64 = 0xb7e1_5162_8aed_2a6b;

/// Hashes what it is given, piece by piece: the same bytes in other pieces give another value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hasher(u64);

impl Hasher {
    pub(crate) fn new(seed: u64) -> Self {
        Self(mix(seed, FIRST))
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.0 = mix(self.0 ^ u64::from_le_bytes(*word), SECOND);
        }
        let mut last = [0_u8; 8];
        for (place, byte) in last.iter_mut().zip(rest) {
            *place = *byte;
        }
        self.0 = mix(self.0 ^ u64::from_le_bytes(last) ^ bytes.len() as u64, FIRST);
    }

    pub(crate) fn value(self) -> u64 {
        self.0
    }
}

/// Both halves of a wide product, folded.
pub(crate) fn mix(left: u64, right: u64) -> u64 {
    let wide = u128::from(left ^ FIRST) * u128::from(right | 1);
    let bytes = wide.to_le_bytes();
    let (halves, _) = bytes.as_chunks::<8>();
    halves.iter().fold(0, |word, half| word ^ u64::from_le_bytes(*half))
}

/// A draw from `0..=most`, evenly enough for lengths of answers.
pub(crate) fn draw(hash: u64, salt: u64, most: u64) -> u64 {
    let word = mix(hash, salt);
    most.checked_add(1).map_or(word, |span| word % span)
}
