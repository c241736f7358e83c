//! The buckets of [`Usage`] as data: one name per thing that has a price.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::usage::Usage;

/// What is counted and priced apart. Names are those of [`Usage`]; `reasoning` is missing because it is a view of
/// `output` and never priced by itself. The order is part of the binary form of a charge: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Bucket {
    /// Text input tokens that no cache was involved in.
    InputUncached,
    /// Input tokens read from a cache.
    CacheRead,
    /// Input tokens written to the short-lived cache.
    #[serde(rename = "cache_write_5m")]
    CacheWrite5m,
    /// Input tokens written to the long-lived cache.
    #[serde(rename = "cache_write_1h")]
    CacheWrite1h,
    /// Output tokens, reasoning included.
    Output,
    /// Audio input tokens.
    AudioIn,
    /// Audio output tokens.
    AudioOut,
    /// Image and video input tokens.
    ImageIn,
    /// Image output tokens.
    ImageOut,
    /// Audio input tokens read from a cache.
    AudioCacheRead,
    /// Hosted web searches.
    WebSearchCalls,
    /// Hosted file searches.
    FileSearchCalls,
    /// Hosted code-interpreter containers.
    CodeCalls,
}

/// How many buckets there are.
pub(crate) const BUCKETS: usize = 13;

impl Bucket {
    /// Every bucket, in order.
    pub const ALL: [Self; BUCKETS] = [
        Self::InputUncached,
        Self::CacheRead,
        Self::CacheWrite5m,
        Self::CacheWrite1h,
        Self::Output,
        Self::AudioIn,
        Self::AudioOut,
        Self::ImageIn,
        Self::ImageOut,
        Self::AudioCacheRead,
        Self::WebSearchCalls,
        Self::FileSearchCalls,
        Self::CodeCalls,
    ];

    /// Its place in [`Self::ALL`].
    pub(crate) const fn index(self) -> usize {
        match self {
            Self::InputUncached => 0,
            Self::CacheRead => 1,
            Self::CacheWrite5m => 2,
            Self::CacheWrite1h => 3,
            Self::Output => 4,
            Self::AudioIn => 5,
            Self::AudioOut => 6,
            Self::ImageIn => 7,
            Self::ImageOut => 8,
            Self::AudioCacheRead => 9,
            Self::WebSearchCalls => 10,
            Self::FileSearchCalls => 11,
            Self::CodeCalls => 12,
        }
    }

    /// What kind of thing it counts.
    pub const fn kind(self) -> Kind {
        match self {
            Self::InputUncached
            | Self::CacheRead
            | Self::CacheWrite5m
            | Self::CacheWrite1h
            | Self::AudioIn
            | Self::ImageIn
            | Self::AudioCacheRead => Kind::Input,
            Self::Output | Self::AudioOut | Self::ImageOut => Kind::Output,
            Self::WebSearchCalls | Self::FileSearchCalls | Self::CodeCalls => Kind::Call,
        }
    }

    /// The name in JSON, in data and on pages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InputUncached => "input_uncached",
            Self::CacheRead => "cache_read",
            Self::CacheWrite5m => "cache_write_5m",
            Self::CacheWrite1h => "cache_write_1h",
            Self::Output => "output",
            Self::AudioIn => "audio_in",
            Self::AudioOut => "audio_out",
            Self::ImageIn => "image_in",
            Self::ImageOut => "image_out",
            Self::AudioCacheRead => "audio_cache_read",
            Self::WebSearchCalls => "web_search_calls",
            Self::FileSearchCalls => "file_search_calls",
            Self::CodeCalls => "code_calls",
        }
    }

    /// The bucket of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|bucket| bucket.name() == name)
    }

    /// Where tokens are billed that have no price of their own: a provider that publishes no cached price bills cached
    /// tokens as input, one that publishes no image price bills image tokens as text, and so on. A bucket is never
    /// cheaper for want of a price, and never free.
    pub(crate) const fn billed_as(self) -> Option<Self> {
        match self {
            Self::CacheRead | Self::CacheWrite5m | Self::AudioIn | Self::ImageIn => Some(Self::InputUncached),
            Self::CacheWrite1h => Some(Self::CacheWrite5m),
            Self::AudioCacheRead => Some(Self::AudioIn),
            Self::AudioOut | Self::ImageOut => Some(Self::Output),
            Self::InputUncached | Self::Output | Self::WebSearchCalls | Self::FileSearchCalls | Self::CodeCalls => None,
        }
    }

    /// The count of this bucket.
    pub const fn of(self, usage: &Usage) -> u64 {
        match self {
            Self::InputUncached => usage.input_uncached,
            Self::CacheRead => usage.cache_read,
            Self::CacheWrite5m => usage.cache_write_5m,
            Self::CacheWrite1h => usage.cache_write_1h,
            Self::Output => usage.output,
            Self::AudioIn => usage.audio_in,
            Self::AudioOut => usage.audio_out,
            Self::ImageIn => usage.image_in,
            Self::ImageOut => usage.image_out,
            Self::AudioCacheRead => usage.audio_cache_read,
            Self::WebSearchCalls => usage.web_search_calls,
            Self::FileSearchCalls => usage.file_search_calls,
            Self::CodeCalls => usage.code_calls,
        }
    }

    /// The count of this bucket, to be written.
    pub const fn of_mut(self, usage: &mut Usage) -> &mut u64 {
        match self {
            Self::InputUncached => &mut usage.input_uncached,
            Self::CacheRead => &mut usage.cache_read,
            Self::CacheWrite5m => &mut usage.cache_write_5m,
            Self::CacheWrite1h => &mut usage.cache_write_1h,
            Self::Output => &mut usage.output,
            Self::AudioIn => &mut usage.audio_in,
            Self::AudioOut => &mut usage.audio_out,
            Self::ImageIn => &mut usage.image_in,
            Self::ImageOut => &mut usage.image_out,
            Self::AudioCacheRead => &mut usage.audio_cache_read,
            Self::WebSearchCalls => &mut usage.web_search_calls,
            Self::FileSearchCalls => &mut usage.file_search_calls,
            Self::CodeCalls => &mut usage.code_calls,
        }
    }
}

impl Usage {
    /// The buckets that were used and their counts, in order.
    pub fn used(&self) -> impl Iterator<Item = (Bucket, u64)> {
        Bucket::ALL.into_iter().map(|bucket| (bucket, bucket.of(self))).filter(|(_, count)| *count > 0)
    }
}

impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a bucket counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Tokens of the prompt.
    Input,
    /// Tokens of the answer.
    Output,
    /// Calls of a hosted tool.
    Call,
}

/// A set of buckets: which ones a call can touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BucketSet(u16);

impl BucketSet {
    /// Every bucket.
    pub const ALL: Self = Self((1 << BUCKETS) - 1);
    /// No bucket.
    pub const NONE: Self = Self(0);

    /// With this bucket too.
    #[must_use]
    pub const fn with(self, bucket: Bucket) -> Self {
        Self(self.0 | bucket.bit())
    }

    /// Without this bucket.
    #[must_use]
    pub const fn without(self, bucket: Bucket) -> Self {
        Self(self.0 & !bucket.bit())
    }

    /// Is the bucket in it?
    pub const fn contains(self, bucket: Bucket) -> bool {
        self.0 & bucket.bit() != 0
    }

    /// The buckets in it of one kind.
    pub fn of_kind(self, kind: Kind) -> impl Iterator<Item = Bucket> {
        Bucket::ALL.into_iter().filter(move |bucket| bucket.kind() == kind && self.contains(*bucket))
    }
}

impl Default for BucketSet {
    /// Every bucket: a bound that knows nothing assumes the dearest.
    fn default() -> Self {
        Self::ALL
    }
}

impl Bucket {
    const fn bit(self) -> u16 {
        1 << self.index()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_places_and_fields_agree() {
        let mut usage = Usage::default();
        for (place, bucket) in Bucket::ALL.into_iter().enumerate() {
            assert_eq!(bucket.index(), place);
            assert_eq!(Bucket::from_name(bucket.name()), Some(bucket));
            assert_eq!(serde_json::to_value(bucket).unwrap(), bucket.name(), "one name everywhere");
            *bucket.of_mut(&mut usage) = 1 << place;
            assert_eq!(bucket.of(&usage), 1 << place);
        }
        let json = serde_json::to_value(usage).unwrap();
        for bucket in Bucket::ALL {
            assert_eq!(json[bucket.name()], bucket.of(&usage), "the field of the same name");
        }
        assert_eq!(usage.reasoning, 0, "a view is no bucket");
    }

    #[test]
    fn kinds_agree_with_the_sums_of_usage() {
        let mut usage = Usage::default();
        for bucket in Bucket::ALL {
            *bucket.of_mut(&mut usage) = 1;
        }
        let count = |kind| BucketSet::ALL.of_kind(kind).count() as u64;
        assert_eq!(usage.prompt_tokens(), count(Kind::Input));
        assert_eq!(usage.output_tokens(), count(Kind::Output));
    }

    #[test]
    fn sets_hold_what_was_put_in() {
        let set = BucketSet::NONE.with(Bucket::Output).with(Bucket::CodeCalls);
        assert!(set.contains(Bucket::Output) && !set.contains(Bucket::InputUncached));
        assert!(!set.without(Bucket::Output).contains(Bucket::Output));
        assert!(Bucket::ALL.into_iter().all(|bucket| BucketSet::ALL.contains(bucket)));
    }
}
