//! What is set aside in pools for one grant, or for an offer that may become one.

use std::fmt;
use std::sync::Arc;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{FiscalCalendar, FiscalYear};
use crate::calendar::CivilSpan;
use crate::grant::Grant;
use crate::id::{GrantId, OfferId, PoolId};
use crate::money::Nano;

/// For what something is set aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommitmentOf {
    /// A guaranteed grant.
    Grant(GrantId),
    /// An offer that was sent, until it is accepted or has come to nothing.
    Offer(OfferId),
}

impl fmt::Display for CommitmentOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Grant(grant) => write!(f, "grant {grant}"),
            Self::Offer(offer) => write!(f, "offer {offer}"),
        }
    }
}

/// What is set aside for one grant or offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commitment {
    /// For what.
    pub of: CommitmentOf,
    /// The terms: the grant's own, or those that the offer would become.
    pub terms: Arc<Grant>,
    /// Where and when, in the order of pools and years. Years that are not open yet are missing.
    pub shares: Box<[Share]>,
}

/// What is set aside in one year of one pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// In which pool.
    pub pool: PoolId,
    /// In which year.
    pub year: FiscalYear,
    /// How much: the most that can be released, or once it is over what was spent.
    pub amount: Nano,
    /// Is it over, and the amount what was spent?
    pub accounted: bool,
}

impl Commitment {
    /// Its share in a year of a pool.
    pub fn share(&self, pool: PoolId, year: FiscalYear) -> Option<&Share> {
        self.shares.iter().find(|share| (share.pool, share.year) == (pool, year))
    }
}

/// The most that a grant can make its person spend of a year's releases from a pool, when nothing is released after
/// the day `last` (`None`: its term decides). `None` when that is more than one account can hold.
pub(crate) fn demand(terms: &Grant, pool: PoolId, days: CivilSpan, last: Option<Date>) -> Option<Nano> {
    if terms.pool != Some(pool) {
        return Some(Nano::ZERO);
    }
    i64::try_from(released_until(terms, days, last)).ok().map(Nano::new)
}

/// What a grant releases in periods that begin on these days and at the latest on `last`, in nano-units.
pub(crate) fn released_until(terms: &Grant, days: CivilSpan, last: Option<Date>) -> i128 {
    let until = last.and_then(|last| last.tomorrow().ok()).map_or(days.until, |until| until.min(days.until));
    terms.released_in(CivilSpan { until, ..days })
}

/// The fiscal year in which a grant first releases money.
pub(crate) fn first_year(terms: &Grant, calendar: FiscalCalendar) -> FiscalYear {
    calendar.year(terms.born())
}
