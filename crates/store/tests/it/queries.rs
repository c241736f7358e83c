//! Pages, events and denials; and that every question goes through an index.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use purser_core::account::Subject;
use purser_core::id::{GrantId, RunId};
use purser_core::money::Nano;
use purser_core::time::Instant;
use purser_ledger::{FrameNo, Lsn};
use purser_store::{
    Attribution, ChargeKind, ChargeRow, DataDir, Day, Denial, DenialLog, Line, PAGE_MAX, PaidAccount, Projection,
    Reader, RunLine, RunOnDay, RunsOf, SqliteJournal,
};

use crate::projector::cut_sections;
use crate::script::{Expected, PEOPLE, Script, TOOLS, account, folder, grant, key, noon, person, run, write};

/// Sections as they are made, and so small that a test has many closed ones.
const SECTIONS: [u32; 3] = [32_768, 16, 3];

fn projected(frames: usize, section: u32) -> (tempfile::TempDir, Arc<DataDir>, Expected) {
    let (temp, dir) = folder();
    let mut script = Script::new();
    write(&mut SqliteJournal::open(&dir).unwrap(), &script.frames(frames), None);
    cut_sections(&dir, section);
    let mut projection = Projection::open(&dir).unwrap();
    projection.catch_up(FrameNo(u64::MAX), &mut |_| ()).unwrap();
    (temp, dir, script.expected)
}

#[test]
fn pages_of_any_size_give_the_same_rows() {
    let all = SECTIONS.map(check_pages);
    assert_eq!(all, [all[0].clone(), all[0].clone(), all[0].clone()], "wherever sections end");
}

fn check_pages(section: u32) -> Vec<ChargeRow> {
    let (_temp, dir, expected) = projected(40, section);
    let reader = Reader::open(&dir).unwrap();
    let all = noon(0)..noon(50_000);
    let mut sizes = Vec::new();
    for limit in [1, 7, 1_000] {
        let (mut cursor, mut rows) = (None, Vec::new());
        loop {
            let page = reader.charges(all.clone(), cursor, limit).unwrap();
            rows.extend(page.rows);
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert!(rows.is_sorted_by(|a, b| a.lsn > b.lsn), "newest first, none twice");
        sizes.push(rows.len());
    }
    assert_eq!(sizes, [expected.charges; 3]);

    let whole = reader.charges_of_person(person(1), all.clone(), None, 1_000).unwrap();
    assert!(whole.rows.iter().all(|row| row.person == Some(person(1))));
    let middle = whole.rows[whole.rows.len() / 2].at;
    let late = reader.charges_of_person(person(1), middle..all.end, None, 1_000).unwrap();
    let early = reader.charges_of_person(person(1), all.start..middle, None, 1_000).unwrap();
    assert_eq!([late.rows, early.rows].concat(), whole.rows, "half-open ranges share nothing and miss nothing");
    let (mut cursor, mut paged) = (None, Vec::new());
    loop {
        let page = reader.charges_of_person(person(1), all.clone(), cursor, 4).unwrap();
        paged.extend(page.rows);
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(paged, whole.rows);
    let rows = reader.charges(all.clone(), None, 1_000).unwrap().rows;
    let told = |range| {
        let mut told = Vec::new();
        reader.each_charge(range, &mut |row| told.push(row)).unwrap();
        told.reverse();
        told
    };
    assert_eq!(told(all.clone()), rows, "the same ones, oldest first");
    assert_eq!([told(middle..all.end), told(all.start..middle)].concat(), rows);
    let periods = reader.periods().unwrap();
    for no in rows.iter().flat_map(|row| row.legs.iter().map(|leg| &leg.no).chain(&row.ceilings)) {
        assert_eq!(periods.get(no), reader.account(*no).unwrap().map(|account| account.period).as_ref());
    }
    rows
}

#[test]
fn rows_of_a_hold_add_up_and_can_be_recomputed() {
    SECTIONS.into_iter().for_each(check_holds);
}

fn check_holds(section: u32) {
    let (_temp, dir, _) = projected(60, section);
    let reader = Reader::open(&dir).unwrap();
    let all = reader.charges(noon(0)..noon(50_000), None, 1_000).unwrap().rows;
    let of_kind = |kind| all.iter().find(|row| row.kind == kind).unwrap();
    let reversal = of_kind(ChargeKind::Reversal);
    let rows = reader.charges_of_hold(reversal.hold.unwrap()).unwrap();
    assert_eq!(rows.iter().map(|row| row.charge.get()).sum::<i64>(), 0);
    assert_eq!(rows.iter().map(|row| row.counts.output_tokens()).sum::<i64>(), 0);

    let adjustment = of_kind(ChargeKind::Adjustment);
    let rows = reader.charges_of_hold(adjustment.hold.unwrap()).unwrap();
    let record = adjustment.record().unwrap();
    let output = rows.iter().map(|row| row.counts.output_tokens()).sum::<i64>();
    assert_eq!(
        u64::try_from(output).unwrap(),
        record.usage.output + record.beside[0].usage.output,
        "counts add up to the last usage reported"
    );
    assert_eq!(rows.last().unwrap().ceilings, rows[0].ceilings);

    assert_eq!(reader.charge(reversal.lsn).unwrap().as_ref(), Some(reversal));
    assert_eq!(of_kind(ChargeKind::WrittenOff).charge.get(), 0);
    assert!(of_kind(ChargeKind::Resolution).charge.is_positive());
}

#[test]
fn runs_add_up_to_what_people_spent() {
    let all = SECTIONS.map(check_runs);
    assert_eq!(all, [all[0].clone(), all[0].clone(), all[0].clone()], "wherever sections end");
}

fn check_runs(section: u32) -> Vec<RunLine> {
    let (_temp, dir, expected) = projected(60, section);
    let reader = Reader::open(&dir).unwrap();
    let (runs, ()) = reader.runs(&RunsOf::default(), |all| (all, ())).unwrap();
    assert_eq!(runs.len(), 6, "two of each person");
    assert!(runs.is_sorted_by(|a, b| a.last >= b.last), "the last active first");
    let charges = reader.charges(noon(0)..noon(50_000), None, 1_000).unwrap().rows;
    for n in 0..PEOPLE {
        let of = RunsOf { person: Some(person(n)), since: None };
        let (own, ()) = reader.runs(&of, |all| (all, ())).unwrap();
        assert_eq!(own, runs.iter().filter(|run| run.person == person(n)).cloned().collect::<Vec<_>>());
        let spent: i64 = own.iter().map(|run| run.total().charge.get()).sum();
        assert_eq!(spent, expected.by_person[&person(n)]);
        for line in &own {
            let model = usize::from(line.run == run(n, 1));
            assert_eq!(line.run, run(n, model));
            assert_eq!(line.parent, (model == 1).then(|| run(n, 0)));
            assert_eq!((&*line.client, line.version.as_deref()), (TOOLS[model], Some("1.0")));
            assert_eq!(line.project.as_deref(), (n == 1).then_some("shop"));
            let mine = || charges.iter().filter(|row| row.record().is_some_and(|record| record.run == Some(line.run)));
            let calls =
                mine().filter(|row| matches!(row.kind, ChargeKind::Settlement | ChargeKind::Resolution)).count();
            let calls = u64::try_from(calls).unwrap();
            assert_eq!((line.human, line.retried), (if n == 0 { calls } else { 0 }, if n == 2 { calls } else { 0 }));
            assert_eq!(line.began, mine().map(|row| row.at).min().unwrap());
            let is_call = |kind| matches!(kind, ChargeKind::Settlement | ChargeKind::Resolution);
            let made = || mine().filter(|row| is_call(row.kind));
            assert_eq!(line.spoken, made().map(|row| row.at).max().filter(|_| n == 0), "somebody asked for each");
            check_days(&reader, line, made().map(|row| (row.at, row.counts.prompt_tokens())));
        }
        let wanted: BTreeSet<RunId> = [run(n, 1)].into();
        let posted = |range: Range<Instant>| {
            let mut posted = Vec::new();
            reader.charges_of_runs(person(n), &wanted, &range, &mut |charge| posted.push(charge)).unwrap();
            posted
        };
        let all = posted(noon(0)..noon(50_000));
        assert!(all.is_sorted_by_key(|charge| charge.at) && all.iter().all(|charge| wanted.contains(&charge.run)));
        let line = own.iter().find(|line| line.run == run(n, 1)).unwrap();
        assert_eq!(all.iter().map(|charge| charge.charge.get()).sum::<i64>(), line.total().charge.get());
        let middle = all[all.len() / 2].at;
        assert_eq!(
            [posted(noon(0)..middle), posted(middle..noon(50_000))].concat(),
            all,
            "nothing twice, nothing missed"
        );
        let tree = reader.run(run(n, 0)).unwrap();
        assert_eq!(tree.iter().map(|line| line.run).collect::<Vec<_>>(), [run(n, 0), run(n, 1)]);
        assert!(tree.iter().all(|line| own.contains(line)), "told alike");
    }
    assert_eq!(reader.run(RunId::new(1)).unwrap(), []);
    let asked = runs.iter().map(|line| line.run).chain([RunId::new(1)]).collect();
    let owners = reader.owners_of_runs(&asked).unwrap();
    assert_eq!(owners, runs.iter().map(|line| (line.run, line.person)).collect(), "whoever's it is not is left out");

    let days = Day(0)..Day(50_000);
    let tools = reader.usage_by(Attribution::Tool, None, &days).unwrap();
    let whole: i64 = expected.by_person.values().sum();
    assert_eq!(tools.iter().map(|line| line.charge.get()).sum::<i64>(), whole);
    assert_eq!(tools.iter().map(|line| line.calls).sum::<i64>(), expected.calls);
    let mut names: Vec<_> = tools.iter().filter_map(|line| line.of.as_deref()).collect();
    names.sort_unstable();
    assert_eq!(names, TOOLS);
    let projects = reader.usage_by(Attribution::Project, None, &days).unwrap();
    let shop = projects.iter().find(|line| line.of.as_deref() == Some("shop")).unwrap();
    assert_eq!(shop.charge.get(), expected.by_person[&person(1)]);
    let half = Day::of(charges[charges.len() / 2].at);
    for attribution in [Attribution::Tool, Attribution::Project] {
        let parts = [Day(0)..half, half..Day(50_000)];
        let parts = parts.map(|days| reader.usage_by(attribution, None, &days).unwrap());
        let sum = |lines: &[Line<Option<String>>]| lines.iter().map(|line| line.charge.get()).sum::<i64>();
        let named =
            |lines: &[Line<Option<String>>]| lines.iter().filter(|line| line.of.is_some()).cloned().collect::<Vec<_>>();
        assert_eq!(parts.iter().map(|lines| sum(lines)).sum::<i64>(), whole, "each day counts once");
        let all = named(&reader.usage_by(attribution, None, &days).unwrap());
        assert_eq!(
            parts.iter().map(|lines| sum(&named(lines))).sum::<i64>(),
            sum(&all),
            "also where it was named later"
        );
        let people = (0..PEOPLE).map(|n| reader.usage_by(attribution, Some(person(n)), &days).unwrap());
        assert_eq!(people.map(|lines| sum(&named(&lines))).sum::<i64>(), sum(&all), "everybody's is the company's");
    }
    let own = reader.usage_by(Attribution::Project, Some(person(1)), &days).unwrap();
    assert_eq!(own, std::slice::from_ref(shop));

    let middle = charges[charges.len() / 2].at;
    let burning = reader.burning(middle).unwrap();
    let since = charges.iter().filter(|row| row.at >= middle).map(|row| row.charge.get()).sum::<i64>();
    assert_eq!(burning.iter().map(|burn| burn.charge.get()).sum::<i64>(), since);
    assert!(burning.is_sorted_by(|a, b| a.charge >= b.charge));
    runs
}

/// What a run used by day is what it used, and what its days were like is of its calls.
fn check_days(reader: &Reader, line: &RunLine, calls: impl Iterator<Item = (Instant, i64)>) {
    let days = reader.runs_by_day(Some(line.person), &(Day(0)..Day(50_000))).unwrap();
    let own: Vec<_> = days.iter().filter(|day| day.run == line.run).collect();
    assert!(own.is_sorted_by(|a, b| a.day < b.day) && own.iter().all(|day| day.parent == line.parent));
    let total = line.total();
    let sum = |figure: fn(&RunOnDay) -> i64| own.iter().map(|day| figure(day)).sum::<i64>();
    assert_eq!((sum(|day| day.calls), sum(|day| day.charge.get())), (total.calls, total.charge.get()));
    assert_eq!((sum(|day| day.input), sum(|day| day.output)), (total.input, total.output));
    assert_eq!(u64::try_from(sum(|day| day.human)).unwrap(), line.human);
    let mut like = BTreeMap::<Day, (u32, i64)>::new();
    for (at, prompt) in calls {
        let (hours, squares) = like.entry(Day::of(at)).or_default();
        *hours |= 1 << (at.as_secs().rem_euclid(86_400) / 3_600);
        *squares += prompt * prompt;
    }
    let found = own.iter().map(|day| (day.day, (day.hours, day.squares)));
    assert_eq!(found.filter(|(_, like)| *like != (0, 0)).collect::<BTreeMap<_, _>>(), like);
}

#[test]
fn a_grant_leads_to_its_cents() {
    SECTIONS.into_iter().for_each(check_postings);
}

fn check_postings(section: u32) {
    let (_temp, dir, expected) = projected(40, section);
    let reader = Reader::open(&dir).unwrap();
    let id = grant_id(grant(2)).unwrap();
    let of_grant = reader.accounts_of(grant(2), noon(0)..noon(50_000)).unwrap();
    assert_eq!(of_grant.len(), 1);
    let paid = reader.paid(&[(id, None)]).unwrap().remove(0).remove(0);
    assert_eq!((paid.account.no, paid.account), (account(2), of_grant[0]));
    assert!(paid.postings.is_sorted_by_key(|posting| posting.lsn));
    for posting in &paid.postings {
        let charge = reader.charge(posting.lsn).unwrap().unwrap();
        assert!(charge.legs.iter().any(|leg| leg.no == account(2) && leg.amount == posting.amount));
    }
    let sum: i64 = paid.postings.iter().map(|posting| posting.amount.get()).sum();
    assert_eq!(sum, expected.by_account[&account(2).0]);
    assert_eq!(paid.account.spent.get(), sum);
    check_all_grants(&reader);
}

fn grant_id(subject: Subject) -> Option<GrantId> {
    match subject {
        Subject::Grant(id) => Some(id),
        Subject::Budget(_) | Subject::Run(_) => None,
    }
}

/// However many grants are asked about at once, each posting of each charge is on the account that paid it, once.
fn check_all_grants(reader: &Reader) {
    let ids: Vec<GrantId> = (0..100).filter_map(|no| grant_id(grant(no))).collect();
    let asked: Vec<_> = ids.iter().map(|id| (*id, None)).collect();
    let paid = reader.paid(&asked).unwrap();
    let mut found: Vec<(Lsn, u32, Nano)> = Vec::new();
    for account in paid.iter().flatten() {
        found.extend(account.postings.iter().map(|posting| (posting.lsn, account.account.no.0, posting.amount)));
        let sum: i64 = account.postings.iter().map(|posting| posting.amount.get()).sum();
        assert_eq!(account.account.spent.get(), sum, "sums and charges of {}", account.account.no);
    }
    found.sort_unstable();
    let charges = reader.charges(noon(0)..noon(50_000), None, PAGE_MAX).unwrap();
    assert!(charges.next.is_none() && !charges.rows.is_empty());
    let mut expected: Vec<(Lsn, u32, Nano)> =
        charges.rows.iter().flat_map(|row| row.legs.iter().map(|leg| (row.lsn, leg.no.0, leg.amount))).collect();
    expected.sort_unstable();
    assert_eq!(found, expected);
    // Of the periods that nobody asked about there are sums, and no charges.
    let none: Vec<_> = ids.iter().map(|id| (*id, Some([].as_slice()))).collect();
    let without = reader.paid(&none).unwrap();
    let by_day = reader.paid_by_day(&ids, &(noon(0)..noon(50_000))).unwrap();
    for (account, by_day) in paid.iter().flatten().zip(by_day.iter().flatten()) {
        let sum: i64 = by_day.days.values().map(|paid| paid.get()).sum();
        assert_eq!((by_day.period, by_day.released), (account.account.period, account.account.limit));
        assert_eq!(sum, account.account.spent.get(), "{}", account.account.no);
    }
    assert_eq!(paid.iter().map(Vec::len).sum::<usize>(), by_day.iter().map(Vec::len).sum::<usize>());
    let sums = |paid: &[Vec<PaidAccount>]| paid.iter().flatten().map(|paid| paid.account).collect::<Vec<_>>();
    assert_eq!(sums(&without), sums(&paid));
    assert!(without.iter().flatten().all(|paid| paid.postings.is_empty()));
}

#[test]
fn events_come_in_order_and_can_be_cut_short() {
    let (_temp, dir, expected) = projected(40, 16);
    let reader = Reader::open(&dir).unwrap();
    let mut seen = Vec::new();
    reader
        .events_after(Lsn(0), &mut |event| {
            seen.push(event);
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(seen.len(), expected.events);
    assert!(seen.is_sorted_by(|a, b| a.lsn < b.lsn));
    let mut rest = 0;
    reader
        .events_after(seen[2].lsn, &mut |_| {
            rest += 1;
            if rest == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .unwrap();
    assert_eq!(rest, 2);
    let newest = reader.events_of_kind(7, None, 1).unwrap();
    assert_eq!(newest.first(), seen.last());
    assert!(reader.events_of_kind(8, None, 10).unwrap().is_empty());
}

#[test]
fn denials_coalesce_by_minute() {
    let (_temp, dir, _) = projected(1, 16);
    let log = DenialLog::open(&dir).unwrap();
    let at = |second: i64| Instant::from_micros(noon(20_000).as_micros() + second * 1_000_000);
    let denial = |second, count| Denial {
        at: at(second),
        key: key(1),
        person: person(1),
        reason: "exhausted".into(),
        funded: false,
        count,
    };
    log.record(&[denial(0, 3), denial(59, 4)]).unwrap();
    log.record(&[denial(61, 1), denial(1, 1)]).unwrap();
    log.record(&[]).unwrap();
    let reader = Reader::open(&dir).unwrap();
    let rows = |person| reader.denials(person, at(0)..at(120), None, PAGE_MAX).unwrap().rows;
    let own = rows(Some(person(1)));
    assert_eq!(own.iter().map(|row| (row.minute, row.count)).collect::<Vec<_>>(), [(at(60), 1), (at(0), 8)]);
    assert_eq!(rows(None), own);
    assert!(rows(Some(person(2))).is_empty());
}

#[test]
fn pages_of_denials_together_are_the_list() {
    let (_temp, dir, _) = projected(1, 16);
    let minute = |no: i64| Instant::from_micros(noon(20_000).as_micros() + no * 60_000_000);
    let mut batch = Vec::new();
    for no in 0..5 {
        for key_no in 0..4_u64 {
            for (reason, funded) in [("exhausted", false), ("held", true), ("stopped", false), ("stopped", true)] {
                let (key, person, reason) = (key(key_no), person(key_no / 2), reason.to_owned());
                batch.push(Denial { at: minute(no), key, person, reason, funded, count: 1 });
            }
        }
    }
    DenialLog::open(&dir).unwrap().record(&batch).unwrap();
    let reader = Reader::open(&dir).unwrap();
    for (who, range, expected) in [
        (None, minute(0)..minute(9), 5 * 16),
        (None, minute(1)..minute(4), 3 * 16),
        (Some(person(1)), minute(0)..minute(9), 5 * 8),
        (Some(person(0)), minute(2)..minute(3), 8),
        (None, minute(7)..minute(9), 0),
    ] {
        let whole = reader.denials(who, range.clone(), None, PAGE_MAX).unwrap();
        assert_eq!((whole.rows.len(), whole.next), (expected, None));
        assert!(whole.rows.is_sorted_by(|a, b| a.minute >= b.minute), "newest first");
        for limit in [1, 3, 8, 79, 80, 81] {
            let (mut found, mut after) = (Vec::new(), None);
            loop {
                let page = reader.denials(who, range.clone(), after.as_ref(), limit).unwrap();
                found.extend(page.rows);
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(found, whole.rows, "in pages of {limit}");
        }
    }
}

/// Asks every question on an empty and on a filled projection while SQLite tells how it would answer.
#[test]
fn no_question_scans_a_table() {
    for frames in [1, 200] {
        let (_temp, dir, _) = projected(frames, 16);
        let conn = rusqlite::Connection::open(dir.database()).unwrap();
        if frames > 1 {
            conn.execute_batch("ANALYZE").unwrap();
        }
        for sql in STATEMENTS {
            let mut explain = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let plan: Vec<String> = explain
                .query_map(rusqlite::params_from_iter(vec![0; explain_params(sql)]), |row| row.get(3))
                .unwrap()
                .collect::<Result<_, _>>()
                .unwrap();
            assert!(plan.iter().all(|line| !line.starts_with("SCAN")), "{sql}\n{plan:?}");
        }
    }
}

fn explain_params(sql: &str) -> usize {
    (1..=9).filter(|n| sql.contains(&format!("?{n}"))).count()
}

/// The `FROM … WHERE … ORDER BY` of every question, and of what the projector looks up.
const STATEMENTS: &[&str] = &[
    "SELECT max(last_lsn) FROM section",
    "SELECT min(last_lsn) FROM section WHERE last_lsn >= ?1",
    "SELECT last_lsn FROM section WHERE last_lsn >= ?1 AND last_lsn <= ?2 ORDER BY last_lsn",
    "SELECT bytes FROM charge_block WHERE first_lsn > ?1 ORDER BY first_lsn",
    "SELECT bytes FROM charge_block WHERE first_lsn < ?1 ORDER BY first_lsn DESC",
    "SELECT bytes FROM charge_block WHERE first_lsn <= ?1 ORDER BY first_lsn DESC LIMIT 1",
    "SELECT first_lsn FROM charge_block WHERE at < ?1 ORDER BY at DESC, first_lsn DESC LIMIT 1",
    "SELECT first_lsn FROM charge_block WHERE at >= ?1 ORDER BY at, first_lsn LIMIT 1",
    "SELECT lsns FROM charge_by_person WHERE section = ?1 AND person = ?2",
    "SELECT lsns FROM charge_by_account WHERE section = ?1 AND account = ?2",
    "SELECT lsns FROM charge_by_hold WHERE holds = ?1 ORDER BY section",
    "SELECT lsns FROM charge_by_hold WHERE holds = ?1 AND section = ?2",
    "SELECT no FROM account WHERE subject_kind = ?1 AND subject = ?2 AND start >= ?3 AND start < ?4 ORDER BY start",
    "SELECT no FROM account WHERE subject_kind = ?1 AND subject = ?2",
    "SELECT day, models FROM usage_by_day WHERE day >= ?1 AND day < ?2 ORDER BY day",
    "SELECT models FROM usage_by_key WHERE day >= ?1 AND day < ?2",
    "SELECT models FROM usage_by_key WHERE day = ?1 AND person = ?2",
    "SELECT models FROM usage_by_key WHERE day = ?1 AND person = ?2 AND key = ?3",
    "SELECT models FROM usage_by_key WHERE day = ?1 AND person = ?2 AND key = ?3 AND unit = ?4",
    "SELECT models FROM usage_by_month WHERE month >= ?1 AND month < ?2",
    "SELECT models FROM usage_by_month WHERE month = ?1 AND person = ?2 AND key = ?3 AND unit = ?4",
    "SELECT nano FROM spent_by_month WHERE month >= ?1 AND month < ?2",
    "SELECT no, subject, start FROM account INDEXED BY account_by_start
     WHERE subject_kind = 1 AND start >= ?1 AND start < ?2",
    "SELECT lsn FROM event WHERE at >= ?1 ORDER BY at, lsn LIMIT 1",
    "SELECT e.payload FROM event_word AS w JOIN event AS e ON e.lsn = w.lsn WHERE w.word = ?1 AND w.lsn < ?2
     AND EXISTS (SELECT 1 FROM event_word AS o WHERE o.word = ?4 AND o.lsn = w.lsn) ORDER BY w.lsn DESC LIMIT ?3",
    "SELECT person FROM key_of_person WHERE key = ?1",
    "SELECT client FROM run WHERE run = ?1",
    "SELECT run FROM run WHERE person = ?1 AND last >= ?2 ORDER BY last DESC LIMIT 5",
    "SELECT run FROM run WHERE last >= ?1 ORDER BY last DESC LIMIT 5",
    "SELECT run FROM run WHERE parent = ?1",
    "SELECT models FROM usage_by_run WHERE run = ?1 AND day = ?2",
    "SELECT day, models FROM usage_by_run WHERE run = ?1",
    "SELECT u.models FROM run AS r JOIN usage_by_run AS u ON u.run = r.run
     WHERE r.person = ?1 AND r.last >= ?2 AND u.day >= ?3 AND u.day < ?4",
    "SELECT name, models FROM usage_by_attribution WHERE kind = ?1 AND day >= ?2 AND day < ?3",
    "SELECT day, provider, model, company, sums FROM billed_by_day WHERE day >= ?1 AND day < ?2",
    "SELECT hold, day, provider, model, mark, nano FROM inexact WHERE day >= ?1 AND day < ?2",
    "SELECT sum(nano) FROM spent_by_day WHERE account = ?1",
    "SELECT day, nano FROM spent_by_day WHERE account = ?1 AND day >= ?2 AND day < ?3",
    "SELECT lsn FROM event WHERE lsn > ?1 ORDER BY lsn LIMIT ?2",
    "SELECT lsn FROM event WHERE kind = ?1 AND lsn < ?2 ORDER BY lsn DESC LIMIT ?3",
    "SELECT minute FROM denial WHERE person = ?1 AND minute >= ?2 AND (minute, key, reason, funded) < (?3, ?4, ?5, ?6)
     ORDER BY minute DESC, key DESC, reason DESC, funded DESC LIMIT ?7",
    "SELECT minute FROM denial WHERE minute >= ?1 AND (minute, key, reason, person, funded) < (?2, ?3, ?4, ?5, ?6)
     ORDER BY minute DESC, key DESC, reason DESC, person DESC, funded DESC LIMIT ?7",
    "SELECT subject_kind FROM account WHERE no = ?1",
    "SELECT bytes FROM (SELECT payload AS bytes, lsn FROM event) WHERE lsn = ?1",
];
