//! What the control plane has made of its events up to a record, so that a start takes in only those after it.
//!
//! A shortcut like a [snapshot](crate::snapshot), and kept beside those. The store does not know what is in one; it
//! knows which version wrote it, which event it ends with, and whether it is whole:
//!
//! ```text
//! fold = "PURSERFO" version:u32 lsn:u64 event:32 body hash:32
//! ```
//!
//! Little endian. `event` is the BLAKE3 of the event's bytes: a fold of another journal is recognised by it. `hash` is
//! BLAKE3 over everything before it.

use std::fs;
use std::path::{Path, PathBuf};

use purser_ledger::Lsn;

use crate::dir::{self, DataDir};
use crate::error::StoreError;
use crate::fsync;
use crate::queries::Reader;
use crate::snapshot;

/// The latest version of what is in one that this program knows: the control plane's `FOLD_VERSION`. A test there holds
/// the two together.
pub(crate) const VERSION: u32 = 10;
/// How many are kept: the newest, and one to fall back to.
const KEPT: usize = 2;
/// Ends a fold's name.
const EXTENSION: &str = "fold";
const MAGIC: [u8; 8] = *b"PURSERFO";
const HEAD_LEN: usize = 8 + 4 + 8 + 32;

/// What the control plane has made of its events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fold {
    /// The record of the last event in it.
    pub lsn: Lsn,
    /// The BLAKE3 of that event's bytes.
    pub event: [u8; 32],
    /// The control plane's bytes.
    pub body: Vec<u8>,
}

impl Fold {
    /// The version of [`Fold::body`] that this program writes and reads.
    pub const VERSION: u32 = VERSION;

    /// The BLAKE3 of an event's bytes.
    pub fn event_hash(payload: &[u8]) -> [u8; 32] {
        *blake3::hash(payload).as_bytes()
    }

    fn head(&self) -> Vec<u8> {
        let mut head = Vec::with_capacity(HEAD_LEN);
        head.extend_from_slice(&MAGIC);
        head.extend_from_slice(&VERSION.to_le_bytes());
        head.extend_from_slice(&self.lsn.0.to_le_bytes());
        head.extend_from_slice(&self.event);
        head
    }
}

/// The folds of one folder.
#[derive(Clone, Debug)]
pub struct Folds {
    folder: PathBuf,
}

impl Folds {
    /// The folds of a folder.
    pub fn of(dir: &DataDir) -> Self {
        Self { folder: dir.snapshots() }
    }

    /// Keeps one, durably, and drops all but the last two. **Its event must be durable.**
    ///
    /// # Errors
    /// [`StoreError::Io`]: those before are still there.
    pub fn save(&self, fold: &Fold) -> Result<(), StoreError> {
        dir::create_folder(&self.folder)?;
        let head = fold.head();
        let hash = blake3::Hasher::new().update(&head).update(&fold.body).finalize();
        // In parts: a body is some twenty megabytes, of which memory need not hold a second copy.
        let parts: [&[u8]; 3] = [&head, &fold.body, hash.as_bytes()];
        dir::replace_by_parts(&self.folder.join(format!("{:020}.{EXTENSION}", fold.lsn.0)), &parts)?;
        for (_, path) in self.list()?.into_iter().rev().skip(KEPT) {
            fs::remove_file(&path).map_err(StoreError::io("remove", &path))?;
        }
        fsync::folder(&self.folder)
    }

    /// The newest that reads back and ends with an event that this journal has, passing over others with a warning.
    ///
    /// # Errors
    /// [`StoreError::Newer`] when a newer Purser made one, since it wrote the rest of the folder too; [`StoreError`] when
    /// files can't be read.
    pub fn load(&self, reader: &Reader) -> Result<Option<Fold>, StoreError> {
        for (lsn, path) in self.list()?.into_iter().rev() {
            match read(&path)? {
                Ok(fold) if fold.lsn == lsn && belongs(&fold, reader)? => return Ok(Some(fold)),
                Ok(_) => tracing::warn!(fold.lsn = lsn.0, "a kept directory is of another journal; passed over"),
                Err(why) => tracing::warn!(fold.lsn = lsn.0, error = why, "a kept directory is damaged; passed over"),
            }
        }
        Ok(None)
    }

    /// All by the record they end at, oldest first.
    pub(crate) fn list(&self) -> Result<Vec<(Lsn, PathBuf)>, StoreError> {
        snapshot::list(&self.folder, EXTENSION)
    }
}

fn belongs(fold: &Fold, reader: &Reader) -> Result<bool, StoreError> {
    Ok(reader.event(fold.lsn)?.is_some_and(|row| Fold::event_hash(&row.payload) == fold.event))
}

/// Reads one; what is wrong with it in words, where it does not read back.
pub(crate) fn read(path: &Path) -> Result<Result<Fold, &'static str>, StoreError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Err("it is gone")),
        Err(error) => return Err(StoreError::io("read", path)(error)),
    };
    let known = u64::from(VERSION);
    match bytes.first_chunk().map_or(0, version) {
        0 => return Ok(Err("it does not begin as one")),
        found if found > known => return Err(StoreError::Newer { file: path.to_owned(), found, known }),
        found if found < known => return Ok(Err("an older Purser made it")),
        _ => {}
    }
    Ok(whole(bytes).ok_or("its hash is not that of its bytes"))
}

/// The version in the first bytes of one; 0 where they are not such bytes.
pub(crate) fn version(front: &[u8; 12]) -> u64 {
    let (magic, version) = front.split_at(MAGIC.len());
    let version = version.first_chunk().copied().map_or(0, u32::from_le_bytes);
    if magic == MAGIC { u64::from(version) } else { 0 }
}

fn whole(mut bytes: Vec<u8>) -> Option<Fold> {
    let (rest, hash) = bytes.split_last_chunk::<32>()?;
    if blake3::hash(rest).as_bytes() != hash {
        return None;
    }
    let (lsn, rest) = rest.get(MAGIC.len() + 4..)?.split_first_chunk()?;
    let (lsn, event) = (Lsn(u64::from_le_bytes(*lsn)), *rest.first_chunk()?);
    // The same memory becomes the body.
    bytes.truncate(bytes.len().checked_sub(hash.len())?);
    bytes.drain(..HEAD_LEN);
    Some(Fold { lsn, event, body: bytes })
}
