//! What coding agents tell of their own usage: telemetry over OTLP, and the histories that they keep on a disk.
//!
//! **Model.** A message ([`otlp`]) or a history ([`history`]) is read into [`Request`]s, each told of once under a name
//! that the sender can't change, and [`Point`]s of counters, from whose growth usage follows ([`growth`]). What a tool
//! calls what, and what of it contains what, is in [`tool`], one file a tool.
//!
//! **Owns** the wire format of OTLP over HTTP (protobuf and JSON) as far as it is read here, and the fields of Claude Code,
//! Codex and Gemini CLI.
//!
//! **Does not own** whose it is, what was seen before, what it costs, whether it passed through the gateway (`control`).
//!
//! **Invariants.** No input makes anything here panic, and none takes more memory than a small multiple of its bound.
//! Prompts, answers, paths and the names of machines are not kept. Money is text until it is an integer: no float is
//! added, multiplied or rounded.
#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::string_slice,
        clippy::as_conversions,
        clippy::float_arithmetic,
        clippy::panic,
        clippy::unwrap_used,
        clippy::unreachable
    )
)]

pub mod growth;
pub mod history;
pub mod otlp;
pub mod tool;
mod value;

use purser_core::money::Nano;
use purser_core::observed::Source;
use purser_core::time::Instant;
use purser_core::usage::{Tier, Usage};

pub use tool::Tool;

/// The longest id of a session, in bytes: as long as the gateway takes for one.
pub const SESSION_BYTES_MAX: usize = 128;

/// One request to a model, as a tool told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Which tool.
    pub tool: Tool,
    /// The tool's own id of the session.
    pub session: String,
    /// Who told, and what names it.
    pub source: Source,
    /// Its name: hash of what names it.
    pub id: u64,
    /// When its answer came.
    pub used_at: Instant,
    /// The model, as the tool names it.
    pub model: String,
    /// What was used.
    pub usage: Usage,
    /// The tier that the tool names.
    pub tier: Tier,
    /// What the tool says that it cost, in US dollars.
    pub claimed: Option<Nano>,
}

/// One point of a counter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    /// Which tool.
    pub tool: Tool,
    /// The tool's own id of the session.
    pub session: String,
    /// The model, as the tool names it.
    pub model: String,
    /// What is counted.
    pub what: Counted,
    /// Hash of what tells this counter from others of the session.
    pub series: u64,
    /// Since when it counts, in nanoseconds since 1970.
    pub start: u64,
    /// Of which moment it is, in nanoseconds since 1970.
    pub time: u64,
    /// How much: tokens, or billionths of a dollar.
    pub value: u64,
    /// Is it what was counted since `start`, rather than since the point before?
    pub cumulative: bool,
}

/// What a counter counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Counted {
    /// Tokens of prompts; whether those of caches are among them is the tool's way.
    Input,
    /// Tokens that came out.
    Output,
    /// Tokens that were thought, where those are not among the output.
    Thought,
    /// Tokens read from a cache.
    CacheRead,
    /// Tokens written to a cache.
    CacheWrite,
    /// Tokens of tools' answers, where those are not among the input.
    ToolInput,
    /// Money, in billionths of a dollar.
    Cost,
}

/// The first 64 bits of a hash over parts, each with its length: a name for what they name.
pub fn name_of(parts: &[&[u8]]) -> u64 {
    let mut hash = blake3::Hasher::new();
    for part in parts {
        hash.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
        hash.update(part);
    }
    let mut bits = [0; 8];
    hash.finalize_xof().fill(&mut bits);
    u64::from_le_bytes(bits)
}
