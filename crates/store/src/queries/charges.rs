//! Charges, one row per posting.

use std::ops::Range;

use purser_core::charge::ChargeRecord;
use purser_core::id::{KeyId, PersonId, UnitId};
use purser_core::money::Nano;
use purser_core::time::Instant;
use purser_ledger::{AccountNo, HoldId, Leg, Lsn, Mark};

use super::view::{Fetch, View};
use super::{PAGE_MAX, Reader};
use crate::counts::Counts;
use crate::error::StoreError;
use crate::ids::Bits;
use crate::projector::{self, Charge, ChargeKind, StoredBlock, damaged, listed};

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
    /// The unit that it counts in; `None` when the settlement did not say.
    pub unit: Option<UnitId>,
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

    fn of(charge: &Charge<'_>) -> Self {
        let called = &charge.called;
        Self {
            lsn: charge.lsn,
            kind: charge.kind,
            hold: charge.hold,
            at: charge.at,
            person: called.caller.map(|caller| PersonId::new(caller.person.get())),
            key: called.caller.map(|caller| KeyId::new(caller.key.get())),
            unit: called.caller.map(|caller| UnitId::new(caller.unit.get())).filter(|unit| unit.get() != 0),
            provider: called.provider.to_owned(),
            model: called.model.to_owned(),
            served_model: called.served_model.map(str::to_owned),
            counts: charge.counts,
            charge: charge.amount,
            overrun: charge.overrun,
            mark: charge.mark,
            legs: charge.legs.to_vec(),
            ceilings: charge.ceilings.to_vec(),
            detail: charge.detail.to_vec(),
        }
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
    /// Costs what it returns and a look into the index of each section in the range.
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
            let view = View::of(conn)?;
            let person = Bits::new(person.get());
            let records = records(&view, &range, cursor)?;
            let mut page = Filling::new(limit);
            let is_theirs = |charge: &Charge<'_>| charge.called.caller.is_some_and(|caller| caller.person == person);
            page.go_back(&view, &range, &records, Some(view.closed), &is_theirs)?;
            if page.is_full() {
                return Ok(page.done());
            }
            let mut of_person =
                conn.prepare_cached("SELECT lsns FROM charge_by_person WHERE section = ?1 AND person = ?2")?;
            let mut fetch = Fetch::new(conn);
            for section in view.sections(&records)?.into_iter().rev() {
                let mut found = of_person.query((section, person))?;
                let Some(row) = found.next()? else { continue };
                let lsns = listed(row.get_ref(0)?.as_blob()?).ok_or_else(damaged)?;
                for lsn in lsns.into_iter().rev().filter(|lsn| records.contains(lsn)) {
                    let row = fetch.charge(lsn, ChargeRow::of)?.ok_or_else(damaged)?;
                    if range.contains(&row.at) && page.is_full_with(row) {
                        return Ok(page.done());
                    }
                }
            }
            Ok(page.done())
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
            let view = View::of(conn)?;
            let records = records(&view, &range, cursor)?;
            let mut page = Filling::new(limit);
            page.go_back(&view, &range, &records, None, &|_| true)?;
            Ok(page.done())
        })
    }

    /// Every charge in a range of time, oldest first, each once and all as of one moment. Costs what there is in the
    /// range; keeps one block of them in memory.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn each_charge(&self, range: Range<Instant>, each: &mut dyn FnMut(ChargeRow)) -> Result<(), StoreError> {
        self.ask("read charges", |conn| {
            View::of(conn)?.each_within(&range, &mut |charge| {
                each(ChargeRow::of(charge));
                Ok(())
            })
        })
    }

    /// One charge by its record.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn charge(&self, lsn: Lsn) -> Result<Option<ChargeRow>, StoreError> {
        self.ask("read a charge", |conn| Fetch::new(conn).charge(lsn, ChargeRow::of))
    }

    /// Every posting of a hold, oldest first: they add up to what the call cost.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn charges_of_hold(&self, hold: HoldId) -> Result<Vec<ChargeRow>, StoreError> {
        self.ask("read the charges of a hold", |conn| {
            let view = View::of(conn)?;
            let mut fetch = Fetch::new(conn);
            let mut rows = Vec::new();
            for lsn in projector::charges_of_hold(conn, hold)? {
                rows.push(fetch.charge(lsn, ChargeRow::of)?.ok_or_else(damaged)?);
            }
            view.each_open_entry(&mut |entry| {
                if entry.hold == Some(hold) {
                    rows.push(ChargeRow::of(&entry.charge().ok_or_else(damaged)?));
                }
                Ok(())
            })?;
            Ok(rows)
        })
    }
}

/// Where the charges of a range of time are, going on before `cursor`.
fn records(view: &View<'_>, range: &Range<Instant>, cursor: Option<Lsn>) -> rusqlite::Result<Range<Lsn>> {
    let records = view.records(range)?;
    Ok(records.start..cursor.map_or(records.end, |cursor| records.end.min(cursor)))
}

/// A page while it is filled: one row more than the limit says whether there is a next page.
#[derive(Debug)]
struct Filling {
    rows: Vec<ChargeRow>,
    limit: usize,
}

impl Filling {
    fn new(limit: u32) -> Self {
        Self { rows: Vec::new(), limit: usize::try_from(limit.clamp(1, PAGE_MAX)).unwrap_or(usize::MAX) }
    }

    /// Takes a row; true when no more are wanted.
    fn is_full_with(&mut self, row: ChargeRow) -> bool {
        self.rows.push(row);
        self.is_full()
    }

    fn is_full(&self) -> bool {
        self.rows.len() > self.limit
    }

    /// Takes charges block by block, from the end of `records` back to its start or to `until`.
    fn go_back(
        &mut self,
        view: &View<'_>,
        range: &Range<Instant>,
        records: &Range<Lsn>,
        until: Option<Lsn>,
        wanted: &dyn Fn(&Charge<'_>) -> bool,
    ) -> rusqlite::Result<()> {
        view.blocks_back(records.end, &mut |block: StoredBlock| {
            if until.is_some_and(|until| block.first <= until) {
                return Ok(false);
            }
            let entries = block.entries().collect::<Option<Vec<_>>>().ok_or_else(damaged)?;
            let inside = |at: Instant, lsn: Lsn| range.contains(&at) && lsn < records.end;
            for entry in entries.into_iter().rev().filter(|entry| inside(entry.at, entry.lsn)) {
                let charge = entry.charge().ok_or_else(damaged)?;
                if wanted(&charge) && self.is_full_with(ChargeRow::of(&charge)) {
                    return Ok(false);
                }
            }
            Ok(block.at >= range.start)
        })
    }

    fn done(mut self) -> Page<ChargeRow> {
        let more = self.is_full();
        self.rows.truncate(self.limit);
        let next = if more { self.rows.last().map(|row| row.lsn) } else { None };
        Page { rows: self.rows, next }
    }
}
