//! Exports: everything of a range of days, written while it is read, however much there is.
//!
//! **Model.** A thread that may block goes through the projection a day at a time and hands pieces of a file to whoever is
//! answered; when they don't read, it waits. What was charged on a past day never changes, so days read one after the
//! other belong together. In memory there is one day of costs, one hour of postings, some statements or one
//! row group, and a few pieces. Nothing waits for a reader while a question to the projection is open.

mod focus;
mod history;
mod ledger;
mod parquet;
mod person;
mod postings;
mod statements;

use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use hyper::body::Bytes;
use jiff::ToSpan;
use jiff::civil::Date;
use purser_core::directory::Directory;
use purser_core::id::UnitId;
use purser_core::time::Instant;
use purser_core::zone::Zone;
use serde::Serialize;
use tokio::sync::{Semaphore, mpsc};

use crate::control::{Control, Inner};
use crate::dates;
use crate::error::{Code, Error, Refused};
use crate::shape::ExportFormat;

/// A piece is handed on when it is this long.
const PIECE: usize = 64 << 10;
/// Pieces that wait to be read.
const PIECES: usize = 4;
/// Exports written at once, of everybody and of some: each holds a thread and a day's rows. More wait for their turn.
pub(crate) const EXPORTS_MAX: usize = 2;
/// The longest range: ten years. Each day is a question, whether there is anything in it or not.
const DAYS_MAX: i32 = 3_660;

/// A file that is still being written.
#[derive(Debug)]
pub struct Export {
    /// What a file of it is called.
    pub name: String,
    /// What it is: `text/csv`, `application/jsonl`, `application/vnd.apache.parquet`.
    pub media_type: &'static str,
    /// Its pieces; an error where it could not be finished, and is not to be used.
    pub(crate) pieces: mpsc::Receiver<Result<Bytes, std::io::Error>>,
}

impl Export {
    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// The rest can't be read: what came is not to be used.
    pub async fn next(&mut self) -> Option<Result<Bytes, std::io::Error>> {
        self.pieces.recv().await
    }

    /// Pieces that are made and not taken.
    pub fn pieces_waiting(&self) -> usize {
        self.pieces.len()
    }
}

/// Days, the last not included.
#[derive(Clone, Copy, Debug)]
struct Days {
    from: Date,
    to: Date,
}

impl Days {
    /// Each of them, with the instants that it has in UTC.
    fn each(self) -> impl Iterator<Item = (Date, Range<Instant>)> {
        let days = std::iter::successors(Some(self.from), |day| day.tomorrow().ok());
        days.take_while(move |day| *day < self.to).map(|day| {
            let next = day.tomorrow().unwrap_or(day);
            (day, Zone::UTC.first_instant(day)..Zone::UTC.first_instant(next))
        })
    }
}

impl Control {
    /// Has a file of everybody's written by a thread that may block. The trail says who took it, and `what`, before the
    /// first byte leaves.
    async fn exported(
        &self,
        file: (String, &'static str),
        what: Vec<String>,
        write: impl FnOnce(&Inner, &mut Pieces<'_>) -> Result<(), Error> + Send + 'static,
    ) -> Result<Export, Error> {
        self.exported_in(&self.inner.exporting, file, what, write).await
    }

    /// The same in turn with others of its kind: who reads their own things slowly must not keep the company waiting.
    async fn exported_in(
        &self,
        turns: &Arc<Semaphore>,
        (name, media_type): (String, &'static str),
        what: Vec<String>,
        write: impl FnOnce(&Inner, &mut Pieces<'_>) -> Result<(), Error> + Send + 'static,
    ) -> Result<Export, Error> {
        self.audit_read(&self.acting, what).await?;
        let turn = Arc::clone(turns).acquire_owned().await;
        let turn = turn.map_err(|error| Error::failed("exports have ended", error))?;
        let (sender, pieces) = mpsc::channel(PIECES);
        let inner = Arc::clone(&self.inner);
        tokio::task::spawn_blocking(move || {
            let mut pieces = Pieces { sender: &sender, bytes: Vec::new() };
            if let Err(error) = write(&inner, &mut pieces) {
                tracing::error!(%error, "an export could not be finished");
                // The connection is cut: half a file must not look like a whole one.
                let _ = sender.blocking_send(Err(std::io::Error::other("the export could not be finished")));
            }
            drop(turn);
        });
        Ok(Export { name, media_type, pieces })
    }

    fn export_days(&self, from: Option<&str>, to: Option<&str>) -> Result<Days, Error> {
        let today = Zone::UTC.date(self.inner.clock.now());
        let tomorrow = today.checked_add(1.day()).unwrap_or(today);
        let from = from.map_or_else(|| Ok(today.first_of_month()), dates::day)?;
        let to = to.map_or(Ok(tomorrow), dates::day)?;
        let refused = |message: String, hint: &str| Err(Refused::new(Code::Invalid, message).hint(hint).into());
        if to <= from {
            return refused(
                format!("nothing lies between {from} and {to}"),
                "`to` is the first day that is not included",
            );
        }
        if from.until(to).is_ok_and(|span| span.get_days() > DAYS_MAX) {
            return refused(format!("more than {DAYS_MAX} days"), "ask for one year after the other");
        }
        Ok(Days { from, to })
    }
}

/// Where a file goes, a piece at a time.
struct Pieces<'a> {
    sender: &'a mpsc::Sender<Result<Bytes, std::io::Error>>,
    bytes: Vec<u8>,
}

impl Pieces<'_> {
    fn put(&mut self, text: &str) -> ControlFlow<()> {
        self.put_bytes(text.as_bytes())
    }

    fn put_bytes(&mut self, mut bytes: &[u8]) -> ControlFlow<()> {
        loop {
            let room = PIECE.saturating_sub(self.bytes.len());
            let Some((now, later)) = bytes.split_at_checked(room) else { break };
            self.bytes.extend_from_slice(now);
            self.send()?;
            bytes = later;
        }
        self.bytes.extend_from_slice(bytes);
        ControlFlow::Continue(())
    }

    /// The last of it.
    fn end(&mut self, text: &str) {
        self.end_bytes(text.as_bytes());
    }

    fn end_bytes(&mut self, bytes: &[u8]) {
        if self.put_bytes(bytes).is_continue() && !self.bytes.is_empty() {
            let _ = self.send();
        }
    }

    /// Breaks when nobody reads any more.
    fn send(&mut self) -> ControlFlow<()> {
        let piece = Bytes::from(std::mem::take(&mut self.bytes));
        match self.sender.blocking_send(Ok(piece)) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    }
}

impl ExportFormat {
    /// How a file of it ends, and its media type.
    const fn file(self) -> (&'static str, &'static str) {
        match self {
            Self::Csv => ("csv", "text/csv; charset=utf-8"),
            Self::Jsonl => ("jsonl", "application/jsonl; charset=utf-8"),
        }
    }
}

/// More than can be told in 64 bits.
#[derive(Debug, thiserror::Error)]
#[error("the sum leaves the range")]
struct TooMuch;

/// A sum that has to be one.
fn add<T>(sum: Option<T>) -> Result<T, Error> {
    sum.ok_or(TooMuch).map_err(|error| Error::failed("an export can't be added up", error))
}

fn is_in(directory: &Directory, unit: UnitId, above: UnitId) -> bool {
    directory.units_above(unit).any(|one| one.id == above)
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
