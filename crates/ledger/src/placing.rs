//! Placing and growing holds.

use purser_core::money::Nano;
use smallvec::SmallVec;

use crate::core::{Core, Desk};
use crate::error::LedgerError;
use crate::hold::{Clearance, HoldRequest, Shortfall};
use crate::number::{AccountNo, HoldId, Lsn};
use crate::record::{Ceilings, Legs, Record};
use crate::slice;
use crate::terms::Terms;

/// What became of a request.
pub(crate) enum Placement {
    Placed(Placed),
    Short(Shortfall),
    Wait(Lsn),
}

/// A hold placed, or the growth of one.
#[derive(Clone, Copy)]
pub(crate) struct Placed {
    pub(crate) id: HoldId,
    pub(crate) amount: Nano,
    pub(crate) left: Nano,
    pub(crate) clearance: Clearance,
}

impl Core {
    /// `terms`: what the caller takes the accounts to be, grants first; `None` where one is not so, or is gone.
    pub(crate) fn place_if<T: Copy + Into<Terms>>(
        &self,
        request: &HoldRequest<'_>,
        terms: &[T],
    ) -> Result<Option<Placement>, LedgerError> {
        let mut guard = self.desk()?;
        let numbers = request.grants.iter().chain(request.ceilings);
        for (no, terms) in numbers.zip(terms) {
            if guard.state.account(*no).is_none_or(|account| !(*terms).into().are_kept(account)) {
                return Ok(None);
            }
        }
        self.place_at(&mut guard, request).map(Some)
    }

    pub(crate) fn place(&self, request: &HoldRequest<'_>) -> Result<Placement, LedgerError> {
        let mut guard = self.desk()?;
        self.place_at(&mut guard, request)
    }

    fn place_at(&self, desk: &mut Desk, request: &HoldRequest<'_>) -> Result<Placement, LedgerError> {
        if let Some(lsn) = self.full(desk) {
            return Ok(Placement::Wait(lsn));
        }
        let fitting = match desk.state.place(request)? {
            Ok(fitting) => fitting,
            Err(short) => return Ok(Placement::Short(short)),
        };
        let Some(id) = desk.state.next_hold_id() else {
            return Err(self.breach("the numbers of holds are used up; a restart begins anew".to_owned()));
        };
        let (amount, left) = (fitting.amount, fitting.left);
        let parts = parts(&fitting.legs, request.ceilings, amount);
        let ceilings = Ceilings::from_slice(request.ceilings);
        let lsn = self.post(desk, &Record::Hold { id, amount, legs: fitting.legs, ceilings })?;
        let clearance = self.clear(desk, lsn, &parts)?;
        Ok(Placement::Placed(Placed { id, amount, left, clearance }))
    }

    pub(crate) fn grow(&self, id: HoldId, want: Nano, least: Nano) -> Result<Placement, LedgerError> {
        let mut guard = self.desk()?;
        let desk = &mut *guard;
        if let Some(lsn) = self.full(desk) {
            return Ok(Placement::Wait(lsn));
        }
        let fitting = match desk.state.grow(id, want, least)? {
            Ok(fitting) => fitting,
            Err(short) => return Ok(Placement::Short(short)),
        };
        let (amount, left) = (fitting.amount, fitting.left);
        let ceilings = desk.state.hold(id).map_or_else(Ceilings::new, |hold| hold.aside.ceilings.clone());
        let parts = parts(&fitting.legs, &ceilings, amount);
        // Grants that give nothing need no mention; with no leg at all the amount is written by itself.
        let legs: Legs = fitting.legs.into_iter().filter(|leg| !leg.amount.is_zero()).collect();
        let lsn = self.post(desk, &Record::Grow { id, amount, legs })?;
        let clearance = self.clear(desk, lsn, &parts)?;
        Ok(Placement::Placed(Placed { id, amount, left, clearance }))
    }

    /// Is the record inside the slices of all its accounts? If one is too small for it, a larger one is queued for the
    /// next. See the module documentation of `slice` for why this is enough.
    fn clear(&self, desk: &mut Desk, lsn: Lsn, parts: &Parts) -> Result<Clearance, LedgerError> {
        if self.options.wait_for_disk {
            return Ok(Clearance::Durable(lsn));
        }
        let durable = self.progress.durable();
        let now = desk.state.instant();
        // All are asked, so that each is seen to be in use.
        let inside =
            parts.iter().fold(true, |inside, (no, amount)| desk.slices.is_inside(*no, *amount, durable, now) && inside);
        if inside {
            for (no, amount) in parts {
                desk.slices.count(*no, *amount, durable);
            }
            return Ok(Clearance::Written(lsn));
        }
        for (no, amount) in parts {
            let Some(amounts) = desk.state.account(*no).map(|account| account.amounts) else { continue };
            let target = slice::target(amounts.limit, self.options.slice_per_mille, *amount, amounts.room());
            if desk.slices.is_below(*no, target.min(*amount)) {
                let lsn = self.post(desk, &Record::Slice { no: *no, amount: target })?;
                desk.slices.queued(*no, lsn, target);
            }
        }
        Ok(Clearance::Durable(lsn))
    }
}

type Parts = SmallVec<[(AccountNo, Nano); 8]>;

/// Every account on which something is set aside.
fn parts(legs: &Legs, ceilings: &[AccountNo], amount: Nano) -> Parts {
    let legs = legs.iter().map(|leg| (leg.no, leg.amount));
    legs.chain(ceilings.iter().map(|no| (*no, amount))).filter(|(_, amount)| !amount.is_zero()).collect()
}
