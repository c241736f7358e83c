//! What one call used, in disjoint buckets, and what the provider says it served.

use serde::{Deserialize, Serialize};

/// Counts of one call. Buckets are disjoint unless their text says "view": the sum of the non-view token buckets is
/// what the provider billed. Names and rules follow the providers' own usage fields, normalised so that no bucket
/// contains another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Usage {
    /// Text input tokens that were neither read from nor written to a cache.
    pub input_uncached: u64,
    /// Input tokens read from a cache.
    pub cache_read: u64,
    /// Input tokens written to the short-lived cache (Anthropic 5 minutes, OpenAI 30 minutes).
    pub cache_write_5m: u64,
    /// Input tokens written to the long-lived cache (Anthropic 1 hour, OpenAI 12 hours).
    pub cache_write_1h: u64,
    /// Output tokens, reasoning included.
    pub output: u64,
    /// View: the part of `output` that was reasoning.
    pub reasoning: u64,
    /// Audio input tokens.
    pub audio_in: u64,
    /// Audio output tokens.
    pub audio_out: u64,
    /// Image (and video) input tokens where they are priced apart from text.
    pub image_in: u64,
    /// Image output tokens.
    pub image_out: u64,
    /// Audio input tokens read from a cache.
    pub audio_cache_read: u64,
    /// Hosted web searches (also grounding queries).
    pub web_search_calls: u64,
    /// Hosted file searches.
    pub file_search_calls: u64,
    /// Hosted code-interpreter containers.
    pub code_calls: u64,
}

impl Usage {
    /// The whole prompt, every cache bucket included: what long-context thresholds are tested against.
    pub fn prompt_tokens(&self) -> u64 {
        [
            self.input_uncached,
            self.cache_read,
            self.cache_write_5m,
            self.cache_write_1h,
            self.audio_in,
            self.image_in,
            self.audio_cache_read,
        ]
        .iter()
        .fold(0, |sum, n| sum.saturating_add(*n))
    }

    /// Everything that came out.
    pub fn output_tokens(&self) -> u64 {
        self.output.saturating_add(self.audio_out).saturating_add(self.image_out)
    }

    /// Was nothing counted?
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The service tier that the *response* names: it decides the price, not what was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// The list price.
    #[default]
    Standard,
    /// Batch processing.
    Batch,
    /// Slower and cheaper.
    Flex,
    /// Faster and dearer (OpenAI's and Google's priority, OpenAI's fast).
    Priority,
    /// Anthropic's fast mode.
    Fast,
}

/// How a call was served, as its response says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Served {
    /// The model named in the response; aliases and fallbacks change it. `None` when the response names none.
    pub model: Option<String>,
    /// The tier served.
    pub tier: Tier,
    /// Served from a particular region at an uplift (`us`, `eu`); `None` for the global endpoint.
    pub geo: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_counted_is_not_nothing() {
        assert!(Usage::default().is_empty());
        assert!(!Usage { code_calls: 1, ..Usage::default() }.is_empty());
        assert!(!Usage { reasoning: 1, ..Usage::default() }.is_empty(), "a view counts too");
    }
}
