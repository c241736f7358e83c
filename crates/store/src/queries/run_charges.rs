//! What runs were charged, posting by posting.

use std::collections::BTreeSet;
use std::ops::Range;

use purser_core::id::{PersonId, RunId};
use purser_core::money::Nano;
use purser_core::time::Instant;

use super::Reader;
use super::runs::is_of;
use super::statement::each_closed;
use super::view::View;
use crate::error::StoreError;
use crate::ids::Bits;
use crate::projector::{Charge, ChargeKind};

/// One posting of a run's charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunCharge {
    /// In which run.
    pub run: RunId,
    /// When it was posted.
    pub at: Instant,
    /// Which posting it is.
    pub kind: ChargeKind,
    /// The amount; below zero where it was given back.
    pub charge: Nano,
}

impl Reader {
    /// Goes through what a person was charged in some runs in a range of time, oldest first and as of one moment. Costs
    /// what the person was charged in that time.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn charges_of_runs(
        &self,
        person: PersonId,
        runs: &BTreeSet<RunId>,
        range: &Range<Instant>,
        each: &mut dyn FnMut(RunCharge),
    ) -> Result<(), StoreError> {
        self.ask("read what runs were charged", |conn| {
            let view = View::of(conn)?;
            let mut take = |charge: &Charge<'_>| {
                let run = charge.called.run.map(|of| RunId::new(of.run.get()));
                if let Some(run) = run.filter(|run| runs.contains(run)) {
                    each(RunCharge { run, at: charge.at, kind: charge.kind, charge: charge.amount });
                }
                Ok(())
            };
            each_closed(&view, Bits::new(person.get()), range, &mut take)?;
            view.each_open(range, &mut |charge| if is_of(charge, person) { take(charge) } else { Ok(()) })
        })
    }
}
