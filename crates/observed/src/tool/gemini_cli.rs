//! Gemini CLI. Events `gemini_cli.api_response`, metric `gemini_cli.token.usage` (cumulative), histories under
//! `tmp/*/chats/*`; fields as version 0.61 sends them. Input is told with what was read from caches; thoughts and tools'
//! answers are told apart from output and input.

use purser_core::observed::Source;
use purser_core::time::Instant;
use purser_core::usage::{Tier, Usage};
use serde::Deserialize;

use super::{Bad, Tool, model, named};
use crate::otlp::Attributes;
use crate::{Counted, Request, name_of};

pub(super) fn is_request(event: &str) -> bool {
    event == "gemini_cli.api_response"
}

pub(super) fn request(attributes: &Attributes<'_>, used_at: Instant) -> Result<Request, Bad> {
    let told = Told {
        input: attributes.count("input_token_count")?,
        output: attributes.count("output_token_count")?,
        cached: attributes.count("cached_content_token_count")?,
        thoughts: attributes.count("thoughts_token_count")?,
        tool: attributes.count("tool_token_count")?,
    };
    Ok(Request {
        tool: Tool::GeminiCli,
        session: attributes.session("session.id")?,
        source: Source::Events,
        id: attributes.name("gemini_cli.api_response"),
        used_at,
        model: model(attributes)?,
        usage: told.usage()?,
        tier: Tier::Standard,
        claimed: None,
    })
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
struct Told {
    input: u64,
    output: u64,
    cached: u64,
    thoughts: u64,
    tool: u64,
}

impl Told {
    fn usage(&self) -> Result<Usage, Bad> {
        let fresh = self.input.checked_sub(self.cached).ok_or(Bad::Parts)?;
        Ok(Usage {
            input_uncached: fresh.saturating_add(self.tool),
            cache_read: self.cached,
            output: self.output.saturating_add(self.thoughts),
            ..Usage::default()
        })
    }
}

pub(super) fn counted(kind: &str) -> Option<Counted> {
    Some(match kind {
        "input" => Counted::Input,
        "output" => Counted::Output,
        "thought" => Counted::Thought,
        "cache" => Counted::CacheRead,
        "tool" => Counted::ToolInput,
        _ => return None,
    })
}

/// Counters of one moment belong together: what was read from caches is part of the input.
pub(super) fn usage_of(grown: impl Fn(Counted) -> u64) -> Usage {
    let (input, cached) = (grown(Counted::Input), grown(Counted::CacheRead));
    Usage {
        input_uncached: input.saturating_sub(cached).saturating_add(grown(Counted::ToolInput)),
        cache_read: cached,
        output: grown(Counted::Output).saturating_add(grown(Counted::Thought)),
        ..Usage::default()
    }
}

/// A chat as it was kept until 0.50: one object.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Chat {
    session_id: String,
    #[serde(default)]
    messages: Vec<Message>,
}

#[derive(Deserialize)]
struct Message {
    id: Option<String>,
    timestamp: Option<Instant>,
    #[serde(rename = "type")]
    kind: Option<String>,
    model: Option<String>,
    tokens: Option<Told>,
}

impl Chat {
    pub(crate) fn requests(self) -> Vec<Result<Request, Bad>> {
        let Self { session_id, messages } = self;
        messages.into_iter().filter_map(|message| message.request(Some(&session_id))).collect()
    }
}

impl Message {
    fn request(self, session: Option<&str>) -> Option<Result<Request, Bad>> {
        let (told, id) = (self.tokens.filter(|_| self.kind.as_deref() == Some("gemini"))?, self.id?);
        let request = || {
            Ok(Request {
                tool: Tool::GeminiCli,
                session: session.ok_or(Bad::NoSession)?.to_owned(),
                source: Source::History,
                id: name_of(&[b"gemini_cli message", id.as_bytes()]),
                used_at: self.timestamp.ok_or(Bad::Count("timestamp"))?,
                model: named(self.model.as_deref().unwrap_or_default())?,
                usage: told.usage()?,
                tier: Tier::Standard,
                claimed: None,
            })
        };
        Some(request())
    }
}

/// What of a chat, a line for each thing that happened, was read so far.
#[derive(Debug, Default)]
pub(crate) struct ChatLines {
    session: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    session_id: String,
}

impl ChatLines {
    /// The request that the next line tells of; `None` for other lines.
    pub(crate) fn line(&mut self, line: &str) -> Option<Result<Request, Bad>> {
        if self.session.is_none() {
            let head: Head = serde_json::from_str(line).ok()?;
            self.session = Some(head.session_id);
            return None;
        }
        if !line.contains("\"tokens\"") {
            return None;
        }
        serde_json::from_str::<Message>(line).ok()?.request(self.session.as_deref())
    }
}
