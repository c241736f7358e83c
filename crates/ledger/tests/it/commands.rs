//! Commands: the same one twice changes nothing more, also over a restart; corrections, reversals, suspense.

use purser_core::account::AccountKey;
use purser_core::money::Nano;
use purser_core::time::Instant;
use purser_ledger::{
    AccountNo, Correction, DETAIL_MAX, Detail, EVENT_MAX, HoldId, LedgerError, Leg, Options, Resolution, SuspenseId,
    Window,
};

use crate::bench::{Bench, budget, command, exact, grant, options, period, run};

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
    assert!(matches!(adjust(-1, 2), Err(LedgerError::BadAmount { .. })));
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
    for (id, item) in ids.iter().zip(&items) {
        let settled = bench.ledger.settle(*id, exact(1));
        assert!(matches!(settled, Err(LedgerError::InSuspense { item: named, .. }) if named == item.id));
    }
    let unknown = HoldId::try_new(purser_ledger::Epoch(1), 99).unwrap();
    assert!(matches!(bench.ledger.settle(unknown, exact(1)), Err(LedgerError::UnknownHold(_))));
    let by = Correction::By { legs: &[], ceilings: &[unit], delta: Nano::new(1) };
    assert!(matches!(bench.ledger.adjust(command(9), ids[0], &by, b""), Err(LedgerError::InSuspense { .. })));
    let first = bench.hold(&[person], &[unit], 1);
    assert_eq!(first.id().to_string(), "hld_2-1", "each start counts its own");
    first.release().unwrap();

    let charge = |charge: i64| Resolution::Charge { charge: Nano::new(charge), detail: Detail::new() };
    let first = bench.ledger.resolve(command(1), items[0].id, &charge(4)).unwrap();
    assert_eq!((first.charge.get(), first.remaining.get()), (4, 46));
    assert!(bench.ledger.resolve(command(1), items[0].id, &charge(4)).unwrap().repeated);
    assert!(matches!(bench.ledger.resolve(command(1), items[0].id, &charge(5)), Err(LedgerError::Conflict(_))));
    let noted = Resolution::Charge { charge: Nano::new(4), detail: Detail::from_slice(b"noted") };
    assert!(matches!(bench.ledger.resolve(command(1), items[0].id, &noted), Err(LedgerError::Conflict(_))));
    assert!(matches!(bench.ledger.resolve(command(1), items[1].id, &charge(4)), Err(LedgerError::Conflict(_))));
    assert!(matches!(bench.ledger.resolve(command(2), items[0].id, &charge(5)), Err(LedgerError::UnknownItem(_))));
    assert_eq!(
        bench.ledger.settle(ids[0], exact(9)).unwrap().charge.get(),
        4,
        "resolving ends a hold as settling does"
    );
    bench.ledger.resolve(command(3), items[1].id, &charge(25)).unwrap();
    bench.ledger.resolve(command(4), items[2].id, &Resolution::WriteOff).unwrap();
    assert!(matches!(bench.ledger.resolve(command(4), items[2].id, &charge(0)), Err(LedgerError::Conflict(_))));
    assert_eq!(bench.amounts(person), [100, 29, 0, 0, 0]);
    assert_eq!(bench.amounts(unit), [1_000, 29, 0, 0, 0]);
    bench.assert_replay_is_live();
}

#[test]
fn after_the_end_nothing_is_taken() {
    let mut bench = Bench::new();
    let ledger = bench.ledger.clone();
    let lsn = ledger.event(command(1), 1, b"x").unwrap().lsn;
    bench.ledger.close().unwrap();
    let Err(LedgerError::Stopped { cause }) = ledger.event(command(2), 1, b"x") else { panic!() };
    assert!(matches!(*cause, purser_ledger::Stop::Closed));
    bench.committer.sync();
    assert_eq!(ledger.watermarks().durable, lsn, "what was taken is written");
}

#[test]
fn an_orderly_end_leaves_nothing_in_suspense() {
    let bench = Bench::new();
    let person = bench.account(grant(1), 10_000);
    bench.hold(&[person], &[], 100).settle(exact(60)).unwrap();
    let Bench { ledger, committer, disk, clock, .. } = bench;
    committer.close().unwrap();
    assert!(matches!(ledger.accounts::<Nano>(&[]), Err(LedgerError::Stopped { .. })));
    let bench = Bench::on(disk, None, options(2), clock);
    assert!(!bench.recovery.tail_may_be_lost, "another boot, and still nothing can be missing");
    assert_eq!(bench.amounts(person), [10_000, 60, 0, 0, 0]);
    assert!(bench.recovery.suspended.is_empty());
}

#[test]
fn a_correction_by_parts_names_the_accounts_of_the_call_and_adds_up() {
    let (mut bench, person, unit, id) = one_call();
    let (other, above, session) =
        (bench.account(grant(2), 100), bench.account(budget(2), 100), bench.account(run(1), 100));
    let ended = bench.account(AccountKey { period: period(0, 10), ..grant(3) }, 100);
    let idle = bench.hold(&[], &[above], 5);
    // So that the person has spent more than the call that is corrected cost.
    bench.hold(&[person], &[unit], 30).settle(exact(30)).unwrap();
    bench.clock.set_s(10);
    bench.ledger.close_ended(Instant::FAR_FUTURE, 10).unwrap();
    let next = AccountNo(ended.0 + 1);
    let unknown = HoldId::try_new(purser_ledger::Epoch(1), 99).unwrap();
    let before = bench.ledger.snapshot().digest();
    let by = |hold: HoldId, on: &[(AccountNo, i64)], ceilings: &[AccountNo], delta: i64| {
        let legs: Vec<Leg> = on.iter().map(|(no, amount)| Leg { no: *no, amount: Nano::new(*amount) }).collect();
        let correction = Correction::By { legs: &legs, ceilings, delta: Nano::new(delta) };
        bench.ledger.adjust(command(5), hold, &correction, b"")
    };
    let many: Vec<AccountNo> = (1..=33).map(AccountNo).collect();
    let many_legs: Vec<(AccountNo, i64)> = many.iter().map(|no| (*no, 0)).collect();
    assert!(matches!(by(unknown, &[], &[], 0), Err(LedgerError::AccountCount { count: 0 })));
    assert!(matches!(by(unknown, &many_legs, &[], 0), Err(LedgerError::AccountCount { count: 33 })));
    assert!(matches!(by(unknown, &[], &many, 0), Err(LedgerError::AccountCount { count: 33 })));
    assert!(matches!(by(unknown, &many_legs[..32], &[], 0), Err(LedgerError::WrongBook { .. })), "32 are not too many");
    assert!(matches!(by(unknown, &[], &many[..32], 0), Err(LedgerError::WrongBook { .. })), "nor limits");
    assert!(matches!(by(id, &[(person, 4)], &[unit], 5), Err(LedgerError::BadAmount { .. })), "4 is not 5");
    let huge = [(person, i64::MAX), (other, 1)];
    assert!(matches!(by(unknown, &huge, &[], i64::MAX), Err(LedgerError::BadAmount { .. })));
    assert!(matches!(by(id, &[(person, 2), (person, 3)], &[unit], 5), Err(LedgerError::NamedTwice(_))));
    assert!(matches!(by(id, &[(person, 5)], &[unit, unit], 5), Err(LedgerError::NamedTwice(_))));
    // Of a call that is remembered: its own accounts, all its limits, and no charge below zero.
    let foreign = |asked| matches!(asked, Err(LedgerError::UnknownAccount(_)));
    assert!(foreign(by(id, &[(other, 5)], &[unit], 5)));
    assert!(foreign(by(id, &[(person, 5)], &[unit, above], 5)));
    assert!(foreign(by(id, &[(person, 5)], &[], 5)));
    assert!(matches!(by(id, &[(person, -21)], &[unit], -21), Err(LedgerError::BadAmount { .. })));
    // Of one that is not ended yet.
    assert!(matches!(by(idle.id(), &[], &[above], 1), Err(LedgerError::NotSettled(_))));
    // Of one that is forgotten: accounts that there were, in their books, with as much spent.
    assert!(foreign(by(unknown, &[(next, 5)], &[], 5)), "no account had this number yet");
    assert!(matches!(by(unknown, &[(unit, 5)], &[], 5), Err(LedgerError::WrongBook { .. })));
    assert!(matches!(by(unknown, &[], &[person], 5), Err(LedgerError::WrongBook { .. })));
    assert!(matches!(by(unknown, &[(person, -51)], &[], -51), Err(LedgerError::BadAmount { .. })));
    let behind_a_closed_one = by(unknown, &[(ended, -5), (person, -51)], &[], -56);
    assert!(matches!(behind_a_closed_one, Err(LedgerError::BadAmount { .. })));
    assert_eq!(bench.ledger.snapshot().digest(), before, "what is refused changes nothing");
    let settled = by(unknown, &[(person, -20)], &[unit, session], 0);
    assert!(matches!(settled, Err(LedgerError::BadAmount { .. })), "the limits would not follow");
    let settled = by(unknown, &[(person, -20)], &[unit], -20).unwrap();
    assert_eq!((settled.charge.get(), settled.overrun.get(), settled.remaining.get()), (-20, 0, 70));
    check_totals(&bench, [person, unit], 30, 0);
    let legs = [Leg { no: person, amount: Nano::new(80) }];
    let above_the_limit = Correction::By { legs: &legs, ceilings: &[unit], delta: Nano::new(80) };
    let settled = bench.ledger.adjust(command(6), unknown, &above_the_limit, b"").unwrap();
    assert_eq!((settled.charge.get(), settled.overrun.get(), settled.remaining.get()), (80, 10, 0));
    idle.release().unwrap();
    bench.assert_replay_is_live();
}

#[test]
fn bytes_beyond_their_bounds_are_refused() {
    let (bench, _, _, id) = one_call();
    let long = |result: Result<(), LedgerError>, bound: usize| {
        assert!(matches!(result, Err(LedgerError::TooLong { len, max, .. }) if (len, max) == (bound + 1, bound)));
    };
    let to = Correction::To(Nano::new(21));
    long(bench.ledger.adjust(command(1), id, &to, &[0; DETAIL_MAX + 1]).map(drop), DETAIL_MAX);
    long(bench.ledger.event(command(1), 1, &vec![0; EVENT_MAX + 1]).map(drop), EVENT_MAX);
    let detail = Detail::from_elem(0, DETAIL_MAX + 1);
    let charge = Resolution::Charge { charge: Nano::ZERO, detail };
    long(bench.ledger.resolve(command(1), SuspenseId(1), &charge).map(drop), DETAIL_MAX);
    bench.ledger.adjust(command(1), id, &to, &[0; DETAIL_MAX]).unwrap();
    bench.ledger.event(command(2), 1, &vec![0; EVENT_MAX]).unwrap();
    let negative = Resolution::Charge { charge: Nano::new(-1), detail: Detail::new() };
    let refused = bench.ledger.resolve(command(3), SuspenseId(1), &negative);
    assert!(matches!(refused, Err(LedgerError::BadAmount { .. })));
}

#[test]
fn a_start_is_no_orderly_end_and_takes_the_slices_back() {
    let mut bench = Bench::new();
    let person = bench.account(grant(1), 10_000);
    bench.hold(&[person], &[], 100).settle(exact(60)).unwrap();
    bench.committer.sync();
    // The process is killed and starts again; then the power is cut before anything else is done.
    let bench = bench.kill().lose_power(0);
    assert!(bench.recovery.tail_may_be_lost);
    assert!(bench.recovery.suspended.is_empty(), "the second start lent nothing");
    let Bench { committer, disk, clock, .. } = bench;
    committer.close().unwrap();
    let bench = Bench::on(disk, None, options(3), clock);
    assert!(!bench.recovery.tail_may_be_lost, "it ended in order");
    assert!(bench.lose_power(0).recovery.tail_may_be_lost, "this time it did not");
}
