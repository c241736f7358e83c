//! OpenAI's Chat Completions, as OpenAI and compatible servers read it.

use crate::ids::IdKind;
use crate::json::{Cursor, Kind, Read};

use super::fields::{Seen, candidates, flag, model, object_inside, output};
use super::turn::{Piece, Span, Who};
use super::{CacheAsk, Hosted, HostedKind, Inside, MediaKind, OutputField, Outside, Place, RequestFacts};

pub(super) fn read(cursor: &mut Cursor<'_>, facts: &mut RequestFacts) -> Read<bool> {
    let mut seen = Seen::default();
    cursor.object(|cursor, key| match &*key.name() {
        b"model" => {
            seen.once(cursor, "model")?;
            model(cursor, facts)
        }
        b"max_tokens" => {
            seen.once(cursor, "max_tokens")?;
            output(cursor, facts, OutputField::MaxTokens, "max_tokens")
        }
        b"max_completion_tokens" => {
            seen.once(cursor, "max_completion_tokens")?;
            output(cursor, facts, OutputField::MaxCompletionTokens, "max_completion_tokens")
        }
        b"n" => {
            seen.once(cursor, "n")?;
            candidates(cursor, facts, "n")
        }
        b"stream" => {
            seen.once(cursor, "stream")?;
            facts.stream = flag(cursor, "stream")?.unwrap_or(false);
            Ok(())
        }
        b"stream_options" => {
            seen.once(cursor, "stream_options")?;
            stream_options(cursor, facts)
        }
        b"messages" => {
            seen.once(cursor, "messages")?;
            messages(cursor, facts)
        }
        b"tools" => {
            seen.once(cursor, "tools")?;
            tools(cursor, facts)
        }
        b"functions" => cursor.each(|_| {
            facts.tools = facts.tools.saturating_add(1);
            Ok(())
        }),
        b"web_search_options" => {
            // A search model makes one search per call, billed per call.
            if cursor.kind()? != Kind::Null {
                facts.hosted.push(Hosted { uses_max: Some(1), ..Hosted::new(HostedKind::WebSearch) });
            }
            Ok(())
        }
        // Some compatible servers try further models and run tools of their own.
        b"models" => cursor.each(|cursor| {
            let model = cursor.text()?;
            facts.hosted.push(Hosted { uses_max: Some(1), model, ..Hosted::new(HostedKind::Fallback) });
            Ok(())
        }),
        b"plugins" => cursor.each(|_| {
            facts.host(HostedKind::Unknown);
            Ok(())
        }),
        b"prediction" => {
            let start = cursor.value_start();
            cursor.skip()?;
            let bytes = cursor.position().saturating_sub(start);
            facts.prediction_bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
            Ok(())
        }
        b"modalities" => cursor.each(|cursor| {
            if let Some(modality) = cursor.text()? {
                facts.audio_out |= modality == "audio";
                facts.image_out |= modality == "image";
            }
            Ok(())
        }),
        b"service_tier" => {
            seen.once(cursor, "service_tier")?;
            facts.tier = cursor.text()?;
            Ok(())
        }
        b"store" => {
            facts.store = flag(cursor, "store")?;
            Ok(())
        }
        b"prompt_cache_retention" => retention(cursor, facts),
        _ => Ok(()),
    })
}

/// `24h` keeps prefixes for long; `in_memory` does not.
pub(super) fn retention(cursor: &mut Cursor<'_>, facts: &mut RequestFacts) -> Read<()> {
    if let Some(retention) = cursor.text()?
        && retention.ends_with('h')
    {
        facts.cache = CacheAsk::Long;
    }
    Ok(())
}

fn stream_options(cursor: &mut Cursor<'_>, facts: &mut RequestFacts) -> Read<()> {
    let start = cursor.value_start();
    if cursor.kind()? == Kind::Null {
        cursor.skip()?;
        facts.places.usage = Place::InsteadOf(start..cursor.position());
        return Ok(());
    }
    let mut seen = Seen::default();
    let mut value = None;
    let inside: Inside = object_inside(cursor, "stream_options", |cursor, key| {
        if key.is("include_usage") {
            seen.once(cursor, "stream_options.include_usage")?;
            let start = cursor.value_start();
            facts.usage_asked = flag(cursor, "stream_options.include_usage")?.unwrap_or(false);
            value = Some(start..cursor.position());
        }
        Ok(())
    })?;
    facts.places.usage = value.map_or(Place::Inside(inside), Place::Value);
    Ok(())
}

fn messages(cursor: &mut Cursor<'_>, facts: &mut RequestFacts) -> Read<()> {
    cursor.each(|cursor| {
        facts.messages = facts.messages.saturating_add(1);
        facts.places.last.begin();
        let mut who = Who::Nobody;
        let mut content = Span::default();
        cursor.object(|cursor, key| match &*key.name() {
            b"role" => {
                who = cursor.string()?.map_or(who, |role| Who::of(role.raw));
                Ok(())
            }
            b"content" => {
                let start = cursor.position();
                cursor.each(|cursor| part(cursor, facts))?;
                content = Span::new(start, cursor.position());
                Ok(())
            }
            b"tool_calls" => cursor.each(|cursor| call(cursor, facts)),
            // As it was before there were several.
            b"function_call" => function(cursor, facts),
            // Speech of an earlier answer, named by its id.
            b"audio" => id_of(cursor, facts),
            _ => Ok(()),
        })?;
        match who {
            Who::Tool => facts.places.last.add(Piece::Result { content, failed: false }),
            Who::User => facts.places.last.add(Piece::Said(content)),
            Who::Model | Who::Nobody => {}
        }
        facts.places.last.end(who);
        Ok(())
    })
}

/// A call of a tool, under the name of its kind.
fn call(cursor: &mut Cursor<'_>, facts: &mut RequestFacts) -> Read<()> {
    cursor.object(|cursor, key| match &*key.name() {
        b"function" | b"custom" => function(cursor, facts),
        _ => Ok(()),
    })?;
    Ok(())
}

/// `{name, arguments}`; a custom tool has `input`.
fn function(cursor: &mut Cursor<'_>, facts: &mut RequestFacts) -> Read<()> {
    let (mut name, mut arguments) = (Span::default(), Span::default());
    let called = cursor.object(|cursor, key| {
        let start = cursor.position();
        let span = match &*key.name() {
            b"name" => &mut name,
            b"arguments" | b"input" => &mut arguments,
            _ => return Ok(()),
        };
        cursor.skip()?;
        *span = Span::new(start, cursor.position());
        Ok(())
    })?;
    if called {
        facts.places.last.add_call(name, arguments);
    }
    Ok(())
}

fn id_of(cursor: &mut Cursor<'_>, facts: &mut RequestFacts) -> Read<()> {
    cursor.object(|cursor, key| match &*key.name() {
        b"id" => facts.refer_next(cursor, Outside::StoredItem, IdKind::Item),
        _ => Ok(()),
    })?;
    Ok(())
}

/// One part of a message: text, or a medium in a field named for it.
fn part(cursor: &mut Cursor<'_>, facts: &mut RequestFacts) -> Read<()> {
    cursor.object(|cursor, key| match &*key.name() {
        b"image_url" => url(cursor, facts, MediaKind::Image),
        b"video_url" => url(cursor, facts, MediaKind::Video),
        b"input_audio" => input_audio(cursor, facts),
        b"file" => file(cursor, facts),
        _ => Ok(()),
    })?;
    Ok(())
}

/// A URL, or an object with one.
fn url(cursor: &mut Cursor<'_>, facts: &mut RequestFacts, kind: MediaKind) -> Read<()> {
    if cursor.kind()? == Kind::String {
        if let Some(text) = cursor.string()? {
            facts.url(kind, &text);
        }
        return Ok(());
    }
    cursor.object(|cursor, key| {
        if key.is("url")
            && let Some(text) = cursor.string()?
        {
            facts.url(kind, &text);
        }
        Ok(())
    })?;
    Ok(())
}

/// `{data, format}`.
pub(super) fn input_audio(cursor: &mut Cursor<'_>, facts: &mut RequestFacts) -> Read<()> {
    cursor.object(|cursor, key| {
        if key.is("data")
            && let Some(data) = cursor.string()?
        {
            facts.inline(MediaKind::Audio, &data);
        }
        Ok(())
    })?;
    Ok(())
}

/// `{file_id}` or `{file_data, filename}`; also Responses' flat form.
pub(super) fn file(cursor: &mut Cursor<'_>, facts: &mut RequestFacts) -> Read<()> {
    cursor.object(|cursor, key| file_field(cursor, facts, &key.name()))?;
    Ok(())
}

/// One field of a file.
pub(super) fn file_field(cursor: &mut Cursor<'_>, facts: &mut RequestFacts, key: &[u8]) -> Read<()> {
    match key {
        b"file_id" => {
            if let Some(id) = cursor.text()? {
                facts.stored_file(MediaKind::Other, id);
            }
        }
        b"file_url" => {
            if let Some(text) = cursor.string()? {
                facts.url(MediaKind::Pdf, &text);
            }
        }
        b"file_data" => {
            if let Some(data) = cursor.string()? {
                if data.raw.starts_with(b"data:") {
                    facts.url(MediaKind::Pdf, &data);
                } else {
                    facts.inline(MediaKind::Pdf, &data);
                }
            }
        }
        _ => {}
    }
    Ok(())
}

fn tools(cursor: &mut Cursor<'_>, facts: &mut RequestFacts) -> Read<()> {
    cursor.each(|cursor| {
        facts.tools = facts.tools.saturating_add(1);
        let mut kind = None;
        cursor.object(|cursor, key| {
            if key.is("type") {
                kind = cursor.word()?;
            }
            Ok(())
        })?;
        match kind.as_deref() {
            None | Some("function" | "custom") => {}
            Some(_) => facts.host(HostedKind::Unknown),
        }
        Ok(())
    })
}
