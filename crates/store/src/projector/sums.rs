//! Rollups: sums at the grains the questions use, added up in memory for a batch and written once per row.

use std::collections::HashMap;

use purser_core::money::Nano;
use purser_core::time::Instant;
use rusqlite::Connection;

use super::called::Called;
use super::charges::ChargeKind;
use crate::counts::Counts;
use crate::ids::Bits;

/// Seconds of a day. Days here are UTC's and start no period: they are a grain for reports.
const DAY_S: i64 = 86_400;

/// The day of an instant, counted from 1970-01-01 in UTC.
pub(crate) const fn day_of(at: Instant) -> i64 {
    at.as_secs().div_euclid(DAY_S)
}

#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    calls: i64,
    input: i64,
    cache_read: i64,
    output: i64,
    charge: i64,
}

impl Sums {
    /// `None` when the charges leave the range.
    fn add(&mut self, other: &Self) -> Option<()> {
        self.calls = self.calls.saturating_add(other.calls);
        self.input = self.input.saturating_add(other.input);
        self.cache_read = self.cache_read.saturating_add(other.cache_read);
        self.output = self.output.saturating_add(other.output);
        self.charge = self.charge.checked_add(other.charge)?;
        Some(())
    }
}

/// What a batch adds to the rollups.
#[derive(Debug, Default)]
pub(super) struct Rollups {
    models: HashMap<(i64, String), Sums>,
    people: HashMap<(Bits, i64, String), Sums>,
    keys: HashMap<(Bits, i64, String), Sums>,
    subjects: HashMap<(i64, Bits, i64), Sums>,
}

impl Rollups {
    /// Adds a charge to everything but subjects. `None` when a sum leaves the range.
    pub(super) fn call(
        &mut self,
        at: Instant,
        kind: ChargeKind,
        called: &Called,
        counts: &Counts,
        charge: Nano,
    ) -> Option<()> {
        let sums = Sums {
            calls: kind.calls(),
            input: counts.prompt_tokens(),
            cache_read: counts.cache_read_tokens(),
            output: counts.output_tokens(),
            charge: charge.get(),
        };
        let day = day_of(at);
        self.models.entry((day, called.model.clone())).or_default().add(&sums)?;
        if let Some(person) = called.person {
            self.people.entry((person, day, called.model.clone())).or_default().add(&sums)?;
        }
        if let Some(key) = called.key {
            self.keys.entry((key, day, called.model.clone())).or_default().add(&sums)?;
        }
        Some(())
    }

    /// Adds what a charge counted on one grant, budget or run. `None` when a sum leaves the range.
    pub(super) fn subject(
        &mut self,
        at: Instant,
        kind: ChargeKind,
        (subject_kind, subject): (i64, Bits),
        amount: Nano,
    ) -> Option<()> {
        let sums = Sums { calls: kind.calls(), charge: amount.get(), ..Sums::default() };
        self.subjects.entry((subject_kind, subject, day_of(at))).or_default().add(&sums)
    }

    pub(super) fn store(self, conn: &Connection) -> rusqlite::Result<()> {
        let mut by_day = conn.prepare_cached(&upsert("usage_by_day", "day, model", "?1, ?2"))?;
        for ((day, model), s) in &self.models {
            by_day.execute((day, model, s.calls, s.input, s.cache_read, s.output, s.charge))?;
        }
        store_owned(conn, self.people, ["usage_by_person", "usage_by_person_day"], "person")?;
        store_owned(conn, self.keys, ["usage_by_key", "usage_by_key_day"], "key")?;
        let mut by_subject = conn.prepare_cached(
            "INSERT INTO usage_by_subject (subject_kind, subject, day, calls, charge_nano) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET calls = calls + excluded.calls, charge_nano = charge_nano + excluded.charge_nano",
        )?;
        for ((kind, subject, day), s) in self.subjects {
            by_subject.execute((kind, subject, day, s.calls, s.charge))?;
        }
        Ok(())
    }
}

/// The two tables that belong to somebody: by owner, day and model, and by day and owner.
fn store_owned(
    conn: &Connection,
    rows: HashMap<(Bits, i64, String), Sums>,
    [by_owner, by_day]: [&str; 2],
    owner_column: &str,
) -> rusqlite::Result<()> {
    let mut owned = conn.prepare_cached(&upsert(by_owner, &format!("{owner_column}, day, model"), "?1, ?2, ?3"))?;
    let mut daily = conn.prepare_cached(&upsert(by_day, &format!("day, {owner_column}"), "?1, ?2"))?;
    for ((owner, day, model), s) in rows {
        owned.execute((owner, day, &model, s.calls, s.input, s.cache_read, s.output, s.charge))?;
        daily.execute((day, owner, s.calls, s.input, s.cache_read, s.output, s.charge))?;
    }
    Ok(())
}

fn upsert(table: &str, key_columns: &str, key_marks: &str) -> String {
    format!(
        "INSERT INTO {table} ({key_columns}, calls, input, cache_read, output, charge_nano)
         VALUES ({key_marks}, ?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET calls = calls + excluded.calls, input = input + excluded.input,
           cache_read = cache_read + excluded.cache_read, output = output + excluded.output,
           charge_nano = charge_nano + excluded.charge_nano"
    )
}
