//! How many group commits a second each journal makes durable, against what the disk allows in the same run.
//!
//! `cargo run --release -p purser-store --example journal_rate -- [folder] [rounds]`
//!
//! Absolute figures swing tenfold on a shared machine, so the two journals take turns, each turn is bracketed by two raw
//! probes (4 KiB into a zero-filled file, then `fdatasync`) and reports the ratio; a round whose probes differ more than
//! twofold is dropped. A frame here is what 64 callers wait for at once: 64 operations, half of them holds, half
//! settlements. The write-ahead log should reach 0.7 of the raw rate. At the end: what it costs to hand one record to the
//! operating system, which every call waits for; a piece of a frame in the log, a frame of its own in the database.
#![expect(clippy::print_stdout, reason = "figures are this program's output")]

use std::error::Error;
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant as Stopwatch};

use purser_core::money::Nano;
use purser_core::time::Instant;
use purser_ledger::{
    AccountNo, CLOSING_LEN, Detail, Epoch, Frame, FrameHead, HoldId, Journal, Leg, Mark, Piece, Record,
};
use purser_store::{DataDir, Mode, SqliteJournal, WalJournal};

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
    let folder = Path::new(&folder);
    let dirs = ["log", "sqlite"].map(|kind| DataDir::open(folder.join(kind), Mode::Exclusive));
    let [log, sqlite] = dirs;
    let (mut log, mut sqlite) = (WalJournal::open(&log?)?, SqliteJournal::open(&sqlite?)?);
    let mut probe = zeroed(&folder.join("probe"))?;
    let mut kept = [const { Vec::new() }; 3];
    for round in 1..=rounds {
        let raw_first = probe_rate(&mut probe)?;
        let durable_log = journal_rate(&mut log)?;
        let raw_between = probe_rate(&mut probe)?;
        let durable_sqlite = journal_rate(&mut sqlite)?;
        let raw_last = probe_rate(&mut probe)?;
        let raws = [raw_first, raw_between, raw_last];
        let steady = raws.iter().max() <= raws.iter().min().map(|least| 2 * least).as_ref();
        let ratios = [
            per_mille(durable_log, raw_first.midpoint(raw_between)),
            per_mille(durable_sqlite, raw_between.midpoint(raw_last)),
            per_mille(durable_log, durable_sqlite),
        ];
        println!(
            "round {round}: raw {raws:?}/s; log {durable_log} frames/s ({} operations/s), ratio {}; SQLite \
             {durable_sqlite} frames/s, ratio {}; log to SQLite {}{}",
            durable_log * BATCH,
            decimal(ratios[0]),
            decimal(ratios[1]),
            decimal(ratios[2]),
            if steady { "" } else { "; dropped: the disk was not steady" }
        );
        if steady {
            kept.iter_mut().zip(ratios).for_each(|(kept, ratio)| kept.push(ratio));
        }
    }
    let (piece, row) = (piece_nanos(&mut log)?, row_nanos(&mut sqlite)?);
    println!("one record written: log {piece} ns, SQLite {row} ns, ratio {}", decimal(per_mille(row, piece)));
    for (name, mut ratios) in ["log to raw", "SQLite to raw", "log to SQLite"].into_iter().zip(kept) {
        ratios.sort_unstable();
        match ratios.get(ratios.len() / 2) {
            Some(median) => println!("{name}: median {} of {} rounds", decimal(*median), ratios.len()),
            None => println!("{name}: no round was steady; run it again on a quieter machine"),
        }
    }
    Ok(())
}

fn per_mille(part: u64, whole: u64) -> u64 {
    part * 1_000 / whole.max(1)
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
fn journal_rate(journal: &mut dyn Journal) -> Result<u64, Box<dyn Error>> {
    let mut head = journal.head()?;
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

/// Nanoseconds to write a record as a piece; the median frame of many.
fn piece_nanos(journal: &mut WalJournal) -> Result<u64, Box<dyn Error>> {
    let mut pen = journal.pen().ok_or("no pen")?;
    median(|| {
        let records = records(journal.head()?);
        let frame = Frame::of(journal.head()?, &records);
        let bytes = frame.encode();
        // Behind each record but the last, whose piece ends with the closing.
        let front = bytes.len() - frame.payload.len() - CLOSING_LEN;
        let end_of = |n: usize| front + Frame::of(journal.head().ok().flatten(), &records[..n]).payload.len();
        let mut ends: Vec<usize> = (1..records.len()).map(end_of).collect();
        ends.push(bytes.len());
        let start = Stopwatch::now();
        let mut from = 0;
        for end in &ends {
            let (begins, seals) = ((from == 0).then_some(frame.no), (*end == bytes.len()).then(|| frame.head()));
            pen.write(Piece { begins, bytes: &bytes[from..*end], seals })?;
            from = *end;
        }
        let took = start.elapsed();
        journal.sync()?;
        Ok(took)
    })
}

/// Nanoseconds to write a record as a row.
fn row_nanos(journal: &mut SqliteJournal) -> Result<u64, Box<dyn Error>> {
    median(|| {
        let mut head = Journal::head(journal)?;
        let frames: Vec<Frame> = records(head)
            .iter()
            .map(|record| {
                let frame = Frame::of(head, std::slice::from_ref(record));
                head = Some(frame.head());
                frame
            })
            .collect();
        let start = Stopwatch::now();
        for frame in &frames {
            journal.append(frame)?;
        }
        let took = start.elapsed();
        journal.sync()?;
        Ok(took)
    })
}

fn median(mut batch: impl FnMut() -> Result<Duration, Box<dyn Error>>) -> Result<u64, Box<dyn Error>> {
    let mut all = Vec::new();
    let start = Stopwatch::now();
    while start.elapsed() < PART {
        all.push(u64::try_from(batch()?.as_nanos())? / BATCH);
    }
    all.sort_unstable();
    all.get(all.len() / 2).copied().ok_or_else(|| "nothing was measured".into())
}

fn batch(head: Option<FrameHead>) -> Frame {
    Frame::of(head, &records(head))
}

/// Holds and settlements as a busy gateway makes them.
fn records(head: Option<FrameHead>) -> Vec<(Instant, Record)> {
    let first = head.map_or(0, |head| head.last_lsn.0);
    let amount = Nano::new(12_345_678);
    (0..BATCH)
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
        .collect()
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
