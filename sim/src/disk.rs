//! A disk that does what disks do to a database: keeps unsynced pages or not, in any combination, tears them at any
//! byte, fails, fills up, takes its time.
//!
//! Each file has three images. `os` is what the operating system would answer: every write is in it at once, and it
//! survives the death of the process. `platter` is what a power cut leaves, if none of the pages under way arrives.
//! `promised` is what completed syncs covered: only this may be relied upon. Pages reach the platter with a sync, or
//! early because the system felt like it.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;

use parking_lot::{Condvar, Mutex};

use crate::dice::Dice;

/// How a disk misbehaves, in thousandths where it is a chance.
#[derive(Clone, Copy, Debug)]
pub struct Faults {
    /// Bytes of a page: what is written back, lost or torn together.
    pub page: usize,
    /// A page reaches the platter before it is synced, at each write.
    pub early_per_mille: u64,
    /// Bytes until the disk is full.
    pub room: u64,
    /// A bug: failed syncs are tried again inside, and that one succeeds.
    pub retries_syncs: bool,
    /// A bug: a full disk says nothing.
    pub is_silent_when_full: bool,
}

impl Default for Faults {
    fn default() -> Self {
        Self { page: 4_096, early_per_mille: 100, room: u64::MAX, retries_syncs: false, is_silent_when_full: false }
    }
}

/// What happened to a disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DiskTally {
    /// Syncs completed.
    pub syncs: u64,
    /// Syncs that failed.
    pub failed_syncs: u64,
    /// Writes refused because the disk was full.
    pub full: u64,
    /// Pages that a power cut lost.
    pub lost_pages: u64,
    /// Pages that a power cut tore.
    pub torn_pages: u64,
    /// Pages that a power cut left as garbage.
    pub garbage_pages: u64,
    /// Pages that survived a power cut unsynced, with others of the same moment lost.
    pub stray_pages: u64,
    /// Pages written back before their sync.
    pub early_pages: u64,
}

/// Clones are the same disk.
#[derive(Clone, Debug)]
pub struct SimDisk {
    inner: Arc<Mutex<Inner>>,
    gate: Arc<Gate>,
}

#[derive(Debug)]
struct Inner {
    files: BTreeMap<u64, File>,
    dice: Dice,
    faults: Faults,
    /// The process or machine that had it is dead.
    gone: bool,
    fail_next_sync: bool,
    tally: DiskTally,
}

#[derive(Clone, Debug, Default)]
struct File {
    os: Vec<u8>,
    platter: Vec<u8>,
    promised: Vec<u8>,
    /// Pages that differ between `os` and `promised`.
    dirty: BTreeSet<usize>,
    /// Pages of a failed sync: the system counts them as clean.
    forgotten: BTreeSet<usize>,
    /// Pages of the sync under way, as they were when it began.
    flying: BTreeMap<usize, Vec<u8>>,
}

/// The moment between the beginning and the end of a sync, in which others go on.
#[derive(Debug, Default)]
struct Gate {
    stage: Mutex<Stage>,
    bell: Condvar,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    /// Syncs take no time.
    #[default]
    Open,
    /// The next sync stops half-way.
    Armed,
    /// It has.
    Began,
    /// Whoever synced is done, without or after a sync.
    Ended,
}

impl SimDisk {
    /// An empty one.
    #[must_use]
    pub fn new(dice: Dice, faults: Faults) -> Self {
        let inner = Inner {
            files: BTreeMap::new(),
            dice,
            faults,
            gone: false,
            fail_next_sync: false,
            tally: DiskTally::default(),
        };
        Self { inner: Arc::new(Mutex::new(inner)), gate: Arc::default() }
    }

    /// What happened to it, and to those it was before crashes.
    pub fn tally(&self) -> DiskTally {
        self.inner.lock().tally
    }

    /// The next sync fails.
    pub fn fail_next_sync(&self) {
        self.inner.lock().fail_next_sync = true;
    }

    /// So many more bytes can be written.
    pub fn limit_room(&self, bytes: u64) {
        self.inner.lock().faults.room = bytes;
    }

    /// Shows all files as the operating system has them, and as completed syncs promised them.
    pub fn look<T>(&self, look: impl FnOnce(&[&[u8]], &[&[u8]]) -> T) -> T {
        let inner = self.inner.lock();
        let os: Vec<&[u8]> = inner.files.values().map(|file| file.os.as_slice()).collect();
        let promised: Vec<&[u8]> = inner.files.values().map(|file| file.promised.as_slice()).collect();
        look(&os, &promised)
    }

    /// The process is killed: what it wrote is still with the operating system. The disk as the next process finds it;
    /// whoever still has this one gets errors from now on.
    #[must_use]
    pub fn kill(&self) -> Self {
        let mut inner = self.inner.lock();
        inner.gone = true;
        let mut files = inner.files.clone();
        for file in files.values_mut() {
            let File { dirty, forgotten, flying, .. } = file;
            dirty.append(forgotten);
            dirty.extend(std::mem::take(flying).into_keys());
        }
        self.reborn(&mut inner, files)
    }

    /// The machine loses power. Of the pages not synced, any may have arrived, whole, in part, or as garbage.
    #[must_use]
    pub fn lose_power(&self) -> Self {
        let mut inner = self.inner.lock();
        inner.gone = true;
        let mut files = BTreeMap::new();
        let Inner { files: old, dice, faults, tally, .. } = &mut *inner;
        // Sometimes nothing arrived and sometimes all: the corners are where bugs live.
        let luck = *dice.pick(&[0, 0, 150, 500, 850, 1_000]);
        for (no, file) in old.iter() {
            files.insert(*no, file.after_power_loss(dice, faults.page, luck, tally));
        }
        self.reborn(&mut inner, files)
    }

    fn reborn(&self, inner: &mut Inner, files: BTreeMap<u64, File>) -> Self {
        let _ = self;
        let faults = Faults { room: u64::MAX, ..inner.faults };
        let dice = Dice::new(inner.dice.next());
        let next = Inner { files, dice, faults, gone: false, fail_next_sync: false, tally: inner.tally };
        Self { inner: Arc::new(Mutex::new(next)), gate: Arc::default() }
    }

    /// The next sync stops half-way until [`finish_sync`](Self::finish_sync).
    pub fn slow_sync(&self) {
        *self.gate.stage.lock() = Stage::Armed;
    }

    /// Comes back when the slow sync is half-way (`true`) or whoever was to sync had nothing to.
    pub fn is_half_way(&self) -> bool {
        let mut stage = self.gate.stage.lock();
        while *stage == Stage::Armed {
            self.gate.bell.wait(&mut stage);
        }
        *stage == Stage::Began
    }

    /// Lets the slow sync end.
    pub fn finish_sync(&self) {
        *self.gate.stage.lock() = Stage::Open;
        self.gate.bell.notify_all();
    }

    /// Whoever was to sync is done.
    pub fn note_sync_ended(&self) {
        let mut stage = self.gate.stage.lock();
        if *stage == Stage::Armed {
            *stage = Stage::Ended;
        }
        drop(stage);
        self.gate.bell.notify_all();
    }

    fn pass_gate(&self) {
        let mut stage = self.gate.stage.lock();
        if *stage == Stage::Armed {
            *stage = Stage::Began;
            self.gate.bell.notify_all();
            while *stage == Stage::Began {
                self.gate.bell.wait(&mut stage);
            }
        }
    }

    /// The numbers of the files there are.
    pub fn files(&self) -> Vec<u64> {
        self.inner.lock().files.keys().copied().collect()
    }

    /// Makes a file that is at least so long, all zeros, durably.
    ///
    /// # Errors
    /// When the disk is gone or full.
    pub fn prepare(&self, no: u64, len: u64) -> io::Result<()> {
        let mut inner = self.inner.lock();
        inner.alive()?;
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        let file = inner.files.entry(no).or_default();
        for image in [&mut file.os, &mut file.platter, &mut file.promised] {
            let longer = image.len().max(len);
            image.resize(longer, 0);
        }
        Ok(())
    }

    /// Writes at a place, making the file longer where needed.
    ///
    /// # Errors
    /// When the disk is gone or full; a part may have been written.
    pub fn write(&self, no: u64, bytes: &[u8], at: u64) -> io::Result<()> {
        let mut inner = self.inner.lock();
        inner.alive()?;
        let room = usize::try_from(inner.faults.room).unwrap_or(usize::MAX);
        let fits = bytes.len().min(room);
        if inner.faults.room != u64::MAX {
            inner.faults.room -= fits as u64;
        }
        let Inner { files, dice, faults, tally, .. } = &mut *inner;
        let file = files.entry(no).or_default();
        let from = usize::try_from(at).unwrap_or(usize::MAX);
        if file.os.len() < from + fits {
            file.os.resize(from + fits, 0);
        }
        file.os[from..from + fits].copy_from_slice(&bytes[..fits]);
        if fits > 0 {
            for page in from / faults.page..=(from + fits - 1) / faults.page {
                file.dirty.insert(page);
                if dice.per_mille(faults.early_per_mille) {
                    tally.early_pages += 1;
                    file.to_platter(page, faults.page);
                }
            }
        }
        if fits < bytes.len() {
            inner.tally.full += 1;
            if inner.faults.is_silent_when_full {
                inner.faults.room = u64::MAX;
                return Ok(());
            }
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        Ok(())
    }

    /// Reads at a place; 0 at the end.
    ///
    /// # Errors
    /// When the disk is gone.
    pub fn read(&self, no: u64, bytes: &mut [u8], at: u64) -> io::Result<usize> {
        let inner = self.inner.lock();
        inner.alive()?;
        let file = inner.files.get(&no).ok_or(io::ErrorKind::NotFound)?;
        let from = usize::try_from(at).unwrap_or(usize::MAX).min(file.os.len());
        let len = bytes.len().min(file.os.len() - from);
        bytes[..len].copy_from_slice(&file.os[from..from + len]);
        Ok(len)
    }

    /// Cuts a file, not durably.
    ///
    /// # Errors
    /// When the disk is gone.
    pub fn truncate(&self, no: u64, len: u64) -> io::Result<()> {
        let mut inner = self.inner.lock();
        inner.alive()?;
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        let page = inner.faults.page;
        let file = inner.files.entry(no).or_default();
        for gone in len / page..file.os.len().div_ceil(page) {
            file.dirty.insert(gone);
        }
        file.os.truncate(len);
        Ok(())
    }

    /// A file's length.
    ///
    /// # Errors
    /// When the disk is gone or there is no such file.
    pub fn len(&self, no: u64) -> io::Result<u64> {
        let inner = self.inner.lock();
        inner.alive()?;
        Ok(inner.files.get(&no).ok_or(io::ErrorKind::NotFound)?.os.len() as u64)
    }

    /// Everything written to the file before is on the platter.
    ///
    /// # Errors
    /// When the disk is gone or fails. Then nobody knows what arrived, and asking again proves nothing.
    pub fn sync(&self, no: u64) -> io::Result<()> {
        {
            let mut inner = self.inner.lock();
            inner.alive()?;
            if std::mem::take(&mut inner.fail_next_sync) {
                inner.tally.failed_syncs += 1;
                let Inner { files, dice, faults, .. } = &mut *inner;
                let file = files.entry(no).or_default();
                for page in std::mem::take(&mut file.dirty) {
                    if dice.per_mille(300) {
                        file.to_platter(page, faults.page);
                    }
                    file.forgotten.insert(page);
                }
                if inner.faults.retries_syncs {
                    return Ok(());
                }
                return Err(io::Error::other("the device reported a write error"));
            }
            let page = inner.faults.page;
            let file = inner.files.entry(no).or_default();
            for number in std::mem::take(&mut file.dirty) {
                let content = slice(&file.os, number, page).to_vec();
                file.flying.insert(number, content);
            }
        }
        self.pass_gate();
        let mut inner = self.inner.lock();
        inner.alive()?;
        inner.tally.syncs += 1;
        let page = inner.faults.page;
        let file = inner.files.entry(no).or_default();
        let len = file.os.len();
        for (number, content) in std::mem::take(&mut file.flying) {
            put(&mut file.platter, number * page, &content);
            put(&mut file.promised, number * page, &content);
        }
        file.platter.truncate(len);
        file.promised.truncate(len);
        Ok(())
    }
}

impl Inner {
    fn alive(&self) -> io::Result<()> {
        if self.gone { Err(io::Error::other("the disk is gone")) } else { Ok(()) }
    }
}

impl File {
    fn to_platter(&mut self, number: usize, page: usize) {
        let content = slice(&self.os, number, page).to_vec();
        put(&mut self.platter, number * page, &content);
    }

    fn after_power_loss(&self, dice: &mut Dice, page: usize, luck: u64, tally: &mut DiskTally) -> Self {
        let mut left = self.platter.clone();
        let mut under_way: BTreeMap<usize, Vec<u8>> = self.flying.clone();
        for number in self.dirty.iter().chain(&self.forgotten) {
            under_way.insert(*number, slice(&self.os, *number, page).to_vec());
        }
        // The length is metadata and travels by itself.
        if self.os.len() > left.len() && dice.per_mille(luck) {
            let reached = left.len() + dice.index(self.os.len() - left.len() + 1);
            left.resize(reached, 0);
        }
        for (number, content) in under_way {
            if dice.per_mille(20) {
                tally.garbage_pages += 1;
                // Only bytes that were written: what was synced does not change by writing others beside it.
                let before = slice(&self.promised, number, page);
                let garbage = |(i, new): (usize, &u8)| {
                    let thrown = dice.next().to_le_bytes()[0];
                    if before.get(i) == Some(new) { *new } else { thrown }
                };
                let garbage: Vec<u8> = content.iter().enumerate().map(garbage).collect();
                put(&mut left, number * page, &garbage);
            } else if dice.per_mille(luck) {
                tally.stray_pages += 1;
                put(&mut left, number * page, &content);
            } else if dice.per_mille(350) {
                tally.torn_pages += 1;
                let arrived = dice.index(content.len() + 1);
                put(&mut left, number * page, &content[..arrived]);
            } else {
                tally.lost_pages += 1;
            }
        }
        Self { os: left.clone(), platter: left.clone(), promised: left, ..Self::default() }
    }
}

fn slice(bytes: &[u8], number: usize, page: usize) -> &[u8] {
    let from = (number * page).min(bytes.len());
    &bytes[from..(from + page).min(bytes.len())]
}

fn put(image: &mut Vec<u8>, at: usize, content: &[u8]) {
    if image.len() < at + content.len() {
        image.resize(at + content.len(), 0);
    }
    image[at..at + content.len()].copy_from_slice(content);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disk(seed: u64) -> SimDisk {
        SimDisk::new(Dice::new(seed), Faults { page: 8, early_per_mille: 0, ..Faults::default() })
    }

    fn read(disk: &SimDisk) -> Vec<u8> {
        let mut bytes = vec![0; 1_000];
        let len = disk.read(1, &mut bytes, 0).unwrap();
        bytes.truncate(len);
        bytes
    }

    #[test]
    fn what_was_synced_survives_and_what_was_written_survives_a_kill() {
        let mut unsynced_lost = 0;
        for seed in 0..100 {
            let disk = disk(seed);
            disk.write(1, b"synced bytes are safe", 0).unwrap();
            disk.sync(1).unwrap();
            disk.write(1, b"; these are not", 21).unwrap();
            let killed = disk.kill();
            assert_eq!(read(&killed), b"synced bytes are safe; these are not");
            assert!(disk.write(1, b"x", 0).is_err(), "a dead process writes nothing");
            let cut = killed.lose_power();
            let found = read(&cut);
            assert_eq!(&found[..21], b"synced bytes are safe");
            unsynced_lost += usize::from(found != b"synced bytes are safe; these are not");
        }
        assert!((20..100).contains(&unsynced_lost), "{unsynced_lost}");
    }

    #[test]
    fn a_failed_sync_promises_nothing_and_neither_does_the_next() {
        let disk = disk(1);
        disk.write(1, b"0123456789", 0).unwrap();
        disk.fail_next_sync();
        assert!(disk.sync(1).is_err());
        disk.sync(1).unwrap();
        disk.look(|_, promised| assert_ne!(promised, [b"0123456789"]));
    }

    #[test]
    fn a_full_disk_takes_a_part() {
        let disk = disk(1);
        disk.limit_room(4);
        assert_eq!(disk.write(1, b"0123456789", 0).unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(read(&disk), b"0123");
    }
}
