//! What the last weeks were like, kept in memory for a day.

use std::collections::HashMap;
use std::sync::Arc;

use purser_core::directory::Directory;
use purser_core::forecast::{Burn, Calibration, LOOKED_BACK, Spent};
use purser_core::id::PersonId;
use purser_core::money::Nano;
use purser_core::time::Instant;
use purser_store::{Day, Days, Scope};

use super::person::Own;
use crate::control::{Inner, stored};
use crate::error::Error;

/// Days that are kept: what is looked back on, and as many again for what became of earlier forecasts. A multiple of a week.
pub(crate) const KEPT: usize = 98;
/// Days of a year, before today.
const YEAR: i64 = 365;

const _: () = assert!(KEPT >= LOOKED_BACK + 28 && KEPT.is_multiple_of(7), "or the longest bounds are never calibrated");

/// What people spent on each of the last days before today (UTC), and what is learned from it.
#[derive(Debug, Default)]
pub(crate) struct Weeks {
    /// The day that had begun when it was read, since 1970.
    today: i64,
    people: HashMap<PersonId, Learned>,
    /// By what became of everybody's earlier forecasts.
    pub(crate) calibration: Calibration,
    /// What people spent within a year before today.
    year: HashMap<PersonId, Nano>,
}

#[derive(Debug)]
struct Learned {
    days: Box<[Nano]>,
    burn: Burn,
}

/// What people have spent today (UTC).
#[derive(Debug, Default)]
pub(crate) struct Today(HashMap<PersonId, Nano>);

impl Today {
    /// What somebody has.
    pub(crate) fn of(&self, person: PersonId) -> Nano {
        self.0.get(&person).copied().unwrap_or_default().max(Nano::ZERO)
    }
}

impl Weeks {
    /// The first day that is kept.
    pub(crate) fn first(&self) -> i64 {
        self.today.saturating_sub(i64::try_from(KEPT).unwrap_or(i64::MAX))
    }

    /// The day that had begun when it was read.
    pub(crate) fn today(&self) -> i64 {
        self.today
    }

    /// How somebody's money goes.
    pub(crate) fn burn(&self, person: PersonId) -> Burn {
        self.people.get(&person).map(|learned| learned.burn).unwrap_or_default()
    }

    /// Somebody's days, from the first one that is kept; none where nothing was spent on any.
    pub(crate) fn days_of(&self, person: PersonId) -> &[Nano] {
        self.people.get(&person).map(|learned| &*learned.days).unwrap_or_default()
    }

    /// The first of them on which somebody spent anything; the end of time where it is none.
    pub(crate) fn first_spent(&self, person: PersonId) -> i64 {
        let first = self.days_of(person).iter().position(|day| day.is_positive());
        first.map_or(i64::MAX, |first| self.first().saturating_add(i64::try_from(first).unwrap_or(0)))
    }

    /// The part of such days that begins with a day.
    pub(crate) fn since<'d>(&self, days: &'d [Nano], day: i64) -> &'d [Nano] {
        let skipped = usize::try_from(day.saturating_sub(self.first())).unwrap_or(0).min(days.len());
        days.get(skipped..).unwrap_or_default()
    }

    /// What somebody spent on the last days before today.
    pub(crate) fn spent_in(&self, person: PersonId, days: i64) -> Nano {
        let last = self.since(self.days_of(person), self.today.saturating_sub(days));
        last.iter().fold(Nano::ZERO, |sum, day| sum.saturating_add(*day)).max(Nano::ZERO)
    }

    /// What somebody spent within a year before today.
    pub(crate) fn spent_in_year(&self, person: PersonId) -> Nano {
        self.year.get(&person).copied().unwrap_or_default().max(Nano::ZERO)
    }

    /// What is learned of days that are those of nobody alone.
    pub(crate) fn learn(&self, days: &[Nano], since: i64) -> Burn {
        let spent = Spent { first: self.first(), days };
        Burn::learn(&spent.since(since), purser_core::forecast::by_week)
    }

    fn read(inner: &Inner, directory: &Directory, today: i64, now: Instant) -> Result<Self, Error> {
        let mut weeks = Self { today, ..Self::default() };
        let first = weeks.first();
        let mut people = HashMap::<PersonId, Box<[Nano]>>::new();
        let days: Days = Day(first)..Day(today);
        let mut add = |person, day: Day, amount| {
            let days = people.entry(person).or_insert_with(|| vec![Nano::ZERO; KEPT].into_boxed_slice());
            let place = usize::try_from(day.0.saturating_sub(first)).ok();
            if let Some(sum) = place.and_then(|place| days.get_mut(place)) {
                *sum = sum.saturating_add(amount);
            }
        };
        inner.reader.each_persons_days(&days, &mut add).map_err(stored)?;
        let year = Day(today.saturating_sub(YEAR))..Day(today);
        let year = inner.reader.usage_by_person(Scope::Company, year).map_err(stored)?;
        weeks.year = year.into_iter().map(|line| (line.of, line.charge)).collect();
        let mut histories = Vec::new();
        for person in directory.people() {
            let Some(days) = people.remove(&person.id) else { continue };
            let own = Own::of(person, now);
            let since = own.since().max(first);
            let burn = Burn::learn(&Spent { first, days: &days }.since(since), |day| own.kind(day));
            if !person.has_left(now) {
                histories.push((since, person.id));
            }
            weeks.people.insert(person.id, Learned { days, burn });
        }
        let histories: Vec<Spent<'_>> = histories
            .iter()
            .map(|(since, person)| Spent { first, days: weeks.days_of(*person) }.since(*since))
            .collect();
        weeks.calibration = Calibration::learn(&histories);
        Ok(weeks)
    }
}

impl Inner {
    /// The last weeks as they were when the running day (UTC) began: what comes in late for a day before counts from the
    /// next day on. Blocks: whoever asks first on a day reads them, some tenths of a second for thousands of people.
    pub(crate) fn weeks(&self, directory: &Directory, now: Instant) -> Result<Arc<Weeks>, Error> {
        let today = Day::of(now).0;
        let mut kept = self.weeks.lock();
        match &*kept {
            Some(weeks) if weeks.today == today => Ok(Arc::clone(weeks)),
            _ => {
                let weeks = Arc::new(Weeks::read(self, directory, today, now)?);
                *kept = Some(Arc::clone(&weeks));
                Ok(weeks)
            }
        }
    }

    /// What people have spent today.
    pub(crate) fn spent_today(&self, now: Instant) -> Result<Today, Error> {
        let today = Day::of(now);
        let mut spent = HashMap::<PersonId, Nano>::new();
        let mut add = |person, _, amount| {
            let sum = spent.entry(person).or_default();
            *sum = sum.saturating_add(amount);
        };
        let days: Days = today..Day(today.0.saturating_add(1));
        self.reader.each_persons_days(&days, &mut add).map_err(stored)?;
        Ok(Today(spent))
    }
}
