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

/// The hour of its day (UTC), 0 to 23.
pub(crate) fn hour_of(at: Instant) -> u32 {
    u32::try_from(at.as_secs().rem_euclid(DAY_S).div_euclid(3_600)).unwrap_or(0)
}

/// The month of a day: its first day. Months of the calendar, in UTC.
pub(crate) fn month_of(day: i64) -> i64 {
    month_start(day, 0)
}

/// The first day of the month after that of a day.
pub(crate) fn next_month(day: i64) -> i64 {
    month_start(day, 1)
}

/// The first day of the month that is so many after a day's. By counting days in the four hundred years after which the
/// calendar begins anew, March first, so that the leap day is the last of a year.
fn month_start(day: i64, later: i64) -> i64 {
    const ERA: i64 = 146_097;
    // From 0000-03-01 to 1970-01-01.
    const BEFORE_1970: i64 = 719_468;
    let since = day.saturating_add(BEFORE_1970);
    let (era, of_era) = (since.div_euclid(ERA), since.rem_euclid(ERA));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153 + later;
    let (year, month) = (year + month / 12, month % 12);
    let first = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5;
    era.saturating_mul(ERA).saturating_add(first).saturating_sub(BEFORE_1970)
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

    /// With every figure's sign turned: what is added so is taken out.
    pub(crate) fn opposite(&self) -> Option<Self> {
        let [calls, input, cache_read, output, charge, overrun, not_exact] = self.figures().map(i64::checked_neg);
        Some(Self {
            calls: calls?,
            input: input?,
            cache_read: cache_read?,
            output: output?,
            charge: charge?,
            overrun: overrun?,
            not_exact: not_exact?,
        })
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

    /// Takes a column's sums out. `None` when it is damaged, or a sum leaves the range.
    pub(crate) fn take_packed(&mut self, column: &[u8]) -> Option<()> {
        each_model(column, &mut |model, sums| self.add(model, &sums.opposite()?))
    }

    /// Lets go of models whose sums are all zero.
    pub(crate) fn drop_nothing(&mut self) {
        self.0.retain(|_, sums| *sums != Sums::default());
    }

    /// Is there no model?
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All models together. `None` when a sum leaves the range.
    pub(crate) fn total(&self) -> Option<Sums> {
        self.0.values().try_fold(Sums::default(), |mut all, sums| all.add(sums).map(|()| all))
    }

    /// By model.
    pub(crate) fn into_sums(self) -> BTreeMap<String, Sums> {
        self.0
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
        each(model, &next_sums(&mut input)?)?;
    }
    Some(())
}

/// What a column comes to, whatever its models are called. `None` when it is damaged, or a sum leaves the range.
pub(crate) fn all_models(column: &[u8]) -> Option<Sums> {
    let (mut input, mut all) = (Input(column), Sums::default());
    while !input.is_empty() {
        let name = input.len()?;
        input.take(name)?;
        all.add(&next_sums(&mut input)?)?;
    }
    Some(all)
}

#[inline]
fn next_sums(input: &mut Input<'_>) -> Option<Sums> {
    let mut next = || input.i64();
    Some(Sums {
        calls: next()?,
        input: next()?,
        cache_read: next()?,
        output: next()?,
        charge: next()?,
        overrun: next()?,
        not_exact: next()?,
    })
}
