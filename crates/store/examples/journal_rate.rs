//! How many group commits a second the journal makes durable, against what the disk allows in the same run.
//!
//! `cargo run --release -p purser-store --example journal_rate -- [folder] [rounds]`
//!
//! Absolute figures swing tenfold on a shared machine, so each round is bracketed by two raw probes (4 KiB into a
//! zero-filled file, then `fdatasync`) and reports the ratio; a round whose probes differ more than twofold is dropped.
//! A frame here is a batch of 64 operations, half of them holds, half settlements.
#![expect(clippy::print_stdout, reason = "figures are this program's output")]

use std::error::Error;
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant as Stopwatch};

use purser_core::money::Nano;
use purser_core::time::Instant;
use purser_ledger::{AccountNo, Detail, Epoch, Frame, FrameHead, HoldId, Journal, Leg, Mark, Record};
use purser_store::{DataDir, Mode, SqliteJournal};

/// Operations per group commit.
const BATCH: u64 = 64;
/// How long each part of a round is measured.
const PART: Duration = Duration::from_secs(2);
/// Size of the file the probe overwrites.
const PROBE_BYTES: u64 = 16 << 20;
const BLOCK: [u8; 4_096] = [7; 4_096];

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let folder = args.next().unwrap_or_else(|| "journal-rate-data".to_owned());
    let rounds: usize = args.next().map_or(Ok(5), |text| text.parse())?;
    let dir = DataDir::open(&folder, Mode::Exclusive)?;
    let mut journal = SqliteJournal::open(&dir)?;
    let mut probe = zeroed(&Path::new(&folder).join("snapshots").join("probe"))?;
    let mut ratios = Vec::new();
    for round in 1..=rounds {
        let before = probe_rate(&mut probe)?;
        let durable = journal_rate(&mut journal)?;
        let after = probe_rate(&mut probe)?;
        let raw = before.midpoint(after);
        let steady = before.max(after) <= 2 * before.min(after);
        let per_mille = durable * 1_000 / raw.max(1);
        println!(
            "round {round}: raw {before} and {after}/s, journal {durable} frames/s ({} operations/s), ratio {}{}",
            durable * BATCH,
            decimal(per_mille),
            if steady { "" } else { ", dropped: the disk was not steady" }
        );
        if steady {
            ratios.push(per_mille);
        }
    }
    ratios.sort_unstable();
    match ratios.get(ratios.len() / 2) {
        Some(median) => println!("median ratio of {} rounds: {}", ratios.len(), decimal(*median)),
        None => println!("no round was steady; run it again on a quieter machine"),
    }
    Ok(())
}

fn decimal(per_mille: u64) -> String {
    format!("{}.{:03}", per_mille / 1_000, per_mille % 1_000)
}

/// Flushes a second of the bare disk.
fn probe_rate(file: &mut File) -> Result<u64, Box<dyn Error>> {
    let blocks = PROBE_BYTES / BLOCK.len() as u64;
    let mut at = 0;
    rate(|| {
        at = (at + 1) % blocks;
        file.seek(SeekFrom::Start(at * BLOCK.len() as u64))?;
        file.write_all(&BLOCK)?;
        Ok(file.sync_data()?)
    })
}

/// Durable frames a second.
fn journal_rate(journal: &mut SqliteJournal) -> Result<u64, Box<dyn Error>> {
    let mut head = Journal::head(journal)?;
    rate(|| {
        let frame = batch(head);
        head = Some(frame.head());
        journal.append(&frame)?;
        Ok(journal.sync()?)
    })
}

fn rate(mut step: impl FnMut() -> Result<(), Box<dyn Error>>) -> Result<u64, Box<dyn Error>> {
    let (mut steps, start) = (0_u64, Stopwatch::now());
    while start.elapsed() < PART {
        step()?;
        steps += 1;
    }
    Ok(steps * 1_000 / u64::try_from(start.elapsed().as_millis())?.max(1))
}

/// Holds and settlements as a busy gateway makes them.
fn batch(head: Option<FrameHead>) -> Frame {
    let first = head.map_or(0, |head| head.last_lsn.0);
    let amount = Nano::new(12_345_678);
    let records: Vec<_> = (0..BATCH)
        .filter_map(|n| {
            let id = HoldId::try_new(Epoch(1), first + n / 2)?;
            let account = AccountNo(u32::try_from((first + n) % 300_000).ok()?);
            let legs = [Leg { no: account, amount }].into_iter().collect();
            let record = if n % 2 == 0 {
                Record::Hold { id, amount, legs, ceilings: (1..=4).map(AccountNo).collect() }
            } else {
                let detail = Detail::from_elem(9, 100);
                Record::Settle { id, charge: amount, legs, overrun: Nano::ZERO, mark: Mark::Exact, detail }
            };
            Some((Instant::from_micros((first + n).cast_signed()), record))
        })
        .collect();
    Frame::of(head, &records)
}

fn zeroed(path: &Path) -> Result<File, Box<dyn Error>> {
    let mut file = File::create(path)?;
    let zeros = [0; BLOCK.len()];
    for _ in 0..PROBE_BYTES / BLOCK.len() as u64 {
        file.write_all(&zeros)?;
    }
    file.sync_all()?;
    Ok(file)
}
