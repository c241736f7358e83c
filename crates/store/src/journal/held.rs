//! What was set aside for a call, from the journal: the projection keeps what calls cost, not what they held.

use std::ops::ControlFlow;

use memchr::memmem;
use purser_core::money::Nano;
use purser_core::time::Instant;
use purser_ledger::{FrameError, FrameNo, HoldId, JournalError, Leg, Lsn, Record};
use rusqlite::OptionalExtension;

use super::JournalReader;
use super::read::{Source, sql};

/// Segments looked through for a hold: calls last minutes, a segment is hundreds of thousands of them.
const SEGMENTS_MAX: usize = 8;
/// Frames looked through at a time where the journal has no segments.
const FRAMES_AT_ONCE: u64 = 4_096;

/// A hold as it was placed, and what it grew by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Its record.
    pub lsn: Lsn,
    /// When it was placed.
    pub at: Instant,
    /// How much was set aside at first.
    pub amount: Nano,
    /// How much more while the answer streamed.
    pub grown: Nano,
    /// On which grants' accounts how much, growth included.
    pub legs: Vec<Leg>,
}

impl JournalReader {
    /// How the hold that the record `settled` ended was placed. Reads the segment that has this record, and at most
    /// seven before it. `None`: it is in none of them.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn held(&self, id: HoldId, settled: Lsn) -> Result<Option<Held>, JournalError> {
        let (mut until, mut grown) = (settled, Vec::new());
        // Records are decoded only where its bytes are: a segment has hundreds of thousands of others.
        let named = id.recorded();
        let named = memmem::Finder::new(&named);
        for _ in 0..SEGMENTS_MAX {
            let from = self.stretch(until)?;
            let (mut first, mut placed, mut damaged) = (None, None, None);
            self.read(from, &mut |frame| {
                first.get_or_insert(frame.first_lsn);
                let records = named.find(&frame.payload).map(|_| frame.records());
                let looked = records.into_iter().flatten().try_for_each(|stamped| {
                    let stamped = stamped?;
                    match stamped.record {
                        Record::Hold { id: of, amount, legs, .. } if of == id => {
                            let legs = legs.to_vec();
                            placed =
                                Some(Held { lsn: stamped.lsn, at: stamped.instant, amount, grown: Nano::ZERO, legs });
                        }
                        Record::Grow { id: of, amount, legs } if of == id => grown.push((amount, legs)),
                        _ => {}
                    }
                    Ok::<(), FrameError>(())
                });
                if let Err(error) = looked {
                    damaged = Some((frame.no, error));
                }
                if damaged.is_some() || frame.last_lsn() >= until {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            })?;
            if let Some((frame, error)) = damaged {
                return Err(JournalError::Corrupt { frame, what: error.to_string() });
            }
            if let Some(mut held) = placed {
                for (amount, legs) in grown {
                    held.grown = held.grown.saturating_add(amount);
                    for more in legs {
                        match held.legs.iter_mut().find(|leg| leg.no == more.no) {
                            Some(leg) => leg.amount = leg.amount.saturating_add(more.amount),
                            None => held.legs.push(more),
                        }
                    }
                }
                return Ok(Some(held));
            }
            match first.and_then(|first: Lsn| first.0.checked_sub(1)) {
                Some(before) if before > 0 => until = Lsn(before),
                _ => return Ok(None),
            }
        }
        Ok(None)
    }

    /// Where to begin to find records up to one.
    fn stretch(&self, until: Lsn) -> Result<FrameNo, JournalError> {
        match &self.source {
            Source::Log(log) => log.segment_of(until),
            Source::Sqlite(conn) => {
                let lsn = i64::try_from(until.0).unwrap_or(i64::MAX);
                let holding: Option<i64> = conn
                    .prepare_cached("SELECT no FROM frame WHERE first_lsn <= ?1 ORDER BY no DESC LIMIT 1")
                    .and_then(|mut select| select.query_row([lsn], |row| row.get(0)).optional())
                    .map_err(|error| sql(FrameNo(1), error))?;
                let no = holding.map_or(1, i64::cast_unsigned);
                Ok(FrameNo(no.saturating_sub(FRAMES_AT_ONCE).max(1)))
            }
        }
    }
}
