//! A frame: the records of one group commit, chained by hash to the frame before.

use purser_core::time::Instant;

use crate::number::{FrameNo, Lsn};
use crate::record::Stamped;

/// BLAKE3 of a frame. All zero stands for "before the first frame".
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct FrameHash(pub [u8; 32]);

/// One group commit. Immutable once sealed; `hash` covers everything else, `prev_hash` included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Its number, one more than the frame's before.
    pub no: FrameNo,
    /// The number of its first record.
    pub first_lsn: Lsn,
    /// The instant of its first record; the others are written as differences.
    pub instant: Instant,
    /// Hash of the frame before.
    pub prev_hash: FrameHash,
    /// How many records, at least one.
    pub count: u32,
    /// The records, each with its length and checksum.
    pub payload: Vec<u8>,
    /// BLAKE3 over the header, `prev_hash`, the payload and the count.
    pub hash: FrameHash,
}

/// What one needs to know of the last frame to add the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHead {
    /// Its number.
    pub no: FrameNo,
    /// The number of its last record.
    pub last_lsn: Lsn,
    /// Its hash.
    pub hash: FrameHash,
}

/// Why bytes are not a frame.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The bytes end before the frame does.
    #[error("the bytes end before the frame does")]
    Short,
    /// Something in them is not as written.
    #[error("{0}")]
    Bad(String),
}

impl Frame {
    /// The number of its last record.
    pub fn last_lsn(&self) -> Lsn {
        unimplemented!()
    }
    /// What the next frame needs to know of this one.
    pub fn head(&self) -> FrameHead {
        unimplemented!()
    }
    /// The bytes of the frame, the same in every journal.
    pub fn encode(&self) -> Vec<u8> {
        unimplemented!()
    }
    /// Reads one frame at the start of `bytes`, checks its hash, and tells how many bytes it took.
    pub fn decode(_bytes: &[u8]) -> Result<(Self, usize), FrameError> {
        unimplemented!()
    }
    /// Its records in order; stops after the first that is damaged.
    pub fn records(&self) -> impl Iterator<Item = Result<Stamped, FrameError>> + '_ {
        std::iter::empty()
    }
}

impl std::fmt::Debug for FrameHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

impl std::fmt::Display for FrameHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
