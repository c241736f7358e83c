//! Many threads, one account.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use purser_core::money::Nano;
use purser_ledger::{HoldOutcome, HoldRequest, Ledger, MemoryJournal, Options};

use crate::bench::{TestClock, amounts, budget, exact, grant, journals, options};

const THREADS: i64 = 64;
const CALLS: i64 = 60;
const LIMIT: i64 = 10_000;

#[test]
fn sixty_four_threads_never_overspend_and_leave_no_hold() {
    for disk in &journals() {
        many_spend_at_once(disk);
    }
}

fn many_spend_at_once(disk: &MemoryJournal) {
    let (ledger, _) = Ledger::open(
        Box::new(disk.clone()),
        None,
        Options { slice_per_mille: 100, ..options(1) },
        Arc::new(TestClock::default()),
        None,
    )
    .unwrap();
    let (numbers, _) = ledger.accounts(&[(grant(1), Nano::new(LIMIT)), (budget(1), Nano::new(2 * LIMIT))]).unwrap();
    let (person, unit) = (numbers[0], numbers[1]);
    let (spent, refused) = (AtomicI64::new(0), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (ledger, spent, refused) = (&ledger, &spent, &refused);
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                for call in 0..CALLS {
                    let want = Nano::new(1 + (thread * 7 + call * 3) % 40);
                    let request = HoldRequest { grants: &[person], ceilings: &[unit], want, least: Nano::new(1) };
                    match ledger.hold(&request).unwrap() {
                        HoldOutcome::Placed(hold) => {
                            runtime.block_on(hold.cleared()).unwrap();
                            let charge = hold.amount().get() - (call % 3).min(hold.amount().get());
                            spent.fetch_add(charge, Ordering::Relaxed);
                            hold.settle(exact(charge)).unwrap();
                        }
                        HoldOutcome::Short(short) => {
                            assert_eq!(short.available, Nano::ZERO);
                            refused.fetch_add(1, Ordering::Relaxed);
                        }
                        HoldOutcome::Wait(lsn) => runtime.block_on(ledger.durable(lsn)).unwrap(),
                    }
                    let balance = ledger.balance(person).unwrap();
                    assert!(!balance.available().is_negative());
                }
            });
        }
    });
    let spent = spent.into_inner();
    assert!(spent <= LIMIT);
    assert_eq!(amounts(&ledger.balance(person).unwrap()), [LIMIT, spent, 0, 0, 0]);
    assert_eq!(amounts(&ledger.balance(unit).unwrap()), [2 * LIMIT, spent, 0, 0, 0]);
    assert!(refused.into_inner() > 0, "the test is meant to reach the end of the money");
    assert_eq!((ledger.open_holds().len(), ledger.dropped_holds()), (0, 0));
    let live = ledger.snapshot().digest();
    ledger.close().unwrap();
    let report = purser_ledger::verify(&mut disk.clone()).unwrap();
    assert_eq!(report.open_holds, 0);
    assert_ne!(report.digest, live, "the end itself is a record");
}
