//! Other processes: this test program again, told by its environment what to do.

use std::path::Path;
use std::process::Command;

use purser_ledger::Journal;
use purser_store::{DataDir, Mode, SqliteJournal};

use crate::script::Script;

const TASK: &str = "PURSER_STORE_TEST_TASK";
const FOLDER: &str = "PURSER_STORE_TEST_FOLDER";
const MARK: &str = "answer: ";

/// Runs `task` on the folder in another process and gives its answer.
pub(crate) fn run(task: &str, folder: &Path) -> String {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child::other_process", "--nocapture"])
        .env(TASK, task)
        .env(FOLDER, folder)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().find_map(|line| line.split_once(MARK)).map(|(_, answer)| answer.to_owned()).unwrap_or(text)
}

/// Not a test by itself: what the other process does.
#[test]
fn other_process() {
    let (Ok(task), Ok(folder)) = (std::env::var(TASK), std::env::var(FOLDER)) else { return };
    match (task.as_str(), DataDir::open(&folder, Mode::Exclusive)) {
        ("open", Ok(_)) => println!("{MARK}opened"),
        ("write and die", Ok(dir)) => {
            let mut journal = SqliteJournal::open(&dir).unwrap();
            Script::new().frames(20).iter().for_each(|frame| journal.append(frame).unwrap());
            println!("{MARK}wrote");
            std::process::abort();
        }
        (_, Ok(_)) => println!("{MARK}unknown task"),
        (_, Err(error)) => println!("{MARK}{error}"),
    }
}
