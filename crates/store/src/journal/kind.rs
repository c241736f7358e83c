//! Which of the two journals a folder has.

use purser_ledger::Journal;

use super::SqliteJournal;
use crate::dir::DataDir;
use crate::error::StoreError;
use crate::wal::WalJournal;

/// How the frames of a folder are kept. Chosen when the folder is made; the frames are the same bytes in both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum JournalKind {
    /// Segments of our own in `journal/` ([`WalJournal`]): as fast as the disk.
    #[default]
    Log,
    /// Rows of the SQLite database `journal.db` ([`SqliteJournal`]).
    Sqlite,
}

impl JournalKind {
    /// The kind that a folder has; `None` while it has none.
    pub fn of(dir: &DataDir) -> Option<Self> {
        // The other way round a database would hide segments that were put beside it, and with them a mistake.
        if dir.log().exists() {
            Some(Self::Log)
        } else if dir.journal().exists() {
            Some(Self::Sqlite)
        } else {
            None
        }
    }
}

/// Opens the journal that a folder held exclusively has; in a folder that has none, makes one of the kind `wanted`.
///
/// # Errors
/// [`StoreError::NotAFolder`] when there are both, otherwise as the journals' own `open`.
pub fn open_journal(dir: &DataDir, wanted: JournalKind) -> Result<Box<dyn Journal>, StoreError> {
    if dir.log().exists() && dir.journal().exists() {
        let why = "it has two journals, `journal/` and `journal.db`; move away the one that is not this folder's";
        return Err(StoreError::NotAFolder { folder: dir.path().to_owned(), why });
    }
    Ok(match JournalKind::of(dir).unwrap_or(wanted) {
        JournalKind::Log => Box::new(WalJournal::open(dir)?),
        JournalKind::Sqlite => Box::new(SqliteJournal::open(dir)?),
    })
}
