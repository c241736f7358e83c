//! Making bytes and names durable: a file's bytes are synced through the file, its name through its folder.

use std::fs::File;
use std::io;
use std::path::Path;

use crate::error::StoreError;

/// Makes the names in the folder durable.
pub(crate) fn folder(path: &Path) -> Result<(), StoreError> {
    #[cfg(unix)]
    File::open(path).and_then(|folder| folder.sync_all()).map_err(StoreError::io("sync", path))?;
    // Elsewhere a folder can't be opened as a file and the file system orders names itself.
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// Makes what was written to the file durable, its length included; an error where the file has no name any more, because
/// then every later frame would be lost with it, synced or not.
pub(crate) fn named(file: &File) -> io::Result<()> {
    if names(file)? == 0 {
        return Err(io::Error::other("the journal's file was removed while in use"));
    }
    file.sync_data()
}

/// How many names it has.
///
/// Nothing else is asked for: on Linux, whoever asks for a file's times makes the next write note a new one, and the sync
/// after that write half as long again.
#[cfg(target_os = "linux")]
fn names(file: &File) -> io::Result<u64> {
    use rustix::fs::{AtFlags, StatxFlags, statx};
    Ok(statx(file, c"", AtFlags::EMPTY_PATH, StatxFlags::NLINK)?.stx_nlink.into())
}

#[cfg(all(unix, not(target_os = "linux")))]
fn names(file: &File) -> io::Result<u64> {
    Ok(std::os::unix::fs::MetadataExt::nlink(&file.metadata()?))
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "as on other systems")]
fn names(_file: &File) -> io::Result<u64> {
    Ok(1)
}
