//! Runs: who is in which, what each has used, and what it is used for.

use std::collections::{BTreeMap, BTreeSet};

use purser_core::id::{KeyId, PersonId, RunId, UnitId};
use purser_core::money::Nano;
use purser_core::time::Instant;
use rusqlite::{Connection, OptionalExtension, ToSql};

use super::usage::{Days, Line, dearest_first, instants};
use super::view::{ALWAYS, View};
use super::{Reader, overflow};
use crate::error::StoreError;
use crate::ids::Bits;
pub use crate::projector::Attribution;
use crate::projector::{
    Caller, CallsOf, Charge, DAY_COLUMNS, RUN_COLUMNS, RunDay, RunRow, Sums, all_models, damaged, each_day, each_model,
    stored_run,
};

/// The most runs of one answer.
pub const RUNS_MAX: usize = 10_000;

/// Runs of one tree beyond which no further level is looked for.
pub const TREE_MAX: usize = 1_000;

/// A run, and what it has used over all of its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunLine {
    /// Which.
    pub run: RunId,
    /// Whose.
    pub person: PersonId,
    /// The key of its first call.
    pub key: KeyId,
    /// The unit that the person was in then, where the charge says so.
    pub unit: Option<UnitId>,
    /// The run that started it.
    pub parent: Option<RunId>,
    /// The program, by the name under which Purser knows it.
    pub client: String,
    /// Its version, as it says.
    pub version: Option<String>,
    /// What it was for.
    pub project: Option<String>,
    /// Its first charge.
    pub began: Instant,
    /// Its last charge.
    pub last: Instant,
    /// The last call that a human being asked for.
    pub spoken: Option<Instant>,
    /// Calls that a human being asked for.
    pub human: u64,
    /// Calls that the client made again.
    pub retried: u64,
    /// What it used of each model, dearest first.
    pub models: Vec<Line<String>>,
    /// The part of the charge that is not the provider's own figure.
    pub not_exact: Nano,
}

impl RunLine {
    /// Everything of all models together.
    pub fn total(&self) -> Line<()> {
        let sum = |figure: fn(&Line<String>) -> i64| self.models.iter().map(figure).fold(0, i64::saturating_add);
        Line {
            of: (),
            calls: sum(|line| line.calls),
            input: sum(|line| line.input),
            cache_read: sum(|line| line.cache_read),
            output: sum(|line| line.output),
            charge: self.models.iter().fold(Nano::ZERO, |all, line| all.saturating_add(line.charge)),
        }
    }
}

/// Which runs a question is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunsOf {
    /// Of this person only.
    pub person: Option<PersonId>,
    /// Charged at or after this.
    pub since: Option<Instant>,
}

/// What a run has spent lately.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Burn {
    /// Which.
    pub run: RunId,
    /// Whose.
    pub person: PersonId,
    /// The run that started it.
    pub parent: Option<RunId>,
    /// The program.
    pub client: String,
    /// What it was for.
    pub project: Option<String>,
    /// The model of its last charge.
    pub model: String,
    /// When that was.
    pub last: Instant,
    /// Charges in that time.
    pub calls: u64,
    /// Tokens in that time, in and out.
    pub tokens: u64,
    /// What was charged in that time.
    pub charge: Nano,
}

impl Reader {
    /// Runs, the last active first. `choose` gets the [`RUNS_MAX`] that were active last, before it is known what they
    /// used, and says which are wanted; only those have the cost of being added up. What else it says is handed on.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn runs<T>(
        &self,
        of: &RunsOf,
        choose: impl FnOnce(Vec<RunLine>) -> (Vec<RunLine>, T),
    ) -> Result<(Vec<RunLine>, T), StoreError> {
        self.ask("read runs", |conn| {
            let view = View::of(conn)?;
            let mut runs = Gathered::default();
            runs.take_open(&view, |charge| of.person.is_none_or(|person| is_of(charge, person)))?;
            let since = of.since.map_or(i64::MIN, Instant::as_micros);
            let whose = of.person.map(|person| Bits::new(person.get()));
            let (filter, params): (_, Vec<&dyn ToSql>) = match &whose {
                Some(person) => ("person = ?1 AND last >= ?2", vec![person, &since]),
                None => ("last >= ?1", vec![&since]),
            };
            let sql = format!("SELECT run, {RUN_COLUMNS} FROM run WHERE {filter} ORDER BY last DESC LIMIT {RUNS_MAX}");
            let mut select = conn.prepare_cached(&sql)?;
            let mut rows = select.query(&params[..])?;
            while let Some(row) = rows.next()? {
                runs.take_row(row.get(0)?, RunRow::read(row, 1)?);
            }
            let all = runs.bare_lines(conn, |row| of.since.is_none_or(|since| row.last >= since))?;
            let (mut chosen, told) = choose(all);
            chosen.iter_mut().try_for_each(|line| runs.fill(conn, line))?;
            Ok((chosen, told))
        })
    }

    /// A run with all that it started, and what those started, itself first; none where nothing was ever charged in any.
    /// Levels are looked for until there are [`TREE_MAX`] runs.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn run(&self, run: RunId) -> Result<Vec<RunLine>, StoreError> {
        let bits = Bits::new(run.get());
        self.ask("read a run", |conn| {
            let view = View::of(conn)?;
            let mut runs = Gathered::default();
            // A correction does not say who started its run: the calls do, and those first.
            let mut open = BTreeMap::<Bits, BTreeSet<Bits>>::new();
            view.each_open(&ALWAYS, &mut |charge| {
                if let Some((parent, run)) = charge.called.run.and_then(|of| Some((of.parent?, of.run))) {
                    open.entry(parent).or_default().insert(run);
                }
                Ok(())
            })?;
            let (mut tree, mut level) = (BTreeSet::from([bits]), vec![bits]);
            let mut select = conn.prepare_cached("SELECT run FROM run WHERE parent = ?1")?;
            while !level.is_empty() && tree.len() < TREE_MAX {
                let mut below = Vec::new();
                for run in level {
                    let stored: Vec<Bits> =
                        select.query_map((run,), |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
                    let new = open.remove(&run).unwrap_or_default();
                    below.extend(stored.into_iter().chain(new).filter(|child| tree.insert(*child)));
                }
                level = below;
            }
            runs.take_open(&view, |charge| charge.called.run.is_some_and(|of| tree.contains(&of.run)))?;
            for run in tree {
                if let Some(row) = stored_run(conn, run)? {
                    runs.take_row(run, row);
                }
            }
            let mut lines = runs.bare_lines(conn, |_| true)?;
            lines.iter_mut().try_for_each(|line| runs.fill(conn, line))?;
            lines.sort_by_key(|line| (line.run != run, line.began, line.run));
            Ok(lines)
        })
    }

    /// Whose these runs are. One in which nothing was charged yet belongs to whoever's runs it started; it is left out
    /// where nothing was charged in those either.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn owners_of_runs(&self, runs: &BTreeSet<RunId>) -> Result<BTreeMap<RunId, PersonId>, StoreError> {
        self.ask("read whose runs are", |conn| {
            let view = View::of(conn)?;
            let (mut own, mut through) = (BTreeMap::new(), BTreeMap::new());
            let mut of_run = conn.prepare_cached("SELECT person FROM run WHERE run = ?1")?;
            let mut of_child = conn.prepare_cached("SELECT person FROM run WHERE parent = ?1 LIMIT 1")?;
            for run in runs {
                let bits = Bits::new(run.get());
                if let Some(person) = of_run.query_row((bits,), |row| row.get::<_, Bits>(0)).optional()? {
                    own.insert(*run, PersonId::new(person.get()));
                } else if let Some(person) = of_child.query_row((bits,), |row| row.get::<_, Bits>(0)).optional()? {
                    through.insert(*run, PersonId::new(person.get()));
                }
            }
            if own.len() < runs.len() {
                view.each_open(&ALWAYS, &mut |charge| {
                    let (Some(run), Some(caller)) = (charge.called.run, charge.called.caller) else { return Ok(()) };
                    let person = PersonId::new(caller.person.get());
                    let id = RunId::new(run.run.get());
                    if runs.contains(&id) {
                        own.entry(id).or_insert(person);
                    }
                    if let Some(parent) = run.parent.map(|parent| RunId::new(parent.get()))
                        && runs.contains(&parent)
                    {
                        through.entry(parent).or_insert(person);
                    }
                    Ok(())
                })?;
            }
            through.append(&mut own);
            Ok(through)
        })
    }

    /// What was spent with each tool or for each project, dearest first; `None` where none was named. Of charges that say
    /// which run they belong to.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn usage_by(
        &self,
        attribution: Attribution,
        person: Option<PersonId>,
        days: &Days,
    ) -> Result<Vec<Line<Option<String>>>, StoreError> {
        self.ask("read what was spent on what", |conn| {
            let view = View::of(conn)?;
            let mut sums = BTreeMap::<String, Sums>::new();
            let mut add = |name: &str, more: &Sums| match sums.get_mut(name) {
                Some(sum) => sum.add(more),
                None => sums.entry(name.to_owned()).or_default().add(more),
            };
            match person {
                None => each_name(conn, attribution, days, &mut add)?,
                Some(person) => each_own(conn, attribution, person, days, &mut add)?,
            }
            let mut open = Gathered::default();
            open.take_open(&view, |charge| person.is_none_or(|person| is_of(charge, person)))?;
            // What a run names in the open section goes for all of it, and a correction names nothing.
            let known: Vec<Bits> = open.runs.keys().copied().collect();
            for run in known {
                let (stored, Some(now)) = (stored_run(conn, run)?, open.row(conn, run)?) else { continue };
                let Some(before) = stored.filter(|before| attribution.of(before) != attribution.of(&now)) else {
                    continue;
                };
                each_day(conn, run, &mut |day, models| {
                    if !(days.start.0..days.end.0).contains(&day) {
                        return Some(());
                    }
                    each_model(models, &mut |_, more| {
                        add(attribution.of(&before), &more.opposite()?)?;
                        add(attribution.of(&now), more)
                    })
                })?;
            }
            view.each_open(&instants(days), &mut |charge| {
                let (Some(run), Some(more)) = (charge.called.run, Sums::of(charge)) else { return Ok(()) };
                let Some(row) = open.row(conn, run.run)?.filter(|_| person.is_none_or(|person| is_of(charge, person)))
                else {
                    return Ok(());
                };
                add(attribution.of(&row), &more).ok_or_else(overflow)
            })?;
            sums.retain(|_, sums| *sums != Sums::default());
            let named = sums.into_iter().map(|(name, sums)| (Some(name).filter(|name| !name.is_empty()), sums));
            Ok(dearest_first(named.collect()))
        })
    }

    /// Goes through what people were charged since an instant, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn spent_since(&self, since: Instant, each: &mut dyn FnMut(PersonId, Instant, Nano)) -> Result<(), StoreError> {
        self.ask("read what was spent", |conn| {
            View::of(conn)?.each_since(since, &mut |charge| {
                if let (Some(caller), Some(sums)) = (charge.called.caller, Sums::of(charge)) {
                    each(PersonId::new(caller.person.get()), charge.at, Nano::new(sums.charge));
                }
                Ok(())
            })
        })
    }

    /// What runs were charged since an instant, dearest first. Charges that say no run are left out.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn burning(&self, since: Instant) -> Result<Vec<Burn>, StoreError> {
        self.ask("read what is spent now", |conn| {
            let view = View::of(conn)?;
            let mut burning = BTreeMap::<Bits, Burn>::new();
            view.each_since(since, &mut |charge| {
                let (Some(run), Some(sums)) = (charge.called.run, Sums::of(charge)) else { return Ok(()) };
                let burn = burning.entry(run.run).or_insert_with(|| Burn {
                    run: RunId::new(run.run.get()),
                    person: PersonId::new(charge.called.caller.unwrap_or(Caller::FIRST).person.get()),
                    parent: None,
                    client: String::new(),
                    project: None,
                    model: String::new(),
                    last: charge.at,
                    calls: 0,
                    tokens: 0,
                    charge: Nano::ZERO,
                });
                if !run.client.is_empty() {
                    run.client.clone_into(&mut burn.client);
                }
                burn.parent = burn.parent.or(run.parent.map(|parent| RunId::new(parent.get())));
                burn.project = run.project.map(str::to_owned).or_else(|| burn.project.take());
                charge.called.model.clone_into(&mut burn.model);
                burn.last = charge.at;
                burn.calls = burn.calls.saturating_add_signed(sums.calls);
                burn.tokens = burn.tokens.saturating_add_signed(sums.input.saturating_add(sums.output));
                burn.charge = burn.charge.saturating_add(Nano::new(sums.charge));
                Ok(())
            })?;
            let mut burning: Vec<Burn> = burning.into_values().collect();
            burning.sort_by_key(|burn| (std::cmp::Reverse(burn.charge), burn.run));
            Ok(burning)
        })
    }
}

/// Takes a name and what was spent on it.
type EachName<'a> = dyn FnMut(&str, &Sums) -> Option<()> + 'a;

/// What was spent on what, in closed sections.
fn each_name(
    conn: &Connection,
    attribution: Attribution,
    days: &Days,
    each: &mut EachName<'_>,
) -> rusqlite::Result<()> {
    let mut select = conn
        .prepare_cached("SELECT name, models FROM usage_by_attribution WHERE kind = ?1 AND day >= ?2 AND day < ?3")?;
    let mut rows = select.query((attribution.kind(), days.start.0, days.end.0))?;
    while let Some(row) = rows.next()? {
        let name = row.get_ref(0)?.as_str()?;
        all_models(row.get_ref(1)?.as_blob()?).and_then(|sums| each(name, &sums)).ok_or_else(damaged)?;
    }
    Ok(())
}

/// The same of one person: run by run, of which a person has few.
fn each_own(
    conn: &Connection,
    attribution: Attribution,
    person: PersonId,
    days: &Days,
    each: &mut EachName<'_>,
) -> rusqlite::Result<()> {
    let mut select = conn.prepare_cached(&format!(
        "SELECT u.models, {RUN_COLUMNS} FROM run AS r JOIN usage_by_run AS u ON u.run = r.run
         WHERE r.person = ?1 AND r.last >= ?2 AND u.day >= ?3 AND u.day < ?4"
    ))?;
    let began = days.start.start().as_micros();
    let mut rows = select.query((Bits::new(person.get()), began, days.start.0, days.end.0))?;
    while let Some(row) = rows.next()? {
        let run = RunRow::read(row, 1)?;
        let named = attribution.of(&run);
        all_models(row.get_ref(0)?.as_blob()?).and_then(|sums| each(named, &sums)).ok_or_else(damaged)?;
    }
    Ok(())
}

pub(super) fn is_of(charge: &Charge<'_>, person: PersonId) -> bool {
    charge.called.caller.is_some_and(|caller| caller.person == Bits::new(person.get()))
}

/// Runs from both sides, put together.
#[derive(Default)]
struct Gathered {
    runs: BTreeMap<Bits, (Option<RunRow>, RunDay)>,
    looked_up: BTreeSet<Bits>,
}

/// A run's row in closed sections, with what the open one adds.
fn joined(stored: Option<RunRow>, open: Option<&RunRow>) -> Option<RunRow> {
    match (stored, open) {
        (Some(mut stored), Some(open)) => {
            stored.add(open);
            Some(stored)
        }
        (stored, open) => stored.or_else(|| open.cloned()),
    }
}

impl Gathered {
    /// From charges of the open section.
    fn take_open(&mut self, view: &View<'_>, wanted: impl Fn(&Charge<'_>) -> bool) -> rusqlite::Result<()> {
        view.each_open(&ALWAYS, &mut |charge| {
            let Some(run) = charge.called.run.filter(|_| wanted(charge)) else { return Ok(()) };
            let (row, used) = self.runs.entry(run.run).or_default();
            let own = RunRow::of(charge, &run);
            match row {
                Some(row) => row.add(&own),
                None => *row = Some(own),
            }
            if let Some(sums) = Sums::of(charge) {
                used.models.add(charge.called.model, &sums).ok_or_else(overflow)?;
                used.calls.add(CallsOf::of(charge, &run, &sums)).ok_or_else(overflow)?;
            }
            Ok(())
        })
    }

    /// What is known of a run from both sides.
    fn row(&mut self, conn: &Connection, run: Bits) -> rusqlite::Result<Option<RunRow>> {
        self.look_up(conn, run)?;
        Ok(self.runs.get(&run).and_then(|(row, _)| row.clone()))
    }

    /// Reads what closed sections know of a run, once.
    fn look_up(&mut self, conn: &Connection, run: Bits) -> rusqlite::Result<()> {
        if self.looked_up.insert(run) {
            let stored = stored_run(conn, run)?;
            let (row, _) = self.runs.entry(run).or_default();
            *row = joined(stored, row.as_ref());
        }
        Ok(())
    }

    /// A row of closed sections: what it says first stays.
    fn take_row(&mut self, run: Bits, stored: RunRow) {
        self.looked_up.insert(run);
        let (row, _) = self.runs.entry(run).or_default();
        *row = joined(Some(stored), row.as_ref());
    }

    /// The wanted ones without what they used, the last active first. Their rows are taken out.
    fn bare_lines(&mut self, conn: &Connection, wanted: impl Fn(&RunRow) -> bool) -> rusqlite::Result<Vec<RunLine>> {
        let all: Vec<Bits> = self.runs.keys().copied().collect();
        let mut lines = Vec::new();
        for run in all {
            // One that only the open section knows may have begun in a closed one.
            self.look_up(conn, run)?;
            let row = self.runs.get_mut(&run).and_then(|(row, _)| row.take());
            lines.extend(row.filter(&wanted).map(|row| line(run, row)));
        }
        lines.sort_by_key(|line| (std::cmp::Reverse(line.last), line.run));
        lines.truncate(RUNS_MAX);
        Ok(lines)
    }

    /// Adds up what a run used on both sides.
    fn fill(&self, conn: &Connection, line: &mut RunLine) -> rusqlite::Result<()> {
        let run = Bits::new(line.run.get());
        let mut used = self.runs.get(&run).map(|(_, used)| used.clone()).unwrap_or_default();
        let mut select = conn.prepare_cached(&format!("SELECT {DAY_COLUMNS} FROM usage_by_run WHERE run = ?1"))?;
        let mut days = select.query((run,))?;
        while let Some(day) = days.next()? {
            let day = RunDay::read(day, 0)?;
            used.add(&day.models.packed(), day.calls).ok_or_else(damaged)?;
        }
        let count = |figure: i64| u64::try_from(figure).unwrap_or(0);
        (line.human, line.retried) = (count(used.calls.human), count(used.calls.retried));
        line.not_exact = Nano::new(used.models.total().ok_or_else(overflow)?.not_exact);
        line.models = dearest_first(used.models.into_sums());
        Ok(())
    }
}

/// What is known of a run before it is added up.
fn line(run: Bits, row: RunRow) -> RunLine {
    RunLine {
        run: RunId::new(run.get()),
        person: PersonId::new(row.caller.person.get()),
        key: KeyId::new(row.caller.key.get()),
        unit: Some(UnitId::new(row.caller.unit.get())).filter(|unit| unit.get() != 0),
        parent: row.parent.map(|parent| RunId::new(parent.get())),
        client: row.client,
        version: row.version,
        project: row.project,
        began: row.began,
        last: row.last,
        spoken: row.spoken,
        human: 0,
        retried: 0,
        models: Vec::new(),
        not_exact: Nano::ZERO,
    }
}
