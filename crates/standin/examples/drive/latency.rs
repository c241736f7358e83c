//! Latencies, all of them: a run has too few to need buckets.

use std::time::Duration;

use serde_json::{Value, json};

/// Latencies in nanoseconds.
#[derive(Debug, Default)]
pub(crate) struct Latencies(Vec<u64>);

impl Latencies {
    /// Notes one.
    pub(crate) fn add(&mut self, latency: Duration) {
        self.0.push(u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX));
    }

    /// Takes over another's.
    pub(crate) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Mean and percentiles, in microseconds.
    pub(crate) fn summary(&mut self) -> Value {
        self.0.sort_unstable();
        let count = self.0.len() as u64;
        let mean = self.0.iter().sum::<u64>().checked_div(count).unwrap_or(0);
        json!({
            "mean": micros(mean),
            "p50": micros(self.at(500)),
            "p90": micros(self.at(900)),
            "p99": micros(self.at(990)),
            "p999": micros(self.at(999)),
            "max": micros(self.at(1000)),
        })
    }

    /// The latency that so many of a thousand do not exceed.
    fn at(&self, per_mille: usize) -> u64 {
        let rank = (self.0.len() * per_mille).div_ceil(1000).saturating_sub(1);
        self.0.get(rank).copied().unwrap_or(0)
    }
}

fn micros(nanos: u64) -> f64 {
    Duration::from_nanos(nanos).as_secs_f64() * 1e6
}
