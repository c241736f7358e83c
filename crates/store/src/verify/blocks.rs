//! All charges of the projection, one after the other.

use std::collections::VecDeque;

use purser_core::time::Instant;
use purser_ledger::Lsn;
use rusqlite::Connection;

use crate::projector::{BLOCK_COLUMNS, Entry, Place, StoredBlock};

/// Blocks read by one statement.
const BLOCKS_AT_ONCE: u32 = 256;

/// A cursor over table `charge_block`.
#[derive(Debug)]
pub(super) struct Blocks {
    read: VecDeque<StoredBlock>,
    /// Where in the first of those.
    place: Option<Place>,
    /// The last block read.
    last: Option<(Lsn, Instant)>,
}

impl Blocks {
    pub(super) fn new() -> Self {
        Self { read: VecDeque::new(), place: None, last: None }
    }

    /// The next entry, which stays the next one.
    pub(super) fn peek(&mut self, conn: &Connection) -> rusqlite::Result<Option<Entry<'_>>> {
        loop {
            let Some(block) = self.read.front() else {
                if !self.more(conn)? {
                    return Ok(None);
                }
                continue;
            };
            let place = self.place.unwrap_or_else(|| block.start());
            if block.entry_at(place)?.is_some() {
                break;
            }
            self.read.pop_front();
            self.place = None;
        }
        let Some(block) = self.read.front() else { return Ok(None) };
        Ok(block.entry_at(self.place.unwrap_or_else(|| block.start()))?.map(|(entry, _)| entry))
    }

    /// Passes over the next entry.
    pub(super) fn pass(&mut self) -> rusqlite::Result<()> {
        if let Some(block) = self.read.front() {
            let place = self.place.unwrap_or_else(|| block.start());
            self.place = block.entry_at(place)?.map(|(_, behind)| behind).or(Some(place));
        }
        Ok(())
    }

    fn more(&mut self, conn: &Connection) -> rusqlite::Result<bool> {
        let after = self.last.map_or(-1, |(lsn, _)| lsn.0.cast_signed());
        let sql = format!("SELECT {BLOCK_COLUMNS} FROM charge_block WHERE first_lsn > ?1 ORDER BY first_lsn LIMIT ?2");
        self.read = conn
            .prepare_cached(&sql)?
            .query_map((after, BLOCKS_AT_ONCE), StoredBlock::of)?
            .collect::<rusqlite::Result<_>>()?;
        self.last = self.read.back().map(|block| (block.first, block.at)).or(self.last);
        Ok(!self.read.is_empty())
    }
}
