//! Statements of many people from one reading of the projection.

use std::ops::Range;
use std::sync::Arc;

use purser_core::directory::Person;
use purser_core::money::Nano;
use purser_core::statement::{SpanOf, Tally};
use purser_core::time::Instant;
use purser_store::{ObservedSums, StatementAsked};

use super::STATEMENT;
use super::gather::{Gathered, Items, tally_of};
use super::rows::{self, count};
use crate::control::{Inner, stored};
use crate::error::Error;
use crate::observed;
use crate::remedies::{FAULTS, percent};
use crate::shape::{Statement, StatementStatus, StatementUsable};

/// The reason of denials by a stop.
const STOPPED: &str = "stopped";

impl Inner {
    /// Statements of people, in their order. `is_final`: nothing that is set aside now belongs to them.
    pub(super) fn statements_of(
        &self,
        people: &[(Arc<Person>, SpanOf)],
        now: Instant,
        is_final: bool,
    ) -> Result<Vec<Statement>, Error> {
        let mut gathered: Vec<Gathered> = people.iter().map(|(person, of)| Gathered::of(person, *of, now)).collect();
        let asked: Vec<StatementAsked> = gathered.iter().map(Gathered::asked).collect();
        let accounts = self
            .reader
            .statements(&asked, &mut |place, charge| {
                if let Some(gathered) = gathered.get_mut(place) {
                    gathered.take(charge);
                }
            })
            .map_err(stored)?;
        let mut made = Vec::with_capacity(gathered.len());
        for (mut gathered, accounts) in gathered.into_iter().zip(accounts) {
            for account in accounts {
                let seen = gathered.grant(account.grant).seen(account.period, account.limit);
                seen.seen.spent_before = account.spent_before;
                seen.no = Some(account.no.0);
            }
            self.date_corrections(&mut gathered)?;
            made.push(self.statement_of(gathered, is_final)?);
        }
        Ok(made)
    }

    /// Finds when what was corrected was posted, where that is not in the span.
    fn date_corrections(&self, gathered: &mut Gathered) -> Result<(), Error> {
        for correction in &mut gathered.corrections {
            let Some(hold) = correction.hold.filter(|_| correction.is_of_another()) else { continue };
            correction.corrects = match gathered.settled.get(&hold) {
                Some(at) => Some(*at),
                None => self.reader.charges_of_hold(hold).map_err(stored)?.first().map(|first| first.at),
            };
        }
        Ok(())
    }

    fn statement_of(&self, gathered: Gathered, is_final: bool) -> Result<Statement, Error> {
        let Gathered { person, of, range, as_of, mut grants, totals, models, tools, days, months, corrections, .. } =
            gathered;
        let status = match (is_final, as_of < range.end) {
            (true, _) => StatementStatus::Closed,
            (false, true) => StatementStatus::Running,
            (false, false) => StatementStatus::Over,
        };
        let (mut sums, mut held, mut suspense, mut counted) = (Tally::default(), Nano::ZERO, Nano::ZERO, Nano::ZERO);
        let mut shown = Vec::new();
        for gathered in &mut grants {
            counted = counted.saturating_add(gathered.counted);
            let Some(grant) = gathered.shown(self, &range, as_of, is_final) else { continue };
            held = held.saturating_add(grant.funds.held);
            suspense = suspense.saturating_add(grant.funds.suspense);
            sums.add(&tally_of(&grant));
            shown.push(grant);
        }
        let items = Items::of(&range, corrections);
        let mut seen = ObservedSums::default();
        self.reader.observed(Some(person.id), &range).map_err(stored)?.iter().for_each(|row| seen.add(&row.sums));
        let last = Instant::from_micros(as_of.as_micros().saturating_sub(1)).max(range.start);
        Ok(Statement {
            document: STATEMENT.to_owned(),
            person: person.id,
            name: None,
            month: of.to_string(),
            zone: person.zone(last).name().to_owned(),
            from: range.start,
            to: range.end,
            as_of,
            status,
            opening: sums.opening,
            granted: sums.granted,
            moved: sums.moved,
            used: totals.charge,
            paid: sums.used,
            overrun: totals.overrun,
            expired: sums.expired,
            voided: sums.voided,
            rolled: sums.rolled,
            closing: sums.closing,
            held,
            suspense,
            adjusted: items.adjusted,
            prior: items.prior,
            calls: count(totals.calls),
            input_tokens: count(totals.input),
            cached_tokens: count(totals.cached),
            output_tokens: count(totals.output),
            entries: totals.entries,
            observed: observed::totals(&seen),
            counted,
            usable: self.usable_by(&person, &range, count(totals.calls))?,
            grants: shown,
            models: rows::models(models),
            tools: rows::tools(tools),
            days: rows::days(days),
            months: rows::months(months),
            items: items.shown,
            items_left_off: items.left_off,
            signature: None,
        })
    }

    /// How much of what somebody asked for was served.
    fn usable_by(&self, person: &Person, range: &Range<Instant>, served: u64) -> Result<StatementUsable, Error> {
        let mut usable = StatementUsable { served, ..StatementUsable::default() };
        for (reason, funded, times) in self.reader.denials_of_person(person.id, range).map_err(stored)? {
            let times = count(times);
            let sum = match (funded, reason.as_str()) {
                (true, _) => &mut usable.denied_funded,
                (false, STOPPED) => &mut usable.stopped,
                (false, reason) if FAULTS.contains(&reason) => &mut usable.faults,
                (false, _) => continue,
            };
            *sum = sum.saturating_add(times);
        }
        usable.percent = percent(served, usable.denied_funded);
        usable.percent_with_faults = percent(served, usable.denied_funded.saturating_add(usable.faults));
        Ok(usable)
    }
}
