//! Runs: who called in which, from when to when, and what each used by day.

use std::collections::{BTreeMap, BTreeSet};

use purser_core::time::Instant;
use rusqlite::{Connection, OptionalExtension, Row};

use super::attributed::{Attributed, store_attributed};
use super::called::Caller;
use super::numbers::NumberMap;
use super::packed::{Charge, damaged};
use super::sums::{ByModel, Sums, day_of, hour_of};
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
    /// The last call that a human being asked for.
    pub(crate) spoken: Option<Instant>,
}

/// The columns of [`RunRow::read`].
pub(crate) const RUN_COLUMNS: &str = "person, key, unit, parent, client, version, project, began, last, spoken";

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
            spoken: run.human.then_some(charge.at),
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
        self.spoken = self.spoken.max(later.spoken);
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
            spoken: row.get::<_, Option<i64>>(at(9))?.map(Instant::from_micros),
        })
    }
}

/// What a run used on a day: a row of `usage_by_run`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RunDay {
    pub(crate) models: ByModel,
    /// Calls that a human being asked for.
    pub(crate) human: i64,
    /// What its calls were, besides.
    pub(crate) calls: CallsOf,
}

/// What a run's calls of a day were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct CallsOf {
    /// Those that a human being asked for.
    pub(crate) human: i64,
    /// Those that the client made again.
    pub(crate) retried: i64,
    /// The hours (UTC) in which there were any: a bit each, the first hour's the lowest.
    pub(crate) hours: u32,
    /// Prompt tokens of each call, squared, added up: with their sum it tells how unlike each other the calls are. Held at
    /// the end of the range.
    pub(crate) squares: i64,
}

impl CallsOf {
    /// Of one charge.
    pub(crate) fn of(charge: &Charge<'_>, run: &RunOf<'_>, sums: &Sums) -> Self {
        // A correction is no call.
        let (hours, squares) = if sums.calls > 0 {
            (1_u32.checked_shl(hour_of(charge.at)).unwrap_or(0), sums.input.saturating_mul(sums.input))
        } else {
            (0, 0)
        };
        Self { human: i64::from(run.human), retried: i64::from(run.retried), hours, squares }
    }

    /// From the columns of [`DAY_COLUMNS`] after the models, the first of which is the one given.
    pub(crate) fn read(row: &Row<'_>, first: usize) -> rusqlite::Result<Self> {
        let at = |column: usize| first.saturating_add(column);
        Ok(Self { human: row.get(at(0))?, retried: row.get(at(1))?, hours: row.get(at(2))?, squares: row.get(at(3))? })
    }

    /// `None` when a sum leaves the range.
    pub(crate) fn add(&mut self, more: Self) -> Option<()> {
        self.human = self.human.checked_add(more.human)?;
        self.retried = self.retried.checked_add(more.retried)?;
        self.hours |= more.hours;
        self.squares = self.squares.saturating_add(more.squares);
        Some(())
    }
}

/// The columns of [`RunDay::read`].
pub(crate) const DAY_COLUMNS: &str = "models, human, retried, hours, squares";

impl RunDay {
    /// From [`DAY_COLUMNS`], the first of which is the one given.
    pub(crate) fn read(row: &Row<'_>, first: usize) -> rusqlite::Result<Self> {
        let calls = CallsOf::read(row, first.saturating_add(1))?;
        let mut day = Self::default();
        day.add(row.get_ref(first)?.as_blob()?, calls).map(|()| day).ok_or_else(damaged)
    }

    /// `None` when a sum leaves the range, or the column is damaged.
    pub(crate) fn add(&mut self, models: &[u8], calls: CallsOf) -> Option<()> {
        self.calls.add(calls)?;
        self.models.add_packed(models)
    }
}

/// The runs of a section.
#[derive(Debug, Default)]
pub(super) struct RunNotes {
    numbers: NumberMap<Bits, u32>,
    rows: Vec<(Bits, RunRow)>,
    usage: NumberMap<(i64, u32, u32), Sums>,
    calls: NumberMap<(i64, u32), CallsOf>,
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
            if run.human {
                row.spoken = row.spoken.max(Some(charge.at));
            }
            if row.lacks(run) {
                row.add(&RunRow::of(charge, run));
            }
        }
        let day = day_of(charge.at);
        self.usage.entry((day, number, model)).or_default().add(sums)?;
        self.calls.entry((day, number)).or_default().add(CallsOf::of(charge, run, sums))
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
        for ((day, run), calls) in &self.calls {
            days.entry((*day, name(*run)?)).or_default().calls = *calls;
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
    let mut select =
        conn.prepare_cached(&format!("SELECT {DAY_COLUMNS} FROM usage_by_run WHERE run = ?1 AND day = ?2"))?;
    select.query_row((run, day), |row| RunDay::read(row, 0)).optional()
}

/// Writes a section's runs. Those of which it became known only now who started them are told, where days of before may
/// belong to another tree by that.
pub(super) fn store_runs(
    conn: &Connection,
    rows: BTreeMap<Bits, RunRow>,
    days: BTreeMap<(i64, Bits), RunDay>,
) -> rusqlite::Result<BTreeSet<Bits>> {
    let mut replace = conn.prepare_cached(
        "INSERT OR REPLACE INTO run (run, person, key, unit, parent, client, version, project, began, last, spoken)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?;
    let mut has_children = conn.prepare_cached("SELECT 1 FROM run WHERE parent = ?1")?;
    let (mut now, mut attributed, mut found) = (BTreeMap::new(), Attributed::default(), BTreeSet::new());
    for (run, later) in rows {
        let stored = stored_run(conn, run)?;
        if later.parent.is_some()
            && stored.as_ref().is_none_or(|stored| stored.parent.is_none())
            && (stored.is_some() || has_children.exists((run,))?)
        {
            found.insert(run);
        }
        let row = match stored {
            Some(stored) => {
                let mut row = stored.clone();
                row.add(&later);
                attributed.renamed(conn, run, &stored, &row)?;
                row
            }
            None => later,
        };
        let Caller { person, key, unit } = row.caller;
        let (began, last, spoken) = (row.began.as_micros(), row.last.as_micros(), row.spoken.map(Instant::as_micros));
        let RunRow { parent, client, version, project, .. } = &row;
        replace.execute((run, person, key, unit, parent, client, version, project, began, last, spoken))?;
        now.insert(run, row);
    }
    store_attributed(conn, attributed, &now, &days)?;
    let mut replace = conn.prepare_cached(
        "INSERT OR REPLACE INTO usage_by_run (run, day, models, human, retried, hours, squares)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    for ((day, run), mut used) in days {
        if let Some(stored) = stored_run_day(conn, day, run)? {
            used.add(&stored.models.packed(), stored.calls).ok_or_else(damaged)?;
        }
        let CallsOf { human, retried, hours, squares } = used.calls;
        replace.execute((run, day, used.models.packed(), human, retried, hours, squares))?;
    }
    Ok(found)
}
