//! One person: which days are theirs, which money, and until when it has to last.

use std::time::Duration;

use jiff::civil::Date;
use purser_core::alarm::{AlarmOf, Window};
use purser_core::calendar::{Cadence, CivilSpan};
use purser_core::directory::{Directory, Person};
use purser_core::forecast::{Ahead, Burn, DayKind, Lasting, Refill, by_week};
use purser_core::grant::{Grant, GrantSource, Part};
use purser_core::id::PersonId;
use purser_core::money::Nano;
use purser_core::period::CivilPeriod;
use purser_core::time::Instant;
use purser_core::zone::Zone;
use purser_store::Day;

use super::{Weeks, rest};
use crate::control::Inner;
use crate::error::Error;
use crate::shape::Funds;
use crate::usage::{add, running_grants};

/// A period that is longer than a year and some is not waited for.
const LONGEST: Duration = Duration::from_hours(400 * 24);

/// Somebody, with the grant that says how their days are.
pub(crate) struct Own<'a> {
    pub(crate) person: &'a Person,
    /// The first of their grants that runs and is no top-up.
    pub(crate) main: Option<&'a Grant>,
}

/// Money that has to last until a period ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ending {
    /// What has the period.
    pub(crate) of: AlarmOf,
    pub(crate) cadence: Cadence,
    pub(crate) window: Window,
    /// Of that one: what is there in the period, and what is used.
    pub(crate) limit: Nano,
    pub(crate) used: Nano,
    /// What is left of everything now, and what comes until then.
    pub(crate) left: Nano,
    pub(crate) comes: Nano,
    /// What is going to be spent until then.
    pub(crate) ahead: Ahead,
    /// When it is all gone before then.
    pub(crate) gone: Option<Instant>,
}

/// Is it promised for longer than a top-up is?
pub(crate) fn is_main(grant: &Grant) -> bool {
    !matches!(grant.source, GrantSource::TopUp(_))
}

/// The first of somebody's grants that runs and is no top-up.
fn main_grant(person: &Person, now: Instant) -> Option<&Grant> {
    let today = person.zone(now).date(now);
    let runs = |grant: &&Grant| {
        let term = grant.term().days();
        is_main(grant) && !grant.is_voided(now) && term.first <= today && today < term.until
    };
    person.grants.iter().map(|grant| &**grant).filter(runs).min_by_key(|grant| (grant.born(), grant.id))
}

impl<'a> Own<'a> {
    pub(crate) fn of(person: &'a Person, now: Instant) -> Self {
        Self { person, main: main_grant(person, now) }
    }

    /// What kind of day it is for them.
    pub(crate) fn kind(&self, day: i64) -> DayKind {
        match self.main {
            Some(grant) if grant.life.is_some() || grant.calendar.is_some() => grant.day_kind(date_of(day)),
            _ => by_week(day),
        }
    }

    /// The first day on which they could spend anything, as far as is known.
    pub(crate) fn since(&self) -> i64 {
        let grants = self.person.grants.iter().filter(|grant| is_main(grant)).map(|grant| grant.born());
        let first = grants.min().map_or_else(|| Day::of(self.person.added_at), day_of);
        first.0
    }

    /// What comes to them after today and before a day, in order.
    fn refills(&self, now: Instant, until: i64) -> Vec<Refill> {
        let today = Day::of(now).0;
        let mut refills = Vec::new();
        for grant in self.person.grants.iter().filter(|grant| !grant.is_voided(now)) {
            if grant.cadence == Cadence::Day {
                refills.extend((today.saturating_add(1)..until).filter_map(|day| {
                    let (first, until) = (date_of(day), date_of(day.saturating_add(1)));
                    let amount = grant.released_in(CivilSpan { first, until });
                    let amount = i64::try_from(amount).map_or(Nano::MAX, Nano::new);
                    amount.is_positive().then_some(Refill { day, amount })
                }));
                continue;
            }
            let rhythm = grant.rhythm(&self.person.zones);
            let mut next = match rhythm.period_at(now) {
                Some(running) => rhythm.period_at(running.period.end).filter(|next| next.period.start > now),
                None => Some(rhythm.starts_at()).filter(|start| *start > now).and_then(|start| rhythm.period_at(start)),
            };
            while let Some(period) = next.take() {
                let day = Day::of(period.period.start).0;
                if day >= until {
                    break;
                }
                refills.push(Refill { day, amount: grant.allowance(&period) });
                next = rhythm.period_at(period.period.end).filter(|next| next.period.start > period.period.start);
            }
        }
        refills.sort_by_key(|refill| refill.day);
        refills
    }
}

/// What a grant has in its running period and what lives on.
pub(crate) fn grant_now(inner: &Inner, person: &Person, grant: &Grant, period: &CivilPeriod, now: Instant) -> Funds {
    let parts = grant.parts_at(&grant.rhythm(&person.zones), now);
    let none = [Part { period: period.period, limit: Nano::ZERO }];
    inner.grant_funds(grant, if parts.is_empty() { &none } else { &parts })
}

impl Inner {
    /// Somebody's money until the longest running period of theirs ends, of a week at least: until then nothing new comes
    /// of that grant. Nothing of whoever has money by the day alone, or for good.
    pub(crate) fn ending(&self, own: &Own<'_>, weeks: &Weeks, today: Nano, now: Instant) -> Option<Ending> {
        let running = running_grants(own.person, now);
        let bounded = running.iter().filter(|(grant, period)| {
            let ends = period.period.end;
            is_main(grant) && grant.cadence >= Cadence::Week && ends.since(now) < LONGEST
        });
        let (grant, period) = bounded.max_by_key(|(grant, period)| (period.period.end, grant.id))?;
        let mut all = Funds::default();
        for (grant, period) in &running {
            add(&mut all, &grant_now(self, own.person, grant, period, now));
        }
        let one = grant_now(self, own.person, grant, period, now);
        let until = day_after(period.period.end);
        let (burn, kind) = (weeks.burn(own.person.id), |day| own.kind(day));
        let ahead = rest(&burn, &kind, &weeks.calibration, today, Day::of(now).0..until);
        let refills = own.refills(now, until);
        let left = all.available.max(Nano::ZERO);
        let lasting = Lasting { left, refills: &refills, today, now, until };
        Some(Ending {
            of: AlarmOf::Grant(grant.id),
            cadence: grant.cadence,
            window: Window { from: period.period.start, to: period.period.end },
            limit: one.limit,
            used: one.posted.saturating_add(one.suspense),
            left,
            comes: lasting.all().saturating_sub(left),
            ahead,
            gone: lasting.ends(&burn, kind).filter(|gone| *gone < period.period.end),
        })
    }

    /// When what somebody can spend now is gone, as the last weeks were; by what a day cost of late where fewer than two weeks
    /// are known. `None` where it lasts. Blocks.
    pub(crate) fn gone(
        &self,
        directory: &Directory,
        person: &Person,
        (left, per_day): (Nano, Nano),
        now: Instant,
    ) -> Result<Option<Instant>, Error> {
        let weeks = self.weeks(directory, now)?;
        let (own, until) = (Own::of(person, now), Day::of(now.saturating_add(LONGEST)).0);
        if !weeks.knows(person.id) {
            let lasting = Lasting { left, refills: &[], today: Nano::ZERO, now, until };
            return Ok(lasting.ends(&Burn::even(per_day, per_day), by_week));
        }
        let today = self.spent_today(now)?.of(person.id);
        let lasting = Lasting { left, refills: &[], today, now, until };
        Ok(lasting.ends(&weeks.burn(person.id), |day| own.kind(day)))
    }
}

impl Weeks {
    /// Is enough known of somebody to go by what kind of day it is?
    pub(crate) fn knows(&self, person: PersonId) -> bool {
        let burn: Burn = self.burn(person);
        burn.is_known()
    }
}

/// The first day that begins at or after an instant.
pub(super) fn day_after(at: Instant) -> i64 {
    crate::usage::day_after(at).0
}

pub(crate) fn date_of(day: i64) -> Date {
    Zone::UTC.date(Day(day).start())
}

pub(crate) fn day_of(date: Date) -> Day {
    Day::of(Zone::UTC.first_instant(date))
}
