//! What it costs to write charges into `purser.db`, in CPU time of the projecting thread.
//!
//! `cargo run --release -p purser-store --example projector_rate -- [folder] [seconds] [calls a second]`
//!
//! A thousand people call five models; each call is a hold and a settlement with the detail a gateway writes, 500 group
//! commits a second. First the running projector follows a journal that grows at that pace, as under load; then a
//! second projection is made of the whole journal at once, as after an upgrade; then questions are asked, as statements
//! and reports ask them, and the folder is verified. CPU time is the kernel's account of the thread, so it holds on a busy
//! machine too. Ten million charges of a month: `[folder] 10 1000000`.
#![expect(clippy::print_stdout, reason = "figures are this program's output")]
#![expect(clippy::disallowed_methods, reason = "frames come at a pace, as they do from a ledger under load")]

use std::error::Error;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant as Stopwatch};

use purser_core::account::{AccountKey, Period, Subject};
use purser_core::charge::{ChargeRecord, Dialect, Mark as CallMark};
use purser_core::id::{BudgetId, GrantId, KeyId, PersonId};
use purser_core::money::Nano;
use purser_core::price::{CardVersion, Ratio};
use purser_core::time::Instant;
use purser_core::usage::{Tier, Usage};
use purser_ledger::{
    AccountNo, BootId, Detail, Epoch, Frame, FrameHead, FrameNo, FrameObserver, HoldId, Leg, Mark, Record, Window,
};
use purser_store::{
    DataDir, Day, JournalKind, Mode, Projection, Projector, Reader, Scope, StoreError, open_journal, verify,
};

const PEOPLE: u32 = 1_000;
const UNITS: u32 = 20;
const MODELS: [&str; 5] =
    ["claude-opus-4-7", "claude-haiku-4-5-20251001", "gpt-5.5", "gpt-5.5-mini-2026-04-01", "gemini-3-pro"];
/// Group commits a second.
const FRAMES: u64 = 500;
/// Time between two records: ten million charges fill a month.
const MICROS_A_RECORD: u64 = 130_000;
/// How often each question is asked.
const ASKED: usize = 9;
/// How long the projector may take to reach the end after the load.
const WAIT: Duration = Duration::from_mins(2);

type Failure = Box<dyn Error>;

fn main() -> Result<(), Failure> {
    let mut args = std::env::args().skip(1);
    let folder = args.next().unwrap_or_else(|| "projector-rate-data".to_owned());
    let seconds: u64 = args.next().map_or(Ok(10), |text| text.parse())?;
    let rate: u64 = args.next().map_or(Ok(23_000), |text| text.parse())?;
    let dir = Arc::new(DataDir::open(&folder, Mode::Exclusive)?);
    let charges = follow(&dir, seconds, rate)?;
    let bytes = fs::metadata(dir.database())?.len();
    println!("purser.db: {} bytes per charge", bytes / charges.max(1));
    rebuild(&dir, charges)?;
    ask(&Reader::open(&dir)?, charges)?;
    let (start, before) = (Stopwatch::now(), own_cpu()?);
    let verified = verify(&DataDir::open(&folder, Mode::ReadOnly)?)?;
    let cpu = own_cpu()?.saturating_sub(before);
    let entries = verified.journal.as_ref().map_or(0, |report| report.records);
    println!(
        "verify: {} entries/s, {} in a second of CPU, {} findings",
        per_second(entries, start.elapsed()),
        per_second(entries, cpu),
        verified.findings.len()
    );
    verified.findings.iter().for_each(|finding| println!("  {finding}"));
    if verified.is_good() { Ok(()) } else { Err("the folder does not verify".into()) }
}

/// The projector's thread beside a journal that grows at `rate`.
fn follow(dir: &Arc<DataDir>, seconds: u64, rate: u64) -> Result<u64, Failure> {
    let mut journal = open_journal(dir, JournalKind::default())?;
    let mut company = Company { head: journal.head()?, calls: 0, per_frame: (rate / FRAMES).max(1) };
    if company.head.is_some() {
        return Err("the folder has been used before; name a new one".into());
    }
    let (projector, mut tap) = Projector::start(dir)?;
    let start = Stopwatch::now();
    let (mut behind_max, mut charges) = (0, 0);
    for no in 0..=seconds * FRAMES {
        let frame = Arc::new(if no == 0 { company.opening() } else { company.frame()? });
        journal.append(&frame)?;
        journal.sync()?;
        tap.durable(&frame);
        charges = company.calls;
        behind_max = frame.last_lsn().0.saturating_sub(projector.projected_lsn().0).max(behind_max);
        std::thread::sleep((Duration::from_secs(no) / u32::try_from(FRAMES)?).saturating_sub(start.elapsed()));
    }
    let took = start.elapsed();
    let end = Stopwatch::now();
    projector.wait_projected(company.head.ok_or("no frame")?.last_lsn, WAIT)?;
    println!(
        "following: {} ns CPU per charge at {} charges/s, {behind_max} entries behind at most, the rest took {:?}",
        per_charge(thread_cpu("purser-projecto")?, charges),
        per_second(charges, took),
        end.elapsed()
    );
    Ok(charges)
}

/// The same journal projected from its start.
fn rebuild(dir: &DataDir, charges: u64) -> Result<(), Failure> {
    for suffix in ["", "-wal", "-shm"] {
        match fs::remove_file(format!("{}{suffix}", dir.database().display())) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    let start = Stopwatch::now();
    let before = own_cpu()?;
    Projection::open(dir)?.catch_up(FrameNo(u64::MAX), &mut |_| ())?;
    let cpu = own_cpu()?.saturating_sub(before);
    println!(
        "rebuilding: {} ns CPU per charge, {} charges/s",
        per_charge(cpu, charges),
        per_second(charges, start.elapsed())
    );
    Ok(())
}

/// Asks and counts the rows of the answer.
type Question<'a> = dyn Fn() -> Result<usize, StoreError> + 'a;

/// How long questions take, each the middle one of [`ASKED`] times.
fn ask(reader: &Reader, charges: u64) -> Result<(), Failure> {
    let person = PersonId::new(id(3, 7));
    let (all, days) = (instant(0)..instant(u64::MAX >> 12), Day(0)..Day(100_000));
    let last = reader.progress()?.lsn;
    let now = instant(last.0 * MICROS_A_RECORD);
    let ago = |seconds: i64| Instant::from_micros(now.as_micros() - seconds * 1_000_000);
    let middle = hold_id(charges / 2)?;
    let grant = GrantId::new(id(2, 7));
    let (company, own) = (AccountNo(1), Scope::Person(person));
    let questions: [(&str, &Question<'_>); 9] = [
        ("one charge by its hold", &|| Ok(reader.charges_of_hold(middle)?.len())),
        ("a person's last 1,000 charges", &|| {
            Ok(reader.charges_of_person(person, all.clone(), None, 1_000)?.rows.len())
        }),
        ("a person's figures of a day in another zone", &|| Ok(reader.figures(person, ago(90_000)..ago(3_600))?.len())),
        ("a person's figures of all time", &|| Ok(reader.figures(person, all.clone())?.len())),
        ("a person's days", &|| Ok(reader.usage_by_day(own, days.clone())?.len())),
        ("everybody's sums", &|| Ok(reader.usage_by_person(Scope::Company, days.clone())?.len())),
        ("the company's days and models", &|| Ok(reader.usage_by_day_and_model(Scope::Company, days.clone())?.len())),
        ("every posting of a grant", &|| {
            Ok(reader.paid(&[(grant, None)])?.iter().flatten().map(|paid| paid.postings.len()).sum())
        }),
        ("what the company spent", &|| Ok(reader.account(company)?.iter().count())),
    ];
    for (what, question) in questions {
        let mut times = Vec::new();
        let mut rows = 0;
        for _ in 0..ASKED {
            let start = Stopwatch::now();
            rows = question()?;
            times.push(start.elapsed());
        }
        times.sort_unstable();
        println!("{what}: {} µs ({rows} rows)", times.get(ASKED / 2).map_or(0, Duration::as_micros));
    }
    Ok(())
}

fn per_charge(cpu: Duration, charges: u64) -> u128 {
    cpu.as_nanos() / u128::from(charges.max(1))
}

fn per_second(count: u64, took: Duration) -> u128 {
    u128::from(count) * 1_000_000 / took.as_micros().max(1)
}

/// CPU time of the calling thread.
fn own_cpu() -> Result<Duration, Failure> {
    cpu_of(Path::new("/proc/thread-self"))
}

/// CPU time of a thread of this process by its name.
fn thread_cpu(name: &str) -> Result<Duration, Failure> {
    for task in fs::read_dir("/proc/self/task")? {
        let task = task?.path();
        if fs::read_to_string(task.join("comm"))?.trim_end() == name {
            return cpu_of(&task);
        }
    }
    Err(format!("no thread is called {name}").into())
}

/// The first figure of `schedstat`: nanoseconds on a CPU.
fn cpu_of(task: &Path) -> Result<Duration, Failure> {
    let text = fs::read_to_string(task.join("schedstat"))?;
    let nanos = text.split_whitespace().next().ok_or("an empty schedstat")?;
    Ok(Duration::from_nanos(nanos.parse()?))
}

/// Frames of a company at work.
struct Company {
    head: Option<FrameHead>,
    calls: u64,
    per_frame: u64,
}

impl Company {
    /// Account 1 is the company's, then the units', then a grant and a budget for each person.
    fn opening(&mut self) -> Frame {
        let window = Window { age_s: 86_400, settled_max: 1_000_000, commands_max: 1_000_000 };
        let mut records = vec![Record::Boot { epoch: Epoch(1), boot: BootId(1), window }];
        let budget = |n: u32| Subject::Budget(BudgetId::new(id(1, n)));
        let subjects = (0..=UNITS)
            .map(budget)
            .chain((0..PEOPLE).flat_map(|n| [Subject::Grant(GrantId::new(id(2, n))), budget(UNITS + 1 + n)]));
        for (no, subject) in (1..).map(AccountNo).zip(subjects) {
            let period = Period { start: instant(0), end: instant(u64::MAX >> 12) };
            records.push(Record::Open { no, key: AccountKey { subject, period } });
            records.push(Record::Fund { no, delta: Nano::new(1 << 60) });
        }
        self.seal(records)
    }

    /// Settles what the frame before held, and holds for as many calls.
    fn frame(&mut self) -> Result<Frame, Failure> {
        let mut records = Vec::new();
        for n in 0..self.per_frame {
            let settled = self.calls.checked_sub(self.per_frame).map(|first| first + n);
            records.extend(settled.map(settlement).transpose()?);
            records.push(hold(self.calls + n)?);
        }
        self.calls += self.per_frame;
        Ok(self.seal(records))
    }

    fn seal(&mut self, records: Vec<Record>) -> Frame {
        let first = self.head.map_or(0, |head| head.last_lsn.0);
        let stamped: Vec<_> = (first..).map(|lsn| instant(lsn * MICROS_A_RECORD)).zip(records).collect();
        let frame = Frame::of(self.head, &stamped);
        self.head = Some(frame.head());
        frame
    }
}

/// Who makes call `n`: all people in no order.
fn caller(n: u64) -> u32 {
    u32::try_from(n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32).unwrap_or(0) % PEOPLE
}

fn hold(n: u64) -> Result<Record, Failure> {
    let (caller, amount) = (caller(n), Nano::new(50_000_000));
    let grant = AccountNo(UNITS + 2 + 2 * caller);
    let ceilings = [AccountNo(grant.0 + 1), AccountNo(2 + caller % UNITS), AccountNo(1)].into_iter().collect();
    let legs = [Leg { no: grant, amount }].into_iter().collect();
    Ok(Record::Hold { id: hold_id(n)?, amount, legs, ceilings })
}

fn settlement(n: u64) -> Result<Record, Failure> {
    let caller = caller(n);
    let charge = Nano::new(1_000_000 + i64::try_from(n % 9_999_991)?);
    let legs = [Leg { no: AccountNo(UNITS + 2 + 2 * caller), amount: charge }].into_iter().collect();
    let detail = detail(n, caller)?;
    Ok(Record::Settle { id: hold_id(n)?, charge, legs, overrun: Nano::ZERO, mark: Mark::Exact, detail })
}

fn detail(n: u64, caller: u32) -> Result<Detail, Failure> {
    let model = MODELS.into_iter().cycle().nth(usize::try_from(n % 7)?).unwrap_or_default();
    let record = ChargeRecord {
        person: PersonId::new(id(3, caller)),
        key: KeyId::new(id(4, caller)),
        unit: None,
        run: None,
        session: Some(n / 50),
        provider: "anthropic".to_owned(),
        requested: model.to_owned(),
        served: None,
        dialect: Dialect::AnthropicMessages,
        tier: Tier::Standard,
        geo: None,
        usage: Usage {
            input_uncached: 300 + n % 900,
            cache_read: 20_000 + n % 40_000,
            cache_write_5m: n % 3_000,
            output: 100 + n % 2_000,
            ..Usage::default()
        },
        card: CardVersion(0x1234_5678_9abc_def0),
        mark: CallMark::Exact,
        terms: Ratio::ONE,
        client: "claude-cli".to_owned(),
        attempt: 0,
        beside: Vec::new(),
        parent: None,
        version: None,
        project: None,
        instead_of: None,
        human: false,
        retried: false,
    };
    let mut bytes = Vec::new();
    record.encode(&mut bytes)?;
    Ok(Detail::from_vec(bytes))
}

fn hold_id(n: u64) -> Result<HoldId, Failure> {
    HoldId::try_new(Epoch(1), n + 1).ok_or_else(|| "holds have run out".into())
}

/// An id that looks drawn at random, as real ones are.
fn id(kind: u128, n: u32) -> u128 {
    (u128::from(n) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835) ^ (kind << 64)
}

/// Micros after a fixed start.
fn instant(micros: u64) -> Instant {
    Instant::from_micros(1_800_000_000_000_000_i64.saturating_add_unsigned(micros))
}
