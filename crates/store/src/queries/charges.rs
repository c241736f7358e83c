//! Charges, one row per posting.

use std::ops::Range;

use purser_core::charge::ChargeRecord;
use purser_core::id::{KeyId, PersonId};
use purser_core::money::Nano;
use purser_core::time::Instant;
use purser_ledger::{AccountNo, HoldId, Leg, Lsn, Mark};
use rusqlite::{Connection, OptionalExtension, Row};

use super::{PAGE_MAX, Reader, bad_column};
use crate::counts::{self, Counts};
use crate::error::StoreError;
use crate::ids::Bits;
use crate::pack;
use crate::projector::{ChargeKind, hold_column, hold_id, mark_of};

/// One posting of a charge.
#[derive(Clone, Debug, PartialEq)]
pub struct ChargeRow {
    /// Its record in the journal: its name for good, and the cursor of its page.
    pub lsn: Lsn,
    /// Which posting it is. Rows of one hold add up to what the call cost.
    pub kind: ChargeKind,
    /// The hold; `None` for what was charged to a slice in suspense, which named none.
    pub hold: Option<HoldId>,
    /// When it was posted.
    pub at: Instant,
    /// Whose call; `None` when the settlement did not say.
    pub person: Option<PersonId>,
    /// The key it came with.
    pub key: Option<KeyId>,
    /// Who served it.
    pub provider: String,
    /// The model asked for.
    pub model: String,
    /// The model named in the answer, where it is another.
    pub served_model: Option<String>,
    /// What was used, what was billed beside the answer included; differences in an adjustment.
    pub counts: Counts,
    /// The amount; below zero where it was given back.
    pub charge: Nano,
    /// The part that the grants did not have.
    pub overrun: Nano,
    /// How well it is known.
    pub mark: Mark,
    /// Which grant accounts paid how much.
    pub legs: Vec<Leg>,
    /// Against which limits it counts.
    pub ceilings: Vec<AccountNo>,
    /// From which it can be recomputed: [`record`](Self::record) reads it.
    pub detail: Vec<u8>,
}

impl ChargeRow {
    /// Everything the settlement kept of the call; `None` when it kept nothing that reads back.
    pub fn record(&self) -> Option<ChargeRecord> {
        ChargeRecord::decode(&self.detail).ok()
    }
}

/// Rows and where to go on.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// The cursor of the next page; `None` when this is the last.
    pub next: Option<Lsn>,
}

impl Reader {
    /// Charges of a person in a range of time, newest first, `limit` at most ([`PAGE_MAX`]), going on before `cursor`.
    /// Costs what it returns, whatever else there is.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn charges_of_person(
        &self,
        person: PersonId,
        range: Range<Instant>,
        cursor: Option<Lsn>,
        limit: u32,
    ) -> Result<Page<ChargeRow>, StoreError> {
        self.ask("read a person's charges", |conn| {
            let Some((first, end)) = lsn_range(conn, &range, cursor)? else {
                return Ok(Page { rows: vec![], next: None });
            };
            let sql = select("WHERE person = ?1 AND lsn >= ?2 AND lsn < ?3 ORDER BY lsn DESC LIMIT ?4");
            let mut rows = conn.prepare_cached(&sql)?;
            let limit = limit.clamp(1, PAGE_MAX);
            let rows = rows.query_map((Bits::new(person.get()), first, end, limit.saturating_add(1)), charge)?;
            page(rows, limit)
        })
    }

    /// Charges of everybody in a range of time, as [`charges_of_person`](Self::charges_of_person).
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn charges(
        &self,
        range: Range<Instant>,
        cursor: Option<Lsn>,
        limit: u32,
    ) -> Result<Page<ChargeRow>, StoreError> {
        self.ask("read charges", |conn| {
            let Some((first, end)) = lsn_range(conn, &range, cursor)? else {
                return Ok(Page { rows: vec![], next: None });
            };
            let mut rows = conn.prepare_cached(&select("WHERE lsn >= ?1 AND lsn < ?2 ORDER BY lsn DESC LIMIT ?3"))?;
            let limit = limit.clamp(1, PAGE_MAX);
            let rows = rows.query_map((first, end, limit.saturating_add(1)), charge)?;
            page(rows, limit)
        })
    }

    /// One charge by its record.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn charge(&self, lsn: Lsn) -> Result<Option<ChargeRow>, StoreError> {
        self.ask("read a charge", |conn| {
            conn.prepare_cached(&select("WHERE lsn = ?1"))?.query_row((lsn.0.cast_signed(),), charge).optional()
        })
    }

    /// Every posting of a hold, oldest first: they add up to what the call cost.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn charges_of_hold(&self, hold: HoldId) -> Result<Vec<ChargeRow>, StoreError> {
        self.ask("read the charges of a hold", |conn| {
            let mut rows = conn.prepare_cached(&select("WHERE hold = ?1 ORDER BY lsn"))?;
            rows.query_map((hold_column(hold),), charge)?.collect()
        })
    }
}

fn select(rest: &str) -> String {
    format!(
        "SELECT lsn, kind, hold, at, person, key, provider, model, served_model, charge_nano, overrun_nano, mark, \
         legs, ceilings, detail, {} FROM charge {rest}",
        counts::COLUMNS
    )
}

/// A range of time as a range of records, since both grow together; half-open, `None` when it is empty.
pub(super) fn lsn_range(
    conn: &Connection,
    range: &Range<Instant>,
    cursor: Option<Lsn>,
) -> rusqlite::Result<Option<(i64, i64)>> {
    let mut at_or_after = conn.prepare_cached("SELECT lsn FROM charge WHERE at >= ?1 ORDER BY at, lsn LIMIT 1")?;
    let mut bound = |at: Instant| at_or_after.query_row((at.as_micros(),), |row| row.get::<_, i64>(0)).optional();
    let Some(first) = bound(range.start)? else { return Ok(None) };
    let end = bound(range.end)?.unwrap_or(i64::MAX).min(cursor.map_or(i64::MAX, |lsn| lsn.0.cast_signed()));
    Ok((first < end).then_some((first, end)))
}

/// One row more than the limit was asked for: it says whether there is a next page.
fn page(rows: impl Iterator<Item = rusqlite::Result<ChargeRow>>, limit: u32) -> rusqlite::Result<Page<ChargeRow>> {
    let mut rows = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = if more { rows.last().map(|row| row.lsn) } else { None };
    Ok(Page { rows, next })
}

fn charge(row: &Row<'_>) -> rusqlite::Result<ChargeRow> {
    Ok(ChargeRow {
        lsn: Lsn(row.get::<_, i64>(0)?.cast_unsigned()),
        kind: ChargeKind::of(row.get(1)?).ok_or_else(|| bad_column(1, "an unknown kind of charge"))?,
        hold: row.get::<_, Option<i64>>(2)?.and_then(hold_id),
        at: Instant::from_micros(row.get(3)?),
        person: row.get::<_, Option<Bits>>(4)?.map(|bits| PersonId::new(bits.get())),
        key: row.get::<_, Option<Bits>>(5)?.map(|bits| KeyId::new(bits.get())),
        provider: row.get(6)?,
        model: row.get(7)?,
        served_model: row.get(8)?,
        charge: Nano::new(row.get(9)?),
        overrun: Nano::new(row.get(10)?),
        mark: mark_of(row.get(11)?).ok_or_else(|| bad_column(11, "an unknown mark"))?,
        legs: pack::read_legs(row.get_ref(12)?.as_blob()?).ok_or_else(|| bad_column(12, "no legs"))?,
        ceilings: pack::read_accounts(row.get_ref(13)?.as_blob()?).ok_or_else(|| bad_column(13, "no accounts"))?,
        detail: row.get(14)?,
        counts: Counts::from_row(row, 15)?,
    })
}
