//! Frames made in pieces, by whoever needs a record written.

use std::sync::Arc;

use purser_core::time::Instant;

use crate::frame::{self, Frame, FrameHash, FrameHead};
use crate::journal::{JournalError, Pen, Piece};
use crate::number::{FrameNo, Lsn};
use crate::queue::Batch;

/// The pen and the frame under it. Behind a lock of its own, taken before the desk's: while one thread writes, others
/// go on deciding.
pub(crate) struct Writing {
    pen: Box<dyn Pen>,
    /// The last sealed frame.
    head: Option<FrameHead>,
    open: Option<Unfinished>,
    /// The bytes of a piece; and the buffer that the queue gets for its full one.
    piece: Vec<u8>,
    pub(crate) spare: Vec<u8>,
}

/// A frame of which some records are written.
struct Unfinished {
    no: FrameNo,
    first_lsn: Lsn,
    instant: Instant,
    prev_hash: FrameHash,
    count: u32,
    payload: Vec<u8>,
    hasher: blake3::Hasher,
    /// Bytes of the payload that the hasher has seen.
    hashed: usize,
}

/// Bytes hashed at once, at least: many blocks side by side take a fraction of the time that one after the other takes.
/// Few enough that sealing, which hashes the rest, is over at once.
const HASHED_AT_ONCE: usize = 16 << 10;

impl Writing {
    pub(crate) fn new(pen: Box<dyn Pen>, head: Option<FrameHead>) -> Self {
        Self { pen, head, open: None, piece: Vec::new(), spare: Vec::new() }
    }

    /// Hands the records to the operating system, as the next of the frame under way.
    pub(crate) fn write(&mut self, batch: &Batch) -> Result<(), JournalError> {
        self.piece.clear();
        let begins = self.take_in(batch);
        self.pen.write(Piece { begins, bytes: &self.piece, seals: None })
    }

    /// Writes what waits and closes the frame. `None`: there is nothing to close.
    pub(crate) fn seal(&mut self, batch: Option<&Batch>) -> Result<Option<Arc<Frame>>, JournalError> {
        self.piece.clear();
        let begins = batch.and_then(|batch| self.take_in(batch));
        let Some(open) = self.open.take() else { return Ok(None) };
        let frame = open.seal();
        self.piece.extend_from_slice(&frame.closing());
        self.head = Some(frame.head());
        self.pen.write(Piece { begins, bytes: &self.piece, seals: self.head })?;
        Ok(Some(Arc::new(frame)))
    }

    /// Adds the records to the frame and to the piece; begins a frame where none is open, and tells so.
    fn take_in(&mut self, batch: &Batch) -> Option<FrameNo> {
        let mut begins = None;
        let open = self.open.get_or_insert_with(|| {
            let open = Unfinished::after(self.head, batch);
            begins = Some(open.no);
            self.piece.extend_from_slice(&open.header());
            open
        });
        self.piece.extend_from_slice(&batch.payload);
        open.payload.extend_from_slice(&batch.payload);
        open.count = open.count.saturating_add(batch.count);
        open.hash(HASHED_AT_ONCE);
        begins
    }
}

impl Unfinished {
    fn after(head: Option<FrameHead>, batch: &Batch) -> Self {
        let mut open = Self {
            no: head.map_or(FrameNo(0), |head| head.no).next(),
            first_lsn: batch.first,
            instant: batch.instant,
            prev_hash: head.map_or_else(FrameHash::default, |head| head.hash),
            count: 0,
            payload: Vec::with_capacity(batch.payload.len()),
            hasher: blake3::Hasher::new(),
            hashed: 0,
        };
        open.hasher.update(&open.header());
        open
    }

    fn header(&self) -> [u8; frame::HEADER_LEN] {
        frame::header(self.no, self.first_lsn, self.instant, self.prev_hash)
    }

    /// Hashes what was not hashed yet, if it is so much.
    fn hash(&mut self, at_least: usize) {
        let rest = self.payload.get(self.hashed..).unwrap_or_default();
        if rest.len() >= at_least {
            self.hasher.update(rest);
            self.hashed = self.payload.len();
        }
    }

    fn seal(mut self) -> Frame {
        self.hash(0);
        self.hasher.update(&self.count.to_le_bytes());
        Frame {
            no: self.no,
            first_lsn: self.first_lsn,
            instant: self.instant,
            prev_hash: self.prev_hash,
            count: self.count,
            payload: self.payload,
            hash: FrameHash(*self.hasher.finalize().as_bytes()),
        }
    }
}

impl std::fmt::Debug for Writing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writing").field("head", &self.head).finish_non_exhaustive()
    }
}
