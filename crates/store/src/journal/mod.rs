//! The journal as rows of SQLite: one row per frame, the frame's own bytes in it.
//!
//! # Written and synced are two things
//!
//! A hold's frame must be *written* before its call goes out (it then survives the death of this process), but *synced*
//! only with the next group commit (it then survives the death of the machine). SQLite's own settings give one or the
//! other for every commit, so the two halves are taken apart:
//!
//! - [`append`](Journal::append) is one `INSERT` under `journal_mode=wal, synchronous=normal`. The commit has been
//!   handed to the operating system when it returns: `pwrite` into `journal.db-wal`, no flush.
//! - [`sync`](Journal::sync) is `fdatasync` of `journal.db-wal` through a descriptor of our own.
//!
//! # Why this equals `synchronous=full`
//!
//! At `full` SQLite does at each commit what it does at `normal`, then syncs the `-wal` file and does nothing else; the
//! two settings do not differ in checkpoints or when the log starts over. So one has to show that our sync is that sync:
//!
//! 1. *Same bytes.* A flush works on the file, not on the descriptor, and covers every write that returned before it.
//!    `append` returned, so its bytes are among them. (At `full` SQLite would pad a commit to the end of a sector only
//!    where the file system is said not to be safe against torn overwrites; the default says it is, for both settings.)
//! 2. *Same file.* While a connection is open, `-wal` is neither replaced nor removed; a checkpoint makes it start over
//!    from its beginning. The file is removed by the last connection that closes, and ours closes with the descriptor.
//!    Each sync makes sure: a file without a name is an error.
//! 3. *Same strength.* SQLite as we build it calls `fsync`; its own documentation says `fdatasync` is enough, because
//!    that writes the file's size when it changed, and nothing else of the inode matters.
//! 4. *Errors arrive.* The descriptor is older than the writes it flushes, so the system reports a failed write-back on
//!    it. After one, nothing more is written ([`StoreError::Stopped`]): the lost pages may count as clean.
//! 5. *Starting over loses nothing.* A checkpoint at `normal` syncs the log, copies its pages, syncs the database; only
//!    then may the log start over, and its new header is synced before the first page that follows. (At `off` none of
//!    these happen, which is why it is not `off`.)
//! 6. *Names.* The folder is synced after the files were created and before the first frame is accepted.
//!
//! After a power cut SQLite reads the log up to the first page whose running checksum fails: every synced frame, and of
//! the others a prefix. What a killed process wrote and did not sync is synced when the journal is opened, before
//! anybody reads it, so nothing is acted upon that a power cut could still take back.
//!
//! Checkpoints happen inside `sync`, never inside `append`: a call that waits to go out does not wait for one.
//!
//! # Damage
//!
//! Rows carry [`Frame::encode`]'s bytes, whose hash and chain are checked whenever they are read. A row that is
//! missing, unreadable or altered is reported by the frame's number, also when it is SQLite that finds its page
//! malformed. A log cut short by damage looks to SQLite like one that ends there; that frames are missing is then found
//! by the projection, which never holds a frame that was not synced (`verify`, [`crate::Projector`]).

mod flush;
mod held;
mod kind;
mod read;

use std::ops::ControlFlow;

use purser_ledger::{Frame, FrameHead, FrameNo, Journal, JournalError};
use rusqlite::Connection;

pub(crate) use flush::{Flush, WalFile};
pub use held::Held;
pub use kind::{JournalKind, open_journal};
pub use read::JournalReader;
pub(crate) use read::{is_malformed, store_error};

use crate::dir::DataDir;
use crate::error::StoreError;
use crate::fsync;
use crate::migrate::Migration;
use crate::sqlite::{self, Durability};

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    name: "frames",
    // `first_lsn`, `count` and `at` repeat what the bytes say, for people who look into the file with other tools.
    sql: "CREATE TABLE frame (
            no        INTEGER PRIMARY KEY,
            first_lsn INTEGER NOT NULL,
            count     INTEGER NOT NULL,
            at        INTEGER NOT NULL,
            bytes     BLOB NOT NULL
          ) STRICT;",
}];

/// Bytes written to the log after which it is copied into the database. Four megabytes: SQLite's own default in pages,
/// few enough that the copy takes no longer than a few flushes.
const CHECKPOINT_BYTES: usize = 4 << 20;
/// What an append writes beside the frame's bytes: the page they start on, the page above it and the file's first.
const APPEND_OVERHEAD_BYTES: usize = 3 * 4_096;

/// The journal of one folder. One writer: it holds the only connection that writes `journal.db`.
pub struct SqliteJournal {
    conn: Connection,
    flush: Box<dyn Flush>,
    head: Option<FrameHead>,
    /// About how much was written to the log since it was last copied.
    unsaved_bytes: usize,
    /// How much that may become.
    checkpoint_bytes: usize,
    /// A sync failed: nothing may be written any more.
    stopped: bool,
}

impl std::fmt::Debug for SqliteJournal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteJournal")
            .field("head", &self.head)
            .field("stopped", &self.stopped)
            .finish_non_exhaustive()
    }
}

impl SqliteJournal {
    /// Opens the journal of a folder held exclusively; what a killed process left written is synced first.
    ///
    /// # Errors
    /// [`StoreError`] when the database can't be opened, read or synced, or its last frame is damaged.
    pub fn open(dir: &DataDir) -> Result<Self, StoreError> {
        Self::open_with(dir, |wal| Box::new(wal))
    }

    /// As [`open`](Self::open), with something between the journal and its flushes.
    pub(crate) fn open_with(dir: &DataDir, wrap: impl FnOnce(WalFile) -> Box<dyn Flush>) -> Result<Self, StoreError> {
        dir.require_exclusive()?;
        let path = dir.journal();
        let conn = sqlite::open_write(&path, Durability::Later, MIGRATIONS)?;
        conn.pragma_update(None, "wal_autocheckpoint", 0).map_err(StoreError::sqlite("set up the journal"))?;
        // Reading opens the log, creating it where the last connection removed it.
        read::head(&conn).map_err(|error| store_error(&path, error))?;
        let mut flush = wrap(WalFile::open(&sqlite::wal_of(&path))?);
        flush.flush().map_err(StoreError::io("sync", sqlite::wal_of(&path)))?;
        fsync::folder(dir.path())?;
        let head = read::head(&conn).map_err(|error| store_error(&path, error))?;
        let mut journal =
            Self { conn, flush, head, unsaved_bytes: 0, checkpoint_bytes: CHECKPOINT_BYTES, stopped: false };
        journal.checkpoint().map_err(StoreError::sqlite("copy the journal's log into its database"))?;
        Ok(journal)
    }

    fn insert(&self, frame: &Frame, bytes: &[u8]) -> Result<(), JournalError> {
        let out_of_range = || JournalError::io("append a frame", StoreError::OutOfRange { what: "a frame's number" });
        let no = i64::try_from(frame.no.0).map_err(|_| out_of_range())?;
        let first_lsn = i64::try_from(frame.first_lsn.0).map_err(|_| out_of_range())?;
        self.conn
            .prepare_cached("INSERT INTO frame (no, first_lsn, count, at, bytes) VALUES (?1, ?2, ?3, ?4, ?5)")
            .and_then(|mut insert| insert.execute((no, first_lsn, frame.count, frame.instant.as_micros(), bytes)))
            .map(drop)
            .map_err(|error| JournalError::io("append a frame", error))
    }

    /// Copies the log into the database so that it starts over. Readers may leave a rest for the next time.
    fn checkpoint(&mut self) -> rusqlite::Result<()> {
        self.conn.prepare_cached("PRAGMA wal_checkpoint(PASSIVE)")?.query_row([], |_| Ok(()))?;
        self.unsaved_bytes = 0;
        Ok(())
    }

    fn stop(&mut self, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> JournalError {
        self.stopped = true;
        JournalError::io("sync", error)
    }
}

impl Journal for SqliteJournal {
    fn append(&mut self, frame: &Frame) -> Result<(), JournalError> {
        if self.stopped {
            return Err(JournalError::io("append a frame", StoreError::Stopped));
        }
        let expected = self.head.map_or(FrameNo(0), |head| head.no).next();
        if frame.no != expected {
            return Err(JournalError::OutOfOrder { expected, given: frame.no });
        }
        let bytes = frame.encode();
        self.insert(frame, &bytes)?;
        self.head = Some(frame.head());
        self.unsaved_bytes = self.unsaved_bytes.saturating_add(bytes.len()).saturating_add(APPEND_OVERHEAD_BYTES);
        Ok(())
    }

    fn sync(&mut self) -> Result<(), JournalError> {
        if self.stopped {
            return Err(JournalError::io("sync", StoreError::Stopped));
        }
        if let Err(error) = self.flush.flush() {
            return Err(self.stop(error));
        }
        if self.unsaved_bytes >= self.checkpoint_bytes
            && let Err(error) = self.checkpoint()
        {
            return Err(self.stop(error));
        }
        Ok(())
    }

    fn read(&mut self, from: FrameNo, each: &mut dyn FnMut(Frame) -> ControlFlow<()>) -> Result<(), JournalError> {
        read::each(&self.conn, from, each)
    }

    fn head(&mut self) -> Result<Option<FrameHead>, JournalError> {
        Ok(self.head)
    }
}

#[cfg(test)]
mod tests;
