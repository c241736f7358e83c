//! A plain hash for keys that are random already.
//!
//! Ids have 80 random bits and key hashes are SHA-256, so strangers can't choose entries that collide; a keyed hash
//! would only cost time, and a hash seeded at start would order the same directory differently on each node. The names in
//! a price book are found by it too: who writes price lists has nothing to gain by them.

use std::hash::Hasher;

/// Odd, with bits all over: the 64-bit golden ratio.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mix(u64);

impl Mix {
    fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(23) ^ word).wrapping_mul(SPREAD);
    }
}

impl Hasher for Mix {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.add(u64::from_le_bytes(*word));
        }
        for byte in rest {
            self.add(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, word: u64) {
        self.add(word);
    }

    fn finish(&self) -> u64 {
        // The maps look at the low bits first; multiplying moved what matters to the high ones.
        self.0 ^ (self.0 >> 32)
    }
}
