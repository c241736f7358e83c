use super::*;
use crate::wal::Disk;

/// Where the bytes of segment 1 end.
fn used(disk: &FakeDisk) -> usize {
    let bytes = disk.bytes(1);
    bytes.iter().rposition(|byte| *byte != 0).map_or(0, |at| at + 1)
}

#[test]
fn an_unfinished_frame_cut_anywhere_gives_its_whole_records() {
    let sizes = [30, 0, 11];
    for sealed in [false, true] {
        let disk = FakeDisk::default();
        let mut journal =
            WalJournal::open_on(Arc::new(disk.clone()), WalOptions { first_bytes: 4_096, ..SMALL }).unwrap();
        let mut pen = journal.pen().unwrap();
        let first = write(&mut *pen, None, &[5, 5], true).unwrap();
        journal.sync().unwrap();
        let begins = used(&disk);
        let second = write(&mut *pen, Some(first.head()), &sizes, sealed).unwrap();
        let ends = used(&disk);
        let good = disk.bytes(1);
        drop((journal, pen));
        for cut in begins..=ends {
            for garbage in [0, 0xee] {
                let mut bytes = good.clone();
                bytes[cut..ends].fill(garbage);
                let disk = FakeDisk::default();
                disk.put(1, bytes);
                check_salvaged(&disk, &first, &second, &sizes, cut - begins, ends - begins);
            }
        }
    }
}

/// Of `second`, `kept` bytes of `written` are there.
fn check_salvaged(disk: &FakeDisk, first: &Frame, second: &Frame, sizes: &[usize], kept: usize, written: usize) {
    let mut journal = open(disk).unwrap();
    let frames = read_all(&mut journal);
    assert_eq!(frames[0], *first);
    let head = Some(first.head());
    let ends = |n: usize| FRAME_HEADER + frame(head, &sizes[..n]).payload.len();
    let mut whole = if kept < FRAME_HEADER { 0 } else { (1..=sizes.len()).take_while(|n| ends(*n) <= kept).count() };
    if kept == written && written == second.encode().len() {
        whole = sizes.len();
        assert!(!journal.torn().unwrap(), "nothing was cut");
    }
    // A record that ends in zeros is whole although its last bytes never came, where zeros stand there anyway.
    let found = frames.get(1).map_or(0, |frame| frame.count as usize);
    let may_be_more = usize::from(whole < sizes.len() && found == whole + 1);
    assert_eq!(found, whole + may_be_more, "{kept} bytes of {written}");
    let expected = (found > 0).then(|| frame(head, &sizes[..found]));
    assert_eq!(frames.get(1), expected.as_ref(), "{kept} bytes of {written}");
    assert_eq!(journal.head().unwrap(), Some(expected.as_ref().unwrap_or(first).head()));
    // It is an end to write on from, and the next start finds nothing to mend.
    let next = append(&mut journal, &[9]);
    journal.sync().unwrap();
    drop(journal);
    let mut journal = open(disk).unwrap();
    assert_eq!(read_all(&mut journal).last(), Some(&next));
    assert!(!journal.torn().unwrap());
}

#[test]
fn bytes_that_are_cut_are_reported_and_zeros_are_not() {
    let whole = |garbage: &[u8]| {
        let disk = FakeDisk::default();
        let mut journal = open(&disk).unwrap();
        append(&mut journal, &[10]);
        let end = used(&disk);
        drop(journal);
        let mut bytes = disk.bytes(1);
        bytes[end..end + garbage.len()].copy_from_slice(garbage);
        disk.put(1, bytes);
        let mut journal = open(&disk).unwrap();
        assert_eq!(read_all(&mut journal).len(), 1);
        (journal.torn().unwrap(), used(&disk) == end)
    };
    assert_eq!(whole(&[0; 40]), (false, true));
    assert_eq!(whole(&[0, 0, 1]), (true, true));
    assert_eq!(whole(b"PF\x01PF\x01PF\x01"), (true, true));
}

#[test]
fn a_next_segment_torn_before_its_header_came_is_begun_again() {
    for torn_at in [0, 71, 80, 500] {
        let disk = FakeDisk::default();
        let mut journal = open(&disk).unwrap();
        let frames: Vec<_> = (0..3).map(|_| append(&mut journal, &[200])).collect();
        drop(journal);
        let next = disk.segments().unwrap().len() as u64 + 1;
        let mut bytes = vec![0; 2_048];
        bytes[torn_at..torn_at + 20].fill(0xab);
        disk.put(next, bytes);
        let mut journal = open(&disk).unwrap();
        assert!(journal.torn().unwrap());
        assert!(disk.bytes(next).iter().all(|byte| *byte == 0));
        assert_eq!(read_all(&mut journal), frames);
        for _ in 0..20 {
            append(&mut journal, &[200]);
        }
        assert_eq!(read_all(&mut open(&disk).unwrap()).len(), 23);
    }
}

#[test]
fn a_process_killed_between_any_two_pieces_loses_no_record() {
    let disk = FakeDisk::default();
    let mut head = None;
    let mut records = 0;
    for life in 0..40_usize {
        let mut journal = open(&disk).unwrap();
        assert_eq!(journal.head().unwrap().map_or(0, |head: FrameHead| head.last_lsn.0), records, "life {life}");
        assert!(!journal.torn().unwrap(), "nothing was cut");
        let mut pen = journal.pen().unwrap();
        let sizes: Vec<usize> = (0..=life % 5).map(|n| n * 31 + life).collect();
        if life % 2 == 0 {
            head = Some(write(&mut *pen, journal.head().unwrap(), &sizes, true).unwrap().head());
            records = head.unwrap().last_lsn.0;
        }
        let _ = head;
        let parts = sizes.len() as u64 - 1;
        write(&mut *pen, journal.head().unwrap(), &sizes, false).unwrap();
        records += parts;
        // Nothing is closed, nothing synced.
    }
    let total: u64 = read_all(&mut open(&disk).unwrap()).iter().map(|frame| u64::from(frame.count)).sum();
    assert_eq!(total, records);
}

/// Lives, each ended by a power cut at a moment of its own: what was synced is there, what is there is what was written.
#[test]
fn a_power_cut_takes_nothing_that_was_synced_and_leaves_a_prefix() {
    for seed in 0..400 {
        let mut dice = Dice::new(seed);
        let mut disk = FakeDisk::default();
        let mut safe: Vec<Frame> = Vec::new();
        for life in 0..6 {
            let context = format!("seed {seed}, life {life}");
            let mut journal = open(&disk).unwrap_or_else(|error| panic!("{context}: {error}"));
            let found = read_all(&mut journal);
            assert_eq!(found[..safe.len().min(found.len())], safe, "{context}: synced frames are there");
            if dice.below(5) == 0 {
                // Again before anything was written.
                drop(journal);
                disk = disk.lose_power(&mut dice);
                journal = open(&disk).unwrap_or_else(|error| panic!("{context}, at once: {error}"));
                assert_eq!(read_all(&mut journal), found, "{context}: what a start found was durable");
            }
            safe = found;
            let mut pen = journal.pen().unwrap();
            for _ in 0..dice.below(12) {
                let head = journal.head().unwrap();
                let sizes: Vec<_> = (0..=dice.below(4)).map(|_| usize::try_from(dice.below(500)).unwrap()).collect();
                let frame = write(&mut *pen, head, &sizes, true).unwrap();
                // While the disk works on this frame, the next is begun.
                if dice.below(3) == 0 {
                    let parts = pieces(Some(frame.head()), &[300, 300]);
                    let begins = Some(frame.no.next());
                    pen.write(Piece { begins, bytes: &parts[0], seals: None }).unwrap();
                    break;
                }
                journal.sync().unwrap();
                safe.push(frame);
            }
            drop((journal, pen));
            let killed = disk.copy();
            disk = disk.lose_power(&mut dice);
            // A kill at the same moment loses nothing at all.
            let all = read_all(&mut open(&killed).unwrap());
            assert!(all.len() >= safe.len());
        }
    }
}
