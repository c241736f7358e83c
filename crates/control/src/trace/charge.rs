//! A charge: what was set aside for it, who paid it, how it came about.

use purser_core::account::Subject;
use purser_core::budget::BudgetOn;
use purser_core::money::Nano;
use purser_core::usage::Served;
use purser_ledger::{AccountNo, Mark};
use purser_store::{ChargeKind, ChargeRow, Held};

use super::Tracing;
use crate::control::stored;
use crate::dates;
use crate::error::{Code, Error, Refused};
use crate::prices::working;
use crate::shape::{TracedCard, TracedCharge, TracedHold, TracedLeg, TracedLimit};
use crate::usage;

/// An account of a grant in a charge: set aside, paid.
struct Part {
    no: AccountNo,
    held: Option<Nano>,
    paid: Nano,
}

impl Tracing<'_> {
    /// The charge of these postings, which are all of one hold.
    pub(super) fn charge(&mut self, rows: &[ChargeRow]) -> Result<TracedCharge, Error> {
        let first = rows.first().ok_or_else(|| Refused::new(Code::NotFound, "nothing was charged"))?;
        let posted: Vec<&ChargeRow> = rows.iter().filter(|row| row.kind != ChargeKind::WrittenOff).collect();
        let sum =
            |of: &dyn Fn(&ChargeRow) -> Nano| posted.iter().fold(Nano::ZERO, |sum, row| sum.saturating_add(of(row)));
        let (total, overrun) = (sum(&|row| row.charge), sum(&|row| row.overrun));
        let held = first.hold.map(|hold| self.inner.reader.held(hold, first.lsn)).transpose().map_err(stored)?;
        let held = held.flatten();
        let parts = parts(&posted, held.as_ref());
        let paid = parts.iter().fold(Nano::ZERO, |sum, part| sum.saturating_add(part.paid));
        self.checks.equal(
            "what the grants paid and what they did not have is the charge",
            &paid.saturating_add(overrun),
            &total,
        );
        let mut legs = Vec::new();
        for part in &parts {
            let Some(key) = self.inner.reader.account_key(part.no).map_err(stored)? else { continue };
            if let Subject::Grant(grant) = key.subject {
                let (from, to) = (key.period.start, key.period.end);
                legs.push(TracedLeg { grant, from, to, held: part.held, paid: part.paid });
            }
        }
        if let Some(held) = &held
            && first.kind == ChargeKind::Settlement
        {
            let most = held.amount.saturating_add(held.grown);
            let within = first.charge.saturating_sub(first.overrun).min(most);
            self.checks.equal(
                "the grants paid no more than was set aside",
                &within,
                &first.charge.saturating_sub(first.overrun),
            );
        }
        let (lines, card) = self.working(first);
        let person = first.person.and_then(|person| self.directory().person(person));
        let key = first.key.and_then(|key| self.directory().key_by_id(key));
        Ok(TracedCharge {
            postings: posted.iter().map(|row| usage::charge(row)).collect(),
            total,
            overrun,
            mark: usage::charge(first).mark,
            agent: key.and_then(|key| key.agent.as_deref().map(str::to_owned)),
            hold: held.map(|held| TracedHold {
                entry: held.lsn.0,
                at: held.at,
                amount: held.amount,
                grown: held.grown,
            }),
            legs,
            limits: self.limits(first)?,
            working: lines,
            card,
            statement: person.map(|person| dates::month_of(first.at, person.zone(first.at))),
        })
    }

    /// The lines of the settlement, and its card; the charge is worked out once more.
    fn working(&mut self, row: &ChargeRow) -> (Vec<crate::shape::ExplainedLine>, Option<TracedCard>) {
        let Some(record) = row.record() else { return (Vec::new(), None) };
        let book = &self.snapshot.prices;
        let Some(card) = book.version(record.card) else { return (Vec::new(), None) };
        let served = Served { model: None, tier: record.tier, geo: record.geo.clone() };
        let mut lines = Vec::new();
        for (version, used) in std::iter::once((record.card, &record.usage))
            .chain(record.beside.iter().map(|beside| (beside.card, &beside.usage)))
        {
            // What can't be worked out is in no line; the comparison below says so.
            if let Some(card) = book.version(version)
                && let Ok((more, _)) = working(card, used, &served, record.terms)
            {
                lines.extend(more);
            }
        }
        if row.mark == Mark::Exact
            && let Ok(again) = record.recompute(book)
        {
            self.checks.equal("the usage at the prices of its card gives the charge", &again, &row.charge);
        }
        (lines, Some(TracedCard { version: record.card, source: card.source().to_owned() }))
    }

    fn limits(&self, row: &ChargeRow) -> Result<Vec<TracedLimit>, Error> {
        let mut limits = Vec::new();
        for no in &row.ceilings {
            let Some(key) = self.inner.reader.account_key(*no).map_err(stored)? else { continue };
            let on = match key.subject {
                Subject::Grant(_) => continue,
                Subject::Run(run) => run.to_string(),
                Subject::Budget(budget) => match self.directory().budget(budget).map(|budget| budget.on) {
                    None => budget.to_string(),
                    Some(BudgetOn::Company) => "company".to_owned(),
                    Some(BudgetOn::Key(key)) => key.to_string(),
                    Some(BudgetOn::Person(person)) => person.to_string(),
                    Some(BudgetOn::Unit(unit)) => {
                        self.inner.names.read().unit_name(unit).unwrap_or_else(|| unit.to_string())
                    }
                },
            };
            limits.push(TracedLimit { on, from: key.period.start, to: key.period.end });
        }
        Ok(limits)
    }
}

/// The accounts of grants in a charge, in the order in which they burn: those that hold nothing and paid nothing are
/// left out.
fn parts(rows: &[&ChargeRow], held: Option<&Held>) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for leg in held.iter().flat_map(|held| &held.legs) {
        parts.push(Part { no: leg.no, held: Some(leg.amount), paid: Nano::ZERO });
    }
    for leg in rows.iter().flat_map(|row| &row.legs) {
        match parts.iter_mut().find(|part| part.no == leg.no) {
            Some(part) => part.paid = part.paid.saturating_add(leg.amount),
            None => parts.push(Part { no: leg.no, held: None, paid: leg.amount }),
        }
    }
    parts.retain(|part| !part.paid.is_zero() || part.held.is_some_and(Nano::is_positive));
    parts
}
