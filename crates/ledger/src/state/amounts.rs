//! The amounts of an account, and the one function that changes them.

use purser_core::account::{AccountKey, Book};
use purser_core::money::Nano;

use crate::number::AccountNo;

/// One account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) key: AccountKey,
    pub(crate) amounts: Amounts,
    /// Of a grant: what it pays is guaranteed. Of a ceiling: it counts guaranteed legs and does not check them.
    pub(crate) guarantees: bool,
    /// Holds not yet on disk may add up to so much.
    pub(crate) slice: Nano,
    /// Open holds that name it, those with nothing on it too: they keep it from being closed.
    pub(crate) holds: u32,
    /// Suspense items that name it.
    pub(crate) items: u32,
}

impl Account {
    pub(crate) fn new(key: AccountKey) -> Self {
        Self { key, amounts: Amounts::default(), guarantees: false, slice: Nano::ZERO, holds: 0, items: 0 }
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
    /// Kept for guaranteed legs, used and unused together. Only a ceiling that yields to them has any.
    pub(crate) reserve: Nano,
    /// What guaranteed legs have of the amounts above. Only on a ceiling that yields to them.
    pub(crate) guaranteed: Guaranteed,
}

/// The part of guaranteed legs in what is spent, held and in suspense on a ceiling that yields to them; or in a change
/// of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Guaranteed {
    pub(crate) spent: Nano,
    pub(crate) held: Nano,
    pub(crate) suspense: Nano,
}

impl Guaranteed {
    /// All three: what guaranteed legs have taken, one way or another.
    pub(crate) fn sum(&self) -> Nano {
        self.spent.saturating_add(self.held).saturating_add(self.suspense)
    }
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
    /// `limit - spent - held - suspense`, guaranteed legs or not. Can't be wrong by saturating: `limit` is not negative
    /// and the others are only taken away, so the end of the range is reached once and from one side.
    #[inline]
    pub(crate) fn room(&self) -> Nano {
        self.limit.saturating_sub(self.spent).saturating_sub(self.held).saturating_sub(self.suspense)
    }

    /// What is there for legs that nothing is reserved for: the room without what guaranteed legs may still claim.
    #[inline]
    pub(crate) fn available(&self) -> Nano {
        if self.reserve.is_zero() {
            return self.room();
        }
        self.room().saturating_sub(self.unclaimed(self.guaranteed.sum()))
    }

    /// What a hold may still take, as far as its legs are not guaranteed.
    pub(crate) fn free(&self) -> Nano {
        self.available().max(Nano::ZERO)
    }

    /// What would be available if every open hold cost nothing.
    pub(crate) fn if_all_released(&self) -> Nano {
        let left = self.limit.saturating_sub(self.spent).saturating_sub(self.suspense);
        if self.reserve.is_zero() {
            return left;
        }
        let claimed = self.guaranteed.spent.saturating_add(self.guaranteed.suspense);
        left.saturating_sub(self.unclaimed(claimed))
    }

    /// What legs that are not guaranteed have taken, one way or another.
    pub(crate) fn discretionary(&self) -> Nano {
        let all = self.spent.saturating_add(self.held).saturating_add(self.suspense);
        all.saturating_sub(self.guaranteed.sum())
    }

    /// The part of the reserve that guaranteed legs have not claimed when they claimed so much.
    fn unclaimed(&self, claimed: Nano) -> Nano {
        self.reserve.saturating_sub(claimed).max(Nano::ZERO)
    }

    /// How far below its floor the account is: only a lowered limit or a lost slice brings it there.
    #[inline]
    fn below_floor(&self) -> Nano {
        Nano::ZERO.saturating_sub(self.available().saturating_add(self.overrun)).max(Nano::ZERO)
    }

    /// What a correction makes available again. What a guaranteed leg gets back is reserved again, but for what it took
    /// above the reserve.
    fn paid_back(&self, change: &Change, part: Option<&Guaranteed>) -> Nano {
        let back = |charged: Nano| Nano::ZERO.saturating_sub(charged).max(Nano::ZERO);
        let Some(part) = part else { return back(change.charged) };
        let above = self.guaranteed.sum().saturating_sub(self.reserve).max(Nano::ZERO);
        back(change.charged.saturating_sub(part.spent)).saturating_add(back(part.spent).min(above))
    }

    /// As [`plain_over`], where a part is of guaranteed legs: they are not asked whether they fit, and have what is reserved.
    fn over(&self, change: &Change, part: &Guaranteed, free: Nano) -> Result<Nano, Fault> {
        let guaranteed_aside = part.held.saturating_add(part.suspense);
        // What a guaranteed leg cost above its hold takes what is reserved, then what there is for all.
        let excess = part.spent.saturating_add(guaranteed_aside.min(Nano::ZERO)).max(Nano::ZERO);
        let above = excess.saturating_sub(self.unclaimed(self.guaranteed.sum())).max(Nano::ZERO);
        let others = Change {
            charged: change.charged.saturating_sub(part.spent).saturating_add(above),
            held: change.held.saturating_sub(part.held),
            suspense: change.suspense.saturating_sub(part.suspense),
            ..*change
        };
        plain_over(&others, free)
    }

    /// The amounts after a change, and how much of its charge was not available. `part`: what of it is of guaranteed legs,
    /// where the account tells them apart.
    pub(crate) fn after(&self, change: &Change, part: Option<&Guaranteed>) -> Result<(Self, Nano), Fault> {
        let sum = |amount: Nano, delta: Nano| {
            let sum = amount.checked_add(delta).ok_or(Fault::Overflow)?;
            if sum.is_negative() { Err(Fault::Negative) } else { Ok(sum) }
        };
        let free = self.free();
        let (over, claims) = match part {
            None => (plain_over(change, free)?, false),
            Some(part) => (self.over(change, part, free)?, part.sum().is_positive()),
        };
        // What is paid back pays back first what should not have been spent.
        let excused =
            if change.charged.is_negative() { self.paid_back(change, part).min(self.overrun) } else { Nano::ZERO };
        let spent = sum(self.spent, change.charged)?;
        let next = Self {
            limit: if change.funded.is_zero() { self.limit } else { sum(self.limit, change.funded)? },
            spent,
            held: sum(self.held, change.held)?,
            suspense: if change.suspense.is_zero() { self.suspense } else { sum(self.suspense, change.suspense)? },
            overrun: if over == excused { self.overrun } else { sum(self.overrun.saturating_sub(excused), over)? },
            reserve: self.reserve,
            guaranteed: match part {
                None => self.guaranteed,
                Some(part) => Guaranteed {
                    // A correction may take back what was charged before the account told the two apart.
                    spent: self.guaranteed.spent.saturating_add(part.spent).clamp(Nano::ZERO, spent),
                    held: sum(self.guaranteed.held, part.held)?,
                    suspense: sum(self.guaranteed.suspense, part.suspense)?,
                },
            },
        };
        // A limit may be lowered below what was taken, a slice is set aside whole whatever is left, and a guaranteed
        // leg is not asked whether there is room.
        let may_fall = change.funded.is_negative() || change.suspense.is_positive() || claims;
        if !may_fall {
            let below = next.below_floor();
            if below.is_positive() && below > self.below_floor() {
                return Err(Fault::BelowFloor);
            }
        }
        Ok((next, over.saturating_sub(excused)))
    }
}

/// What of a charge was neither set aside for its call nor free.
fn plain_over(change: &Change, free: Nano) -> Result<Nano, Fault> {
    if change.held > free {
        return Err(Fault::NotAvailable);
    }
    if !change.charged.is_positive() {
        return Ok(Nano::ZERO);
    }
    // What was set aside for a call is there for it, also where a lowered limit or a lost slice left the account
    // with less than nothing.
    let set_aside = change.held.checked_add(change.suspense).ok_or(Fault::Overflow)?;
    let freed = Nano::ZERO.saturating_sub(set_aside).max(Nano::ZERO);
    Ok(change.charged.saturating_sub(free.saturating_add(freed)).max(Nano::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(before: [i64; 5], delta: [i64; 4], expected: Result<([i64; 5], i64), Fault>) {
        let [limit, spent, held, suspense, overrun] = before.map(Nano::new);
        let [funded, charged, held_by, suspense_by] = delta.map(Nano::new);
        let change =
            Change { funded, charged, held: held_by, suspense: suspense_by, ..Change::on(AccountNo(1), Book::Money) };
        let after = Amounts { limit, spent, held, suspense, overrun, ..Amounts::default() }.after(&change, None);
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

    /// A ceiling of 100 that keeps 60; `before` and `delta` are spent, held and suspense, all of it and the guaranteed
    /// part.
    fn check_kept(before: [i64; 6], delta: [i64; 6], expected: Result<(i64, i64), Fault>) {
        let [spent, held, suspense, g_spent, g_held, g_suspense] = before.map(Nano::new);
        let guaranteed = Guaranteed { spent: g_spent, held: g_held, suspense: g_suspense };
        let [limit, reserve] = [100, 60].map(Nano::new);
        let amounts = Amounts { limit, spent, held, suspense, overrun: Nano::ZERO, reserve, guaranteed };
        let [charged, held, suspense, g_spent, g_held, g_suspense] = delta.map(Nano::new);
        let guaranteed = Guaranteed { spent: g_spent, held: g_held, suspense: g_suspense };
        let change = Change { charged, held, suspense, ..Change::on(AccountNo(1), Book::Limit) };
        let shown =
            amounts.after(&change, Some(&guaranteed)).map(|(after, over)| (after.available().get(), over.get()));
        assert_eq!(shown, expected, "{before:?} changed by {delta:?}");
    }

    #[test]
    fn what_is_reserved_is_taken_by_guaranteed_legs_alone() {
        // What is available for others afterwards, and the overrun.
        check_kept([0; 6], [0, 40, 0, 0, 0, 0], Ok((0, 0)));
        check_kept([0; 6], [0, 41, 0, 0, 0, 0], Err(Fault::NotAvailable));
        check_kept([0; 6], [0, 60, 0, 0, 60, 0], Ok((40, 0)));
        check_kept([0; 6], [0, 100, 0, 0, 60, 0], Ok((0, 0)));
        check_kept([0; 6], [0, 101, 0, 0, 60, 0], Err(Fault::NotAvailable));
        // Guaranteed legs are not asked, whatever is left.
        check_kept([40, 60, 0, 0, 60, 0], [0, 25, 0, 0, 25, 0], Ok((-25, 0)));
        check_kept([40, 0, 0, 0, 0, 0], [0, 60, 0, 0, 60, 0], Ok((0, 0)));
        // Settled, suspended, released: what was guaranteed stays so.
        check_kept([40, 60, 0, 0, 60, 0], [50, -60, 0, 50, -60, 0], Ok((0, 0)));
        check_kept([40, 60, 0, 0, 60, 0], [0, -60, 60, 0, -60, 60], Ok((0, 0)));
        check_kept([40, 60, 0, 0, 60, 0], [0, -60, 0, 0, -60, 0], Ok((0, 0)));
        check_kept([40, 60, 0, 0, 60, 0], [0, -61, 0, 0, -61, 0], Err(Fault::Negative));
        // Above its hold a guaranteed leg takes the reserve, then what is there for all, then it overruns.
        check_kept([10, 20, 0, 0, 20, 0], [60, -20, 0, 60, -20, 0], Ok((30, 0)));
        check_kept([10, 20, 0, 0, 20, 0], [90, -20, 0, 90, -20, 0], Ok((0, 0)));
        check_kept([10, 20, 0, 0, 20, 0], [95, -20, 0, 95, -20, 0], Ok((-5, 5)));
        // Another leg above its hold never counts as having had the reserve.
        check_kept([30, 10, 0, 0, 0, 0], [15, -10, 0, 0, 0, 0], Ok((-5, 5)));
        // Others overran; what a guaranteed leg gets back is reserved again and excuses nothing of it.
        let [limit, reserve, overrun, twenty] = [100, 60, 30, 20].map(Nano::new);
        let spent = Nano::new(130);
        let guaranteed = Guaranteed { spent: reserve, ..Guaranteed::default() };
        let amounts = Amounts { limit, spent, overrun, reserve, guaranteed, ..Amounts::default() };
        let back = Nano::ZERO.saturating_sub(twenty);
        let change = Change { charged: back, ..Change::on(AccountNo(1), Book::Limit) };
        let part = Guaranteed { spent: back, ..Guaranteed::default() };
        assert_eq!(
            amounts.after(&change, Some(&part)).map(|(after, over)| (after.overrun, over)),
            Ok((overrun, Nano::ZERO))
        );
        let others = amounts.after(&change, Some(&Guaranteed::default()));
        assert_eq!(others.map(|(after, over)| (after.overrun.get(), over.get())), Ok((10, -20)));
        // Paid back, it can be claimed again.
        check_kept([90, 0, 0, 60, 0, 0], [-50, 0, 0, -50, 0, 0], Ok((10, 0)));
    }
}
