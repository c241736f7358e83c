//! Many people together: a unit with all below it, or the company, under the longest of its budgets.

use std::collections::HashMap;
use std::sync::Arc;

use purser_core::account::{AccountKey, Subject};
use purser_core::alarm::{AlarmOf, Window};
use purser_core::budget::Budget;
use purser_core::calendar::Cadence;
use purser_core::directory::Directory;
use purser_core::forecast::{Burn, Lasting, Refill, by_week};
use purser_core::id::UnitId;
use purser_core::money::Nano;
use purser_core::time::Instant;
use purser_store::Day;

use super::person::day_after;
use super::weeks::KEPT;
use super::{Ending, Today, Weeks, rest};
use crate::control::Inner;

/// What people who are together now spent, wherever they were then: whoever has gone will spend nothing more.
pub(crate) struct Group {
    pub(crate) days: Vec<Nano>,
    pub(crate) burn: Burn,
    pub(crate) today: Nano,
    /// The first day with any spending.
    since: i64,
}

/// Every unit's people with those below it, and everybody's.
pub(crate) struct Groups {
    units: HashMap<UnitId, Group>,
    company: Group,
}

impl Group {
    pub(super) fn empty() -> Self {
        Self { days: vec![Nano::ZERO; KEPT], burn: Burn::default(), today: Nano::ZERO, since: i64::MAX }
    }

    pub(super) fn take(&mut self, days: &[Nano], today: Nano, since: i64) {
        self.today = self.today.saturating_add(today);
        self.since = self.since.min(since);
        self.days.iter_mut().zip(days).for_each(|(sum, day)| *sum = sum.saturating_add(*day));
    }

    pub(super) fn learn(&mut self, weeks: &Weeks) {
        self.burn = weeks.learn(&self.days, self.since);
    }
}

impl Groups {
    /// Goes once over everybody who is here.
    pub(crate) fn of(directory: &Directory, weeks: &Weeks, today: &Today, now: Instant) -> Self {
        let (mut units, mut company) = (HashMap::<UnitId, Group>::new(), Group::empty());
        for person in directory.people().filter(|person| !person.has_left(now)) {
            let (days, spent) = (weeks.days_of(person.id), today.of(person.id));
            let since = weeks.first_spent(person.id);
            company.take(days, spent, since);
            for unit in directory.units_above(directory.unit_of(person, now)) {
                units.entry(unit.id).or_insert_with(Group::empty).take(days, spent, since);
            }
        }
        for group in units.values_mut().chain([&mut company]) {
            group.learn(weeks);
        }
        Self { units, company }
    }

    /// Those of a unit; `None` where nobody is.
    pub(crate) fn unit(&self, unit: UnitId) -> Option<&Group> {
        self.units.get(&unit)
    }

    /// Everybody.
    pub(crate) const fn company(&self) -> &Group {
        &self.company
    }
}

/// The budget that ends last of those that are longer than a day.
pub(crate) struct Ceiling<'a>(pub(crate) &'a Budget);

impl<'a> Ceiling<'a> {
    pub(crate) fn of_unit(directory: &'a Directory, unit: UnitId, now: Instant) -> Option<Self> {
        Self::among(&directory.unit(unit)?.budgets, now)
    }

    pub(crate) fn of_company(directory: &'a Directory, now: Instant) -> Option<Self> {
        Self::among(&directory.company()?.budgets, now)
    }

    fn among(budgets: &'a [Arc<Budget>], now: Instant) -> Option<Self> {
        let longer = |budget: &&Arc<Budget>| {
            budget.is_in_force(now) && (Cadence::Week..=Cadence::Year).contains(&budget.cadence)
        };
        budgets.iter().filter(longer).max_by_key(|budget| (budget.period_at(now).end, budget.id)).map(|one| Self(one))
    }
}

impl Inner {
    /// What is left of a budget until its period ends, and whether that lasts.
    pub(crate) fn ceiling_ending(
        &self,
        Ceiling(budget): &Ceiling<'_>,
        weeks: &Weeks,
        group: &Group,
        now: Instant,
    ) -> Ending {
        let period = budget.period_at(now);
        let account = AccountKey { subject: Subject::Budget(budget.id), period };
        let funds = self.funds(&account, budget.limit_at(now), Nano::ZERO);
        let until = day_after(period.end);
        let ahead = rest(&group.burn, &by_week, &weeks.calibration, group.today, Day::of(now).0..until);
        let left = funds.available.max(Nano::ZERO);
        let refills: &[Refill] = &[];
        let lasting = Lasting { left, refills, today: group.today, now, until };
        Ending {
            of: AlarmOf::Budget(budget.id),
            cadence: budget.cadence,
            window: Window { from: period.start, to: period.end },
            limit: funds.limit,
            used: funds.posted.saturating_add(funds.suspense),
            left,
            comes: Nano::ZERO,
            ahead,
            gone: lasting.ends(&group.burn, by_week).filter(|gone| *gone < period.end),
        }
    }
}
