//! Which reports are there.

use std::collections::BTreeMap;

use purser_core::bill::{CostLine, Day, UsageLine, day_text};
use purser_core::money::Nano;
use purser_core::price::Bucket;

use super::{COSTS, Kept, TrueUp};
use crate::control::Control;
use crate::error::Error;
use crate::pages::Part;
use crate::shape::{self, BillDay, BillDayState, BillKeys, Bills, Page, ReplacedBill};

impl Control {
    /// Imported days, latest first.
    pub(crate) fn bills(&self, provider: Option<&str>, part: &Part) -> Result<Bills, Error> {
        enum Row<'a> {
            Usage(&'a str, &'a str, i64, &'a Kept<Day<UsageLine>>),
            Costs(&'a str, i64, &'a Kept<Day<CostLine>>),
        }
        let admins = self.inner.admins.read();
        let book = &admins.bills;
        let wanted = |name: &str| provider.is_none_or(|provider| provider == name);
        let mut rows = Vec::new();
        for (provider, days) in book.usage.iter().filter(|(name, _)| wanted(name)) {
            for (day, parts) in days {
                rows.extend(parts.iter().map(|(part, kept)| Row::Usage(provider, part, *day, kept)));
            }
        }
        for (provider, days) in book.costs.iter().filter(|(name, _)| wanted(name)) {
            rows.extend(days.iter().map(|(day, kept)| Row::Costs(provider, *day, kept)));
        }
        rows.sort_by_key(|row| match row {
            Row::Usage(provider, part, day, _) => (std::cmp::Reverse(*day), *provider, *part),
            Row::Costs(provider, day, _) => (std::cmp::Reverse(*day), *provider, COSTS),
        });
        let name = |row: &Row<'_>| match row {
            Row::Usage(provider, part, day, _) => id(provider, part, *day),
            Row::Costs(provider, day, _) => id(provider, COSTS, *day),
        };
        let page = part.of(&rows, name, |row| {
            Ok(match row {
                Row::Usage(provider, part, day, kept) => {
                    usage_day((provider, part, *day), kept, BillDayState::Unchanged)
                }
                Row::Costs(provider, day, kept) => costs_day((provider, *day), kept, BillDayState::Unchanged),
            })
        })?;
        let keys = book.keys.iter().filter(|(name, _)| wanted(name));
        let keys =
            keys.map(|(provider, keys)| BillKeys { provider: provider.clone(), keys: keys.iter().cloned().collect() });
        let pulls = self.inner.bills.read().as_ref().map(|port| port.providers()).unwrap_or_default();
        Ok(Bills { items: page.items, next: page.next, total: page.total, keys: keys.collect(), pulls })
    }

    /// What was proposed and made, latest first.
    pub(crate) fn true_ups(&self, part: &Part) -> Result<Page<shape::TrueUp>, Error> {
        let admins = self.inner.admins.read();
        let all: Vec<_> = admins.bills.true_ups.iter().rev().collect();
        part.of(&all, |(id, _)| id.to_string(), |(id, known)| Ok(shown(**id, known)))
    }
}

/// A true-up as it is shown.
pub(super) fn shown(id: purser_core::id::TrueUpId, known: &TrueUp) -> shape::TrueUp {
    shape::TrueUp {
        id,
        provider: known.provider.clone(),
        from: day_text(known.days.0),
        to: day_text(known.days.1),
        amount: known.amount,
        entries: known.entries,
        hash: known.hash.to_string(),
        proposed: known.proposed.1,
        proposed_by: known.proposed.0.actor.to_string(),
        made: known.made.map(|(_, at)| at),
        made_by: known.made.map(|(by, _)| by.actor.to_string()),
    }
}

fn id(provider: &str, report: &str, day: i64) -> String {
    format!("{provider}/{report}/{}", day_text(day))
}

pub(super) fn usage_day(
    (provider, part, day): (&str, &str, i64),
    kept: &Kept<Day<UsageLine>>,
    state: BillDayState,
) -> BillDay {
    let mut usage = BTreeMap::<Bucket, u64>::new();
    for (bucket, count) in kept.data.lines.iter().flat_map(|line| line.usage.used()) {
        let sum = usage.entry(bucket).or_default();
        *sum = sum.saturating_add(count);
    }
    let lines = kept.data.lines.len();
    bill_day((provider, part, day), (kept.data.is_whole(), lines), kept, state, (usage, BTreeMap::new()))
}

pub(super) fn costs_day((provider, day): (&str, i64), kept: &Kept<Day<CostLine>>, state: BillDayState) -> BillDay {
    let mut amounts = BTreeMap::<String, Nano>::new();
    for line in &kept.data.lines {
        let sum = amounts.entry(line.currency.code().to_owned()).or_default();
        *sum = sum.saturating_add(line.amount);
    }
    let lines = kept.data.lines.len();
    bill_day((provider, COSTS, day), (kept.data.is_whole(), lines), kept, state, (BTreeMap::new(), amounts))
}

fn bill_day<T>(
    (provider, report, day): (&str, &str, i64),
    (whole, lines): (bool, usize),
    kept: &Kept<T>,
    state: BillDayState,
    (usage, amounts): (BTreeMap<Bucket, u64>, BTreeMap<String, Nano>),
) -> BillDay {
    let replaced = kept.replaced.iter().map(|(hash, at, by)| ReplacedBill {
        hash: hash.to_string(),
        at: *at,
        by: by.actor.to_string(),
    });
    BillDay {
        id: id(provider, report, day),
        provider: provider.to_owned(),
        report: report.to_owned(),
        day: day_text(day),
        whole,
        lines: u64::try_from(lines).unwrap_or(u64::MAX),
        usage,
        amounts,
        hash: kept.hash.to_string(),
        state,
        at: kept.at,
        by: kept.by.actor.to_string(),
        pulled: kept.pulled,
        replaced: replaced.collect(),
    }
}
