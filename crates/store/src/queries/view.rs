//! Charges as of one moment: the closed sections through their indexes, the open one by going through it.

use std::ops::Range;

use purser_core::time::Instant;
use purser_ledger::Lsn;
use rusqlite::{Connection, OptionalExtension};

use crate::projector::{self, BLOCK_COLUMNS, Charge, Entry, StoredBlock, damaged};

/// All of time.
pub(super) const ALWAYS: Range<Instant> = Instant::from_micros(i64::MIN)..Instant::from_micros(i64::MAX);

/// What a question sees. Made within a transaction, so that everything it reads belongs together.
#[derive(Debug)]
pub(super) struct View<'c> {
    pub(super) conn: &'c Connection,
    /// The last charge that is in indexes and sums.
    pub(super) closed: Lsn,
}

impl<'c> View<'c> {
    pub(super) fn of(conn: &'c Connection) -> rusqlite::Result<Self> {
        Ok(Self { conn, closed: projector::closed(conn)? })
    }

    /// Goes through the open section's charges of a range of time, oldest first.
    pub(super) fn each_open(
        &self,
        range: &Range<Instant>,
        each: &mut dyn FnMut(&Charge<'_>) -> rusqlite::Result<()>,
    ) -> rusqlite::Result<()> {
        let mut select = self.conn.prepare_cached(&projector::open_blocks())?;
        let mut rows = select.query((self.closed.0.cast_signed(),))?;
        let mut before: Option<StoredBlock> = None;
        while let Some(row) = rows.next()? {
            let block = StoredBlock::of(row)?;
            let at = block.at;
            if at >= range.end {
                break;
            }
            // Nothing in a block is later than its successor's first charge.
            if let Some(before) = before.replace(block)
                && at >= range.start
            {
                each_of(&before, range, each)?;
            }
        }
        before.map_or(Ok(()), |last| each_of(&last, range, each))
    }

    /// Goes through all charges since an instant, oldest first, whatever section they are in.
    pub(super) fn each_since(
        &self,
        since: Instant,
        each: &mut dyn FnMut(&Charge<'_>) -> rusqlite::Result<()>,
    ) -> rusqlite::Result<()> {
        self.each_within(&(since..ALWAYS.end), each)
    }

    /// Goes through all charges of a range of time, oldest first, whatever section they are in.
    pub(super) fn each_within(
        &self,
        range: &Range<Instant>,
        each: &mut dyn FnMut(&Charge<'_>) -> rusqlite::Result<()>,
    ) -> rusqlite::Result<()> {
        // The last block that begins before then may have charges since then too. Several can begin just then.
        let mut select = self.conn.prepare_cached(&format!(
            "SELECT {BLOCK_COLUMNS} FROM charge_block
             WHERE first_lsn >= coalesce((SELECT max(first_lsn) FROM charge_block WHERE at < ?1), 0) ORDER BY first_lsn"
        ))?;
        let mut rows = select.query((range.start.as_micros(),))?;
        while let Some(row) = rows.next()? {
            let block = StoredBlock::of(row)?;
            if block.at >= range.end {
                break;
            }
            each_of(&block, range, each)?;
        }
        Ok(())
    }

    /// Goes through the fronts of the open section's charges, oldest first.
    pub(super) fn each_open_entry(
        &self,
        each: &mut dyn FnMut(&Entry<'_>) -> rusqlite::Result<()>,
    ) -> rusqlite::Result<()> {
        let mut select = self.conn.prepare_cached(&projector::open_blocks())?;
        let mut rows = select.query((self.closed.0.cast_signed(),))?;
        while let Some(row) = rows.next()? {
            for entry in StoredBlock::of(row)?.entries() {
                each(&entry.ok_or_else(damaged)?)?;
            }
        }
        Ok(())
    }

    /// A range of time as a range of records that holds it, since both grow together: whoever goes through it still
    /// looks at each charge's instant.
    pub(super) fn records(&self, range: &Range<Instant>) -> rusqlite::Result<Range<Lsn>> {
        let lsn = |row: &rusqlite::Row<'_>| row.get::<_, i64>(0).map(|lsn| Lsn(lsn.cast_unsigned()));
        let start = self
            .conn
            .prepare_cached(
                "SELECT first_lsn FROM charge_block WHERE at < ?1 ORDER BY at DESC, first_lsn DESC LIMIT 1",
            )?
            .query_row((range.start.as_micros(),), lsn)
            .optional()?;
        let end = self
            .conn
            .prepare_cached("SELECT first_lsn FROM charge_block WHERE at >= ?1 ORDER BY at, first_lsn LIMIT 1")?
            .query_row((range.end.as_micros(),), lsn)
            .optional()?;
        Ok(start.unwrap_or(Lsn(0))..end.unwrap_or(Lsn(i64::MAX.cast_unsigned())))
    }

    /// The blocks that begin before `end`, the last first, until `each` says that it is enough.
    pub(super) fn blocks_back(
        &self,
        end: Lsn,
        each: &mut dyn FnMut(StoredBlock) -> rusqlite::Result<bool>,
    ) -> rusqlite::Result<()> {
        let mut select = self.conn.prepare_cached(&format!(
            "SELECT {BLOCK_COLUMNS} FROM charge_block WHERE first_lsn < ?1 ORDER BY first_lsn DESC"
        ))?;
        let mut rows = select.query((end.0.cast_signed(),))?;
        while let Some(row) = rows.next()? {
            if !each(StoredBlock::of(row)?)? {
                break;
            }
        }
        Ok(())
    }

    /// The last records of the closed sections that touch `records`, in order.
    pub(super) fn sections(&self, records: &Range<Lsn>) -> rusqlite::Result<Vec<i64>> {
        let last: Option<i64> = self
            .conn
            .prepare_cached("SELECT min(last_lsn) FROM section WHERE last_lsn >= ?1")?
            .query_row((records.end.0.cast_signed(),), |row| row.get(0))?;
        self.conn
            .prepare_cached("SELECT last_lsn FROM section WHERE last_lsn >= ?1 AND last_lsn <= ?2 ORDER BY last_lsn")?
            .query_map((records.start.0.cast_signed(), last.unwrap_or(i64::MAX)), |row| row.get(0))?
            .collect()
    }
}

fn each_of(
    block: &StoredBlock,
    range: &Range<Instant>,
    each: &mut dyn FnMut(&Charge<'_>) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    for entry in block.entries() {
        let entry = entry.ok_or_else(damaged)?;
        if range.contains(&entry.at) {
            each(&entry.charge().ok_or_else(damaged)?)?;
        }
    }
    Ok(())
}

/// Takes charges by their records, which come in any order but mostly neighbours together: the block read last is kept.
#[derive(Debug)]
pub(super) struct Fetch<'c> {
    conn: &'c Connection,
    kept: Option<StoredBlock>,
}

impl<'c> Fetch<'c> {
    pub(super) fn new(conn: &'c Connection) -> Self {
        Self { conn, kept: None }
    }

    /// The charge of that record; `None` when it is none.
    pub(super) fn charge<T>(&mut self, lsn: Lsn, read: impl FnOnce(&Charge<'_>) -> T) -> rusqlite::Result<Option<T>> {
        if let Some(kept) = &self.kept
            && let Some(charge) = kept.find(lsn)?
        {
            return Ok(Some(read(&charge)));
        }
        self.kept = StoredBlock::around(self.conn, lsn)?;
        match &self.kept {
            None => Ok(None),
            Some(block) => Ok(block.find(lsn)?.map(|charge| read(&charge))),
        }
    }
}
