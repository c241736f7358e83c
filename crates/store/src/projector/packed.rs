//! Charges packed into blocks: rows of table `charge_block`.
//!
//! ```text
//! block   = entry*
//! entry   = len:varint body
//! body    = lsn:varint at:varint (both since the entry before; the first: zero) mark-and-kind:u8 flags:u8
//!           [hold: epoch, sequence] charge [overrun] legs ceilings [own] detail
//! own     = [person key unit] provider model [served model] [run] [day] count*
//! ```
//!
//! A settlement's detail says who called what and how much was used, so a block repeats neither: it is read from there.
//! What corrects a charge says it itself. A block is found by the number of its first charge and, since time grows with
//! the numbers, by its first instant.

use purser_core::money::Nano;
use purser_core::time::Instant;
use purser_ledger::{AccountNo, Ceilings, Epoch, HoldId, Leg, Legs, Lsn, Mark};
use rusqlite::{Connection, OptionalExtension, Row};

use super::bytes::{Input, put_i64, put_len, put_text, put_u64};
use super::called::{self, Called, Caller};
use super::charges::{ChargeKind, mark_code, mark_of};
use super::runs::RunOf;
use super::sums::day_of;
use crate::counts::{Counts, WIDTH};

/// Charges of a block: some ten kilobytes, so that finding one means reading three pages.
pub(super) const BLOCK_CHARGES: u32 = 64;

const HAS_HOLD: u8 = 1;
const HAS_OVERRUN: u8 = 1 << 1;
/// Who called what, and the counts, are the entry's own.
const OWN: u8 = 1 << 2;
const HAS_CALLER: u8 = 1 << 3;
const HAS_SERVED: u8 = 1 << 4;
const HAS_RUN: u8 = 1 << 5;
const HAS_DAY: u8 = 1 << 6;

/// One posting of a charge.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Charge<'a> {
    pub(crate) lsn: Lsn,
    pub(crate) kind: ChargeKind,
    pub(crate) hold: Option<HoldId>,
    pub(crate) at: Instant,
    pub(crate) called: Called<'a>,
    pub(crate) counts: Counts,
    /// `called` and `counts` are what the detail says, word for word.
    pub(crate) as_detailed: bool,
    /// Below zero where it was given back.
    pub(crate) amount: Nano,
    pub(crate) overrun: Nano,
    pub(crate) mark: Mark,
    pub(crate) legs: Legs,
    pub(crate) ceilings: Ceilings,
    pub(crate) detail: &'a [u8],
}

impl Charge<'_> {
    /// The day (UTC) whose bill it belongs to: of a correction that of the call.
    pub(crate) fn day(&self) -> i64 {
        self.called.day.unwrap_or_else(|| day_of(self.at))
    }
}

/// The charges of a block while it is filled.
#[derive(Debug, Default)]
pub(super) struct Block {
    first: Lsn,
    at: Instant,
    last: Lsn,
    last_at: Instant,
    charges: u32,
    bytes: Vec<u8>,
    scratch: Vec<u8>,
}

impl Block {
    /// Goes on with one that was stored before it was full.
    pub(super) fn resume(stored: StoredBlock, last: Lsn, last_at: Instant, charges: u32) -> Self {
        let StoredBlock { first, at, bytes } = stored;
        Self { first, at, last, last_at, charges, bytes, scratch: Vec::new() }
    }

    pub(super) fn is_full(&self) -> bool {
        self.charges >= BLOCK_CHARGES
    }

    pub(super) fn is_empty(&self) -> bool {
        self.charges == 0
    }

    pub(super) fn push(&mut self, charge: &Charge<'_>) {
        if self.charges == 0 {
            (self.first, self.at, self.last, self.last_at) = (charge.lsn, charge.at, charge.lsn, charge.at);
        }
        self.scratch.clear();
        put_u64(&mut self.scratch, charge.lsn.0.saturating_sub(self.last.0));
        let since = charge.at.as_micros().saturating_sub(self.last_at.as_micros());
        put_u64(&mut self.scratch, u64::try_from(since).unwrap_or(0));
        put(&mut self.scratch, charge);
        put_len(&mut self.bytes, self.scratch.len());
        self.bytes.extend_from_slice(&self.scratch);
        (self.last, self.last_at) = (charge.lsn, charge.at);
        self.charges = self.charges.saturating_add(1);
    }

    /// Writes the row, or writes it again with what was added.
    pub(super) fn store(&self, conn: &Connection) -> rusqlite::Result<()> {
        conn.prepare_cached(
            "INSERT INTO charge_block (first_lsn, at, bytes) VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET bytes = excluded.bytes",
        )?
        .execute((self.first.0.cast_signed(), self.at.as_micros(), &self.bytes))
        .map(drop)
    }

    pub(super) fn clear(&mut self) {
        self.charges = 0;
        self.bytes.clear();
    }

    /// The charge, when it is in this block.
    pub(super) fn find(&self, lsn: Lsn) -> Option<Charge<'_>> {
        // These bytes were put here, none of them is damaged.
        find(Entries::new(&self.bytes, self.first, self.at), lsn).ok().flatten()
    }
}

/// A row of `charge_block`.
#[derive(Clone, Debug)]
pub(crate) struct StoredBlock {
    pub(crate) first: Lsn,
    pub(crate) at: Instant,
    pub(crate) bytes: Vec<u8>,
}

/// What to select for [`StoredBlock::of`].
pub(crate) const BLOCK_COLUMNS: &str = "first_lsn, at, bytes";

impl StoredBlock {
    pub(crate) fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            first: Lsn(row.get::<_, i64>(0)?.cast_unsigned()),
            at: Instant::from_micros(row.get(1)?),
            bytes: row.get(2)?,
        })
    }

    /// The block that holds a record's charge, if it is one.
    pub(crate) fn around(conn: &Connection, lsn: Lsn) -> rusqlite::Result<Option<Self>> {
        conn.prepare_cached(&format!(
            "SELECT {BLOCK_COLUMNS} FROM charge_block WHERE first_lsn <= ?1 ORDER BY first_lsn DESC LIMIT 1"
        ))?
        .query_row((lsn.0.cast_signed(),), Self::of)
        .optional()
    }

    pub(crate) fn entries(&self) -> Entries<'_> {
        Entries::new(&self.bytes, self.first, self.at)
    }

    /// Before the first entry.
    pub(crate) fn start(&self) -> Place {
        Place { offset: 0, lsn: self.first, at: self.at }
    }

    /// Is there nothing behind the place?
    pub(crate) fn ends_at(&self, place: Place) -> bool {
        place.offset >= self.bytes.len()
    }

    /// The entry at a place and the place behind it. `None` at the end; an error where the bytes are damaged.
    pub(crate) fn entry_at(&self, place: Place) -> rusqlite::Result<Option<(Entry<'_>, Place)>> {
        let bytes = self.bytes.get(place.offset..).ok_or_else(damaged)?;
        let mut entries = Entries::new(bytes, place.lsn, place.at);
        let Some(entry) = entries.next() else { return Ok(None) };
        let entry = entry.ok_or_else(damaged)?;
        let offset = self.bytes.len().saturating_sub(entries.input.0.len());
        Ok(Some((entry, Place { offset, lsn: entry.lsn, at: entry.at })))
    }

    /// The charge of that record; an error where its bytes are damaged.
    pub(crate) fn find(&self, lsn: Lsn) -> rusqlite::Result<Option<Charge<'_>>> {
        find(self.entries(), lsn)
    }
}

/// A place between entries of a block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    offset: usize,
    lsn: Lsn,
    at: Instant,
}

/// The charge of that record; an error where the bytes up to it are damaged.
fn find(entries: Entries<'_>, lsn: Lsn) -> rusqlite::Result<Option<Charge<'_>>> {
    for entry in entries {
        let entry = entry.ok_or_else(damaged)?;
        if entry.lsn >= lsn {
            return if entry.lsn == lsn { entry.charge().map(Some).ok_or_else(damaged) } else { Ok(None) };
        }
    }
    Ok(None)
}

/// Bytes of a block that are not what was written, as SQLite would say it.
pub(crate) fn damaged() -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(2, rusqlite::types::Type::Blob, "a block of charges is damaged".into())
}

/// The entries of a block. After a `None` there are no more.
#[derive(Clone, Debug)]
pub(crate) struct Entries<'a> {
    input: Input<'a>,
    lsn: Lsn,
    at: Instant,
}

impl<'a> Entries<'a> {
    fn new(bytes: &'a [u8], first: Lsn, at: Instant) -> Self {
        Self { input: Input(bytes), lsn: first, at }
    }

    fn entry(&mut self) -> Option<Entry<'a>> {
        let len = self.input.len()?;
        let mut body = Input(self.input.take(len)?);
        self.lsn = Lsn(self.lsn.0.checked_add(body.u64()?)?);
        self.at = Instant::from_micros(self.at.as_micros().checked_add_unsigned(body.u64()?)?);
        let code = body.byte()?;
        let (kind, mark) = (ChargeKind::of(code & 0x0f)?, mark_of(code >> 4)?);
        let flags = body.byte()?;
        let hold = match flags & HAS_HOLD {
            0 => None,
            _ => Some(HoldId::try_new(Epoch(body.u32()?), body.u64()?)?),
        };
        Some(Entry { lsn: self.lsn, at: self.at, kind, mark, hold, flags, rest: body })
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = Option<Entry<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.input.is_empty() {
            return None;
        }
        let entry = self.entry();
        if entry.is_none() {
            self.input = Input(&[]);
        }
        Some(entry)
    }
}

/// The front of an entry, enough to pass over it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) lsn: Lsn,
    pub(crate) at: Instant,
    pub(crate) kind: ChargeKind,
    mark: Mark,
    pub(crate) hold: Option<HoldId>,
    flags: u8,
    rest: Input<'a>,
}

impl<'a> Entry<'a> {
    /// The whole of it; `None` when the bytes are damaged.
    pub(crate) fn charge(&self) -> Option<Charge<'a>> {
        let mut input = self.rest;
        let amount = Nano::new(input.i64()?);
        let overrun = if self.has(HAS_OVERRUN) { Nano::new(input.i64()?) } else { Nano::ZERO };
        let (legs, ceilings) = (read_legs(&mut input)?, read_ceilings(&mut input)?);
        let own = if self.has(OWN) { Some((self.called(&mut input)?, read_counts(&mut input)?)) } else { None };
        let detail = input.0;
        let as_detailed = own.is_none();
        let (called, counts) = match own {
            Some(own) => own,
            None => called::read(detail).map(|(called, counts, _)| (called, counts))?,
        };
        let Self { lsn, at, kind, mark, hold, .. } = *self;
        Some(Charge { lsn, kind, hold, at, called, counts, as_detailed, amount, overrun, mark, legs, ceilings, detail })
    }

    #[inline]
    fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    fn called(&self, input: &mut Input<'a>) -> Option<Called<'a>> {
        let caller = if self.has(HAS_CALLER) {
            Some(Caller { person: input.bits()?, key: input.bits()?, unit: input.bits()? })
        } else {
            None
        };
        let (provider, model) = (input.text()?, input.text()?);
        let served_model = if self.has(HAS_SERVED) { Some(input.text()?) } else { None };
        let run = if self.has(HAS_RUN) { Some(RunOf::named(input.bits()?)) } else { None };
        let day = if self.has(HAS_DAY) { Some(input.i64()?) } else { None };
        Some(Called { caller, provider, model, served_model, run, day, beside: false })
    }
}

/// Everything behind number and time.
fn put(out: &mut Vec<u8>, charge: &Charge<'_>) {
    let called = &charge.called;
    let flags = [
        (charge.hold.is_some(), HAS_HOLD),
        (!charge.overrun.is_zero(), HAS_OVERRUN),
        (!charge.as_detailed, OWN),
        (!charge.as_detailed && called.caller.is_some(), HAS_CALLER),
        (!charge.as_detailed && called.served_model.is_some(), HAS_SERVED),
        (!charge.as_detailed && called.run.is_some(), HAS_RUN),
        (!charge.as_detailed && called.day.is_some(), HAS_DAY),
    ];
    out.push(charge.kind.code() | (mark_code(charge.mark) << 4));
    out.push(flags.iter().filter(|(set, _)| *set).fold(0, |bits, (_, bit)| bits | bit));
    if let Some(hold) = charge.hold {
        put_u64(out, u64::from(hold.epoch().0));
        put_u64(out, hold.sequence());
    }
    put_i64(out, charge.amount.get());
    if !charge.overrun.is_zero() {
        put_i64(out, charge.overrun.get());
    }
    put_len(out, charge.legs.len());
    for leg in &charge.legs {
        put_u64(out, u64::from(leg.no.0));
        put_i64(out, leg.amount.get());
    }
    put_len(out, charge.ceilings.len());
    charge.ceilings.iter().for_each(|no| put_u64(out, u64::from(no.0)));
    if !charge.as_detailed {
        if let Some(Caller { person, key, unit }) = called.caller {
            for id in [person, key, unit] {
                out.extend_from_slice(&id.get().to_be_bytes());
            }
        }
        put_text(out, called.provider);
        put_text(out, called.model);
        called.served_model.iter().for_each(|served| put_text(out, served));
        called.run.iter().for_each(|run| out.extend_from_slice(&run.run.get().to_be_bytes()));
        called.day.iter().for_each(|day| put_i64(out, *day));
        charge.counts.figures().iter().for_each(|count| put_i64(out, *count));
    }
    out.extend_from_slice(charge.detail);
}

fn read_legs(input: &mut Input<'_>) -> Option<Legs> {
    let mut legs = Legs::new();
    for _ in 0..count(input)? {
        legs.push(Leg { no: AccountNo(input.u32()?), amount: Nano::new(input.i64()?) });
    }
    Some(legs)
}

fn read_ceilings(input: &mut Input<'_>) -> Option<Ceilings> {
    let mut ceilings = Ceilings::new();
    for _ in 0..count(input)? {
        ceilings.push(AccountNo(input.u32()?));
    }
    Some(ceilings)
}

/// A count of things of at least one byte each: a damaged one makes nobody reserve memory.
fn count(input: &mut Input<'_>) -> Option<usize> {
    let count = input.len()?;
    (count <= input.0.len()).then_some(count)
}

fn read_counts(input: &mut Input<'_>) -> Option<Counts> {
    let mut figures = [0; WIDTH];
    for figure in &mut figures {
        *figure = input.i64()?;
    }
    Some(Counts::of_figures(figures))
}
