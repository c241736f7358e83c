//! A state as bytes: for snapshots, and to compare states by their hash. Equal states have equal bytes.

use purser_core::account::Book;
use purser_core::money::Nano;
use purser_core::time::Instant;

use super::apply::named_twice;
use super::remembered::{Done, Ended};
use super::{Account, Amounts, Aside, Contra, Guaranteed, GuaranteedLegs, Item, OpenHold, State};
use crate::codec::{CodecError, Reader, put_command, put_i64, put_len, put_nano, put_u32, put_u64};
use crate::number::{AccountNo, BootId, Epoch, Lsn, SuspenseId};
use crate::record::codec::{
    put_ceilings, put_hold, put_key, put_shared, put_window, read_ceilings, read_hold, read_key, read_shared,
    read_window,
};

/// Why bytes are not a state.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum StateError {
    #[error(transparent)]
    Codec(#[from] CodecError),
    #[error("{0}")]
    Audit(String),
}

impl State {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.encode_behind(&mut out);
        out
    }

    /// Puts the bytes behind others.
    pub(crate) fn encode_behind(&self, out: &mut Vec<u8>) {
        out.reserve(self.accounts.len().saturating_mul(64).saturating_add(256));
        put_u64(out, self.lsn.0);
        put_instant(out, self.instant);
        put_u32(out, self.epoch.0);
        out.push(u8::from(self.boot.is_some()));
        out.extend_from_slice(&self.boot.map_or(0, |boot| boot.0).to_le_bytes());
        put_window(out, self.window);
        out.push(u8::from(self.rested));
        put_u32(out, self.next_account.0);
        put_u64(out, self.next_hold);
        for book in [Book::Money, Book::Limit] {
            let Contra { source, provider, held, suspense, unaccounted } = *self.contra(book);
            for total in [source, provider, held, suspense, unaccounted] {
                out.extend_from_slice(&total.to_le_bytes());
            }
        }
        put_len(out, self.accounts.len());
        for (no, account) in self.accounts_sorted() {
            put_u32(out, no.0);
            put_account(out, account);
        }
        let holds = self.holds_sorted();
        put_len(out, holds.len());
        for (id, hold) in holds {
            put_hold(out, id);
            put_instant(out, hold.since);
            put_aside(out, &hold.aside);
        }
        put_len(out, self.items.len());
        for (id, item) in &self.items {
            put_u64(out, id.0);
            put_instant(out, item.since);
            out.push(u8::from(item.hold.is_some()));
            if let Some(hold) = item.hold {
                put_hold(out, hold);
            }
            put_aside(out, &item.aside);
        }
        put_len(out, self.remembered.all_ended().len());
        for (id, ended) in self.remembered.all_ended() {
            put_hold(out, id);
            put_instant(out, ended.at);
            put_u64(out, ended.lsn.0);
            put_nano(out, ended.overrun);
            put_aside(out, &ended.paid);
        }
        put_len(out, self.remembered.all_done().len());
        for (command, done) in self.remembered.all_done() {
            put_command(out, command);
            put_instant(out, done.at);
            out.extend_from_slice(&done.input.to_le_bytes());
            put_u64(out, done.lsn.0);
            put_nano(out, done.charge);
            put_nano(out, done.overrun);
        }
    }

    /// Reads [`encode`](Self::encode)'s bytes, and audits what they say.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, StateError> {
        let reader = &mut Reader::new(bytes);
        let mut state = Self::new();
        state.read_head(reader)?;
        state.read_accounts(reader)?;
        for _ in 0..reader.len()? {
            let id = read_hold(reader)?;
            let hold = OpenHold { since: read_instant(reader)?, aside: read_aside(reader)? };
            state.holds.insert(id, hold);
        }
        for _ in 0..reader.len()? {
            let id = SuspenseId(reader.u64()?);
            let since = read_instant(reader)?;
            let hold = if read_flag(reader)? { Some(read_hold(reader)?) } else { None };
            state.items.insert(id, Item { since, hold, aside: read_aside(reader)? });
        }
        state.read_remembered(reader)?;
        if !reader.is_empty() {
            return Err(CodecError("bytes are left after the state").into());
        }
        state.audit().map_err(StateError::Audit)?;
        Ok(state)
    }

    fn read_head(&mut self, reader: &mut Reader<'_>) -> Result<(), CodecError> {
        self.lsn = Lsn(reader.u64()?);
        self.instant = read_instant(reader)?;
        self.epoch = Epoch(reader.u32()?);
        let booted = read_flag(reader)?;
        let boot = BootId(u64::from_le_bytes(reader.array()?));
        self.boot = booted.then_some(boot);
        self.window = read_window(reader)?;
        self.rested = read_flag(reader)?;
        self.next_account = AccountNo(reader.u32()?);
        self.next_hold = reader.u64()?;
        for book in [Book::Money, Book::Limit] {
            let mut total = || reader.array().map(i128::from_le_bytes);
            *self.contra_mut(book) = Contra {
                source: total()?,
                provider: total()?,
                held: total()?,
                suspense: total()?,
                unaccounted: total()?,
            };
        }
        Ok(())
    }

    fn read_accounts(&mut self, reader: &mut Reader<'_>) -> Result<(), CodecError> {
        for _ in 0..reader.len()? {
            let no = AccountNo(reader.u32()?);
            let account = read_account(reader)?;
            let twice = self.by_key.insert(account.key, no).is_some();
            self.by_end.insert((account.key.period.end, no));
            if no >= self.next_account || self.accounts.insert(no, account).is_some() || twice {
                return Err(CodecError("an account is there twice or has a number not yet given"));
            }
        }
        Ok(())
    }

    fn read_remembered(&mut self, reader: &mut Reader<'_>) -> Result<(), CodecError> {
        for _ in 0..reader.len()? {
            let id = read_hold(reader)?;
            let at = read_instant(reader)?;
            let lsn = Lsn(reader.u64()?);
            let overrun = reader.nano()?;
            let ended = Ended { at, lsn, overrun, paid: read_aside(reader)? };
            if !self.remembered.restore_ended(id, ended) {
                return Err(CodecError("a hold ended twice"));
            }
        }
        for _ in 0..reader.len()? {
            let command = reader.command()?;
            let at = read_instant(reader)?;
            let input = u64::from_le_bytes(reader.array()?);
            let lsn = Lsn(reader.u64()?);
            let done = Done { at, input, lsn, charge: reader.nano()?, overrun: reader.nano()? };
            if !self.remembered.restore_done(command, done) {
                return Err(CodecError("a command is there twice"));
            }
        }
        Ok(())
    }
}

fn put_instant(out: &mut Vec<u8>, instant: Instant) {
    put_i64(out, instant.as_micros());
}

fn read_instant(reader: &mut Reader<'_>) -> Result<Instant, CodecError> {
    reader.i64().map(Instant::from_micros)
}

fn read_flag(reader: &mut Reader<'_>) -> Result<bool, CodecError> {
    match reader.u8()? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(CodecError("a flag is neither yes nor no")),
    }
}

fn put_account(out: &mut Vec<u8>, account: &Account) {
    put_key(out, &account.key);
    let Amounts { limit, spent, held, suspense, overrun, reserve, guaranteed } = account.amounts;
    for amount in [limit, spent, held, suspense, overrun, account.slice] {
        put_nano(out, amount);
    }
    out.push(u8::from(account.guarantees));
    if account.guarantees {
        for amount in [reserve, guaranteed.spent, guaranteed.held, guaranteed.suspense] {
            put_nano(out, amount);
        }
    }
    put_u32(out, account.holds);
    put_u32(out, account.items);
}

fn read_account(reader: &mut Reader<'_>) -> Result<Account, CodecError> {
    let key = read_key(reader)?;
    let mut amount = || -> Result<Nano, CodecError> { reader.nano() };
    let mut amounts = Amounts {
        limit: amount()?,
        spent: amount()?,
        held: amount()?,
        suspense: amount()?,
        overrun: amount()?,
        ..Amounts::default()
    };
    let slice = amount()?;
    let guarantees = read_flag(reader)?;
    if guarantees {
        let mut amount = || -> Result<Nano, CodecError> { reader.nano() };
        amounts.reserve = amount()?;
        amounts.guaranteed = Guaranteed { spent: amount()?, held: amount()?, suspense: amount()? };
    }
    Ok(Account { key, amounts, guarantees, slice, holds: reader.u32()?, items: reader.u32()? })
}

fn put_aside(out: &mut Vec<u8>, aside: &Aside) {
    put_shared(out, aside.amount, &aside.legs);
    put_ceilings(out, &aside.ceilings);
    put_u32(out, aside.guaranteed.bits());
}

fn read_aside(reader: &mut Reader<'_>) -> Result<Aside, CodecError> {
    let (amount, legs) = read_shared(reader)?;
    let ceilings = read_ceilings(reader)?;
    if named_twice(&legs, &ceilings) {
        return Err(CodecError("a call names an account twice"));
    }
    let guaranteed = GuaranteedLegs::from_bits(reader.u32()?);
    if guaranteed.beyond(legs.len()) {
        return Err(CodecError("a leg that is not there is guaranteed"));
    }
    Ok(Aside { amount, legs, ceilings, guaranteed })
}

#[cfg(test)]
mod tests {
    use purser_core::account::{AccountKey, Period, Subject};
    use purser_core::id::{BudgetId, GrantId};
    use smallvec::SmallVec;

    use super::*;
    use crate::number::HoldId;
    use crate::record::{Leg, Legs};

    /// A state with one open hold on these accounts; the audit finds nothing wrong with it.
    fn state(legs: &[AccountNo], ceilings: &[AccountNo]) -> State {
        let five = Nano::new(5);
        let mut state = State::new();
        state.next_account = AccountNo(3);
        let subjects = [Subject::Grant(GrantId::new(1)), Subject::Budget(BudgetId::new(1))];
        for (no, subject) in [AccountNo(1), AccountNo(2)].into_iter().zip(subjects) {
            let period = Period { start: Instant::EPOCH, end: Instant::from_micros(1) };
            let mut account = Account::new(AccountKey { subject, period });
            for _ in legs.iter().chain(ceilings).filter(|named| **named == no) {
                account.amounts.held = account.amounts.held.saturating_add(five);
                account.holds += 1;
            }
            state.contra_mut(subject.book()).held += i128::from(account.amounts.held.get());
            state.accounts.insert(no, account);
        }
        let aside = Aside {
            amount: five,
            legs: legs.iter().map(|no| Leg { no: *no, amount: five }).collect::<Legs>(),
            ceilings: SmallVec::from_slice(ceilings),
            ..Aside::default()
        };
        let id = HoldId::try_new(Epoch(0), 1).expect("in range");
        state.holds.insert(id, OpenHold { since: Instant::EPOCH, aside });
        state.audit().expect("what accounts have is what the hold says");
        state
    }

    #[test]
    fn a_state_in_which_a_call_names_an_account_twice_is_refused() {
        let (grant, limit) = (AccountNo(1), AccountNo(2));
        let once = state(&[grant], &[limit]);
        assert_eq!(State::decode(&once.encode()).expect("our own").digest(), once.digest());
        for (legs, ceilings) in [(&[][..], &[limit, limit][..]), (&[grant], &[grant]), (&[grant, grant], &[])] {
            let Err(StateError::Codec(refused)) = State::decode(&state(legs, ceilings).encode()) else {
                panic!("{legs:?} {ceilings:?} was taken");
            };
            assert_eq!(refused, CodecError("a call names an account twice"));
        }
    }
}
