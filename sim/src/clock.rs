//! The clock that the ledger sees. It moves when told, either way.

use std::sync::atomic::{AtomicI64, Ordering};

use purser_core::time::{Clock, Instant};

/// A clock that moves when told, forwards or backwards.
#[derive(Debug)]
pub(crate) struct SimClock(AtomicI64);

impl SimClock {
    /// At so many microseconds since 1970.
    #[must_use]
    pub(crate) fn at(micros: i64) -> Self {
        Self(AtomicI64::new(micros))
    }

    /// Microseconds since 1970.
    pub(crate) fn micros(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Moves it.
    pub(crate) fn jump(&self, micros: i64) {
        self.0.fetch_add(micros, Ordering::Relaxed);
    }
}

impl Clock for SimClock {
    fn now(&self) -> Instant {
        Instant::from_micros(self.micros())
    }
}
