//! The handle everybody uses.

use std::sync::Arc;

use purser_core::account::AccountKey;
use purser_core::id::CommandId;
use purser_core::money::Nano;
use purser_core::time::{Clock, Instant};
use smallvec::SmallVec;

use crate::committer::Committer;
use crate::core::Core;
use crate::error::{LedgerError, OpenError, Stop};
use crate::hold::{Hold, HoldOutcome, HoldRequest, Settled, Settlement};
use crate::journal::{FrameObserver, Journal};
use crate::number::{AccountNo, Epoch, HoldId, Lsn, SuspenseId};
use crate::options::Options;
use crate::placing::Placement;
use crate::record::{Detail, Leg};
use crate::recovery;
use crate::snapshot::Snapshot;
use crate::sync::{Mutex, Ordering, thread};
use crate::terms::Terms;
use crate::view::{self, Balance, OpenHoldView, SuspenseItem};

/// The ledger. Cheap to clone; every clone is the same ledger. Dropping the last one (holds count) closes it.
#[derive(Clone, Debug)]
pub struct Ledger {
    handle: Arc<Handle>,
}

/// Where clones are counted: one for those that one thread makes ([`Ledger::apart`]).
#[derive(Debug)]
struct Handle {
    core: Arc<Core>,
    running: Arc<Running>,
}

#[derive(Debug)]
struct Running {
    core: Arc<Core>,
    /// `None`: stepped, or closed.
    thread: Mutex<Option<thread::JoinHandle<()>>>,
}

/// What was found and done at the start.
#[derive(Clone, Debug, Default)]
pub struct Recovery {
    /// The number of this start.
    pub epoch: Epoch,
    /// Records replayed (those the snapshot held are not counted).
    pub records: u64,
    /// Could the end of the journal have been lost? (Another boot of the machine or a torn end, without an orderly
    /// close before.)
    pub tail_may_be_lost: bool,
    /// What had to be set aside: open holds, and after a lost tail slices.
    pub suspended: Vec<SuspenseItem>,
}

/// How a suspense item is to end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// So much of it was used (zero: nothing).
    Charge {
        /// The charge; above the item's amount it overruns as a settlement does.
        charge: Nano,
        /// From which it can be recomputed.
        detail: Detail,
    },
    /// Nobody knows: `unaccounted` bears it.
    WriteOff,
}

/// What a settled charge should have been.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Correction<'a> {
    /// This much in all. For holds still remembered.
    To(Nano),
    /// More or less by so much, for a hold so old that the ledger forgot it: the caller has read the settlement in the
    /// projection. With legs, `delta` is their sum; each ceiling changes by it.
    By {
        /// Signed amounts on grants.
        legs: &'a [Leg],
        /// The ceilings of the call.
        ceilings: &'a [AccountNo],
        /// The signed sum.
        delta: Nano,
    },
}

/// The answer to an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventReceipt {
    /// Its record. Await `durable` of it before acknowledging.
    pub lsn: Lsn,
    /// The same event was given before.
    pub repeated: bool,
}

/// How far the journal is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Watermarks {
    /// Decided, and queued to be written, up to here.
    pub decided: Lsn,
    /// Handed to the operating system up to here.
    pub written: Lsn,
    /// On disk up to here.
    pub durable: Lsn,
}

impl Ledger {
    /// Replays the journal (after the snapshot), sets aside what the last process or machine left unaccounted, makes
    /// that durable, starts the committing thread. The observer is told of every frame made durable from here on, the
    /// first of this start included; those before it reads from the journal.
    pub fn open(
        journal: Box<dyn Journal>,
        snapshot: Option<Snapshot>,
        options: Options,
        clock: Arc<dyn Clock>,
        observer: Option<Box<dyn FrameObserver>>,
    ) -> Result<(Self, Recovery), OpenError> {
        let (core, committer, recovery) = recovery::open(journal, snapshot, options, clock, observer)?;
        let thread = thread::Builder::new()
            .name("ledger".to_owned())
            .spawn(move || committer.run())
            .map_err(OpenError::Thread)?;
        Ok((Self::of(core, Some(thread)), recovery))
    }

    /// Like [`open`](Self::open) without a thread: whoever has the [`Committer`] decides when frames are written and
    /// synced. For simulations and tests.
    pub fn open_stepped(
        journal: Box<dyn Journal>,
        snapshot: Option<Snapshot>,
        options: Options,
        clock: Arc<dyn Clock>,
        observer: Option<Box<dyn FrameObserver>>,
    ) -> Result<(Self, Committer, Recovery), OpenError> {
        let (core, committer, recovery) = recovery::open(journal, snapshot, options, clock, observer)?;
        Ok((Self::of(core, None), committer, recovery))
    }

    fn of(core: Arc<Core>, thread: Option<thread::JoinHandle<()>>) -> Self {
        let running = Arc::new(Running { core: Arc::clone(&core), thread: Mutex::new(thread) });
        Self { handle: Arc::new(Handle { core, running }) }
    }

    /// The same ledger, whose clones and holds are counted apart from this one's. For a thread that places many holds:
    /// threads that count in one place wait for each other's writes to it, once for each hold.
    #[must_use]
    pub fn apart(&self) -> Self {
        let Handle { core, running } = &*self.handle;
        Self { handle: Arc::new(Handle { core: Arc::clone(core), running: Arc::clone(running) }) }
    }

    pub(crate) fn core(&self) -> &Core {
        &self.handle.core
    }

    /// Opens what is not open and sets the limits asked for. Returns the numbers in the order asked, and the last
    /// record one may wait for (`None`: all of it is durable already). Nobody has to wait: a hold that leans on a
    /// record not yet durable says so in its [`crate::Clearance`].
    ///
    /// A limit may be lowered below what is spent and held; then nothing is available until it is raised again. An
    /// account of a period that is over can't be opened: [`LedgerError::PeriodOver`].
    ///
    /// What guarantees mean to an account is only ever added to here: a reserve grows to what is asked for, and
    /// shrinks by [`reserve`](Self::reserve) alone. Whoever asks with less may have an older view of things.
    pub fn accounts<T: Copy + Into<Terms>>(
        &self,
        wanted: &[(AccountKey, T)],
    ) -> Result<(SmallVec<[AccountNo; 8]>, Option<Lsn>), LedgerError> {
        self.core().accounts(wanted)
    }

    /// One hold over all accounts, all or nothing: places `min(want, what fits)` when that is at least `least`.
    pub fn hold(&self, request: &HoldRequest<'_>) -> Result<HoldOutcome, LedgerError> {
        Ok(self.outcome(&self.core().place(request)?))
    }

    /// Sets what ceilings keep for guaranteed grants, upwards or downwards, all or none, under one lock. Ceilings that are
    /// not open are passed over: whoever opens them says what they keep. Returns the last record, if any was needed.
    ///
    /// A reserve that would grow beyond the limit less what others have spent, hold or have in suspense there is
    /// [`LedgerError::ReserveTooLarge`]: that much can't be promised any more.
    pub fn reserve(&self, reserves: &[(AccountKey, Nano)]) -> Result<Option<Lsn>, LedgerError> {
        self.core().reserve(reserves)
    }

    /// Would [`reserve`](Self::reserve) do it? Nothing is changed.
    ///
    /// # Errors
    /// [`LedgerError::ReserveTooLarge`] as there.
    pub fn can_reserve(&self, reserves: &[(AccountKey, Nano)]) -> Result<(), LedgerError> {
        self.core().can_reserve(reserves)
    }

    /// As [`hold`](Self::hold), provided that the accounts have these terms, grants first. For callers who remember
    /// the numbers that [`accounts`](Self::accounts) gave them: where a limit has changed since, a reserve is smaller,
    /// or an account was closed, nothing is placed and `None` says to ask for the accounts again.
    pub fn hold_if<T: Copy + Into<Terms>>(
        &self,
        request: &HoldRequest<'_>,
        terms: &[T],
    ) -> Result<Option<HoldOutcome>, LedgerError> {
        Ok(self.core().place_if(request, terms)?.map(|placement| self.outcome(&placement)))
    }

    fn outcome(&self, placement: &Placement) -> HoldOutcome {
        match placement {
            Placement::Placed(placed) => HoldOutcome::Placed(Hold::new(self.clone(), *placed)),
            Placement::Short(short) => HoldOutcome::Short(*short),
            Placement::Wait(lsn) => HoldOutcome::Wait(*lsn),
        }
    }

    /// Settles a hold by its name. The same hold again gives the first result, marked `repeated`. For owners use
    /// [`Hold::settle`].
    pub fn settle(&self, id: HoldId, settlement: Settlement) -> Result<Settled, LedgerError> {
        self.core().settle(id, settlement)
    }

    /// Waits until the record is handed to the operating system: it survives the death of this process. Where the
    /// journal has a pen, the calling thread does it, at once.
    pub async fn written(&self, lsn: Lsn) -> Result<(), LedgerError> {
        self.core().written(lsn).await
    }

    /// Waits until the record is on disk.
    pub async fn durable(&self, lsn: Lsn) -> Result<(), LedgerError> {
        self.core().durable(lsn).await
    }

    /// Corrects a settled charge. More takes what the hold's grants have in burn order, the rest overruns; less goes
    /// back to the last grant first. On an account closed since, the difference goes to the source of its book: a
    /// statement of the ended period stays as it is and the correction is an item of the next.
    ///
    /// A command given before returns its first result; `remaining` is as of now (zero when the call is forgotten).
    pub fn adjust(
        &self,
        command: CommandId,
        hold: HoldId,
        correction: &Correction<'_>,
        detail: &[u8],
    ) -> Result<Settled, LedgerError> {
        self.core().adjust(command, hold, correction, detail)
    }

    /// Takes a settled charge back in full.
    pub fn reverse(&self, command: CommandId, hold: HoldId) -> Result<Settled, LedgerError> {
        self.core().reverse(command, hold)
    }

    /// Ends an item of suspense.
    pub fn resolve(
        &self,
        command: CommandId,
        item: SuspenseId,
        resolution: &Resolution,
    ) -> Result<Settled, LedgerError> {
        self.core().resolve(command, item, resolution)
    }

    /// Puts somebody else's event into the journal, once per command. At most [`crate::EVENT_MAX`] bytes.
    pub fn event(&self, command: CommandId, kind: u8, payload: &[u8]) -> Result<EventReceipt, LedgerError> {
        self.core().event(command, kind, payload)
    }

    /// Forgets accounts whose period ended at or before `before` and on which nothing is held or in suspense; at most
    /// `max` of them, all under one lock. Returns how many.
    pub fn close_ended(&self, before: Instant, max: usize) -> Result<usize, LedgerError> {
        self.core().close_ended(before, max)
    }

    /// An account's balance; `None` when no such account is open.
    pub fn balance(&self, no: AccountNo) -> Option<Balance> {
        view::balance(&self.core().desk.lock().state, no)
    }

    /// An account by its key.
    pub fn find(&self, key: &AccountKey) -> Option<Balance> {
        let desk = self.core().desk.lock();
        desk.state.number(key).and_then(|no| view::balance(&desk.state, no))
    }

    /// All open accounts, by number.
    pub fn balances(&self) -> Vec<Balance> {
        self.core().desk.lock().state.balances()
    }

    /// All holds under way, by name.
    pub fn open_holds(&self) -> Vec<OpenHoldView> {
        self.core().desk.lock().state.open_holds()
    }

    /// Everything set aside that nobody accounts for, oldest first.
    pub fn suspense_items(&self) -> Vec<SuspenseItem> {
        self.core().desk.lock().state.suspense_items()
    }

    /// How many holds were dropped without being settled or released. Anything but zero is a defect.
    pub fn dropped_holds(&self) -> u64 {
        self.core().dropped.load(Ordering::Relaxed)
    }

    /// How far the journal is.
    pub fn watermarks(&self) -> Watermarks {
        let progress = &self.core().progress;
        // In this order: what is durable is written, and what is written was decided.
        let durable = progress.durable();
        let written = progress.written();
        let decided = self.core().desk.lock().state.lsn();
        Watermarks { decided, written, durable }
    }

    /// Why the ledger stopped, if it did.
    pub fn stopped(&self) -> Option<LedgerError> {
        self.core().progress.stopped()
    }

    /// The present state. **Keep it only once [`Snapshot::lsn`] is durable**: before that, a power cut could leave a
    /// journal that does not reach it. Copies the state under the lock (some ms for 100,000 accounts); to make one
    /// beside the hot path, keep a [`crate::Replica`].
    pub fn snapshot(&self) -> Snapshot {
        let desk = self.core().desk.lock();
        Snapshot { state: desk.state.clone(), frame: desk.sealed }
    }

    /// Writes and syncs what waits, notes the orderly end, stops. Later calls on other clones are
    /// [`LedgerError::Stopped`]. Blocks for a sync or two. (Of a stepped ledger: stops taking anything;
    /// [`Committer::close`] does the rest.)
    pub fn close(self) -> Result<(), LedgerError> {
        self.handle.running.end();
        match self.core().progress.stopped() {
            Some(LedgerError::Stopped { cause }) if !matches!(*cause, Stop::Closed) => {
                Err(LedgerError::Stopped { cause })
            }
            _ => Ok(()),
        }
    }
}

impl Running {
    fn end(&self) {
        self.core.begin_close();
        let thread = self.thread.lock().take();
        if let Some(thread) = thread {
            // A panic of the thread has stopped the ledger, which is what the caller is told.
            let _ = thread.join();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}
