//! A disk in memory that loses what was not synced, sector by sector, and fails when told to.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use crate::wal::{Disk, SegmentFile};

/// What reaches a real disk whole or not at all.
const SECTOR: usize = 512;

/// Numbers that look random and are the same each time.
#[derive(Clone, Debug)]
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % bound.max(1)
    }
}

/// Called when a file is synced, before it is.
type OnSync = Arc<dyn Fn() -> io::Result<()> + Send + Sync>;

#[derive(Clone, Default)]
pub(super) struct FakeDisk {
    files: Arc<Mutex<BTreeMap<u64, Arc<FakeFile>>>>,
    faults: Arc<Mutex<Faults>>,
}

#[derive(Default)]
struct Faults {
    on_sync: Option<OnSync>,
    writes_fail: bool,
    syncs: u64,
}

struct FakeFile {
    content: Mutex<Content>,
    faults: Arc<Mutex<Faults>>,
}

#[derive(Clone, Default)]
struct Content {
    now: Vec<u8>,
    synced: Vec<u8>,
}

impl FakeDisk {
    pub(super) fn bytes(&self, no: u64) -> Vec<u8> {
        self.files.lock().unwrap()[&no].content.lock().unwrap().now.clone()
    }

    pub(super) fn put(&self, no: u64, bytes: Vec<u8>) {
        let content = Content { synced: bytes.clone(), now: bytes };
        let file = FakeFile { content: Mutex::new(content), faults: Arc::clone(&self.faults) };
        self.files.lock().unwrap().insert(no, Arc::new(file));
    }

    pub(super) fn remove(&self, no: u64) -> Vec<u8> {
        self.files.lock().unwrap().remove(&no).unwrap().content.lock().unwrap().now.clone()
    }

    pub(super) fn syncs(&self) -> u64 {
        self.faults.lock().unwrap().syncs
    }

    pub(super) fn on_sync(&self, act: impl Fn() -> io::Result<()> + Send + Sync + 'static) {
        self.faults.lock().unwrap().on_sync = Some(Arc::new(act));
    }

    pub(super) fn fail_writes(&self) {
        self.faults.lock().unwrap().writes_fail = true;
    }

    /// The same bytes, on a disk of their own.
    pub(super) fn copy(&self) -> Self {
        self.after(|content| content.now.clone())
    }

    /// What is there after a power cut: of each sector that was not synced the old or the new.
    pub(super) fn lose_power(&self, dice: &mut Dice) -> Self {
        // Sometimes nearly all arrived, sometimes nearly nothing.
        let odds = dice.below(11);
        self.after(|content| {
            let mut left = content.synced.clone();
            // The length is metadata; data behind the synced one may be there or not.
            left.resize(content.now.len(), 0);
            for (old, new) in left.chunks_mut(SECTOR).zip(content.now.chunks(SECTOR)) {
                if old != new && dice.below(10) < odds {
                    if dice.below(8) == 0 {
                        // Torn within the sector.
                        let cut = usize::try_from(dice.below(new.len() as u64)).unwrap();
                        old[..cut].copy_from_slice(&new[..cut]);
                    } else {
                        old.copy_from_slice(new);
                    }
                }
            }
            left
        })
    }

    fn after(&self, mut left: impl FnMut(&Content) -> Vec<u8>) -> Self {
        let other = Self::default();
        for (no, file) in &*self.files.lock().unwrap() {
            other.put(*no, left(&file.content.lock().unwrap()));
        }
        other
    }
}

impl Disk for FakeDisk {
    fn segments(&self) -> io::Result<Vec<u64>> {
        Ok(self.files.lock().unwrap().keys().copied().collect())
    }

    fn open(&self, no: u64) -> io::Result<Arc<dyn SegmentFile>> {
        match self.files.lock().unwrap().get(&no) {
            Some(file) => Ok(Arc::clone(file) as _),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn prepare(&self, no: u64, len: u64) -> io::Result<Arc<dyn SegmentFile>> {
        let mut bytes = self.files.lock().unwrap().get(&no).map(|file| file.content.lock().unwrap().now.clone());
        let bytes = bytes.get_or_insert_default();
        assert!(bytes.iter().all(|byte| *byte == 0), "segment {no} was prepared with something in it");
        bytes.resize(usize::try_from(len).unwrap().max(bytes.len()), 0);
        self.put(no, bytes.clone());
        self.open(no)
    }

    fn path(&self, no: u64) -> PathBuf {
        format!("{no:020}.wal").into()
    }
}

impl SegmentFile for FakeFile {
    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        if self.faults.lock().unwrap().writes_fail {
            return Err(io::Error::other("the disk is full"));
        }
        let at = usize::try_from(at).unwrap();
        let now = &mut self.content.lock().unwrap().now;
        now.resize(now.len().max(at + bytes.len()), 0);
        now[at..at + bytes.len()].copy_from_slice(bytes);
        Ok(())
    }

    fn read_at(&self, bytes: &mut [u8], at: u64) -> io::Result<usize> {
        let content = self.content.lock().unwrap();
        let there = content.now.get(usize::try_from(at).unwrap()..).unwrap_or_default();
        let len = there.len().min(bytes.len());
        bytes[..len].copy_from_slice(&there[..len]);
        Ok(len)
    }

    fn sync(&self) -> io::Result<()> {
        // What is written while the disk works is not promised to be there.
        let before = self.content.lock().unwrap().now.clone();
        let act = {
            let mut faults = self.faults.lock().unwrap();
            faults.syncs += 1;
            faults.on_sync.clone()
        };
        act.map_or(Ok(()), |act| act())?;
        self.content.lock().unwrap().synced = before;
        Ok(())
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.content.lock().unwrap().now.len() as u64)
    }
}

impl fmt::Debug for FakeDisk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FakeDisk")
    }
}

impl fmt::Debug for FakeFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FakeFile")
    }
}
