//! The projector's thread: woken by the ledger when a frame is durable, never in the ledger's way.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use purser_ledger::{Frame, FrameNo, FrameObserver, Lsn};

use super::{Progress, Projection};
use crate::dir::DataDir;
use crate::error::StoreError;

/// With nobody waiting, frames are left to gather for so long: one transaction then carries many, and a report that is
/// this much behind is still of this moment.
const GATHER: Duration = Duration::from_millis(20);
/// After an error that may pass (a full disk, a database kept busy), the next try.
const RETRY: Duration = Duration::from_secs(1);

/// The running projector. Dropping it stops the thread; what was not projected is at the next start.
#[derive(Debug)]
pub struct Projector {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// Tells the projector what is durable. Given to the ledger, whose committing thread only stores a number here: the
/// projector reads the frames from the journal, so nothing queues up however far it is behind.
#[derive(Debug)]
pub struct ProjectorTap {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    /// Something the thread waits for: durable frames, a waiter, the end.
    work: Condvar,
    /// Something waiters wait for: progress, failure.
    moved: Condvar,
}

#[derive(Debug, Default)]
struct State {
    durable: FrameNo,
    progress: Progress,
    waiters: usize,
    /// Why it does not move at the moment.
    failure: Option<String>,
    ended: bool,
}

impl Projector {
    /// Starts following the journal of a folder held exclusively. Call it after [`crate::SqliteJournal::open`] and
    /// before [`purser_ledger::Ledger::open`]: what the journal holds then was synced when it was opened.
    ///
    /// # Errors
    /// As [`Projection::open`], and [`StoreError::Io`] when there is no thread to be had.
    pub fn start(dir: &Arc<DataDir>) -> Result<(Self, ProjectorTap), StoreError> {
        let projection = Projection::open(dir)?;
        let durable = projection.journal_head()?;
        let state = State { durable, progress: projection.progress(), ..State::default() };
        let shared = Arc::new(Shared { state: Mutex::new(state), ..Shared::default() });
        let thread = std::thread::Builder::new()
            .name("purser-projector".into())
            .spawn({
                let (shared, dir) = (Arc::clone(&shared), Arc::clone(dir));
                move || shared.run(&dir, projection)
            })
            .map_err(StoreError::io("start a thread for", dir.database()))?;
        Ok((Self { shared: Arc::clone(&shared), thread: Some(thread) }, ProjectorTap { shared }))
    }

    /// The last record projected.
    pub fn projected_lsn(&self) -> Lsn {
        self.shared.state().progress.lsn
    }

    /// Why the projection does not move at the moment; `None` when it does.
    pub fn failure(&self) -> Option<String> {
        self.shared.state().failure.clone()
    }

    /// Waits until the record is projected, for commands that must see their own writes. It must be durable already, or
    /// about to be. Blocks the thread: call it from one that may.
    ///
    /// # Errors
    /// [`StoreError::Behind`] when the time is up, [`StoreError::ProjectionStopped`] when waiting longer is no use.
    pub fn wait_projected(&self, lsn: Lsn, timeout: Duration) -> Result<(), StoreError> {
        let mut state = self.shared.state();
        state.waiters = state.waiters.saturating_add(1);
        self.shared.work.notify_all();
        let (mut state, _) = self
            .shared
            .moved
            .wait_timeout_while(state, timeout, |state| {
                state.progress.lsn < lsn && state.failure.is_none() && !state.ended
            })
            .unwrap_or_else(PoisonError::into_inner);
        state.waiters = state.waiters.saturating_sub(1);
        if state.progress.lsn >= lsn {
            return Ok(());
        }
        match &state.failure {
            Some(why) => Err(StoreError::ProjectionStopped { why: why.clone() }),
            None if state.ended => Err(StoreError::ProjectionStopped { why: "it was told to".into() }),
            None => Err(StoreError::Behind { lsn: lsn.0, reached: state.progress.lsn.0 }),
        }
    }
}

impl Drop for Projector {
    fn drop(&mut self) {
        self.shared.state().ended = true;
        self.shared.work.notify_all();
        self.shared.moved.notify_all();
        if let Some(thread) = self.thread.take() {
            // A panic in it was printed there; there is nothing left to say or do.
            let _ = thread.join();
        }
    }
}

impl FrameObserver for ProjectorTap {
    fn durable(&mut self, frame: &Arc<Frame>) {
        let mut state = self.shared.state();
        state.durable = state.durable.max(frame.no);
        drop(state);
        self.shared.work.notify_one();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // Every change under the lock is whole by itself.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, dir: &DataDir, projection: Projection) {
        let mut projection = Some(projection);
        while let Some(durable) = self.next_work() {
            let done = match &mut projection {
                Some(open) => open.catch_up(durable, &mut |progress| self.moved_to(progress)),
                // After an error what is in memory may be ahead of the tables: begin again from them.
                closed => Projection::open(dir).map(|open| *closed = Some(open)),
            };
            let mut state = self.state();
            match done {
                Ok(()) => state.failure = None,
                Err(error) => {
                    projection = None;
                    let why = in_full(&error);
                    if state.failure.as_ref() != Some(&why) {
                        tracing::error!(projection.frame = state.progress.frame.0, error = %why, "the projection stopped");
                    }
                    state.failure = Some(why);
                    self.moved.notify_all();
                    drop(self.pause(state, RETRY, false));
                    continue;
                }
            }
            drop(self.pause(state, GATHER, true));
        }
    }

    /// Waits for frames to project; `None` at the end.
    fn next_work(&self) -> Option<FrameNo> {
        let state = self
            .work
            .wait_while(self.state(), |state| {
                !state.ended && state.failure.is_none() && state.durable <= state.progress.frame
            })
            .unwrap_or_else(PoisonError::into_inner);
        (!state.ended).then_some(state.durable)
    }

    /// Lets time pass, unless it is the end, or a waiter may cut it short and there is one.
    fn pause<'a>(&self, state: MutexGuard<'a, State>, time: Duration, cut_by_waiters: bool) -> MutexGuard<'a, State> {
        self.work
            .wait_timeout_while(state, time, |state| !(state.ended || cut_by_waiters && state.waiters > 0))
            .unwrap_or_else(PoisonError::into_inner)
            .0
    }

    fn moved_to(&self, progress: Progress) {
        self.state().progress = progress;
        self.moved.notify_all();
    }
}

/// The error with its causes, for a log line and for those who wait.
fn in_full(error: &StoreError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
