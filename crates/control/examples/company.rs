//! Makes the data folder of a large company that has been at work, through the real ledger, journal and control plane.
//!
//! `cargo run --release -p purser-control --example company -- FOLDER PEOPLE ENTRIES KEYS [UNKEPT]`
//!
//! Everybody has a daily grant and a key with a monthly budget, in one of twenty units with budgets of their own, under
//! the company's: four accounts a call. Ten thousand of them a day call, evenly over the thirty days up to now, until
//! the journal has so many entries (0: nobody ever called). The secrets of the keys go into the file KEYS, one a line.
//! Snapshots are kept while UNKEPT entries are still to come, as `serve` may leave them when it is killed; 0 keeps them
//! at the end, as an orderly close does.
#![expect(clippy::print_stdout, reason = "figures are this program's output")]

use std::cell::Cell;
use std::error::Error;
use std::fmt::Write;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Instant as Stopwatch;

use purser_control::shape::{ImportPeople, NewUnit, SetBudget};
use purser_control::{Control, Founding, KeptDirectory, MachineRandom, Parts, jobs};
use purser_core::charge::{ChargeRecord, Dialect, Mark as CallMark};
use purser_core::id::KeyId;
use purser_core::money::{Currency, Nano};
use purser_core::rating;
use purser_core::scope::CallScope;
use purser_core::snapshot::Snapshot;
use purser_core::time::{Clock, Instant};
use purser_core::usage::{Served, Tier, Usage};
use purser_core::zone::Zone;
use purser_ledger::{
    BootId, Detail, Frame, FrameNo, FrameObserver, Hold, HoldOutcome, HoldRequest, Ledger, LedgerError, Mark, Options,
    Settlement,
};
use purser_store::{
    DataDir, Folds, JournalKind, Mode, Private, Projector, ProjectorTap, Reader, Snapshots, open_journal,
};
use tokio::task::LocalSet;

const UNITS: usize = 20;
const DAYS: i64 = 30;
const DAY_US: i64 = 86_400_000_000;
/// People who call on one day.
const ACTIVE: u64 = 10_000;
/// Calls under way at a time: those that wait for the disk share a sync.
const AT_ONCE: usize = 2_000;
/// Calls between two looks of the company's jobs.
const CALLS_A_JOB: u64 = 2_000;
const PROVIDER: &str = "anthropic";
const MODELS: [&str; 3] = ["claude-sonnet-5-5", "claude-opus-4-7", "claude-haiku-4-5"];
/// What a call holds.
const BOUND: Nano = Nano::new(2_000_000_000);

type Failure = Box<dyn Error>;

fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [folder, people, entries, keys, rest @ ..] = args.as_slice() else {
        return Err("usage: company FOLDER PEOPLE ENTRIES KEYS [UNKEPT]".into());
    };
    let wanted = Wanted {
        folder: folder.into(),
        people: people.parse()?,
        entries: entries.parse()?,
        keys: keys.into(),
        unkept: rest.first().map_or(Ok(0), |text| text.parse())?,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(LocalSet::new().run_until(make(wanted)))
}

struct Wanted {
    folder: PathBuf,
    people: usize,
    entries: u64,
    keys: PathBuf,
    unkept: u64,
}

async fn make(wanted: Wanted) -> Result<(), Failure> {
    let began = Stopwatch::now();
    let dir = Arc::new(DataDir::open(&wanted.folder, Mode::Exclusive)?);
    let now = i64::try_from(std::time::UNIX_EPOCH.elapsed()?.as_micros())?;
    let clock = Arc::new(HandClock(AtomicI64::new(now - DAYS * DAY_US)));
    let (ledger, durable, control) = open(&dir, &clock).await?;
    let keys = hire(&control, &wanted).await?;
    println!("{} people after {:.1?}", keys.len(), began.elapsed());

    let work = Rc::new(Work {
        ledger: ledger.clone(),
        snapshot: control.snapshot(),
        clock,
        keys,
        first: now - DAYS * DAY_US,
        entries: wanted.entries,
        next: Cell::new(0),
    });
    let keep_at = wanted.entries.saturating_sub(wanted.unkept);
    work.call_until(keep_at, &control).await?;
    let reached = ledger.watermarks().decided;
    ledger.durable(reached).await?;
    Snapshots::of(&dir).renew(&dir, FrameNo(durable.load(Ordering::Relaxed)))?;
    control.keep_directory()?;
    work.call_until(wanted.entries, &control).await?;
    work.clock.0.store(now, Ordering::Relaxed);

    let entries = ledger.watermarks().decided;
    drop((work, control));
    ledger.close()?;
    println!("{entries} entries after {:.1?}", began.elapsed());
    Ok(())
}

/// As `serve` opens a folder.
async fn open(dir: &Arc<DataDir>, clock: &Arc<HandClock>) -> Result<(Ledger, Arc<AtomicU64>, Control), Failure> {
    let journal = open_journal(dir, JournalKind::default())?;
    let (projector, tap) = Projector::start(dir)?;
    let durable = Arc::new(AtomicU64::new(0));
    let tap = Tap { projector: tap, durable: Arc::clone(&durable) };
    let clock: Arc<dyn Clock> = Arc::<HandClock>::clone(clock);
    let options = Options::new(BootId(1));
    let (ledger, recovery) = Ledger::open(journal, None, options, Arc::clone(&clock), Some(Box::new(tap)))?;
    if recovery.records > 0 {
        return Err("the folder has been used before; name a new one".into());
    }
    let parts = Parts {
        ledger: ledger.clone(),
        private: Private::open(dir)?,
        reader: Reader::open(dir)?,
        folds: Folds::of(dir),
        kept: KeptDirectory::default(),
        projector: Arc::new(projector),
        clock,
        random: Arc::new(MachineRandom),
    };
    let control = Control::open(parts, Founding { currency: Currency::usd(), zone: Zone::UTC }).await?;
    Ok((ledger, durable, control))
}

/// Units, budgets and people; their keys.
async fn hire(control: &Control, wanted: &Wanted) -> Result<Vec<KeyId>, Failure> {
    let budget = |owner: &str, amount: &str| {
        control.set_budget(None, SetBudget { owner: owner.to_owned(), amount: amount.to_owned(), days: None })
    };
    budget("company", "1000000000/month").await?;
    for unit in 0..UNITS {
        let name = format!("Unit {unit}");
        let new = NewUnit { name: name.clone(), parent: None, zone: "UTC".to_owned(), cost_centre: None };
        control.add_unit(None, new).await?;
        budget(&name, "100000000/month").await?;
    }
    let mut csv = "name,zone,unit,email,grant,days,key,budget\n".to_owned();
    for no in 0..wanted.people {
        let unit = no % UNITS;
        writeln!(csv, "Person {no},UTC,Unit {unit},person.{no}@example.com,1000000/day,all,laptop,20000000/month")?;
    }
    let mut secrets = String::new();
    let mut keys = Vec::with_capacity(wanted.people);
    for made in control.import_people(None, ImportPeople { csv }).await?.items {
        secrets.extend(made.key.iter().flat_map(|key| [key.as_str(), "\n"]));
        keys.extend(made.key_id);
    }
    std::fs::write(&wanted.keys, secrets)?;
    Ok(keys)
}

/// Calls to be made.
struct Work {
    ledger: Ledger,
    snapshot: Arc<Snapshot>,
    clock: Arc<HandClock>,
    keys: Vec<KeyId>,
    first: i64,
    entries: u64,
    next: Cell<u64>,
}

impl Work {
    /// Makes calls until the journal has so many entries.
    async fn call_until(self: &Rc<Self>, entries: u64, control: &Control) -> Result<(), Failure> {
        let callers: Vec<_> = (0..AT_ONCE)
            .map(|_| {
                let (work, control) = (Rc::clone(self), control.clone());
                tokio::task::spawn_local(async move {
                    while work.ledger.watermarks().decided.0 < entries {
                        let no = work.next.replace(work.next.get() + 1);
                        work.call(no).await.map_err(|why| why.to_string())?;
                        if no % CALLS_A_JOB == 0 {
                            jobs::once(&control).await;
                        }
                        tokio::task::yield_now().await;
                    }
                    Ok::<_, String>(())
                })
            })
            .collect();
        for caller in callers {
            caller.await??;
        }
        Ok(())
    }

    async fn call(&self, no: u64) -> Result<(), Failure> {
        // By entries rather than calls, since how many entries a call makes is not known before.
        let part = i64::try_from(self.ledger.watermarks().decided.0.min(self.entries))?;
        let of = i64::try_from(self.entries.max(1))?;
        let instant = self.first + i64::try_from(i128::from(DAYS * DAY_US) * i128::from(part) / i128::from(of))?;
        self.clock.0.fetch_max(instant, Ordering::Relaxed);
        let day = u64::try_from((instant - self.first) / DAY_US)?;
        let people = u64::try_from(self.keys.len())?;
        // Each day other people, in no order.
        let among = scattered(no) % ACTIVE.min(people);
        let place = usize::try_from((day * 7_919 + among) % people)?;
        let key = self.snapshot.directory.key_by_id(self.keys[place]).ok_or("a key is gone")?;
        let model = MODELS[usize::try_from(scattered(no) >> 40)? % MODELS.len()];
        let hold = self.hold(key, model).await?;
        let (charge, detail) = self.charge(key, model, no)?;
        hold.settle(Settlement { charge, mark: Mark::Exact, detail })?;
        Ok(())
    }

    async fn hold(&self, key: &purser_core::directory::Key, model: &str) -> Result<Hold, Failure> {
        loop {
            let scope = CallScope { provider: PROVIDER, model };
            let plan = self.snapshot.directory.plan(key, &scope, self.clock.now()).map_err(|why| format!("{why:?}"))?;
            let legs: Vec<_> = plan.grants.iter().chain(&plan.ceilings).map(|leg| (leg.account, leg.limit)).collect();
            let numbers = match self.ledger.accounts(&legs) {
                Ok((numbers, _)) => numbers,
                // The clock went past midnight meanwhile.
                Err(LedgerError::PeriodOver(_)) => continue,
                Err(LedgerError::Busy(lsn)) => {
                    self.ledger.durable(lsn).await?;
                    continue;
                }
                Err(why) => return Err(why.into()),
            };
            let (grants, ceilings) = numbers.split_at(plan.grants.len());
            match self.ledger.hold(&HoldRequest { grants, ceilings, want: BOUND, least: BOUND })? {
                HoldOutcome::Placed(hold) => {
                    hold.cleared().await?;
                    return Ok(hold);
                }
                HoldOutcome::Wait(lsn) => self.ledger.durable(lsn).await?,
                HoldOutcome::Short(short) => return Err(format!("there is plenty of money, yet: {short:?}").into()),
            }
        }
    }

    fn charge(&self, key: &purser_core::directory::Key, model: &str, no: u64) -> Result<(Nano, Detail), Failure> {
        let at = self.clock.now();
        let prices = &self.snapshot.prices;
        let card = prices.lookup(PROVIDER, model, at)?;
        let terms = prices.terms(card, at, &self.snapshot.currency)?;
        let usage = Usage {
            input_uncached: 300 + no % 900,
            cache_read: 20_000 + no % 40_000,
            cache_write_5m: no % 3_000,
            output: 100 + no % 2_000,
            ..Usage::default()
        };
        let charge = rating::rate(card, &usage, &Served::default(), terms)?;
        let record = ChargeRecord {
            person: key.person,
            key: key.id,
            unit: None,
            run: None,
            session: Some(no / 50),
            provider: PROVIDER.to_owned(),
            requested: model.to_owned(),
            served: None,
            dialect: Dialect::AnthropicMessages,
            tier: Tier::Standard,
            geo: None,
            usage,
            card: card.version(),
            mark: CallMark::Exact,
            terms,
            client: "claude-cli".to_owned(),
            attempt: 0,
            beside: Vec::new(),
        };
        let mut bytes = Vec::with_capacity(160);
        record.encode(&mut bytes)?;
        Ok((charge, Detail::from_vec(bytes)))
    }
}

/// A number that looks drawn at random.
fn scattered(no: u64) -> u64 {
    no.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(32).wrapping_mul(0xd6e8_feb8_6659_fd93)
}

/// Tells the projector what is durable, and how far that is.
struct Tap {
    projector: ProjectorTap,
    durable: Arc<AtomicU64>,
}

impl FrameObserver for Tap {
    fn durable(&mut self, frame: &Arc<Frame>) {
        self.durable.fetch_max(frame.no.0, Ordering::Relaxed);
        self.projector.durable(frame);
    }
}

/// A clock that stands until it is moved.
struct HandClock(AtomicI64);

impl Clock for HandClock {
    fn now(&self) -> Instant {
        Instant::from_micros(self.0.load(Ordering::Relaxed))
    }
}
