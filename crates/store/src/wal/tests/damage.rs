use super::*;
use crate::wal::header::{HEADER_LEN, Header};
use crate::wal::{Disk, LogReader, read_segment};
use purser_ledger::FrameHash;

/// A log of several segments, all synced.
fn log(frames: usize) -> (FakeDisk, Vec<Frame>) {
    let disk = FakeDisk::default();
    let mut journal = open(&disk).unwrap();
    let frames = (0..frames).map(|n| append(&mut journal, &[n % 40, 20])).collect();
    journal.sync().unwrap();
    (disk, frames)
}

fn read_afresh(disk: &FakeDisk) -> (Vec<Frame>, Result<(), JournalError>) {
    let mut all = Vec::new();
    let result = LogReader::new(Arc::new(disk.clone())).read(FrameNo(0), &mut |frame| {
        all.push(frame);
        ControlFlow::Continue(())
    });
    (all, result)
}

fn corrupt(result: Result<(), JournalError>) -> Option<(FrameNo, String)> {
    match result {
        Ok(()) => None,
        Err(JournalError::Corrupt { frame, what }) => Some((frame, what)),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn every_flipped_bit_is_named_or_at_the_end_cut() {
    let (disk, frames) = log(24);
    let segments = disk.segments().unwrap();
    assert!(segments.len() >= 3, "{segments:?}");
    let last = frames.last().unwrap();
    for no in segments {
        let good = disk.bytes(no);
        let end = good.iter().rposition(|byte| *byte != 0).unwrap() + 1;
        let is_last = disk.segments().unwrap().last() == Some(&no);
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1 << (at % 8);
            let damaged = disk.copy();
            damaged.put(no, bad);
            let (found, result) = read_afresh(&damaged);
            let context = format!("segment {no}, byte {at}");
            if let Err(JournalError::Io { source, .. }) = &result {
                // The last frame's version is another: nothing is cut before a newer Purser has looked at it.
                assert!(source.to_string().contains("a newer Purser"), "{context}: {source}");
                assert!(is_last && found.len() + 1 == frames.len() && open(&damaged).is_err(), "{context}");
                continue;
            }
            assert_eq!(found, frames[..found.len()], "{context}: what is handed out is what was written");
            match corrupt(result) {
                Some((frame, what)) => {
                    assert_eq!(frame.0, found.len() as u64 + 1, "{context}: {what}");
                    let named = format!("{no:020}.wal, at byte");
                    assert!(what.contains(&named) || what.contains(&format!("segment {no}")), "{context}: {what}");
                    assert!(what.contains("at byte"), "{context}: {what}");
                    let refused = open(&damaged);
                    // A start reads only the last segments; what lies before is found when it is replayed.
                    assert!(refused.is_err() || no + 1 < *disk.segments().unwrap().last().unwrap(), "{context}");
                }
                None if is_last && at >= end => assert_eq!(found.len(), frames.len(), "{context}"),
                None => {
                    assert!(is_last, "{context}: silent");
                    assert_eq!(found.len(), frames.len() - 1, "{context}: only the last frame");
                    let mut journal = open(&damaged).unwrap();
                    assert!(journal.torn().unwrap(), "{context}: not reported");
                    let salvaged = read_all(&mut journal);
                    assert!(salvaged.len() <= frames.len());
                    assert!(salvaged.get(frames.len() - 1).is_none_or(|frame| frame.count <= last.count));
                }
            }
        }
    }
}

#[test]
fn a_missing_segment_is_named() {
    for (missing, frame) in [(1_u64, FrameNo(1)), (2, FrameNo(0))] {
        let (disk, frames) = log(24);
        let bytes = disk.remove(missing);
        let refused = open(&disk).unwrap_err().to_string();
        assert!(refused.contains(&format!("{missing:020}.wal")) && refused.contains("missing"), "{refused}");
        let (found, result) = read_afresh(&disk);
        let (named, what) = corrupt(result).unwrap();
        assert!(what.contains(&format!("{missing:020}.wal")) && what.contains("missing"), "{what}");
        let expected = if frame == FrameNo(0) { FrameNo(found.len() as u64 + 1) } else { frame };
        assert_eq!(named, expected);
        disk.put(missing, bytes);
        assert_eq!(read_afresh(&disk).0, frames);
    }
    // The last one missing is a log that ends earlier: only what was projected can tell.
    let (disk, frames) = log(24);
    let last = *disk.segments().unwrap().last().unwrap();
    disk.remove(last);
    let found = read_all(&mut open(&disk).unwrap());
    assert!(found.len() < frames.len() && found == frames[..found.len()]);
}

#[test]
fn swapped_segments_are_named() {
    let (disk, _) = log(24);
    let (second, third) = (disk.bytes(2), disk.bytes(3));
    disk.put(2, third);
    disk.put(3, second);
    let (_, result) = read_afresh(&disk);
    corrupt(result).unwrap();
    let refused = open(&disk).unwrap_err().to_string();
    assert!(refused.contains("another segment") || refused.contains("follows in"), "{refused}");
}

#[test]
fn a_segment_of_another_log_is_named() {
    for no in [1, 2, 3] {
        let (disk, _) = log(24);
        let other = FakeDisk::default();
        let mut journal = open(&other).unwrap();
        for n in 0..24 {
            append(&mut journal, &[n % 40, 19, 1]);
        }
        drop(journal);
        disk.put(no, other.bytes(no));
        let (found, result) = read_afresh(&disk);
        let (frame, what) = corrupt(result).unwrap();
        assert_eq!(frame.0, found.len() as u64 + 1, "{what}");
        let last = *disk.segments().unwrap().last().unwrap();
        assert!(open(&disk).is_err() || no + 1 < last, "segment {no}: the last two are read at the start");
    }
}

#[test]
fn a_newer_segment_and_a_newer_frame_are_refused_with_a_sentence() {
    let (disk, frames) = log(24);
    let last = *disk.segments().unwrap().last().unwrap();
    let mut bytes = disk.bytes(last);
    bytes[8] = 7;
    let crc = crc32fast::hash(&bytes[..HEADER_LEN - 4]);
    bytes[HEADER_LEN - 4..HEADER_LEN].copy_from_slice(&crc.to_le_bytes());
    let newer = disk.copy();
    newer.put(last, bytes);
    check_newer(&newer, last, 7);

    let mut bytes = disk.bytes(last);
    let end = bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    let mut next = frame(Some(frames[23].head()), &[10]).encode();
    assert_eq!(u64::from(next[2]), crate::wal::header::FRAME_VERSION);
    next[2] = 9;
    bytes.resize(bytes.len().max(end + next.len()), 0);
    bytes[end..end + next.len()].copy_from_slice(&next);
    disk.put(last, bytes);
    check_newer(&disk, last, 9);
}

fn check_newer(disk: &FakeDisk, no: u64, version: u64) {
    let before = disk.bytes(no);
    let refused = open(disk).unwrap_err();
    assert!(matches!(refused, StoreError::Newer { found, known: 1, .. } if found == version), "{refused}");
    assert!(refused.to_string().contains("run the newer version"), "{refused}");
    assert!(matches!(read_afresh(disk).1, Err(JournalError::Io { .. })));
    assert_eq!(disk.bytes(no), before, "left as it was");
}

#[test]
fn a_segment_is_checked_by_itself_wherever_it_is() {
    let (disk, frames) = log(24);
    let temp = tempfile::tempdir().unwrap();
    let last = *disk.segments().unwrap().last().unwrap();
    let (mut before, mut seen) = (FrameHash::default(), Vec::new());
    for no in 1..=last {
        let path = temp.path().join(format!("{no:020}.wal"));
        let good = disk.bytes(no);
        std::fs::write(&path, &good).unwrap();
        let mark = read_segment(&path, &mut |frame| {
            seen.push(frame.clone());
            ControlFlow::Continue(())
        });
        let mark = mark.unwrap().unwrap();
        assert_eq!((mark.no, mark.prev_hash, mark.is_unfinished), (no, before, false));
        assert_eq!(mark.first_frame.0 + mark.frames, seen.len() as u64 + 1);
        before = mark.last_hash;
        let nothing = &mut |_: &Frame| ControlFlow::Break(());
        assert_eq!(read_segment(&path, nothing).unwrap(), Some(mark.clone()), "also when nobody looks at the frames");

        let mut bad = good.clone();
        bad[HEADER_LEN + FRAME_HEADER + 20] ^= 1;
        std::fs::write(&path, bad).unwrap();
        let found = read_segment(&path, nothing).unwrap_err().to_string();
        assert!(found.contains(&format!("frame {}", mark.first_frame)) && found.contains("at byte 72"), "{found}");
        let other = temp.path().join(format!("{:020}.wal", no + 50));
        std::fs::write(&other, &good).unwrap();
        let found = read_segment(&other, nothing).unwrap_err().to_string();
        assert!(found.contains("another segment"), "{found}");
    }
    assert_eq!(seen, frames);
    let path = temp.path().join(format!("{last:020}.wal"));
    let mut bytes = disk.bytes(last);
    let end = bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    bytes[end..end + 3].copy_from_slice(b"PF\x01");
    std::fs::write(&path, &bytes).unwrap();
    let nothing = &mut |_: &Frame| ControlFlow::Break(());
    assert!(read_segment(&path, nothing).unwrap().unwrap().is_unfinished);
    std::fs::write(&path, [0; 500]).unwrap();
    assert_eq!(read_segment(&path, nothing).unwrap(), None);
    assert!(read_segment(temp.path().join("1.wal"), nothing).is_err());
}

#[test]
fn a_log_of_headers_only_is_an_empty_one() {
    let disk = FakeDisk::default();
    let mut bytes = vec![0; 1_024];
    bytes[..HEADER_LEN].copy_from_slice(&Header::after(1, None).encode());
    disk.put(1, bytes);
    let mut journal = open(&disk).unwrap();
    assert_eq!(journal.head().unwrap(), None);
    let first = append(&mut journal, &[3]);
    assert_eq!(read_all(&mut open(&disk).unwrap()), [first]);
    assert!(read_afresh(&FakeDisk::default()).0.is_empty());
}
