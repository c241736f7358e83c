//! Who hands what to whom, under a scheduler that chooses who goes on at every lock, ring and counter. A lost wake-up is
//! a deadlock here, because no clock rescues anybody. A failure prints the schedule; `shuttle::replay` repeats it.
//!
//! `SCHEDULES` says how many schedules each case is run under (default 500), a third of them of each kind: uniform, and
//! with two or three changes of priority at places that are drawn.
#![allow(clippy::unwrap_used, reason = "in a test a surprise should end it, also in its helpers")]

use std::sync::Arc;
use std::time::Duration;

use purser_core::account::{AccountKey, Period, Subject};
use purser_core::id::{BudgetId, CommandId, GrantId};
use purser_core::money::Nano;
use purser_core::time::{Clock, Instant};
use purser_ledger::{
    AccountNo, BootId, Detail, Hold, HoldOutcome, HoldRequest, Journal as _, Ledger, LedgerError, Lsn, Mark,
    MemoryJournal, Options, Settlement, Stop,
};
use shuttle::future::block_on;
use shuttle::scheduler::{PctScheduler, RandomScheduler};
use shuttle::thread;

struct Noon;

impl Clock for Noon {
    fn now(&self) -> Instant {
        Instant::from_micros(1_000_000)
    }
}

fn options() -> Options {
    Options { sync_pause: Duration::ZERO, write_pause: Duration::ZERO, ..Options::new(BootId(1)) }
}

fn open(disk: &MemoryJournal, options: Options) -> Ledger {
    Ledger::open(Box::new(disk.clone()), None, options, Arc::new(Noon), None).unwrap().0
}

const LIMIT: i64 = 100;

fn accounts(ledger: &Ledger) -> [AccountNo; 2] {
    let period = Period { start: Instant::EPOCH, end: Instant::FAR_FUTURE };
    let person = AccountKey { subject: Subject::Grant(GrantId::new(1)), period };
    let unit = AccountKey { subject: Subject::Budget(BudgetId::new(2)), period };
    loop {
        match ledger.accounts(&[(person, Nano::new(LIMIT)), (unit, Nano::new(LIMIT))]) {
            Ok((numbers, _)) => return [numbers[0], numbers[1]],
            Err(LedgerError::Busy(lsn)) => block_on(ledger.durable(lsn)).unwrap(),
            Err(other) => panic!("{other}"),
        }
    }
}

fn hold(ledger: &Ledger, accounts: [AccountNo; 2], want: i64) -> Result<Hold, LedgerError> {
    loop {
        let request = HoldRequest {
            grants: &accounts[..1],
            ceilings: &accounts[1..],
            want: Nano::new(want),
            least: Nano::new(want),
        };
        match ledger.hold(&request)? {
            HoldOutcome::Placed(hold) => return Ok(hold),
            HoldOutcome::Wait(lsn) => block_on(ledger.durable(lsn))?,
            HoldOutcome::Short(short) => panic!("{short:?}"),
        }
    }
}

fn exact(charge: i64) -> Settlement {
    Settlement { charge: Nano::new(charge), mark: Mark::Exact, detail: Detail::new() }
}

/// The last record that a power cut would leave now.
fn last_synced(disk: &MemoryJournal) -> Lsn {
    // In this order: what is synced only grows. A piece of the next frame may be among it.
    let synced_len = disk.synced_len();
    let synced = disk.bytes()[..synced_len].to_vec();
    MemoryJournal::from_bytes(synced).head().unwrap().map_or(Lsn(0), |head| head.last_lsn)
}

/// What is acknowledged is on disk.
fn acknowledge(ledger: &Ledger, disk: &MemoryJournal, lsn: Lsn) -> Result<(), LedgerError> {
    block_on(ledger.durable(lsn))?;
    assert!(last_synced(disk) >= lsn, "record {lsn} was acknowledged before it was on disk");
    Ok(())
}

fn is_closed(error: &LedgerError) -> bool {
    matches!(error, LedgerError::Stopped { cause } if matches!(**cause, Stop::Closed))
}

/// Runs a case under many schedules, on a journal that takes whole frames and on one that takes pieces.
fn check(case: fn(MemoryJournal)) {
    let schedules = std::env::var("SCHEDULES").ok().map_or(500, |text| text.parse::<usize>().unwrap());
    for has_pen in [false, true] {
        let run = move || case(if has_pen { MemoryJournal::with_pen() } else { MemoryJournal::new() });
        let config = || {
            let mut config = shuttle::Config::new();
            config.silence_warnings = true;
            config
        };
        let each = schedules / 3 + 1;
        shuttle::Runner::new(RandomScheduler::new(each), config()).run(run);
        for depth in [2, 3] {
            shuttle::Runner::new(PctScheduler::new(depth, each), config()).run(run);
        }
    }
}

fn call(ledger: &Ledger, disk: &MemoryJournal, accounts: [AccountNo; 2], want: i64) -> Result<i64, LedgerError> {
    let hold = hold(ledger, accounts, want)?;
    block_on(hold.cleared())?;
    let settled = hold.settle(exact(want - 1))?;
    acknowledge(ledger, disk, settled.lsn)?;
    Ok(settled.charge.get())
}

#[test]
fn every_call_is_cleared_settled_and_acknowledged() {
    check(|disk| {
        let ledger = open(&disk, options());
        let accounts = accounts(&ledger);
        let callers: Vec<_> = [20, 30]
            .map(|want| {
                let (ledger, disk) = (ledger.clone(), disk.clone());
                thread::spawn(move || call(&ledger, &disk, accounts, want).unwrap())
            })
            .into_iter()
            .collect();
        let spent: i64 = callers.into_iter().map(|caller| caller.join().unwrap()).sum();
        assert_eq!(ledger.balance(accounts[0]).unwrap().spent.get(), spent);
        ledger.close().unwrap();
        let report = purser_ledger::verify(&mut disk.clone()).unwrap();
        assert_eq!((report.open_holds, report.suspense_items), (0, 0));
        assert_eq!(disk.synced_len(), disk.bytes().len());
    });
}

#[test]
fn whoever_waits_for_a_write_or_a_sync_is_woken() {
    check(|disk| {
        let ledger = open(&disk, options());
        let waiters: Vec<_> = (0..3_u128)
            .map(|i| {
                let (ledger, disk) = (ledger.clone(), disk.clone());
                thread::spawn(move || {
                    let lsn = ledger.event(CommandId::new(i), 1, b"x").unwrap().lsn;
                    block_on(ledger.written(lsn)).unwrap();
                    acknowledge(&ledger, &disk, lsn).unwrap();
                })
            })
            .collect();
        for waiter in waiters {
            waiter.join().unwrap();
        }
    });
}

/// The committer is at rest when somebody comes who waits for the disk, and again.
#[test]
fn a_committer_at_rest_is_woken_each_time() {
    check(|disk| {
        let ledger = open(&disk, options());
        for i in 0..3 {
            let lsn = ledger.event(CommandId::new(i), 1, b"x").unwrap().lsn;
            thread::yield_now();
            acknowledge(&ledger, &disk, lsn).unwrap();
        }
    });
}

/// Syncs pause for an hour, and no clock ends a pause here: only the bell of whoever waits for the disk does.
#[test]
fn whoever_waits_for_the_disk_ends_the_pause() {
    check(|disk| {
        let ledger = open(&disk, Options { sync_pause: Duration::from_hours(1), ..options() });
        let waiters: Vec<_> = (0..2_u128)
            .map(|i| {
                let (ledger, disk) = (ledger.clone(), disk.clone());
                thread::spawn(move || {
                    for turn in [i, i + 10] {
                        let lsn = ledger.event(CommandId::new(turn), 1, b"x").unwrap().lsn;
                        acknowledge(&ledger, &disk, lsn).unwrap();
                    }
                })
            })
            .collect();
        for waiter in waiters {
            waiter.join().unwrap();
        }
        ledger.close().unwrap();
    });
}

#[test]
fn holds_that_find_the_queue_full_get_their_turn() {
    check(|disk| {
        let ledger = open(&disk, Options { queue_bytes_max: 60, ..options() });
        let accounts = accounts(&ledger);
        let callers: Vec<_> = [20, 30]
            .into_iter()
            .map(|want| {
                let (ledger, disk) = (ledger.clone(), disk.clone());
                thread::spawn(move || call(&ledger, &disk, accounts, want).unwrap())
            })
            .collect();
        for caller in callers {
            caller.join().unwrap();
        }
        ledger.close().unwrap();
    });
}

/// Closing while calls are under way: each is either done and on disk, or told that the ledger was closed.
#[test]
fn closing_while_holds_are_placed() {
    check(|disk| {
        let ledger = open(&disk, options());
        let accounts = accounts(&ledger);
        let callers: Vec<_> = [20, 30]
            .into_iter()
            .map(|want| {
                let (ledger, disk) = (ledger.clone(), disk.clone());
                thread::spawn(move || match call(&ledger, &disk, accounts, want) {
                    Ok(charge) => charge,
                    Err(error) if is_closed(&error) => 0,
                    Err(other) => panic!("{other}"),
                })
            })
            .collect();
        ledger.close().unwrap();
        assert_eq!(disk.synced_len(), disk.bytes().len(), "an orderly end leaves nothing unsynced");
        let acknowledged: i64 = callers.into_iter().map(|caller| caller.join().unwrap()).sum();
        let again = open(&disk.kill(), options());
        let balance = again.balance(accounts[0]).unwrap();
        assert!(balance.spent.get() >= acknowledged && balance.held.is_zero());
    });
}

#[test]
fn the_last_handle_closes_whoever_drops_it() {
    check(|disk| {
        let ledger = open(&disk, options());
        let accounts = accounts(&ledger);
        let other = ledger.clone();
        let caller = thread::spawn(move || {
            // Dropped without being settled, and the ledger with it.
            drop(hold(&other, accounts, 20).unwrap());
        });
        drop(ledger);
        caller.join().unwrap();
        let report = purser_ledger::verify(&mut disk.clone()).unwrap();
        assert_eq!((report.open_holds, disk.synced_len()), (0, disk.bytes().len()));
    });
}

/// A hold outlives every handle but its own, and is dropped by another thread while the first closes.
#[test]
fn dropping_a_hold_while_the_ledger_closes() {
    check(|disk| {
        let ledger = open(&disk, options());
        let accounts = accounts(&ledger);
        let held = hold(&ledger, accounts, 20).unwrap();
        let dropper = thread::spawn(move || drop(held));
        ledger.close().unwrap();
        dropper.join().unwrap();
        let again = open(&disk.kill(), options());
        let balance = again.balance(accounts[0]).unwrap();
        assert_eq!(balance.spent.get() + balance.suspense.get(), 20, "settled in full, or in suspense");
    });
}

/// A sync fails while two wait: both are told, nobody waits for ever, nothing is taken afterwards.
#[test]
fn a_failing_disk_wakes_whoever_waits() {
    check(|disk| {
        let ledger = open(&disk, options());
        let waiters: Vec<_> = (0..2_u128)
            .map(|i| {
                let ledger = ledger.clone();
                thread::spawn(move || {
                    let done = ledger.event(CommandId::new(i), 1, b"x").and_then(|receipt| {
                        block_on(ledger.written(receipt.lsn))?;
                        block_on(ledger.durable(receipt.lsn))
                    });
                    assert!(matches!(done, Ok(()) | Err(LedgerError::Stopped { .. })));
                })
            })
            .collect();
        disk.fail_syncs();
        for waiter in waiters {
            waiter.join().unwrap();
        }
        let last = ledger.event(CommandId::new(9), 1, b"x").and_then(|receipt| block_on(ledger.durable(receipt.lsn)));
        assert!(matches!(last, Err(LedgerError::Stopped { .. })));
        assert!(ledger.close().is_err());
    });
}
