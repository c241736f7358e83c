//! What each tool calls what.

pub(crate) mod claude_code;
pub(crate) mod codex;
pub(crate) mod gemini_cli;

use std::fmt;
use std::str::FromStr;

use purser_core::observed::{MODEL_BYTES_MAX, is_name};
use purser_core::time::Instant;
use purser_core::usage::Usage;

use crate::otlp::Attributes;
use crate::{Counted, Request};

/// A tool whose telling is understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tool {
    /// Claude Code.
    ClaudeCode,
    /// Codex.
    Codex,
    /// Gemini CLI.
    GeminiCli,
}

impl Tool {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::ClaudeCode, Self::Codex, Self::GeminiCli];

    /// Its name: the one that its calls through the gateway have.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ClaudeCode => "claude-code",
            Self::Codex => "codex",
            Self::GeminiCli => "gemini-cli",
        }
    }

    /// The provider whose prices its models have.
    pub const fn provider(self) -> &'static str {
        match self {
            Self::ClaudeCode => "anthropic",
            Self::Codex => "openai",
            Self::GeminiCli => "google",
        }
    }

    /// Do its calls through the gateway name the session that its telling names?
    pub const fn names_sessions(self) -> bool {
        !matches!(self, Self::GeminiCli)
    }
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Tool {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|tool| tool.name() == text);
        found.ok_or_else(|| format!("`{text}` is none of claude-code, codex, gemini-cli"))
    }
}

/// Why a record about usage can't be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Bad {
    /// What is counted can't be told from what passed through the gateway.
    #[error("it names no session")]
    NoSession,
    /// Or one that no report could show.
    #[error("it names no model")]
    NoModel,
    /// Not a count.
    #[error("`{0}` is no count")]
    Count(&'static str),
    /// A part that is more than the whole.
    #[error("it counts more tokens from caches than tokens of prompts")]
    Parts,
    /// Neither delta nor cumulative, or not only growing.
    #[error("its counter neither grows from zero nor by steps")]
    Temporality,
}

/// An event about one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EventOf(Tool);

/// Whose request an event is about, if it is about one.
pub(crate) fn told_in_event(event: &str, body: &str, attributes: &Attributes<'_>) -> Option<EventOf> {
    if claude_code::is_request(event, body) {
        Some(EventOf(Tool::ClaudeCode))
    } else if codex::is_request(event, attributes) {
        Some(EventOf(Tool::Codex))
    } else if gemini_cli::is_request(event) {
        Some(EventOf(Tool::GeminiCli))
    } else {
        None
    }
}

/// The request that an event is about.
pub(crate) fn request(of: EventOf, attributes: &Attributes<'_>, at: Instant) -> Result<Request, Bad> {
    match of.0 {
        Tool::ClaudeCode => claude_code::request(attributes, at),
        Tool::Codex => codex::request(attributes, at),
        Tool::GeminiCli => gemini_cli::request(attributes, at),
    }
}

/// A metric about usage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MetricOf {
    ClaudeTokens,
    ClaudeCost,
    GeminiTokens,
}

impl MetricOf {
    pub(crate) const fn tool(self) -> Tool {
        match self {
            Self::ClaudeTokens | Self::ClaudeCost => Tool::ClaudeCode,
            Self::GeminiTokens => Tool::GeminiCli,
        }
    }
}

/// Which usage a metric counts, if it does. Those of Codex name no session, so what they count could have passed through
/// the gateway: its events are read instead.
pub(crate) fn told_in_metric(name: &str) -> Option<MetricOf> {
    match name {
        "claude_code.token.usage" => Some(MetricOf::ClaudeTokens),
        "claude_code.cost.usage" => Some(MetricOf::ClaudeCost),
        "gemini_cli.token.usage" => Some(MetricOf::GeminiTokens),
        _ => None,
    }
}

/// What a point of a metric counts.
pub(crate) fn counted(of: MetricOf, attributes: &Attributes<'_>) -> Option<Counted> {
    let kind = attributes.text("type").unwrap_or_default();
    match of {
        MetricOf::ClaudeCost => Some(Counted::Cost),
        MetricOf::ClaudeTokens => claude_code::counted(kind),
        MetricOf::GeminiTokens => gemini_cli::counted(kind),
    }
}

/// The usage that growths of counters come to.
pub(crate) fn usage_of(tool: Tool, grown: impl Fn(Counted) -> u64) -> Usage {
    match tool {
        Tool::ClaudeCode | Tool::Codex => claude_code::usage_of(grown),
        Tool::GeminiCli => gemini_cli::usage_of(grown),
    }
}

/// The model that a record names.
pub(crate) fn model(attributes: &Attributes<'_>) -> Result<String, Bad> {
    named(attributes.text("model").unwrap_or_default())
}

/// A model's name.
pub(crate) fn named(model: &str) -> Result<String, Bad> {
    if is_name(model, MODEL_BYTES_MAX) { Ok(model.to_owned()) } else { Err(Bad::NoModel) }
}
