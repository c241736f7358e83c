//! What verification finds, and that it finds nothing where nothing is wrong.

use std::fs;
use std::sync::Arc;

use purser_ledger::{FrameNo, Journal};
use purser_store::{DataDir, Finding, Mode, Projection, SqliteJournal, Verified, verify};

use crate::damage::flip;
use crate::script::{Script, folder, write};

/// A folder at rest, journal and projection whole.
fn at_rest(frames: usize) -> (tempfile::TempDir, Arc<DataDir>) {
    let (temp, dir) = folder();
    write(&mut SqliteJournal::open(&dir).unwrap(), &Script::new().frames(frames), None);
    Projection::open(&dir).unwrap().catch_up(FrameNo(u64::MAX), &mut |_| ()).unwrap();
    (temp, dir)
}

fn check(dir: &DataDir) -> Verified {
    verify(&DataDir::open(dir.path(), Mode::ReadOnly).unwrap()).unwrap()
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
        ("UPDATE charge SET charge_nano = charge_nano + 1 WHERE kind = 1 AND lsn = (SELECT min(lsn) FROM charge)", 2),
        ("UPDATE charge SET charge_nano = charge_nano + 1 WHERE kind = 2", 2),
        ("UPDATE usage_by_day SET charge_nano = charge_nano - 1", 1),
        ("UPDATE posting SET amount_nano = amount_nano + 1", 1),
        ("UPDATE account SET spent_nano = spent_nano + 1 WHERE no = 2", 1),
        ("UPDATE progress SET hash = zeroblob(32)", 1),
    ] {
        let (_temp, dir) = at_rest(40);
        change(&dir, sql);
        let findings = check(&dir).findings;
        assert!(findings.len() >= found, "{sql}: {findings:?}");
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
