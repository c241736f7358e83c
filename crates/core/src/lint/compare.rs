//! Offers beside each other: the same money for each workday, for each year, and as a part of the package.

use serde::Serialize;

use crate::money::{Currency, Nano};
use crate::package::{Exact, Package, PackageError, Pillar, Share, TokenLine};

/// One offer among others. Amounts in the currency that they are compared in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// Which, in the order given, from 0.
    pub place: usize,
    /// Everything for each year.
    pub total_year: Nano,
    /// Without the token budget.
    pub without_tokens_year: Nano,
    /// The token budget for each year.
    pub tokens_year: Nano,
    /// The token budget for each workday.
    pub tokens_workday: Nano,
    /// The token budget as a part of the package; `None` of an empty one.
    pub tokens_share: Option<Share>,
    /// Of the tokens of a year, what is theirs alone and guaranteed.
    pub promised_year: Nano,
}

/// Why offers can't be compared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompareError {
    /// A package that can't be counted.
    #[error("offer {}: {error}", place.saturating_add(1))]
    Package {
        /// Which, from 0.
        place: usize,
        /// Why.
        error: PackageError,
    },
    /// Currencies without a way between them.
    #[error(
        "offer {} is in {} and has no dated rate to {}; add one to it, or name the currency to compare in",
        place.saturating_add(1), from.code(), to.code()
    )]
    NoRate {
        /// Which, from 0.
        place: usize,
        /// Its currency.
        from: Currency,
        /// The currency to compare in.
        to: Currency,
    },
}

/// Puts packages beside each other, in one currency: the most token budget for each year first, what is equal in the
/// order given.
///
/// # Errors
/// [`CompareError`] when one can't be counted, or not in that currency.
pub fn compare(packages: &[&Package], currency: &Currency) -> Result<Vec<Compared>, CompareError> {
    let mut rows: Vec<(Exact, Compared)> = Vec::with_capacity(packages.len());
    for (place, package) in packages.iter().enumerate() {
        let failed = |error| CompareError::Package { place, error };
        let annual = package.annual().map_err(failed)?;
        if package.currency != *currency && package.rate.as_ref().is_none_or(|rate| rate.to != *currency) {
            return Err(CompareError::NoRate { place, from: package.currency.clone(), to: currency.clone() });
        }
        let there = |exact: Exact| package.in_currency(exact, currency).ok_or(failed(PackageError::TooLarge));
        let round = |exact: Exact| exact.round().ok_or(failed(PackageError::TooLarge));
        let tokens = there(annual.tokens)?;
        let workday = tokens.over(i64::from(package.workdays_per_year)).ok_or(failed(PackageError::TooLarge))?;
        let is_promised = |line: &TokenLine| line.guaranteed && line.sharing == crate::package::Sharing::Own;
        let promised = if package.tokens.as_ref().is_some_and(is_promised) { tokens } else { Exact::ZERO };
        let row = Compared {
            place,
            total_year: round(there(annual.total)?)?,
            without_tokens_year: round(there(annual.without_tokens)?)?,
            tokens_year: round(tokens)?,
            tokens_workday: round(workday)?,
            tokens_share: annual.share(Pillar::Tokens),
            promised_year: round(promised)?,
        };
        rows.push((tokens, row));
    }
    rows.sort_by_key(|(tokens, _)| std::cmp::Reverse(*tokens));
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}
