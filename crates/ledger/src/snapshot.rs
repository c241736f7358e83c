//! A state with its place in the journal, so that a start need not replay from the beginning.

use crate::codec::Reader;
use crate::frame::{FrameHash, FrameHead};
use crate::number::{FrameNo, Lsn};
use crate::state::State;

/// The state after record [`lsn`](Self::lsn).
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub(crate) state: State,
    pub(crate) frame: Option<FrameHead>,
}

/// Why bytes are not a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// Another version wrote them.
    #[error("the snapshot has format {0}, this program knows {known}", known = Snapshot::VERSION)]
    Version(u8),
    /// They are damaged.
    #[error("the snapshot is damaged: {0}")]
    Damaged(String),
}

impl Snapshot {
    /// Format of the bytes. A new one means a new number; an old snapshot is then made anew from the journal.
    pub const VERSION: u8 = 2;

    /// The last record in it.
    pub fn lsn(&self) -> Lsn {
        self.state.lsn()
    }

    /// The last frame all of whose records are in it; replay starts with the next. `None`: from the first.
    pub fn frame(&self) -> Option<FrameHead> {
        self.frame
    }

    /// Hash over the state. Equal states have equal digests.
    pub fn digest(&self) -> FrameHash {
        self.state.digest()
    }

    /// Versioned bytes with their BLAKE3.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![Self::VERSION];
        let head = self.frame.unwrap_or(FrameHead { no: FrameNo(0), last_lsn: Lsn(0), hash: FrameHash::default() });
        out.extend_from_slice(&head.no.0.to_le_bytes());
        out.extend_from_slice(&head.last_lsn.0.to_le_bytes());
        out.extend_from_slice(&head.hash.0);
        self.state.encode_behind(&mut out);
        let hash = blake3::hash(&out);
        out.extend_from_slice(hash.as_bytes());
        out
    }

    /// Reads [`encode`](Self::encode)'s bytes, and audits what they say.
    pub fn decode(bytes: &[u8]) -> Result<Self, SnapshotError> {
        let damaged = |what: &str| SnapshotError::Damaged(what.to_owned());
        let (body, hash) = bytes.split_last_chunk::<32>().ok_or_else(|| damaged("it is too short"))?;
        let mut reader = Reader::new(body);
        let version = reader.u8().map_err(|e| damaged(e.0))?;
        if version != Self::VERSION {
            return Err(SnapshotError::Version(version));
        }
        if blake3::hash(body).as_bytes() != hash {
            return Err(damaged("its hash is not that of its bytes"));
        }
        let no = FrameNo(u64::from_le_bytes(reader.array().map_err(|e| damaged(e.0))?));
        let last_lsn = Lsn(u64::from_le_bytes(reader.array().map_err(|e| damaged(e.0))?));
        let hash = FrameHash(reader.array().map_err(|e| damaged(e.0))?);
        let state = State::decode(reader.rest()).map_err(|e| SnapshotError::Damaged(e.to_string()))?;
        if last_lsn > state.lsn() {
            return Err(damaged("its frame is not in it"));
        }
        Ok(Self { state, frame: (no != FrameNo(0)).then_some(FrameHead { no, last_lsn, hash }) })
    }
}

#[cfg(test)]
mod tests {
    use purser_core::time::Instant;

    use super::*;
    use crate::frame::Frame;
    use crate::record::Record;
    use crate::replica::Replica;

    #[test]
    fn its_frame_is_in_it() {
        let mut replica = Replica::new(None);
        let empty = Snapshot::decode(&replica.snapshot().encode()).unwrap();
        assert_eq!((empty.lsn(), empty.frame()), (Lsn(0), None));
        let frame = Frame::of(None, &[(Instant::EPOCH, Record::Rest)]);
        replica.apply(&frame).unwrap();
        let mut snapshot = replica.snapshot();
        assert_eq!(Snapshot::decode(&snapshot.encode()).unwrap().frame(), Some(frame.head()));
        snapshot.frame = Some(FrameHead { last_lsn: Lsn(2), ..frame.head() });
        assert!(matches!(Snapshot::decode(&snapshot.encode()), Err(SnapshotError::Damaged(_))));
    }
}
