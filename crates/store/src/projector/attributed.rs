//! What was spent with each tool and for each project: what runs used, by what they say of themselves. A question about
//! years goes through a row per day and name, not through every run.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension};

use super::packed::damaged;
use super::runs::{RunDay, RunRow};
use super::sums::ByModel;
use crate::ids::Bits;

/// What money is spent with or for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attribution {
    /// The program that called.
    Tool,
    /// The project that was named.
    Project,
}

impl Attribution {
    pub(crate) const ALL: [Self; 2] = [Self::Tool, Self::Project];

    /// The column `kind`.
    pub(crate) const fn kind(self) -> i64 {
        match self {
            Self::Tool => 1,
            Self::Project => 2,
        }
    }

    /// What a run names; nothing where it names none.
    pub(crate) fn of(self, run: &RunRow) -> &str {
        match self {
            Self::Tool => &run.client,
            Self::Project => run.project.as_deref().unwrap_or_default(),
        }
    }
}

/// What a section adds, and what it moves from one name to another.
#[derive(Debug, Default)]
pub(crate) struct Attributed(BTreeMap<(Attribution, i64, String), ByModel>);

impl Attributed {
    /// Takes in what a run used on a day. `None` when a sum leaves the range.
    pub(crate) fn add(&mut self, run: &RunRow, day: i64, used: &ByModel) -> Option<()> {
        Attribution::ALL.into_iter().try_for_each(|to| self.at(to, run, day).add_packed(&used.packed()))
    }

    /// A run named something that it had not named before: what it used until then belongs there too.
    pub(super) fn renamed(&mut self, conn: &Connection, run: Bits, from: &RunRow, to: &RunRow) -> rusqlite::Result<()> {
        for attribution in Attribution::ALL.into_iter().filter(|attribution| attribution.of(from) != attribution.of(to))
        {
            each_day(conn, run, &mut |day, models| {
                self.at(attribution, from, day).take_packed(models)?;
                self.at(attribution, to, day).add_packed(models)
            })?;
        }
        Ok(())
    }

    fn at(&mut self, attribution: Attribution, run: &RunRow, day: i64) -> &mut ByModel {
        self.0.entry((attribution, day, attribution.of(run).to_owned())).or_default()
    }

    /// Adds all of it to the table. What adds up to nothing has no row.
    pub(super) fn store(self, conn: &Connection) -> rusqlite::Result<()> {
        const ROW: &str = "kind = ?1 AND day = ?2 AND name = ?3";
        let mut select = conn.prepare_cached(&format!("SELECT models FROM usage_by_attribution WHERE {ROW}"))?;
        let mut delete = conn.prepare_cached(&format!("DELETE FROM usage_by_attribution WHERE {ROW}"))?;
        let mut replace = conn.prepare_cached(
            "INSERT OR REPLACE INTO usage_by_attribution (kind, day, name, models) VALUES (?1, ?2, ?3, ?4)",
        )?;
        for ((attribution, day, name), mut sums) in self.0 {
            let row = (attribution.kind(), day, &name);
            let stored: Option<Vec<u8>> = select.query_row(row, |row| row.get(0)).optional()?;
            stored.map_or(Some(()), |stored| sums.add_packed(&stored)).ok_or_else(damaged)?;
            sums.drop_nothing();
            if sums.is_empty() {
                delete.execute(row)?;
            } else {
                replace.execute((row.0, row.1, row.2, sums.packed()))?;
            }
        }
        Ok(())
    }

    /// The rows that the table has when this is all there is.
    pub(crate) fn rows(self) -> impl Iterator<Item = ((Attribution, i64, String), ByModel)> {
        self.0.into_iter().filter_map(|(row, mut sums)| {
            sums.drop_nothing();
            (!sums.is_empty()).then_some((row, sums))
        })
    }
}

/// Goes through what a run used in closed sections, by day.
pub(crate) fn each_day(
    conn: &Connection,
    run: Bits,
    each: &mut dyn FnMut(i64, &[u8]) -> Option<()>,
) -> rusqlite::Result<()> {
    let mut select = conn.prepare_cached("SELECT day, models FROM usage_by_run WHERE run = ?1")?;
    let mut rows = select.query((run,))?;
    while let Some(row) = rows.next()? {
        each(row.get(0)?, row.get_ref(1)?.as_blob()?).ok_or_else(damaged)?;
    }
    Ok(())
}

/// Writes what a section's runs used, under the names that its runs have now.
pub(super) fn store_attributed(
    conn: &Connection,
    mut all: Attributed,
    runs: &BTreeMap<Bits, RunRow>,
    days: &BTreeMap<(i64, Bits), RunDay>,
) -> rusqlite::Result<()> {
    for ((day, run), used) in days {
        let row = runs.get(run).ok_or_else(damaged)?;
        all.add(row, *day, &used.models).ok_or_else(damaged)?;
    }
    all.store(conn)
}
