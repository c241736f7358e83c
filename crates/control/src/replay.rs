//! What the journal's events amount to: from the directory as it was last kept and the events since, or from all events.

use std::ops::ControlFlow;

use purser_core::directory::{Directory, STORED_VERSION};
use purser_core::event::Event;
use purser_core::price::PriceBook;
use purser_core::time::Instant;
use purser_ledger::Lsn;
use purser_store::{DataDir, EventRow, Fold, Folds, PAGE_MAX, Reader};

use crate::admins::{AdminEvent, Admins};
use crate::change::{KIND_ADMIN, KIND_AUDIT, KIND_DIRECTORY, Reached};
use crate::control::{Control, stored};
use crate::error::Error;

/// Events of so many bytes are worth keeping the directory anew: fewer are taken in within a few milliseconds.
const WORTH_BYTES: usize = 1 << 20;

// The store refuses folds of a newer version by this number.
const _: () = assert!(Fold::VERSION == STORED_VERSION, "a fold is what core stores of a directory");

/// What the events amount to.
pub(crate) struct Replayed {
    pub(crate) directory: Directory,
    pub(crate) admins: Admins,
    pub(crate) reached: Reached,
}

/// The directory as it was last kept, read before there is a ledger: at a hundred thousand people that takes as long as
/// opening one, and needs nothing of it.
#[derive(Default)]
pub struct KeptDirectory(Option<Replayed>);

impl KeptDirectory {
    /// Reads it. Where that does not work, whatever the reason, [`Control::open`] will look again and tell.
    pub fn read(dir: &DataDir) -> Self {
        let read = || {
            let reader = Reader::open(dir).map_err(stored)?;
            kept(&reader, &Folds::of(dir))
        };
        Self(read().unwrap_or_else(|error: Error| {
            tracing::debug!(%error, "the kept directory can't be read yet");
            None
        }))
    }
}

/// Takes in the events that the kept directory lacks; all of them where none is kept or it can't be used. `early`: what
/// was kept, where it is read already.
pub(crate) fn replay(reader: &Reader, folds: &Folds, early: KeptDirectory) -> Result<Replayed, Error> {
    let mut replayed = match early.0 {
        Some(replayed) => replayed,
        None => kept(reader, folds)?.unwrap_or_else(Replayed::nothing),
    };
    let from = replayed.reached.last.map_or(Lsn(0), |(lsn, _)| lsn);
    let mut bad = None;
    let mut each = |row: EventRow| match replayed.take(&row) {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => {
            bad = Some(error);
            ControlFlow::Break(())
        }
    };
    reader.events_after(from, &mut each).map_err(stored)?;
    bad.map_or(Ok(replayed), Err)
}

/// What was kept last; `None` where nothing was, or nothing that can be used.
fn kept(reader: &Reader, folds: &Folds) -> Result<Option<Replayed>, Error> {
    let Some(fold) = folds.load(reader).map_err(stored)? else { return Ok(None) };
    Ok(Replayed::of(&fold, reader)
        .inspect_err(|error| tracing::warn!(%error, "the kept directory can't be used; every event is taken in"))
        .ok())
}

impl Replayed {
    fn nothing() -> Self {
        Self { directory: Directory::new(), admins: Admins::default(), reached: Reached::default() }
    }

    fn of(fold: &Fold, reader: &Reader) -> Result<Self, Error> {
        let Kept { at, prices, directory } = Kept::read(&fold.body)?;
        let mut book = PriceBook::new();
        for lsn in &prices {
            book = publish(&book, reader, *lsn)?;
        }
        let directory = Directory::from_bytes(directory, book)
            .map_err(|error| Error::failed("the kept directory can't be read", error))?;
        let reached = Reached { at, last: Some((fold.lsn, fold.event)), prices, unkept: 0 };
        let mut replayed = Self { directory, admins: Admins::default(), reached };
        for row in administration_up_to(reader, fold.lsn)? {
            replayed.take(&row)?;
        }
        Ok(replayed)
    }

    fn take(&mut self, row: &EventRow) -> Result<(), Error> {
        self.reached.at = self.reached.at.max(row.at);
        let unreadable = |error: Box<dyn std::error::Error + Send + Sync>| {
            Error::failed("an event of the journal can't be read", error)
        };
        match row.kind {
            KIND_DIRECTORY => {
                let event = Event::from_bytes(&row.payload).map_err(|error| unreadable(error.into()))?;
                self.directory
                    .take(&event)
                    .map_err(|error| Error::failed("an event of the journal contradicts the ones before it", error))?;
                self.reached.took(row.lsn, &event, &row.payload);
            }
            KIND_ADMIN => {
                let event = AdminEvent::from_bytes(&row.payload).map_err(|error| unreadable(error.into()))?;
                self.admins.apply(&event);
            }
            // Who made the changes is no part of what they amount to.
            KIND_AUDIT => {}
            other => {
                return Err(unreadable(format!("record {} has kind {other}; a newer Purser wrote it", row.lsn).into()));
            }
        }
        Ok(())
    }
}

/// The book with the price list of a record.
fn publish(book: &PriceBook, reader: &Reader, lsn: Lsn) -> Result<PriceBook, Error> {
    let unusable = |why: String| Error::failed("a price list of the journal can't be read", why);
    let row = reader.event(lsn).map_err(stored)?.ok_or_else(|| unusable(format!("record {lsn} is none")))?;
    match Event::from_bytes(&row.payload) {
        Ok(Event::PricesPublished(list)) => book.publish(&list).map_err(|error| unusable(error.to_string())),
        Ok(_) => Err(unusable(format!("record {lsn} is none"))),
        Err(error) => Err(unusable(error.to_string())),
    }
}

/// What happened to administrators' keys up to a record, oldest first. That is little, whatever else happened.
fn administration_up_to(reader: &Reader, lsn: Lsn) -> Result<Vec<EventRow>, Error> {
    let mut rows = Vec::new();
    let mut before = lsn.next();
    loop {
        let page = reader.events_of_kind(KIND_ADMIN, Some(before), PAGE_MAX).map_err(stored)?;
        let Some(oldest) = page.last() else { break };
        before = oldest.lsn;
        rows.extend(page);
    }
    rows.reverse();
    Ok(rows)
}

/// The body of a fold: an instant, the records of the price lists, and the directory without its prices.
struct Kept<'a> {
    at: Instant,
    prices: Vec<Lsn>,
    directory: &'a [u8],
}

impl<'a> Kept<'a> {
    /// All but the directory, which comes behind.
    fn head(at: Instant, prices: &[Lsn]) -> Vec<u8> {
        let mut body = Vec::with_capacity(prices.len() * 8 + 16);
        body.extend_from_slice(&at.as_micros().to_le_bytes());
        body.extend_from_slice(&u64::try_from(prices.len()).unwrap_or(u64::MAX).to_le_bytes());
        for lsn in prices {
            body.extend_from_slice(&lsn.0.to_le_bytes());
        }
        body
    }

    fn read(body: &'a [u8]) -> Result<Self, Error> {
        let short = || Error::failed("the kept directory can't be read", "it ends early");
        let (at, rest) = body.split_first_chunk().ok_or_else(short)?;
        let (count, mut rest) = rest.split_first_chunk().ok_or_else(short)?;
        let mut prices = Vec::new();
        for _ in 0..u64::from_le_bytes(*count) {
            let (lsn, behind) = rest.split_first_chunk().ok_or_else(short)?;
            prices.push(Lsn(u64::from_le_bytes(*lsn)));
            rest = behind;
        }
        Ok(Self { at: Instant::from_micros(i64::from_le_bytes(*at)), prices, directory: rest })
    }
}

impl Control {
    /// Keeps the directory in a file when that saves the next start much. Returns the record it is kept up to, `None`
    /// when little has changed since the last time or the last change is not on disk yet. Blocks for a fraction of a
    /// second at a hundred thousand people, without holding changes up; run it on a thread that may.
    ///
    /// # Errors
    /// The file can't be written: the one before is still there.
    pub fn keep_directory(&self) -> Result<Option<Lsn>, Error> {
        let (snapshot, reached) = {
            let reached = self.inner.turn.lock();
            (self.snapshot(), reached.clone())
        };
        let durable = self.inner.ledger.watermarks().durable;
        let Some((lsn, event)) = reached.last.filter(|(lsn, _)| *lsn <= durable && reached.unkept >= WORTH_BYTES)
        else {
            return Ok(None);
        };
        let mut body = Kept::head(reached.at, &reached.prices);
        body.extend_from_slice(&snapshot.directory.to_bytes());
        self.inner.folds.save(&Fold { lsn, event, body }).map_err(stored)?;
        let mut now = self.inner.turn.lock();
        now.unkept = now.unkept.saturating_sub(reached.unkept);
        Ok(Some(lsn))
    }
}
