//! What was seen beside the grants counts once, whatever the journal tells twice, and verification finds what is changed.

use std::sync::Arc;

use purser_core::event::Event;
use purser_core::id::CommandId;
use purser_core::money::Nano;
use purser_core::observed::{Counter, Observation, Seen, Source};
use purser_core::time::Instant;
use purser_core::usage::{Tier, Usage};
use purser_ledger::{Frame, FrameNo, Record};
use purser_store::{DataDir, KIND_DIRECTORY, Mode, ObservedSums, Projection, Reader, SqliteJournal, verify};

use crate::projector::dump;
use crate::script::{Script, folder, noon, person, write};

fn seen(ids: &[u64], used_at: Instant, output: u64) -> Seen {
    Seen {
        ids: ids.to_vec(),
        used_at,
        model: "opus".to_owned(),
        requests: 1,
        usage: Usage {
            input_uncached: 1,
            cache_read: 2,
            cache_write_5m: 3,
            cache_write_1h: 4,
            output,
            ..Usage::default()
        },
        tier: Tier::Standard,
        charge: (output < 100).then(|| Nano::new(10)),
        card: None,
        claimed: Some(Nano::new(20)),
        counters: Vec::new(),
    }
}

fn told(n: u64, session: u64, source: Source, seen: Vec<Seen>) -> Observation {
    let (tool, at) = ("claude-code".to_owned(), noon(20_100));
    Observation { person: person(n), key: None, tool, session, source, seen, at }
}

/// A journal that tells these, one after the other, each in a frame of its own.
fn journal(all: &[Observation]) -> (tempfile::TempDir, Arc<DataDir>, FrameNo) {
    let (temp, dir) = folder();
    let mut frames = Script::new().frames(2);
    for (command, observation) in (1_000_u32..).zip(all) {
        let (command, payload) = (CommandId::new(command.into()), Event::Observed(observation.clone()).to_bytes());
        let record = Record::Event { command, input: 1, kind: KIND_DIRECTORY, payload };
        let head = frames.last().map(Frame::head);
        frames.push(Frame::of(head, &[(noon(20_100), record)]));
    }
    let last = frames.last().unwrap().no;
    write(&mut SqliteJournal::open(&dir).unwrap(), &frames, None);
    Projection::open(&dir).unwrap().catch_up(last, &mut |_| ()).unwrap();
    (temp, dir, last)
}

fn sum(dir: &DataDir, n: u64) -> ObservedSums {
    let mut sum = ObservedSums::default();
    let rows = Reader::open(dir).unwrap().observed(Some(person(n)), &(noon(19_999)..noon(20_200))).unwrap();
    for row in rows {
        sum.add(&row.sums);
    }
    sum
}

fn is_good(dir: &DataDir) -> bool {
    verify(&DataDir::open(dir.path(), Mode::ReadOnly).unwrap()).unwrap().is_good()
}

fn several() -> Vec<Observation> {
    let at = noon(20_050);
    vec![
        told(0, 1, Source::Events, vec![seen(&[1], at, 5), seen(&[2], at, 7)]),
        // One of them again, one that is new and one without a price.
        told(0, 1, Source::Events, vec![seen(&[2], at, 7), seen(&[3], at, 11), seen(&[4], at, 100)]),
        // Another source of the same session, which could tell the same.
        told(0, 1, Source::Counters, vec![seen(&[9], at, 13)]),
        // Names are a session's, but for those of the provider.
        told(0, 2, Source::Events, vec![seen(&[1], at, 17)]),
        told(0, 3, Source::Requests, vec![seen(&[1], at, 19)]),
        told(0, 4, Source::Requests, vec![seen(&[1], at, 19)]),
        told(1, 5, Source::Requests, vec![seen(&[1], at, 23)]),
        // A part of it is known: all of it is.
        told(0, 1, Source::Events, vec![seen(&[4, 5], at, 29)]),
    ]
}

#[test]
fn it_counts_once() {
    let (_temp, dir, _) = journal(&several());
    let mine = sum(&dir, 0);
    assert_eq!((mine.requests, mine.output), (6, 5 + 7 + 11 + 100 + 17 + 19));
    assert_eq!((mine.input, mine.cache_read, mine.cache_write_5m, mine.cache_write_1h), (6, 12, 18, 24));
    assert_eq!((mine.charge.get(), mine.unpriced, mine.claimed.get()), (50, 1, 120));
    assert_eq!(sum(&dir, 1).output, 23);
    assert!(is_good(&dir));
}

#[test]
fn it_is_found_by_the_quarter_of_an_hour() {
    let start = noon(20_050);
    let at = |minutes: i64| Instant::from_micros(start.as_micros() + minutes * 60_000_000);
    let all = [0, 14, 15, 29].map(|minutes: i64| seen(&[minutes.unsigned_abs()], at(minutes), 1)).to_vec();
    let (_temp, dir, _) = journal(&[told(0, 1, Source::Events, all)]);
    let count = |from, to| {
        let rows = Reader::open(&dir).unwrap().observed(None, &(at(from)..at(to))).unwrap();
        rows.iter().map(|row| row.sums.requests).sum::<u64>()
    };
    assert_eq!([count(0, 15), count(15, 30), count(0, 30), count(-15, 0), count(30, 60)], [2, 2, 4, 0, 0]);
}

#[test]
fn counters_are_remembered_and_names_known() {
    let with = |id: u64, time: u64, value: u64| {
        let counters = vec![Counter { series: 7, start: 1, time, value }];
        Seen { counters, ..seen(&[id], noon(20_050), value) }
    };
    let all = [(1, 10, 5), (2, 20, 8), (3, 15, 6)]
        .map(|(id, time, value)| told(0, 1, Source::Counters, vec![with(id, time, value)]));
    let (_temp, dir, _) = journal(&all);
    let reader = Reader::open(&dir).unwrap();
    let names = all[0].names_in();
    let known = reader.observed_session(1, &mut [(names, 2), (names, 4)].into_iter(), &mut [7, 8].into_iter()).unwrap();
    assert_eq!(known.counters.into_values().collect::<Vec<_>>(), [Counter { series: 7, start: 1, time: 20, value: 8 }]);
    assert_eq!(known.ids.into_iter().collect::<Vec<_>>(), [2]);
    assert!(known.sources.admit(Source::Counters) && !known.sources.admit(Source::Events));
}

#[test]
fn from_any_position_the_tables_are_the_same() {
    let all = several();
    let (_temp, whole, last) = journal(&all);
    let (_temp, dir) = folder();
    let (_other, source, _) = journal(&all);
    std::fs::copy(source.journal(), dir.journal()).unwrap();
    for upto in 1..=last.0 {
        Projection::open(&dir).unwrap().catch_up(FrameNo(upto), &mut |_| ()).unwrap();
        assert!(is_good(&dir), "after frame {upto}");
    }
    assert_eq!(dump(&dir), dump(&whole));
}

#[test]
fn what_is_changed_is_found() {
    for sql in [
        "UPDATE observed SET output = output + 1",
        "UPDATE observed SET quarter = quarter + 1",
        "DELETE FROM observed WHERE session = 2",
        "DELETE FROM observed_id WHERE id = 3",
        "UPDATE observed_id SET lsn = lsn + 1 WHERE id = 3",
        "INSERT INTO observed_id VALUES (1, 99, 1)",
    ] {
        let (_temp, dir, _) = journal(&several());
        let conn = rusqlite::Connection::open(dir.database()).unwrap();
        assert!(conn.execute(sql, []).unwrap() > 0, "{sql}");
        drop(conn);
        assert!(!is_good(&dir), "{sql}");
    }
}
