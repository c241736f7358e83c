//! A month of a large company that hardly does anything but call.

use std::cell::Cell;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant as Stopwatch;

use purser_control::shape::{ImportPeople, NewUnit, SetBudget};
use purser_control::{Control, jobs};
use purser_core::id::KeyId;
use purser_ledger::FrameNo;
use purser_store::{DataDir, Mode, Snapshots};

use crate::Failure;
use crate::calls::{Call, Calls, scattered, usage};
use crate::ground::{self, DAY_US, Ground, HandClock};

const UNITS: usize = 20;
const DAYS: i64 = 30;
/// People who call on one day.
const ACTIVE: u64 = 10_000;
/// Calls under way at a time: those that wait for the disk share a sync.
const AT_ONCE: usize = 2_000;
/// Calls between two looks of the company's jobs.
const CALLS_A_JOB: u64 = 2_000;
const MODELS: [&str; 3] = ["claude-sonnet-5-5", "claude-opus-4-7", "claude-haiku-4-5"];

/// What is to be made.
pub(crate) struct Wanted {
    pub(crate) folder: PathBuf,
    pub(crate) people: usize,
    pub(crate) entries: u64,
    pub(crate) keys: PathBuf,
    pub(crate) unkept: u64,
}

/// Makes it.
pub(crate) async fn make(wanted: &Wanted) -> Result<(), Failure> {
    let began = Stopwatch::now();
    let dir = Arc::new(DataDir::open(&wanted.folder, Mode::Exclusive)?);
    let now = ground::now()?;
    let first = now - DAYS * DAY_US;
    let clock = Arc::new(HandClock::at(first));
    let Ground { ledger, control, durable } = ground::open(&dir, &clock).await?;
    let keys = hire(&control, wanted.people, &wanted.keys).await?;
    println!("{} people after {:.1?}", keys.len(), began.elapsed());

    let calls = Calls { ledger: ledger.clone(), snapshot: control.snapshot(), clock };
    let work = Rc::new(Work { calls, keys, first, entries: wanted.entries, next: Cell::new(0) });
    let keep_at = wanted.entries.saturating_sub(wanted.unkept);
    work.call_until(keep_at, &control).await?;
    let reached = ledger.watermarks().decided;
    ledger.durable(reached).await?;
    Snapshots::of(&dir).renew(&dir, FrameNo(durable.load(Ordering::Relaxed)))?;
    control.keep_directory()?;
    work.call_until(wanted.entries, &control).await?;
    work.calls.clock.move_to(now);

    let entries = ledger.watermarks().decided;
    drop((work, control));
    ledger.close()?;
    println!("{entries} entries after {:.1?}", began.elapsed());
    Ok(())
}

/// Units, budgets and people; their keys.
async fn hire(control: &Control, people: usize, secrets_at: &Path) -> Result<Vec<KeyId>, Failure> {
    let budget = |owner: &str, amount: &str| {
        control
            .set_budget(None, SetBudget { owner: owner.to_owned(), tool: None, amount: amount.to_owned(), days: None })
    };
    budget("company", "1000000000/month").await?;
    for unit in 0..UNITS {
        let name = format!("Unit {unit}");
        let new = NewUnit { name: name.clone(), parent: None, zone: "UTC".to_owned(), cost_centre: None };
        control.add_unit(None, new).await?;
        budget(&name, "100000000/month").await?;
    }
    let mut csv = "name,zone,unit,email,grant,days,key,budget\n".to_owned();
    for no in 0..people {
        let unit = no % UNITS;
        writeln!(csv, "Person {no},UTC,Unit {unit},person.{no}@example.com,1000000/day,all,laptop,20000000/month")?;
    }
    let mut secrets = String::new();
    let mut keys = Vec::with_capacity(people);
    for made in control.import_people(None, ImportPeople { csv, ..ImportPeople::default() }).await?.items {
        secrets.extend(made.key.iter().flat_map(|key| [key.as_str(), "\n"]));
        keys.extend(made.key_id);
    }
    std::fs::write(secrets_at, secrets)?;
    Ok(keys)
}

/// Calls to be made.
struct Work {
    calls: Calls,
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
                    while work.reached() < entries {
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

    /// Entries of the journal.
    fn reached(&self) -> u64 {
        self.calls.ledger.watermarks().decided.0
    }

    async fn call(&self, no: u64) -> Result<(), Failure> {
        // By entries rather than calls, since how many entries a call makes is not known before.
        let part = i64::try_from(self.reached().min(self.entries))?;
        let of = i64::try_from(self.entries.max(1))?;
        let instant = self.first + i64::try_from(i128::from(DAYS * DAY_US) * i128::from(part) / i128::from(of))?;
        self.calls.clock.move_to(instant);
        let day = u64::try_from((instant - self.first) / DAY_US)?;
        let people = u64::try_from(self.keys.len())?;
        // Each day other people, in no order.
        let among = scattered(no) % ACTIVE.min(people);
        let place = usize::try_from((day * 7_919 + among) % people)?;
        let key = self.calls.snapshot.directory.key_by_id(self.keys[place]).ok_or("a key is gone")?;
        let model = MODELS[usize::try_from(scattered(no) >> 40)? % MODELS.len()];
        let paid = self.calls.make(key, &Call { model, usage: usage(no), session: no / 50 }).await?;
        if paid { Ok(()) } else { Err("there is plenty of money, yet a call was refused".into()) }
    }
}
