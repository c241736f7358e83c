//! Pools by first principles: what is set aside in a fiscal year is the most that each grant, or offer with a candidate,
//! can release in it; and that never exceeds the funds. Added up anew after every event.

use std::collections::{BTreeMap, BTreeSet};

use super::calendar::{Days, PLACES, date, first};
use super::company::{Company, Ruled, rule, sane};
use super::happening::{Id, On, PoolStep, Terms};
use super::life::Grant;

/// What something is set aside for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum For {
    Grant(Id),
    Offer(Id),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Commitment {
    /// Of an offer: the grant that would come of it.
    pub(super) terms: Option<Grant>,
    /// What was spent of years that are over.
    spent: BTreeMap<(Id, i64), i128>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pool {
    on: On,
    funded: BTreeMap<i64, i128>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pools {
    month: i64,
    pub(super) by_id: BTreeMap<Id, Pool>,
    moved: BTreeSet<Id>,
    pub(super) commitments: BTreeMap<For, Commitment>,
}

impl Default for Pools {
    fn default() -> Self {
        Self { month: 1, by_id: BTreeMap::new(), moved: BTreeSet::new(), commitments: BTreeMap::new() }
    }
}

impl Pools {
    fn days(&self, year: i64) -> Days {
        (first(year, self.month), first(year + 1, self.month))
    }

    fn year_of(&self, day: i64) -> i64 {
        let (year, month, _) = date(day);
        if month < self.month { year - 1 } else { year }
    }
}

impl Company {
    pub(super) fn pool_step(&mut self, step: &PoolStep) -> Ruled {
        match step {
            PoolStep::Calendar { month } => {
                let used = self.pools.by_id.values().any(|pool| !pool.funded.is_empty());
                rule(!used, || "years can't change once there are funds".to_owned())?;
                self.pools.month = *month;
            }
            PoolStep::Opened { pool, on, manager } => {
                rule(!self.pools.by_id.contains_key(pool), || "the pool is there already".to_owned())?;
                if let On::Unit(unit) = on {
                    rule(self.units.get(unit).is_some_and(|unit| !unit.closed), || "its unit is not open".to_owned())?;
                }
                manager.map_or(Ok(()), |manager| self.present(manager).map(drop))?;
                self.pools.by_id.insert(*pool, Pool { on: *on, funded: BTreeMap::new() });
            }
            PoolStep::Moved { id, from, to, year, amount } => {
                rule(self.pools.moved.insert(*id), || "these funds were moved before".to_owned())?;
                rule(from != to && *amount > 0, || "nothing moves".to_owned())?;
                for (pool, by) in [(from, -amount), (to, *amount)] {
                    let Some(pool) = pool else { continue };
                    let pool = self.pools.by_id.get_mut(pool).ok_or("there is no such pool")?;
                    rule(by > 0 || pool.funded.contains_key(year), || "the year is not open".to_owned())?;
                    *pool.funded.entry(*year).or_default() += by;
                }
            }
            PoolStep::Committed { offer, unit, terms } => {
                sane(terms)?;
                let pool = terms.pool.ok_or("no pool pays for it")?;
                let known = self.pools.commitments.get(&For::Offer(*offer)).cloned();
                let is_new = known.is_none();
                let spent = known.map_or_else(BTreeMap::new, |known| known.spent);
                let terms = Grant::new(terms);
                self.may_commit(&terms.terms, pool, *unit, is_new)?;
                self.pools.commitments.insert(For::Offer(*offer), Commitment { terms: Some(terms), spent });
            }
            PoolStep::Released { offer } => {
                let known = self.pools.commitments.remove(&For::Offer(*offer));
                rule(known.is_some(), || "nothing is set aside for it".to_owned())?;
            }
            PoolStep::Accounted { grant, pool, year, spent, at } => {
                self.account_for(*grant, (*pool, *year), *spent, *at)?;
            }
        }
        Ok(())
    }

    pub(super) fn commit_grant(&mut self, grant: Id, pool: Id, unit: Id) -> Ruled {
        let terms = self.grants.get(&grant).ok_or("there is no such grant")?.terms.clone();
        self.may_commit(&terms, pool, unit, true)?;
        self.pools.commitments.insert(For::Grant(grant), Commitment { terms: None, spent: BTreeMap::new() });
        Ok(())
    }

    fn may_commit(&self, terms: &Terms, pool: Id, unit: Id, is_new: bool) -> Ruled {
        let known = self.pools.by_id.get(&pool).ok_or("there is no such pool")?;
        if let On::Unit(owner) = known.on {
            let open = self.units.get(&unit).is_some_and(|unit| !unit.closed);
            rule(open && self.above(unit).contains(&owner), || "the pool is another unit's".to_owned())?;
        }
        let first = self.pools.year_of(Grant::new(terms).born());
        rule(!is_new || known.funded.contains_key(&first), || "its first year has no funds".to_owned())
    }

    /// What would be a grant.
    fn terms_of<'a>(&'a self, of: For, commitment: &'a Commitment) -> Option<&'a Grant> {
        match of {
            For::Grant(id) => self.grants.get(&id),
            For::Offer(_) => commitment.terms.as_ref(),
        }
    }

    /// The most that a grant can release from its pool in a year, given that it may have been stopped.
    fn wanted(&self, grant: &Grant, year: i64) -> i128 {
        let left = self.people.get(&grant.terms.person).and_then(|person| person.left);
        let stopped = [grant.voided, left].into_iter().flatten().min();
        let last = stopped.map(|stopped| {
            let moves = self.moves(grant.terms.person).iter();
            let moved = moves.filter(|(from, _)| grant.terms.created < *from && *from <= stopped);
            let places = moved.map(|(_, place)| *place).chain([grant.terms.place]);
            places.map(|place| PLACES[place].day_of(stopped)).max().unwrap_or(i64::MIN)
        });
        grant.released_in(self.pools.days(year), last)
    }

    fn account_for(&mut self, id: Id, place: (Id, i64), spent: i128, at: i64) -> Ruled {
        let of = For::Grant(id);
        let commitment = self.pools.commitments.get(&of).ok_or("nothing is set aside for it")?;
        let grant = self.grants.get(&id).ok_or("there is no such grant")?;
        let wanted = self.wanted(grant, place.1);
        let open = self.pools.by_id.get(&place.0).is_some_and(|pool| pool.funded.contains_key(&place.1));
        let known = wanted > 0 || commitment.spent.contains_key(&place);
        rule(open && known && grant.terms.pool == Some(place.0), || "nothing is set aside there".to_owned())?;
        let left = self.people.get(&grant.terms.person).and_then(|person| person.left);
        let stopped = [grant.voided, left].into_iter().flatten().any(|stopped| stopped <= at);
        let moves = self.moves(grant.terms.person).iter().filter(|(from, _)| grant.terms.created < *from);
        let places = moves.map(|(_, place)| *place).chain([grant.terms.place]);
        let lapsed = grant.lapsed(self.pools.days(place.1));
        let over = places.map(|place| PLACES[place].midnight(lapsed)).max().is_some_and(|over| over <= at);
        rule(stopped || over, || "it still releases money".to_owned())?;
        rule(0 <= spent && spent <= wanted, || format!("{spent} spent of {wanted}"))?;
        if let Some(commitment) = self.pools.commitments.get_mut(&of) {
            commitment.spent.insert(place, spent);
        }
        Ok(())
    }

    /// A year that was closed is open again where a grant releases more in it after all.
    pub(super) fn more_may_be_due(&mut self, before: &Grant) {
        let of = For::Grant(before.terms.id);
        let Some(commitment) = self.pools.commitments.get(&of) else { return };
        let Some(now) = self.grants.get(&before.terms.id) else { return };
        let places: Vec<(Id, i64)> = commitment.spent.keys().copied().collect();
        let more = places.into_iter().filter(|(_, year)| self.wanted(now, *year) > self.wanted(before, *year));
        let more: Vec<(Id, i64)> = more.collect();
        if let Some(commitment) = self.pools.commitments.get_mut(&of) {
            commitment.spent.retain(|place, _| !more.contains(place));
        }
    }

    /// Pool, year, funds, and what is set aside of them.
    pub(super) fn pool_years(&self) -> Vec<(Id, i64, i128, i128)> {
        let mut found = Vec::new();
        for (id, pool) in &self.pools.by_id {
            for (year, funded) in &pool.funded {
                let shares = self.pools.commitments.iter().map(|(of, commitment)| {
                    let Some(grant) = self.terms_of(*of, commitment) else { return 0 };
                    let is_paid = grant.terms.pool == Some(*id);
                    let spent = commitment.spent.get(&(*id, *year)).copied();
                    if is_paid { spent.unwrap_or_else(|| self.wanted(grant, *year)) } else { 0 }
                });
                found.push((*id, *year, *funded, shares.sum()));
            }
        }
        found
    }

    pub(super) fn keeps_its_promises(&self) -> Ruled {
        for (pool, year, funded, committed) in self.pool_years() {
            rule(committed <= funded, || {
                format!("pool {pool} has {funded} in {year}, and {committed} are set aside in it")
            })?;
        }
        for (id, grant) in &self.grants {
            let paid = self.pools.commitments.contains_key(&For::Grant(*id));
            rule(paid == grant.terms.pool.is_some(), || {
                format!("grant {id} names pool {:?}; is anything set aside for it: {paid}", grant.terms.pool)
            })?;
        }
        self.offers_keep_their_word()?;
        self.top_ups_keep_their_word()
    }
}
