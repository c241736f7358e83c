//! Usage in Gemini's answers.
//!
//! `promptTokenCount` includes `cachedContentTokenCount`; results of hosted tools are extra input; thoughts are output
//! beside the candidates. In a stream every chunk may carry running counts and the last one wins. Details by modality
//! may sum to less than their total: the remainder is text.

use purser_core::usage::{Served, Usage};

use crate::json::{Cursor, Kind, Read, SpotKind};

use super::common::{Common, Said, keep, rest, tier, with_hidden};
use super::{Metered, Stage, Suspect, UsageProblem};

/// Tokens by modality; text is what is left of the total.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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
    by: ByModality,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct ByModality {
    prompt: Modalities,
    cached: Modalities,
    candidates: Modalities,
    tool_use: Modalities,
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
    /// Bytes of calls and code, which are counted as visible too.
    call_bytes: u64,
}

impl Answer {
    /// One chunk, or a whole answer: the two have the same shape.
    pub(crate) fn chunk(&mut self, cursor: &mut Cursor<'_>) -> Read<Said> {
        let before = self.state();
        let mut more = false;
        cursor.object(|cursor, key| {
            match &*key.name() {
                b"candidates" => {
                    let mut searches: u64 = 0;
                    cursor.each(|cursor| {
                        searches = searches.saturating_add(self.candidate(cursor)?);
                        Ok(())
                    })?;
                    self.searches = self.searches.max(searches);
                }
                b"usageMetadata" => more |= self.usage(cursor)?,
                b"modelVersion" => more |= keep(cursor, &mut self.common.model)?,
                b"responseId" => more |= keep(cursor, &mut self.common.id)?,
                b"promptFeedback" => {
                    cursor.object(|cursor, key| {
                        // A refused prompt gets no candidate: this is all there will be.
                        if key.is("blockReason") {
                            self.common.complete |= cursor.string()?.is_some();
                        }
                        Ok(())
                    })?;
                }
                b"error" => self.common.errored |= cursor.kind()? != Kind::Null,
                _ => {}
            }
            Ok(())
        })?;
        Ok(Said::text_alone(!more && self.state() == before))
    }

    /// What a chunk can change besides text and running counts, names apart.
    fn state(&self) -> impl PartialEq + use<> {
        let Self { common, counts, searches, maps, has_usage, call_bytes, .. } = self;
        (common.state(), counts.by, *searches, *maps, *has_usage, *call_bytes)
    }

    /// Counts told again, by the names of their fields.
    pub(crate) fn recount(&mut self, told: &[(SpotKind, u64)]) {
        let Self { counts, .. } = self;
        let before = counts.candidates;
        for (spot, value) in told {
            match spot {
                SpotKind::Count("promptTokenCount") => counts.prompt = Some(*value),
                SpotKind::Count("cachedContentTokenCount") => counts.cached = Some(*value),
                SpotKind::Count("candidatesTokenCount") => counts.candidates = Some(*value),
                SpotKind::Count("thoughtsTokenCount") => counts.thoughts = Some(*value),
                SpotKind::Count("toolUsePromptTokenCount") => counts.tool_use = Some(*value),
                SpotKind::Count("totalTokenCount") => counts.total = Some(*value),
                _ => {}
            }
        }
        if before > counts.candidates {
            self.common.suspect(Suspect::Decreased);
        }
    }

    /// A candidate; says how many searches it is grounded in.
    fn candidate(&mut self, cursor: &mut Cursor<'_>) -> Read<u64> {
        let mut searches: u64 = 0;
        cursor.object(|cursor, key| match &*key.name() {
            b"content" => {
                cursor.object(|cursor, key| match &*key.name() {
                    b"parts" => cursor.each(|cursor| self.part(cursor)),
                    _ => Ok(()),
                })?;
                Ok(())
            }
            b"finishReason" => {
                self.common.complete |= cursor.string()?.is_some();
                Ok(())
            }
            b"groundingMetadata" => {
                searches = self.grounding(cursor)?;
                Ok(())
            }
            _ => Ok(()),
        })?;
        Ok(searches)
    }

    fn part(&mut self, cursor: &mut Cursor<'_>) -> Read<()> {
        cursor.object(|cursor, key| match &*key.name() {
            b"text" => self.common.see(cursor),
            b"functionCall" | b"executableCode" => {
                let start = cursor.value_start();
                cursor.skip()?;
                let bytes = cursor.position().saturating_sub(start);
                let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
                self.call_bytes = self.call_bytes.saturating_add(bytes);
                self.common.saw(bytes);
                Ok(())
            }
            _ => Ok(()),
        })?;
        Ok(())
    }

    fn grounding(&mut self, cursor: &mut Cursor<'_>) -> Read<u64> {
        let mut searches: u64 = 0;
        cursor.object(|cursor, key| match &*key.name() {
            b"webSearchQueries" => cursor.each(|cursor| {
                let asked = cursor.string()?.is_some_and(|query| !query.raw.is_empty());
                searches = searches.saturating_add(u64::from(asked));
                Ok(())
            }),
            b"groundingChunks" => cursor.each(|cursor| {
                cursor.object(|_, key| {
                    self.maps |= key.is("maps");
                    Ok(())
                })?;
                Ok(())
            }),
            _ => Ok(()),
        })?;
        Ok(searches)
    }

    /// Running counts; says whether the tier's name changed.
    fn usage(&mut self, cursor: &mut Cursor<'_>) -> Read<bool> {
        let Self { common, counts, tier, .. } = self;
        let before = counts.candidates;
        let mut renamed = false;
        let here = common.usage(cursor, |common, cursor| {
            cursor.object(|cursor, key| match &*key.name() {
                b"promptTokenCount" => common.running(cursor, &mut counts.prompt, "promptTokenCount"),
                b"cachedContentTokenCount" => common.running(cursor, &mut counts.cached, "cachedContentTokenCount"),
                b"candidatesTokenCount" => common.running(cursor, &mut counts.candidates, "candidatesTokenCount"),
                b"thoughtsTokenCount" => common.running(cursor, &mut counts.thoughts, "thoughtsTokenCount"),
                b"toolUsePromptTokenCount" => common.running(cursor, &mut counts.tool_use, "toolUsePromptTokenCount"),
                b"totalTokenCount" => common.running(cursor, &mut counts.total, "totalTokenCount"),
                b"promptTokensDetails" => details(common, cursor, &mut counts.by.prompt),
                b"cacheTokensDetails" => details(common, cursor, &mut counts.by.cached),
                b"candidatesTokensDetails" => details(common, cursor, &mut counts.by.candidates),
                b"toolUsePromptTokensDetails" => details(common, cursor, &mut counts.by.tool_use),
                b"trafficType" | b"serviceTier" => {
                    renamed |= keep(cursor, tier)?;
                    Ok(())
                }
                _ => Ok(()),
            })?;
            Ok(())
        })?;
        if before > counts.candidates {
            common.suspect(Suspect::Decreased);
        }
        self.has_usage |= here;
        Ok(renamed)
    }

    /// All of it but the names, which [`super::Answer`] adds.
    pub(crate) fn counted(&self) -> Result<Metered, UsageProblem> {
        let counts = &self.counts;
        let (true, Some(prompt)) = (self.has_usage, counts.prompt) else { return Err(UsageProblem::Missing) };
        let mut suspect = self.common.suspect;
        let tool_use = counts.tool_use.unwrap_or(0);
        let thoughts = counts.thoughts.unwrap_or(0);
        let input = prompt.saturating_add(tool_use);
        let out = counts.candidates.unwrap_or(0).saturating_add(thoughts);
        let (out, hidden) = with_hidden(input, out, counts.total, &mut suspect);

        let cached = counts.cached.unwrap_or(0);
        let audio = counts.by.prompt.audio.saturating_add(counts.by.tool_use.audio);
        let image = counts.by.prompt.image.saturating_add(counts.by.tool_use.image);
        // Cached audio and images are part of both the prompt's and the cache's details.
        let audio_cached = counts.by.cached.audio.min(audio);
        let image_cached = counts.by.cached.image.min(image);
        let audio_in = audio.saturating_sub(audio_cached);
        let image_in = image.saturating_sub(image_cached);
        let apart = cached.saturating_add(audio_in).saturating_add(image_in);
        let out_apart = counts.by.candidates.audio.saturating_add(counts.by.candidates.image);
        let usage = Usage {
            input_uncached: rest(input, apart, &mut suspect),
            cache_read: rest(cached, audio_cached, &mut suspect),
            output: rest(out, out_apart, &mut suspect),
            reasoning: thoughts.max(hidden).min(out),
            audio_in,
            audio_out: counts.by.candidates.audio,
            image_in,
            image_out: counts.by.candidates.image,
            audio_cache_read: audio_cached,
            web_search_calls: self.billed_searches(),
            ..Usage::default()
        };
        Ok(Metered {
            usage,
            served: Served { model: None, tier: self.tier.as_deref().map(tier).unwrap_or_default(), geo: None },
            others: Vec::new(),
            stage: if self.common.complete { Stage::Final } else { Stage::Running },
            suspect,
            provider_id: None,
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
        cursor.object(|cursor, key| match &*key.name() {
            b"modality" => {
                modality = cursor.word()?;
                Ok(())
            }
            b"tokenCount" => common.count(cursor, &mut tokens, "tokenCount"),
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
