//! One record, as the format's documentation has it.

use super::bytes::{Bytes, Read};

/// Epoch and number.
pub type HoldName = (u32, u64);
/// Account number and amount.
pub(super) type Part = (u32, i128);

/// Whose account: kind (1 grant, 2 budget, 3 run), id, start and end in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// 1 grant, 2 budget, 3 run.
    pub kind: u8,
    /// Its id.
    pub id: u128,
    /// First microsecond.
    pub start: i64,
    /// First microsecond after.
    pub end: i64,
}

/// How well a charge is known: 0 exact, 1 estimated, 2 presumed, 3 disputed.
pub type MarkCode = u8;
/// See [`MarkCode`].
pub const EXACT: MarkCode = 0;
/// See [`MarkCode`].
pub const DISPUTED: MarkCode = 3;

/// What a record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    Boot { epoch: u32, boot: u64 },
    Rest,
    Open { no: u32, key: Key },
    Fund { no: u32, delta: i128 },
    Slice { no: u32, amount: i128 },
    Hold { id: HoldName, amount: i128, legs: Vec<Part>, ceilings: Vec<u32> },
    Grow { id: HoldName, amount: i128, legs: Vec<Part> },
    Settle { id: HoldName, charge: i128, legs: Vec<Part>, overrun: i128, mark: MarkCode, detail: Vec<u8> },
    Release { id: HoldName },
    Suspend { id: HoldName },
    SuspendSlice { no: u32, amount: i128 },
    Resolve { command: u128, item: u64, written_off: bool, charge: i128, legs: Vec<Part>, overrun: i128 },
    Adjust { command: u128, id: HoldName, delta: i128, legs: Vec<Part>, ceilings: Vec<u32> },
    Reverse { command: u128, id: HoldName },
    Close { no: u32 },
    Event { command: u128, payload: Vec<u8> },
    Reserve { no: u32, amount: i128 },
    Guarantee { no: u32 },
}

/// A record with its number and time, and the bytes it was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) lsn: u64,
    pub(super) at: i64,
    pub(super) entry: Entry,
    pub(super) bytes: Vec<u8>,
}

impl Entry {
    /// What it is called in a tally.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Boot { .. } => "record: 1 boot",
            Self::Rest => "record: 2 rest",
            Self::Open { .. } => "record: 3 open",
            Self::Fund { .. } => "record: 4 fund",
            Self::Slice { .. } => "record: 5 slice",
            Self::Hold { .. } => "record: 6 hold",
            Self::Grow { .. } => "record: 7 grow",
            Self::Settle { .. } => "record: 8 settle",
            Self::Release { .. } => "record: 9 release",
            Self::Suspend { .. } => "record: 10 suspend",
            Self::SuspendSlice { .. } => "record: 11 suspend slice",
            Self::Resolve { .. } => "record: 12 resolve",
            Self::Adjust { .. } => "record: 13 adjust",
            Self::Reverse { .. } => "record: 14 reverse",
            Self::Close { .. } => "record: 15 close",
            Self::Event { .. } => "record: 16 event",
            Self::Reserve { .. } => "record: 17 reserve",
            Self::Guarantee { .. } => "record: 18 guarantee",
        }
    }

    /// Reads a record that takes all that is left.
    pub(super) fn read(bytes: &mut Bytes<'_>) -> Read<Self> {
        let entry = match bytes.byte()? {
            1 => {
                let (epoch, boot) = (bytes.narrow()?, u64::try_from(bytes.little(8)?).unwrap_or(0));
                for _ in 0..3 {
                    bytes.narrow()?;
                }
                Self::Boot { epoch, boot }
            }
            2 => Self::Rest,
            3 => Self::Open { no: bytes.narrow()?, key: key(bytes)? },
            4 => Self::Fund { no: bytes.narrow()?, delta: bytes.signed()? },
            5 => Self::Slice { no: bytes.narrow()?, amount: bytes.signed()? },
            6 => {
                let (id, (amount, legs)) = (hold(bytes)?, shared(bytes)?);
                Self::Hold { id, amount, legs, ceilings: ceilings(bytes)? }
            }
            7 => {
                let (id, (amount, legs)) = (hold(bytes)?, shared(bytes)?);
                Self::Grow { id, amount, legs }
            }
            8 => {
                let (id, (charge, legs), overrun) = (hold(bytes)?, shared(bytes)?, bytes.signed()?);
                let mark = bytes.byte()?;
                Self::Settle { id, charge, legs, overrun, mark, detail: bytes.counted()?.to_vec() }
            }
            9 => Self::Release { id: hold(bytes)? },
            10 => Self::Suspend { id: hold(bytes)? },
            11 => Self::SuspendSlice { no: bytes.narrow()?, amount: bytes.signed()? },
            12 => {
                let (command, item, written_off) = (command(bytes)?, bytes.small()?, bytes.byte()? == 1);
                let ((charge, legs), overrun) = (shared(bytes)?, bytes.signed()?);
                bytes.counted()?;
                Self::Resolve { command, item, written_off, charge, legs, overrun }
            }
            13 => {
                let (command, id, (delta, legs)) = (command(bytes)?, hold(bytes)?, shared(bytes)?);
                let ceilings = ceilings(bytes)?;
                bytes.counted()?;
                Self::Adjust { command, id, delta, legs, ceilings }
            }
            14 => Self::Reverse { command: command(bytes)?, id: hold(bytes)? },
            15 => Self::Close { no: bytes.narrow()? },
            16 => {
                let command = command(bytes)?;
                bytes.byte()?;
                Self::Event { command, payload: bytes.counted()?.to_vec() }
            }
            17 => Self::Reserve { no: bytes.narrow()?, amount: bytes.signed()? },
            18 => Self::Guarantee { no: bytes.narrow()? },
            kind => return Err(format!("there is no record of kind {kind}")),
        };
        bytes.end()?;
        Ok(entry)
    }
}

/// The command, and eight bytes of hash that say nothing to an auditor.
fn command(bytes: &mut Bytes<'_>) -> Read<u128> {
    let command = bytes.little(16)?;
    bytes.take(8)?;
    Ok(command)
}

fn hold(bytes: &mut Bytes<'_>) -> Read<HoldName> {
    Ok((bytes.narrow()?, bytes.small()?))
}

/// Legs and their sum; the sum is written only where there are no legs.
fn shared(bytes: &mut Bytes<'_>) -> Read<(i128, Vec<Part>)> {
    let count = bytes.count()?;
    if count == 0 {
        return Ok((bytes.signed()?, Vec::new()));
    }
    let legs = (0..count).map(|_| Ok((bytes.narrow()?, bytes.signed()?))).collect::<Read<Vec<Part>>>()?;
    Ok((legs.iter().map(|(_, amount)| amount).sum(), legs))
}

fn ceilings(bytes: &mut Bytes<'_>) -> Read<Vec<u32>> {
    (0..bytes.count()?).map(|_| bytes.narrow()).collect()
}

fn key(bytes: &mut Bytes<'_>) -> Read<Key> {
    let (kind, id) = (bytes.byte()?, bytes.little(16)?);
    let mut edge = || i64::try_from(bytes.signed()?).map_err(|_| "an instant is out of range".to_owned());
    Ok(Key { kind, id, start: edge()?, end: edge()? })
}
