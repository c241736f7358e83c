//! What was used, as signed figures that add up over corrections.

use std::ops::{Add, Neg, Sub};

use purser_core::price::Bucket;
use purser_core::usage::Usage;

/// How many figures: every bucket in its order, then the view `reasoning`.
pub(crate) const WIDTH: usize = Bucket::ALL.len() + 1;

/// The most that is counted for one call: a million million, far beyond any model, and small enough that sums of
/// millions of senseless figures stay in range. The detail keeps what was reported.
const COUNT_MAX: i64 = 1 << 40;

/// Counts of a charge, or differences between two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts([i64; WIDTH]);

impl Counts {
    /// The count of one bucket; below zero only in differences.
    pub fn of(&self, bucket: Bucket) -> i64 {
        // `Bucket::ALL` has them in the order of their declaration.
        self.0.get(bucket as usize).copied().unwrap_or(0)
    }

    /// The view `reasoning`.
    pub fn reasoning(&self) -> i64 {
        self.0.last().copied().unwrap_or(0)
    }

    /// The whole prompt, as [`Usage::prompt_tokens`] adds it.
    pub fn prompt_tokens(&self) -> i64 {
        self.sum(&[
            Bucket::InputUncached,
            Bucket::CacheRead,
            Bucket::CacheWrite5m,
            Bucket::CacheWrite1h,
            Bucket::AudioIn,
            Bucket::ImageIn,
            Bucket::AudioCacheRead,
        ])
    }

    /// Everything read from a cache.
    pub fn cache_read_tokens(&self) -> i64 {
        self.sum(&[Bucket::CacheRead, Bucket::AudioCacheRead])
    }

    /// Everything that came out, as [`Usage::output_tokens`] adds it.
    pub fn output_tokens(&self) -> i64 {
        self.sum(&[Bucket::Output, Bucket::AudioOut, Bucket::ImageOut])
    }

    fn sum(&self, buckets: &[Bucket]) -> i64 {
        buckets.iter().fold(0, |sum, bucket| sum.saturating_add(self.of(*bucket)))
    }

    /// Every bucket in its order, then the view `reasoning`.
    pub(crate) fn figures(&self) -> &[i64; WIDTH] {
        &self.0
    }

    /// From what [`figures`](Self::figures) gave.
    pub(crate) const fn of_figures(figures: [i64; WIDTH]) -> Self {
        Self(figures)
    }

    fn zip(self, other: Self, combine: fn(i64, i64) -> i64) -> Self {
        let mut counts = self;
        counts.0.iter_mut().zip(other.0).for_each(|(count, other)| *count = combine(*count, other));
        counts
    }
}

impl From<&Usage> for Counts {
    fn from(usage: &Usage) -> Self {
        let clamp = |count: u64| i64::try_from(count).unwrap_or(COUNT_MAX).min(COUNT_MAX);
        // In the order of `Bucket::ALL`.
        Self([
            clamp(usage.input_uncached),
            clamp(usage.cache_read),
            clamp(usage.cache_write_5m),
            clamp(usage.cache_write_1h),
            clamp(usage.output),
            clamp(usage.audio_in),
            clamp(usage.audio_out),
            clamp(usage.image_in),
            clamp(usage.image_out),
            clamp(usage.audio_cache_read),
            clamp(usage.web_search_calls),
            clamp(usage.file_search_calls),
            clamp(usage.code_calls),
            clamp(usage.reasoning),
        ])
    }
}

impl Add for Counts {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        self.zip(other, i64::saturating_add)
    }
}

impl Sub for Counts {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self.zip(other, i64::saturating_sub)
    }
}

impl Neg for Counts {
    type Output = Self;
    fn neg(self) -> Self {
        Self::default() - self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_found_in_their_order() {
        let mut usage = Usage { reasoning: 99, ..Usage::default() };
        for (count, bucket) in (1_u64..).zip(Bucket::ALL) {
            *bucket.of_mut(&mut usage) = count;
        }
        let counts = Counts::from(&usage);
        for (count, bucket) in (1_i64..).zip(Bucket::ALL) {
            assert_eq!(counts.of(bucket), count, "{bucket:?}");
        }
        assert_eq!(counts.reasoning(), 99);
        assert_eq!((counts - counts, -counts + counts), (Counts::default(), Counts::default()));
    }
}
