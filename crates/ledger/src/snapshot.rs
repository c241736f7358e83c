//! A state with its place in the journal, so that a start need not replay from the beginning.

use crate::frame::{Frame, FrameHead};
use crate::number::Lsn;

/// The state after record [`lsn`](Self::lsn).
#[derive(Clone, Debug)]
pub struct Snapshot {
    _state: (),
}

/// Why bytes are not a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// Another version wrote them.
    #[error("the snapshot has format {0}, this program knows {known}", known = 1)]
    Version(u8),
    /// They are damaged.
    #[error("the snapshot is damaged: {0}")]
    Damaged(String),
}

impl Snapshot {
    /// The last record in it.
    pub fn lsn(&self) -> Lsn {
        unimplemented!()
    }
    /// The last frame all of whose records are in it; replay starts with the next. `None`: from the first.
    pub fn frame(&self) -> Option<FrameHead> {
        unimplemented!()
    }
    /// Versioned bytes with their BLAKE3.
    pub fn encode(&self) -> Vec<u8> {
        unimplemented!()
    }
    /// Reads [`encode`](Self::encode)'s bytes.
    pub fn decode(_bytes: &[u8]) -> Result<Self, SnapshotError> {
        unimplemented!()
    }
}

/// A state kept by applying frames, beside the live one: for making snapshots without stopping the hot path, and for
/// verifying.
#[derive(Clone, Debug)]
pub struct Replica {
    _state: (),
}

impl Replica {
    /// From a snapshot, or from nothing.
    pub fn new(_snapshot: Option<Snapshot>) -> Self {
        unimplemented!()
    }
    /// Applies the next frame after checking chain, checksums, numbers and rules.
    pub fn apply(&mut self, _frame: &Frame) -> Result<(), crate::VerifyFailure> {
        unimplemented!()
    }
    /// The state reached.
    pub fn snapshot(&self) -> Snapshot {
        unimplemented!()
    }
}
