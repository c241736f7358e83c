//! Reasons in the audit trail that were written before it was kept when they were given.

use purser_core::id::NoteId;
use purser_core::time::Instant;
use purser_store::{KIND_AUDIT, PAGE_MAX};

use crate::audit::Entry;
use crate::control::{Inner, stored};
use crate::error::Error;

impl Inner {
    /// Says of texts that older versions wrote which are reasons, and since when there are these. Goes through the whole trail,
    /// once: afterwards there is no such text. Blocks.
    ///
    /// # Errors
    /// The files, or an entry that can't be read.
    pub(super) fn date_old_reasons(&self) -> Result<(), Error> {
        if !self.private.has_undated_texts().map_err(stored)? {
            return Ok(());
        }
        let mut cursor = None;
        loop {
            let page = self.reader.events_of_kind(KIND_AUDIT, cursor, PAGE_MAX).map_err(stored)?;
            let Some(last) = page.last() else { break };
            cursor = Some(last.lsn);
            let entries = page.iter().map(|row| Entry::from_bytes(&row.payload)).collect::<Result<Vec<_>, _>>()?;
            let reasons: Vec<(NoteId, Instant)> =
                entries.iter().filter_map(|entry| Some((entry.reason?, entry.at))).collect();
            self.private.date_reasons(&reasons).map_err(stored)?;
        }
        self.private.date_no_others().map_err(stored)
    }
}
