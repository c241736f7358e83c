//! What to do, before it is done: amounts that fit, who pays a charge, what a correction changes. Reads only.

use purser_core::account::Book;
use purser_core::money::Nano;

use super::{Account, Aside, State};
use crate::error::LedgerError;
use crate::hold::{Blocking, HoldRequest, Shortfall};
use crate::ledger::Correction;
use crate::number::{AccountNo, HoldId};
use crate::record::{ACCOUNTS_MAX, Ceilings, Leg, Legs};

/// An amount that fits, shared over the grants in burn order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fitting {
    pub(crate) amount: Nano,
    pub(crate) legs: Legs,
    /// What is left over the grants then; where there are none, at the tightest ceiling.
    pub(crate) left: Nano,
}

/// What a correction changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Corrected {
    pub(crate) delta: Nano,
    pub(crate) legs: Legs,
    pub(crate) ceilings: Ceilings,
}

impl State {
    /// Can the request be placed, and how?
    pub(crate) fn place(&self, request: &HoldRequest<'_>) -> Result<Result<Fitting, Shortfall>, LedgerError> {
        check_range(request.want, request.least)?;
        let count = request.grants.len().saturating_add(request.ceilings.len());
        if count == 0 || request.grants.len() > ACCOUNTS_MAX || request.ceilings.len() > ACCOUNTS_MAX {
            return Err(LedgerError::AccountCount { count });
        }
        self.check_book(request.grants, Book::Money)?;
        self.check_book(request.ceilings, Book::Limit)?;
        let grants = request.grants.iter().map(|no| (*no, None));
        self.fit(grants, request.ceilings, request.want, request.least)
    }

    /// Can the hold grow, and how?
    pub(crate) fn grow(&self, id: HoldId, want: Nano, least: Nano) -> Result<Result<Fitting, Shortfall>, LedgerError> {
        check_range(want, least)?;
        let aside = &self.holds.get(&id).ok_or_else(|| self.no_open(id))?.aside;
        let guaranteed = aside.guaranteed;
        let grants = aside.legs.iter().enumerate().map(|(place, leg)| (leg.no, Some(guaranteed.has(place))));
        self.fit(grants, &aside.ceilings, want, least)
    }

    /// `grants` come with whether they are guaranteed in this call; `None`: as their accounts say.
    ///
    /// A ceiling that yields limits only what the other grants give. So they are passed over where it has nothing left
    /// for them, and guaranteed ones that burn later still pay.
    fn fit(
        &self,
        grants: impl Iterator<Item = (AccountNo, Option<bool>)> + Clone,
        ceilings: &[AccountNo],
        want: Nano,
        least: Nano,
    ) -> Result<Result<Fitting, Shortfall>, LedgerError> {
        let (mut free, mut all_released, mut has_grants) = (Nano::ZERO, Nano::ZERO, false);
        // Of it, what guaranteed grants give.
        let mut promised: Option<(Nano, Nano)> = None;
        for (no, guaranteed) in grants.clone() {
            let Account { amounts, guarantees, .. } = self.open(no)?;
            has_grants = true;
            let (now, all) = (amounts.free(), amounts.if_all_released().max(Nano::ZERO));
            free = free.saturating_add(now);
            all_released = all_released.saturating_add(all);
            if guaranteed.unwrap_or(*guarantees) {
                let (sum, sum_all) = promised.unwrap_or_default();
                promised = Some((sum.saturating_add(now), sum_all.saturating_add(all)));
            }
        }
        let mut short: Option<Shortfall> = None;
        let mut note = |blocking, available: Nano, if_all_released: Nano| {
            let found = Shortfall { blocking, available, if_all_released, least };
            // Where money is gone for good, that is the answer; else the first account that has too little now.
            if available < least && short.is_none_or(|known| known.is_held() && !found.is_held()) {
                short = Some(found);
            }
        };
        let mut fits = want;
        let mut tightest = Nano::MAX;
        // What grants without a guarantee may take together.
        let mut others = Nano::MAX;
        if has_grants {
            note(Blocking::Grants, free, all_released);
            fits = fits.min(free);
        }
        for no in ceilings {
            let Account { amounts, guarantees, .. } = self.open(*no)?;
            let (mut free, mut all_released) = (amounts.free(), amounts.if_all_released());
            if *guarantees {
                others = others.min(free);
                if let Some((now, all)) = promised {
                    free = free.saturating_add(now);
                    all_released = all_released.max(Nano::ZERO).saturating_add(all);
                }
            }
            note(Blocking::Ceiling(*no), free, all_released);
            tightest = tightest.min(free);
        }
        if let Some(short) = short {
            return Ok(Err(short));
        }
        let amount = fits.min(tightest);
        let mut rest = amount;
        let mut legs = Legs::new();
        for (no, guaranteed) in grants {
            let Account { amounts, guarantees, .. } = self.open(no)?;
            let mut part = rest.min(amounts.free());
            if !guaranteed.unwrap_or(*guarantees) {
                part = part.min(others);
                others = others.saturating_sub(part);
            }
            rest = rest.saturating_sub(part);
            legs.push(Leg { no, amount: part });
        }
        let left = if has_grants { free } else { tightest }.saturating_sub(amount);
        Ok(Ok(Fitting { amount, legs, left }))
    }

    /// Who pays a charge: first what is set aside in burn order, then the excess.
    pub(crate) fn share(&self, aside: &Aside, charge: Nano) -> Legs {
        let mut legs = Legs::new();
        let mut rest = charge;
        for leg in &aside.legs {
            let part = rest.min(leg.amount);
            rest = rest.saturating_sub(part);
            add(&mut legs, leg.no, part);
        }
        self.share_excess(&mut legs, aside, rest);
        legs
    }

    /// An excess takes what is available on the call's grants in burn order; what is left falls on the last grant that
    /// paid already, because an overrun belongs to whoever paid for the call.
    ///
    /// Twice in burn order: first those without a guarantee take no more than the ceilings above have for them, so
    /// that what is reserved there is touched only where no guaranteed grant can pay.
    fn share_excess(&self, legs: &mut Legs, aside: &Aside, excess: Nano) {
        if excess.is_zero() {
            return;
        }
        let eligible = &aside.legs;
        let above = aside.ceilings.iter().filter_map(|no| self.accounts.get(*no)).filter(|above| above.guarantees);
        let mut others = above.map(|above| above.amounts.free()).min().unwrap_or(Nano::MAX);
        let free = |no| self.accounts.get(no).map_or(Nano::ZERO, |account| account.amounts.free());
        let mut left: smallvec::SmallVec<[Nano; 3]> = eligible.iter().map(|leg| free(leg.no)).collect();
        let mut rest = excess;
        for (place, (leg, left)) in eligible.iter().zip(&mut left).enumerate() {
            let mut part = rest.min(*left);
            if !aside.guaranteed.has(place) {
                part = part.min(others);
                others = others.saturating_sub(part);
            }
            *left = left.saturating_sub(part);
            rest = rest.saturating_sub(part);
            add(legs, leg.no, part);
        }
        for (leg, left) in eligible.iter().zip(left) {
            let part = rest.min(left);
            rest = rest.saturating_sub(part);
            add(legs, leg.no, part);
        }
        let last = eligible.iter().rfind(|leg| leg.amount.is_positive()).or(eligible.last());
        if let Some(last) = last {
            add(legs, last.no, rest);
        }
    }

    /// The part of a charge that is neither set aside for it nor available: over the grants, or where there are none at
    /// the ceiling that lacks most.
    pub(crate) fn overrun(&self, aside: &Aside, charge: Nano, legs: &Legs) -> Nano {
        // Within what is aside for it nothing lacks, neither over the grants nor at a ceiling.
        if charge <= aside.amount {
            return Nano::ZERO;
        }
        let lacks = |no: &AccountNo, aside: Nano, paid: Nano| {
            let free = self.accounts.get(*no).map_or(Nano::ZERO, |account| account.amounts.free());
            paid.saturating_sub(free.saturating_add(aside)).max(Nano::ZERO)
        };
        if aside.legs.is_empty() {
            return aside.ceilings.iter().map(|no| lacks(no, aside.amount, charge)).max().unwrap_or(Nano::ZERO);
        }
        aside.legs.iter().fold(Nano::ZERO, |sum, leg| {
            let paid = legs.iter().find(|paid| paid.no == leg.no).map_or(Nano::ZERO, |paid| paid.amount);
            sum.saturating_add(lacks(&leg.no, leg.amount, paid))
        })
    }

    /// What is available over the grants of a call; where there are none, at its tightest ceiling.
    pub(crate) fn remaining(&self, aside: &Aside) -> Nano {
        let free = |no: &AccountNo| self.accounts.get(*no).map(|account| account.amounts.free());
        if aside.legs.is_empty() {
            return aside.ceilings.iter().filter_map(free).min().unwrap_or(Nano::ZERO);
        }
        aside.legs.iter().filter_map(|leg| free(&leg.no)).fold(Nano::ZERO, Nano::saturating_add)
    }

    /// What a correction of a settled hold changes.
    pub(crate) fn correct(&self, id: HoldId, correction: &Correction<'_>) -> Result<Corrected, LedgerError> {
        match correction {
            Correction::To(total) => self.correct_to(id, *total),
            Correction::By { legs, ceilings, delta } => self.correct_by(id, legs, ceilings, *delta),
        }
    }

    fn correct_to(&self, id: HoldId, total: Nano) -> Result<Corrected, LedgerError> {
        let paid = &self.remembered.ended(id).ok_or_else(|| self.no_ended(id))?.paid;
        if total.is_negative() {
            return Err(LedgerError::BadAmount { what: "a charge", amount: total });
        }
        let delta = total.saturating_sub(paid.amount);
        let mut legs = Legs::new();
        if delta.is_negative() {
            let mut rest = Nano::ZERO.saturating_sub(delta);
            for leg in paid.legs.iter().rev() {
                let part = rest.min(leg.amount);
                rest = rest.saturating_sub(part);
                add(&mut legs, leg.no, Nano::ZERO.saturating_sub(part));
            }
        } else {
            self.share_excess(&mut legs, paid, delta);
        }
        Ok(Corrected { delta, legs, ceilings: paid.ceilings.clone() })
    }

    fn correct_by(
        &self,
        id: HoldId,
        legs: &[Leg],
        ceilings: &[AccountNo],
        delta: Nano,
    ) -> Result<Corrected, LedgerError> {
        let bad = |amount| LedgerError::BadAmount { what: "a correction", amount };
        let count = legs.len().saturating_add(ceilings.len());
        if count == 0 || legs.len() > ACCOUNTS_MAX || ceilings.len() > ACCOUNTS_MAX {
            return Err(LedgerError::AccountCount { count });
        }
        let sum = legs.iter().try_fold(Nano::ZERO, |sum, leg| sum.checked_add(leg.amount)).ok_or_else(|| bad(delta))?;
        if !legs.is_empty() && sum != delta {
            return Err(bad(delta));
        }
        let mut amounts = legs.iter().map(|leg| leg.amount).chain([delta]);
        if let Some(endless) = amounts.find(|amount| amount.checked_neg().is_none()) {
            return Err(bad(endless));
        }
        let grants: smallvec::SmallVec<[AccountNo; 4]> = legs.iter().map(|leg| leg.no).collect();
        twice(&grants)?;
        twice(ceilings)?;
        if let Some(overlap) = grants.iter().find(|no| ceilings.contains(no)) {
            return Err(LedgerError::NamedTwice(*overlap));
        }
        if let Some(ended) = self.remembered.ended(id) {
            let foreign = grants.iter().find(|no| ended.paid.legs.iter().all(|leg| leg.no != **no));
            let foreign = foreign.or_else(|| ceilings.iter().find(|no| !ended.paid.ceilings.contains(no)));
            let missing = ended.paid.ceilings.iter().find(|no| !ceilings.contains(no));
            if let Some(no) = foreign.or(missing) {
                return Err(LedgerError::UnknownAccount(*no));
            }
            if ended.paid.amount.checked_add(delta).is_none_or(Nano::is_negative) {
                return Err(bad(delta));
            }
        } else if self.has_not_ended(id) {
            return Err(self.no_ended(id));
        }
        let books = legs.iter().map(|leg| (leg.no, leg.amount, Book::Money));
        for (no, amount, book) in books.chain(ceilings.iter().map(|no| (*no, delta, Book::Limit))) {
            if no >= self.next_account || no.0 == 0 {
                return Err(LedgerError::UnknownAccount(no));
            }
            let Some(account) = self.accounts.get(no) else { continue };
            in_book(no, account, book)?;
            if account.amounts.spent.saturating_add(amount).is_negative() {
                return Err(bad(amount));
            }
        }
        // In the order of the call, which is the order replay compares with.
        let ceilings = self.remembered.ended(id).map_or_else(|| ceilings.into(), |ended| ended.paid.ceilings.clone());
        Ok(Corrected { delta, legs: legs.into(), ceilings })
    }

    /// Why there is no open hold of this name.
    pub(crate) fn no_open(&self, id: HoldId) -> LedgerError {
        match self.item_of(id) {
            Some(item) => LedgerError::InSuspense { id, item },
            None => LedgerError::UnknownHold(id),
        }
    }

    /// Why there is no settled hold of this name.
    pub(crate) fn no_ended(&self, id: HoldId) -> LedgerError {
        if self.holds.contains_key(&id) { LedgerError::NotSettled(id) } else { self.no_open(id) }
    }

    /// Is it open or in suspense? One that ended is remembered for a while, then forgotten.
    pub(crate) fn has_not_ended(&self, id: HoldId) -> bool {
        self.holds.contains_key(&id) || self.item_of(id).is_some()
    }

    /// Few items are ever open, and only errors look for one by its hold.
    fn item_of(&self, id: HoldId) -> Option<crate::number::SuspenseId> {
        self.items.iter().find(|(_, item)| item.hold == Some(id)).map(|(name, _)| *name)
    }

    fn open(&self, no: AccountNo) -> Result<&Account, LedgerError> {
        self.accounts.get(no).ok_or(LedgerError::UnknownAccount(no))
    }

    fn check_book(&self, numbers: &[AccountNo], book: Book) -> Result<(), LedgerError> {
        twice(numbers)?;
        numbers.iter().try_for_each(|no| in_book(*no, self.open(*no)?, book))
    }
}

fn add(legs: &mut Legs, no: AccountNo, amount: Nano) {
    if amount.is_zero() {
        return;
    }
    match legs.iter_mut().find(|leg| leg.no == no) {
        Some(leg) => leg.amount = leg.amount.saturating_add(amount),
        None => legs.push(Leg { no, amount }),
    }
}

fn check_range(want: Nano, least: Nano) -> Result<(), LedgerError> {
    if want.is_negative() {
        return Err(LedgerError::BadAmount { what: "the amount wanted", amount: want });
    }
    if least.is_negative() || least > want {
        return Err(LedgerError::BadAmount { what: "the least useful amount", amount: least });
    }
    Ok(())
}

fn twice(numbers: &[AccountNo]) -> Result<(), LedgerError> {
    let found = numbers.iter().enumerate().find(|(i, no)| numbers.iter().take(*i).any(|other| other == *no));
    found.map_or(Ok(()), |(_, no)| Err(LedgerError::NamedTwice(*no)))
}

fn in_book(no: AccountNo, account: &Account, expected: Book) -> Result<(), LedgerError> {
    let book = account.key.subject.book();
    if book == expected { Ok(()) } else { Err(LedgerError::WrongBook { no, book }) }
}
