//! How fast a journal is read, verified and replayed, in entries a second, the log beside the database.
//!
//! `cargo run --release -p purser-store --example journal_read_rate -- [folder] [entries]`
//!
//! Entries are holds and settlements of 1,000 people under a budget, 4,096 to a frame. A start without a snapshot is one
//! replay: 10 million entries should take at most 5 s. `verify` should do 500,000 entries a second.
#![expect(clippy::print_stdout, reason = "figures are this program's output")]

use std::error::Error;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant as Stopwatch;

use purser_core::account::{AccountKey, Period, Subject};
use purser_core::id::{BudgetId, GrantId};
use purser_core::money::Nano;
use purser_core::time::Instant;
use purser_ledger::{AccountNo, BootId, Detail, Epoch, Frame, FrameNo, HoldId, Leg, Mark, Record, Replica, Window};
use purser_store::{DataDir, JournalKind, JournalReader, Mode, open_journal, verify};

const PEOPLE: u32 = 1_000;
const RECORDS_PER_FRAME: usize = 4_096;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let folder = args.next().unwrap_or_else(|| "journal-read-rate-data".to_owned());
    let entries: u64 = args.next().map_or(Ok(10_000_000), |text| text.parse())?;
    for kind in [JournalKind::Log, JournalKind::Sqlite] {
        let dir = DataDir::open(Path::new(&folder).join(format!("{kind:?}")), Mode::Exclusive)?;
        fill(&dir, kind, entries)?;
        let mut bytes = 0;
        let reading = JournalReader::open(&dir)?;
        rate(kind, "read", entries, || {
            reading.read(FrameNo(1), &mut |frame| {
                bytes += frame.payload.len() as u64;
                ControlFlow::Continue(())
            })?;
            Ok(())
        })?;
        println!("{kind:?}: {} bytes an entry", bytes / entries.max(1));
        rate(kind, "open", entries, || {
            open_journal(&dir, kind)?;
            Ok(())
        })?;
        rate(kind, "replay", entries, || Ok(Replica::new(None).catch_up(&mut JournalReader::open(&dir)?)?))?;
        rate(kind, "verify", entries, || {
            let verified = verify(&dir)?;
            if verified.is_good() { Ok(()) } else { Err(format!("{:?}", verified.findings).into()) }
        })?;
    }
    Ok(())
}

fn rate(
    kind: JournalKind,
    what: &str,
    entries: u64,
    act: impl FnOnce() -> Result<(), Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    let (start, used) = (Stopwatch::now(), processor_millis());
    act()?;
    let millis = start.elapsed().as_millis().max(1);
    let used = processor_millis().saturating_sub(used).max(1);
    let of = |millis: u128| u128::from(entries) * 1_000 / millis;
    println!("{kind:?}: {what} {} entries/s, {} a second of processor time", of(millis), of(used));
    Ok(())
}

/// Processor time of this process so far, where the system tells it; a shared machine's clock says little.
fn processor_millis() -> u128 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace();
    // User and system time, in hundredths of a second.
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<u128>().ok()).sum::<u128>() * 10
}

/// Makes the journal, unless it is there from an earlier run.
fn fill(dir: &DataDir, kind: JournalKind, entries: u64) -> Result<(), Box<dyn Error>> {
    let mut journal = open_journal(dir, kind)?;
    let mut head = journal.head()?;
    let mut records = begin();
    let mut next = 0;
    while head.map_or(0, |head| head.last_lsn.0) < entries {
        while records.len() < RECORDS_PER_FRAME {
            records.extend(pair(next)?);
            next += 1;
        }
        let frame = Frame::of(head, &records);
        journal.append(&frame)?;
        head = Some(frame.head());
        records.clear();
    }
    Ok(journal.sync()?)
}

fn begin() -> Vec<(Instant, Record)> {
    let window = Window { age_s: 86_400, settled_max: 100_000, commands_max: 100_000 };
    let period = Period { start: Instant::EPOCH, end: Instant::from_micros(i64::MAX) };
    let mut records = vec![Record::Boot { epoch: Epoch(1), boot: BootId(1), window }];
    for n in 0..=PEOPLE {
        let subject = match n {
            0 => Subject::Budget(BudgetId::new(1)),
            n => Subject::Grant(GrantId::new(u128::from(n))),
        };
        let no = AccountNo(n + 1);
        records.push(Record::Open { no, key: AccountKey { subject, period } });
        records.push(Record::Fund { no, delta: Nano::new(1_000_000_000_000_000_000) });
    }
    records.into_iter().map(|record| (Instant::EPOCH, record)).collect()
}

/// A hold and its settlement.
fn pair(n: u64) -> Result<[(Instant, Record); 2], Box<dyn Error>> {
    let at = Instant::from_micros(n.cast_signed() * 3);
    let id = HoldId::try_new(Epoch(1), n + 1).ok_or("too many holds")?;
    let grant = AccountNo(u32::try_from(n % u64::from(PEOPLE))? + 2);
    let legs = |amount| [Leg { no: grant, amount: Nano::new(amount) }].into_iter().collect();
    let hold = Record::Hold {
        id,
        amount: Nano::new(123_456),
        legs: legs(123_456),
        ceilings: [AccountNo(1)].into_iter().collect(),
    };
    let settle = Record::Settle {
        id,
        charge: Nano::new(45_678),
        legs: legs(45_678),
        overrun: Nano::ZERO,
        mark: Mark::Exact,
        detail: Detail::from_elem(9, 60),
    };
    Ok([(at, hold), (at, settle)])
}
