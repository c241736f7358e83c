//! Flushing the log, apart from the journal so that tests can stand in between.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

use crate::error::StoreError;
use crate::fsync;

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
        fsync::named(&self.file)
    }
}
