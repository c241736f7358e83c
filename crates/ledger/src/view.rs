//! What the state looks like from outside.

use purser_core::account::AccountKey;
use purser_core::money::Nano;
use purser_core::time::Instant;

use crate::number::{AccountNo, HoldId, SuspenseId};
use crate::record::Leg;
use crate::state::{Account, Amounts, State};

/// A balance. All amounts in nano-units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balance {
    /// The account.
    pub no: AccountNo,
    /// Whose and when.
    pub key: AccountKey,
    /// Money released to it, or its limit.
    pub limit: Nano,
    /// Charges.
    pub spent: Nano,
    /// Set aside by calls under way.
    pub held: Nano,
    /// Set aside and not accounted for.
    pub suspense: Nano,
    /// The part of `spent` that was neither set aside for its call nor available when it was charged.
    pub overrun: Nano,
    /// Of a grant: what it pays is guaranteed. Of a ceiling: it counts what guaranteed grants pay without limiting it.
    pub guarantees: bool,
    /// What the ceiling keeps for guaranteed grants, used and unused together.
    pub reserve: Nano,
    /// What of `spent`, `held` and `suspense` is of guaranteed grants, on a ceiling that yields to them.
    pub guaranteed: GuaranteedPart,
}

/// What guaranteed grants have of a ceiling's balance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GuaranteedPart {
    /// Of the charges.
    pub spent: Nano,
    /// Of what calls under way have set aside.
    pub held: Nano,
    /// Of what nobody accounts for yet.
    pub suspense: Nano,
}

impl GuaranteedPart {
    /// All three.
    pub fn sum(&self) -> Nano {
        self.spent.saturating_add(self.held).saturating_add(self.suspense)
    }
}

impl Balance {
    /// `limit - spent - held - suspense`; below zero after an overrun or a lowered limit.
    pub fn room(&self) -> Nano {
        self.limit.saturating_sub(self.spent).saturating_sub(self.held).saturating_sub(self.suspense)
    }

    /// What there is for calls that nothing is reserved for: the room without what guaranteed grants may still claim.
    pub fn available(&self) -> Nano {
        self.room().saturating_sub(self.reserve.saturating_sub(self.guaranteed.sum()).max(Nano::ZERO))
    }
}

/// A hold under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenHoldView {
    /// Its name.
    pub id: HoldId,
    /// When it was placed.
    pub since: Instant,
    /// How much.
    pub amount: Nano,
    /// On which grants.
    pub legs: Vec<Leg>,
    /// On which ceilings.
    pub ceilings: Vec<AccountNo>,
}

/// Something set aside that nobody accounts for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuspenseItem {
    /// Its name, for [`crate::Ledger::resolve`].
    pub id: SuspenseId,
    /// Since when.
    pub since: Instant,
    /// How much.
    pub amount: Nano,
    /// The hold whose owner is gone; `None` for the unaccounted part of a slice.
    pub hold: Option<HoldId>,
    /// On which grants; of a slice on a grant, that one.
    pub legs: Vec<Leg>,
    /// On which ceilings; of a slice on a ceiling, that one.
    pub ceilings: Vec<AccountNo>,
}

fn balance_of(no: AccountNo, account: &Account) -> Balance {
    let Amounts { limit, spent, held, suspense, overrun, reserve, guaranteed } = account.amounts;
    let guaranteed = GuaranteedPart { spent: guaranteed.spent, held: guaranteed.held, suspense: guaranteed.suspense };
    let (key, guarantees) = (account.key, account.guarantees);
    Balance { no, key, limit, spent, held, suspense, overrun, guarantees, reserve, guaranteed }
}

pub(crate) fn balance(state: &State, no: AccountNo) -> Option<Balance> {
    state.account(no).map(|account| balance_of(no, account))
}

pub(crate) fn balances(state: &State) -> impl Iterator<Item = Balance> + '_ {
    state.accounts_sorted().map(|(no, account)| balance_of(no, account))
}

pub(crate) fn open_holds(state: &State) -> impl Iterator<Item = OpenHoldView> + '_ {
    state.holds_sorted().into_iter().map(|(id, hold)| OpenHoldView {
        id,
        since: hold.since,
        amount: hold.aside.amount,
        legs: hold.aside.legs.to_vec(),
        ceilings: hold.aside.ceilings.to_vec(),
    })
}

pub(crate) fn items(state: &State) -> impl Iterator<Item = SuspenseItem> + '_ {
    state.items().iter().map(|(id, item)| SuspenseItem {
        id: *id,
        since: item.since,
        amount: item.aside.amount,
        hold: item.hold,
        legs: item.aside.legs.to_vec(),
        ceilings: item.aside.ceilings.to_vec(),
    })
}

impl State {
    /// An account's balance; `None` when no such account is open.
    pub fn balance(&self, no: AccountNo) -> Option<Balance> {
        balance(self, no)
    }

    /// All open accounts, by number.
    pub fn balances(&self) -> Vec<Balance> {
        balances(self).collect()
    }

    /// All holds under way, by name.
    pub fn open_holds(&self) -> Vec<OpenHoldView> {
        open_holds(self).collect()
    }

    /// Everything set aside that nobody accounts for, oldest first.
    pub fn suspense_items(&self) -> Vec<SuspenseItem> {
        items(self).collect()
    }
}
