//! gzip without compressing: stored blocks. A client cannot tell, and a stream's events can be flushed one by one.

use crc32fast::Hasher;

/// A gzip member that is written piece by piece.
pub(crate) struct Gzip {
    check: Hasher,
    length: u32,
    begun: bool,
}

/// Longest stored block.
const BLOCK_BYTES: usize = 0xffff;

impl Gzip {
    pub(crate) fn new() -> Self {
        Self { check: Hasher::new(), length: 0, begun: false }
    }

    /// Appends `piece`, readable as soon as it arrives; with `last` the member ends.
    pub(crate) fn write(&mut self, piece: &[u8], last: bool, to: &mut Vec<u8>) {
        if !self.begun {
            to.extend_from_slice(&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
            self.begun = true;
        }
        for block in piece.chunks(BLOCK_BYTES) {
            stored(block, false, to);
        }
        self.check.update(piece);
        // The trailer holds the length modulo 2³².
        self.length = piece
            .chunks(BLOCK_BYTES)
            .fold(self.length, |length, block| length.wrapping_add(u32::try_from(block.len()).unwrap_or_default()));
        if last {
            stored(&[], true, to);
            to.extend_from_slice(&self.check.clone().finalize().to_le_bytes());
            to.extend_from_slice(&self.length.to_le_bytes());
        }
    }
}

fn stored(block: &[u8], last: bool, to: &mut Vec<u8>) {
    let length = u16::try_from(block.len()).unwrap_or_default();
    to.push(u8::from(last));
    to.extend_from_slice(&length.to_le_bytes());
    to.extend_from_slice(&(!length).to_le_bytes());
    to.extend_from_slice(block);
}
