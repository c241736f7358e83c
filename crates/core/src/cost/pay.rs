//! What an offer pays, in the ledger's currency.

use crate::money::Currency;
use crate::package::{Exact, Package, PackageError};
use crate::price::Ratio;

/// Salary, bonus and equity of a year, at the working share, in the ledger's currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pay {
    /// The salary.
    pub salary: Exact,
    /// The bonus, when its results are met.
    pub bonus: Exact,
    /// A year's vesting.
    pub equity: Exact,
}

/// Why what a package pays can't be counted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayError {
    /// It has only other pillars.
    #[error("it has no salary")]
    NoSalary,
    /// It is of another currency, and has no rate into the ledger's.
    #[error("it is in {} and has no rate into {}", from.code(), to.code())]
    NoRate {
        /// The package's.
        from: Currency,
        /// The ledger's.
        to: Currency,
    },
    /// It can't be counted at all.
    #[error(transparent)]
    Package(#[from] PackageError),
}

impl Pay {
    /// What a package pays in a year, by the rate that is fixed in it.
    ///
    /// # Errors
    /// [`PayError`]: there is no salary, no rate, or a pillar is not sound.
    pub fn of(package: &Package, currency: &Currency) -> Result<Self, PayError> {
        let annual = package.annual()?;
        if package.salary.is_none() {
            return Err(PayError::NoSalary);
        }
        let into = |amount: Exact| {
            let no_rate = || PayError::NoRate { from: package.currency.clone(), to: currency.clone() };
            package.in_currency(amount, currency).ok_or_else(no_rate)
        };
        Ok(Self { salary: into(annual.salary)?, bonus: into(annual.bonus)?, equity: into(annual.equity)? })
    }

    /// The same of part of full working time; `None` when it does not fit.
    pub(super) fn scaled(self, share: Ratio) -> Option<Self> {
        let (salary, bonus) = (self.salary.scaled(share)?, self.bonus.scaled(share)?);
        Some(Self { salary, bonus, equity: self.equity.scaled(share)? })
    }
}
