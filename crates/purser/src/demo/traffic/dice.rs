//! Chance with a seed: the same seed throws the same.

/// A small generator (SplitMix64). Good enough to vary a demonstration, not for secrets.
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

/// The golden ratio in 64 bits: successive states differ in many bits.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

impl Dice {
    /// Dice of a seed and a place, so that everybody in the company throws their own.
    pub(crate) fn new(seed: u64, place: u64) -> Self {
        let mut dice = Self(seed ^ place.wrapping_mul(STEP));
        dice.next();
        dice
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    /// From `least` to `most`, both included; `least` where they are the wrong way round.
    pub(crate) fn between(&mut self, least: u64, most: u64) -> u64 {
        let span = most.saturating_sub(least).saturating_add(1);
        least.saturating_add(self.next() % span.max(1))
    }

    /// True in so many of a hundred throws.
    pub(crate) fn chance(&mut self, percent: u64) -> bool {
        self.next() % 100 < percent
    }

    /// One of several; `None` of none.
    pub(crate) fn pick<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        let last = u64::try_from(of.len().checked_sub(1)?).unwrap_or(u64::MAX);
        of.get(usize::try_from(self.between(0, last)).unwrap_or(0))
    }
}

/// What people in offices write about. Chosen so that no two sentences of a talk are alike for long.
const WORDS: &[&str] = &[
    "the",
    "quarter",
    "invoice",
    "module",
    "a",
    "forecast",
    "test",
    "customer",
    "queue",
    "with",
    "retry",
    "margin",
    "latency",
    "release",
    "note",
    "and",
    "contract",
    "cache",
    "ticket",
    "from",
    "region",
    "rollback",
    "budget",
    "draft",
    "schema",
    "meeting",
    "of",
    "alert",
    "supplier",
    "branch",
    "report",
    "for",
    "onboarding",
    "index",
    "payroll",
    "on",
    "metric",
    "review",
    "figure",
    "deadline",
    "in",
    "summary",
];

impl Dice {
    /// About so many bytes of words.
    pub(crate) fn prose(&mut self, bytes: usize) -> String {
        let mut text = String::with_capacity(bytes.saturating_add(16));
        while text.len() < bytes {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(self.pick(WORDS).copied().unwrap_or_default());
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_throws_the_same_and_within_bounds() {
        let (mut one, mut same, mut other) = (Dice::new(7, 1), Dice::new(7, 1), Dice::new(7, 2));
        let throws = |dice: &mut Dice| (0..50).map(|_| dice.between(3, 9)).collect::<Vec<_>>();
        let thrown = throws(&mut one);
        assert_eq!(thrown, throws(&mut same));
        assert_ne!(thrown, throws(&mut other));
        assert!((3..=9).all(|face| thrown.contains(&face)), "{thrown:?}");
        assert_eq!(one.between(9, 3), 9);
        assert_eq!(one.pick::<u8>(&[]), None);
        assert!(one.prose(100).len() >= 100);
    }
}
