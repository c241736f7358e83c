//! The write-ahead log as it lies on disk. Input: the bytes of its segments, all of them one behind the other, cut into
//! segments of 4 KiB; a disk may have left anything in them.
//!
//! Opening refuses or gives frames that follow one another; what it mended stays as it is when it is opened again; and
//! the next frame can be written and is there afterwards.

use std::collections::BTreeMap;
use std::io;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use purser_core::time::Instant;
use purser_ledger::{Frame, FrameNo, Journal, Record};
use purser_store::{Disk, Prepare, SegmentFile, WalJournal, WalOptions};

/// Bytes of a segment.
const SEGMENT: usize = 4096;
const OPTIONS: WalOptions =
    WalOptions { first_bytes: SEGMENT as u64, max_bytes: SEGMENT as u64, prepare: Prepare::Inline };

/// A disk in memory.
#[derive(Debug, Default)]
struct Memory(Mutex<BTreeMap<u64, Arc<Segment>>>);

#[derive(Debug, Default)]
struct Segment(Mutex<Vec<u8>>);

impl Memory {
    fn of(bytes: &[u8]) -> Arc<Self> {
        let segments =
            (1..).zip(bytes.chunks(SEGMENT)).map(|(no, part)| (no, Arc::new(Segment(Mutex::new(part.to_vec())))));
        Arc::new(Self(Mutex::new(segments.collect())))
    }

    /// All segments one behind the other.
    fn bytes(&self) -> Vec<u8> {
        let segments = self.0.lock().expect("nobody panics under it");
        segments.values().flat_map(|segment| segment.0.lock().expect("nobody panics under it").clone()).collect()
    }
}

impl Disk for Memory {
    fn segments(&self) -> io::Result<Vec<u64>> {
        Ok(self.0.lock().expect("nobody panics under it").keys().copied().collect())
    }

    fn open(&self, no: u64) -> io::Result<Arc<dyn SegmentFile>> {
        let segments = self.0.lock().expect("nobody panics under it");
        segments.get(&no).map(|segment| Arc::clone(segment) as _).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn prepare(&self, no: u64, len: u64) -> io::Result<Arc<dyn SegmentFile>> {
        let segment = Arc::clone(self.0.lock().expect("nobody panics under it").entry(no).or_default());
        let len = usize::try_from(len).map_err(io::Error::other)?;
        let mut bytes = segment.0.lock().expect("nobody panics under it");
        if bytes.len() < len {
            bytes.resize(len, 0);
        }
        drop(bytes);
        Ok(segment)
    }

    fn path(&self, no: u64) -> PathBuf {
        PathBuf::from(format!("{no}.wal"))
    }
}

impl SegmentFile for Segment {
    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        let mut all = self.0.lock().expect("nobody panics under it");
        let at = usize::try_from(at).map_err(io::Error::other)?;
        let end = at + bytes.len();
        if all.len() < end {
            all.resize(end, 0);
        }
        all.splice(at..end, bytes.iter().copied());
        Ok(())
    }

    fn read_at(&self, bytes: &mut [u8], at: u64) -> io::Result<usize> {
        let all = self.0.lock().expect("nobody panics under it");
        let rest = usize::try_from(at).ok().and_then(|at| all.get(at..)).unwrap_or_default();
        let count = rest.len().min(bytes.len());
        bytes.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        Ok(count)
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }

    fn length(&self) -> io::Result<u64> {
        u64::try_from(self.0.lock().expect("nobody panics under it").len()).map_err(io::Error::other)
    }
}

/// Checks one disk.
pub fn check(bytes: &[u8]) {
    let disk = Memory::of(bytes);
    let Ok(mut journal) = WalJournal::open_on(Arc::clone(&disk) as _, OPTIONS) else { return };
    let Some(frames) = frames(&mut journal) else { return };
    let mended = disk.bytes();
    drop(journal);

    let mut again = WalJournal::open_on(Arc::clone(&disk) as _, OPTIONS).expect("what was mended opens");
    assert!(disk.bytes() == mended, "mended once, nothing is left to mend");
    assert!(!again.torn().expect("open"), "mended once, nothing is torn");
    assert_eq!(self::frames(&mut again).as_ref(), Some(&frames), "mended once, the same frames");

    let next = Frame::of(frames.last().map(Frame::head), &[(Instant::EPOCH, Record::Rest)]);
    if again.append(&next).is_err() {
        return;
    }
    again.sync().expect("a disk that never fails");
    drop(again);
    let mut last = WalJournal::open_on(disk as _, OPTIONS).expect("what was written opens");
    let read = self::frames(&mut last).expect("it reads");
    assert_eq!((read.len(), read.last()), (frames.len() + 1, Some(&next)), "what was written is there");
}

/// All frames, each after the one before; `None` where reading finds damage.
fn frames(journal: &mut WalJournal) -> Option<Vec<Frame>> {
    let mut all: Vec<Frame> = Vec::new();
    let read = journal.read(FrameNo(1), &mut |frame| {
        assert!(frame.is_intact(), "a frame that was read is whole");
        if let Some(last) = all.last() {
            assert_eq!((frame.no, frame.prev_hash), (last.no.next(), last.hash), "frames follow one another");
        }
        all.push(frame);
        ControlFlow::Continue(())
    });
    read.ok()?;
    assert_eq!(journal.head().expect("open"), all.last().map(Frame::head), "the head is the last frame");
    Some(all)
}

/// A log of these frames.
pub(crate) fn written(frames: &[Frame]) -> Vec<u8> {
    let disk = Memory::of(&[]);
    let mut journal = WalJournal::open_on(Arc::clone(&disk) as _, OPTIONS).expect("an empty disk");
    for frame in frames {
        journal.append(frame).expect("they follow one another");
        journal.sync().expect("a disk that never fails");
    }
    drop(journal);
    disk.bytes()
}
