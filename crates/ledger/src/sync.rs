//! What threads share: locks, the bell, counters, the committing thread. From one place, so that a checker of schedules
//! can put its own in theirs (`tests/schedules`).

pub(crate) use std::sync::atomic::{AtomicU64, Ordering};
pub(crate) use std::thread;

pub(crate) use parking_lot::{Condvar, Mutex, MutexGuard};
