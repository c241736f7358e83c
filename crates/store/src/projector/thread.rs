//! The projector's thread: follows the ledger at a pace of its own, never in the ledger's way.
//!
//! The first frame after a quiet moment is projected at once. Then the thread sleeps while frames gather, and the
//! committing thread, a hundred times a second, only leaves its frame here: waking somebody costs more than projecting a
//! call. Whoever waits for a record cuts the sleep short.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use purser_ledger::{Frame, FrameNo, FrameObserver, Lsn};

use super::fresh::Fresh;
use super::{Progress, Projection};
use crate::dir::DataDir;
use crate::error::StoreError;

/// With nobody waiting, frames are left to gather for so long: one transaction then carries many, and a page that is
/// this much behind is still of this moment.
const GATHER: Duration = Duration::from_millis(250);
/// After an error that may pass (a full disk, a database kept busy), the next try.
const RETRY: Duration = Duration::from_secs(1);

/// The running projector. Dropping it stops the thread; what was not projected is at the next start.
#[derive(Debug)]
pub struct Projector {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// Tells the projector what is durable. Given to the ledger, whose committing thread only leaves the frame here. A few
/// megabytes wait at most: the projector reads the rest from the journal, so nothing queues up however far it is behind.
#[derive(Debug)]
pub struct ProjectorTap {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    /// The last frame that is durable.
    durable: AtomicU64,
    /// The last frames, as far as there is room.
    fresh: Mutex<Fresh>,
    /// The thread sleeps until there is another one, and wants to be woken. Set before `durable` is looked at and
    /// looked at after `durable` is set, both in one order for all, so that no frame is slept over.
    idle: AtomicBool,
    state: Mutex<State>,
    /// Something the thread waits for: durable frames, a waiter, the end.
    work: Condvar,
    /// Something waiters wait for: progress, failure.
    moved: Condvar,
}

#[derive(Debug, Default)]
struct State {
    progress: Progress,
    /// What is waited for, once per waiter.
    wanted: Vec<Lsn>,
    /// Why it does not move at the moment.
    failure: Option<String>,
    ended: bool,
}

impl Projector {
    /// Starts following the journal of a folder held exclusively. Call it after the journal was opened and before
    /// [`purser_ledger::Ledger::open`]: what the journal holds then was synced when it was opened. Returns when that is
    /// projected, which takes long only where there is no projection yet, or one of an older version: some seconds for
    /// ten million records, said in the log.
    ///
    /// # Errors
    /// As [`Projection::open`], and [`StoreError::Io`] when there is no thread to be had.
    pub fn start(dir: &Arc<DataDir>) -> Result<(Self, ProjectorTap), StoreError> {
        let mut projection = Projection::open(dir)?;
        let durable = projection.journal_head()?;
        if let Err(error) = reach(&mut projection, durable) {
            // It may pass, and calls can be served meanwhile: the thread tries again and says what is wrong.
            tracing::warn!(error = %in_full(&error), "the projection could not reach the end of the journal");
            projection = Projection::open(dir)?;
        }
        let state = State { progress: projection.progress(), ..State::default() };
        let durable = AtomicU64::new(durable.0);
        let shared = Arc::new(Shared { durable, state: Mutex::new(state), ..Shared::default() });
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
        state.wanted.push(lsn);
        self.shared.work.notify_all();
        let (mut state, _) = self
            .shared
            .moved
            .wait_timeout_while(state, timeout, |state| {
                state.progress.lsn < lsn && state.failure.is_none() && !state.ended
            })
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = state.wanted.iter().position(|wanted| *wanted == lsn) {
            state.wanted.swap_remove(own);
        }
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
        self.shared.fresh.lock().unwrap_or_else(PoisonError::into_inner).push(frame);
        self.shared.durable.fetch_max(frame.no.0, Ordering::SeqCst);
        if self.shared.idle.swap(false, Ordering::SeqCst) {
            // With the lock the thread is either before its look at `durable` or asleep.
            drop(self.shared.state());
            self.shared.work.notify_one();
        }
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
                Some(open) => open.follow(durable, &self.fresh, &mut |progress| self.moved_to(progress)),
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
        let durable = || FrameNo(self.durable.load(Ordering::SeqCst));
        let state = self
            .work
            .wait_while(self.state(), |state| {
                self.idle.store(true, Ordering::SeqCst);
                !state.ended && state.failure.is_none() && durable() <= state.progress.frame
            })
            .unwrap_or_else(PoisonError::into_inner);
        self.idle.store(false, Ordering::SeqCst);
        (!state.ended).then(durable)
    }

    /// Lets time pass, unless it is the end, or a waiter may cut it short and there is one.
    fn pause<'a>(&self, state: MutexGuard<'a, State>, time: Duration, cut_by_waiters: bool) -> MutexGuard<'a, State> {
        self.work
            .wait_timeout_while(state, time, |state| !(state.ended || cut_by_waiters && state.is_awaited()))
            .unwrap_or_else(PoisonError::into_inner)
            .0
    }

    fn moved_to(&self, progress: Progress) {
        self.state().progress = progress;
        self.moved.notify_all();
    }
}

impl State {
    /// Somebody waits for more than is projected.
    fn is_awaited(&self) -> bool {
        self.wanted.iter().any(|wanted| *wanted > self.progress.lsn)
    }
}

/// Projects what the journal holds already.
fn reach(projection: &mut Projection, head: FrameNo) -> Result<(), StoreError> {
    let anew = projection.progress().frame == FrameNo(0) && head > FrameNo(0);
    if anew {
        tracing::info!(frames = head.0, "purser.db is made from the journal");
    }
    projection.catch_up(head, &mut |_| ())?;
    if anew {
        tracing::info!(records = projection.progress().lsn.0, "purser.db is complete");
    }
    Ok(())
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
