//! A journal in memory that can lose power.

use std::ops::ControlFlow;
use std::sync::Arc;

use crate::frame::{Frame, FrameHead};
use crate::journal::{Journal, JournalError, Pen, Piece};
use crate::number::FrameNo;
use crate::sync::Mutex;

/// A journal in memory. Clones share one disk: keep one to look at, to damage and to open again after the ledger on it
/// is gone.
#[derive(Clone, Debug, Default)]
pub struct MemoryJournal {
    disk: Arc<Mutex<Disk>>,
}

#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fault or a trait of its own, and any may meet any other")]
struct Disk {
    bytes: Vec<u8>,
    synced: usize,
    head: Option<FrameHead>,
    torn: bool,
    /// The machine or the process this disk belonged to is gone.
    gone: bool,
    fail_syncs: bool,
    syncs: u64,
    /// Takes frames in pieces.
    has_pen: bool,
    /// Where the frame under way begins.
    unfinished: Option<usize>,
}

impl MemoryJournal {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty one that takes frames in pieces.
    pub fn with_pen() -> Self {
        let journal = Self::default();
        journal.disk.lock().has_pen = true;
        journal
    }

    /// A journal with these bytes, all synced. What follows the last whole frame is cut, as a start does with a torn
    /// write; damage with a whole frame behind it stays, and is found by reading.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self::opened(bytes, false)
    }

    /// Where frames come in pieces, the whole records of one that was never sealed are sealed.
    fn opened(mut bytes: Vec<u8>, has_pen: bool) -> Self {
        let (mut head, mut torn) = (None, false);
        let mut at = 0_usize;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            match Frame::decode(rest) {
                Ok((frame, len)) => {
                    head = Some(frame.head());
                    at = at.saturating_add(len);
                }
                Err(_) if follows_a_frame(rest) => break,
                Err(_) => {
                    let salvaged = has_pen.then(|| Frame::salvage(head, rest)).flatten();
                    let whole = salvaged.as_ref().map_or(0, |(_, len)| *len);
                    torn = rest.len() > whole;
                    bytes.truncate(at.saturating_add(whole));
                    if let Some((frame, _)) = salvaged {
                        bytes.extend_from_slice(&frame.closing());
                        head = Some(frame.head());
                    }
                    break;
                }
            }
        }
        let synced = bytes.len();
        Self { disk: Arc::new(Mutex::new(Disk { bytes, synced, head, torn, has_pen, ..Disk::default() })) }
    }

    /// All bytes written, synced or not.
    pub fn bytes(&self) -> Vec<u8> {
        self.disk.lock().bytes.clone()
    }

    /// How many of the bytes are synced.
    pub fn synced_len(&self) -> usize {
        self.disk.lock().synced
    }

    /// How often it was synced.
    pub fn syncs(&self) -> u64 {
        self.disk.lock().syncs
    }

    /// Power is cut: of the bytes not synced, the first `kept` happen to be on disk. Gives the disk as the next start
    /// finds it; the present writer's journal fails from now on.
    #[must_use]
    pub fn lose_power(&self, kept: usize) -> Self {
        let mut disk = self.disk.lock();
        disk.gone = true;
        let len = disk.synced.saturating_add(kept).min(disk.bytes.len());
        Self::opened(disk.bytes.get(..len).unwrap_or_default().to_vec(), disk.has_pen)
    }

    /// The process is killed: everything written is still there. The present writer's journal fails from now on.
    #[must_use]
    pub fn kill(&self) -> Self {
        self.lose_power(usize::MAX)
    }

    /// From now on every sync fails.
    pub fn fail_syncs(&self) {
        self.disk.lock().fail_syncs = true;
    }
}

impl Disk {
    fn alive(&self, action: &'static str) -> Result<(), JournalError> {
        if self.gone { Err(JournalError::io(action, "the disk is gone")) } else { Ok(()) }
    }

    fn follows(&self, given: FrameNo) -> Result<(), JournalError> {
        let expected = self.head.map_or(FrameNo(0), |head| head.no).next();
        if given == expected { Ok(()) } else { Err(JournalError::OutOfOrder { expected, given }) }
    }
}

impl Journal for MemoryJournal {
    fn append(&mut self, frame: &Frame) -> Result<(), JournalError> {
        let mut disk = self.disk.lock();
        disk.alive("append a frame")?;
        disk.follows(frame.no)?;
        disk.bytes.extend_from_slice(&frame.encode());
        disk.head = Some(frame.head());
        Ok(())
    }

    fn sync(&mut self) -> Result<(), JournalError> {
        let mut disk = self.disk.lock();
        disk.alive("sync")?;
        if disk.fail_syncs {
            return Err(JournalError::io("sync", "the disk said no"));
        }
        disk.synced = disk.bytes.len();
        disk.syncs = disk.syncs.saturating_add(1);
        Ok(())
    }

    fn read(&mut self, from: FrameNo, each: &mut dyn FnMut(Frame) -> ControlFlow<()>) -> Result<(), JournalError> {
        let (bytes, unfinished) = {
            let disk = self.disk.lock();
            (disk.bytes.clone(), disk.unfinished)
        };
        let mut rest = bytes.get(..unfinished.unwrap_or(bytes.len())).unwrap_or_default();
        let mut expected = FrameNo(1);
        while !rest.is_empty() {
            let (frame, len) = Frame::decode(rest)
                .map_err(|error| JournalError::Corrupt { frame: expected, what: error.to_string() })?;
            rest = rest.get(len..).unwrap_or_default();
            expected = frame.no.next();
            if frame.no >= from && each(frame).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn head(&mut self) -> Result<Option<FrameHead>, JournalError> {
        Ok(self.disk.lock().head)
    }

    fn torn(&mut self) -> Result<bool, JournalError> {
        Ok(self.disk.lock().torn)
    }

    fn pen(&mut self) -> Option<Box<dyn Pen>> {
        let has_pen = self.disk.lock().has_pen;
        if !has_pen {
            return None;
        }
        Some(Box::new(self.clone()))
    }
}

impl Pen for MemoryJournal {
    fn write(&mut self, piece: Piece<'_>) -> Result<(), JournalError> {
        let mut disk = self.disk.lock();
        disk.alive("append a frame")?;
        if let Some(no) = piece.begins {
            disk.follows(no)?;
            disk.unfinished = Some(disk.bytes.len());
        }
        disk.bytes.extend_from_slice(piece.bytes);
        if let Some(head) = piece.seals {
            disk.head = Some(head);
            disk.unfinished = None;
        }
        Ok(())
    }
}

/// Is there a whole frame somewhere behind the first byte?
fn follows_a_frame(bytes: &[u8]) -> bool {
    (1..bytes.len()).any(|at| bytes.get(at..).is_some_and(|rest| Frame::decode(rest).is_ok()))
}
