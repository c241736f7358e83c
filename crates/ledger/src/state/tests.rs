//! What a state says of itself when it is not sound, and that its bytes have one form.

use purser_core::account::{AccountKey, Book, Period, Subject};
use purser_core::id::{BudgetId, CommandId, GrantId};
use purser_core::money::Nano;
use purser_core::time::Instant;

use super::encode::StateError;
use super::{Account, State};
use crate::number::{AccountNo, BootId, Epoch, HoldId};
use crate::record::{Ceilings, Detail, Leg, Legs, Mark, Record, Window};

const GRANT: AccountNo = AccountNo(1);
const LIMIT: AccountNo = AccountNo(2);
const UNUSED: AccountNo = AccountNo(3);

fn id(sequence: u64) -> HoldId {
    HoldId::try_new(Epoch(1), sequence).unwrap()
}

fn hold(sequence: u64, amount: i64) -> Record {
    let amount = Nano::new(amount);
    let legs = Legs::from_iter([Leg { no: GRANT, amount }]);
    Record::Hold { id: id(sequence), amount, legs, ceilings: Ceilings::from_iter([LIMIT]) }
}

fn settle(sequence: u64, charge: i64) -> Record {
    let charge = Nano::new(charge);
    let legs = Legs::from_iter([Leg { no: GRANT, amount: charge }]);
    Record::Settle { id: id(sequence), charge, legs, overrun: Nano::ZERO, mark: Mark::Exact, detail: Detail::new() }
}

/// A grant of 100, a limit of 1000 with a slice of 7 and a limit that nothing is on. On the first two a hold of 30 and an item of 10; two calls were
/// charged 5 each, and two commands carried out.
fn state() -> State {
    let period = Period { start: Instant::EPOCH, end: Instant::FAR_FUTURE };
    let key = |subject| AccountKey { subject, period };
    let event = |name| Record::Event { command: CommandId::new(name), input: 3, kind: 1, payload: Vec::new() };
    let window = Window { age_s: 60, settled_max: 10, commands_max: 10 };
    let records = [
        Record::Boot { epoch: Epoch(1), boot: BootId(7), window },
        Record::Open { no: GRANT, key: key(Subject::Grant(GrantId::new(1))) },
        Record::Open { no: LIMIT, key: key(Subject::Budget(BudgetId::new(1))) },
        Record::Open { no: UNUSED, key: key(Subject::Budget(BudgetId::new(2))) },
        Record::Fund { no: GRANT, delta: Nano::new(100) },
        Record::Fund { no: LIMIT, delta: Nano::new(1_000) },
        hold(1, 30),
        hold(2, 10),
        hold(3, 10),
        hold(4, 10),
        Record::Slice { no: LIMIT, amount: Nano::new(7) },
        settle(3, 5),
        settle(4, 5),
        event(1),
        event(2),
        Record::Suspend { id: id(2) },
    ];
    let mut state = State::new();
    for record in records {
        state.apply(state.lsn().next(), Instant::EPOCH, &record).unwrap();
    }
    state.audit().unwrap();
    state
}

fn account(state: &mut State, no: AccountNo) -> &mut Account {
    state.accounts.get_mut(no).unwrap()
}

/// The audit finds it, in the live state and in the bytes of one.
fn unsound(change: impl FnOnce(&mut State), why: &str) {
    let mut state = state();
    change(&mut state);
    let found = state.audit().expect_err(why);
    assert!(found.contains(why), "{found}");
    assert!(matches!(State::decode(&state.encode()), Err(StateError::Audit(again)) if again == found));
}

#[test]
fn an_account_must_have_what_its_holds_and_items_say() {
    let one = Nano::new(1);
    for no in [GRANT, LIMIT] {
        unsound(
            |state| account(state, no).amounts.held = Nano::new(31),
            "its holds and items say 0.00000003 by 1 and 0.00000001 of 1",
        );
        unsound(|state| account(state, no).amounts.suspense = one, "0.000000001 in suspense");
        unsound(|state| account(state, no).holds = 2, "held by 2 holds");
        unsound(|state| account(state, no).items = 0, "of 0 items");
        let negative = Nano::new(-1);
        let fields: [fn(&mut Account) -> &mut Nano; 6] = [
            |account| &mut account.amounts.limit,
            |account| &mut account.amounts.spent,
            |account| &mut account.amounts.held,
            |account| &mut account.amounts.suspense,
            |account| &mut account.amounts.overrun,
            |account| &mut account.slice,
        ];
        for field in fields {
            unsound(|state| *field(account(state, no)) = negative, "has a negative amount");
        }
    }
    for (gone, named) in [(&[LIMIT][..], "2"), (&[LIMIT, GRANT], "1")] {
        let remove = |state: &mut State| gone.iter().for_each(|no| assert!(state.accounts.remove(*no).is_some()));
        unsound(remove, &format!("is on account {named}, which is not open"));
    }
}

#[test]
fn each_book_must_sum_to_zero() {
    for (book, no) in [(Book::Money, GRANT), (Book::Limit, LIMIT)] {
        let why = format!("the book {book:?} does not sum to zero");
        unsound(|state| account(state, no).amounts.limit = Nano::new(99), &why);
        unsound(|state| account(state, no).amounts.spent = Nano::new(11), &why);
        unsound(|state| state.contra_mut(book).source += 1, &why);
        unsound(|state| state.contra_mut(book).provider += 1, &why);
        unsound(|state| state.contra_mut(book).unaccounted += 1, &why);
        unsound(|state| state.contra_mut(book).held += 1, &why);
        unsound(|state| state.contra_mut(book).suspense -= 1, &why);
    }
}

#[test]
fn a_state_reads_back_and_its_bytes_have_one_form() {
    let state = state();
    let bytes = state.encode();
    let read = State::decode(&bytes).unwrap();
    assert_eq!((read.encode(), read.digest()), (bytes.clone(), state.digest()));
    assert_eq!(read.number(&account(&mut read.clone(), LIMIT).key), Some(LIMIT), "accounts are found by their keys");
    assert_eq!(read.closable(Instant::FAR_FUTURE).collect::<Vec<_>>(), [UNUSED], "and by their ends");
    for len in 0..bytes.len() {
        assert!(State::decode(&bytes[..len]).is_err(), "cut at {len}");
    }
    let longer = [&bytes[..], &[0]].concat();
    assert!(State::decode(&longer).is_err(), "bytes are left");
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut other = bytes.clone();
            other[at] ^= 1 << bit;
            // The ledger was started, or there would be nothing in it.
            if let Ok(read) = State::decode(&other)
                && read.boot().is_some()
            {
                assert_eq!(read.encode(), other, "bit {bit} of byte {at}");
            }
        }
    }
}

#[test]
fn records_come_one_after_the_other() {
    let mut state = state();
    let (last, before) = (state.lsn(), state.digest());
    for lsn in [last, last.next().next()] {
        assert!(state.apply(lsn, Instant::EPOCH, &Record::Rest).is_err(), "{lsn}");
    }
    assert_eq!(state.digest(), before);
    state.apply(last.next(), Instant::EPOCH, &Record::Rest).unwrap();
    assert_eq!(account(&mut state, LIMIT).slice, Nano::ZERO, "an orderly end takes slices back");
}

#[test]
fn no_account_call_or_command_is_there_twice() {
    let twice = |change: fn(&mut State)| {
        let mut state = state();
        change(&mut state);
        let found = State::decode(&state.encode()).unwrap_err().to_string();
        assert!(found.contains("twice"), "{found}");
    };
    twice(|state| state.next_account = UNUSED);
    twice(|state| account(state, LIMIT).key.subject = Subject::Grant(GrantId::new(1)));
    twice(|state| {
        let ended = state.ended(id(3)).unwrap().clone();
        state.remembered.restore_ended(id(3), ended);
    });
    twice(|state| {
        let done = *state.done(CommandId::new(1)).unwrap();
        state.remembered.restore_done(CommandId::new(1), done);
    });
}

#[test]
fn calls_and_commands_are_forgotten_when_they_are_old_or_many() {
    let mut state = state();
    state.window = Window { age_s: 60, settled_max: 2, commands_max: 2 };
    let at = |seconds: i64| Instant::from_micros(seconds * 1_000_000);
    let remembered = |state: &State| {
        let calls = (1..7).filter(|name| state.ended(id(*name)).is_some()).collect::<Vec<_>>();
        let commands = (1..7).filter(|name| state.done(CommandId::new(*name)).is_some()).collect::<Vec<_>>();
        (calls, commands)
    };
    let post = |state: &mut State, seconds, record: Record| {
        state.apply(state.lsn().next(), at(seconds), &record).unwrap();
    };
    let event = |name| Record::Event { command: CommandId::new(name), input: 3, kind: 1, payload: Vec::new() };
    assert_eq!(remembered(&state), (vec![3, 4], vec![1, 2]));
    post(&mut state, 60, Record::Release { id: id(1) });
    assert_eq!(remembered(&state).0, [1, 4], "two are kept, the latest");
    post(&mut state, 60, event(3));
    assert_eq!(remembered(&state), (vec![1, 4], vec![2, 3]), "a minute old is not too old");
    post(&mut state, 61, event(4));
    assert_eq!(remembered(&state).1, [3, 4]);
    for (name, seconds) in [(5, 61), (6, 121)] {
        post(&mut state, seconds, hold(name, 1));
        post(&mut state, seconds, Record::Release { id: id(name) });
    }
    assert_eq!(remembered(&state).0, [5, 6], "the call of a minute ago is remembered, the one before it is not");
    post(&mut state, 122, event(5));
    assert_eq!(remembered(&state).1, [5], "all others are older than a minute");
}
