//! Days of everybody as few rows: whole months, and at both ends days that are added, or taken out of a month again,
//! whichever are fewer.

use std::ops::Range;

use rusqlite::{Connection, OptionalExtension};

use super::usage::{Day, Days};
use crate::projector::{Caller, Sums, all_models, damaged, month_of, next_month};

/// Rows of everybody's sums.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    of: Rows,
    days: Range<i64>,
    /// Are they taken out?
    out: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rows {
    /// Those of days.
    Days,
    /// Those of the months that begin on those days.
    Months,
}

/// What those days are made of. Nothing was charged before the first day or after the last that is in a closed section, so
/// a range that goes beyond ends at a month.
pub(super) fn pieces(conn: &Connection, days: &Days) -> rusqlite::Result<Vec<Piece>> {
    let day = |sql: &str| conn.prepare_cached(sql)?.query_row([], |row| row.get::<_, i64>(0)).optional();
    let first = day("SELECT day FROM usage_by_day ORDER BY day LIMIT 1")?;
    let last = day("SELECT day FROM usage_by_day ORDER BY day DESC LIMIT 1")?;
    let (Some(first), Some(last)) = (first, last) else { return Ok(Vec::new()) };
    let Range { start: Day(start), end: Day(end) } = *days;
    let start = if start <= first { month_of(first) } else { start };
    let end = if end > last { next_month(last) } else { end };
    Ok(made_of(start, end))
}

fn made_of(start: i64, end: i64) -> Vec<Piece> {
    let piece = |of, days: Range<i64>, out| Piece { of, days, out };
    let whole = if start == month_of(start) { start } else { next_month(start) };
    let until = month_of(end);
    let all = if whole > until {
        vec![piece(Rows::Days, start..end, false)]
    } else {
        let (begins, ends) = (month_of(start), next_month(end));
        let mut all = vec![piece(Rows::Months, whole..until, false)];
        if whole - start <= start - begins {
            all.push(piece(Rows::Days, start..whole, false));
        } else if start != whole {
            all.extend([piece(Rows::Months, begins..whole, false), piece(Rows::Days, begins..start, true)]);
        }
        if end - until <= ends - end {
            all.push(piece(Rows::Days, until..end, false));
        } else {
            all.extend([piece(Rows::Months, until..ends, false), piece(Rows::Days, end..ends, true)]);
        }
        all
    };
    all.into_iter().filter(|piece| piece.days.start < piece.days.end).collect()
}

impl Piece {
    /// Goes through its sums, with their signs turned where they are taken out.
    pub(super) fn each(
        &self,
        conn: &Connection,
        each: &mut dyn FnMut(Caller, &Sums) -> rusqlite::Result<()>,
    ) -> rusqlite::Result<()> {
        let mut select = conn.prepare_cached(match self.of {
            Rows::Days => "SELECT person, key, unit, models FROM usage_by_key WHERE day >= ?1 AND day < ?2",
            Rows::Months => "SELECT person, key, unit, models FROM usage_by_month WHERE month >= ?1 AND month < ?2",
        })?;
        let mut rows = select.query((self.days.start, self.days.end))?;
        while let Some(row) = rows.next()? {
            let caller = Caller { person: row.get(0)?, key: row.get(1)?, unit: row.get(2)? };
            let sum = all_models(row.get_ref(3)?.as_blob()?).ok_or_else(damaged)?;
            let sum = if self.out { sum.opposite().ok_or_else(damaged)? } else { sum };
            each(caller, &sum)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Days from 2025-09-01 to 2026-11-30, each counted as often as the pieces have it.
    fn counted(start: i64, end: i64) -> std::collections::BTreeMap<i64, i64> {
        let mut days = std::collections::BTreeMap::new();
        for piece in made_of(start, end) {
            let range = match piece.of {
                Rows::Days => piece.days.clone(),
                Rows::Months => {
                    assert_eq!(piece.days.start, month_of(piece.days.start));
                    assert_eq!(piece.days.end, month_of(piece.days.end));
                    piece.days.clone()
                }
            };
            for day in range {
                *days.entry(day).or_default() += if piece.out { -1 } else { 1 };
            }
        }
        days.retain(|_, count| *count != 0);
        days
    }

    #[test]
    fn each_day_counts_once_and_no_other() {
        // 2025-09-01.
        const FIRST: i64 = 20_332;
        for start in FIRST..FIRST + 95 {
            for end in start..FIRST + 130 {
                let expected: std::collections::BTreeMap<i64, i64> = (start..end).map(|day| (day, 1)).collect();
                assert_eq!(counted(start, end), expected, "{start}..{end}");
                let days = made_of(start, end).into_iter().filter(|piece| piece.of == Rows::Days);
                let rows: i64 = days.map(|piece| piece.days.end - piece.days.start).sum();
                assert!(rows <= 30, "at most half a month at each end: {rows}");
            }
        }
    }

    #[test]
    fn months_are_those_of_the_calendar() {
        let day = |text: &str| {
            let date: purser_core::time::Instant = format!("{text}T00:00:00Z").parse().unwrap();
            Day::of(date).0
        };
        for (of, month, next) in [
            ("1970-01-01", "1970-01-01", "1970-02-01"),
            ("2024-02-29", "2024-02-01", "2024-03-01"),
            ("2024-12-31", "2024-12-01", "2025-01-01"),
            ("2000-03-01", "2000-03-01", "2000-04-01"),
            ("1999-12-31", "1999-12-01", "2000-01-01"),
            ("2100-02-28", "2100-02-01", "2100-03-01"),
            ("1969-12-31", "1969-12-01", "1970-01-01"),
        ] {
            assert_eq!((month_of(day(of)), next_month(day(of))), (day(month), day(next)), "{of}");
        }
        // One after another, each begins where the one before ends.
        let mut month = day("1900-01-01");
        for _ in 0..4_000 {
            let next = next_month(month);
            assert!((28..=31).contains(&(next - month)) && month_of(next - 1) == month && month_of(next) == next);
            month = next;
        }
        assert_eq!(month, day("2233-05-01"));
    }
}
