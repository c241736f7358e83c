//! What a record does to the accounts, and the same as balanced postings.

use purser_core::account::Book;
use purser_core::money::Nano;
use smallvec::SmallVec;

use super::amounts::{Change, Fault, Guaranteed};
use super::apply::{ApplyError, rule};
use super::{Account, Aside, State};
use crate::number::AccountNo;
use crate::record::{Ceilings, Ending, Leg, Legs, Record};

/// One side of an entry. Over the postings of one record, the amounts of each book (and of each layer within it) sum
/// to zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posting {
    /// In which book.
    pub book: Book,
    /// On which account.
    pub account: AccountRef,
    /// In which of its three views.
    pub layer: Layer,
    /// How much: positive makes the account richer.
    pub amount: Nano,
}

/// An account of a posting. The contra accounts exist once per book and are implied by the record's kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountRef {
    /// An open account.
    No(AccountNo),
    /// Where money and limits come from; and where what is left of a closed account goes.
    Source,
    /// Whom charges go to.
    Provider,
    /// What all holds set aside.
    Held,
    /// What nobody accounts for yet.
    Suspense,
    /// What nobody accounted for in the end.
    Unaccounted,
}

/// The views of a balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// Funds and charges.
    Posted,
    /// Open holds.
    Held,
    /// Suspense.
    Suspense,
}

/// What a record does, before it is checked against balances.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    /// Each account once.
    pub(crate) accounts: SmallVec<[Change; 8]>,
    /// What of it is of guaranteed legs, on each ceiling that tells them apart.
    pub(crate) guaranteed: Guaranteed,
    /// What `unaccounted` pays the provider, per book.
    pub(crate) written_off: SmallVec<[(Book, Nano); 2]>,
}

impl Changes {
    /// The postings, in balanced pairs.
    pub(crate) fn postings(&self) -> impl Iterator<Item = Posting> + '_ {
        let pair = |book, layer, (from, to), amount: Nano| {
            let minus = Nano::ZERO.saturating_sub(amount);
            [Posting { book, account: from, layer, amount: minus }, Posting { book, account: to, layer, amount }]
        };
        let on_accounts = self.accounts.iter().flat_map(move |c| {
            let account = if c.closed { AccountRef::Source } else { AccountRef::No(c.no) };
            [
                pair(c.book, Layer::Posted, (AccountRef::Source, account), c.funded),
                pair(c.book, Layer::Posted, (account, AccountRef::Provider), c.charged),
                pair(c.book, Layer::Held, (account, AccountRef::Held), c.held),
                pair(c.book, Layer::Suspense, (account, AccountRef::Suspense), c.suspense),
            ]
        });
        let off = self.written_off.iter().map(move |(book, amount)| {
            pair(*book, Layer::Posted, (AccountRef::Unaccounted, AccountRef::Provider), *amount)
        });
        on_accounts.chain(off).flatten().filter(|posting| !posting.amount.is_zero())
    }
}

impl State {
    /// The record as postings, for a record that would be applied next.
    pub fn postings(&self, record: &Record) -> Vec<Posting> {
        self.changes(record).map(|changes| changes.postings().collect()).unwrap_or_default()
    }

    /// What the record does to which account. Checks that everything the record names is there and that its own sums
    /// are right; whether the balances allow it is checked by `after`.
    pub(crate) fn changes(&self, record: &Record) -> Result<Changes, ApplyError> {
        let mut out = Changes::default();
        match record {
            Record::Boot { .. }
            | Record::Rest
            | Record::Open { .. }
            | Record::Slice { .. }
            | Record::Reserve { .. }
            | Record::Guarantee { .. }
            | Record::Event { .. } => {}
            Record::Fund { no, delta } => {
                out.accounts.push(Change { funded: *delta, ..self.change(*no)? });
            }
            Record::Hold { amount, legs, ceilings, .. } => {
                non_negative(*amount, legs)?;
                self.set_aside(&mut out, *amount, legs, ceilings, None)?;
            }
            Record::Grow { id, amount, legs } => {
                let hold = self.holds.get(id).ok_or_else(|| rule("it grows a hold that is not open"))?;
                non_negative(*amount, legs)?;
                subset(&hold.aside.legs, legs, *amount)?;
                in_range(&hold.aside, legs, *amount)?;
                self.set_aside(&mut out, *amount, legs, &hold.aside.ceilings, Some(hold.aside.guaranteed_of(legs)))?;
            }
            Record::Settle { id, charge, legs, .. } => {
                let hold = self.holds.get(id).ok_or_else(|| rule("it settles a hold that is not open"))?;
                self.pay(&mut out, &hold.aside, *charge, legs, From::Held)?;
            }
            Record::Release { id } => {
                let hold = self.holds.get(id).ok_or_else(|| rule("it releases a hold that is not open"))?;
                self.pay(&mut out, &hold.aside, Nano::ZERO, &Legs::new(), From::Held)?;
            }
            Record::Suspend { id } => {
                let hold = self.holds.get(id).ok_or_else(|| rule("it suspends a hold that is not open"))?;
                for leg in &hold.aside.legs {
                    out.accounts.push(Change {
                        held: negative(leg.amount),
                        suspense: leg.amount,
                        ..self.change(leg.no)?
                    });
                }
                let part = hold.aside.guaranteed_amount();
                out.guaranteed = Guaranteed { spent: Nano::ZERO, held: negative(part), suspense: part };
                for no in &hold.aside.ceilings {
                    let amount = hold.aside.amount;
                    out.accounts.push(Change { held: negative(amount), suspense: amount, ..self.change(*no)? });
                }
            }
            Record::SuspendSlice { no, amount } => {
                let account = self.accounts.get(*no).ok_or_else(|| rule("it names an account that is not open"))?;
                if *amount > account.slice || !amount.is_positive() {
                    return Err(rule("it suspends more than the slice, or nothing"));
                }
                out.accounts.push(Change { suspense: *amount, ..self.change(*no)? });
            }
            Record::Resolve { item, ending, charge, legs, .. } => {
                let item = self.items.get(item).ok_or_else(|| rule("it resolves an item that is not open"))?;
                self.pay(&mut out, &item.aside, *charge, legs, From::Suspense)?;
                if *ending == Ending::WrittenOff {
                    if !charge.is_zero() {
                        return Err(rule("it charges what it writes off"));
                    }
                    written_off(&mut out, &item.aside);
                }
            }
            Record::Adjust { id, legs, delta, ceilings, .. } => {
                let ended = self.remembered.ended(*id);
                if let Some(ended) = ended {
                    subset(&ended.paid.legs, legs, *delta)?;
                    if ended.paid.ceilings != *ceilings {
                        return Err(rule("it adjusts other ceilings than the call's"));
                    }
                    in_range(&ended.paid, legs, *delta)?;
                    if ended.paid.amount.saturating_add(*delta).is_negative() {
                        return Err(rule("it makes a charge negative"));
                    }
                } else if self.has_not_ended(*id) {
                    return Err(rule("it adjusts a hold that has not ended"));
                } else if !delta.is_zero() && legs.is_empty() && ceilings.is_empty() {
                    return Err(rule("it charges no account"));
                }
                let part =
                    ended.map_or_else(|| self.guaranteed_of_forgotten(legs), |ended| ended.paid.guaranteed_of(legs));
                self.charge_more(&mut out, *delta, legs, ceilings, part)?;
            }
            Record::Reverse { id, .. } => {
                let ended = self.remembered.ended(*id).ok_or_else(|| rule("it reverses a hold not remembered"))?;
                let legs: Legs = ended.paid.legs.iter().map(Leg::negated).collect();
                let part = negative(ended.paid.guaranteed_amount());
                self.charge_more(&mut out, negative(ended.paid.amount), &legs, &ended.paid.ceilings, part)?;
            }
            Record::Close { no } => {
                let account = self.accounts.get(*no).ok_or_else(|| rule("it closes an account that is not open"))?;
                let left = account.amounts.limit.saturating_sub(account.amounts.spent);
                out.accounts.push(Change { funded: negative(left), ..self.change(*no)? });
            }
        }
        Ok(out)
    }

    fn change(&self, no: AccountNo) -> Result<Change, ApplyError> {
        let account = self.accounts.get(no).ok_or_else(|| rule("it names an account that is not open"))?;
        Ok(Change::on(no, account.key.subject.book()))
    }

    fn account_in(&self, no: AccountNo, book: Book) -> Result<&Account, ApplyError> {
        let account = self.accounts.get(no).ok_or_else(|| rule("it names an account that is not open"))?;
        if account.key.subject.book() == book { Ok(account) } else { Err(rule("it uses an account of the other book")) }
    }

    /// `part`: what of the amount is guaranteed; `None`: as the accounts of the legs say.
    fn set_aside(
        &self,
        out: &mut Changes,
        amount: Nano,
        legs: &Legs,
        ceilings: &Ceilings,
        part: Option<Nano>,
    ) -> Result<(), ApplyError> {
        let mut by_accounts = Nano::ZERO;
        for leg in legs {
            let account = self.account_in(leg.no, Book::Money)?;
            if account.guarantees {
                by_accounts = by_accounts.saturating_add(leg.amount);
            }
            out.accounts.push(Change { held: leg.amount, ..Change::on(leg.no, Book::Money) });
        }
        out.guaranteed.held = part.unwrap_or(by_accounts);
        for no in ceilings {
            self.account_in(*no, Book::Limit)?;
            out.accounts.push(Change { held: amount, ..Change::on(*no, Book::Limit) });
        }
        Ok(())
    }

    /// What of a correction of a forgotten call is guaranteed. Where a grant's account is gone with its period nobody
    /// knows any more; then what is charged counts as not guaranteed and what is paid back as guaranteed, so that
    /// others never have the more.
    fn guaranteed_of_forgotten(&self, legs: &Legs) -> Nano {
        let is_guaranteed =
            |leg: &&Leg| self.accounts.get(leg.no).map_or(leg.amount.is_negative(), |account| account.guarantees);
        legs.iter().filter(is_guaranteed).fold(Nano::ZERO, |sum, leg| sum.saturating_add(leg.amount))
    }

    /// Frees what is aside and charges its accounts.
    fn pay(&self, out: &mut Changes, aside: &Aside, charge: Nano, legs: &Legs, from: From) -> Result<(), ApplyError> {
        non_negative(charge, legs)?;
        subset(&aside.legs, legs, charge)?;
        let freed = |change: Change, amount: Nano, charged: Nano| match from {
            From::Held => Change { held: negative(amount), charged, ..change },
            From::Suspense => Change { suspense: negative(amount), charged, ..change },
        };
        if !aside.guaranteed.is_empty() {
            out.guaranteed.spent = aside.guaranteed_of(legs);
            let own = negative(aside.guaranteed_amount());
            match from {
                From::Held => out.guaranteed.held = own,
                From::Suspense => out.guaranteed.suspense = own,
            }
        }
        for leg in &aside.legs {
            let paid = legs.iter().find(|paid| paid.no == leg.no).map_or(Nano::ZERO, |paid| paid.amount);
            out.accounts.push(freed(self.change(leg.no)?, leg.amount, paid));
        }
        for no in &aside.ceilings {
            out.accounts.push(freed(self.change(*no)?, aside.amount, charge));
        }
        Ok(())
    }

    /// Charges more or less, also on accounts closed since; `part` of it is guaranteed. The books of an open account are
    /// compared: of a call that is forgotten nothing else says that a grant is a grant.
    fn charge_more(
        &self,
        out: &mut Changes,
        delta: Nano,
        legs: &Legs,
        ceilings: &Ceilings,
        part: Nano,
    ) -> Result<(), ApplyError> {
        out.guaranteed.spent = part;
        let legs = legs.iter().map(|leg| (leg.no, Book::Money, leg.amount));
        for (no, book, charged) in legs.chain(ceilings.iter().map(|no| (*no, Book::Limit, delta))) {
            if charged.checked_neg().is_none() {
                return Err(rule("it charges an amount that has no opposite"));
            }
            let change = if self.accounts.contains(no) {
                self.account_in(no, book)?;
                Change::on(no, book)
            } else if no < self.next_account && no.0 > 0 {
                Change { closed: true, ..Change::on(no, book) }
            } else {
                return Err(rule("it names an account that was never opened"));
            };
            out.accounts.push(Change { charged, ..change });
        }
        Ok(())
    }
}

/// Where the money of a payment was set aside.
#[derive(Clone, Copy)]
enum From {
    Held,
    Suspense,
}

fn written_off(out: &mut Changes, aside: &Aside) {
    if !aside.legs.is_empty() {
        out.written_off.push((Book::Money, aside.amount));
    }
    // One limit after the other: each counted the amount by itself.
    let limits = aside.ceilings.iter().fold(Nano::ZERO, |sum, _| sum.saturating_add(aside.amount));
    out.written_off.push((Book::Limit, limits));
}

fn negative(amount: Nano) -> Nano {
    Nano::ZERO.saturating_sub(amount)
}

fn non_negative(amount: Nano, legs: &Legs) -> Result<(), ApplyError> {
    if amount.is_negative() || legs.iter().any(|leg| leg.amount.is_negative()) {
        return Err(rule("an amount is negative"));
    }
    Ok(())
}

/// What is aside or paid must stay an amount when this comes to it, and have an opposite, over all and on each grant.
fn in_range(aside: &Aside, legs: &Legs, amount: Nano) -> Result<(), ApplyError> {
    let fits = |own: Nano, more: Nano| own.checked_add(more).and_then(Nano::checked_neg).is_some();
    for own in &aside.legs {
        let more = legs.iter().find(|leg| leg.no == own.no).map_or(Nano::ZERO, |leg| leg.amount);
        if !fits(own.amount, more) {
            return Err(ApplyError::Account { no: own.no, fault: Fault::Overflow });
        }
    }
    let first = aside.legs.first().map(|leg| leg.no).or(aside.ceilings.first().copied());
    match first {
        Some(no) if !fits(aside.amount, amount) => Err(ApplyError::Account { no, fault: Fault::Overflow }),
        _ => Ok(()),
    }
}

/// Legs must be among those of the call, each once, and add up.
fn subset(all: &Legs, some: &Legs, amount: Nano) -> Result<(), ApplyError> {
    if all.is_empty() {
        return if some.is_empty() { Ok(()) } else { Err(rule("it pays from grants the call does not have")) };
    }
    let mut sum = Nano::ZERO;
    for (i, leg) in some.iter().enumerate() {
        let known = all.iter().any(|known| known.no == leg.no);
        let twice = some.iter().take(i).any(|other| other.no == leg.no);
        if !known || twice {
            return Err(rule("its legs are not those of the call"));
        }
        sum = sum.checked_add(leg.amount).ok_or_else(|| rule("its legs overflow"))?;
    }
    if sum == amount { Ok(()) } else { Err(rule("its legs do not add up to its amount")) }
}
