//! What can go wrong with the files, each with a sentence a person can act on.

use std::path::{Path, PathBuf};

/// A failure of the store. Causes are in `source`; the text is one sentence and never repeats them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another process owns the folder.
    #[error(
        "the folder {} is in use by another Purser{}; use that one (commands reach it over its socket), \
         stop it first, or choose another folder", .folder.display(), holder(*.pid)
    )]
    InUse {
        /// The folder asked for.
        folder: PathBuf,
        /// The process that holds it, when it left its number.
        pid: Option<u32>,
    },
    /// There is nothing of Purser's at the place.
    #[error("{} is not a Purser folder: {why}", .folder.display())]
    NotAFolder {
        /// The folder asked for.
        folder: PathBuf,
        /// What was found instead.
        why: &'static str,
    },
    /// Written by a newer version; nothing was touched.
    #[error(
        "{} was written by a newer Purser (its format is {found}, this one knows up to {known}); \
         run the newer version, or restore a backup made before the upgrade", .file.display()
    )]
    Newer {
        /// The file that says so.
        file: PathBuf,
        /// The format found.
        found: u64,
        /// The latest format this program knows.
        known: u64,
    },
    /// Written by an older version, and opened to read: only who writes the folder brings it up to date.
    #[error(
        "{} was written by an older Purser (its format is {found}, this one writes {known}); \
         start `purser serve` once, which brings it up to date", .file.display()
    )]
    Older {
        /// The file that says so.
        file: PathBuf,
        /// The format found.
        found: u64,
        /// The format this program writes.
        known: u64,
    },
    /// A stored thing is not what was written. Names the frame where it is the journal's.
    #[error("{}: {}{what}", .file.display(), frame_words(*.frame))]
    Damaged {
        /// The file it was found in.
        file: PathBuf,
        /// The number of the first frame that can't be trusted.
        frame: Option<u64>,
        /// What is wrong with it.
        what: String,
    },
    /// An earlier failure to write or sync the journal was final: what reached the disk is unknown, so this process
    /// writes no more. A restart reads what is really there.
    #[error("the journal stopped after a failed write or sync; restart Purser so that it reads what reached the disk")]
    Stopped,
    /// The operating system refused.
    #[error("could not {what} {}", .path.display())]
    Io {
        /// A verb: `read`, `create`, `sync`.
        what: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Its answer.
        source: std::io::Error,
    },
    /// SQLite refused.
    #[error("could not {what}")]
    Sqlite {
        /// What was being done, in words.
        what: &'static str,
        /// SQLite's answer.
        source: rusqlite::Error,
    },
    /// A wait had a bound and it passed.
    #[error("the projection has not reached entry {lsn} in time; it is at {reached}")]
    Behind {
        /// What was waited for.
        lsn: u64,
        /// Where the projection is.
        reached: u64,
    },
    /// The projection stopped; the cause was logged when it happened.
    #[error("the projection has stopped: {why}")]
    ProjectionStopped {
        /// What stopped it, in words.
        why: String,
    },
    /// A figure does not fit the column that keeps it: a breach, since the ledger bounds them.
    #[error("{what} is beyond the range the store keeps")]
    OutOfRange {
        /// The figure.
        what: &'static str,
    },
}

impl StoreError {
    /// For `map_err` on file operations.
    pub(crate) fn io(what: &'static str, path: impl AsRef<Path>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.as_ref().to_owned();
        move |source| Self::Io { what, path, source }
    }

    /// For `map_err` on SQLite calls.
    pub(crate) fn sqlite(what: &'static str) -> impl FnOnce(rusqlite::Error) -> Self {
        move |source| Self::Sqlite { what, source }
    }

    /// A stored thing that is not what was written.
    pub(crate) fn damaged(file: impl AsRef<Path>, frame: Option<u64>, what: impl Into<String>) -> Self {
        Self::Damaged { file: file.as_ref().to_owned(), frame, what: what.into() }
    }
}

fn holder(pid: Option<u32>) -> String {
    pid.map(|pid| format!(" (process {pid})")).unwrap_or_default()
}

fn frame_words(frame: Option<u64>) -> String {
    frame.map(|no| format!("frame {no}: ")).unwrap_or_default()
}
