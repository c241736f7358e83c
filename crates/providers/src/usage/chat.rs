//! Usage in chat completions, and in embeddings.
//!
//! `prompt_tokens` includes cached, cache-written and audio tokens; `completion_tokens` includes reasoning and audio
//! tokens and rejected predictions; some compatible servers leave reasoning out of it and only `total_tokens` tells. In a
//! stream usage comes in a chunk of its own, after the finish reason.

use purser_core::usage::{Served, Usage};

use crate::json::{Cursor, Kind, Read, SpotKind};

use super::common::{Common, Said, count_loosely, keep, rest, tier, with_hidden};
use super::{Metered, Stage, Suspect, UsageProblem};

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    prompt: Option<u64>,
    completion: Option<u64>,
    total: Option<u64>,
    parts: Parts,
}

/// What the totals are made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Parts {
    cached: Option<u64>,
    written: Option<u64>,
    audio_in: Option<u64>,
    audio_out: Option<u64>,
    reasoning: Option<u64>,
}

/// What has been read.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) common: Common,
    counts: Counts,
    tier: Option<String>,
    has_usage: bool,
    /// Seconds since 1970, as the server says.
    pub(crate) created: Option<u64>,
    /// For each answer seen, by index: has it finished?
    pub(crate) finished: Vec<bool>,
    /// The last chunk has no choices but usage: it is there because usage was asked for.
    pub(crate) is_usage_chunk: bool,
}

/// More answers than this are not told apart.
const ANSWERS_MAX: usize = 256;

impl Answer {
    /// A whole answer.
    pub(crate) fn body(&mut self, cursor: &mut Cursor<'_>) -> Read<()> {
        self.chunk(cursor)?;
        self.common.complete = true;
        Ok(())
    }

    /// One chunk; a whole answer has the same fields with `message` for `delta`.
    pub(crate) fn chunk(&mut self, cursor: &mut Cursor<'_>) -> Read<Said> {
        let before = self.state();
        let mut choices: Option<u64> = None;
        let mut usage_here = false;
        let mut more = false;
        cursor.object(|cursor, key| {
            match &*key.name() {
                b"id" => more |= keep(cursor, &mut self.common.id)?,
                b"model" => more |= keep(cursor, &mut self.common.model)?,
                b"created" => count_loosely(cursor, &mut self.created)?,
                b"service_tier" => more |= keep(cursor, &mut self.tier)?,
                b"choices" if cursor.kind()? == Kind::Array => {
                    let mut seen: u64 = 0;
                    cursor.each(|cursor| {
                        seen = seen.saturating_add(1);
                        more |= self.choice(cursor)?;
                        Ok(())
                    })?;
                    choices = Some(seen);
                }
                b"usage" => usage_here = self.usage(cursor)?,
                b"error" => self.common.errored |= cursor.kind()? != Kind::Null,
                _ => {}
            }
            Ok(())
        })?;
        self.is_usage_chunk = usage_here && choices == Some(0);
        Ok(Said::text_alone(!more && !self.is_usage_chunk && self.state() == before))
    }

    /// What a chunk can change besides text and running counts, names and the ends of answers apart.
    fn state(&self) -> impl PartialEq + use<> {
        let Self { common, counts, created, finished, has_usage, is_usage_chunk, .. } = self;
        (common.state(), counts.parts, *created, finished.len(), *has_usage, *is_usage_chunk)
    }

    /// Counts told again, by the names of their fields.
    pub(crate) fn recount(&mut self, told: &[(SpotKind, u64)]) {
        let Self { counts, .. } = self;
        let before = counts.completion;
        for (spot, value) in told {
            match spot {
                SpotKind::Count("prompt_tokens") => counts.prompt = Some(*value),
                SpotKind::Count("completion_tokens") => counts.completion = Some(*value),
                SpotKind::Count("total_tokens") => counts.total = Some(*value),
                _ => {}
            }
        }
        if before > counts.completion {
            self.common.suspect(Suspect::Decreased);
        }
    }

    /// One of the answers; says whether it ends here.
    fn choice(&mut self, cursor: &mut Cursor<'_>) -> Read<bool> {
        let mut index = None;
        let mut finishes = false;
        let mut calls = false;
        cursor.object(|cursor, key| match &*key.name() {
            b"index" => count_loosely(cursor, &mut index),
            b"delta" | b"message" => {
                calls = self.delta(cursor)?;
                Ok(())
            }
            b"finish_reason" => {
                finishes = cursor.string()?.is_some();
                Ok(())
            }
            _ => Ok(()),
        })?;
        let index = usize::try_from(index.unwrap_or(0)).unwrap_or(usize::MAX);
        if index < ANSWERS_MAX {
            if self.finished.len() <= index {
                self.finished.resize(index.saturating_add(1), false);
            }
            if let Some(finished) = self.finished.get_mut(index) {
                *finished |= finishes;
            }
        }
        self.common.tool_call_open = (self.common.tool_call_open || calls) && !finishes;
        Ok(finishes)
    }

    /// What a delta adds; says whether it writes a tool call.
    fn delta(&mut self, cursor: &mut Cursor<'_>) -> Read<bool> {
        let mut calls = false;
        cursor.object(|cursor, key| {
            match &*key.name() {
                b"content" | b"reasoning_content" | b"reasoning" | b"refusal" => self.common.see(cursor)?,
                b"tool_calls" => cursor.each(|cursor| {
                    calls = true;
                    cursor.object(|cursor, key| match &*key.name() {
                        b"function" | b"custom" => self.call(cursor),
                        _ => Ok(()),
                    })?;
                    Ok(())
                })?,
                b"function_call" if cursor.kind()? == Kind::Object => {
                    calls = true;
                    self.call(cursor)?;
                }
                _ => {}
            }
            Ok(())
        })?;
        Ok(calls)
    }

    fn call(&mut self, cursor: &mut Cursor<'_>) -> Read<()> {
        cursor.object(|cursor, key| {
            if let b"name" | b"arguments" | b"input" = &*key.name() {
                self.common.see(cursor)?;
            }
            Ok(())
        })?;
        Ok(())
    }

    fn usage(&mut self, cursor: &mut Cursor<'_>) -> Read<bool> {
        let Self { common, counts, .. } = self;
        let before = counts.completion;
        let here = common.usage(cursor, |common, cursor| {
            cursor.object(|cursor, key| match &*key.name() {
                b"prompt_tokens" => common.running(cursor, &mut counts.prompt, "prompt_tokens"),
                b"completion_tokens" => common.running(cursor, &mut counts.completion, "completion_tokens"),
                b"total_tokens" => common.running(cursor, &mut counts.total, "total_tokens"),
                b"prompt_tokens_details" => {
                    cursor.object(|cursor, key| match &*key.name() {
                        b"cached_tokens" => common.count(cursor, &mut counts.parts.cached, "cached_tokens"),
                        b"cache_write_tokens" => common.count(cursor, &mut counts.parts.written, "cache_write_tokens"),
                        b"audio_tokens" => common.count(cursor, &mut counts.parts.audio_in, "audio_tokens"),
                        _ => Ok(()),
                    })?;
                    Ok(())
                }
                b"completion_tokens_details" => {
                    cursor.object(|cursor, key| match &*key.name() {
                        b"reasoning_tokens" => common.count(cursor, &mut counts.parts.reasoning, "reasoning_tokens"),
                        b"audio_tokens" => common.count(cursor, &mut counts.parts.audio_out, "audio_tokens"),
                        _ => Ok(()),
                    })?;
                    Ok(())
                }
                _ => Ok(()),
            })?;
            Ok(())
        })?;
        if before > self.counts.completion {
            self.common.suspect(Suspect::Decreased);
        }
        self.has_usage |= here;
        Ok(here)
    }

    /// All of it but the names, which [`super::Answer`] adds.
    pub(crate) fn counted(&self) -> Result<Metered, UsageProblem> {
        let counts = &self.counts;
        let (true, Some(prompt)) = (self.has_usage, counts.prompt) else { return Err(UsageProblem::Missing) };
        let mut suspect = self.common.suspect;
        let (completion, hidden) = with_hidden(prompt, counts.completion.unwrap_or(0), counts.total, &mut suspect);
        let own = counts.parts;
        let (cached, written) = (own.cached.unwrap_or(0), own.written.unwrap_or(0));
        let (audio_in, audio_out) = (own.audio_in.unwrap_or(0), own.audio_out.unwrap_or(0));
        let parts = cached.saturating_add(written).saturating_add(audio_in);
        let usage = Usage {
            input_uncached: rest(prompt, parts, &mut suspect),
            cache_read: cached,
            cache_write_5m: written,
            output: rest(completion, audio_out, &mut suspect),
            reasoning: own.reasoning.unwrap_or(0).max(hidden).min(completion),
            audio_in,
            audio_out,
            ..Usage::default()
        };
        Ok(Metered {
            usage,
            served: Served { model: None, tier: self.tier.as_deref().map(tier).unwrap_or_default(), geo: None },
            others: Vec::new(),
            stage: if self.is_final() { Stage::Final } else { Stage::Running },
            suspect,
            provider_id: None,
        })
    }

    /// Some servers send running counts with every chunk: the last word is the one after every answer has finished.
    fn is_final(&self) -> bool {
        let all_finished = !self.finished.is_empty() && self.finished.iter().all(|finished| *finished);
        self.common.complete || self.is_usage_chunk || all_finished
    }
}
