//! What crashes, bad bytes, failing disks and wrong callers do to the log.

mod crash;
mod damage;
mod fake;
mod writing;

use std::ops::ControlFlow;
use std::sync::Arc;

use purser_core::id::CommandId;
use purser_core::time::Instant;
use purser_ledger::{Frame, FrameHead, FrameNo, Journal, JournalError, Pen, Piece, Record};

use super::{Prepare, WalJournal, WalOptions};
use crate::error::StoreError;
use fake::{Dice, FakeDisk};

/// So small that a few frames fill a segment.
const SMALL: WalOptions = WalOptions { first_bytes: 1_024, max_bytes: 4_096, prepare: Prepare::Inline };
/// Length of a frame's header.
const FRAME_HEADER: usize = 59;

fn open(disk: &FakeDisk) -> Result<WalJournal, StoreError> {
    WalJournal::open_on(Arc::new(disk.clone()), SMALL)
}

/// A frame whose records have these payload lengths, ending in zeros as records may.
fn frame(head: Option<FrameHead>, sizes: &[usize]) -> Frame {
    let no = head.map_or(0, |head| head.no.0);
    let records: Vec<_> = (0_u8..)
        .zip(sizes)
        .map(|(at, size)| {
            let byte = |n: usize| at.wrapping_add(u8::try_from(n % 256).unwrap());
            let payload = (0..*size).map(|n| if n < size / 2 { byte(n) } else { 0 }).collect();
            let command = CommandId::new(u128::from(no) * 256 + u128::from(at));
            (Instant::from_micros(no.cast_signed()), Record::Event { command, input: 0, kind: 1, payload })
        })
        .collect();
    Frame::of(head, &records)
}

/// The frame's bytes cut behind each record; the closing goes with the last.
fn pieces(head: Option<FrameHead>, sizes: &[usize]) -> Vec<Vec<u8>> {
    let bytes = frame(head, sizes).encode();
    let mut cuts: Vec<_> = (1..sizes.len()).map(|n| FRAME_HEADER + frame(head, &sizes[..n]).payload.len()).collect();
    cuts.insert(0, 0);
    cuts.push(bytes.len());
    cuts.windows(2).map(|cut| bytes[cut[0]..cut[1]].to_vec()).collect()
}

/// Writes the pieces of a frame, the last only `if sealed`.
fn write(pen: &mut dyn Pen, head: Option<FrameHead>, sizes: &[usize], sealed: bool) -> Result<Frame, JournalError> {
    let whole = frame(head, sizes);
    let parts = pieces(head, sizes);
    let last = parts.len() - 1;
    for (n, bytes) in parts.iter().enumerate() {
        let seals = (n == last).then(|| whole.head());
        if sealed || seals.is_none() {
            pen.write(Piece { begins: (n == 0).then_some(whole.no), bytes, seals })?;
        }
    }
    Ok(whole)
}

fn append(journal: &mut WalJournal, sizes: &[usize]) -> Frame {
    let frame = frame(journal.head().unwrap(), sizes);
    journal.append(&frame).unwrap();
    frame
}

fn read(journal: &mut dyn Journal, from: u64) -> (Vec<Frame>, Result<(), JournalError>) {
    let mut all = Vec::new();
    let result = journal.read(FrameNo(from), &mut |frame| {
        all.push(frame);
        ControlFlow::Continue(())
    });
    (all, result)
}

fn read_all(journal: &mut dyn Journal) -> Vec<Frame> {
    let (frames, result) = read(journal, 0);
    result.unwrap();
    frames
}
