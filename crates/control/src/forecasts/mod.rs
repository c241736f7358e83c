//! Forecasts: what people, units and the company are going to spend, and how long their money lasts, by the rules of
//! [`purser_core::forecast`].
//!
//! What the last weeks were like is read once a day and kept in memory ([`Weeks`]): every day of everybody would take a
//! second to read. Today, and what is left, are read when somebody asks.

mod back_test;
mod group;
mod person;
mod pool;
mod weeks;

pub(crate) use group::{Ceiling, Group, Groups};
pub(crate) use person::{Ending, Own, date_of, day_of, grant_now, is_main};
pub(crate) use weeks::{Today, Weeks};

use std::collections::BTreeMap;

use purser_core::directory::Person;
use purser_core::forecast::{Ahead, Burn, Calibration, DayKind, WITHIN_PERCENT};
use purser_core::id::{PersonId, PoolId, UnitId};
use purser_core::money::Nano;
use purser_core::snapshot::Snapshot;
use purser_core::time::Instant;
use purser_core::zone::Zone;
use purser_store::Day;

use self::pool::{PoolEnding, PoolYear};
use crate::access::{Permission, Within, forbidden};
use crate::control::{Control, Inner};
use crate::dates;
use crate::error::Error;
use crate::pages::Part;
use crate::people::known;
use crate::shape::{Forecast, ForecastBy, ForecastMonth, ForecastPeriod, Page, WantedForecast};

/// Whose forecasts, in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    Person(PersonId),
    Unit(UnitId),
    Pool(PoolId),
    Company,
}

impl Control {
    /// Forecasts of whoever is covered, in pages.
    ///
    /// # Errors
    /// Nobody of that name, no such unit, a company asked about by whoever sees a part of it; the projection.
    pub(crate) async fn forecast(&self, within: Within, wanted: WantedForecast) -> Result<Page<Forecast>, Error> {
        let (snapshot, now) = (self.snapshot(), self.inner.clock.now());
        let whose = self.whose(&snapshot, &within, &wanted, now)?;
        let part = Part::new(wanted.limit, wanted.after);
        self.report(move |inner| {
            let weeks = inner.weeks(&snapshot.directory, now)?;
            let today = inner.spent_today(now)?;
            let has = |wanted: fn(&Whose) -> bool| whose.iter().any(wanted);
            let several = has(|whose| matches!(whose, Whose::Unit(_) | Whose::Company));
            let groups = several.then(|| Groups::of(&snapshot.directory, &weeks, &today, now));
            let pools = if has(|whose| matches!(whose, Whose::Pool(_))) {
                inner.pool_years(&snapshot.directory, &weeks, &today, now)?
            } else {
                BTreeMap::new()
            };
            let name = |whose: &Whose| match whose {
                Whose::Person(person) => person.to_string(),
                Whose::Unit(unit) => unit.to_string(),
                Whose::Pool(pool) => pool.to_string(),
                Whose::Company => "company".to_owned(),
            };
            let shown = |whose: &Whose| {
                Ok(inner.show_forecast(&snapshot, (&weeks, &today, groups.as_ref(), &pools), *whose, now))
            };
            part.of(&whose, name, shown)
        })
        .await
    }

    fn whose(
        &self,
        snapshot: &Snapshot,
        within: &Within,
        wanted: &WantedForecast,
        now: Instant,
    ) -> Result<Vec<Whose>, Error> {
        let directory = &snapshot.directory;
        if let Some(who) = &wanted.person {
            let person = self.covered_person(within, who)?;
            known(directory.person(person), "person", &person)?;
            return Ok(vec![Whose::Person(person)]);
        }
        if let Some(unit) = &wanted.unit {
            let found = self.inner.find_unit(snapshot, unit);
            return match found {
                Ok(unit) if within.unit(directory, unit) => {
                    known(directory.unit(unit), "unit", &unit)?;
                    Ok(vec![Whose::Unit(unit)])
                }
                Err(error) if within.is_everything() => Err(error),
                _ => Err(forbidden("no unit that you may see is called that")),
            };
        }
        let by = wanted.by.unwrap_or(if within.is_everything() { ForecastBy::Company } else { ForecastBy::Person });
        match by {
            ForecastBy::Company if within.is_everything() => Ok(vec![Whose::Company]),
            ForecastBy::Company => Err(forbidden("the company's forecast is for whoever sees all of it")),
            ForecastBy::Pool if self.acting.within(Permission::PoolsRead, now).is_everything() => {
                let mut pools: Vec<_> = directory.pools().map(|pool| (pool.opened_at, pool.id)).collect();
                pools.sort_unstable();
                Ok(pools.into_iter().map(|(_, pool)| Whose::Pool(pool)).collect())
            }
            ForecastBy::Pool => Err(forbidden("pools are for whoever may read them")),
            ForecastBy::Unit => {
                let units =
                    directory.units().filter(|unit| unit.closed_at.is_none() && within.unit(directory, unit.id));
                let mut units: Vec<_> = units.map(|unit| (unit.added_at, unit.id)).collect();
                units.sort_unstable();
                Ok(units.into_iter().map(|(_, unit)| Whose::Unit(unit)).collect())
            }
            ForecastBy::Person => {
                let here =
                    |person: &&std::sync::Arc<Person>| !person.has_left(now) && within.person(directory, person.id);
                let mut people: Vec<_> = directory.people().filter(here).map(|one| (one.added_at, one.id)).collect();
                people.sort_unstable();
                Ok(people.into_iter().map(|(_, person)| Whose::Person(person)).collect())
            }
        }
    }
}

impl Inner {
    fn show_forecast(
        &self,
        snapshot: &Snapshot,
        (weeks, today, groups, pools): (&Weeks, &Today, Option<&Groups>, &BTreeMap<PoolId, PoolYear>),
        whose: Whose,
        now: Instant,
    ) -> Forecast {
        let directory = &snapshot.directory;
        match whose {
            Whose::Person(id) => {
                let (name, own) =
                    (self.names.read().person_name(id), directory.person(id).map(|person| Own::of(person, now)));
                let spent = today.of(id);
                let burn = weeks.burn(id);
                let kind = |day| own.as_ref().map_or_else(|| purser_core::forecast::by_week(day), |own| own.kind(day));
                let ending = own.as_ref().and_then(|own| self.ending(own, weeks, spent, now));
                let period = ending.map(|ending| period(&ending));
                let days = weeks.days_of(id);
                let month = month(days, weeks, (&burn, &kind), spent, now);
                let whose = (ForecastBy::Person, Some(id.to_string()), name);
                shown(whose, now, (&burn, spent), month, period)
            }
            Whose::Unit(unit) => {
                let name = self.names.read().unit_name(unit);
                let group = groups.and_then(|groups| groups.unit(unit));
                let ceiling = Ceiling::of_unit(directory, unit, now);
                self.show_group((ForecastBy::Unit, Some(unit.to_string()), name), weeks, (group, ceiling), now)
            }
            Whose::Pool(pool) => {
                let name = self.names.read().pool_name(pool);
                let nobody = Group::empty();
                let known = pools.get(&pool);
                let group = known.map_or(&nobody, |known| &known.group);
                let period = known.map(|known| {
                    let PoolEnding { window, left, ahead, gone } = known.ending(directory, weeks, now);
                    let (low, high) = ahead.bounds.map_or((None, None), |(low, high)| (Some(low), Some(high)));
                    let (starts, ends, comes, expected) = (window.from, window.to, Nano::ZERO, ahead.expected);
                    ForecastPeriod { starts, ends, left, comes, expected, low, high, gone }
                });
                let kind = purser_core::forecast::by_week;
                let month = month(&group.days, weeks, (&group.burn, &kind), group.today, now);
                let whose = (ForecastBy::Pool, Some(pool.to_string()), name);
                shown(whose, now, (&group.burn, group.today), month, period)
            }
            Whose::Company => {
                let ceiling = Ceiling::of_company(directory, now);
                let group = groups.map(Groups::company);
                self.show_group((ForecastBy::Company, None, None), weeks, (group, ceiling), now)
            }
        }
    }

    fn show_group(
        &self,
        whose: (ForecastBy, Option<String>, Option<String>),
        weeks: &Weeks,
        (group, ceiling): (Option<&Group>, Option<Ceiling<'_>>),
        now: Instant,
    ) -> Forecast {
        let nobody = Group::empty();
        let (group, kind) = (group.unwrap_or(&nobody), purser_core::forecast::by_week);
        let ending = ceiling.map(|ceiling| self.ceiling_ending(&ceiling, weeks, group, now));
        let period = ending.map(|ending| period(&ending));
        let month = month(&group.days, weeks, (&group.burn, &kind), group.today, now);
        shown(whose, now, (&group.burn, group.today), month, period)
    }
}

fn shown(
    (of, id, name): (ForecastBy, Option<String>, Option<String>),
    at: Instant,
    (burn, today): (&Burn, Nano),
    month: ForecastMonth,
    period: Option<ForecastPeriod>,
) -> Forecast {
    let (workday, day_off, days) = (burn.workday, burn.day_off, burn.days);
    Forecast { of, id, name, at, days, workday, day_off, today, within_percent: WITHIN_PERCENT, month, period }
}

fn period(ending: &Ending) -> ForecastPeriod {
    let Ending { window, left, comes, ahead, gone, .. } = *ending;
    let (low, high) = ahead.bounds.map_or((None, None), |(low, high)| (Some(low), Some(high)));
    ForecastPeriod { starts: window.from, ends: window.to, left, comes, expected: ahead.expected, low, high, gone }
}

/// The calendar month in UTC, in whose days everything is counted.
fn month(
    days: &[Nano],
    weeks: &Weeks,
    (burn, kind): (&Burn, &dyn Fn(i64) -> DayKind),
    today: Nano,
    now: Instant,
) -> ForecastMonth {
    let text = dates::month_of(now, &Zone::UTC);
    let range = dates::month(&text, &Zone::UTC).unwrap_or(now..now);
    let (first, until) = (Day::of(range.start).0, Day::of(range.end).0);
    let passed = weeks.since(days, first);
    let spent = passed.iter().fold(today, |sum, day| sum.saturating_add(*day));
    let ahead = rest(burn, kind, &weeks.calibration, today, Day::of(now).0..until);
    let sum = |more: Nano| spent.saturating_add(more);
    let (low, high) = ahead.bounds.map_or((None, None), |(low, high)| (Some(sum(low)), Some(sum(high))));
    ForecastMonth { month: text, spent, expected: sum(ahead.expected), low, high }
}

/// What is still to come on some days, the first of which has begun: of that one, what such a day costs beyond what it has
/// cost already.
pub(crate) fn rest(
    burn: &Burn,
    kind: &dyn Fn(i64) -> DayKind,
    calibration: &Calibration,
    today: Nano,
    days: std::ops::Range<i64>,
) -> Ahead {
    let still = burn.of(kind(days.start)).saturating_sub(today).max(Nano::ZERO);
    let still = if days.is_empty() { Nano::ZERO } else { still };
    let ahead = burn.ahead(days.start.saturating_add(1)..days.end, kind, calibration);
    let sum = |more: Nano| still.saturating_add(more);
    Ahead { expected: sum(ahead.expected), bounds: ahead.bounds.map(|(low, high)| (sum(low), sum(high))) }
}
