//! Instants: microseconds since 1970 in UTC. Civil time belongs to [`crate::period`].

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A moment, microseconds since 1970-01-01T00:00:00Z. JSON shows RFC 3339 in UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(i64);

impl Instant {
    /// The start of the count.
    pub const EPOCH: Self = Self(0);
    /// Later than anything.
    pub const FAR_FUTURE: Self = Self(i64::MAX);

    /// From microseconds since 1970.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since 1970.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Milliseconds since 1970, rounded down.
    pub const fn as_millis(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    /// Seconds since 1970, rounded down.
    pub const fn as_secs(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// This much later, held at the end of the range.
    #[must_use]
    pub fn saturating_add(self, by: std::time::Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(by.as_micros()).unwrap_or(i64::MAX)))
    }

    /// This much earlier, held at the start of the range.
    #[must_use]
    pub fn saturating_sub(self, by: std::time::Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(by.as_micros()).unwrap_or(i64::MAX)))
    }

    /// How long after `earlier`; zero when it is not after.
    pub fn since(self, earlier: Self) -> std::time::Duration {
        std::time::Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl Instant {
    /// The first instant after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// The ends of what the calendar knows (years ±9999), in whole seconds: it takes no fraction of its last one.
fn calendar_ends() -> (i64, i64) {
    let micros = |end: jiff::Timestamp| end.as_second().saturating_mul(1_000_000);
    (micros(jiff::Timestamp::MIN), micros(jiff::Timestamp::MAX))
}

impl From<jiff::Timestamp> for Instant {
    /// The calendar's last second stands for [`Instant::FAR_FUTURE`], its first one for the opposite.
    fn from(timestamp: jiff::Timestamp) -> Self {
        let (first, last) = calendar_ends();
        match timestamp.as_microsecond() {
            micros if micros >= last => Self::FAR_FUTURE,
            micros if micros <= first => Self(i64::MIN),
            micros => Self(micros),
        }
    }
}

impl From<Instant> for jiff::Timestamp {
    /// Held at the ends of what the calendar knows.
    fn from(instant: Instant) -> Self {
        let (first, last) = calendar_ends();
        Self::from_microsecond(instant.0.clamp(first, last)).expect("the ends are in the calendar's range")
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        jiff::Timestamp::from(*self).fmt(f)
    }
}

impl FromStr for Instant {
    type Err = jiff::Error;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<jiff::Timestamp>().map(Self::from)
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::read(deserializer)
    }
}

/// Where the program gets the time from. Only the program's wiring implements it over the machine's clock.
pub trait Clock: Send + Sync {
    /// The present moment. May jump; whoever needs order keeps the latest it has seen.
    fn now(&self) -> Instant;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_read_back_from_their_text() {
        for micros in [i64::MIN, -1, 0, 1_790_000_000_000_001, i64::MAX] {
            let instant = Instant::from_micros(micros);
            let text = serde_json::to_string(&instant).unwrap();
            assert_eq!(serde_json::from_str::<Instant>(&text).unwrap(), instant, "{text}");
        }
        assert_eq!(Instant::FAR_FUTURE.to_string(), "9999-12-30T22:00:00Z", "never, not 1970");
    }
}
