//! A journal in memory that can lose power.

use std::ops::ControlFlow;

use crate::frame::{Frame, FrameHead};
use crate::journal::{Journal, JournalError};
use crate::number::FrameNo;

/// A journal in memory. Clones share one disk: keep one to look at, to damage and to open again after the ledger on it
/// is gone.
#[derive(Clone, Debug, Default)]
pub struct MemoryJournal {
    _disk: (),
}

impl MemoryJournal {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }
    /// All bytes written, synced or not.
    pub fn bytes(&self) -> Vec<u8> {
        unimplemented!()
    }
    /// A journal with these bytes, all synced.
    pub fn from_bytes(_bytes: Vec<u8>) -> Self {
        unimplemented!()
    }
    /// How many of the bytes are synced.
    pub fn synced_len(&self) -> usize {
        unimplemented!()
    }
    /// Power is cut: of the bytes not synced, the first `kept` happen to be on disk. Gives the disk as the next start
    /// finds it; the present writer's journal fails from now on.
    #[must_use]
    pub fn lose_power(&self, _kept: usize) -> Self {
        unimplemented!()
    }
    /// The process is killed: everything written is still there. The present writer's journal fails from now on.
    #[must_use]
    pub fn kill(&self) -> Self {
        unimplemented!()
    }
    /// From now on every sync fails.
    pub fn fail_syncs(&self) {
        unimplemented!()
    }
}

impl Journal for MemoryJournal {
    fn append(&mut self, _frame: &Frame) -> Result<(), JournalError> {
        unimplemented!()
    }
    fn sync(&mut self) -> Result<(), JournalError> {
        unimplemented!()
    }
    fn read(&mut self, _from: FrameNo, _each: &mut dyn FnMut(Frame) -> ControlFlow<()>) -> Result<(), JournalError> {
        unimplemented!()
    }
    fn head(&mut self) -> Result<Option<FrameHead>, JournalError> {
        unimplemented!()
    }
}
