//! Which versions wrote the parts of a folder.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use purser_ledger::Snapshot;

use crate::dir::DataDir;
use crate::error::StoreError;
use crate::fold::{self, Folds};
use crate::snapshot::Snapshots;
use crate::{fence, journal, migrate, schema};

/// Refuses a folder of which a newer Purser wrote any part, before anything in it is touched. (The versions of a
/// journal's segments are looked at by whoever opens it.)
///
/// # Errors
/// [`StoreError::Newer`] names the file, its version and the latest that this program knows; [`StoreError`] when a file
/// can't be read.
pub fn check_formats(dir: &DataDir) -> Result<(), StoreError> {
    let databases =
        [(dir.journal(), journal::MIGRATIONS), (dir.database(), schema::PURSER), (dir.fence(), fence::MIGRATIONS)];
    for (path, migrations) in databases {
        if path.exists() {
            migrate::check_not_newer(&path, migrations)?;
        }
    }
    for (_, path) in Snapshots::of(dir).list()? {
        let found = front::<1>(&path)?.map_or(0, |[version]| u64::from(version));
        refuse_newer(path, found, u64::from(Snapshot::VERSION))?;
    }
    for (_, path) in Folds::of(dir).list()? {
        let found = front::<12>(&path)?.map_or(0, |front| fold::version(&front));
        refuse_newer(path, found, u64::from(fold::VERSION))?;
    }
    Ok(())
}

/// The first bytes of a file; `None` when it is shorter, or gone meanwhile.
fn front<const N: usize>(path: &Path) -> Result<Option<[u8; N]>, StoreError> {
    let mut bytes = [0; N];
    match File::open(path).and_then(|mut file| file.read_exact(&mut bytes)) {
        Ok(()) => Ok(Some(bytes)),
        Err(error) if matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::NotFound) => Ok(None),
        Err(error) => Err(StoreError::io("read", path)(error)),
    }
}

fn refuse_newer(file: PathBuf, found: u64, known: u64) -> Result<(), StoreError> {
    if found > known { Err(StoreError::Newer { file, found, known }) } else { Ok(()) }
}
