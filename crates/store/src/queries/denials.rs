//! Denials: an append-only stream, coalesced per key, reason and minute.
//!
//! They are not in the journal: nothing is owed for them, and a runaway client makes thousands a second. A power cut
//! may take the last batches.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use purser_core::id::{KeyId, PersonId};
use purser_core::time::Instant;
use rusqlite::{Connection, Row, TransactionBehavior};

use super::{PAGE_MAX, Reader};
use crate::dir::DataDir;
use crate::error::StoreError;
use crate::ids::Bits;
use crate::schema;
use crate::sqlite::{self, Durability};

/// Microseconds of a minute.
pub(crate) const MINUTE_US: i64 = 60_000_000;

/// Some calls that were refused, alike.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Denial {
    /// When; the minute counts.
    pub at: Instant,
    /// The key they came with.
    pub key: KeyId,
    /// Whose.
    pub person: PersonId,
    /// The stable code of the reason.
    pub reason: String,
    /// Money was there: these count against *promise usable*.
    pub funded: bool,
    /// How many.
    pub count: u32,
}

/// Denials of one key, reason and minute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DenialRow {
    /// The minute's first instant.
    pub minute: Instant,
    /// The key.
    pub key: KeyId,
    /// Whose.
    pub person: PersonId,
    /// The reason's code.
    pub reason: String,
    /// Was money there?
    pub funded: bool,
    /// How many.
    pub count: i64,
}

/// Where a page of denials ends: what tells its last row from all others. A list goes from the greatest to the least.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DenialPlace {
    /// The row's.
    pub minute: Instant,
    /// The row's.
    pub key: KeyId,
    /// The row's.
    pub reason: String,
    /// The row's.
    pub person: PersonId,
    /// The row's.
    pub funded: bool,
}

/// Rows and where to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DenialPage {
    /// The rows.
    pub rows: Vec<DenialRow>,
    /// Where the next page begins; `None` when this is the last.
    pub next: Option<DenialPlace>,
}

impl DenialRow {
    fn place(&self) -> DenialPlace {
        let Self { minute, key, person, reason, funded, count: _ } = self;
        DenialPlace { minute: *minute, key: *key, reason: reason.clone(), person: *person, funded: *funded }
    }
}

/// Denials of one person and reason in a quarter of an hour, which no zone's midnight cuts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DenialSum {
    /// Its first instant.
    pub from: Instant,
    /// Whose.
    pub person: PersonId,
    /// The reason's code.
    pub reason: String,
    /// Was money there?
    pub funded: bool,
    /// How many.
    pub count: i64,
}

/// Writes denials. Shared by reference; meant for one caller that collects them and writes each second or so.
#[derive(Debug)]
pub struct DenialLog {
    conn: Mutex<Connection>,
}

impl DenialLog {
    /// Opens the log of a folder held exclusively.
    ///
    /// # Errors
    /// [`StoreError`] when the database can't be opened.
    pub fn open(dir: &DataDir) -> Result<Self, StoreError> {
        dir.require_exclusive()?;
        let conn = sqlite::open_write(&dir.database(), Durability::Later, schema::PURSER)?;
        Ok(Self { conn: Mutex::new(conn) })
    }

    /// Adds a batch, all or nothing.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`]: none of it was written.
    pub fn record(&self, batch: &[Denial]) -> Result<(), StoreError> {
        if batch.is_empty() {
            return Ok(());
        }
        let mut conn = self.conn.lock().unwrap_or_else(PoisonError::into_inner);
        let write = |conn: &mut Connection| {
            let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
            {
                let mut add = tx.prepare_cached(
                    "INSERT INTO denial (minute, key, reason, person, funded, count) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                     ON CONFLICT DO UPDATE SET count = count + excluded.count",
                )?;
                for denial in batch {
                    add.execute((
                        denial.at.as_micros().div_euclid(MINUTE_US),
                        Bits::new(denial.key.get()),
                        &denial.reason,
                        Bits::new(denial.person.get()),
                        denial.funded,
                        denial.count,
                    ))?;
                }
            }
            tx.commit()
        };
        write(&mut conn).map_err(StoreError::sqlite("record denials"))
    }
}

impl Reader {
    /// Denials in a range of time, newest first, a person's or everybody's, `limit` at most ([`PAGE_MAX`]), going on after
    /// the row where a page ended. Costs what it returns.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn denials(
        &self,
        person: Option<PersonId>,
        range: Range<Instant>,
        after: Option<&DenialPlace>,
        limit: u32,
    ) -> Result<DenialPage, StoreError> {
        self.ask("read denials", |conn| {
            let limit = limit.clamp(1, PAGE_MAX);
            // Nothing comes before the first place of the minute at which the range ends.
            let end = DenialPlace {
                minute: Instant::from_micros(minute_after(range.end).saturating_mul(MINUTE_US)),
                key: KeyId::new(0),
                reason: String::new(),
                person: PersonId::new(0),
                funded: false,
            };
            let DenialPlace { minute: before, key, reason, person: of, funded } =
                after.filter(|after| **after < end).unwrap_or(&end);
            let (first, before, key) = (minute(range.start), minute(*before), Bits::new(key.get()));
            // One row more says whether there is a next page.
            let more = limit.saturating_add(1);
            let mut rows = match person {
                Some(person) => conn
                    .prepare_cached(
                        "SELECT minute, key, person, reason, funded, count FROM denial
                         WHERE person = ?1 AND minute >= ?2 AND (minute, key, reason, funded) < (?3, ?4, ?5, ?6)
                         ORDER BY minute DESC, key DESC, reason DESC, funded DESC LIMIT ?7",
                    )?
                    .query_map((Bits::new(person.get()), first, before, key, reason, funded, more), denial)?
                    .collect::<rusqlite::Result<Vec<_>>>()?,
                None => conn
                    .prepare_cached(
                        "SELECT minute, key, person, reason, funded, count FROM denial
                         WHERE minute >= ?1 AND (minute, key, reason, person, funded) < (?2, ?3, ?4, ?5, ?6)
                         ORDER BY minute DESC, key DESC, reason DESC, person DESC, funded DESC LIMIT ?7",
                    )?
                    .query_map((first, before, key, reason, Bits::new(of.get()), funded, more), denial)?
                    .collect::<rusqlite::Result<Vec<_>>>()?,
            };
            let limit = usize::try_from(limit).unwrap_or(usize::MAX);
            let is_last = rows.len() <= limit;
            rows.truncate(limit);
            let next = if is_last { None } else { rows.last().map(DenialRow::place) };
            Ok(DenialPage { rows, next })
        })
    }

    /// Everybody's denials in a range of time where money was there, or for one of these reasons, by person, reason and
    /// quarter of an hour, in order. Costs a look at each line in the range.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn denial_sums(&self, range: Range<Instant>, reasons: &[&str]) -> Result<Vec<DenialSum>, StoreError> {
        self.ask("add up denials", |conn| {
            let mut select = conn.prepare_cached(
                "SELECT minute / 15, person, reason, funded, sum(count) FROM denial
                 WHERE minute >= ?1 AND minute < ?2 GROUP BY minute / 15, person, reason, funded ORDER BY 1, 2, 3, 4",
            )?;
            let mut rows = select.query((minute(range.start), minute_after(range.end)))?;
            let mut sums = Vec::new();
            while let Some(row) = rows.next()? {
                let (reason, funded): (String, bool) = (row.get(2)?, row.get(3)?);
                if funded || reasons.contains(&reason.as_str()) {
                    let from = row.get::<_, i64>(0)?.saturating_mul(15 * MINUTE_US);
                    sums.push(DenialSum {
                        from: Instant::from_micros(from),
                        person: PersonId::new(row.get::<_, Bits>(1)?.get()),
                        reason,
                        funded,
                        count: row.get(4)?,
                    });
                }
            }
            Ok(sums)
        })
    }

    /// A person's denials in a range of time, by reason, and whether money was there. Costs a look at each of their lines
    /// in the range.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn denials_of_person(
        &self,
        person: PersonId,
        range: &Range<Instant>,
    ) -> Result<Vec<(String, bool, i64)>, StoreError> {
        self.ask("add up a person's denials", |conn| {
            conn.prepare_cached(
                "SELECT reason, funded, sum(count) FROM denial WHERE person = ?1 AND minute >= ?2 AND minute < ?3
                 GROUP BY reason, funded ORDER BY 1, 2",
            )?
            .query_map((Bits::new(person.get()), minute(range.start), minute_after(range.end)), |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })?
            .collect()
        })
    }
}

fn minute(at: Instant) -> i64 {
    at.as_micros().div_euclid(MINUTE_US)
}

/// The first minute that starts at the instant or after it.
fn minute_after(at: Instant) -> i64 {
    minute(at).saturating_add(i64::from(at.as_micros().rem_euclid(MINUTE_US) != 0))
}

fn denial(row: &Row<'_>) -> rusqlite::Result<DenialRow> {
    Ok(DenialRow {
        minute: Instant::from_micros(row.get::<_, i64>(0)?.saturating_mul(MINUTE_US)),
        key: KeyId::new(row.get::<_, Bits>(1)?.get()),
        person: PersonId::new(row.get::<_, Bits>(2)?.get()),
        reason: row.get(3)?,
        funded: row.get(4)?,
        count: row.get(5)?,
    })
}
