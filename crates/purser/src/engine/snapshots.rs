//! Snapshots of the ledger and of the directory, made beside them, so that a start replays little.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use purser_control::Control;
use purser_ledger::{Frame, FrameNo};
use purser_store::{DataDir, Snapshots};
use tokio::sync::oneshot;
use tokio::time::Instant;

/// How often it is looked whether one is due.
const LOOK_EACH: Duration = Duration::from_secs(5);
/// At the latest then, when anything happened.
const EACH: Duration = Duration::from_mins(10);
/// So many records are worth one. A start replays at most these, what comes within [`LOOK_EACH`], and what comes while
/// one is made: five million together at the highest rates measured, some seconds' work.
const WORTH_RECORDS: u64 = 2_000_000;
/// So many bytes are worth one too: events may be large.
const WORTH_BYTES: u64 = 16 << 20;
/// At the end of a process, this many records since the last snapshot are worth one.
const WORTH_RECORDS_AT_END: u64 = 10_000;

/// What is durable, and how much of it no snapshot has yet.
#[derive(Debug, Default)]
pub(super) struct Durable {
    frame: AtomicU64,
    records: AtomicU64,
    bytes: AtomicU64,
}

impl Durable {
    /// Takes in a frame that is on disk.
    pub(super) fn note(&self, frame: &Frame) {
        self.frame.fetch_max(frame.no.0, Ordering::Relaxed);
        self.records.fetch_add(u64::from(frame.count), Ordering::Relaxed);
        self.bytes.fetch_add(u64::try_from(frame.payload.len()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    fn frame(&self) -> FrameNo {
        FrameNo(self.frame.load(Ordering::Relaxed))
    }

    fn is_worth_one(&self, records: u64) -> bool {
        self.records.load(Ordering::Relaxed) >= records || self.bytes.load(Ordering::Relaxed) >= WORTH_BYTES
    }

    /// All that is durable now is about to be in a snapshot. Frames that come meanwhile are counted for the next.
    fn begin(&self) {
        self.records.store(0, Ordering::Relaxed);
        self.bytes.store(0, Ordering::Relaxed);
    }
}

/// Makes one now and then, for as long as it is polled.
pub(super) async fn keep(dir: &Arc<DataDir>, durable: &Arc<Durable>, control: &Control) -> Infallible {
    let mut last = Instant::now();
    loop {
        tokio::time::sleep(LOOK_EACH).await;
        if last.elapsed() < EACH && !durable.is_worth_one(WORTH_RECORDS) {
            continue;
        }
        last = Instant::now();
        let (dir, durable, control) = (Arc::clone(dir), Arc::clone(durable), Control::clone(control));
        let (done, ended) = oneshot::channel::<()>();
        let work = move || {
            renew(&dir, &durable);
            keep_directory(&control);
            drop(done);
        };
        // Not one of the runtime's threads, which have things of their own in their part of the heap: what this one
        // takes, as much as the whole ledger has in memory, goes back to the system when it ends.
        match thread::Builder::new().name("purser-snapshots".to_owned()).spawn(work) {
            // Ends when the work does; a panic in it was printed there.
            Ok(_) => drop(ended.await),
            Err(error) => tracing::warn!(%error, "there is no thread for snapshots"),
        }
    }
}

/// Keeps the directory when much has changed in it.
pub(super) fn keep_directory(control: &Control) {
    match control.keep_directory() {
        Ok(Some(lsn)) => tracing::debug!(directory.lsn = lsn.0, "the directory was kept"),
        Ok(None) => {}
        Err(error) => tracing::warn!(%error, "the directory could not be kept; a start takes in more events"),
    }
}

/// Makes one at the end, when there is much that the next start would replay. `replayed` records were replayed at this
/// start.
pub(super) fn renew_if_long(dir: &DataDir, durable: &Durable, replayed: u64) {
    if durable.is_worth_one(WORTH_RECORDS_AT_END.saturating_sub(replayed)) {
        renew(dir, durable);
    }
}

fn renew(dir: &DataDir, durable: &Durable) {
    durable.begin();
    match Snapshots::of(dir).renew(dir, durable.frame()) {
        Ok(Some(lsn)) => tracing::debug!(snapshot.lsn = lsn.0, "a snapshot of the ledger was kept"),
        Ok(None) => {}
        Err(error) => tracing::warn!(%error, "no snapshot of the ledger could be kept; a start replays more"),
    }
}
