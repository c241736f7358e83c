//! What a charge stands at when it is corrected.

use purser_core::money::Nano;
use purser_ledger::{Ceilings, HoldId, Legs, Mark};
use rusqlite::Connection;

use super::called::{Called, Caller};
use super::packed::Charge;
use super::runs::RunOf;
use super::section::Section;
use crate::counts::Counts;
use crate::ids::Bits;

/// What all postings of a hold add up to.
#[derive(Debug)]
pub(super) struct Standing {
    caller: Option<Caller>,
    provider: String,
    model: String,
    served_model: Option<String>,
    run: Option<Bits>,
    /// The day whose bill the call belongs to.
    pub(super) day: i64,
    pub(super) counts: Counts,
    pub(super) charge: Nano,
    pub(super) overrun: Nano,
    pub(super) mark: Mark,
    pub(super) legs: Legs,
    pub(super) ceilings: Ceilings,
}

impl Standing {
    /// `None` when nothing was ever charged for the hold, or the sums leave the range.
    pub(super) fn of(conn: &Connection, section: &Section, hold: HoldId) -> rusqlite::Result<Option<Self>> {
        let mut standing: Option<Self> = None;
        for lsn in section.charges_of_hold(conn, hold)? {
            let sum = section.with_charge(conn, lsn, |charge| match standing.take() {
                None => Some(Self::first(charge)),
                Some(before) => before.plus(charge),
            })?;
            match sum.flatten() {
                None => return Ok(None),
                sum => standing = sum,
            }
        }
        Ok(standing)
    }

    /// Who called what, as it was first known.
    pub(super) fn called(&self) -> Called<'_> {
        Called {
            caller: self.caller,
            provider: &self.provider,
            model: &self.model,
            served_model: self.served_model.as_deref(),
            run: self.run.map(RunOf::named),
            day: Some(self.day),
            beside: false,
        }
    }

    fn first(charge: &Charge<'_>) -> Self {
        let called = &charge.called;
        Self {
            caller: called.caller,
            provider: called.provider.to_owned(),
            model: called.model.to_owned(),
            served_model: called.served_model.map(str::to_owned),
            run: called.run.map(|run| run.run),
            day: charge.day(),
            counts: charge.counts,
            charge: charge.amount,
            overrun: charge.overrun,
            mark: charge.mark,
            legs: charge.legs.clone(),
            ceilings: charge.ceilings.clone(),
        }
    }

    fn plus(mut self, other: &Charge<'_>) -> Option<Self> {
        self.charge = self.charge.checked_add(other.amount)?;
        self.overrun = self.overrun.checked_add(other.overrun)?;
        self.counts = self.counts + other.counts;
        self.mark = other.mark;
        for leg in &other.legs {
            match self.legs.iter_mut().find(|own| own.no == leg.no) {
                Some(own) => own.amount = own.amount.checked_add(leg.amount)?,
                None => self.legs.push(*leg),
            }
        }
        Some(self)
    }
}
