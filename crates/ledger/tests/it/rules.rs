//! What replay refuses: frames that are whole and follow one another, and a record in them that breaks a rule. Nothing
//! the ledger wrote looks so; only a writer that is wrong, or somebody who writes a journal by hand.

use std::sync::Arc;

use purser_core::account::{AccountKey, Book, Period};
use purser_core::money::Nano;
use purser_core::time::Instant;
use purser_ledger::{
    AccountNo, AccountRef, BootId, CatchUpError, Detail, Ending, Epoch, Frame, FrameHash, FrameNo, HoldId, Layer, Leg,
    Lsn, Mark, MemoryJournal, Record, Replica, SuspenseId, VerifyFailure, Window,
};

use crate::bench::{Bench, always, budget, command, grant, options, period};

const NOW_S: i64 = 20;

fn at(seconds: i64) -> Instant {
    Instant::from_micros(seconds * 1_000_000)
}

fn id(sequence: u64) -> HoldId {
    HoldId::try_new(Epoch(1), sequence).unwrap()
}

fn legs(legs: &[(u32, i64)]) -> purser_ledger::Legs {
    legs.iter().map(|(no, amount)| Leg { no: AccountNo(*no), amount: Nano::new(*amount) }).collect()
}

fn ceilings(numbers: &[u32]) -> purser_ledger::Ceilings {
    numbers.iter().map(|no| AccountNo(*no)).collect()
}

fn sum(of: &[(u32, i64)]) -> Nano {
    Nano::new(of.iter().map(|(_, amount)| amount).sum())
}

fn boot(epoch: u32) -> Record {
    let window = Window { age_s: 3_600, settled_max: 10, commands_max: 10 };
    Record::Boot { epoch: Epoch(epoch), boot: BootId(1), window }
}

fn open(no: u32, key: AccountKey) -> Record {
    Record::Open { no: AccountNo(no), key }
}

fn fund(no: u32, delta: i64) -> Record {
    Record::Fund { no: AccountNo(no), delta: Nano::new(delta) }
}

fn slice(no: u32, amount: i64) -> Record {
    Record::Slice { no: AccountNo(no), amount: Nano::new(amount) }
}

fn suspend_slice(no: u32, amount: i64) -> Record {
    Record::SuspendSlice { no: AccountNo(no), amount: Nano::new(amount) }
}

fn hold(sequence: u64, on: &[(u32, i64)], above: &[u32]) -> Record {
    Record::Hold { id: id(sequence), amount: sum(on), legs: legs(on), ceilings: ceilings(above) }
}

/// A hold on limits alone.
fn hold_under(sequence: u64, amount: i64, above: &[u32]) -> Record {
    Record::Hold { id: id(sequence), amount: Nano::new(amount), legs: legs(&[]), ceilings: ceilings(above) }
}

fn grow(sequence: u64, amount: i64, on: &[(u32, i64)]) -> Record {
    Record::Grow { id: id(sequence), amount: Nano::new(amount), legs: legs(on) }
}

fn settle(sequence: u64, charge: i64, by: &[(u32, i64)], overrun: i64) -> Record {
    let (charge, overrun) = (Nano::new(charge), Nano::new(overrun));
    Record::Settle { id: id(sequence), charge, legs: legs(by), overrun, mark: Mark::Exact, detail: Detail::new() }
}

fn resolve(name: u128, item: SuspenseId, ending: Ending, by: &[(u32, i64)], overrun: i64) -> Record {
    let (charge, overrun) = (sum(by), Nano::new(overrun));
    let (command, detail) = (command(name), Detail::new());
    Record::Resolve { command, input: 1, item, ending, charge, legs: legs(by), overrun, detail }
}

fn adjust(name: u128, sequence: u64, by: &[(u32, i64)], above: &[u32]) -> Record {
    let (command, id, delta) = (command(name), id(sequence), sum(by));
    Record::Adjust { command, input: 1, id, legs: legs(by), delta, ceilings: ceilings(above), detail: Detail::new() }
}

fn reverse(name: u128, sequence: u64) -> Record {
    Record::Reverse { command: command(name), input: 1, id: id(sequence) }
}

fn event(name: u128) -> Record {
    Record::Event { command: command(name), input: 1, kind: 1, payload: Vec::new() }
}

fn close(no: u32) -> Record {
    Record::Close { no: AccountNo(no) }
}

/// A day that is over at [`NOW_S`].
fn yesterday() -> Period {
    period(0, 10)
}

/// Grants 1 (100) and 2 (50) and the limits 3, 7 (1000) and 8 last; grants 4 and 5 and limit 6 are of a day that is
/// over. Call 1 holds 30 and 10 under limit 3. Call 2 was charged 15 of grant 1 under it. Call 3, of 10, is in suspense,
/// and so is call 6, which holds nothing, on limit 6. Call 4 holds 5 on limit 7 alone, and call 5 nothing on grant 5. The
/// slice of grant 1 is 30.
///
/// Left: 45 on grant 1, 40 on grant 2, 935 under limit 3.
fn history() -> (Vec<(Instant, Record)>, SuspenseId) {
    let early = [
        boot(1),
        open(1, grant(1)),
        fund(1, 100),
        open(2, grant(2)),
        fund(2, 50),
        open(3, budget(3)),
        fund(3, 1_000),
        open(4, AccountKey { period: yesterday(), ..grant(4) }),
        fund(4, 20),
        open(5, AccountKey { period: yesterday(), ..grant(5) }),
        open(6, AccountKey { period: yesterday(), ..budget(6) }),
        open(7, budget(7)),
        fund(7, 1_000),
        open(8, budget(8)),
        slice(1, 30),
    ];
    let late = [
        hold(1, &[(1, 30), (2, 10)], &[3]),
        hold(2, &[(1, 20), (2, 0)], &[3]),
        settle(2, 15, &[(1, 15)], 0),
        hold(3, &[(1, 10)], &[3]),
        hold_under(4, 5, &[7]),
        hold(5, &[(5, 0)], &[]),
        hold_under(6, 0, &[6]),
        event(1),
        Record::Suspend { id: id(6) },
        Record::Suspend { id: id(3) },
    ];
    let item = SuspenseId((early.len() + late.len()) as u64);
    let all = early.into_iter().map(|record| (at(1), record)).chain(late.map(|record| (at(NOW_S), record)));
    (all.collect(), item)
}

/// A replica that has applied the history, and its last frame.
fn replica() -> (Replica, Frame) {
    let (mut replica, frame) = (Replica::new(None), Frame::of(None, &history().0));
    replica.apply(&frame).unwrap();
    (replica, frame)
}

/// One record more.
fn apply(instant: Instant, record: Record) -> Result<Replica, VerifyFailure> {
    let (mut replica, last) = replica();
    let before = replica.state().digest();
    let applied = replica.apply(&Frame::of(Some(last.head()), &[(instant, record)]));
    if let Err(failure) = &applied {
        assert_eq!(replica.state().digest(), before, "a refused record changes nothing");
        assert_eq!((failure.frame, failure.lsn), (FrameNo(2), Some(last.last_lsn().next())));
    }
    applied.map(|()| replica)
}

fn refused(record: Record, why: &str) {
    let shown = format!("{record:?}");
    let failure = apply(at(NOW_S), record).expect_err(&shown);
    assert!(failure.what.contains(why), "{shown}: {failure}");
}

/// What is just within the rule.
fn taken(record: Record) -> Replica {
    let shown = format!("{record:?}");
    apply(at(NOW_S), record).unwrap_or_else(|failure| panic!("{shown}: {failure}"))
}

#[test]
fn starts_accounts_and_slices_come_in_their_order() {
    refused(boot(1), "its epoch is not the next");
    refused(boot(3), "its epoch is not the next");
    taken(boot(2));
    refused(open(8, grant(9)), "its account is not the next");
    refused(open(10, grant(9)), "its account is not the next");
    refused(open(9, grant(1)), "its account is open");
    refused(open(9, AccountKey { period: period(0, NOW_S), ..grant(9) }), "whose period is over");
    taken(open(9, AccountKey { period: period(0, NOW_S + 1), ..grant(9) }));
    refused(fund(9, 1), "not open");
    refused(fund(1, -101), "below zero");
    refused(slice(1, -1), "its slice is negative or on no account");
    refused(slice(9, 1), "its slice is negative or on no account");
    taken(slice(1, 0));
    refused(suspend_slice(1, 31), "more than the slice, or nothing");
    refused(suspend_slice(1, 0), "more than the slice, or nothing");
    refused(suspend_slice(9, 1), "not open");
    let mut after = taken(suspend_slice(1, 30));
    let again = Frame::of(after.head(), &[(at(NOW_S), suspend_slice(1, 1))]);
    assert!(after.apply(&again).is_err(), "it is set aside once");
}

#[test]
fn a_hold_takes_what_is_there_and_names_each_account_once() {
    refused(hold(6, &[(1, 1)], &[]), "its hold is not the next");
    refused(hold(8, &[(1, 1)], &[]), "its hold is not the next");
    refused(hold(7, &[(1, 1), (1, 1)], &[]), "names an account twice");
    refused(hold(7, &[(1, 1)], &[3, 3]), "names an account twice");
    refused(hold(7, &[(1, 1)], &[3, 7, 1]), "names an account twice");
    refused(hold(7, &[(3, 1)], &[]), "of the other book");
    refused(hold(7, &[(1, 1)], &[2]), "of the other book");
    refused(hold(7, &[(9, 1)], &[]), "not open");
    refused(hold(7, &[(1, 2), (2, -1)], &[]), "an amount is negative");
    refused(hold_under(7, -1, &[3]), "an amount is negative");
    refused(hold(7, &[(1, 46)], &[]), "account 1: more is set aside than is available");
    refused(hold_under(7, 936, &[3]), "account 3: more is set aside than is available");
    taken(hold(7, &[(1, 45), (2, 40)], &[3, 7]));
    taken(hold_under(7, 935, &[3]));

    refused(grow(2, 1, &[(1, 1)]), "it grows a hold that is not open");
    refused(grow(1, 1, &[(4, 1)]), "its legs are not those of the call");
    refused(grow(1, 2, &[(1, 1), (1, 1)]), "its legs are not those of the call");
    refused(grow(1, 5, &[]), "its legs do not add up to its amount");
    refused(grow(1, 1, &[(1, 2), (2, -1)]), "an amount is negative");
    refused(grow(4, 1, &[(1, 1)]), "it pays from grants the call does not have");
    refused(grow(1, 46, &[(1, 46)]), "more is set aside than is available");
    taken(grow(4, 1, &[]));
    taken(grow(1, 85, &[(2, 40), (1, 45)]));
}

#[test]
fn a_call_is_paid_once_by_its_own_accounts_and_tells_its_overrun() {
    refused(settle(2, 1, &[(1, 1)], 0), "it settles a hold that is not open");
    refused(settle(3, 1, &[(1, 1)], 0), "it settles a hold that is not open");
    refused(settle(1, -1, &[(1, -1)], 0), "an amount is negative");
    refused(settle(1, 1, &[(4, 1)], 0), "its legs are not those of the call");
    refused(settle(1, 1, &[], 0), "its legs do not add up to its amount");
    refused(settle(4, 1, &[(1, 1)], 0), "it pays from grants the call does not have");
    refused(settle(1, 40, &[(1, 30), (2, 10)], 1), "the overrun it states is not the one that follows");
    refused(settle(1, 76, &[(1, 76)], 0), "the overrun it states is not the one that follows");
    refused(settle(4, 1_001, &[], 0), "the overrun it states is not the one that follows");
    refused(settle(1, i64::MAX, &[(1, i64::MAX)], i64::MAX - 75), "leaves the range");
    taken(settle(1, 0, &[], 0));
    taken(settle(1, 75, &[(1, 75)], 0));
    taken(settle(1, 130, &[(1, 78), (2, 52)], 5));
    taken(settle(4, 1_001, &[], 1));
    refused(Record::Release { id: id(2) }, "it releases a hold that is not open");
    refused(Record::Suspend { id: id(2) }, "it suspends a hold that is not open");
    taken(Record::Release { id: id(1) });
}

#[test]
fn a_payment_is_balanced_postings_on_the_accounts_that_pay() {
    let postings = replica().0.state().postings(&settle(1, 32, &[(1, 30), (2, 2)], 0));
    let shown: Vec<_> = postings.iter().map(|p| (p.book, p.layer, p.account, p.amount.get())).collect();
    let pair = |book, layer, no, other, amount: i64| {
        [(book, layer, AccountRef::No(AccountNo(no)), -amount), (book, layer, other, amount)]
    };
    let paid = |book, no, amount| pair(book, Layer::Posted, no, AccountRef::Provider, amount);
    let freed = |book, no, amount: i64| pair(book, Layer::Held, no, AccountRef::Held, -amount);
    let on = |book, no, charge, held| [paid(book, no, charge), freed(book, no, held)].concat();
    let expected = [on(Book::Money, 1, 30, 30), on(Book::Money, 2, 2, 10), on(Book::Limit, 3, 32, 40)];
    assert_eq!(shown, expected.concat());
}

#[test]
fn suspense_ends_once_and_is_charged_or_written_off() {
    let item = history().1;
    let other = SuspenseId(item.0 + 1);
    refused(resolve(2, other, Ending::Charged, &[], 0), "it resolves an item that is not open");
    refused(resolve(1, item, Ending::Charged, &[], 0), "its command was carried out before");
    refused(resolve(2, item, Ending::WrittenOff, &[(1, 1)], 0), "it charges what it writes off");
    refused(resolve(2, item, Ending::Charged, &[(2, 1)], 0), "its legs are not those of the call");
    refused(resolve(2, item, Ending::Charged, &[(1, 56)], 0), "the overrun it states");
    taken(resolve(2, item, Ending::Charged, &[(1, 55)], 0));
    let written_off = taken(resolve(2, item, Ending::WrittenOff, &[], 0));
    assert_eq!(written_off.state().suspense_items().len(), 1);
    let postings = replica().0.state().postings(&resolve(2, item, Ending::WrittenOff, &[], 0));
    let paid: Vec<_> = postings.iter().filter(|posting| posting.layer == Layer::Posted).collect();
    let shown: Vec<_> = paid.iter().map(|posting| (posting.book, posting.account, posting.amount.get())).collect();
    let pair = |book| [(book, AccountRef::Unaccounted, -10), (book, AccountRef::Provider, 10)];
    assert_eq!(shown, [pair(Book::Money), pair(Book::Limit)].concat(), "nobody's account bears it");
    let under_a_limit_alone = taken(Record::Suspend { id: id(4) });
    let postings = under_a_limit_alone.state().postings(&resolve(2, other, Ending::WrittenOff, &[], 0));
    assert!(postings.iter().all(|posting| posting.book == Book::Limit), "no money was set aside");
}

#[test]
fn a_correction_keeps_to_the_call_it_corrects() {
    refused(adjust(1, 2, &[(1, 1)], &[3]), "its command was carried out before");
    refused(adjust(2, 2, &[(1, 1), (1, 1)], &[3]), "names an account twice");
    refused(adjust(2, 2, &[(1, 1)], &[3, 3]), "names an account twice");
    refused(adjust(2, 2, &[(1, 1)], &[7]), "it adjusts other ceilings than the call's");
    refused(adjust(2, 2, &[(1, 1)], &[]), "it adjusts other ceilings than the call's");
    refused(adjust(2, 2, &[(4, 1)], &[3]), "its legs are not those of the call");
    refused(adjust(2, 2, &[(1, -16)], &[3]), "it makes a charge negative");
    taken(adjust(2, 2, &[(1, -15)], &[3]));
    let more = taken(adjust(2, 2, &[(1, 50), (2, 1)], &[3]));
    assert_eq!(more.state().balance(AccountNo(1)).unwrap().overrun, Nano::new(5));
    refused(reverse(2, 1), "it reverses a hold not remembered");
    refused(reverse(1, 2), "its command was carried out before");
    refused(event(1), "its command was carried out before");
    taken(event(2));
    let back = taken(reverse(2, 2));
    assert_eq!(back.state().balance(AccountNo(1)).unwrap().spent, Nano::ZERO);
}

#[test]
fn an_account_closes_when_its_period_is_over_and_nothing_is_on_it() {
    refused(close(1), "it closes an account that is in use");
    refused(close(5), "it closes an account that is in use");
    refused(close(6), "it closes an account that is in use");
    refused(close(7), "it closes an account that is in use");
    refused(close(8), "it closes an account that is in use");
    refused(close(9), "it closes an account that is in use");
    assert!(taken(close(4)).state().balance(AccountNo(4)).is_none());
    let failure = apply(at(NOW_S - 1), event(2)).unwrap_err();
    assert!(failure.what.contains("its time is before that of the record before"), "{failure}");
}

#[test]
fn a_start_that_was_cut_short_has_set_its_own_aside() {
    let (records, item) = history();
    let disk = MemoryJournal::from_bytes(Frame::of(None, &records).encode());
    let bench = Bench::on(disk, None, options(1), Arc::default());
    let holds: Vec<_> = bench.recovery.suspended.iter().map(|item| item.hold.unwrap()).collect();
    assert_eq!(holds, [id(1), id(4), id(5)]);
    let before: Vec<_> = bench.ledger.suspense_items().into_iter().filter(|open| open.id <= item).collect();
    assert_eq!(before.len(), 2, "those were there");
}

#[test]
fn the_record_that_is_wrong_is_named() {
    let (mut replica, last) = replica();
    let records = [event(2), event(3), event(1)].map(|record| (at(NOW_S), record));
    let failure = replica.apply(&Frame::of(Some(last.head()), &records)).unwrap_err();
    assert_eq!((failure.frame, failure.lsn), (FrameNo(2), Some(Lsn(last.last_lsn().0 + 3))));
    // Also where it is met while a replica follows its journal.
    let bytes = [last.encode(), Frame::of(Some(last.head()), &[(at(NOW_S), event(1))]).encode()].concat();
    let mut follower = Replica::new(None);
    let met = follower.catch_up(&mut MemoryJournal::from_bytes(bytes)).unwrap_err();
    assert!(matches!(met, CatchUpError::Frame(failure) if failure.frame == FrameNo(2)));
    assert_eq!(follower.head(), Some(last.head()));
}

/// The last frame of the history and the next, changed so that it does not follow.
fn unchained(change: impl FnOnce(&mut Frame), why: &str) {
    let (mut replica, last) = replica();
    let mut frame = Frame::of(Some(last.head()), &[(at(NOW_S), event(2))]);
    change(&mut frame);
    let failure = replica.apply(&frame).unwrap_err();
    assert!(failure.what.contains(why), "{failure}");
    assert_eq!((failure.frame, failure.lsn), (frame.no, None));
}

#[test]
fn a_frame_follows_the_one_before_it() {
    let (_, last) = replica();
    let (no, lsn) = (last.no.0, last.last_lsn().0);
    unchained(|frame| frame.no = FrameNo(no), "it stands where frame 2 must");
    unchained(|frame| frame.no = FrameNo(no + 2), "it stands where frame 2 must");
    unchained(|frame| frame.first_lsn = Lsn(lsn), &format!("record {} must follow", lsn + 1));
    unchained(|frame| frame.first_lsn = Lsn(lsn + 2), &format!("record {} must follow", lsn + 1));
    unchained(|frame| frame.prev_hash = FrameHash::default(), "as the hash of the frame before");
    unchained(|frame| frame.hash = FrameHash::default(), "its hash is not that of its bytes");
    unchained(|frame| *frame = Frame::of(Some(last.head()), &[]), "it is empty");
    let first = Frame::of(None, &[(at(1), boot(1))]);
    let mut second = Frame::of(Some(first.head()), &[(at(1), open(1, AccountKey { period: always(), ..grant(1) }))]);
    second.no = FrameNo(1);
    assert!(Replica::new(None).apply(&second).is_err(), "a journal begins with its first record");
}
