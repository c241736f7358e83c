//! The record of denials: one line per key, reason and minute, handed on in batches.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use purser_core::id::{KeyId, PersonId};
use purser_core::time::Instant;

use crate::auth::Caller;
use crate::refuse::Refused;

/// Lines kept between two batches; reasons beyond that are counted under no key.
const LINES_MAX: usize = 10_000;
/// Microseconds in a minute.
const MINUTE_US: i64 = 60_000_000;

/// Denials of one kind in one minute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denials {
    /// The first instant of the minute.
    pub minute: Instant,
    /// The key that was used and its person; `None` when the key is unknown.
    pub whose: Option<(KeyId, PersonId)>,
    /// Why: the stable code of the refusal.
    pub code: &'static str,
    /// The money was there, only set aside: what *promise usable* counts.
    pub funded: bool,
    /// How often.
    pub count: u64,
}

/// Keeps denials.
pub trait DenialLog: Send + Sync {
    /// Takes a batch. Returns at once: it is called on a thread that serves calls.
    fn record(&self, batch: Vec<Denials>);
}

type Line = (i64, Option<(KeyId, PersonId)>, &'static str, bool);

/// What was denied since the last batch.
#[derive(Default)]
pub(crate) struct Decisions {
    lines: Mutex<BTreeMap<Line, u64>>,
}

impl Decisions {
    /// Counts a denial.
    pub(crate) fn denied(&self, caller: Option<&Caller>, refused: &Refused, at: Instant) {
        let minute = at.as_micros().div_euclid(MINUTE_US);
        let mut lines = self.lines.lock();
        let whose = caller.filter(|_| lines.len() < LINES_MAX).map(|caller| (caller.key.id, caller.person.id));
        *lines.entry((minute, whose, refused.code(), refused.is_funded())).or_default() += 1;
    }

    /// Hands on what was counted.
    pub(crate) fn hand_on(&self, log: &dyn DenialLog) {
        let lines = std::mem::take(&mut *self.lines.lock());
        if lines.is_empty() {
            return;
        }
        let batch = lines.into_iter().map(|((minute, whose, code, funded), count)| Denials {
            minute: Instant::from_micros(minute.saturating_mul(MINUTE_US)),
            whose,
            code,
            funded,
            count,
        });
        log.record(batch.collect());
    }
}
