//! Snapshots of the ledger: files from which a start replays only what came after.
//!
//! A snapshot is a shortcut, never the truth: losing all of them costs a longer start. Each is written aside, synced,
//! renamed and its name synced; its bytes carry their own hash ([`Snapshot::encode`]), and one that does not read back
//! is passed over for the one before, then for a replay from the first frame.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use purser_ledger::{FrameNo, Lsn, Replica, Snapshot, SnapshotError};

use crate::dir::{self, DataDir};
use crate::error::StoreError;
use crate::fsync;
use crate::journal::{JournalReader, store_error};

/// How many are kept: the newest, and one to fall back to.
const KEPT: usize = 2;
/// Ends a snapshot's name.
const EXTENSION: &str = "snap";

/// The snapshots of one folder.
#[derive(Clone, Debug)]
pub struct Snapshots {
    folder: PathBuf,
}

impl Snapshots {
    /// The snapshots of a folder.
    pub fn of(dir: &DataDir) -> Self {
        Self { folder: dir.snapshots() }
    }

    /// Keeps a snapshot, durably, and drops all but the last two. **Its last record must be durable**: see
    /// [`purser_ledger::Ledger::snapshot`].
    ///
    /// # Errors
    /// [`StoreError::Io`]: those before are still there.
    pub fn save(&self, snapshot: &Snapshot) -> Result<(), StoreError> {
        dir::create_folder(&self.folder)?;
        dir::replace(&self.path(snapshot.lsn()), &snapshot.encode())?;
        let old = self.list()?.into_iter().rev().skip(KEPT);
        for (_, path) in old {
            fs::remove_file(&path).map_err(StoreError::io("remove", &path))?;
        }
        fsync::folder(&self.folder)
    }

    /// The newest that reads back, passing over damaged ones with a warning; `None` when none does.
    ///
    /// # Errors
    /// [`StoreError::Newer`] when a newer Purser made one, since it wrote the rest of the folder too; [`StoreError::Io`]
    /// when the folder can't be read.
    pub fn load(&self) -> Result<Option<Snapshot>, StoreError> {
        self.load_up_to(Lsn(u64::MAX))
    }

    /// As [`load`](Self::load), of those that end at `lsn` or before: what to try when the journal turns out not to
    /// reach or not to fit the newest.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_up_to(&self, lsn: Lsn) -> Result<Option<Snapshot>, StoreError> {
        for (of, path) in self.list()?.into_iter().rev().filter(|(of, _)| *of <= lsn) {
            match read(&path)? {
                Ok(snapshot) if snapshot.lsn() == of => return Ok(Some(snapshot)),
                Ok(_) => tracing::warn!(snapshot.lsn = of.0, "a snapshot is not the one its name says; passed over"),
                Err(why) => {
                    tracing::warn!(snapshot.lsn = of.0, error = %why, "a snapshot does not read back; passed over");
                }
            }
        }
        Ok(None)
    }

    /// Makes a newer snapshot beside the running ledger: replays what the journal holds up to `durable` (the last
    /// frame known synced) onto the newest one and saves it. Returns the record it ends at, `None` when there is
    /// nothing newer than what is there. Takes a fraction of a second per million records, and as much memory as the
    /// ledger's state once more; run it on a thread that may.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when the journal does not verify: nothing is saved.
    pub fn renew(&self, dir: &DataDir, durable: FrameNo) -> Result<Option<Lsn>, StoreError> {
        let reader = JournalReader::open(dir)?;
        let base = self.load()?;
        let from = base.as_ref().and_then(Snapshot::frame).map_or(FrameNo(0), |head| head.no).next();
        let mut replica = Replica::new(base);
        let mut failure = None;
        let mut reached = None;
        let mut apply = |frame: purser_ledger::Frame| {
            if frame.no > durable {
                return ControlFlow::Break(());
            }
            if let Err(found) = replica.apply(&frame) {
                failure = Some(found);
                return ControlFlow::Break(());
            }
            reached = Some(frame.last_lsn());
            ControlFlow::Continue(())
        };
        reader.read(from, &mut apply).map_err(|error| store_error(&dir.journal(), error))?;
        if let Some(failure) = failure {
            return Err(StoreError::damaged(dir.journal(), Some(failure.frame.0), failure.what));
        }
        if reached.is_some() {
            self.save(&replica.into_snapshot())?;
        }
        Ok(reached)
    }

    /// All by the record they end at, oldest first. Other files in the folder are left alone.
    pub(crate) fn list(&self) -> Result<Vec<(Lsn, PathBuf)>, StoreError> {
        list(&self.folder, EXTENSION)
    }

    fn path(&self, lsn: Lsn) -> PathBuf {
        // Padded, so that a listing is in order.
        self.folder.join(format!("{:020}.{EXTENSION}", lsn.0))
    }
}

/// Reads one; what is wrong with it in words, where it does not read back.
pub(crate) fn read(path: &Path) -> Result<Result<Snapshot, String>, StoreError> {
    let decoded = match fs::read(path) {
        Ok(bytes) => Snapshot::decode(&bytes),
        Err(error) => return Ok(Err(error.to_string())),
    };
    match decoded {
        Err(SnapshotError::Version(found)) if found > Snapshot::VERSION => Err(StoreError::Newer {
            file: path.to_owned(),
            found: u64::from(found),
            known: u64::from(Snapshot::VERSION),
        }),
        decoded => Ok(decoded.map_err(|error| error.to_string())),
    }
}

/// Files named by the record they end at, oldest first.
pub(crate) fn list(folder: &Path, extension: &str) -> Result<Vec<(Lsn, PathBuf)>, StoreError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(StoreError::io("read", folder)(error)),
    };
    let mut all = Vec::new();
    for entry in entries {
        let path = entry.map_err(StoreError::io("read", folder))?.path();
        if let Some(lsn) = lsn_of(&path, extension) {
            all.push((lsn, path));
        }
    }
    all.sort_unstable();
    Ok(all)
}

fn lsn_of(path: &Path, extension: &str) -> Option<Lsn> {
    if path.extension()? != extension {
        return None;
    }
    path.file_stem()?.to_str()?.parse().ok().map(Lsn)
}
