//! What a statement is made of: a subject's accounts by period, the charges each paid, a person's figures.

use std::ops::Range;

use purser_core::account::{Period, Subject};
use purser_core::id::PersonId;
use purser_core::money::Nano;
use purser_core::time::Instant;
use purser_ledger::{AccountNo, Lsn};
use rusqlite::OptionalExtension;

use super::charges::lsn_range;
use super::{PAGE_MAX, Page, Reader};
use crate::error::StoreError;
use crate::ids::Bits;
use crate::projector::subject_columns;

/// An account as the journal leaves it: one subject's period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountRow {
    /// What the journal calls it.
    pub no: AccountNo,
    /// Its period.
    pub period: Period,
    /// Released to it, or its limit.
    pub limit: Nano,
    /// Posted on it, corrections included, also those that came after it was closed.
    pub spent: Nano,
    /// The record that closed it; `None` while it is open. A posting of a later record is an item of the next period's
    /// statement.
    pub closed: Option<Lsn>,
}

/// One charge's part on a grant's account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PostingRow {
    /// The charge, for [`Reader::charge`].
    pub lsn: Lsn,
    /// What this account paid of it; below zero where it got something back.
    pub amount: Nano,
}

/// A person's charges in a range of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures {
    /// The model asked for.
    pub model: String,
    /// Calls charged, those taken back subtracted.
    pub calls: i64,
    /// What they cost.
    pub charge: Nano,
    /// The part that their grants did not have.
    pub overrun: Nano,
    /// How much of the charge is not the provider's own figure.
    pub not_exact: Nano,
}

impl Reader {
    /// A subject's accounts whose periods start in a range of time, in order.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn accounts_of(&self, subject: Subject, starts: Range<Instant>) -> Result<Vec<AccountRow>, StoreError> {
        self.ask("read a subject's accounts", |conn| {
            let (kind, id) = subject_columns(subject);
            conn.prepare_cached(
                "SELECT no, start, until, limit_nano, spent_nano, closed_lsn FROM account
                 WHERE subject_kind = ?1 AND subject = ?2 AND start >= ?3 AND start < ?4 ORDER BY start",
            )?
            .query_map((kind, id, starts.start.as_micros(), starts.end.as_micros()), account)?
            .collect()
        })
    }

    /// One account.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn account(&self, no: AccountNo) -> Result<Option<AccountRow>, StoreError> {
        self.ask("read an account", |conn| {
            conn.prepare_cached(
                "SELECT no, start, until, limit_nano, spent_nano, closed_lsn FROM account WHERE no = ?1",
            )?
            .query_row((no.0,), account)
            .optional()
        })
    }

    /// Which charges a grant's account paid, oldest first, `limit` at most ([`PAGE_MAX`]), going on after `cursor`.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn postings(
        &self,
        account: AccountNo,
        cursor: Option<Lsn>,
        limit: u32,
    ) -> Result<Page<PostingRow>, StoreError> {
        self.ask("read an account's postings", |conn| {
            let limit = limit.clamp(1, PAGE_MAX);
            let after = cursor.map_or(-1, |lsn| lsn.0.cast_signed());
            let mut rows = conn
                .prepare_cached(
                    "SELECT lsn, amount_nano FROM posting WHERE account = ?1 AND lsn > ?2 ORDER BY lsn LIMIT ?3",
                )?
                .query_map((account.0, after, limit.saturating_add(1)), |row| {
                    Ok(PostingRow { lsn: Lsn(row.get::<_, i64>(0)?.cast_unsigned()), amount: Nano::new(row.get(1)?) })
                })?
                .collect::<rusqlite::Result<Vec<_>>>()?;
            let limit = usize::try_from(limit).unwrap_or(usize::MAX);
            let more = rows.len() > limit;
            rows.truncate(limit);
            let next = if more { rows.last().map(|row| row.lsn) } else { None };
            Ok(Page { rows, next })
        })
    }

    /// A person's charges posted in a range of time, by model, dearest first. Exact to the instant, so it fits periods
    /// in any time zone; costs the person's charges in the range.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn figures(&self, person: PersonId, range: Range<Instant>) -> Result<Vec<Figures>, StoreError> {
        self.ask("read a person's figures", |conn| {
            let Some((first, end)) = lsn_range(conn, &range, None)? else { return Ok(Vec::new()) };
            conn.prepare_cached(
                "SELECT model, sum(CASE kind WHEN 1 THEN 1 WHEN 4 THEN 1 WHEN 3 THEN -1 ELSE 0 END),
                        sum(charge_nano), sum(overrun_nano), sum(CASE mark WHEN 0 THEN 0 ELSE charge_nano END)
                 FROM charge WHERE person = ?1 AND lsn >= ?2 AND lsn < ?3
                 GROUP BY model ORDER BY sum(charge_nano) DESC, model",
            )?
            .query_map((Bits::new(person.get()), first, end), |row| {
                Ok(Figures {
                    model: row.get(0)?,
                    calls: row.get(1)?,
                    charge: Nano::new(row.get(2)?),
                    overrun: Nano::new(row.get(3)?),
                    not_exact: Nano::new(row.get(4)?),
                })
            })?
            .collect()
        })
    }
}

fn account(row: &rusqlite::Row<'_>) -> rusqlite::Result<AccountRow> {
    Ok(AccountRow {
        no: AccountNo(row.get(0)?),
        period: Period { start: Instant::from_micros(row.get(1)?), end: Instant::from_micros(row.get(2)?) },
        limit: Nano::new(row.get(3)?),
        spent: Nano::new(row.get(4)?),
        closed: row.get::<_, Option<i64>>(5)?.map(|lsn| Lsn(lsn.cast_unsigned())),
    })
}
