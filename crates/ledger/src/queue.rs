//! Records on their way to the journal.

use purser_core::time::Instant;

use crate::frame::put_cell;
use crate::number::Lsn;
use crate::record::Record;

/// What is to be written next, as bytes already: the record is encoded once, under the lock that decided it, so
/// journal order is ledger order.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    waiting: Batch,
    scratch: Vec<u8>,
    /// Of the record before: times are written as differences, also from one batch to the next of a frame.
    last_instant: Instant,
    /// The next record is the first of a frame.
    frame_ended: bool,
    /// Bytes of the frame under way, also those taken already.
    frame_bytes: usize,
}

/// Consecutive records of one frame.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) first: Lsn,
    pub(crate) last: Lsn,
    /// Of the first record.
    pub(crate) instant: Instant,
    pub(crate) count: u32,
    pub(crate) payload: Vec<u8>,
}

impl Queue {
    /// Before the first record of a frame.
    pub(crate) fn new() -> Self {
        Self { frame_ended: true, ..Self::default() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.count == 0
    }

    /// How many bytes of records the frame under way has so far, taken or not: all of them are kept until it is synced.
    pub(crate) fn frame_bytes(&self) -> usize {
        self.frame_bytes
    }

    pub(crate) fn push(&mut self, lsn: Lsn, instant: Instant, record: &Record) {
        let Self { waiting, scratch, last_instant, frame_ended, frame_bytes } = self;
        if waiting.count == 0 {
            waiting.first = lsn;
            waiting.instant = instant;
        }
        if std::mem::take(frame_ended) {
            *last_instant = instant;
        }
        let before = waiting.payload.len();
        put_cell(&mut waiting.payload, scratch, instant.since(*last_instant), record);
        *frame_bytes = frame_bytes.saturating_add(waiting.payload.len().saturating_sub(before));
        *last_instant = instant;
        waiting.last = lsn;
        waiting.count = waiting.count.saturating_add(1);
    }

    /// Takes what waits, if anything does, and leaves `room` to be filled. With `ends_frame` it is the last of its
    /// frame.
    pub(crate) fn take(&mut self, mut room: Vec<u8>, ends_frame: bool) -> Option<Batch> {
        if ends_frame {
            self.frame_ended = true;
            self.frame_bytes = 0;
        }
        if self.waiting.count == 0 {
            return None;
        }
        room.clear();
        Some(std::mem::replace(&mut self.waiting, Batch { payload: room, ..Batch::default() }))
    }
}
