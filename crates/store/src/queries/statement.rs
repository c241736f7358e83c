//! What a statement is made of: a subject's accounts by period, a person's figures.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use purser_core::account::{Period, Subject};
use purser_core::id::PersonId;
use purser_core::money::Nano;
use purser_core::time::Instant;
use purser_ledger::{AccountNo, Lsn};
use rusqlite::{Connection, OptionalExtension};

use super::usage::{Day, used_days};
use super::view::{ALWAYS, Fetch, View};
use super::{Reader, overflow};
use crate::error::StoreError;
use crate::ids::Bits;
use crate::projector::{Charge, NumberMap, Sums, damaged, each_model, listed, subject_columns};

/// An account as the journal leaves it: one subject's period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountRow {
    /// What the journal calls it.
    pub no: AccountNo,
    /// Its period.
    pub period: Period,
    /// Released to it, or its limit.
    pub limit: Nano,
    /// Posted on it, corrections included, also those that came after it was closed.
    pub spent: Nano,
    /// The record that closed it; `None` while it is open. A posting of a later record is an item of the next period's
    /// statement.
    pub closed: Option<Lsn>,
}

/// A person's charges in a range of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures {
    /// The model asked for.
    pub model: String,
    /// Calls charged, those taken back subtracted.
    pub calls: i64,
    /// Tokens of whole prompts, caches included.
    pub input: i64,
    /// The part of `input` that was read from a cache.
    pub cache_read: i64,
    /// Tokens that came out.
    pub output: i64,
    /// What they cost.
    pub charge: Nano,
    /// The part that their grants did not have.
    pub overrun: Nano,
    /// How much of the charge is not the provider's own figure.
    pub not_exact: Nano,
}

impl Reader {
    /// A subject's accounts whose periods start in a range of time, in order.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn accounts_of(&self, subject: Subject, starts: Range<Instant>) -> Result<Vec<AccountRow>, StoreError> {
        self.ask("read a subject's accounts", |conn| {
            let mut rows = accounts_of(conn, subject, &starts)?;
            add_spent(conn, &mut rows)?;
            Ok(rows)
        })
    }

    /// One account.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn account(&self, no: AccountNo) -> Result<Option<AccountRow>, StoreError> {
        self.ask("read an account", |conn| {
            let mut row = conn
                .prepare_cached("SELECT no, start, until, limit_nano, closed_lsn FROM account WHERE no = ?1")?
                .query_row((no.0,), account)
                .optional()?;
            add_spent(conn, row.as_mut_slice())?;
            Ok(row)
        })
    }

    /// The period of each account that there ever was.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn periods(&self) -> Result<HashMap<AccountNo, Period>, StoreError> {
        self.ask("read the periods of accounts", |conn| {
            conn.prepare_cached("SELECT no, start, until FROM account")?
                .query_map([], |row| {
                    let (start, end) = (Instant::from_micros(row.get(1)?), Instant::from_micros(row.get(2)?));
                    Ok((AccountNo(row.get(0)?), Period { start, end }))
                })?
                .collect()
        })
    }

    /// A person's charges posted in a range of time, by model, dearest first. Exact to the instant, so it fits periods
    /// in any time zone: whole days of UTC are sums, and only the days at both ends cost the person's charges in them.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn figures(&self, person: PersonId, range: Range<Instant>) -> Result<Vec<Figures>, StoreError> {
        self.ask("read a person's figures", |conn| {
            let view = View::of(conn)?;
            let person = Bits::new(person.get());
            let mut models = BTreeMap::<String, Sums>::new();
            let mut add = |model: &str, sums: &Sums| match models.get_mut(model) {
                Some(own) => own.add(sums),
                None => models.entry(model.to_owned()).or_default().add(sums),
            };
            let mut add_charge = |charge: &Charge<'_>| match Sums::of(charge) {
                Some(sums) => add(charge.called.model, &sums).ok_or_else(overflow),
                None => Ok(()),
            };
            let days = whole_days(&range);
            let (first, last) = (days.start.start(), days.end.start());
            let edges =
                if days.start < days.end { [range.start..first, last..range.end] } else { [range.clone(), NEVER] };
            for edge in edges.iter().filter(|edge| !edge.is_empty()) {
                each_closed(&view, person, edge, &mut add_charge)?;
            }
            view.each_open(&range, &mut |charge| {
                let theirs = charge.called.caller.is_some_and(|caller| caller.person == person);
                if theirs { add_charge(charge) } else { Ok(()) }
            })?;
            if days.start < days.end {
                let mut of_day =
                    conn.prepare_cached("SELECT models FROM usage_by_key WHERE day = ?1 AND person = ?2")?;
                for day in used_days(conn, &days)? {
                    let mut rows = of_day.query((day.0, person))?;
                    while let Some(row) = rows.next()? {
                        each_model(row.get_ref(0)?.as_blob()?, &mut add).ok_or_else(overflow)?;
                    }
                }
            }
            let mut figures: Vec<_> = models.into_iter().map(figures_of).collect();
            figures.sort_by_key(|figures| std::cmp::Reverse(figures.charge));
            Ok(figures)
        })
    }
}

/// None of it.
const NEVER: Range<Instant> = Instant::EPOCH..Instant::EPOCH;

/// The days of UTC that lie in a range as a whole.
fn whole_days(range: &Range<Instant>) -> Range<Day> {
    let first = Day::of(range.start);
    let first = if first.start() == range.start { first } else { Day(first.0.saturating_add(1)) };
    first..Day::of(range.end)
}

/// Goes through a person's charges of closed sections in a range of time.
pub(super) fn each_closed(
    view: &View<'_>,
    person: Bits,
    range: &Range<Instant>,
    each: &mut dyn FnMut(&Charge<'_>) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let records = view.records(range)?;
    let mut of_person =
        view.conn.prepare_cached("SELECT lsns FROM charge_by_person WHERE section = ?1 AND person = ?2")?;
    let mut fetch = Fetch::new(view.conn);
    for section in view.sections(&records)? {
        let mut found = of_person.query((section, person))?;
        let Some(row) = found.next()? else { continue };
        let lsns = listed(row.get_ref(0)?.as_blob()?).ok_or_else(damaged)?;
        for lsn in lsns.into_iter().filter(|lsn| records.contains(lsn)) {
            let take = |charge: &Charge<'_>| if range.contains(&charge.at) { each(charge) } else { Ok(()) };
            fetch.charge(lsn, take)?.ok_or_else(damaged)??;
        }
    }
    Ok(())
}

/// Adds what was charged to accounts: their days in closed sections, and the open one.
fn add_spent(conn: &Connection, rows: &mut [AccountRow]) -> rusqlite::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut closed = conn.prepare_cached("SELECT coalesce(sum(nano), 0) FROM spent_by_day WHERE account = ?1")?;
    for row in &mut *rows {
        row.spent = closed.query_row((row.no.0,), |sum| sum.get(0).map(Nano::new))?;
    }
    let places: NumberMap<AccountNo, usize> = rows.iter().enumerate().map(|(place, row)| (row.no, place)).collect();
    View::of(conn)?.each_open(&ALWAYS, &mut |charge| {
        let legs = charge.legs.iter().map(|leg| (leg.no, leg.amount));
        for (no, amount) in legs.chain(charge.ceilings.iter().map(|no| (*no, charge.amount))) {
            if let Some(row) = places.get(&no).and_then(|place| rows.get_mut(*place)) {
                row.spent = row.spent.checked_add(amount).ok_or_else(overflow)?;
            }
        }
        Ok(())
    })
}

fn figures_of((model, sums): (String, Sums)) -> Figures {
    Figures {
        model,
        calls: sums.calls,
        input: sums.input,
        cache_read: sums.cache_read,
        output: sums.output,
        charge: Nano::new(sums.charge),
        overrun: Nano::new(sums.overrun),
        not_exact: Nano::new(sums.not_exact),
    }
}

/// A subject's accounts whose periods start in a range of time, in order: all but what was spent.
pub(super) fn accounts_of(
    conn: &Connection,
    subject: Subject,
    starts: &Range<Instant>,
) -> rusqlite::Result<Vec<AccountRow>> {
    let (kind, id) = subject_columns(subject);
    conn.prepare_cached(
        "SELECT no, start, until, limit_nano, closed_lsn FROM account
         WHERE subject_kind = ?1 AND subject = ?2 AND start >= ?3 AND start < ?4 ORDER BY start",
    )?
    .query_map((kind, id, starts.start.as_micros(), starts.end.as_micros()), account)?
    .collect()
}

/// All but what was spent.
fn account(row: &rusqlite::Row<'_>) -> rusqlite::Result<AccountRow> {
    Ok(AccountRow {
        no: AccountNo(row.get(0)?),
        period: Period { start: Instant::from_micros(row.get(1)?), end: Instant::from_micros(row.get(2)?) },
        limit: Nano::new(row.get(3)?),
        spent: Nano::ZERO,
        closed: row.get::<_, Option<i64>>(4)?.map(|lsn| Lsn(lsn.cast_unsigned())),
    })
}
