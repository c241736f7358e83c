//! Pools: what of their commitments is going to be used until the fiscal year ends.
//!
//! Sums by day say what people spent, not which grant paid. Which part of it a pool pays is taken from the year so far: what
//! its grants paid of what their people spent. Of whoever spent nothing yet in the year it is all.

use std::collections::{BTreeMap, HashMap};

use purser_core::alarm::Window;
use purser_core::directory::Directory;
use purser_core::forecast::{Ahead, Lasting, Refill, by_week};
use purser_core::id::{PersonId, PoolId};
use purser_core::money::Nano;
use purser_core::pool::{CommitmentOf, FiscalYear};
use purser_core::time::Instant;
use purser_store::{Day, Scope};

use super::group::Group;
use super::person::day_of;
use super::{Today, Weeks, rest};
use crate::control::{Inner, stored};
use crate::error::Error;
use crate::liability::YearsSpent;

/// A pool in the running fiscal year.
pub(super) struct PoolYear {
    pub(super) group: Group,
    committed: Nano,
    used: Nano,
}

/// What a pool's year comes to.
pub(super) struct PoolEnding {
    pub(super) window: Window,
    pub(super) left: Nano,
    pub(super) ahead: Ahead,
    pub(super) gone: Option<Instant>,
}

/// Thousandths of thousandths: shares are cut to these.
const WHOLE: i128 = 1_000_000;

impl Inner {
    /// The pools that have commitments in the running fiscal year. Blocks.
    pub(super) fn pool_years(
        &self,
        directory: &Directory,
        weeks: &Weeks,
        today: &Today,
        now: Instant,
    ) -> Result<BTreeMap<PoolId, PoolYear>, Error> {
        let year = running_year(directory, now);
        let days = directory.fiscal_calendar().days(year);
        let spent = YearsSpent::of(self, directory, year)?;
        let range = day_of(days.first)..Day(Day::of(now).0.saturating_add(1));
        let people = self.reader.usage_by_person(Scope::Company, range).map_err(stored)?;
        let people: HashMap<PersonId, Nano> = people.into_iter().map(|line| (line.of, line.charge)).collect();
        let mut pools = BTreeMap::<PoolId, PoolYear>::new();
        for commitment in directory.commitments() {
            let CommitmentOf::Grant(_) = commitment.of else { continue };
            let Some(share) = commitment.shares.iter().find(|share| share.year == year) else { continue };
            let grant = &commitment.terms;
            let used = spent.by(self, directory, grant)?.min(share.amount);
            let pool = pools.entry(share.pool).or_insert_with(PoolYear::empty);
            pool.committed = pool.committed.saturating_add(share.amount);
            pool.used = pool.used.saturating_add(used);
            let here = directory.person(grant.person).is_some_and(|person| !person.has_left(now));
            if here && !grant.is_voided(now) {
                let all = people.get(&grant.person).copied().unwrap_or_default();
                pool.take(weeks, grant.person, part(used, all), today.of(grant.person));
            }
        }
        for pool in pools.values_mut() {
            pool.group.learn(weeks);
        }
        Ok(pools)
    }
}

impl PoolYear {
    fn empty() -> Self {
        Self { group: Group::empty(), committed: Nano::ZERO, used: Nano::ZERO }
    }

    fn take(&mut self, weeks: &Weeks, person: PersonId, part: i128, today: Nano) {
        let of = |amount: Nano| {
            let cut = i128::from(amount.get()).saturating_mul(part).checked_div(WHOLE).unwrap_or(0);
            i64::try_from(cut).map_or(Nano::MAX, Nano::new)
        };
        let days: Vec<Nano> = weeks.days_of(person).iter().map(|day| of(*day)).collect();
        self.group.take(&days, of(today), weeks.first_spent(person));
    }

    /// Until the fiscal year ends.
    pub(super) fn ending(&self, directory: &Directory, weeks: &Weeks, now: Instant) -> PoolEnding {
        let days = directory.fiscal_calendar().days(running_year(directory, now));
        let (first, until) = (day_of(days.first), day_of(days.until));
        let left = self.committed.saturating_sub(self.used).max(Nano::ZERO);
        let ahead = rest(&self.group.burn, &by_week, &weeks.calibration, self.group.today, Day::of(now).0..until.0);
        // Nothing is used of a pool but what is committed.
        let cut = |amount: Nano| amount.min(left);
        let ahead =
            Ahead { expected: cut(ahead.expected), bounds: ahead.bounds.map(|(low, high)| (cut(low), cut(high))) };
        let refills: &[Refill] = &[];
        let lasting = Lasting { left, refills, today: self.group.today, now, until: until.0 };
        let gone = lasting.ends(&self.group.burn, by_week);
        PoolEnding { window: Window { from: first.start(), to: until.start() }, left, ahead, gone }
    }
}

/// What part of all one amount is, in millionths; the whole of nothing, and never more.
fn part(used: Nano, all: Nano) -> i128 {
    if !all.is_positive() {
        return WHOLE;
    }
    let parts = i128::from(used.get()).saturating_mul(WHOLE).checked_div(i128::from(all.get())).unwrap_or(WHOLE);
    parts.clamp(0, WHOLE)
}

/// The fiscal year that it is where the company is.
fn running_year(directory: &Directory, now: Instant) -> FiscalYear {
    let zone = directory.company().map_or(purser_core::zone::Zone::UTC, |company| company.zone.clone());
    directory.fiscal_calendar().year(zone.date(now))
}
