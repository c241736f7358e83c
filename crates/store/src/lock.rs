//! One process writes a folder: an advisory lock on a file in it, released by the system however the process ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use crate::error::StoreError;

/// The held lock; dropping it lets go.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
}

impl Lock {
    /// Takes the lock of the folder or says who has it.
    pub(crate) fn take(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join("lock");
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&path).map_err(StoreError::io("open", &path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(StoreError::InUse { folder: folder.to_owned(), pid: holder(&mut file) });
            }
            Err(TryLockError::Error(error)) => return Err(StoreError::io("lock", &path)(error)),
        }
        Self::held(file, &path)
    }

    /// Takes over a lock that a program before this one held, by its own file, open and locked.
    pub(crate) fn adopt(folder: &Path, file: File) -> Result<Self, StoreError> {
        let path = folder.join("lock");
        let here = std::fs::metadata(&path).map_err(StoreError::io("read", &path))?;
        let given = file.metadata().map_err(StoreError::io("read", &path))?;
        // Another folder's lock protects nothing here. One that is held already is held by us.
        let is_ours = is_same(&here, &given) && file.try_lock().is_ok();
        if is_ours { Self::held(file, &path) } else { Err(StoreError::InUse { folder: folder.to_owned(), pid: None }) }
    }

    /// The file once more: the lock is held until both are closed.
    pub(crate) fn file(&self, folder: &Path) -> Result<File, StoreError> {
        self.file.try_clone().map_err(StoreError::io("open", folder.join("lock")))
    }

    fn held(mut file: File, path: &Path) -> Result<Self, StoreError> {
        // For people only: the lock is what counts, so a number left by a dead process does no harm.
        let write = |file: &mut File| {
            file.set_len(0)?;
            file.rewind()?;
            writeln!(file, "{}", std::process::id())
        };
        write(&mut file).map_err(StoreError::io("write", path))?;
        Ok(Self { file })
    }
}

#[cfg(unix)]
fn is_same(a: &std::fs::Metadata, b: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (a.dev(), a.ino()) == (b.dev(), b.ino())
}

#[cfg(not(unix))]
fn is_same(_a: &std::fs::Metadata, _b: &std::fs::Metadata) -> bool {
    false
}

fn holder(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.take(16).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}
