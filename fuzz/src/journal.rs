//! The journal: frames, records, snapshots, the working of a charge. The first byte of an input chooses:
//!
//! | byte | then follows |
//! |---|---|
//! | `f` | a journal's bytes as they are: nearly all of it is refused |
//! | `r` | records, each a length byte and that many bytes; checksums and hashes are put right, so that they are read |
//! | `s` | the inside of a snapshot, its version and hash put right |
//! | `c` | the detail of a charge |
//!
//! Whatever was read is written as the same bytes, or as bytes that are read as the same; what replay takes verifies, and
//! leaves books that add up; a snapshot stands for the state it was taken of.

mod seeds;

use purser_core::charge::ChargeRecord;
use purser_core::time::Instant;
use purser_ledger::{Frame, FrameHash, FrameNo, Lsn, MemoryJournal, Record, Replica, Snapshot, verify};

pub use self::seeds::seeds;

/// Checks one input.
pub fn check(bytes: &[u8]) {
    let Some((what, rest)) = bytes.split_first() else { return };
    match what {
        b'f' => frames(rest),
        b'r' => records(rest),
        b's' => snapshot(rest),
        _ => charge(rest),
    }
}

fn frames(bytes: &[u8]) {
    if let Ok((frame, len)) = Frame::decode(bytes) {
        assert_eq!(frame.encode(), bytes.get(..len).expect("not longer than it was"));
        let _ = frame.records().count();
    }
    if let Some((frame, len)) = Frame::salvage(None, bytes) {
        let sealed = [bytes.get(..len).expect("not longer than it was"), &frame.closing()].concat();
        assert_eq!(Frame::decode(&sealed), Ok((frame, sealed.len())), "what was salvaged is a frame");
    }
    let mut journal = MemoryJournal::from_bytes(bytes.to_vec());
    let kept = journal.bytes();
    assert!(bytes.starts_with(&kept), "an end is cut, nothing else");
    if verify(&mut journal).is_ok() {
        assert_eq!(verify(&mut MemoryJournal::from_bytes(kept)).err(), None, "what was kept verifies again");
    }
}

fn records(bytes: &[u8]) {
    let (payload, count) = cells(bytes);
    let frame = sealed(payload, count);
    let mut read = Vec::new();
    for stamped in frame.records() {
        let Ok(stamped) = stamped else { break };
        read.push((stamped.instant, stamped.record));
    }
    let written = Frame::of(None, &read);
    let again: Vec<(Instant, Record)> = written
        .records()
        .map(|stamped| stamped.expect("we wrote it"))
        .map(|read| (read.instant, read.record))
        .collect();
    assert_eq!(again, read, "what was read is written and read again");
    if read.is_empty() || written.count != u32::try_from(read.len()).unwrap_or(u32::MAX) {
        return;
    }

    // What replay takes is what verifying takes: no book is left that does not balance.
    let mut replica = Replica::new(None);
    let replayed = replica.apply(&written).map_err(|failure| failure.lsn);
    let verified = verify(&mut MemoryJournal::from_bytes(written.encode())).map_err(|failure| failure.lsn);
    assert_eq!(replayed.err(), verified.err(), "replay and verifying refuse the same record");
    if replayed.is_err() {
        return;
    }
    let snapshot = replica.snapshot();
    let kept = Snapshot::decode(&snapshot.encode()).expect("our own snapshot, which is audited");
    assert_eq!((kept.digest(), kept.lsn()), (snapshot.digest(), snapshot.lsn()), "the same state");
}

/// Gives each record its checksum.
fn cells(mut bytes: &[u8]) -> (Vec<u8>, u32) {
    let (mut payload, mut count) = (Vec::new(), 0);
    while let Some((len, rest)) = bytes.split_first() {
        let (body, rest) = rest.split_at(usize::from(*len).min(rest.len()));
        bytes = rest;
        if body.is_empty() {
            continue;
        }
        let len = body.len();
        if len >= 0x80 {
            payload.push(u8::try_from(len & 0x7f).unwrap_or_default() | 0x80);
            payload.push(u8::try_from(len >> 7).unwrap_or_default());
        } else {
            payload.push(u8::try_from(len).unwrap_or_default());
        }
        payload.extend_from_slice(&crc32fast::hash(body).to_le_bytes());
        payload.extend_from_slice(body);
        count += 1;
    }
    (payload, count)
}

/// The first frame of a journal, of these cells.
fn sealed(payload: Vec<u8>, count: u32) -> Frame {
    let instant = Instant::from_micros(1_790_000_000_000_000);
    let blank = FrameHash::default();
    let mut frame = Frame { no: FrameNo(1), first_lsn: Lsn(1), instant, prev_hash: blank, count, payload, hash: blank };
    let bytes = frame.encode();
    let (open, _) = bytes.split_last_chunk::<32>().expect("it ends in its hash");
    // The hash leaves out the zero in front of the count.
    let (before, count) = open.split_last_chunk::<4>().expect("it ends in its count");
    let (before, _zero) = before.split_last_chunk::<1>().expect("and a zero");
    let mut hasher = blake3::Hasher::new();
    hasher.update(before).update(count);
    frame.hash = FrameHash(*hasher.finalize().as_bytes());
    assert!(frame.is_intact(), "the hash is computed as the ledger does");
    frame
}

fn snapshot(inside: &[u8]) {
    // The version is the first byte of a snapshot of nothing.
    let version = Replica::new(None).snapshot().encode().first().copied().expect("a version");
    let mut bytes = [&[version], inside].concat();
    bytes.extend_from_slice(blake3::hash(&bytes).as_bytes());
    let Ok(snapshot) = Snapshot::decode(&bytes) else { return };
    let again = snapshot.encode();
    let kept = Snapshot::decode(&again).expect("our own snapshot, which is audited");
    assert_eq!((kept.digest(), kept.encode()), (snapshot.digest(), again), "the same state, the same bytes");
    let _ = Replica::new(Some(snapshot));
}

fn charge(bytes: &[u8]) {
    let Ok(record) = ChargeRecord::decode(bytes) else { return };
    let mut written = Vec::new();
    // What is read may be more than what is written: old versions, and texts longer than are kept today.
    if record.encode(&mut written).is_ok() {
        assert_eq!(ChargeRecord::decode(&written).expect("we wrote it"), record);
    }
}
