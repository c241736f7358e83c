//! What was agreed, in plain numbers: who has which money when, under which limits.

use std::collections::BTreeMap;

use super::calendar::{Often, PLACES};
use super::entry::Key;
use super::rating::Prices;

/// Money of a person.
#[derive(Clone, Debug)]
pub struct GrantTerms {
    /// Its id in the journal.
    pub id: u128,
    /// Whose.
    pub person: usize,
    /// Index into the places.
    pub place: usize,
    /// How often it comes.
    pub often: Often,
    /// How much each time.
    pub amount: i128,
    /// Lower burns first.
    pub priority: u16,
    /// The only model it pays for, if there is one.
    pub only: Option<usize>,
}

/// A limit above.
#[derive(Clone, Debug)]
pub struct BudgetTerms {
    /// Its id in the journal.
    pub id: u128,
    /// The only key it limits; `None`: every call.
    pub key: Option<usize>,
    /// Index into the places.
    pub place: usize,
    /// How often it begins anew.
    pub often: Often,
}

/// Everything that was agreed.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    /// Whose each key is.
    pub keys: Vec<usize>,
    /// In the order in which they were made.
    pub grants: Vec<GrantTerms>,
    /// All of them.
    pub budgets: Vec<BudgetTerms>,
    /// Price lists by version.
    pub prices: BTreeMap<u64, Prices>,
}

/// The accounts of a call, with the limit that each must have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Due {
    /// In burn order.
    pub(super) grants: Vec<(Key, i128)>,
    /// In the order of their keys.
    pub(super) ceilings: Vec<(Key, i128)>,
}

impl Terms {
    /// Which accounts a call draws on. `amounts` are those of the budgets as they were known then.
    pub(super) fn due(&self, key: usize, model: usize, at: i64, amounts: &[i128]) -> Due {
        let mut grants: Vec<(u16, Key, i128)> = Vec::new();
        for grant in self.grants.iter().filter(|grant| Some(&grant.person) == self.keys.get(key)) {
            if grant.only.is_some_and(|only| only != model) {
                continue;
            }
            let (start, end, funded) = PLACES[grant.place].period(grant.often, at);
            let amount = if funded { grant.amount } else { 0 };
            grants.push((grant.priority, Key { kind: 1, id: grant.id, start, end }, amount));
        }
        if grants.iter().any(|(_, _, amount)| *amount > 0) {
            grants.retain(|(_, _, amount)| *amount > 0);
        }
        // Priority, then what lapses sooner, then the older one, which has the lower id here.
        grants.sort_by_key(|(priority, key, _)| (*priority, key.end, key.id));
        let over = self.budgets.iter().zip(amounts).filter(|(budget, _)| budget.key.is_none_or(|of| of == key));
        let mut ceilings: Vec<(Key, i128)> = over
            .map(|(budget, amount)| {
                let (start, end, funded) = PLACES[budget.place].period(budget.often, at);
                (Key { kind: 2, id: budget.id, start, end }, if funded { *amount } else { 0 })
            })
            .collect();
        ceilings.sort_unstable();
        Due { grants: grants.into_iter().map(|(_, key, amount)| (key, amount)).collect(), ceilings }
    }
}
