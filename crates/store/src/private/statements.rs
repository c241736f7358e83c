//! Statements of closed months, as they were kept: by person and without a name, so that nothing is left to erase when
//! somebody's fields are. Not derived from the journal, because they are what it is held against.

use purser_core::id::PersonId;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use super::Private;
use crate::error::StoreError;
use crate::ids::Bits;

impl Private {
    /// Forgets the statements of a month. For one that is about to be closed: a close that came to nothing may have left
    /// some.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn clear_statements(&self, month: &str) -> Result<(), StoreError> {
        self.conn()
            .execute("DELETE FROM statements_private WHERE month = ?1", (month,))
            .map(drop)
            .map_err(StoreError::sqlite("clear the statements of a month"))
    }

    /// Keeps some statements of a month, all or none.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`]: nothing was written.
    pub fn put_statements(&self, month: &str, statements: &[(PersonId, Vec<u8>)]) -> Result<(), StoreError> {
        let put = |conn: &mut Connection| {
            let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
            {
                let mut put = tx.prepare_cached(
                    "INSERT OR REPLACE INTO statements_private (month, person, bytes) VALUES (?1, ?2, ?3)",
                )?;
                for (person, bytes) in statements {
                    put.execute((month, Bits::new(person.get()), bytes))?;
                }
            }
            tx.commit()
        };
        put(&mut self.conn()).map_err(StoreError::sqlite("keep statements of a month"))
    }

    /// A person's statement of a month; `None` where none was kept.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn statement(&self, month: &str, person: PersonId) -> Result<Option<Vec<u8>>, StoreError> {
        self.conn()
            .prepare_cached("SELECT bytes FROM statements_private WHERE month = ?1 AND person = ?2")
            .and_then(|mut get| get.query_row((month, Bits::new(person.get())), |row| row.get(0)).optional())
            .map_err(StoreError::sqlite("read a statement"))
    }

    /// Some statements of a month after a person's, in order of the people, `limit` at most.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn statements_after(
        &self,
        month: &str,
        after: PersonId,
        limit: usize,
    ) -> Result<Vec<(PersonId, Vec<u8>)>, StoreError> {
        self.conn()
            .prepare_cached(
                "SELECT person, bytes FROM statements_private WHERE month = ?1 AND person > ?2 ORDER BY person LIMIT ?3",
            )
            .and_then(|mut some| {
                let limit = i64::try_from(limit).unwrap_or(i64::MAX);
                some.query_map((month, Bits::new(after.get()), limit), |row| {
                    Ok((PersonId::new(row.get::<_, Bits>(0)?.get()), row.get(1)?))
                })?
                .collect()
            })
            .map_err(StoreError::sqlite("read the statements of a month"))
    }
}
