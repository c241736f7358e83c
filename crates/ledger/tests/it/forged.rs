//! Records with right checksums that no ledger writes: replay refuses each and names it, so that no book is left that
//! does not balance.

use purser_core::money::Nano;
use purser_core::time::Instant;
use purser_ledger::{
    AccountNo, BootId, Correction, Detail, Epoch, Frame, HoldId, LedgerError, Leg, Mark, MemoryJournal, Record,
    Replica, Snapshot, Window, verify,
};

use crate::bench::{Bench, budget, command, exact, grant};

const FIRST: AccountNo = AccountNo(1);
const SECOND: AccountNo = AccountNo(2);
const LIMIT: AccountNo = AccountNo(3);
const NEVER: AccountNo = AccountNo(4);

fn at(second: i64) -> Instant {
    Instant::from_micros(second * 1_000_000)
}

fn hold_id(sequence: u64) -> HoldId {
    HoldId::try_new(Epoch(1), sequence).unwrap()
}

/// A start, two grants with all that an amount can be, a limit of a thousand: seven records.
fn beginning() -> Vec<Record> {
    let window = Window { age_s: 3_600, settled_max: 100, commands_max: 100 };
    let open = |no, key| Record::Open { no, key };
    let fund = |no, delta| Record::Fund { no, delta };
    vec![
        Record::Boot { epoch: Epoch(1), boot: BootId(1), window },
        open(FIRST, grant(1)),
        open(SECOND, grant(2)),
        open(LIMIT, budget(1)),
        fund(FIRST, Nano::MAX),
        fund(SECOND, Nano::MAX),
        fund(LIMIT, Nano::new(1_000)),
    ]
}

fn hold(sequence: u64, legs: &[(AccountNo, i64)], ceilings: &[AccountNo], amount: i64) -> Record {
    Record::Hold {
        id: hold_id(sequence),
        amount: Nano::new(amount),
        legs: legs.iter().map(|(no, amount)| Leg { no: *no, amount: Nano::new(*amount) }).collect(),
        ceilings: ceilings.into(),
    }
}

/// Of a hold that was never placed, as of one that is forgotten, unless it is hold 1.
fn adjust(name: u128, sequence: u64, legs: &[(AccountNo, i64)], ceilings: &[AccountNo], delta: i64) -> Record {
    Record::Adjust {
        command: command(name),
        input: 0,
        id: hold_id(sequence),
        legs: legs.iter().map(|(no, amount)| Leg { no: *no, amount: Nano::new(*amount) }).collect(),
        delta: Nano::new(delta),
        ceilings: ceilings.into(),
        detail: Detail::new(),
    }
}

/// Replays the beginning and these; the last is refused with these words, or all of it is taken, verifies, and is a
/// state that a snapshot keeps.
fn check(more: &[Record], refused: Option<&str>) {
    let records: Vec<(Instant, Record)> =
        beginning().into_iter().chain(more.iter().cloned()).map(|record| (at(1), record)).collect();
    let frame = Frame::of(None, &records);
    let mut replica = Replica::new(None);
    let replayed = replica.apply(&frame);
    let verified = verify(&mut MemoryJournal::from_bytes(frame.encode()));
    if let Some(what) = refused {
        let expected = format!("Record {} in frame 1 is wrong: {what}.", records.len());
        assert_eq!(replayed.unwrap_err().what, expected, "{more:?}");
        assert_eq!(verified.unwrap_err().what, expected, "{more:?}");
    } else {
        replayed.unwrap();
        verified.unwrap();
        let snapshot = replica.snapshot();
        assert_eq!(Snapshot::decode(&snapshot.encode()).unwrap().digest(), snapshot.digest());
    }
}

#[test]
fn a_correction_of_a_forgotten_call_stays_in_its_books() {
    check(&[adjust(1, 99, &[(FIRST, 5)], &[LIMIT], 5)], None);
    check(&[adjust(1, 99, &[(LIMIT, 5)], &[], 5)], Some("it uses an account of the other book"));
    check(&[adjust(1, 99, &[], &[FIRST], 5)], Some("it uses an account of the other book"));
    check(&[adjust(1, 99, &[(FIRST, 5)], &[LIMIT, SECOND], 5)], Some("it uses an account of the other book"));
}

#[test]
fn a_correction_names_accounts_that_were_opened_and_a_call_that_ended() {
    check(&[adjust(1, 99, &[(NEVER, 5)], &[LIMIT], 5)], Some("it names an account that was never opened"));
    check(&[adjust(1, 99, &[(FIRST, 5)], &[AccountNo(0)], 5)], Some("it names an account that was never opened"));
    check(&[adjust(1, 99, &[], &[], 5)], Some("it charges no account"));
    check(&[adjust(1, 99, &[], &[], 0)], None);
    let placed = hold(1, &[(FIRST, 10)], &[LIMIT], 10);
    let correction = adjust(1, 1, &[(FIRST, 5)], &[LIMIT], 5);
    check(&[placed.clone(), correction.clone()], Some("it adjusts a hold that has not ended"));
    check(&[placed, Record::Suspend { id: hold_id(1) }, correction], Some("it adjusts a hold that has not ended"));
}

#[test]
fn an_amount_without_an_opposite_is_charged_on_no_account() {
    let what = Some("it charges an amount that has no opposite");
    check(&[adjust(1, 99, &[(FIRST, i64::MIN)], &[LIMIT], i64::MIN)], what);
    check(&[adjust(1, 99, &[], &[LIMIT], i64::MIN)], what);
}

#[test]
fn a_hold_is_on_an_account_and_stays_an_amount() {
    check(&[hold(1, &[], &[], 10)], Some("its hold is on no account"));
    let both = [(FIRST, i64::MAX - 1), (SECOND, 0)];
    let grow = |amount: i64| Record::Grow {
        id: hold_id(1),
        amount: Nano::new(amount),
        legs: [Leg { no: SECOND, amount: Nano::new(amount) }].into_iter().collect(),
    };
    check(&[hold(1, &both, &[], i64::MAX - 1), grow(1)], None);
    let what = Some("account 1: a balance leaves the range of the ledger");
    check(&[hold(1, &both, &[], i64::MAX - 1), grow(2)], what);
}

#[test]
fn a_corrected_charge_stays_an_amount_on_each_grant() {
    let call = |sequence: u64, legs: &[(AccountNo, i64)], charge: i64| {
        let paid = |no: AccountNo| Leg { no, amount: Nano::new(charge) };
        [
            hold(sequence, legs, &[], 0),
            Record::Settle {
                id: hold_id(sequence),
                charge: Nano::new(charge),
                legs: legs.first().map(|(no, _)| paid(*no)).into_iter().collect(),
                overrun: Nano::ZERO,
                mark: Mark::Exact,
                detail: Detail::new(),
            },
        ]
    };
    // All of the second grant was spent by one call; another then moves its own charge there and back.
    let grants = [(FIRST, 0), (SECOND, 0)];
    let spent = [call(1, &[(SECOND, 0)], i64::MAX), call(2, &grants, 0)].concat();
    let back = adjust(1, 2, &[(FIRST, i64::MAX), (SECOND, -i64::MAX)], &[], 0);
    let after = |more: &[Record]| [&spent[..], more].concat();
    check(&after(std::slice::from_ref(&back)), None);
    let again = adjust(2, 1, &[(SECOND, 1)], &[], 1);
    check(&after(&[back.clone(), again]), Some("account 2: a balance leaves the range of the ledger"));
    let less = adjust(2, 2, &[(FIRST, 1), (SECOND, -1)], &[], 0);
    check(&after(&[back, less]), Some("account 1: a balance leaves the range of the ledger"));
}

#[test]
fn a_live_ledger_refuses_what_replay_would() {
    let mut bench = Bench::new();
    let (first, second) = (bench.account(grant(1), i64::MAX), bench.account(grant(2), i64::MAX));
    let mut hold = bench.hold(&[first, second], &[], i64::MAX);
    assert!(matches!(hold.grow(Nano::new(1), Nano::new(1)), Err(LedgerError::Overflow(_))));
    let id = hold.id();
    hold.settle(exact(60)).unwrap();
    let by = |legs: &[Leg], ceilings: &[AccountNo], delta: i64| {
        let correction = Correction::By { legs, ceilings, delta: Nano::new(delta) };
        bench.ledger.adjust(command(1), HoldId::try_new(id.epoch(), 77).unwrap(), &correction, b"")
    };
    assert!(matches!(by(&[], &[AccountNo(0)], 1), Err(LedgerError::UnknownAccount(_))));
    assert!(matches!(by(&[], &[AccountNo(9)], 1), Err(LedgerError::UnknownAccount(_))));
    assert!(matches!(by(&[], &[first], 1), Err(LedgerError::WrongBook { .. })));
    let endless = Leg { no: first, amount: Nano::new(i64::MIN) };
    assert!(matches!(by(&[endless], &[], i64::MIN), Err(LedgerError::BadAmount { .. })));
    bench.assert_replay_is_live();
}
