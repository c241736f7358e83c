//! Who looked at whose data: a row for a day, an actor, a kind of question and a person, with how often.

use purser_core::id::PersonId;
use purser_core::time::Instant;
use rusqlite::{Connection, Row, TransactionBehavior};

use super::Private;
use crate::error::StoreError;
use crate::ids::Bits;

/// Looks of one actor on one day, by the same kind of question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookRow {
    /// Where it stands: newer ones have greater numbers. Of no meaning in a row to be written.
    pub id: i64,
    /// At whom; `None`: a list of too many to name each.
    pub person: Option<PersonId>,
    /// The company's day, as `2026-11-24`.
    pub day: String,
    /// Who, as the trail calls them.
    pub actor: String,
    /// The person that they were.
    pub looker: Option<PersonId>,
    /// Their roles, separated by spaces.
    pub roles: String,
    /// What they asked, in the trail's word.
    pub action: String,
    /// The units whose people were in the list, separated by spaces; empty: everybody, or one person.
    pub units: String,
    /// The first time of that day.
    pub first: Instant,
    /// The last time.
    pub last: Instant,
    /// How often.
    pub count: u64,
}

/// A part of the looks.
#[derive(Clone, Copy, Debug)]
pub struct LooksWanted {
    /// At this person, and lists; `None`: all.
    pub person: Option<PersonId>,
    /// Those before this one.
    pub before: Option<i64>,
    /// At most so many.
    pub limit: u32,
}

const PUT: &str = "INSERT INTO look_private (person, day, actor, looker, roles, action, units, first, last, count)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
     ON CONFLICT (ifnull(person, x''), day, actor, action, units) DO UPDATE SET
         first = min(first, excluded.first), last = max(last, excluded.last), count = count + excluded.count";
/// A person's and those of lists are two ways into the index.
const OF_PERSON: &str =
    "SELECT id, person, day, actor, looker, roles, action, units, first, last, count FROM look_private
     WHERE ifnull(person, x'') IN (?1, x'') AND id < ?2 ORDER BY id DESC LIMIT ?3";
const ALL: &str = "SELECT id, person, day, actor, looker, roles, action, units, first, last, count FROM look_private
     WHERE id < ?1 ORDER BY id DESC LIMIT ?2";

impl Private {
    /// Adds looks to those of their day, all or none. On disk when it returns.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`]: nothing was written.
    pub fn put_looks(&self, looks: &[LookRow]) -> Result<(), StoreError> {
        let put = |conn: &mut Connection| {
            let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
            {
                let mut put = tx.prepare_cached(PUT)?;
                for look in looks {
                    put.execute((
                        look.person.map(|person| Bits::new(person.get())),
                        &look.day,
                        &look.actor,
                        look.looker.map(|person| Bits::new(person.get())),
                        &look.roles,
                        &look.action,
                        &look.units,
                        look.first.as_micros(),
                        look.last.as_micros(),
                        i64::try_from(look.count).unwrap_or(i64::MAX),
                    ))?;
                }
            }
            tx.commit()
        };
        put(&mut self.conn()).map_err(StoreError::sqlite("write who looked"))
    }

    /// Looks, newest first.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn looks(&self, wanted: &LooksWanted) -> Result<Vec<LookRow>, StoreError> {
        let LooksWanted { person, before, limit } = *wanted;
        let before = before.unwrap_or(i64::MAX);
        let read = |conn: &Connection| -> rusqlite::Result<Vec<LookRow>> {
            match person {
                Some(person) => {
                    conn.prepare_cached(OF_PERSON)?.query_map((Bits::new(person.get()), before, limit), look)?.collect()
                }
                None => conn.prepare_cached(ALL)?.query_map((before, limit), look)?.collect(),
            }
        };
        read(&self.conn()).map_err(StoreError::sqlite("read who looked"))
    }
}

fn look(row: &Row<'_>) -> rusqlite::Result<LookRow> {
    let person = |place| row.get::<_, Option<Bits>>(place).map(|bits| bits.map(|bits| PersonId::new(bits.get())));
    Ok(LookRow {
        id: row.get(0)?,
        person: person(1)?,
        day: row.get(2)?,
        actor: row.get(3)?,
        looker: person(4)?,
        roles: row.get(5)?,
        action: row.get(6)?,
        units: row.get(7)?,
        first: Instant::from_micros(row.get(8)?),
        last: Instant::from_micros(row.get(9)?),
        count: u64::try_from(row.get::<_, i64>(10)?).unwrap_or(0),
    })
}
