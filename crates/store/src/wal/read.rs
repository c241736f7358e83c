//! Reading the log, beside the process that writes it or alone.

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use purser_ledger::{Frame, FrameHead, FrameNo, JournalError, Lsn};

use super::disk::Disk;
use super::error::journal_error;
use super::walk::{Walk, locate, locate_record};
use crate::error::StoreError;

/// Reads whole sealed frames; an unfinished one is the end. Remembers where it was, so that following a log that grows
/// costs no more than what was added.
#[derive(Debug)]
pub(crate) struct LogReader {
    disk: Arc<dyn Disk>,
    place: Mutex<Option<Walk>>,
}

impl LogReader {
    pub(crate) fn new(disk: Arc<dyn Disk>) -> Self {
        Self { disk, place: Mutex::new(None) }
    }

    /// Frames from `from` on, in order, until `each` breaks or there are no more. Where that is not where it was left,
    /// or gives nothing, the end is looked at closely: is it one?
    pub(crate) fn read(
        &self,
        from: FrameNo,
        each: &mut dyn FnMut(Frame) -> ControlFlow<()>,
    ) -> Result<(), JournalError> {
        self.pass(from.max(FrameNo(1)), each).map_err(journal_error("read"))
    }

    /// The last whole sealed frame.
    pub(crate) fn head(&self) -> Result<Option<FrameHead>, JournalError> {
        self.last().map_err(journal_error("read"))
    }

    /// One frame; `None` when there is none of that number.
    pub(crate) fn frame(&self, no: FrameNo) -> Result<Option<Frame>, JournalError> {
        let mut found = None;
        self.read(no, &mut |frame| {
            found = Some(frame);
            ControlFlow::Break(())
        })?;
        Ok(found.filter(|frame| frame.no == no))
    }

    /// The first frame of the segment that holds a record, or would.
    pub(crate) fn segment_of(&self, lsn: Lsn) -> Result<FrameNo, JournalError> {
        let walk = locate_record(&self.disk, lsn).map_err(journal_error("read"))?;
        Ok(walk.map_or(FrameNo(1), |walk| walk.expected()))
    }

    fn pass(&self, from: FrameNo, each: &mut dyn FnMut(Frame) -> ControlFlow<()>) -> Result<(), StoreError> {
        // Out of the lock meanwhile: `each` is somebody else's code.
        let mut place = self.place().take();
        let known = place.as_mut().is_some_and(|walk| walk.turn_to(from));
        if !known {
            place = locate(&self.disk, from)?;
        }
        let Some(mut walk) = place else { return Ok(()) };
        let mut passed = false;
        loop {
            let frame = match walk.step()? {
                Some(frame) => frame,
                None if known && passed => break,
                None => match walk.lost()? {
                    None => break,
                    // While we looked further on, the frame here may have been finished and others written behind it.
                    Some(lost) => walk.step()?.ok_or(lost)?,
                },
            };
            passed = true;
            if frame.no >= from && each(frame).is_break() {
                break;
            }
        }
        *self.place() = Some(walk);
        Ok(())
    }

    fn last(&self) -> Result<Option<FrameHead>, StoreError> {
        let place = self.place().take();
        let mut walk = match place {
            Some(walk) => walk,
            None => match locate(&self.disk, FrameNo(u64::MAX))? {
                Some(walk) => walk,
                None => return Ok(None),
            },
        };
        while walk.step()?.is_some() {}
        let head = walk.head();
        *self.place() = Some(walk);
        Ok(head)
    }

    fn place(&self) -> MutexGuard<'_, Option<Walk>> {
        // Only ever taken whole and put back whole.
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
