//! Copying the journal: whole frames from the first on, whichever kind it is.

use std::fs;
use std::path::{Path, PathBuf};

use purser_ledger::{Frame, FrameHead};

use super::{CopyProgress, Heard, database, length};
use crate::dir::{self, DataDir};
use crate::error::StoreError;
use crate::fsync;
use crate::journal::{JournalReader, store_error};

/// Ends a segment's name.
const SEGMENT: &str = "wal";
/// What stands before a segment's frames.
const SEGMENT_HEADER_LEN: usize = 72;

/// Copies the journal of a folder, as of some moment from here on. A database is copied page by page through SQLite; of
/// a log its segments are copied byte by byte, the last one up to its last whole frame.
///
/// # Errors
/// [`StoreError::Damaged`] when a segment that is not the last ends early; [`StoreError::Io`], [`StoreError::Sqlite`].
pub(super) fn copy(dir: &DataDir, to: &Path, heard: Heard<'_>) -> Result<(), StoreError> {
    let database = dir.journal();
    if database.exists() {
        database::copy("journal.db", &database, &to.join("journal.db"), heard)?;
    }
    let log = dir.log();
    if log.is_dir() { segments(&log, &to.join("journal"), heard) } else { Ok(()) }
}

/// The last frame there is; `None` in an empty journal.
pub(super) fn head(dir: &DataDir) -> Result<Option<FrameHead>, StoreError> {
    JournalReader::open(dir)?.head().map_err(|error| store_error(dir.path(), error))
}

/// Does the copy hold the frame that was the last one when the backup began?
pub(super) fn continues(copy: &DataDir, begun: Option<FrameHead>) -> Result<(), StoreError> {
    let Some(begun) = begun else { return Ok(()) };
    let found = JournalReader::open(copy)?.frame(begun.no).map_err(|error| store_error(copy.path(), error))?;
    match found {
        Some(frame) if frame.head() == begun => Ok(()),
        _ => {
            let what = "the copy does not hold the frame that was the last one when the backup began";
            Err(StoreError::damaged(copy.path(), Some(begun.no.0), what))
        }
    }
}

/// Segments are numbered without a gap and written from front to back, one after the other: all before the last one
/// that was begun are complete.
fn segments(from: &Path, to: &Path, heard: Heard<'_>) -> Result<(), StoreError> {
    dir::create_folder(to)?;
    let begun = begun(from)?;
    for (place, path) in begun.iter().enumerate() {
        let bytes = fs::read(path).map_err(StoreError::io("read", path))?;
        let (end, _) = whole_frames(&bytes);
        let is_last = place + 1 == begun.len();
        let rest_is_zero = bytes.get(end..).is_none_or(|rest| rest.iter().all(|byte| *byte == 0));
        if !is_last && !rest_is_zero {
            let what = format!("behind byte {end} there is no whole frame, and another segment follows");
            return Err(StoreError::damaged(path, None, what));
        }
        let Some(name) = path.file_name() else { continue };
        let target = to.join(name);
        let file = dir::create_private(&target).map_err(StoreError::io("create", &target))?;
        let total = length(&bytes);
        let write = || {
            std::io::Write::write_all(&mut &file, bytes.get(..end).unwrap_or_default())?;
            // The rest is zeros, as where it comes from.
            file.set_len(total)?;
            file.sync_all()
        };
        write().map_err(StoreError::io("write", &target))?;
        heard(&CopyProgress { file: format!("journal/{}", name.to_string_lossy()), done: total, total });
    }
    fsync::folder(to)
}

/// Segments with anything in them, in order.
fn begun(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).map_err(StoreError::io("read", folder))? {
        let path = entry.map_err(StoreError::io("read", folder))?.path();
        if path.extension().is_some_and(|extension| extension == SEGMENT) {
            all.push(path);
        }
    }
    // Names are padded numbers.
    all.sort_unstable();
    let mut begun = Vec::new();
    for path in all {
        let mut front = [0; SEGMENT_HEADER_LEN];
        let mut file = fs::File::open(&path).map_err(StoreError::io("read", &path))?;
        let read = std::io::Read::read(&mut file, &mut front).map_err(StoreError::io("read", &path))?;
        if front.iter().take(read).all(|byte| *byte == 0) {
            break;
        }
        begun.push(path);
    }
    Ok(begun)
}

/// Where the last of the whole frames ends that stand one behind the other from the front on, and how many they are.
fn whole_frames(segment: &[u8]) -> (usize, u64) {
    let (mut end, mut count) = (SEGMENT_HEADER_LEN.min(segment.len()), 0_u64);
    while let Some(rest) = segment.get(end..) {
        match Frame::decode(rest) {
            Ok((frame, used)) if frame.is_intact() => {
                end = end.saturating_add(used);
                count = count.saturating_add(1);
            }
            _ => break,
        }
    }
    (end, count)
}

#[cfg(test)]
mod tests {
    use purser_core::time::Instant;
    use purser_ledger::{BootId, Epoch, Record, Window};

    use super::*;

    /// A segment of `count` frames, with `behind` after them and zeros to the end.
    fn segment(count: u64, behind: &[u8]) -> Vec<u8> {
        let mut bytes = vec![7; SEGMENT_HEADER_LEN];
        let mut head = None;
        for no in 0..count {
            let window = Window { age_s: 1, settled_max: 1, commands_max: 1 };
            let record = Record::Boot { epoch: Epoch(u32::try_from(no).unwrap() + 1), boot: BootId(no), window };
            let frame = Frame::of(head, &[(Instant::from_micros(1), record)]);
            head = Some(frame.head());
            bytes.extend(frame.encode());
        }
        bytes.extend(behind);
        bytes.resize(bytes.len() + 500, 0);
        bytes
    }

    #[test]
    fn what_is_behind_the_last_whole_frame_is_left_out() {
        let three = segment(3, &[]);
        let end = three.len() - 500;
        let four = segment(4, &[]);
        assert_eq!(whole_frames(&three), (end, 3));
        for cut in end..four.len() - 500 {
            assert_eq!(whole_frames(&four[..cut]), (end, 3), "{cut}");
        }
        assert_eq!(whole_frames(&segment(3, b"PF half of a frame")), (end, 3));
        assert_eq!(whole_frames(&[0; 20]), (20, 0));
    }

    #[test]
    fn a_log_is_copied_up_to_its_last_whole_frame_and_no_segment_in_between_may_end_early() {
        let temp = tempfile::tempdir().unwrap();
        let (from, to) = (temp.path().join("from"), temp.path().join("to"));
        fs::create_dir(&from).unwrap();
        let name = |no: u64| format!("{no:020}.wal");
        fs::write(from.join(name(1)), segment(3, &[])).unwrap();
        fs::write(from.join(name(2)), segment(2, b"PF half of a frame")).unwrap();
        fs::write(from.join(name(3)), vec![0; 900]).unwrap();
        segments(&from, &to, &mut |_| ()).unwrap();
        assert_eq!(fs::read(to.join(name(1))).unwrap(), segment(3, &[]));
        let mut cut = segment(2, &[]);
        cut.resize(fs::read(from.join(name(2))).unwrap().len(), 0);
        assert_eq!(fs::read(to.join(name(2))).unwrap(), cut, "its length stays, what is no frame is zero");
        assert!(!to.join(name(3)).exists(), "a segment that is only prepared stays behind");

        fs::write(from.join(name(1)), segment(3, b"something")).unwrap();
        let refused = segments(&from, &temp.path().join("other"), &mut |_| ()).unwrap_err();
        assert!(refused.to_string().contains("no whole frame"), "{refused}");
    }
}
