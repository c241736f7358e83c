//! The end of the log, where pieces are written.

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;

use purser_ledger::{FrameHead, FrameNo, JournalError, Piece};

use super::disk::{Disk, SegmentFile};
use super::header::{HEADER_LEN, Header};
use super::recover::Found;
use super::scan::to_u64;
use super::{Prepare, WalOptions};
use crate::error::StoreError;

/// The most that is left unused at the end of a segment so that a frame fits, mostly.
const RESERVE_MAX: u64 = 1 << 20;
const WRITE: &str = "write a frame";

/// What the pen and the committing thread share.
#[derive(Debug)]
pub(super) struct Tail {
    disk: Arc<dyn Disk>,
    options: WalOptions,
    segment: u64,
    file: Arc<dyn SegmentFile>,
    at: u64,
    len: u64,
    /// The last sealed frame.
    head: Option<FrameHead>,
    /// A frame is begun and not sealed.
    is_open: bool,
    /// The last sealed frame that a sync covered.
    synced: FrameNo,
    /// The present segment holds something not yet synced.
    dirty: bool,
    /// As do these, left since.
    left: Vec<Arc<dyn SegmentFile>>,
    next: Option<JoinHandle<io::Result<Arc<dyn SegmentFile>>>>,
    /// A header and the first piece behind it, to be written at once.
    first: Vec<u8>,
    /// A write or sync failed, or one was under way when its thread panicked.
    stopped: bool,
}

/// What a sync has to cover.
#[derive(Debug)]
pub(super) struct Unsynced {
    left: Vec<Arc<dyn SegmentFile>>,
    present: Option<Arc<dyn SegmentFile>>,
    up_to: FrameNo,
}

impl Unsynced {
    /// Older segments first.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.left.iter().chain(&self.present).try_for_each(|file| file.sync())
    }
}

impl Tail {
    pub(super) fn new(disk: Arc<dyn Disk>, options: WalOptions, found: Found) -> Self {
        let Found { segment, file, at, len, head, torn: _ } = found;
        let synced = head.map_or(FrameNo(0), |head| head.no);
        let mut tail = Self {
            disk,
            options,
            segment,
            file,
            at,
            len,
            head,
            is_open: false,
            synced,
            dirty: false,
            left: Vec::new(),
            next: None,
            first: Vec::new(),
            stopped: false,
        };
        tail.prepare_next();
        tail
    }

    pub(super) fn head(&self) -> Option<FrameHead> {
        self.head
    }

    /// Writes a piece behind the last.
    pub(super) fn write(&mut self, piece: Piece<'_>) -> Result<(), JournalError> {
        if self.stopped {
            return Err(JournalError::io(WRITE, StoreError::Stopped));
        }
        self.follows(piece.begins)?;
        // Taken back when all went well, so that whatever happens in between is final.
        self.stopped = true;
        if piece.begins.is_some() && self.is_full() {
            self.roll().map_err(|error| JournalError::io("begin a segment", error))?;
        }
        if piece.seals.is_some() && self.sealed() > self.synced {
            self.sync_now().map_err(|error| JournalError::io("sync", error))?;
        }
        self.put(piece.bytes).map_err(|error| JournalError::io(WRITE, error))?;
        self.is_open = piece.seals.is_none();
        self.head = piece.seals.or(self.head);
        self.stopped = false;
        Ok(())
    }

    /// What there is to sync now. The caller syncs it without the lock and comes back.
    pub(super) fn begin_sync(&mut self) -> Result<Unsynced, JournalError> {
        if self.stopped {
            return Err(JournalError::io("sync", StoreError::Stopped));
        }
        let present = std::mem::take(&mut self.dirty).then(|| Arc::clone(&self.file));
        Ok(Unsynced { left: std::mem::take(&mut self.left), present, up_to: self.sealed() })
    }

    /// How that went.
    pub(super) fn end_sync(&mut self, unsynced: &Unsynced, outcome: io::Result<()>) -> Result<(), JournalError> {
        match outcome {
            Ok(()) => {
                self.synced = self.synced.max(unsynced.up_to);
                Ok(())
            }
            Err(error) => {
                self.stopped = true;
                Err(JournalError::io("sync", error))
            }
        }
    }

    fn sealed(&self) -> FrameNo {
        self.head.map_or(FrameNo(0), |head| head.no)
    }

    fn follows(&self, begins: Option<FrameNo>) -> Result<(), JournalError> {
        let expected = self.sealed().next();
        match begins {
            Some(given) if given != expected => Err(JournalError::OutOfOrder { expected, given }),
            Some(_) if self.is_open => Err(JournalError::io(WRITE, "the one before is not sealed")),
            None if !self.is_open => Err(JournalError::io(WRITE, "it was not begun")),
            _ => Ok(()),
        }
    }

    fn is_full(&self) -> bool {
        let reserve = RESERVE_MAX.min(self.len / 8);
        self.at > to_u64(HEADER_LEN) && self.at.saturating_add(reserve) > self.len
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.dirty = true;
        if self.at == 0 {
            self.first.clear();
            self.first.extend_from_slice(&Header::after(self.segment, self.head).encode());
            self.first.extend_from_slice(bytes);
            self.file.write_at(&self.first, 0)?;
            self.at = to_u64(self.first.len());
        } else {
            self.file.write_at(bytes, self.at)?;
            self.at = self.at.saturating_add(to_u64(bytes.len()));
        }
        // A frame larger than what is left makes the segment longer.
        self.len = self.len.max(self.at);
        Ok(())
    }

    fn sync_now(&mut self) -> io::Result<()> {
        let left = std::mem::take(&mut self.left);
        left.iter().try_for_each(|file| file.sync())?;
        self.file.sync()?;
        self.dirty = false;
        self.synced = self.sealed();
        Ok(())
    }

    /// Goes to the next segment. Prepared already, as a rule; else now.
    fn roll(&mut self) -> io::Result<()> {
        let no = self.segment.saturating_add(1);
        // Not ready although it was tried: what kept it is told by the second try.
        let ready = self.next.take().and_then(|thread| thread.join().ok()).and_then(Result::ok);
        let file = match ready {
            Some(file) => file,
            None => self.disk.prepare(no, self.options.segment_bytes(no))?,
        };
        let before = std::mem::replace(&mut self.file, file);
        if std::mem::take(&mut self.dirty) {
            self.left.push(before);
        }
        (self.segment, self.at, self.len) = (no, 0, self.file.length()?);
        self.prepare_next();
        Ok(())
    }

    fn prepare_next(&mut self) {
        if self.options.prepare == Prepare::Inline {
            return;
        }
        let (disk, no) = (Arc::clone(&self.disk), self.segment.saturating_add(1));
        let len = self.options.segment_bytes(no);
        let prepare = move || {
            disk.prepare(no, len).inspect_err(|error| {
                tracing::warn!(%error, segment = no, "the journal's next segment could not be prepared");
            })
        };
        // No thread to be had: then it is prepared when it is needed.
        self.next = std::thread::Builder::new().name("purser-segment".into()).spawn(prepare).ok();
    }
}

impl Drop for Tail {
    /// Nothing is written into the folder once its journal is gone.
    fn drop(&mut self) {
        if let Some(thread) = self.next.take() {
            // What went wrong in it was logged there.
            let _ = thread.join();
        }
    }
}
