//! Pools: funds of the company or a unit, from which guaranteed grants are committed.
//!
//! **Model.** A pool has funds per fiscal year, in the ledger's currency. A guaranteed grant names its pool and commits
//! there, for every fiscal year that its term touches, the most it can release in that year. A year is opened by its
//! first funds, and only opened years carry commitments: a term that goes on commits in a later year when that one is
//! opened, which takes at least the funds that the grants made so far will need in it.
//!
//! **Owns** fiscal years, funds, and what is committed from them.
//!
//! **Does not own** what was spent (`ledger`): events tell it, when a grant has come to its end.
//!
//! **Invariant.** `committed <= funded` in every pool and year, after every event.

mod commitment;
mod error;
mod fiscal;

pub use commitment::{Commitment, CommitmentOf, Share};
pub(crate) use commitment::{demand, first_year, released_until};
pub use error::PoolError;
pub use fiscal::{FiscalCalendar, FiscalYear};

use serde::{Deserialize, Serialize};

use crate::id::{MovementId, PersonId, PoolId, UnitId};
use crate::money::Nano;
use crate::time::Instant;

/// Whose funds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PoolOn {
    /// The company's.
    Company,
    /// A unit's, for people in it and below it.
    Unit(UnitId),
}

/// Funds of the company or a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pool {
    /// Its id.
    pub id: PoolId,
    /// Whose.
    pub on: PoolOn,
    /// Who grants from it: a manager with a pool of their own inside a unit. `None` for whoever may for the owner.
    pub manager: Option<PersonId>,
    /// Since when.
    pub opened_at: Instant,
    /// The years opened so far, in order.
    pub years: Box<[PoolYear]>,
}

impl Pool {
    /// An opened year of it.
    pub fn year(&self, year: FiscalYear) -> Option<&PoolYear> {
        self.years.iter().find(|known| known.year == year)
    }
}

/// The funds of a pool in one fiscal year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolYear {
    /// Which year.
    pub year: FiscalYear,
    /// Funds put in, less those taken out.
    pub funded: Nano,
    /// Set aside for guaranteed grants and for offers that may become some.
    pub committed: Nano,
}

impl PoolYear {
    /// What nothing is committed to.
    pub const fn free(&self) -> Nano {
        self.funded.saturating_sub(self.committed)
    }
}

/// Funds that went into, out of or between pools, within one fiscal year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Movement {
    /// Its id: the same movement never happens twice.
    pub id: MovementId,
    /// Out of which pool; `None` for new funds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<PoolId>,
    /// Into which pool; `None` for funds that were taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<PoolId>,
    /// Of which year.
    pub year: FiscalYear,
    /// How much; above zero.
    pub amount: Nano,
    /// When.
    pub at: Instant,
}
