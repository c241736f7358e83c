//! Usage by model, day, key and person, from sums kept by the projector: the cost is the rows returned, not the calls
//! behind them.

use std::ops::Range;

use purser_core::account::Subject;
use purser_core::id::{KeyId, PersonId};
use purser_core::money::Nano;
use purser_core::time::Instant;
use rusqlite::{Connection, Params, Row};

use super::Reader;
use crate::error::StoreError;
use crate::ids::Bits;
use crate::projector::{day_of, subject_columns};

/// A day, counted from 1970-01-01 in UTC. A grain for reports: it starts nobody's period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i64);

impl Day {
    /// The day of an instant.
    pub const fn of(at: Instant) -> Self {
        Self(day_of(at))
    }

    /// Its first instant.
    pub const fn start(self) -> Instant {
        Instant::from_micros(self.0.saturating_mul(86_400_000_000))
    }
}

/// Days, the last excluded.
pub type Days = Range<Day>;

/// Whose usage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Everybody's.
    Company,
    /// One person's.
    Person(PersonId),
    /// One key's.
    Key(KeyId),
}

/// One group and what it adds up to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line<G> {
    /// The group.
    pub of: G,
    /// Calls charged, those taken back subtracted.
    pub calls: i64,
    /// Tokens of whole prompts, caches included.
    pub input: i64,
    /// The part of `input` that was read from a cache.
    pub cache_read: i64,
    /// Tokens that came out.
    pub output: i64,
    /// What it cost.
    pub charge: Nano,
}

/// What every sum selects, in the order [`line`] reads it.
const SUMS: &str = "sum(calls), sum(input), sum(cache_read), sum(output), sum(charge_nano)";

impl Reader {
    /// Usage by model, dearest first.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn usage_by_model(&self, scope: Scope, days: Days) -> Result<Vec<Line<String>>, StoreError> {
        let rest = "GROUP BY model ORDER BY sum(charge_nano) DESC, model";
        self.scoped(scope, &days, "model", rest, |row| row.get(0))
    }

    /// Usage by day, in order; days without any are left out.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn usage_by_day(&self, scope: Scope, days: Days) -> Result<Vec<Line<Day>>, StoreError> {
        self.scoped(scope, &days, "day", "GROUP BY day ORDER BY day", |row| row.get(0).map(Day))
    }

    /// Usage by day and model, in order of days.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn usage_by_day_and_model(&self, scope: Scope, days: Days) -> Result<Vec<Line<(Day, String)>>, StoreError> {
        let rest = "GROUP BY day, model ORDER BY day, model";
        self.scoped(scope, &days, "day, model", rest, |row| Ok((Day(row.get(0)?), row.get(1)?)))
    }

    /// Usage by person, dearest first. Whose calls did not say is left out.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn usage_by_person(&self, days: Days) -> Result<Vec<Line<PersonId>>, StoreError> {
        self.ask("read usage by person", |conn| {
            let sql = format!(
                "SELECT person, {SUMS} FROM usage_by_person_day WHERE day >= ?1 AND day < ?2
                 GROUP BY person ORDER BY sum(charge_nano) DESC, person"
            );
            lines(conn, &sql, (days.start.0, days.end.0), 1, |row| Ok(PersonId::new(row.get::<_, Bits>(0)?.get())))
        })
    }

    /// Usage by key, dearest first.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn usage_by_key(&self, days: Days) -> Result<Vec<Line<KeyId>>, StoreError> {
        self.ask("read usage by key", |conn| {
            let sql = format!(
                "SELECT key, {SUMS} FROM usage_by_key_day WHERE day >= ?1 AND day < ?2
                 GROUP BY key ORDER BY sum(charge_nano) DESC, key"
            );
            lines(conn, &sql, (days.start.0, days.end.0), 1, |row| Ok(KeyId::new(row.get::<_, Bits>(0)?.get())))
        })
    }

    /// What was charged to one grant, budget or run, by day. A grant counts what it paid, a budget or run every call
    /// under it in full. Tokens are not kept at this grain.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn charged_by_day(&self, subject: Subject, days: Days) -> Result<Vec<(Day, Nano)>, StoreError> {
        self.ask("read what was charged by day", |conn| {
            let (kind, id) = subject_columns(subject);
            conn.prepare_cached(
                "SELECT day, charge_nano FROM usage_by_subject
                 WHERE subject_kind = ?1 AND subject = ?2 AND day >= ?3 AND day < ?4 ORDER BY day",
            )?
            .query_map((kind, id, days.start.0, days.end.0), |row| Ok((Day(row.get(0)?), Nano::new(row.get(1)?))))?
            .collect()
        })
    }

    fn scoped<G>(
        &self,
        scope: Scope,
        days: &Days,
        group: &str,
        rest: &str,
        read: fn(&Row<'_>) -> rusqlite::Result<G>,
    ) -> Result<Vec<Line<G>>, StoreError> {
        let first_sum = group.split(',').count();
        let (from, to) = (days.start.0, days.end.0);
        self.ask("read usage", |conn| {
            let sql = |table: &str, filter: &str| {
                format!("SELECT {group}, {SUMS} FROM {table} WHERE {filter} day >= ?1 AND day < ?2 {rest}")
            };
            match scope {
                Scope::Company => lines(conn, &sql("usage_by_day", ""), (from, to), first_sum, read),
                Scope::Person(id) => {
                    let sql = sql("usage_by_person", "person = ?3 AND");
                    lines(conn, &sql, (from, to, Bits::new(id.get())), first_sum, read)
                }
                Scope::Key(id) => {
                    let sql = sql("usage_by_key", "key = ?3 AND");
                    lines(conn, &sql, (from, to, Bits::new(id.get())), first_sum, read)
                }
            }
        })
    }
}

fn lines<G>(
    conn: &Connection,
    sql: &str,
    params: impl Params,
    first_sum: usize,
    of: impl Fn(&Row<'_>) -> rusqlite::Result<G>,
) -> rusqlite::Result<Vec<Line<G>>> {
    conn.prepare_cached(sql)?.query_map(params, |row| line(row, first_sum, of(row)?))?.collect()
}

fn line<G>(row: &Row<'_>, first: usize, of: G) -> rusqlite::Result<Line<G>> {
    let sum = |at: usize| row.get::<_, i64>(first.saturating_add(at));
    Ok(Line { of, calls: sum(0)?, input: sum(1)?, cache_read: sum(2)?, output: sum(3)?, charge: Nano::new(sum(4)?) })
}
