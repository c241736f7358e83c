//! Following the journal: everything that can be asked about, kept in `purser.db`.
//!
//! A frame is projected once it is durable, in a transaction that also moves the position, so each is projected exactly
//! once however often the process dies between; projecting from any position gives the same tables as from the start.
//! Only what was synced is projected, so a projection ahead of its journal means that the journal lost frames.
//!
//! **What it costs.** A call must not pay more for being reported than for being served. So charges are packed into
//! rows of many ([`packed`]), enter indexes and sums by sections ([`section`]), and under load one transaction carries
//! what came in a quarter of a second ([`thread`]). Nothing here is synced at a commit: a power cut takes the last
//! transactions whole, position included, and the journal gives them again. SQLite still syncs around its checkpoints,
//! because personal fields live in the same file and nothing gives those again.

mod accounts;
mod apply;
mod attributed;
mod billed;
mod bytes;
mod called;
mod charges;
pub(crate) mod flaggable;
mod fresh;
mod numbers;
pub(crate) mod observed;
mod packed;
mod runs;
mod section;
mod standing;
mod store;
mod sums;
#[cfg(test)]
mod tests;
mod thread;
mod words;

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use purser_ledger::{Frame, FrameHash, FrameNo, Lsn};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

pub(crate) use accounts::{hold_column, hold_id, subject_columns, subject_of};
pub use attributed::Attribution;
pub(crate) use attributed::{Attributed, each_day};
pub(crate) use billed::{BillNotes, Billed, Inexact, unpacked};
pub(crate) use called::{Called, Caller, read as read_called};
pub use charges::ChargeKind;
pub(crate) use numbers::NumberMap;
pub use observed::KIND_DIRECTORY;
pub(crate) use packed::{BLOCK_COLUMNS, Charge, Entry, Place, StoredBlock, damaged};
pub(crate) use runs::{CallsOf, DAY_COLUMNS, RUN_COLUMNS, RunDay, RunRow, stored_run, stored_run_day};
pub(crate) use section::{IndexRow, Notes, listed, open_blocks};
pub(crate) use store::{charges_of_hold, closed};
pub(crate) use sums::{ByModel, Sums, all_models, day_of, each_model, month_of, next_month};
pub use thread::{Projector, ProjectorTap};
pub(crate) use words::words_of;
pub use words::{KIND_AUDIT, Word};

use crate::dir::DataDir;
use crate::error::StoreError;
use crate::journal::{JournalReader, store_error};
use crate::schema;
use crate::sqlite::{self, Durability};
use accounts::{Accounts, OpenHolds};
use fresh::Fresh;
use section::Section;

/// Records projected in one transaction, give or take a frame: enough to share its cost, few enough (tens of
/// milliseconds) that a personal field never waits long to be written.
const RECORDS_AT_ONCE: u64 = 32_768;
/// Bytes of frames projected in one transaction, give or take a frame: a change that adds many people is many megabytes.
const BYTES_AT_ONCE: usize = 4 << 20;

/// How far the journal is projected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// The last frame projected; zero before the first.
    pub frame: FrameNo,
    /// The last record projected.
    pub lsn: Lsn,
    /// The frame's hash.
    pub hash: FrameHash,
}

/// The projection itself, without a thread: whoever has it decides when it moves.
#[derive(Debug)]
pub struct Projection {
    conn: Connection,
    reader: JournalReader,
    progress: Progress,
    state: State,
}

/// What is in memory between two transactions; the tables hold all of it too.
#[derive(Debug)]
struct State {
    holds: OpenHolds,
    accounts: Accounts,
    section: Section,
}

impl Projection {
    /// Opens the projection of a folder held exclusively, whose journal exists.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when the projection and the journal don't belong together: the journal ends before what
    /// was projected, or has another frame there. Otherwise [`StoreError`] when a database can't be opened.
    pub fn open(dir: &DataDir) -> Result<Self, StoreError> {
        dir.require_exclusive()?;
        let conn = sqlite::open_write(&dir.database(), Durability::Rebuilt, schema::PURSER)?;
        let reader = JournalReader::open(dir)?;
        let progress = progress(&conn).map_err(StoreError::sqlite("read how far the journal is projected"))?;
        check_belongs(&reader, &progress)?;
        let holds = OpenHolds::load(&conn).map_err(StoreError::sqlite("read the open holds"))?;
        let section = Section::load(&conn).map_err(StoreError::sqlite("read the last charges"))?;
        let state = State { holds, accounts: Accounts::default(), section };
        Ok(Self { conn, reader, progress, state })
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        self.progress
    }

    /// The last frame written to the journal.
    fn journal_head(&self) -> Result<FrameNo, StoreError> {
        let head = self.reader.head().map_err(|error| store_error(self.reader.path(), error))?;
        Ok(head.map_or(FrameNo(0), |head| head.no))
    }

    /// Projects what is missing up to frame `durable`, in transactions of bounded size; `moved` hears of each.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] names the frame that can't be projected; [`StoreError::Sqlite`] when the database says
    /// no. What was committed stays; after an error the projection has to be opened anew.
    pub fn catch_up(&mut self, durable: FrameNo, moved: &mut dyn FnMut(Progress)) -> Result<(), StoreError> {
        self.follow(durable, &Mutex::default(), moved)
    }

    /// As [`catch_up`](Self::catch_up); frames that are in `fresh` are taken from there.
    fn follow(
        &mut self,
        durable: FrameNo,
        fresh: &Mutex<Fresh>,
        moved: &mut dyn FnMut(Progress),
    ) -> Result<(), StoreError> {
        while self.progress.frame < durable {
            let frames = self.next_frames(durable, fresh)?;
            if frames.is_empty() {
                return Ok(());
            }
            self.project(&frames)?;
            moved(self.progress);
        }
        Ok(())
    }

    fn next_frames(&self, durable: FrameNo, fresh: &Mutex<Fresh>) -> Result<Vec<Arc<Frame>>, StoreError> {
        let next = self.progress.frame.next();
        let mut portion = Portion::default();
        // What is in it is whole after every step.
        let mut fresh = fresh.lock().unwrap_or_else(PoisonError::into_inner);
        let first_fresh = fresh.first(next);
        if first_fresh == Some(next) {
            while let Some(frame) = fresh.pop() {
                if portion.add(frame).is_break() {
                    break;
                }
            }
            return Ok(portion.frames);
        }
        drop(fresh);
        let mut collect = |frame: Frame| {
            if frame.no > durable || first_fresh == Some(frame.no) {
                return ControlFlow::Break(());
            }
            portion.add(Arc::new(frame))
        };
        self.reader.read(next, &mut collect).map_err(|error| store_error(self.reader.path(), error))?;
        Ok(portion.frames)
    }

    fn project(&mut self, frames: &[Arc<Frame>]) -> Result<(), StoreError> {
        let sql = StoreError::sqlite;
        let tx =
            self.conn.transaction_with_behavior(TransactionBehavior::Immediate).map_err(sql("begin a projection"))?;
        let mut batch = apply::Batch::new(&tx, &mut self.state);
        let mut progress = self.progress;
        for frame in frames {
            for stamped in frame.records() {
                let stamped = stamped
                    .map_err(|error| StoreError::damaged(self.reader.path(), Some(frame.no.0), error.to_string()))?;
                batch.apply(stamped).map_err(|error| error.at(self.reader.path(), frame.no))?;
            }
            progress = Progress { frame: frame.no, lsn: frame.last_lsn(), hash: frame.hash };
        }
        batch.finish().map_err(sql("project the journal"))?;
        tx.prepare_cached("UPDATE progress SET frame = ?1, lsn = ?2, hash = ?3 WHERE id = 1")
            .and_then(|mut update| {
                update.execute((progress.frame.0.cast_signed(), progress.lsn.0.cast_signed(), progress.hash.0))
            })
            .map_err(sql("note how far the journal is projected"))?;
        tx.commit().map_err(sql("commit a projection"))?;
        self.progress = progress;
        Ok(())
    }
}

/// What goes into one transaction.
#[derive(Debug, Default)]
struct Portion {
    frames: Vec<Arc<Frame>>,
    records: u64,
    bytes: usize,
}

impl Portion {
    /// Adds a frame; `Break`: that was enough.
    fn add(&mut self, frame: Arc<Frame>) -> ControlFlow<()> {
        self.records = self.records.saturating_add(u64::from(frame.count));
        self.bytes = self.bytes.saturating_add(frame.payload.len());
        self.frames.push(frame);
        if self.records >= RECORDS_AT_ONCE || self.bytes >= BYTES_AT_ONCE {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}

/// The position stored beside the projected tables.
pub(crate) fn progress(conn: &Connection) -> rusqlite::Result<Progress> {
    conn.query_row("SELECT frame, lsn, hash FROM progress WHERE id = 1", [], |row| {
        Ok(Progress {
            frame: FrameNo(row.get::<_, i64>(0)?.cast_unsigned()),
            lsn: Lsn(row.get::<_, i64>(1)?.cast_unsigned()),
            hash: FrameHash(row.get(2)?),
        })
    })
    .optional()
    .map(Option::unwrap_or_default)
}

/// Is the frame that was projected last in this journal?
pub(crate) fn check_belongs(reader: &JournalReader, progress: &Progress) -> Result<(), StoreError> {
    if progress.frame == FrameNo(0) {
        return Ok(());
    }
    let damaged = |what: String| StoreError::damaged(reader.path(), Some(progress.frame.0), what);
    match reader.frame(progress.frame).map_err(|error| store_error(reader.path(), error))? {
        Some(frame) if frame.hash == progress.hash => Ok(()),
        Some(_) => {
            Err(damaged("it is another than the one projected into purser.db; restore both from one backup".into()))
        }
        None => Err(damaged(
            "it was synced and projected into purser.db, but the journal ends before it; restore a backup".into(),
        )),
    }
}
