//! Usage in Gemini's answers.
//!
//! `promptTokenCount` includes `cachedContentTokenCount`; results of hosted tools are extra input; thoughts are output
//! beside the candidates. In a stream every chunk may carry running counts and the last one wins. Details by modality
//! may sum to less than their total: the remainder is text.

use purser_core::usage::{Served, Usage};

use crate::json::{Cursor, Kind, Read};

use super::common::{Common, keep, rest, tier, with_hidden};
use super::{Metered, Stage, Suspect, UsageProblem};

/// Tokens by modality; text is what is left of the total.
#[derive(Clone, Copy, Debug, Default)]
struct Modalities {
    audio: u64,
    image: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    prompt: Option<u64>,
    cached: Option<u64>,
    candidates: Option<u64>,
    thoughts: Option<u64>,
    tool_use: Option<u64>,
    total: Option<u64>,
    prompt_by: Modalities,
    cached_by: Modalities,
    candidates_by: Modalities,
    tool_use_by: Modalities,
}

/// What has been read.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) common: Common,
    counts: Counts,
    tier: Option<String>,
    searches: u64,
    maps: bool,
    has_usage: bool,
}

impl Answer {
    /// One chunk, or a whole answer: the two have the same shape.
    pub(crate) fn chunk(&mut self, cursor: &mut Cursor<'_>) -> Read<()> {
        cursor.object(|cursor, key| match &*key.text() {
            "candidates" => {
                let mut searches: u64 = 0;
                cursor.each(|cursor| {
                    searches = searches.saturating_add(self.candidate(cursor)?);
                    Ok(())
                })?;
                self.searches = self.searches.max(searches);
                Ok(())
            }
            "usageMetadata" => self.usage(cursor),
            "modelVersion" => keep(cursor, &mut self.common.model),
            "responseId" => keep(cursor, &mut self.common.id),
            "promptFeedback" => {
                cursor.object(|cursor, key| {
                    // A refused prompt gets no candidate: this is all there will be.
                    if &*key.text() == "blockReason" {
                        self.common.complete |= cursor.string()?.is_some();
                    }
                    Ok(())
                })?;
                Ok(())
            }
            "error" => {
                self.common.errored |= cursor.kind()? != Kind::Null;
                Ok(())
            }
            _ => Ok(()),
        })?;
        Ok(())
    }

    /// A candidate; says how many searches it is grounded in.
    fn candidate(&mut self, cursor: &mut Cursor<'_>) -> Read<u64> {
        let mut searches: u64 = 0;
        cursor.object(|cursor, key| match &*key.text() {
            "content" => {
                cursor.object(|cursor, key| match &*key.text() {
                    "parts" => cursor.each(|cursor| self.part(cursor)),
                    _ => Ok(()),
                })?;
                Ok(())
            }
            "finishReason" => {
                self.common.complete |= cursor.string()?.is_some();
                Ok(())
            }
            "groundingMetadata" => {
                searches = self.grounding(cursor)?;
                Ok(())
            }
            _ => Ok(()),
        })?;
        Ok(searches)
    }

    fn part(&mut self, cursor: &mut Cursor<'_>) -> Read<()> {
        cursor.object(|cursor, key| match &*key.text() {
            "text" => {
                let text = cursor.string()?;
                self.common.see(text);
                Ok(())
            }
            "functionCall" | "executableCode" => {
                let start = cursor.value_start();
                cursor.skip()?;
                let bytes = cursor.position().saturating_sub(start);
                let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
                self.common.visible_bytes = self.common.visible_bytes.saturating_add(bytes);
                Ok(())
            }
            _ => Ok(()),
        })?;
        Ok(())
    }

    fn grounding(&mut self, cursor: &mut Cursor<'_>) -> Read<u64> {
        let mut searches: u64 = 0;
        cursor.object(|cursor, key| match &*key.text() {
            "webSearchQueries" => cursor.each(|cursor| {
                let asked = cursor.string()?.is_some_and(|query| !query.raw.is_empty());
                searches = searches.saturating_add(u64::from(asked));
                Ok(())
            }),
            "groundingChunks" => cursor.each(|cursor| {
                cursor.object(|_, key| {
                    self.maps |= &*key.text() == "maps";
                    Ok(())
                })?;
                Ok(())
            }),
            _ => Ok(()),
        })?;
        Ok(searches)
    }

    fn usage(&mut self, cursor: &mut Cursor<'_>) -> Read<()> {
        let Self { common, counts, tier, .. } = self;
        let before = counts.candidates;
        let here = common.usage(cursor, |common, cursor| {
            cursor.object(|cursor, key| match &*key.text() {
                "promptTokenCount" => common.count(cursor, &mut counts.prompt, "promptTokenCount"),
                "cachedContentTokenCount" => common.count(cursor, &mut counts.cached, "cachedContentTokenCount"),
                "candidatesTokenCount" => common.count(cursor, &mut counts.candidates, "candidatesTokenCount"),
                "thoughtsTokenCount" => common.count(cursor, &mut counts.thoughts, "thoughtsTokenCount"),
                "toolUsePromptTokenCount" => common.count(cursor, &mut counts.tool_use, "toolUsePromptTokenCount"),
                "totalTokenCount" => common.count(cursor, &mut counts.total, "totalTokenCount"),
                "promptTokensDetails" => details(common, cursor, &mut counts.prompt_by),
                "cacheTokensDetails" => details(common, cursor, &mut counts.cached_by),
                "candidatesTokensDetails" => details(common, cursor, &mut counts.candidates_by),
                "toolUsePromptTokensDetails" => details(common, cursor, &mut counts.tool_use_by),
                "trafficType" | "serviceTier" => keep(cursor, tier),
                _ => Ok(()),
            })?;
            Ok(())
        })?;
        if before > counts.candidates {
            common.suspect(Suspect::Decreased);
        }
        self.has_usage |= here;
        Ok(())
    }

    pub(crate) fn metered(&self) -> Result<Metered, UsageProblem> {
        let counts = &self.counts;
        let (true, Some(prompt)) = (self.has_usage, counts.prompt) else { return Err(UsageProblem::Missing) };
        let mut suspect = self.common.suspect;
        let tool_use = counts.tool_use.unwrap_or(0);
        let thoughts = counts.thoughts.unwrap_or(0);
        let input = prompt.saturating_add(tool_use);
        let out = counts.candidates.unwrap_or(0).saturating_add(thoughts);
        let (out, hidden) = with_hidden(input, out, counts.total, &mut suspect);

        let cached = counts.cached.unwrap_or(0);
        let audio = counts.prompt_by.audio.saturating_add(counts.tool_use_by.audio);
        let image = counts.prompt_by.image.saturating_add(counts.tool_use_by.image);
        // Cached audio and images are part of both the prompt's and the cache's details.
        let audio_cached = counts.cached_by.audio.min(audio);
        let image_cached = counts.cached_by.image.min(image);
        let audio_in = audio.saturating_sub(audio_cached);
        let image_in = image.saturating_sub(image_cached);
        let apart = cached.saturating_add(audio_in).saturating_add(image_in);
        let out_apart = counts.candidates_by.audio.saturating_add(counts.candidates_by.image);
        let usage = Usage {
            input_uncached: rest(input, apart, &mut suspect),
            cache_read: rest(cached, audio_cached, &mut suspect),
            output: rest(out, out_apart, &mut suspect),
            reasoning: thoughts.max(hidden).min(out),
            audio_in,
            audio_out: counts.candidates_by.audio,
            image_in,
            image_out: counts.candidates_by.image,
            audio_cache_read: audio_cached,
            web_search_calls: self.billed_searches(),
            ..Usage::default()
        };
        Ok(Metered {
            usage,
            served: Served {
                model: self.common.model.clone(),
                tier: self.tier.as_deref().map(tier).unwrap_or_default(),
                geo: None,
            },
            others: Vec::new(),
            stage: if self.common.complete { Stage::Final } else { Stage::Running },
            suspect,
            provider_id: self.common.id.clone(),
            raw_usage: self.common.raw_usage.clone(),
        })
    }

    /// Documented: up to Gemini 2.5 a grounded prompt is billed once, from Gemini 3 on each query is. Grounding in maps
    /// is billed once a prompt.
    fn billed_searches(&self) -> u64 {
        let model = self.common.model.as_deref().unwrap_or_default();
        let once = model.starts_with("gemini-1") || model.starts_with("gemini-2");
        let searches = if once { self.searches.min(1) } else { self.searches };
        searches.saturating_add(u64::from(self.maps))
    }
}

/// `[{modality, tokenCount}]`; the last list seen replaces the one before.
fn details(common: &mut Common, cursor: &mut Cursor<'_>, into: &mut Modalities) -> Read<()> {
    *into = Modalities::default();
    cursor.each(|cursor| {
        let mut modality = None;
        let mut tokens = None;
        cursor.object(|cursor, key| match &*key.text() {
            "modality" => {
                modality = cursor.text()?;
                Ok(())
            }
            "tokenCount" => common.count(cursor, &mut tokens, "tokenCount"),
            _ => Ok(()),
        })?;
        let tokens = tokens.unwrap_or(0);
        match modality.as_deref() {
            Some("AUDIO") => into.audio = into.audio.saturating_add(tokens),
            Some("IMAGE" | "VIDEO") => into.image = into.image.saturating_add(tokens),
            _ => {}
        }
        Ok(())
    })
}
