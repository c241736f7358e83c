//! What was promised in a fiscal year and is not used yet: the company's liability, by pool, unit or person.
//!
//! Promised is what guaranteed grants release at most in periods that begin in the year; used is what was spent of
//! those releases. So granted - used = outstanding, and the rows add up to the total whichever way they are told.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;
use purser_core::account::Subject;
use purser_core::calendar::CivilSpan;
use purser_core::directory::Directory;
use purser_core::event::{Event, PoolEvent};
use purser_core::grant::Grant;
use purser_core::id::{GrantId, PoolId};
use purser_core::money::Nano;
use purser_core::pool::{CommitmentOf, FiscalYear};
use purser_core::time::Instant;
use purser_core::zone::Zone;
use purser_store::Day;

use crate::control::{Control, Inner, stored};
use crate::error::Error;
use crate::pages::Part;
use crate::pools::year_of;
use crate::shape::{Liability, LiabilityBy, LiabilityRow, Page, WantedLiability};

/// How long a grant has to be over before what it spent is taken for final: calls planned a moment before end by then,
/// or are seen to be under way.
const SETTLING: Duration = Duration::from_mins(1);
/// How many grants are accounted for at once: each is a record.
const ACCOUNTED_AT_ONCE: usize = 500;

impl Control {
    /// What guaranteed grants promise in a fiscal year, what was used of it, and what is outstanding.
    ///
    /// # Errors
    /// No such unit, or the projection.
    pub async fn liability(&self, wanted: WantedLiability) -> Result<Liability, Error> {
        let (snapshot, now) = (self.snapshot(), self.inner.clock.now());
        let year = year_of(&snapshot, wanted.year, now);
        let below = wanted.unit.as_deref().map(|unit| self.inner.find_unit(&snapshot, unit)).transpose()?;
        let (by, part) = (wanted.by.unwrap_or_default(), Part::new(wanted.limit, wanted.after));
        self.report(move |inner| {
            let directory = &snapshot.directory;
            let days = directory.fiscal_calendar().days(year);
            let spent = YearsSpent::of(inner, directory, year)?;
            let (mut total, mut unfunded) = (LiabilityRow::default(), LiabilityRow::default());
            let mut rows: BTreeMap<String, LiabilityRow> = BTreeMap::new();
            for person in directory.people() {
                if below.is_some_and(|below| {
                    directory.units_above(directory.unit_of(person, now)).all(|unit| unit.id != below)
                }) {
                    continue;
                }
                for grant in person.grants.iter().filter(|grant| grant.guaranteed) {
                    let granted = directory.released_in_year(grant, year);
                    if !granted.is_positive() {
                        continue;
                    }
                    let used = spent.by(inner, directory, grant)?.min(granted);
                    // What has ended owes nothing more.
                    let granted = if directory.is_over(grant, year, now) { used } else { granted };
                    let (key, name) = inner.liability_key(directory, grant, by, now);
                    let row =
                        rows.entry(key.clone()).or_insert_with(|| LiabilityRow { key, name, ..Default::default() });
                    count(row, granted, used);
                    count(&mut total, granted, used);
                    let of = CommitmentOf::Grant(grant.id);
                    if directory.commitment(of).is_none_or(|known| known.shares.iter().all(|share| share.year != year))
                    {
                        count(&mut unfunded, granted, used);
                    }
                }
            }
            let mut all: Vec<LiabilityRow> = rows.into_values().collect();
            all.sort_by(|a, b| b.outstanding.cmp(&a.outstanding).then_with(|| a.key.cmp(&b.key)));
            let Page { items, next, .. } = part.of(&all, |row| row.key.clone(), |row| Ok(row.clone()))?;
            Ok(Liability {
                year: year.0,
                from: days.first.to_string(),
                to: days.until.to_string(),
                total,
                unfunded,
                items,
                next,
            })
        })
        .await
    }

    /// Gives back to the pools what grants that are over have released and not spent, once none of their calls is under
    /// way. Returns how many were accounted for.
    ///
    /// # Errors
    /// The projection or the journal.
    pub(crate) async fn account_for_ended(&self) -> Result<usize, Error> {
        let snapshot = self.snapshot();
        let settled = self.inner.clock.now().saturating_sub(SETTLING);
        let mut due: Vec<(Arc<Grant>, PoolId, FiscalYear)> = snapshot
            .directory
            .commitments()
            .filter(|commitment| matches!(commitment.of, CommitmentOf::Grant(_)))
            .flat_map(|commitment| commitment.shares.iter().map(move |share| (commitment, share)))
            .filter(|(_, share)| !share.accounted)
            .filter(|(commitment, share)| snapshot.directory.is_over(&commitment.terms, share.year, settled))
            .map(|(commitment, share)| (Arc::clone(&commitment.terms), share.pool, share.year))
            .collect();
        due.sort_unstable_by_key(|(grant, pool, year)| (*year, grant.id, *pool));
        due.truncate(ACCOUNTED_AT_ONCE);
        if due.is_empty() {
            return Ok(0);
        }
        let known: Vec<(GrantId, PoolId, FiscalYear, Nano)> = self
            .report(move |inner| {
                let mut known = Vec::new();
                for (grant, pool, year) in due {
                    let spent = inner.spent_in(&snapshot.directory, &grant, year)?;
                    if !spent.open {
                        known.push((grant.id, pool, year, spent.spent));
                    }
                }
                Ok(known)
            })
            .await?;
        if known.is_empty() {
            return Ok(0);
        }
        self.change(None, move |turn| {
            for (grant, pool, year, spent) in &known {
                let directory = &turn.snapshot().directory;
                let share = directory
                    .commitment(CommitmentOf::Grant(*grant))
                    .and_then(|known| known.share(*pool, *year).copied());
                // What overran its allowance is more than was promised, and no pool's.
                let Some(share) = share.filter(|share| !share.accounted) else { continue };
                let spent = (*spent).min(share.amount);
                let (grant, pool, year, at) = (*grant, *pool, *year, turn.now);
                turn.commit(&Event::Pool(PoolEvent::Accounted { grant, pool, year, spent, at }))?;
            }
            Ok(known.len())
        })
        .await
    }
}

/// From the earliest midnight of a day anywhere until the same in UTC.
const EARLIEST: Duration = Duration::from_hours(15);

/// What all guaranteed grants spent of a year's releases.
pub(crate) struct YearsSpent {
    year: FiscalYear,
    sums: HashMap<GrantId, Nano>,
}

impl YearsSpent {
    /// Sums of months, which are UTC's. A period that begins in the evening before the year, by UTC, is of the year where its
    /// person is; so is one before the next year.
    pub(crate) fn of(inner: &Inner, directory: &Directory, year: FiscalYear) -> Result<Self, Error> {
        let calendar = directory.fiscal_calendar();
        let CivilSpan { first, until } = calendar.days(year);
        let (begins, ends) = (Zone::UTC.first_instant(first), Zone::UTC.first_instant(until));
        let evenings = [begins, ends].map(|midnight| midnight.saturating_sub(EARLIEST)..midnight);
        let guaranteed = |grant: GrantId| directory.grant(grant).is_some_and(|grant| grant.guaranteed);
        let months = Day::of(begins)..Day::of(ends);
        let spent = inner.reader.grants_spent(&months, &evenings, &guaranteed).map_err(stored)?;
        let mut sums = spent.months;
        for (id, start, nano) in spent.periods {
            let Some(grant) = directory.grant(id) else { continue };
            let (of, counted) = (calendar.year(begun(directory, grant, start)), start >= begins);
            let sum = sums.entry(id).or_default();
            if of == year && !counted {
                *sum = sum.saturating_add(nano);
            } else if of != year && counted {
                *sum = sum.saturating_sub(nano);
            }
        }
        Ok(Self { year, sums })
    }

    /// What one of them spent.
    pub(crate) fn by(&self, inner: &Inner, directory: &Directory, grant: &Grant) -> Result<Nano, Error> {
        let calendar = directory.fiscal_calendar();
        // A period that began in the year before the grant was made counts when it was made.
        let zones = directory.person(grant.person).map(|person| Arc::clone(&person.zones));
        let first = zones.and_then(|zones| grant.rhythm(&zones).period_at(grant.created_at));
        if first.is_some_and(|first| calendar.year(first.days.first) != calendar.year(grant.born())) {
            return Ok(inner.spent_in(directory, grant, self.year)?.spent);
        }
        Ok(self.sums.get(&grant.id).copied().unwrap_or_default())
    }
}

/// The day on which the period of one of a grant's accounts began, where the person was; not before the grant.
fn begun(directory: &Directory, grant: &Grant, start: Instant) -> Date {
    let zones = directory.person(grant.person).map(|person| Arc::clone(&person.zones));
    let period = zones.and_then(|zones| grant.rhythm(&zones).period_at(start));
    period.map_or(grant.starts, |period| period.days.first).max(grant.born())
}

/// What a grant spent of a year's releases.
struct Spent {
    spent: Nano,
    /// Is something held or in suspense, so that it can become more?
    open: bool,
}

impl Inner {
    /// What was spent on a grant's accounts whose periods began in a year. Blocks.
    fn spent_in(&self, directory: &Directory, grant: &Grant, year: FiscalYear) -> Result<Spent, Error> {
        let calendar = directory.fiscal_calendar();
        let CivilSpan { first, until } = calendar.days(year);
        // A day more at each end, whatever zones its person lived in; each account is looked at.
        let instant = |day: Option<Date>| day.map_or(Instant::FAR_FUTURE, |day| Zone::UTC.first_instant(day));
        let around = instant(first.yesterday().ok()).min(grant.created_at)..instant(until.tomorrow().ok());
        let mut sum = Spent { spent: Nano::ZERO, open: false };
        for account in self.reader.accounts_of(Subject::Grant(grant.id), around).map_err(stored)? {
            if calendar.year(begun(directory, grant, account.period.start)) != year {
                continue;
            }
            let balance = self.ledger.balance(account.no);
            let open = balance.is_some_and(|balance| balance.held.is_positive() || balance.suspense.is_positive());
            let spent = balance.map_or(account.spent, |balance| balance.spent);
            sum.spent = sum.spent.saturating_add(spent);
            sum.open |= open;
        }
        Ok(sum)
    }

    fn liability_key(
        &self,
        directory: &Directory,
        grant: &Grant,
        by: LiabilityBy,
        now: Instant,
    ) -> (String, Option<String>) {
        let names = self.names.read();
        match by {
            LiabilityBy::Pool => grant.pool.map_or_else(
                || (String::new(), Some("no pool".to_owned())),
                |pool| (pool.to_string(), names.pool_name(pool)),
            ),
            LiabilityBy::Unit => directory.person(grant.person).map_or_else(
                || (String::new(), None),
                |person| {
                    let unit = directory.unit_of(person, now);
                    (unit.to_string(), names.unit_name(unit))
                },
            ),
            LiabilityBy::Person => (grant.person.to_string(), names.person_name(grant.person)),
        }
    }
}

fn count(row: &mut LiabilityRow, granted: Nano, used: Nano) {
    row.grants += 1;
    row.granted = row.granted.saturating_add(granted);
    row.used = row.used.saturating_add(used);
    row.outstanding = row.outstanding.saturating_add(granted.saturating_sub(used));
}
