//! What a record weighs: rule 7 allows 80 bytes for a hold and 200 for a settlement.

use purser_core::money::Nano;
use purser_core::time::Instant;
use purser_ledger::{AccountNo, Detail, Epoch, Frame, HoldId, Leg, Mark, Record};

/// Records of a company with a million accounts, a thousand starts, a thousand million holds, dollars at stake.
fn big() -> (HoldId, Vec<Leg>, Vec<AccountNo>) {
    let leg = |no| Leg { no: AccountNo(no), amount: Nano::new(12_345_678_901) };
    (
        HoldId::try_new(Epoch(1_000), 1_000_000_000).unwrap(),
        vec![leg(1_000_001), leg(1_000_002)],
        [1_000_003, 1_000_004, 1_000_005].map(AccountNo).to_vec(),
    )
}

fn check(record: Record, at_most: usize) {
    let later = Instant::from_micros(1_000_000);
    let frame = Frame::of(None, &[(Instant::EPOCH, Record::Rest), (later, record)]);
    let rest = Frame::of(None, &[(Instant::EPOCH, Record::Rest)]);
    let len = frame.payload.len() - rest.payload.len();
    assert!(len <= at_most, "{len} bytes");
}

#[test]
fn records_are_small() {
    let (id, legs, ceilings) = big();
    let amount = Nano::new(24_691_357_802);
    check(Record::Hold { id, amount, legs: legs.clone().into(), ceilings: ceilings.into() }, 80);
    let detail = Detail::from_elem(7, 140);
    let settle =
        Record::Settle { id, charge: amount, legs: legs.into(), overrun: Nano::ZERO, mark: Mark::Exact, detail };
    check(settle, 200);
    check(Record::Release { id }, 20);
    check(Record::Slice { no: AccountNo(1_000_001), amount }, 20);
    check(Record::Reserve { no: AccountNo(1_000_001), amount }, 20);
    check(Record::Guarantee { no: AccountNo(1_000_001) }, 12);
}
