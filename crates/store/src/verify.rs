//! Do the files tell the truth, and all the same truth?
//!
//! Opens everything to read and works beside a running Purser. The projection is looked at first and as of one moment;
//! the journal read afterwards holds at least what was projected then. While the ledger replays the journal, every row
//! of the projection is compared with the record it comes from.

mod blocks;
mod expected;
mod projection;

use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, SyncSender};

use purser_ledger::{Frame, FrameHead, FrameNo, Journal, JournalError, Lsn, VerifyReport};
use rusqlite::Connection;

use crate::backup;
use crate::dir::DataDir;
use crate::error::StoreError;
use crate::fold::{self, Folds};
use crate::journal::{JournalReader, is_malformed};
use crate::projector::{self, Progress};
use crate::schema;
use crate::snapshot::{self, Snapshots};
use crate::sqlite;
use projection::Comparing;

/// What was looked at and found.
#[derive(Clone, Debug)]
pub struct Verified {
    /// What the ledger says of the journal; `None` when it is damaged (see `findings`).
    pub journal: Option<VerifyReport>,
    /// How far the projection is.
    pub projected: Progress,
    /// Everything that is wrong; empty when all is well.
    pub findings: Vec<Finding>,
}

impl Verified {
    /// Is all well?
    pub fn is_good(&self) -> bool {
        self.findings.is_empty()
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Finding {
    /// The journal is not what was written.
    #[error("the journal, frame {frame}: {what}")]
    Journal {
        /// The first bad frame.
        frame: FrameNo,
        /// The first bad record, where one can be named.
        lsn: Option<Lsn>,
        /// What is wrong with it.
        what: String,
    },
    /// The projection was made from another journal, or from frames this one has lost.
    #[error("purser.db does not belong to the journal: {what}")]
    Foreign {
        /// How it shows.
        what: String,
    },
    /// Charges projected and charges posted differ.
    #[error("{what} are {projected} nano-units in purser.db and {posted} in the journal, up to record {lsn}")]
    Charges {
        /// Which charges.
        what: &'static str,
        /// In the projection.
        projected: i128,
        /// In the journal.
        posted: i128,
        /// Where both were added up to.
        lsn: Lsn,
    },
    /// Tables of the projection that must agree do not.
    #[error("purser.db: {what}")]
    Projection {
        /// Which and how.
        what: String,
    },
    /// A backup that is not what was backed up.
    #[error("backup: {what}")]
    Backup {
        /// What differs.
        what: String,
    },
    /// A snapshot that does not read back: the next start passes over it.
    #[error("snapshots: {what}")]
    Snapshot {
        /// Which and why.
        what: String,
    },
}

/// Verifies all files of a folder, or of a backup: then also that each file is what was backed up.
///
/// # Errors
/// [`StoreError`] when something could not be looked at; what is wrong with what could is in the report.
pub fn verify(dir: &DataDir) -> Result<Verified, StoreError> {
    let mut findings = Vec::new();
    let comparing = look(dir, &mut findings)?;
    let projected = comparing.as_ref().map(Comparing::progress).unwrap_or_default();
    let journal = journal(dir, comparing, &mut findings)?;
    snapshots(dir, journal.as_ref(), &mut findings)?;
    let mut verified = Verified { journal, projected, findings };
    if let Some(manifest) = backup::manifest_of(dir.path())? {
        let differences = backup::differences(dir.path(), &manifest)?;
        let all = differences.into_iter().chain(manifest.journal_differs(&verified));
        verified.findings.extend(all.map(|what| Finding::Backup { what }).collect::<Vec<_>>());
    }
    Ok(verified)
}

fn journal(
    dir: &DataDir,
    comparing: Option<Comparing>,
    findings: &mut Vec<Finding>,
) -> Result<Option<VerifyReport>, StoreError> {
    let reader = match JournalReader::open(dir) {
        Err(StoreError::Damaged { frame, what, .. }) => {
            findings.push(Finding::Journal { frame: FrameNo(frame.unwrap_or(1)), lsn: None, what });
            return Ok(None);
        }
        other => other?,
    };
    if let Some(comparing) = &comparing {
        match projector::check_belongs(&reader, &comparing.progress()) {
            Err(StoreError::Damaged { frame: Some(frame), what, .. }) if frame == comparing.progress().frame.0 => {
                findings.push(Finding::Foreign { what });
            }
            // Damage on the way there: reported below, as the journal's.
            Err(StoreError::Damaged { .. }) => {}
            other => other?,
        }
    }
    let (report, found) = side_by_side(reader, comparing, findings);
    findings.extend(found);
    Ok(report)
}

/// The ledger replays the journal here, while the projection is compared on a thread of its own, a few frames behind.
fn side_by_side(
    reader: JournalReader,
    comparing: Option<Comparing>,
    findings: &mut Vec<Finding>,
) -> (Option<VerifyReport>, Vec<Finding>) {
    std::thread::scope(|scope| {
        let (to, from) = std::sync::mpsc::sync_channel(FRAMES_BETWEEN);
        let comparison = comparing.map(|comparing| scope.spawn(move || compare(comparing, &from)));
        let mut both = Both { reader, to: comparison.is_some().then_some(to) };
        let report = match purser_ledger::verify(&mut both) {
            Err(failure) => {
                findings.push(Finding::Journal { frame: failure.frame, lsn: failure.lsn, what: failure.what });
                None
            }
            Ok(report) => {
                send(&mut both.to, Passed::End);
                // Pages behind no row (free ones, interior ones) are read by nobody else.
                if let Some(conn) = both.reader.connection() {
                    pages(conn, "journal.db", findings);
                }
                Some(report)
            }
        };
        // Hangs up: where the journal is damaged, the comparison has no end to reach.
        drop(both);
        let found = comparison.map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        (report, found.unwrap_or_default())
    })
}

/// Compares frames as they come. Nothing is told unless the journal was read to its end.
fn compare(mut comparing: Comparing, frames: &Receiver<Passed>) -> Vec<Finding> {
    let mut compare = || {
        while let Ok(passed) = frames.recv() {
            match passed {
                Passed::Frame(frame) => comparing.frame(&frame)?,
                Passed::End => return Ok(true),
            }
        }
        Ok(false)
    };
    let found = match compare() {
        Ok(true) => comparing.finish(),
        Ok(false) => Ok(Vec::new()),
        Err(error) => Err(error),
    };
    found.unwrap_or_else(|error: rusqlite::Error| vec![Finding::Projection { what: error.to_string() }])
}

/// The projection as of now. `None` when there is none (it can be made again, so that is no finding) or it can't be
/// read.
fn look(dir: &DataDir, findings: &mut Vec<Finding>) -> Result<Option<Comparing>, StoreError> {
    if !dir.database().exists() {
        return Ok(None);
    }
    let conn = match sqlite::open_read(&dir.database(), schema::PURSER) {
        Err(StoreError::Sqlite { source, .. }) if is_malformed(&source) => {
            findings.push(Finding::Projection { what: source.to_string() });
            return Ok(None);
        }
        // Made again, or brought up to date, by the next start: there is nothing to compare, and nothing wrong. A backup
        // of before an upgrade comes back that way.
        Err(StoreError::Older { .. }) => return Ok(None),
        other => other?,
    };
    match Comparing::begin(conn) {
        Ok(comparing) => {
            pages(comparing.connection(), "purser.db", findings);
            Ok(Some(comparing))
        }
        Err(error) => {
            findings.push(Finding::Projection { what: error.to_string() });
            Ok(None)
        }
    }
}

fn snapshots(dir: &DataDir, journal: Option<&VerifyReport>, findings: &mut Vec<Finding>) -> Result<(), StoreError> {
    for (lsn, path) in Snapshots::of(dir).list()? {
        match snapshot::read(&path)? {
            Err(why) => findings.push(Finding::Snapshot { what: format!("the one of record {lsn}: {why}") }),
            Ok(snapshot) if journal.is_some_and(|report| report.records < snapshot.lsn().0) => {
                let what = format!("the one of record {lsn} is of a state that the journal does not reach");
                findings.push(Finding::Snapshot { what });
            }
            Ok(_) => {}
        }
    }
    for (lsn, path) in Folds::of(dir).list()? {
        match fold::read(&path)? {
            Err(why) => findings.push(Finding::Snapshot { what: format!("the directory of record {lsn}: {why}") }),
            Ok(_) if journal.is_some_and(|report| report.records < lsn.0) => {
                let what = format!("the directory of record {lsn} is of a state that journal.db does not reach");
                findings.push(Finding::Snapshot { what });
            }
            Ok(_) => {}
        }
    }
    Ok(())
}

/// What SQLite itself finds wrong with a file.
fn pages(conn: &Connection, file: &str, findings: &mut Vec<Finding>) {
    let check = |conn: &Connection| {
        conn.prepare("PRAGMA quick_check(10)")?
            .query_map([], |row| row.get::<_, String>(0))?
            .collect::<rusqlite::Result<Vec<_>>>()
    };
    let lines = check(conn).unwrap_or_else(|error| vec![error.to_string()]);
    for line in lines.into_iter().filter(|line| line != "ok") {
        findings.push(Finding::Projection { what: format!("SQLite finds {file} malformed: {line}") });
    }
}

/// Frames on their way to the comparison; beyond that the ledger's verification waits for it.
const FRAMES_BETWEEN: usize = 16;

/// What goes to the comparison.
enum Passed {
    Frame(Frame),
    /// The journal ends here, whole.
    End,
}

/// Hands the journal to the ledger's verification, and a copy of each frame to the comparison.
struct Both {
    reader: JournalReader,
    to: Option<SyncSender<Passed>>,
}

/// An error of the comparison ends it, not the verification of the journal.
fn send(to: &mut Option<SyncSender<Passed>>, passed: Passed) {
    if to.as_ref().is_some_and(|to| to.send(passed).is_err()) {
        *to = None;
    }
}

impl Journal for Both {
    fn append(&mut self, frame: &Frame) -> Result<(), JournalError> {
        self.reader.append(frame)
    }

    fn sync(&mut self) -> Result<(), JournalError> {
        self.reader.sync()
    }

    fn read(&mut self, from: FrameNo, each: &mut dyn FnMut(Frame) -> ControlFlow<()>) -> Result<(), JournalError> {
        let to = &mut self.to;
        self.reader.read(from, &mut |frame| {
            send(to, Passed::Frame(frame.clone()));
            each(frame)
        })
    }

    fn head(&mut self) -> Result<Option<FrameHead>, JournalError> {
        self.reader.head()
    }
}
