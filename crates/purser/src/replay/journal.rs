//! The journal of a replay: the ledger writes its frames as ever, they are added up, and nobody keeps them.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

use purser_ledger::{Frame, FrameHead, FrameNo, FrameObserver, Journal, JournalError, Record};

/// A journal that remembers which frame was the last, and nothing else: a year of calls would be gigabytes.
#[derive(Debug, Default)]
pub(super) struct Unkept {
    head: Option<FrameHead>,
}

impl Journal for Unkept {
    fn append(&mut self, frame: &Frame) -> Result<(), JournalError> {
        let expected = self.head.map_or(FrameNo(0), |head| head.no).next();
        if frame.no != expected {
            return Err(JournalError::OutOfOrder { expected, given: frame.no });
        }
        self.head = Some(frame.head());
        Ok(())
    }

    fn sync(&mut self) -> Result<(), JournalError> {
        Ok(())
    }

    fn read(&mut self, _from: FrameNo, _each: &mut dyn FnMut(Frame) -> ControlFlow<()>) -> Result<(), JournalError> {
        Ok(())
    }

    fn head(&mut self) -> Result<Option<FrameHead>, JournalError> {
        Ok(self.head)
    }
}

/// What the frames settle, read from their bytes: to be compared with what was told of each call.
#[derive(Clone, Debug, Default)]
pub(super) struct Settlements(Arc<Sums>);

#[derive(Debug, Default)]
struct Sums {
    calls: AtomicU64,
    nano: AtomicI64,
    overrun: AtomicI64,
    unreadable: AtomicBool,
}

impl Settlements {
    /// How many calls were settled, and their charges. `None` where a frame could not be read.
    pub(super) fn sum(&self) -> Option<(u64, i64)> {
        let Sums { calls, nano, unreadable, .. } = &*self.0;
        (!unreadable.load(Ordering::Relaxed)).then(|| (calls.load(Ordering::Relaxed), nano.load(Ordering::Relaxed)))
    }

    /// What was settled above what there was.
    pub(super) fn overrun(&self) -> i64 {
        self.0.overrun.load(Ordering::Relaxed)
    }
}

impl FrameObserver for Settlements {
    fn durable(&mut self, frame: &Arc<Frame>) {
        for record in frame.records() {
            match record.map(|stamped| stamped.record) {
                Ok(Record::Settle { charge, overrun, .. }) => {
                    self.0.calls.fetch_add(1, Ordering::Relaxed);
                    self.0.nano.fetch_add(charge.get(), Ordering::Relaxed);
                    self.0.overrun.fetch_add(overrun.get(), Ordering::Relaxed);
                }
                Ok(_) => {}
                Err(_) => self.0.unreadable.store(true, Ordering::Relaxed),
            }
        }
    }
}
