//! The journal as a log of our own: files written from front to back, made of zeros beforehand.
//!
//! # On disk
//!
//! ```text
//! journal/00000000000000000001.wal, …2.wal, …     segments, numbered without a gap
//! segment = header frame* zeros
//! header  = "PURSERWL" version:u32 no:u64 first_frame:u64 first_lsn:u64 prev_hash:32 crc32:u32
//! ```
//!
//! Little endian; frames are [`Frame::encode`]'s bytes, one behind the other. A frame lies in one segment: where one
//! begins with little room left, the next segment begins. The first is 1 MiB, each then twice the one before up to 64
//! MiB, so that a new folder is there at once. A segment is all zeros before it is used: really written and synced, so
//! that `fdatasync` later has no metadata to write, which makes it 1.4 to 3 times as fast. The next one is prepared by a
//! thread of its own while the present one fills; beginning it costs no more than any other write, because its header
//! goes along with the first piece.
//!
//! # Written, synced, sealed
//!
//! - A piece ([`purser_ledger::Piece`]) is one `pwrite`, by whichever thread has the pen. It then survives the process.
//! - [`sync`](Journal::sync) is `fdatasync` of the segments that hold anything new, while others write on.
//! - A frame's last piece is written only after a sync covered the frame before. So at any moment all sealed frames but
//!   the last are on disk, and behind that one there may be an unfinished one.
//!
//! A failed write or sync is final: what reached the disk is unknown then, and after a failed sync the system may
//! count the lost pages as clean.
//!
//! # The end, after a crash
//!
//! Frames are read up to the first place that is no whole frame. If a whole sealed one lies anywhere behind, that is no
//! crash: the start is refused, with frame, file and place. Otherwise the whole records there become a frame
//! ([`Frame::salvage`]), everything behind is zeroed and all of it synced before anybody acts on it. What a killed
//! process left is synced *before* that closing is written, so the rule above holds for it too. Cut bytes that are not
//! zero are reported by [`torn`](Journal::torn).
//!
//! A last frame whose bytes went bad later looks like one that a power cut damaged, and loses the records behind the
//! bad byte; that frames or records are missing is then found by the projection, as with a database cut short.

mod disk;
mod error;
mod header;
mod read;
mod recover;
mod scan;
mod segment;
mod tail;
mod walk;

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use purser_ledger::{Frame, FrameHead, FrameNo, Journal, JournalError, Pen, Piece};

pub use disk::{Disk, RealDisk, SegmentFile};
pub(crate) use read::LogReader;
pub use segment::{SegmentMark, read_segment};

use crate::dir::DataDir;
use crate::error::StoreError;
use tail::Tail;

/// How segments are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WalOptions {
    /// Bytes of the first segment. Default 1 MiB.
    pub first_bytes: u64,
    /// Bytes of the largest; each is twice the one before until then. Default 64 MiB.
    pub max_bytes: u64,
    /// Who prepares the next segment.
    pub prepare: Prepare,
}

impl Default for WalOptions {
    fn default() -> Self {
        Self { first_bytes: 1 << 20, max_bytes: 64 << 20, prepare: Prepare::Ahead }
    }
}

impl WalOptions {
    /// The length that segment `no` is prepared with.
    fn segment_bytes(&self, no: u64) -> u64 {
        let doublings = u32::try_from(no.saturating_sub(1)).unwrap_or(u32::MAX);
        let factor = 2_u64.checked_pow(doublings).unwrap_or(u64::MAX);
        self.first_bytes.saturating_mul(factor).min(self.max_bytes)
    }
}

/// Who prepares the next segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prepare {
    /// A thread, as soon as the present one is begun.
    Ahead,
    /// Whoever writes the first piece of it: nothing happens beside, for tests and simulation.
    Inline,
}

/// The journal as segments on a [`Disk`]. One writer; readers beside it through [`crate::JournalReader`].
#[derive(Debug)]
pub struct WalJournal {
    tail: Arc<Mutex<Tail>>,
    reader: LogReader,
    torn: bool,
}

impl WalJournal {
    /// Opens the log of a folder held exclusively, beginning one where there is none; what a killed process left
    /// written is synced first, and an unfinished end is mended.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] names frame, file and place; [`StoreError::Newer`]; [`StoreError::Io`] otherwise.
    pub fn open(dir: &DataDir) -> Result<Self, StoreError> {
        dir.require_exclusive()?;
        Self::open_on(Arc::new(RealDisk::new(dir.make_log()?, dir.mode())), WalOptions::default())
    }

    /// As [`open`](Self::open), on any disk.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_on(disk: Arc<dyn Disk>, options: WalOptions) -> Result<Self, StoreError> {
        let found = recover::recover(&disk, &options)?;
        let torn = found.torn;
        let tail = Tail::new(Arc::clone(&disk), options, found);
        Ok(Self { tail: Arc::new(Mutex::new(tail)), reader: LogReader::new(disk), torn })
    }
}

impl Journal for WalJournal {
    /// Also keeps to the rule that a frame is sealed only after the one before was synced: two appends without a sync
    /// between are synced between.
    fn append(&mut self, frame: &Frame) -> Result<(), JournalError> {
        let piece = Piece { begins: Some(frame.no), bytes: &frame.encode(), seals: Some(frame.head()) };
        lock(&self.tail).write(piece)
    }

    fn sync(&mut self) -> Result<(), JournalError> {
        let unsynced = lock(&self.tail).begin_sync()?;
        // Without the lock: others write on meanwhile.
        let outcome = unsynced.sync();
        lock(&self.tail).end_sync(&unsynced, outcome)
    }

    fn read(&mut self, from: FrameNo, each: &mut dyn FnMut(Frame) -> ControlFlow<()>) -> Result<(), JournalError> {
        self.reader.read(from, each)
    }

    fn head(&mut self) -> Result<Option<FrameHead>, JournalError> {
        Ok(lock(&self.tail).head())
    }

    fn torn(&mut self) -> Result<bool, JournalError> {
        Ok(self.torn)
    }

    fn pen(&mut self) -> Option<Box<dyn Pen>> {
        Some(Box::new(WalPen { tail: Arc::clone(&self.tail) }))
    }
}

#[derive(Debug)]
struct WalPen {
    tail: Arc<Mutex<Tail>>,
}

impl Pen for WalPen {
    fn write(&mut self, piece: Piece<'_>) -> Result<(), JournalError> {
        lock(&self.tail).write(piece)
    }
}

fn lock(tail: &Mutex<Tail>) -> MutexGuard<'_, Tail> {
    // A panic under the lock would be one between a write and its note: the tail stops itself before it writes.
    tail.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
