//! Copying a database page by page while it is written.

use std::fs::File;
use std::path::Path;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, TransactionBehavior, params_from_iter};

use super::{CopyProgress, Heard};
use crate::dir;
use crate::error::StoreError;
use crate::fsync;

/// Pages copied between two reports of progress: four megabytes.
const PAGES_AT_ONCE: i32 = 1_024;
/// Tables whose rows are copied again after the journal, with their columns.
const PRIVATE_TABLES: [(&str, &str); 2] =
    [("people_private", "person, name, email, more"), ("label_private", "kind, id, label")];

/// Copies a database as of one moment. The copy is one file, which reading does not change.
pub(super) fn copy(file: &'static str, from: &Path, to: &Path, heard: Heard<'_>) -> Result<(), StoreError> {
    let what = "copy a database";
    let source = open_source(from)?;
    // One moment for the whole copy: without it, every commit of the writer would start the copy over.
    let tx = source.unchecked_transaction().map_err(StoreError::sqlite(what))?;
    tx.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))
        .map_err(StoreError::sqlite(what))?;
    let page: i64 = tx.query_row("PRAGMA page_size", [], |row| row.get(0)).map_err(StoreError::sqlite(what))?;
    dir::create_private(to).map_err(StoreError::io("create", to))?;
    let mut target = open_target(to)?;
    {
        let copy = Backup::new(&tx, &mut target).map_err(StoreError::sqlite(what))?;
        loop {
            let step = copy.step(PAGES_AT_ONCE).map_err(StoreError::sqlite(what))?;
            let pages = copy.progress();
            let bytes = |pages: i32| u64::try_from(i64::from(pages).saturating_mul(page)).unwrap_or(0);
            let total = bytes(pages.pagecount);
            let done = total.saturating_sub(bytes(pages.remaining));
            heard(&CopyProgress { file: file.to_owned(), done, total });
            match step {
                StepResult::Done => break,
                StepResult::More => {}
                // Nobody else has the copy open, and reading is never refused in a write-ahead log.
                _ => return Err(StoreError::damaged(to, None, "the copy is in use by another program")),
            }
        }
    }
    // Without a log beside it: whoever opens a database with one to read makes files beside it.
    target.pragma_update(None, "journal_mode", "delete").map_err(StoreError::sqlite(what))?;
    close(target, to)
}

/// Replaces the copy's personal fields by those of now, so that it mentions whoever its journal mentions, and nobody
/// who was erased since.
pub(super) fn private_fields(live: &Path, copy: &Path) -> Result<(), StoreError> {
    if !copy.exists() {
        return Ok(());
    }
    let source = open_source(live)?;
    let mut target = open_target(copy)?;
    replace_rows(&source, &mut target).map_err(StoreError::sqlite("copy the personal fields"))?;
    close(target, copy)
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

fn open_target(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(path, flags).map_err(StoreError::sqlite("open the copy of a database"))
}

fn close(target: Connection, path: &Path) -> Result<(), StoreError> {
    target.close().map_err(|(_, error)| StoreError::sqlite("close the copy of a database")(error))?;
    File::open(path).and_then(|file| file.sync_all()).map_err(StoreError::io("sync", path))?;
    path.parent().map_or(Ok(()), fsync::folder)
}
