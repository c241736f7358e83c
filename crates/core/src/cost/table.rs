//! What the company says its people cost, by family and level, and what comes on top of pay.

use serde::{Deserialize, Serialize};

use super::{LoadedCost, Pay, PaySource, RowOf};
use crate::money::Nano;
use crate::package::{Exact, Percent};
use crate::price::Ratio;
use crate::role::Role;

/// Rows of one table: twenty families of twenty levels, and then some.
pub const ROWS_MAX: usize = 500;

/// What is set about costs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CostTable {
    rows: Vec<CostRow>,
}

/// What is said about a family and level, a family, or everybody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CostRow {
    /// Whose.
    #[serde(default)]
    pub of: RowOf,
    /// What somebody of full working time is paid in a year, for those whose own pay is not known here; where it is missing
    /// the row says only what comes on top.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pay: Option<RowPay>,
    /// What comes on top for benefits.
    #[serde(default)]
    pub benefits: Extra,
    /// What comes on top for overhead.
    #[serde(default)]
    pub overhead: Extra,
}

/// What somebody is usually paid in a year of full working time, in the ledger's currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RowPay {
    /// The salary.
    pub salary: Nano,
    /// The bonus.
    #[serde(default)]
    pub bonus: Nano,
    /// A year's vesting.
    #[serde(default)]
    pub equity: Nano,
}

/// What comes on top of pay: a part of the salary, an amount, or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Extra {
    /// Hundredths of the salary at the working share.
    pub of_salary: Percent,
    /// An amount for each head and year, whatever the working share.
    pub per_year: Nano,
}

impl Default for Extra {
    fn default() -> Self {
        Self { of_salary: Percent::whole(0), per_year: Nano::ZERO }
    }
}

/// Why a table or a row is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// An amount below zero.
    #[error("the {0} is below zero; write what it costs, or leave it out")]
    Negative(&'static str),
    /// A level of nothing.
    #[error("a level belongs to a family; name the family too")]
    LevelAlone,
    /// More than a company has.
    #[error("a table of costs has at most {ROWS_MAX} rows; set a family's for all its levels")]
    TooMany,
    /// Two rows for the same people.
    #[error("the table has two rows for the same family and level; keep one of them")]
    Twice,
    /// Beyond the range of an account.
    #[error("the parts add up to more than 9,223,372,036 units, the largest amount one account can hold")]
    TooLarge,
}

impl CostTable {
    /// Its rows: everybody's first, then by family and level.
    pub fn rows(&self) -> &[CostRow] {
        &self.rows
    }

    /// A row, new or in the place of the one for the same people.
    ///
    /// # Errors
    /// [`TableError`]; nothing has changed then.
    pub fn set(&mut self, row: CostRow) -> Result<(), TableError> {
        row.check()?;
        match self.rows.binary_search_by(|known| known.of.cmp(&row.of)) {
            Ok(place) => {
                if let Some(known) = self.rows.get_mut(place) {
                    *known = row;
                }
            }
            Err(_) if self.rows.len() >= ROWS_MAX => return Err(TableError::TooMany),
            Err(place) => self.rows.insert(place, row),
        }
        Ok(())
    }

    /// Takes a row out; `false` where there was none.
    pub fn end(&mut self, of: &RowOf) -> bool {
        let before = self.rows.len();
        self.rows.retain(|row| row.of != *of);
        self.rows.len() < before
    }

    /// Is a table that was read one that [`CostTable::set`] could have made?
    ///
    /// # Errors
    /// [`TableError`].
    pub fn check(&self) -> Result<(), TableError> {
        if self.rows.len() > ROWS_MAX {
            return Err(TableError::TooMany);
        }
        self.rows.iter().try_for_each(CostRow::check)?;
        let sorted = self.rows.is_sorted_by(|a, b| a.of < b.of);
        if sorted { Ok(()) } else { Err(TableError::Twice) }
    }

    /// What somebody costs in a year: with the pay of their offer, else with that of the closest row that has one, at the
    /// working share; on top of it what the closest row says. `None`: nobody said what they are paid.
    pub fn loaded(&self, role: Option<&Role>, own: Option<Pay>, share: Ratio) -> Option<LoadedCost> {
        let (pay, source) = if let Some(pay) = own {
            (pay, PaySource::Offer)
        } else {
            let row = self.closest(role, |row| row.pay.is_some())?;
            (row.pay?.exact().scaled(share)?, PaySource::Row(row.of.clone()))
        };
        let row = self.closest(role, |_| true);
        let extra = |extra: fn(&CostRow) -> Extra| row.map_or(Some(Exact::ZERO), |row| extra(row).on(pay.salary));
        let (benefits, overhead) = (extra(|row| row.benefits)?, extra(|row| row.overhead)?);
        let parts = [pay.salary, pay.bonus, pay.equity, benefits, overhead];
        LoadedCost::of(parts, source, row.map(|row| row.of.clone()))
    }

    /// The closest row of those that fit: of the family and level, else of the family, else everybody's.
    fn closest(&self, role: Option<&Role>, fits: impl Fn(&CostRow) -> bool) -> Option<&CostRow> {
        let find = |of: RowOf| {
            let place = self.rows.binary_search_by(|known| known.of.cmp(&of)).ok()?;
            self.rows.get(place).filter(|row| fits(row))
        };
        let family = role.map(|role| role.family.clone());
        let own = role.filter(|role| role.level.is_some());
        own.and_then(|role| find(RowOf { family: Some(role.family.clone()), level: role.level }))
            .or_else(|| family.and_then(|family| find(RowOf { family: Some(family), level: None })))
            .or_else(|| find(RowOf::default()))
    }
}

impl CostRow {
    /// Does it say what somebody can cost?
    ///
    /// # Errors
    /// [`TableError`].
    pub fn check(&self) -> Result<(), TableError> {
        if self.of.level.is_some() && self.of.family.is_none() {
            return Err(TableError::LevelAlone);
        }
        let pay = self.pay.unwrap_or(RowPay { salary: Nano::ZERO, bonus: Nano::ZERO, equity: Nano::ZERO });
        let parts = [
            ("salary", pay.salary),
            ("bonus", pay.bonus),
            ("equity", pay.equity),
            ("amount for benefits", self.benefits.per_year),
            ("amount for overhead", self.overhead.per_year),
        ];
        if let Some((part, _)) = parts.iter().find(|(_, amount)| amount.is_negative()) {
            return Err(TableError::Negative(part));
        }
        let alone = CostTable { rows: vec![Self { of: RowOf::default(), ..self.clone() }] };
        let counted = self.pay.is_none() || alone.loaded(None, None, Ratio::ONE).is_some();
        if counted { Ok(()) } else { Err(TableError::TooLarge) }
    }
}

impl RowPay {
    fn exact(self) -> Pay {
        Pay { salary: Exact::of(self.salary), bonus: Exact::of(self.bonus), equity: Exact::of(self.equity) }
    }
}

impl Extra {
    /// What it is on a salary; `None` when it does not fit.
    fn on(self, salary: Exact) -> Option<Exact> {
        self.of_salary.of(salary)?.checked_add(Exact::of(self.per_year))
    }
}
