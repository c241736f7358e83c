//! The machine's clock, read here and nowhere else.

use std::time::{SystemTime, UNIX_EPOCH};

use purser_core::time::{Clock, Instant};

/// The time of day, as the machine believes it is. May jump; whoever needs order keeps the latest it has seen.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct MachineClock;

impl Clock for MachineClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the machine's clock")]
    fn now(&self) -> Instant {
        let micros = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_micros()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_micros()).map_or(i64::MIN, |micros| -micros),
        };
        Instant::from_micros(micros)
    }
}
