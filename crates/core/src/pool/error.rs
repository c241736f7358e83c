//! Why pools refuse an event.

use super::{CommitmentOf, FiscalYear};
use crate::id::{MovementId, PoolId};
use crate::money::Nano;

/// Why an event about pools, or a grant from one, can't have happened. Nothing of it has been applied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PoolError {
    /// No such pool.
    #[error("there is no pool {0}; open it first, or take the id from the list of pools")]
    Unknown(PoolId),
    /// More than there is.
    #[error(
        "pool {pool} has {free} free in fiscal year {year}, and this needs {needed}: committed never exceeds funded; fund \
         the pool, transfer from another one, or promise less"
    )]
    Overcommitted {
        /// Which pool.
        pool: PoolId,
        /// Which year.
        year: FiscalYear,
        /// What is not committed now.
        free: Nano,
        /// What is asked for on top of what is committed.
        needed: Nano,
    },
    /// A year that begins with too little for what goes on in it.
    #[error(
        "grants from pool {pool} go on in fiscal year {year} and release up to {needed} there; open the year with at \
         least that, not with {given}"
    )]
    YearShort {
        /// Which pool.
        pool: PoolId,
        /// Which year.
        year: FiscalYear,
        /// What the year is opened with.
        given: Nano,
        /// What goes on in it.
        needed: Nano,
    },
    /// The year has no funds yet.
    #[error("fiscal year {year} of pool {pool} is not open; fund it first")]
    YearNotOpen {
        /// Which pool.
        pool: PoolId,
        /// Which year.
        year: FiscalYear,
    },
    /// An amount that funds nothing.
    #[error(
        "{0} is no amount to fund or transfer; it must be above zero, and a year can't be opened by taking from it"
    )]
    Amount(Nano),
    /// A year nobody means.
    #[error("{0} is no fiscal year; write one between 1970 and 8999")]
    Year(FiscalYear),
    /// From a pool into itself, or from nowhere to nowhere.
    #[error("funds move into a pool, out of one, or from one to another; {0} names no two different ends")]
    NoWay(MovementId),
    /// Other years would move commitments.
    #[error("the month in which fiscal years begin can't change once a pool has funds; it stays at {0}")]
    CalendarFixed(i8),
    /// Money of another part of the company.
    #[error("pool {0} belongs to a unit that this person is not in; choose the company's or one of their own units'")]
    Elsewhere(PoolId),
    /// More than can be counted.
    #[error("{0} releases more in a fiscal year than one pool can hold; make the amount smaller")]
    TooMuch(CommitmentOf),
    /// A guarantee without funds.
    #[error("{0} is to be set aside and names no pool; name the one that pays for it")]
    NoPool(CommitmentOf),
    /// Nothing of that is committed.
    #[error("nothing is committed for {0} there; take the id from the list of grants")]
    NothingCommitted(CommitmentOf),
    /// It still releases money.
    #[error("{0} still releases money; what it spent is accounted for after it has ended")]
    StillRunning(CommitmentOf),
    /// Spent more than was released.
    #[error("{of} can't have spent {spent} where at most {committed} was released")]
    SpentTooMuch {
        /// Which grant.
        of: CommitmentOf,
        /// What it is said to have spent.
        spent: Nano,
        /// What was committed for it.
        committed: Nano,
    },
}

impl PoolError {
    /// Is it that there is too little money, rather than a mistake in what was asked?
    pub const fn is_short(&self) -> bool {
        matches!(self, Self::Overcommitted { .. } | Self::YearShort { .. } | Self::YearNotOpen { .. })
    }

    /// Is it something that is not there?
    pub const fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown(_) | Self::NothingCommitted(_))
    }

    /// Does the input make no sense whatever is there?
    pub const fn is_nonsense(&self) -> bool {
        matches!(self, Self::Amount(_) | Self::Year(_) | Self::NoWay(_) | Self::TooMuch(_) | Self::NoPool(_))
    }
}
