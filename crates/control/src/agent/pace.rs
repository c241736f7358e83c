//! How often agents may ask, and whoever has a link to an offer. Each question waits for the disk, reads the projection or
//! makes a document, so a loop must not have all of it.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

use purser_core::time::Instant;

/// Questions of one key in a minute: two a second, which no agent that also works comes near.
const KEY_MAX: u32 = 120;
/// Questions with no good key in a minute, of all strangers together. A key has 256 random bits; this bounds the work.
const STRANGERS_MAX: u32 = 600;
const WINDOW: Duration = Duration::from_mins(1);
/// Keys remembered before those that were silent are forgotten.
const KEYS_MAX: usize = 4096;

/// Questions of late, by the id of what was shown with them.
#[derive(Debug)]
pub(crate) struct Pace<K> {
    keys: HashMap<K, Minute>,
    strangers: Minute,
}

impl<K> Default for Pace<K> {
    fn default() -> Self {
        Self { keys: HashMap::new(), strangers: Minute::default() }
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Minute {
    since: Instant,
    count: u32,
}

impl Minute {
    fn count(&mut self, most: u32, now: Instant) -> Result<(), Instant> {
        if self.is_over(now) {
            *self = Self { since: now, count: 0 };
        }
        if self.count >= most {
            return Err(self.since.saturating_add(WINDOW));
        }
        self.count = self.count.saturating_add(1);
        Ok(())
    }

    fn is_over(&self, now: Instant) -> bool {
        self.since.saturating_add(WINDOW) <= now
    }
}

impl<K: Copy + Eq + Hash> Pace<K> {
    /// May it be asked now, with this key or by a stranger? `Err` has the instant from which on it may.
    pub(crate) fn count(&mut self, key: Option<K>, now: Instant) -> Result<(), Instant> {
        let Some(key) = key else { return self.strangers.count(STRANGERS_MAX, now) };
        if self.keys.len() >= KEYS_MAX && !self.keys.contains_key(&key) {
            self.keys.retain(|_, minute| !minute.is_over(now));
        }
        self.keys.entry(key).or_default().count(KEY_MAX, now)
    }
}

#[cfg(test)]
mod tests {
    use purser_core::id::KeyId;

    use super::*;

    #[test]
    fn strangers_and_keys_each_have_their_own_bound() {
        let at = |seconds: i64| Instant::from_micros(1_790_000_000_000_000 + seconds * 1_000_000);
        let (one, other) = (Some(KeyId::new(1)), Some(KeyId::new(2)));
        let mut pace = Pace::default();
        for _ in 0..KEY_MAX {
            pace.count(one, at(0)).unwrap();
        }
        assert_eq!(pace.count(one, at(59)), Err(at(60)));
        for _ in 0..STRANGERS_MAX {
            pace.count(None, at(1)).unwrap();
        }
        assert_eq!(pace.count(None, at(2)), Err(at(61)));
        assert_eq!((pace.count(other, at(2)), pace.count(one, at(60))), (Ok(()), Ok(())), "nobody waits for another");
    }

    #[test]
    fn keys_that_were_silent_are_forgotten() {
        let mut pace = Pace::default();
        for key in 0..2 * KEYS_MAX {
            let minute = i64::try_from(key / 64).unwrap();
            let now = Instant::from_micros(1_790_000_000_000_000 + minute * 60_000_000);
            pace.count(Some(KeyId::new(key as u128)), now).unwrap();
        }
        assert!(pace.keys.len() <= KEYS_MAX, "{}", pace.keys.len());
    }
}
