//! The journal's records as tests look at them.

use std::sync::Arc;
use std::time::Instant;

use parking_lot::{Condvar, Mutex};
use purser_core::charge::ChargeRecord;
use purser_core::money::Nano;
use purser_ledger::{Frame, FrameObserver, HoldId, Legs, Mark, Record};

use crate::wire::SOON;

/// A settled call as its record tells it.
#[derive(Clone, Debug)]
pub(crate) struct Charge {
    pub(crate) hold: HoldId,
    pub(crate) nano: i64,
    pub(crate) mark: Mark,
    pub(crate) overrun: Nano,
    pub(crate) legs: Legs,
    pub(crate) record: ChargeRecord,
}

impl Charge {
    pub(crate) fn of(record: &Record) -> Option<Self> {
        let Record::Settle { id, charge, legs, overrun, mark, detail } = record else { return None };
        let record = ChargeRecord::decode(detail).unwrap();
        let (hold, nano, mark, overrun, legs) = (*id, charge.get(), *mark, *overrun, legs.clone());
        Some(Self { hold, nano, mark, overrun, legs, record })
    }
}

/// The records on disk.
#[derive(Default)]
pub(crate) struct Posted {
    pub(crate) records: Mutex<Vec<Record>>,
    more: Condvar,
}

impl Posted {
    /// Waits until the records have it.
    pub(crate) fn wait<T>(&self, look: impl Fn(&[Record]) -> Option<T>) -> T {
        let deadline = Instant::now() + SOON;
        let mut records = self.records.lock();
        loop {
            if let Some(found) = look(&records) {
                return found;
            }
            let late = self.more.wait_until(&mut records, deadline).timed_out();
            assert!(!late, "the journal never had it: {records:?}");
        }
    }
}

/// Takes them as they become durable.
pub(crate) struct Observer(pub(crate) Arc<Posted>);

impl FrameObserver for Observer {
    fn durable(&mut self, frame: &Arc<Frame>) {
        let mut records = self.0.records.lock();
        records.extend(frame.records().map(|stamped| stamped.unwrap().record));
        self.0.more.notify_all();
    }
}
