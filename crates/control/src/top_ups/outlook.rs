//! What somebody is told who decides: how much was used, how long the rest lasts, what could pay, what was given before and
//! what is usual among peers. Each part only to whom it is open anyway.

use std::collections::BTreeSet;
use std::time::Duration;

use purser_core::account::{AccountKey, Subject};
use purser_core::budget::BudgetOn;
use purser_core::directory::Directory;
use purser_core::id::PersonId;
use purser_core::money::Nano;
use purser_core::pool::{PoolOn, PoolYear};
use purser_core::snapshot::Snapshot;
use purser_core::time::Instant;
use purser_core::top_up::{State, TopUp as Known, median, per_day};
use purser_store::{Day, Scope};

use super::decide::budgets_above;
use super::{covered, unknown};
use crate::access::{Permission, Profile, Within};
use crate::control::{Control, Inner, stored};
use crate::error::{Code, Error, Refused};
use crate::grants::word;
use crate::people::known;
use crate::pools::year_of;
use crate::shape::{TopUpBudget, TopUpContext, TopUpDetail, TopUpPool};

/// Days over which usage is averaged: two weeks, so that weekends count as often as they come.
const DAYS: u16 = 14;
/// Requests of before that are shown.
const LAST_MAX: usize = 5;

/// What whoever asks may see beside the request.
struct Sees {
    budgets: Within,
    pools: bool,
    peers: bool,
}

impl Control {
    /// A request with what there is to know for a decision.
    ///
    /// # Errors
    /// No such request among those that are covered; the projection.
    pub(crate) async fn top_up_detail(&self, within: Within, id: &str) -> Result<TopUpDetail, Error> {
        let snapshot = self.snapshot();
        let id = covered(&snapshot, &within, id)?;
        let now = self.inner.clock.now();
        let asked = snapshot.directory.top_up(id).ok_or_else(unknown)?;
        let person = asked.person;
        let decides = asked.state == State::Open && asked.by.person == Some(person);
        if self.acting.profile == Profile::WorksCouncil
            && !(within.is_everything() || self.acting.person == Some(person) || decides)
        {
            let message = "how somebody stands is shown while a request is open that they made themselves";
            return Err(Refused::new(Code::Forbidden, message)
                .hint("the list of requests has what became of it")
                .into());
        }
        let sees = Sees {
            budgets: self.acting.within(Permission::BudgetsRead, now),
            pools: self.acting.within(Permission::PoolsRead, now).is_everything(),
            // A figure about others is for whoever sees others.
            peers: self.acting.person != Some(person) && within.own().is_none(),
        };
        self.report(move |inner| {
            let known = snapshot.directory.top_up(id).ok_or_else(unknown)?;
            let context = inner.top_up_context(&snapshot, known, &sees, now)?;
            Ok(TopUpDetail { top_up: inner.show_top_up(&snapshot, known, now)?, context })
        })
        .await
    }
}

impl Inner {
    fn top_up_context(
        &self,
        snapshot: &Snapshot,
        asked: &Known,
        sees: &Sees,
        now: Instant,
    ) -> Result<TopUpContext, Error> {
        let directory = &snapshot.directory;
        let person = known(directory.person(asked.person), "person", &asked.person)?;
        let until = Day(Day::of(now).0.saturating_add(1));
        // Since they came, where that is not long ago.
        let here = now.since(person.added_at).as_secs() / Duration::from_hours(24).as_secs();
        let days = u16::try_from(here.saturating_add(1)).unwrap_or(DAYS).clamp(1, DAYS);
        let span = Day(until.0.saturating_sub(i64::from(days)))..until;
        let lines = self.reader.usage_by_model(Scope::Person(asked.person), span.clone()).map_err(stored)?;
        let spent = lines.iter().fold(Nano::ZERO, |sum, line| sum.saturating_add(line.charge));
        let balance = self.balance(snapshot, person, now);
        let a_day = per_day(spent, days);
        let gone = self.gone(directory, person, (balance.spendable, a_day), now)?;
        let peers = if sees.peers { peers(directory, asked.person, now) } else { BTreeSet::new() };
        let peers_spent = if peers.is_empty() {
            Vec::new()
        } else {
            let all = self.reader.usage_by_person(Scope::Company, span).map_err(stored)?;
            let of = |peer: &PersonId| all.iter().find(|line| line.of == *peer).map_or(Nano::ZERO, |line| line.charge);
            peers.iter().map(of).collect()
        };
        let usual = median(peers_spent).map(|spent| per_day(spent, days));
        let mut last: Vec<&Known> = directory.top_ups().map(|other| &**other).collect();
        last.retain(|other| other.person == asked.person && other.id != asked.id && other.at <= asked.at);
        last.sort_by_key(|other| std::cmp::Reverse((other.at, other.id)));
        let last = last.into_iter().take(LAST_MAX).map(|other| self.show_top_up(snapshot, other, now));
        let given = directory.top_ups().filter(|other| other.person == asked.person);
        let given = given.filter_map(|other| match &other.state {
            State::Approved { amount, by } if now.since(by.at) < Duration::from_hours(30 * 24) => Some(*amount),
            _ => None,
        });
        Ok(TopUpContext {
            at: now,
            days,
            spent,
            per_day: a_day,
            left: balance.spendable,
            refills_at: balance.resets_at,
            gone: gone.filter(|gone| balance.resets_at.is_none_or(|refill| *gone < refill)),
            given_in_30_days: given.fold(Nano::ZERO, Nano::saturating_add),
            last: last.collect::<Result<_, _>>()?,
            budgets: self.budgets_for(directory, asked.person, &sees.budgets, now),
            pools: if sees.pools { self.pools_for(snapshot, asked.person, now) } else { Vec::new() },
            peers: usual.map(|_| u64::try_from(peers.len()).unwrap_or(u64::MAX)),
            peers_per_day: usual,
        })
    }

    fn budgets_for(&self, directory: &Directory, person: PersonId, within: &Within, now: Instant) -> Vec<TopUpBudget> {
        let seen = budgets_above(directory, person, now).filter(|budget| match budget.on {
            BudgetOn::Unit(unit) => within.unit(directory, unit),
            _ => within.is_everything(),
        });
        let shown = seen.map(|budget| {
            let period = budget.period_at(now);
            let account = AccountKey { subject: Subject::Budget(budget.id), period };
            let funds = self.funds(&account, budget.limit_at(now), directory.reserve(budget, period));
            let (owner, owner_name) = match budget.on {
                BudgetOn::Unit(unit) => (unit.to_string(), self.names.read().unit_name(unit)),
                _ => ("company".to_owned(), None),
            };
            TopUpBudget {
                owner,
                owner_name,
                per: word(budget.cadence),
                most: funds.limit,
                left: funds.available.max(Nano::ZERO),
                ends: period.end,
            }
        });
        shown.collect()
    }

    /// Pools from which this person may be granted money, with what is free in the running year.
    fn pools_for(&self, snapshot: &Snapshot, person: PersonId, now: Instant) -> Vec<TopUpPool> {
        let directory = &snapshot.directory;
        let Some(person) = directory.person(person) else { return Vec::new() };
        let units: Vec<_> = directory.units_above(directory.unit_of(person, now)).map(|unit| unit.id).collect();
        let year = year_of(snapshot, None, now);
        let theirs = directory.pools().filter(|pool| match pool.on {
            PoolOn::Company => true,
            PoolOn::Unit(unit) => units.contains(&unit),
        });
        let mut pools: Vec<TopUpPool> = theirs
            .map(|pool| TopUpPool {
                pool: pool.id,
                name: self.names.read().pool_name(pool.id),
                free: pool.year(year).map_or(Nano::ZERO, PoolYear::free),
            })
            .collect();
        pools.sort_by_key(|pool| pool.pool);
        pools
    }
}

/// Others of the same family and level who are here. Empty where theirs is not known.
fn peers(directory: &Directory, person: PersonId, now: Instant) -> BTreeSet<PersonId> {
    let Some(own) = directory.role_of(person) else { return BTreeSet::new() };
    let others = directory.people().filter(|other| other.id != person && !other.has_left(now));
    others.map(|other| other.id).filter(|other| directory.role_of(*other) == Some(own)).collect()
}
