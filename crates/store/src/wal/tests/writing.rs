use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;

use super::*;
use crate::dir::{DataDir, Mode};
use crate::journal::JournalReader;
use crate::wal::{Disk, RealDisk};

#[test]
fn what_is_appended_reads_back_from_any_frame_and_is_on_disk_as_it_is_encoded() {
    let disk = FakeDisk::default();
    let mut journal = open(&disk).unwrap();
    let frames: Vec<_> = (0..60).map(|n| append(&mut journal, &[n * 7 % 90, 3])).collect();
    assert_eq!(journal.head().unwrap(), Some(frames[59].head()));
    for from in 0..=60_u64 {
        let (found, result) = read(&mut journal, from);
        result.unwrap();
        assert_eq!(found, frames[usize::try_from(from.max(1)).unwrap() - 1..], "from {from}");
    }
    assert!(read(&mut journal, 62).0.is_empty());
    let segments = disk.segments().unwrap();
    assert!(segments.len() > 3, "{segments:?}");
    let stored: Vec<u8> = segments.iter().flat_map(|no| disk.bytes(*no).split_off(72)).collect();
    let mut rest = &stored[..];
    for frame in &frames {
        // Between two segments lie zeros.
        let zeros = rest.iter().take_while(|byte| **byte == 0).count();
        let bytes = frame.encode();
        assert!(rest[zeros..].starts_with(&bytes), "frame {}", frame.no);
        rest = &rest[zeros + bytes.len()..];
    }
    drop(journal);
    let mut again = open(&disk).unwrap();
    assert_eq!(read_all(&mut again), frames);
    assert!(!again.torn().unwrap());
}

#[test]
fn frames_of_any_size_meet_the_end_of_a_segment_in_any_way() {
    for size in 0..400 {
        let disk = FakeDisk::default();
        let mut journal = open(&disk).unwrap();
        let mut pen = journal.pen().unwrap();
        let mut frames = Vec::new();
        for n in 0..5 {
            let head = frames.last().map(Frame::head);
            // One is larger than a whole segment.
            let sizes = if n == 3 { [size, 5_000] } else { [size, n] };
            frames.push(write(&mut *pen, head, &sizes, true).unwrap());
            journal.sync().unwrap();
        }
        assert_eq!(read_all(&mut journal), frames, "size {size}");
        drop((journal, pen));
        let mut journal = open(&disk).unwrap();
        assert_eq!(read_all(&mut journal), frames, "size {size}, opened again");
        frames.push(append(&mut journal, &[1]));
        assert_eq!(read_all(&mut journal), frames, "size {size}, written on");
    }
}

#[test]
fn a_sync_is_one_flush_and_writing_is_none() {
    let disk = FakeDisk::default();
    let mut journal = open(&disk).unwrap();
    let mut pen = journal.pen().unwrap();
    let before = disk.syncs();
    let first = write(&mut *pen, None, &[10, 10, 10], true).unwrap();
    assert_eq!(disk.syncs(), before);
    journal.sync().unwrap();
    assert_eq!(disk.syncs(), before + 1);
    journal.sync().unwrap();
    assert_eq!(disk.syncs(), before + 1, "there was nothing new");
    // Over the border of a segment there are two.
    let big = write(&mut *pen, Some(first.head()), &[700], true).unwrap();
    write(&mut *pen, Some(big.head()), &[700, 700], false).unwrap();
    journal.sync().unwrap();
    assert_eq!(disk.syncs(), before + 3);
}

#[test]
fn a_frame_is_sealed_only_after_the_one_before_was_synced() {
    let disk = FakeDisk::default();
    let mut journal = open(&disk).unwrap();
    let before = disk.syncs();
    for n in 1..=5 {
        append(&mut journal, &[10]);
        assert_eq!(disk.syncs(), before + n - 1);
    }
}

#[test]
fn a_failed_sync_is_final() {
    let disk = FakeDisk::default();
    let mut journal = open(&disk).unwrap();
    let mut pen = journal.pen().unwrap();
    let first = write(&mut *pen, None, &[10], true).unwrap();
    disk.on_sync(|| Err(io::Error::other("the disk is gone")));
    assert!(matches!(journal.sync(), Err(JournalError::Io { action: "sync", .. })));
    let tries = disk.syncs();
    check_stopped(&mut journal, &mut *pen, first.head());
    assert_eq!(disk.syncs(), tries, "not tried again");
}

#[test]
fn a_failed_write_is_final() {
    let disk = FakeDisk::default();
    let mut journal = open(&disk).unwrap();
    let mut pen = journal.pen().unwrap();
    let first = write(&mut *pen, None, &[10], true).unwrap();
    disk.fail_writes();
    assert!(write(&mut *pen, Some(first.head()), &[10], true).is_err());
    check_stopped(&mut journal, &mut *pen, first.head());
}

fn check_stopped(journal: &mut WalJournal, pen: &mut dyn Pen, head: FrameHead) {
    for refused in [journal.sync(), write(pen, Some(head), &[10], true).map(drop)] {
        let refused = refused.unwrap_err();
        assert!(std::error::Error::source(&refused).unwrap().to_string().contains("restart Purser"), "{refused}");
    }
}

#[test]
fn a_piece_that_does_not_follow_is_refused_and_harms_nothing() {
    let disk = FakeDisk::default();
    let mut journal = open(&disk).unwrap();
    let mut pen = journal.pen().unwrap();
    let first = frame(None, &[10]);
    let third = frame(Some(frame(Some(first.head()), &[1]).head()), &[1]);
    let (expected, given) = (FrameNo(1), third.no);
    assert!(matches!(
        journal.append(&third),
        Err(JournalError::OutOfOrder { expected: e, given: g }) if (e, g) == (expected, given)
    ));
    let piece = |begins| Piece { begins, bytes: &[1], seals: None };
    assert!(pen.write(piece(None)).is_err(), "no frame was begun");
    let bytes = first.encode();
    pen.write(Piece { begins: Some(first.no), bytes: &bytes[..90], seals: None }).unwrap();
    assert!(pen.write(piece(Some(first.no))).is_err(), "one is under way");
    assert!(journal.append(&first).is_err(), "one is under way");
    pen.write(Piece { begins: None, bytes: &bytes[90..], seals: Some(first.head()) }).unwrap();
    assert_eq!(read_all(&mut journal), [first]);
}

#[test]
fn others_write_while_the_disk_works() {
    let disk = FakeDisk::default();
    let mut journal = open(&disk).unwrap();
    let mut pen = journal.pen().unwrap();
    let first = write(&mut *pen, None, &[10], true).unwrap();
    let (begun, has_begun) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel::<()>();
    let may_go_on = std::sync::Mutex::new(may_go_on);
    disk.on_sync(move || {
        begun.send(()).unwrap();
        // Ends at the latest when the test does, which drops the sender.
        let _ = may_go_on.lock().unwrap().recv();
        Ok(())
    });
    let syncing = std::thread::spawn(move || {
        journal.sync().unwrap();
        journal
    });
    has_begun.recv().unwrap();
    // Over the end of the segment, too: the sync under way is of the old one.
    write(&mut *pen, Some(first.head()), &[900, 900, 900], false).unwrap();
    assert!(!syncing.is_finished());
    go_on.send(()).unwrap();
    let mut journal = syncing.join().unwrap();
    assert_eq!(read_all(&mut journal), std::slice::from_ref(&first));
    disk.on_sync(|| Ok(()));
    let mut after = open(&disk.lose_power(&mut Dice::new(1))).unwrap();
    assert_eq!(read_all(&mut after)[0], first);
}

#[test]
fn a_reader_follows_a_log_that_is_being_written() {
    let temp = tempfile::tempdir().unwrap();
    let disk = RealDisk::new(temp.path(), Mode::Exclusive);
    let options = WalOptions { first_bytes: 4_096, max_bytes: 64 << 10, prepare: Prepare::Ahead };
    let mut journal = WalJournal::open_on(Arc::new(disk), options).unwrap();
    let mut pen = journal.pen().unwrap();
    let ended = Arc::new(AtomicBool::new(false));
    let written = Arc::new(AtomicU64::new(0));
    let (writer_ended, writer_written) = (Arc::clone(&ended), Arc::clone(&written));
    let writer = std::thread::spawn(move || {
        let mut head = None;
        for n in 0..1_500_usize {
            let sizes = [n % 300, 40, n * 7 % 100];
            head = Some(write(&mut *pen, head, &sizes, true).unwrap().head());
            journal.sync().unwrap();
            writer_written.store(n as u64 + 1, Ordering::Release);
        }
        writer_ended.store(true, Ordering::Release);
    });
    let following = crate::wal::LogReader::new(Arc::new(RealDisk::new(temp.path(), Mode::ReadOnly)));
    let mut next = FrameNo(1);
    loop {
        let (ended, written) = (ended.load(Ordering::Acquire), written.load(Ordering::Acquire));
        following
            .read(next, &mut |frame| {
                assert_eq!(frame.no, next);
                next = next.next();
                // As the projector does: one too many is looked at and read again.
                if frame.no.0.is_multiple_of(50) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            })
            .unwrap();
        assert!(next.0 > written.min(next.0 + 50) || next.0 % 50 == 1, "what was written before is seen");
        let afresh = crate::wal::LogReader::new(Arc::new(RealDisk::new(temp.path(), Mode::ReadOnly)));
        assert!(afresh.head().unwrap().map_or(0, |head| head.no.0) >= written);
        if ended && next.0 > 1_500 {
            break;
        }
    }
    writer.join().unwrap();
}

#[test]
fn a_folder_is_opened_by_one_and_its_files_are_its_owners() {
    let temp = tempfile::tempdir().unwrap();
    let dir = DataDir::open(temp.path().join("p"), Mode::Exclusive).unwrap();
    let mut journal = WalJournal::open(&dir).unwrap();
    let first = append(&mut journal, &[10]);
    assert_eq!(read_all(&mut JournalReader::open(&dir).unwrap()), [first]);
    drop(journal);
    let mode_of = |path: &std::path::Path| {
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(path).unwrap().permissions())
    };
    let files: Vec<_> = std::fs::read_dir(dir.log()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 2, "the present and the next: {files:?}");
    for path in files.iter().chain([&dir.log()]) {
        assert_eq!(mode_of(path) & 0o077, 0, "{} is readable by others", path.display());
    }
    let reading = DataDir::open(dir.path(), Mode::ReadOnly).unwrap();
    assert!(matches!(WalJournal::open(&reading), Err(StoreError::NotAFolder { .. })));
}

#[test]
fn a_segment_removed_while_in_use_is_noticed() {
    let temp = tempfile::tempdir().unwrap();
    let disk = RealDisk::new(temp.path(), Mode::Exclusive);
    let mut journal = WalJournal::open_on(Arc::new(disk), SMALL).unwrap();
    append(&mut journal, &[10]);
    std::fs::remove_file(temp.path().join("00000000000000000001.wal")).unwrap();
    assert!(journal.sync().is_err());
}

#[test]
fn a_segment_half_prepared_is_made_whole() {
    let disk = FakeDisk::default();
    disk.put(1, vec![0; 100]);
    let mut journal = open(&disk).unwrap();
    let mut frames = vec![append(&mut journal, &[10])];
    disk.put(2, vec![0; 5]);
    frames.extend((0..20).map(|_| append(&mut journal, &[100])));
    assert_eq!(disk.bytes(2).len(), 2_048);
    assert_eq!(read_all(&mut open(&disk).unwrap()), frames);
}

#[test]
fn segments_double_up_to_the_largest() {
    let options = WalOptions::default();
    let sizes: Vec<_> = [1, 2, 3, 7, 8, 70, u64::MAX].iter().map(|no| options.segment_bytes(*no) >> 20).collect();
    assert_eq!(sizes, [1, 2, 4, 64, 64, 64, 64]);
}
