//! Bytes that are not what was written are named, wherever they are.

use std::fs;
use std::ops::ControlFlow;

use purser_ledger::{Frame, FrameNo, Journal, JournalError};
use purser_store::{DataDir, JournalReader, SqliteJournal};

use crate::script::{Script, folder, write};

/// A journal at rest, all in `journal.db`, and its frames.
pub(crate) fn at_rest(frames: usize) -> (tempfile::TempDir, std::sync::Arc<DataDir>, Vec<Frame>) {
    let (temp, dir) = folder();
    let frames = Script::new().frames(frames);
    write(&mut SqliteJournal::open(&dir).unwrap(), &frames, None);
    (temp, dir, frames)
}

/// Flips a byte of the frame wherever its bytes stand in the file: pages that were split keep old copies.
pub(crate) fn flip(file: &mut [u8], frame: &Frame) {
    let bytes = frame.encode();
    let places: Vec<_> =
        file.windows(bytes.len()).enumerate().filter(|(_, window)| *window == bytes).map(|(at, _)| at).collect();
    assert!(!places.is_empty(), "frame {} is on one page of the file", frame.no);
    for at in places {
        file[at + bytes.len() / 2] ^= 0x10;
    }
}

fn read(dir: &DataDir) -> (Vec<FrameNo>, Result<(), JournalError>) {
    let mut seen = Vec::new();
    let result = JournalReader::open(dir).map_err(|error| JournalError::io("read", error)).and_then(|reader| {
        reader.read(FrameNo(0), &mut |frame| {
            seen.push(frame.no);
            ControlFlow::Continue(())
        })
    });
    (seen, result)
}

#[test]
fn a_flipped_byte_is_named_by_its_frame() {
    let (_temp, dir, frames) = at_rest(60);
    let good = fs::read(dir.journal()).unwrap();
    for frame in [0, 1, 17, 42, 59].map(|at| &frames[at]) {
        let mut bad = good.clone();
        flip(&mut bad, frame);
        fs::write(dir.journal(), &bad).unwrap();
        let (seen, result) = read(&dir);
        assert_eq!(seen.len() as u64, frame.no.0 - 1, "those before it are good");
        assert!(
            matches!(&result, Err(JournalError::Corrupt { frame: named, .. }) if *named == frame.no),
            "frame {}: {result:?}",
            frame.no
        );
    }
}

#[test]
fn a_lost_row_is_a_gap() {
    let (_temp, dir, _) = at_rest(30);
    let conn = rusqlite::Connection::open(dir.journal()).unwrap();
    conn.execute("DELETE FROM frame WHERE no = 12", []).unwrap();
    drop(conn);
    let (seen, result) = read(&dir);
    assert_eq!(seen.len(), 11);
    assert!(matches!(result, Err(JournalError::Corrupt { frame: FrameNo(12), .. })), "{result:?}");
}

#[test]
fn frames_of_another_life_break_the_chain() {
    let (_temp, dir, _) = at_rest(10);
    // Ten frames as good as the others, of a journal that began with another.
    let mut script = Script::new();
    script.frame();
    let other = script.frames(9);
    let conn = rusqlite::Connection::open(dir.journal()).unwrap();
    let bytes = Frame::of(
        Some(purser_ledger::FrameHead { hash: purser_ledger::FrameHash([7; 32]), ..other[3].head() }),
        &[(purser_core::time::Instant::EPOCH, purser_ledger::Record::Rest)],
    );
    conn.execute("UPDATE frame SET bytes = ?1 WHERE no = ?2", (bytes.encode(), bytes.no.0.cast_signed())).unwrap();
    drop(conn);
    let (_, result) = read(&dir);
    assert!(matches!(&result, Err(JournalError::Corrupt { frame, .. }) if *frame == bytes.no), "{result:?}");
}

/// Whatever page is damaged however, nothing panics, what is handed out is what was written, and an end that came too
/// early is said to be one.
#[test]
fn no_damage_is_silent() {
    let (_temp, dir, frames) = at_rest(60);
    let good = fs::read(dir.journal()).unwrap();
    let pages = good.len() / 4_096;
    assert!(pages > 5, "the journal spans pages: {pages}");
    for page in 0..pages {
        for (at, length) in [(0, 8), (100, 16), (2_000, 700), (0, 4_096)] {
            let mut bad = good.clone();
            bad[page * 4_096 + at..][..length].iter_mut().for_each(|byte| *byte ^= 0xa5);
            fs::write(dir.journal(), &bad).unwrap();
            let mut seen = Vec::new();
            let result = JournalReader::open(&dir).map_err(|error| error.to_string()).and_then(|reader| {
                reader
                    .read(FrameNo(0), &mut |frame| {
                        seen.push(frame);
                        ControlFlow::Continue(())
                    })
                    .map_err(|error| error.to_string())
            });
            assert_eq!(seen, frames[..seen.len()], "page {page}+{at}");
            assert!(result.is_err() || seen.len() == frames.len(), "page {page}+{at}: the end of the journal is lost");
        }
    }
    fs::write(dir.journal(), &good).unwrap();
    assert_eq!(read(&dir).0.len(), frames.len());
}

#[test]
fn a_damaged_end_is_refused_at_the_start() {
    let (_temp, dir, frames) = at_rest(20);
    let mut bytes = fs::read(dir.journal()).unwrap();
    flip(&mut bytes, &frames[19]);
    fs::write(dir.journal(), &bytes).unwrap();
    let refused = SqliteJournal::open(&dir).unwrap_err();
    assert!(refused.to_string().contains("frame 20"), "{refused}");
    assert!(JournalReader::open(&dir).unwrap().append(&frames[0]).is_err(), "a reader writes nothing");
}
