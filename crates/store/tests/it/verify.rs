//! What verification finds, and that it finds nothing where nothing is wrong.

use std::fs;
use std::sync::Arc;

use purser_ledger::{FrameNo, Journal};
use purser_store::{DataDir, Finding, Mode, Projection, SqliteJournal, Verified, verify};

use crate::damage::flip;
use crate::projector::cut_sections;
use crate::script::{Script, folder, write};

/// A folder at rest, journal and projection whole.
fn at_rest(frames: usize) -> (tempfile::TempDir, Arc<DataDir>) {
    let (temp, dir) = folder();
    write(&mut SqliteJournal::open(&dir).unwrap(), &Script::new().frames(frames), None);
    cut_sections(&dir, 16);
    Projection::open(&dir).unwrap().catch_up(FrameNo(u64::MAX), &mut |_| ()).unwrap();
    (temp, dir)
}

fn check(dir: &DataDir) -> Verified {
    verify(&DataDir::open(dir.path(), Mode::ReadOnly).unwrap()).unwrap()
}

fn told(verified: &Verified) -> String {
    verified.findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn change(dir: &DataDir, sql: &str) {
    let conn = rusqlite::Connection::open(dir.database()).unwrap();
    assert!(conn.execute(sql, []).unwrap() > 0, "{sql}");
}

#[test]
fn a_folder_at_rest_is_good() {
    let (_temp, dir) = at_rest(80);
    let verified = check(&dir);
    assert!(verified.is_good(), "{:?}", verified.findings);
    let report = verified.journal.unwrap();
    assert_eq!((report.frames, verified.projected.frame), (80, FrameNo(80)));
    assert_eq!(report.records, verified.projected.lsn.0);
    assert_eq!(report.head, verified.projected.hash);
}

#[test]
fn a_folder_in_use_is_good_wherever_the_projection_is() {
    let (_temp, dir) = folder();
    let mut journal = SqliteJournal::open(&dir).unwrap();
    let mut script = Script::new();
    for upto in [0, 7, 15] {
        write(&mut journal, &script.frames(10), None);
        journal.append(&script.frame()).unwrap();
        let mut projection = Projection::open(&dir).unwrap();
        projection.catch_up(FrameNo(upto), &mut |_| ()).unwrap();
        let verified = check(&dir);
        assert!(verified.is_good(), "{:?}", verified.findings);
        assert_eq!(verified.projected.frame, FrameNo(upto));
    }
}

#[test]
fn a_flipped_byte_is_named() {
    let (_temp, dir) = at_rest(40);
    let frames = Script::new().frames(40);
    let mut bytes = fs::read(dir.journal()).unwrap();
    flip(&mut bytes, &frames[22]);
    fs::write(dir.journal(), &bytes).unwrap();
    let verified = check(&dir);
    let named = |finding: &&Finding| matches!(finding, Finding::Journal { frame: FrameNo(23), .. });
    let finding = verified.findings.iter().find(named).unwrap_or_else(|| panic!("{:?}", verified.findings));
    assert!(finding.to_string().starts_with("the journal, frame 23: "), "{finding}");
    assert!(verified.journal.is_none());
}

#[test]
fn a_file_that_cannot_be_opened_is_a_finding() {
    for (file, called) in [("journal.db", "the journal"), ("purser.db", "purser.db")] {
        let (_temp, dir) = at_rest(5);
        let path = dir.path().join(file);
        let mut bytes = fs::read(&path).unwrap();
        bytes[..4_096].fill(0xa5);
        fs::write(&path, &bytes).unwrap();
        let findings = check(&dir).findings;
        assert!(matches!(findings[..], [Finding::Journal { .. } | Finding::Projection { .. }]), "{findings:?}");
        assert!(findings[0].to_string().starts_with(called), "{findings:?}");
    }
}

#[test]
fn a_changed_projection_is_found() {
    for (sql, found) in [
        ("DELETE FROM charge_block WHERE first_lsn = (SELECT max(first_lsn) FROM charge_block)", "is missing"),
        ("DELETE FROM charge_block WHERE first_lsn = (SELECT min(first_lsn) FROM charge_block)", "is missing"),
        ("UPDATE charge_block SET at = at + 1", "is not what the record says"),
        ("UPDATE charge_block SET first_lsn = first_lsn - 1", "was never posted"),
        ("UPDATE charge_block SET bytes = CAST(substr(bytes, 1, 9) AS BLOB)", "a block of charges is damaged"),
        ("UPDATE section SET charges = charges + 1", "has other charges than it says"),
        ("DELETE FROM section WHERE last_lsn = (SELECT max(last_lsn) FROM section)", "is not what its charges say"),
        ("UPDATE charge_by_person SET lsns = x'01'", "lists other charges of a person"),
        ("DELETE FROM charge_by_account WHERE section = (SELECT min(section) FROM charge_by_account)", "of an account"),
        ("UPDATE charge_by_hold SET holds = holds + 1", "lists other charges of holds"),
        ("INSERT INTO charge_by_person VALUES (1, zeroblob(16), x'01')", "table charge_by_person has"),
        ("UPDATE usage_by_day SET models = x''", "the sums of day"),
        ("UPDATE usage_by_key SET day = day - 1", "the sums of a key"),
        (
            "UPDATE usage_by_month SET models = x'' WHERE month = (SELECT min(month) FROM usage_by_month)",
            "in the month of",
        ),
        ("UPDATE usage_by_month SET unit = x'ffffffffffffffffffffffffffffffff'", "in the month of"),
        (
            "INSERT INTO usage_by_month VALUES (1, zeroblob(16), zeroblob(16), zeroblob(16), x'')",
            "table usage_by_month",
        ),
        ("UPDATE spent_by_month SET nano = nano - 1", "what a grant paid in the month"),
        ("INSERT INTO spent_by_month VALUES (1, zeroblob(16), 1)", "table spent_by_month has"),
        ("INSERT INTO event_word VALUES (1, 1)", "table event_word has"),
        ("UPDATE run SET client = client || 'x'", "is not what its charges say"),
        ("UPDATE run SET spoken = 1", "is not what its charges say"),
        ("DELETE FROM run WHERE run = (SELECT min(run) FROM run)", "is not what its charges say"),
        ("UPDATE usage_by_run SET human = human + 1", "what a run used on day"),
        ("UPDATE usage_by_run SET hours = hours + 1", "what a run used on day"),
        ("UPDATE usage_by_run SET squares = squares + 1", "what a run used on day"),
        ("INSERT INTO usage_by_run VALUES (zeroblob(16), 1, x'', 0, 0, 0, 0)", "table usage_by_run has"),
        ("UPDATE usage_by_attribution SET models = x''", "is not what its runs used"),
        ("UPDATE usage_by_attribution SET name = 'other' WHERE name = 'shop'", "what was spent on `shop`"),
        ("INSERT INTO usage_by_attribution VALUES (1, 1, '', x'')", "table usage_by_attribution has"),
        ("UPDATE flaggable_run SET kind = 3 - kind", "may be flagged and is not found"),
        ("INSERT INTO flaggable_run VALUES (1, 1, x'01')", "table flaggable_run has"),
        ("INSERT INTO flaggable_period VALUES (1, 1)", "table flaggable_period has"),
        ("UPDATE looked_through SET day = day - 1", "up to another day than that of the last charge"),
        ("UPDATE billed_by_day SET sums = x''", "should have billed of"),
        ("UPDATE billed_by_day SET day = day - 1", "should have billed of"),
        ("INSERT INTO billed_by_day VALUES (1, '', '', 0, x'')", "table billed_by_day has"),
        ("INSERT INTO inexact VALUES (1, 1, '', '', 1, 1)", "table inexact has"),
        ("DELETE FROM key_of_person", "the sums of a key"),
        ("UPDATE spent_by_day SET nano = nano + 1 WHERE account = 2", "account 2"),
        ("UPDATE account SET limit_nano = limit_nano + 1 WHERE no = 2", "account 2"),
        ("UPDATE account SET subject = zeroblob(16) WHERE no = 1", "account 1"),
        ("DELETE FROM account WHERE no = 4", "accounts, and"),
        ("UPDATE open_hold SET hold = hold + 1000000", "a hold is kept open that is not"),
        ("DELETE FROM open_hold", "open holds are missing"),
        ("DELETE FROM suspense", "items of suspense are missing"),
        ("UPDATE suspense SET hold = hold + 1", "the item of suspense"),
        ("UPDATE event SET kind = kind + 1", "the event of record"),
        ("DELETE FROM event", "is missing or another"),
        ("UPDATE progress SET hash = zeroblob(32)", "does not belong"),
    ] {
        let (_temp, dir) = at_rest(40);
        change(&dir, sql);
        let text = told(&check(&dir));
        assert!(text.contains(found), "{sql}: {text}");
    }
}

/// A byte of a charge, whichever: the row is not what the record says, or no row any more.
#[test]
fn a_changed_charge_is_found() {
    let (_temp, dir) = at_rest(12);
    let conn = rusqlite::Connection::open(dir.database()).unwrap();
    let block = "(SELECT first_lsn FROM charge_block ORDER BY first_lsn LIMIT 1)";
    let bytes: Vec<u8> = conn
        .query_row(&format!("SELECT bytes FROM charge_block WHERE first_lsn = {block}"), [], |row| row.get(0))
        .unwrap();
    assert!(bytes.len() > 200, "{}", bytes.len());
    for at in 0..bytes.len() {
        let mut bad = bytes.clone();
        bad[at] ^= 1;
        let sql = format!("UPDATE charge_block SET bytes = ?1 WHERE first_lsn = {block}");
        conn.execute(&sql, (bad,)).unwrap();
        assert!(!check(&dir).is_good(), "byte {at}");
    }
}

#[test]
fn frames_lost_from_the_end_are_found() {
    let (_temp, dir) = at_rest(40);
    let conn = rusqlite::Connection::open(dir.journal()).unwrap();
    conn.execute("DELETE FROM frame WHERE no > 35", []).unwrap();
    drop(conn);
    let findings = check(&dir).findings;
    let text = findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    assert!(text.contains("purser.db does not belong to the journal"), "{text}");
    assert!(text.contains("settled charges are"), "{text}");
}
