//! Usage that did not pass through the gateway.

use purser_core::money::Nano;
use purser_core::observed::Source;
use purser_core::time::Instant;
use purser_core::usage::{Tier, Usage};
use serde::{Deserialize, Serialize};

/// What was seen, together. None of it is a charge.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ObservedTotals {
    /// `observed, not enforced`
    pub mark: String,
    /// Requests; counters don't tell how many.
    pub requests: u64,
    /// Prompt tokens, every cache bucket included.
    pub input_tokens: u64,
    /// Prompt tokens read from a cache.
    pub cached_tokens: u64,
    /// Prompt tokens written to a cache.
    pub written_tokens: u64,
    /// Answer tokens.
    pub output_tokens: u64,
    /// What they would cost by Purser's own prices.
    pub charge: Nano,
    /// Things seen whose model has no price, so are not in `charge`.
    pub unpriced: u64,
    /// What the tools themselves say that they cost, in US dollars.
    pub claimed_usd: Nano,
}

/// One line of what was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ObservedLine {
    /// The tool, model, day, session (a hash, behind its tool) or person (its id).
    pub key: String,
    /// A name for people, where the key is an id.
    pub name: Option<String>,
    /// What was seen.
    #[serde(flatten)]
    pub totals: ObservedTotals,
}

/// A page of what was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ObservedPage {
    /// The lines, dearest first; days in order.
    pub items: Vec<ObservedLine>,
    /// What to ask `after` for more lines; none when these are the last.
    #[serde(default)]
    pub next: Option<String>,
    /// First instant included.
    pub from: Instant,
    /// First instant not included.
    pub to: Instant,
    /// All lines together.
    pub totals: ObservedTotals,
}

/// What a line of what was seen stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ObservedBy {
    /// A tool.
    #[default]
    Tool,
    /// A model.
    Model,
    /// A day (UTC).
    Day,
    /// A session of a tool.
    Session,
    /// A person.
    Person,
}

/// A question about what was seen.
#[derive(Clone, Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WantedObserved {
    /// Only this person's (id or name).
    pub person: Option<String>,
    /// One line per `tool`, `model`, `day`, `session` or `person`; `tool` where it is missing.
    pub by: Option<ObservedBy>,
    /// First day or instant (UTC); the first of the running month where it is missing.
    pub from: Option<String>,
    /// First day or instant not included; the end of today where it is missing.
    pub to: Option<String>,
    /// How many lines at most; a thousand where it is missing or more.
    pub limit: Option<usize>,
    /// The lines after the one of this key, the `next` of the page before.
    pub after: Option<String>,
}

/// A history that a tool kept, to be recorded as observed.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordObserved {
    /// Whose (id or name).
    pub person: String,
    /// The requests, 5,000 at most; more come in several.
    pub requests: Vec<ObservedRequest>,
}

/// One request to a model, as a history has it.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ObservedRequest {
    /// `claude-code`, `codex` or `gemini-cli`.
    pub tool: String,
    /// The tool's own id of the session. Only a hash of it is kept.
    pub session: String,
    /// `requests` where `id` stands for the provider's own id of the request, else `history`.
    pub source: Source,
    /// Its name, the same whenever it is told: 16 hexadecimal digits.
    pub id: String,
    /// When its answer came.
    pub used_at: Instant,
    /// The model, as the tool names it.
    pub model: String,
    /// What was used.
    pub usage: Usage,
    /// The tier that the tool names.
    #[serde(default)]
    pub tier: Tier,
    /// What the tool says that it cost, in US dollars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed_usd: Option<Nano>,
}

/// What became of what was told. Requests and points of counters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Taken {
    /// New, and recorded. Points of one moment are one thing.
    pub recorded: u64,
    /// Known from before.
    pub known: u64,
    /// Left out: of a session or call that passed through the gateway, where it is charged.
    pub passed: u64,
    /// Left out: another source told of the session before, and would be added to itself.
    pub told_otherwise: u64,
    /// Left out: more than there can be.
    pub unreadable: u64,
}

impl Taken {
    /// Adds another part's.
    pub fn add(&mut self, other: &Self) {
        self.recorded = self.recorded.saturating_add(other.recorded);
        self.known = self.known.saturating_add(other.known);
        self.passed = self.passed.saturating_add(other.passed);
        self.told_otherwise = self.told_otherwise.saturating_add(other.told_otherwise);
        self.unreadable = self.unreadable.saturating_add(other.unreadable);
    }
}
