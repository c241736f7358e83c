//! Usage in OpenAI's Responses.
//!
//! `input_tokens` includes cached and cache-written tokens, `output_tokens` includes reasoning. A stream tells it once, in
//! its last event. Fees of hosted tools follow from the output items.

use std::borrow::Cow;

use purser_core::usage::{Served, Usage};

use crate::ids::IdKind;
use crate::json::{Count, Cursor, Kind, Read, SpotKind};

use super::common::{Common, Said, count_loosely, keep, rest, tier, with_hidden};
use super::{Metered, Stage, UsageProblem};

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    input: Option<u64>,
    output: Option<u64>,
    total: Option<u64>,
    cached: Option<u64>,
    written: Option<u64>,
    reasoning: Option<u64>,
}

/// Calls of hosted tools among output items.
#[derive(Clone, Debug, Default)]
struct Calls {
    web_search: u64,
    file_search: u64,
    containers: Vec<String>,
}

/// What has been read.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) common: Common,
    counts: Counts,
    tier: Option<String>,
    has_usage: bool,
    /// Items that an event said were done.
    done: Calls,
    /// Items listed in the response object.
    listed: Calls,
    /// The response object as the first event brought it, for the closing frame of a stream that is ended early.
    pub(crate) announced: Box<[u8]>,
    /// Finished output items, as they came, for the same.
    pub(crate) done_items: Vec<Box<[u8]>>,
    done_bytes: usize,
    /// The largest sequence number seen.
    pub(crate) sequence: u64,
    /// The output index the next item takes.
    pub(crate) next_index: u64,
    pub(crate) created: Option<u64>,
}

/// An object or list larger than this is not kept.
const KEPT_BYTES_MAX: usize = 512 * 1_024;

/// Containers told apart in one answer.
const CONTAINERS_MAX: usize = 64;

impl Answer {
    /// A response object: an answer that was not streamed, or what an event carries.
    pub(crate) fn response(&mut self, cursor: &mut Cursor<'_>) -> Read<()> {
        let mut status = None;
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
            b"created_at" => count_loosely(cursor, &mut self.created),
            b"status" => {
                status = cursor.word()?;
                Ok(())
            }
            b"service_tier" => {
                keep(cursor, &mut self.tier)?;
                Ok(())
            }
            b"conversation" => self.conversation(cursor),
            b"output" if cursor.kind()? == Kind::Array => {
                self.listed = Calls::default();
                cursor.each(|cursor| {
                    let Self { common, listed, .. } = self;
                    item(common, listed, cursor)
                })
            }
            b"error" => {
                self.common.errored |= cursor.kind()? != Kind::Null;
                Ok(())
            }
            b"usage" => self.usage(cursor),
            _ => Ok(()),
        })?;
        self.common.complete |= !matches!(status.as_deref(), Some("in_progress" | "queued"));
        Ok(())
    }

    fn conversation(&mut self, cursor: &mut Cursor<'_>) -> Read<()> {
        cursor.object(|cursor, key| {
            if key.is("id")
                && let Some(id) = cursor.text()?
            {
                self.common.made(IdKind::Conversation, &id);
            }
            Ok(())
        })?;
        Ok(())
    }

    /// One event of a stream.
    pub(crate) fn event(&mut self, cursor: &mut Cursor<'_>) -> Read<Said> {
        let before = (self.common.state(), self.next_index);
        let mut kind: Option<Cow<'_, str>> = None;
        let mut response = None;
        let mut item_at = None;
        let mut index = None;
        let mut sequence = None;
        cursor.object(|cursor, key| match &*key.name() {
            b"type" => {
                kind = cursor.word()?;
                Ok(())
            }
            b"sequence_number" => {
                let start = cursor.value_start();
                if let Count::Is(number) = cursor.count()? {
                    sequence = Some(number);
                    cursor.note(SpotKind::Sequence, start);
                }
                Ok(())
            }
            b"output_index" => count_loosely(cursor, &mut index),
            b"response" => {
                let start = cursor.value_start();
                cursor.skip()?;
                response = Some(cursor.slice(start..cursor.position()));
                Ok(())
            }
            b"item" => {
                let start = cursor.value_start();
                cursor.skip()?;
                item_at = Some(cursor.slice(start..cursor.position()));
                Ok(())
            }
            b"delta" if cursor.kind()? == Kind::String => {
                // Sound comes as base64; its tokens have no measure in bytes.
                if kind.as_deref() == Some("response.audio.delta") {
                    return Ok(());
                }
                self.common.see(cursor)
            }
            _ => Ok(()),
        })?;
        self.sequence = self.sequence.max(sequence.unwrap_or(0));
        if let Some(index) = index {
            self.next_index = self.next_index.max(index.saturating_add(1));
        }
        let kind = kind.unwrap_or_default();
        if let Some(response) = response {
            self.response(&mut Cursor::new(response))?;
            self.common.complete = matches!(&*kind, "response.completed" | "response.incomplete" | "response.failed");
            if kind == "response.created" && response.len() <= KEPT_BYTES_MAX {
                self.announced = response.into();
            }
        }
        match (&*kind, item_at) {
            ("response.output_item.added", Some(item)) => {
                self.common.tool_call_open = item_kind(item)?.is_some_and(|kind| kind.ends_with("_call"));
            }
            ("response.output_item.done", Some(raw)) => {
                self.common.tool_call_open = false;
                item(&mut self.common, &mut self.done, &mut Cursor::new(raw))?;
                self.keep_item(raw);
            }
            ("error" | "response.failed", _) => self.common.errored = true,
            _ => {}
        }
        let same = before == (self.common.state(), self.next_index);
        Ok(Said::text_alone(same && response.is_none() && item_at.is_none()))
    }

    /// Numbers told again. Of several in one event the last one counts.
    pub(crate) fn renumber(&mut self, told: &[(SpotKind, u64)]) {
        if let Some((SpotKind::Sequence, number)) = told.last() {
            self.sequence = self.sequence.max(*number);
        }
    }

    fn keep_item(&mut self, raw: &[u8]) {
        self.done_bytes = self.done_bytes.saturating_add(raw.len());
        if self.done_bytes <= KEPT_BYTES_MAX {
            self.done_items.push(raw.into());
        }
    }

    fn usage(&mut self, cursor: &mut Cursor<'_>) -> Read<()> {
        let Self { common, counts, .. } = self;
        let here = common.usage(cursor, |common, cursor| {
            cursor.object(|cursor, key| match &*key.name() {
                b"input_tokens" => common.count(cursor, &mut counts.input, "input_tokens"),
                b"output_tokens" => common.count(cursor, &mut counts.output, "output_tokens"),
                b"total_tokens" => common.count(cursor, &mut counts.total, "total_tokens"),
                b"input_tokens_details" => {
                    cursor.object(|cursor, key| match &*key.name() {
                        b"cached_tokens" => common.count(cursor, &mut counts.cached, "cached_tokens"),
                        b"cache_write_tokens" => common.count(cursor, &mut counts.written, "cache_write_tokens"),
                        _ => Ok(()),
                    })?;
                    Ok(())
                }
                b"output_tokens_details" => {
                    cursor.object(|cursor, key| match &*key.name() {
                        b"reasoning_tokens" => common.count(cursor, &mut counts.reasoning, "reasoning_tokens"),
                        _ => Ok(()),
                    })?;
                    Ok(())
                }
                _ => Ok(()),
            })?;
            Ok(())
        })?;
        self.has_usage |= here;
        Ok(())
    }

    /// All of it but the names, which [`super::Answer`] adds.
    pub(crate) fn counted(&self) -> Result<Metered, UsageProblem> {
        let counts = &self.counts;
        let (true, Some(input)) = (self.has_usage, counts.input) else { return Err(UsageProblem::Missing) };
        let mut suspect = self.common.suspect;
        let (output, hidden) = with_hidden(input, counts.output.unwrap_or(0), counts.total, &mut suspect);
        let (cached, written) = (counts.cached.unwrap_or(0), counts.written.unwrap_or(0));
        let containers = self.listed.containers.len().max(self.done.containers.len());
        let usage = Usage {
            input_uncached: rest(input, cached.saturating_add(written), &mut suspect),
            cache_read: cached,
            cache_write_5m: written,
            output,
            reasoning: counts.reasoning.unwrap_or(0).max(hidden).min(output),
            web_search_calls: self.listed.web_search.max(self.done.web_search),
            file_search_calls: self.listed.file_search.max(self.done.file_search),
            code_calls: u64::try_from(containers).unwrap_or(u64::MAX),
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
}

fn item_kind(raw: &[u8]) -> Read<Option<Cow<'_, str>>> {
    let mut kind = None;
    Cursor::new(raw).object(|cursor, key| {
        if key.is("type") {
            kind = cursor.word()?;
        }
        Ok(())
    })?;
    Ok(kind)
}

/// One output item: the fee it stands for and the ids it made.
fn item(common: &mut Common, calls: &mut Calls, cursor: &mut Cursor<'_>) -> Read<()> {
    let mut kind: Option<Cow<'_, str>> = None;
    let mut action: Option<Cow<'_, str>> = None;
    let mut container: Option<String> = None;
    cursor.object(|cursor, key| {
        match &*key.name() {
            b"type" => kind = cursor.word()?,
            b"id" => {
                if let Some(id) = cursor.text()? {
                    common.made(IdKind::Item, &id);
                }
            }
            b"container_id" => container = cursor.text()?,
            b"action" | b"environment" => {
                cursor.object(|cursor, key| {
                    match &*key.name() {
                        b"type" => action = cursor.word()?,
                        b"container_id" => container = cursor.text()?,
                        _ => {}
                    }
                    Ok(())
                })?;
            }
            b"content" | b"output" => cursor.each(|cursor| cited_files(common, cursor))?,
            _ => {}
        }
        Ok(())
    })?;
    match kind.as_deref() {
        // Documented: only `search` actions are billed; opening a page and finding text in it are not.
        Some("web_search_call") if !matches!(action.as_deref(), Some("open_page" | "find" | "find_in_page")) => {
            calls.web_search = calls.web_search.saturating_add(1);
        }
        Some("file_search_call") => calls.file_search = calls.file_search.saturating_add(1),
        _ => {}
    }
    if let Some(container) = container {
        common.made(IdKind::Container, &container);
        if !calls.containers.contains(&container) && calls.containers.len() < CONTAINERS_MAX {
            calls.containers.push(container);
        }
    }
    Ok(())
}

/// Files that hosted code made are named in the annotations of the text about them.
fn cited_files(common: &mut Common, cursor: &mut Cursor<'_>) -> Read<()> {
    cursor.object(|cursor, key| match &*key.name() {
        b"annotations" => cursor.each(|cursor| {
            let mut kind = None;
            let mut file = None;
            cursor.object(|cursor, key| {
                match &*key.name() {
                    b"type" => kind = cursor.word()?,
                    b"file_id" => file = cursor.text()?,
                    _ => {}
                }
                Ok(())
            })?;
            if let (Some("container_file_citation"), Some(file)) = (kind.as_deref(), file) {
                common.made(IdKind::File, &file);
            }
            Ok(())
        }),
        _ => Ok(()),
    })?;
    Ok(())
}
