//! Pools in the directory: what is funded, what is committed, and that the one never exceeds the other.

use std::sync::Arc;

use jiff::civil::Date;

use super::table::Table;
use super::{Directory, EventError};
use crate::calendar::CivilSpan;
use crate::event::PoolEvent;
use crate::grant::Grant;
use crate::id::{GrantId, MovementId, PersonId, PoolId, UnitId};
use crate::money::Nano;
use crate::pool::{
    Commitment, CommitmentOf, FiscalCalendar, FiscalYear, Movement, Pool, PoolError, PoolOn, PoolYear, Share,
};
use crate::pool::{demand, first_year, released_until};
use crate::time::Instant;

/// All pools and what is committed from them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pools {
    pub(super) calendar: FiscalCalendar,
    pub(super) by_id: Table<PoolId, Arc<Pool>>,
    pub(super) movements: Table<MovementId, Movement>,
    pub(super) commitments: Table<CommitmentOf, Arc<Commitment>>,
}

impl Directory {
    /// A pool.
    pub fn pool(&self, id: PoolId) -> Option<&Arc<Pool>> {
        self.pools.by_id.get(&id)
    }

    /// All pools, in no particular order.
    pub fn pools(&self) -> impl Iterator<Item = &Arc<Pool>> {
        self.pools.by_id.values()
    }

    /// A movement of funds.
    pub fn movement(&self, id: MovementId) -> Option<&Movement> {
        self.pools.movements.get(&id)
    }

    /// All movements of funds, in no particular order.
    pub fn movements(&self) -> impl Iterator<Item = &Movement> {
        self.pools.movements.values()
    }

    /// In which month fiscal years begin.
    pub fn fiscal_calendar(&self) -> FiscalCalendar {
        self.pools.calendar
    }

    /// What is set aside for a grant or an offer.
    pub fn commitment(&self, of: CommitmentOf) -> Option<&Arc<Commitment>> {
        self.pools.commitments.get(&of)
    }

    /// Everything that is set aside, in no particular order.
    pub fn commitments(&self) -> impl Iterator<Item = &Arc<Commitment>> {
        self.pools.commitments.values()
    }

    /// What the grants and offers of a pool need in a year, whether or not it is open: to open it takes at least that.
    ///
    /// # Errors
    /// [`PoolError::TooMuch`] when that is more than one pool can hold.
    pub fn needed(&self, pool: PoolId, year: FiscalYear) -> Result<Nano, PoolError> {
        self.commitments().try_fold(Nano::ZERO, |sum, commitment| {
            let amount = self.wanted(commitment.of, &commitment.terms, pool, year)?;
            sum.checked_add(amount).ok_or(PoolError::TooMuch(commitment.of))
        })
    }

    /// The most that a grant releases in periods that begin on these days, given that it may have been voided or its
    /// person have left; held at the end of the range.
    pub fn released_in(&self, terms: &Grant, days: CivilSpan) -> Nano {
        let released = released_until(terms, days, self.last_day(terms));
        i64::try_from(released).map_or(Nano::MAX, Nano::new)
    }

    /// The same for a fiscal year. What is set aside for it in its pool was worked out when it was, by the same rule.
    pub fn released_in_year(&self, terms: &Arc<Grant>, year: FiscalYear) -> Nano {
        let known = self.commitment(CommitmentOf::Grant(terms.id)).filter(|known| Arc::ptr_eq(&known.terms, terms));
        let share = terms.pool.and_then(|pool| known?.share(pool, year)).filter(|share| !share.accounted);
        share.map_or_else(|| self.released_in(terms, self.pools.calendar.days(year)), |share| share.amount)
    }

    pub(super) fn take_pool(&mut self, event: &PoolEvent) -> Result<(), EventError> {
        match event {
            PoolEvent::CalendarSet { month, .. } => {
                if self.pools().any(|pool| !pool.years.is_empty()) {
                    return Err(PoolError::CalendarFixed(self.pools.calendar.month()).into());
                }
                self.pools.calendar = *month;
            }
            PoolEvent::Opened { pool, on, manager, at } => self.open_pool(*pool, *on, *manager, *at)?,
            PoolEvent::Moved(movement) => self.move_funds(movement)?,
            PoolEvent::OfferCommitted { offer, unit, terms, .. } => {
                terms.check()?;
                let pool = terms.pool.ok_or(PoolError::NoPool(CommitmentOf::Offer(*offer)))?;
                self.is_pool_for(pool, *unit)?;
                self.commit(CommitmentOf::Offer(*offer), &Arc::new(Grant::clone(terms)))?;
            }
            PoolEvent::OfferReleased { offer, .. } => {
                self.replace_commitment(CommitmentOf::Offer(*offer), None)?;
            }
            PoolEvent::Accounted { grant, pool, year, spent, at } => {
                self.account_for(*grant, (*pool, *year), *spent, *at)?;
            }
        }
        Ok(())
    }

    fn open_pool(
        &mut self,
        id: PoolId,
        on: PoolOn,
        manager: Option<PersonId>,
        opened_at: Instant,
    ) -> Result<(), EventError> {
        if self.pool(id).is_some() {
            return Err(EventError::Duplicate(id.to_string()));
        }
        if let PoolOn::Unit(unit) = on {
            self.open_unit(unit)?;
        }
        if let Some(manager) = manager {
            self.present(manager)?;
        }
        let pool = Pool { id, on, manager, opened_at, years: Box::default() };
        self.pools.by_id.insert_mut(id, Arc::new(pool));
        Ok(())
    }

    fn move_funds(&mut self, movement: &Movement) -> Result<(), EventError> {
        let Movement { id, from, to, year, amount, at: _ } = *movement;
        if self.movement(id).is_some() {
            return Err(EventError::Duplicate(id.to_string()));
        }
        if from == to {
            return Err(PoolError::NoWay(id).into());
        }
        if !amount.is_positive() {
            return Err(PoolError::Amount(amount).into());
        }
        let ends = [(from, Nano::ZERO.saturating_sub(amount)), (to, amount)];
        let ends = ends.into_iter().filter_map(|(pool, by)| pool.map(|pool| (pool, by)));
        let changed: Vec<(PoolId, PoolYear)> =
            ends.map(|(pool, by)| Ok((pool, self.funded(pool, year, by)?))).collect::<Result<_, PoolError>>()?;
        for (pool, year) in changed {
            self.put_year(pool, year);
        }
        self.pools.movements.insert_mut(id, *movement);
        Ok(())
    }

    /// A year of a pool with so much more (or less) in it.
    fn funded(&self, id: PoolId, year: FiscalYear, by: Nano) -> Result<PoolYear, PoolError> {
        if !year.is_sane() {
            return Err(PoolError::Year(year));
        }
        let pool = self.pool(id).ok_or(PoolError::Unknown(id))?;
        match pool.year(year) {
            Some(open) => {
                let funded = open.funded.checked_add(by).ok_or(PoolError::Amount(by))?;
                let short = PoolError::Overcommitted {
                    pool: id,
                    year,
                    free: open.free(),
                    needed: Nano::ZERO.saturating_sub(by),
                };
                if funded < open.committed { Err(short) } else { Ok(PoolYear { funded, ..*open }) }
            }
            None if !by.is_positive() => Err(PoolError::YearNotOpen { pool: id, year }),
            None => {
                let needed = self.needed(id, year)?;
                let open = PoolYear { year, funded: by, committed: needed };
                if needed > by { Err(PoolError::YearShort { pool: id, year, given: by, needed }) } else { Ok(open) }
            }
        }
    }

    /// Puts a year into its pool. Where that opens it, what goes on in it gets its shares.
    fn put_year(&mut self, id: PoolId, year: PoolYear) {
        let Some(shared) = self.pools.by_id.get_mut(&id) else { return };
        let pool = Arc::make_mut(shared);
        if let Some(known) = pool.years.iter_mut().find(|known| known.year == year.year) {
            *known = year;
            return;
        }
        let mut years = std::mem::take(&mut pool.years).into_vec();
        years.push(year);
        years.sort_unstable_by_key(|year| year.year);
        pool.years = years.into_boxed_slice();
        let going_on: Vec<(CommitmentOf, Share)> = self
            .commitments()
            .filter_map(|commitment| {
                // It was computed a moment ago, so it can be now.
                let amount = self.wanted(commitment.of, &commitment.terms, id, year.year).ok()?;
                let share = Share { pool: id, year: year.year, amount, accounted: false };
                amount.is_positive().then_some((commitment.of, share))
            })
            .collect();
        for (of, share) in going_on {
            if let Some(commitment) = self.pools.commitments.get_mut(&of) {
                let commitment = Arc::make_mut(commitment);
                commitment.shares = sorted(commitment.shares.iter().copied().chain([share]).collect());
            }
        }
    }

    /// Sets aside what a grant, or an offer that would become one, can release in every opened year of its pool. Where
    /// something is set aside for it already, it is from now on as much as this.
    ///
    /// # Errors
    /// A pool that is not there, belongs to others, or has too little free. Nothing has changed then.
    pub(super) fn commit(&mut self, of: CommitmentOf, terms: &Arc<Grant>) -> Result<(), EventError> {
        let shares = self.shares(of, terms)?;
        let commitment = Commitment { of, terms: Arc::clone(terms), shares };
        self.replace_commitment(of, Some(commitment)).map_err(Into::into)
    }

    /// Computes anew what is set aside for a grant whose end has come nearer or whose releases have changed.
    ///
    /// # Errors
    /// It needs more now than is free. Nothing has changed then.
    pub(super) fn recommit(&mut self, grant: &Arc<Grant>) -> Result<(), EventError> {
        let of = CommitmentOf::Grant(grant.id);
        if self.commitment(of).is_some() { self.commit(of, grant) } else { Ok(()) }
    }

    /// Is a pool one from which people of a unit may be granted money: the company's, their unit's or one of those above?
    pub(super) fn is_pool_for(&self, pool: PoolId, unit: UnitId) -> Result<(), EventError> {
        let is_theirs = match self.pool(pool).ok_or(PoolError::Unknown(pool))?.on {
            PoolOn::Company => true,
            PoolOn::Unit(owner) => {
                self.open_unit(unit)?;
                self.units_above(unit).any(|above| above.id == owner)
            }
        };
        if is_theirs { Ok(()) } else { Err(PoolError::Elsewhere(pool).into()) }
    }

    fn shares(&self, of: CommitmentOf, terms: &Grant) -> Result<Box<[Share]>, PoolError> {
        let mut shares: Vec<Share> = Vec::new();
        let known = self.commitment(of);
        for id in terms.pools() {
            let pool = self.pool(id).ok_or(PoolError::Unknown(id))?;
            for open in &pool.years {
                let year = open.year;
                let amount = self.wanted(of, terms, id, year)?;
                // A year that was accounted for stays so, unless more is released in it after all.
                let accounted =
                    known.and_then(|known| known.share(id, year).filter(|share| share.accounted).zip(Some(known)));
                let share = match accounted {
                    Some((share, known)) if amount <= self.wanted(of, &known.terms, id, year)? => *share,
                    _ => Share { pool: id, year, amount, accounted: false },
                };
                if share.accounted || share.amount.is_positive() {
                    shares.push(share);
                }
            }
        }
        let first = first_year(terms, self.pools.calendar);
        if known.is_none()
            && let Some(id) = terms.pool
            && self.pool(id).is_some_and(|pool| pool.year(first).is_none())
        {
            return Err(PoolError::YearNotOpen { pool: id, year: first });
        }
        Ok(sorted(shares))
    }

    /// The most that a grant or offer can release from a pool in a year.
    fn wanted(&self, of: CommitmentOf, terms: &Grant, pool: PoolId, year: FiscalYear) -> Result<Nano, PoolError> {
        let last = self.last_day(terms);
        demand(terms, pool, self.pools.calendar.days(year), last).ok_or(PoolError::TooMuch(of))
    }

    /// The last day on which a period can have begun before the grant was voided or its person left. Where zones
    /// changed, the latest date that any of them showed at that instant.
    fn last_day(&self, terms: &Grant) -> Option<Date> {
        let person = self.person(terms.person);
        let left = person.and_then(|person| person.left_at);
        let stopped = terms.voided_at.into_iter().chain(left).min()?;
        let moved = person.into_iter().flat_map(|person| person.zones.after(terms.created_at));
        let zones = moved.filter(|change| change.from <= stopped).map(|change| &change.zone);
        zones.chain([&terms.zone]).map(|zone| zone.date(stopped)).max()
    }

    /// Puts a commitment in the place of the one there was, in every year of every pool.
    fn replace_commitment(&mut self, of: CommitmentOf, new: Option<Commitment>) -> Result<(), PoolError> {
        let old = self.commitment(of).map_or(&[][..], |old| &old.shares);
        let after = new.as_ref().map_or(&[][..], |new| &new.shares);
        // What sets nothing aside in the years that are open is a commitment all the same.
        if self.commitment(of).is_none() && new.is_none() {
            return Err(PoolError::NothingCommitted(of));
        }
        let mut places: Vec<(PoolId, FiscalYear)> =
            old.iter().chain(after).map(|share| (share.pool, share.year)).collect();
        places.sort_unstable();
        places.dedup();
        let amount = |shares: &[Share], (pool, year)| {
            let share = shares.iter().find(|share| (share.pool, share.year) == (pool, year));
            share.map_or(Nano::ZERO, |share| share.amount)
        };
        let mut changed: Vec<(PoolId, PoolYear)> = Vec::new();
        for place in places {
            let (id, year) = place;
            let pool = self.pool(id).ok_or(PoolError::Unknown(id))?;
            let open = *pool.year(year).ok_or(PoolError::YearNotOpen { pool: id, year })?;
            // Both lie between zero and what one pool can hold.
            let more = amount(after, place).saturating_sub(amount(old, place));
            if more > open.free() {
                return Err(PoolError::Overcommitted { pool: id, year, free: open.free(), needed: more });
            }
            changed.push((id, PoolYear { committed: open.committed.saturating_add(more), ..open }));
        }
        match new {
            Some(new) => self.pools.commitments.insert_mut(of, Arc::new(new)),
            None => drop(self.pools.commitments.remove_mut(&of)),
        }
        for (id, year) in changed {
            self.put_year(id, year);
        }
        Ok(())
    }

    fn account_for(
        &mut self,
        grant: GrantId,
        (pool, year): (PoolId, FiscalYear),
        spent: Nano,
        at: Instant,
    ) -> Result<(), EventError> {
        let of = CommitmentOf::Grant(grant);
        let commitment = self.commitment(of).ok_or(PoolError::NothingCommitted(of))?;
        let known = commitment.share(pool, year).ok_or(PoolError::NothingCommitted(of))?;
        let terms = &commitment.terms;
        if !self.is_over(terms, year, at) {
            return Err(PoolError::StillRunning(of).into());
        }
        let committed = self.wanted(of, terms, pool, year)?;
        if spent.is_negative() || spent > committed {
            return Err(PoolError::SpentTooMuch { of, spent, committed }.into());
        }
        let share = Share { amount: spent, accounted: true, ..*known };
        let shares = commitment.shares.iter().map(|old| if old == known { share } else { *old }).collect();
        let new = Commitment { shares, ..Commitment::clone(commitment) };
        self.replace_commitment(of, Some(new)).map_err(Into::into)
    }

    /// Is everything over that a grant released in a year, whatever its person's zones: nothing of it can be spent
    /// any more, other than by calls under way?
    pub fn is_over(&self, terms: &Grant, year: FiscalYear, at: Instant) -> bool {
        let person = self.person(terms.person);
        let left = person.and_then(|person| person.left_at);
        if terms.voided_at.into_iter().chain(left).any(|stopped| stopped <= at) {
            return true;
        }
        let moved = person.into_iter().flat_map(|person| person.zones.after(terms.created_at));
        let zones = moved.map(|change| &change.zone).chain([&terms.zone]);
        let lapsed = terms.lapsed(self.pools.calendar.days(year));
        zones.map(|zone| zone.first_instant(lapsed)).max().is_some_and(|over| over <= at)
    }
}

fn sorted(mut shares: Vec<Share>) -> Box<[Share]> {
    shares.sort_unstable_by_key(|share| (share.pool, share.year));
    shares.into_boxed_slice()
}
