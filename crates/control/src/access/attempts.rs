//! How often signing in may be tried.
//!
//! A moving window rather than a lock: whoever knows an address can make its owner wait, and never lock them out.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use purser_core::time::Instant;

/// Attempts in a window that may fail for one address. NIST SP 800-63B-4, section 3.2.2, asks for no more than a
/// hundred in a row; a quarter of an hour for five leaves a guesser 480 a day.
const FAILED_MAX: usize = 5;
/// Of all addresses together: each attempt costs 19 MiB and some hundredths of a second of a core.
const ALL_MAX: usize = 120;
const WINDOW: Duration = Duration::from_mins(15);
const ALL_WINDOW: Duration = Duration::from_mins(1);
/// Addresses remembered; beyond that the ones that failed least recently are forgotten, and [`ALL_MAX`] still holds.
const ADDRESSES_MAX: usize = 4096;

/// Attempts of late.
#[derive(Debug, Default)]
pub(crate) struct Attempts {
    /// By the hash of the address, so that the addresses themselves are nowhere in memory for long.
    failed: HashMap<[u8; 32], VecDeque<Instant>>,
    all: VecDeque<Instant>,
}

impl Attempts {
    /// May it be tried now? `Err` has the instant from which on it may.
    pub(crate) fn begin(&mut self, address: &[u8; 32], now: Instant) -> Result<(), Instant> {
        drop_before(&mut self.all, now, ALL_WINDOW);
        if let Some(failed) = self.failed.get_mut(address) {
            drop_before(failed, now, WINDOW);
            if let Some(first) = failed.front().filter(|_| failed.len() >= FAILED_MAX) {
                return Err(first.saturating_add(WINDOW));
            }
        }
        if let Some(first) = self.all.front().filter(|_| self.all.len() >= ALL_MAX) {
            return Err(first.saturating_add(ALL_WINDOW));
        }
        self.all.push_back(now);
        // Counted as failed until it has succeeded: many at once must not all be the fifth.
        if self.failed.len() >= ADDRESSES_MAX && !self.failed.contains_key(address) {
            self.failed.retain(|_, failed| failed.back().is_some_and(|last| last.saturating_add(WINDOW) > now));
            if self.failed.len() >= ADDRESSES_MAX
                && let Some(oldest) =
                    self.failed.iter().min_by_key(|(_, failed)| failed.back().copied()).map(|(key, _)| *key)
            {
                self.failed.remove(&oldest);
            }
        }
        self.failed.entry(*address).or_default().push_back(now);
        Ok(())
    }

    /// It was the right password.
    pub(crate) fn succeeded(&mut self, address: &[u8; 32]) {
        self.failed.remove(address);
    }
}

fn drop_before(times: &mut VecDeque<Instant>, now: Instant, window: Duration) {
    while times.front().is_some_and(|first| first.saturating_add(window) <= now) {
        times.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Instant {
        Instant::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn five_failures_make_one_address_wait_and_no_other() {
        let mut attempts = Attempts::default();
        for second in 0..5 {
            attempts.begin(&[1; 32], at(second)).unwrap();
        }
        assert_eq!(attempts.begin(&[1; 32], at(10)), Err(at(900)), "until the first is a quarter of an hour old");
        attempts.begin(&[2; 32], at(10)).unwrap();
        attempts.begin(&[1; 32], at(900)).unwrap();
        assert_eq!(attempts.begin(&[1; 32], at(900)), Err(at(901)));
        attempts.succeeded(&[1; 32]);
        attempts.begin(&[1; 32], at(900)).unwrap();
    }

    #[test]
    fn many_addresses_share_a_bound_and_memory_has_one() {
        let mut attempts = Attempts::default();
        let address = |number: usize| {
            let mut bytes = [0; 32];
            bytes[..8].copy_from_slice(&number.to_le_bytes());
            bytes
        };
        for number in 0..ALL_MAX {
            attempts.begin(&address(number), at(0)).unwrap();
        }
        assert_eq!(attempts.begin(&address(9999), at(1)), Err(at(60)));
        for number in 0..2 * ADDRESSES_MAX {
            let minute = i64::try_from(number / 100).unwrap();
            attempts.begin(&address(number), at((minute + 2) * 61)).unwrap();
        }
        assert!(attempts.failed.len() <= ADDRESSES_MAX, "{}", attempts.failed.len());
    }
}
