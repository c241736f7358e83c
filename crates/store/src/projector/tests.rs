//! A folder of an older version: the projection is made again, what can't be made again is kept. And frames that come from
//! the ledger or from the journal, projected alike.

use purser_core::account::{AccountKey, Period, Subject};
use purser_core::id::GrantId;
use purser_core::money::Nano;
use purser_core::time::Instant;
use purser_ledger::{AccountNo, BootId, Epoch, Frame, HoldId, Journal, Leg, Mark, Record, Window};

use super::*;
use crate::dir::Mode;
use crate::journal::SqliteJournal;
use crate::{Reader, verify};

/// A hold and its settlement, without a detail.
fn frames() -> Vec<Frame> {
    let at = Instant::from_micros;
    let no = AccountNo(1);
    let id = HoldId::try_new(Epoch(1), 1).unwrap();
    let period = Period { start: at(0), end: at(i64::MAX) };
    let legs = |nano| [Leg { no, amount: Nano::new(nano) }].into_iter().collect();
    let settle = Record::Settle {
        id,
        charge: Nano::new(7),
        legs: legs(7),
        overrun: Nano::ZERO,
        mark: Mark::Exact,
        detail: purser_ledger::Detail::new(),
    };
    let first = Frame::of(
        None,
        &[
            (
                at(1),
                Record::Boot {
                    epoch: Epoch(1),
                    boot: BootId(1),
                    window: Window { age_s: 60, settled_max: 10, commands_max: 10 },
                },
            ),
            (at(2), Record::Open { no, key: AccountKey { subject: Subject::Grant(GrantId::new(5)), period } }),
            (at(3), Record::Fund { no, delta: Nano::new(100) }),
            (at(4), Record::Hold { id, amount: Nano::new(9), legs: legs(9), ceilings: [].into_iter().collect() }),
        ],
    );
    let second = Frame::of(Some(first.head()), &[(at(5), settle)]);
    vec![first, second]
}

#[test]
fn an_older_projection_is_made_again() {
    let temp = tempfile::tempdir().unwrap();
    let dir = std::sync::Arc::new(DataDir::open(temp.path().join("purser"), Mode::Exclusive).unwrap());
    let mut journal = SqliteJournal::open(&dir).unwrap();
    let frames = frames();
    for frame in &frames {
        journal.append(frame).unwrap();
    }
    journal.sync().unwrap();
    // As the first version left it: projected to the end, with fields that nothing gives again.
    let old = sqlite::open_write(&dir.database(), Durability::Later, schema::PURSER.get(..1).unwrap()).unwrap();
    old.execute_batch(
        "INSERT INTO people_private (person, name) VALUES (x'01', 'Ada');
         INSERT INTO denial (minute, key, reason, person, funded, count) VALUES (1, x'02', 'held', x'01', 1, 3);
         INSERT INTO account (no, subject_kind, subject, start, until, opened_lsn) VALUES (1, 1, x'05', 0, 9, 2);
         INSERT INTO event (lsn, at, command, kind, payload) VALUES (9, 9, x'00', 1, x'00');",
    )
    .unwrap();
    let head = frames[1].head();
    let (frame, lsn) = (head.no.0.cast_signed(), head.last_lsn.0.cast_signed());
    old.execute("UPDATE progress SET frame = ?1, lsn = ?2, hash = ?3", (frame, lsn, head.hash.0)).unwrap();
    drop(old);

    let (projector, _tap) = Projector::start(&dir).unwrap();
    assert_eq!(projector.projected_lsn(), head.last_lsn, "a start returns with everything projected");
    let reader = Reader::open(&dir).unwrap();
    let account = reader.account(AccountNo(1)).unwrap().unwrap();
    assert_eq!((account.limit, account.spent), (Nano::new(100), Nano::new(7)));
    drop(projector);
    let conn = sqlite::open_read(&dir.database(), schema::PURSER).unwrap();
    let kept: (String, i64) = conn
        .query_row("SELECT name, count FROM people_private JOIN denial USING (person)", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    assert_eq!(kept, ("Ada".to_owned(), 3));
    let verified = verify(&dir).unwrap();
    assert!(verified.is_good(), "{:?}", verified.findings);
}

/// [`frames`] and more with a call each, up to so many.
fn many_frames(count: u64) -> Vec<Frame> {
    let mut frames = frames();
    let no = AccountNo(1);
    let legs = |nano| [Leg { no, amount: Nano::new(nano) }].into_iter().collect();
    for sequence in 2..count {
        let (id, at) = (HoldId::try_new(Epoch(1), sequence).unwrap(), Instant::from_micros(10));
        let hold = Record::Hold { id, amount: Nano::new(2), legs: legs(2), ceilings: [].into_iter().collect() };
        let settle = Record::Settle {
            id,
            charge: Nano::new(1),
            legs: legs(1),
            overrun: Nano::ZERO,
            mark: Mark::Exact,
            detail: purser_ledger::Detail::new(),
        };
        frames.push(Frame::of(frames.last().map(Frame::head), &[(at, hold), (at, settle)]));
    }
    frames
}

/// The journal holds `on_disk` of six frames, the ledger handed on those from number `from`: projected as far as both go.
fn check_handed_on(on_disk: usize, from: u64, reaches: u64) {
    let temp = tempfile::tempdir().unwrap();
    let dir = DataDir::open(temp.path().join("purser"), Mode::Exclusive).unwrap();
    let mut journal = SqliteJournal::open(&dir).unwrap();
    let frames = many_frames(6);
    for frame in frames.iter().take(on_disk) {
        journal.append(frame).unwrap();
    }
    journal.sync().unwrap();
    let mut handed_on = Fresh::default();
    frames.iter().filter(|frame| frame.no.0 >= from).for_each(|frame| handed_on.push(&Arc::new(frame.clone())));

    let mut projection = Projection::open(&dir).unwrap();
    projection.follow(FrameNo(6), &Mutex::new(handed_on), &mut |_| ()).unwrap();
    assert_eq!(projection.progress().frame, FrameNo(reaches), "{on_disk} frames on disk, handed on from {from}");
    let spent = Reader::open(&dir).unwrap().account(AccountNo(1)).unwrap().map(|account| account.spent);
    let expected = reaches.checked_sub(2).map(|calls| 7 + i64::try_from(calls).unwrap());
    assert_eq!(
        spent.filter(|_| reaches > 1),
        expected.map(Nano::new),
        "{on_disk} frames on disk, handed on from {from}"
    );
}

#[test]
fn frames_are_taken_from_the_ledger_and_from_the_journal() {
    for from in 1..=7 {
        // All are in the journal.
        check_handed_on(6, from, 6);
    }
    for from in 1..=6 {
        // Those that were handed on are not read again.
        check_handed_on(usize::try_from(from - 1).unwrap(), from, 6);
    }
    check_handed_on(3, 5, 3);
}
