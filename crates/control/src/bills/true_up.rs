//! What makes the ledger equal a bill: planned from what is there now, proposed by somebody, approved by somebody else.

use std::collections::{BTreeMap, BTreeSet};

use purser_core::bill::{self, Call, Cause, PlannedDay, Prices, Step, day_text};
use purser_core::charge::ChargeRecord;
use purser_core::id::TrueUpId;
use purser_core::money::Nano;
use purser_core::price::Bucket;
use purser_core::usage::Usage;
use purser_ledger::{HoldId, SuspenseItem};
use purser_store::ChargeKind;

use super::import::checked_provider;
use super::pull::day_number;
use super::reconcile::{BookPrices, Ledger, days};
use super::{BillEvent, TrueUp, hash_of, look};
use crate::admins::AdminEvent;
use crate::change::{CommandName, reused};
use crate::control::{Control, Inner, stored};
use crate::error::{Code, Error, Refused};
use crate::shape::{self, TrueUpEntry, TrueUpOn, TrueUpPlan, WantedTrueUp};

/// The most days that are trued up at once.
const DAYS_MAX: i64 = 100;
/// The most calls of one day and model that are looked at one by one.
const CALLS_MAX: usize = 20_000;

/// Whose bill of which days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) provider: String,
    pub(super) days: (i64, i64),
}

/// What is planned, with the names of the calls that its steps count.
pub(super) struct Planned {
    pub(super) days: Vec<PlannedDay>,
    pub(super) holds: BTreeMap<(i64, String), Vec<Named>>,
    pub(super) suspense: Vec<SuspenseStep>,
    /// What it was planned from.
    pub(super) ledger: Ledger,
}

/// How an item of suspense ends by the report.
#[derive(Clone, Debug)]
pub(super) struct SuspenseStep {
    pub(super) item: SuspenseItem,
    pub(super) day: i64,
    /// The report has nothing that the ledger lacks: the call was never billed. Nobody knows otherwise.
    pub(super) unbilled: bool,
}

impl Control {
    /// What would make the ledger equal a provider's bill. Nothing is written.
    ///
    /// # Errors
    /// Days or a provider that can't be, a currency without a rate, or the projection.
    pub async fn plan_true_up(&self, wanted: WantedTrueUp) -> Result<TrueUpPlan, Error> {
        let asked = self.asked(&wanted)?;
        self.report(move |inner| Ok(shown(&asked, &planned(inner, &asked)?))).await
    }

    /// Proposes it, for somebody else to approve.
    ///
    /// # Errors
    /// [`Code::Conflict`] where nothing is to be done; as for [`plan_true_up`](Self::plan_true_up); the journal.
    pub async fn propose_true_up(
        &self,
        name: Option<CommandName>,
        wanted: WantedTrueUp,
    ) -> Result<shape::TrueUp, Error> {
        let asked = self.asked(&wanted)?;
        let plan = self.plan_true_up(wanted).await?;
        if plan.entries.is_empty() {
            return Err(Refused::new(Code::Conflict, "there is nothing to true up in these days")
                .hint("`purser bill reconcile` shows what differs, and days that no report covers wholly")
                .into());
        }
        self.change(name, move |turn| {
            let id = TrueUpId::new(turn.command.get());
            let known = turn.control().admins.read().bills.true_ups.get(&id).cloned();
            if let Some(known) = known {
                let same = known.provider == asked.provider && known.days == asked.days;
                return if same { Ok(look::shown(id, &known)) } else { Err(reused()) };
            }
            let event = BillEvent::Proposed {
                true_up: id,
                provider: asked.provider.clone(),
                from: asked.days.0,
                to: asked.days.1,
                amount: plan.amount,
                entries: u64::try_from(plan.entries.len()).unwrap_or(u64::MAX),
                hash: plan_hash(&plan),
                by: turn.acting().party(),
                at: turn.now,
            };
            turn.commit_admin(&AdminEvent::Bill(event))?;
            known_true_up(turn.control(), id).map(|known| look::shown(id, &known))
        })
        .await
    }

    /// Approves what somebody else proposed, and makes its entries. What was proposed must still be what there is to do.
    ///
    /// # Errors
    /// [`Code::NotFound`], [`Code::SelfApproval`], [`Code::Conflict`] where it was made or things have changed since; the
    /// ledger.
    pub async fn approve_true_up(&self, name: Option<CommandName>, id: &str) -> Result<shape::TrueUp, Error> {
        let id: TrueUpId = id.trim().parse().map_err(|error: purser_core::id::IdError| {
            Refused::new(Code::Invalid, error.to_string()).hint("`purser bill true-ups` shows the ids")
        })?;
        // What was called until now is in the projection when the plan is made again.
        let decided = self.inner.ledger.watermarks().decided;
        self.inner.ledger.durable(decided).await.map_err(crate::change::failed)?;
        self.change(name, move |turn| {
            let known = known_true_up(turn.control(), id)?;
            turn.two_persons("approve_true_up", &id.to_string(), &[known.proposed.0])?;
            if known.made.is_some() {
                return Err(Refused::new(Code::Conflict, "it was approved and made already").into());
            }
            turn.caught_up(decided)?;
            let asked = Asked { provider: known.provider.clone(), days: known.days };
            let planned = planned(turn.control(), &asked)?;
            if plan_hash(&shown(&asked, &planned)) != known.hash {
                return Err(Refused::new(
                    Code::Conflict,
                    "reports, prices or charges have changed since it was proposed",
                )
                .hint("look at the plan as it is now and propose that")
                .into());
            }
            turn.audit("approve_true_up", &[id.to_string()], None)?;
            let made = BillEvent::Made { true_up: id, by: turn.acting().party(), at: turn.now };
            super::make::make(turn, id, &asked, &planned)?;
            turn.commit_admin(&AdminEvent::Bill(made))?;
            known_true_up(turn.control(), id).map(|known| look::shown(id, &known))
        })
        .await
    }

    fn asked(&self, wanted: &WantedTrueUp) -> Result<Asked, Error> {
        let only = || {
            let known = self.inner.admins.read().bills.providers();
            match known.into_iter().collect::<Vec<_>>().as_slice() {
                [one] => Ok(one.clone()),
                _ => Err(Refused::new(Code::Invalid, "whose bill is it?").hint("name the provider")),
            }
        };
        let provider = wanted.provider.as_deref().map_or_else(only, checked_provider)?;
        let days = days(wanted.from.as_deref(), wanted.to.as_deref(), self.inner.clock.now(), DAYS_MAX)?;
        Ok(Asked { provider, days })
    }
}

fn known_true_up(inner: &Inner, id: TrueUpId) -> Result<TrueUp, Error> {
    let known = inner.admins.read().bills.true_ups.get(&id).cloned();
    known.ok_or_else(|| Refused::new(Code::NotFound, format!("nothing that was proposed is called {id}")).into())
}

/// What is proposed, without the hash that names it.
fn plan_hash(plan: &TrueUpPlan) -> purser_core::event::KeyHash {
    hash_of(&TrueUpPlan { hash: String::new(), ..plan.clone() })
}

/// Plans from what is there now. Blocks.
pub(super) fn planned(inner: &Inner, asked: &Asked) -> Result<Planned, Error> {
    let (from, to) = asked.days;
    let ledger = Ledger::read(inner, (from.saturating_sub(1), to.saturating_add(1)))?;
    let reported = ledger.reported(inner, &asked.provider)?;
    let keys = inner.admins.read().bills.keys.get(&asked.provider).cloned().unwrap_or_default();
    let prices = BookPrices { ledger: &ledger, provider: &asked.provider };
    let mut holds = BTreeMap::new();
    let mut calls = |day: i64, model: &str| {
        let found = inexact_calls(inner, &ledger, asked, (day, model))?;
        let (names, calls): (Vec<_>, Vec<Call>) = found.into_iter().unzip();
        holds.insert((day, model.to_owned()), names);
        Ok::<_, Error>(calls)
    };
    let book = &ledger.snapshot.prices;
    let recharge = |record: &ChargeRecord| record.recompute(book).ok();
    let mut days = bill::plan(&reported, &keys, &prices as &dyn Prices, &mut calls, &recharge)?;
    days.retain(|day| (from..to).contains(&day.day));
    let suspense = suspense(inner, &ledger, asked)?;
    Ok(Planned { days, holds, suspense, ledger })
}

/// A call's hold, and what its settlement says.
type Named = (HoldId, ChargeRecord);

/// The calls of a day and model that are not exact.
fn inexact_calls(
    inner: &Inner,
    ledger: &Ledger,
    asked: &Asked,
    (day, model): (i64, &str),
) -> Result<Vec<(Named, Call)>, Error> {
    let lines: Vec<_> = ledger
        .inexact
        .iter()
        .filter(|line| line.day.0 == day && line.provider == asked.provider)
        .filter(|line| ledger.name(&line.provider, &line.model) == model)
        .take(CALLS_MAX)
        .collect();
    let alone = lines.len() == 1;
    let mut found = Vec::with_capacity(lines.len());
    for line in lines {
        let rows = inner.reader.charges_of_hold(line.hold).map_err(stored)?;
        let charge = rows.iter().fold(Nano::ZERO, |sum, row| sum.saturating_add(row.charge));
        let Some(record) = rows.iter().rev().find_map(purser_store::ChargeRow::record) else { continue };
        let settled = rows.iter().find(|row| row.kind == ChargeKind::Settlement).map(|row| row.lsn);
        let held = match settled.filter(|_| alone) {
            Some(lsn) => inner.reader.held(line.hold, lsn).map_err(stored)?.map(|held| held.amount),
            None => None,
        };
        found.push(((line.hold, record.clone()), Call { record, charge, held }));
    }
    Ok(found)
}

/// How what is in suspense since those days ends: only where every provider that was used on its day has reported all of it.
fn suspense(inner: &Inner, ledger: &Ledger, asked: &Asked) -> Result<Vec<SuspenseStep>, Error> {
    let mut verdicts = BTreeMap::new();
    let mut reported = BTreeMap::new();
    let mut steps = Vec::new();
    for item in inner.ledger.suspense_items() {
        let day = day_number(item.since);
        if !(asked.days.0..asked.days.1).contains(&day) {
            continue;
        }
        let verdict = match verdicts.get(&day) {
            Some(known) => *known,
            None => *verdicts.entry(day).or_insert(verdict(inner, ledger, asked, (day, &mut reported))?),
        };
        steps.extend(verdict.map(|unbilled| SuspenseStep { item, day, unbilled }));
    }
    Ok(steps)
}

/// Has a day nothing that the ledger lacks? `None` while not all of it is reported.
fn verdict(
    inner: &Inner,
    ledger: &Ledger,
    asked: &Asked,
    (day, reported): (i64, &mut BTreeMap<String, Vec<bill::ReportedDay>>),
) -> Result<Option<bool>, Error> {
    let used = ledger.lines.iter().filter(|line| line.day.0 == day && !line.provider.is_empty());
    let providers: BTreeSet<&str> = used.map(|line| line.provider.as_str()).chain([asked.provider.as_str()]).collect();
    let mut unbilled = true;
    for provider in providers {
        if !reported.contains_key(provider) {
            reported.insert(provider.to_owned(), ledger.reported(inner, provider)?);
        }
        let of = reported.get(provider).and_then(|days| days.iter().find(|of| of.day == day));
        let Some(of) = of.filter(|of| of.usage.as_ref().is_some_and(bill::Day::is_whole)) else { return Ok(None) };
        let keys = inner.admins.read().bills.keys.get(provider).cloned().unwrap_or_default();
        let prices = BookPrices { ledger, provider };
        let found = bill::compare(std::slice::from_ref(of), &keys, &prices as &dyn Prices);
        let quantities = found.iter().filter(|of| !of.of_cost && of.cause != Cause::ShadowKey);
        unbilled &= !quantities.flat_map(|of| of.differences.values()).any(|count| *count > 0);
    }
    Ok(Some(unbilled))
}

/// A plan as it is shown.
fn shown(asked: &Asked, planned: &Planned) -> TrueUpPlan {
    let mut plan = TrueUpPlan {
        provider: asked.provider.clone(),
        from: day_text(asked.days.0),
        to: day_text(asked.days.1),
        amount: Nano::ZERO,
        company: Nano::ZERO,
        calls: Nano::ZERO,
        given_back: Nano::ZERO,
        entries: Vec::new(),
        hash: String::new(),
    };
    for day in &planned.days {
        for step in &day.steps {
            let delta = step.delta();
            plan.amount = plan.amount.saturating_add(delta);
            let entry = entry(planned, day.day, step);
            let sum = match entry.on {
                TrueUpOn::Company => &mut plan.company,
                TrueUpOn::Call | TrueUpOn::Suspense => &mut plan.calls,
                TrueUpOn::Payers => &mut plan.given_back,
            };
            *sum = sum.saturating_add(delta);
            plan.entries.push(entry);
        }
    }
    for step in &planned.suspense {
        plan.entries.push(TrueUpEntry {
            day: day_text(step.day),
            on: if step.unbilled { TrueUpOn::Suspense } else { TrueUpOn::Company },
            cause: Cause::Suspense,
            model: None,
            key: None,
            hold: step.item.hold.map(|hold| hold.to_string()),
            usage: BTreeMap::new(),
            amount: Nano::ZERO,
        });
    }
    plan.hash = plan_hash(&plan).to_string();
    plan
}

fn entry(planned: &Planned, day: i64, step: &Step) -> TrueUpEntry {
    let used = |usage: &Usage| usage.used().collect::<BTreeMap<Bucket, u64>>();
    let (on, cause, model, key, hold, usage) = match step {
        Step::Call { model, call, usage, .. } => {
            let holds = planned.holds.get(&(day, model.clone()));
            let hold = holds.and_then(|holds| holds.get(*call)).map(|(hold, _)| hold.to_string());
            (TrueUpOn::Call, Cause::Estimates, Some(model.clone()), None, hold, used(usage))
        }
        Step::Company { model, usage, cause, key, .. } => {
            let key = key.as_ref().map(ToString::to_string);
            (TrueUpOn::Company, *cause, model.clone(), key, None, used(usage))
        }
        Step::GiveBack { model, .. } => {
            (TrueUpOn::Payers, Cause::PriceDrift, model.clone(), None, None, BTreeMap::new())
        }
    };
    TrueUpEntry { day: day_text(day), on, cause, model, key, hold, usage, amount: step.delta() }
}
