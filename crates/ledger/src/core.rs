//! What all handles share: the lock, the state behind it, the way into the journal.

use std::sync::Arc;

use purser_core::account::{AccountKey, Book};
use purser_core::money::Nano;
use purser_core::time::{Clock, Instant};
use smallvec::SmallVec;

use crate::error::{LedgerError, Stop};
use crate::frame::{Frame, FrameHead};
use crate::journal::{JournalError, Pen};
use crate::number::{AccountNo, Lsn};
use crate::options::Options;
use crate::progress::Progress;
use crate::queue::Queue;
use crate::record::Record;
use crate::slice::Slices;
use crate::state::{ApplyError, Fault, State};
use crate::sync::{AtomicU64, Condvar, Mutex, MutexGuard};
use crate::terms::{Guarantee, Terms};
use crate::writing::Writing;

/// The most slices given back under one lock.
const GIVE_BACK_MAX: usize = 256;

/// Shared by all handles and the committer.
pub(crate) struct Core {
    pub(crate) desk: Mutex<Desk>,
    /// Where the journal has a pen. Taken before `desk`, never the other way round.
    pub(crate) writing: Option<Mutex<Writing>>,
    /// Rung when an idle committer gets something to do, when somebody waits for the disk, and at the end.
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
    /// The committer waits for the next record, not for its next turn.
    pub(crate) committer_idle: bool,
    /// Nothing more is taken; the committer writes what waits and ends.
    pub(crate) closing: bool,
}

impl Core {
    pub(crate) fn new(
        state: State,
        sealed: Option<FrameHead>,
        pen: Option<Box<dyn Pen>>,
        options: Options,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let progress = Progress::new(sealed.map_or(Lsn(0), |head| head.last_lsn));
        let desk = Desk {
            state,
            queue: Queue::new(),
            slices: Slices::default(),
            sealed,
            committer_idle: false,
            closing: false,
        };
        Self {
            desk: Mutex::new(desk),
            writing: pen.map(|pen| Mutex::new(Writing::new(pen, sealed))),
            bell: Condvar::new(),
            progress,
            clock,
            options,
            dropped: AtomicU64::new(0),
        }
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
        (desk.queue.frame_bytes() >= self.options.queue_bytes_max).then(|| desk.state.lsn())
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
        desk.queue.push(lsn, instant, record);
        if std::mem::take(&mut desk.committer_idle) {
            self.bell.notify_one();
        }
        Ok(lsn)
    }

    /// Comes back when the record is with the operating system. Where the journal has a pen this thread writes what
    /// waits itself, if nobody did; it never waits for a sync then.
    pub(crate) async fn written(&self, lsn: Lsn) -> Result<(), LedgerError> {
        match &self.writing {
            Some(writing) => self.write(writing, lsn),
            None => self.progress.until_written(lsn).await,
        }
    }

    /// Hands everything that waits to the operating system, unless the record is there already.
    pub(crate) fn write(&self, writing: &Mutex<Writing>, lsn: Lsn) -> Result<(), LedgerError> {
        if self.progress.written() >= lsn {
            return Ok(());
        }
        let mut writing = writing.lock();
        // Whoever had the pen before may have written it.
        if self.progress.written() >= lsn {
            return Ok(());
        }
        if let Some(stopped) = self.progress.stopped() {
            return Err(stopped);
        }
        let room = std::mem::take(&mut writing.spare);
        let Some(batch) = self.desk.lock().queue.take(room, false) else { return Ok(()) };
        if let Err(error) = writing.write(&batch) {
            return Err(self.fail(error));
        }
        self.progress.note_written(batch.last);
        writing.spare = batch.payload;
        Ok(())
    }

    /// Closes the frame under way, with everything decided so far in it, for a sync that begins now.
    pub(crate) fn seal(&self, writing: &Mutex<Writing>) -> Option<Arc<Frame>> {
        if self.progress.stopped().is_some() {
            return None;
        }
        let mut writing = writing.lock();
        let room = std::mem::take(&mut writing.spare);
        let batch = {
            let mut desk = self.desk.lock();
            let last = desk.state.lsn();
            desk.slices.sync_begins(last);
            desk.queue.take(room, true)
        };
        match writing.seal(batch.as_ref()) {
            Ok(Some(frame)) => {
                self.desk.lock().sealed = Some(frame.head());
                self.progress.note_written(frame.last_lsn());
                if let Some(batch) = batch {
                    writing.spare = batch.payload;
                }
                Some(frame)
            }
            Ok(None) => None,
            Err(error) => {
                self.fail(error);
                None
            }
        }
    }

    /// Comes back when the record is on disk, and has the committer hurry.
    pub(crate) async fn durable(&self, lsn: Lsn) -> Result<(), LedgerError> {
        if self.progress.durable() >= lsn {
            return Ok(());
        }
        self.progress.await_disk(lsn);
        {
            // Under the lock, so that the committer either sees what is awaited or is already waiting for the bell.
            let _desk = self.desk.lock();
            self.bell.notify_one();
        }
        self.progress.until_durable(lsn).await
    }

    /// The journal failed: nothing is taken from here on.
    pub(crate) fn fail(&self, error: JournalError) -> LedgerError {
        tracing::error!(error = %error, cause = ?std::error::Error::source(&error), "the journal failed, the ledger stopped");
        self.progress.stop(Stop::Journal(error));
        self.stopped_now()
    }

    fn stopped_now(&self) -> LedgerError {
        self.progress.stopped().unwrap_or(LedgerError::Stopped { cause: Arc::new(Stop::NoCommitter) })
    }

    /// Stops for good: an invariant is false.
    pub(crate) fn breach(&self, what: String) -> LedgerError {
        tracing::error!(ledger.breach = %what, "the ledger found an invariant false and stopped");
        self.progress.stop(Stop::Breach(what));
        self.stopped_now()
    }

    /// See [`crate::Ledger::accounts`].
    pub(crate) fn accounts<T: Copy + Into<Terms>>(
        &self,
        wanted: &[(AccountKey, T)],
    ) -> Result<(SmallVec<[AccountNo; 8]>, Option<Lsn>), LedgerError> {
        let mut guard = self.desk()?;
        let desk = &mut *guard;
        let now = self.now(desk);
        for (key, terms) in wanted {
            check_terms(key, (*terms).into())?;
            if desk.state.number(key).is_none() && key.period.end <= now {
                return Err(LedgerError::PeriodOver(*key));
            }
        }
        let durable = self.progress.durable();
        let mut numbers = SmallVec::new();
        let mut pending: Option<Lsn> = None;
        for (key, terms) in wanted {
            let terms: Terms = (*terms).into();
            let known = desk.state.number(key);
            // For all records of the account or none: a queue that fills up between them would leave it without its limit.
            if !known.and_then(|no| desk.state.account(no)).is_some_and(|account| terms.are_kept(account)) {
                self.has_room(desk)?;
            }
            let Terms { limit, guarantee } = terms;
            let no = match known {
                Some(no) => no,
                None => self.open(desk, *key)?,
            };
            let present = desk.state.account(no).map_or(Nano::ZERO, |account| account.amounts.limit);
            if present != limit {
                let delta = limit.saturating_sub(present);
                let lsn = self.post(desk, &Record::Fund { no, delta })?;
                if delta.is_positive() {
                    desk.slices.raised(no, lsn);
                }
                pending = pending.max(Some(lsn));
            }
            pending = pending.max(self.keep(desk, no, guarantee)?);
            pending = pending.max(desk.slices.raise_pending(no, durable));
            numbers.push(no);
        }
        Ok((numbers, pending))
    }

    /// Has an account keep to what guarantees mean to it. Never takes back what it keeps already: a caller who knows of
    /// less may know too little.
    fn keep(&self, desk: &mut Desk, no: AccountNo, guarantee: Guarantee) -> Result<Option<Lsn>, LedgerError> {
        if desk.state.account(no).is_none_or(|account| guarantee.is_kept(account)) {
            return Ok(None);
        }
        let record = match guarantee {
            Guarantee::Plain => return Ok(None),
            Guarantee::Guaranteed => Record::Guarantee { no },
            Guarantee::Yields { reserve: amount } => Record::Reserve { no, amount },
        };
        self.post(desk, &record).map(Some)
    }

    /// See [`crate::Ledger::reserve`].
    pub(crate) fn reserve(&self, reserves: &[(AccountKey, Nano)]) -> Result<Option<Lsn>, LedgerError> {
        let mut guard = self.desk()?;
        let desk = &mut *guard;
        let mut last = None;
        for (no, amount) in reserves_that_fit(desk, reserves)? {
            self.has_room(desk)?;
            last = Some(self.post(desk, &Record::Reserve { no, amount })?);
        }
        Ok(last)
    }

    /// See [`crate::Ledger::can_reserve`].
    pub(crate) fn can_reserve(&self, reserves: &[(AccountKey, Nano)]) -> Result<(), LedgerError> {
        reserves_that_fit(&*self.desk()?, reserves).map(drop)
    }

    fn open(&self, desk: &mut Desk, key: AccountKey) -> Result<AccountNo, LedgerError> {
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

/// The open ceilings among these that keep another amount so far, all of which fit.
fn reserves_that_fit(
    desk: &Desk,
    reserves: &[(AccountKey, Nano)],
) -> Result<SmallVec<[(AccountNo, Nano); 8]>, LedgerError> {
    let mut changed = SmallVec::new();
    for (key, reserve) in reserves {
        check_terms(key, Terms { limit: Nano::ZERO, guarantee: Guarantee::Yields { reserve: *reserve } })?;
        let Some(no) = desk.state.number(key) else { continue };
        let Some(account) = desk.state.account(no) else { continue };
        let amounts = &account.amounts;
        // A crash may have left no more than its name. As good as not open: whoever has it next says what it allows.
        if !account.guarantees && amounts.limit.is_zero() && amounts.discretionary().is_zero() {
            continue;
        }
        let room = amounts.limit.saturating_sub(amounts.discretionary()).max(Nano::ZERO);
        if *reserve > amounts.reserve && *reserve > room {
            return Err(LedgerError::ReserveTooLarge { key: *key, reserve: *reserve, room });
        }
        if !account.guarantees || amounts.reserve != *reserve {
            changed.push((no, *reserve));
        }
    }
    Ok(changed)
}

fn check_terms(key: &AccountKey, terms: Terms) -> Result<(), LedgerError> {
    let bad = |what, amount| Err(LedgerError::BadAmount { what, amount });
    let book = key.subject.book();
    match terms.guarantee {
        _ if terms.limit.is_negative() => bad("a limit", terms.limit),
        Guarantee::Guaranteed if book != Book::Money => Err(LedgerError::WrongTerms { key: *key }),
        Guarantee::Yields { .. } if book != Book::Limit => Err(LedgerError::WrongTerms { key: *key }),
        Guarantee::Yields { reserve } if reserve.is_negative() => bad("a reserve", reserve),
        _ => Ok(()),
    }
}

impl std::fmt::Debug for Core {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Core").field("progress", &self.progress).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Ledger;
    use crate::memory::MemoryJournal;
    use crate::number::BootId;

    #[derive(Debug)]
    struct Stopped;

    impl Clock for Stopped {
        fn now(&self) -> Instant {
            Instant::EPOCH
        }
    }

    #[test]
    fn a_breach_stops_for_good() {
        let options = Options::new(BootId(1));
        let journal = Box::new(MemoryJournal::new());
        let (ledger, _committer, _) = Ledger::open_stepped(journal, None, options, Arc::new(Stopped), None).unwrap();
        let told = ledger.core().breach("two and two are five".to_owned());
        for error in [Some(told), ledger.stopped(), ledger.accounts::<Nano>(&[]).err()] {
            let Some(LedgerError::Stopped { cause }) = error else { panic!() };
            assert!(matches!(&*cause, Stop::Breach(what) if what == "two and two are five"));
        }
    }
}
