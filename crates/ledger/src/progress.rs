//! How far the journal is, and who waits for it.

use std::sync::{Arc, OnceLock};

use tokio::sync::watch;

use crate::error::{LedgerError, Stop};
use crate::number::Lsn;
use crate::sync::{AtomicU64, Ordering};

/// Published by the committer, read by everybody. Two channels, so that those who wait for a write (every call that
/// goes out) are not woken by syncs.
#[derive(Debug)]
pub(crate) struct Progress {
    written: Mark,
    durable: Mark,
    /// The last record that somebody waits to see on disk.
    awaited: AtomicU64,
    stopped: OnceLock<Arc<Stop>>,
}

#[derive(Debug)]
struct Mark {
    /// Read without touching the channel's lock: nearly always the answer is there already.
    reached: AtomicU64,
    changed: watch::Sender<()>,
}

impl Mark {
    fn new(lsn: Lsn) -> Self {
        Self { reached: AtomicU64::new(lsn.0), changed: watch::Sender::new(()) }
    }

    fn get(&self) -> Lsn {
        Lsn(self.reached.load(Ordering::Acquire))
    }

    fn set(&self, lsn: Lsn) {
        self.reached.store(lsn.0, Ordering::Release);
        self.changed.send_replace(());
    }
}

impl Progress {
    /// Everything up to `durable` is on disk.
    pub(crate) fn new(durable: Lsn) -> Self {
        Self {
            written: Mark::new(durable),
            durable: Mark::new(durable),
            awaited: AtomicU64::new(0),
            stopped: OnceLock::new(),
        }
    }

    pub(crate) fn written(&self) -> Lsn {
        self.written.get()
    }

    pub(crate) fn durable(&self) -> Lsn {
        self.durable.get()
    }

    /// Somebody waits to see this record on disk: the committer does not pause before it is.
    pub(crate) fn await_disk(&self, lsn: Lsn) {
        self.awaited.fetch_max(lsn.0, Ordering::Relaxed);
    }

    pub(crate) fn is_disk_awaited(&self) -> bool {
        self.awaited.load(Ordering::Relaxed) > self.durable().0
    }

    pub(crate) fn set_written(&self, lsn: Lsn) {
        self.written.set(lsn);
    }

    /// As `set_written` where nobody waits, because whoever needs a record written writes it.
    pub(crate) fn note_written(&self, lsn: Lsn) {
        self.written.reached.store(lsn.0, Ordering::Release);
    }

    pub(crate) fn set_durable(&self, lsn: Lsn) {
        self.durable.set(lsn);
    }

    /// Nothing more will be written. The first cause stays.
    pub(crate) fn stop(&self, cause: Stop) {
        if self.stopped.set(Arc::new(cause)).is_ok() {
            self.written.changed.send_replace(());
            self.durable.changed.send_replace(());
        }
    }

    pub(crate) fn stopped(&self) -> Option<LedgerError> {
        self.stopped.get().map(|cause| LedgerError::Stopped { cause: Arc::clone(cause) })
    }

    pub(crate) async fn until_written(&self, lsn: Lsn) -> Result<(), LedgerError> {
        self.until(&self.written, lsn).await
    }

    pub(crate) async fn until_durable(&self, lsn: Lsn) -> Result<(), LedgerError> {
        self.until(&self.durable, lsn).await
    }

    async fn until(&self, mark: &Mark, lsn: Lsn) -> Result<(), LedgerError> {
        if mark.get() >= lsn {
            return Ok(());
        }
        // Subscribing comes before looking again, so that no change falls between.
        let mut changed = mark.changed.subscribe();
        loop {
            if mark.get() >= lsn {
                return Ok(());
            }
            if let Some(stopped) = self.stopped() {
                return Err(stopped);
            }
            if changed.changed().await.is_err() {
                return Err(LedgerError::Stopped { cause: Arc::new(Stop::NoCommitter) });
            }
        }
    }
}
