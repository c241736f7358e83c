//! What the log needs of a disk, apart so that a simulator can stand in for it.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::dir::Mode;
use crate::fsync;

/// Zeros written at once, and synced at once so that commits meanwhile never wait behind a whole segment.
const ZEROS_AT_ONCE: u64 = 1 << 20;
/// Zeros of one write. ext4 keeps a large write in its cache as one large piece, and later goes through all blocks of it
/// for each small write into it: 700 bytes take 3 µs in pieces of 1 MiB, 1.2 µs in these as in single pages. Single pages
/// take more than twice the time to make: 0.9 µs for each 700 bytes, against 0.4 µs.
const WRITE_BYTES: usize = 32 << 10;
/// Ends a segment's name.
const EXTENSION: &str = "wal";
/// Digits of a segment's name: any `u64`, so that a listing is in order.
const DIGITS: usize = 20;

/// Where segments are kept: one folder, in effect.
///
/// **What a disk owes.** A segment that [`prepare`](Self::prepare) returned is there after a power cut, with its length
/// and all its zeros. Everything else is owed by [`SegmentFile`].
pub trait Disk: fmt::Debug + Send + Sync {
    /// The numbers of the segments there are, in order, prepared ones included.
    ///
    /// # Errors
    /// The system's. No folder at all is no segments.
    fn segments(&self) -> io::Result<Vec<u64>>;

    /// Opens a segment that is there.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`] when it is not.
    fn open(&self, no: u64) -> io::Result<Arc<dyn SegmentFile>>;

    /// Makes a segment of at least `len` bytes, all zero, durably, with its name. One that is there already is only
    /// made longer: a process may have died while it was being made.
    ///
    /// # Errors
    /// The system's; there may then be a shorter one.
    fn prepare(&self, no: u64, len: u64) -> io::Result<Arc<dyn SegmentFile>>;

    /// How to call the segment in a message to people.
    fn path(&self, no: u64) -> PathBuf;
}

/// One segment.
///
/// **What it owes.** Bytes written are there for every reader at once and survive the death of the process; once a
/// `sync` that began after the write returned, also that of the machine. After a power cut a byte that was not synced is
/// what was written, or what was there before, or anything: nothing is assumed about order or parts. Bytes that were
/// synced do not change by writing others.
pub trait SegmentFile: fmt::Debug + Send + Sync {
    /// Writes all bytes at a place; behind the end it makes the file longer.
    ///
    /// # Errors
    /// Final: some may have been written.
    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<()>;

    /// Reads at a place, as many as there are; 0 at the end.
    ///
    /// # Errors
    /// The system's.
    fn read_at(&self, bytes: &mut [u8], at: u64) -> io::Result<usize>;

    /// Everything written before is on disk, the length included.
    ///
    /// # Errors
    /// Final: never tried again.
    fn sync(&self) -> io::Result<()>;

    /// Its present length in bytes.
    ///
    /// # Errors
    /// The system's.
    fn length(&self) -> io::Result<u64>;
}

/// A folder of files, readable by their owner only.
#[derive(Debug)]
pub struct RealDisk {
    folder: PathBuf,
    mode: Mode,
}

impl RealDisk {
    /// Segments in `folder`, which need not exist when they are only read.
    pub fn new(folder: impl Into<PathBuf>, mode: Mode) -> Self {
        Self { folder: folder.into(), mode }
    }
}

impl Disk for RealDisk {
    fn segments(&self) -> io::Result<Vec<u64>> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut numbers = Vec::new();
        for entry in entries {
            numbers.extend(number_of(Path::new(&entry?.file_name())));
        }
        numbers.sort_unstable();
        Ok(numbers)
    }

    fn open(&self, no: u64) -> io::Result<Arc<dyn SegmentFile>> {
        let writes = self.mode == Mode::Exclusive;
        Ok(Arc::new(RealFile(OpenOptions::new().read(true).write(writes).open(self.path(no))?)))
    }

    fn prepare(&self, no: u64, len: u64) -> io::Result<Arc<dyn SegmentFile>> {
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(false).mode(0o600).open(self.path(no))?;
        let zeros = vec![0; usize::try_from(ZEROS_AT_ONCE.min(len)).unwrap_or_default()];
        let mut at = file.metadata()?.len();
        while at < len {
            let part = usize::try_from(len.saturating_sub(at)).unwrap_or(usize::MAX);
            let part = zeros.get(..part).unwrap_or(&zeros);
            for piece in part.chunks(WRITE_BYTES) {
                file.write_all_at(piece, at)?;
                at = at.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
            }
            file.sync_data()?;
        }
        file.sync_all()?;
        File::open(&self.folder)?.sync_all()?;
        Ok(Arc::new(RealFile(file)))
    }

    fn path(&self, no: u64) -> PathBuf {
        self.folder.join(format!("{no:0DIGITS$}.{EXTENSION}"))
    }
}

/// The number in a segment's name.
pub(super) fn number_of(path: &Path) -> Option<u64> {
    let digits = path.file_stem()?.to_str()?;
    let ours = path.extension()? == EXTENSION && digits.len() == DIGITS && digits.bytes().all(|c| c.is_ascii_digit());
    if ours { digits.parse().ok() } else { None }
}

/// A file that is only read, wherever it is.
pub(super) fn read_only(file: File) -> Arc<dyn SegmentFile> {
    Arc::new(RealFile(file))
}

#[derive(Debug)]
struct RealFile(File);

impl SegmentFile for RealFile {
    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        self.0.write_all_at(bytes, at)
    }

    fn read_at(&self, bytes: &mut [u8], at: u64) -> io::Result<usize> {
        self.0.read_at(bytes, at)
    }

    fn sync(&self) -> io::Result<()> {
        fsync::named(&self.0)
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }
}
