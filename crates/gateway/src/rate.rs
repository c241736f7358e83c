//! Requests per minute, per key: a count in a sliding minute, in memory.

use std::collections::HashMap;
use std::time::Duration;

use parking_lot::Mutex;
use purser_core::id::KeyId;
use purser_core::time::Instant;

const MINUTE_MICROS: i64 = 60_000_000;

/// Counts of the running and the last minute. The sliding count weighs the last minute by how much of it is still
/// within sixty seconds, in integers, so a burst at the turn of the minute gets no double helping.
#[derive(Clone, Copy, Default)]
struct Minutes {
    minute: i64,
    this: u64,
    last: u64,
}

/// The counters of all keys that have a limit.
#[derive(Default)]
pub(crate) struct RateLimits {
    keys: Mutex<HashMap<KeyId, Minutes>>,
}

impl RateLimits {
    /// Counts one request, or says after how long to try again. Refused requests are not counted.
    pub(crate) fn take(&self, key: KeyId, per_minute: u32, at: Instant) -> Result<(), Duration> {
        let (minute, into) = (at.as_micros().div_euclid(MINUTE_MICROS), at.as_micros().rem_euclid(MINUTE_MICROS));
        let mut keys = self.keys.lock();
        let seen = keys.entry(key).or_default();
        if seen.minute != minute {
            let last = if seen.minute + 1 == minute { seen.this } else { 0 };
            *seen = Minutes { minute, this: 0, last };
        }
        let left = u128::try_from(MINUTE_MICROS - into).unwrap_or(0);
        let weighed = u128::from(seen.last) * left / u128::try_from(MINUTE_MICROS).unwrap_or(1) + u128::from(seen.this);
        if weighed >= u128::from(per_minute) {
            return Err(
                Duration::from_micros(u64::try_from(MINUTE_MICROS - into).unwrap_or(0)).max(Duration::from_secs(1))
            );
        }
        seen.this += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_holds_across_the_turn_of_the_minute() {
        let (limits, key) = (RateLimits::default(), KeyId::new(1));
        let at = |second: i64| Instant::from_micros(second * 1_000_000);
        let taken = |second| (0..20).filter(|_| limits.take(key, 10, at(second)).is_ok()).count();
        assert_eq!(taken(59), 10);
        assert_eq!(taken(60), 0, "the last minute still counts in full");
        assert_eq!(taken(90), 5, "half of it has passed");
        assert_eq!(taken(240), 10, "after a pause all is free");
    }
}
