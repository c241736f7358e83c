//! The committing thread, waiting for it, stopping.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use purser_core::money::Nano;
use purser_ledger::{
    Frame, FrameObserver, HoldOutcome, HoldRequest, Ledger, LedgerError, MemoryJournal, OpenError, Options, Snapshot,
    Stop,
};

use crate::bench::{Bench, TestClock, budget, command, exact, grant, journals, options, ready};

/// Notes the numbers of the frames it is told of.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<u64>>>);

impl FrameObserver for Seen {
    fn durable(&mut self, frame: &Arc<Frame>) {
        self.0.lock().push(frame.no.0);
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

#[test]
fn the_thread_writes_syncs_and_tells_in_order() {
    for disk in &journals() {
        each_event_is_synced(disk);
    }
}

fn each_event_is_synced(disk: &MemoryJournal) {
    let seen = Seen::default();
    let (ledger, _) = Ledger::open(
        Box::new(disk.clone()),
        None,
        Options { wait_for_disk: true, ..options(1) },
        Arc::new(TestClock::default()),
        Some(Box::new(seen.clone())),
    )
    .unwrap();
    for i in 0..50 {
        let receipt = ledger.event(command(i), 1, b"x").unwrap();
        block_on(ledger.durable(receipt.lsn)).unwrap();
        assert_eq!(ledger.watermarks().durable, receipt.lsn);
    }
    ledger.close().unwrap();
    let seen = seen.0.lock().clone();
    assert_eq!(seen, (1..=52).collect::<Vec<_>>(), "the boot, fifty events, the end");
    assert_eq!(disk.synced_len(), disk.bytes().len());
    assert_eq!(disk.syncs(), 52);
}

#[test]
fn dropping_the_last_handle_closes_it() {
    let disk = MemoryJournal::new();
    let (ledger, _) =
        Ledger::open(Box::new(disk.clone()), None, options(1), Arc::new(TestClock::default()), None).unwrap();
    ledger.event(command(1), 1, b"x").unwrap();
    drop(ledger);
    let again = Bench::on(disk, None, options(2), Arc::default());
    assert!(!again.recovery.tail_may_be_lost);
    assert!(again.ledger.event(command(1), 1, b"x").unwrap().repeated);
}

#[test]
fn many_wait_at_once_and_all_are_woken() {
    for disk in journals() {
        eight_threads_wait(disk);
    }
}

fn eight_threads_wait(disk: MemoryJournal) {
    let (ledger, _) = Ledger::open(Box::new(disk), None, options(1), Arc::new(TestClock::default()), None).unwrap();
    let woken = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for thread in 0..8_u128 {
            let (ledger, woken) = (&ledger, &woken);
            scope.spawn(move || {
                for i in 0..100 {
                    let lsn = ledger.event(command(thread * 1_000 + i), 1, b"x").unwrap().lsn;
                    block_on(async { tokio::try_join!(ledger.written(lsn), ledger.durable(lsn)) }).unwrap();
                    woken.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(woken.load(Ordering::Relaxed), 800);
}

#[test]
fn a_failed_sync_stops_for_good_and_wakes_who_waits() {
    let mut bench = Bench::new();
    let person = bench.account(grant(1), 100);
    let hold = bench.hold(&[person], &[], 10);
    let lsn = hold.clearance().lsn();
    bench.disk.fail_syncs();
    assert!(!bench.committer.sync());
    assert!(matches!(ready(bench.ledger.durable(lsn)), Some(Err(LedgerError::Stopped { .. }))));
    let Err(LedgerError::Stopped { cause }) = hold.settle(exact(1)) else { panic!() };
    assert!(matches!(*cause, Stop::Journal(_)));
    assert!(!bench.committer.sync(), "never tried again");
    assert!(matches!(bench.ledger.event(command(1), 1, b""), Err(LedgerError::Stopped { .. })));
    let mut again = bench.kill();
    assert_eq!(again.amounts(person), [100, 0, 0, 10, 0], "what was written and not synced happens to be there");
    again.assert_replay_is_live();
}

#[test]
fn without_a_committer_nobody_waits_for_ever() {
    let bench = Bench::new();
    let lsn = bench.ledger.event(command(1), 1, b"").unwrap().lsn;
    drop(bench.committer);
    let Some(Err(LedgerError::Stopped { cause })) = ready(bench.ledger.durable(lsn)) else { panic!() };
    assert!(matches!(*cause, Stop::NoCommitter));
}

#[test]
fn a_full_queue_makes_holds_wait_and_lets_settlements_through() {
    let mut bench = Bench::with(Options { queue_bytes_max: 200, ..options(1) });
    let person = bench.account(grant(1), 100);
    let hold = bench.hold(&[person], &[], 1);
    let lsn = loop {
        let request = HoldRequest { grants: &[person], ceilings: &[], want: Nano::ZERO, least: Nano::ZERO };
        match bench.ledger.hold(&request).unwrap() {
            HoldOutcome::Placed(more) => drop(more.release().unwrap()),
            HoldOutcome::Wait(lsn) => break lsn,
            HoldOutcome::Short(short) => panic!("{short:?}"),
        }
    };
    assert!(matches!(bench.ledger.event(command(1), 1, b""), Err(LedgerError::Busy(_))));
    assert!(matches!(bench.ledger.accounts(&[(budget(1), Nano::ZERO)]), Err(LedgerError::Busy(_))));
    hold.settle(exact(1)).unwrap();
    assert!(ready(bench.ledger.durable(lsn)).is_none());
    bench.committer.sync();
    ready(bench.ledger.durable(lsn)).unwrap().unwrap();
    bench.hold(&[person], &[], 1).release().unwrap();
}

#[test]
fn a_start_from_a_snapshot_is_the_same_start() {
    let mut bench = Bench::new();
    let person = bench.account(grant(1), 100);
    let mut snapshots = vec![bench.ledger.snapshot()]; // before any frame holds its records
    for i in 0..5 {
        bench.hold(&[person], &[], 10).settle(exact(i)).unwrap();
        bench.committer.write();
        bench.hold(&[person], &[], 5).release().unwrap();
        snapshots.push(bench.ledger.snapshot()); // in the middle of a frame to be
        bench.committer.sync();
    }
    let disk = bench.disk.kill();
    let plain = Bench::on(disk.kill(), None, options(2), bench.clock.clone()).ledger.snapshot().digest();
    for snapshot in snapshots {
        let read = Snapshot::decode(&snapshot.encode()).unwrap();
        assert_eq!(read.digest(), snapshot.digest());
        let started = Bench::on(disk.kill(), Some(read), options(2), bench.clock.clone());
        assert_eq!(started.ledger.snapshot().digest(), plain);
    }
}

#[test]
fn a_snapshot_that_does_not_fit_the_journal_is_refused() {
    let mut bench = Bench::new();
    let person = bench.account(grant(1), 100);
    bench.committer.sync();
    let open = |disk: MemoryJournal, snapshot: &Snapshot| {
        Ledger::open_stepped(Box::new(disk), Some(snapshot.clone()), options(2), bench.clock.clone(), None).unwrap_err()
    };
    bench.hold(&[person], &[], 10).release().unwrap();
    let ahead = bench.ledger.snapshot();
    assert!(matches!(open(bench.disk.lose_power(0), &ahead), OpenError::SnapshotAhead { .. }));

    let mut other = Bench::new();
    other.account(grant(2), 100);
    other.committer.sync();
    let foreign = other.ledger.snapshot();
    assert!(matches!(open(bench.disk.kill(), &foreign), OpenError::SnapshotForeign(_)));
}
