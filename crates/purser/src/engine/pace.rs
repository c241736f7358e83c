//! How fast people's money went before the start, so that whoever usually spends much is not taken for a runaway.

use std::collections::HashMap;
use std::time::Duration;

use purser_core::breaker::{Pace, SpendRule};
use purser_core::id::PersonId;
use purser_core::time::Instant;
use purser_gateway::LiveRuns;
use purser_store::{Reader, StoreError};

/// How far back it is looked: as far as a pace remembers.
const BACK: Duration = Duration::from_hours(28 * 24);

/// Reads the last weeks and tells the gateway. Some seconds for millions of calls; calls are served meanwhile.
pub(super) fn remember(reader: &Reader, rule: &SpendRule, runs: &LiveRuns, now: Instant) -> Result<(), StoreError> {
    let mut paces = HashMap::<PersonId, Pace>::new();
    reader.spent_since(now.saturating_sub(BACK), &mut |person, at, cost| {
        // What would have tripped then did, or was off: it is past.
        let _ = paces.entry(person).or_default().step(rule, at, cost);
    })?;
    for (person, pace) in &paces {
        runs.remember(*person, pace);
    }
    Ok(())
}
