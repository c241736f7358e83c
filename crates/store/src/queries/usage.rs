//! Usage by model, day, key and person, from sums kept by the projector: the cost is the rows returned, not the calls
//! behind them.

use std::collections::{BTreeMap, HashSet};
use std::hash::Hash;
use std::ops::Range;

use purser_core::account::Subject;
use purser_core::id::{KeyId, PersonId, UnitId};
use purser_core::money::Nano;
use purser_core::time::Instant;
use purser_ledger::AccountNo;
use rusqlite::{Connection, ToSql};

use super::pieces::pieces;
use super::view::View;
use super::{Reader, overflow};
use crate::error::StoreError;
use crate::ids::Bits;
use crate::projector::{Caller, NumberMap, Sums, day_of, each_model, subject_columns};

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

/// Where people were when they called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InUnit {
    /// In this unit.
    Unit(UnitId),
    /// The settlement did not say; this is who called.
    Unsaid(PersonId),
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

impl Reader {
    /// Usage by model, dearest first.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn usage_by_model(&self, scope: Scope, days: Days) -> Result<Vec<Line<String>>, StoreError> {
        self.usage(scope.into(), &days, |of| Some(of.model.to_owned())).map(dearest_first)
    }

    /// Usage by day, in order; days without any are left out.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn usage_by_day(&self, scope: Scope, days: Days) -> Result<Vec<Line<Day>>, StoreError> {
        self.usage(scope.into(), &days, |of| Some(of.day)).map(in_order)
    }

    /// Usage by day and model, in order of days.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn usage_by_day_and_model(&self, scope: Scope, days: Days) -> Result<Vec<Line<(Day, String)>>, StoreError> {
        self.usage(scope.into(), &days, |of| Some((of.day, of.model.to_owned()))).map(in_order)
    }

    /// Usage by person, dearest first. Whose calls did not say is left out.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn usage_by_person(&self, scope: Scope, days: Days) -> Result<Vec<Line<PersonId>>, StoreError> {
        self.usage_by_caller(scope, &days, |caller| PersonId::new(caller.person.get())).map(dearest_first)
    }

    /// Usage by key, dearest first.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn usage_by_key(&self, scope: Scope, days: Days) -> Result<Vec<Line<KeyId>>, StoreError> {
        self.usage_by_caller(scope, &days, |caller| KeyId::new(caller.key.get())).map(dearest_first)
    }

    /// Usage by the unit that people were in when they called, dearest first.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn usage_by_unit(&self, scope: Scope, days: Days) -> Result<Vec<Line<InUnit>>, StoreError> {
        let unit = |caller: Caller| match caller.unit.get() {
            0 => InUnit::Unsaid(PersonId::new(caller.person.get())),
            unit => InUnit::Unit(UnitId::new(unit)),
        };
        self.usage_by_caller(scope, &days, unit).map(dearest_first)
    }

    /// What was charged to one grant, budget or run, by day. A grant counts what it paid, a budget or run every call
    /// under it in full. Tokens are not kept at this grain.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn charged_by_day(&self, subject: Subject, days: Days) -> Result<Vec<(Day, Nano)>, StoreError> {
        self.ask("read what was charged by day", |conn| {
            let view = View::of(conn)?;
            let mut sums = BTreeMap::<Day, Nano>::new();
            let mut add = |day: Day, amount: Nano| {
                let sum = sums.entry(day).or_default();
                *sum = sum.checked_add(amount).ok_or_else(overflow)?;
                Ok(())
            };
            let own = accounts_of(conn, subject)?;
            let mut closed = conn
                .prepare_cached("SELECT day, nano FROM spent_by_day WHERE account = ?1 AND day >= ?2 AND day < ?3")?;
            for no in &own {
                let mut rows = closed.query((no.0, days.start.0, days.end.0))?;
                while let Some(row) = rows.next()? {
                    add(Day(row.get(0)?), Nano::new(row.get(1)?))?;
                }
            }
            view.each_open(&instants(&days), &mut |charge| {
                let day = Day::of(charge.at);
                let paid = charge.legs.iter().filter(|leg| own.contains(&leg.no)).map(|leg| leg.amount);
                let counted = charge.ceilings.iter().filter(|no| own.contains(no)).map(|_| charge.amount);
                paid.chain(counted).try_for_each(|amount| add(day, amount))
            })?;
            Ok(sums.into_iter().collect())
        })
    }

    /// Sums by what `group` makes of callers. The company's are those of months, and of days at both ends.
    fn usage_by_caller<G: Ord + Hash>(
        &self,
        scope: Scope,
        days: &Days,
        group: impl Fn(Caller) -> G,
    ) -> Result<BTreeMap<G, Sums>, StoreError> {
        if scope != Scope::Company {
            return self.usage(scope.into(), days, |of| of.caller.map(&group));
        }
        self.ask("read usage", |conn| {
            let view = View::of(conn)?;
            let mut lines = NumberMap::<G, Sums>::default();
            let mut add = |caller: Caller, sums: &Sums| lines.entry(group(caller)).or_default().add(sums);
            for piece in pieces(conn, days)? {
                piece.each(conn, &mut |caller, sums| add(caller, sums).ok_or_else(overflow))?;
            }
            view.each_open(&instants(days), &mut |charge| match (charge.called.caller, Sums::of(charge)) {
                (Some(caller), Some(sums)) => add(caller, &sums).ok_or_else(overflow),
                _ => Ok(()),
            })?;
            // Of a month that some days were taken out of, nothing may be left.
            Ok(lines.into_iter().filter(|(_, sums)| *sums != Sums::default()).collect())
        })
    }

    /// Sums of the rows in those days by what `group` makes of them; what it makes nothing of is left out.
    fn usage<G: Ord>(
        &self,
        rows: Rows,
        days: &Days,
        group: impl Fn(Group<'_>) -> Option<G>,
    ) -> Result<BTreeMap<G, Sums>, StoreError> {
        self.ask("read usage", |conn| {
            let view = View::of(conn)?;
            let mut lines = BTreeMap::<G, Sums>::new();
            let mut add = |of: Group<'_>, sums: &Sums| match group(of) {
                None => Some(()),
                Some(group) => lines.entry(group).or_default().add(sums),
            };
            rows.each_closed(conn, days, &mut |day, caller, models| {
                each_model(models, &mut |model, sums| add(Group { day, caller, model }, sums)).ok_or_else(overflow)
            })?;
            view.each_open(&instants(days), &mut |charge| {
                let (caller, model) = (charge.called.caller, charge.called.model);
                let Some(sums) = Sums::of(charge).filter(|_| rows.include(caller)) else { return Ok(()) };
                add(Group { day: Day::of(charge.at), caller, model }, &sums).ok_or_else(overflow)
            })?;
            Ok(lines)
        })
    }
}

/// What a sum is of.
#[derive(Clone, Copy, Debug)]
struct Group<'a> {
    day: Day,
    caller: Option<Caller>,
    model: &'a str,
}

/// Takes a row of sums: its day, whose it is, and the column `models`.
type EachRow<'a> = dyn FnMut(Day, Option<Caller>, &[u8]) -> rusqlite::Result<()> + 'a;

/// Which rows a question is about.
#[derive(Clone, Copy, Debug)]
enum Rows {
    /// The company's, which don't say who called.
    Company,
    Person(Bits),
    Key(Bits),
}

impl From<Scope> for Rows {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::Company => Self::Company,
            Scope::Person(id) => Self::Person(Bits::new(id.get())),
            Scope::Key(id) => Self::Key(Bits::new(id.get())),
        }
    }
}

impl Rows {
    fn include(self, caller: Option<Caller>) -> bool {
        match self {
            Self::Company => true,
            Self::Person(person) => caller.is_some_and(|caller| caller.person == person),
            Self::Key(key) => caller.is_some_and(|caller| caller.key == key),
        }
    }

    /// Goes through the rows of closed sections.
    fn each_closed(self, conn: &Connection, days: &Days, each: &mut EachRow<'_>) -> rusqlite::Result<()> {
        const OF_KEYS: &str = "SELECT day, person, key, unit, models FROM usage_by_key";
        let mut of_keys = |filter: &str, params: &[&dyn ToSql]| {
            let mut select = conn.prepare_cached(&format!("{OF_KEYS} WHERE {filter}"))?;
            let mut rows = select.query(params)?;
            while let Some(row) = rows.next()? {
                let caller = Caller { person: row.get(1)?, key: row.get(2)?, unit: row.get(3)? };
                each(Day(row.get(0)?), Some(caller), row.get_ref(4)?.as_blob()?)?;
            }
            Ok(())
        };
        match self {
            Self::Company => {
                let mut select =
                    conn.prepare_cached("SELECT day, models FROM usage_by_day WHERE day >= ?1 AND day < ?2")?;
                let mut rows = select.query((days.start.0, days.end.0))?;
                while let Some(row) = rows.next()? {
                    each(Day(row.get(0)?), None, row.get_ref(1)?.as_blob()?)?;
                }
                Ok(())
            }
            Self::Person(person) => used_days(conn, days)?
                .into_iter()
                .try_for_each(|day| of_keys("day = ?1 AND person = ?2", &[&day.0, &person])),
            Self::Key(key) => {
                let people = conn
                    .prepare_cached("SELECT person FROM key_of_person WHERE key = ?1")?
                    .query_map((key,), |row| row.get::<_, Bits>(0))?
                    .collect::<rusqlite::Result<Vec<_>>>()?;
                for day in used_days(conn, days)? {
                    for person in &people {
                        of_keys("day = ?1 AND person = ?2 AND key = ?3", &[&day.0, person, &key])?;
                    }
                }
                Ok(())
            }
        }
    }
}

/// Days on which anything was charged, of closed sections.
pub(super) fn used_days(conn: &Connection, days: &Days) -> rusqlite::Result<Vec<Day>> {
    conn.prepare_cached("SELECT day FROM usage_by_day WHERE day >= ?1 AND day < ?2 ORDER BY day")?
        .query_map((days.start.0, days.end.0), |row| row.get(0).map(Day))?
        .collect()
}

fn accounts_of(conn: &Connection, subject: Subject) -> rusqlite::Result<HashSet<AccountNo>> {
    let (kind, subject) = subject_columns(subject);
    conn.prepare_cached("SELECT no FROM account WHERE subject_kind = ?1 AND subject = ?2")?
        .query_map((kind, subject), |row| row.get(0).map(AccountNo))?
        .collect()
}

pub(super) fn instants(days: &Days) -> Range<Instant> {
    days.start.start()..days.end.start()
}

fn in_order<G>(sums: BTreeMap<G, Sums>) -> Vec<Line<G>> {
    sums.into_iter().map(|(of, sums)| line(of, &sums)).collect()
}

/// Equally dear ones stay in order.
pub(super) fn dearest_first<G>(sums: BTreeMap<G, Sums>) -> Vec<Line<G>> {
    let mut lines = in_order(sums);
    lines.sort_by_key(|line| std::cmp::Reverse(line.charge));
    lines
}

fn line<G>(of: G, sums: &Sums) -> Line<G> {
    Line {
        of,
        calls: sums.calls,
        input: sums.input,
        cache_read: sums.cache_read,
        output: sums.output,
        charge: Nano::new(sums.charge),
    }
}
