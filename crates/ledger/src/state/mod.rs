//! The balances and everything else that follows from the records, and from nothing else.
//!
//! `decide` looks at the state and answers with a record or a refusal; `changes` says what a record does to which
//! account; `apply` does it, or refuses and leaves the state as it was. None of them does I/O or reads a clock, and
//! replay calls `apply` alone: what was decided once is not decided again.

mod amounts;
mod apply;
mod audit;
mod changes;
mod decide;
mod encode;
mod remembered;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use purser_core::account::{AccountKey, Book};
use purser_core::money::Nano;
use purser_core::time::Instant;

pub(crate) use self::amounts::{Account, Amounts, Fault, Guaranteed};
pub(crate) use self::apply::ApplyError;
pub use self::changes::{AccountRef, Layer, Posting};
use self::remembered::Remembered;
pub(crate) use self::remembered::{Done, Ended};
use crate::frame::FrameHash;
use crate::number::{AccountNo, BootId, Epoch, HoldId, Lsn, NumberMap, SuspenseId};
use crate::pages::Pages;
use crate::record::{Ceilings, Legs, Window};

/// What the records add up to.
#[derive(Clone, Debug)]
pub struct State {
    lsn: Lsn,
    instant: Instant,
    epoch: Epoch,
    boot: Option<BootId>,
    window: Window,
    /// The last record was [`crate::Record::Rest`].
    rested: bool,
    next_account: AccountNo,
    /// The next hold's number within the epoch.
    next_hold: u64,
    accounts: Pages<Account>,
    /// From keys to numbers; follows from `accounts`. The standard hasher: a run's id may come from outside.
    by_key: HashMap<AccountKey, AccountNo>,
    /// Accounts by the end of their period; follows from `accounts`.
    by_end: BTreeSet<(Instant, AccountNo)>,
    holds: NumberMap<HoldId, OpenHold>,
    items: BTreeMap<SuspenseId, Item>,
    remembered: Remembered,
    /// The contra accounts of the money book, then of the limit book.
    contra: [Contra; 2],
}

/// What one call has set aside, or has paid.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Aside {
    /// The sum of the legs when there are any.
    pub(crate) amount: Nano,
    /// All eligible grants in burn order, those with nothing too.
    pub(crate) legs: Legs,
    pub(crate) ceilings: Ceilings,
    /// Which of the legs were guaranteed when the hold was placed. That stays so, whatever becomes of the accounts.
    pub(crate) guaranteed: GuaranteedLegs,
}

/// Which legs of a call are guaranteed: a bit for each place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct GuaranteedLegs(u32);

// Every place has a bit.
const _: () = assert!(crate::record::ACCOUNTS_MAX <= 32);

impl GuaranteedLegs {
    pub(crate) const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    pub(crate) const fn bits(self) -> u32 {
        self.0
    }

    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn add(&mut self, place: usize) {
        self.0 |= Self::bit(place);
    }

    pub(crate) fn has(self, place: usize) -> bool {
        self.0 & Self::bit(place) != 0
    }

    /// Is a place among them that a call with so many legs does not have?
    pub(crate) fn beyond(self, legs: usize) -> bool {
        let places = u32::try_from(legs).unwrap_or(u32::BITS).min(u32::BITS);
        self.0.checked_shr(places).unwrap_or(0) != 0
    }

    fn bit(place: usize) -> u32 {
        u32::try_from(place).ok().and_then(|place| 1_u32.checked_shl(place)).unwrap_or(0)
    }
}

impl Aside {
    /// What guaranteed legs have of it.
    pub(crate) fn guaranteed_amount(&self) -> Nano {
        self.guaranteed_of(&self.legs)
    }

    /// What of these amounts is of guaranteed legs of the call.
    pub(crate) fn guaranteed_of(&self, legs: &Legs) -> Nano {
        if self.guaranteed.is_empty() {
            return Nano::ZERO;
        }
        let own = |leg: &&crate::record::Leg| {
            let place = self.legs.iter().position(|known| known.no == leg.no);
            place.is_some_and(|place| self.guaranteed.has(place))
        };
        legs.iter().filter(own).fold(Nano::ZERO, |sum, leg| sum.saturating_add(leg.amount))
    }
}

/// A hold under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OpenHold {
    pub(crate) since: Instant,
    pub(crate) aside: Aside,
}

/// Something in suspense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) since: Instant,
    /// `None` for a slice.
    pub(crate) hold: Option<HoldId>,
    pub(crate) aside: Aside,
}

/// The other side of all postings of one book since the first record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Contra {
    pub(crate) source: i128,
    pub(crate) provider: i128,
    pub(crate) held: i128,
    pub(crate) suspense: i128,
    pub(crate) unaccounted: i128,
}

impl Default for State {
    fn default() -> Self {
        Self::new()
    }
}

impl State {
    /// Before the first record.
    pub fn new() -> Self {
        Self {
            lsn: Lsn(0),
            instant: Instant::from_micros(i64::MIN),
            epoch: Epoch(0),
            boot: None,
            window: Window { age_s: 0, settled_max: 0, commands_max: 0 },
            rested: false,
            next_account: AccountNo(1),
            next_hold: 1,
            accounts: Pages::default(),
            by_key: HashMap::new(),
            by_end: BTreeSet::new(),
            holds: NumberMap::default(),
            items: BTreeMap::new(),
            remembered: Remembered::default(),
            contra: [Contra::default(); 2],
        }
    }

    /// The last record in it.
    pub fn lsn(&self) -> Lsn {
        self.lsn
    }

    /// The instant of the last record.
    pub fn instant(&self) -> Instant {
        self.instant
    }

    /// How often the ledger was started.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Hash over everything in it. Equal states have equal digests on every machine.
    pub fn digest(&self) -> FrameHash {
        FrameHash(*blake3::hash(&self.encode()).as_bytes())
    }

    pub(crate) fn boot(&self) -> Option<BootId> {
        self.boot
    }

    pub(crate) fn rested(&self) -> bool {
        self.rested
    }

    pub(crate) fn account(&self, no: AccountNo) -> Option<&Account> {
        self.accounts.get(no)
    }

    pub(crate) fn number(&self, key: &AccountKey) -> Option<AccountNo> {
        self.by_key.get(key).copied()
    }

    /// `None` once the numbers of this epoch are used up.
    pub(crate) fn next_hold_id(&self) -> Option<HoldId> {
        HoldId::try_new(self.epoch, self.next_hold)
    }

    pub(crate) fn next_account(&self) -> AccountNo {
        self.next_account
    }

    /// By number.
    pub(crate) fn accounts_sorted(&self) -> impl Iterator<Item = (AccountNo, &Account)> {
        self.accounts.sorted()
    }

    /// By name, so by age.
    pub(crate) fn holds_sorted(&self) -> Vec<(HoldId, &OpenHold)> {
        let mut all: Vec<_> = self.holds.iter().map(|(id, hold)| (*id, hold)).collect();
        all.sort_unstable_by_key(|(id, _)| *id);
        all
    }

    pub(crate) fn accounts_len(&self) -> usize {
        self.accounts.len()
    }

    pub(crate) fn holds_len(&self) -> usize {
        self.holds.len()
    }

    pub(crate) fn items(&self) -> &BTreeMap<SuspenseId, Item> {
        &self.items
    }

    pub(crate) fn hold(&self, id: HoldId) -> Option<&OpenHold> {
        self.holds.get(&id)
    }

    pub(crate) fn ended(&self, id: HoldId) -> Option<&Ended> {
        self.remembered.ended(id)
    }

    pub(crate) fn done(&self, command: purser_core::id::CommandId) -> Option<&Done> {
        self.remembered.done(command)
    }

    /// Accounts whose period ended at or before `before` and that nothing needs, earliest end first.
    pub(crate) fn closable(&self, before: Instant) -> impl Iterator<Item = AccountNo> + '_ {
        self.by_end
            .iter()
            .take_while(move |(end, _)| *end <= before)
            .map(|(_, no)| *no)
            .filter(|no| self.accounts.get(*no).is_some_and(|account| account.holds == 0 && account.items == 0))
    }

    pub(crate) fn contra(&self, book: Book) -> &Contra {
        match book {
            Book::Money => &self.contra[0],
            Book::Limit => &self.contra[1],
        }
    }

    fn contra_mut(&mut self, book: Book) -> &mut Contra {
        match book {
            Book::Money => &mut self.contra[0],
            Book::Limit => &mut self.contra[1],
        }
    }
}
