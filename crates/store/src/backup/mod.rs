//! Copying a folder while it is in use, and bringing the copy back.
//!
//! Each part is copied as of one moment of its own, without holding up the writer. The order makes the parts fit each
//! other:
//!
//! 1. snapshots: a snapshot may be older than the journal it is used with, never newer;
//! 2. `purser.db`: what was projected was synced before, so a journal copied *later* holds it. (The journal first would
//!    leave a projection ahead of its journal, which is what a journal that lost frames looks like.)
//! 3. the journal: whole frames from the first on, at least all that were there when the backup began, so every charge
//!    that was acknowledged by then;
//! 4. the personal fields once more: they are written before the event that refers to them, so those read *after* the
//!    journal include everybody the journal mentions. Nothing else in `purser.db` is needed newer: the projector makes
//!    up for the frames between.
//!
//! `fence.db` and the folder's secret go along. Then everything is read back: the [`Manifest`] notes the hash of each
//! file and the head of the journal, and the whole is verified as a data folder is. The format file and the manifest
//! come last, so a copy cut short is neither taken for a folder nor for a backup.
//!
//! A backup is not written by anybody: `serve` refuses it, and [`restore`] copies it into a new folder, compares every
//! file with the manifest, and verifies the result before it becomes a folder.
//!
//! What is in it: amounts, people's names and mail addresses, labels, hashes of keys. What is not, because the folder
//! does not have it: keys themselves, the providers' keys, `purser.toml`, certificates.

mod database;
mod journal;
mod manifest;

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Component, Path, PathBuf};

use purser_core::time::Instant;

pub use manifest::{FileMark, JournalMark, Manifest};

use crate::dir::{self, DataDir};
use crate::error::StoreError;
use crate::fold::Folds;
use crate::fsync;
use crate::snapshot::Snapshots;
use crate::verify::{Verified, verify};
use manifest::MANIFEST;

/// Bytes copied between two reports of progress.
const BYTES_AT_ONCE: usize = 4 << 20;

/// How far a backup or a restore is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyProgress {
    /// Which file is being copied, as it is called in the folder.
    pub file: String,
    /// Bytes copied of it.
    pub done: u64,
    /// Bytes it has.
    pub total: u64,
}

/// Hears how far a copy is.
pub(crate) type Heard<'a> = &'a mut dyn FnMut(&CopyProgress);

/// Copies the folder to `to`, which must not exist or be empty, durably, and verifies the copy. Works beside a running
/// Purser and without one. `at` is noted in the manifest.
///
/// # Errors
/// [`StoreError::NotAFolder`] when `to` holds something; [`StoreError::Damaged`] when the copy does not verify, which is
/// what a damaged folder leads to; [`StoreError::Io`] and [`StoreError::Sqlite`] otherwise. What was copied until then is
/// left there and is neither a folder nor a backup.
pub fn backup(dir: &DataDir, to: impl AsRef<Path>, at: Instant, heard: Heard<'_>) -> Result<Manifest, StoreError> {
    let to = to.as_ref();
    if Manifest::is_in(dir.path()) {
        let why = "it is a backup already, which may be copied as any folder may";
        return Err(StoreError::NotAFolder { folder: dir.path().to_owned(), why });
    }
    empty(to, "a backup needs a new or an empty folder, and this one holds files")?;
    let begun = journal::head(dir)?;
    snapshots(dir, to)?;
    copy_database(dir, to, "purser.db", heard)?;
    journal::copy(dir, to, heard)?;
    database::private_fields(&dir.database(), &to.join("purser.db"))?;
    copy_database(dir, to, "fence.db", heard)?;
    dir::replace(&to.join("secret"), &dir.secret()?)?;

    let copy = DataDir::unchecked(to);
    journal::continues(&copy, begun)?;
    let verified = good(&copy)?;
    let format = dir.path().join("format");
    dir::replace(&to.join("format"), &fs::read(&format).map_err(StoreError::io("read", &format))?)?;
    let manifest = Manifest::new(at, &verified, marks(to)?);
    manifest.write(to)?;
    Ok(manifest)
}

/// Brings a backup back into `to`, which must not exist or be empty: nothing is ever overwritten, and the backup is only
/// read. Every file is compared with the manifest on the way, and the result is verified before it becomes a folder.
///
/// # Errors
/// [`StoreError::NotAFolder`] when `from` is no backup or `to` holds something; [`StoreError::Newer`] when a newer Purser
/// made it; [`StoreError::Damaged`] names the first file that is not what was backed up, or what does not verify. What
/// was copied until then is left in `to` and is no folder.
pub fn restore(from: impl AsRef<Path>, to: impl AsRef<Path>, heard: Heard<'_>) -> Result<Manifest, StoreError> {
    let (from, to) = (from.as_ref(), to.as_ref());
    let manifest = Manifest::read(from)?;
    dir::check_format(from)?;
    empty(to, "a backup is brought back into a new or an empty folder, and this one holds files")?;
    let (last, files): (Vec<_>, Vec<_>) = manifest.files.iter().partition(|mark| mark.path == "format");
    for mark in files {
        copy_file(from, to, mark, heard)?;
    }
    let verified = good(&DataDir::unchecked(to))?;
    manifest.check_journal(to, &verified)?;
    // Last: a folder without it is one whose making was cut short.
    last.into_iter().try_for_each(|mark| copy_file(from, to, mark, heard))?;
    fsync::folder(to)?;
    Ok(manifest)
}

/// A backup's manifest, where the folder is one.
///
/// # Errors
/// As [`Manifest::read`].
pub fn manifest_of(folder: &Path) -> Result<Option<Manifest>, StoreError> {
    if Manifest::is_in(folder) { Manifest::read(folder).map(Some) } else { Ok(None) }
}

/// Makes the folder, or finds it empty.
fn empty(folder: &Path, why: &'static str) -> Result<(), StoreError> {
    dir::create_folder(folder)?;
    if fs::read_dir(folder).map_err(StoreError::io("read", folder))?.next().is_some() {
        return Err(StoreError::NotAFolder { folder: folder.to_owned(), why });
    }
    Ok(())
}

/// Verifies a copy that is not a folder yet.
fn good(copy: &DataDir) -> Result<Verified, StoreError> {
    let verified = verify(copy)?;
    match verified.findings.first() {
        None => Ok(verified),
        Some(first) => {
            let more = verified.findings.len() - 1;
            let more = if more > 0 { format!(" (and {more} things more)") } else { String::new() };
            Err(StoreError::damaged(copy.path(), None, format!("the copy does not verify: {first}{more}")))
        }
    }
}

fn copy_database(dir: &DataDir, to: &Path, file: &'static str, heard: Heard<'_>) -> Result<(), StoreError> {
    let from = dir.path().join(file);
    if from.exists() { database::copy(file, &from, &to.join(file), heard) } else { Ok(()) }
}

fn snapshots(dir: &DataDir, to: &Path) -> Result<(), StoreError> {
    let target = to.join("snapshots");
    dir::create_folder(&target)?;
    // The newest of each is enough, and the one before it may be removed while we look.
    let newest = [Snapshots::of(dir).list()?.pop(), Folds::of(dir).list()?.pop()];
    for (_, newest) in newest.into_iter().flatten() {
        match (fs::read(&newest), newest.file_name()) {
            (Ok(bytes), Some(name)) => dir::replace(&target.join(name), &bytes)?,
            // Two newer ones came meanwhile: a folder without one replays from the start.
            (Err(error), _) if error.kind() == std::io::ErrorKind::NotFound => {}
            (Err(error), _) => return Err(StoreError::io("read", &newest)(error)),
            (Ok(_), None) => {}
        }
    }
    Ok(())
}

/// Every file below the folder with its length and hash, in order of their names.
fn marks(folder: &Path) -> Result<Vec<FileMark>, StoreError> {
    let mut marks = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(below) = folders.pop() {
        let path = folder.join(&below);
        for entry in fs::read_dir(&path).map_err(StoreError::io("read", &path))? {
            let entry = entry.map_err(StoreError::io("read", &path))?;
            let name = below.join(entry.file_name());
            if entry.path().is_dir() {
                folders.push(name);
            } else if name != Path::new(MANIFEST) {
                marks.push(mark(folder, &name)?);
            }
        }
    }
    marks.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    Ok(marks)
}

fn mark(folder: &Path, name: &Path) -> Result<FileMark, StoreError> {
    let path = folder.join(name);
    let mut hash = blake3::Hasher::new();
    let mut file = File::open(&path).map_err(StoreError::io("read", &path))?;
    let mut bytes = 0_u64;
    read_through(&mut file, &path, &mut |part| {
        hash.update(part);
        bytes = bytes.saturating_add(length(part));
        Ok(())
    })?;
    // Names in the folder are ours, so plain text.
    let name = name.to_string_lossy().into_owned();
    Ok(FileMark { path: name, bytes, blake3: hash.finalize().to_hex().to_string() })
}

/// Is the file what was noted? What is wrong in words, else `None`.
fn differs(folder: &Path, noted: &FileMark) -> Result<Option<String>, StoreError> {
    let Some(name) = plain(&noted.path) else { return Ok(Some(format!("{} is no name of a file", noted.path))) };
    match mark(folder, name) {
        Ok(found) if found == *noted => Ok(None),
        Ok(_) => Ok(Some(format!("{} is not the file that was backed up", noted.path))),
        Err(StoreError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
            Ok(Some(format!("{} is missing", noted.path)))
        }
        Err(error) => Err(error),
    }
}

/// Everything that is wrong with the files of a backup, in words.
pub(crate) fn differences(folder: &Path, manifest: &Manifest) -> Result<Vec<String>, StoreError> {
    let mut found = Vec::new();
    for noted in &manifest.files {
        found.extend(differs(folder, noted)?);
    }
    Ok(found)
}

/// A name that stays inside its folder; the manifest may have come from anywhere.
fn plain(name: &str) -> Option<&Path> {
    let path = Path::new(name);
    let inside = path.components().all(|part| matches!(part, Component::Normal(_)));
    (inside && !name.is_empty()).then_some(path)
}

/// Copies one file of a backup, durably, and compares it with what was noted.
fn copy_file(from: &Path, to: &Path, noted: &FileMark, heard: Heard<'_>) -> Result<(), StoreError> {
    let refused = |what: &str| StoreError::damaged(from.join(&noted.path), None, what);
    let name = plain(&noted.path).ok_or_else(|| refused("its name in the manifest leads out of the backup"))?;
    let (source, target) = (from.join(name), to.join(name));
    target.parent().map_or(Ok(()), dir::create_folder)?;
    let mut read = File::open(&source).map_err(StoreError::io("read", &source))?;
    let mut written = dir::create_private(&target).map_err(StoreError::io("create", &target))?;
    let mut hash = blake3::Hasher::new();
    let mut progress = CopyProgress { file: noted.path.clone(), done: 0, total: noted.bytes };
    read_through(&mut read, &source, &mut |part| {
        hash.update(part);
        written.write_all(part).map_err(StoreError::io("write", &target))?;
        progress.done = progress.done.saturating_add(length(part));
        heard(&progress);
        Ok(())
    })?;
    written.sync_all().map_err(StoreError::io("sync", &target))?;
    target.parent().map_or(Ok(()), fsync::folder)?;
    if progress.done != noted.bytes || hash.finalize().to_hex().as_str() != noted.blake3 {
        return Err(refused("it is not the file that was backed up; use another backup"));
    }
    Ok(())
}

fn read_through(
    file: &mut File,
    path: &Path,
    each: &mut dyn FnMut(&[u8]) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut buffer = vec![0; BYTES_AT_ONCE];
    loop {
        let read = file.read(&mut buffer).map_err(StoreError::io("read", path))?;
        match buffer.get(..read) {
            None | Some([]) => return Ok(()),
            Some(part) => each(part)?,
        }
    }
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
