//! What grants paid over months, all of them at once.

use std::collections::HashMap;
use std::ops::Range;

use purser_core::id::GrantId;
use purser_core::money::Nano;
use purser_core::time::Instant;
use purser_ledger::AccountNo;
use rusqlite::{Connection, OptionalExtension};

use super::usage::{Day, Days};
use super::view::{ALWAYS, View};
use super::{Reader, overflow};
use crate::error::StoreError;
use crate::ids::Bits;
use crate::projector::{NumberMap, day_of, month_of};

/// What grants paid, by when the periods began.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GrantsSpent {
    /// In periods that began in the months (of UTC).
    pub months: HashMap<GrantId, Nano>,
    /// In each period that began in one of the times that were asked about besides: whose, when it began, how much.
    pub periods: Vec<(GrantId, Instant, Nano)>,
}

impl Reader {
    /// What grants paid in periods that began in some months, and one by one in those that began in some other times,
    /// of the grants that are wanted. Costs a row per grant and month.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn grants_spent(
        &self,
        months: &Days,
        times: &[Range<Instant>],
        wanted: &dyn Fn(GrantId) -> bool,
    ) -> Result<GrantsSpent, StoreError> {
        self.ask("read what grants paid", |conn| {
            let open = open(conn)?;
            let mut spent = GrantsSpent::default();
            let mut sums = NumberMap::<Bits, i64>::default();
            let mut add = |grant: Bits, nano: i64| {
                let sum = sums.entry(grant).or_default();
                *sum = sum.checked_add(nano)?;
                Some(())
            };
            let mut select =
                conn.prepare_cached("SELECT grant_id, nano FROM spent_by_month WHERE month >= ?1 AND month < ?2")?;
            let mut rows = select.query((months.start.0, months.end.0))?;
            while let Some(row) = rows.next()? {
                add(row.get(0)?, row.get(1)?).ok_or_else(overflow)?;
            }
            let mut whose =
                conn.prepare_cached("SELECT subject, start FROM account WHERE no = ?1 AND subject_kind = 1")?;
            // In order, so that neighbours are read together.
            let mut paying: Vec<_> = open.iter().collect();
            paying.sort_unstable();
            for (no, nano) in paying {
                let found: Option<(Bits, i64)> =
                    whose.query_row((no.0,), |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
                let Some((grant, start)) = found else { continue };
                if months.contains(&Day(month_of(day_of(Instant::from_micros(start))))) {
                    add(grant, *nano).ok_or_else(overflow)?;
                }
            }
            // Whether a grant is wanted is asked once, not for each of its months.
            let sums = sums.into_iter().map(|(grant, nano)| (GrantId::new(grant.get()), Nano::new(nano)));
            spent.months = sums.filter(|(grant, _)| wanted(*grant)).collect();
            // Left to itself, SQLite goes through every account that a grant ever had: the index by subject has all three
            // columns, and looks better to it.
            let mut began = conn.prepare_cached(
                "SELECT no, subject, start FROM account INDEXED BY account_by_start
                 WHERE subject_kind = 1 AND start >= ?1 AND start < ?2",
            )?;
            let mut closed =
                conn.prepare_cached("SELECT coalesce(sum(nano), 0) FROM spent_by_day WHERE account = ?1")?;
            for time in times {
                let mut rows = began.query((time.start.as_micros(), time.end.as_micros()))?;
                while let Some(row) = rows.next()? {
                    let (no, grant) = (AccountNo(row.get(0)?), GrantId::new(row.get::<_, Bits>(1)?.get()));
                    if wanted(grant) {
                        let nano: i64 = closed.query_row((no.0,), |sum| sum.get(0))?;
                        let nano = nano.checked_add(open.get(&no).copied().unwrap_or(0)).ok_or_else(overflow)?;
                        spent.periods.push((grant, Instant::from_micros(row.get(2)?), Nano::new(nano)));
                    }
                }
            }
            Ok(spent)
        })
    }
}

/// What the open section's charges took from each account that paid.
fn open(conn: &Connection) -> rusqlite::Result<NumberMap<AccountNo, i64>> {
    let mut spent = NumberMap::default();
    View::of(conn)?.each_open(&ALWAYS, &mut |charge| {
        for leg in &charge.legs {
            let sum: &mut i64 = spent.entry(leg.no).or_default();
            *sum = sum.checked_add(leg.amount.get()).ok_or_else(overflow)?;
        }
        Ok(())
    })?;
    Ok(spent)
}
