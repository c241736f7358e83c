//! The folder of one Purser: who may write it, which format it has, what is where.
//!
//! ```text
//! format        `purser 1`, or 2 when the journal is a log: the layout of this folder; newer ones are refused
//! lock          held by the process that writes; its process id inside, for the message a second one shows
//! secret        32 random bytes for keyed hashes; belongs to the folder, never leaves it except in a backup
//! journal/      the commit point, segments of a log (see `wal`); or
//! journal.db    the commit point, rows of a database (see `journal`)
//! purser.db     what is derived from the journal, and personal fields (see `projector`, `private`)
//! fence.db      which person a provider-side id belongs to (see `fence`)
//! snapshots/    the ledger's state at an entry, so that a start need not replay everything
//! purser.sock   where commands reach the running process
//! ```

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use crate::backup::Manifest;
use crate::error::StoreError;
use crate::fsync;
use crate::lock::Lock;

/// The layout a folder is made with.
const FORMAT: u64 = 1;
/// The layout with a log in it: programs that know only the first would begin an empty database beside it.
const FORMAT_WITH_LOG: u64 = 2;
/// What the format file starts with.
const FORMAT_WORD: &str = "purser";

/// How a folder is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// To write: creates what is missing and holds the lock until dropped. One process at a time.
    Exclusive,
    /// To read (`verify`, `backup`): creates nothing, takes no lock, works beside a process that writes.
    ReadOnly,
}

/// An open folder. Whoever has an [`Mode::Exclusive`] one is the only writer.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    mode: Mode,
    /// Held until it is dropped.
    lock: Option<Lock>,
}

impl DataDir {
    /// Opens the folder, for [`Mode::Exclusive`] creating it (readable by its owner only) and its parts.
    ///
    /// # Errors
    /// [`StoreError::InUse`] when another process writes it, [`StoreError::Newer`] when a newer Purser wrote it,
    /// [`StoreError::NotAFolder`] when it holds something else or (to read) nothing, [`StoreError::Io`] otherwise.
    pub fn open(path: impl AsRef<Path>, mode: Mode) -> Result<Self, StoreError> {
        let path = path.as_ref();
        match mode {
            Mode::Exclusive => Self::open_exclusive(path, None),
            Mode::ReadOnly => {
                check_format(path)?;
                Ok(Self { path: path.to_owned(), mode, lock: None })
            }
        }
    }

    /// Opens a folder to write whose lock this process holds already: `held` is what [`lock_file`](Self::lock_file) gave
    /// to the program that this one takes the place of. Nobody else can have been in it since.
    ///
    /// # Errors
    /// As [`open`](Self::open); [`StoreError::InUse`] when it is not this folder's lock or somebody else has it.
    pub fn open_held(path: impl AsRef<Path>, held: File) -> Result<Self, StoreError> {
        Self::open_exclusive(path.as_ref(), Some(held))
    }

    /// The lock's file once more, for who takes this process's place: the lock is held until that is closed too.
    ///
    /// # Errors
    /// [`StoreError::NotAFolder`] for a folder opened to read, [`StoreError::Io`].
    pub fn lock_file(&self) -> Result<File, StoreError> {
        self.require_exclusive()?;
        let why = "it is not locked";
        let lock = self.lock.as_ref().ok_or_else(|| StoreError::NotAFolder { folder: self.path.clone(), why })?;
        lock.file(&self.path)
    }

    /// A copy that is not a folder yet, to read.
    pub(crate) fn unchecked(path: &Path) -> Self {
        Self { path: path.to_owned(), mode: Mode::ReadOnly, lock: None }
    }

    fn open_exclusive(path: &Path, held: Option<File>) -> Result<Self, StoreError> {
        create_folder(path)?;
        if Manifest::is_in(path) {
            let why = "it is a backup, which stays as it is; `purser restore` brings it back into another folder";
            return Err(StoreError::NotAFolder { folder: path.to_owned(), why });
        }
        let fresh = !path.join("format").exists();
        if fresh {
            // Before the lock file is made: a folder that is somebody else's is left as it was found.
            check_unused(path)?;
        } else {
            check_format(path)?;
        }
        let lock = match held {
            None => Lock::take(path)?,
            Some(file) => Lock::adopt(path, file)?,
        };
        create_folder(&path.join("snapshots"))?;
        write_once(&path.join("secret"), &random_secret()?)?;
        // Last: a folder without it is one whose making was cut short, and may be made again.
        write_once(&path.join("format"), format!("{FORMAT_WORD} {FORMAT}\n").as_bytes())?;
        fsync::folder(path)?;
        Ok(Self { path: path.to_owned(), mode: Mode::Exclusive, lock: Some(lock) })
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How it was opened.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// For those who write: refuses a folder opened to read, whose lock somebody else may hold.
    pub(crate) fn require_exclusive(&self) -> Result<(), StoreError> {
        match self.mode {
            Mode::Exclusive => Ok(()),
            Mode::ReadOnly => {
                let why = "it was opened to read only";
                Err(StoreError::NotAFolder { folder: self.path.clone(), why })
            }
        }
    }

    /// The database of the journal.
    pub fn journal(&self) -> PathBuf {
        self.path.join("journal.db")
    }

    /// The folder of the journal's segments, where it is a log of our own.
    pub fn log(&self) -> PathBuf {
        self.path.join("journal")
    }

    /// Makes the folder of segments where there is none, saying first that this folder has one.
    pub(crate) fn make_log(&self) -> Result<PathBuf, StoreError> {
        let log = self.log();
        if !log.is_dir() {
            replace(&self.path.join("format"), format!("{FORMAT_WORD} {FORMAT_WITH_LOG}\n").as_bytes())?;
            create_folder(&log)?;
            fsync::folder(&self.path)?;
        }
        Ok(log)
    }

    /// The database of everything derived, and of personal fields.
    pub fn database(&self) -> PathBuf {
        self.path.join("purser.db")
    }

    /// The database of provider-side ids.
    pub fn fence(&self) -> PathBuf {
        self.path.join("fence.db")
    }

    /// The folder of snapshots.
    pub fn snapshots(&self) -> PathBuf {
        self.path.join("snapshots")
    }

    /// The socket at which commands reach the running process. A Unix socket's path has room for about a hundred
    /// bytes; a deeper folder shows itself when the socket is bound.
    pub fn socket(&self) -> PathBuf {
        self.path.join("purser.sock")
    }

    /// The folder's own secret: keys the hashes of things that must be recognised again but not read (provider-side
    /// ids, audited values).
    ///
    /// # Errors
    /// [`StoreError::Io`], or [`StoreError::Damaged`] when it is not 32 bytes long.
    pub fn secret(&self) -> Result<[u8; 32], StoreError> {
        let path = self.path.join("secret");
        let bytes = fs::read(&path).map_err(StoreError::io("read", &path))?;
        bytes.try_into().map_err(|_| StoreError::damaged(&path, None, "the secret is not 32 bytes long"))
    }
}

/// Refuses a folder that a newer Purser wrote, or that is not one of ours.
pub(crate) fn check_format(path: &Path) -> Result<(), StoreError> {
    let file = path.join("format");
    let mut text = String::new();
    match File::open(&file) {
        // A bound on what may be somebody else's file.
        Ok(open) => open.take(64).read_to_string(&mut text).map_err(StoreError::io("read", &file))?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let why = if path.is_dir() { "it has no format file" } else { "there is no such folder" };
            return Err(StoreError::NotAFolder { folder: path.to_owned(), why });
        }
        Err(error) => return Err(StoreError::io("read", &file)(error)),
    };
    let found = text
        .trim_end()
        .strip_prefix(FORMAT_WORD)
        .and_then(|rest| rest.trim_start().parse::<u64>().ok())
        .ok_or(StoreError::NotAFolder { folder: path.to_owned(), why: "its format file is not one of Purser's" })?;
    if found > FORMAT_WITH_LOG {
        return Err(StoreError::Newer { file, found, known: FORMAT_WITH_LOG });
    }
    Ok(())
}

/// A folder without a format file may be used only when all that is in it are leftovers of our own first start.
fn check_unused(path: &Path) -> Result<(), StoreError> {
    for entry in fs::read_dir(path).map_err(StoreError::io("read", path))? {
        let name = entry.map_err(StoreError::io("read", path))?.file_name();
        let ours = ["lock", "secret", "secret.new", "format.new", "snapshots"].iter().any(|own| name == *own);
        if !ours {
            let why = "it holds other files; name an empty or a new folder";
            return Err(StoreError::NotAFolder { folder: path.to_owned(), why });
        }
    }
    Ok(())
}

/// Creates the folder and its parents, readable by the owner only; one that exists keeps its permissions.
pub(crate) fn create_folder(path: &Path) -> Result<(), StoreError> {
    if path.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(StoreError::io("create", path))?;
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).map_or(Ok(()), fsync::folder)
}

/// A new file, readable by its owner only.
pub(crate) fn create_private(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Writes the file whole or not at all, once: one that exists is left alone.
fn write_once(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    if path.exists() {
        return Ok(());
    }
    replace(path, bytes)
}

/// Writes the file whole or not at all, durably: aside, synced, then renamed into place.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    replace_by_parts(path, &[bytes])
}

/// As [`replace`], for bytes that are in several places.
pub(crate) fn replace_by_parts(path: &Path, parts: &[&[u8]]) -> Result<(), StoreError> {
    let aside = path.with_added_extension("new");
    match fs::remove_file(&aside) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(StoreError::io("remove", &aside)(error));
        }
        _ => {}
    }
    let mut file = create_private(&aside).map_err(StoreError::io("create", &aside))?;
    for part in parts {
        file.write_all(part).map_err(StoreError::io("write", &aside))?;
    }
    file.sync_all().map_err(StoreError::io("sync", &aside))?;
    fs::rename(&aside, path).map_err(StoreError::io("create", path))?;
    path.parent().map_or(Ok(()), fsync::folder)
}

fn random_secret() -> Result<[u8; 32], StoreError> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(|error| StoreError::Io {
        what: "read random bytes for",
        path: "secret".into(),
        source: std::io::Error::other(error.to_string()),
    })?;
    Ok(secret)
}
