//! What a stand-in is told before it starts.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use crate::report::Reports;
use crate::script::Script;

/// Everything about a stand-in that is fixed when it starts. [`Default`] is a fast, faultless provider on a free
/// loopback port that accepts every credential.
#[derive(Clone, Debug)]
pub struct StandinConfig {
    /// Where to listen. Port 0 takes a free one; the handle tells which.
    pub listen: SocketAddr,
    /// Threads with a runtime and a listener each, sharing the port (`SO_REUSEPORT`). At least 1 is used. Only for
    /// [`Standin::start`](crate::Standin::start): on a caller's runtime there is one listener.
    pub workers: usize,
    /// Chooses lengths, texts and tool calls. Same seed, same request bytes: same answer, ids apart.
    pub seed: u64,
    /// How answers are shaped when the request leaves it open.
    pub answers: Answers,
    /// How fast answers go out.
    pub pacing: Pacing,
    /// Credentials that are accepted; empty accepts every non-empty one.
    pub keys: Vec<String>,
    /// Models that the model lists show. Calls may name any model.
    pub models: Vec<ListedModel>,
    /// How every call is answered unless the call itself says otherwise.
    pub script: Script,
    /// What the account's administrator is told.
    pub reports: Reports,
    /// What a client that leaves early is charged.
    pub after_hangup: AfterHangup,
    /// Where calls are written down.
    pub journal: JournalConfig,
    /// Bounds, so that no fault and no client can make the stand-in grow without end.
    pub bounds: Bounds,
}

impl Default for StandinConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
            workers: 1,
            seed: 1,
            answers: Answers::default(),
            pacing: Pacing::default(),
            keys: Vec::new(),
            models: ListedModel::usual(),
            script: Script::default(),
            reports: Reports::default(),
            after_hangup: AfterHangup::default(),
            journal: JournalConfig::default(),
            bounds: Bounds::default(),
        }
    }
}

/// The shape of answers.
#[derive(Clone, Debug)]
pub struct Answers {
    /// Least number of output tokens (thinking apart) that an answer wants, before the request's own limit.
    pub tokens_min: u64,
    /// Most output tokens (thinking apart) that an answer wants.
    pub tokens_max: u64,
    /// Percent of calls that offer tools, force none and do not just bring a tool's result, which are answered with a
    /// tool call. A forced tool choice is always obeyed.
    pub tool_percent: u8,
    /// Bytes of prompt (and of answer text) per token. At least 1 is used.
    pub bytes_per_token: usize,
    /// Shortest prompt, in tokens, of which a cache keeps anything.
    pub cache_min_tokens: u64,
    /// Instant that goes into `created` fields, seconds since 1970. A constant, so that answers are reproducible.
    pub created_s: u64,
}

impl Default for Answers {
    fn default() -> Self {
        Self {
            tokens_min: 24,
            tokens_max: 240,
            tool_percent: 0,
            bytes_per_token: 4,
            cache_min_tokens: 1024,
            created_s: 1_790_000_000,
        }
    }
}

/// How fast an answer goes out. [`Default`] is as fast as possible.
#[derive(Clone, Copy, Debug)]
pub struct Pacing {
    /// From the whole request to the first byte of the answer.
    pub first_byte: Duration,
    /// Output tokens per second; 0 is as fast as possible. A plain answer comes when its last token would have come.
    pub tokens_per_s: u32,
    /// Output tokens in one event of a stream. At least 1 is used.
    pub tokens_per_event: u64,
    /// Events in one write to the socket when they are due at the same time; 0 packs up to 16 KiB.
    pub events_per_write: u32,
}

impl Default for Pacing {
    fn default() -> Self {
        Self { first_byte: Duration::ZERO, tokens_per_s: 0, tokens_per_event: 4, events_per_write: 0 }
    }
}

/// Whether generation, and with it the bill, ends when the client has gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AfterHangup {
    /// Billed is the prompt and what was generated until the client was seen to have left.
    #[default]
    Stop,
    /// Billed is the whole answer.
    BillWhole,
}

/// Where calls are written down.
#[derive(Clone, Debug)]
pub struct JournalConfig {
    /// Calls kept in memory; the oldest go first and are counted in
    /// [`Totals::forgotten`](crate::Totals::forgotten). Totals always cover every call.
    pub calls_max: usize,
    /// Also append each ended call to this file, as one JSON line. Created when missing.
    pub file: Option<PathBuf>,
}

impl Default for JournalConfig {
    fn default() -> Self {
        Self { calls_max: 1_000_000, file: None }
    }
}

/// Bounds of what one call or one credential may use.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Longest request head.
    pub head_bytes_max: usize,
    /// Longest request body; a longer one is answered with 413.
    pub body_bytes_max: usize,
    /// Length of an "endless" answer.
    pub endless_bytes_max: u64,
    /// Longest stall; then the connection is closed.
    pub stall_max: Duration,
    /// How long a stop waits for answers under way before it cuts them.
    pub stop_wait_max: Duration,
    /// Remembered prompt pieces of one credential and model; the older half goes when it is full.
    pub cache_pieces_max: usize,
    /// Remembered answers that `previous_response_id` may name, over all credentials.
    pub stored_responses_max: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            head_bytes_max: 64 * 1024,
            body_bytes_max: 32 * 1024 * 1024,
            endless_bytes_max: 64 * 1024 * 1024,
            stall_max: Duration::from_mins(10),
            stop_wait_max: Duration::from_secs(2),
            cache_pieces_max: 64 * 1024,
            stored_responses_max: 64 * 1024,
        }
    }
}

/// A model as the model lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedModel {
    /// The name calls use.
    pub id: String,
    /// Which provider's list shows it.
    pub owner: Owner,
    /// Longest prompt in tokens.
    pub input_tokens_max: u64,
    /// Longest answer in tokens.
    pub output_tokens_max: u64,
}

/// Whose model it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// Listed in Anthropic's shape.
    Anthropic,
    /// Listed in OpenAI's shape.
    OpenAi,
    /// Listed in Google's shape.
    Google,
}

impl ListedModel {
    /// A few models of each provider.
    pub fn usual() -> Vec<Self> {
        let model = |id: &str, owner, input_tokens_max, output_tokens_max| Self {
            id: id.to_owned(),
            owner,
            input_tokens_max,
            output_tokens_max,
        };
        vec![
            model("claude-opus-5-5", Owner::Anthropic, 1_000_000, 128_000),
            model("claude-sonnet-5-5", Owner::Anthropic, 1_000_000, 128_000),
            model("claude-haiku-5-5", Owner::Anthropic, 200_000, 64_000),
            model("gpt-5.5", Owner::OpenAi, 1_050_000, 128_000),
            model("gpt-6.1", Owner::OpenAi, 1_050_000, 128_000),
            model("text-embedding-3-small", Owner::OpenAi, 8_191, 0),
            model("gemini-2.5-pro", Owner::Google, 1_048_576, 65_536),
            model("gemini-2.5-flash", Owner::Google, 1_048_576, 65_536),
        ]
    }
}
