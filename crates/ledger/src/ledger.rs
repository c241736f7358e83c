//! The handle everybody uses.

use std::sync::Arc;

use purser_core::account::AccountKey;
use purser_core::id::CommandId;
use purser_core::money::Nano;
use purser_core::time::{Clock, Instant};
use smallvec::SmallVec;

use crate::committer::Committer;
use crate::error::{LedgerError, OpenError};
use crate::hold::{HoldOutcome, HoldRequest, Settled, Settlement};
use crate::journal::{FrameObserver, Journal};
use crate::number::{AccountNo, Epoch, HoldId, Lsn, SuspenseId};
use crate::options::Options;
use crate::record::{Detail, Ending, Leg};
use crate::snapshot::Snapshot;

/// The ledger. Cheap to clone; every clone is the same ledger.
#[derive(Clone, Debug)]
pub struct Ledger {
    _core: Arc<()>,
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

/// A balance. All amounts in nano-units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balance {
    /// The account.
    pub no: AccountNo,
    /// Whose and when.
    pub key: AccountKey,
    /// Money released to it, or its limit.
    pub limit: Nano,
    /// Charges.
    pub spent: Nano,
    /// Set aside by calls under way.
    pub held: Nano,
    /// Set aside and not accounted for.
    pub suspense: Nano,
    /// The part of `spent` that was above what was available when it was charged.
    pub overrun: Nano,
}

impl Balance {
    /// `limit - spent - held - suspense`; below zero after an overrun or a lowered limit.
    pub fn available(&self) -> Nano {
        self.limit.saturating_sub(self.spent).saturating_sub(self.held).saturating_sub(self.suspense)
    }
}

/// A hold under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenHoldView {
    /// Its name.
    pub id: HoldId,
    /// When it was placed.
    pub since: Instant,
    /// How much.
    pub amount: Nano,
    /// On which grants.
    pub legs: Vec<Leg>,
    /// On which ceilings.
    pub ceilings: Vec<AccountNo>,
}

/// Something set aside that nobody accounts for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuspenseItem {
    /// Its name, for [`Ledger::resolve`].
    pub id: SuspenseId,
    /// Since when.
    pub since: Instant,
    /// How much.
    pub amount: Nano,
    /// The hold whose owner is gone; `None` for the unaccounted part of a slice.
    pub hold: Option<HoldId>,
    /// On which grants; of a slice on a grant, that one.
    pub legs: Vec<Leg>,
    /// On which ceilings; of a slice on a ceiling, that one.
    pub ceilings: Vec<AccountNo>,
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
    /// projection. With legs, each ceiling changes by their sum; without, by `delta`.
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
    /// Handed to the operating system up to here.
    pub written: Lsn,
    /// On disk up to here.
    pub durable: Lsn,
}

impl Ledger {
    /// Replays the journal (after the snapshot), sets aside what the last process or machine left unaccounted, makes
    /// that durable, starts the committing thread.
    pub fn open(
        _journal: Box<dyn Journal>,
        _snapshot: Option<Snapshot>,
        _options: Options,
        _clock: Arc<dyn Clock>,
        _observer: Option<Box<dyn FrameObserver>>,
    ) -> Result<(Self, Recovery), OpenError> {
        unimplemented!()
    }

    /// Like [`open`](Self::open) without a thread: whoever has the [`Committer`] decides when frames are written and
    /// synced. For simulations and tests.
    pub fn open_stepped(
        _journal: Box<dyn Journal>,
        _snapshot: Option<Snapshot>,
        _options: Options,
        _clock: Arc<dyn Clock>,
        _observer: Option<Box<dyn FrameObserver>>,
    ) -> Result<(Self, Committer, Recovery), OpenError> {
        unimplemented!()
    }

    /// Opens what is not open and sets the limits asked for. Returns the numbers in the order asked, and the last
    /// record one may wait for (`None`: all of it is durable already). Nobody has to wait: a hold that leans on a
    /// record not yet durable says so in its [`crate::Clearance`].
    ///
    /// A limit may be lowered below what is spent and held; then nothing is available until it is raised again. An
    /// account of a period that is over can't be opened: [`LedgerError::PeriodOver`].
    pub fn accounts(
        &self,
        _wanted: &[(AccountKey, Nano)],
    ) -> Result<(SmallVec<[AccountNo; 8]>, Option<Lsn>), LedgerError> {
        unimplemented!()
    }

    /// One hold over all accounts, all or nothing: places `min(want, what fits)` when that is at least `least`.
    pub fn hold(&self, _request: &HoldRequest<'_>) -> Result<HoldOutcome, LedgerError> {
        unimplemented!()
    }

    /// Settles a hold by its name. The same hold again gives the first result, marked `repeated`. For owners use
    /// [`crate::Hold::settle`].
    pub fn settle(&self, _id: HoldId, _settlement: Settlement) -> Result<Settled, LedgerError> {
        unimplemented!()
    }

    /// Waits until the record is handed to the operating system: it survives the death of this process.
    pub async fn written(&self, _lsn: Lsn) -> Result<(), LedgerError> {
        unimplemented!()
    }

    /// Waits until the record is on disk.
    pub async fn durable(&self, _lsn: Lsn) -> Result<(), LedgerError> {
        unimplemented!()
    }

    /// Corrects a settled charge. More takes what the hold's grants have in burn order, the rest overruns; less goes
    /// back to the last grant first. On an account closed since, the difference goes to the source.
    pub fn adjust(
        &self,
        _command: CommandId,
        _hold: HoldId,
        _correction: &Correction<'_>,
        _detail: &[u8],
    ) -> Result<Settled, LedgerError> {
        unimplemented!()
    }

    /// Takes a settled charge back in full.
    pub fn reverse(&self, _command: CommandId, _hold: HoldId) -> Result<Settled, LedgerError> {
        unimplemented!()
    }

    /// Ends an item of suspense.
    pub fn resolve(
        &self,
        _command: CommandId,
        _item: SuspenseId,
        _resolution: &Resolution,
    ) -> Result<Settled, LedgerError> {
        unimplemented!()
    }

    /// Puts somebody else's event into the journal, once per command. At most [`crate::EVENT_MAX`] bytes.
    pub fn event(&self, _command: CommandId, _kind: u8, _payload: &[u8]) -> Result<EventReceipt, LedgerError> {
        unimplemented!()
    }

    /// Forgets accounts whose period ended before `before` and on which nothing is held or in suspense; at most `max`
    /// of them. Returns how many.
    pub fn close_ended(&self, _before: Instant, _max: usize) -> Result<usize, LedgerError> {
        unimplemented!()
    }

    /// An account's balance; `None` when no such account is open.
    pub fn balance(&self, _no: AccountNo) -> Option<Balance> {
        unimplemented!()
    }

    /// An account by its key.
    pub fn find(&self, _key: &AccountKey) -> Option<Balance> {
        unimplemented!()
    }

    /// All open accounts, by number.
    pub fn balances(&self) -> Vec<Balance> {
        unimplemented!()
    }

    /// All holds under way, by name.
    pub fn open_holds(&self) -> Vec<OpenHoldView> {
        unimplemented!()
    }

    /// Everything set aside that nobody accounts for, oldest first.
    pub fn suspense_items(&self) -> Vec<SuspenseItem> {
        unimplemented!()
    }

    /// How many holds were dropped without being settled or released. Anything but zero is a defect.
    pub fn dropped_holds(&self) -> u64 {
        unimplemented!()
    }

    /// How far the journal is.
    pub fn watermarks(&self) -> Watermarks {
        unimplemented!()
    }

    /// Why the ledger stopped, if it did.
    pub fn stopped(&self) -> Option<LedgerError> {
        unimplemented!()
    }

    /// The present state. **Keep it only once [`Snapshot::lsn`] is durable**: before that, a power cut could leave a
    /// journal that does not reach it. Copies the state under the lock (some ms for 100,000 accounts); to make one
    /// beside the hot path, replay frames onto an older one with [`crate::Replica`].
    pub fn snapshot(&self) -> Snapshot {
        unimplemented!()
    }

    /// Writes and syncs what waits, notes the orderly end, stops. Later calls on other clones are
    /// [`LedgerError::Stopped`]. Blocks for a sync or two.
    pub fn close(self) -> Result<(), LedgerError> {
        unimplemented!()
    }
}
