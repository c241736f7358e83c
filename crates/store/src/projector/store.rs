//! The rows that sections write, and the look-ups that the projector and its readers share.

use std::collections::BTreeMap;

use purser_ledger::{AccountNo, HoldId, Lsn};
use rusqlite::{CachedStatement, Connection, OptionalExtension};

use super::accounts::hold_column;
use super::called::Caller;
use super::packed::damaged;
use super::section::{IndexRow, Spent, hold_place, hold_row, listed_for};
use super::sums::ByModel;
use crate::ids::Bits;

/// The last charge that is in the indexes and sums; those after it are in the open section.
pub(crate) fn closed(conn: &Connection) -> rusqlite::Result<Lsn> {
    conn.prepare_cached("SELECT coalesce(max(last_lsn), 0) FROM section")?
        .query_row([], |row| row.get::<_, i64>(0))
        .map(|lsn| Lsn(lsn.cast_unsigned()))
}

/// The charges of a hold in closed sections, oldest first.
pub(crate) fn charges_of_hold(conn: &Connection, hold: HoldId) -> rusqlite::Result<Vec<Lsn>> {
    let column = hold_column(hold);
    let mut select = conn.prepare_cached("SELECT lsns FROM charge_by_hold WHERE holds = ?1 ORDER BY section")?;
    let mut rows = select.query((hold_row(column),))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.extend(listed_for(hold_place(column), row.get_ref(0)?.as_blob()?).ok_or_else(damaged)?);
    }
    Ok(found)
}

/// Adds to days of the company.
pub(super) fn add_days(conn: &Connection, rows: BTreeMap<i64, ByModel>) -> rusqlite::Result<()> {
    let mut select = conn.prepare_cached("SELECT models FROM usage_by_day WHERE day = ?1")?;
    let mut replace = conn.prepare_cached("INSERT OR REPLACE INTO usage_by_day (day, models) VALUES (?1, ?2)")?;
    for (day, mut sums) in rows {
        let stored: Option<Vec<u8>> = select.query_row((day,), |row| row.get(0)).optional()?;
        stored.map_or(Some(()), |stored| sums.add_packed(&stored)).ok_or_else(damaged)?;
        replace.execute((day, sums.packed()))?;
    }
    Ok(())
}

/// Adds to days of people's keys.
pub(super) fn add_callers(conn: &Connection, rows: BTreeMap<(i64, Caller), ByModel>) -> rusqlite::Result<()> {
    let mut days = CallerRows::new(conn, "usage_by_key", "day")?;
    let mut own = conn.prepare_cached("INSERT OR IGNORE INTO key_of_person (key, person) VALUES (?1, ?2)")?;
    for ((day, caller), sums) in rows {
        if days.add(day, caller, sums)? == Row::New {
            own.execute((caller.key, caller.person))?;
        }
    }
    Ok(())
}

/// Adds to their months, which are named by their first days.
pub(super) fn add_months(conn: &Connection, rows: BTreeMap<(i64, Caller), ByModel>) -> rusqlite::Result<()> {
    let mut months = CallerRows::new(conn, "usage_by_month", "month")?;
    rows.into_iter().try_for_each(|((month, caller), sums)| months.add(month, caller, sums).map(drop))
}

/// Was there one before?
#[derive(Clone, Copy, PartialEq, Eq)]
enum Row {
    New,
    Known,
}

/// A table of sums by time and caller.
struct CallerRows<'c> {
    select: CachedStatement<'c>,
    update: CachedStatement<'c>,
    insert: CachedStatement<'c>,
}

impl<'c> CallerRows<'c> {
    fn new(conn: &'c Connection, table: &str, time: &str) -> rusqlite::Result<Self> {
        let row = format!("{time} = ?1 AND person = ?2 AND key = ?3 AND unit = ?4");
        Ok(Self {
            select: conn.prepare_cached(&format!("SELECT models FROM {table} WHERE {row}"))?,
            update: conn.prepare_cached(&format!("UPDATE {table} SET models = ?5 WHERE {row}"))?,
            insert: conn.prepare_cached(&format!(
                "INSERT INTO {table} ({time}, person, key, unit, models) VALUES (?1, ?2, ?3, ?4, ?5)"
            ))?,
        })
    }

    fn add(&mut self, time: i64, caller: Caller, mut sums: ByModel) -> rusqlite::Result<Row> {
        let Caller { person, key, unit } = caller;
        let stored = self
            .select
            .query_row((time, person, key, unit), |row| Ok(sums.add_packed(row.get_ref(0)?.as_blob()?)))
            .optional()?;
        if let Some(added) = stored {
            added.ok_or_else(damaged)?;
            self.update.execute((time, person, key, unit, sums.packed()))?;
            return Ok(Row::Known);
        }
        self.insert.execute((time, person, key, unit, sums.packed()))?;
        Ok(Row::New)
    }
}

/// Adds what grants paid, by the month in which the period began.
pub(super) fn add_grants(conn: &Connection, rows: &BTreeMap<(i64, Bits), i64>) -> rusqlite::Result<()> {
    let mut upsert = conn.prepare_cached(
        "INSERT INTO spent_by_month (month, grant_id, nano) VALUES (?1, ?2, ?3)
         ON CONFLICT DO UPDATE SET nano = nano + excluded.nano",
    )?;
    rows.iter().try_for_each(|((month, grant), nano)| upsert.execute((month, grant, nano)).map(drop))
}

/// Adds what was counted on accounts by day.
pub(super) fn add_spent(conn: &Connection, rows: &[(AccountNo, i64, Spent)]) -> rusqlite::Result<()> {
    let mut upsert = conn.prepare_cached(
        "INSERT INTO spent_by_day (account, day, nano) VALUES (?1, ?2, ?3)
         ON CONFLICT DO UPDATE SET nano = nano + excluded.nano",
    )?;
    rows.iter().try_for_each(|(no, day, spent)| upsert.execute((no.0, day, spent.amount)).map(drop))
}

/// Writes a section's rows into the indexes.
pub(super) fn add_index(conn: &Connection, section: Lsn, rows: &[IndexRow]) -> rusqlite::Result<()> {
    let section = section.0.cast_signed();
    let mut person = conn.prepare_cached("INSERT INTO charge_by_person (section, person, lsns) VALUES (?1, ?2, ?3)")?;
    let mut account =
        conn.prepare_cached("INSERT INTO charge_by_account (section, account, lsns) VALUES (?1, ?2, ?3)")?;
    let mut holds = conn.prepare_cached("INSERT INTO charge_by_hold (holds, section, lsns) VALUES (?1, ?2, ?3)")?;
    for row in rows {
        match row {
            IndexRow::Person(bits, lsns) => person.execute((section, bits, lsns))?,
            IndexRow::Account(no, lsns) => account.execute((section, no.0, lsns))?,
            IndexRow::Holds(row, lsns) => holds.execute((row, section, lsns))?,
        };
    }
    Ok(())
}
