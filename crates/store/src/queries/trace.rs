//! From a charge on: whose an account is, and how a hold was placed.

use purser_core::account::{AccountKey, Period};
use purser_core::time::Instant;
use purser_ledger::{AccountNo, HoldId, Lsn};
use rusqlite::OptionalExtension;

use super::Reader;
use crate::dir::{DataDir, Mode};
use crate::error::StoreError;
use crate::ids::Bits;
use crate::journal::{Held, JournalReader, store_error};
use crate::projector::subject_of;

impl Reader {
    /// Whose an account is, and of which period; `None` for one that was never opened.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn account_key(&self, no: AccountNo) -> Result<Option<AccountKey>, StoreError> {
        self.ask("read whose an account is", |conn| {
            let found: Option<(i64, Bits, i64, i64)> = conn
                .prepare_cached("SELECT subject_kind, subject, start, until FROM account WHERE no = ?1")?
                .query_row((no.0,), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
                .optional()?;
            Ok(found.and_then(|(kind, id, start, end)| {
                let period = Period { start: Instant::from_micros(start), end: Instant::from_micros(end) };
                Some(AccountKey { subject: subject_of(kind, id)?, period })
            }))
        })
    }

    /// How a hold was placed that the record `settled` ended. Not in the projection: looked for in the journal, in
    /// some tenths of a second at most; `None` when it lies too far back.
    ///
    /// # Errors
    /// [`StoreError`] when the journal can't be read.
    pub fn held(&self, hold: HoldId, settled: Lsn) -> Result<Option<Held>, StoreError> {
        let dir = DataDir::open(&self.folder, Mode::ReadOnly)?;
        let journal = JournalReader::open(&dir)?;
        journal.held(hold, settled).map_err(|error| store_error(&self.folder, error))
    }
}
