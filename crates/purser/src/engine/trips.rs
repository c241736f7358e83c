//! Trips of breakers on their way from the gateway's threads to the control plane, which places their stops.

use std::io;
use std::thread::JoinHandle;

use purser_control::{Control, RunPort, Warning};
use purser_core::breaker::Act;
use purser_core::id::RunId;
use purser_core::run::RunLimits;
use purser_core::time::Instant;
use purser_gateway::{LiveRuns, TripLog, Tripping};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Trips that wait for their stop. A trip beyond that is told in the log; the gateway holds its run back for a minute, and
/// it trips again then.
const WAITING_MAX: usize = 1_024;

/// Takes trips at once; a thread of its own hands them on. Dropping it waits until all that it took have their stop.
pub(super) struct Watchman {
    /// `None` only while it is dropped.
    trips: Option<Sender<Tripping>>,
    thread: Option<JoinHandle<()>>,
}

impl Watchman {
    /// Starts the thread.
    pub(super) fn start(control: Control) -> io::Result<Self> {
        let (send, receive) = channel(WAITING_MAX);
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        let watch = move || runtime.block_on(hand_on(control, receive));
        let thread = std::thread::Builder::new().name("purser-trips".to_owned()).spawn(watch)?;
        Ok(Self { trips: Some(send), thread: Some(thread) })
    }
}

impl TripLog for Watchman {
    fn tripped(&self, trips: Vec<Tripping>) {
        for trip in trips {
            let (run, seen) = (trip.run, trip.tripped.seen.clone());
            if self.trips.as_ref().is_none_or(|trips| trips.try_send(trip).is_err()) {
                tracing::error!(run.id = %run, seen, "a breaker tripped and its stop could not be placed: too many wait");
            }
        }
    }
}

impl Drop for Watchman {
    fn drop(&mut self) {
        self.trips = None;
        if let Some(thread) = self.thread.take() {
            // A panic of it was printed there.
            let _ = thread.join();
        }
    }
}

async fn hand_on(control: Control, mut trips: Receiver<Tripping>) {
    while let Some(Tripping { run, person, act, tripped, at }) = trips.recv().await {
        let (breaker, told) = (tripped.breaker, tripped.seen.clone());
        if act == Act::Warn {
            tracing::warn!(run.id = %run, person.id = %person, seen = tripped.seen, "a run may get out of hand");
            control.warn_about(Warning { run, person, breaker: tripped.breaker, seen: tripped.seen, at });
        } else {
            tracing::warn!(run.id = %run, person.id = %person, seen = tripped.seen, "a breaker holds a run back");
            if let Err(error) = control.hold_back(run, tripped).await {
                tracing::error!(%error, run.id = %run, "the stop of a breaker could not be placed");
            }
        }
        // Once the run is held back: whoever is told has time.
        if let Err(error) = control.tell_speed(person, breaker, act != Act::Warn, told, at).await {
            tracing::error!(%error, run.id = %run, "an alarm about somebody's speed could not be raised");
        }
    }
}

/// The gateway's runs, as the control plane asks about them.
pub(super) struct Runs(pub(super) LiveRuns);

impl RunPort for Runs {
    fn confirm(&self, run: RunId, at: Instant) -> bool {
        self.0.confirm(run, at)
    }

    fn limits(&self, run: RunId) -> Option<RunLimits> {
        self.0.limits(run)
    }
}
