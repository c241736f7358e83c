//! The one function that changes the state.

use purser_core::account::Book;
use purser_core::id::CommandId;
use purser_core::money::Nano;
use purser_core::time::Instant;
use smallvec::SmallVec;

use super::amounts::{Account, Amounts, Fault, Guaranteed};
use super::changes::Changes;
use super::{Aside, Done, Ended, GuaranteedLegs, Item, OpenHold, State};
use crate::number::{AccountNo, HoldId, Lsn, SuspenseId};
use crate::record::{Leg, Legs, Record};

/// Why a record can't be applied. From the live ledger only an overflow can come; anything else means that the bytes
/// were not written by it, or that it is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ApplyError {
    #[error("account {no}: {fault}")]
    Account { no: AccountNo, fault: Fault },
    #[error("{0}")]
    Rule(&'static str),
}

pub(crate) fn rule(what: &'static str) -> ApplyError {
    ApplyError::Rule(what)
}

/// The amounts after a record, and what of its charges was not available.
struct Outcome {
    next: SmallVec<[(AccountNo, Amounts); 8]>,
    /// Over the grants; where a call has none, at the ceiling that lacked most.
    overrun: Nano,
}

impl State {
    /// Applies the next record. On an error nothing has changed.
    pub(crate) fn apply(&mut self, lsn: Lsn, instant: Instant, record: &Record) -> Result<(), ApplyError> {
        if lsn != self.lsn.next() {
            return Err(rule("its number is not the next"));
        }
        if instant < self.instant {
            return Err(rule("its time is before that of the record before"));
        }
        self.check(instant, record)?;
        let changes = self.changes(record)?;
        let outcome = self.outcome(&changes)?;
        if let Record::Settle { overrun, .. } | Record::Resolve { overrun, .. } = record
            && *overrun != outcome.overrun
        {
            return Err(rule("the overrun it states is not the one that follows"));
        }

        for (no, next) in &outcome.next {
            self.accounts.get_mut(*no).expect("outcome names open accounts").amounts = *next;
        }
        self.post_contra(&changes);
        self.lsn = lsn;
        self.instant = instant;
        self.rested = false;
        self.carry_out(record, &changes, outcome.overrun);
        Ok(())
    }

    /// What can be said without looking at balances.
    fn check(&self, instant: Instant, record: &Record) -> Result<(), ApplyError> {
        let command = match record {
            Record::Boot { epoch, .. } if *epoch != self.epoch.next() => return Err(rule("its epoch is not the next")),
            Record::Open { no, .. } if *no != self.next_account => return Err(rule("its account is not the next")),
            Record::Open { key, .. } if self.by_key.contains_key(key) => return Err(rule("its account is open")),
            Record::Open { key, .. } if key.period.end <= instant => {
                return Err(rule("it opens an account whose period is over"));
            }
            Record::Slice { no, amount } if amount.is_negative() || !self.accounts.contains(*no) => {
                return Err(rule("its slice is negative or on no account"));
            }
            Record::Reserve { no, amount } if amount.is_negative() || !self.is_in(*no, Book::Limit) => {
                return Err(rule("its reserve is negative or on no ceiling"));
            }
            Record::Guarantee { no } if !self.is_in(*no, Book::Money) => {
                return Err(rule("it guarantees what no grant pays"));
            }
            Record::Hold { id, .. } if Some(*id) != HoldId::try_new(self.epoch, self.next_hold) => {
                return Err(rule("its hold is not the next"));
            }
            Record::Hold { legs, ceilings, .. } if legs.is_empty() && ceilings.is_empty() => {
                return Err(rule("its hold is on no account"));
            }
            Record::Hold { legs, ceilings, .. } if named_twice(legs, ceilings) => {
                return Err(rule("it names an account twice"));
            }
            Record::Close { no } => {
                let closable =
                    self.accounts.get(*no).is_some_and(|a| a.holds == 0 && a.items == 0 && a.key.period.end <= instant);
                return if closable { Ok(()) } else { Err(rule("it closes an account that is in use")) };
            }
            Record::Adjust { command, legs, ceilings, .. } => {
                if named_twice(legs, ceilings) {
                    return Err(rule("it names an account twice"));
                }
                command
            }
            Record::Resolve { command, .. } | Record::Reverse { command, .. } | Record::Event { command, .. } => {
                command
            }
            _ => return Ok(()),
        };
        if self.remembered.done(*command).is_some() { Err(rule("its command was carried out before")) } else { Ok(()) }
    }

    fn outcome(&self, changes: &Changes) -> Result<Outcome, ApplyError> {
        let mut next = SmallVec::new();
        let (mut money, mut limit, mut has_legs) = (Nano::ZERO, Nano::ZERO, false);
        for change in &changes.accounts {
            let over = if change.closed {
                Nano::ZERO
            } else {
                let account =
                    self.accounts.get(change.no).ok_or_else(|| rule("it names an account that is not open"))?;
                let part = (account.guarantees && change.book == Book::Limit).then_some(&changes.guaranteed);
                let (amounts, over) = account
                    .amounts
                    .after(change, part)
                    .map_err(|fault| ApplyError::Account { no: change.no, fault })?;
                next.push((change.no, amounts));
                over
            };
            match change.book {
                Book::Money => {
                    has_legs = true;
                    money = money.saturating_add(over);
                }
                Book::Limit => limit = limit.max(over),
            }
        }
        Ok(Outcome { next, overrun: if has_legs { money } else { limit } })
    }

    fn post_contra(&mut self, changes: &Changes) {
        let wide = |amount: Nano| i128::from(amount.get());
        for change in &changes.accounts {
            let contra = self.contra_mut(change.book);
            // 2^127 holds any sum of amounts of 2^63 that could be written in the age of the universe.
            contra.source = contra.source.saturating_sub(wide(change.funded));
            if change.closed {
                contra.source = contra.source.saturating_sub(wide(change.charged));
            }
            contra.provider = contra.provider.saturating_add(wide(change.charged));
            contra.held = contra.held.saturating_add(wide(change.held));
            contra.suspense = contra.suspense.saturating_add(wide(change.suspense));
        }
        for (book, amount) in &changes.written_off {
            let contra = self.contra_mut(*book);
            contra.unaccounted = contra.unaccounted.saturating_sub(wide(*amount));
            contra.provider = contra.provider.saturating_add(wide(*amount));
        }
    }

    /// Everything a record does besides changing amounts. Can't fail: all was checked before.
    fn carry_out(&mut self, record: &Record, changes: &Changes, overrun: Nano) {
        match record {
            Record::Boot { epoch, boot, window } => {
                self.epoch = *epoch;
                self.boot = Some(*boot);
                self.window = *window;
                self.next_hold = 1;
                self.end_slices();
            }
            Record::Rest => {
                self.rested = true;
                self.end_slices();
            }
            Record::Open { no, key } => {
                self.next_account = no.next();
                self.by_key.insert(*key, *no);
                self.by_end.insert((key.period.end, *no));
                self.accounts.insert(*no, Account::new(*key));
            }
            Record::Fund { .. } => {}
            Record::Reserve { no, amount } => self.reserve(*no, *amount),
            Record::Guarantee { no } => {
                if let Some(account) = self.accounts.get_mut(*no) {
                    account.guarantees = true;
                }
            }
            Record::Slice { no, amount } => {
                if let Some(account) = self.accounts.get_mut(*no) {
                    account.slice = *amount;
                }
            }
            Record::Hold { id, amount, legs, ceilings } => {
                self.next_hold = self.next_hold.saturating_add(1);
                let guaranteed = self.guaranteed_legs(legs);
                let aside = Aside { amount: *amount, legs: legs.clone(), ceilings: ceilings.clone(), guaranteed };
                self.count(changes, |account| account.holds = account.holds.saturating_add(1));
                self.holds.insert(*id, OpenHold { since: self.instant, aside });
            }
            Record::Grow { id, amount, legs } => {
                if let Some(hold) = self.holds.get_mut(id) {
                    hold.aside.amount = hold.aside.amount.saturating_add(*amount);
                    hold.aside.add(legs);
                }
            }
            Record::Settle { id, charge, legs, .. } => self.end_hold(*id, changes, *charge, legs, overrun),
            Record::Release { id } => self.end_hold(*id, changes, Nano::ZERO, &Legs::new(), Nano::ZERO),
            Record::Suspend { id } => {
                if let Some(hold) = self.holds.remove(id) {
                    self.count(changes, |account| {
                        account.holds = account.holds.saturating_sub(1);
                        account.items = account.items.saturating_add(1);
                    });
                    let item = Item { since: self.instant, hold: Some(*id), aside: hold.aside };
                    self.items.insert(SuspenseId(self.lsn.0), item);
                }
            }
            Record::SuspendSlice { no, amount } => self.suspend_slice(*no, *amount),
            Record::Resolve { command, input, item, charge, legs, .. } => {
                self.resolve(*item, changes, *charge, legs, overrun);
                self.finish(*command, *input, *charge, overrun);
            }
            Record::Adjust { command, input, id, legs, delta, .. } => {
                let (charge, overrun) = self.correct_ended(*id, legs, *delta, overrun);
                self.finish(*command, *input, charge, overrun);
            }
            Record::Reverse { command, input, id } => {
                let paid = self.remembered.ended(*id).map(|ended| ended.paid.clone());
                if let Some(paid) = paid {
                    let legs: Legs = paid.legs.iter().map(Leg::negated).collect();
                    self.correct_ended(*id, &legs, Nano::ZERO.saturating_sub(paid.amount), overrun);
                }
                self.finish(*command, *input, Nano::ZERO, Nano::ZERO);
            }
            Record::Close { no } => {
                if let Some(account) = self.accounts.remove(*no) {
                    self.by_key.remove(&account.key);
                    self.by_end.remove(&(account.key.period.end, *no));
                }
            }
            Record::Event { command, input, .. } => self.finish(*command, *input, Nano::ZERO, Nano::ZERO),
        }
    }

    fn count(&mut self, changes: &Changes, by: impl Fn(&mut Account)) {
        for change in &changes.accounts {
            if let Some(account) = self.accounts.get_mut(change.no) {
                by(account);
            }
        }
    }

    fn is_in(&self, no: AccountNo, book: Book) -> bool {
        self.accounts.get(no).is_some_and(|account| account.key.subject.book() == book)
    }

    /// From here on the ceiling yields to guaranteed legs and keeps so much for them. One that bound them before learns
    /// what calls under way have of them; all it counted as spent stays with the others.
    fn reserve(&mut self, no: AccountNo, reserve: Nano) {
        let Some(account) = self.accounts.get_mut(no) else { return };
        account.amounts.reserve = reserve;
        if !std::mem::replace(&mut account.guarantees, true) {
            let named = |aside: &&Aside| aside.ceilings.contains(&no);
            let sum = |sum: Nano, aside: &Aside| sum.saturating_add(aside.guaranteed_amount());
            let held = self.holds.values().map(|hold| &hold.aside).filter(named).fold(Nano::ZERO, sum);
            let suspense = self.items.values().map(|item| &item.aside).filter(named).fold(Nano::ZERO, sum);
            account.amounts.guaranteed = Guaranteed { spent: Nano::ZERO, held, suspense };
        }
    }

    /// Which legs of a new hold are guaranteed.
    fn guaranteed_legs(&self, legs: &Legs) -> GuaranteedLegs {
        let mut found = GuaranteedLegs::default();
        for (place, leg) in legs.iter().enumerate() {
            if self.accounts.get(leg.no).is_some_and(|account| account.guarantees) {
                found.add(place);
            }
        }
        found
    }

    fn end_slices(&mut self) {
        self.accounts.values_mut().for_each(|account| account.slice = Nano::ZERO);
    }

    fn end_hold(&mut self, id: HoldId, changes: &Changes, charge: Nano, legs: &Legs, overrun: Nano) {
        if let Some(hold) = self.holds.remove(&id) {
            self.count(changes, |account| account.holds = account.holds.saturating_sub(1));
            self.remember(id, hold.aside, charge, legs, overrun);
        }
    }

    fn remember(&mut self, id: HoldId, mut paid: Aside, charge: Nano, legs: &Legs, overrun: Nano) {
        paid.amount = charge;
        paid.legs.iter_mut().for_each(|leg| leg.amount = Nano::ZERO);
        paid.add(legs);
        self.remembered.end(id, Ended { at: self.instant, lsn: self.lsn, paid, overrun }, self.window);
    }

    fn suspend_slice(&mut self, no: AccountNo, amount: Nano) {
        let Some(account) = self.accounts.get_mut(no) else { return };
        account.slice = Nano::ZERO;
        account.items = account.items.saturating_add(1);
        let aside = match account.key.subject.book() {
            Book::Money => Aside { amount, legs: Legs::from_iter([Leg { no, amount }]), ..Aside::default() },
            // Whose calls were lost nobody knows, so none of it counts as guaranteed: others have the less.
            Book::Limit => Aside { amount, ceilings: SmallVec::from_iter([no]), ..Aside::default() },
        };
        self.items.insert(SuspenseId(self.lsn.0), Item { since: self.instant, hold: None, aside });
    }

    fn resolve(&mut self, item: SuspenseId, changes: &Changes, charge: Nano, legs: &Legs, overrun: Nano) {
        let Some(item) = self.items.remove(&item) else { return };
        self.count(changes, |account| account.items = account.items.saturating_sub(1));
        if let Some(id) = item.hold {
            self.remember(id, item.aside, charge, legs, overrun);
        }
    }

    /// What the call costs after a correction, and the overrun in it; the correction itself for a forgotten call.
    fn correct_ended(&mut self, id: HoldId, legs: &Legs, delta: Nano, overrun: Nano) -> (Nano, Nano) {
        let Some(ended) = self.remembered.ended_mut(id) else { return (delta, overrun.max(Nano::ZERO)) };
        ended.paid.amount = ended.paid.amount.saturating_add(delta);
        ended.paid.add(legs);
        ended.overrun = ended.overrun.saturating_add(overrun).max(Nano::ZERO);
        (ended.paid.amount, ended.overrun)
    }

    fn finish(&mut self, command: CommandId, input: u64, charge: Nano, overrun: Nano) {
        let done = Done { at: self.instant, input, lsn: self.lsn, charge, overrun };
        self.remembered.finish(command, done, self.window);
    }
}

impl Aside {
    fn add(&mut self, legs: &Legs) {
        for leg in legs {
            if let Some(own) = self.legs.iter_mut().find(|own| own.no == leg.no) {
                own.amount = own.amount.saturating_add(leg.amount);
            }
        }
    }
}

/// Is an account twice among those of a call? The changes of a record are reckoned from what each account had before.
pub(super) fn named_twice(legs: &Legs, ceilings: &[AccountNo]) -> bool {
    let name = |i: usize| legs.get(i).map(|leg| leg.no).or_else(|| ceilings.get(i.saturating_sub(legs.len())).copied());
    let count = legs.len().saturating_add(ceilings.len());
    (0..count).any(|i| (0..i).any(|k| name(i) == name(k)))
}
