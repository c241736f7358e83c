//! What runs used by day and what grants paid at the ends of their periods: all of it, or what may be flagged.

use std::collections::{BTreeMap, BTreeSet};

use purser_core::id::{GrantId, KeyId, PersonId, RunId};
use purser_core::money::Nano;
use purser_ledger::AccountNo;
use rusqlite::{Connection, OptionalExtension, ToSql};

use super::runs::is_of;
use super::usage::{Day, Days, instants};
use super::view::{ALWAYS, View};
use super::{Reader, overflow};
use crate::error::StoreError;
use crate::ids::Bits;
use crate::projector::flaggable::{
    Flaggable, LongPeriod, Parents, USED_COLUMNS, UsedOnDay, below, first_unseen, long_periods, looked_through,
};
use crate::projector::{Caller, CallsOf, NumberMap, Sums, day_of};

/// Days after a period's last ones on which it may still be asked about: the last ones are a week at most.
const LAST_DAYS: i64 = 7;

/// What a run used on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunOnDay {
    /// Which.
    pub run: RunId,
    /// Whose.
    pub person: PersonId,
    /// The key of its first call.
    pub key: KeyId,
    /// The run that started it.
    pub parent: Option<RunId>,
    /// The run at the top of those that it belongs to: itself where none started it.
    pub top: RunId,
    /// The day.
    pub day: Day,
    /// Calls, those taken back subtracted.
    pub calls: i64,
    /// Those that a human being asked for.
    pub human: i64,
    /// The hours (UTC) in which there were any, a bit each.
    pub hours: u32,
    /// Prompt tokens.
    pub input: i64,
    /// The prompt tokens of each call, squared, added up; held at the end of the range.
    pub squares: i64,
    /// Answer tokens.
    pub output: i64,
    /// What it cost.
    pub charge: Nano,
}

/// What may be flagged of what runs used. Of every run (or key) whose day is in it, all that belongs to that day is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlaggableRuns {
    /// For a run with those below it.
    pub runs: Vec<RunOnDay>,
    /// For the key of their first calls.
    pub keys: Vec<RunOnDay>,
}

impl Reader {
    /// What each run used on each of some days, by day and run.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn runs_by_day(&self, person: Option<PersonId>, days: &Days) -> Result<Vec<RunOnDay>, StoreError> {
        self.ask("read what runs used by day", |conn| {
            let mut open = Open::of(&View::of(conn)?, person, days)?;
            open.whole(conn, person, days)
        })
    }

    /// What of it may be flagged: days that are over were looked at, and of those only what was found is read; of the
    /// latest, everything.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn flaggable_runs(&self, days: &Days) -> Result<FlaggableRuns, StoreError> {
        self.ask("read what runs used and may be flagged", |conn| {
            let unseen = Day(first_unseen(looked_through(conn)?));
            let seen = days.start..days.end.min(unseen);
            let mut open = Open::of(&View::of(conn)?, None, days)?;
            let again = open.again(conn)?;
            let mut found = FlaggableRuns::default();
            for (flaggable, rows) in [(Flaggable::Run, &mut found.runs), (Flaggable::Key, &mut found.keys)] {
                let mut select = conn.prepare_cached(&format!(
                    "SELECT u.day, {USED_COLUMNS} FROM flaggable_run AS f
                     JOIN usage_by_run AS u ON u.run = f.run AND u.day = f.day JOIN run AS r ON r.run = f.run
                     WHERE f.day >= ?1 AND f.day < ?2 AND f.kind = ?3"
                ))?;
                let mut stored = select.query((seen.start.0, seen.end.0, flaggable.kind()))?;
                while let Some(row) = stored.next()? {
                    let used = UsedOnDay::read(row, 1)?;
                    if !again.contains(&used.person) {
                        rows.push(open.shown(conn, row.get(0)?, used)?);
                    }
                }
            }
            // Of them it is known only now which runs belong together.
            for person in again {
                let whole = open.whole(conn, Some(PersonId::new(person.get())), &seen)?;
                found.runs.extend(&whole);
                found.keys.extend(&whole);
            }
            let latest = open.whole(conn, None, &(days.start.max(unseen)..days.end))?;
            found.runs.extend(&latest);
            found.keys.extend(&latest);
            Ok(found)
        })
    }

    /// The runs at the top of those that these belong to; itself where none started it.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn tops_of(&self, runs: &BTreeSet<RunId>) -> Result<BTreeMap<RunId, RunId>, StoreError> {
        self.ask("read which runs belong together", |conn| {
            if runs.is_empty() {
                return Ok(BTreeMap::new());
            }
            let mut open = Open::of(&View::of(conn)?, None, &(Day(0)..Day(0)))?;
            let tops = runs.iter().map(|run| Ok((*run, RunId::new(open.top(conn, Bits::new(run.get()))?.get()))));
            tops.collect()
        })
    }

    /// Grants of which a period's last days, some of which are among those asked about, may have burnt what would have
    /// expired.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn flaggable_grants(&self, days: &Days) -> Result<BTreeSet<GrantId>, StoreError> {
        self.ask("read what grants paid and may be flagged", |conn| {
            let looked = looked_through(conn)?.unwrap_or(i64::MIN);
            let last = days.end.0.saturating_add(LAST_DAYS);
            let grant = |bits: Bits| GrantId::new(bits.get());
            let mut found: BTreeSet<GrantId> = conn
                .prepare_cached(
                    "SELECT a.subject FROM flaggable_period AS f JOIN account AS a ON a.no = f.account
                     WHERE f.day >= ?1 AND f.day < ?2",
                )?
                .query_map((days.start.0, last), |row| row.get(0).map(grant))?
                .collect::<rusqlite::Result<_>>()?;
            let mut going = Vec::new();
            for period in long_periods(conn, looked.max(days.start.0), last)? {
                if period.last_from < days.end.0 {
                    let accounts = period.accounts(conn)?;
                    let paid = period.paid(conn, &accounts, i64::MAX)?;
                    going.push((period, accounts, paid));
                }
            }
            add_open(&View::of(conn)?, &mut going)?;
            found.extend(
                going.iter().filter(|(period, _, paid)| period.is_flaggable(paid)).map(|(p, ..)| grant(p.grant)),
            );
            Ok(found)
        })
    }
}

/// Adds what accounts paid in the open section.
fn add_open(view: &View<'_>, going: &mut [(LongPeriod, Vec<AccountNo>, Vec<Nano>)]) -> rusqlite::Result<()> {
    if going.is_empty() {
        return Ok(());
    }
    let mut places = NumberMap::<AccountNo, Vec<usize>>::default();
    for (place, (_, accounts, _)) in going.iter().enumerate() {
        for no in accounts {
            places.entry(*no).or_default().push(place);
        }
    }
    view.each_open(&ALWAYS, &mut |charge| {
        for leg in &charge.legs {
            for place in places.get(&leg.no).into_iter().flatten() {
                if let Some((period, _, paid)) = going.get_mut(*place) {
                    period.add(paid, day_of(charge.at), leg.amount);
                }
            }
        }
        Ok(())
    })
}

/// What the open section says of runs.
#[derive(Debug, Default)]
struct Open {
    runs: BTreeMap<Bits, OpenRun>,
    used: BTreeMap<(i64, Bits), (Sums, CallsOf)>,
    parents: Parents,
}

/// A run that the open section names.
#[derive(Clone, Copy, Debug)]
struct OpenRun {
    caller: Caller,
    /// Who started it.
    parent: Option<Bits>,
    /// Do closed sections know the run?
    is_stored: bool,
    /// Does only the open one know who started it?
    is_news: bool,
}

impl Open {
    fn of(view: &View<'_>, person: Option<PersonId>, days: &Days) -> rusqlite::Result<Self> {
        let (mut open, asked) = (Self::default(), instants(days));
        view.each_open(&ALWAYS, &mut |charge| {
            let Some(run) = charge.called.run else { return Ok(()) };
            if person.is_some_and(|person| !is_of(charge, person)) {
                return Ok(());
            }
            let caller = charge.called.caller.unwrap_or(Caller::FIRST);
            let known =
                open.runs.entry(run.run).or_insert(OpenRun { caller, parent: None, is_stored: false, is_news: false });
            known.parent = known.parent.or(run.parent);
            let Some(sums) = Sums::of(charge).filter(|_| asked.contains(&charge.at)) else { return Ok(()) };
            let (all, calls) = open.used.entry((day_of(charge.at), run.run)).or_default();
            all.add(&sums).ok_or_else(overflow)?;
            calls.add(CallsOf::of(charge, &run, &sums)).ok_or_else(overflow)
        })?;
        let mut stored = view.conn.prepare_cached("SELECT person, key, unit, parent FROM run WHERE run = ?1")?;
        for (run, known) in &mut open.runs {
            let mut rows = stored.query((run,))?;
            if let Some(row) = rows.next()? {
                known.caller = Caller { person: row.get(0)?, key: row.get(1)?, unit: row.get(2)? };
                let parent: Option<Bits> = row.get(3)?;
                known.is_stored = true;
                known.is_news = parent.is_none() && known.parent.is_some();
                known.parent = parent.or(known.parent);
            }
            open.parents.know(*run, known.parent);
        }
        Ok(open)
    }

    /// Whose runs belong together as no closed section knows.
    fn again(&self, conn: &Connection) -> rusqlite::Result<BTreeSet<Bits>> {
        let mut found = BTreeSet::new();
        let mut has_children = conn.prepare_cached("SELECT 1 FROM run WHERE parent = ?1")?;
        for (run, OpenRun { is_stored, is_news, .. }) in self.runs.iter().filter(|(_, run)| run.parent.is_some()) {
            if *is_news || !is_stored && has_children.exists((run,))? {
                found.insert(*run);
            }
        }
        let mut people = BTreeSet::new();
        let mut whose = conn.prepare_cached("SELECT person FROM run WHERE run = ?1")?;
        for run in below(conn, &found)? {
            people.extend(whose.query_row((run,), |row| row.get::<_, Bits>(0)).optional()?);
        }
        Ok(people)
    }

    /// Everything that was used on days, both sides put together.
    fn whole(&mut self, conn: &Connection, person: Option<PersonId>, days: &Days) -> rusqlite::Result<Vec<RunOnDay>> {
        if days.start >= days.end {
            return Ok(Vec::new());
        }
        let whose = person.map(|person| Bits::new(person.get()));
        let began = days.start.start().as_micros();
        let (from, params): (_, Vec<&dyn ToSql>) = match &whose {
            // Whatever was used on a day was used by a run that was not over before it.
            None => (
                "run AS r INDEXED BY run_by_last CROSS JOIN usage_by_run AS u ON u.run = r.run WHERE r.last >= ?3 AND",
                vec![&days.start.0, &days.end.0, &began],
            ),
            Some(whose) => (
                "run AS r JOIN usage_by_run AS u ON u.run = r.run WHERE r.person = ?3 AND r.last >= ?4 AND",
                vec![&days.start.0, &days.end.0, whose, &began],
            ),
        };
        let sql = format!("SELECT u.day, {USED_COLUMNS} FROM {from} u.day >= ?1 AND u.day < ?2");
        let mut select = conn.prepare_cached(&sql)?;
        let mut rows = select.query(&params[..])?;
        let (mut found, mut joined) = (Vec::new(), BTreeSet::new());
        while let Some(row) = rows.next()? {
            let (day, mut used) = (row.get(0)?, UsedOnDay::read(row, 1)?);
            if let Some((sums, calls)) = self.used.get(&(day, used.run)) {
                used.sums.add(sums).ok_or_else(overflow)?;
                used.calls.add(*calls).ok_or_else(overflow)?;
                joined.insert((day, used.run));
            }
            found.push(self.shown(conn, day, used)?);
        }
        let only_open: Vec<_> = self
            .used
            .range((days.start.0, Bits::new(0))..(days.end.0, Bits::new(0)))
            .map(|(key, used)| (*key, *used))
            .collect();
        for ((day, run), (sums, calls)) in only_open {
            let Some(OpenRun { caller: Caller { person, key, .. }, parent, .. }) = self.runs.get(&run).copied() else {
                continue;
            };
            if !joined.contains(&(day, run)) && whose.is_none_or(|whose| whose == person) {
                found.push(self.shown(conn, day, UsedOnDay { run, person, key, parent, sums, calls })?);
            }
        }
        found.sort_unstable_by_key(|used| (used.day, used.run));
        Ok(found)
    }

    fn shown(&mut self, conn: &Connection, day: i64, used: UsedOnDay) -> rusqlite::Result<RunOnDay> {
        let parent = match self.runs.get(&used.run) {
            Some(open) => open.parent,
            None => used.parent,
        };
        let top = if parent.is_some() { self.top(conn, used.run)? } else { used.run };
        Ok(RunOnDay {
            run: RunId::new(used.run.get()),
            person: PersonId::new(used.person.get()),
            key: KeyId::new(used.key.get()),
            parent: parent.map(|parent| RunId::new(parent.get())),
            top: RunId::new(top.get()),
            day: Day(day),
            calls: used.sums.calls,
            human: used.calls.human,
            hours: used.calls.hours,
            input: used.sums.input,
            squares: used.calls.squares,
            output: used.sums.output,
            charge: Nano::new(used.sums.charge),
        })
    }

    fn top(&mut self, conn: &Connection, run: Bits) -> rusqlite::Result<Bits> {
        self.parents.top(conn, run)
    }
}
