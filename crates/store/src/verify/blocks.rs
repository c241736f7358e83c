//! All charges of the projection, one after the other.

use std::collections::VecDeque;

use purser_ledger::Lsn;
use rusqlite::Connection;

use crate::projector::{BLOCK_COLUMNS, Entry, Place, StoredBlock};

/// Blocks read by one statement.
const BLOCKS_AT_ONCE: u32 = 256;

/// A cursor over table `charge_block`.
#[derive(Debug)]
pub(super) struct Blocks {
    read: VecDeque<StoredBlock>,
    /// Where in the first of those; `None`: at its start.
    place: Option<Place>,
    /// The first charge of the last block read.
    last: Option<Lsn>,
}

impl Blocks {
    pub(super) fn new() -> Self {
        Self { read: VecDeque::new(), place: None, last: None }
    }

    /// The next entry, which stays the next one until [`pass`](Self::pass) is called with the place behind it.
    pub(super) fn peek(&mut self, conn: &Connection) -> rusqlite::Result<Option<(Entry<'_>, Place)>> {
        while self.read.front().is_none_or(|block| block.ends_at(self.place.unwrap_or_else(|| block.start()))) {
            self.read.pop_front();
            self.place = None;
            if self.read.is_empty() && !self.more(conn)? {
                return Ok(None);
            }
        }
        let Some(block) = self.read.front() else { return Ok(None) };
        block.entry_at(self.place.unwrap_or_else(|| block.start()))
    }

    /// Goes on behind an entry.
    pub(super) fn pass(&mut self, behind: Place) {
        self.place = Some(behind);
    }

    fn more(&mut self, conn: &Connection) -> rusqlite::Result<bool> {
        let after = self.last.map_or(-1, |lsn| lsn.0.cast_signed());
        let sql = format!("SELECT {BLOCK_COLUMNS} FROM charge_block WHERE first_lsn > ?1 ORDER BY first_lsn LIMIT ?2");
        self.read = conn
            .prepare_cached(&sql)?
            .query_map((after, BLOCKS_AT_ONCE), StoredBlock::of)?
            .collect::<rusqlite::Result<_>>()?;
        self.last = self.read.back().map(|block| block.first).or(self.last);
        Ok(!self.read.is_empty())
    }
}
