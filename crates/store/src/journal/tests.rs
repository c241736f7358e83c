//! What a power cut, a failed flush and a wrong caller do to the journal.

use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use purser_core::id::CommandId;
use purser_core::time::Instant;
use purser_ledger::Record;

use super::*;
use crate::dir::Mode;

/// A frame with one event of `size` bytes.
fn frame(head: Option<FrameHead>, size: usize) -> Frame {
    let no = head.map_or(0, |head| head.no.0);
    let payload = (0..size).map(|at| u8::try_from((at as u64 * 31 + no) % 251).unwrap()).collect();
    let event = Record::Event { command: CommandId::new(u128::from(no)), input: 0, kind: 1, payload };
    Frame::of(head, &[(Instant::from_micros(no.cast_signed() * 1_000), event)])
}

fn append(journal: &mut SqliteJournal, size: usize) -> Frame {
    let frame = frame(Journal::head(journal).unwrap(), size);
    journal.append(&frame).unwrap();
    frame
}

fn read_all(journal: &mut SqliteJournal) -> Vec<Frame> {
    let mut all = Vec::new();
    journal
        .read(FrameNo(0), &mut |frame| {
            all.push(frame);
            ControlFlow::Continue(())
        })
        .unwrap();
    all
}

/// Keeps the bytes of the log as of the last flush: of what was written to it later, a power cut may leave anything.
struct Camera {
    wal: WalFile,
    path: PathBuf,
    synced: Arc<Mutex<Vec<u8>>>,
}

impl Flush for Camera {
    fn flush(&mut self) -> io::Result<()> {
        self.wal.flush()?;
        *self.synced.lock().unwrap() = fs::read(&self.path)?;
        Ok(())
    }
}

/// The disk after a power cut: the database as it is, of the log only what was in it at the last flush and not
/// changed since, then `rest` instead of what followed.
fn disk_after_power_cut(dir: &DataDir, synced_wal: &[u8], rest: &[u8]) -> (tempfile::TempDir, DataDir) {
    let disk = tempfile::tempdir().unwrap();
    let copy = DataDir::open(disk.path().join("p"), Mode::Exclusive).unwrap();
    fs::copy(dir.journal(), copy.journal()).unwrap();
    let now = fs::read(sqlite::wal_of(&dir.journal())).unwrap();
    let kept = now.iter().zip(synced_wal).take_while(|(now, then)| now == then).count();
    let mut wal = now[..kept].to_vec();
    wal.extend_from_slice(rest);
    fs::write(sqlite::wal_of(&copy.journal()), wal).unwrap();
    (disk, copy)
}

#[test]
fn a_power_cut_takes_nothing_that_was_synced() {
    let folder = tempfile::tempdir().unwrap();
    let dir = DataDir::open(folder.path().join("p"), Mode::Exclusive).unwrap();
    let synced_wal = Arc::new(Mutex::new(Vec::new()));
    let (path, camera_wal) = (sqlite::wal_of(&dir.journal()), Arc::clone(&synced_wal));
    let mut journal = SqliteJournal::open_with(&dir, |wal| Box::new(Camera { wal, path, synced: camera_wal })).unwrap();
    // Small, so that the log starts over many times within the test.
    journal.checkpoint_bytes = 100_000;
    let (mut synced, mut written) = (0, Vec::new());
    let mut restarts = 0;
    for step in 0..60_usize {
        let log_before = fs::metadata(sqlite::wal_of(&dir.journal())).unwrap().len();
        written.push(append(&mut journal, 10 + step * 397 % 9_000));
        restarts += usize::from(fs::metadata(sqlite::wal_of(&dir.journal())).unwrap().len() == log_before);
        if step % 3 != 1 {
            // Every second or third frame is synced; here the cut comes with unsynced ones behind.
            let garbage: Vec<u8> = (0..step * 173).map(|at| u8::try_from(at % 256).unwrap()).collect();
            let (_disk, copy) = disk_after_power_cut(&dir, &synced_wal.lock().unwrap(), &garbage);
            let found = read_all(&mut SqliteJournal::open(&copy).unwrap());
            assert!(found.len() >= synced, "step {step}: {} frames of {synced} synced ones", found.len());
            assert_eq!(found, written[..found.len()], "what is there is what was written");
        }
        if step % 3 != 0 {
            journal.sync().unwrap();
            synced = written.len();
        }
    }
    assert!(restarts > 5, "the log started over only {restarts} times: the test shows less than it says");
    assert_eq!(read_all(&mut journal), written);
}

/// Counts flushes and fails from one on.
struct Failing {
    wal: WalFile,
    flushes: Arc<Mutex<u32>>,
    fails_after: u32,
}

impl Flush for Failing {
    fn flush(&mut self) -> io::Result<()> {
        let mut flushes = self.flushes.lock().unwrap();
        *flushes += 1;
        if *flushes > self.fails_after { Err(io::Error::other("the disk is gone")) } else { self.wal.flush() }
    }
}

#[test]
fn each_sync_is_one_flush_and_a_failed_one_is_final() {
    let folder = tempfile::tempdir().unwrap();
    let dir = DataDir::open(folder.path(), Mode::Exclusive).unwrap();
    let flushes = Arc::new(Mutex::new(0));
    let counter = Arc::clone(&flushes);
    let mut journal =
        SqliteJournal::open_with(&dir, |wal| Box::new(Failing { wal, flushes: counter, fails_after: 3 })).unwrap();
    let count = || *flushes.lock().unwrap();
    assert_eq!(count(), 1, "what was found written is synced before it is read");
    append(&mut journal, 10);
    append(&mut journal, 10);
    assert_eq!(count(), 1, "writing flushes nothing");
    journal.sync().unwrap();
    journal.sync().unwrap();
    assert_eq!(count(), 3);
    let last = append(&mut journal, 10);
    assert!(matches!(journal.sync(), Err(JournalError::Io { action: "sync", .. })));
    assert!(journal.sync().is_err(), "not tried again");
    assert_eq!(count(), 4);
    let next = frame(Some(last.head()), 10);
    let refused = journal.append(&next).unwrap_err();
    assert!(std::error::Error::source(&refused).unwrap().to_string().contains("restart Purser"), "{refused}");
}

#[test]
fn a_reader_at_the_end_never_takes_a_frame_for_missing_while_it_is_being_written() {
    let folder = tempfile::tempdir().unwrap();
    let dir = DataDir::open(folder.path(), Mode::Exclusive).unwrap();
    let mut journal = SqliteJournal::open(&dir).unwrap();
    append(&mut journal, 10);
    let reader = JournalReader::open(&dir).unwrap();
    let writer = std::thread::spawn(move || {
        for _ in 0..2_000 {
            append(&mut journal, 10);
        }
    });
    let mut next = FrameNo(1);
    while !writer.is_finished() {
        let read = reader.read(next, &mut |frame| {
            next = frame.no.next();
            ControlFlow::Continue(())
        });
        read.unwrap();
    }
    writer.join().unwrap();
}

#[test]
fn a_frame_out_of_order_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let dir = DataDir::open(folder.path(), Mode::Exclusive).unwrap();
    let mut journal = SqliteJournal::open(&dir).unwrap();
    let first = append(&mut journal, 10);
    let third = frame(Some(frame(Some(first.head()), 10).head()), 10);
    let (expected, given) = (FrameNo(2), FrameNo(3));
    assert!(
        matches!(journal.append(&third), Err(JournalError::OutOfOrder { expected: e, given: g }) if (e, g) == (expected, given))
    );
    assert!(journal.append(&first).is_err(), "nor one that is there already");
    assert_eq!(Journal::head(&mut journal).unwrap(), Some(first.head()));
}

#[test]
#[cfg(unix)]
fn a_log_removed_while_in_use_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let dir = DataDir::open(folder.path(), Mode::Exclusive).unwrap();
    let mut journal = SqliteJournal::open(&dir).unwrap();
    append(&mut journal, 10);
    fs::remove_file(sqlite::wal_of(&dir.journal())).unwrap();
    assert!(journal.sync().is_err());
}

#[test]
fn the_database_file_is_owned_by_its_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    let dir = DataDir::open(folder.path().join("p"), Mode::Exclusive).unwrap();
    let mut journal = SqliteJournal::open(&dir).unwrap();
    append(&mut journal, 10);
    #[cfg(unix)]
    for path in [dir.path(), &dir.journal(), &sqlite::wal_of(&dir.journal()), &dir.path().join("secret")] {
        assert_eq!(mode_of(path) & 0o077, 0, "{} is readable by others", path.display());
    }
}

#[cfg(unix)]
fn mode_of(path: &Path) -> u32 {
    std::os::unix::fs::PermissionsExt::mode(&fs::metadata(path).unwrap().permissions())
}
