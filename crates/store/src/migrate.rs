//! Numbered changes of a database's tables, each applied once, in one transaction of its own.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use crate::error::StoreError;

/// One step. Steps are never edited once released, only followed by new ones.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Migration {
    /// What it does, kept beside its number.
    pub(crate) name: &'static str,
    /// The statements.
    pub(crate) sql: &'static str,
}

/// Applies the steps that are missing: step `n` is `migrations[n - 1]`.
pub(crate) fn run(conn: &mut Connection, path: &Path, migrations: &[Migration]) -> Result<(), StoreError> {
    let what = "bring a database's tables up to date";
    conn.execute_batch("CREATE TABLE IF NOT EXISTS migration (no INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT")
        .map_err(StoreError::sqlite(what))?;
    let done = version(conn)?;
    refuse_newer(path, done, migrations)?;
    for (no, migration) in (1_u64..).zip(migrations).filter(|(no, _)| *no > done) {
        if done > 0 {
            tracing::info!(file = %path.display(), from = done, to = no, "new tables: {}", migration.name);
        }
        let apply = |conn: &mut Connection| {
            let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
            tx.execute_batch(migration.sql)?;
            tx.execute("INSERT INTO migration (no, name) VALUES (?1, ?2)", (no.cast_signed(), migration.name))?;
            tx.commit()
        };
        apply(conn).map_err(StoreError::sqlite(what))?;
    }
    Ok(())
}

/// For readers, who can't migrate: the tables must be exactly those this program knows.
pub(crate) fn check(conn: &Connection, path: &Path, migrations: &[Migration]) -> Result<(), StoreError> {
    let found = version(conn)?;
    refuse_newer(path, found, migrations)?;
    if found < known(migrations) {
        return Err(StoreError::Older { file: path.to_owned(), found, known: known(migrations) });
    }
    Ok(())
}

/// For whoever will migrate, before anything is touched: the tables must not be newer than this program knows.
pub(crate) fn check_not_newer(path: &Path, migrations: &[Migration]) -> Result<(), StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags).map_err(StoreError::sqlite("open a database to read"))?;
    match version(&conn) {
        Ok(found) => refuse_newer(path, found, migrations),
        // What is wrong with it is told, with its place, by whoever opens it to use it.
        Err(_) => Ok(()),
    }
}

fn version(conn: &Connection) -> Result<u64, StoreError> {
    let has_table = conn.table_exists(None, "migration").map_err(StoreError::sqlite("read a database's version"))?;
    if !has_table {
        return Ok(0);
    }
    conn.query_row("SELECT coalesce(max(no), 0) FROM migration", [], |row| row.get::<_, i64>(0))
        .map(i64::cast_unsigned)
        .map_err(StoreError::sqlite("read a database's version"))
}

fn refuse_newer(path: &Path, found: u64, migrations: &[Migration]) -> Result<(), StoreError> {
    let known = known(migrations);
    if found > known { Err(StoreError::Newer { file: path.to_owned(), found, known }) } else { Ok(()) }
}

fn known(migrations: &[Migration]) -> u64 {
    u64::try_from(migrations.len()).unwrap_or(u64::MAX)
}
