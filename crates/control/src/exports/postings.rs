//! Postings of charges as files tell them: what was asked for, one after the other, and what they add up to.

use std::collections::{BTreeMap, HashMap};
use std::ops::{ControlFlow, Range};
use std::time::Duration;

use purser_core::account::Subject;
use purser_core::charge::ChargeRecord;
use purser_core::id::{GrantId, PersonId, RunId, UnitId};
use purser_core::money::Nano;
use purser_core::price::Bucket;
use purser_core::snapshot::Snapshot;
use purser_core::time::Instant;
use purser_ledger::AccountNo;
use purser_store::{ChargeKind, ChargeRow};
use serde::Serialize;

use super::{Days, add, is_in};
use crate::control::{Inner, stored};
use crate::error::Error;
use crate::shape::Charge;
use crate::usage;

/// What is read at a time.
const HOUR: Duration = Duration::from_hours(1);
/// How many buckets there are.
const BUCKETS: usize = Bucket::ALL.len();

/// Which of them.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Which {
    /// First day (UTC), and the first not included.
    pub(super) from: String,
    pub(super) to: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) person: Option<PersonId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) unit: Option<UnitId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) model: Option<String>,
}

impl Which {
    /// With names looked up.
    ///
    /// # Errors
    /// Nobody or no unit of that name.
    pub(super) fn of(
        inner: &Inner,
        snapshot: &Snapshot,
        days: Days,
        (person, unit, model): (Option<&str>, Option<&str>, Option<String>),
    ) -> Result<Self, Error> {
        let person = person.map(|who| inner.find_person(snapshot, who)).transpose()?;
        let unit = unit.map(|unit| inner.find_unit(snapshot, unit)).transpose()?;
        Ok(Self { from: days.from.to_string(), to: days.to.to_string(), person, unit, model })
    }

    /// As the trail has it.
    pub(super) fn words(&self, names: bool) -> Vec<String> {
        let of = [self.person.map(|it| it.to_string()), self.unit.map(|it| it.to_string()), self.model.clone()];
        let names = names.then(|| "names".to_owned());
        [self.from.clone(), self.to.clone()].into_iter().chain(of.into_iter().flatten()).chain(names).collect()
    }
}

/// What they add up to.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Total {
    pub(super) charges: u64,
    pub(super) amount: Nano,
    pub(super) overrun: Nano,
    /// Tokens and calls of hosted tools, by bucket.
    #[serde(flatten)]
    pub(super) counts: BTreeMap<Bucket, i64>,
}

/// An account of a grant, and what it paid.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Payer {
    pub(super) grant: GrantId,
    from: Instant,
    to: Instant,
    pub(super) amount: Nano,
}

/// One of them, with what its record says.
#[derive(Debug)]
pub(super) struct Told<'a> {
    pub(super) row: &'a ChargeRow,
    pub(super) charge: Charge,
    pub(super) counts: [(Bucket, i64); BUCKETS],
    pub(super) person_name: Option<String>,
    pub(super) unit_name: Option<String>,
    pub(super) run: Option<RunId>,
    pub(super) project: Option<String>,
    pub(super) paid_by: Vec<Payer>,
}

/// What takes them. Breaks when nobody reads any more.
pub(super) type Each<'a> = dyn FnMut(&Told<'_>) -> Result<ControlFlow<()>, Error> + 'a;

/// Where they come from.
pub(super) struct Postings<'a> {
    pub(super) inner: &'a Inner,
    pub(super) snapshot: &'a Snapshot,
    pub(super) which: &'a Which,
    /// Nothing of a later record of the journal.
    pub(super) up_to_entry: u64,
    pub(super) names: bool,
    pub(super) total: Total,
}

impl Postings<'_> {
    /// Those of some days, oldest first. What was asked for of an hour is taken out of the projection before any of it is
    /// told: whoever reads slowly must not keep a reading transaction open.
    pub(super) fn each(&mut self, days: Days, each: &mut Each<'_>) -> Result<ControlFlow<()>, Error> {
        for (_, instants) in days.each() {
            // Whose accounts are: of one day's, so that years need no more.
            let mut whose = HashMap::new();
            for hour in hours(instants) {
                for row in self.rows(hour)? {
                    if each(&self.told(&row, &mut whose)?)?.is_break() {
                        return Ok(ControlFlow::Break(()));
                    }
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn rows(&self, hour: Range<Instant>) -> Result<Vec<ChargeRow>, Error> {
        let mut rows = Vec::new();
        let mut each = |row: ChargeRow| {
            if self.has(&row) {
                rows.push(row);
            }
        };
        self.inner.reader.each_charge(hour, &mut each).map_err(stored)?;
        Ok(rows)
    }

    /// Was it asked for? What the company bears itself is nobody's charge.
    fn has(&self, row: &ChargeRow) -> bool {
        let Which { person, unit, model, .. } = self.which;
        row.kind != ChargeKind::WrittenOff
            && row.lsn.0 <= self.up_to_entry
            && person.is_none_or(|person| row.person == Some(person))
            && model.as_ref().is_none_or(|model| row.model == *model)
            && unit.is_none_or(|unit| row.unit.is_some_and(|of| is_in(&self.snapshot.directory, of, unit)))
    }

    fn told<'r>(
        &mut self,
        row: &'r ChargeRow,
        whose: &mut HashMap<AccountNo, Option<Payer>>,
    ) -> Result<Told<'r>, Error> {
        let counts = Bucket::ALL.map(|bucket| (bucket, row.counts.of(bucket)));
        self.total.add(row, &counts)?;
        let mut paid_by = Vec::new();
        for leg in &row.legs {
            let payer = if let Some(payer) = whose.get(&leg.no) {
                payer.clone()
            } else {
                let payer = payer(self.inner, leg.no)?;
                whose.insert(leg.no, payer.clone());
                payer
            };
            paid_by.extend(payer.map(|payer| Payer { amount: leg.amount, ..payer }));
        }
        let record = row.record();
        let names = self.names.then(|| self.inner.names.read());
        Ok(Told {
            row,
            charge: usage::charge(row),
            counts,
            person_name: names.as_ref().and_then(|names| names.person_name(row.person?)),
            unit_name: names.as_ref().and_then(|names| names.unit_name(row.unit?)),
            run: record.as_ref().and_then(|record| record.run),
            project: record.as_ref().and_then(|record: &ChargeRecord| record.project.as_deref().map(str::to_owned)),
            paid_by,
        })
    }
}

impl Total {
    fn add(&mut self, row: &ChargeRow, counts: &[(Bucket, i64)]) -> Result<(), Error> {
        self.charges = self.charges.saturating_add(1);
        self.amount = add(self.amount.checked_add(row.charge))?;
        self.overrun = add(self.overrun.checked_add(row.overrun))?;
        for (bucket, count) in counts.iter().filter(|(_, count)| *count != 0) {
            let sum = self.counts.entry(*bucket).or_default();
            *sum = add(sum.checked_add(*count))?;
        }
        Ok(())
    }
}

/// The hours of a day of UTC. A year of ten thousand people needs no more memory than its busiest one.
fn hours(day: Range<Instant>) -> impl Iterator<Item = Range<Instant>> {
    let starts = std::iter::successors(Some(day.start), |start| Some(start.saturating_add(HOUR)));
    starts.take_while(move |start| *start < day.end).map(move |start| start..start.saturating_add(HOUR).min(day.end))
}

/// The grant and period of an account; nothing of a budget's.
fn payer(inner: &Inner, no: AccountNo) -> Result<Option<Payer>, Error> {
    let key = inner.reader.account_key(no).map_err(stored)?;
    Ok(key.and_then(|key| match key.subject {
        Subject::Grant(grant) => Some(Payer { grant, from: key.period.start, to: key.period.end, amount: Nano::ZERO }),
        Subject::Budget(_) | Subject::Run(_) => None,
    }))
}
