//! The accounts that count what a run costs, beside those of the call's plan.

use std::cell::RefCell;

use purser_core::plan::Leg;
use purser_ledger::{AccountNo, Ledger, LedgerError, Terms};
use smallvec::SmallVec;

/// Nearly always none; else the run's own and those of the runs above it.
#[derive(Debug, Default)]
pub(crate) struct RunLegs {
    legs: SmallVec<[Leg; 1]>,
    numbers: RefCell<SmallVec<[AccountNo; 4]>>,
}

impl RunLegs {
    pub(crate) fn new(legs: SmallVec<[Leg; 1]>) -> Self {
        Self { legs, numbers: RefCell::default() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.legs.is_empty()
    }

    /// What the ledger is told of each.
    pub(crate) fn terms(&self) -> impl Iterator<Item = Terms> {
        self.legs.iter().map(Terms::from)
    }

    /// The leg of an account.
    pub(crate) fn of(&self, no: AccountNo) -> Option<&Leg> {
        let place = self.numbers.borrow().iter().position(|number| *number == no)?;
        self.legs.get(place)
    }

    /// The numbers of the accounts, opened where they are new or have other limits.
    pub(crate) fn open(&self, ledger: &Ledger) -> Result<SmallVec<[AccountNo; 4]>, LedgerError> {
        let wanted: SmallVec<[_; 4]> = self.legs.iter().map(|leg| (leg.account, Terms::from(leg))).collect();
        let (opened, _new) = ledger.accounts(&wanted)?;
        let numbers: SmallVec<[AccountNo; 4]> = opened.into_iter().collect();
        self.numbers.borrow_mut().clone_from(&numbers);
        Ok(numbers)
    }
}
