//! Any cut and any flipped bit in a journal is found, and named.

use purser_core::money::Nano;
use purser_ledger::{Correction, FrameNo, Journal, MemoryJournal, Snapshot, SnapshotError};

use crate::bench::{Bench, budget, command, exact, grant};

/// A few frames with every kind of record that an ordinary day has.
fn journal() -> Vec<u8> {
    let mut bench = Bench::new();
    let (person, unit) = (bench.account(grant(1), 1_000), bench.account(budget(1), 1_000));
    bench.committer.sync();
    let hold = bench.hold(&[person], &[unit], 100);
    let id = hold.id();
    bench.committer.sync();
    hold.settle(exact(60)).unwrap();
    bench.ledger.event(command(1), 1, b"somebody accepted an offer").unwrap();
    bench.committer.sync();
    bench.ledger.adjust(command(2), id, &Correction::To(Nano::new(61)), b"").unwrap();
    bench.hold(&[person], &[unit], 10).release().unwrap();
    bench.committer.sync();
    let bytes = bench.disk.bytes();
    purser_ledger::verify(&mut MemoryJournal::from_bytes(bytes.clone())).unwrap();
    bytes
}

/// Where each frame begins, and the end.
fn bounds(bytes: &[u8]) -> Vec<usize> {
    let mut at = vec![0];
    while *at.last().unwrap() < bytes.len() {
        let (_, len) = purser_ledger::Frame::decode(&bytes[*at.last().unwrap()..]).unwrap();
        at.push(at.last().unwrap() + len);
    }
    at
}

#[test]
fn every_flipped_bit_is_found_in_its_frame() {
    let bytes = journal();
    let bounds = bounds(&bytes);
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1 << (at % 8);
        let failure = purser_ledger::verify(&mut MemoryJournal::from_bytes(damaged)).unwrap_err();
        let frame = bounds.iter().filter(|start| **start <= at).count();
        assert_eq!(failure.frame, FrameNo(frame as u64), "byte {at}: {failure}");
        assert!(failure.what.contains(&format!("rame {frame} ")), "{failure}");
        assert!(!failure.what.contains("cannot be read"), "the disk is sound: {failure}");
    }
}

#[test]
fn every_cut_is_found_and_leaves_whole_frames() {
    let bytes = journal();
    let bounds = bounds(&bytes);
    for len in 0..bytes.len() {
        let mut cut = MemoryJournal::from_bytes(bytes[..len].to_vec());
        let whole = bounds.iter().filter(|end| **end <= len).count() - 1;
        assert_eq!(cut.head().unwrap().map_or(0, |head| head.no.0), whole as u64);
        match purser_ledger::verify(&mut cut) {
            Ok(report) => {
                assert!(bounds.contains(&len), "cut at {len} was not seen");
                assert_eq!(report.frames, whole as u64);
            }
            Err(failure) => assert_eq!(failure.frame, FrameNo(whole as u64 + 1), "{failure}"),
        }
    }
}

#[test]
fn a_frame_left_out_or_twice_breaks_the_chain() {
    let bytes = journal();
    let bounds = bounds(&bytes);
    for frame in 1..bounds.len() - 1 {
        let (start, end) = (bounds[frame - 1], bounds[frame]);
        let without = [&bytes[..start], &bytes[end..]].concat();
        let twice = [&bytes[..end], &bytes[start..]].concat();
        let failure = purser_ledger::verify(&mut MemoryJournal::from_bytes(without)).unwrap_err();
        assert!(failure.what.contains("must"), "{failure}");
        assert!(purser_ledger::verify(&mut MemoryJournal::from_bytes(twice)).is_err());
    }
}

#[test]
fn a_damaged_snapshot_is_refused() {
    let mut bench = Bench::new();
    let person = bench.account(grant(1), 1_000);
    bench.hold(&[person], &[], 100).settle(exact(60)).unwrap();
    bench.committer.sync();
    let bytes = bench.ledger.snapshot().encode();
    Snapshot::decode(&bytes).unwrap();
    for at in 1..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1 << (at % 8);
        assert!(matches!(Snapshot::decode(&damaged), Err(SnapshotError::Damaged(_))), "byte {at}");
        assert!(Snapshot::decode(&bytes[..at]).is_err());
    }
    let mut future = bytes;
    future[0] = 9;
    assert_eq!(Snapshot::decode(&future).unwrap_err(), SnapshotError::Version(9));
}
