//! What was achieved. It is no projection, but read the same way: by whoever asks, without waiting for writers.

use std::collections::HashSet;

use purser_core::id::{OutcomeId, PersonId, RunId};
use purser_core::time::Instant;
use rusqlite::{OptionalExtension, params};

use super::{PAGE_MAX, Reader};
use crate::error::StoreError;
use crate::ids::Bits;
use crate::private::{OUTCOME_COLUMNS as COLUMNS, OutcomeRow, outcome};

/// What of an outcome is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutcomeCount {
    /// Whose.
    pub person: PersonId,
    /// When it was achieved.
    pub at: Instant,
    /// Its kind, by the number of its word.
    pub kind: i64,
    /// How many.
    pub count: u32,
    /// What they are worth together, zero where that is not known.
    pub value: i64,
    /// In which run.
    pub run: Option<RunId>,
    /// Was it taken back?
    pub back: bool,
}

/// Whose outcomes.
#[derive(Clone, Copy, Debug)]
pub enum OutcomesOf<'a> {
    /// Everybody's.
    Company,
    /// Those of these people, read through in order of time: for most of the company.
    Most(&'a HashSet<PersonId>),
    /// Those of these people, read of each by itself: for a few of the company.
    Few(&'a HashSet<PersonId>),
}

impl Reader {
    /// Calls `each` with what is counted of every outcome, and gives the words of kinds by their numbers.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn each_outcome(&self, each: &mut dyn FnMut(OutcomeCount)) -> Result<Vec<(i64, String)>, StoreError> {
        self.ask("read outcomes", |conn| {
            let mut all = conn.prepare_cached(
                "SELECT person, at, kind, count, coalesce(value, 0), run, back IS NOT NULL FROM outcome_private",
            )?;
            let mut rows = all.query([])?;
            while let Some(row) = rows.next()? {
                each(OutcomeCount {
                    person: PersonId::new(row.get::<_, Bits>(0)?.get()),
                    at: Instant::from_micros(row.get(1)?),
                    kind: row.get(2)?,
                    count: row.get(3)?,
                    value: row.get(4)?,
                    run: row.get::<_, Option<Bits>>(5)?.map(|bits| RunId::new(bits.get())),
                    back: row.get(6)?,
                });
            }
            let mut words = conn.prepare_cached("SELECT id, word FROM outcome_word_private")?;
            words.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        })
    }

    /// Which of some outcomes are known, and which of others are known to be taken back.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn known_outcomes(
        &self,
        outcomes: &[OutcomeId],
        taken_back: &[OutcomeId],
    ) -> Result<(Vec<bool>, Vec<bool>), StoreError> {
        self.ask("read outcomes", |conn| {
            let known = |sql: &str, ids: &[OutcomeId]| {
                let mut is_there = conn.prepare_cached(sql)?;
                ids.iter().map(|id| is_there.exists((Bits::new(id.get()),))).collect::<rusqlite::Result<Vec<bool>>>()
            };
            Ok((
                known("SELECT 1 FROM outcome_private WHERE outcome = ?1", outcomes)?,
                known("SELECT 1 FROM outcome_back_private WHERE outcome = ?1", taken_back)?,
            ))
        })
    }

    /// Of each id the outcome, where there is one: for many at once.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn outcomes_of_ids(&self, ids: &[OutcomeId]) -> Result<Vec<Option<OutcomeRow>>, StoreError> {
        self.ask("read outcomes", |conn| {
            let mut one = conn.prepare_cached(&format!("SELECT {COLUMNS} WHERE o.outcome = ?1"))?;
            ids.iter().map(|id| one.query_row((Bits::new(id.get()),), outcome).optional()).collect()
        })
    }

    /// How many entries a source has told of somebody since an instant, whatever each counts.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn outcomes_told_since(&self, person: PersonId, source: &str, since: Instant) -> Result<usize, StoreError> {
        self.ask("read outcomes", |conn| {
            let sql =
                "SELECT count(*) FROM outcome_private o JOIN outcome_word_private sources ON sources.id = o.source
                 WHERE o.person = ?1 AND o.at > ?2 AND sources.word = ?3";
            conn.prepare_cached(sql)?
                .query_row((Bits::new(person.get()), since.as_micros(), source), |row| row.get::<_, i64>(0))
                .map(|count| usize::try_from(count).unwrap_or(0))
        })
    }

    /// One outcome; `None` where there is none, or it was erased.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn outcome(&self, id: OutcomeId) -> Result<Option<OutcomeRow>, StoreError> {
        self.ask("read an outcome", |conn| {
            conn.prepare_cached(&format!("SELECT {COLUMNS} WHERE o.outcome = ?1"))?
                .query_row((Bits::new(id.get()),), outcome)
                .optional()
        })
    }

    /// Outcomes, the latest first: those behind `after`, and so many at most.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn outcomes(
        &self,
        of: OutcomesOf<'_>,
        after: Option<&OutcomeRow>,
        limit: usize,
    ) -> Result<Vec<OutcomeRow>, StoreError> {
        let limit = limit.min(usize::try_from(PAGE_MAX).unwrap_or(usize::MAX).saturating_add(1));
        let most = i64::try_from(limit).unwrap_or(i64::MAX);
        let (at, id) = after.map_or((i64::MAX, u128::MAX), |after| (after.at.as_micros(), after.outcome.get()));
        self.ask("read outcomes", |conn| {
            let mut found = Vec::new();
            if let OutcomesOf::Few(people) = of {
                let sql = format!(
                    "SELECT {COLUMNS} WHERE o.person = ?3 AND (o.at, o.outcome) < (?1, ?2)
                     ORDER BY o.at DESC, o.outcome DESC LIMIT ?4"
                );
                let mut some = conn.prepare_cached(&sql)?;
                for person in people {
                    let rows = some.query_map(params![at, Bits::new(id), Bits::new(person.get()), most], outcome)?;
                    found.extend(rows.collect::<rusqlite::Result<Vec<_>>>()?);
                }
                found.sort_unstable_by_key(|row| std::cmp::Reverse((row.at, row.outcome)));
                found.truncate(limit);
                return Ok(found);
            }
            let sql = format!("SELECT {COLUMNS} WHERE (o.at, o.outcome) < (?1, ?2) ORDER BY o.at DESC, o.outcome DESC");
            let mut all = conn.prepare_cached(&sql)?;
            let mut rows = all.query(params![at, Bits::new(id)])?;
            while found.len() < limit
                && let Some(row) = rows.next()?
            {
                let person = PersonId::new(row.get::<_, Bits>(1)?.get());
                let covered = if let OutcomesOf::Most(people) = of { people.contains(&person) } else { true };
                if covered {
                    found.push(outcome(row)?);
                }
            }
            Ok(found)
        })
    }
}
