//! Reading frames back, checking each and the chain between them.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use purser_ledger::{Frame, FrameHash, FrameHead, FrameNo, JournalError};
use rusqlite::{Connection, Row};

use super::{JournalKind, MIGRATIONS};
use crate::dir::{DataDir, Mode};
use crate::error::StoreError;
use crate::sqlite;
use crate::wal::{LogReader, RealDisk};

/// Frames read in one transaction; readers that stay longer keep the log from starting over.
const FRAMES_AT_ONCE: u32 = 256;
/// Bytes of frames read in one transaction, give or take one frame.
const BYTES_AT_ONCE: usize = 8 << 20;

/// Reads the journal of a folder, whichever kind it is, beside the process that writes it or alone.
#[derive(Debug)]
pub struct JournalReader {
    pub(super) source: Source,
    path: PathBuf,
}

#[derive(Debug)]
pub(super) enum Source {
    Sqlite(Connection),
    Log(LogReader),
}

impl JournalReader {
    /// Opens the journal of a folder to read.
    ///
    /// # Errors
    /// [`StoreError`] when there is none or it can't be read.
    pub fn open(dir: &DataDir) -> Result<Self, StoreError> {
        if JournalKind::of(dir) == Some(JournalKind::Log) {
            let path = dir.log();
            let disk = RealDisk::new(&path, Mode::ReadOnly);
            return Ok(Self { source: Source::Log(LogReader::new(Arc::new(disk))), path });
        }
        let path = dir.journal();
        match sqlite::open_read(&path, MIGRATIONS) {
            Ok(conn) => Ok(Self { source: Source::Sqlite(conn), path }),
            // The first page is gone, and with it the way to every frame.
            Err(StoreError::Sqlite { source, .. }) if is_malformed(&source) => {
                Err(StoreError::damaged(path, Some(1), source.to_string()))
            }
            Err(error) => Err(error),
        }
    }

    /// Frames from `from` on, in order, until `each` breaks or there are no more. Also those written and not yet
    /// synced: whoever acts on them asks the ledger what is durable.
    ///
    /// # Errors
    /// [`JournalError::Corrupt`] with the number of the first frame that is not what was written.
    pub fn read(&self, from: FrameNo, each: &mut dyn FnMut(Frame) -> ControlFlow<()>) -> Result<(), JournalError> {
        match &self.source {
            Source::Sqlite(conn) => self::each(conn, from, each),
            Source::Log(log) => log.read(from, each),
        }
    }

    /// The last frame; `None` in an empty journal.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn head(&self) -> Result<Option<FrameHead>, JournalError> {
        match &self.source {
            Source::Sqlite(conn) => head(conn),
            Source::Log(log) => log.head(),
        }
    }

    /// One frame; `None` when there is none of that number.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn frame(&self, no: FrameNo) -> Result<Option<Frame>, JournalError> {
        match &self.source {
            Source::Sqlite(conn) => one(conn, no),
            Source::Log(log) => log.frame(no),
        }
    }

    /// The connection where there is one, for what SQLite itself can tell about the file.
    pub(crate) fn connection(&self) -> Option<&Connection> {
        match &self.source {
            Source::Sqlite(conn) => Some(conn),
            Source::Log(_) => None,
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// Reads on from `from`, some frames per transaction.
pub(super) fn each(
    conn: &Connection,
    from: FrameNo,
    each: &mut dyn FnMut(Frame) -> ControlFlow<()>,
) -> Result<(), JournalError> {
    let mut next = from.max(FrameNo(1));
    let mut prev = match next.0.checked_sub(1) {
        None | Some(0) => Some(FrameHash::default()),
        // Missing when `from` lies beyond the end: then there is nothing to compare.
        Some(before) => one(conn, FrameNo(before))?.map(|frame| frame.hash),
    };
    loop {
        let mut frames = some(conn, next)?;
        if frames.is_empty() {
            if last_no(conn)?.is_none_or(|last| last < next) {
                return Ok(());
            }
            // It was written between the two questions, or a damaged page hides it: the next answer tells.
            frames = some(conn, next)?;
            if frames.is_empty() {
                return Err(corrupt(next, "it is missing"));
            }
        }
        for frame in frames {
            if frame.no != next {
                return Err(corrupt(next, "it is missing"));
            }
            if prev.is_some_and(|prev| prev != frame.prev_hash) {
                return Err(corrupt(next, "it does not continue the chain of hashes"));
            }
            prev = Some(frame.hash);
            next = next.next();
            if each(frame).is_break() {
                return Ok(());
            }
        }
    }
}

/// The frames from `next` on, as many as fit one reading.
fn some(conn: &Connection, next: FrameNo) -> Result<Vec<Frame>, JournalError> {
    let Ok(from) = i64::try_from(next.0) else { return Ok(Vec::new()) };
    let mut frames = Vec::new();
    let mut bytes: usize = 0;
    let mut expected = next;
    let mut select = conn
        .prepare_cached("SELECT no, bytes FROM frame WHERE no >= ?1 ORDER BY no LIMIT ?2")
        .map_err(|error| sql(next, error))?;
    let mut rows = select.query((from, FRAMES_AT_ONCE)).map_err(|error| sql(next, error))?;
    loop {
        let row = match rows.next() {
            Ok(Some(row)) => row,
            Ok(None) => break,
            // Those before it are good and are handed out first; the next reading begins with the error.
            Err(_) if !frames.is_empty() => break,
            Err(error) => return Err(sql(expected, error)),
        };
        // A frame behind a gap stays unread: the gap is what is reported.
        let no = FrameNo(row.get::<_, i64>(0).map_err(|error| sql(expected, error))?.cast_unsigned());
        if no != expected {
            return if frames.is_empty() { Err(corrupt(expected, "it is missing")) } else { Ok(frames) };
        }
        let frame = match decode(row, expected) {
            Ok(frame) => frame,
            Err(_) if !frames.is_empty() => break,
            Err(error) => return Err(error),
        };
        bytes = bytes.saturating_add(frame.payload.len());
        expected = expected.next();
        frames.push(frame);
        if bytes >= BYTES_AT_ONCE {
            break;
        }
    }
    Ok(frames)
}

/// The last frame's head.
pub(super) fn head(conn: &Connection) -> Result<Option<FrameHead>, JournalError> {
    let Some(last) = last_no(conn)? else { return Ok(None) };
    Ok(one(conn, last)?.map(|frame| frame.head()))
}

fn last_no(conn: &Connection) -> Result<Option<FrameNo>, JournalError> {
    conn.prepare_cached("SELECT max(no) FROM frame")
        .and_then(|mut max| max.query_row([], |row| row.get::<_, Option<i64>>(0)))
        .map(|no| no.map(|no| FrameNo(no.cast_unsigned())))
        .map_err(|error| walk(conn, error))
}

fn one(conn: &Connection, no: FrameNo) -> Result<Option<Frame>, JournalError> {
    let Ok(key) = i64::try_from(no.0) else { return Ok(None) };
    let mut select =
        conn.prepare_cached("SELECT no, bytes FROM frame WHERE no = ?1").map_err(|error| sql(no, error))?;
    let mut rows = select.query((key,)).map_err(|error| sql(no, error))?;
    rows.next().map_err(|error| sql(no, error))?.map(|row| decode(row, no)).transpose()
}

fn decode(row: &Row<'_>, no: FrameNo) -> Result<Frame, JournalError> {
    let bytes = row.get_ref(1).map_err(|error| sql(no, error))?;
    let bytes = bytes.as_blob().map_err(|_| corrupt(no, "its bytes are of another type"))?;
    let (frame, used) = Frame::decode(bytes).map_err(|error| corrupt(no, error.to_string()))?;
    if used != bytes.len() {
        return Err(corrupt(no, "there are bytes behind its end"));
    }
    if frame.no != no {
        return Err(corrupt(no, format!("it says it is frame {}", frame.no)));
    }
    Ok(frame)
}

/// A page on the way to the end is malformed: the first frame that can't be read is found by walking from the start.
fn walk(conn: &Connection, error: rusqlite::Error) -> JournalError {
    if !is_malformed(&error) {
        return JournalError::io("read", error);
    }
    let mut next = FrameNo(1);
    loop {
        match some(conn, next) {
            Ok(frames) => match frames.last() {
                Some(last) => next = last.no.next(),
                None => return corrupt(next, error.to_string()),
            },
            Err(found) => return found,
        }
    }
}

fn corrupt(frame: FrameNo, what: impl Into<String>) -> JournalError {
    JournalError::Corrupt { frame, what: what.into() }
}

/// What SQLite says while `frame` is read: damage of the file is damage of that frame.
pub(super) fn sql(frame: FrameNo, error: rusqlite::Error) -> JournalError {
    if is_malformed(&error) { corrupt(frame, error.to_string()) } else { JournalError::io("read", error) }
}

pub(crate) fn is_malformed(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    matches!(error, rusqlite::Error::SqliteFailure(failure, _)
        if matches!(failure.code, DatabaseCorrupt | NotADatabase))
        || matches!(error, rusqlite::Error::InvalidColumnType(..) | rusqlite::Error::FromSqlConversionFailure(..))
}

/// The same finding in the store's words, for those who open files rather than read journals.
pub(crate) fn store_error(path: &Path, error: JournalError) -> StoreError {
    match error {
        JournalError::Corrupt { frame, what } => StoreError::damaged(path, Some(frame.0), what),
        JournalError::Io { source, .. } => match source.downcast::<StoreError>() {
            Ok(error) => *error,
            Err(source) => {
                StoreError::Io { what: "read", path: path.to_owned(), source: std::io::Error::other(source) }
            }
        },
        other @ JournalError::OutOfOrder { .. } => StoreError::damaged(path, None, other.to_string()),
    }
}

impl purser_ledger::Journal for JournalReader {
    /// Refused: there is one writer, and this is not it.
    fn append(&mut self, _frame: &Frame) -> Result<(), JournalError> {
        Err(read_only("append a frame"))
    }

    /// Refused, as nothing can be appended.
    fn sync(&mut self) -> Result<(), JournalError> {
        Err(read_only("sync"))
    }

    fn read(&mut self, from: FrameNo, each: &mut dyn FnMut(Frame) -> ControlFlow<()>) -> Result<(), JournalError> {
        Self::read(self, from, each)
    }

    fn head(&mut self) -> Result<Option<FrameHead>, JournalError> {
        Self::head(self)
    }
}

fn read_only(action: &'static str) -> JournalError {
    JournalError::io(action, "it was opened to read only")
}
