//! Pools: opened, funded, transferred, shown with what is committed from them.

use purser_core::directory::Directory;
use purser_core::event::{Event, PoolEvent};
use purser_core::id::{MovementId, PoolId};
use purser_core::money::Nano;
use purser_core::pool::{Commitment, CommitmentOf, FiscalCalendar, FiscalYear, Movement, Pool as Known, PoolOn, Share};
use purser_core::snapshot::Snapshot;
use purser_core::time::Instant;
use purser_store::Labelled;

use crate::access::{Confidential, Whose};
use crate::change::{CommandName, Turn, reused};
use crate::control::{Control, Inner, stored};
use crate::error::{Code, Error, Refused};
use crate::pages::{Part, unrefused};
use crate::people::{checked_name, known};
use crate::shape::{
    FiscalMonth, FundPool, List, NewPool, NextYear, Page, Pool, PoolCommitment, PoolDetail, PoolYear, TransferPool,
    owner_text,
};

impl Control {
    /// All pools, in the order they were opened.
    pub fn pools(&self) -> List<Pool> {
        unrefused(self.pools_page(&Part::ALL))
    }

    /// The same in pages.
    pub(crate) fn pools_page(&self, part: &Part) -> Result<Page<Pool>, Error> {
        let (snapshot, now) = (self.snapshot(), self.inner.clock.now());
        let mut pools: Vec<_> = snapshot.directory.pools().collect();
        pools.sort_unstable_by_key(|pool| (pool.opened_at, pool.id));
        part.of(&pools, |pool| pool.id.to_string(), |pool| Ok(self.inner.show_pool(&snapshot, pool, now)))
    }

    /// One pool by id or name, and what is committed from it.
    ///
    /// # Errors
    /// No or several pools are called that.
    pub fn pool(&self, what: &str) -> Result<PoolDetail, Error> {
        self.pool_page(what, &Part::ALL)
    }

    /// The same with a page of what is committed.
    pub(crate) fn pool_page(&self, what: &str, part: &Part) -> Result<PoolDetail, Error> {
        let (snapshot, now) = (self.snapshot(), self.inner.clock.now());
        let id = self.inner.find_pool(&snapshot, what)?;
        let pool = known(snapshot.directory.pool(id), "pool", &id)?;
        let mut commitments: Vec<_> = snapshot
            .directory
            .commitments()
            .flat_map(|commitment| commitment.shares.iter().map(move |share| (&**commitment, share)))
            .filter(|(_, share)| share.pool == id)
            .collect();
        commitments
            .sort_unstable_by_key(|(commitment, share)| (share.year, commitment.terms.created_at, commitment.of));
        let names = self.inner.names.read();
        let show = |(commitment, share): &(&Commitment, &Share)| {
            let (grant, offer) = match commitment.of {
                CommitmentOf::Grant(grant) => (Some(grant), None),
                CommitmentOf::Offer(offer) => (None, Some(offer)),
            };
            // A grant's allowance is what Purser works with; an offer's is a matter between two until then.
            let amount = offer.map_or(Confidential::open(share.amount), |offer| {
                let unit = snapshot.directory.offer(offer).map(|offer| offer.unit);
                Confidential::new(share.amount, &Whose::new(offer, Some(commitment.terms.person), unit))
            });
            Ok(PoolCommitment {
                grant,
                offer,
                person: commitment.terms.person,
                person_name: names.person_name(commitment.terms.person),
                year: share.year.0,
                amount,
                accounted: share.accounted,
            })
        };
        // What is committed is a grant's or an offer's once a year.
        let name = |(commitment, share): &(&Commitment, &Share)| {
            let year = share.year.0;
            match commitment.of {
                CommitmentOf::Grant(grant) => format!("{year} {grant}"),
                CommitmentOf::Offer(offer) => format!("{year} {offer}"),
            }
        };
        let Page { items: commitments, next, .. } = part.of(&commitments, name, show)?;
        drop(names);
        Ok(PoolDetail { pool: self.inner.show_pool(&snapshot, pool, now), commitments, next })
    }

    /// Opens a pool, without funds.
    ///
    /// # Errors
    /// A name, owner or manager that can't be, or the journal.
    pub async fn add_pool(&self, name: Option<CommandName>, new: NewPool) -> Result<Pool, Error> {
        self.change(name, move |turn| {
            let (control, snapshot) = (turn.control(), turn.snapshot());
            let label = checked_name("name", &new.name)?;
            let on = match new.owner.trim() {
                owner if owner.eq_ignore_ascii_case("company") => PoolOn::Company,
                owner => PoolOn::Unit(control.find_unit(&snapshot, owner)?),
            };
            let manager = new.manager.as_deref().map(|who| control.find_person(&snapshot, who)).transpose()?;
            let pool = PoolId::new(turn.command.get());
            if let Some(made) = snapshot.directory.pool(pool) {
                let same = control.names.read().pool_name(pool) == Some(label);
                let same = same && (made.on, made.manager) == (on, manager);
                return if same { Ok(control.show_pool(&snapshot, made, turn.now)) } else { Err(reused()) };
            }
            control.private.put_label(Labelled::Pool, pool.get(), &label).map_err(stored)?;
            turn.commit(&Event::Pool(PoolEvent::Opened { pool, on, manager, at: turn.now }))?;
            control.names.write().put_pool(pool, label);
            shown(turn, pool)
        })
        .await
    }

    /// Puts funds into a year of a pool, or takes free ones out. The first funds open the year, and have to be enough
    /// for what grants that go on will release in it.
    ///
    /// # Errors
    /// [`Code::PoolShort`] when more would be committed than is funded; no such pool; or the journal.
    pub async fn fund_pool(&self, name: Option<CommandName>, what: &str, funds: FundPool) -> Result<Pool, Error> {
        let what = what.to_owned();
        self.change(name, move |turn| {
            let snapshot = turn.snapshot();
            let pool = turn.control().find_pool(&snapshot, &what)?;
            let year = year_of(&snapshot, funds.year, turn.now);
            // Taken out where it is below zero.
            let (from, to) = if funds.amount.is_negative() { (Some(pool), None) } else { (None, Some(pool)) };
            let amount = funds.amount.checked_neg().unwrap_or(Nano::MAX).max(funds.amount);
            move_once(turn, Movement { id: movement(turn), from, to, year, amount, at: turn.now })?;
            shown(turn, pool)
        })
        .await
    }

    /// Moves free funds to another pool, within a fiscal year. Shows the pool that gave them.
    ///
    /// # Errors
    /// [`Code::PoolShort`] when they are not free; no such pools; or the journal.
    pub async fn transfer_pool(
        &self,
        name: Option<CommandName>,
        what: &str,
        transfer: TransferPool,
    ) -> Result<Pool, Error> {
        let what = what.to_owned();
        self.change(name, move |turn| {
            let snapshot = turn.snapshot();
            let from = turn.control().find_pool(&snapshot, &what)?;
            let to = turn.control().find_pool(&snapshot, &transfer.to)?;
            let year = year_of(&snapshot, transfer.year, turn.now);
            let amount = transfer.amount;
            move_once(
                turn,
                Movement { id: movement(turn), from: Some(from), to: Some(to), year, amount, at: turn.now },
            )?;
            shown(turn, from)
        })
        .await
    }

    /// Sets the month in which fiscal years begin, while no pool has funds.
    ///
    /// # Errors
    /// No such month; a pool has funds; or the journal.
    pub async fn set_fiscal_month(&self, name: Option<CommandName>, set: FiscalMonth) -> Result<FiscalMonth, Error> {
        self.change(name, move |turn| {
            let month = FiscalCalendar::try_from(set.month).map_err(|text| Refused::new(Code::Invalid, text))?;
            if turn.snapshot().directory.fiscal_calendar() != month {
                turn.commit(&Event::Pool(PoolEvent::CalendarSet { month, at: turn.now }))?;
            }
            Ok(set)
        })
        .await
    }
}

impl Inner {
    /// The pool that an id or name stands for.
    pub(crate) fn find_pool(&self, snapshot: &Snapshot, what: &str) -> Result<PoolId, Error> {
        let id = self.names.read().find_pool(what)?;
        known(snapshot.directory.pool(id).map(|pool| pool.id), "pool", &id)
    }

    /// The pool that a guaranteed grant is paid from when none is named: the company's only one.
    ///
    /// # Errors
    /// There is none, or there are several.
    pub(crate) fn default_pool(directory: &Directory) -> Result<PoolId, Error> {
        let mut company = directory.pools().filter(|pool| pool.on == PoolOn::Company && pool.manager.is_none());
        match (company.next(), company.next()) {
            (Some(only), None) => Ok(only.id),
            (None, _) => Err(Refused::new(Code::Invalid, "a guaranteed grant needs a pool that pays for it, and there is none of the company's")
                .hint("open one: `purser pool add NAME company`, then `purser pool fund NAME AMOUNT`; or name a unit's with --pool")
                .into()),
            (Some(_), Some(_)) => Err(Refused::new(Code::Invalid, "a guaranteed grant needs a pool that pays for it, and the company has several")
                .hint("name one with --pool; `purser pool list` shows them")
                .into()),
        }
    }

    pub(crate) fn show_pool(&self, snapshot: &Snapshot, pool: &Known, now: Instant) -> Pool {
        let names = self.names.read();
        let calendar = snapshot.directory.fiscal_calendar();
        let unit = match pool.on {
            PoolOn::Company => None,
            PoolOn::Unit(unit) => Some(unit),
        };
        let years = pool.years.iter().map(|open| {
            let days = calendar.days(open.year);
            PoolYear {
                year: open.year.0,
                from: days.first.to_string(),
                to: days.until.to_string(),
                funded: open.funded,
                committed: open.committed,
                free: open.free(),
            }
        });
        let years = years.collect();
        let running = year_of(snapshot, None, now);
        let last = pool.years.last().map_or(running, |last| last.year.next());
        let next = last.max(running);
        // More than a pool can hold is more than anybody can fund.
        let needed = snapshot.directory.needed(pool.id, next).unwrap_or(Nano::MAX);
        Pool {
            id: pool.id,
            name: names.pool_name(pool.id),
            owner: owner_text(unit),
            owner_name: unit.and_then(|unit| names.unit_name(unit)),
            manager: pool.manager,
            manager_name: pool.manager.and_then(|manager| names.person_name(manager)),
            years,
            next: NextYear { year: next.0, needed },
        }
    }
}

fn shown(turn: &Turn<'_>, id: PoolId) -> Result<Pool, Error> {
    let snapshot = turn.snapshot();
    let pool = known(snapshot.directory.pool(id), "pool", &id)?;
    Ok(turn.control().show_pool(&snapshot, pool, turn.now))
}

/// The fiscal year asked for, or the one running by the company's clock.
pub(crate) fn year_of(snapshot: &Snapshot, asked: Option<i16>, now: Instant) -> FiscalYear {
    let running = || {
        let zone = snapshot.directory.company().map_or(purser_core::zone::Zone::UTC, |company| company.zone.clone());
        snapshot.directory.fiscal_calendar().year(zone.date(now))
    };
    asked.map_or_else(running, FiscalYear)
}

/// The movement that a change makes has the change's own bits.
fn movement(turn: &Turn<'_>) -> MovementId {
    MovementId::new(turn.command.get())
}

/// Moves funds, unless the same change has done so before.
fn move_once(turn: &mut Turn<'_>, movement: Movement) -> Result<(), Error> {
    match turn.snapshot().directory.movement(movement.id) {
        // Only the moment of asking is another one.
        Some(made) if (Movement { at: made.at, ..movement }) == *made => Ok(()),
        Some(_) => Err(reused()),
        None => turn.commit(&Event::Pool(PoolEvent::Moved(movement))),
    }
}
