//! Scripts: how one call is to be answered. Faults, and a few knobs that fix what is otherwise drawn from the seed.
//!
//! A script is written as parts joined by `+`, each a name or `name=value`:
//!
//! | part | what happens |
//! |---|---|
//! | `refuse` | the connection is reset before any byte of the answer |
//! | `status=N` | an error of that status in the dialect's own shape; nothing is billed |
//! | `retry-after=S`, `should-retry=false` | headers that go with `status` |
//! | `first-byte=MS` | the answer begins that much later |
//! | `pace=N` | output tokens per second of this answer |
//! | `events-per-write=N` | that many events in one write to the socket |
//! | `wait=N` | after N events the answer goes on only when it is [let go on](crate::StandinHandle::go_on) |
//! | `stall=N` | silence after N events, the connection stays open |
//! | `cut=N`, `cut-bytes=N` | the connection ends after N events, or N bytes of body, without the body's end |
//! | `half=N` | after N events comes half of the next one, then the body ends as if all were well |
//! | `endless` | the last piece of text comes again and again, up to the configured bound, then the connection ends |
//! | `gzip` | the body is compressed though nobody asked |
//! | `content-type=T` | the answer claims to be of another type |
//! | `usage=none`, `empty`, `zero`, `negative`, `huge`, `decreasing`, `cache-above-input` | usage as told is wrong, or is not told; the journal keeps the truth |
//! | `output=N`, `thinking=N` | tokens of text and tool call, tokens of thinking, before the request's limit |
//! | `tool` | a tool is called if one is offered |
//! | `search=N` | N hosted web searches took place |
//! | `tier=T`, `serve=MODEL` | what the answer says was served |
//!
//! An event is one message of a stream as the dialect delimits it (for Gemini's JSON array, one element); a plain body
//! is a single event.
//!
//! A call's script is the first of these that exists, so that faults can be had through any gateway:
//! 1. the header `x-standin-fault: cut=3+gzip`, for direct calls;
//! 2. the last `[[standin cut=3+gzip]]` anywhere in the request body, for gateways that check models and drop headers
//!    (`[[standin]]` clears an earlier one that a growing conversation carries along);
//! 3. a suffix of the model's name, `claude-opus-5-5@cut=3+gzip`, for gateways that may change the body; a suffix that
//!    is not a script belongs to the name;
//! 4. one injected through the handle or by `PUT /standin/fault`;
//! 5. [`StandinConfig::script`](crate::StandinConfig::script).

use std::str::FromStr;
use std::time::Duration;

/// How one call is to be answered. [`Default`] is a faultless answer. The module's text lists the written form, which
/// [`FromStr`] reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    /// Reset the connection before any byte of the answer.
    pub refuse: bool,
    /// Answer with this error status (400 to 599).
    pub status: Option<u16>,
    /// `retry-after` of an error, in seconds.
    pub retry_after_s: Option<u32>,
    /// `x-should-retry` of an error.
    pub should_retry: Option<bool>,
    /// Delay before the first byte, on top of the configured pacing.
    pub first_byte: Option<Duration>,
    /// Output tokens per second in place of the configured pacing.
    pub tokens_per_s: Option<u32>,
    /// Events in one write in place of the configured pacing.
    pub events_per_write: Option<u32>,
    /// Wait after that many events until told to go on.
    pub wait: Option<u64>,
    /// Where the answer breaks.
    pub ending: Ending,
    /// Compress the body though nobody asked.
    pub gzip: bool,
    /// Claim this content type.
    pub content_type: Option<String>,
    /// How usage is told.
    pub telling: Telling,
    /// Tokens of text and tool call that the answer wants.
    pub output_tokens: Option<u64>,
    /// Tokens of thinking that the answer wants.
    pub thinking_tokens: Option<u64>,
    /// Call a tool if one is offered.
    pub tool: bool,
    /// Hosted web searches that took place.
    pub searches: u64,
    /// The service tier that the answer says was served.
    pub tier: Option<String>,
    /// The model that the answer says was served.
    pub served_model: Option<String>,
}

/// Where an answer breaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ending {
    /// It does not.
    #[default]
    Whole,
    /// Silence after that many events.
    Stall(u64),
    /// The connection ends after that many events.
    CutEvents(u64),
    /// The connection ends after that many bytes of the body.
    CutBytes(u64),
    /// After that many events half of the next one, then a proper end.
    Half(u64),
    /// The last piece of text is repeated up to the bound, then the connection ends.
    Endless,
}

/// How usage is told to the client. The journal's usage is the truth in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Telling {
    /// As it is.
    #[default]
    Truth,
    /// The usage field is left out.
    None,
    /// The usage field is an empty object.
    Empty,
    /// All counts are zero.
    Zero,
    /// All counts are negated.
    Negative,
    /// Output is 2⁶³ − 1.
    Huge,
    /// Later figures are lower than earlier ones; where a dialect tells usage only once, half of it.
    Decreasing,
    /// More cache reads than there was prompt.
    CacheAboveInput,
}

/// A script that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such script part, or its value is out of bounds: {part:?}")]
pub struct ScriptError {
    /// The part that is not understood.
    pub part: String,
}

impl FromStr for Script {
    type Err = ScriptError;

    fn from_str(text: &str) -> Result<Self, ScriptError> {
        let mut script = Self::default();
        for part in text.split('+').map(str::trim).filter(|part| !part.is_empty()) {
            script.apply(part).ok_or_else(|| ScriptError { part: part.to_owned() })?;
        }
        Ok(script)
    }
}

impl Script {
    /// Takes up one part; `None` if it is not understood.
    fn apply(&mut self, part: &str) -> Option<()> {
        let (name, value) = match part.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (part, None),
        };
        if let Some(value) = value {
            self.set(name, value)
        } else {
            match name {
                "refuse" => self.refuse = true,
                "gzip" => self.gzip = true,
                "tool" => self.tool = true,
                "endless" => self.ending = Ending::Endless,
                _ => return None,
            }
            Some(())
        }
    }

    fn set(&mut self, name: &str, value: &str) -> Option<()> {
        match name {
            "status" => self.status = Some(value.parse().ok().filter(|status| (400..600).contains(status))?),
            "retry-after" => self.retry_after_s = Some(value.parse().ok()?),
            "should-retry" => self.should_retry = Some(value.parse().ok()?),
            "first-byte" => self.first_byte = Some(Duration::from_millis(value.parse().ok()?)),
            "pace" => self.tokens_per_s = Some(value.parse().ok()?),
            "events-per-write" => self.events_per_write = Some(value.parse().ok()?),
            "wait" => self.wait = Some(value.parse().ok()?),
            "stall" => self.ending = Ending::Stall(value.parse().ok()?),
            "cut" => self.ending = Ending::CutEvents(value.parse().ok()?),
            "cut-bytes" => self.ending = Ending::CutBytes(value.parse().ok()?),
            "half" => self.ending = Ending::Half(value.parse().ok()?),
            "content-type" => self.content_type = Some(plain_word(value)?),
            "usage" => self.telling = Telling::named(value)?,
            "output" => self.output_tokens = Some(tokens(value)?),
            "thinking" => self.thinking_tokens = Some(tokens(value)?),
            "search" => self.searches = tokens(value)?,
            "tier" => self.tier = Some(plain_word(value)?),
            "serve" => self.served_model = Some(plain_word(value)?),
            _ => return None,
        }
        Some(())
    }
}

/// Longest answer that is ever rendered, whatever is asked for.
pub(crate) const OUTPUT_TOKENS_MAX: u64 = 1_000_000;

/// A count that an answer can really be rendered for.
fn tokens(value: &str) -> Option<u64> {
    value.parse().ok().filter(|count| *count <= OUTPUT_TOKENS_MAX)
}

/// A value that can stand in a header and in a JSON string as it is.
fn plain_word(value: &str) -> Option<String> {
    let plain = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
    (!value.is_empty() && value.bytes().all(plain)).then(|| value.to_owned())
}

impl Telling {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "none" => Self::None,
            "empty" => Self::Empty,
            "zero" => Self::Zero,
            "negative" => Self::Negative,
            "huge" => Self::Huge,
            "decreasing" => Self::Decreasing,
            "cache-above-input" => Self::CacheAboveInput,
            _ => return None,
        })
    }
}
