//! The ledger held against the reports.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use purser_core::bill::{
    Calls, Cause, CostKind, CostLine, Day, Found, Inexact, Prices, ReportedDay, UsageLine, compare, converted,
    day_of_text, day_text,
};
use purser_core::money::{Currency, Nano};
use purser_core::price::{Bucket, RateCard};
use purser_core::rating;
use purser_core::snapshot::Snapshot;
use purser_core::time::Instant;
use purser_core::zone::Zone;
use purser_ledger::Mark;
use purser_store::{BilledLine, Day as StoreDay, InexactLine};

use super::invoice;
use super::pull::day_number;
use super::sentence::sentence;
use crate::control::{Control, Inner, stored};
use crate::error::{Code, Error, Refused};
use crate::pages::Part;
use crate::shape::{CauseSum, Difference, ImpliedPrice, ProviderReconciled, Reconciliation, WantedReconciliation};

/// The most days that are held against each other at once.
const DAYS_MAX: i64 = 800;
/// Microseconds of a day.
const DAY_US: i64 = 86_400_000_000;

impl Control {
    /// Holds the ledger against every report of some days.
    ///
    /// # Errors
    /// Days that can't be read, a currency without an exchange rate, a page to go on after that is not there, or the
    /// projection.
    pub async fn reconciliation(&self, wanted: WantedReconciliation) -> Result<Reconciliation, Error> {
        let now = self.inner.clock.now();
        let (from, to) = days(wanted.from.as_deref(), wanted.to.as_deref(), now, DAYS_MAX)?;
        let part = Part::new(wanted.limit, wanted.after.clone());
        self.report(move |inner| {
            // A day more on both sides: what is booked a day late is told by its neighbour.
            let ledger = Ledger::read(inner, (from.saturating_sub(1), to.saturating_add(1)))?;
            let known = inner.admins.read().bills.providers();
            let named = |name: &String| wanted.provider.as_ref().is_none_or(|provider| provider == name);
            let used = ledger.lines.iter().map(|line| line.provider.clone()).filter(|name| !name.is_empty());
            let providers: BTreeSet<String> = known.into_iter().chain(used).filter(named).collect();
            let (mut shown, mut items) = (Vec::new(), Vec::new());
            for provider in providers {
                let (summary, mut found) = ledger.provider(inner, &provider, (from, to))?;
                found.retain(|item| wanted.cause.is_none_or(|cause| cause == item.cause));
                shown.push(summary);
                items.append(&mut found);
            }
            let admins = inner.admins.read();
            let invoices = admins
                .bills
                .invoices
                .iter()
                .filter(|((provider, _), invoice)| named(provider) && invoice.from < to && from < invoice.to);
            let invoices = invoices.map(|((provider, _), of)| invoice::checked(&admins.bills, provider, of)).collect();
            let page = part.of(&items, |item: &Difference| item.id.clone(), |item| Ok(item.clone()))?;
            Ok(Reconciliation {
                from: day_text(from),
                to: day_text(to),
                providers: shown,
                invoices,
                items: page.items,
                next: page.next,
                total: page.total,
            })
        })
        .await
    }
}

/// The days that a question is about: of the running month up to today, where it does not say.
pub(super) fn days(from: Option<&str>, to: Option<&str>, now: Instant, most: i64) -> Result<(i64, i64), Error> {
    let day = |text: &str| {
        day_of_text(text.trim()).ok_or_else(|| {
            Refused::new(Code::Invalid, format!("`{text}` is not a day")).hint("write it like 2026-11-24")
        })
    };
    let to = to.map_or_else(|| Ok(day_number(now)), day)?;
    let usual = || {
        let first = Zone::UTC.date(at(to.saturating_sub(1))).first_of_month();
        day_number(Zone::UTC.first_instant(first))
    };
    let from = from.map_or_else(|| Ok(usual()), day)?;
    if to <= from || to.saturating_sub(from) > most {
        return Err(Refused::new(Code::Invalid, format!("from 1 to {most} days are looked at"))
            .hint("`to` is the first day that is not included")
            .into());
    }
    Ok((from, to))
}

/// The first instant of a day.
pub(super) fn at(day: i64) -> Instant {
    Instant::from_micros(day.saturating_mul(DAY_US))
}

/// What the ledger has of some days, and what models are called.
pub(super) struct Ledger {
    pub(super) snapshot: Arc<Snapshot>,
    days: (i64, i64),
    pub(super) lines: Vec<BilledLine>,
    pub(super) inexact: Vec<InexactLine>,
    suspense: BTreeMap<i64, Nano>,
    names: RefCell<HashMap<(String, String), String>>,
}

impl Ledger {
    pub(super) fn read(inner: &Inner, (from, to): (i64, i64)) -> Result<Self, Error> {
        let (lines, inexact) = inner.reader.billed(StoreDay(from)..StoreDay(to)).map_err(stored)?;
        let mut suspense = BTreeMap::<i64, Nano>::new();
        for item in inner.ledger.suspense_items() {
            let sum = suspense.entry(day_number(item.since)).or_default();
            *sum = sum.saturating_add(item.amount);
        }
        let snapshot = inner.snapshot.load_full();
        Ok(Self { snapshot, days: (from, to), lines, inexact, suspense, names: RefCell::default() })
    }

    /// A model by one name, whatever it is called: its own id in the price book, where it has one.
    pub(super) fn name(&self, provider: &str, model: &str) -> String {
        let key = (provider.to_owned(), model.to_owned());
        if let Some(known) = self.names.borrow().get(&key) {
            return known.clone();
        }
        let when = at(self.days.1);
        let name = self.card(provider, model, when).map_or_else(|| model.to_owned(), |card| card.model().to_owned());
        self.names.borrow_mut().insert(key, name.clone());
        name
    }

    /// The card of a model: of the provider itself, or of the price list that has it.
    pub(super) fn card(&self, provider: &str, model: &str, when: Instant) -> Option<&Arc<RateCard>> {
        let book = &self.snapshot.prices;
        let own = book.lookup(provider, model, when).ok();
        own.or_else(|| book.providers().into_iter().find_map(|list| book.lookup(list, model, when).ok()))
    }

    /// A provider's days, a day more on both sides where that was read.
    pub(super) fn reported(&self, inner: &Inner, provider: &str) -> Result<Vec<ReportedDay>, Error> {
        let admins = inner.admins.read();
        let book = &admins.bills;
        let costs = book.costs.get(provider);
        let mut days: BTreeMap<i64, ReportedDay> =
            (self.days.0..self.days.1).map(|day| (day, ReportedDay { day, ..ReportedDay::default() })).collect();
        for (day, of) in &mut days {
            if let Some((mut usage, messages)) = book.usage_of(provider, *day) {
                for line in &mut usage.lines {
                    line.model = line.model.as_deref().map(|model| self.name(provider, model));
                }
                of.usage = Some(usage);
                of.priority_apart = messages;
            }
            if let Some(kept) = costs.and_then(|days| days.get(day)) {
                of.costs = Some(self.in_ledgers_words(provider, *day, &kept.data)?);
            }
            of.suspense = self.suspense.get(day).copied().unwrap_or_default();
        }
        for line in self.lines.iter().filter(|line| line.provider == provider) {
            let Some(day) = days.get_mut(&line.day.0) else { continue };
            let calls: &mut Calls = day.ledger.entry(self.name(provider, &line.model)).or_default();
            calls.charge = calls.charge.saturating_add(line.charge);
            let counts = if line.company { &mut calls.booked } else { &mut calls.counts };
            if !line.company {
                calls.calls = calls.calls.saturating_add(line.calls);
            }
            for bucket in Bucket::ALL {
                let count = line.counts.of(bucket);
                if count != 0 {
                    let sum = counts.entry(bucket).or_default();
                    *sum = sum.saturating_add(count);
                }
            }
        }
        for line in self.inexact.iter().filter(|line| line.provider == provider) {
            let Some(day) = days.get_mut(&line.day.0) else { continue };
            let Some(calls) = day.ledger.get_mut(&self.name(provider, &line.model)) else { continue };
            count(&mut calls.inexact, line);
        }
        for calls in days.values_mut().flat_map(|day| day.ledger.values_mut()) {
            calls.counts.retain(|_, count| *count != 0);
            calls.booked.retain(|_, count| *count != 0);
        }
        Ok(days.into_values().collect())
    }

    fn in_ledgers_words(&self, provider: &str, day: i64, costs: &Day<CostLine>) -> Result<Day<CostLine>, Error> {
        let own: &Currency = &self.snapshot.currency;
        let mut lines = Vec::with_capacity(costs.lines.len());
        for line in &costs.lines {
            let mut line = line.clone();
            line.model = line.model.as_deref().map(|model| self.name(provider, model));
            if line.currency != *own {
                let times = self.snapshot.prices.exchange(&line.currency, own, at(day)).ok_or_else(|| {
                    let (of, to) = (line.currency.code(), own.code());
                    Refused::new(Code::Conflict, format!("{provider} bills in {of}, and no rate to {to} is known"))
                        .hint("publish an exchange rate with a price list (`purser price import`)")
                })?;
                let range = || Refused::new(Code::Invalid, "an amount of the costs leaves the range of money");
                line.amount = converted(line.amount, times).ok_or_else(range)?;
                line.grain = converted(line.grain, times).ok_or_else(range)?;
                line.currency = own.clone();
            }
            lines.push(line);
        }
        Ok(Day { covered_s: costs.covered_s, lines })
    }

    /// One provider's summary and differences.
    fn provider(
        &self,
        inner: &Inner,
        provider: &str,
        (from, to): (i64, i64),
    ) -> Result<(ProviderReconciled, Vec<Difference>), Error> {
        let days = self.reported(inner, provider)?;
        let keys = inner.admins.read().bills.keys.get(provider).cloned().unwrap_or_default();
        let prices = BookPrices { ledger: self, provider };
        let found = compare(&days, &keys, &prices);
        let mut summary = ProviderReconciled {
            provider: provider.to_owned(),
            usage_days: 0,
            cost_days: 0,
            ledger_days: 0,
            ledger: Nano::ZERO,
            bill: Nano::ZERO,
            difference: Nano::ZERO,
            causes: Vec::new(),
        };
        for day in days.iter().filter(|day| (from..to).contains(&day.day)) {
            let whole = |of: bool| u64::from(of);
            summary.usage_days += whole(day.usage.as_ref().is_some_and(Day::<UsageLine>::is_whole));
            summary.ledger_days += whole(!day.ledger.is_empty());
            if let Some(costs) = day.costs.as_ref().filter(|costs| costs.is_whole()) {
                summary.cost_days += 1;
                let used = costs.lines.iter().filter(|line| line.kind == CostKind::Usage);
                summary.bill = used.fold(summary.bill, |sum, line| sum.saturating_add(line.amount));
                let charged = day.ledger.values();
                summary.ledger = charged.fold(summary.ledger, |sum, calls| sum.saturating_add(calls.charge));
            }
        }
        summary.difference = summary.bill.saturating_sub(summary.ledger);
        let mut causes = BTreeMap::<Cause, (u64, Nano)>::new();
        let mut items = Vec::new();
        for (place, of) in found.iter().filter(|of| (from..to).contains(&of.day)).enumerate() {
            let (count, sum) = causes.entry(of.cause).or_default();
            *count = count.saturating_add(1);
            *sum = sum.saturating_add(of.amount.unwrap_or_default());
            items.push(self.difference(provider, place, of));
        }
        summary.causes = causes.into_iter().map(|(cause, (count, amount))| CauseSum { cause, count, amount }).collect();
        Ok((summary, items))
    }

    fn difference(&self, provider: &str, place: usize, of: &Found) -> Difference {
        Difference {
            id: format!("{provider}/{}/{place}", day_text(of.day)),
            provider: provider.to_owned(),
            day: day_text(of.day),
            model: of.model.clone().filter(|model| model != "*"),
            cause: of.cause,
            of_cost: of.of_cost,
            amount: of.amount,
            differences: of.differences.clone(),
            key: of.key.as_ref().map(ToString::to_string),
            inexact: (of.inexact.calls() > 0).then_some(of.inexact),
            implied: of
                .implied
                .iter()
                .map(|(bucket, listed, implied)| ImpliedPrice { bucket: *bucket, listed: *listed, implied: *implied })
                .collect(),
            sentence: sentence(provider, of, &self.snapshot.currency),
        }
    }
}

fn count(inexact: &mut Inexact, line: &InexactLine) {
    let calls = match line.mark {
        Mark::Estimated => &mut inexact.estimated,
        Mark::Presumed => &mut inexact.presumed,
        Mark::Disputed => &mut inexact.disputed,
        Mark::Exact => return,
    };
    *calls = calls.saturating_add(1);
    inexact.charge = inexact.charge.saturating_add(line.charge);
}

/// What differences are worth by the price book.
pub(super) struct BookPrices<'a> {
    pub(super) ledger: &'a Ledger,
    pub(super) provider: &'a str,
}

impl Prices for BookPrices<'_> {
    fn value(&self, day: i64, model: &str, differences: &BTreeMap<Bucket, i64>) -> Option<Nano> {
        let (book, when) = (&self.ledger.snapshot.prices, at(day));
        let card = self.ledger.card(self.provider, model, when)?;
        let terms = book.terms(card, when, &self.ledger.snapshot.currency).ok()?;
        rating::value(card, differences.iter().map(|(bucket, count)| (*bucket, *count)), terms).ok()
    }
}
