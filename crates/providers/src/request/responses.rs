//! OpenAI's Responses.

use std::borrow::Cow;

use crate::ids::IdKind;
use crate::json::{Cursor, Kind, Read, Str};

use super::chat::{file_field, input_audio, retention};
use super::fields::{Seen, flag, model, output, whole};
use super::turn::{Piece, Span, Who};
use super::{Hosted, HostedKind, MediaKind, OutputField, Outside, RequestFacts};

pub(super) fn read(cursor: &mut Cursor<'_>, facts: &mut RequestFacts) -> Read<bool> {
    let mut seen = Seen::default();
    let read = cursor.object(|cursor, key| match &*key.name() {
        b"model" => {
            seen.once(cursor, "model")?;
            model(cursor, facts)
        }
        b"max_output_tokens" => {
            seen.once(cursor, "max_output_tokens")?;
            output(cursor, facts, OutputField::MaxOutputTokens, "max_output_tokens")
        }
        b"max_tool_calls" => {
            seen.once(cursor, "max_tool_calls")?;
            let start = cursor.value_start();
            facts.tool_calls_max = whole(cursor, "max_tool_calls")?;
            facts.places.tool_calls = Some(start..cursor.position());
            Ok(())
        }
        b"stream" => {
            seen.once(cursor, "stream")?;
            facts.stream = flag(cursor, "stream")?.unwrap_or(false);
            Ok(())
        }
        b"background" => {
            seen.once(cursor, "background")?;
            facts.background = flag(cursor, "background")?.unwrap_or(false);
            Ok(())
        }
        b"store" => {
            seen.once(cursor, "store")?;
            facts.store = flag(cursor, "store")?;
            facts.keeps_answer = facts.store != Some(false);
            Ok(())
        }
        b"input" => {
            seen.once(cursor, "input")?;
            cursor.each(|cursor| {
                // All of it may be one text.
                if cursor.kind()? == Kind::String {
                    let start = cursor.value_start();
                    cursor.skip()?;
                    facts.places.last.add(Piece::Said(Span::new(start, cursor.position())));
                    facts.messages = facts.messages.saturating_add(1);
                    return Ok(());
                }
                item(cursor, facts, true)
            })
        }
        b"previous_response_id" => {
            seen.once(cursor, "previous_response_id")?;
            facts.refer_next(cursor, Outside::PreviousResponse, IdKind::Response)
        }
        b"conversation" => {
            seen.once(cursor, "conversation")?;
            text_or_id(cursor, facts, Outside::Conversation, IdKind::Conversation)
        }
        b"prompt" => text_or_id(cursor, facts, Outside::PromptTemplate, IdKind::PromptTemplate),
        b"tools" => {
            seen.once(cursor, "tools")?;
            tools(cursor, facts)
        }
        b"context_management" => cursor.each(|_| {
            facts.host(HostedKind::Compaction);
            Ok(())
        }),
        b"service_tier" => {
            seen.once(cursor, "service_tier")?;
            facts.tier = cursor.text()?;
            Ok(())
        }
        b"prompt_cache_retention" => retention(cursor, facts),
        b"prompt_cache_key" => {
            let key = cursor.text()?;
            facts.session = facts.session.take().or(key);
            Ok(())
        }
        b"client_metadata" => client_metadata(cursor, facts),
        _ => Ok(()),
    })?;
    Ok(read)
}

/// An id, or an object with one.
fn text_or_id(cursor: &mut Cursor<'_>, facts: &mut RequestFacts, outside: Outside, kind: IdKind) -> Read<()> {
    if cursor.kind()? == Kind::String {
        return facts.refer_next(cursor, outside, kind);
    }
    cursor.object(|cursor, key| match &*key.name() {
        b"id" => facts.refer_next(cursor, outside, kind),
        // Variables of a prompt template can be images and files.
        b"variables" => {
            cursor.object(|cursor, _| item(cursor, facts, false))?;
            Ok(())
        }
        _ => Ok(()),
    })?;
    Ok(())
}

/// Codex names its session in the body as well as in a header.
fn client_metadata(cursor: &mut Cursor<'_>, facts: &mut RequestFacts) -> Read<()> {
    cursor.object(|cursor, key| {
        if key.is("session_id")
            && let Some(session) = cursor.text()?
        {
            facts.session = Some(session);
        }
        Ok(())
    })?;
    Ok(())
}

/// An input item, or a part of one: the two nest in each other and share their fields' names.
fn item(cursor: &mut Cursor<'_>, facts: &mut RequestFacts, of_input: bool) -> Read<()> {
    facts.messages = facts.messages.saturating_add(1);
    let mut kind: Option<Cow<'_, str>> = None;
    let mut id: Option<String> = None;
    let mut result: Option<Str<'_>> = None;
    let mut other_fields = false;
    let mut carries_itself = false;
    let mut said = Said::default();
    cursor.object(|cursor, key| {
        let start = cursor.position();
        match &*key.name() {
            b"type" => {
                kind = cursor.word()?;
                return Ok(());
            }
            b"id" => {
                id = cursor.text()?;
                return Ok(());
            }
            b"content" | b"output" => {
                cursor.each(|cursor| item(cursor, facts, false))?;
                said.content = Span::new(start, cursor.position());
            }
            b"role" if of_input => said.who = cursor.string()?.map_or(said.who, |role| Who::of(role.raw)),
            b"name" if of_input => {
                cursor.skip()?;
                said.name = Span::new(start, cursor.position());
            }
            b"arguments" | b"input" | b"action" | b"operation" if of_input => {
                cursor.skip()?;
                said.arguments = Some(Span::new(start, cursor.position()));
            }
            b"tools" => tools(cursor, facts)?,
            b"image_url" => {
                if let Some(url) = cursor.string()? {
                    facts.url(MediaKind::Image, &url);
                }
            }
            b"input_audio" => input_audio(cursor, facts)?,
            b"result" => result = cursor.string()?,
            b"encrypted_content" => carries_itself = cursor.string()?.is_some(),
            file @ (b"file_id" | b"file_data" | b"file_url") => file_field(cursor, facts, file)?,
            _ => {}
        }
        other_fields = true;
        Ok(())
    })?;
    if of_input {
        said.note(kind.as_deref().unwrap_or("message"), facts);
    }
    match (kind.as_deref(), id, result) {
        (Some("item_reference"), Some(id), _) => facts.refer(Outside::StoredItem, IdKind::Item, id),
        // Reasoning without its encrypted text is looked up where the provider stored it.
        (Some("reasoning"), Some(id), _) if !carries_itself => facts.refer(Outside::StoredItem, IdKind::Item, id),
        (None, Some(id), _) if !other_fields => facts.refer(Outside::StoredItem, IdKind::Item, id),
        (Some("image_generation_call"), _, Some(image)) => facts.inline(MediaKind::Image, &image),
        (Some("compaction_trigger"), ..) => {
            facts.hosted.push(Hosted { uses_max: Some(1), ..Hosted::new(HostedKind::Compaction) });
        }
        _ => {}
    }
    Ok(())
}

/// What an item says.
#[derive(Default)]
struct Said {
    who: Who,
    name: Span,
    arguments: Option<Span>,
    content: Span,
}

impl Said {
    fn note(self, kind: &str, facts: &mut RequestFacts) {
        let last = &mut facts.places.last;
        last.begin();
        if kind == "message" {
            last.add(Piece::Said(self.content));
            last.end(self.who);
        } else if kind.ends_with("_call_output") {
            last.add(Piece::Result { content: self.content, failed: false });
            last.end(Who::Tool);
        } else if let Some(arguments) = self.arguments
            && kind.ends_with("_call")
            && !RUN_BY_PROVIDER.contains(&kind)
        {
            last.add_lone_call(self.name, arguments);
        }
    }
}

/// Calls that no result of the client's follows.
const RUN_BY_PROVIDER: [&str; 5] =
    ["web_search_call", "file_search_call", "code_interpreter_call", "image_generation_call", "mcp_call"];

fn tools(cursor: &mut Cursor<'_>, facts: &mut RequestFacts) -> Read<()> {
    cursor.each(|cursor| {
        facts.tools = facts.tools.saturating_add(1);
        let mut kind: Option<Cow<'_, str>> = None;
        let mut model = None;
        let mut client_runs_it = false;
        let mut local = false;
        cursor.object(|cursor, key| {
            match &*key.name() {
                b"type" => kind = cursor.word()?,
                b"model" => model = cursor.text()?,
                b"execution" => client_runs_it = cursor.word()?.as_deref() == Some("client"),
                // A namespace holds tools.
                b"tools" => tools(cursor, facts)?,
                b"vector_store_ids" => facts.refer_each(cursor, Outside::File, IdKind::Store)?,
                b"container" => container(cursor, facts)?,
                b"environment" => local = environment(cursor, facts)?,
                b"input_image_mask" => {
                    cursor.object(|cursor, key| file_field(cursor, facts, &key.name()))?;
                }
                _ => {}
            }
            Ok(())
        })?;
        let Some(kind) = kind else { return Ok(()) };
        match hosted_kind(&kind, client_runs_it, local) {
            Some(hosted) => facts.hosted.push(Hosted { model, ..Hosted::new(hosted) }),
            None if matches!(&*kind, "function" | "custom" | "namespace") => {}
            None => facts.hidden_schema(&kind),
        }
        Ok(())
    })
}

/// The hosted kind of a tool type; `None` for tools that the client runs.
fn hosted_kind(tool_type: &str, client_runs_it: bool, local: bool) -> Option<HostedKind> {
    match tool_type {
        "function" | "custom" | "local_shell" | "apply_patch" | "namespace" => None,
        "tool_search" => (!client_runs_it).then_some(HostedKind::ToolSearch),
        "shell" => (!local).then_some(HostedKind::Code),
        "code_interpreter" | "programmatic_tool_calling" => Some(HostedKind::Code),
        "file_search" => Some(HostedKind::FileSearch),
        "image_generation" => Some(HostedKind::ImageGeneration),
        "mcp" => Some(HostedKind::Mcp),
        other if other.starts_with("web_search") => Some(HostedKind::WebSearch),
        other if other.starts_with("computer") => None,
        _ => Some(HostedKind::Unknown),
    }
}

/// A container's id, or a new one with files in it.
fn container(cursor: &mut Cursor<'_>, facts: &mut RequestFacts) -> Read<()> {
    if cursor.kind()? == Kind::String {
        return facts.refer_next(cursor, Outside::File, IdKind::Container);
    }
    cursor.object(|cursor, key| match &*key.name() {
        b"file_ids" => facts.refer_each(cursor, Outside::File, IdKind::File),
        _ => Ok(()),
    })?;
    Ok(())
}

/// Where a shell runs; says whether that is the client's machine.
fn environment(cursor: &mut Cursor<'_>, facts: &mut RequestFacts) -> Read<bool> {
    let mut local = false;
    cursor.object(|cursor, key| {
        match &*key.name() {
            b"type" => local = cursor.word()?.as_deref() == Some("local"),
            b"container_id" => facts.refer_next(cursor, Outside::File, IdKind::Container)?,
            b"file_ids" => facts.refer_each(cursor, Outside::File, IdKind::File)?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(local)
}
