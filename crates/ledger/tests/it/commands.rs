//! Commands: the same one twice changes nothing more, also over a restart; corrections, reversals, suspense.

use purser_core::money::Nano;
use purser_ledger::{AccountNo, Correction, Detail, HoldId, LedgerError, Leg, Options, Resolution, Window};

use crate::bench::{Bench, budget, command, exact, grant, options};

/// A person with 100 under a unit with 1000, and a call of 30 held, 20 charged.
fn one_call() -> (Bench, AccountNo, AccountNo, HoldId) {
    let bench = Bench::new();
    let (person, unit) = (bench.account(grant(1), 100), bench.account(budget(1), 1_000));
    let hold = bench.hold(&[person], &[unit], 30);
    let id = hold.id();
    hold.settle(exact(20)).unwrap();
    (bench, person, unit, id)
}

fn check_totals(bench: &Bench, accounts: [AccountNo; 2], spent: i64, overrun: i64) {
    for no in accounts {
        assert_eq!(bench.amounts(no)[1..4], [spent, 0, 0], "account {no}");
    }
    assert_eq!(bench.amounts(accounts[0])[4], overrun);
}

#[test]
fn an_exact_figure_after_an_estimate_is_an_adjustment() {
    let (mut bench, person, unit, id) = one_call();
    let adjust = |to: i64, name: u128| bench.ledger.adjust(command(name), id, &Correction::To(Nano::new(to)), b"exact");
    let first = adjust(25, 1).unwrap();
    assert_eq!((first.charge.get(), first.remaining.get(), first.repeated), (25, 75, false));
    check_totals(&bench, [person, unit], 25, 0);
    let again = adjust(25, 1).unwrap();
    assert_eq!((again.charge, again.lsn, again.repeated), (first.charge, first.lsn, true));
    assert!(matches!(adjust(26, 1), Err(LedgerError::Conflict(_))));
    check_totals(&bench, [person, unit], 25, 0);
    adjust(130, 2).unwrap();
    check_totals(&bench, [person, unit], 130, 30);
    assert_eq!(adjust(110, 3).unwrap().overrun.get(), 10);
    check_totals(&bench, [person, unit], 110, 10);
    bench.ledger.reverse(command(4), id).unwrap();
    check_totals(&bench, [person, unit], 0, 0);
    assert!(bench.ledger.reverse(command(4), id).unwrap().repeated);
    assert!(matches!(
        bench.ledger.adjust(command(4), id, &Correction::To(Nano::ZERO), b""),
        Err(LedgerError::Conflict(_))
    ));
    bench.assert_replay_is_live();
}

#[test]
fn a_forgotten_call_is_adjusted_by_what_the_caller_knows() {
    let window = Window { age_s: 60, settled_max: 10, commands_max: 10 };
    let mut bench = Bench::with(Options { window, ..options(1) });
    let (person, unit) = (bench.account(grant(1), 100), bench.account(budget(1), 1_000));
    let hold = bench.hold(&[person], &[unit], 30);
    let id = hold.id();
    hold.settle(exact(20)).unwrap();
    bench.clock.advance_s(61);
    bench.hold(&[person], &[unit], 1).release().unwrap(); // what makes the ledger forget is the next to remember
    let to = bench.ledger.adjust(command(1), id, &Correction::To(Nano::new(25)), b"");
    assert!(matches!(to, Err(LedgerError::UnknownHold(_))));
    let by = |delta: i64, ceiling: AccountNo| {
        let legs = [Leg { no: person, amount: Nano::new(delta) }];
        let correction = Correction::By { legs: &legs, ceilings: &[ceiling], delta: Nano::new(delta) };
        bench.ledger.adjust(command(2), id, &correction, b"")
    };
    assert!(matches!(by(-21, unit), Err(LedgerError::BadAmount { .. })), "less than nothing");
    assert!(matches!(by(1, person), Err(LedgerError::NamedTwice(_))));
    by(5, unit).unwrap();
    check_totals(&bench, [person, unit], 25, 0);
    bench.assert_replay_is_live();
}

#[test]
fn an_event_is_journaled_once_and_survives_a_restart() {
    let mut bench = Bench::new();
    let first = bench.ledger.event(command(9), 3, b"accepted").unwrap();
    assert!(!first.repeated);
    bench.committer.sync();
    let bench = bench.kill();
    let again = bench.ledger.event(command(9), 3, b"accepted").unwrap();
    assert_eq!((again.lsn, again.repeated), (first.lsn, true));
    assert!(matches!(bench.ledger.event(command(9), 3, b"other"), Err(LedgerError::Conflict(_))));
    assert!(matches!(bench.ledger.event(command(9), 4, b"accepted"), Err(LedgerError::Conflict(_))));
    assert!(matches!(
        bench.ledger.reverse(command(9), HoldId::try_new(purser_ledger::Epoch(1), 1).unwrap()),
        Err(LedgerError::Conflict(_))
    ));
}

#[test]
fn a_hold_whose_owner_is_gone_is_suspended_and_resolved() {
    let mut bench = Bench::new();
    let (person, unit) = (bench.account(grant(1), 100), bench.account(budget(1), 1_000));
    let holds = [10, 20, 30].map(|amount| bench.hold(&[person], &[unit], amount));
    let ids = holds.each_ref().map(purser_ledger::Hold::id);
    bench.committer.sync();
    let mut bench = bench.kill();
    holds.into_iter().for_each(drop);
    assert!(!bench.recovery.tail_may_be_lost);
    assert_eq!(bench.amounts(person), [100, 0, 0, 60, 0]);
    assert_eq!(bench.amounts(unit), [1_000, 0, 0, 60, 0]);
    let items = bench.ledger.suspense_items();
    assert_eq!(items.iter().map(|item| item.hold.unwrap()).collect::<Vec<_>>(), ids);
    assert!(matches!(bench.ledger.settle(ids[0], exact(1)), Err(LedgerError::InSuspense { .. })));

    let charge = |charge: i64| Resolution::Charge { charge: Nano::new(charge), detail: Detail::new() };
    let first = bench.ledger.resolve(command(1), items[0].id, &charge(4)).unwrap();
    assert_eq!((first.charge.get(), first.remaining.get()), (4, 46));
    assert!(bench.ledger.resolve(command(1), items[0].id, &charge(4)).unwrap().repeated);
    assert!(matches!(bench.ledger.resolve(command(1), items[0].id, &charge(5)), Err(LedgerError::Conflict(_))));
    assert!(matches!(bench.ledger.resolve(command(2), items[0].id, &charge(5)), Err(LedgerError::UnknownItem(_))));
    assert_eq!(
        bench.ledger.settle(ids[0], exact(9)).unwrap().charge.get(),
        4,
        "resolving ends a hold as settling does"
    );
    bench.ledger.resolve(command(3), items[1].id, &charge(25)).unwrap();
    bench.ledger.resolve(command(4), items[2].id, &Resolution::WriteOff).unwrap();
    assert_eq!(bench.amounts(person), [100, 29, 0, 0, 0]);
    assert_eq!(bench.amounts(unit), [1_000, 29, 0, 0, 0]);
    bench.assert_replay_is_live();
}

#[test]
fn an_orderly_end_leaves_nothing_in_suspense() {
    let bench = Bench::new();
    let person = bench.account(grant(1), 10_000);
    bench.hold(&[person], &[], 100).settle(exact(60)).unwrap();
    let Bench { ledger, committer, disk, clock, .. } = bench;
    committer.close().unwrap();
    assert!(matches!(ledger.accounts(&[]), Err(LedgerError::Stopped { .. })));
    let bench = Bench::on(disk, None, options(2), clock);
    assert!(!bench.recovery.tail_may_be_lost, "another boot, and still nothing can be missing");
    assert_eq!(bench.amounts(person), [10_000, 60, 0, 0, 0]);
    assert!(bench.recovery.suspended.is_empty());
}
