//! What the ledger does on a real disk: commits, pairs of hold and settlement, waits, processor time; each beside what
//! the bare disk does in the same run.
//!
//! `cargo run --release -p purser-store --example ledger_rate -- [folder] [rounds]`
//!
//! Each round is bracketed by raw probes (4 KiB into a zero-filled file, then `fdatasync`); a round whose probes differ
//! more than twofold is dropped. Callers are tasks on one thread per core. A pair is a hold over five accounts and its
//! settlement; with 64 callers each waits until its settlement is on disk, which is the slowest way to use a ledger; the
//! gateway's calls don't.
#![expect(clippy::print_stdout, reason = "figures are this program's output")]
#![expect(clippy::cast_precision_loss, reason = "counts of a few seconds")]

use std::cell::RefCell;
use std::error::Error;
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant as Stopwatch};

use purser_core::account::{AccountKey, Period, Subject};
use purser_core::id::{BudgetId, GrantId};
use purser_core::money::Nano;
use purser_core::time::{Clock, Instant};
use purser_ledger::{
    AccountNo, BootId, Clearance, Detail, Frame, FrameObserver, HoldOutcome, HoldRequest, Ledger, Mark, Options,
    Settlement,
};
use purser_store::{DataDir, Mode, WalJournal};

/// People whose calls are made, in turn.
const PEOPLE: u64 = 1_000;
/// How long each part of a round is measured.
const PART: Duration = Duration::from_secs(2);
/// Size of the file the probe overwrites.
const PROBE_BYTES: u64 = 16 << 20;
const BLOCK: [u8; 4_096] = [7; 4_096];

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let folder = args.next().unwrap_or_else(|| "ledger-rate-data".to_owned());
    let rounds: usize = args.next().map_or(Ok(3), |text| text.parse())?;
    let dir = Arc::new(DataDir::open(&folder, Mode::Exclusive)?);
    let frames = Arc::new(AtomicU64::new(0));
    let observer = Box::new(Counted(Arc::clone(&frames)));
    let journal = Box::new(WalJournal::open(&dir)?);
    let (ledger, _) = Ledger::open(journal, None, Options::new(BootId(1)), Arc::new(WallClock), Some(observer))?;
    let people = open_accounts(&ledger)?;
    let mut probe = zeroed(&Path::new(&folder).join("snapshots").join("probe"))?;
    let mut kept = Vec::new();
    for round in 1..=rounds {
        let before = probe_rate(&mut probe)?;
        let few = drive(&ledger, &people, &frames, 64, true);
        let many = drive(&ledger, &people, &frames, 1_024, false);
        let after = probe_rate(&mut probe)?;
        let raw = f64::midpoint(before, after);
        let steady = before.max(after) <= 2.0 * before.min(after);
        let figures = [
            few.commits / raw,
            few.settle_p50_us / (1e6 / raw),
            many.pairs,
            many.pairs / raw,
            many.hold_p99_us,
            many.cpu_us,
        ];
        println!(
            "round {round}: raw {before:.0} and {after:.0}/s; 64 callers: {:.0} commits/s = {:.2} of raw, settled in {:.0} us \
             = {:.1} raw syncs (p50); 1,024 callers: {:.0} pairs/s = {:.0} for each raw sync, hold inside its slice {:.0} us \
             (p99 of {}), {:.1} us CPU a pair{}",
            few.commits,
            figures[0],
            few.settle_p50_us,
            figures[1],
            many.pairs,
            figures[3],
            many.hold_p99_us,
            many.inside,
            many.cpu_us,
            if steady { "" } else { "; dropped: the disk was not steady" }
        );
        if steady {
            kept.push(figures);
        }
    }
    if kept.is_empty() {
        println!("no round was steady; run it again on a quieter machine");
        return Ok(());
    }
    let median = |at: usize| {
        let mut values: Vec<f64> = kept.iter().map(|figures| figures[at]).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    println!("medians of {} rounds", kept.len());
    println!("  commits / raw, 64 callers        {:8.2}   (bar: at least 0.7)", median(0));
    println!("  settle p50 in raw syncs          {:8.2}   (bar: at most 3.5)", median(1));
    println!("  pairs a second, 1,024 callers    {:8.0}   (bar: 150,000, or 40 for each raw sync)", median(2));
    println!("  pairs for each raw sync          {:8.1}", median(3));
    println!("  hold inside its slice, p99 us    {:8.1}   (bar: at most 200)", median(4));
    println!("  CPU us a pair                    {:8.2}   (bar: at most 10)", median(5));
    ledger.close()?;
    Ok(())
}

/// What was seen of one way to drive the ledger.
struct Seen {
    commits: f64,
    pairs: f64,
    settle_p50_us: f64,
    hold_p99_us: f64,
    /// Holds inside their slices.
    inside: usize,
    cpu_us: f64,
}

/// The accounts of a person's call: day and month, then key, unit, company.
type Accounts = [AccountNo; 5];

fn open_accounts(ledger: &Ledger) -> Result<Arc<[Accounts]>, Box<dyn Error>> {
    let period = Period { start: Instant::from_micros(0), end: Instant::FAR_FUTURE };
    let grant = |id| AccountKey { subject: Subject::Grant(GrantId::new(id)), period };
    let budget = |id| AccountKey { subject: Subject::Budget(BudgetId::new(id)), period };
    let much = Nano::new(1_000_000_000_000_000);
    let mut people = Vec::new();
    for person in 1..=u128::from(PEOPLE) {
        let wanted =
            [grant(person), grant(person + 10_000), budget(person + 20_000), budget(1 + person % 20), budget(1_000)];
        let (numbers, _) = ledger.accounts(&wanted.map(|key| (key, much)))?;
        people.push(numbers.as_slice().try_into()?);
    }
    Ok(people.into())
}

/// Lets `callers` make pairs, one after the other each, for [`PART`]. `waits`: each for its settlement to be on disk.
fn drive(ledger: &Ledger, people: &Arc<[Accounts]>, frames: &Arc<AtomicU64>, callers: usize, waits: bool) -> Seen {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let (frames_before, cpu_before, began) = (frames.load(Ordering::Relaxed), cpu_seconds(), Stopwatch::now());
    let running: Vec<_> = (0..threads)
        .map(|thread| {
            let (ledger, people) = (ledger.clone(), Arc::clone(people));
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
                let seen = Rc::new(RefCell::new((Vec::new(), Vec::new())));
                let local = tokio::task::LocalSet::new();
                local.block_on(&runtime, async {
                    let tasks: Vec<_> = (0..callers / threads)
                        .map(|caller| {
                            let (ledger, people, seen) = (ledger.clone(), Arc::clone(&people), Rc::clone(&seen));
                            let first = thread * callers + caller;
                            tokio::task::spawn_local(async move {
                                for call in 0_usize.. {
                                    if began.elapsed() >= PART {
                                        break;
                                    }
                                    let accounts = &people[(first + 7 * call) % people.len()];
                                    let (hold_us, inside, settle_us) = pair(&ledger, accounts, waits).await;
                                    if inside {
                                        seen.borrow_mut().0.push(hold_us);
                                    }
                                    seen.borrow_mut().1.push(settle_us);
                                    tokio::task::yield_now().await;
                                }
                            })
                        })
                        .collect();
                    for task in tasks {
                        task.await.expect("a caller that ends");
                    }
                });
                seen.take()
            })
        })
        .collect();
    let (mut holds, mut settles) = (Vec::new(), Vec::new());
    for thread in running {
        let (some_holds, some_settles) = thread.join().expect("a thread that ends");
        holds.extend(some_holds);
        settles.extend(some_settles);
    }
    let (seconds, cpu) = (began.elapsed().as_secs_f64(), cpu_seconds() - cpu_before);
    let commits = frames.load(Ordering::Relaxed) - frames_before;
    let pairs = settles.len() as f64;
    Seen {
        commits: commits as f64 / seconds,
        pairs: pairs / seconds,
        settle_p50_us: at(&mut settles, 50),
        inside: holds.len(),
        hold_p99_us: at(&mut holds, 99),
        cpu_us: cpu * 1e6 / pairs,
    }
}

/// One call: microseconds to a cleared hold, whether it was inside its slices, microseconds to a durable settlement.
async fn pair(ledger: &Ledger, accounts: &Accounts, waits: bool) -> (f64, bool, f64) {
    let began = Stopwatch::now();
    let (grants, ceilings) = accounts.split_at(2);
    let request = HoldRequest { grants, ceilings, want: Nano::new(30_000_000), least: Nano::new(1_000_000) };
    let hold = loop {
        match ledger.hold(&request).expect("a ledger that runs") {
            HoldOutcome::Placed(hold) => break hold,
            HoldOutcome::Short(short) => panic!("enough money: {short:?}"),
            HoldOutcome::Wait(lsn) => ledger.durable(lsn).await.expect("a ledger that runs"),
        }
    };
    let inside = matches!(hold.clearance(), Clearance::Written(_));
    hold.cleared().await.expect("a ledger that runs");
    let held = began.elapsed();
    let settling = Stopwatch::now();
    let settlement =
        Settlement { charge: Nano::new(1_234_567), mark: Mark::Exact, detail: Detail::from_slice(&[5; 90]) };
    let settled = hold.settle(settlement).expect("a ledger that runs");
    if waits {
        ledger.durable(settled.lsn).await.expect("a ledger that runs");
    }
    (held.as_secs_f64() * 1e6, inside, settling.elapsed().as_secs_f64() * 1e6)
}

/// The percentile; zero of nothing.
fn at(values: &mut [f64], percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() * percent / 100).copied().unwrap_or(0.0)
}

/// Processor time of this process, all threads.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks: f64 = fields.iter().skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum();
    ticks / 100.0
}

struct WallClock;

impl Clock for WallClock {
    fn now(&self) -> Instant {
        let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
        Instant::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}

struct Counted(Arc<AtomicU64>);

impl FrameObserver for Counted {
    fn durable(&mut self, _frame: &Arc<Frame>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Flushes a second of the bare disk.
fn probe_rate(file: &mut File) -> Result<f64, Box<dyn Error>> {
    let blocks = PROBE_BYTES / BLOCK.len() as u64;
    let (mut at, began) = (0, Stopwatch::now());
    let mut flushes = 0.0;
    while began.elapsed() < PART {
        at = (at + 1) % blocks;
        file.seek(SeekFrom::Start(at * BLOCK.len() as u64))?;
        file.write_all(&BLOCK)?;
        file.sync_data()?;
        flushes += 1.0;
    }
    Ok(flushes / began.elapsed().as_secs_f64())
}

/// A file full of zeros, on disk.
fn zeroed(path: &Path) -> Result<File, Box<dyn Error>> {
    let mut file = File::options().create(true).truncate(true).read(true).write(true).open(path)?;
    for _ in 0..PROBE_BYTES / BLOCK.len() as u64 {
        file.write_all(&[0; BLOCK.len()])?;
    }
    file.sync_all()?;
    Ok(file)
}
