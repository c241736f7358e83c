//! What all handles share: the lock, the state behind it, the way into the journal.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use parking_lot::{Condvar, Mutex, MutexGuard};
use purser_core::account::AccountKey;
use purser_core::money::Nano;
use purser_core::time::{Clock, Instant};
use smallvec::SmallVec;

use crate::error::{LedgerError, Stop};
use crate::frame::FrameHead;
use crate::number::{AccountNo, Lsn};
use crate::options::Options;
use crate::progress::Progress;
use crate::queue::Queue;
use crate::record::Record;
use crate::slice::Slices;
use crate::state::{ApplyError, Fault, State};

/// The most slices given back under one lock.
const GIVE_BACK_MAX: usize = 256;

/// Shared by all handles and the committer.
pub(crate) struct Core {
    pub(crate) desk: Mutex<Desk>,
    /// Rung when the queue gets its first record, and at the end.
    pub(crate) bell: Condvar,
    pub(crate) progress: Progress,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) options: Options,
    /// Holds dropped without being settled or released.
    pub(crate) dropped: AtomicU64,
}

/// Everything behind the one lock. It is held for the checks, the sums and the encoding of a record: about a
/// microsecond, never across I/O or an await.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) state: State,
    pub(crate) queue: Queue,
    pub(crate) slices: Slices,
    /// The last frame handed to the journal.
    pub(crate) sealed: Option<FrameHead>,
    /// Nothing more is taken; the committer writes what waits and ends.
    pub(crate) closing: bool,
}

impl Core {
    pub(crate) fn new(state: State, sealed: Option<FrameHead>, options: Options, clock: Arc<dyn Clock>) -> Self {
        let progress = Progress::new(sealed.map_or(Lsn(0), |head| head.last_lsn));
        let desk = Desk { state, queue: Queue::default(), slices: Slices::default(), sealed, closing: false };
        Self { desk: Mutex::new(desk), bell: Condvar::new(), progress, clock, options, dropped: AtomicU64::new(0) }
    }

    /// Takes the lock, for whoever wants to change something.
    pub(crate) fn desk(&self) -> Result<MutexGuard<'_, Desk>, LedgerError> {
        let desk = self.desk.lock();
        if let Some(stopped) = self.progress.stopped() {
            return Err(stopped);
        }
        if desk.closing {
            return Err(LedgerError::Stopped { cause: Arc::new(Stop::Closed) });
        }
        Ok(desk)
    }

    /// The record at which the queue is full, if it is.
    pub(crate) fn full(&self, desk: &Desk) -> Option<Lsn> {
        (desk.queue.bytes_len() >= self.options.queue_bytes_max).then(|| desk.state.lsn())
    }

    fn has_room(&self, desk: &Desk) -> Result<(), LedgerError> {
        self.full(desk).map_or(Ok(()), |lsn| Err(LedgerError::Busy(lsn)))
    }

    /// The instant a record gets now: never before the last.
    pub(crate) fn now(&self, desk: &Desk) -> Instant {
        self.clock.now().max(desk.state.instant())
    }

    /// Applies a record and queues it. The only way anything changes. An overflow changes nothing; any other refusal
    /// by the state means that what was decided does not follow from it, and stops the ledger.
    pub(crate) fn post(&self, desk: &mut Desk, record: &Record) -> Result<Lsn, LedgerError> {
        let instant = self.now(desk);
        let lsn = desk.state.lsn().next();
        match desk.state.apply(lsn, instant, record) {
            Ok(()) => {}
            Err(ApplyError::Account { no, fault: Fault::Overflow }) => return Err(LedgerError::Overflow(no)),
            Err(breach) => return Err(self.breach(format!("record {lsn}: {breach}"))),
        }
        if desk.queue.is_empty() {
            self.bell.notify_one();
        }
        desk.queue.push(lsn, instant, record);
        Ok(lsn)
    }

    /// Stops for good: an invariant is false.
    pub(crate) fn breach(&self, what: String) -> LedgerError {
        tracing::error!(ledger.breach = %what, "the ledger found an invariant false and stopped");
        self.progress.stop(Stop::Breach(what));
        self.progress.stopped().unwrap_or(LedgerError::Stopped { cause: Arc::new(Stop::NoCommitter) })
    }

    /// See [`crate::Ledger::accounts`].
    pub(crate) fn accounts(
        &self,
        wanted: &[(AccountKey, Nano)],
    ) -> Result<(SmallVec<[AccountNo; 8]>, Option<Lsn>), LedgerError> {
        let mut guard = self.desk()?;
        let desk = &mut *guard;
        let now = self.now(desk);
        for (key, limit) in wanted {
            if limit.is_negative() {
                return Err(LedgerError::BadAmount { what: "a limit", amount: *limit });
            }
            if desk.state.number(key).is_none() && key.period.end <= now {
                return Err(LedgerError::PeriodOver(*key));
            }
        }
        let durable = self.progress.durable();
        let mut numbers = SmallVec::new();
        let mut pending: Option<Lsn> = None;
        for (key, limit) in wanted {
            let no = match desk.state.number(key) {
                Some(no) => no,
                None => self.open(desk, *key)?,
            };
            let present = desk.state.account(no).map_or(Nano::ZERO, |account| account.amounts.limit);
            if present != *limit {
                self.has_room(desk)?;
                let delta = limit.saturating_sub(present);
                let lsn = self.post(desk, &Record::Fund { no, delta })?;
                if delta.is_positive() {
                    desk.slices.raised(no, lsn);
                }
                pending = pending.max(Some(lsn));
            }
            pending = pending.max(desk.slices.raise_pending(no, durable));
            numbers.push(no);
        }
        Ok((numbers, pending))
    }

    fn open(&self, desk: &mut Desk, key: AccountKey) -> Result<AccountNo, LedgerError> {
        self.has_room(desk)?;
        let no = desk.state.next_account();
        let lsn = self.post(desk, &Record::Open { no, key })?;
        desk.slices.raised(no, lsn);
        Ok(no)
    }

    /// See [`crate::Ledger::close_ended`].
    pub(crate) fn close_ended(&self, before: Instant, max: usize) -> Result<usize, LedgerError> {
        let mut guard = self.desk()?;
        let desk = &mut *guard;
        let before = before.min(self.now(desk));
        let ended: Vec<AccountNo> = desk.state.closable(before).take(max).collect();
        for no in &ended {
            self.post(desk, &Record::Close { no: *no })?;
            desk.slices.forget(*no);
        }
        Ok(ended.len())
    }

    /// Gives back slices that nobody used for a while.
    pub(crate) fn tend(&self) -> Result<(), LedgerError> {
        let mut guard = self.desk()?;
        let desk = &mut *guard;
        let now = self.now(desk);
        for _ in 0..GIVE_BACK_MAX {
            let Some(no) = desk.slices.idle(now, self.options.slice_idle) else { break };
            if desk.state.account(no).is_some() {
                let lsn = self.post(desk, &Record::Slice { no, amount: Nano::ZERO })?;
                desk.slices.queued(no, lsn, Nano::ZERO);
            }
        }
        Ok(())
    }

    /// From now on nothing is taken; what waits will be written.
    pub(crate) fn begin_close(&self) {
        self.desk.lock().closing = true;
        self.bell.notify_one();
    }
}

impl std::fmt::Debug for Core {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Core").field("progress", &self.progress).finish_non_exhaustive()
    }
}
