//! A state kept by applying frames.

use std::ops::ControlFlow;

use purser_core::account::Book;

use crate::frame::{Frame, FrameHash, FrameHead};
use crate::journal::Journal;
use crate::number::{FrameNo, Lsn};
use crate::record::{Record, Stamped};
use crate::snapshot::Snapshot;
use crate::state::{Layer, Posting, State};
use crate::verify::VerifyFailure;

/// A state kept by applying frames, beside the live one: for making snapshots without stopping the hot path, for
/// projections that need balances, for verifying, for the start.
#[derive(Clone, Debug, Default)]
pub struct Replica {
    state: State,
    head: Option<FrameHead>,
}

impl Replica {
    /// From a snapshot, or from nothing.
    pub fn new(snapshot: Option<Snapshot>) -> Self {
        snapshot.map_or_else(Self::default, |Snapshot { state, frame }| Self { state, head: frame })
    }

    /// Applies the next frame after checking chain, checksums, numbers and rules. After a failure the replica is of no
    /// use: part of the frame may have been applied.
    pub fn apply(&mut self, frame: &Frame) -> Result<(), VerifyFailure> {
        self.apply_each(frame, |_, _| Ok(()))
    }

    /// Like [`apply`](Self::apply), and shows each record to `each` before it is applied, with the state it meets.
    pub fn apply_each(
        &mut self,
        frame: &Frame,
        mut each: impl FnMut(&State, &Stamped) -> Result<(), String>,
    ) -> Result<(), VerifyFailure> {
        self.follows(frame).map_err(|what| VerifyFailure::of_frame(frame.no, &what))?;
        let mut lsn = frame.first_lsn;
        for stamped in frame.records() {
            let failure = |what: &str| VerifyFailure::of_record(frame.no, lsn, what);
            let stamped = stamped.map_err(|error| failure(&error.to_string()))?;
            // A snapshot taken between two frames has the first records of the next in it already.
            if stamped.lsn > self.state.lsn() {
                each(&self.state, &stamped).map_err(|what| failure(&what))?;
                let Stamped { lsn, instant, record } = &stamped;
                self.state.apply(*lsn, *instant, record).map_err(|error| failure(&error.to_string()))?;
            }
            lsn = lsn.next();
        }
        self.head = Some(frame.head());
        Ok(())
    }

    /// Reads and applies all frames of the journal that follow.
    pub fn catch_up(&mut self, journal: &mut dyn Journal) -> Result<(), CatchUpError> {
        let from = self.head.map_or(FrameNo(0), |head| head.no).next();
        let mut failure = None;
        journal.read(from, &mut |frame| match self.apply(&frame) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                failure = Some(error);
                ControlFlow::Break(())
            }
        })?;
        failure.map_or(Ok(()), |error| Err(error.into()))
    }

    /// The last frame applied.
    pub fn head(&self) -> Option<FrameHead> {
        self.head
    }

    /// The state reached.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The state reached, to keep.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot { state: self.state.clone(), frame: self.head }
    }

    /// As [`snapshot`](Self::snapshot), for who needs the replica no more: the state is not copied.
    pub fn into_snapshot(self) -> Snapshot {
        Snapshot { state: self.state, frame: self.head }
    }

    pub(crate) fn into_parts(self) -> (State, Option<FrameHead>) {
        (self.state, self.head)
    }

    fn follows(&self, frame: &Frame) -> Result<(), String> {
        let (no, lsn, hash) = match self.head {
            Some(head) => (head.no.next(), head.last_lsn.next(), head.hash),
            None => (FrameNo(1), Lsn(1), FrameHash::default()),
        };
        if frame.no != no {
            return Err(format!("it stands where frame {no} must"));
        }
        if frame.first_lsn != lsn {
            return Err(format!("it begins with record {}, record {lsn} must follow", frame.first_lsn));
        }
        if frame.prev_hash != hash {
            return Err(format!("it names {} as the hash of the frame before, which is {hash}", frame.prev_hash));
        }
        if !frame.is_intact() {
            return Err("its hash is not that of its bytes".to_owned());
        }
        if frame.count == 0 {
            return Err("it is empty".to_owned());
        }
        Ok(())
    }
}

/// Why a replica could not follow its journal.
#[derive(Debug, thiserror::Error)]
pub enum CatchUpError {
    /// The journal could not be read.
    #[error("the journal could not be read")]
    Journal(#[from] crate::journal::JournalError),
    /// A frame is not what was written, or breaks a rule.
    #[error(transparent)]
    Frame(#[from] VerifyFailure),
}

/// Do the postings of a record sum to zero, in each book and in each layer of it?
pub(crate) fn balanced(state: &State, record: &Record) -> Result<(), String> {
    let postings = state.postings(record);
    for book in [Book::Money, Book::Limit] {
        for layer in [Layer::Posted, Layer::Held, Layer::Suspense] {
            let of_it = |posting: &&Posting| posting.book == book && posting.layer == layer;
            let sum = postings
                .iter()
                .filter(of_it)
                .fold(0_i128, |sum, posting| sum.saturating_add(i128::from(posting.amount.get())));
            if sum != 0 {
                return Err(format!(
                    "its postings in the book {book:?}, layer {layer:?}, sum to {sum} and not to zero"
                ));
            }
        }
    }
    Ok(())
}
