//! What is told from outside: balances, holds, items, what one may wait for, how far the journal is, what was verified.

use std::ops::ControlFlow;

use purser_core::money::Nano;
use purser_core::time::Instant;
use purser_ledger::{
    Correction, Frame, FrameHead, FrameNo, GrowOutcome, HoldOutcome, HoldRequest, Journal, JournalError, Ledger,
    LedgerError, Leg, Lsn, MemoryJournal, OpenError, Options, Record, Snapshot, SuspenseId, verify,
};

use crate::bench::{Bench, budget, command, exact, grant, journals, options};

#[test]
fn holds_and_items_tell_since_when_and_where_and_how_much() {
    let mut bench = Bench::new();
    let (person, unit) = (bench.account(grant(1), 100), bench.account(budget(1), 1_000));
    bench.clock.set_s(7);
    let hold = bench.hold(&[person], &[unit], 30);
    let shown = bench.ledger.open_holds();
    assert_eq!((shown.len(), shown[0].id, shown[0].since), (1, hold.id(), Instant::from_micros(7_000_000)));
    assert_eq!(
        (shown[0].amount, shown[0].legs.clone()),
        (Nano::new(30), vec![Leg { no: person, amount: Nano::new(30) }])
    );
    assert_eq!(shown[0].ceilings, [unit]);
    assert_eq!(bench.ledger.balance(person).unwrap().available(), Nano::new(70));
    let found = bench.ledger.find(&budget(1)).unwrap();
    assert_eq!((found.no, found.key, found.held), (unit, budget(1), Nano::new(30)));
    assert_eq!(bench.ledger.balances().iter().map(|balance| balance.no).collect::<Vec<_>>(), [person, unit]);
    assert!(bench.ledger.find(&grant(2)).is_none());

    bench.committer.sync();
    bench.clock.set_s(9);
    let (id, before) = (hold.id(), bench.ledger.watermarks().decided);
    let mut bench = bench.kill();
    drop(hold);
    let items = bench.ledger.suspense_items();
    assert_eq!(bench.recovery.suspended, items);
    assert_eq!((items.len(), items[0].id, items[0].hold), (1, SuspenseId(before.next().0), Some(id)));
    assert_eq!((items[0].since, items[0].amount), (Instant::from_micros(9_000_000), Nano::new(30)));
    assert_eq!(
        (items[0].legs.clone(), items[0].ceilings.clone()),
        (vec![Leg { no: person, amount: Nano::new(30) }], vec![unit])
    );
    assert_eq!(bench.ledger.balance(person).unwrap().available(), Nano::new(70), "nor is what is in suspense");
    assert_eq!((bench.recovery.epoch.0, bench.recovery.records), (2, before.0));
    // What the next start finds in suspense it has not put there.
    bench.committer.sync();
    let again = bench.kill();
    assert!(again.recovery.suspended.is_empty());
    assert_eq!(again.ledger.suspense_items(), items);
    assert_eq!(again.recovery.records, before.0 + 2, "the item and the start");
}

#[test]
fn only_what_a_snapshot_does_not_hold_is_replayed() {
    for disk in journals() {
        let mut bench = Bench::on(disk, None, options(1), std::sync::Arc::default());
        assert!(bench.ledger.snapshot().frame().is_some(), "the start itself is a frame");
        bench.account(grant(1), 100);
        bench.committer.sync();
        let snapshot = bench.ledger.snapshot();
        assert_eq!(snapshot.lsn(), bench.ledger.watermarks().durable);
        let last = snapshot.frame().unwrap();
        assert_eq!((last.last_lsn, last.no), (snapshot.lsn(), FrameNo(2)));
        bench.ledger.event(command(1), 1, b"x").unwrap();
        bench.committer.sync();
        let read = Snapshot::decode(&snapshot.encode()).unwrap();
        assert_eq!((read.lsn(), read.frame()), (snapshot.lsn(), snapshot.frame()));
        let replica = purser_ledger::Replica::new(Some(read.clone()));
        assert_eq!((replica.state().digest(), replica.head()), (snapshot.digest(), snapshot.frame()));
        let started = Bench::on(bench.disk.kill(), Some(read), options(1), bench.clock.clone());
        assert_eq!(started.recovery.records, 1);
    }
}

#[test]
fn accounts_tell_what_is_not_on_disk_yet() {
    let mut bench = Bench::new();
    let ask = |bench: &Bench, limit: i64| bench.ledger.accounts(&[(grant(1), Nano::new(limit))]).unwrap().1;
    let start = bench.ledger.watermarks().decided;
    let opened = ask(&bench, 100);
    assert_eq!(opened, Some(Lsn(start.0 + 2)), "opened, and given its limit");
    assert_eq!(ask(&bench, 100), opened, "it is still on its way");
    let other = bench.ledger.accounts(&[(grant(2), Nano::ZERO)]).unwrap().1;
    assert_eq!(other, Some(Lsn(start.0 + 3)), "an account without money is opened all the same");
    bench.committer.sync();
    assert_eq!(ask(&bench, 100), None);
    assert_eq!(bench.ledger.watermarks().decided, Lsn(start.0 + 3), "nothing changed, nothing is recorded");
    assert_eq!(ask(&bench, 99), Some(Lsn(start.0 + 4)));
    assert_eq!(ask(&bench, 99), None, "nobody leans on a cut");
    assert_eq!(ask(&bench, 101), Some(Lsn(start.0 + 5)));
    let both = [(grant(2), Nano::new(5)), (grant(1), Nano::new(101))];
    let (numbers, pending) = bench.ledger.accounts(&both).unwrap();
    assert_eq!((numbers.len(), pending), (2, Some(Lsn(start.0 + 6))), "the last of all");
    assert_eq!(bench.ledger.balance(numbers[0]).unwrap().key, grant(2), "in the order asked");
}

#[test]
fn writing_and_syncing_tell_whether_there_was_anything() {
    for disk in journals() {
        let mut bench = Bench::on(disk, None, options(1), std::sync::Arc::default());
        let start = bench.ledger.watermarks();
        assert_eq!((start.decided, start.written, start.durable), (Lsn(1), Lsn(1), Lsn(1)));
        assert!(!bench.committer.write());
        assert!(!bench.committer.sync());
        bench.ledger.event(command(1), 1, b"x").unwrap();
        assert!(bench.committer.write());
        assert!(!bench.committer.write());
        let marks = bench.ledger.watermarks();
        assert_eq!((marks.decided, marks.written, marks.durable), (Lsn(2), Lsn(2), Lsn(1)));
        assert!(bench.committer.sync());
        assert!(!bench.committer.sync());
        assert_eq!(bench.ledger.watermarks().durable, Lsn(2));
        assert!(bench.ledger.stopped().is_none());
        bench.disk.fail_syncs();
        bench.ledger.event(command(2), 1, b"x").unwrap();
        bench.committer.write();
        assert!(!bench.committer.sync(), "what fails syncs nothing");
        assert!(!bench.committer.write());
        assert!(matches!(bench.ledger.stopped(), Some(LedgerError::Stopped { .. })));
        assert_eq!(bench.ledger.watermarks().durable, Lsn(2));
        assert!(bench.ledger.close().is_err(), "it did not end in order");
    }
}

#[test]
fn only_some_accounts_are_closed_and_slices_given_back_at_a_time() {
    let mut bench = Bench::new();
    let day = |id: u128| purser_core::account::AccountKey { period: crate::bench::period(0, 10), ..grant(id) };
    let keys: Vec<_> = (0..300).map(|id| (day(id), Nano::new(1_000))).collect();
    for keys in keys.chunks(100) {
        bench.ledger.accounts(keys).unwrap();
    }
    bench.committer.sync();
    for (key, _) in &keys {
        let no = bench.ledger.find(key).unwrap().no;
        bench.hold(&[no], &[], 10).release().unwrap();
    }
    bench.committer.sync();
    bench.clock.advance_s(60);
    let before = bench.ledger.watermarks().decided.0;
    bench.committer.tend();
    assert_eq!(bench.ledger.watermarks().decided.0, before + 256, "no lock is held for all of them");
    bench.committer.tend();
    bench.committer.tend();
    assert_eq!(bench.ledger.watermarks().decided.0, before + 300);
    let close = |before_s: i64, max| bench.ledger.close_ended(Instant::from_micros(before_s * 1_000_000), max).unwrap();
    assert_eq!(close(9, 1_000), 0, "its end is after that");
    assert_eq!([200, 200, 200].map(|max| close(10, max)), [200, 100, 0]);
    bench.assert_replay_is_live();
}

#[test]
fn a_hold_is_placed_where_the_limits_are_those_remembered() {
    let bench = Bench::new();
    let (person, unit) = (bench.account(grant(1), 100), bench.account(budget(1), 1_000));
    let (grants, ceilings) = ([person], [unit]);
    let request = HoldRequest { grants: &grants, ceilings: &ceilings, want: Nano::new(10), least: Nano::new(10) };
    let ask = |limits: [i64; 2]| bench.ledger.hold_if(&request, &limits.map(Nano::new)).unwrap();
    let Some(HoldOutcome::Placed(hold)) = ask([100, 1_000]) else { panic!() };
    assert_eq!((hold.amount(), hold.available_after()), (Nano::new(10), Nano::new(90)));
    hold.release().unwrap();
    for changed in [[99, 1_000], [101, 1_000], [100, 999], [100, 1_001]] {
        assert!(ask(changed).is_none(), "{changed:?}");
    }
    let gone = [purser_ledger::AccountNo(9)];
    let request = HoldRequest { grants: &gone, ..request };
    assert!(bench.ledger.hold_if(&request, &[Nano::ZERO, Nano::new(1_000)]).unwrap().is_none());
    assert_eq!(bench.ledger.open_holds(), []);
}

#[test]
fn what_was_verified_is_told() {
    let mut bench = Bench::new();
    let (person, unit) = (bench.account(grant(1), 100), bench.account(budget(1), 1_000));
    let ended = purser_core::account::AccountKey { period: crate::bench::period(0, 10), ..grant(2) };
    bench.account(ended, 0);
    let lost = bench.hold(&[person], &[unit], 5);
    bench.committer.sync();
    let mut bench = bench.kill();
    drop(lost);
    bench.clock.set_s(10);
    bench.ledger.close_ended(Instant::FAR_FUTURE, 10).unwrap();
    let hold = bench.hold(&[person], &[unit], 5);
    bench.committer.sync();
    let mut disk = MemoryJournal::from_bytes(bench.disk.bytes());
    let report = verify(&mut disk).unwrap();
    let head = disk.head().unwrap().unwrap();
    assert_eq!((report.frames, report.head, report.records), (head.no.0, head.hash, head.last_lsn.0));
    assert_eq!((report.accounts, report.accounts_opened), (2, 3));
    assert_eq!((report.open_holds, report.suspense_items), (1, 1));
    assert_eq!(report.digest, bench.ledger.snapshot().digest());
    hold.release().unwrap();
    let empty = verify(&mut MemoryJournal::new()).unwrap();
    assert_eq!((empty.frames, empty.records, empty.accounts_opened), (0, 0, 0));
}

/// Ends in half a frame, or cannot be read.
struct Broken {
    head: Option<FrameHead>,
    torn: Result<bool, &'static str>,
    read: Result<(), &'static str>,
}

fn failed(why: &'static str) -> JournalError {
    JournalError::io("read", std::io::Error::other(why))
}

impl Journal for Broken {
    fn append(&mut self, _: &Frame) -> Result<(), JournalError> {
        Ok(())
    }

    fn sync(&mut self) -> Result<(), JournalError> {
        Ok(())
    }

    fn read(&mut self, _: FrameNo, _: &mut dyn FnMut(Frame) -> ControlFlow<()>) -> Result<(), JournalError> {
        self.read.map_err(failed)
    }

    fn head(&mut self) -> Result<Option<FrameHead>, JournalError> {
        Ok(self.head)
    }

    fn torn(&mut self) -> Result<bool, JournalError> {
        self.torn.map_err(failed)
    }
}

#[test]
fn a_journal_that_is_torn_or_cannot_be_read_is_named_with_its_cause() {
    let verify = |torn, read| verify(&mut Broken { head: None, torn, read }).unwrap_err().to_string();
    assert_eq!(verify(Ok(true), Ok(())), "Frame 1 is wrong: the journal ends in bytes that are no whole frame.");
    let unread = "Frame 1 is wrong: it cannot be read: the journal cannot read: the cable is out.";
    assert_eq!(verify(Ok(false), Err("the cable is out")), unread);
    assert_eq!(verify(Err("the cable is out"), Ok(())), unread);
}

#[test]
fn a_journal_that_has_not_all_it_says_is_not_opened() {
    let head = Frame::of(None, &[(Instant::EPOCH, Record::Rest)]).head();
    let open = |head| {
        let journal = Box::new(Broken { head, torn: Ok(false), read: Ok(()) });
        let clock = std::sync::Arc::new(crate::bench::TestClock::default());
        Ledger::open_stepped(journal, None, options(1), clock, None).map(drop)
    };
    open(None).unwrap();
    assert!(matches!(open(Some(head)), Err(OpenError::Replay { .. })));
}

#[test]
fn a_torn_end_counts_as_a_power_cut_unless_the_end_was_in_order() {
    let mut bench = Bench::new();
    let person = bench.account(grant(1), 10_000);
    bench.hold(&[person], &[], 100).settle(exact(100)).unwrap();
    bench.committer.sync();
    let whole = bench.disk.bytes();
    let start = |bytes: Vec<u8>, boot: u64| {
        let disk = MemoryJournal::from_bytes(bytes);
        Bench::on(disk, None, Options { ..options(boot) }, bench.clock.clone()).recovery
    };
    let torn = [&whole[..], b"PF\x01 and then nothing"].concat();
    assert!(!start(whole.clone(), 1).tail_may_be_lost);
    assert!(start(whole.clone(), 2).tail_may_be_lost, "another boot");
    let found = start(torn.clone(), 1);
    assert!(found.tail_may_be_lost, "half a frame");
    assert_eq!(found.suspended.iter().map(|item| item.amount.get()).collect::<Vec<_>>(), [125], "the slice");
    assert_eq!(found.suspended[0].hold, None);
    assert!(!start(Vec::new(), 1).tail_may_be_lost, "nothing was lost of an empty journal");
}

#[test]
fn a_command_given_twice_must_be_the_same_in_every_part() {
    let mut bench = Bench::new();
    let (person, other) = (bench.account(grant(1), 100), bench.account(grant(2), 100));
    let (unit, above) = (bench.account(budget(1), 100), bench.account(budget(2), 100));
    let hold = bench.hold(&[person, other], &[unit, above], 20);
    let id = hold.id();
    hold.settle(exact(20)).unwrap();
    let legs = |person_by: i64, other_by: i64| {
        [(person, person_by), (other, other_by)].map(|(no, amount)| Leg { no, amount: Nano::new(amount) })
    };
    let by = |legs: &[Leg], ceilings: &[purser_ledger::AccountNo], delta: i64| {
        bench.ledger.adjust(command(1), id, &Correction::By { legs, ceilings, delta: Nano::new(delta) }, b"d")
    };
    let to = |total: i64, detail: &[u8]| bench.ledger.adjust(command(1), id, &Correction::To(Nano::new(total)), detail);
    let first = by(&legs(2, 1), &[unit, above], 3).unwrap();
    assert!(by(&legs(2, 1), &[unit, above], 3).unwrap().repeated);
    for result in [
        by(&legs(1, 2), &[unit, above], 3),
        by(&[legs(1, 1)[1], legs(2, 2)[0]], &[unit, above], 3),
        by(&[Leg { no: other, ..legs(2, 1)[0] }, Leg { no: person, ..legs(2, 1)[1] }], &[unit, above], 3),
        by(&legs(2, 1)[..1], &[unit, above], 3),
        by(&legs(2, 1), &[above, unit], 3),
        by(&legs(2, 1), &[unit], 3),
        by(&legs(2, 1), &[unit, above], 4),
        by(&[], &[], 3),
        to(3, b"d"),
        to(23, b"d"),
        bench.ledger.reverse(command(1), id),
    ] {
        assert!(matches!(result, Err(LedgerError::Conflict(_))), "{result:?}");
    }
    bench.ledger.adjust(command(2), id, &Correction::To(Nano::new(23)), b"d").unwrap();
    let hold = bench.hold(&[person], &[], 5);
    let of_another = hold.id();
    hold.settle(exact(5)).unwrap();
    let result = bench.ledger.adjust(command(2), of_another, &Correction::To(Nano::new(23)), b"d");
    assert!(matches!(result, Err(LedgerError::Conflict(_))));
    let again = |detail: &[u8]| bench.ledger.adjust(command(2), id, &Correction::To(Nano::new(23)), detail);
    assert!(again(b"d").unwrap().repeated);
    assert!(matches!(again(b"e"), Err(LedgerError::Conflict(_))));
    assert_eq!((first.charge, first.remaining), (Nano::new(23), Nano::new(177)));
    // One leg is not two limits, although the numbers are the same.
    let one = [Leg { no: other, amount: Nano::new(1) }];
    assert_eq!(other.0, 2);
    let hold = bench.hold(&[other], &[], 5);
    let id = hold.id();
    hold.settle(exact(5)).unwrap();
    let by = |name, legs: &[Leg], ceilings: &[purser_ledger::AccountNo], detail: &[u8]| {
        bench.ledger.adjust(command(name), id, &Correction::By { legs, ceilings, delta: Nano::new(1) }, detail)
    };
    by(3, &one, &[], b"").unwrap();
    let two = [other, purser_ledger::AccountNo(0)];
    assert!(matches!(by(3, &[], &two, b""), Err(LedgerError::Conflict(_))));
    // Nor is a limit a byte of the detail.
    by(4, &one, &[], &[0]).unwrap();
    assert_eq!(person.0, 1);
    assert!(matches!(by(4, &one, &[person], b""), Err(LedgerError::Conflict(_))));
    bench.assert_replay_is_live();
}

#[test]
fn growth_and_charge_name_only_the_grants_they_are_on() {
    let mut bench = Bench::new();
    let grants = [bench.account(grant(1), 100), bench.account(grant(2), 100)];
    let mut hold = bench.hold(&grants, &[], 150);
    assert!(matches!(hold.grow(Nano::new(20), Nano::new(20)).unwrap(), GrowOutcome::Grown { .. }));
    hold.settle(exact(60)).unwrap();
    bench.committer.sync();
    let mut named = Vec::new();
    bench
        .disk
        .read(FrameNo(1), &mut |frame| {
            named.extend(frame.records().filter_map(|stamped| match stamped.unwrap().record {
                Record::Grow { legs, .. } | Record::Settle { legs, .. } => Some(legs.to_vec()),
                _ => None,
            }));
            ControlFlow::Continue(())
        })
        .unwrap();
    let leg = |no, amount| vec![Leg { no, amount: Nano::new(amount) }];
    assert_eq!(named, [leg(grants[1], 20), leg(grants[0], 60)]);
}
