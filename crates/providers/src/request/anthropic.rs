//! Anthropic's Messages.

use std::borrow::Cow;

use crate::ids::IdKind;
use crate::json::{Cursor, Kind, Read, Str};

use super::fields::{Seen, flag, model, output, whole, whole_or_negative};
use super::media::kind_of;
use super::turn::{Piece, Span, Who};
use super::{Hosted, HostedKind, MediaKind, OutputField, Outside, RequestFacts};

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
        b"stream" => {
            seen.once(cursor, "stream")?;
            facts.stream = flag(cursor, "stream")?.unwrap_or(false);
            Ok(())
        }
        b"messages" => {
            seen.once(cursor, "messages")?;
            messages(cursor, facts)
        }
        b"system" => {
            seen.once(cursor, "system")?;
            content(cursor, facts)
        }
        b"tools" => {
            seen.once(cursor, "tools")?;
            tools(cursor, facts)
        }
        b"thinking" => {
            seen.once(cursor, "thinking")?;
            thinking(cursor, facts)
        }
        b"service_tier" => {
            facts.tier = cursor.text()?;
            Ok(())
        }
        b"speed" => {
            seen.once(cursor, "speed")?;
            facts.speed = cursor.text()?;
            Ok(())
        }
        b"inference_geo" => {
            seen.once(cursor, "inference_geo")?;
            facts.geo = cursor.text()?;
            Ok(())
        }
        b"metadata" => metadata(cursor, facts),
        b"container" => {
            seen.once(cursor, "container")?;
            container(cursor, facts)
        }
        b"mcp_servers" => cursor.each(|_| {
            facts.host(HostedKind::Mcp);
            Ok(())
        }),
        b"context_management" => context_management(cursor, facts),
        b"compaction" => {
            // The request is nothing but a compaction: its one pass is the answer.
            if cursor.kind()? != Kind::Null {
                facts.hosted.push(Hosted { uses_max: Some(1), ..Hosted::new(HostedKind::Compaction) });
            }
            Ok(())
        }
        b"fallbacks" => {
            seen.once(cursor, "fallbacks")?;
            fallbacks(cursor, facts)
        }
        b"thread" => {
            seen.once(cursor, "thread")?;
            thread(cursor, facts)
        }
        _ => Ok(()),
    })
}

fn messages(cursor: &mut Cursor<'_>, facts: &mut RequestFacts) -> Read<()> {
    cursor.each(|cursor| {
        facts.messages = facts.messages.saturating_add(1);
        facts.places.last.begin();
        let mut who = Who::Nobody;
        cursor.object(|cursor, key| match &*key.name() {
            b"role" => {
                who = cursor.string()?.map_or(who, |role| Who::of(role.raw));
                Ok(())
            }
            b"content" => message_content(cursor, facts),
            _ => Ok(()),
        })?;
        facts.places.last.end(who);
        Ok(())
    })
}

/// A text, or blocks.
fn message_content(cursor: &mut Cursor<'_>, facts: &mut RequestFacts) -> Read<()> {
    if cursor.kind()? == Kind::String {
        let start = cursor.value_start();
        cursor.skip()?;
        facts.places.last.add(Piece::Said(Span::new(start, cursor.position())));
        return Ok(());
    }
    cursor.each(|cursor| block(cursor, facts, true))
}

/// What is not a message's: a string, or blocks, or (inside tool results) one block.
fn content(cursor: &mut Cursor<'_>, facts: &mut RequestFacts) -> Read<()> {
    cursor.each(|cursor| block(cursor, facts, false))
}

/// One block, of a message or of something within one.
fn block(cursor: &mut Cursor<'_>, facts: &mut RequestFacts, of_message: bool) -> Read<()> {
    let mut kind = None;
    let mut source = None;
    let mut file = None;
    let (mut name, mut value, mut failed) = (Span::default(), Span::default(), false);
    cursor.object(|cursor, key| {
        let start = cursor.position();
        match &*key.name() {
            b"type" => kind = cursor.word()?,
            b"source" => source = Some(Source::read(cursor, facts)?),
            b"content" => {
                content(cursor, facts)?;
                value = Span::new(start, cursor.position());
            }
            b"text" | b"input" if of_message => {
                cursor.skip()?;
                value = Span::new(start, cursor.position());
            }
            b"name" if of_message => {
                cursor.skip()?;
                name = Span::new(start, cursor.position());
            }
            b"is_error" if of_message => failed = cursor.boolean()? == Some(true),
            // Tools can come and go in the middle of a conversation.
            b"tool" | b"tools" => tools(cursor, facts)?,
            b"file_id" => file = cursor.text()?,
            _ => {}
        }
        Ok(())
    })?;
    if of_message {
        let last = &mut facts.places.last;
        match kind.as_deref() {
            Some("tool_use") => last.add_call(name, value),
            Some("tool_result") => last.add(Piece::Result { content: value, failed }),
            Some("text") | None => last.add(Piece::Said(value)),
            _ => last.add(Piece::Shown),
        }
    }
    match (kind.as_deref(), source, file) {
        (Some("image"), Some(source), _) => source.note(facts, MediaKind::Image),
        (Some("document"), Some(source), _) => source.note(facts, MediaKind::Pdf),
        (Some("container_upload"), _, Some(file)) => facts.refer(Outside::File, IdKind::File, file),
        _ => {}
    }
    Ok(())
}

/// Where a block's data is.
#[derive(Default)]
struct Source<'a> {
    kind: Option<Cow<'a, str>>,
    media_type: Option<Cow<'a, str>>,
    data: Option<Str<'a>>,
    url: Option<Str<'a>>,
    file: Option<String>,
}

impl<'a> Source<'a> {
    fn read(cursor: &mut Cursor<'a>, facts: &mut RequestFacts) -> Read<Self> {
        let mut source = Self::default();
        cursor.object(|cursor, key| {
            match &*key.name() {
                b"type" => source.kind = cursor.word()?,
                b"media_type" => source.media_type = cursor.word()?,
                b"data" => source.data = cursor.string()?,
                b"url" => source.url = cursor.string()?,
                b"file_id" => source.file = cursor.text()?,
                b"content" => content(cursor, facts)?,
                _ => {}
            }
            Ok(())
        })?;
        Ok(source)
    }

    fn note(self, facts: &mut RequestFacts, kind: MediaKind) {
        let kind = self.media_type.as_deref().and_then(kind_of).unwrap_or(kind);
        match (self.kind.as_deref(), self.data, self.url, self.file) {
            (Some("base64"), Some(data), ..) => facts.inline(kind, &data),
            (Some("url"), _, Some(url), _) => facts.url(kind, &url),
            (Some("file"), .., Some(file)) => facts.stored_file(kind, file),
            _ => {}
        }
    }
}

fn tools(cursor: &mut Cursor<'_>, facts: &mut RequestFacts) -> Read<()> {
    cursor.each(|cursor| {
        facts.tools = facts.tools.saturating_add(1);
        let mut kind = None;
        let mut hosted = Hosted::new(HostedKind::Unknown);
        let mut definition = false;
        cursor.object(|cursor, key| {
            match &*key.name() {
                b"type" => kind = cursor.word()?,
                b"max_uses" => hosted.uses_max = whole(cursor, "max_uses")?,
                b"max_tokens" => hosted.output_max = whole_or_negative(cursor, "max_tokens")?,
                b"model" => hosted.model = cursor.text()?,
                // A tool change wraps the tool it defines.
                b"definition" | b"tool" => {
                    definition = true;
                    tools(cursor, facts)?;
                }
                _ => {}
            }
            Ok(())
        })?;
        if definition {
            return Ok(());
        }
        let kind = kind.as_deref().unwrap_or("custom");
        match tool_runs(kind) {
            Runs::Hosted(kind) => {
                hosted.kind = kind;
                facts.hosted.push(hosted);
            }
            Runs::AtClient => facts.hidden_schema(kind),
            Runs::Described => {}
        }
        Ok(())
    })
}

/// Where a tool runs and who describes it.
enum Runs {
    /// The client, and the body describes it.
    Described,
    /// The client, and the provider describes it.
    AtClient,
    /// The provider.
    Hosted(HostedKind),
}

/// Types end in a date and new ones come without notice, so the stem decides.
fn tool_runs(tool_type: &str) -> Runs {
    const HOSTED: [(&str, HostedKind); 6] = [
        ("web_search", HostedKind::WebSearch),
        ("web_fetch", HostedKind::WebFetch),
        ("code_execution", HostedKind::Code),
        ("advisor", HostedKind::Advisor),
        ("tool_search", HostedKind::ToolSearch),
        ("mcp", HostedKind::Mcp),
    ];
    const AT_CLIENT: [&str; 5] = ["bash", "text_editor", "computer", "memory", "browser_toolset"];
    if matches!(tool_type, "custom" | "tool_reference") {
        return Runs::Described;
    }
    if AT_CLIENT.iter().any(|stem| tool_type.starts_with(stem)) {
        return Runs::AtClient;
    }
    let known = HOSTED.iter().find(|(stem, _)| tool_type.starts_with(stem));
    Runs::Hosted(known.map_or(HostedKind::Unknown, |(_, kind)| *kind))
}

fn thinking(cursor: &mut Cursor<'_>, facts: &mut RequestFacts) -> Read<()> {
    let mut seen = Seen::default();
    cursor.object(|cursor, key| {
        if key.is("budget_tokens") {
            seen.once(cursor, "thinking.budget_tokens")?;
            facts.thinking_budget = whole_or_negative(cursor, "thinking.budget_tokens")?;
        }
        Ok(())
    })?;
    Ok(())
}

/// Claude Code writes JSON into the string `user_id`; the session is in there.
fn metadata(cursor: &mut Cursor<'_>, facts: &mut RequestFacts) -> Read<()> {
    cursor.object(|cursor, key| {
        if key.is("user_id")
            && let Some(user) = cursor.text()?
        {
            // A user id that is not JSON is just a name: no session in it.
            let _ = Cursor::new(user.as_bytes()).object(|cursor, key| {
                if key.is("session_id") {
                    facts.session = cursor.text()?;
                }
                Ok(())
            });
        }
        Ok(())
    })?;
    Ok(())
}

fn container(cursor: &mut Cursor<'_>, facts: &mut RequestFacts) -> Read<()> {
    if cursor.kind()? == Kind::String {
        return facts.refer_next(cursor, Outside::File, IdKind::Container);
    }
    cursor.object(|cursor, key| match &*key.name() {
        b"id" => facts.refer_next(cursor, Outside::File, IdKind::Container),
        b"skills" => cursor.each(|_| {
            if !facts.asks_for(HostedKind::Code) {
                facts.host(HostedKind::Code);
            }
            Ok(())
        }),
        _ => Ok(()),
    })?;
    Ok(())
}

fn context_management(cursor: &mut Cursor<'_>, facts: &mut RequestFacts) -> Read<()> {
    cursor.object(|cursor, key| {
        if !key.is("edits") {
            return Ok(());
        }
        cursor.each(|cursor| {
            cursor.object(|cursor, key| {
                // Edits that clear something only make the prompt smaller; compaction is a pass of its own.
                if key.is("type")
                    && let Some(kind) = cursor.text()?
                    && !kind.starts_with("clear_")
                {
                    facts.host(HostedKind::Compaction);
                }
                Ok(())
            })?;
            Ok(())
        })
    })?;
    Ok(())
}

/// Other models that may answer: each is billed at its own rate and may have a maximum of its own.
fn fallbacks(cursor: &mut Cursor<'_>, facts: &mut RequestFacts) -> Read<()> {
    if cursor.kind()? == Kind::String {
        facts.host(HostedKind::Fallback);
        return cursor.skip();
    }
    cursor.each(|cursor| {
        let mut hosted = Hosted::new(HostedKind::Fallback);
        hosted.uses_max = Some(1);
        let mut seen = Seen::default();
        cursor.object(|cursor, key| {
            match &*key.name() {
                b"model" => {
                    seen.once(cursor, "fallbacks.model")?;
                    hosted.model = cursor.text()?;
                }
                b"max_tokens" => {
                    seen.once(cursor, "fallbacks.max_tokens")?;
                    // `null` here means the request's own maximum.
                    if cursor.kind()? != Kind::Null {
                        output(cursor, facts, OutputField::MaxTokens, "fallbacks.max_tokens")?;
                        if let Some(field) = facts.output_fields.last_mut() {
                            field.of_fallback = true;
                        }
                    }
                }
                _ => {}
            }
            Ok(())
        })?;
        facts.hosted.push(hosted);
        Ok(())
    })
}

fn thread(cursor: &mut Cursor<'_>, facts: &mut RequestFacts) -> Read<()> {
    facts.keeps_answer |= cursor.kind()? != Kind::Null;
    cursor.object(|cursor, key| match &*key.name() {
        b"previous_message_id" => facts.refer_next(cursor, Outside::PreviousResponse, IdKind::Response),
        _ => Ok(()),
    })?;
    Ok(())
}
