//! What was achieved: told by agents, scripts and other systems, and erased with whoever achieved it.

use purser_core::id::{KeyId, OutcomeId, PersonId, RunId};
use purser_core::money::Nano;
use purser_core::time::Instant;
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior};

use super::{Private, empty_log};
use crate::error::StoreError;
use crate::ids::Bits;

/// One thing that was achieved, or several alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutcomeRow {
    /// Its id. Told of twice, it has the same one.
    pub outcome: OutcomeId,
    /// Whose.
    pub person: PersonId,
    /// When it was achieved.
    pub at: Instant,
    /// When it was told of.
    pub told: Instant,
    /// What kind of thing.
    pub kind: String,
    /// How many.
    pub count: u32,
    /// What they are worth together, where that is known.
    pub value: Option<Nano>,
    /// Who or what told of it.
    pub source: String,
    /// The key whose agent told of it.
    pub key: Option<KeyId>,
    /// In which run.
    pub run: Option<RunId>,
    /// Where it can be looked at.
    pub link: Option<String>,
    /// When it was taken back: a change that was reverted, a ticket that was opened again.
    pub back: Option<Instant>,
}

/// What became of outcomes that were put in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutcomesPut {
    /// By place: was it new? What was known stays as it is.
    pub new: Vec<bool>,
    /// Those that are taken back by this: known before, and new ones that were taken back before they were told of.
    pub back: Vec<OutcomeId>,
}

/// The columns of an [`OutcomeRow`], in its order.
pub(crate) const COLUMNS: &str =
    "o.outcome, o.person, o.at, o.told, kinds.word, o.count, o.value, sources.word, o.key, o.run, o.link, o.back
     FROM outcome_private o JOIN outcome_word_private kinds ON kinds.id = o.kind
     JOIN outcome_word_private sources ON sources.id = o.source";

pub(crate) fn outcome(row: &Row<'_>) -> rusqlite::Result<OutcomeRow> {
    let bits = |place| row.get::<_, Option<Bits>>(place).map(|bits| bits.map(Bits::get));
    Ok(OutcomeRow {
        outcome: OutcomeId::new(row.get::<_, Bits>(0)?.get()),
        person: PersonId::new(row.get::<_, Bits>(1)?.get()),
        at: Instant::from_micros(row.get(2)?),
        told: Instant::from_micros(row.get(3)?),
        kind: row.get(4)?,
        count: row.get(5)?,
        value: row.get::<_, Option<i64>>(6)?.map(Nano::new),
        source: row.get(7)?,
        key: bits(8)?.map(KeyId::new),
        run: bits(9)?.map(RunId::new),
        link: row.get(10)?,
        back: row.get::<_, Option<i64>>(11)?.map(Instant::from_micros),
    })
}

fn word(conn: &Connection, word: &str) -> rusqlite::Result<i64> {
    conn.prepare_cached("INSERT INTO outcome_word_private (word) VALUES (?1) ON CONFLICT (word) DO NOTHING")?
        .execute((word,))?;
    conn.prepare_cached("SELECT id FROM outcome_word_private WHERE word = ?1")?.query_row((word,), |row| row.get(0))
}

fn put(conn: &Connection, row: &OutcomeRow) -> rusqlite::Result<(bool, bool)> {
    let (kind, source) = (word(conn, &row.kind)?, word(conn, &row.source)?);
    let outcome = Bits::new(row.outcome.get());
    let back = conn
        .prepare_cached("SELECT at FROM outcome_back_private WHERE outcome = ?1")?
        .query_row((outcome,), |row| row.get::<_, i64>(0))
        .optional()?;
    let back = row.back.map(Instant::as_micros).or(back);
    let new = conn
        .prepare_cached(
            "INSERT INTO outcome_private (outcome, person, at, told, kind, count, value, source, key, run, link, back)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) ON CONFLICT (outcome) DO NOTHING",
        )?
        .execute((
            outcome,
            Bits::new(row.person.get()),
            row.at.as_micros(),
            row.told.as_micros(),
            kind,
            row.count,
            row.value.map(Nano::get),
            source,
            row.key.map(|key| Bits::new(key.get())),
            row.run.map(|run| Bits::new(run.get())),
            &row.link,
            back,
        ))?;
    Ok((new > 0, new > 0 && back.is_some()))
}

fn take_back(conn: &Connection, outcome: OutcomeId, at: Instant) -> rusqlite::Result<bool> {
    let (outcome, at) = (Bits::new(outcome.get()), at.as_micros());
    conn.prepare_cached(
        "INSERT INTO outcome_back_private (outcome, at) VALUES (?1, ?2) ON CONFLICT (outcome) DO NOTHING",
    )?
    .execute((outcome, at))?;
    let changed = conn
        .prepare_cached("UPDATE outcome_private SET back = ?2 WHERE outcome = ?1 AND back IS NULL")?
        .execute((outcome, at))?;
    Ok(changed > 0)
}

impl Private {
    /// Puts outcomes in, and takes others back; all of it or nothing. What is known already stays as it is. Something may be
    /// taken back before it is told of.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`]: nothing was written.
    pub fn put_outcomes(
        &self,
        rows: &[OutcomeRow],
        taken_back: &[(OutcomeId, Instant)],
    ) -> Result<OutcomesPut, StoreError> {
        let put = |conn: &mut Connection| {
            let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let mut done = OutcomesPut::default();
            for row in rows {
                let (new, back) = put(&tx, row)?;
                done.new.push(new);
                done.back.extend(back.then_some(row.outcome));
            }
            for (outcome, at) in taken_back {
                done.back.extend(take_back(&tx, *outcome, *at)?.then_some(*outcome));
            }
            tx.commit().map(|()| done)
        };
        put(&mut self.conn()).map_err(StoreError::sqlite("write outcomes"))
    }

    /// Puts in those that older versions of Purser had in the journal, from the one after as many as were put in before.
    /// Those that were erased since do not come back.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`]: nothing was written.
    pub fn move_outcomes(&self, rows: &[OutcomeRow]) -> Result<(), StoreError> {
        let moved = |conn: &mut Connection| {
            let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let known: i64 = tx.query_row("SELECT moved FROM outcome_moved_private", [], |row| row.get(0))?;
            for row in rows.iter().skip(usize::try_from(known).unwrap_or(0)) {
                put(&tx, row)?;
            }
            let now = i64::try_from(rows.len()).unwrap_or(i64::MAX).max(known);
            tx.execute("UPDATE outcome_moved_private SET moved = ?1", (now,))?;
            tx.commit()
        };
        moved(&mut self.conn()).map_err(StoreError::sqlite("write outcomes"))
    }

    /// Forgets one outcome. Returns whether there was one.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`]: it may still be there.
    pub fn erase_outcome(&self, outcome: OutcomeId) -> Result<bool, StoreError> {
        let conn = self.conn();
        let gone = conn
            .execute("DELETE FROM outcome_private WHERE outcome = ?1", (Bits::new(outcome.get()),))
            .map_err(StoreError::sqlite("erase an outcome"))?;
        empty_log(&conn)?;
        Ok(gone > 0)
    }

    /// Forgets everything that somebody achieved. Returns how many outcomes there were.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`]: they may still be there.
    pub fn erase_outcomes_of(&self, person: PersonId) -> Result<usize, StoreError> {
        let conn = self.conn();
        let gone = conn
            .execute("DELETE FROM outcome_private WHERE person = ?1", (Bits::new(person.get()),))
            .map_err(StoreError::sqlite("erase outcomes"))?;
        empty_log(&conn)?;
        Ok(gone)
    }
}
