//! What can go wrong, by who can do something about it.

use std::sync::Arc;

use purser_core::account::{AccountKey, Book};
use purser_core::id::CommandId;
use purser_core::money::Nano;

use crate::journal::JournalError;
use crate::number::{AccountNo, FrameNo, HoldId, Lsn, SuspenseId};

/// Why the ledger did not do what it was asked. That the money does not suffice is no error but an answer:
/// [`crate::HoldOutcome::Short`].
#[derive(Clone, Debug, thiserror::Error)]
pub enum LedgerError {
    /// The ledger writes nothing any more. Every later call says the same.
    #[error("the ledger has stopped")]
    Stopped {
        /// Why.
        #[source]
        cause: Arc<Stop>,
    },
    /// No open account has this number: never opened, or closed since. Ask [`crate::Ledger::accounts`] again.
    #[error("no open account has number {0}")]
    UnknownAccount(AccountNo),
    /// A grant was given as a ceiling or the other way round.
    #[error("account {no} is in the book {book:?} and cannot be used in the other")]
    WrongBook {
        /// The account.
        no: AccountNo,
        /// Its book.
        book: Book,
    },
    /// One call names an account twice.
    #[error("account {0} is named twice in one call")]
    NamedTwice(AccountNo),
    /// A call names no account, so nothing would bound it, or more than [`crate::ACCOUNTS_MAX`] of one book.
    #[error("a call must name between 1 and {max} accounts, this one names {count}", max = crate::ACCOUNTS_MAX)]
    AccountCount {
        /// How many.
        count: usize,
    },
    /// An amount below zero where only an amount makes sense, or `least` above `want`.
    #[error("{what} cannot be {amount}")]
    BadAmount {
        /// Which amount.
        what: &'static str,
        /// What was given.
        amount: Nano,
    },
    /// A reserve on a grant, or a guarantee of a ceiling.
    #[error("only grants are guaranteed and only ceilings keep reserves, which does not fit {key:?}")]
    WrongTerms {
        /// The account.
        key: AccountKey,
    },
    /// A reserve beyond what is left of the limit: others have spent, hold or have in suspense the rest.
    #[error("{reserve} can't be kept for guarantees: {room} of the limit is not taken by others")]
    ReserveTooLarge {
        /// The ceiling.
        key: AccountKey,
        /// What was to be kept.
        reserve: Nano,
        /// The most that can be.
        room: Nano,
    },
    /// A balance would leave the range of [`Nano`].
    #[error("a balance of account {0} would leave the range of the ledger")]
    Overflow(AccountNo),
    /// Opaque bytes above their bound.
    #[error("{what} has {len} bytes, at most {max} are kept")]
    TooLong {
        /// Which bytes.
        what: &'static str,
        /// How many were given.
        len: usize,
        /// How many are kept.
        max: usize,
    },
    /// The period is over and the account not open (any more): opening it now would give its money a second time.
    #[error("the period of {0:?} is over")]
    PeriodOver(AccountKey),
    /// No such hold, or settled so long ago that it is forgotten.
    #[error("no hold {0} is open or remembered")]
    UnknownHold(HoldId),
    /// The hold's owner was thought gone; resolve the item instead.
    #[error("hold {id} is in suspense as item {item}")]
    InSuspense {
        /// The hold.
        id: HoldId,
        /// The item.
        item: SuspenseId,
    },
    /// Only what is settled can be adjusted or reversed.
    #[error("hold {0} is not settled yet")]
    NotSettled(HoldId),
    /// No such item, or resolved already by another command.
    #[error("no suspense item {0} is open")]
    UnknownItem(SuspenseId),
    /// The command was given before with other input. Its first result stands.
    #[error("command {0} was given before with other input")]
    Conflict(CommandId),
    /// So many records wait to be written that no more are taken; wait for this one to be durable and ask again.
    #[error("too many records wait to be written")]
    Busy(Lsn),
}

/// Why a ledger stopped.
#[derive(Debug, thiserror::Error)]
pub enum Stop {
    /// It was closed in order.
    #[error("it was closed")]
    Closed,
    /// The journal failed. Never retried: after a failed sync nobody knows what is on the disk.
    #[error("its journal failed")]
    Journal(#[source] JournalError),
    /// An invariant was found false. Nothing more is written, so that what is on disk stays as it was when it held.
    #[error("an invariant does not hold: {0}")]
    Breach(String),
    /// The committing thread is gone.
    #[error("its committing thread is gone")]
    NoCommitter,
}

/// Why a ledger could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The journal failed.
    #[error("the journal failed")]
    Journal(#[from] JournalError),
    /// A frame is not what was written, or breaks a rule.
    #[error("frame {frame} cannot be replayed: {what}")]
    Replay {
        /// The first such frame.
        frame: FrameNo,
        /// What is wrong, for people.
        what: String,
    },
    /// The snapshot is of a state the journal does not reach: it was saved before its records were durable, or belongs
    /// to another journal. Open with an older one, or with none.
    #[error("the snapshot is of record {snapshot}, the journal ends at {journal}")]
    SnapshotAhead {
        /// The snapshot's last record.
        snapshot: Lsn,
        /// The journal's last record.
        journal: Lsn,
    },
    /// The snapshot's frame has another hash in this journal.
    #[error("the snapshot does not belong to this journal: frame {0} has another hash")]
    SnapshotForeign(FrameNo),
    /// The first frame of this start could not be written.
    #[error("the start could not be journaled")]
    Start(#[source] LedgerError),
    /// The machine gave no thread for the committer.
    #[error("no thread for the committer")]
    Thread(#[source] std::io::Error),
}
