//! The committing thread, waiting for it, stopping.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use parking_lot::Mutex;
use purser_core::money::Nano;
use purser_ledger::{
    Committer, Frame, FrameHead, FrameNo, FrameObserver, HoldOutcome, HoldRequest, Journal, JournalError, Ledger,
    LedgerError, MemoryJournal, OpenError, Options, Pen, Snapshot, Stop,
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

/// Keeps the bytes of what it is told of.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl FrameObserver for Kept {
    fn durable(&mut self, frame: &Arc<Frame>) {
        assert!(frame.is_intact());
        self.0.lock().extend(frame.encode());
    }
}

#[test]
fn observers_are_told_what_is_in_the_journal() {
    for disk in journals() {
        let kept = Kept::default();
        let observer = Some::<Box<dyn FrameObserver>>(Box::new(kept.clone()));
        let (ledger, mut committer, _) =
            Ledger::open_stepped(Box::new(disk.clone()), None, options(1), Arc::new(TestClock::default()), observer)
                .unwrap();
        for pieces in 0..4 {
            for piece in 0..pieces {
                ledger.event(command(10 * pieces + piece), 1, b"x").unwrap();
                committer.write();
            }
            ledger.event(command(10 * pieces + 9), 1, b"the last").unwrap();
            committer.sync();
        }
        assert_eq!(kept.0.lock().clone(), disk.bytes());
    }
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

/// Counts how often it was woken.
#[derive(Default)]
struct Alarm(AtomicU64);

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn who_waits_is_woken_when_it_is_so_and_when_it_never_will_be() {
    for (disk, fails) in journals().into_iter().zip([false; 2]).chain(journals().into_iter().zip([true; 2])) {
        let takes_whole_frames = disk.clone().pen().is_none();
        let mut bench = Bench::on(disk, None, options(1), Arc::default());
        let ledger = bench.ledger.clone();
        let lsn = ledger.event(command(1), 1, b"x").unwrap().lsn;
        let (mut written, mut durable) = (Box::pin(ledger.written(lsn)), Box::pin(ledger.durable(lsn)));
        let alarms = [Arc::new(Alarm::default()), Arc::new(Alarm::default())];
        let wakers = alarms.clone().map(Waker::from);
        assert!(durable.as_mut().poll(&mut Context::from_waker(&wakers[1])).is_pending());
        if takes_whole_frames {
            assert!(written.as_mut().poll(&mut Context::from_waker(&wakers[0])).is_pending());
        }
        if fails {
            drop(bench.disk.kill()); // its journal fails from now on
        }
        assert_eq!(bench.committer.sync(), !fails);
        let woken = alarms.each_ref().map(|alarm| alarm.0.load(Ordering::Relaxed) > 0);
        assert_eq!(woken, [takes_whole_frames, true]);
        let Poll::Ready(outcome) = durable.as_mut().poll(&mut Context::from_waker(&wakers[1])) else { panic!() };
        assert_eq!(outcome.is_err(), fails);
    }
}

#[test]
fn what_fails_while_it_closes_is_told() {
    let disk = MemoryJournal::with_pen();
    let (ledger, _) =
        Ledger::open(Box::new(disk.clone()), None, options(1), Arc::new(TestClock::default()), None).unwrap();
    disk.fail_syncs();
    assert!(ledger.close().is_err());
    let bench = Bench::new();
    bench.disk.fail_syncs();
    assert!(bench.committer.close().is_err());
}

#[test]
fn a_frame_that_cannot_be_written_stops_for_good() {
    let ways: [fn(&mut Committer) -> bool; 2] = [Committer::write, Committer::sync];
    for (disk, way) in journals().into_iter().zip(ways).chain(journals().into_iter().rev().zip(ways)) {
        let mut bench = Bench::on(disk, None, options(1), Arc::default());
        drop(bench.disk.kill()); // its journal fails from now on
        bench.ledger.event(command(1), 1, b"x").unwrap();
        assert!(!way(&mut bench.committer));
        let Some(LedgerError::Stopped { cause }) = bench.ledger.stopped() else { panic!() };
        assert!(matches!(*cause, Stop::Journal(_)));
    }
}

/// Its second sync fails (the first is the start's), all others do not. Counts them.
struct FailsOnce {
    disk: MemoryJournal,
    syncs: Arc<AtomicU64>,
}

impl Journal for FailsOnce {
    fn append(&mut self, frame: &Frame) -> Result<(), JournalError> {
        self.disk.append(frame)
    }

    fn sync(&mut self) -> Result<(), JournalError> {
        if self.syncs.fetch_add(1, Ordering::Relaxed) == 1 {
            return Err(JournalError::io("sync", std::io::Error::other("the cable was out")));
        }
        self.disk.sync()
    }

    fn read(&mut self, from: FrameNo, each: &mut dyn FnMut(Frame) -> ControlFlow<()>) -> Result<(), JournalError> {
        self.disk.read(from, each)
    }

    fn head(&mut self) -> Result<Option<FrameHead>, JournalError> {
        self.disk.head()
    }

    fn pen(&mut self) -> Option<Box<dyn Pen>> {
        self.disk.pen()
    }
}

#[test]
fn a_failed_sync_is_not_tried_again_although_it_would_succeed() {
    for disk in journals() {
        let syncs = Arc::new(AtomicU64::new(0));
        let journal = Box::new(FailsOnce { disk: disk.clone(), syncs: syncs.clone() });
        let (ledger, mut committer, recovery) =
            Ledger::open_stepped(journal, None, options(1), Arc::new(TestClock::default()), None).unwrap();
        assert!(!recovery.tail_may_be_lost, "who does not say so has no torn end");
        let lsn = ledger.event(command(1), 1, b"x").unwrap().lsn;
        for _ in 0..3 {
            assert!(!committer.sync());
        }
        assert!(committer.close().is_err());
        assert_eq!(syncs.load(Ordering::Relaxed), 2, "nobody knows what is on the disk");
        assert!(matches!(ready(ledger.durable(lsn)), Some(Err(LedgerError::Stopped { .. }))));
    }
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

/// What the thread does by itself, and what it leaves for later: no pause of this test ends while it runs.
#[test]
fn the_first_record_after_a_quiet_moment_goes_at_once_and_the_next_waits_unless_somebody_does() {
    let long = Duration::from_hours(1);
    for disk in journals() {
        let has_pen = disk.clone().pen().is_some();
        let options = Options { sync_pause: long, write_pause: long, ..options(1) };
        let (ledger, _) =
            Ledger::open(Box::new(disk.clone()), None, options, Arc::new(TestClock::default()), None).unwrap();
        let first = ledger.event(command(1), 1, b"x").unwrap().lsn;
        until(|| ledger.watermarks().durable == first);
        assert_eq!(disk.syncs(), 2, "the start, and what followed it");
        let mut last = first;
        for name in 2..1_000 {
            last = ledger.event(command(name), 1, b"x").unwrap().lsn;
            std::thread::yield_now();
            let marks = ledger.watermarks();
            assert_eq!((marks.decided, marks.written, marks.durable), (last, first, first), "they wait for company");
        }
        if has_pen {
            block_on(ledger.written(last)).unwrap();
            assert_eq!((ledger.watermarks().written, ledger.watermarks().durable), (last, first));
        }
        block_on(ledger.durable(last)).unwrap();
        assert_eq!((disk.syncs(), ledger.watermarks().durable), (3, last), "somebody waits for the disk");
        for name in 1_000..2_000 {
            ledger.event(command(name), 1, b"x").unwrap();
            std::thread::yield_now();
            assert_eq!(ledger.watermarks().durable, last, "nobody does any more");
        }
        ledger.close().unwrap();
        assert_eq!(disk.syncs(), 4);
    }
}

#[test]
fn without_a_pen_the_thread_writes_without_a_sync() {
    let disk = MemoryJournal::new();
    let options = Options { sync_pause: Duration::from_hours(1), ..options(1) };
    let (ledger, _) = Ledger::open(Box::new(disk), None, options, Arc::new(TestClock::default()), None).unwrap();
    let first = ledger.event(command(1), 1, b"x").unwrap().lsn;
    until(|| ledger.watermarks().durable == first);
    let second = ledger.event(command(2), 1, b"x").unwrap().lsn;
    until(|| ledger.watermarks().written == second);
    assert_eq!(ledger.watermarks().durable, first);
}

#[test]
fn the_thread_syncs_also_what_nobody_waits_for() {
    for disk in journals() {
        let clock = Arc::new(TestClock::default());
        let (ledger, _) = Ledger::open(Box::new(disk), None, options(1), clock, None).unwrap();
        for name in 0..30 {
            let lsn = ledger.event(command(name), 1, b"x").unwrap().lsn;
            until(|| ledger.watermarks().durable == lsn);
        }
    }
}

#[test]
fn a_queue_of_nothing_takes_nothing() {
    let bench = Bench::with(Options { queue_bytes_max: 0, ..options(1) });
    let refused = bench.ledger.event(command(1), 1, b"");
    assert!(matches!(refused, Err(LedgerError::Busy(lsn)) if lsn == bench.ledger.watermarks().decided));
}

/// Looks again until it is so, for half a minute.
fn until(mut so: impl FnMut() -> bool) {
    for _ in 0..30_000 {
        if so() {
            return;
        }
        #[expect(clippy::disallowed_methods, reason = "a pause between two looks; what is looked for ends them")]
        std::thread::sleep(Duration::from_millis(1));
    }
    panic!("it never came to be");
}

#[test]
fn the_thread_ends_when_its_journal_fails() {
    let (seen, disk) = (Seen::default(), MemoryJournal::with_pen());
    let observer = Some::<Box<dyn FrameObserver>>(Box::new(seen.clone()));
    let (ledger, _) =
        Ledger::open(Box::new(disk.clone()), None, options(1), Arc::new(TestClock::default()), observer).unwrap();
    disk.fail_syncs();
    let lsn = ledger.event(command(1), 1, b"x").unwrap().lsn;
    assert!(block_on(ledger.durable(lsn)).is_err());
    until(|| Arc::strong_count(&seen.0) == 1);
    assert!(ledger.close().is_err());
}

#[test]
fn the_thread_gives_idle_slices_back() {
    let clock = Arc::new(TestClock::default());
    let disk = MemoryJournal::with_pen();
    let (ledger, _) = Ledger::open(Box::new(disk.clone()), None, options(1), clock.clone(), None).unwrap();
    let (numbers, _) = ledger.accounts(&[(grant(1), Nano::new(10_000))]).unwrap();
    let request = HoldRequest { grants: &numbers, ceilings: &[], want: Nano::new(100), least: Nano::new(100) };
    let HoldOutcome::Placed(hold) = ledger.hold(&request).unwrap() else { panic!() };
    block_on(hold.cleared()).unwrap();
    let lsn = hold.release().unwrap().lsn;
    clock.advance_s(61);
    until(|| ledger.watermarks().durable > lsn);
    let again = Bench::on(disk.lose_power(0), None, options(2), clock);
    assert_eq!(again.amounts(numbers[0]), [10_000, 0, 0, 0, 0], "nothing is set aside for what nobody used");
}
