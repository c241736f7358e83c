//! Exports: everything of a range of days, written while it is read, however much there is.
//!
//! **Model.** A thread that may block goes through the projection a day at a time and hands pieces of text to whoever is
//! answered; when they don't read, it waits. What was charged on a past day never changes, so days read one after the
//! other belong together. In memory there is one day of rows and a few pieces.

use std::ops::ControlFlow;
use std::sync::Arc;

use hyper::body::Bytes;
use jiff::ToSpan;
use jiff::civil::Date;
use purser_core::focus::{self, About, Day, Names as FocusNames, Posted, PricedBy};
use purser_core::id::{PersonId, UnitId};
use purser_core::price::{Bucket, PriceBook, Ratio};
use purser_core::rating;
use purser_core::snapshot::Snapshot;
use purser_core::time::Instant;
use purser_core::usage::Served;
use purser_core::zone::Zone;
use purser_store::{ChargeKind, ChargeRow};
use tokio::sync::mpsc;

use crate::control::{Control, Inner, stored};
use crate::dates;
use crate::error::{Code, Error, Refused};
use crate::shape::WantedExport;

/// A piece of text is handed on when it is this long.
const PIECE: usize = 64 << 10;
/// Pieces that wait to be read.
const PIECES: usize = 4;
/// Exports written at once: each holds a thread and a day's rows. More wait for their turn.
pub(crate) const EXPORTS_MAX: usize = 2;
/// The longest range: ten years. Each day is a question, whether there is anything in it or not.
const DAYS_MAX: i32 = 3_660;

/// A text that is still being written.
#[derive(Debug)]
pub struct Export {
    /// What a file of it is called.
    pub name: String,
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
struct Range {
    from: Date,
    to: Date,
}

impl Control {
    /// What was charged on some days (UTC), as FOCUS 1.2. The trail says who took it before the first byte leaves.
    ///
    /// # Errors
    /// Days that can't be read, nothing between them, more than ten years, or the projection.
    pub async fn export_focus(&self, wanted: WantedExport) -> Result<Export, Error> {
        let range = self.export_range(&wanted)?;
        let Range { from, to } = range;
        // Everything that was written when it is asked for.
        self.report(|_| Ok(())).await?;
        let mut what = vec![from.to_string(), to.to_string()];
        what.extend(wanted.names.then(|| "names".to_owned()));
        self.audit_read(&self.acting, what).await?;
        let turn = Arc::clone(&self.inner.exporting).acquire_owned().await;
        let turn = turn.map_err(|error| Error::failed("exports have ended", error))?;
        let (sender, pieces) = mpsc::channel(PIECES);
        let (snapshot, inner) = (self.snapshot(), Arc::clone(&self.inner));
        tokio::task::spawn_blocking(move || {
            let mut pieces = Pieces { sender: &sender, text: focus::header() };
            if let Err(error) = write_focus(&inner, &snapshot, range, wanted.names, &mut pieces) {
                tracing::error!(%error, "an export could not be finished");
                // The connection is cut: half a file must not look like a whole one.
                let _ = sender.blocking_send(Err(std::io::Error::other("the export could not be finished")));
            }
            drop(turn);
        });
        Ok(Export { name: format!("purser-focus-{from}--{to}.csv"), pieces })
    }

    fn export_range(&self, wanted: &WantedExport) -> Result<Range, Error> {
        let today = Zone::UTC.date(self.inner.clock.now());
        let tomorrow = today.checked_add(1.day()).unwrap_or(today);
        let from = wanted.from.as_deref().map_or_else(|| Ok(today.first_of_month()), dates::day)?;
        let to = wanted.to.as_deref().map_or(Ok(tomorrow), dates::day)?;
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
        Ok(Range { from, to })
    }
}

/// Where text goes, a piece at a time.
struct Pieces<'a> {
    sender: &'a mpsc::Sender<Result<Bytes, std::io::Error>>,
    text: String,
}

impl Pieces<'_> {
    fn put(&mut self, text: &str) -> ControlFlow<()> {
        self.text.push_str(text);
        if self.text.len() < PIECE { ControlFlow::Continue(()) } else { self.send() }
    }

    /// Breaks when nobody reads any more.
    fn send(&mut self) -> ControlFlow<()> {
        let piece = Bytes::from(std::mem::take(&mut self.text));
        match self.sender.blocking_send(Ok(piece)) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    }
}

fn write_focus(
    inner: &Inner,
    snapshot: &Snapshot,
    range: Range,
    names: bool,
    pieces: &mut Pieces<'_>,
) -> Result<(), Error> {
    let called = Called(inner);
    let mut about = About::new(&snapshot.currency);
    about.names = names.then_some(&called as &dyn FocusNames);
    let mut day = range.from;
    while day < range.to {
        let next = day.checked_add(1.day()).map_err(|error| Error::failed("there is no next day", error))?;
        let mut rows = Day::new(day);
        let mut counted = Ok(());
        let instants = Zone::UTC.first_instant(day)..Zone::UTC.first_instant(next);
        inner
            .reader
            .each_charge(instants, &mut |row| {
                if counted.is_ok() {
                    counted = count(&mut rows, &row, snapshot);
                }
            })
            .map_err(stored)?;
        counted.map_err(|error| Error::failed("a day's costs can't be added up", error))?;
        let mut flow = ControlFlow::Continue(());
        rows.rows(&about, &mut |row| {
            if flow.is_continue() {
                flow = pieces.put(row);
            }
        });
        if flow.is_break() {
            return Ok(());
        }
        day = next;
    }
    let _ = pieces.send();
    Ok(())
}

/// Names as they are now.
struct Called<'a>(&'a Inner);

impl std::fmt::Debug for Called<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("names")
    }
}

impl FocusNames for Called<'_> {
    fn person(&self, person: PersonId) -> Option<String> {
        self.0.names.read().person_name(person)
    }

    fn unit(&self, unit: UnitId) -> Option<String> {
        self.0.names.read().unit_name(unit)
    }
}

/// Counts one posting.
fn count(day: &mut Day, row: &ChargeRow, snapshot: &Snapshot) -> Result<(), focus::TooLarge> {
    let is_correction = match row.kind {
        ChargeKind::Settlement | ChargeKind::Resolution => false,
        ChargeKind::Adjustment | ChargeKind::Reversal => true,
        // Borne by the company: nobody's use of anything, and no charge.
        ChargeKind::WrittenOff => return Ok(()),
    };
    let ChargeRow { person, unit, provider, model, charge, .. } = row;
    let posted = Posted { person: *person, unit: *unit, provider, model, charge: *charge, is_correction };
    day.charge(&posted)?;
    if !is_correction && lines(day, &posted, row, snapshot)?.is_some() {
        return Ok(());
    }
    for bucket in Bucket::ALL {
        day.count(&posted, bucket, row.counts.of(bucket))?;
    }
    Ok(())
}

/// Counts the lines of a charge at their prices; `None`, and nothing counted, where it can't be worked out again.
fn lines(
    day: &mut Day,
    posted: &Posted<'_>,
    row: &ChargeRow,
    snapshot: &Snapshot,
) -> Result<Option<()>, focus::TooLarge> {
    let Some(record) = row.record() else { return Ok(None) };
    let served = Served { model: None, tier: record.tier, geo: record.geo.clone() };
    let beside = record.beside.iter().map(|beside| (beside.card, &beside.usage));
    let mut parts = Vec::new();
    for (version, usage) in [(record.card, &record.usage)].into_iter().chain(beside) {
        let Some(card) = snapshot.prices.version(version) else { return Ok(None) };
        let Ok(part) = rating::explain(card, usage, &served, record.terms) else { return Ok(None) };
        parts.push((card, part));
    }
    let tier =
        serde_json::to_value(record.tier).ok().and_then(|tier| tier.as_str().map(str::to_owned)).unwrap_or_default();
    let geo = record.geo.as_deref().map(|geo| format!("/{geo}")).unwrap_or_default();
    for (card, part) in parts {
        let list_terms = if *card.currency() == snapshot.currency {
            Ratio::ONE
        } else {
            exchanged(&snapshot.prices, card.provider(), row.at, record.terms)
        };
        let price = format!("{}/{tier}{geo}", card.version());
        let by = PricedBy { model: card.model(), price: &price, list_terms };
        part.working.iter().try_for_each(|line| day.line(posted, line, &by))?;
    }
    Ok(Some(()))
}

/// The exchange rate within what was paid of a price: what is left of it without the discount.
fn exchanged(book: &PriceBook, provider: &str, at: Instant, terms: Ratio) -> Ratio {
    let discount = book.discount(provider, at);
    Ratio::try_new(discount.den(), discount.num()).and_then(|undo| terms.checked_mul(undo)).unwrap_or(terms)
}
