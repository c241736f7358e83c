//! Do the parts of a state agree? Run at each start, after each verification, by tests all the time.

use purser_core::account::Book;
use purser_core::money::Nano;

use super::{Aside, Contra, State};
use crate::number::{AccountNo, NumberMap};

/// What the holds and items say should be on an account.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Expected {
    held: Nano,
    suspense: Nano,
    holds: u32,
    items: u32,
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
        }
        for item in self.items.values() {
            for (no, amount) in item.aside.parts() {
                let on = expected.entry(no).or_default();
                on.suspense = on.suspense.saturating_add(amount);
                on.items = on.items.saturating_add(1);
            }
        }
        for (no, account) in self.accounts_sorted() {
            let a = &account.amounts;
            if [a.limit, a.spent, a.held, a.suspense, a.overrun, account.slice].iter().any(|x| x.is_negative()) {
                return Err(format!("account {no} has a negative amount"));
            }
            let on = expected.remove(&no).unwrap_or_default();
            let found = Expected { held: a.held, suspense: a.suspense, holds: account.holds, items: account.items };
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
