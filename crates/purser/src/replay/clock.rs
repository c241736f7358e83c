//! The clock of a replay: it shows what it was set to last.

use std::sync::atomic::{AtomicI64, Ordering};

use purser_core::time::{Clock, Instant};

/// Shows an instant until it is set to a later one.
#[derive(Debug)]
pub(super) struct ReplayClock(AtomicI64);

impl ReplayClock {
    pub(super) fn at(at: Instant) -> Self {
        Self(AtomicI64::new(at.as_micros()))
    }

    /// From now on it is `at`; never earlier than it was.
    pub(super) fn set(&self, at: Instant) {
        self.0.fetch_max(at.as_micros(), Ordering::Relaxed);
    }
}

impl Clock for ReplayClock {
    fn now(&self) -> Instant {
        Instant::from_micros(self.0.load(Ordering::Relaxed))
    }
}
