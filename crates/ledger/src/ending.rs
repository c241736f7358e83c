//! Settling, releasing, correcting, resolving; and other people's events.

use purser_core::id::CommandId;
use purser_core::money::Nano;

use crate::codec::{put_bytes, put_i64, put_len, put_nano, put_u32, put_u64};
use crate::core::{Core, Desk};
use crate::error::LedgerError;
use crate::hold::{Settled, Settlement};
use crate::ledger::{Correction, EventReceipt, Resolution};
use crate::number::{HoldId, Lsn, SuspenseId};
use crate::record::codec::put_hold;
use crate::record::{DETAIL_MAX, Detail, EVENT_MAX, Ending, Legs, Record};
use crate::state::{Aside, Done};

impl Core {
    pub(crate) fn settle(&self, id: HoldId, settlement: Settlement) -> Result<Settled, LedgerError> {
        check_charge(settlement.charge)?;
        check_len("the detail of a charge", settlement.detail.len(), DETAIL_MAX)?;
        let mut guard = self.desk()?;
        let desk = &mut *guard;
        let Some(hold) = desk.state.hold(id) else { return desk.ended_before(id) };
        let aside = hold.aside.clone();
        let Settlement { charge, mark, detail } = settlement;
        let legs = desk.state.share(&aside, charge);
        let overrun = desk.state.overrun(&aside, charge, &legs);
        if charge > aside.amount {
            self.count_excess(desk, &aside, charge, &legs);
        }
        let lsn = self.post(desk, &Record::Settle { id, charge, legs, overrun, mark, detail })?;
        Ok(Settled { charge, overrun, lsn, remaining: desk.state.remaining(&aside), repeated: false })
    }

    pub(crate) fn release(&self, id: HoldId) -> Result<Settled, LedgerError> {
        let mut guard = self.desk()?;
        let desk = &mut *guard;
        let Some(hold) = desk.state.hold(id) else { return desk.ended_before(id) };
        let aside = hold.aside.clone();
        let lsn = self.post(desk, &Record::Release { id })?;
        let remaining = desk.state.remaining(&aside);
        Ok(Settled { charge: Nano::ZERO, overrun: Nano::ZERO, lsn, remaining, repeated: false })
    }

    /// What was spent above its hold is as lost as an inside hold would be, so it counts like one.
    fn count_excess(&self, desk: &mut Desk, aside: &Aside, charge: Nano, legs: &Legs) {
        let durable = self.progress.durable();
        for leg in legs {
            let held = aside.legs.iter().find(|held| held.no == leg.no).map_or(Nano::ZERO, |held| held.amount);
            desk.slices.count(leg.no, leg.amount.saturating_sub(held).max(Nano::ZERO), durable);
        }
        for no in &aside.ceilings {
            desk.slices.count(*no, charge.saturating_sub(aside.amount), durable);
        }
    }

    pub(crate) fn adjust(
        &self,
        command: CommandId,
        id: HoldId,
        correction: &Correction<'_>,
        detail: &[u8],
    ) -> Result<Settled, LedgerError> {
        check_len("the detail of a correction", detail.len(), DETAIL_MAX)?;
        let input = hash(b'A', |out| {
            put_hold(out, id);
            put_correction(out, correction);
            put_bytes(out, detail);
        });
        let mut guard = self.desk()?;
        let desk = &mut *guard;
        if let Some(done) = desk.done_before(command, input)? {
            return Ok(desk.repeat(done, id));
        }
        let corrected = desk.state.correct(id, correction)?;
        let aside = Aside {
            amount: corrected.delta,
            legs: corrected.legs.clone(),
            ceilings: corrected.ceilings.clone(),
            ..Aside::default()
        };
        let record = Record::Adjust {
            command,
            input,
            id,
            legs: corrected.legs,
            delta: corrected.delta,
            ceilings: corrected.ceilings,
            detail: Detail::from_slice(detail),
        };
        let lsn = self.post(desk, &record)?;
        Ok(desk.carried_out(command, lsn, &aside))
    }

    pub(crate) fn reverse(&self, command: CommandId, id: HoldId) -> Result<Settled, LedgerError> {
        let input = hash(b'R', |out| put_hold(out, id));
        let mut guard = self.desk()?;
        let desk = &mut *guard;
        if let Some(done) = desk.done_before(command, input)? {
            return Ok(desk.repeat(done, id));
        }
        let Some(ended) = desk.state.ended(id) else { return Err(desk.state.no_ended(id)) };
        let aside = ended.paid.clone();
        let lsn = self.post(desk, &Record::Reverse { command, input, id })?;
        Ok(desk.carried_out(command, lsn, &aside))
    }

    pub(crate) fn resolve(
        &self,
        command: CommandId,
        item: SuspenseId,
        resolution: &Resolution,
    ) -> Result<Settled, LedgerError> {
        let (ending, charge, detail) = match resolution {
            Resolution::Charge { charge, detail } => (Ending::Charged, *charge, detail.clone()),
            Resolution::WriteOff => (Ending::WrittenOff, Nano::ZERO, Detail::new()),
        };
        check_charge(charge)?;
        check_len("the detail of a charge", detail.len(), DETAIL_MAX)?;
        let input = hash(b'S', |out| {
            put_u64(out, item.0);
            out.push(u8::from(ending == Ending::WrittenOff));
            put_nano(out, charge);
            put_bytes(out, &detail);
        });
        let mut guard = self.desk()?;
        let desk = &mut *guard;
        if let Some(done) = desk.done_before(command, input)? {
            return Ok(done.settled(Nano::ZERO));
        }
        let aside = desk.state.items().get(&item).ok_or(LedgerError::UnknownItem(item))?.aside.clone();
        let legs = desk.state.share(&aside, charge);
        let overrun = desk.state.overrun(&aside, charge, &legs);
        let record = Record::Resolve { command, input, item, ending, charge, legs, overrun, detail };
        let lsn = self.post(desk, &record)?;
        Ok(desk.carried_out(command, lsn, &aside))
    }

    pub(crate) fn event(&self, command: CommandId, kind: u8, payload: &[u8]) -> Result<EventReceipt, LedgerError> {
        check_len("an event", payload.len(), EVENT_MAX)?;
        let input = hash(b'E', |out| {
            out.push(kind);
            put_bytes(out, payload);
        });
        let mut guard = self.desk()?;
        let desk = &mut *guard;
        if let Some(done) = desk.done_before(command, input)? {
            return Ok(EventReceipt { lsn: done.lsn, repeated: true });
        }
        if let Some(lsn) = self.full(desk) {
            return Err(LedgerError::Busy(lsn));
        }
        let lsn = self.post(desk, &Record::Event { command, input, kind, payload: payload.to_vec() })?;
        Ok(EventReceipt { lsn, repeated: false })
    }
}

impl Desk {
    /// The first result of a hold that ended, or why there is none.
    fn ended_before(&self, id: HoldId) -> Result<Settled, LedgerError> {
        let ended = self.state.ended(id).ok_or_else(|| self.state.no_open(id))?;
        Ok(Settled {
            charge: ended.paid.amount,
            overrun: ended.overrun,
            lsn: ended.lsn,
            remaining: self.state.remaining(&ended.paid),
            repeated: true,
        })
    }

    /// The command's first result, if it was carried out before.
    fn done_before(&self, command: CommandId, input: u64) -> Result<Option<Done>, LedgerError> {
        match self.state.done(command) {
            Some(done) if done.input != input => Err(LedgerError::Conflict(command)),
            other => Ok(other.copied()),
        }
    }

    fn repeat(&self, done: Done, id: HoldId) -> Settled {
        done.settled(self.state.ended(id).map_or(Nano::ZERO, |ended| self.state.remaining(&ended.paid)))
    }

    /// The result of a command just applied. (With a window of zero it is forgotten at once, hence the default.)
    fn carried_out(&self, command: CommandId, lsn: Lsn, aside: &Aside) -> Settled {
        let (charge, overrun) =
            self.state.done(command).map_or((Nano::ZERO, Nano::ZERO), |done| (done.charge, done.overrun));
        Settled { charge, overrun, lsn, remaining: self.state.remaining(aside), repeated: false }
    }
}

impl Done {
    fn settled(self, remaining: Nano) -> Settled {
        Settled { charge: self.charge, overrun: self.overrun, lsn: self.lsn, remaining, repeated: true }
    }
}

fn check_charge(charge: Nano) -> Result<(), LedgerError> {
    if charge.is_negative() { Err(LedgerError::BadAmount { what: "a charge", amount: charge }) } else { Ok(()) }
}

fn check_len(what: &'static str, len: usize, max: usize) -> Result<(), LedgerError> {
    if len > max { Err(LedgerError::TooLong { what, len, max }) } else { Ok(()) }
}

/// Tells two inputs of one command apart. Sixty-four bits: nobody gains by making their own command collide.
fn hash(kind: u8, put: impl FnOnce(&mut Vec<u8>)) -> u64 {
    let mut bytes = vec![kind];
    put(&mut bytes);
    let hash = blake3::hash(&bytes);
    hash.as_bytes().first_chunk().map_or(0, |first| u64::from_le_bytes(*first))
}

fn put_correction(out: &mut Vec<u8>, correction: &Correction<'_>) {
    match correction {
        Correction::To(total) => {
            out.push(0);
            put_nano(out, *total);
        }
        Correction::By { legs, ceilings, delta } => {
            out.push(1);
            put_i64(out, delta.get());
            put_len(out, legs.len());
            for leg in *legs {
                put_u32(out, leg.no.0);
                put_nano(out, leg.amount);
            }
            put_len(out, ceilings.len());
            for no in *ceilings {
                put_u32(out, no.0);
            }
        }
    }
}
