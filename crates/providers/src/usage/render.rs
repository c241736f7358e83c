//! Our counts in the usage objects of each dialect, for the closing frames of streams that are ended early.

use purser_core::usage::Usage;
use serde_json::{Value, json};

/// Anthropic's cumulative usage of `message_delta`.
pub(crate) fn anthropic(usage: &Usage) -> Value {
    json!({
        "input_tokens": usage.input_uncached,
        "cache_creation_input_tokens": usage.cache_write_5m.saturating_add(usage.cache_write_1h),
        "cache_read_input_tokens": usage.cache_read,
        "output_tokens": usage.output_tokens(),
    })
}

/// Chat's usage.
pub(crate) fn chat(usage: &Usage) -> Value {
    let (input, output) = (usage.prompt_tokens(), usage.output_tokens());
    json!({
        "prompt_tokens": input,
        "completion_tokens": output,
        "total_tokens": input.saturating_add(output),
        "prompt_tokens_details": { "cached_tokens": usage.cache_read, "audio_tokens": usage.audio_in },
        "completion_tokens_details": { "reasoning_tokens": usage.reasoning, "audio_tokens": usage.audio_out },
    })
}

/// Responses' usage.
pub(crate) fn responses(usage: &Usage) -> Value {
    let (input, output) = (usage.prompt_tokens(), usage.output_tokens());
    json!({
        "input_tokens": input,
        "input_tokens_details": {
            "cached_tokens": usage.cache_read,
            "cache_write_tokens": usage.cache_write_5m.saturating_add(usage.cache_write_1h),
        },
        "output_tokens": output,
        "output_tokens_details": { "reasoning_tokens": usage.reasoning },
        "total_tokens": input.saturating_add(output),
    })
}

/// Gemini's usage.
pub(crate) fn gemini(usage: &Usage) -> Value {
    let (input, output) = (usage.prompt_tokens(), usage.output_tokens());
    let thoughts = usage.reasoning.min(output);
    json!({
        "promptTokenCount": input,
        "cachedContentTokenCount": usage.cache_read.saturating_add(usage.audio_cache_read),
        "candidatesTokenCount": output.saturating_sub(thoughts),
        "thoughtsTokenCount": thoughts,
        "totalTokenCount": input.saturating_add(output),
    })
}
