//! What the control plane hands to the gateway: everything a call is decided by, as of one moment.

use std::sync::Arc;

use crate::directory::Directory;
use crate::money::Currency;
use crate::policy::Policy;
use crate::price::PriceBook;

/// Everything a call is decided by. Immutable: a change makes another snapshot, which costs in proportion to the
/// change because directory and price book share what stayed the same. A call keeps the one it started with.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// People, units, keys, grants and budgets.
    pub directory: Directory,
    /// What models cost: the directory's prices.
    pub prices: PriceBook,
    /// How calls are admitted: the company's policy. [`Directory::policy_of`] knows people with one of their own.
    pub policy: Arc<Policy>,
    /// The ledger's currency; US dollars before the company is founded, when nobody can spend anything.
    pub currency: Currency,
}

impl Snapshot {
    /// The snapshot of a directory.
    pub fn of(directory: Directory) -> Self {
        Self {
            prices: directory.prices().clone(),
            policy: Arc::clone(directory.policy()),
            currency: directory.company().map_or_else(Currency::usd, |company| company.currency.clone()),
            directory,
        }
    }
}
