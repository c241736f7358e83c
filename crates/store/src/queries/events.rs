//! The control plane's events, which its state is built from at a start.

use std::ops::ControlFlow;

use purser_core::id::CommandId;
use purser_core::time::Instant;
use purser_ledger::Lsn;
use rusqlite::OptionalExtension;

use super::{PAGE_MAX, Reader};
use crate::error::StoreError;
use crate::ids::Bits;
use crate::projector::{KIND_AUDIT, Word};

/// Bytes of events read at once, give or take one: some are hundreds of kilobytes.
const PAGE_BYTES: usize = 1 << 20;

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    /// Its record in the journal.
    pub lsn: Lsn,
    /// When.
    pub at: Instant,
    /// The command it came from.
    pub command: CommandId,
    /// The control plane's kind.
    pub kind: u8,
    /// The control plane's bytes.
    pub payload: Vec<u8>,
}

impl Reader {
    /// Every event after a record, in order, until `each` breaks. A start calls it with `Lsn(0)` once the projector is
    /// at the journal's head.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn events_after(&self, lsn: Lsn, each: &mut dyn FnMut(EventRow) -> ControlFlow<()>) -> Result<(), StoreError> {
        let mut after = lsn;
        loop {
            // Page by page: a reader that stays long keeps the log from starting over.
            let rows = self.page_of_events(after)?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = last.lsn;
            for row in rows {
                if each(row).is_break() {
                    return Ok(());
                }
            }
        }
    }

    /// Events of some kinds, newest first, going on before `cursor`: the audit's view. `limit` at most ([`PAGE_MAX`]).
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn events_of_kind(&self, kind: u8, cursor: Option<Lsn>, limit: u32) -> Result<Vec<EventRow>, StoreError> {
        self.ask("read events", |conn| {
            conn.prepare_cached(
                "SELECT lsn, at, command, kind, payload FROM event WHERE kind = ?1 AND lsn < ?2
                 ORDER BY lsn DESC LIMIT ?3",
            )?
            .query_map((kind, cursor.map_or(i64::MAX, |lsn| lsn.0.cast_signed()), limit.clamp(1, PAGE_MAX)), event)?
            .collect()
        })
    }

    /// Entries of the audit trail that have all of some words, newest first, going on before `cursor`; of every entry where
    /// there are none. `limit` at most ([`PAGE_MAX`]). Name the rarest word first. Another may look like it in the index, so
    /// whoever asks looks at each.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn trail(&self, words: &[Word<'_>], cursor: Option<Lsn>, limit: u32) -> Result<Vec<EventRow>, StoreError> {
        let [first, others @ ..] = words else { return self.events_of_kind(KIND_AUDIT, cursor, limit) };
        let mut sql = "SELECT e.lsn, e.at, e.command, e.kind, e.payload FROM event_word AS w
                       JOIN event AS e ON e.lsn = w.lsn WHERE w.word = ?1 AND w.lsn < ?2"
            .to_owned();
        // Numbers of parameters: no text of anybody's gets in here.
        let also = |place: u8| {
            format!(" AND EXISTS (SELECT 1 FROM event_word AS o WHERE o.word = ?{place} AND o.lsn = w.lsn)")
        };
        sql.extend((4..).take(others.len()).map(also));
        sql.push_str(" ORDER BY w.lsn DESC LIMIT ?3");
        let before = cursor.map_or(i64::MAX, |lsn| lsn.0.cast_signed());
        let mut params = vec![first.column(), before, i64::from(limit.clamp(1, PAGE_MAX))];
        params.extend(others.iter().map(|word| word.column()));
        self.ask("read the audit trail", |conn| {
            conn.prepare_cached(&sql)?.query_map(rusqlite::params_from_iter(&params), event)?.collect()
        })
    }

    /// The first event at an instant or later; `None` when all are earlier.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn event_at(&self, at: Instant) -> Result<Option<Lsn>, StoreError> {
        self.ask("find when an event was", |conn| {
            conn.prepare_cached("SELECT lsn FROM event WHERE at >= ?1 ORDER BY at, lsn LIMIT 1")?
                .query_row((at.as_micros(),), |row| row.get::<_, i64>(0))
                .optional()
                .map(|lsn| lsn.map(|lsn| Lsn(lsn.cast_unsigned())))
        })
    }

    /// The event of a record; `None` when the record is no event, or there is none.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn event(&self, lsn: Lsn) -> Result<Option<EventRow>, StoreError> {
        self.ask("read an event", |conn| {
            conn.prepare_cached("SELECT lsn, at, command, kind, payload FROM event WHERE lsn = ?1")?
                .query_row((lsn.0.cast_signed(),), event)
                .optional()
        })
    }

    fn page_of_events(&self, after: Lsn) -> Result<Vec<EventRow>, StoreError> {
        self.ask("read events", |conn| {
            let mut select = conn.prepare_cached(
                "SELECT lsn, at, command, kind, payload FROM event WHERE lsn > ?1 ORDER BY lsn LIMIT ?2",
            )?;
            let mut rows = select.query((after.0.cast_signed(), PAGE_MAX))?;
            let (mut page, mut bytes) = (Vec::new(), 0_usize);
            while bytes < PAGE_BYTES
                && let Some(row) = rows.next()?
            {
                let row = event(row)?;
                bytes = bytes.saturating_add(row.payload.len());
                page.push(row);
            }
            Ok(page)
        })
    }
}

fn event(row: &rusqlite::Row<'_>) -> rusqlite::Result<EventRow> {
    Ok(EventRow {
        lsn: Lsn(row.get::<_, i64>(0)?.cast_unsigned()),
        at: Instant::from_micros(row.get(1)?),
        command: CommandId::new(row.get::<_, Bits>(2)?.get()),
        kind: row.get(3)?,
        payload: row.get(4)?,
    })
}
