//! Copying a folder while it is in use.
//!
//! Each database is copied at one moment of its own, through SQLite, page by page, without holding up the writer. The
//! order makes the copies fit each other:
//!
//! 1. snapshots: a snapshot may be older than the journal it is used with, never newer;
//! 2. `purser.db`: what was projected was synced before, so a journal copied *later* holds it. (The journal first would
//!    leave a projection ahead of its journal, which is what a journal that lost frames looks like.)
//! 3. `journal.db`;
//! 4. the personal fields once more: they are written before the event that refers to them, so those read *after* the
//!    journal include everybody the journal mentions. Nothing else in `purser.db` is needed newer: the projector makes
//!    up for the frames between.
//!
//! `fence.db` and the folder's secret go along; the format file comes last, so a copy cut short is not mistaken for a
//! folder. Restoring is copying the files back.

use std::fs::{self, File};
use std::path::Path;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, TransactionBehavior, params_from_iter};

use crate::dir::{self, DataDir};
use crate::error::StoreError;
use crate::fsync;
use crate::snapshot::Snapshots;

/// Pages copied between two reports of progress: four megabytes.
const PAGES_AT_ONCE: i32 = 1_024;
/// Tables whose rows are copied again after the journal, with their columns.
const PRIVATE_TABLES: [(&str, &str); 2] =
    [("people_private", "person, name, email, more"), ("label_private", "kind, id, label")];

/// How far a backup is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackupProgress {
    /// Which file is being copied.
    pub file: &'static str,
    /// Pages copied of it.
    pub done: u64,
    /// Pages it has.
    pub total: u64,
}

/// Copies the folder to `to`, which must not exist or be empty, durably. Works beside a running Purser and without one.
///
/// # Errors
/// [`StoreError::NotAFolder`] when `to` holds something; [`StoreError::Io`] and [`StoreError::Sqlite`] otherwise. What
/// was copied until then is left there and is no Purser folder.
pub fn backup(dir: &DataDir, to: impl AsRef<Path>, progress: &mut dyn FnMut(BackupProgress)) -> Result<(), StoreError> {
    let to = to.as_ref();
    dir::create_folder(to)?;
    if fs::read_dir(to).map_err(StoreError::io("read", to))?.next().is_some() {
        let why = "a backup needs a new or an empty folder, and this one holds files";
        return Err(StoreError::NotAFolder { folder: to.to_owned(), why });
    }
    let copy = |file: &'static str, progress: &mut dyn FnMut(BackupProgress)| {
        let from = dir.path().join(file);
        if from.exists() { database(file, &from, &to.join(file), progress) } else { Ok(()) }
    };
    snapshots(dir, to)?;
    copy("purser.db", progress)?;
    copy("journal.db", progress)?;
    private_fields(&dir.database(), &to.join("purser.db"))?;
    copy("fence.db", progress)?;
    dir::replace(&to.join("secret"), &dir.secret()?)?;
    let format = dir.path().join("format");
    dir::replace(&to.join("format"), &fs::read(&format).map_err(StoreError::io("read", &format))?)
}

fn snapshots(dir: &DataDir, to: &Path) -> Result<(), StoreError> {
    let target = to.join("snapshots");
    dir::create_folder(&target)?;
    // The newest is enough, and the one before it may be removed while we look.
    let Some((_, newest)) = Snapshots::of(dir).list()?.pop() else { return Ok(()) };
    match (fs::read(&newest), newest.file_name()) {
        (Ok(bytes), Some(name)) => dir::replace(&target.join(name), &bytes),
        // Two newer ones came meanwhile: a backup without a snapshot replays from the start.
        (Err(error), _) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        (Err(error), _) => Err(StoreError::io("read", &newest)(error)),
        (Ok(_), None) => Ok(()),
    }
}

fn database(
    file: &'static str,
    from: &Path,
    to: &Path,
    progress: &mut dyn FnMut(BackupProgress),
) -> Result<(), StoreError> {
    let what = "copy a database";
    let source = open_source(from)?;
    // One moment for the whole copy: without it, every commit of the writer would start the copy over.
    let tx = source.unchecked_transaction().map_err(StoreError::sqlite(what))?;
    tx.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))
        .map_err(StoreError::sqlite(what))?;
    dir::create_private(to).map_err(StoreError::io("create", to))?;
    let mut target = Connection::open_with_flags(to, OpenFlags::SQLITE_OPEN_READ_WRITE)
        .map_err(StoreError::sqlite("open the copy of a database"))?;
    {
        let copy = Backup::new(&tx, &mut target).map_err(StoreError::sqlite(what))?;
        loop {
            let step = copy.step(PAGES_AT_ONCE).map_err(StoreError::sqlite(what))?;
            let pages = copy.progress();
            let total = u64::try_from(pages.pagecount).unwrap_or(0);
            let left = u64::try_from(pages.remaining).unwrap_or(0);
            progress(BackupProgress { file, done: total.saturating_sub(left), total });
            match step {
                StepResult::Done => break,
                StepResult::More => {}
                // Nobody else has the copy open, and reading is never refused in a write-ahead log.
                _ => return Err(StoreError::damaged(to, None, "the copy is in use by another program")),
            }
        }
    }
    target.close().map_err(|(_, error)| StoreError::sqlite("close the copy of a database")(error))?;
    sync(to)
}

/// Replaces the copy's personal fields by those of now, so that it mentions whoever its journal mentions, and nobody
/// who was erased since.
fn private_fields(live: &Path, copy: &Path) -> Result<(), StoreError> {
    if !copy.exists() {
        return Ok(());
    }
    let what = "copy the personal fields";
    let source = open_source(live)?;
    let mut target = Connection::open_with_flags(copy, OpenFlags::SQLITE_OPEN_READ_WRITE)
        .map_err(StoreError::sqlite("open the copy of a database"))?;
    replace_rows(&source, &mut target).map_err(StoreError::sqlite(what))?;
    // Closing copies the log into the database and removes it.
    target.close().map_err(|(_, error)| StoreError::sqlite("close the copy of a database")(error))?;
    sync(copy)
}

fn replace_rows(source: &Connection, target: &mut Connection) -> rusqlite::Result<()> {
    target.pragma_update(None, "secure_delete", true)?;
    let from = source.unchecked_transaction()?;
    let to = target.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for (table, columns) in PRIVATE_TABLES {
        to.execute(&format!("DELETE FROM {table}"), [])?;
        let mut select = from.prepare(&format!("SELECT {columns} FROM {table}"))?;
        let width = select.column_count();
        let marks = vec!["?"; width].join(", ");
        let mut insert = to.prepare(&format!("INSERT INTO {table} ({columns}) VALUES ({marks})"))?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let values = (0..width).map(|at| row.get::<_, Value>(at)).collect::<rusqlite::Result<Vec<_>>>()?;
            insert.execute(params_from_iter(values))?;
        }
    }
    to.commit()
}

fn open_source(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(path, flags).map_err(StoreError::sqlite("open a database to copy it"))
}

fn sync(path: &Path) -> Result<(), StoreError> {
    File::open(path).and_then(|file| file.sync_all()).map_err(StoreError::io("sync", path))?;
    path.parent().map_or(Ok(()), fsync::folder)
}
