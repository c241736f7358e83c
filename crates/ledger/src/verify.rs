//! Does the journal tell the truth?

use crate::frame::FrameHash;
use crate::journal::Journal;
use crate::number::{FrameNo, Lsn};

/// What was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyReport {
    /// Frames.
    pub frames: u64,
    /// Records.
    pub records: u64,
    /// Hash of the last frame. Whoever noted it earlier can tell that the journal was not rewritten.
    pub head: FrameHash,
    /// Accounts open at the end.
    pub accounts: usize,
    /// Accounts opened in all.
    pub accounts_opened: u32,
    /// Holds open at the end.
    pub open_holds: usize,
    /// Suspense items open at the end.
    pub suspense_items: usize,
    /// Digest of the state at the end.
    pub digest: FrameHash,
}

/// The first thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct VerifyFailure {
    /// The first bad frame.
    pub frame: FrameNo,
    /// The first bad record, where one can be named.
    pub lsn: Option<Lsn>,
    /// A sentence for people that names both.
    pub what: String,
}

/// Reads the whole journal and checks: chain intact, checksums right, every record decodes, no number missing, time
/// never runs backwards, postings of each record sum to zero in each book, no hold takes what is not available, no
/// account below its floor, every hold settles at most once.
pub fn verify(_journal: &mut dyn Journal) -> Result<VerifyReport, VerifyFailure> {
    unimplemented!()
}
