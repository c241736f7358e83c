//! Making names durable: a file's bytes are synced through the file, its name through its folder.

use std::fs::File;
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
