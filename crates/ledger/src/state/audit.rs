//! Do the parts of a state agree? Run at each start, after each verification, by tests all the time.

use purser_core::account::Book;
use purser_core::money::Nano;

use super::{Aside, Contra, Guaranteed, State};
use crate::number::{AccountNo, NumberMap};

/// What the holds and items say should be on an account.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Expected {
    held: Nano,
    suspense: Nano,
    holds: u32,
    items: u32,
    guaranteed_held: Nano,
    guaranteed_suspense: Nano,
}

impl State {
    /// The first thing that does not add up, as a sentence.
    pub(crate) fn audit(&self) -> Result<(), String> {
        self.audit_accounts()?;
        self.audit_books()
    }

    /// Each account: what is held and in suspense is what open holds and items say, nothing is negative.
    fn audit_accounts(&self) -> Result<(), String> {
        let mut expected: NumberMap<AccountNo, Expected> = NumberMap::default();
        for hold in self.holds.values() {
            for (no, amount) in hold.aside.parts() {
                let on = expected.entry(no).or_default();
                on.held = on.held.saturating_add(amount);
                on.holds = on.holds.saturating_add(1);
            }
            let part = hold.aside.guaranteed_amount();
            for no in hold.aside.ceilings.iter().filter(|no| self.accounts.get(**no).is_some_and(|a| a.guarantees)) {
                let on = expected.entry(*no).or_default();
                on.guaranteed_held = on.guaranteed_held.saturating_add(part);
            }
        }
        for item in self.items.values() {
            for (no, amount) in item.aside.parts() {
                let on = expected.entry(no).or_default();
                on.suspense = on.suspense.saturating_add(amount);
                on.items = on.items.saturating_add(1);
            }
            let part = item.aside.guaranteed_amount();
            for no in item.aside.ceilings.iter().filter(|no| self.accounts.get(**no).is_some_and(|a| a.guarantees)) {
                let on = expected.entry(*no).or_default();
                on.guaranteed_suspense = on.guaranteed_suspense.saturating_add(part);
            }
        }
        for (no, account) in self.accounts_sorted() {
            let a = &account.amounts;
            let Guaranteed { spent, held: guaranteed_held, suspense: guaranteed_suspense } = a.guaranteed;
            let others = [a.overrun, account.slice, a.reserve, spent];
            if [a.limit, a.spent, a.held, a.suspense].iter().chain(&others).any(|x| x.is_negative()) {
                return Err(format!("account {no} has a negative amount"));
            }
            if spent > a.spent || (!account.guarantees && !a.reserve.saturating_add(a.guaranteed.sum()).is_zero()) {
                return Err(format!("account {no} counts more as guaranteed than it can"));
            }
            let on = expected.remove(&no).unwrap_or_default();
            let (holds, items) = (account.holds, account.items);
            let found =
                Expected { held: a.held, suspense: a.suspense, holds, items, guaranteed_held, guaranteed_suspense };
            if (guaranteed_held, guaranteed_suspense) != (on.guaranteed_held, on.guaranteed_suspense) {
                return Err(format!(
                    "account {no} has {guaranteed_held} held and {guaranteed_suspense} in suspense as guaranteed; its holds and items say {} and {}",
                    on.guaranteed_held, on.guaranteed_suspense
                ));
            }
            if found != on {
                return Err(format!(
                    "account {no} has {} held by {} holds and {} in suspense of {} items; its holds and items say {} by {} and {} of {}",
                    a.held, found.holds, a.suspense, found.items, on.held, on.holds, on.suspense, on.items
                ));
            }
        }
        match expected.keys().min() {
            Some(no) => Err(format!("a hold or suspense item is on account {no}, which is not open")),
            None => Ok(()),
        }
    }

    /// Each book: accounts and contra accounts, tallied apart, sum to zero in each layer.
    fn audit_books(&self) -> Result<(), String> {
        for book in [Book::Money, Book::Limit] {
            let Contra { source, provider, held, suspense, unaccounted } = *self.contra(book);
            let (mut posted_sum, mut held_sum, mut suspense_sum) = (0_i128, 0_i128, 0_i128);
            for account in self.accounts.values().filter(|account| account.key.subject.book() == book) {
                let wide = |amount: Nano| i128::from(amount.get());
                let a = &account.amounts;
                posted_sum = posted_sum.saturating_add(wide(a.limit)).saturating_sub(wide(a.spent));
                held_sum = held_sum.saturating_add(wide(a.held));
                suspense_sum = suspense_sum.saturating_add(wide(a.suspense));
            }
            let posted_contra = source.saturating_add(provider).saturating_add(unaccounted);
            if posted_sum.saturating_add(posted_contra) != 0 || held_sum != held || suspense_sum != suspense {
                return Err(format!("the book {book:?} does not sum to zero"));
            }
        }
        Ok(())
    }
}

impl Aside {
    /// Every account of the call with what is on it.
    fn parts(&self) -> impl Iterator<Item = (AccountNo, Nano)> + '_ {
        let legs = self.legs.iter().map(|leg| (leg.no, leg.amount));
        legs.chain(self.ceilings.iter().map(|no| (*no, self.amount)))
    }
}
