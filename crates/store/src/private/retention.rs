//! Erasing what was kept long enough.

use purser_core::time::Instant;
use rusqlite::Params;

use super::{Private, empty_log};
use crate::error::StoreError;
use crate::queries::MINUTE_US;

impl Private {
    /// Forgets the links of what was achieved before an instant. Returns of how many outcomes.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`]: they may still be there.
    pub fn forget_outcome_links(&self, before: Instant) -> Result<usize, StoreError> {
        self.forget(
            "erase links of outcomes",
            "UPDATE outcome_private SET link = NULL WHERE at < ?1 AND link IS NOT NULL",
            (before.as_micros(),),
        )
    }

    /// Forgets calls that were refused in minutes before an instant's. Returns how many rows they were.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`]: they may still be there.
    pub fn forget_denials(&self, before: Instant) -> Result<usize, StoreError> {
        let minute = before.as_micros().div_euclid(MINUTE_US);
        self.forget("erase refused calls", "DELETE FROM denial WHERE minute < ?1", (minute,))
    }

    /// Forgets who looked at whose data on days before this one (`2026-11-24`). Returns how many rows they were.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`]: they may still be there.
    pub fn forget_looks(&self, day: &str) -> Result<usize, StoreError> {
        self.forget("erase who looked", "DELETE FROM look_private WHERE day < ?1", (day,))
    }

    /// Forgets reasons in the audit trail that were given before an instant. Returns how many they were.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`]: they may still be there.
    pub fn forget_reasons(&self, before: Instant) -> Result<usize, StoreError> {
        let sql = "DELETE FROM note_private WHERE kind = 1 AND at < ?1";
        self.forget("erase reasons", sql, (before.as_micros(),))
    }

    fn forget(&self, what: &'static str, sql: &str, params: impl Params) -> Result<usize, StoreError> {
        let conn = self.conn();
        let gone = conn.execute(sql, params).map_err(StoreError::sqlite(what))?;
        if gone > 0 {
            empty_log(&conn)?;
        }
        Ok(gone)
    }
}
