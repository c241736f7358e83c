//! Opening SQLite files the same way everywhere.
//!
//! Never open `*.db` with [`std::fs::File`] while a connection of this process is open: POSIX drops a process's locks
//! on a file when *any* of its descriptors is closed. The `-wal` file carries no locks and may be opened.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::dir::create_private;
use crate::error::StoreError;
use crate::fsync;
use crate::migrate::{self, Migration};

/// How long a statement waits for another connection's write transaction; those are kept to milliseconds.
const BUSY_WAIT: Duration = Duration::from_secs(10);
/// Statements a connection keeps prepared: more than any one connection uses.
const STATEMENTS_KEPT: usize = 64;
/// `PurS`: says in the file's header whose it is.
const APPLICATION_ID: i64 = 0x5075_7253;

/// When a commit is on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Durability {
    /// At each commit: for what can't be derived again.
    EachCommit,
    /// At checkpoints; a power cut may take the last commits, never their order. For the journal, which syncs by itself.
    Later,
    /// As [`Later`](Self::Later), with rare checkpoints: for what is written all the time and can be derived again. The
    /// file is never left unsynced beyond that: what can't be derived may live in it too.
    Rebuilt,
}

/// Pages of the log after which [`Durability::Rebuilt`] makes a checkpoint: 32 MiB, some seconds under load, so that a
/// page which changes all the time is copied and synced once for many changes.
const REBUILT_CHECKPOINT_PAGES: i64 = 8_192;
/// Kibibytes of pages that a connection for [`Durability::Rebuilt`] keeps in memory.
const REBUILT_CACHE_KIB: i64 = 8_192;
/// Kibibytes of pages that a reading connection keeps at most, taken as they are read. With SQLite's own 2 MiB a report of
/// 10,000 people reads the same pages from the kernel over and over.
const READ_CACHE_KIB: i64 = 16_384;

/// Opens to write, creating the file (readable by its owner only) and bringing its tables up to date.
pub(crate) fn open_write(
    path: &Path,
    durability: Durability,
    migrations: &[Migration],
) -> Result<Connection, StoreError> {
    if !path.exists() {
        // SQLite gives `-wal` and `-shm` the permissions of the file they belong to.
        create_private(path).map_err(StoreError::io("create", path))?;
        path.parent().map_or(Ok(()), fsync::folder)?;
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut conn = Connection::open_with_flags(path, flags).map_err(StoreError::sqlite("open a database"))?;
    let set = |conn: &Connection| {
        conn.busy_timeout(BUSY_WAIT)?;
        conn.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
        conn.pragma_update(None, "journal_mode", "wal")?;
        conn.pragma_update(None, "trusted_schema", false)?;
        conn.pragma_update(
            None,
            "synchronous",
            match durability {
                Durability::EachCommit => "full",
                Durability::Later | Durability::Rebuilt => "normal",
            },
        )?;
        if durability == Durability::Rebuilt {
            conn.pragma_update(None, "wal_autocheckpoint", REBUILT_CHECKPOINT_PAGES)?;
            conn.pragma_update(None, "cache_size", -REBUILT_CACHE_KIB)?;
        }
        Ok(())
    };
    set(&conn).map_err(StoreError::sqlite("set up a database"))?;
    claim(&conn, path)?;
    migrate::run(&mut conn, path, migrations)?;
    Ok(conn)
}

/// Opens to read, beside a writer or alone; refuses a file whose tables are newer than this program, and one that an
/// older program left to be migrated.
pub(crate) fn open_read(path: &Path, migrations: &[Migration]) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags).map_err(StoreError::sqlite("open a database to read"))?;
    conn.busy_timeout(BUSY_WAIT).map_err(StoreError::sqlite("set up a database"))?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    conn.pragma_update(None, "cache_size", -READ_CACHE_KIB).map_err(StoreError::sqlite("set up a database"))?;
    migrate::check(&conn, path, migrations)?;
    Ok(conn)
}

/// The write-ahead log beside a database.
pub(crate) fn wal_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    PathBuf::from(name)
}

/// A database of somebody else's is left alone.
fn claim(conn: &Connection, path: &Path) -> Result<(), StoreError> {
    let read = |name| conn.query_row(&format!("SELECT * FROM pragma_{name}"), [], |row| row.get::<_, i64>(0));
    let what = "read whose a database is";
    let id = read("application_id").map_err(StoreError::sqlite(what))?;
    if id == APPLICATION_ID {
        return Ok(());
    }
    let tables: i64 =
        conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(StoreError::sqlite(what))?;
    if id != 0 || tables != 0 {
        return Err(StoreError::damaged(path, None, "it is a database of another program"));
    }
    conn.pragma_update(None, "application_id", APPLICATION_ID).map_err(StoreError::sqlite("set up a database"))
}
