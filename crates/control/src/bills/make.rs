//! A true-up's entries, written.

use std::collections::BTreeMap;

use purser_core::account::{AccountKey, Period, Subject};
use purser_core::bill::{COMPANY, COMPANY_CLIENT, COMPANY_KEY, Step, day_text, spread};
use purser_core::charge::{ChargeRecord, Dialect, Mark as CallMark};
use purser_core::id::{BudgetId, CommandId, TrueUpId};
use purser_core::money::Nano;
use purser_core::price::{CardVersion, Ratio};
use purser_core::time::Instant;
use purser_core::usage::{Tier, Usage};
use purser_core::zone::Zone;
use purser_ledger::{
    Correction, Detail, HoldId, HoldOutcome, HoldRequest, LedgerError, Leg, Lsn, Mark, Resolution, Settlement,
};
use purser_store::{ChargeKind, ChargeRow};

use super::reconcile::at;
use super::true_up::{Asked, Planned};
use crate::change::{Turn, failed};
use crate::control::{Inner, stored};
use crate::error::{Code, Error, Refused};

/// The account that counts what the company bears of bills, by the month (UTC) in which it is booked. No budget that anybody
/// sets has this id: real ones begin with a time. It limits nobody.
const BILLS: BudgetId = BudgetId::new(1);
/// How often a hold is asked for again after the disk caught up.
const RETRIES: usize = 64;

/// Writes the entries. One that can't be written leaves those before it: whoever proposes again finds what is left.
pub(super) fn make(turn: &mut Turn<'_>, id: TrueUpId, asked: &Asked, planned: &Planned) -> Result<(), Error> {
    let mut place = 0_usize;
    let mut next = |turn: &Turn<'_>| {
        place = place.saturating_add(1);
        CommandId::new(turn.derived(&id.to_string(), place))
    };
    for step in &planned.suspense {
        let resolution = if step.unbilled {
            Resolution::Charge { charge: Nano::ZERO, detail: Detail::new() }
        } else {
            Resolution::WriteOff
        };
        let command = next(turn);
        let settled = turn.control().ledger.resolve(command, step.item.id, &resolution).map_err(failed)?;
        turn.wrote(settled.lsn);
    }
    for day in &planned.days {
        for step in &day.steps {
            match step {
                Step::Call { model, call, usage, charge, alone, .. } => {
                    let holds = planned.holds.get(&(day.day, model.clone()));
                    let Some((hold, record)) = holds.and_then(|holds| holds.get(*call)) else { continue };
                    let mark = if *alone { CallMark::Exact } else { record.mark };
                    let detail = encoded(&ChargeRecord { usage: *usage, mark, ..record.clone() })?;
                    correct(turn, next(turn), *hold, *charge, &detail)?;
                }
                Step::Company { model, usage, amount, .. } => {
                    company(turn, asked, day.day, (model.as_deref(), usage, *amount))?;
                }
                Step::GiveBack { model, amount } => {
                    let is_of = |row: &ChargeRow| {
                        let served = row.served_model.as_deref().unwrap_or(&row.model);
                        model.as_ref().is_none_or(|model| planned.ledger.name(&asked.provider, served) == *model)
                    };
                    give_back(turn, &mut next, asked, (day.day, *amount), &is_of)?;
                }
            }
        }
    }
    Ok(())
}

/// A call costs so much: more falls on whoever paid for it, less goes back to them.
fn correct(turn: &mut Turn<'_>, command: CommandId, hold: HoldId, total: Nano, detail: &[u8]) -> Result<(), Error> {
    let ledger = &turn.control().ledger;
    let settled = match ledger.adjust(command, hold, &Correction::To(total), detail) {
        // So old that the ledger forgot it: the projection has not.
        Err(LedgerError::UnknownHold(_)) => {
            let rows = turn.control().reader.charges_of_hold(hold).map_err(stored)?;
            let (legs, delta) = legs_of(&rows, total)?;
            let ceilings = rows.first().map(|row| row.ceilings.clone()).unwrap_or_default();
            ledger.adjust(command, hold, &Correction::By { legs: &legs, ceilings: &ceilings, delta }, detail)
        }
        settled => settled,
    };
    turn.wrote(settled.map_err(failed)?.lsn);
    Ok(())
}

/// What each grant pays more or less, so that a call costs so much: more is on the last that paid, less goes back to the last
/// first.
fn legs_of(rows: &[ChargeRow], total: Nano) -> Result<(Vec<Leg>, Nano), Error> {
    let mut paid: Vec<Leg> = Vec::new();
    for leg in rows.iter().flat_map(|row| &row.legs) {
        match paid.iter_mut().find(|own| own.no == leg.no) {
            Some(own) => own.amount = own.amount.saturating_add(leg.amount),
            None => paid.push(*leg),
        }
    }
    let charge = rows.iter().fold(Nano::ZERO, |sum, row| sum.saturating_add(row.charge));
    let delta = total.checked_sub(charge).ok_or_else(range)?;
    if paid.is_empty() {
        return Ok((paid, delta));
    }
    if !delta.is_negative() {
        let last = paid.iter().rfind(|leg| leg.amount.is_positive()).or(paid.last()).map(|leg| leg.no);
        return Ok((last.map(|no| Leg { no, amount: delta }).into_iter().collect(), delta));
    }
    let mut rest = Nano::ZERO.saturating_sub(delta);
    let mut legs = Vec::new();
    for leg in paid.iter().rev() {
        let part = rest.min(leg.amount.max(Nano::ZERO));
        rest = rest.saturating_sub(part);
        if part.is_positive() {
            legs.push(Leg { no: leg.no, amount: Nano::ZERO.saturating_sub(part) });
        }
    }
    Ok((legs, delta))
}

fn range() -> Error {
    Refused::new(Code::Invalid, "an amount leaves the range of money").into()
}

/// What the company bears: a charge of its own, on an account that limits nobody.
fn company(
    turn: &mut Turn<'_>,
    asked: &Asked,
    day: i64,
    (model, usage, amount): (Option<&str>, &Usage, Nano),
) -> Result<(), Error> {
    let snapshot = turn.snapshot();
    let card = model.and_then(|model| {
        let book = &snapshot.prices;
        let own = book.lookup(&asked.provider, model, at(day)).ok();
        own.or_else(|| book.providers().into_iter().find_map(|list| book.lookup(list, model, at(day)).ok()))
    });
    let terms = card.and_then(|card| snapshot.prices.terms(card, at(day), &snapshot.currency).ok());
    let mut record = ChargeRecord {
        person: COMPANY,
        key: COMPANY_KEY,
        unit: None,
        run: None,
        session: None,
        provider: asked.provider.clone(),
        requested: model.unwrap_or("*").to_owned(),
        served: None,
        dialect: Dialect::Other,
        tier: Tier::Standard,
        geo: None,
        usage: *usage,
        card: card.map_or(CardVersion(0), |card| card.version()),
        mark: CallMark::Exact,
        terms: terms.unwrap_or(Ratio::ONE),
        client: COMPANY_CLIENT.to_owned(),
        attempt: 0,
        beside: Vec::new(),
        parent: None,
        version: Some(day_text(day)),
        project: None,
        instead_of: None,
        human: false,
        retried: false,
    };
    // A sum of calls is not rated as one call would be: a card that gives another amount is not its card.
    if record.recompute(&snapshot.prices).ok() != Some(amount) {
        record.card = CardVersion(0);
    }
    let detail = encoded(&record)?;
    let ledger = &turn.control().ledger;
    let key = AccountKey { subject: Subject::Budget(BILLS), period: month(turn.now) };
    for _ in 0..RETRIES {
        let known = ledger.find(&key);
        let used = known.map_or(Nano::ZERO, |known| known.limit.saturating_sub(known.room()));
        let limit = used.checked_add(amount).ok_or_else(range)?;
        let (numbers, _) = ledger.accounts(&[(key, limit)]).map_err(failed)?;
        let request = HoldRequest { grants: &[], ceilings: &numbers, want: amount, least: amount };
        match ledger.hold(&request).map_err(failed)? {
            HoldOutcome::Placed(hold) => {
                let settlement = Settlement { charge: amount, mark: Mark::Exact, detail: Detail::from_vec(detail) };
                let settled = hold.settle(settlement).map_err(failed)?;
                turn.wrote(settled.lsn);
                return Ok(());
            }
            HoldOutcome::Wait(lsn) => turn.durable(lsn)?,
            // Nobody else holds on it, so what was asked for is there.
            HoldOutcome::Short(short) => {
                return Err(Error::failed("the account of bills has too little", format!("{short:?}")));
            }
        }
    }
    Err(Refused::new(Code::Unavailable, "the disk can't keep up").hint("try again in a moment").into())
}

/// The month of an instant, in UTC.
fn month(now: Instant) -> Period {
    let first = Zone::UTC.date(now).first_of_month();
    let next = first.saturating_add(jiff::Span::new().months(1));
    Period { start: Zone::UTC.first_instant(first), end: Zone::UTC.first_instant(next) }
}

/// What the bill has less goes back to those who paid for the provider's calls of the day, each in proportion to what they
/// were charged.
fn give_back(
    turn: &mut Turn<'_>,
    next: &mut dyn FnMut(&Turn<'_>) -> CommandId,
    asked: &Asked,
    (day, amount): (i64, Nano),
    is_of: &dyn Fn(&ChargeRow) -> bool,
) -> Result<(), Error> {
    // The entries before this one may be of the same calls.
    turn.caught_up(Lsn(0))?;
    let standing = standing(turn.control(), &asked.provider, day, is_of)?;
    let weights: Vec<u64> = standing.values().map(|charge| charge.get().unsigned_abs()).collect();
    let parts = spread(amount.get().unsigned_abs(), &weights);
    for ((hold, charge), part) in standing.iter().zip(parts).filter(|(_, part)| *part > 0) {
        let part = Nano::new(i64::try_from(part).map_err(|_| range())?);
        let total = charge.checked_sub(part).ok_or_else(range)?;
        let command = next(turn);
        correct(turn, command, *hold, total.max(Nano::ZERO), &[])?;
    }
    Ok(())
}

/// What the provider's calls of a day cost now, those that cost nothing left out.
fn standing(
    inner: &Inner,
    provider: &str,
    day: i64,
    is_of: &dyn Fn(&ChargeRow) -> bool,
) -> Result<BTreeMap<HoldId, Nano>, Error> {
    let mut holds = Vec::new();
    let mut take = |row: ChargeRow| {
        let settled = matches!(row.kind, ChargeKind::Settlement | ChargeKind::Resolution);
        if settled && row.provider == provider && row.person != Some(COMPANY) && is_of(&row) {
            holds.extend(row.hold);
        }
    };
    inner.reader.each_charge(at(day)..at(day.saturating_add(1)), &mut take).map_err(stored)?;
    let mut standing = BTreeMap::new();
    for hold in holds {
        let rows = inner.reader.charges_of_hold(hold).map_err(stored)?;
        let charge = rows.iter().fold(Nano::ZERO, |sum, row| sum.saturating_add(row.charge));
        if charge.is_positive() {
            standing.insert(hold, charge);
        }
    }
    Ok(standing)
}

fn encoded(record: &ChargeRecord) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    record.encode(&mut bytes).map_err(|error| Error::failed("a charge could not be written", error))?;
    Ok(bytes)
}
