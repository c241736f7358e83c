//! The store over real files in a fresh folder per test.
#![expect(clippy::unwrap_used, reason = "a step that fails is the test's failure")]

mod backup;
mod child;
mod damage;
mod dir;
mod fence;
mod ledger;
mod observed;
mod private;
mod projector;
mod queries;
mod script;
mod snapshots;
mod verify;
mod wal;
