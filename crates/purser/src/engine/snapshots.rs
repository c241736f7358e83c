//! Snapshots of the ledger, made beside it.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use purser_store::{DataDir, Snapshots};

use super::durable_frame;

/// How often. A start replays at most what came since, some seconds' work for the busiest ten minutes.
const EACH: Duration = Duration::from_mins(10);
/// At the end of a process, this many frames since the last snapshot are worth one.
const WORTH_FRAMES: u64 = 1_000;

/// Makes one now and then, for as long as it is polled.
pub(super) async fn keep(dir: &Arc<DataDir>, durable: &Arc<AtomicU64>) {
    loop {
        tokio::time::sleep(EACH).await;
        let (dir, durable) = (Arc::clone(dir), Arc::clone(durable));
        // A panic in it was printed there.
        let _ = tokio::task::spawn_blocking(move || renew(&dir, &durable)).await;
    }
}

/// Makes one at the end, when there is much that the next start would replay.
pub(super) fn renew_if_long(dir: &DataDir, durable: &AtomicU64) {
    let newest = match Snapshots::of(dir).load() {
        Ok(newest) => newest.and_then(|snapshot| snapshot.frame()).map_or(0, |head| head.no.0),
        Err(error) => return tracing::warn!(%error, "the newest snapshot could not be read"),
    };
    if durable_frame(durable).0.saturating_sub(newest) >= WORTH_FRAMES {
        renew(dir, durable);
    }
}

fn renew(dir: &DataDir, durable: &AtomicU64) {
    match Snapshots::of(dir).renew(dir, durable_frame(durable)) {
        Ok(Some(lsn)) => tracing::debug!(snapshot.lsn = lsn.0, "a snapshot of the ledger was kept"),
        Ok(None) => {}
        Err(error) => tracing::warn!(%error, "no snapshot of the ledger could be kept; a start replays more"),
    }
}
