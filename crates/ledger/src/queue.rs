//! Records on their way to the journal.

use purser_core::time::Instant;

use crate::frame::put_cell;
use crate::number::Lsn;
use crate::record::Record;

/// What the next frame will hold, as bytes already: the record is encoded once, under the lock that decided it, so
/// journal order is ledger order.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    bytes: Vec<u8>,
    scratch: Vec<u8>,
    count: u32,
    first: Lsn,
    first_instant: Instant,
    last_instant: Instant,
}

/// The content of one frame.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) first: Lsn,
    pub(crate) instant: Instant,
    pub(crate) count: u32,
    pub(crate) payload: Vec<u8>,
}

impl Queue {
    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(crate) fn bytes_len(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn push(&mut self, lsn: Lsn, instant: Instant, record: &Record) {
        if self.count == 0 {
            self.first = lsn;
            self.first_instant = instant;
            self.last_instant = instant;
        }
        put_cell(&mut self.bytes, &mut self.scratch, instant.since(self.last_instant), record);
        self.last_instant = instant;
        self.count = self.count.saturating_add(1);
    }

    pub(crate) fn take(&mut self) -> Option<Batch> {
        if self.count == 0 {
            return None;
        }
        // Room for as much again: the next frame is about as large, and must not grow its buffer under the lock.
        let room = Vec::with_capacity(self.bytes.len());
        let payload = std::mem::replace(&mut self.bytes, room);
        let batch = Batch { first: self.first, instant: self.first_instant, count: self.count, payload };
        self.count = 0;
        Some(batch)
    }
}
