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
    /// Promised for good: no limit above but a key's own may refuse it.
    pub guaranteed: bool,
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
    /// Those of the grants that are guaranteed.
    pub(super) sure: Vec<Key>,
    /// Those of the ceilings that may not refuse them, with what each keeps for all guaranteed grants under it.
    pub(super) kept: BTreeMap<Key, i128>,
}

impl Terms {
    /// Which accounts a call draws on. `amounts` are those of the budgets as they were known then.
    pub(super) fn due(&self, key: usize, model: usize, at: i64, amounts: &[i128]) -> Due {
        let mut grants: Vec<(u16, Key, i128)> = Vec::new();
        let mut sure = Vec::new();
        for grant in self.grants.iter().filter(|grant| Some(&grant.person) == self.keys.get(key)) {
            if grant.only.is_some_and(|only| only != model) {
                continue;
            }
            let (start, end, funded) = PLACES[grant.place].period(grant.often, at);
            let amount = if funded { grant.amount } else { 0 };
            let key = Key { kind: 1, id: grant.id, start, end };
            sure.extend(grant.guaranteed.then_some(key));
            grants.push((grant.priority, key, amount));
        }
        if grants.iter().any(|(_, _, amount)| *amount > 0) {
            grants.retain(|(_, _, amount)| *amount > 0);
        }
        // Priority, then what lapses sooner, then the older one, which has the lower id here.
        grants.sort_by_key(|(priority, key, _)| (*priority, key.end, key.id));
        let mut kept = BTreeMap::new();
        let over = self.budgets.iter().zip(amounts).filter(|(budget, _)| budget.key.is_none_or(|of| of == key));
        let mut ceilings: Vec<(Key, i128)> = over
            .map(|(budget, amount)| {
                let (start, end, funded) = PLACES[budget.place].period(budget.often, at);
                let key = Key { kind: 2, id: budget.id, start, end };
                if budget.key.is_none() {
                    kept.insert(key, self.promised(start, end));
                }
                (key, if funded { *amount } else { 0 })
            })
            .collect();
        ceilings.sort_unstable();
        Due { grants: grants.into_iter().map(|(_, key, amount)| (key, amount)).collect(), ceilings, sure, kept }
    }

    /// The most that all guaranteed grants can pay between two moments: each of their periods that runs meanwhile, in
    /// full.
    fn promised(&self, start: i64, end: i64) -> i128 {
        let mut sum = 0;
        for grant in self.grants.iter().filter(|grant| grant.guaranteed) {
            let mut at = start;
            while at < end {
                let (_, until, funded) = PLACES[grant.place].period(grant.often, at);
                sum += if funded { grant.amount } else { 0 };
                at = until;
            }
        }
        sum
    }
}
