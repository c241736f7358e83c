//! Reasons in the audit trail, among the other texts: by when they were given.

use purser_core::id::NoteId;
use purser_core::time::Instant;
use rusqlite::{Connection, TransactionBehavior};

use super::Private;
use crate::error::StoreError;
use crate::ids::Bits;

impl Private {
    /// Writes a reason, before the entry that refers to it.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`]: nothing was written.
    pub fn put_reason(&self, note: NoteId, at: Instant, text: &str) -> Result<(), StoreError> {
        self.conn()
            .prepare_cached(
                "INSERT INTO note_private (note, text, kind, at) VALUES (?1, ?2, 1, ?3)
                 ON CONFLICT (note) DO UPDATE SET text = excluded.text, kind = excluded.kind, at = excluded.at",
            )
            .and_then(|mut put| put.execute((Bits::new(note.get()), text, at.as_micros())))
            .map(drop)
            .map_err(StoreError::sqlite("write a reason"))
    }

    /// Are there texts of which it was never said whether they are reasons? Versions before this one wrote such.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn has_undated_texts(&self) -> Result<bool, StoreError> {
        self.conn()
            .query_row("SELECT EXISTS (SELECT 1 FROM note_private WHERE kind = 0)", [], |row| row.get(0))
            .map_err(StoreError::sqlite("look for reasons without a date"))
    }

    /// Says of some of those texts that they are reasons, and when they were given, all or none.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`]: nothing was written.
    pub fn date_reasons(&self, reasons: &[(NoteId, Instant)]) -> Result<(), StoreError> {
        let date = |conn: &mut Connection| {
            let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
            {
                let mut date =
                    tx.prepare_cached("UPDATE note_private SET kind = 1, at = ?2 WHERE note = ?1 AND kind = 0")?;
                for (note, at) in reasons {
                    date.execute((Bits::new(note.get()), at.as_micros()))?;
                }
            }
            tx.commit()
        };
        date(&mut self.conn()).map_err(StoreError::sqlite("say when reasons were given"))
    }

    /// Says of the rest of those texts that they are no reasons.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`]: nothing was written.
    pub fn date_no_others(&self) -> Result<(), StoreError> {
        self.conn()
            .execute("UPDATE note_private SET kind = 2 WHERE kind = 0", [])
            .map(drop)
            .map_err(StoreError::sqlite("say which texts are no reasons"))
    }
}
