//! The five amounts of an account, and the one function that changes them.

use purser_core::account::{AccountKey, Book};
use purser_core::money::Nano;

use crate::number::AccountNo;

/// One account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) key: AccountKey,
    pub(crate) amounts: Amounts,
    /// Holds not yet on disk may add up to so much.
    pub(crate) slice: Nano,
    /// Open holds that name it, those with nothing on it too: they keep it from being closed.
    pub(crate) holds: u32,
    /// Suspense items that name it.
    pub(crate) items: u32,
}

impl Account {
    pub(crate) fn new(key: AccountKey) -> Self {
        Self { key, amounts: Amounts::default(), slice: Nano::ZERO, holds: 0, items: 0 }
    }
}

/// What an account has and where it went. None is ever negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Amounts {
    pub(crate) limit: Nano,
    pub(crate) spent: Nano,
    pub(crate) held: Nano,
    pub(crate) suspense: Nano,
    /// The part of `spent` that was neither set aside for its call nor available when it was charged.
    pub(crate) overrun: Nano,
}

/// What one record does to one account. Differences, all signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) no: AccountNo,
    pub(crate) book: Book,
    /// The account was closed; what it would bear, the source of its book bears.
    pub(crate) closed: bool,
    pub(crate) funded: Nano,
    pub(crate) charged: Nano,
    pub(crate) held: Nano,
    pub(crate) suspense: Nano,
}

impl Change {
    pub(crate) fn on(no: AccountNo, book: Book) -> Self {
        Self {
            no,
            book,
            closed: false,
            funded: Nano::ZERO,
            charged: Nano::ZERO,
            held: Nano::ZERO,
            suspense: Nano::ZERO,
        }
    }
}

/// Why a change is impossible. Only [`Fault::Overflow`] can be reached by input; the others are breaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    #[error("a balance leaves the range of the ledger")]
    Overflow,
    #[error("a balance falls below zero")]
    Negative,
    #[error("more is set aside than is available")]
    NotAvailable,
    #[error("the account falls below its floor")]
    BelowFloor,
}

impl Amounts {
    /// `limit - spent - held - suspense`. Can't be wrong by saturating: `limit` is not negative and the others are
    /// only taken away, so the end of the range is reached once and from one side.
    pub(crate) fn available(&self) -> Nano {
        self.limit.saturating_sub(self.spent).saturating_sub(self.held).saturating_sub(self.suspense)
    }

    /// What a hold may still take.
    pub(crate) fn free(&self) -> Nano {
        self.available().max(Nano::ZERO)
    }

    /// What would be available if every open hold cost nothing.
    pub(crate) fn if_all_released(&self) -> Nano {
        self.limit.saturating_sub(self.spent).saturating_sub(self.suspense)
    }

    /// How far below its floor the account is: only a lowered limit or a lost slice brings it there.
    fn below_floor(&self) -> Nano {
        Nano::ZERO.saturating_sub(self.available().saturating_add(self.overrun)).max(Nano::ZERO)
    }

    /// The amounts after a change, and how much of its charge was not available.
    pub(crate) fn after(&self, change: &Change) -> Result<(Self, Nano), Fault> {
        let sum = |amount: Nano, delta: Nano| {
            let sum = amount.checked_add(delta).ok_or(Fault::Overflow)?;
            if sum.is_negative() { Err(Fault::Negative) } else { Ok(sum) }
        };
        if change.held > self.free() {
            return Err(Fault::NotAvailable);
        }
        // What was set aside for a call is there for it, also where a lowered limit or a lost slice left the account
        // with less than nothing.
        let set_aside = change.held.checked_add(change.suspense).ok_or(Fault::Overflow)?;
        let freed = Nano::ZERO.saturating_sub(set_aside).max(Nano::ZERO);
        let over = change.charged.saturating_sub(self.free().saturating_add(freed)).max(Nano::ZERO);
        let excused = if change.charged.is_negative() {
            // What is paid back pays back first what should not have been spent.
            Nano::ZERO.saturating_sub(change.charged).min(self.overrun)
        } else {
            Nano::ZERO
        };
        let next = Self {
            limit: sum(self.limit, change.funded)?,
            spent: sum(self.spent, change.charged)?,
            held: sum(self.held, change.held)?,
            suspense: sum(self.suspense, change.suspense)?,
            overrun: sum(self.overrun.saturating_sub(excused), over)?,
        };
        // A limit may be lowered below what was taken, and a slice is set aside whole whatever is left.
        let may_fall = change.funded.is_negative() || change.suspense.is_positive();
        if !may_fall && next.below_floor() > self.below_floor() {
            return Err(Fault::BelowFloor);
        }
        Ok((next, over.saturating_sub(excused)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(before: [i64; 5], delta: [i64; 4], expected: Result<([i64; 5], i64), Fault>) {
        let [limit, spent, held, suspense, overrun] = before.map(Nano::new);
        let [funded, charged, held_by, suspense_by] = delta.map(Nano::new);
        let change =
            Change { funded, charged, held: held_by, suspense: suspense_by, ..Change::on(AccountNo(1), Book::Money) };
        let after = Amounts { limit, spent, held, suspense, overrun }.after(&change);
        let shown = after.map(|(a, over)| {
            ([a.limit.get(), a.spent.get(), a.held.get(), a.suspense.get(), a.overrun.get()], over.get())
        });
        assert_eq!(shown, expected, "{before:?} changed by {delta:?}");
    }

    #[test]
    fn a_change_is_checked_and_overrun_told() {
        // limit, spent, held, suspense, overrun; funded, charged, held, suspense
        check([100, 0, 0, 0, 0], [0, 0, 100, 0], Ok(([100, 0, 100, 0, 0], 0)));
        check([100, 0, 0, 0, 0], [0, 0, 101, 0], Err(Fault::NotAvailable));
        check([100, 0, 60, 0, 0], [0, 50, -60, 0], Ok(([100, 50, 0, 0, 0], 0)));
        check([100, 0, 60, 0, 0], [0, 130, -60, 0], Ok(([100, 130, 0, 0, 30], 30)));
        check([100, 130, 0, 0, 30], [0, -40, 0, 0], Ok(([100, 90, 0, 0, 0], -30)));
        check([100, 130, 0, 0, 30], [0, -10, 0, 0], Ok(([100, 120, 0, 0, 20], -10)));
        check([100, 130, 0, 0, 30], [0, 1, 0, 0], Ok(([100, 131, 0, 0, 31], 1)));
        check([100, 50, 30, 0, 0], [-60, 0, 0, 0], Ok(([40, 50, 30, 0, 0], 0)));
        check([40, 50, 30, 0, 0], [0, 0, 1, 0], Err(Fault::NotAvailable));
        check([40, 50, 30, 0, 0], [0, 20, -30, 0], Ok(([40, 70, 0, 0, 0], 0)));
        check([40, 50, 30, 0, 0], [0, 35, -30, 0], Ok(([40, 85, 0, 0, 5], 5)));
        check([100, 0, 10, 0, 0], [0, 0, -10, 10], Ok(([100, 0, 0, 10, 0], 0)));
        check([100, 95, 0, 0, 0], [0, 0, 0, 10], Ok(([100, 95, 0, 10, 0], 0)));
        check([100, 95, 0, 10, 0], [0, 0, 1, 0], Err(Fault::NotAvailable));
        check([100, 0, 10, 0, 0], [0, 0, -11, 0], Err(Fault::Negative));
        check([i64::MAX, i64::MAX, 0, 0, 0], [0, 1, 0, 0], Err(Fault::Overflow));
        check([0, 0, 0, 0, 0], [0, i64::MAX, 0, 0], Ok(([0, i64::MAX, 0, 0, i64::MAX], i64::MAX)));
    }
}
