//! Claude Code. Events `claude_code.api_request`, metrics `claude_code.token.usage` and `claude_code.cost.usage` (delta),
//! histories under `projects/*/*.jsonl`; fields as version 2.1.330 sends them. Input is told without caches.

use purser_core::observed::Source;
use purser_core::time::Instant;
use purser_core::usage::{Tier, Usage};
use serde::Deserialize;

use super::{Bad, Tool, model, named};
use crate::otlp::Attributes;
use crate::{Counted, Request, name_of, value};

pub(super) fn is_request(event: &str, body: &str) -> bool {
    event == "claude_code.api_request" || (event == "api_request" && body == "claude_code.api_request")
}

pub(super) fn request(attributes: &Attributes<'_>, used_at: Instant) -> Result<Request, Bad> {
    let session = attributes.session("session.id")?;
    let (source, id) = match attributes.text("request_id").filter(|id| !id.is_empty()) {
        Some(request) => (Source::Requests, request_name(request)),
        None => (Source::Events, attributes.name("claude_code.api_request")),
    };
    let usage = Usage {
        input_uncached: attributes.count("input_tokens")?,
        cache_read: attributes.count("cache_read_tokens")?,
        output: attributes.count("output_tokens")?,
        ..written(
            attributes.count("cache_creation_tokens")?,
            attributes.count("cache_creation_5m_tokens")?,
            attributes.count("cache_creation_1h_tokens")?,
        )
    };
    let tier = tier(attributes.text("speed").unwrap_or_default());
    let (model, claimed) = (model(attributes)?, attributes.dollars("cost_usd")?);
    Ok(Request { tool: Tool::ClaudeCode, session, source, id, used_at, model, usage, tier, claimed })
}

/// The name of a request by the provider's id of it, the same in events and histories.
fn request_name(id: &str) -> u64 {
    name_of(&[b"anthropic request", id.as_bytes()])
}

/// Writes to caches: what is not told by lifetime is taken for the short one, as the provider bills it.
fn written(all: u64, short: u64, long: u64) -> Usage {
    let rest = all.saturating_sub(short.saturating_add(long));
    Usage { cache_write_5m: short.saturating_add(rest), cache_write_1h: long, ..Usage::default() }
}

fn tier(speed: &str) -> Tier {
    if speed == "fast" { Tier::Fast } else { Tier::Standard }
}

pub(super) fn counted(kind: &str) -> Option<Counted> {
    Some(match kind {
        "input" => Counted::Input,
        "output" => Counted::Output,
        "cacheRead" => Counted::CacheRead,
        "cacheCreation" => Counted::CacheWrite,
        _ => return None,
    })
}

pub(super) fn usage_of(grown: impl Fn(Counted) -> u64) -> Usage {
    Usage {
        input_uncached: grown(Counted::Input),
        cache_read: grown(Counted::CacheRead),
        cache_write_5m: grown(Counted::CacheWrite),
        output: grown(Counted::Output),
        ..Usage::default()
    }
}

/// A line of a history, as far as it is read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    #[serde(rename = "type")]
    kind: String,
    session_id: Option<String>,
    request_id: Option<String>,
    timestamp: Option<Instant>,
    message: Option<Message>,
    #[serde(default, rename = "costUSD")]
    cost_usd: Option<serde_json::Number>,
    #[serde(default)]
    is_api_error_message: bool,
}

#[derive(Deserialize)]
struct Message {
    id: Option<String>,
    model: Option<String>,
    usage: Option<Told>,
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Told {
    input_tokens: u64,
    output_tokens: u64,
    cache_read_input_tokens: u64,
    cache_creation_input_tokens: u64,
    cache_creation: Option<Lifetimes>,
    speed: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Lifetimes {
    ephemeral_5m_input_tokens: u64,
    ephemeral_1h_input_tokens: u64,
}

/// The request that a line of a history tells of; `None` for other lines. The same one is told of by several lines, each
/// with a block of its answer; the last has all of its output.
pub(crate) fn request_in_line(line: &str) -> Option<Result<Request, Bad>> {
    if !line.contains("\"usage\"") {
        return None;
    }
    let line: Line = serde_json::from_str(line).ok().filter(|line: &Line| line.kind == "assistant")?;
    let Message { id, model, usage } = line.message?;
    let (told, model) = (usage?, model?);
    // What it writes itself in place of an answer.
    if line.is_api_error_message || model == "<synthetic>" {
        return None;
    }
    let (source, id) = match (line.request_id, id) {
        (Some(request), _) if !request.is_empty() => (Source::Requests, request_name(&request)),
        (_, Some(message)) => (Source::History, name_of(&[b"claude_code message", message.as_bytes()])),
        _ => return None,
    };
    let lifetimes = told.cache_creation.unwrap_or_default();
    let usage = Usage {
        input_uncached: told.input_tokens,
        cache_read: told.cache_read_input_tokens,
        output: told.output_tokens,
        ..written(
            told.cache_creation_input_tokens,
            lifetimes.ephemeral_5m_input_tokens,
            lifetimes.ephemeral_1h_input_tokens,
        )
    };
    let tier = tier(told.speed.as_deref().unwrap_or_default());
    let claimed = line.cost_usd.and_then(|cost| value::dollars(&cost.to_string()));
    let request = || {
        let session = line.session_id.ok_or(Bad::NoSession)?;
        let used_at = line.timestamp.ok_or(Bad::Count("timestamp"))?;
        let model = named(&model)?;
        Ok(Request { tool: Tool::ClaudeCode, session, source, id, used_at, model, usage, tier, claimed })
    };
    Some(request())
}
