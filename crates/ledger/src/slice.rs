//! Why a hold need not wait for the disk.
//!
//! # What must hold
//!
//! After any crash, what may have been spent is counted: as spent, as held, or in suspense. The danger is a hold that
//! was placed and spent and whose record is lost with the unsynced end of the journal: nobody would know of it.
//!
//! # The rule
//!
//! An account's *slice* is an amount **S** written in the journal. A hold is *inside* when, on each of its accounts,
//!
//! 1. its amount plus that of the other inside holds placed since the last completed sync is at most S, and S is
//!    durable (a raise counts from when its record is on disk, a cut from when it is queued);
//! 2. no raise of the account's limit (nor its opening) waits for the disk.
//!
//! A hold inside is *cleared* (may be spent) once its record was handed to the operating system. Any other hold is
//! placed all the same and cleared once its own record is on disk. So nobody is turned away for want of a slice and
//! nobody asks twice; the first call on an account waits for one sync, and queues the slice that spares the next ones
//! the wait. A sync empties every window at once, so a slice never runs dry and needs no topping up: it only bounds
//! what can be lost between two syncs.
//!
//! After the **process** died (same boot, whole tail) every record handed over is there. Cleared holds are open in the
//! journal or ended in it; open ones go to suspense. After the **machine** died the journal ends somewhere at or after
//! the last completed sync, call it D. Recovery puts in suspense the holds open in D, and on each account S as D has it.
//!
//! # Why that suffices
//!
//! Take one account. What was really spent by the time the machine died comes from (a) charges in D; (b) holds open in
//! D, whether or not their settlement was lost: each is an item of suspense of its own, as large as the hold; (c) older
//! suspense; (d) cleared holds, or growth of holds, recorded after D. None of (d) is durable, so all were inside; all
//! were placed since the last completed sync, so by 1 they add up to at most S. (S in D is not smaller than the S they
//! were held to: cuts count when queued, raises once durable.) Each part is covered by what is set aside for *it*, so
//! real spend <= counted stays true when the items are resolved one by one with what they really cost. And by 2 nothing
//! leaned on money whose release was lost.
//!
//! S is set aside whole even where less is available. It would be tempting to stop at what is available, since nobody
//! spends more than the limit. But then a lost hold may be covered only by another hold whose settlement was lost too;
//! resolved with its true, smaller cost, that one would free money that is long spent. The price is an account that may
//! stand below zero, by at most its slice, until somebody resolves the item.
//!
//! What frees money and is lost (a release, a settlement below its hold, a reversal, a resolution) only makes the
//! recovered ledger count more, and can be commanded again.
//!
//! **Not covered:** a charge above its hold whose settlement is lost. The excess is counted into the window as a hold
//! would be, which delays others but can't undo the charge. Under `strict` there are no such charges.
//!
//! # How large
//!
//! One percent of the limit, or one bound and a quarter where that is more: the calls of an agent's run grow a little
//! from one to the next, and without the quarter each would need a new slice. Never above what is available. A slice
//! unused for a while is given back ([`Slices::idle`]), an orderly end gives back all: a power cut sets aside only where
//! something was going on. Crashes are rare and a person's money must not hang in suspense, so there is no bonus for
//! busy accounts: when a window is full, calls wait for a sync, some milliseconds, and that is all.

use std::collections::VecDeque;
use std::time::Duration;

use purser_core::money::Nano;
use purser_core::time::Instant;

use crate::number::{AccountNo, Lsn};
use crate::pages::Pages;

/// The live part of slices. Not in the state: it follows from what is synced, not from the records.
#[derive(Debug, Default)]
pub(crate) struct Slices {
    windows: Pages<Window>,
    /// Accounts that have a slice, by when they were last seen in use.
    aging: VecDeque<(Instant, AccountNo)>,
    /// The last record covered by the sync begun last; everything up to it is durable or about to be.
    mark: Lsn,
    /// The same of the sync before.
    mark_before: Lsn,
}

#[derive(Debug, Default)]
struct Window {
    /// What counts as the slice now.
    usable: Nano,
    /// A slice record not known to be durable yet, and what it says.
    pending: Option<(Lsn, Nano)>,
    /// The value of `Slices::mark` that the sums refer to.
    mark: Lsn,
    /// Inside holds with records after `mark`.
    since: Nano,
    /// Inside holds with records up to `mark`, after the mark before.
    flying: Nano,
    /// The last record that made the account richer.
    raised: Lsn,
    used: Instant,
    /// In `aging`.
    aging: bool,
}

impl Window {
    fn bring_up(&mut self, mark: Lsn, mark_before: Lsn, durable: Lsn) {
        if let Some((lsn, amount)) = self.pending
            && lsn <= durable
        {
            self.usable = amount;
            self.pending = None;
        }
        if self.mark != mark {
            // A sync begins only after the one before ended: anything older than two marks is durable.
            self.flying = if self.mark == mark_before { self.since } else { Nano::ZERO };
            self.since = Nano::ZERO;
            self.mark = mark;
        }
        if durable >= mark {
            self.flying = Nano::ZERO;
        }
    }

    fn unsynced(&self) -> Nano {
        self.since.saturating_add(self.flying)
    }

    /// The slice once all that is queued is durable.
    fn coming(&self) -> Nano {
        self.pending.map_or(self.usable, |(_, amount)| amount)
    }
}

impl Slices {
    /// A sync begins that covers all records up to `last`.
    pub(crate) fn sync_begins(&mut self, last: Lsn) {
        self.mark_before = self.mark;
        self.mark = last;
    }

    /// The account became richer by this record.
    pub(crate) fn raised(&mut self, no: AccountNo, lsn: Lsn) {
        self.windows.get_or_default(no).raised = lsn;
    }

    /// The record one has to wait for until the account's limit is durable, if any.
    pub(crate) fn raise_pending(&self, no: AccountNo, durable: Lsn) -> Option<Lsn> {
        self.windows.get(no).map(|window| window.raised).filter(|raised| *raised > durable)
    }

    /// Would `amount` on this account be inside?
    pub(crate) fn is_inside(&mut self, no: AccountNo, amount: Nano, durable: Lsn, now: Instant) -> bool {
        let (mark, mark_before) = (self.mark, self.mark_before);
        let window = self.windows.get_or_default(no);
        window.bring_up(mark, mark_before, durable);
        window.used = window.used.max(now);
        window.raised <= durable && window.unsynced().saturating_add(amount) <= window.usable
    }

    /// Counts an inside hold, or the excess of a charge. After `is_inside` in the same lock.
    pub(crate) fn count(&mut self, no: AccountNo, amount: Nano, durable: Lsn) {
        let (mark, mark_before) = (self.mark, self.mark_before);
        let window = self.windows.get_or_default(no);
        window.bring_up(mark, mark_before, durable);
        window.since = window.since.saturating_add(amount);
    }

    /// Is the slice, once durable, smaller than `target`?
    pub(crate) fn is_below(&self, no: AccountNo, target: Nano) -> bool {
        self.windows.get(no).is_none_or(|window| window.coming() < target)
    }

    /// A slice record was queued.
    pub(crate) fn queued(&mut self, no: AccountNo, lsn: Lsn, amount: Nano) {
        let window = self.windows.get_or_default(no);
        // Whatever may be in the journal after a crash, it is at least this.
        window.usable = window.usable.min(window.coming()).min(amount);
        window.pending = Some((lsn, amount));
        if !window.aging && amount.is_positive() {
            window.aging = true;
            self.aging.push_back((window.used, no));
        }
    }

    /// The account was closed.
    pub(crate) fn forget(&mut self, no: AccountNo) {
        self.windows.remove(no);
    }

    /// Is there a slice that will be given back one day?
    pub(crate) fn any(&self) -> bool {
        !self.aging.is_empty()
    }

    /// An account whose slice nobody used for so long; each once.
    pub(crate) fn idle(&mut self, now: Instant, idle: Duration) -> Option<AccountNo> {
        while let Some((seen, no)) = self.aging.front().copied() {
            if seen.saturating_add(idle) > now {
                return None;
            }
            self.aging.pop_front();
            let Some(window) = self.windows.get_mut(no) else { continue };
            if window.used.saturating_add(idle) <= now {
                window.aging = false;
                return Some(no);
            }
            self.aging.push_back((window.used, no));
        }
        None
    }
}

/// How large a slice an account should have after a hold of `bound` on it, when it has `left` then.
pub(crate) fn target(limit: Nano, per_mille: u32, bound: Nano, left: Nano) -> Nano {
    let share = i128::from(limit.get()).saturating_mul(i128::from(per_mille)).checked_div(1_000).unwrap_or(0);
    let share = Nano::new(i64::try_from(share).unwrap_or(i64::MAX));
    let quarter = Nano::new(bound.get().checked_div(4).unwrap_or(0));
    share.max(bound.saturating_add(quarter)).min(left).max(Nano::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO: AccountNo = AccountNo(1);

    fn check(slices: &mut Slices, amount: i64, durable: u64, inside: bool) {
        let amount = Nano::new(amount);
        assert_eq!(slices.is_inside(NO, amount, Lsn(durable), Instant::EPOCH), inside);
        if inside {
            slices.count(NO, amount, Lsn(durable));
        }
    }

    #[test]
    fn a_window_fills_and_a_sync_empties_it() {
        let mut slices = Slices::default();
        slices.queued(NO, Lsn(2), Nano::new(10));
        check(&mut slices, 1, 1, false); // the slice is not durable yet
        slices.sync_begins(Lsn(2));
        check(&mut slices, 6, 2, true);
        check(&mut slices, 5, 2, false);
        check(&mut slices, 4, 2, true);
        slices.sync_begins(Lsn(5)); // the ten fly
        check(&mut slices, 1, 2, false);
        check(&mut slices, 10, 5, true); // they landed
        slices.sync_begins(Lsn(6));
        slices.sync_begins(Lsn(6)); // two syncs without a touch between
        check(&mut slices, 10, 6, true);
    }

    #[test]
    fn what_a_sync_has_not_reached_counts_until_it_has() {
        let slices_of_ten = || {
            let mut slices = Slices::default();
            slices.queued(NO, Lsn(1), Nano::new(10));
            slices.sync_begins(Lsn(1));
            check(&mut slices, 10, 1, true);
            slices
        };
        // A sync that began ended before the next one began, whether anybody looked between them or not.
        let mut slices = slices_of_ten();
        slices.sync_begins(Lsn(5));
        slices.sync_begins(Lsn(6));
        check(&mut slices, 10, 5, true);
        // What is counted after a sync began is not in it.
        let mut slices = slices_of_ten();
        slices.sync_begins(Lsn(5));
        slices.count(NO, Nano::new(3), Lsn(1));
        check(&mut slices, 0, 1, false);
        check(&mut slices, 8, 5, false);
        check(&mut slices, 7, 5, true);
        slices.sync_begins(Lsn(9));
        check(&mut slices, 1, 5, false);
        check(&mut slices, 10, 9, true);
    }

    #[test]
    fn an_account_that_is_forgotten_begins_anew() {
        let mut slices = Slices::default();
        slices.raised(NO, Lsn(4));
        assert_eq!([3, 4].map(|durable| slices.raise_pending(NO, Lsn(durable))), [Some(Lsn(4)), None]);
        slices.queued(NO, Lsn(5), Nano::new(10));
        let is_below = |slices: &Slices| [10, 11].map(|target| slices.is_below(NO, Nano::new(target)));
        assert_eq!(is_below(&slices), [false, true], "what is queued counts, or it would be queued again");
        check(&mut slices, 10, 5, true);
        assert_eq!(is_below(&slices), [false, true]);
        slices.forget(NO);
        assert_eq!(is_below(&slices), [true, true]);
        assert_eq!(slices.raise_pending(NO, Lsn(0)), None);
        assert_eq!(slices.idle(Instant::FAR_FUTURE, Duration::ZERO), None, "nothing is given back for it");
        // A slice of nothing is none: it is not given back again.
        slices.queued(NO, Lsn(6), Nano::ZERO);
        assert!(!slices.any());
    }

    #[test]
    fn a_cut_counts_at_once_and_a_raise_when_durable() {
        let mut slices = Slices::default();
        slices.queued(NO, Lsn(1), Nano::new(10));
        check(&mut slices, 0, 1, true);
        slices.queued(NO, Lsn(3), Nano::new(4));
        check(&mut slices, 5, 1, false);
        slices.queued(NO, Lsn(4), Nano::new(20));
        check(&mut slices, 5, 3, false);
        check(&mut slices, 20, 4, true);
        // A raise on its way is no cut: what is queued behind it lends no more than there was.
        let mut slices = Slices::default();
        slices.queued(NO, Lsn(1), Nano::new(4));
        check(&mut slices, 0, 1, true);
        slices.queued(NO, Lsn(2), Nano::new(20));
        slices.queued(NO, Lsn(3), Nano::new(10));
        check(&mut slices, 5, 1, false);
        check(&mut slices, 10, 3, true);
        slices.raised(NO, Lsn(9));
        check(&mut slices, 0, 8, false);
        check(&mut slices, 0, 9, true);
    }

    #[test]
    fn an_idle_slice_is_found_once() {
        let at = |s: i64| Instant::from_micros(s * 1_000_000);
        let idle = Duration::from_mins(1);
        let mut slices = Slices::default();
        assert!(!slices.is_inside(NO, Nano::new(1), Lsn(0), at(0)));
        slices.queued(NO, Lsn(1), Nano::new(10));
        slices.queued(NO, Lsn(1), Nano::new(12));
        assert_eq!(slices.idle(at(59), idle), None);
        assert!(slices.is_inside(NO, Nano::new(1), Lsn(1), at(30)));
        assert_eq!(slices.idle(at(61), idle), None);
        assert_eq!(slices.idle(at(90), idle), Some(NO));
        assert_eq!(slices.idle(at(999), idle), None);
        assert!(!slices.any());
        // Once it has one again it is found again, also behind an account that is gone.
        let gone = AccountNo(2);
        slices.queued(gone, Lsn(2), Nano::new(10));
        slices.queued(NO, Lsn(3), Nano::new(10));
        slices.forget(gone);
        assert!(slices.any());
        assert_eq!(slices.idle(at(999), idle), Some(NO));
    }

    #[test]
    fn a_slice_is_a_percent_or_a_bound_and_never_more_than_is_left() {
        let check = |limit, bound, left, expected: i64| {
            assert_eq!(target(Nano::new(limit), 10, Nano::new(bound), Nano::new(left)), Nano::new(expected));
        };
        check(10_000, 20, 9_000, 100);
        check(10_000, 800, 9_000, 1_000);
        check(10_000, 800, 500, 500);
        check(i64::MAX, i64::MAX, i64::MAX, i64::MAX);
        check(10, 8, -3, 0);
    }
}
