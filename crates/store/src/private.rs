//! Personal fields: the only place where a person's name stands.
//!
//! The journal and everything derived from it refer to people by id. A personal field is written here, durably,
//! *before* the event that refers to it is journaled, and may be changed or erased at any time: the journal's chain
//! stays valid, figures stay right, and the id no longer leads to anybody. That is why these tables are outside the
//! projection: they can't be derived again, and must be possible to forget.

mod access;
mod looks;
mod offers;
mod outcomes;
mod reasons;
mod retention;
mod statements;

use std::sync::{Mutex, MutexGuard, PoisonError};

use purser_core::id::PersonId;
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior};

use crate::dir::DataDir;
use crate::error::StoreError;
use crate::ids::Bits;
use crate::schema;
use crate::sqlite::{self, Durability};

pub use self::access::{LoginFields, Session};
pub use self::looks::{LookRow, LooksWanted};
pub use self::offers::{OfferLetter, OfferText};
pub(crate) use self::outcomes::{COLUMNS as OUTCOME_COLUMNS, outcome};
pub use self::outcomes::{OutcomeRow, OutcomesPut};

const PUT_PERSON: &str = "INSERT INTO people_private (person, name, email, more) VALUES (?1, ?2, ?3, ?4)
     ON CONFLICT (person) DO UPDATE SET name = excluded.name, email = excluded.email, more = excluded.more";
const ERASE_PERSON: &str = "DELETE FROM people_private WHERE person = ?1";

/// What is known of somebody as a human being.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Personal {
    /// Whose.
    pub person: PersonId,
    /// As they want to be called.
    pub name: String,
    /// Where mail reaches them, and how a sign-in provider knows them.
    pub email: Option<String>,
    /// Anything else that is personal (a candidate's salary, a note), as JSON that `control` writes and reads.
    pub more: Option<String>,
}

/// What kind of thing a label names. Labels are written by people and may name people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Labelled {
    /// A unit's name.
    Unit,
    /// What a key is for.
    Key,
    /// A budget's name.
    Budget,
    /// A grant's or an offer's title.
    Grant,
    /// What a run was about.
    Run,
    /// A pool's name.
    Pool,
}

impl Labelled {
    /// The number in the table; never reused.
    pub(crate) const fn code(self) -> i64 {
        match self {
            Self::Unit => 1,
            Self::Key => 2,
            Self::Budget => 3,
            Self::Grant => 4,
            Self::Run => 5,
            Self::Pool => 6,
        }
    }
}

/// Reads and writes personal fields. Every write is on disk when its method returns.
#[derive(Debug)]
pub struct Private {
    conn: Mutex<Connection>,
}

impl Private {
    /// Opens the personal fields of a folder held exclusively.
    ///
    /// # Errors
    /// [`StoreError`] when the database can't be opened.
    pub fn open(dir: &DataDir) -> Result<Self, StoreError> {
        dir.require_exclusive()?;
        let conn = sqlite::open_write(&dir.database(), Durability::EachCommit, schema::PURSER)?;
        // What is erased is overwritten, not only unlinked.
        conn.pragma_update(None, "secure_delete", true).map_err(StoreError::sqlite("set up a database"))?;
        // What an erasure could not empty, because somebody was reading.
        empty_log(&conn)?;
        Ok(Self { conn: Mutex::new(conn) })
    }

    /// Writes or replaces a person's fields.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`]: nothing was written.
    pub fn put_person(&self, personal: &Personal) -> Result<(), StoreError> {
        self.conn()
            .prepare_cached(PUT_PERSON)
            .and_then(|mut put| {
                put.execute((Bits::new(personal.person.get()), &personal.name, &personal.email, &personal.more))
            })
            .map(drop)
            .map_err(StoreError::sqlite("write a person's fields"))
    }

    /// Writes or replaces many people's fields, all or none.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`]: nothing was written.
    pub fn put_people(&self, people: &[Personal]) -> Result<(), StoreError> {
        let put = |conn: &mut Connection| {
            let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
            {
                let mut put = tx.prepare_cached(PUT_PERSON)?;
                for of in people {
                    put.execute((Bits::new(of.person.get()), &of.name, &of.email, &of.more))?;
                }
            }
            tx.commit()
        };
        put(&mut self.conn()).map_err(StoreError::sqlite("write people's fields"))
    }

    /// Calls `each` with everybody's fields, in order of their ids: for a start, which need not hold all of them twice.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn each_person(&self, each: &mut dyn FnMut(Personal)) -> Result<(), StoreError> {
        let mut read = |conn: &Connection| {
            let mut all = conn.prepare("SELECT person, name, email, more FROM people_private ORDER BY person")?;
            let mut rows = all.query([])?;
            while let Some(row) = rows.next()? {
                each(personal(row)?);
            }
            Ok(())
        };
        read(&self.conn()).map_err(StoreError::sqlite("read people's fields"))
    }

    /// A person's fields; `None` when there are none or they were erased.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn person(&self, person: PersonId) -> Result<Option<Personal>, StoreError> {
        self.conn()
            .prepare_cached("SELECT person, name, email, more FROM people_private WHERE person = ?1")
            .and_then(|mut get| get.query_row((Bits::new(person.get()),), personal).optional())
            .map_err(StoreError::sqlite("read a person's fields"))
    }

    /// Everybody's fields, in order of their ids: read once at start.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn people(&self) -> Result<Vec<Personal>, StoreError> {
        self.conn()
            .prepare_cached("SELECT person, name, email, more FROM people_private ORDER BY person")
            .and_then(|mut all| all.query_map([], personal)?.collect())
            .map_err(StoreError::sqlite("read people's fields"))
    }

    /// Forgets who somebody was. Returns whether there was anything to forget.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`]: the fields may still be there.
    pub fn erase_person(&self, person: PersonId) -> Result<bool, StoreError> {
        let conn = self.conn();
        let gone = conn
            .execute(ERASE_PERSON, (Bits::new(person.get()),))
            .map_err(StoreError::sqlite("erase a person's fields"))?;
        empty_log(&conn)?;
        Ok(gone > 0)
    }

    /// Forgets who many people were, all or none: for names that nobody got in the end.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`]: the fields may still be there.
    pub fn erase_people(&self, people: &[PersonId]) -> Result<(), StoreError> {
        let erase = |conn: &mut Connection| {
            let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
            {
                let mut erase = tx.prepare_cached(ERASE_PERSON)?;
                for person in people {
                    erase.execute((Bits::new(person.get()),))?;
                }
            }
            tx.commit()
        };
        let mut conn = self.conn();
        erase(&mut conn).map_err(StoreError::sqlite("erase people's fields"))?;
        empty_log(&conn)
    }

    /// Writes or replaces a label; an empty one erases.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`]: nothing was written.
    pub fn put_label(&self, of: Labelled, id: u128, label: &str) -> Result<(), StoreError> {
        if label.is_empty() {
            return self.erase_label(of, id).map(drop);
        }
        self.conn()
            .prepare_cached(
                "INSERT INTO label_private (kind, id, label) VALUES (?1, ?2, ?3)
                 ON CONFLICT (kind, id) DO UPDATE SET label = excluded.label",
            )
            .and_then(|mut put| put.execute((of.code(), Bits::new(id), label)))
            .map(drop)
            .map_err(StoreError::sqlite("write a label"))
    }

    /// All labels of a kind, in order of their ids.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn labels(&self, of: Labelled) -> Result<Vec<(u128, String)>, StoreError> {
        self.conn()
            .prepare_cached("SELECT id, label FROM label_private WHERE kind = ?1 ORDER BY id")
            .and_then(|mut all| {
                all.query_map((of.code(),), |row| Ok((row.get::<_, Bits>(0)?.get(), row.get(1)?)))?.collect()
            })
            .map_err(StoreError::sqlite("read labels"))
    }

    /// Forgets a label. Returns whether there was one.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`]: the label may still be there.
    pub fn erase_label(&self, of: Labelled, id: u128) -> Result<bool, StoreError> {
        let conn = self.conn();
        let gone = conn
            .execute("DELETE FROM label_private WHERE kind = ?1 AND id = ?2", (of.code(), Bits::new(id)))
            .map_err(StoreError::sqlite("erase a label"))?;
        empty_log(&conn)?;
        Ok(gone > 0)
    }

    fn conn(&self) -> MutexGuard<'_, Connection> {
        // A panic under the lock leaves the connection in autocommit: usable.
        self.conn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn personal(row: &Row<'_>) -> rusqlite::Result<Personal> {
    Ok(Personal {
        person: PersonId::new(row.get::<_, Bits>(0)?.get()),
        name: row.get(1)?,
        email: row.get(2)?,
        more: row.get(3)?,
    })
}

/// Copies the write-ahead log into the database and empties it, since it still holds the pages from before an
/// erasure. A reader may hold it up; the next erasure or start then does it.
fn empty_log(conn: &Connection) -> Result<(), StoreError> {
    conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .map_err(StoreError::sqlite("empty a database's log"))
}
