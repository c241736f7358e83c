//! FOCUS: costs by day, person, unit, model, bucket and price, as programs of FinOps read them.

use std::ops::ControlFlow;

use purser_core::focus::{self, About, Day, Names as FocusNames, Posted, PricedBy};
use purser_core::id::{PersonId, UnitId};
use purser_core::price::{Bucket, PriceBook, Ratio};
use purser_core::rating;
use purser_core::snapshot::Snapshot;
use purser_core::time::Instant;
use purser_core::usage::Served;
use purser_store::{ChargeKind, ChargeRow};

use super::{Days, Export, Pieces};
use crate::control::{Control, Inner, stored};
use crate::error::Error;
use crate::shape::WantedExport;

impl Control {
    /// What was charged on some days (UTC), as FOCUS 1.2. The trail says who took it before the first byte leaves.
    ///
    /// # Errors
    /// Days that can't be read, nothing between them, more than ten years, or the projection.
    pub async fn export_focus(&self, wanted: WantedExport) -> Result<Export, Error> {
        let days = self.export_days(wanted.from.as_deref(), wanted.to.as_deref())?;
        let Days { from, to } = days;
        // Everything that was written when it is asked for.
        self.report(|_| Ok(())).await?;
        let mut what = vec![from.to_string(), to.to_string()];
        what.extend(wanted.names.then(|| "names".to_owned()));
        let file = (format!("purser-focus-{from}--{to}.csv"), "text/csv; charset=utf-8");
        let snapshot = self.snapshot();
        self.exported(file, what, move |inner, pieces| write_focus(inner, &snapshot, days, wanted.names, pieces)).await
    }
}

fn write_focus(
    inner: &Inner,
    snapshot: &Snapshot,
    days: Days,
    names: bool,
    pieces: &mut Pieces<'_>,
) -> Result<(), Error> {
    let called = Called(inner);
    let mut about = About::new(&snapshot.currency);
    about.names = names.then_some(&called as &dyn FocusNames);
    if pieces.put(&focus::header()).is_break() {
        return Ok(());
    }
    for (day, instants) in days.each() {
        let mut rows = Day::new(day);
        let mut counted = Ok(());
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
    }
    pieces.end("");
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
