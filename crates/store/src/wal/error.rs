//! The log's findings, in the store's words and in the journal's.

use purser_ledger::{FrameNo, JournalError};

use super::disk::Disk;
use crate::error::StoreError;

/// `frame` is not what was written, seen in segment `no` at byte `at`.
pub(super) fn damaged(disk: &dyn Disk, frame: FrameNo, no: u64, at: u64, what: &str) -> StoreError {
    StoreError::damaged(disk.path(no), Some(frame.0), format!("at byte {at}: {what}"))
}

/// The segment that `frame` would be in is not there.
pub(super) fn missing(disk: &dyn Disk, frame: FrameNo, no: u64) -> StoreError {
    StoreError::damaged(disk.path(no), Some(frame.0), "the file is missing")
}

/// For readers of the journal.
pub(super) fn journal_error(action: &'static str) -> impl FnOnce(StoreError) -> JournalError {
    move |error| match error {
        StoreError::Damaged { file, frame: Some(frame), what } => {
            let name = file.file_name().map_or_else(String::new, |name| format!("{}, ", name.display()));
            JournalError::Corrupt { frame: FrameNo(frame), what: format!("{name}{what}") }
        }
        other => JournalError::io(action, other),
    }
}
