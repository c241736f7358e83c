//! One segment by itself, wherever it was copied to.

use std::fs::File;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use purser_ledger::{Frame, FrameHash, FrameNo, Lsn};

use super::disk::{Disk, SegmentFile, number_of, read_only};
use super::header::{Front, HEADER_LEN};
use super::scan::{Scan, to_u64};
use super::walk::{Walk, front};
use crate::error::StoreError;

/// What a segment says about itself, checked as far as it can be without the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentMark {
    /// Its number, in its name and in its header.
    pub no: u64,
    /// The number of its first frame.
    pub first_frame: FrameNo,
    /// The number of that frame's first record.
    pub first_lsn: Lsn,
    /// The hash of the frame before: where the segment before must end.
    pub prev_hash: FrameHash,
    /// How many frames.
    pub frames: u64,
    /// How many records.
    pub records: u64,
    /// The hash of its last frame: what the segment behind must name.
    pub last_hash: FrameHash,
    /// A frame was begun behind the last whole one: this is the end of a log that is, or was, in use.
    pub is_unfinished: bool,
}

/// Reads a segment file and shows `each` its frames, in order, checked for their hashes and the chain between them,
/// until it breaks; the rest is checked all the same. `None`: the file is prepared and not
/// begun.
///
/// # Errors
/// [`StoreError::Damaged`] names frame and place, also when the name is not that of a segment; [`StoreError::Newer`];
/// [`StoreError::Io`].
pub fn read_segment(
    path: impl AsRef<Path>,
    each: &mut dyn FnMut(&Frame) -> ControlFlow<()>,
) -> Result<Option<SegmentMark>, StoreError> {
    let path = path.as_ref();
    let Some(no) = number_of(path) else {
        return Err(StoreError::damaged(path, None, "a segment is called by its number, twenty digits, and .wal"));
    };
    let file = read_only(File::open(path).map_err(StoreError::io("open", path))?);
    let disk: Arc<dyn Disk> = Arc::new(Alone { no, path: path.to_owned(), file });
    let mut scan = Scan::new(disk.open(no).map_err(StoreError::io("open", path))?);
    let header = match front(&*disk, no, &mut scan)? {
        Front::Header(header) => header,
        Front::Zeros | Front::Newer(_) if scan.last_nonzero(0).map_err(StoreError::io("read", path))?.is_none() => {
            return Ok(None);
        }
        Front::Bad(what) => return Err(StoreError::damaged(path, None, what)),
        Front::Zeros | Front::Newer(_) => return Err(StoreError::damaged(path, None, "its header is missing")),
    };
    let mut walk = Walk::before(&disk, no, header.before())?;
    let (mut frames, mut records, mut wanted) = (0_u64, 0_u64, true);
    while let Some(frame) = walk.step()? {
        frames = frames.saturating_add(1);
        records = records.saturating_add(u64::from(frame.count));
        wanted = wanted && each(&frame).is_continue();
    }
    if let Some(lost) = walk.lost()? {
        return Err(lost);
    }
    let end = walk.at().max(to_u64(HEADER_LEN));
    let is_unfinished = walk.scan().last_nonzero(end).map_err(StoreError::io("read", path))?.is_some();
    Ok(Some(SegmentMark {
        no,
        first_frame: header.first_frame,
        first_lsn: header.first_lsn,
        prev_hash: header.prev_hash,
        frames,
        records,
        last_hash: walk.head().map_or_else(FrameHash::default, |head| head.hash),
        is_unfinished,
    }))
}

/// A disk with one segment on it.
#[derive(Debug)]
struct Alone {
    no: u64,
    path: PathBuf,
    file: Arc<dyn SegmentFile>,
}

impl Disk for Alone {
    fn segments(&self) -> io::Result<Vec<u64>> {
        Ok(vec![self.no])
    }

    fn open(&self, no: u64) -> io::Result<Arc<dyn SegmentFile>> {
        if no == self.no { Ok(Arc::clone(&self.file)) } else { Err(io::ErrorKind::NotFound.into()) }
    }

    fn prepare(&self, _no: u64, _len: u64) -> io::Result<Arc<dyn SegmentFile>> {
        Err(io::ErrorKind::PermissionDenied.into())
    }

    fn path(&self, _no: u64) -> PathBuf {
        self.path.clone()
    }
}
