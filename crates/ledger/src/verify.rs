//! Does the journal tell the truth?

use std::ops::ControlFlow;

use crate::frame::FrameHash;
use crate::journal::{Journal, JournalError};
use crate::number::{FrameNo, Lsn};
use crate::replica::{Replica, balanced};

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

impl VerifyFailure {
    pub(crate) fn of_frame(frame: FrameNo, what: &str) -> Self {
        Self { frame, lsn: None, what: format!("Frame {frame} is wrong: {what}.") }
    }

    pub(crate) fn of_record(frame: FrameNo, lsn: Lsn, what: &str) -> Self {
        Self { frame, lsn: Some(lsn), what: format!("Record {lsn} in frame {frame} is wrong: {what}.") }
    }
}

/// Reads the whole journal and checks: chain intact, checksums right, every record decodes, no number missing, time
/// never runs backwards, postings of each record sum to zero in each book, no hold takes what is not available, no
/// account falls below its floor, every hold settles at most once, and at the end balances, holds and contra accounts
/// agree. Names the first frame that is wrong.
pub fn verify(journal: &mut dyn Journal) -> Result<VerifyReport, VerifyFailure> {
    let mut replica = Replica::new(None);
    let mut failure = None;
    let read = journal.read(FrameNo(1), &mut |frame| match replica
        .apply_each(&frame, |state, stamped| balanced(state, &stamped.record))
    {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => {
            failure = Some(error);
            ControlFlow::Break(())
        }
    });
    if let Some(failure) = failure {
        return Err(failure);
    }
    let next = replica.head().map_or(FrameNo(0), |head| head.no).next();
    read.map_err(|error| unreadable(next, &error))?;
    if journal.torn().map_err(|error| unreadable(next, &error))? {
        return Err(VerifyFailure::of_frame(next, "the journal ends in bytes that are no whole frame"));
    }
    let state = replica.state();
    state.audit().map_err(|what| VerifyFailure {
        frame: next,
        lsn: None,
        what: format!("After the last frame the balances do not add up: {what}."),
    })?;
    Ok(VerifyReport {
        frames: replica.head().map_or(0, |head| head.no.0),
        records: state.lsn().0,
        head: replica.head().map_or_else(FrameHash::default, |head| head.hash),
        accounts: state.accounts_len(),
        accounts_opened: state.next_account().0.saturating_sub(1),
        open_holds: state.holds_len(),
        suspense_items: state.items().len(),
        digest: state.digest(),
    })
}

fn unreadable(next: FrameNo, error: &JournalError) -> VerifyFailure {
    match error {
        JournalError::Corrupt { frame, what } => VerifyFailure::of_frame(*frame, what),
        other => {
            let mut what = format!("it cannot be read: {other}");
            let mut source = std::error::Error::source(other);
            while let Some(cause) = source {
                what = format!("{what}: {cause}");
                source = cause.source();
            }
            VerifyFailure::of_frame(next, &what)
        }
    }
}
