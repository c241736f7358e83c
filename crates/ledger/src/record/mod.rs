//! What the journal is made of.

pub(crate) mod codec;

use purser_core::account::AccountKey;
use purser_core::id::CommandId;
use purser_core::money::Nano;
use purser_core::time::Instant;
use smallvec::SmallVec;

use crate::number::{AccountNo, BootId, Epoch, HoldId, Lsn, SuspenseId};

/// An amount on one grant account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leg {
    /// The account.
    pub no: AccountNo,
    /// The amount; signed in adjustments only.
    pub amount: Nano,
}

/// The grant accounts of a call in burn order.
pub type Legs = SmallVec<[Leg; 3]>;
/// The ceilings of a call: each counts the full amount.
pub type Ceilings = SmallVec<[AccountNo; 4]>;
/// Opaque bytes beside a charge from which it can be recomputed (usage, tier, rate card). At most [`DETAIL_MAX`].
pub type Detail = SmallVec<[u8; 120]>;

/// The most bytes a [`Detail`] may have.
pub const DETAIL_MAX: usize = 1024;
/// The most bytes the payload of an event may have.
pub const EVENT_MAX: usize = 256 * 1024;
/// The most accounts of either book in one call.
pub const ACCOUNTS_MAX: usize = 32;

/// How well a charge is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mark {
    /// From usage the provider reported.
    Exact,
    /// Counted by us, the provider's figure did not arrive.
    Estimated,
    /// Nothing came back; what the owner presumes was used stands for it, the whole hold where no owner is left.
    Presumed,
    /// The provider's figure makes no sense; the bound stands for it.
    Disputed,
}

/// How long and how many settled holds and commands are remembered, so that the same one twice changes nothing more.
/// Journaled with each boot, because replay must forget exactly when the live ledger did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Seconds of journal time.
    pub age_s: u32,
    /// The most settled holds.
    pub settled_max: u32,
    /// The most commands.
    pub commands_max: u32,
}

/// How an item of suspense ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It was used: so much of it (zero: nothing was) is a charge, the rest is free again.
    Charged,
    /// Nobody knows: the company's `unaccounted` bears it, the accounts are free again.
    WrittenOff,
}

/// One entry of the journal. Amounts are never negative except where a field says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// The ledger starts. Ends every slice.
    Boot {
        /// One more than the last.
        epoch: Epoch,
        /// On which boot of the machine.
        boot: BootId,
        /// How long commands are remembered from here on.
        window: Window,
    },
    /// The ledger ends in order: nothing follows that could be lost. Ends every slice.
    Rest,
    /// Assigns a number to a subject's period. The account has no money yet.
    Open {
        /// The number, one more than the last.
        no: AccountNo,
        /// Whose and when.
        key: AccountKey,
    },
    /// An allowance is released or a limit changed.
    Fund {
        /// The account.
        no: AccountNo,
        /// By how much, signed.
        delta: Nano,
    },
    /// From here on, holds not yet on disk may add up to so much. See the `slice` module.
    Slice {
        /// The account.
        no: AccountNo,
        /// Up to.
        amount: Nano,
    },
    /// From here on this ceiling counts what guaranteed grants pay and never refuses it, and keeps so much for them,
    /// used and unused together. Replaces what it kept before. See the `guarantee` module.
    Reserve {
        /// The ceiling.
        no: AccountNo,
        /// How much.
        amount: Nano,
    },
    /// From here on what this grant's account pays is guaranteed. Holds open already stay as they are.
    Guarantee {
        /// The account.
        no: AccountNo,
    },
    /// Sets money aside for one call.
    Hold {
        /// Its name.
        id: HoldId,
        /// How much, the sum of the legs when there are any.
        amount: Nano,
        /// All eligible grants in burn order, those that hold nothing too.
        legs: Legs,
        /// Every limit above.
        ceilings: Ceilings,
    },
    /// A hold becomes larger.
    Grow {
        /// Which.
        id: HoldId,
        /// By how much, the sum of the legs when there are any.
        amount: Nano,
        /// Where, only legs that grow.
        legs: Legs,
    },
    /// A call is paid; what was held beyond the charge is free again.
    Settle {
        /// Which hold.
        id: HoldId,
        /// What it cost.
        charge: Nano,
        /// Who pays, only legs that pay.
        legs: Legs,
        /// The part of the charge that the grants did not have.
        overrun: Nano,
        /// How well the charge is known.
        mark: Mark,
        /// From which it can be recomputed.
        detail: Detail,
    },
    /// The call never was; all of the hold is free again.
    Release {
        /// Which hold.
        id: HoldId,
    },
    /// The hold's owner is gone. It is no longer held, and not available either.
    Suspend {
        /// Which hold.
        id: HoldId,
    },
    /// The machine died: holds may have been lost with the end of the journal, up to so much. Ends the slice. May
    /// exceed what is available.
    SuspendSlice {
        /// The account.
        no: AccountNo,
        /// The slice.
        amount: Nano,
    },
    /// An item of suspense ends.
    Resolve {
        /// The command.
        command: CommandId,
        /// Hash of its input.
        input: u64,
        /// Which item.
        item: SuspenseId,
        /// How it ends.
        ending: Ending,
        /// The charge; zero when written off.
        charge: Nano,
        /// Who pays, only legs that pay.
        legs: Legs,
        /// The part of the charge that was not there.
        overrun: Nano,
        /// From which the charge can be recomputed.
        detail: Detail,
    },
    /// A settled charge was wrong by so much.
    Adjust {
        /// The command.
        command: CommandId,
        /// Hash of its input.
        input: u64,
        /// Which hold it was.
        id: HoldId,
        /// By how much on which grant, signed.
        legs: Legs,
        /// By how much on every ceiling, signed; the sum of the legs when there are any.
        delta: Nano,
        /// The ceilings.
        ceilings: Ceilings,
        /// From which the new charge can be recomputed.
        detail: Detail,
    },
    /// A settled charge is taken back in full.
    Reverse {
        /// The command.
        command: CommandId,
        /// Hash of its input.
        input: u64,
        /// Which hold it was.
        id: HoldId,
    },
    /// A period is over and everything in it accounted for: the ledger forgets the account. What was left of it goes
    /// back to the source.
    Close {
        /// The account.
        no: AccountNo,
    },
    /// Something that is not the ledger's business and shares its journal because that is the only commit point.
    Event {
        /// The command it comes from.
        command: CommandId,
        /// Hash of kind and payload.
        input: u64,
        /// The control plane's kind.
        kind: u8,
        /// The control plane's bytes.
        payload: Vec<u8>,
    },
}

/// A record with its place and time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamped {
    /// Its number.
    pub lsn: Lsn,
    /// When; never before the record's before it.
    pub instant: Instant,
    /// What.
    pub record: Record,
}

impl Leg {
    /// The opposite amount.
    pub(crate) fn negated(&self) -> Self {
        Self { no: self.no, amount: Nano::ZERO.saturating_sub(self.amount) }
    }
}
