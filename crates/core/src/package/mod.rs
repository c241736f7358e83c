//! Packages: salary, bonus, equity and tokens, what a year of them is worth, and what part is which.
//!
//! A package has one currency; a dated rate into another one is fixed with it. Salary and token budget are written for
//! full working time and scaled by the working share; equity, and a bonus written as an amount, are what they say.
//! Everything between two amounts is an exact fraction ([`Exact`]), rounded once where it is shown or enforced.

mod annual;
mod equity;
mod exact;
mod percent;
mod rate;
mod tokens;

pub use annual::{Annual, Pillar, TokenViews};
pub use equity::{Equity, Vesting};
pub use exact::Exact;
pub use percent::{Percent, PercentError, Share};
pub use rate::DatedRate;
pub use tokens::{
    Activation, Basis, BasisError, Purpose, ReleaseEvery, Remedy, Rollover, Sharing, TermError, TokenLine, TokenTerm,
};

use serde::{Deserialize, Serialize};

use crate::money::{Currency, Nano};
use crate::price::Ratio;

/// Workdays in a year where no calendar says otherwise: 52 weeks of five.
pub const WORKDAYS_PER_YEAR: u16 = 260;

/// What somebody is offered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// The currency of every amount in it.
    pub currency: Currency,
    /// Its worth in another currency; needed where the ledger has another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<DatedRate>,
    /// For a year of full working time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub salary: Option<Nano>,
    /// For results.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bonus: Option<Bonus>,
    /// A part of the company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equity: Option<Equity>,
    /// The token budget.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<TokenLine>,
    /// The part of full working time: `0.8` for four days of five. Above zero, at most one.
    #[serde(default, skip_serializing_if = "annual::is_one")]
    pub working_share: Ratio,
    /// Workdays that a year of the location counts, by which amounts per workday and per year are the same.
    #[serde(default = "workdays_per_year", skip_serializing_if = "is_usual")]
    pub workdays_per_year: u16,
}

fn workdays_per_year() -> u16 {
    WORKDAYS_PER_YEAR
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn is_usual(workdays: &u16) -> bool {
    *workdays == WORKDAYS_PER_YEAR
}

/// What is paid for results, when they are met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Bonus {
    /// For each year, as written.
    Amount(Nano),
    /// Hundredths of the salary, for each year.
    OfBase(Percent),
}

/// Why a package is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PackageError {
    /// An amount below zero.
    #[error("the {0} is below zero; write what is offered, or leave it out")]
    Negative(&'static str),
    /// A percentage of nothing.
    #[error("the {0} is a percentage of base, but there is no salary; add the salary or write an amount")]
    NoBase(&'static str),
    /// A schedule that never vests.
    #[error("the vesting makes no sense: it takes at least one month, its steps too, and the cliff lies within it")]
    Vesting,
    /// More than all of one's time, or none.
    #[error("a working share of {0} is none; write the part of full working time, such as 0.8, at most 1")]
    WorkingShare(Ratio),
    /// No year has that many.
    #[error("a year has between 1 and 366 workdays, not {0}")]
    Workdays(u16),
    /// The rate leads to where one is, or is nothing.
    #[error("the exchange rate goes from {} to {} at {rate}; it needs another currency and a rate above zero", from.code(), to.code())]
    Rate {
        /// The package's currency.
        from: Currency,
        /// The rate's.
        to: Currency,
        /// The rate.
        rate: Ratio,
    },
    /// Beyond the range of an account.
    #[error("the amounts add up to more than 9,223,372,036 units, the largest amount one account can hold")]
    TooLarge,
}

impl Package {
    /// A package without any pillar.
    pub fn empty(currency: Currency) -> Self {
        Self {
            currency,
            rate: None,
            salary: None,
            bonus: None,
            equity: None,
            tokens: None,
            working_share: Ratio::ONE,
            workdays_per_year: WORKDAYS_PER_YEAR,
        }
    }

    /// Are the pillars those of a package that can be counted?
    ///
    /// # Errors
    /// [`PackageError`] with what is wrong with them.
    pub fn check(&self) -> Result<(), PackageError> {
        let line = self.tokens.as_ref();
        let below = |amount: Option<Nano>| amount.is_some_and(Nano::is_negative);
        let bonus = self.bonus.and_then(|bonus| if let Bonus::Amount(amount) = bonus { Some(amount) } else { None });
        if below(self.salary) {
            return Err(PackageError::Negative("salary"));
        }
        if below(bonus) {
            return Err(PackageError::Negative("bonus"));
        }
        if below(self.equity.as_ref().map(|equity| equity.value)) {
            return Err(PackageError::Negative("equity"));
        }
        if line.is_some_and(|line| line.amount.is_negative()) {
            return Err(PackageError::Negative("token budget"));
        }
        if line.and_then(|line| line.floor).is_some_and(Basis::is_negative) {
            return Err(PackageError::Negative("floor of the token budget"));
        }
        if self.salary.is_none() {
            let of_base = |basis: Option<Basis>| matches!(basis, Some(Basis::OfBase(_)));
            if matches!(self.bonus, Some(Bonus::OfBase(_))) {
                return Err(PackageError::NoBase("bonus"));
            }
            if of_base(line.map(|line| line.amount)) {
                return Err(PackageError::NoBase("token budget"));
            }
            if of_base(line.and_then(|line| line.floor)) {
                return Err(PackageError::NoBase("floor of the token budget"));
            }
        }
        if self.equity.as_ref().is_some_and(|equity| !equity.vesting.is_sound()) {
            return Err(PackageError::Vesting);
        }
        if self.working_share.num() == 0 || self.working_share.exceeds(Ratio::ONE) {
            return Err(PackageError::WorkingShare(self.working_share));
        }
        if !(1..=366).contains(&self.workdays_per_year) {
            return Err(PackageError::Workdays(self.workdays_per_year));
        }
        match &self.rate {
            Some(DatedRate { to, rate, .. }) if *to == self.currency || rate.num() == 0 => {
                Err(PackageError::Rate { from: self.currency.clone(), to: to.clone(), rate: *rate })
            }
            _ => Ok(()),
        }
    }

    /// An amount of it in a currency, by its own dated rate; `None` when it has no rate there, or the amount does not
    /// fit.
    pub fn in_currency(&self, amount: Exact, currency: &Currency) -> Option<Exact> {
        if self.currency == *currency {
            return Some(amount);
        }
        self.rate.as_ref().filter(|rate| rate.to == *currency)?.convert(amount)
    }
}

#[cfg(test)]
mod tests;
