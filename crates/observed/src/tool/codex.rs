//! Codex. Events `codex.sse_event` of kind `response.completed`, histories under `sessions/**/rollout-*.jsonl`; fields as
//! version 0.169 sends them. Input is told with what was read from and written to caches, output with reasoning.

use purser_core::observed::Source;
use purser_core::time::Instant;
use purser_core::usage::{Tier, Usage};
use serde::Deserialize;

use super::{Bad, Tool, model, named};
use crate::otlp::Attributes;
use crate::{Request, name_of};

/// It tells of the end of each answer twice: what was used is only in one of them.
pub(super) fn is_request(event: &str, attributes: &Attributes<'_>) -> bool {
    event == "codex.sse_event"
        && attributes.text("event.kind") == Some("response.completed")
        && attributes.has("input_token_count")
}

pub(super) fn request(attributes: &Attributes<'_>, used_at: Instant) -> Result<Request, Bad> {
    let usage = Told {
        input_tokens: attributes.count("input_token_count")?,
        cached_input_tokens: attributes.count("cached_token_count")?,
        cache_write_input_tokens: attributes.count("cache_write_token_count")?,
        output_tokens: attributes.count("output_token_count")?,
    };
    Ok(Request {
        tool: Tool::Codex,
        session: attributes.session("conversation.id")?,
        source: Source::Events,
        id: attributes.name("codex.sse_event"),
        used_at,
        model: model(attributes)?,
        usage: usage.usage()?,
        tier: Tier::Standard,
        claimed: None,
    })
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_field_names, reason = "histories call them so")]
struct Told {
    input_tokens: u64,
    cached_input_tokens: u64,
    cache_write_input_tokens: u64,
    output_tokens: u64,
}

impl Told {
    fn usage(&self) -> Result<Usage, Bad> {
        let cached = self.cached_input_tokens.checked_add(self.cache_write_input_tokens).ok_or(Bad::Parts)?;
        Ok(Usage {
            input_uncached: self.input_tokens.checked_sub(cached).ok_or(Bad::Parts)?,
            cache_read: self.cached_input_tokens,
            cache_write_5m: self.cache_write_input_tokens,
            output: self.output_tokens,
            ..Usage::default()
        })
    }
}

/// What of a history was read so far.
#[derive(Debug, Default)]
pub(crate) struct Rollout {
    session: Option<String>,
    model: Option<String>,
    /// It has records of each answer by its id, as versions since 0.160 write them; sums before are passed over then.
    by_response: bool,
    last_total: Option<Told>,
    count: u64,
}

#[derive(Deserialize)]
struct Line {
    timestamp: Option<Instant>,
    #[serde(rename = "type")]
    kind: String,
    payload: Option<Payload>,
}

#[derive(Deserialize)]
struct Payload {
    #[serde(rename = "type")]
    kind: Option<String>,
    id: Option<String>,
    model: Option<String>,
    thread_id: Option<String>,
    response_id: Option<String>,
    usage: Option<Told>,
    info: Option<Info>,
}

#[derive(Deserialize)]
struct Info {
    total_token_usage: Option<Told>,
    last_token_usage: Option<Told>,
}

/// The lines that are read say one of these.
const TOLD_BY: [&str; 4] = ["session_meta", "turn_context", "token_usage_record", "token_count"];

impl Rollout {
    /// The request that the next line tells of; `None` for other lines.
    pub(crate) fn line(&mut self, line: &str) -> Option<Result<Request, Bad>> {
        let head: String = line.chars().take(400).collect();
        if !TOLD_BY.iter().any(|kind| head.contains(kind)) {
            return None;
        }
        let Line { timestamp, kind, payload } = serde_json::from_str(line).ok()?;
        let payload = payload?;
        match (&*kind, payload.kind.as_deref()) {
            ("session_meta", _) => {
                // A forked one begins with the heads of those it comes from.
                self.session = payload.id.or(self.session.take());
                None
            }
            ("turn_context", _) => {
                self.model = payload.model.or(self.model.take());
                None
            }
            ("token_usage_record", _) => {
                self.by_response = true;
                let (usage, response) = (payload.usage?, payload.response_id?);
                let session = payload.thread_id.or_else(|| self.session.clone());
                let id = name_of(&[b"codex response", response.as_bytes()]);
                Some(self.request(session, id, timestamp, &usage))
            }
            ("event_msg", Some("token_count")) if !self.by_response => {
                let Info { total_token_usage: Some(total), last_token_usage: Some(last) } = payload.info? else {
                    return None;
                };
                // Told again with each change of rate limits.
                if self.last_total.replace(total) == Some(total) {
                    return None;
                }
                self.count = self.count.saturating_add(1);
                let session = self.session.clone();
                let name = session.clone().unwrap_or_default();
                let id = name_of(&[b"codex answer", name.as_bytes(), &self.count.to_le_bytes()]);
                Some(self.request(session, id, timestamp, &last))
            }
            _ => None,
        }
    }

    fn request(
        &self,
        session: Option<String>,
        id: u64,
        used_at: Option<Instant>,
        usage: &Told,
    ) -> Result<Request, Bad> {
        Ok(Request {
            tool: Tool::Codex,
            session: session.ok_or(Bad::NoSession)?,
            source: Source::History,
            id,
            used_at: used_at.ok_or(Bad::Count("timestamp"))?,
            model: named(self.model.as_deref().unwrap_or_default())?,
            usage: usage.usage()?,
            tier: Tier::Standard,
            claimed: None,
        })
    }
}
