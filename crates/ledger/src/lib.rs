//! The ledger: who has how much, what is set aside, what was spent, and a journal that proves it.
//!
//! **Model.** Double entry. An account is a subject in a period; its balances live in memory behind one lock. Every
//! change is a [`Record`], decided from the state, queued and applied under that lock, written by one committing thread
//! in frames ([`Frame`]) chained by hash. The state is what applying the records gives, no more: replay is the same
//! function.
//!
//! **Owns** holds, settlement, suspense, slices, idempotency of commands, the record and frame formats, group commit,
//! recovery, verification.
//!
//! **Does not own** who may spend and what a call costs (`core`, `gateway`), where frames and snapshots are stored
//! (`store` implements [`Journal`]), the meaning of events (`control`).
//!
//! **Invariants.** Postings of every record sum to zero in each book. No hold takes more than is available on every
//! account it names. Each hold settles at most once. What was acknowledged is durable. After any crash, what may have
//! been spent is spent, held or in suspense.
mod committer;
mod error;
mod frame;
mod hold;
mod journal;
mod ledger;
mod memory;
mod number;
mod options;
mod record;
mod snapshot;
mod verify;

pub use committer::Committer;
pub use error::{LedgerError, OpenError, Stop};
pub use frame::{Frame, FrameError, FrameHash, FrameHead};
pub use hold::{
    Blocking, Clearance, GrowOutcome, Hold, HoldOutcome, HoldRequest, Settled, Settlement, Shortfall,
};
pub use journal::{FrameObserver, Journal, JournalError};
pub use ledger::{
    Balance, Correction, EventReceipt, Ledger, OpenHoldView, Recovery, Resolution, SuspenseItem, Watermarks,
};
pub use memory::MemoryJournal;
pub use number::{AccountNo, BootId, Epoch, FrameNo, HoldId, HoldIdError, Lsn, SuspenseId};
pub use options::Options;
pub use record::{
    ACCOUNTS_MAX, Ceilings, DETAIL_MAX, Detail, EVENT_MAX, Ending, Leg, Legs, Mark, Record, Stamped, Window,
};
pub use snapshot::{Replica, Snapshot, SnapshotError};
pub use verify::{VerifyFailure, VerifyReport, verify};
