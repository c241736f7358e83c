//! Do the files tell the truth, and all the same truth?
//!
//! Opens everything to read and works beside a running Purser. The projection is looked at first and as of one moment;
//! the journal read afterwards holds at least what was projected then. Charges are added up a second time from the
//! journal's records, on a way that shares nothing with the projector but the format of a frame.

use std::ops::ControlFlow;

use purser_ledger::{Frame, FrameHead, FrameNo, Journal, JournalError, Lsn, Record, VerifyReport};
use rusqlite::Connection;

use crate::backup;
use crate::dir::DataDir;
use crate::error::StoreError;
use crate::fold::{self, Folds};
use crate::journal::{JournalReader, is_malformed};
use crate::projector::{self, ChargeKind, Progress};
use crate::schema;
use crate::snapshot::{self, Snapshots};
use crate::sqlite;

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
    let projection = Projected::look(dir, &mut findings)?;
    let projected = projection.as_ref().map(|projection| projection.progress).unwrap_or_default();
    let journal = journal(dir, projection.as_ref(), &mut findings)?;
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
    projection: Option<&Projected>,
    findings: &mut Vec<Finding>,
) -> Result<Option<VerifyReport>, StoreError> {
    let reader = match JournalReader::open(dir) {
        Err(StoreError::Damaged { frame, what, .. }) => {
            findings.push(Finding::Journal { frame: FrameNo(frame.unwrap_or(1)), lsn: None, what });
            return Ok(None);
        }
        other => other?,
    };
    if let Some(projection) = projection {
        match projector::check_belongs(&reader, &projection.progress) {
            Err(StoreError::Damaged { frame: Some(frame), what, .. }) if frame == projection.progress.frame.0 => {
                findings.push(Finding::Foreign { what });
            }
            // Damage on the way there: reported below, as the journal's.
            Err(StoreError::Damaged { .. }) => {}
            other => other?,
        }
    }
    let up_to = projection.map_or(Lsn(0), |projection| projection.progress.lsn);
    let mut adding = AddingUp { reader, up_to, posted: Totals::default() };
    match purser_ledger::verify(&mut adding) {
        Err(failure) => {
            findings.push(Finding::Journal { frame: failure.frame, lsn: failure.lsn, what: failure.what });
            Ok(None)
        }
        Ok(report) => {
            // Pages behind no row (free ones, interior ones) are read by nobody else.
            if let Some(conn) = adding.reader.connection() {
                pages(conn, "journal.db", findings);
            }
            if let Some(projection) = projection {
                projection.compare(&adding.posted, findings);
            }
            Ok(Some(report))
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

/// Charges by how they came about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Totals {
    settled: i128,
    resolved: i128,
    adjusted: i128,
}

/// Hands the journal to the ledger's verification and adds up charges as the frames go by.
struct AddingUp {
    reader: JournalReader,
    up_to: Lsn,
    posted: Totals,
}

impl AddingUp {
    fn add(posted: &mut Totals, up_to: Lsn, frame: &Frame) {
        // A record that does not decode ends the frame here; the verification that runs beside reports it.
        for stamped in frame.records().map_while(Result::ok).take_while(|stamped| stamped.lsn <= up_to) {
            let (sum, charge) = match stamped.record {
                Record::Settle { charge, .. } => (&mut posted.settled, charge),
                Record::Resolve { charge, .. } => (&mut posted.resolved, charge),
                Record::Adjust { delta, .. } => (&mut posted.adjusted, delta),
                _ => continue,
            };
            *sum = sum.saturating_add(i128::from(charge.get()));
        }
    }
}

impl Journal for AddingUp {
    fn append(&mut self, frame: &Frame) -> Result<(), JournalError> {
        self.reader.append(frame)
    }

    fn sync(&mut self) -> Result<(), JournalError> {
        self.reader.sync()
    }

    fn read(&mut self, from: FrameNo, each: &mut dyn FnMut(Frame) -> ControlFlow<()>) -> Result<(), JournalError> {
        let (up_to, posted) = (self.up_to, &mut self.posted);
        self.reader.read(from, &mut |frame| {
            Self::add(posted, up_to, &frame);
            each(frame)
        })
    }

    fn head(&mut self) -> Result<Option<FrameHead>, JournalError> {
        self.reader.head()
    }
}

/// The projection as of one moment.
struct Projected {
    progress: Progress,
    totals: Totals,
}

impl Projected {
    /// `None` when there is none: it can be made again, so that is no finding.
    fn look(dir: &DataDir, findings: &mut Vec<Finding>) -> Result<Option<Self>, StoreError> {
        if !dir.database().exists() {
            return Ok(None);
        }
        let conn = match sqlite::open_read(&dir.database(), schema::PURSER) {
            Err(StoreError::Sqlite { source, .. }) if is_malformed(&source) => {
                findings.push(Finding::Projection { what: source.to_string() });
                return Ok(None);
            }
            other => other?,
        };
        let tx = conn.unchecked_transaction().map_err(StoreError::sqlite("look at the projection"))?;
        match Self::read(&tx, findings) {
            Ok(projection) => {
                pages(&tx, "purser.db", findings);
                Ok(Some(projection))
            }
            Err(error) => {
                findings.push(Finding::Projection { what: error.to_string() });
                Ok(None)
            }
        }
    }

    fn read(conn: &Connection, findings: &mut Vec<Finding>) -> rusqlite::Result<Self> {
        let of_kind = |kind: ChargeKind| total(conn, "charge", "charge_nano", &format!("kind = {}", kind.code()));
        let totals = Totals {
            settled: of_kind(ChargeKind::Settlement)?,
            resolved: of_kind(ChargeKind::Resolution)?,
            adjusted: of_kind(ChargeKind::Adjustment)?,
        };
        let all = total(conn, "charge", "charge_nano", "true")?;
        let by_day = total(conn, "usage_by_day", "charge_nano", "true")?;
        if all != by_day {
            let what = format!("charges are {all} nano-units by themselves and {by_day} added up by day");
            findings.push(Finding::Projection { what });
        }
        let postings = total(conn, "posting", "amount_nano", "true")?;
        let grants = total(conn, "account", "spent_nano", "subject_kind = 1")?;
        if postings != grants {
            let what = format!("grants paid {postings} nano-units by posting and {grants} by account");
            findings.push(Finding::Projection { what });
        }
        let reversed: i64 = conn.query_row(
            "SELECT count(*) FROM charge AS reversal WHERE kind = ?1 AND
               (SELECT sum(charge_nano) FROM charge WHERE hold = reversal.hold AND lsn <= reversal.lsn) <> 0",
            (ChargeKind::Reversal.code(),),
            |row| row.get(0),
        )?;
        if reversed != 0 {
            let what = format!("{reversed} reversals leave something of their charges");
            findings.push(Finding::Projection { what });
        }
        Ok(Self { progress: projector::progress(conn)?, totals })
    }

    fn compare(&self, posted: &Totals, findings: &mut Vec<Finding>) {
        let pairs = [
            ("settled charges", self.totals.settled, posted.settled),
            ("charges from suspense", self.totals.resolved, posted.resolved),
            ("adjustments", self.totals.adjusted, posted.adjusted),
        ];
        for (what, projected, posted) in pairs.into_iter().filter(|(_, projected, posted)| projected != posted) {
            findings.push(Finding::Charges { what, projected, posted, lsn: self.progress.lsn });
        }
    }
}

/// A sum that may be beyond 64 bits, in two halves that are not.
fn total(conn: &Connection, table: &str, column: &str, filter: &str) -> rusqlite::Result<i128> {
    const UNIT: i128 = 1_000_000_000;
    let sql = format!(
        "SELECT coalesce(sum({column} / {UNIT}), 0), coalesce(sum({column} % {UNIT}), 0) FROM {table} WHERE {filter}"
    );
    conn.query_row(&sql, [], |row| {
        let (units, rest) = (row.get::<_, i64>(0)?, row.get::<_, i64>(1)?);
        Ok(i128::from(units) * UNIT + i128::from(rest))
    })
}
