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
//! account it names; guaranteed legs are counted and never refused by a ceiling that yields to them, and nothing else
//! takes what it reserves for them. Each hold settles at most once. What was acknowledged is durable. After any crash, what may have
//! been spent is spent, held or in suspense.
#![cfg_attr(not(test), deny(clippy::float_arithmetic, clippy::arithmetic_side_effects, clippy::as_conversions))]
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]
#![expect(clippy::missing_errors_doc, reason = "each variant of the typed errors says when it is the answer")]

mod codec;
mod committer;
mod core;
mod ending;
mod error;
mod frame;
mod guarantee;
mod hold;
mod journal;
mod ledger;
mod memory;
mod number;
mod options;
mod pages;
mod placing;
mod progress;
mod queue;
mod record;
mod recovery;
mod replica;
mod slice;
mod snapshot;
mod state;
mod sync;
mod terms;
mod verify;
mod view;
mod writing;

pub use committer::Committer;
pub use error::{LedgerError, OpenError, Stop};
pub use frame::{CLOSING_LEN, Frame, FrameError, FrameHash, FrameHead, Records};
pub use hold::{Blocking, Clearance, GrowOutcome, Hold, HoldOutcome, HoldRequest, Settled, Settlement, Shortfall};
pub use journal::{FrameObserver, Journal, JournalError, Pen, Piece};
pub use ledger::{Correction, EventReceipt, Ledger, Recovery, Resolution, Watermarks};
pub use memory::MemoryJournal;
pub use number::{AccountNo, BootId, Epoch, FrameNo, HoldId, HoldIdError, Lsn, SuspenseId};
pub use options::Options;
pub use record::{
    ACCOUNTS_MAX, Ceilings, DETAIL_MAX, Detail, EVENT_MAX, Ending, Leg, Legs, Mark, Record, Stamped, Window,
};
pub use replica::{CatchUpError, Replica};
pub use snapshot::{Snapshot, SnapshotError};
pub use state::{AccountRef, Layer, Posting, State};
pub use terms::{Guarantee, Terms};
pub use verify::{VerifyFailure, VerifyReport, verify};
pub use view::{Balance, GuaranteedPart, OpenHoldView, SuspenseItem};
