//! What providers should have billed, from sums kept by the projector.

use std::collections::BTreeMap;

use purser_core::money::Nano;
use purser_ledger::{HoldId, Mark};

use super::usage::Days;
use super::view::{ALWAYS, View};
use super::{Day, Reader, overflow};
use crate::counts::Counts;
use crate::error::StoreError;
use crate::projector::{self, BillNotes, Billed, Inexact, damaged};

/// What was used of a model on a day (UTC), corrections of later days included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BilledLine {
    /// The day.
    pub day: Day,
    /// Who served it.
    pub provider: String,
    /// The model that served.
    pub model: String,
    /// The company bears it; it is nobody's call.
    pub company: bool,
    /// Calls charged, those taken back subtracted.
    pub calls: i64,
    /// What was charged, all of a call under the model of its answer.
    pub charge: Nano,
    /// What was used.
    pub counts: Counts,
}

/// A call whose charge is not the provider's own figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InexactLine {
    /// The call's hold.
    pub hold: HoldId,
    /// The day (UTC) of its settlement.
    pub day: Day,
    /// Who served it.
    pub provider: String,
    /// The model that served.
    pub model: String,
    /// How well it is known.
    pub mark: Mark,
    /// What is charged for it.
    pub charge: Nano,
}

impl Reader {
    /// What should have been billed for days, by day, provider and model; and the calls of those days that are not exact,
    /// by their holds. As of one moment. Costs what it returns, and going through the open section once.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn billed(&self, days: Days) -> Result<(Vec<BilledLine>, Vec<InexactLine>), StoreError> {
        self.ask("read what should have been billed", |conn| {
            let mut lines = BTreeMap::<(i64, String, String, bool), Billed>::new();
            let mut select = conn.prepare_cached(
                "SELECT day, provider, model, company, sums FROM billed_by_day WHERE day >= ?1 AND day < ?2",
            )?;
            let mut rows = select.query((days.start.0, days.end.0))?;
            while let Some(row) = rows.next()? {
                let sums = projector::unpacked(row.get_ref(4)?.as_blob()?).ok_or_else(damaged)?;
                lines.insert((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?), sums);
            }
            let mut inexact = BTreeMap::<i64, Inexact>::new();
            let mut select = conn.prepare_cached(
                "SELECT hold, day, provider, model, mark, nano FROM inexact WHERE day >= ?1 AND day < ?2",
            )?;
            let mut rows = select.query((days.start.0, days.end.0))?;
            while let Some(row) = rows.next()? {
                inexact.insert(row.get(0)?, Inexact::read(row, 1)?);
            }
            let (mut open, within) = (BillNotes::default(), days.start.0..days.end.0);
            // Corrections of late are of calls of any day.
            View::of(conn)?.each_open(&ALWAYS, &mut |charge| {
                if charge.kind == projector::ChargeKind::WrittenOff || !within.contains(&charge.day()) {
                    return Ok(());
                }
                open.add(charge).ok_or_else(overflow)
            })?;
            open.onto(&mut inexact);
            for (key, sums) in open.rows().0 {
                lines.entry(key).or_default().add(&sums).ok_or_else(overflow)?;
            }
            let line = |((day, provider, model, company), Billed { calls, charge, counts })| BilledLine {
                day: Day(day),
                provider,
                model,
                company,
                calls,
                charge: Nano::new(charge),
                counts,
            };
            let call = |(hold, row): (i64, Inexact)| {
                let Inexact { day, provider, model, mark, nano } = row;
                let hold = projector::hold_id(hold)?;
                Some(InexactLine { hold, day: Day(day), provider, model, mark, charge: Nano::new(nano) })
            };
            Ok((lines.into_iter().map(line).collect(), inexact.into_iter().filter_map(call).collect()))
        })
    }
}
