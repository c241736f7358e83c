//! Holds: placing, growing, settling, dropping; what is refused.

use std::sync::Arc;

use purser_core::money::Nano;
use purser_ledger::{
    AccountNo, Blocking, Clearance, Correction, DETAIL_MAX, Detail, GrowOutcome, HoldOutcome, HoldRequest, LedgerError,
    Mark, MemoryJournal, Options, Settlement,
};

use crate::bench::{Bench, budget, command, exact, grant, is_cleared, options, ready, run};

/// Places a hold over two grants (10 and 20) under two ceilings (25 and 100), settles it with `charge`, and compares.
fn check(want: i64, charge: i64, expected_grants: [[i64; 2]; 2], expected_overrun: i64) {
    let mut bench = Bench::new();
    let (a, b) = (bench.account(grant(1), 10), bench.account(grant(2), 20));
    let (unit, company) = (bench.account(budget(1), 25), bench.account(budget(2), 100));
    let hold = bench.hold(&[a, b], &[unit, company], want);
    let settled = hold.settle(exact(charge)).unwrap();
    assert_eq!(settled.overrun.get(), expected_overrun);
    assert_eq!(settled.charge.get(), charge);
    for (no, [spent, overrun]) in [a, b].into_iter().zip(expected_grants) {
        let [_, found_spent, held, suspense, found_overrun] = bench.amounts(no);
        assert_eq!(
            [found_spent, held, suspense, found_overrun],
            [spent, 0, 0, overrun],
            "want {want}, charge {charge}"
        );
    }
    assert_eq!(bench.amounts(company)[1], charge, "a ceiling counts all of it");
    assert_eq!(bench.amounts(unit)[4], (charge - 25).max(0), "and marks what was not there");
    bench.assert_replay_is_live();
}

#[test]
fn a_charge_refills_in_burn_order_and_an_excess_takes_what_is_there() {
    check(15, 0, [[0, 0], [0, 0]], 0);
    check(15, 7, [[7, 0], [0, 0]], 0);
    check(15, 12, [[10, 0], [2, 0]], 0);
    check(15, 15, [[10, 0], [5, 0]], 0);
    check(15, 18, [[10, 0], [8, 0]], 0); // the second grant had 15 more
    check(15, 40, [[10, 0], [30, 10]], 10); // nobody has the rest: the last that pays overruns
    check(5, 12, [[10, 0], [2, 0]], 0); // the first grant's own rest comes first
    check(5, 40, [[20, 10], [20, 0]], 10); // the second had no part in the hold, so the first overruns
}

#[test]
fn a_hold_is_clamped_to_what_fits_and_never_below_the_least() {
    let bench = Bench::new();
    let (a, b) = (bench.account(grant(1), 10), bench.account(grant(2), 20));
    let unit = bench.account(budget(1), 25);
    let HoldOutcome::Placed(first) = bench.ask(&[a, b], &[unit], 100, 1) else { panic!() };
    assert_eq!((first.amount().get(), first.available_after().get()), (25, 5));
    assert_eq!(bench.amounts(a)[2], 10);
    assert_eq!(bench.amounts(b)[2], 15);
    let HoldOutcome::Short(short) = bench.ask(&[a, b], &[unit], 5, 1) else { panic!() };
    assert_eq!((short.blocking, short.available.get()), (Blocking::Ceiling(unit), 0));
    assert!(short.is_held(), "the money is only set aside");
    first.settle(exact(25)).unwrap();
    let HoldOutcome::Short(short) = bench.ask(&[a, b], &[unit], 5, 1) else { panic!() };
    assert!(!short.is_held(), "now it is gone");
}

#[test]
fn what_is_gone_for_good_is_named_before_what_is_only_held() {
    let bench = Bench::new();
    let person = bench.account(grant(1), 10);
    let unit = bench.account(budget(1), 10);
    bench.hold(&[], &[unit], 5).settle(exact(5)).unwrap();
    let hold = bench.hold(&[person], &[], 10);
    let HoldOutcome::Short(short) = bench.ask(&[person], &[unit], 6, 6) else { panic!() };
    assert_eq!((short.blocking, short.if_all_released.get()), (Blocking::Ceiling(unit), 5));
    hold.release().unwrap();
}

#[test]
fn the_first_that_has_too_little_is_named_but_for_what_is_gone() {
    let bench = Bench::new();
    let (a, b) = (bench.account(budget(1), 10), bench.account(budget(2), 10));
    let blocking = |first: AccountNo, second: AccountNo| match bench.ask(&[], &[first, second], 6, 6) {
        HoldOutcome::Short(short) => (short.blocking, short.is_held()),
        other => panic!("{other:?}"),
    };
    let holds = [a, b].map(|no| bench.hold(&[], &[no], 5));
    assert_eq!(blocking(a, b), (Blocking::Ceiling(a), true));
    assert_eq!(blocking(b, a), (Blocking::Ceiling(b), true));
    let [of_a, of_b] = holds;
    of_a.settle(exact(5)).unwrap();
    assert_eq!(blocking(a, b), (Blocking::Ceiling(a), false));
    assert_eq!(blocking(b, a), (Blocking::Ceiling(a), false), "what is gone comes before what is held");
    of_b.settle(exact(5)).unwrap();
    assert_eq!(blocking(a, b), (Blocking::Ceiling(a), false));
    assert_eq!(blocking(b, a), (Blocking::Ceiling(b), false));
    let all = bench.hold(&[], &[a, b], 5);
    assert_eq!(all.available_after(), Nano::ZERO, "at the tightest, where there are no grants");
    all.release().unwrap();
    let wide = bench.account(budget(3), 100);
    let of_both = bench.hold(&[], &[wide, a], 2);
    assert_eq!(of_both.settle(exact(2)).unwrap().remaining, Nano::new(3), "and so afterwards");
    bench.account(budget(1), 12);
    let some = bench.hold(&[], &[a], 2);
    assert_eq!(some.available_after(), Nano::new(3));
    some.release().unwrap();
}

#[test]
fn a_hold_grows_within_its_own_grants() {
    let mut bench = Bench::new();
    let (a, b, session) = (bench.account(grant(1), 10), bench.account(grant(2), 5), bench.account(run(1), 100));
    let mut hold = bench.hold(&[a, b], &[session], 8);
    assert_eq!(hold.grow(Nano::new(4), Nano::new(4)).unwrap(), GrowOutcome::Grown { by: Nano::new(4) });
    assert_eq!([bench.amounts(a)[2], bench.amounts(b)[2], bench.amounts(session)[2]], [10, 2, 12]);
    assert!(matches!(hold.grow(Nano::new(4), Nano::new(4)).unwrap(), GrowOutcome::Short(_)));
    assert_eq!(hold.grow(Nano::new(4), Nano::new(1)).unwrap(), GrowOutcome::Grown { by: Nano::new(3) });
    assert_eq!(hold.amount().get(), 15);
    hold.settle(exact(11)).unwrap();
    assert_eq!([bench.amounts(a)[1], bench.amounts(b)[1], bench.amounts(session)[1]], [10, 1, 11]);
    bench.assert_replay_is_live();
}

#[test]
fn a_dropped_hold_settles_with_what_is_known_or_in_full() {
    let bench = Bench::new();
    let person = bench.account(grant(1), 100);
    drop(bench.hold(&[person], &[], 40));
    assert_eq!(bench.amounts(person)[1..3], [40, 0]);
    let mut hold = bench.hold(&[person], &[], 40);
    hold.known(Settlement { charge: Nano::new(3), mark: Mark::Estimated, detail: Detail::new() });
    drop(hold);
    assert_eq!(bench.amounts(person)[1..3], [43, 0]);
    assert_eq!(bench.ledger.dropped_holds(), 2);
    bench.hold(&[person], &[], 1).release().unwrap();
    bench.hold(&[person], &[], 1).settle(exact(1)).unwrap();
    assert_eq!(bench.ledger.dropped_holds(), 2, "those ended as they should");
}

#[test]
fn a_settlement_that_is_refused_settles_in_full() {
    let bench = Bench::new();
    let person = bench.account(grant(1), 100);
    let check = |settlement: Settlement, spent: i64| {
        assert!(bench.hold(&[person], &[], 10).settle(settlement).is_err());
        assert_eq!(bench.amounts(person)[1..3], [spent, 0]);
    };
    check(exact(-1), 10);
    check(Settlement { detail: Detail::from_elem(0, DETAIL_MAX + 1), ..exact(1) }, 20);
    check(exact(i64::MAX), 30);
}

#[test]
fn an_id_settles_once() {
    let bench = Bench::new();
    let person = bench.account(grant(1), 100);
    let hold = bench.hold(&[person], &[], 40);
    let id = hold.id();
    let first = hold.settle(exact(7)).unwrap();
    for charge in [7, 9] {
        let again = bench.ledger.settle(id, exact(charge)).unwrap();
        assert_eq!((again.charge, again.lsn, again.repeated), (first.charge, first.lsn, true));
    }
    let released = bench.hold(&[person], &[], 40);
    let id = released.id();
    released.release().unwrap();
    assert_eq!(bench.ledger.settle(id, exact(5)).unwrap().charge, Nano::ZERO, "released is ended too");
    assert_eq!(bench.amounts(person)[1..3], [7, 0]);
}

#[test]
fn what_makes_no_sense_is_refused_and_changes_nothing() {
    let bench = Bench::new();
    let person = bench.account(grant(1), 100);
    let unit = bench.account(budget(1), 100);
    let before = bench.ledger.snapshot().digest();
    let check = |grants: &[AccountNo], ceilings: &[AccountNo], want: i64, least: i64| {
        let request = HoldRequest { grants, ceilings, want: Nano::new(want), least: Nano::new(least) };
        bench.ledger.hold(&request).unwrap_err()
    };
    assert!(matches!(check(&[], &[], 1, 1), LedgerError::AccountCount { count: 0 }));
    let amount = |error| match error {
        LedgerError::BadAmount { what, amount } => (what, amount.get()),
        other => panic!("{other:?}"),
    };
    assert_eq!(amount(check(&[person], &[], -1, -1)), ("the amount wanted", -1));
    assert_eq!(amount(check(&[person], &[], 1, -1)), ("the least useful amount", -1));
    assert_eq!(amount(check(&[person], &[], 1, 2)), ("the least useful amount", 2));
    assert!(matches!(check(&[unit], &[], 1, 1), LedgerError::WrongBook { .. }));
    assert!(matches!(check(&[], &[person], 1, 1), LedgerError::WrongBook { .. }));
    assert!(matches!(check(&[person, person], &[], 1, 1), LedgerError::NamedTwice(_)));
    assert!(matches!(check(&[AccountNo(99)], &[], 1, 1), LedgerError::UnknownAccount(_)));
    for (grants, ceilings) in [([AccountNo(1); 33].as_slice(), [].as_slice()), (&[], &[AccountNo(2); 33])] {
        assert!(matches!(check(grants, ceilings, 1, 1), LedgerError::AccountCount { count: 33 }));
        let fewer = check(&grants[..grants.len().min(32)], &ceilings[..ceilings.len().min(32)], 1, 1);
        assert!(matches!(fewer, LedgerError::NamedTwice(_)), "32 are not too many");
    }
    let negative = bench.ledger.accounts(&[(grant(2), Nano::new(-1))]);
    assert!(matches!(negative, Err(LedgerError::BadAmount { .. })));
    let unknown = purser_ledger::HoldId::try_new(purser_ledger::Epoch(1), 77).unwrap();
    assert!(matches!(bench.ledger.settle(unknown, exact(1)), Err(LedgerError::UnknownHold(_))));
    let adjusted = bench.ledger.adjust(command(1), unknown, &Correction::To(Nano::ZERO), b"");
    assert!(matches!(adjusted, Err(LedgerError::UnknownHold(_))));
    assert_eq!(bench.ledger.snapshot().digest(), before);
}

#[test]
fn a_lowered_limit_stops_new_holds_and_lets_open_ones_end() {
    let mut bench = Bench::new();
    let person = bench.account(grant(1), 100);
    let hold = bench.hold(&[person], &[], 60);
    bench.account(grant(1), 50);
    assert!(matches!(bench.ask(&[person], &[], 1, 1), HoldOutcome::Short(_)));
    hold.settle(exact(20)).unwrap();
    assert_eq!(bench.amounts(person), [50, 20, 0, 0, 0]);
    bench.hold(&[person], &[], 30).release().unwrap();
    bench.assert_replay_is_live();
}

#[test]
fn inside_its_slice_a_hold_needs_no_disk() {
    let mut bench = Bench::new();
    let person = bench.account(grant(1), 10_000);
    let first = bench.hold(&[person], &[], 100);
    assert!(matches!(first.clearance(), Clearance::Durable(_)), "the first one waits for the disk");
    bench.committer.write();
    assert!(!is_cleared(&first));
    bench.committer.sync();
    assert!(is_cleared(&first));

    // The slice is 125: one bound and a quarter, which is more than a percent.
    let second = bench.hold(&[person], &[], 110);
    assert!(matches!(second.clearance(), Clearance::Written(_)));
    let written = bench.ledger.watermarks().written;
    assert!(is_cleared(&second), "handed to the operating system, that is enough");
    assert!(bench.ledger.watermarks().written > written, "by whoever asks");
    let third = bench.hold(&[person], &[], 16);
    assert!(matches!(third.clearance(), Clearance::Durable(_)), "the window is full");
    bench.committer.sync();
    let fourth = bench.hold(&[person], &[], 125);
    assert!(matches!(fourth.clearance(), Clearance::Written(_)), "a sync empties it");

    bench.account(grant(1), 20_000);
    let fifth = bench.hold(&[person], &[], 1);
    assert!(matches!(fifth.clearance(), Clearance::Durable(_)), "a raise must be on disk before it is leaned on");
    for hold in [first, second, third, fourth, fifth] {
        hold.release().unwrap();
    }
}

#[test]
fn a_slice_given_back_is_not_used_again_while_that_is_on_its_way() {
    let mut bench = Bench::new();
    let person = bench.account(grant(1), 10_000);
    bench.hold(&[person], &[], 100).release().unwrap();
    bench.committer.sync();
    bench.clock.advance_s(100);
    bench.committer.tend();
    // The journal may end right behind what tend queued, and then nothing would be set aside for this hold.
    let hold = bench.hold(&[person], &[], 1);
    assert!(matches!(hold.clearance(), Clearance::Durable(_)));
    hold.release().unwrap();
}

#[test]
fn a_growth_outside_the_slice_must_be_cleared_again() {
    let mut bench = Bench::new();
    let person = bench.account(grant(1), 10_000);
    bench.hold(&[person], &[], 100).release().unwrap();
    bench.committer.sync();
    let mut hold = bench.hold(&[person], &[], 100);
    bench.committer.write();
    assert!(is_cleared(&hold));
    let grown = hold.grow(Nano::new(5_000), Nano::new(1)).unwrap();
    assert_eq!(grown, GrowOutcome::Grown { by: Nano::new(5_000) });
    bench.committer.write();
    assert!(!is_cleared(&hold));
    bench.committer.sync();
    assert!(is_cleared(&hold));
    hold.release().unwrap();
}

#[test]
fn a_growth_inside_the_slice_does_not_clear_what_waits_for_the_disk() {
    let mut bench = Bench::new();
    let person = bench.account(grant(1), 10_000);
    bench.hold(&[person], &[], 100).release().unwrap(); // takes a slice of 125
    bench.committer.sync();
    let mut hold = bench.hold(&[person], &[], 200);
    assert!(matches!(hold.clearance(), Clearance::Durable(_)));
    assert_eq!(hold.grow(Nano::new(10), Nano::new(1)).unwrap(), GrowOutcome::Grown { by: Nano::new(10) });
    bench.committer.write();
    assert!(!is_cleared(&hold), "the first 200 are not on disk");
    bench.committer.sync();
    assert!(is_cleared(&hold));
    hold.release().unwrap();
}

#[test]
fn without_a_pen_only_a_sync_empties_the_window() {
    let mut bench = Bench::on(MemoryJournal::new(), None, options(1), Arc::default());
    let person = bench.account(grant(1), 10_000);
    bench.hold(&[person], &[], 100).release().unwrap(); // takes a slice of 125
    bench.committer.sync();
    let first = bench.hold(&[person], &[], 100);
    assert!(matches!(first.clearance(), Clearance::Written(_)));
    assert!(!is_cleared(&first));
    for name in 0..3 {
        bench.ledger.event(command(name), 1, b"x").unwrap();
        bench.committer.write();
    }
    assert!(is_cleared(&first));
    let second = bench.hold(&[person], &[], 100);
    assert!(matches!(second.clearance(), Clearance::Durable(_)), "what was written is not on disk");
    bench.committer.sync();
    let third = bench.hold(&[person], &[], 100);
    assert!(matches!(third.clearance(), Clearance::Written(_)));
    for hold in [first, second, third] {
        hold.release().unwrap();
    }
}

#[test]
fn where_every_hold_waits_for_the_disk_there_are_no_slices() {
    let mut bench = Bench::with(Options { wait_for_disk: true, ..options(1) });
    let person = bench.account(grant(1), 10_000);
    for _ in 0..3 {
        bench.committer.sync();
        let before = bench.ledger.watermarks().decided;
        let hold = bench.hold(&[person], &[], 100);
        assert_eq!(hold.clearance(), Clearance::Durable(before.next()));
        assert_eq!(bench.ledger.watermarks().decided, before.next(), "nothing else is recorded");
        hold.release().unwrap();
    }
}

#[test]
fn what_cannot_be_written_is_not_cleared() {
    let mut bench = Bench::new();
    let person = bench.account(grant(1), 10_000);
    bench.hold(&[person], &[], 100).release().unwrap();
    bench.committer.sync();
    let hold = bench.hold(&[person], &[], 100);
    assert!(matches!(hold.clearance(), Clearance::Written(_)));
    drop(bench.disk.kill()); // its journal fails from now on
    for _ in 0..2 {
        assert!(matches!(ready(hold.cleared()), Some(Err(LedgerError::Stopped { .. }))), "also when asked again");
    }
}

#[test]
fn what_is_charged_above_its_hold_is_in_the_window_too() {
    for on_grant in [true, false] {
        let mut bench = Bench::new();
        let no = if on_grant { bench.account(grant(1), 10_000) } else { bench.account(budget(1), 10_000) };
        let hold = |bench: &Bench, want: i64| {
            let (grants, ceilings): (&[AccountNo], &[AccountNo]) = if on_grant { (&[no], &[]) } else { (&[], &[no]) };
            bench.hold(grants, ceilings, want)
        };
        hold(&bench, 100).release().unwrap(); // takes a slice of 125
        for (charge, want, is_inside) in
            [(50, 30, true), (94, 30, true), (96, 30, false), (0, 75, true), (0, 76, false)]
        {
            bench.committer.sync();
            hold(&bench, 50).settle(exact(charge)).unwrap();
            let next = hold(&bench, want);
            let found = matches!(next.clearance(), Clearance::Written(_));
            assert_eq!(found, is_inside, "50 held, {charge} charged, {want} wanted");
            next.release().unwrap();
        }
    }
}

#[test]
fn a_grant_that_gives_nothing_need_not_be_on_disk() {
    let mut bench = Bench::new();
    let person = bench.account(grant(1), 10_000);
    bench.hold(&[person], &[], 100).release().unwrap(); // takes a slice of 125
    bench.committer.sync();
    let next = bench.account(grant(2), 10_000);
    let hold = bench.hold(&[person, next], &[], 100);
    assert!(matches!(hold.clearance(), Clearance::Written(_)));
    hold.release().unwrap();
    let other_way = bench.hold(&[next, person], &[], 1);
    assert!(matches!(other_way.clearance(), Clearance::Durable(_)));
    other_way.release().unwrap();
}

#[test]
fn a_hold_is_inside_only_where_it_is_on_all_its_accounts() {
    let mut bench = Bench::new();
    let (person, unit) = (bench.account(grant(1), 10_000), bench.account(budget(1), 100_000));
    bench.hold(&[], &[unit], 100).release().unwrap(); // the unit has a slice of 1000, the person none
    bench.committer.sync();
    let hold = bench.hold(&[person], &[unit], 100);
    assert!(matches!(hold.clearance(), Clearance::Durable(_)));
    bench.committer.sync();
    let next = bench.hold(&[person], &[unit], 100);
    assert!(matches!(next.clearance(), Clearance::Written(_)), "now both have");
    hold.release().unwrap();
    next.release().unwrap();
}

#[test]
fn a_growth_of_what_is_on_disk_waits_for_itself_alone() {
    let mut bench = Bench::new();
    let person = bench.account(grant(1), 10_000);
    bench.hold(&[person], &[], 100).release().unwrap(); // takes a slice of 125
    bench.committer.sync();
    let first = bench.hold(&[person], &[], 100);
    let mut second = bench.hold(&[person], &[], 100);
    let on_disk = second.clearance();
    assert_eq!(on_disk, Clearance::Durable(bench.ledger.watermarks().decided));
    bench.committer.sync();
    assert_eq!(second.grow(Nano::new(10), Nano::new(10)).unwrap(), GrowOutcome::Grown { by: Nano::new(10) });
    assert_eq!(second.clearance(), Clearance::Written(bench.ledger.watermarks().decided));
    assert_eq!(second.available_after(), Nano::new(9_790));
    first.release().unwrap();
    second.release().unwrap();
}
