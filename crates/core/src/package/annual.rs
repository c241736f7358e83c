//! A package by the year, and its token line seen from every side.

use serde::Serialize;

use super::{Basis, Bonus, Equity, Exact, Package, PackageError, Share};
use crate::price::Ratio;

/// One of the four.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Pillar {
    /// What is paid each month.
    Salary,
    /// What is paid for results.
    Bonus,
    /// A part of the company.
    Equity,
    /// The token budget.
    Tokens,
}

impl Pillar {
    /// All four, in the order people name them.
    pub const ALL: [Self; 4] = [Self::Salary, Self::Bonus, Self::Equity, Self::Tokens];
}

/// What a whole year of a package is worth, at its working share, in its currency. Exact: every figure that is shown is
/// rounded from here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Annual {
    /// The salary.
    pub salary: Exact,
    /// The bonus.
    pub bonus: Exact,
    /// A year's vesting.
    pub equity: Exact,
    /// The token budget.
    pub tokens: Exact,
    /// All four.
    pub total: Exact,
    /// The first three: what a package is worth to those who count the fourth as a work tool.
    pub without_tokens: Exact,
}

impl Annual {
    /// One of the four.
    pub const fn pillar(&self, pillar: Pillar) -> Exact {
        match pillar {
            Pillar::Salary => self.salary,
            Pillar::Bonus => self.bonus,
            Pillar::Equity => self.equity,
            Pillar::Tokens => self.tokens,
        }
    }

    /// What part of the package one of the four is; `None` of an empty package.
    pub fn share(&self, pillar: Pillar) -> Option<Share> {
        Share::of(self.pillar(pillar), self.total)
    }
}

/// One token budget from every side. All are the same exact figure, each rounded once: multiplied back, none is off by
/// more than half a nano-unit for each day or month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenViews {
    /// For each workday of the location.
    pub workday: Exact,
    /// For each month.
    pub month: Exact,
    /// For each year.
    pub year: Exact,
    /// As part of the salary, when there is one.
    pub of_base: Option<Share>,
}

impl Package {
    /// A year of it.
    ///
    /// # Errors
    /// [`PackageError`] when a pillar is not sound, or a sum does not fit.
    pub fn annual(&self) -> Result<Annual, PackageError> {
        self.check()?;
        let salary = self.scaled(Exact::of(self.salary.unwrap_or_default()));
        let bonus = match self.bonus {
            None => Some(Exact::ZERO),
            Some(Bonus::Amount(amount)) => Some(Exact::of(amount)),
            Some(Bonus::OfBase(percent)) => salary.and_then(|salary| percent.of(salary)),
        };
        let equity = self.equity.as_ref().map_or(Some(Exact::ZERO), Equity::annual);
        let tokens = match &self.tokens {
            None => Some(Exact::ZERO),
            Some(line) => self.basis_year(line.amount),
        };
        let sum = || {
            let (salary, bonus, equity, tokens) = (salary?, bonus?, equity?, tokens?);
            let without_tokens = salary.checked_add(bonus)?.checked_add(equity)?;
            let total = without_tokens.checked_add(tokens)?;
            Some(Annual { salary, bonus, equity, tokens, total, without_tokens })
        };
        sum().filter(|annual| annual.total.round().is_some()).ok_or(PackageError::TooLarge)
    }

    /// The token budget from every side; `None` when there is none.
    ///
    /// # Errors
    /// As [`Package::annual`].
    pub fn token_views(&self) -> Result<Option<TokenViews>, PackageError> {
        let annual = self.annual()?;
        if self.tokens.is_none() {
            return Ok(None);
        }
        let of_base = Share::of(annual.tokens, annual.salary);
        let views = || {
            let workday = annual.tokens.over(i64::from(self.workdays_per_year))?;
            Some(TokenViews { workday, month: annual.tokens.over(12)?, year: annual.tokens, of_base })
        };
        views().map(Some).ok_or(PackageError::TooLarge)
    }

    /// What a year of an amount is, at the working share; `None` when it does not fit, or is part of a salary that is
    /// not there.
    pub fn basis_year(&self, basis: Basis) -> Option<Exact> {
        self.scaled(match basis {
            Basis::PerWorkday(amount) => Exact::of(amount).times(i64::from(self.workdays_per_year))?,
            Basis::PerMonth(amount) => Exact::of(amount).times(12)?,
            Basis::PerYear(amount) => Exact::of(amount),
            Basis::OfBase(percent) => percent.of(Exact::of(self.salary?))?,
        })
    }

    fn scaled(&self, full_time: Exact) -> Option<Exact> {
        full_time.scaled(self.working_share)
    }
}

/// For leaving out of JSON what need not be said.
pub(super) fn is_one(ratio: &Ratio) -> bool {
    ratio.is_one()
}
