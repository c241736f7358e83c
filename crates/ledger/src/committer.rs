//! The one that writes.
//!
//! Group commit without a timer in anybody's way. Where the journal has a pen, a frame is what was recorded between two
//! syncs: whoever needs a record written writes it ([`crate::Pen`]), this thread seals the frame and syncs. Where not,
//! whatever waits becomes a frame of its own, no more often than each `write_pause`. Syncs follow each other no faster
//! than `sync_pause`, unless somebody waits for the disk; after a quiet moment they go at once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::core::Core;
use crate::error::{LedgerError, Stop};
use crate::frame::{Frame, FrameHead};
use crate::journal::{FrameObserver, Journal};
use crate::record::Record;

/// How often slices are looked at for idle ones, while there are any.
const TEND_EVERY: Duration = Duration::from_secs(1);

/// Owns the journal: makes frames of what waits, writes them, syncs them, tells who waits. Driven by its own thread
/// ([`crate::Ledger::open`]) or step by step ([`crate::Ledger::open_stepped`]). Dropping it stops the ledger.
pub struct Committer {
    core: Arc<Core>,
    journal: Box<dyn Journal>,
    observer: Option<Box<dyn FrameObserver>>,
    head: Option<FrameHead>,
    /// Written, not synced; in order.
    unsynced: Vec<Arc<Frame>>,
}

impl Committer {
    pub(crate) fn new(
        core: Arc<Core>,
        journal: Box<dyn Journal>,
        observer: Option<Box<dyn FrameObserver>>,
        head: Option<FrameHead>,
    ) -> Self {
        Self { core, journal, observer, head, unsynced: Vec::new() }
    }

    /// Hands all records that wait to the journal: as one frame, or where the journal has a pen as the next piece of
    /// one. `false`: none waited, or the ledger has stopped.
    pub fn write(&mut self) -> bool {
        let Some(writing) = &self.core.writing else { return self.append(false) };
        let (lsn, written) = (self.core.desk.lock().state.lsn(), self.core.progress.written());
        self.core.write(writing, lsn).is_ok() && written < lsn
    }

    /// Writes what waits, syncs the journal and tells who waits. `false`: nothing was unsynced, or the ledger has
    /// stopped.
    pub fn sync(&mut self) -> bool {
        match &self.core.writing {
            Some(writing) => self.unsynced.extend(self.core.seal(writing)),
            None => drop(self.append(true)),
        }
        if self.unsynced.is_empty() || self.core.progress.stopped().is_some() {
            return false;
        }
        if let Err(error) = self.journal.sync() {
            self.core.fail(error);
            return false;
        }
        if let Some(last) = self.unsynced.last() {
            self.core.progress.set_durable(last.last_lsn());
        }
        for frame in self.unsynced.drain(..) {
            if let Some(observer) = &mut self.observer {
                observer.durable(&frame);
            }
        }
        true
    }

    /// Gives back slices that nobody used for a while. The thread does it each second.
    pub fn tend(&mut self) {
        // A ledger that stopped has nothing to give back, and says so wherever it matters.
        let _ = self.core.tend();
    }

    /// Takes nothing more, writes and syncs what waits and notes the orderly end.
    pub fn close(mut self) -> Result<(), LedgerError> {
        self.finish()
    }

    fn append(&mut self, begins_sync: bool) -> bool {
        if self.core.progress.stopped().is_some() {
            return false;
        }
        let batch = {
            let mut desk = self.core.desk.lock();
            if begins_sync {
                let last = desk.state.lsn();
                desk.slices.sync_begins(last);
            }
            // Room for as much again: the next frame is about as large, and must not grow its buffer under the lock.
            let room = Vec::with_capacity(desk.queue.frame_bytes());
            desk.queue.take(room, true)
        };
        let Some(batch) = batch else { return false };
        let frame = Frame::seal(self.head, batch.first, batch.instant, batch.count, batch.payload);
        if let Err(error) = self.journal.append(&frame) {
            self.core.fail(error);
            return false;
        }
        self.head = Some(frame.head());
        self.core.desk.lock().sealed = self.head;
        self.core.progress.set_written(frame.last_lsn());
        self.unsynced.push(Arc::new(frame));
        true
    }

    fn finish(&mut self) -> Result<(), LedgerError> {
        if let Some(stopped) = self.core.progress.stopped() {
            return Err(stopped);
        }
        {
            let mut desk = self.core.desk.lock();
            desk.closing = true;
            self.core.post(&mut desk, &Record::Rest)?;
        }
        self.sync();
        if let Some(stopped) = self.core.progress.stopped() {
            return Err(stopped);
        }
        self.core.progress.stop(Stop::Closed);
        Ok(())
    }

    /// The thread's whole life.
    pub(crate) fn run(mut self) {
        let now = Instant::now();
        let mut pace = Pace { write: now, sync: now, tend: now };
        let options = self.core.options.clone();
        loop {
            match self.next_task(&pace) {
                Task::Write => {
                    self.write();
                    pace.write = after(options.write_pause);
                }
                Task::Sync => {
                    self.sync();
                    pace.sync = after(options.sync_pause);
                    pace.write = after(options.write_pause);
                }
                Task::Tend => {
                    self.tend();
                    pace.tend = after(TEND_EVERY);
                }
                Task::Finish => {
                    // Whoever closed asks for the outcome; a failure was logged where it happened.
                    let _ = self.finish();
                    return;
                }
                Task::End => return,
            }
        }
    }

    /// Waits until there is something to do.
    fn next_task(&self, pace: &Pace) -> Task {
        let mut desk = self.core.desk.lock();
        loop {
            if self.core.progress.stopped().is_some() {
                return Task::End;
            }
            if desk.closing {
                return Task::Finish;
            }
            let now = Instant::now();
            let waiting = self.core.writing.is_none() && !desk.queue.is_empty();
            let unsynced = desk.state.lsn() > self.core.progress.durable();
            let sync_at = if self.core.progress.is_disk_awaited() { now } else { pace.sync };
            desk.committer_idle = !unsynced;
            let mut wake: Option<Instant> = None;
            for (wanted, at, task) in [
                (unsynced, sync_at, Task::Sync),
                (waiting, pace.write, Task::Write),
                (desk.slices.any(), pace.tend, Task::Tend),
            ] {
                if wanted && at <= now {
                    return task;
                }
                if wanted {
                    wake = Some(wake.map_or(at, |known| known.min(at)));
                }
            }
            match wake {
                Some(at) => drop(self.core.bell.wait_until(&mut desk, at)),
                None => self.core.bell.wait(&mut desk),
            }
        }
    }
}

/// When each thing may be done next. The machine's steady clock, not the domain's: only the pace depends on it.
struct Pace {
    write: Instant,
    sync: Instant,
    tend: Instant,
}

#[derive(Clone, Copy)]
enum Task {
    Write,
    Sync,
    Tend,
    Finish,
    End,
}

fn after(pause: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(pause).unwrap_or(now)
}

impl Drop for Committer {
    /// Also when an observer panicked: who waits must not wait for ever.
    fn drop(&mut self) {
        self.core.progress.stop(Stop::NoCommitter);
    }
}

impl std::fmt::Debug for Committer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Committer").field("head", &self.head).finish_non_exhaustive()
    }
}
