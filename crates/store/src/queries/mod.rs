//! Questions that the projection answers, each through an index, none through the journal.
//!
//! The last charges, those of the open section, are in no index yet ([`view`]): going through them costs some
//! milliseconds at most, and does not grow with the history.
//!
//! Figures are those of the last projected record: [`Reader::progress`] says which, and
//! [`crate::Projector::wait_projected`] waits for one.

mod billed;
mod charges;
mod days;
mod denials;
mod events;
mod flaggable;
mod grants;
mod kept;
mod members;
mod names;
mod observed;
mod outcomes;
mod paid;
mod pieces;
mod posted;
mod run_charges;
mod runs;
mod statement;
mod trace;
mod usage;
mod view;

use std::sync::{Mutex, PoisonError};

use rusqlite::Connection;

pub use billed::{BilledLine, InexactLine};
pub use charges::{ChargeRow, Page};
pub(crate) use denials::MINUTE_US;
pub use denials::{Denial, DenialLog, DenialPage, DenialPlace, DenialRow, DenialSum};
pub use events::EventRow;
pub use flaggable::{FlaggableRuns, RunOnDay};
pub use grants::GrantsSpent;
pub use kept::{Field, KeptRows, KeptTable};
pub use names::NamesNow;
pub use observed::{KnownSession, ObservedRow, ObservedSums};
pub use outcomes::{OutcomeCount, OutcomesOf};
pub use paid::{PaidAccount, PaidDays, PostingRow};
pub use posted::{StatementAccount, StatementAsked, StatementCharge, StatementLeg};
pub use run_charges::RunCharge;
pub use runs::{Attribution, Burn, RUNS_MAX, RunLine, RunsOf, TREE_MAX};
pub use statement::{AccountRow, Figures};
pub use usage::{Day, Days, InUnit, Line, Scope};

use crate::dir::DataDir;
use crate::error::StoreError;
use crate::projector::{self, Progress};
use crate::schema;
use crate::sqlite;

/// Connections kept for the next question. More may be open while more questions are asked at once.
const KEPT: usize = 4;
/// The most rows of one page, whatever was asked for.
pub const PAGE_MAX: u32 = 1_000;

/// Reads the projection. Shared by reference between threads; readers wait neither for each other nor for the writer.
#[derive(Debug)]
pub struct Reader {
    path: std::path::PathBuf,
    /// Where the journal is that all this comes from.
    folder: std::path::PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Reader {
    /// Opens the projection of a folder, which must have been written before ([`crate::Projector::start`]).
    ///
    /// # Errors
    /// [`StoreError`] when there is none or it can't be read.
    pub fn open(dir: &DataDir) -> Result<Self, StoreError> {
        let path = dir.database();
        let first = sqlite::open_read(&path, schema::PURSER)?;
        Ok(Self { path, folder: dir.path().to_owned(), idle: Mutex::new(vec![first]) })
    }

    /// How far the journal is projected.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn progress(&self) -> Result<Progress, StoreError> {
        self.ask("read how far the journal is projected", projector::progress)
    }

    /// Asks with a connection of its own, which is kept for the next one.
    fn ask<T>(
        &self,
        what: &'static str,
        question: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = idle().pop();
        let conn = kept.map_or_else(|| sqlite::open_read(&self.path, schema::PURSER), Ok)?;
        // One moment for everything that a question reads.
        let answer = conn.unchecked_transaction().and_then(|tx| question(&tx)).map_err(StoreError::sqlite(what));
        let mut idle = idle();
        if idle.len() < KEPT {
            idle.push(conn);
        }
        answer
    }
}

/// A sum beyond 64 bits, as SQLite would say it; the ledger bounds what it is made of.
fn overflow() -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Integer, "a sum leaves the range".into())
}
