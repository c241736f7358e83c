//! What a backup says about itself.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use purser_core::time::Instant;
use serde::{Deserialize, Serialize};

use crate::dir;
use crate::error::StoreError;
use crate::verify::Verified;

/// The file it is in.
pub(super) const MANIFEST: &str = "manifest.json";
/// The form of a backup that this program writes, and the latest it reads.
const FORMAT: u64 = 1;
/// A bound on what may be somebody else's file: thousands of segments have room.
const BYTES_MAX: u64 = 64 << 20;

/// What is in a backup, as `manifest.json` in it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The form of the backup.
    pub backup: u64,
    /// The version of Purser that made it.
    pub made_by: String,
    /// When it was begun.
    pub made_at: Instant,
    /// Where its journal ends.
    pub journal: JournalMark,
    /// Every file in it but this one, in order of their names.
    pub files: Vec<FileMark>,
}

/// Where a journal ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalMark {
    /// How many frames it has.
    pub frames: u64,
    /// How many records.
    pub records: u64,
    /// The hash of the last frame, and so of the whole chain.
    pub head: String,
}

/// A file as it was backed up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileMark {
    /// Its name in the folder, parts separated by `/`.
    pub path: String,
    /// Its length.
    pub bytes: u64,
    /// Its BLAKE3, 64 hexadecimal digits.
    pub blake3: String,
}

/// What every later form keeps, so that an older program can tell.
#[derive(Deserialize)]
struct Head {
    backup: u64,
}

impl Manifest {
    pub(super) fn new(at: Instant, verified: &Verified, files: Vec<FileMark>) -> Self {
        let journal = JournalMark::of(verified);
        Self { backup: FORMAT, made_by: env!("CARGO_PKG_VERSION").to_owned(), made_at: at, journal, files }
    }

    /// Is there a manifest in the folder?
    pub(crate) fn is_in(folder: &Path) -> bool {
        folder.join(MANIFEST).exists()
    }

    /// Reads the manifest of a backup.
    ///
    /// # Errors
    /// [`StoreError::NotAFolder`] when there is none, [`StoreError::Newer`] when a newer Purser made the backup,
    /// [`StoreError::Damaged`] when it can't be read.
    pub fn read(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join(MANIFEST);
        let mut bytes = Vec::new();
        match File::open(&path) {
            Ok(file) => file.take(BYTES_MAX).read_to_end(&mut bytes).map_err(StoreError::io("read", &path))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let why = "it has no manifest.json, so it is no backup, or one whose making was cut short";
                return Err(StoreError::NotAFolder { folder: folder.to_owned(), why });
            }
            Err(error) => return Err(StoreError::io("read", &path)(error)),
        };
        // The version first: what else a newer one says may not be understood.
        match serde_json::from_slice(&bytes) {
            Ok(Head { backup: found }) if found > FORMAT => Err(StoreError::Newer { file: path, found, known: FORMAT }),
            Ok(_) => serde_json::from_slice(&bytes)
                .map_err(|error| StoreError::damaged(&path, None, format!("it can't be read: {error}"))),
            Err(error) => Err(StoreError::damaged(&path, None, format!("it can't be read: {error}"))),
        }
    }

    pub(super) fn write(&self, folder: &Path) -> Result<(), StoreError> {
        let mut bytes = serde_json::to_vec_pretty(self)
            .map_err(|error| StoreError::io("write", folder.join(MANIFEST))(error.into()))?;
        bytes.push(b'\n');
        dir::replace(&folder.join(MANIFEST), &bytes)
    }

    /// Does the journal end where it ended when the backup was made?
    pub(super) fn check_journal(&self, folder: &Path, verified: &Verified) -> Result<(), StoreError> {
        self.journal_differs(verified).map_or(Ok(()), |what| Err(StoreError::damaged(folder, None, what)))
    }

    /// How the journal found differs from the one noted, in words.
    pub(crate) fn journal_differs(&self, verified: &Verified) -> Option<String> {
        let found = JournalMark::of(verified);
        (found != self.journal).then(|| {
            let JournalMark { frames, records, head } = &self.journal;
            format!(
                "the journal has {} records in {} frames and ends with {}; when it was backed up it had {records} in \
                 {frames} and ended with {head}",
                found.records, found.frames, found.head
            )
        })
    }
}

impl JournalMark {
    fn of(verified: &Verified) -> Self {
        let report = verified.journal.as_ref();
        Self {
            frames: report.map_or(0, |report| report.frames),
            records: report.map_or(0, |report| report.records),
            head: report.map_or_else(String::new, |report| report.head.to_string()),
        }
    }
}
