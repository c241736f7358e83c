//! Usage in Anthropic's answers.
//!
//! `input_tokens` excludes the cache. In a stream counts are cumulative: `message_start` brings the input and a
//! placeholder for the output, `message_delta` repeats or raises; for every field the last value that is not null wins,
//! nothing is ever added. `iterations` can name tokens that the top level leaves out.

mod counts;

use std::borrow::Cow;

use purser_core::usage::{Served, Tier};

use crate::ids::IdKind;
use crate::json::{Cursor, Kind, Read};

use super::common::{Common, Said, count_loosely, keep, tier};
use super::{Metered, Stage, Suspect, UsageProblem};
use counts::{Counts, Iteration, split};

/// A content block that has started and not stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OpenBlock {
    pub(crate) index: u64,
    pub(crate) is_text: bool,
}

/// What has been read.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each says that one event was seen")]
pub(crate) struct Answer {
    pub(crate) common: Common,
    counts: Counts,
    thinking: Option<u64>,
    web_searches: Option<u64>,
    iterations: Vec<Iteration>,
    tier: Option<String>,
    speed: Option<String>,
    geo: Option<String>,
    has_usage: bool,
    /// The last word on output was heard.
    is_final: bool,
    /// `message_start` was seen.
    pub(crate) started: bool,
    pub(crate) open: Option<OpenBlock>,
    /// The index the next block takes.
    pub(crate) next_index: u64,
    /// `message_delta` with a stop reason was seen.
    pub(crate) stopped: bool,
}

impl Answer {
    /// A whole message: an answer that was not streamed.
    pub(crate) fn message(&mut self, cursor: &mut Cursor<'_>) -> Read<()> {
        self.message_fields(cursor)?;
        self.is_final = true;
        self.common.complete = true;
        Ok(())
    }

    fn message_fields(&mut self, cursor: &mut Cursor<'_>) -> Read<()> {
        cursor.object(|cursor, key| match &*key.name() {
            b"id" => {
                let id = cursor.text()?;
                self.common.answer_id(id);
                Ok(())
            }
            b"model" => {
                keep(cursor, &mut self.common.model)?;
                Ok(())
            }
            b"type" => {
                self.common.errored |= cursor.word()?.as_deref() == Some("error");
                Ok(())
            }
            b"content" => cursor.each(|cursor| self.block(cursor)),
            b"container" => self.container(cursor),
            b"usage" => {
                self.usage(cursor)?;
                Ok(())
            }
            _ => Ok(()),
        })?;
        Ok(())
    }

    /// One event of a stream.
    pub(crate) fn event(&mut self, cursor: &mut Cursor<'_>) -> Read<Said> {
        let before = self.common.state();
        let mut kind: Option<Cow<'_, str>> = None;
        let mut index = None;
        let mut started_block = None;
        let mut stops = false;
        let mut usage_here = false;
        let mut more = false;
        cursor.object(|cursor, key| match &*key.name() {
            b"type" => {
                kind = cursor.word()?;
                Ok(())
            }
            b"index" => count_loosely(cursor, &mut index),
            b"message" => {
                more = true;
                self.message_fields(cursor)
            }
            b"content_block" => {
                more = true;
                started_block = Some(self.block_kind(cursor)?);
                Ok(())
            }
            b"delta" => {
                stops = self.delta(cursor)?;
                Ok(())
            }
            b"usage" => {
                more = true;
                usage_here = self.usage(cursor)?;
                Ok(())
            }
            _ => Ok(()),
        })?;
        match kind.as_deref() {
            Some("message_start") => self.started = true,
            Some("content_block_start") => {
                let index = index.unwrap_or(self.next_index);
                let kind = started_block.unwrap_or_default();
                self.open = Some(OpenBlock { index, is_text: kind == "text" });
                self.next_index = self.next_index.max(index.saturating_add(1));
                self.common.tool_call_open = kind.ends_with("tool_use");
            }
            Some("content_block_stop") => {
                self.open = None;
                self.common.tool_call_open = false;
            }
            Some("message_delta") => {
                self.is_final |= usage_here;
                self.stopped |= stops;
            }
            Some("message_stop") => self.common.complete = true,
            Some("error") => self.common.errored = true,
            _ => return Ok(Said::text_alone(!more && self.common.state() == before)),
        }
        Ok(Said::More)
    }

    fn block_kind<'a>(&mut self, cursor: &mut Cursor<'a>) -> Read<Cow<'a, str>> {
        let mut kind = None;
        cursor.object(|cursor, key| {
            match &*key.name() {
                b"type" => kind = cursor.word()?,
                b"text" | b"thinking" => self.common.see(cursor)?,
                b"content" => cursor.each(|cursor| self.block(cursor))?,
                _ => {}
            }
            Ok(())
        })?;
        Ok(kind.unwrap_or_default())
    }

    /// A delta; says whether it brings a stop reason.
    fn delta(&mut self, cursor: &mut Cursor<'_>) -> Read<bool> {
        let mut stops = false;
        cursor.object(|cursor, key| {
            match &*key.name() {
                b"text" | b"thinking" | b"partial_json" => self.common.see(cursor)?,
                b"stop_reason" => stops = cursor.string()?.is_some(),
                b"container" => self.container(cursor)?,
                _ => {}
            }
            Ok(())
        })?;
        Ok(stops)
    }

    /// A block of content: what it shows, and the files that hosted code made.
    fn block(&mut self, cursor: &mut Cursor<'_>) -> Read<()> {
        cursor.object(|cursor, key| match &*key.name() {
            b"text" | b"thinking" => self.common.see(cursor),
            b"file_id" => {
                if let Some(id) = cursor.text()? {
                    self.common.made(IdKind::File, &id);
                }
                Ok(())
            }
            b"content" => cursor.each(|cursor| self.block(cursor)),
            _ => Ok(()),
        })?;
        Ok(())
    }

    fn container(&mut self, cursor: &mut Cursor<'_>) -> Read<()> {
        cursor.object(|cursor, key| {
            if key.is("id")
                && let Some(id) = cursor.text()?
            {
                self.common.made(IdKind::Container, &id);
            }
            Ok(())
        })?;
        Ok(())
    }

    /// A usage object; says whether it was one that counts output.
    fn usage(&mut self, cursor: &mut Cursor<'_>) -> Read<bool> {
        let output_before = self.counts.output;
        let Self { common, counts, thinking, web_searches, iterations, tier, speed, geo, .. } = self;
        let here = common.usage(cursor, |common, cursor| {
            cursor.object(|cursor, key| {
                let key = key.name();
                if counts.field(common, cursor, &key)? {
                    return Ok(());
                }
                match &*key {
                    b"output_tokens_details" => {
                        cursor.object(|cursor, key| match &*key.name() {
                            b"thinking_tokens" => common.count(cursor, thinking, "thinking_tokens"),
                            _ => Ok(()),
                        })?;
                    }
                    b"server_tool_use" => {
                        cursor.object(|cursor, key| match &*key.name() {
                            b"web_search_requests" => common.count(cursor, web_searches, "web_search_requests"),
                            _ => Ok(()),
                        })?;
                    }
                    b"iterations" if cursor.kind()? == Kind::Array => {
                        iterations.clear();
                        cursor.each(|cursor| {
                            iterations.push(Iteration::read(common, cursor)?);
                            Ok(())
                        })?;
                    }
                    b"service_tier" => _ = keep(cursor, tier)?,
                    b"speed" => _ = keep(cursor, speed)?,
                    b"inference_geo" => _ = keep(cursor, geo)?,
                    _ => {}
                }
                Ok(())
            })?;
            Ok(())
        })?;
        if output_before > self.counts.output {
            self.common.suspect(Suspect::Decreased);
        }
        self.has_usage |= here;
        Ok(here && self.counts.output.is_some())
    }

    /// All of it but the names, which [`super::Answer`] adds.
    pub(crate) fn counted(&self) -> Result<Metered, UsageProblem> {
        // A message that has ended without its last count is not metered by the placeholder of its start.
        let ended_uncounted = self.common.complete && !self.is_final;
        if !self.has_usage || self.counts.input.is_none() || ended_uncounted {
            return Err(UsageProblem::Missing);
        }
        let mut suspect = self.common.suspect;
        let served = self.common.model.as_deref();
        let (mut usage, others) = split(&self.counts.usage(&mut suspect), &self.iterations, served, &mut suspect);
        usage.reasoning = self.thinking.unwrap_or(0).min(usage.output);
        usage.web_search_calls = self.web_searches.unwrap_or(0);
        let served_tier = match self.speed.as_deref() {
            Some("fast") => Tier::Fast,
            _ => self.tier.as_deref().map_or(Tier::Standard, tier),
        };
        // "global" and "not_available" are no uplift.
        let geo = self.geo.clone().filter(|geo| !matches!(geo.as_str(), "" | "global" | "not_available"));
        Ok(Metered {
            usage,
            served: Served { model: None, tier: served_tier, geo },
            others,
            stage: if self.is_final { Stage::Final } else { Stage::InputOnly },
            suspect,
            provider_id: None,
        })
    }
}
