//! The calls of a company's own past, from the charges of its projection.
//!
//! A charge says who called, with which key, run, tool and model, what was used, what it cost and when that was posted. It
//! does not say when the call began (taken from how long such an answer takes, within the period whose money paid it), how
//! much was set aside for it, nor what the agent did: a replay sets aside what it came to cost, and the breaker for repeats
//! has nothing to look at. Calls that cost nothing left no charge.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};
use std::ops::Range;
use std::rc::Rc;
use std::time::Duration;

use purser_control::Past;
use purser_core::account::Period;
use purser_core::breaker::{Pace, SpendRule};
use purser_core::charge::Mark;
use purser_core::id::{PersonId, UnitId};
use purser_core::money::Nano;
use purser_core::time::Instant;
use purser_core::usage::Served;
use purser_ledger::AccountNo;
use purser_providers::Tool;
use purser_store::{ChargeKind, ChargeRow, StoreError};

use super::call::{Call, Needs};
use super::film::took;
use super::tally::Count;
use super::texts::Texts;
use crate::engine::store;
use crate::failure::Failure;

/// How long before its charge a call may have begun: rows of so much time are kept in memory to put them in order.
const TOOK_MAX: Duration = Duration::from_hours(1);
/// How far back it is looked for how fast people's money goes: as far as a pace remembers.
const BACK: Duration = Duration::from_hours(28 * 24);

/// A company's past, or a part of it.
pub(super) struct Recording {
    pub(super) past: Past,
    pub(super) range: Range<Instant>,
    /// Only this person's.
    pub(super) person: Option<PersonId>,
    /// Only those that were made in this unit or below.
    pub(super) unit: Option<UnitId>,
    periods: HashMap<AccountNo, Period>,
}

/// What was found that is no call, or not as told.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Noted {
    /// Charges that give, by their card, what was posted.
    pub(super) rated: u64,
    /// Exact charges that do not: their card is gone.
    pub(super) unrated: u64,
    /// Charges that were estimated, presumed or disputed: as posted.
    pub(super) guessed: u64,
    /// Corrections of charges and what came out of suspense: money that belongs to no call here.
    pub(super) corrections: Count,
    /// Charges that say nothing of their call, or whose key is not known.
    pub(super) untold: Count,
}

impl Recording {
    pub(super) fn new(
        past: Past,
        range: Range<Instant>,
        (person, unit): (Option<PersonId>, Option<UnitId>),
    ) -> Result<Self, Failure> {
        let periods = past.reader.periods().map_err(|error| store(&error))?;
        Ok(Self { past, range, person, unit, periods })
    }

    /// Gives each call, in the order in which they began.
    ///
    /// # Errors
    /// The charges can't be read, or what `each` says.
    pub(super) fn tell(&self, each: &mut dyn FnMut(&Rc<Call>) -> Result<(), Failure>) -> Result<Noted, Failure> {
        let mut telling =
            Telling { of: self, noted: Noted::default(), texts: Texts::default(), order: Order::default() };
        let mut failed = None;
        let read = self.past.reader.each_charge(self.range.clone(), &mut |row| {
            if failed.is_none() && self.is_wanted(&row) {
                failed = telling.take(&row, each).err();
            }
        });
        read.map_err(|error: StoreError| store(&error))?;
        if let Some(failure) = failed {
            return Err(failure);
        }
        telling.order.rest(each)?;
        Ok(telling.noted)
    }

    /// How fast people's money went before the first call.
    ///
    /// # Errors
    /// The charges can't be read.
    pub(super) fn paces(&self, rule: &SpendRule) -> Result<BTreeMap<PersonId, Pace>, Failure> {
        let mut paces = BTreeMap::<PersonId, Pace>::new();
        let before = self.range.start.saturating_sub(BACK)..self.range.start;
        let read = self.past.reader.each_charge(before, &mut |row| {
            if let Some(person) = row.person {
                // What would have tripped then did, or was off: it is past.
                let _ = paces.entry(person).or_default().step(rule, row.at, row.charge);
            }
        });
        read.map_err(|error| store(&error))?;
        Ok(paces)
    }

    fn is_wanted(&self, row: &ChargeRow) -> bool {
        if self.person.is_some_and(|person| row.person != Some(person)) {
            return false;
        }
        let Some(unit) = self.unit else { return true };
        let directory = &self.past.directory;
        let of = row.record().and_then(|record| record.unit).or_else(|| {
            let person = row.person.and_then(|person| directory.person(person))?;
            Some(directory.unit_of(person, row.at))
        });
        of.is_some_and(|of| directory.units_above(of).any(|above| above.id == unit))
    }

    /// Within the periods of the accounts that paid, as far as they are known.
    fn within(&self, row: &ChargeRow, starts: Instant) -> Instant {
        let accounts = row.legs.iter().map(|leg| &leg.no).chain(&row.ceilings);
        let periods = accounts.filter_map(|no| self.periods.get(no));
        periods.fold(starts, |at, period| at.min(before(period.end)).max(period.start)).min(row.at)
    }
}

fn before(at: Instant) -> Instant {
    at.saturating_sub(Duration::from_micros(1))
}

/// A recording while it is read.
struct Telling<'r> {
    of: &'r Recording,
    noted: Noted,
    /// Names of providers and models, each once.
    texts: Texts,
    order: Order,
}

impl Telling<'_> {
    fn take(&mut self, row: &ChargeRow, each: &mut dyn FnMut(&Rc<Call>) -> Result<(), Failure>) -> Result<(), Failure> {
        if row.kind != ChargeKind::Settlement {
            self.noted.corrections.add(row.charge);
            return Ok(());
        }
        if let Some(call) = self.call(row) {
            self.order.add(call, each)
        } else {
            self.noted.untold.add(row.charge);
            Ok(())
        }
    }

    fn call(&mut self, row: &ChargeRow) -> Option<Call> {
        let record = row.record()?;
        let directory = &self.of.past.directory;
        directory.key_by_id(record.key)?;
        let card = directory.prices().version(record.card).cloned();
        match (record.mark, record.recompute(directory.prices())) {
            (Mark::Exact, Ok(charge)) if charge == row.charge => self.noted.rated += 1,
            (Mark::Exact, _) => self.noted.unrated += 1,
            _ => self.noted.guessed += 1,
        }
        let starts = self.of.within(row, row.at.saturating_sub(took(record.usage.output_tokens()).min(TOOK_MAX)));
        Some(Call {
            starts,
            ends: row.at,
            person: record.person,
            key: record.key,
            provider: self.texts.shared(&record.provider),
            model: self.texts.shared(&record.requested),
            tool: Tool::named(&record.client),
            run: record.run,
            parent: record.parent,
            human: record.human,
            retried: record.retried,
            failed: record.mark == Mark::Presumed,
            work: None,
            usage: record.usage,
            served: Served { model: record.served, tier: record.tier, geo: record.geo },
            card,
            terms: record.terms,
            charge: row.charge,
            needs: Needs::Charge,
        })
    }
}

/// Calls that come in the order in which they ended, put in that in which they began.
#[derive(Default)]
struct Order {
    kept: BinaryHeap<Reverse<Begun>>,
    no: u64,
}

struct Begun {
    at: Instant,
    no: u64,
    call: Rc<Call>,
}

impl PartialEq for Begun {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.no) == (other.at, other.no)
    }
}

impl Eq for Begun {}

impl PartialOrd for Begun {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Begun {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.no).cmp(&(other.at, other.no))
    }
}

impl Order {
    fn add(&mut self, call: Call, each: &mut dyn FnMut(&Rc<Call>) -> Result<(), Failure>) -> Result<(), Failure> {
        let known = call.ends.saturating_sub(TOOK_MAX);
        self.no += 1;
        self.kept.push(Reverse(Begun { at: call.starts, no: self.no, call: Rc::new(call) }));
        while self.kept.peek().is_some_and(|Reverse(begun)| begun.at < known) {
            if let Some(Reverse(begun)) = self.kept.pop() {
                each(&begun.call)?;
            }
        }
        Ok(())
    }

    fn rest(&mut self, each: &mut dyn FnMut(&Rc<Call>) -> Result<(), Failure>) -> Result<(), Failure> {
        while let Some(Reverse(begun)) = self.kept.pop() {
            each(&begun.call)?;
        }
        Ok(())
    }
}

/// What was charged, as the sums of usage have it.
pub(super) fn all_of(noted: &Noted, calls: &Count) -> i128 {
    calls.nano + noted.corrections.nano + noted.untold.nano
}

/// An exact sum, which has to fit the ledger's range.
///
/// # Errors
/// It does not.
pub(super) fn exact(nano: i128) -> Result<Nano, Failure> {
    let fits = i64::try_from(nano).map(Nano::new);
    fits.map_err(|_| Failure::new("a sum is beyond the ledger's range", "tell a shorter time with --from and --to"))
}
