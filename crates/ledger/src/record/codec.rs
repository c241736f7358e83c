//! Records as bytes: a kind byte, then the fields in the order of their declaration.
//!
//! A hold with two legs and three ceilings takes some 60 bytes, a settlement its detail and some 40. Kinds are never
//! reused; a new field means a new kind.

use purser_core::account::{AccountKey, Period, Subject};
use purser_core::id::{BudgetId, GrantId, RunId};
use purser_core::money::Nano;
use purser_core::time::Instant;

use super::{ACCOUNTS_MAX, Ceilings, DETAIL_MAX, Detail, EVENT_MAX, Ending, Leg, Legs, Mark, Record, Window};
use crate::codec::{CodecError, Reader, put_bytes, put_command, put_i64, put_len, put_nano, put_u32, put_u64};
use crate::number::{AccountNo, BootId, Epoch, HoldId, SuspenseId};

const BOOT: u8 = 1;
const REST: u8 = 2;
const OPEN: u8 = 3;
const FUND: u8 = 4;
const SLICE: u8 = 5;
const HOLD: u8 = 6;
const GROW: u8 = 7;
const SETTLE: u8 = 8;
const RELEASE: u8 = 9;
const SUSPEND: u8 = 10;
const SUSPEND_SLICE: u8 = 11;
const RESOLVE: u8 = 12;
const ADJUST: u8 = 13;
const REVERSE: u8 = 14;
const CLOSE: u8 = 15;
const EVENT: u8 = 16;
const RESERVE: u8 = 17;
const GUARANTEE: u8 = 18;

const GRANT: u8 = 1;
const BUDGET: u8 = 2;
const RUN: u8 = 3;

impl Record {
    /// Appends the record's bytes.
    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Boot { epoch, boot, window } => {
                out.push(BOOT);
                put_u32(out, epoch.0);
                out.extend_from_slice(&boot.0.to_le_bytes());
                put_window(out, *window);
            }
            Self::Rest => out.push(REST),
            Self::Open { no, key } => {
                out.push(OPEN);
                put_u32(out, no.0);
                put_key(out, key);
            }
            Self::Fund { no, delta } => put_amount(out, FUND, *no, *delta),
            Self::Slice { no, amount } => put_amount(out, SLICE, *no, *amount),
            Self::Reserve { no, amount } => put_amount(out, RESERVE, *no, *amount),
            Self::Guarantee { no } => {
                out.push(GUARANTEE);
                put_u32(out, no.0);
            }
            Self::Hold { id, amount, legs, ceilings } => {
                out.push(HOLD);
                put_hold(out, *id);
                put_shared(out, *amount, legs);
                put_ceilings(out, ceilings);
            }
            Self::Grow { id, amount, legs } => {
                out.push(GROW);
                put_hold(out, *id);
                put_shared(out, *amount, legs);
            }
            Self::Settle { id, charge, legs, overrun, mark, detail } => {
                out.push(SETTLE);
                put_hold(out, *id);
                put_shared(out, *charge, legs);
                put_nano(out, *overrun);
                out.push(mark.code());
                put_bytes(out, detail);
            }
            Self::Release { id } => {
                out.push(RELEASE);
                put_hold(out, *id);
            }
            Self::Suspend { id } => {
                out.push(SUSPEND);
                put_hold(out, *id);
            }
            Self::SuspendSlice { no, amount } => put_amount(out, SUSPEND_SLICE, *no, *amount),
            Self::Resolve { command, input, item, ending, charge, legs, overrun, detail } => {
                out.push(RESOLVE);
                put_command(out, *command);
                out.extend_from_slice(&input.to_le_bytes());
                put_u64(out, item.0);
                out.push(match ending {
                    Ending::Charged => 0,
                    Ending::WrittenOff => 1,
                });
                put_shared(out, *charge, legs);
                put_nano(out, *overrun);
                put_bytes(out, detail);
            }
            Self::Adjust { command, input, id, legs, delta, ceilings, detail } => {
                out.push(ADJUST);
                put_command(out, *command);
                out.extend_from_slice(&input.to_le_bytes());
                put_hold(out, *id);
                put_shared(out, *delta, legs);
                put_ceilings(out, ceilings);
                put_bytes(out, detail);
            }
            Self::Reverse { command, input, id } => {
                out.push(REVERSE);
                put_command(out, *command);
                out.extend_from_slice(&input.to_le_bytes());
                put_hold(out, *id);
            }
            Self::Close { no } => {
                out.push(CLOSE);
                put_u32(out, no.0);
            }
            Self::Event { command, input, kind, payload } => {
                out.push(EVENT);
                put_command(out, *command);
                out.extend_from_slice(&input.to_le_bytes());
                out.push(*kind);
                put_bytes(out, payload);
            }
        }
    }

    /// Reads a record that takes all of the bytes.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let record = match reader.u8()? {
            BOOT => Self::Boot {
                epoch: Epoch(reader.u32()?),
                boot: BootId(u64::from_le_bytes(reader.array()?)),
                window: read_window(reader)?,
            },
            REST => Self::Rest,
            OPEN => Self::Open { no: AccountNo(reader.u32()?), key: read_key(reader)? },
            FUND => Self::Fund { no: AccountNo(reader.u32()?), delta: reader.nano()? },
            SLICE => Self::Slice { no: AccountNo(reader.u32()?), amount: reader.nano()? },
            RESERVE => Self::Reserve { no: AccountNo(reader.u32()?), amount: reader.nano()? },
            GUARANTEE => Self::Guarantee { no: AccountNo(reader.u32()?) },
            HOLD => {
                let id = read_hold(reader)?;
                let (amount, legs) = read_shared(reader)?;
                Self::Hold { id, amount, legs, ceilings: read_ceilings(reader)? }
            }
            GROW => {
                let id = read_hold(reader)?;
                let (amount, legs) = read_shared(reader)?;
                Self::Grow { id, amount, legs }
            }
            SETTLE => {
                let id = read_hold(reader)?;
                let (charge, legs) = read_shared(reader)?;
                let overrun = reader.nano()?;
                let mark = Mark::from_code(reader.u8()?).ok_or(CodecError("an unknown mark"))?;
                Self::Settle { id, charge, legs, overrun, mark, detail: read_detail(reader)? }
            }
            RELEASE => Self::Release { id: read_hold(reader)? },
            SUSPEND => Self::Suspend { id: read_hold(reader)? },
            SUSPEND_SLICE => Self::SuspendSlice { no: AccountNo(reader.u32()?), amount: reader.nano()? },
            RESOLVE => {
                let (command, input) = read_command(reader)?;
                let item = SuspenseId(reader.u64()?);
                let ending = match reader.u8()? {
                    0 => Ending::Charged,
                    1 => Ending::WrittenOff,
                    _ => return Err(CodecError("an unknown way to end suspense")),
                };
                let (charge, legs) = read_shared(reader)?;
                let overrun = reader.nano()?;
                Self::Resolve { command, input, item, ending, charge, legs, overrun, detail: read_detail(reader)? }
            }
            ADJUST => {
                let (command, input) = read_command(reader)?;
                let id = read_hold(reader)?;
                let (delta, legs) = read_shared(reader)?;
                let ceilings = read_ceilings(reader)?;
                Self::Adjust { command, input, id, legs, delta, ceilings, detail: read_detail(reader)? }
            }
            REVERSE => {
                let (command, input) = read_command(reader)?;
                Self::Reverse { command, input, id: read_hold(reader)? }
            }
            CLOSE => Self::Close { no: AccountNo(reader.u32()?) },
            EVENT => {
                let (command, input) = read_command(reader)?;
                let kind = reader.u8()?;
                let payload = reader.bytes()?;
                if payload.len() > EVENT_MAX {
                    return Err(CodecError("an event is too long"));
                }
                Self::Event { command, input, kind, payload: payload.to_vec() }
            }
            _ => {
                return Err(CodecError(
                    "a kind of record that this program does not know; a later release may have written it",
                ));
            }
        };
        if reader.is_empty() { Ok(record) } else { Err(CodecError("bytes are left after a record")) }
    }
}

impl Mark {
    /// One byte, never another.
    const fn code(self) -> u8 {
        match self {
            Self::Exact => 0,
            Self::Estimated => 1,
            Self::Presumed => 2,
            Self::Disputed => 3,
        }
    }

    const fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Exact),
            1 => Some(Self::Estimated),
            2 => Some(Self::Presumed),
            3 => Some(Self::Disputed),
            _ => None,
        }
    }
}

fn put_amount(out: &mut Vec<u8>, kind: u8, no: AccountNo, amount: Nano) {
    out.push(kind);
    put_u32(out, no.0);
    put_nano(out, amount);
}

pub(crate) fn put_window(out: &mut Vec<u8>, window: Window) {
    put_u32(out, window.age_s);
    put_u32(out, window.settled_max);
    put_u32(out, window.commands_max);
}

pub(crate) fn read_window(reader: &mut Reader<'_>) -> Result<Window, CodecError> {
    Ok(Window { age_s: reader.u32()?, settled_max: reader.u32()?, commands_max: reader.u32()? })
}

/// Epoch and sequence apart: together in one number they would always take seven bytes.
pub(crate) fn put_hold(out: &mut Vec<u8>, id: HoldId) {
    put_u32(out, id.epoch().0);
    put_u64(out, id.sequence());
}

pub(crate) fn read_hold(reader: &mut Reader<'_>) -> Result<HoldId, CodecError> {
    let epoch = Epoch(reader.u32()?);
    HoldId::try_new(epoch, reader.u64()?).ok_or(CodecError("a hold's number is out of range"))
}

/// Legs and their sum; the sum is written only where there is no leg to tell it.
pub(crate) fn put_shared(out: &mut Vec<u8>, amount: Nano, legs: &Legs) {
    put_len(out, legs.len());
    if legs.is_empty() {
        put_nano(out, amount);
    }
    for leg in legs {
        put_u32(out, leg.no.0);
        put_nano(out, leg.amount);
    }
}

pub(crate) fn read_shared(reader: &mut Reader<'_>) -> Result<(Nano, Legs), CodecError> {
    let count = reader.len()?;
    if count == 0 {
        return Ok((reader.nano()?, Legs::new()));
    }
    if count > ACCOUNTS_MAX {
        return Err(CodecError("too many legs"));
    }
    let mut legs = Legs::with_capacity(count);
    // Wide, so that the order of the legs does not matter: corrected ones have either sign.
    let mut sum = 0_i128;
    for _ in 0..count {
        let leg = Leg { no: AccountNo(reader.u32()?), amount: reader.nano()? };
        sum = sum.saturating_add(i128::from(leg.amount.get()));
        legs.push(leg);
    }
    let sum = i64::try_from(sum).map_err(|_| CodecError("legs add up to more than an amount can be"))?;
    Ok((Nano::new(sum), legs))
}

pub(crate) fn put_ceilings(out: &mut Vec<u8>, ceilings: &Ceilings) {
    put_len(out, ceilings.len());
    for no in ceilings {
        put_u32(out, no.0);
    }
}

pub(crate) fn read_ceilings(reader: &mut Reader<'_>) -> Result<Ceilings, CodecError> {
    let count = reader.len()?;
    if count > ACCOUNTS_MAX {
        return Err(CodecError("too many ceilings"));
    }
    let mut ceilings = Ceilings::with_capacity(count);
    for _ in 0..count {
        ceilings.push(AccountNo(reader.u32()?));
    }
    Ok(ceilings)
}

fn read_command(reader: &mut Reader<'_>) -> Result<(purser_core::id::CommandId, u64), CodecError> {
    Ok((reader.command()?, u64::from_le_bytes(reader.array()?)))
}

fn read_detail(reader: &mut Reader<'_>) -> Result<Detail, CodecError> {
    let bytes = reader.bytes()?;
    if bytes.len() > DETAIL_MAX { Err(CodecError("a detail is too long")) } else { Ok(Detail::from_slice(bytes)) }
}

pub(crate) fn put_key(out: &mut Vec<u8>, key: &AccountKey) {
    let (kind, bits) = match key.subject {
        Subject::Grant(id) => (GRANT, id.get()),
        Subject::Budget(id) => (BUDGET, id.get()),
        Subject::Run(id) => (RUN, id.get()),
    };
    out.push(kind);
    out.extend_from_slice(&bits.to_le_bytes());
    put_i64(out, key.period.start.as_micros());
    put_i64(out, key.period.end.as_micros());
}

pub(crate) fn read_key(reader: &mut Reader<'_>) -> Result<AccountKey, CodecError> {
    let kind = reader.u8()?;
    let bits = u128::from_le_bytes(reader.array()?);
    let subject = match kind {
        GRANT => Subject::Grant(GrantId::new(bits)),
        BUDGET => Subject::Budget(BudgetId::new(bits)),
        RUN => Subject::Run(RunId::new(bits)),
        _ => return Err(CodecError("an unknown kind of subject")),
    };
    let start = Instant::from_micros(reader.i64()?);
    Ok(AccountKey { subject, period: Period { start, end: Instant::from_micros(reader.i64()?) } })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use purser_core::id::CommandId;
    use smallvec::SmallVec;

    /// Amounts whose sums stay in range; a record's sum is that of its legs.
    fn legs() -> impl Strategy<Value = (Nano, Legs)> {
        let leg = (any::<u32>(), -(1_i64 << 40)..(1 << 40));
        let leg = leg.prop_map(|(no, amount)| Leg { no: AccountNo(no), amount: Nano::new(amount) });
        (vec(leg, 0..6), any::<i64>()).prop_map(|(legs, alone)| {
            let sum = legs.iter().fold(Nano::ZERO, |sum, leg| sum.saturating_add(leg.amount));
            (if legs.is_empty() { Nano::new(alone) } else { sum }, legs.into())
        })
    }

    fn record() -> impl Strategy<Value = Record> {
        let id = (0..=HoldId::EPOCH_MAX, 0..=HoldId::SEQUENCE_MAX)
            .prop_map(|(epoch, sequence)| HoldId::try_new(Epoch(epoch), sequence).unwrap());
        let ceilings = vec(any::<u32>().prop_map(AccountNo), 0..6).prop_map(SmallVec::from_vec);
        let bytes = vec(any::<u8>(), 0..200);
        let shared = (any::<u32>(), any::<i64>(), any::<u64>(), any::<u128>(), 0..4_u8, any::<u128>());
        (0..18_u8, id, legs(), ceilings, bytes, shared).prop_map(
            |(kind, id, (amount, legs), ceilings, bytes, shared)| {
                let (number, alone, input, command, code, bits) = shared;
                let (no, alone, command) = (AccountNo(number), Nano::new(alone), CommandId::new(command));
                let detail = Detail::from_slice(&bytes);
                let mark = Mark::from_code(code).unwrap();
                match kind {
                    0 => {
                        let window = Window { age_s: number, settled_max: number / 2, commands_max: number / 3 };
                        Record::Boot { epoch: Epoch(number), boot: BootId(input), window }
                    }
                    1 => Record::Rest,
                    2 => {
                        let subject = match code {
                            0 => Subject::Grant(GrantId::new(bits)),
                            1 => Subject::Budget(BudgetId::new(bits)),
                            _ => Subject::Run(RunId::new(bits)),
                        };
                        let [start, end] = [alone, amount].map(|micros| Instant::from_micros(micros.get()));
                        Record::Open { no, key: AccountKey { subject, period: Period { start, end } } }
                    }
                    3 => Record::Fund { no, delta: alone },
                    4 => Record::Slice { no, amount: alone },
                    5 => Record::Hold { id, amount, legs, ceilings },
                    6 => Record::Grow { id, amount, legs },
                    7 => Record::Settle { id, charge: amount, legs, overrun: alone, mark, detail },
                    8 => Record::Release { id },
                    9 => Record::Suspend { id },
                    10 => Record::SuspendSlice { no, amount: alone },
                    11 => {
                        let ending = if code == 0 { Ending::Charged } else { Ending::WrittenOff };
                        let item = SuspenseId(input);
                        Record::Resolve { command, input, item, ending, charge: amount, legs, overrun: alone, detail }
                    }
                    12 => Record::Adjust { command, input, id, legs, delta: amount, ceilings, detail },
                    13 => Record::Reverse { command, input, id },
                    14 => Record::Close { no },
                    15 => Record::Reserve { no, amount: alone },
                    16 => Record::Guarantee { no },
                    _ => Record::Event { command, input, kind: code, payload: bytes },
                }
            },
        )
    }

    #[test]
    fn what_is_longer_than_its_bound_is_refused() {
        let check = |record: Record, is_read: bool| {
            let mut bytes = Vec::new();
            record.put(&mut bytes);
            assert_eq!(Record::read(&mut Reader::new(&bytes)).is_ok(), is_read);
        };
        let (id, amount) = (HoldId::try_new(Epoch(1), 1).unwrap(), Nano::ZERO);
        let legs = |count: usize| Legs::from_elem(Leg { no: AccountNo(1), amount }, count);
        let ceilings = |count: usize| Ceilings::from_elem(AccountNo(1), count);
        let (command, input) = (CommandId::new(1), 1);
        for (over, is_read) in [(0, true), (1, false)] {
            check(Record::Hold { id, amount, legs: legs(ACCOUNTS_MAX + over), ceilings: ceilings(0) }, is_read);
            check(Record::Hold { id, amount, legs: legs(0), ceilings: ceilings(ACCOUNTS_MAX + over) }, is_read);
            let detail = Detail::from_elem(7, DETAIL_MAX + over);
            let (legs, overrun, mark) = (legs(0), Nano::ZERO, Mark::Exact);
            check(Record::Settle { id, charge: amount, legs, overrun, mark, detail }, is_read);
            check(Record::Event { command, input, kind: 1, payload: vec![7; EVENT_MAX + over] }, is_read);
        }
    }

    proptest! {
        #[test]
        fn records_read_back(record in record()) {
            let mut bytes = Vec::new();
            record.put(&mut bytes);
            prop_assert_eq!(Record::read(&mut Reader::new(&bytes)), Ok(record));
            for len in 0..bytes.len() {
                prop_assert!(Record::read(&mut Reader::new(&bytes[..len])).is_err(), "cut at {}", len);
            }
        }

        #[test]
        fn strangers_bytes_are_refused_or_read_back(bytes in vec(any::<u8>(), 0..80)) {
            if let Ok(record) = Record::read(&mut Reader::new(&bytes)) {
                let mut again = Vec::new();
                record.put(&mut again);
                prop_assert_eq!(again, bytes, "a record has one form");
            }
        }
    }
}
