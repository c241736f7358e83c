//! A ledger on a disk in memory, with a clock that moves when told.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use proptest::prelude::ProptestConfig;
use purser_core::account::{AccountKey, Period, Subject};
use purser_core::id::{BudgetId, CommandId, GrantId, RunId};
use purser_core::money::Nano;
use purser_core::time::{Clock, Instant};
use purser_ledger::{
    AccountNo, Balance, BootId, Committer, Detail, Hold, HoldOutcome, HoldRequest, Ledger, Mark, MemoryJournal,
    Options, Recovery, Settlement, Snapshot, Window,
};

/// A clock that moves when told.
#[derive(Debug, Default)]
pub(crate) struct TestClock(AtomicI64);

impl TestClock {
    pub(crate) fn set_s(&self, seconds: i64) {
        self.0.store(seconds * 1_000_000, Ordering::Relaxed);
    }

    pub(crate) fn advance_s(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000_000, Ordering::Relaxed);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Instant {
        Instant::from_micros(self.0.load(Ordering::Relaxed))
    }
}

pub(crate) fn options(boot: u64) -> Options {
    Options {
        sync_pause: Duration::ZERO,
        write_pause: Duration::ZERO,
        window: Window { age_s: 24 * 3600, settled_max: 1_000, commands_max: 1_000 },
        ..Options::new(BootId(boot))
    }
}

/// How many random cases a test runs: its share of all of them, which are 100,000 over this crate and its neighbour
/// unless `PURSER_CASES` says otherwise.
pub(crate) fn cases(share: u32) -> ProptestConfig {
    let all = std::env::var("PURSER_CASES").map_or(100_000, |text| text.parse::<u64>().unwrap());
    let cases = u32::try_from((all * u64::from(share)).div_ceil(100_000)).unwrap();
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// A stepped ledger and everything around it.
pub(crate) struct Bench {
    pub(crate) ledger: Ledger,
    pub(crate) committer: Committer,
    pub(crate) disk: MemoryJournal,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) options: Options,
    pub(crate) recovery: Recovery,
}

/// One journal that takes whole frames and one that takes them in pieces.
pub(crate) fn journals() -> [MemoryJournal; 2] {
    [MemoryJournal::new(), MemoryJournal::with_pen()]
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::with(options(1))
    }

    pub(crate) fn with(options: Options) -> Self {
        Self::on(MemoryJournal::with_pen(), None, options, Arc::default())
    }

    pub(crate) fn on(disk: MemoryJournal, snapshot: Option<Snapshot>, options: Options, clock: Arc<TestClock>) -> Self {
        let (ledger, committer, recovery) =
            Ledger::open_stepped(Box::new(disk.clone()), snapshot, options.clone(), clock.clone(), None).unwrap();
        Self { ledger, committer, disk, clock, options, recovery }
    }

    /// The process is killed; the next starts on the same boot.
    pub(crate) fn kill(self) -> Self {
        let disk = self.disk.kill();
        Self::on(disk, None, self.options.clone(), self.clock.clone())
    }

    /// The machine dies; `kept` bytes of what was not synced happen to be on disk.
    pub(crate) fn lose_power(self, kept: usize) -> Self {
        let disk = self.disk.lose_power(kept);
        let options = Options { boot: BootId(self.options.boot.0 + 1), ..self.options.clone() };
        Self::on(disk, None, options, self.clock.clone())
    }

    pub(crate) fn account(&self, key: AccountKey, limit: i64) -> AccountNo {
        self.ledger.accounts(&[(key, Nano::new(limit))]).unwrap().0[0]
    }

    pub(crate) fn hold(&self, grants: &[AccountNo], ceilings: &[AccountNo], want: i64) -> Hold {
        match self.ask(grants, ceilings, want, want) {
            HoldOutcome::Placed(hold) => hold,
            other => panic!("not placed: {other:?}"),
        }
    }

    pub(crate) fn ask(&self, grants: &[AccountNo], ceilings: &[AccountNo], want: i64, least: i64) -> HoldOutcome {
        let request = HoldRequest { grants, ceilings, want: Nano::new(want), least: Nano::new(least) };
        self.ledger.hold(&request).unwrap()
    }

    /// limit, spent, held, suspense, overrun
    pub(crate) fn amounts(&self, no: AccountNo) -> [i64; 5] {
        amounts(&self.ledger.balance(no).unwrap())
    }

    /// Is the live state what replaying the journal gives?
    pub(crate) fn assert_replay_is_live(&mut self) {
        self.committer.sync();
        let report = purser_ledger::verify(&mut MemoryJournal::from_bytes(self.disk.bytes())).unwrap();
        assert_eq!(report.digest, self.ledger.snapshot().digest(), "replay gives another state");
    }
}

pub(crate) fn amounts(balance: &Balance) -> [i64; 5] {
    [balance.limit, balance.spent, balance.held, balance.suspense, balance.overrun].map(Nano::get)
}

/// Ready at the first look?
pub(crate) fn ready<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

pub(crate) fn is_cleared(hold: &Hold) -> bool {
    ready(hold.cleared()).is_some_and(|cleared| cleared.is_ok())
}

pub(crate) fn exact(charge: i64) -> Settlement {
    Settlement { charge: Nano::new(charge), mark: Mark::Exact, detail: Detail::from_slice(b"usage") }
}

pub(crate) fn period(start_s: i64, end_s: i64) -> Period {
    Period { start: Instant::from_micros(start_s * 1_000_000), end: Instant::from_micros(end_s * 1_000_000) }
}

/// A period that does not end in a test.
pub(crate) fn always() -> Period {
    period(0, 1_000_000_000)
}

pub(crate) fn grant(id: u128) -> AccountKey {
    AccountKey { subject: Subject::Grant(GrantId::new(id)), period: always() }
}

pub(crate) fn budget(id: u128) -> AccountKey {
    AccountKey { subject: Subject::Budget(BudgetId::new(id)), period: always() }
}

pub(crate) fn run(id: u128) -> AccountKey {
    AccountKey { subject: Subject::Run(RunId::new(id)), period: always() }
}

pub(crate) fn command(id: u128) -> CommandId {
    CommandId::new(id)
}
