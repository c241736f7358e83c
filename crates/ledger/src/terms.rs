//! What a caller takes an account to be: its limit, and what guarantees mean to it.

use purser_core::money::Nano;
use purser_core::plan::Leg;

use crate::state::Account;

/// The terms of an account. From a bare amount: that limit, without guarantees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Money released to it, or its limit. Nano-units, never negative.
    pub limit: Nano,
    /// What guarantees mean to it.
    pub guarantee: Guarantee,
}

/// What guarantees mean to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guarantee {
    /// Nothing: a grant that promises nothing for good, or a ceiling that binds everything under it.
    Plain,
    /// What this grant pays is guaranteed.
    Guaranteed,
    /// A ceiling that counts what guaranteed grants pay and never refuses it.
    Yields {
        /// What it keeps for them, used and unused together: what else is spent under it never takes this.
        reserve: Nano,
    },
}

impl From<Nano> for Terms {
    fn from(limit: Nano) -> Self {
        Self { limit, guarantee: Guarantee::Plain }
    }
}

/// What a plan takes an account to be.
impl From<&Leg> for Terms {
    fn from(leg: &Leg) -> Self {
        let guarantee = match leg.reserve {
            // With nothing guaranteed below there is nothing to tell apart.
            Some(Nano::ZERO) => Guarantee::Plain,
            Some(reserve) => Guarantee::Yields { reserve },
            None if leg.is_guaranteed() => Guarantee::Guaranteed,
            None => Guarantee::Plain,
        };
        Self { limit: leg.limit, guarantee }
    }
}

impl Guarantee {
    /// Does the account keep this? One that keeps more in reserve does: a reserve grows with whoever knows of more, and
    /// shrinks by [`crate::Ledger::reserve`] alone.
    pub(crate) fn is_kept(self, account: &Account) -> bool {
        match self {
            Self::Plain => true,
            Self::Guaranteed => account.guarantees,
            Self::Yields { reserve } => account.guarantees && account.amounts.reserve >= reserve,
        }
    }
}

impl Terms {
    pub(crate) fn are_kept(self, account: &Account) -> bool {
        account.amounts.limit == self.limit && self.guarantee.is_kept(account)
    }
}
