//! One person's month: granted, used, held, by model and by day, in the person's own zone.

use std::collections::BTreeMap;

use purser_core::directory::Person;
use purser_core::grant::Grant;
use purser_core::money::Nano;
use purser_core::time::Instant;
use purser_store::ObservedSums;

use crate::control::{Control, Inner, stored};
use crate::dates;
use crate::error::Error;
use crate::observed;
use crate::people::known;
use crate::shape::{Funds, Statement, StatementDay, StatementGrant, StatementModel};
use crate::usage::add;

/// The most periods that a month can have: its days, and one more for a move between zones.
const PERIODS_MAX: usize = 33;

impl Control {
    /// A person's month (the running one, where none is given). Contains everything that was written when it is asked
    /// for.
    ///
    /// # Errors
    /// Nobody of that name, a month that can't be read, or the projection.
    pub async fn statement(&self, who: &str, month: Option<&str>) -> Result<Statement, Error> {
        let (snapshot, now) = (self.snapshot(), self.inner.clock.now());
        let id = self.inner.find_person(&snapshot, who)?;
        let person = known(snapshot.directory.person(id).cloned(), "person", &id)?;
        let zone = person.zone(now).clone();
        let month = month.map_or_else(|| dates::month_of(now, &zone), str::to_owned);
        let range = dates::month(&month, &zone)?;
        self.report(move |inner| {
            let mut grants = Vec::new();
            let (mut sums, mut counted) = (Funds::default(), Nano::ZERO);
            for grant in &person.grants {
                let (funds, less) = inner.released(&person, grant, &range, now)?;
                counted = counted.saturating_add(less);
                if funds != Funds::default() {
                    add(&mut sums, &funds);
                    grants.push(StatementGrant { grant: grant.id, funds });
                }
            }
            let mut models: BTreeMap<String, StatementModel> = BTreeMap::new();
            let mut days = Vec::new();
            let mut used = Nano::ZERO;
            let mut start = range.start;
            while start < range.end {
                let date = zone.date(start);
                let end = date.tomorrow().map_or(range.end, |next| zone.first_instant(next)).min(range.end);
                let mut day = StatementDay { day: date.to_string(), calls: 0, charge: Nano::ZERO };
                for figures in inner.reader.figures(id, start..end).map_err(stored)? {
                    let calls = u64::try_from(figures.calls).unwrap_or(0);
                    day.calls = day.calls.saturating_add(calls);
                    day.charge = day.charge.saturating_add(figures.charge);
                    let fresh = StatementModel { model: figures.model.clone(), calls: 0, charge: Nano::ZERO };
                    let model = models.entry(figures.model).or_insert(fresh);
                    model.calls = model.calls.saturating_add(calls);
                    model.charge = model.charge.saturating_add(figures.charge);
                }
                used = used.saturating_add(day.charge);
                if day.calls > 0 || !day.charge.is_zero() {
                    days.push(day);
                }
                start = end;
            }
            let mut models: Vec<_> = models.into_values().collect();
            let mut seen = ObservedSums::default();
            inner.reader.observed(Some(id), &range).map_err(stored)?.iter().for_each(|row| seen.add(&row.sums));
            models.sort_by(|a, b| b.charge.cmp(&a.charge).then_with(|| a.model.cmp(&b.model)));
            Ok(Statement {
                person: id,
                name: inner.names.read().person_name(id),
                month,
                zone: zone.name().to_owned(),
                from: range.start,
                to: range.end,
                granted: sums.limit,
                used,
                held: sums.held,
                suspense: sums.suspense,
                observed: observed::totals(&seen),
                counted,
                grants,
                models,
                days,
            })
        })
        .await
    }
}

impl Inner {
    /// The funds of a grant's periods that began in a range and by now, added up, and how much less they released because of
    /// what was observed.
    fn released(
        &self,
        person: &Person,
        grant: &Grant,
        range: &std::ops::Range<Instant>,
        now: Instant,
    ) -> Result<(Funds, Nano), Error> {
        let rhythm = grant.rhythm(&person.zones);
        let posted =
            self.reader.accounts_of(purser_core::account::Subject::Grant(grant.id), range.clone()).map_err(stored)?;
        let (mut sums, mut counted) = (Funds::default(), Nano::ZERO);
        let mut at = range.start;
        for _ in 0..PERIODS_MAX {
            let Some(period) = rhythm.period_at(at) else {
                match rhythm.next_reset(at) {
                    Some(next) if next < range.end => {
                        at = next;
                        continue;
                    }
                    _ => break,
                }
            };
            let began = period.period.start;
            if began >= range.end || began > now || grant.is_voided(began) {
                break;
            }
            if began >= range.start {
                counted = counted.saturating_add(grant.observed(&period));
                for part in grant.parts(&rhythm, &period).into_iter().flatten() {
                    let mut funds = self.grant_funds(grant, &[part]);
                    // What was posted is in the files also when the ledger has closed the account.
                    if let Some(account) = posted.iter().find(|account| account.period == part.period) {
                        funds.posted = account.spent;
                        funds.available = funds
                            .limit
                            .saturating_sub(funds.posted)
                            .saturating_sub(funds.held)
                            .saturating_sub(funds.suspense);
                    }
                    add(&mut sums, &funds);
                }
            }
            at = period.period.end;
        }
        Ok((sums, counted))
    }
}
