//! Flushing the log, apart from the journal so that tests can stand in between.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

use crate::error::StoreError;

/// Makes everything written so far durable.
pub(crate) trait Flush: Send {
    /// An error is final: see [`purser_ledger::Journal::sync`].
    fn flush(&mut self) -> io::Result<()>;
}

/// The `-wal` file of the journal, open beside SQLite's own descriptor (the file carries no locks).
pub(crate) struct WalFile {
    file: File,
}

impl WalFile {
    /// The file must exist: SQLite creates it with the first read.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let file = OpenOptions::new().read(true).write(true).open(path).map_err(StoreError::io("open", path))?;
        Ok(Self { file })
    }
}

impl Flush for WalFile {
    fn flush(&mut self) -> io::Result<()> {
        // A log that was removed under us would take every later frame with it, synced or not.
        #[cfg(unix)]
        if std::os::unix::fs::MetadataExt::nlink(&self.file.metadata()?) == 0 {
            return Err(io::Error::other("the journal's log was removed while in use"));
        }
        self.file.sync_data()
    }
}
