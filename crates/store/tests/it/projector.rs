//! The projection equals what was posted, from whatever point and however often it is made.

use std::fs;
use std::time::Duration;

use proptest::prelude::*;
use purser_core::id::{KeyId, PersonId};
use purser_ledger::{Frame, FrameNo, Journal, Lsn, Mark};
use purser_store::{
    DataDir, Day, Days, Figures, Line, Projection, Projector, Reader, Scope, SqliteJournal, StoreError, verify,
};

use crate::child;
use crate::script::{Script, account, budget, folder, grant, noon, open, person, write};

/// Every derived table as text.
pub(crate) fn dump(dir: &DataDir) -> String {
    let conn = rusqlite::Connection::open(dir.database()).unwrap();
    let tables = [
        "progress",
        "account",
        "open_hold",
        "suspense",
        "charge_block",
        "section",
        "charge_by_person",
        "charge_by_account",
        "charge_by_hold",
        "usage_by_day",
        "usage_by_key",
        "usage_by_month",
        "spent_by_day",
        "spent_by_month",
        "key_of_person",
        "run",
        "usage_by_run",
        "usage_by_attribution",
        "flaggable_run",
        "flaggable_period",
        "looked_through",
        "billed_by_day",
        "inexact",
        "event",
        "event_word",
        "observed",
        "observed_id",
        "observed_session",
        "observed_counter",
    ];
    let mut out = Vec::new();
    for table in tables {
        let mut select = conn.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let width = select.column_count();
        let mut rows = select.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let cells: Vec<_> = (0..width).map(|at| format!("{:?}", row.get_ref(at).unwrap())).collect();
            out.push(format!("{table}: {}", cells.join(" ")));
        }
    }
    out.sort_unstable();
    out.join("\n")
}

/// Makes sections of so few charges that a test closes many. The journal must exist.
pub(crate) fn cut_sections(dir: &DataDir, charges: u32) {
    drop(Projection::open(dir).unwrap());
    let conn = rusqlite::Connection::open(dir.database()).unwrap();
    assert_eq!(conn.execute("UPDATE progress SET section_charges = ?1", (charges,)).unwrap(), 1);
}

fn catch_up(dir: &DataDir, upto: u64) {
    let mut projection = Projection::open(dir).unwrap();
    projection.catch_up(FrameNo(upto), &mut |_| ()).unwrap();
}

fn last_lsn(frames: &[Frame]) -> Lsn {
    frames.last().unwrap().last_lsn()
}

/// In the open section, in closed ones, and in both.
#[test]
fn projected_figures_are_those_posted() {
    for section in [None, Some(1), Some(7), Some(100)] {
        check_figures(section);
    }
}

fn check_figures(section: Option<u32>) {
    let (_temp, dir) = folder();
    let mut script = Script::new();
    write(&mut SqliteJournal::open(&dir).unwrap(), &script.frames(120), None);
    if let Some(charges) = section {
        cut_sections(&dir, charges);
    }
    catch_up(&dir, 120);
    let expected = &script.expected;
    let reader = Reader::open(&dir).unwrap();
    let days: Days = Day(0)..Day(50_000);
    for (id, nano) in &expected.by_person {
        let figures = reader.figures(*id, noon(0)..noon(50_000)).unwrap();
        assert_eq!(figures.iter().map(|figure| figure.charge.get()).sum::<i64>(), *nano, "exact figures of {id}");
        let lines = reader.usage_by_day(Scope::Person(*id), days.clone()).unwrap();
        assert_eq!(lines.iter().map(|line| line.charge.get()).sum::<i64>(), *nano, "days of {id}");
        // Person 0's key is key 0, and so on.
        let key = KeyId::new(id.get() + 100);
        assert_eq!(reader.usage_by_day(Scope::Key(key), days.clone()).unwrap(), lines, "days of {key}");
        let of = |lines: &[Line<PersonId>]| lines.iter().find(|line| line.of == *id).map(|line| line.charge.get());
        assert_eq!(
            of(&reader.usage_by_person(Scope::Company, days.clone()).unwrap()),
            Some(*nano),
            "among all people: {id}"
        );
        check_ranges(&reader, *id);
    }
    let by_day_model = reader.usage_by_day_and_model(Scope::Company, days.clone()).unwrap();
    let found = by_day_model.iter().map(|line| ((line.of.0.0, line.of.1.clone()), line.charge.get()));
    assert_eq!(
        found.filter(|(_, nano)| *nano != 0).collect::<std::collections::BTreeMap<_, _>>(),
        expected.by_day_model.clone().into_iter().filter(|(_, nano)| *nano != 0).collect()
    );
    assert_eq!(by_day_model.iter().map(|line| line.calls).sum::<i64>(), expected.calls);
    // The script uses one output token per nano-unit: corrections correct the counts too.
    assert!(by_day_model.iter().all(|line| line.output == line.charge.get()), "counts follow their charges");
    for (no, nano) in &expected.by_account {
        let found = reader.account(purser_ledger::AccountNo(*no)).unwrap().unwrap();
        assert_eq!(found.spent.get(), *nano, "account {no}");
    }
    check_everybody(&reader, &expected.by_person.keys().copied().collect::<Vec<_>>());
    let paid = reader.grants_spent(&days, &[noon(0)..noon(50_000)], &|_| true).unwrap();
    let of_accounts = || expected.by_account.iter().filter(|(no, _)| paid_by(&reader, **no));
    assert_eq!(
        paid.months.values().map(|nano| nano.get()).sum::<i64>(),
        of_accounts().map(|(_, nano)| *nano).sum::<i64>(),
        "what grants paid, by month"
    );
    let mut one_by_one: Vec<i64> =
        paid.periods.iter().map(|(_, _, nano)| nano.get()).filter(|nano| *nano != 0).collect();
    let mut accounts: Vec<i64> = of_accounts().map(|(_, nano)| *nano).filter(|nano| *nano != 0).collect();
    one_by_one.sort_unstable();
    accounts.sort_unstable();
    assert_eq!(one_by_one, accounts, "what grants paid, by period");
    let of_budget = reader.charged_by_day(budget(), days.clone()).unwrap();
    assert_eq!(of_budget.iter().map(|(_, nano)| nano.get()).sum::<i64>(), expected.by_account[&1]);
    let of_grant = reader.charged_by_day(grant(0), days).unwrap();
    assert_eq!(of_grant.iter().map(|(_, nano)| nano.get()).sum::<i64>(), expected.by_account[&account(0).0]);
}

/// Is the account a grant's?
fn paid_by(reader: &Reader, no: u32) -> bool {
    let periods = |subject| reader.accounts_of(subject, noon(0)..noon(50_000)).unwrap();
    (0..100).map(grant).any(|subject| periods(subject).iter().any(|account| account.no.0 == no))
}

/// Everybody's sums, which come from months where they can, are those of each one's days.
fn check_everybody(reader: &Reader, people: &[PersonId]) {
    for (start, end) in
        [(0, 50_000), (20_000, 20_001), (20_003, 20_060), (20_010, 20_031), (19_900, 20_045), (20_020, 50_000)]
    {
        let days: Days = Day(start)..Day(end);
        let mut expected: std::collections::BTreeMap<PersonId, [i64; 5]> = std::collections::BTreeMap::new();
        let figures = |line: (i64, i64, i64, i64, i64)| [line.0, line.1, line.2, line.3, line.4];
        for person in people.iter().copied() {
            for line in reader.usage_by_day(Scope::Person(person), days.clone()).unwrap() {
                let own = figures((line.calls, line.input, line.cache_read, line.output, line.charge.get()));
                let sum = expected.entry(person).or_default();
                sum.iter_mut().zip(own).for_each(|(sum, figure)| *sum += figure);
            }
        }
        expected.retain(|_, figures| *figures != [0; 5]);
        let found = reader.usage_by_person(Scope::Company, days.clone()).unwrap();
        let found = found
            .iter()
            .map(|line| (line.of, figures((line.calls, line.input, line.cache_read, line.output, line.charge.get()))));
        assert_eq!(found.collect::<std::collections::BTreeMap<_, _>>(), expected, "{start}..{end}");
        let mut by_day: std::collections::BTreeMap<PersonId, i64> = std::collections::BTreeMap::new();
        let mut add = |person, day: Day, nano: purser_core::money::Nano| {
            assert!(days.contains(&day), "{day:?} in {start}..{end}");
            *by_day.entry(person).or_default() += nano.get();
        };
        reader.each_persons_days(&days, &mut add).unwrap();
        by_day.retain(|_, nano| *nano != 0);
        let charged = expected.iter().map(|(person, figures)| (*person, figures[4])).filter(|(_, nano)| *nano != 0);
        assert_eq!(by_day, charged.collect(), "{start}..{end}");
        for person in people.iter().copied() {
            let one = reader.usage_by_person(Scope::Person(person), days.clone()).unwrap();
            let one = one.first().map(|line| line.charge.get()).unwrap_or_default();
            assert_eq!(one, expected.get(&person).map(|figures| figures[4]).unwrap_or_default());
        }
    }
}

/// Ranges that begin and end anywhere share nothing and miss nothing: sums of whole days and single charges fit.
fn check_ranges(reader: &Reader, id: PersonId) {
    let all = reader.charges_of_person(id, noon(0)..noon(50_000), None, 1_000).unwrap();
    assert!(all.next.is_none() && !all.rows.is_empty());
    let days = 20_000..20_060;
    let bounds =
        days.flat_map(|day| [Day(day).start(), noon(day), noon(day).saturating_add(Duration::from_secs(4_001))]);
    let bounds: Vec<_> = [noon(0)].into_iter().chain(bounds).chain([noon(50_000)]).collect();
    for step in [1, 2, 5, bounds.len() - 1] {
        let mut found = 0;
        for range in bounds.iter().step_by(step).zip(bounds.iter().skip(step).step_by(step)) {
            let range = *range.0..*range.1;
            let figures = reader.figures(id, range.clone()).unwrap();
            let inside = || all.rows.iter().filter(|row| range.contains(&row.at));
            let sum = |of: fn(&Figures) -> i64| figures.iter().map(of).sum::<i64>();
            assert_eq!(sum(|f| f.charge.get()), inside().map(|row| row.charge.get()).sum::<i64>(), "{range:?}");
            assert_eq!(sum(|f| f.overrun.get()), inside().map(|row| row.overrun.get()).sum::<i64>(), "{range:?}");
            let unsure = inside().filter(|row| row.mark != Mark::Exact).map(|row| row.charge.get()).sum::<i64>();
            assert_eq!(sum(|f| f.not_exact.get()), unsure, "{range:?}");
            found += inside().count();
        }
        assert!(found > all.rows.len() / 2, "ranges of {step} bounds find charges");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() })]

    /// However the work is cut, reopened in between or repeated, the tables are the same.
    #[test]
    fn every_way_to_catch_up_gives_the_same_tables(
        cuts in proptest::collection::vec(0_u64..60, 0..6),
        section in prop_oneof![1..100_u32, Just(1_000)],
    ) {
        let (_temp, at_once) = folder();
        let (_temp, in_steps) = folder();
        let frames = Script::new().frames(60);
        for dir in [&at_once, &in_steps] {
            write(&mut SqliteJournal::open(dir).unwrap(), &frames, None);
        }
        cut_sections(&at_once, section);
        cut_sections(&in_steps, section);
        catch_up(&at_once, 60);
        let mut cuts = cuts;
        cuts.sort_unstable();
        for cut in cuts.into_iter().chain([60, 60]) {
            catch_up(&in_steps, cut);
        }
        prop_assert_eq!(dump(&at_once), dump(&in_steps));
        let verified = verify(&in_steps).unwrap();
        prop_assert!(verified.is_good(), "{:?}", verified.findings);
    }
}

/// Whoever asks for what is durable gets it without waiting for more to gather, and frames that nobody asks for arrive
/// too.
#[test]
fn frames_that_come_one_by_one_are_followed() {
    let (_temp, dir) = folder();
    let mut script = Script::new();
    let mut journal = SqliteJournal::open(&dir).unwrap();
    let (projector, mut tap) = Projector::start(&dir).unwrap();
    for no in 0..30 {
        let frame = script.frames(1);
        write(&mut journal, &frame, Some(&mut tap));
        if no % 3 != 0 {
            projector.wait_projected(last_lsn(&frame), Duration::from_secs(30)).unwrap();
        }
    }
    let last = script.frames(1);
    write(&mut journal, &last, Some(&mut tap));
    let arrived = (0..3_000).any(|_| {
        std::thread::park_timeout(Duration::from_millis(10));
        projector.projected_lsn() == last_lsn(&last)
    });
    assert!(arrived, "nobody asked, and the last frame is still projected");
}

#[test]
fn the_thread_follows_what_is_durable() {
    let (_temp, dir) = folder();
    let mut script = Script::new();
    let mut journal = SqliteJournal::open(&dir).unwrap();
    let first = script.frames(10);
    write(&mut journal, &first, None);
    let (projector, mut tap) = Projector::start(&dir).unwrap();
    let wait = Duration::from_secs(30);
    projector.wait_projected(last_lsn(&first), wait).unwrap();
    let second = script.frames(50);
    write(&mut journal, &second, Some(&mut tap));
    projector.wait_projected(last_lsn(&second), wait).unwrap();
    assert_eq!(projector.projected_lsn(), last_lsn(&second));
    // Written, not synced: not to be projected.
    let third = script.frames(1);
    journal.append(&third[0]).unwrap();
    let late = projector.wait_projected(last_lsn(&third), Duration::from_millis(60)).unwrap_err();
    assert!(matches!(late, StoreError::Behind { .. }), "{late}");
    drop(projector);

    let (_temp, oracle) = folder();
    write(&mut SqliteJournal::open(&oracle).unwrap(), &[first, second].concat(), None);
    catch_up(&oracle, 60);
    assert_eq!(dump(&dir), dump(&oracle));
}

#[test]
fn what_a_killed_process_wrote_is_there_and_projected() {
    let (_temp, dir) = folder();
    let path = dir.path().to_owned();
    drop(dir);
    assert_eq!(child::run("write and die", &path), "wrote");
    let dir = open(&path);
    let mut journal = SqliteJournal::open(&dir).unwrap();
    assert_eq!(Journal::head(&mut journal).unwrap().unwrap().no, FrameNo(20));
    let (projector, _tap) = Projector::start(&dir).unwrap();
    let frames = Script::new().frames(20);
    projector.wait_projected(last_lsn(&frames), Duration::from_secs(30)).unwrap();
    let reader = Reader::open(&dir).unwrap();
    assert!(reader.usage_by_model(Scope::Person(person(0)), Day(0)..Day(50_000)).unwrap()[0].charge.is_positive());
}

#[test]
fn a_projection_ahead_of_its_journal_is_refused() {
    let (_temp, dir) = folder();
    write(&mut SqliteJournal::open(&dir).unwrap(), &Script::new().frames(20), None);
    catch_up(&dir, 20);
    // The journal of a shorter life: what losing its end would leave.
    for suffix in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(dir.path().join(format!("journal.db{suffix}")));
    }
    write(&mut SqliteJournal::open(&dir).unwrap(), &Script::new().frames(15), None);
    let refused = Projection::open(&dir).unwrap_err();
    assert!(matches!(&refused, StoreError::Damaged { frame: Some(20), .. }), "{refused}");
    assert!(refused.to_string().contains("the journal ends before it"), "{refused}");
}
