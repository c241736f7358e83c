//! The files of one Purser: journal, snapshots, projections, personal fields.
//!
//! **Model.** The *journal* is the only commit point: frames of entries, hash-chained, written before a call goes out
//! and synced in groups. A *projector* follows it and keeps everything that can be asked about in a second database,
//! with the journal position in the same transaction. A *snapshot* is the ledger's state at an entry, so that a start
//! replays only what came after. Personal fields stand apart, erasable, referred to by id.
//!
//! **Owns** the data folder and its lock, the journal (a log of our own, or SQLite), snapshots, the projector and its
//! queries, personal fields, the fence around provider-side ids, verification of all files, backup.
//!
//! **Does not own** rules: what an entry means to a balance is `ledger`'s, what an event means to the company is
//! `control`'s. PostgreSQL and several nodes are not here either.
//!
//! **Invariants.** One process writes a folder. A frame that was reported synced is never lost. What is projected was
//! synced before. Projecting a frame twice changes nothing. Charges projected equal charges posted. Nothing here
//! panics on the bytes of a file.
#![cfg_attr(not(test), deny(clippy::float_arithmetic))]

mod backup;
mod counts;
mod dir;
mod error;
mod fence;
mod fold;
mod formats;
mod fsync;
mod ids;
mod journal;
mod lock;
mod migrate;
mod pack;
mod private;
mod projector;
mod queries;
mod schema;
mod snapshot;
mod sqlite;
mod verify;
mod wal;

pub use backup::{CopyProgress, FileMark, JournalMark, Manifest, backup, manifest_of, restore};
pub use counts::Counts;
pub use dir::{DataDir, Mode};
pub use error::StoreError;
pub use fence::Fence;
pub use fold::{Fold, Folds};
pub use formats::check_formats;
pub use journal::{Held, JournalKind, JournalReader, SqliteJournal, open_journal};
pub use private::{
    Labelled, LoginFields, LookRow, LooksWanted, OfferLetter, OfferText, OutcomeRow, OutcomesPut, Personal, Private,
    Session,
};
pub use projector::{ChargeKind, KIND_AUDIT, KIND_DIRECTORY, Progress, Projection, Projector, ProjectorTap, Word};
pub use queries::{
    AccountRow, Attribution, BilledLine, Burn, ChargeRow, Day, Days, Denial, DenialLog, DenialPage, DenialPlace,
    DenialRow, DenialSum, EventRow, Field, Figures, FlaggableRuns, GrantsSpent, InUnit, InexactLine, KeptRows,
    KeptTable, KnownSession, Line, NamesNow, ObservedRow, ObservedSums, OutcomeCount, OutcomesOf, PAGE_MAX, Page,
    PaidAccount, PaidDays, PostingRow, RUNS_MAX, Reader, RunCharge, RunLine, RunOnDay, RunsOf, Scope, StatementAccount,
    StatementAsked, StatementCharge, StatementLeg, TREE_MAX,
};
pub use snapshot::Snapshots;
pub use verify::{Finding, Verified, verify};
pub use wal::{Disk, Prepare, RealDisk, SegmentFile, SegmentMark, WalJournal, WalOptions, read_segment};
