//! Periods that are over, and the memory they would take.

use purser_core::account::AccountKey;
use purser_core::money::Nano;
use purser_core::time::Instant;
use purser_ledger::{AccountRef, Correction, LedgerError, Resolution};

use crate::bench::{Bench, command, exact, grant, is_cleared, period};

fn on_day(id: u128, day: i64) -> AccountKey {
    AccountKey { period: period(day * 86_400, (day + 1) * 86_400), ..grant(id) }
}

#[test]
fn an_account_closes_once_nothing_needs_it_and_never_opens_again() {
    let mut bench = Bench::new();
    let day = bench.account(on_day(1, 0), 100);
    let hold = bench.hold(&[day], &[], 10);
    let id = hold.id();
    let close = |bench: &Bench| bench.ledger.close_ended(Instant::FAR_FUTURE, 100).unwrap();
    assert_eq!(close(&bench), 0, "the day is not over");
    bench.clock.set_s(86_400);
    assert_eq!(bench.account(on_day(1, 0), 100), day, "it is there as long as it is open");
    assert_eq!(close(&bench), 0, "a call of yesterday is still under way");
    hold.settle(exact(4)).unwrap();
    assert_eq!(bench.amounts(day)[1], 4, "and is charged to yesterday");
    assert_eq!(close(&bench), 1);
    assert!(bench.ledger.balance(day).is_none());
    let again = bench.ledger.accounts(&[(on_day(1, 0), Nano::new(100))]);
    assert!(matches!(again, Err(LedgerError::PeriodOver(_))), "its money would be there twice");
    assert_ne!(bench.account(on_day(1, 1), 100), day);

    // A late correction: the closed statement stays, the source of the book bears the difference.
    let settled = bench.ledger.adjust(command(1), id, &Correction::To(Nano::new(9)), b"").unwrap();
    assert_eq!((settled.charge.get(), settled.overrun.get()), (9, 0));
    bench.committer.sync();
    let mut postings = Vec::new();
    let mut replica = purser_ledger::Replica::new(None);
    purser_ledger::Journal::read(&mut bench.disk.clone(), purser_ledger::FrameNo(1), &mut |frame| {
        replica
            .apply_each(&frame, |state, stamped| {
                if matches!(stamped.record, purser_ledger::Record::Adjust { .. }) {
                    postings = state.postings(&stamped.record);
                }
                Ok(())
            })
            .unwrap();
        std::ops::ControlFlow::Continue(())
    })
    .unwrap();
    let shown: Vec<_> = postings.iter().map(|p| (p.account, p.amount.get())).collect();
    assert_eq!(shown, [(AccountRef::Source, -5), (AccountRef::Provider, 5)]);
    bench.assert_replay_is_live();
}

#[test]
fn an_account_with_something_in_suspense_stays() {
    let mut bench = Bench::new();
    let day = bench.account(on_day(1, 0), 100);
    let lost = bench.hold(&[day], &[], 10);
    bench.committer.sync();
    let mut bench = bench.kill();
    drop(lost);
    bench.clock.set_s(86_400);
    assert_eq!(bench.ledger.close_ended(Instant::FAR_FUTURE, 100).unwrap(), 0);
    let item = bench.ledger.suspense_items()[0].id;
    bench.ledger.resolve(command(1), item, &Resolution::WriteOff).unwrap();
    assert_eq!(bench.ledger.close_ended(Instant::FAR_FUTURE, 100).unwrap(), 1);
    bench.assert_replay_is_live();
}

#[test]
fn memory_stays_flat_over_months() {
    let mut bench = Bench::new();
    let mut sizes = Vec::new();
    for day in 0..120 {
        bench.clock.set_s(day * 86_400 + 10);
        for person in 0..20 {
            let no = bench.account(on_day(person, day), 100);
            bench.hold(&[no], &[], 10).settle(exact(4)).unwrap();
        }
        bench.ledger.close_ended(Instant::FAR_FUTURE, 1_000).unwrap();
        bench.committer.sync();
        sizes.push((bench.ledger.balances().len(), bench.ledger.snapshot().encode().len()));
    }
    let (accounts, bytes) = sizes[10];
    assert_eq!(accounts, 20);
    let (last_accounts, last_bytes) = sizes[119];
    assert_eq!(last_accounts, accounts);
    assert!(last_bytes < bytes + bytes / 8, "{bytes} bytes after ten days, {last_bytes} after months");
    bench.assert_replay_is_live();
}

#[test]
fn an_idle_slice_is_given_back_before_a_power_cut() {
    let mut bench = Bench::new();
    let (busy, idle) = (bench.account(grant(1), 10_000), bench.account(grant(2), 10_000));
    for no in [busy, idle] {
        let hold = bench.hold(&[no], &[], 100);
        bench.committer.sync();
        assert!(is_cleared(&hold));
        hold.settle(exact(100)).unwrap();
    }
    bench.committer.sync();
    bench.clock.advance_s(45);
    bench.hold(&[busy], &[], 50).settle(exact(50)).unwrap();
    bench.clock.advance_s(30);
    bench.committer.tend();
    bench.committer.sync();
    let bench = bench.lose_power(0);
    assert!(bench.recovery.tail_may_be_lost);
    assert_eq!(bench.amounts(busy), [10_000, 150, 0, 125, 0]);
    assert_eq!(bench.amounts(idle), [10_000, 100, 0, 0, 0]);
}
