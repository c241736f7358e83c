//! Runs: who called in which, from when to when, and what each used by day.

use std::collections::BTreeMap;

use purser_core::time::Instant;
use rusqlite::{Connection, OptionalExtension, Row};

use super::attributed::{Attributed, store_attributed};
use super::called::Caller;
use super::numbers::NumberMap;
use super::packed::{Charge, damaged};
use super::sums::{ByModel, Sums, day_of};
use crate::ids::Bits;

/// What a charge says about its run; the texts are where they were read. Of a correction only which run it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RunOf<'a> {
    pub(crate) run: Bits,
    pub(crate) parent: Option<Bits>,
    pub(crate) client: &'a str,
    pub(crate) version: Option<&'a str>,
    pub(crate) project: Option<&'a str>,
    pub(crate) human: bool,
    pub(crate) retried: bool,
}

impl RunOf<'_> {
    /// Nothing but its name.
    pub(crate) const fn named(run: Bits) -> Self {
        Self { run, parent: None, client: "", version: None, project: None, human: false, retried: false }
    }
}

/// A row of table `run`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RunRow {
    pub(crate) caller: Caller,
    pub(crate) parent: Option<Bits>,
    pub(crate) client: String,
    pub(crate) version: Option<String>,
    pub(crate) project: Option<String>,
    pub(crate) began: Instant,
    pub(crate) last: Instant,
}

/// The columns of [`RunRow::read`].
pub(crate) const RUN_COLUMNS: &str = "person, key, unit, parent, client, version, project, began, last";

impl RunRow {
    /// Of one charge.
    pub(crate) fn of(charge: &Charge<'_>, run: &RunOf<'_>) -> Self {
        Self {
            caller: charge.called.caller.unwrap_or(Caller::FIRST),
            parent: run.parent,
            client: run.client.to_owned(),
            version: run.version.map(str::to_owned),
            project: run.project.map(str::to_owned),
            began: charge.at,
            last: charge.at,
        }
    }

    /// Does a call of it say what no call before has said? Hardly any does.
    fn lacks(&self, said: &RunOf<'_>) -> bool {
        self.client.is_empty() && !said.client.is_empty()
            || self.parent.is_none() && said.parent.is_some()
            || self.version.is_none() && said.version.is_some()
            || self.project.is_none() && said.project.is_some()
    }

    /// What was said first stays; what was not said yet is taken in.
    pub(crate) fn add(&mut self, later: &Self) {
        self.parent = self.parent.or(later.parent);
        if self.client.is_empty() {
            self.client.clone_from(&later.client);
        }
        self.version = self.version.take().or_else(|| later.version.clone());
        self.project = self.project.take().or_else(|| later.project.clone());
        self.began = self.began.min(later.began);
        self.last = self.last.max(later.last);
    }

    /// From [`RUN_COLUMNS`], the first of which is the one given.
    pub(crate) fn read(row: &Row<'_>, first: usize) -> rusqlite::Result<Self> {
        let at = |column: usize| first.saturating_add(column);
        Ok(Self {
            caller: Caller { person: row.get(at(0))?, key: row.get(at(1))?, unit: row.get(at(2))? },
            parent: row.get(at(3))?,
            client: row.get(at(4))?,
            version: row.get(at(5))?,
            project: row.get(at(6))?,
            began: Instant::from_micros(row.get(at(7))?),
            last: Instant::from_micros(row.get(at(8))?),
        })
    }
}

/// What a run used on a day: a row of `usage_by_run`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RunDay {
    pub(crate) models: ByModel,
    /// Calls that a human being asked for.
    pub(crate) human: i64,
    /// Calls that the client made again.
    pub(crate) retried: i64,
}

impl RunDay {
    /// `None` when a sum leaves the range, or the column is damaged.
    pub(crate) fn add(&mut self, models: &[u8], human: i64, retried: i64) -> Option<()> {
        self.human = self.human.checked_add(human)?;
        self.retried = self.retried.checked_add(retried)?;
        self.models.add_packed(models)
    }
}

/// The runs of a section.
#[derive(Debug, Default)]
pub(super) struct RunNotes {
    numbers: NumberMap<Bits, u32>,
    rows: Vec<(Bits, RunRow)>,
    usage: NumberMap<(i64, u32, u32), Sums>,
    /// Calls by human beings, and calls made again: few.
    counts: NumberMap<(i64, u32), (i64, i64)>,
}

impl RunNotes {
    /// Takes a charge in, whose model has that number. `None` when a sum leaves the range.
    pub(super) fn add(&mut self, charge: &Charge<'_>, model: u32, sums: &Sums) -> Option<()> {
        let Some(run) = &charge.called.run else { return Some(()) };
        let number = match self.numbers.get(&run.run) {
            Some(number) => *number,
            None => self.begin(charge, run)?,
        };
        if let Some((_, row)) = self.rows.get_mut(usize::try_from(number).ok()?) {
            row.began = row.began.min(charge.at);
            row.last = row.last.max(charge.at);
            if row.lacks(run) {
                row.add(&RunRow::of(charge, run));
            }
        }
        let day = day_of(charge.at);
        self.usage.entry((day, number, model)).or_default().add(sums)?;
        if run.human || run.retried {
            let (human, retried) = self.counts.entry((day, number)).or_default();
            *human = human.checked_add(i64::from(run.human))?;
            *retried = retried.checked_add(i64::from(run.retried))?;
        }
        Some(())
    }

    fn begin(&mut self, charge: &Charge<'_>, run: &RunOf<'_>) -> Option<u32> {
        let number = u32::try_from(self.rows.len()).ok()?;
        self.numbers.insert(run.run, number);
        self.rows.push((run.run, RunRow::of(charge, run)));
        Some(number)
    }

    /// The runs, in order.
    pub(super) fn rows(&self) -> BTreeMap<Bits, RunRow> {
        self.rows.iter().cloned().collect()
    }

    /// What each used by day; models by the names of their numbers. `None` when a sum leaves the range.
    pub(super) fn days(&self, models: &NumberMap<u32, &str>) -> Option<BTreeMap<(i64, Bits), RunDay>> {
        let mut days = BTreeMap::<(i64, Bits), RunDay>::new();
        let name = |number: u32| self.rows.get(usize::try_from(number).ok()?).map(|(run, _)| *run);
        for ((day, run, model), sums) in &self.usage {
            let row = days.entry((*day, name(*run)?)).or_default();
            row.models.add(models.get(model).copied().unwrap_or_default(), sums)?;
        }
        for ((day, run), (human, retried)) in &self.counts {
            let row = days.entry((*day, name(*run)?)).or_default();
            (row.human, row.retried) = (*human, *retried);
        }
        Some(days)
    }
}

/// The stored row of a run.
pub(crate) fn stored_run(conn: &Connection, run: Bits) -> rusqlite::Result<Option<RunRow>> {
    conn.prepare_cached(&format!("SELECT {RUN_COLUMNS} FROM run WHERE run = ?1"))?
        .query_row((run,), |row| RunRow::read(row, 0))
        .optional()
}

/// What a run is stored to have used on a day.
pub(crate) fn stored_run_day(conn: &Connection, day: i64, run: Bits) -> rusqlite::Result<Option<RunDay>> {
    let stored: Option<(Vec<u8>, i64, i64)> = conn
        .prepare_cached("SELECT models, human, retried FROM usage_by_run WHERE run = ?1 AND day = ?2")?
        .query_row((run, day), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let read = |(models, human, retried): (Vec<u8>, i64, i64)| {
        let mut day = RunDay::default();
        day.add(&models, human, retried).map(|()| day).ok_or_else(damaged)
    };
    stored.map(read).transpose()
}

/// Writes a section's runs.
pub(super) fn store_runs(
    conn: &Connection,
    rows: BTreeMap<Bits, RunRow>,
    days: BTreeMap<(i64, Bits), RunDay>,
) -> rusqlite::Result<()> {
    let mut replace = conn.prepare_cached(
        "INSERT OR REPLACE INTO run (run, person, key, unit, parent, client, version, project, began, last)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?;
    let (mut now, mut attributed) = (BTreeMap::new(), Attributed::default());
    for (run, later) in rows {
        let row = match stored_run(conn, run)? {
            Some(stored) => {
                let mut row = stored.clone();
                row.add(&later);
                attributed.renamed(conn, run, &stored, &row)?;
                row
            }
            None => later,
        };
        let Caller { person, key, unit } = row.caller;
        let (began, last) = (row.began.as_micros(), row.last.as_micros());
        replace.execute((run, person, key, unit, row.parent, &row.client, &row.version, &row.project, began, last))?;
        now.insert(run, row);
    }
    store_attributed(conn, attributed, &now, &days)?;
    let mut replace = conn.prepare_cached(
        "INSERT OR REPLACE INTO usage_by_run (run, day, models, human, retried) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for ((day, run), mut used) in days {
        if let Some(stored) = stored_run_day(conn, day, run)? {
            used.add(&stored.models.packed(), stored.human, stored.retried).ok_or_else(damaged)?;
        }
        replace.execute((run, day, used.models.packed(), used.human, used.retried))?;
    }
    Ok(())
}
