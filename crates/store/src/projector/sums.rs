//! Sums at the grains the questions use, and how a row keeps those of every model.

use std::collections::BTreeMap;

use purser_core::time::Instant;
use purser_ledger::Mark;

use super::bytes::{Input, put_i64, put_text};
use super::charges::ChargeKind;
use super::packed::Charge;

/// Seconds of a day. Days here are UTC's and start no period: they are a grain for reports.
const DAY_S: i64 = 86_400;

/// The day of an instant, counted from 1970-01-01 in UTC.
pub(crate) const fn day_of(at: Instant) -> i64 {
    at.as_secs().div_euclid(DAY_S)
}

/// What some charges add up to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    pub(crate) calls: i64,
    pub(crate) input: i64,
    pub(crate) cache_read: i64,
    pub(crate) output: i64,
    pub(crate) charge: i64,
    /// The part of the charge that the grants did not have.
    pub(crate) overrun: i64,
    /// The part of the charge that is not the provider's own figure.
    pub(crate) not_exact: i64,
}

impl Sums {
    /// What one charge adds; `None` for what was borne by the company and is nobody's use of anything.
    pub(crate) fn of(charge: &Charge<'_>) -> Option<Self> {
        let nano = charge.amount.get();
        (charge.kind != ChargeKind::WrittenOff).then(|| Self {
            calls: charge.kind.calls(),
            input: charge.counts.prompt_tokens(),
            cache_read: charge.counts.cache_read_tokens(),
            output: charge.counts.output_tokens(),
            charge: nano,
            overrun: charge.overrun.get(),
            not_exact: if charge.mark == Mark::Exact { 0 } else { nano },
        })
    }

    /// `None` when the money leaves the range.
    pub(crate) fn add(&mut self, other: &Self) -> Option<()> {
        self.calls = self.calls.saturating_add(other.calls);
        self.input = self.input.saturating_add(other.input);
        self.cache_read = self.cache_read.saturating_add(other.cache_read);
        self.output = self.output.saturating_add(other.output);
        self.charge = self.charge.checked_add(other.charge)?;
        self.overrun = self.overrun.checked_add(other.overrun)?;
        self.not_exact = self.not_exact.checked_add(other.not_exact)?;
        Some(())
    }

    fn figures(&self) -> [i64; 7] {
        [self.calls, self.input, self.cache_read, self.output, self.charge, self.overrun, self.not_exact]
    }
}

/// Sums by model: the column `models`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ByModel(BTreeMap<String, Sums>);

impl ByModel {
    /// `None` when a sum leaves the range.
    pub(crate) fn add(&mut self, model: &str, sums: &Sums) -> Option<()> {
        match self.0.get_mut(model) {
            Some(own) => own.add(sums),
            None => self.0.entry(model.to_owned()).or_default().add(sums),
        }
    }

    /// Adds a column's sums. `None` when it is damaged, or a sum leaves the range.
    pub(crate) fn add_packed(&mut self, column: &[u8]) -> Option<()> {
        each_model(column, &mut |model, sums| self.add(model, sums))
    }

    /// The column, models in order: equal sums have equal bytes.
    pub(crate) fn packed(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for (model, sums) in &self.0 {
            put_text(&mut out, model);
            sums.figures().iter().for_each(|figure| put_i64(&mut out, *figure));
        }
        out
    }
}

/// Goes through a column [`ByModel::packed`]. `None` when it is damaged, or as soon as `each` says so.
pub(crate) fn each_model(column: &[u8], each: &mut dyn FnMut(&str, &Sums) -> Option<()>) -> Option<()> {
    let mut input = Input(column);
    while !input.is_empty() {
        let model = input.text()?;
        let mut next = || input.i64();
        let sums = Sums {
            calls: next()?,
            input: next()?,
            cache_read: next()?,
            output: next()?,
            charge: next()?,
            overrun: next()?,
            not_exact: next()?,
        };
        each(model, &sums)?;
    }
    Some(())
}
