//! Who may open a folder, and what is said when one may not.

use std::fs;

use purser_store::{DataDir, Mode, StoreError};

use crate::child;
use crate::script::{folder, open};

#[test]
fn a_second_process_is_refused_with_a_sentence() {
    let (_temp, dir) = folder();
    let answer = child::run("open", dir.path());
    let pid = std::process::id();
    assert!(answer.contains(&dir.path().display().to_string()), "{answer}");
    assert!(answer.contains(&format!("in use by another Purser (process {pid})")), "{answer}");
    assert!(answer.contains("stop it first"), "says what to do: {answer}");
    let path = dir.path().to_owned();
    drop(dir);
    assert_eq!(child::run("open", &path), "opened");
    drop(open(&path));
}

#[test]
fn a_reader_needs_no_lock_and_creates_nothing() {
    let (temp, dir) = folder();
    DataDir::open(dir.path(), Mode::ReadOnly).unwrap();
    let absent = temp.path().join("absent");
    assert!(matches!(DataDir::open(&absent, Mode::ReadOnly), Err(StoreError::NotAFolder { .. })));
    assert!(!absent.exists());
}

#[test]
fn a_newer_folder_is_refused_untouched() {
    let (_temp, dir) = folder();
    let path = dir.path().to_owned();
    drop(dir);
    fs::write(path.join("format"), "purser 3\n").unwrap();
    for mode in [Mode::Exclusive, Mode::ReadOnly] {
        let refused = DataDir::open(&path, mode).unwrap_err();
        assert!(matches!(refused, StoreError::Newer { found: 3, known: 2, .. }));
        assert!(refused.to_string().contains("run the newer version"), "{refused}");
    }
}

#[test]
fn a_newer_database_is_refused_untouched() {
    let (_temp, dir) = folder();
    drop(purser_store::SqliteJournal::open(&dir).unwrap());
    let conn = rusqlite::Connection::open(dir.journal()).unwrap();
    conn.execute("INSERT INTO migration (no, name) VALUES (99, 'of the future')", []).unwrap();
    drop(conn);
    let refused = purser_store::SqliteJournal::open(&dir).unwrap_err();
    assert!(matches!(refused, StoreError::Newer { found: 99, .. }), "{refused}");
}

#[test]
fn somebody_elses_folder_is_left_as_it_was() {
    let temp = tempfile::tempdir().unwrap();
    fs::write(temp.path().join("thesis.tex"), "").unwrap();
    let refused = DataDir::open(temp.path(), Mode::Exclusive).unwrap_err();
    assert!(refused.to_string().contains("it holds other files"), "{refused}");
    assert_eq!(fs::read_dir(temp.path()).unwrap().count(), 1);
}

#[test]
fn a_start_cut_short_is_made_again() {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("purser");
    fs::create_dir(&path).unwrap();
    fs::write(path.join("lock"), "").unwrap();
    fs::write(path.join("secret.new"), "half").unwrap();
    let dir = open(&path);
    assert_eq!(dir.secret().unwrap().len(), 32);
    let secret = dir.secret().unwrap();
    drop(dir);
    assert_eq!(open(&path).secret().unwrap(), secret, "the secret is made once");
}
