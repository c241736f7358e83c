//! What runs were for before the start, and when somebody was last there: so that a restart makes no run look attended, and
//! sub-agents still know what their parents work for.

use std::time::Duration;

use purser_core::id::RunId;
use purser_core::time::Instant;
use purser_gateway::{LiveRuns, Past};
use purser_store::{Reader, RunsOf, StoreError};

/// How far back it is looked.
const BACK: Duration = Duration::from_hours(24);

/// Reads the runs of the last day and tells the gateway; `confirmed` says when somebody last watched over a run.
pub(super) fn remember(
    reader: &Reader,
    confirmed: impl Fn(RunId) -> Option<Instant>,
    runs: &LiveRuns,
    now: Instant,
) -> Result<(), StoreError> {
    let lately = RunsOf { person: None, since: Some(now.saturating_sub(BACK)) };
    // What they used is of no interest here, and not added up.
    let (_, lines) = reader.runs(&lately, |lines| (Vec::new(), lines))?;
    for line in lines {
        let past = Past { project: line.project.map(Into::into), attended: line.spoken.max(confirmed(line.run)) };
        if past != Past::default() {
            runs.remember_run(line.run, past);
        }
    }
    Ok(())
}
