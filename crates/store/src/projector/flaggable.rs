//! What may be flagged, found once a day is over: a question about flags then goes through what was found, not through what
//! every run used on every day.
//!
//! Instants of charges never run backwards, so what was used on a day stands once a charge of a later one is in a closed
//! section. The rules (`purser_core::flag`) say which days may be flagged; whoever asks judges only those, in full. What a
//! day is found by includes its neighbours, so the day that is looked at is two before that of the last charge.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use purser_core::account::Period;
use purser_core::flag::{IdleDay, PeriodDays, may_be_binge};
use purser_core::money::Nano;
use purser_core::run::DEPTH_MAX;
use purser_core::time::Instant;
use purser_ledger::AccountNo;
use rusqlite::{Connection, OptionalExtension, Row};

use super::accounts::GRANT;
use super::numbers::NumberMap;
use super::packed::damaged;
use super::runs::CallsOf;
use super::sums::{Sums, each_model};
use crate::ids::Bits;

/// Microseconds of a day.
const DAY_US: i64 = 86_400_000_000;
/// Ends of periods are dates of zones: within so many days of UTC's.
const ZONES: i64 = 2;
/// The condition of the index `account_by_end`.
const LONG: &str = "subject_kind = 1 AND until - start >= 2332800000000";

/// For what a day of a run may be flagged: the column `kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Flaggable {
    /// For the run with those below it.
    Run,
    /// For the key of its first call.
    Key,
}

impl Flaggable {
    /// The column.
    pub(crate) const fn kind(self) -> i64 {
        match self {
            Self::Run => 1,
            Self::Key => 2,
        }
    }
}

/// The columns of [`UsedOnDay::read`].
pub(crate) const USED_COLUMNS: &str =
    "u.run, r.person, r.key, r.parent, u.models, u.human, u.retried, u.hours, u.squares";

/// What a run used on a day, all models together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UsedOnDay {
    pub(crate) run: Bits,
    pub(crate) person: Bits,
    pub(crate) key: Bits,
    pub(crate) parent: Option<Bits>,
    pub(crate) sums: Sums,
    pub(crate) calls: CallsOf,
}

impl UsedOnDay {
    /// From [`USED_COLUMNS`], the first of which is the one given.
    pub(crate) fn read(row: &Row<'_>, first: usize) -> rusqlite::Result<Self> {
        let at = |column: usize| first.saturating_add(column);
        let mut sums = Sums::default();
        each_model(row.get_ref(at(4))?.as_blob()?, &mut |_, more| sums.add(more)).ok_or_else(damaged)?;
        Ok(Self {
            run: row.get(at(0))?,
            person: row.get(at(1))?,
            key: row.get(at(2))?,
            parent: row.get(at(3))?,
            sums,
            calls: CallsOf::read(row, at(5))?,
        })
    }

    fn idle(&self, day: i64) -> IdleDay {
        let count = |figure: i64| u64::try_from(figure).unwrap_or(0);
        IdleDay {
            day,
            calls: count(self.sums.calls),
            human: count(self.calls.human),
            hours: self.calls.hours,
            input: count(self.sums.input),
            squares: count(self.calls.squares),
            output: count(self.sums.output),
            cost: Nano::new(self.sums.charge),
            outcome: false,
        }
    }
}

/// Which run started which. A run that nothing was charged in is nobody's child.
#[derive(Debug, Default)]
pub(crate) struct Parents(NumberMap<Bits, Option<Bits>>);

impl Parents {
    /// Says who started a run, as far as whoever asks knows better than the tables.
    pub(crate) fn know(&mut self, run: Bits, parent: Option<Bits>) {
        self.0.insert(run, parent);
    }

    /// The run at the top of those that it belongs to; itself where nobody started it.
    pub(crate) fn top(&mut self, conn: &Connection, run: Bits) -> rusqlite::Result<Bits> {
        let mut top = run;
        for _ in 0..DEPTH_MAX {
            match self.of(conn, top)? {
                Some(parent) => top = parent,
                None => break,
            }
        }
        Ok(top)
    }

    fn of(&mut self, conn: &Connection, run: Bits) -> rusqlite::Result<Option<Bits>> {
        if let Some(known) = self.0.get(&run) {
            return Ok(*known);
        }
        let parent = conn
            .prepare_cached("SELECT parent FROM run WHERE run = ?1")?
            .query_row((run,), |row| row.get(0))
            .optional()?
            .flatten();
        self.0.insert(run, parent);
        Ok(parent)
    }
}

/// Runs of a day that may be flagged, each with for what.
pub(crate) type Found = BTreeSet<(Flaggable, Bits)>;

/// A day of all runs, with the tops of their trees.
type Whole = Rc<Vec<(UsedOnDay, Bits)>>;

/// Days of all runs, of which neighbours are asked for one after the other.
#[derive(Debug, Default)]
pub(crate) struct WholeDays {
    days: BTreeMap<i64, Whole>,
    parents: Parents,
}

impl WholeDays {
    /// What of a day may be flagged, by what was used on it and on the days before and after.
    pub(crate) fn flaggable(&mut self, conn: &Connection, day: i64) -> rusqlite::Result<Found> {
        let (before, after) = (day.saturating_sub(1), day.saturating_add(1));
        self.days.retain(|known, _| (before..=after).contains(known));
        let used = self.day(conn, day)?;
        let [silent_before, silent_after] = [self.day(conn, before)?, self.day(conn, after)?].map(|used| silent(&used));
        let (mut trees, mut keys) = (BTreeMap::new(), BTreeMap::new());
        for (used, top) in used.iter() {
            let one = used.idle(day);
            trees.entry((used.person, *top)).or_insert(IdleDay { day, ..IdleDay::default() }).add(&one);
            keys.entry((used.person, used.key)).or_insert(IdleDay { day, ..IdleDay::default() }).add(&one);
        }
        trees.retain(|tree, day| {
            let is_silent = day.may_be_alone() && (silent_before.contains(tree) || silent_after.contains(tree));
            is_silent || day.may_be_repeated()
        });
        keys.retain(|_, day| day.may_be_around_the_clock());
        let runs = used.iter().filter(|(used, top)| trees.contains_key(&(used.person, *top)));
        let of_keys = used.iter().filter(|(used, _)| keys.contains_key(&(used.person, used.key)));
        Ok(runs
            .map(|(used, _)| (Flaggable::Run, used.run))
            .chain(of_keys.map(|(used, _)| (Flaggable::Key, used.run)))
            .collect())
    }

    fn day(&mut self, conn: &Connection, day: i64) -> rusqlite::Result<Whole> {
        if let Some(known) = self.days.get(&day) {
            return Ok(Rc::clone(known));
        }
        let mut select = conn.prepare_cached(&format!(
            "SELECT {USED_COLUMNS} FROM usage_by_run AS u JOIN run AS r ON r.run = u.run WHERE u.day = ?1"
        ))?;
        let (mut rows, mut all) = (select.query((day,))?, Vec::new());
        while let Some(row) = rows.next()? {
            let used = UsedOnDay::read(row, 0)?;
            self.parents.know(used.run, used.parent);
            all.push((used, self.parents.top(conn, used.run)?));
        }
        let all = Rc::new(all);
        self.days.insert(day, Rc::clone(&all));
        Ok(all)
    }
}

/// The trees in which nobody said anything on a day.
fn silent(used: &[(UsedOnDay, Bits)]) -> BTreeSet<(Bits, Bits)> {
    let mut trees = BTreeMap::<(Bits, Bits), IdleDay>::new();
    for (used, top) in used {
        trees.entry((used.person, *top)).or_default().add(&used.idle(0));
    }
    trees.retain(|_, day| day.may_be_alone());
    trees.into_keys().collect()
}

/// A period of a grant that is long enough to be burnt at its end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LongPeriod {
    pub(crate) account: AccountNo,
    pub(crate) grant: Bits,
    period: Period,
    pub(crate) days: PeriodDays,
    /// The first of its last days.
    pub(crate) last_from: i64,
}

/// Periods whose last day is at or after a day, and before another.
pub(crate) fn long_periods(conn: &Connection, from: i64, to: i64) -> rusqlite::Result<Vec<LongPeriod>> {
    let around = |day: i64, by: i64| day.saturating_add(by).saturating_mul(DAY_US);
    // Left to itself the planner takes the index of subjects, and goes through every day of everybody's grants.
    let mut select = conn.prepare_cached(&format!(
        "SELECT no, subject, start, until FROM account INDEXED BY account_by_end
         WHERE {LONG} AND until >= ?1 AND until < ?2"
    ))?;
    let mut rows = select.query((around(from, -ZONES), around(to, ZONES)))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let period = Period { start: Instant::from_micros(row.get(2)?), end: Instant::from_micros(row.get(3)?) };
        let days = PeriodDays::of(&period);
        let Some(last) = days.last().filter(|last| (from..to).contains(&last.end.saturating_sub(1))) else { continue };
        let (account, grant) = (AccountNo(row.get(0)?), row.get(1)?);
        found.push(LongPeriod { account, grant, period, days, last_from: last.start });
    }
    Ok(found)
}

impl LongPeriod {
    /// The accounts that may have paid on its days: its own, and those of the periods beside it.
    pub(crate) fn accounts(&self, conn: &Connection) -> rusqlite::Result<Vec<AccountNo>> {
        let beside = |at: Instant, days: i64| at.as_micros().saturating_add(days.saturating_mul(DAY_US));
        conn.prepare_cached(
            "SELECT no FROM account WHERE subject_kind = ?1 AND subject = ?2 AND start < ?3 AND until > ?4",
        )?
        .query_map((GRANT, self.grant, beside(self.period.end, ZONES), beside(self.period.start, -ZONES)), |row| {
            row.get(0).map(AccountNo)
        })?
        .collect()
    }

    /// What was paid on its days up to `until`, of closed sections, from the first on.
    pub(crate) fn paid(&self, conn: &Connection, accounts: &[AccountNo], until: i64) -> rusqlite::Result<Vec<Nano>> {
        let until = until.min(self.days.end());
        let length = usize::try_from(until.saturating_sub(self.days.first)).unwrap_or(0);
        let mut paid = vec![Nano::ZERO; length];
        let mut select =
            conn.prepare_cached("SELECT day, nano FROM spent_by_day WHERE account = ?1 AND day >= ?2 AND day < ?3")?;
        for no in accounts {
            let mut rows = select.query((no.0, self.days.first, until))?;
            while let Some(row) = rows.next()? {
                self.add(&mut paid, row.get(0)?, Nano::new(row.get(1)?));
            }
        }
        Ok(paid)
    }

    /// Adds what was paid on one of the days.
    pub(crate) fn add(&self, paid: &mut [Nano], day: i64, more: Nano) {
        let place = usize::try_from(day.saturating_sub(self.days.first)).ok();
        if let Some(sum) = place.and_then(|place| paid.get_mut(place)) {
            *sum = sum.saturating_add(more);
        }
    }

    /// May it be flagged, by what was [`paid`](Self::paid)?
    pub(crate) fn is_flaggable(&self, paid: &[Nano]) -> bool {
        let place = usize::try_from(self.last_from.saturating_sub(self.days.first)).unwrap_or(usize::MAX);
        let Some((earlier, last)) = paid.split_at_checked(place) else { return false };
        may_be_binge(earlier, last, usize::try_from(self.days.length).unwrap_or(0))
    }
}

/// The day of the last charge in closed sections, as far as it was looked; `None` before the first.
pub(crate) fn looked_through(conn: &Connection) -> rusqlite::Result<Option<i64>> {
    conn.prepare_cached("SELECT day FROM looked_through WHERE id = 1")?.query_row((), |row| row.get(0)).optional()
}

/// The first day of runs that was not looked at yet.
pub(crate) const fn first_unseen(looked: Option<i64>) -> i64 {
    match looked {
        Some(day) => day.saturating_sub(1),
        None => i64::MIN,
    }
}

/// Looks at the days and periods that are over now that a section was closed, whose last charge is of day `now`; and
/// again at days of runs of which it became known who started them (`found`).
pub(super) fn look_through(conn: &Connection, now: i64, found: &BTreeSet<Bits>) -> rusqlite::Result<()> {
    let looked = looked_through(conn)?;
    let (seen, unseen) = (first_unseen(looked), first_unseen(Some(now)));
    let mut days = days_again(conn, found, seen)?;
    let mut forget = conn.prepare_cached("DELETE FROM flaggable_run WHERE day = ?1")?;
    days.iter().try_for_each(|day| forget.execute((day,)).map(drop))?;
    if looked != Some(now) {
        days.extend(
            conn.prepare_cached("SELECT DISTINCT day FROM usage_by_run WHERE day >= ?1 AND day < ?2")?
                .query_map((seen, unseen), |row| row.get::<_, i64>(0))?
                .collect::<rusqlite::Result<Vec<_>>>()?,
        );
    }
    let mut insert = conn.prepare_cached("INSERT INTO flaggable_run (day, kind, run) VALUES (?1, ?2, ?3)")?;
    let mut whole = WholeDays::default();
    for day in days {
        for (kind, run) in whole.flaggable(conn, day)? {
            insert.execute((day, kind.kind(), run))?;
        }
    }
    if looked == Some(now) {
        return Ok(());
    }
    let mut insert = conn.prepare_cached("INSERT INTO flaggable_period (day, account) VALUES (?1, ?2)")?;
    for period in long_periods(conn, looked.unwrap_or(i64::MIN), now)? {
        let paid = period.paid(conn, &period.accounts(conn)?, i64::MAX)?;
        if period.is_flaggable(&paid) {
            insert.execute((period.days.end().saturating_sub(1), period.account.0))?;
        }
    }
    conn.prepare_cached("INSERT OR REPLACE INTO looked_through (id, day) VALUES (1, ?1)")?.execute((now,)).map(drop)
}

/// The days before `seen` on which any of these runs or one below it used something, with their neighbours.
fn days_again(conn: &Connection, found: &BTreeSet<Bits>, seen: i64) -> rusqlite::Result<BTreeSet<i64>> {
    let mut days = BTreeSet::new();
    let mut select = conn.prepare_cached("SELECT day FROM usage_by_run WHERE run = ?1 AND day <= ?2")?;
    for run in below(conn, found)? {
        let mut rows = select.query((run, seen))?;
        while let Some(row) = rows.next()? {
            let day: i64 = row.get(0)?;
            days.extend((day.saturating_sub(1)..=day.saturating_add(1)).filter(|day| *day < seen));
        }
    }
    Ok(days)
}

/// These runs and those that they started, and what those started.
pub(crate) fn below(conn: &Connection, runs: &BTreeSet<Bits>) -> rusqlite::Result<BTreeSet<Bits>> {
    let (mut all, mut level) = (runs.clone(), runs.clone());
    let mut select = conn.prepare_cached("SELECT run FROM run WHERE parent = ?1")?;
    for _ in 0..DEPTH_MAX {
        let mut next = BTreeSet::new();
        for run in level {
            let mut rows = select.query((run,))?;
            while let Some(row) = rows.next()? {
                let child = row.get(0)?;
                if all.insert(child) {
                    next.insert(child);
                }
            }
        }
        if next.is_empty() {
            break;
        }
        level = next;
    }
    Ok(all)
}
