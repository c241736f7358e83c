//! The stand-in's own record of what it served: the truth that a gateway's charges are compared with.
//!
//! A call is in the journal before the last byte of its answer is on its way, so whoever has read an answer to its end
//! finds it here, ended. Totals cover every call ever served; calls themselves are kept up to a bound.

use std::collections::VecDeque;
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::str::FromStr;

use parking_lot::Mutex;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

use crate::config::JournalConfig;

/// One call as it was really served.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServedCall {
    /// Place in the journal, from 1, without gaps.
    pub seq: u64,
    /// The language the call was made in.
    pub dialect: Dialect,
    /// Path of the request, without the query.
    pub path: Box<str>,
    /// Who called.
    pub credential: Credential,
    /// Model that was asked for, without a script suffix.
    pub model: Box<str>,
    /// Model that the answer names.
    pub served_model: Box<str>,
    /// Service tier that the answer names, in the dialect's words; empty where it names none.
    pub tier: Box<str>,
    /// Whether a stream was asked for.
    pub stream: bool,
    /// Status of the answer; 0 when the connection was reset instead.
    pub status: u16,
    /// What a provider would bill.
    pub usage: ServedUsage,
    /// What the client was last told, in the dialect's own terms; `None` when it was told nothing.
    pub told: Option<ToldUsage>,
    /// Events whose last byte was handed to the socket.
    pub events: u64,
    /// The call is over, one way or the other: `usage` and `told` are final. Before that, `usage` has only the prompt. A
    /// call that a stop cuts short stays so, and is in no total.
    pub ended: bool,
    /// The whole answer was handed to the socket, as the dialect ends it. Not when a fault broke it.
    pub completed: bool,
}

/// Billed counts, disjoint: no field contains another, but for `thinking`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServedUsage {
    /// Prompt tokens neither read from nor written to a cache.
    pub input_uncached: u64,
    /// Prompt tokens read from a cache.
    pub cache_read: u64,
    /// Prompt tokens written to a short-lived cache (Anthropic 5 minutes, OpenAI 30 minutes).
    pub cache_write_short: u64,
    /// Prompt tokens written to a long-lived cache (Anthropic 1 hour).
    pub cache_write_long: u64,
    /// Output tokens, thinking included.
    pub output: u64,
    /// The part of `output` that was thinking.
    pub thinking: u64,
    /// Hosted web searches.
    pub searches: u64,
}

impl ServedUsage {
    /// The whole prompt.
    pub fn input(&self) -> u64 {
        self.input_uncached + self.cache_read + self.cache_write_short + self.cache_write_long
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.input_uncached += other.input_uncached;
        self.cache_read += other.cache_read;
        self.cache_write_short += other.cache_write_short;
        self.cache_write_long += other.cache_write_long;
        self.output += other.output;
        self.thinking += other.thinking;
        self.searches += other.searches;
    }
}

/// Usage as the client was told, in the dialect's own terms: Anthropic's input excludes the cache, the others' includes
/// it; Gemini's output excludes thinking, the others' includes it. A lie is here as it was told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToldUsage {
    /// `input_tokens`, `prompt_tokens` or `promptTokenCount`.
    pub input: i64,
    /// Cache reads.
    pub cache_read: i64,
    /// Cache writes, all lifetimes.
    pub cache_write: i64,
    /// `output_tokens`, `completion_tokens` or `candidatesTokenCount`.
    pub output: i64,
    /// Thinking.
    pub thinking: i64,
}

/// The language a call is made in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dialect {
    /// Anthropic Messages, and its token count.
    Messages,
    /// OpenAI Chat Completions.
    Chat,
    /// OpenAI Responses.
    Responses,
    /// OpenAI Embeddings.
    Embeddings,
    /// Gemini generateContent, streamGenerateContent and countTokens.
    Gemini,
}

/// A credential without the credential: the first 64 bits of its SHA-256, sixteen hexadecimal digits in text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Credential(u64);

impl Credential {
    /// Of a key as it stands in the header, without `Bearer`.
    pub fn of(key: &str) -> Self {
        let digest = Sha256::digest(key.as_bytes());
        Self(digest.iter().take(8).fold(0, |word, byte| (word << 8) | u64::from(*byte)))
    }

    pub(crate) fn word(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for Credential {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        u64::from_str_radix(text, 16).map(Self)
    }
}

impl Serialize for Credential {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Credential {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Sums over every call that has ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Calls that have ended.
    pub calls: u64,
    /// Of these, the ones whose answer went out whole.
    pub completed: u64,
    /// Of these, the ones answered with an error status.
    pub errors: u64,
    /// Calls no longer kept one by one.
    pub forgotten: u64,
    /// Billed counts.
    pub usage: ServedUsage,
}

/// The journal itself.
pub(crate) struct Journal {
    inner: Mutex<Inner>,
    calls_max: usize,
}

struct Inner {
    calls: VecDeque<ServedCall>,
    /// `seq` of the front of `calls`.
    first: u64,
    totals: Totals,
    file: Option<File>,
}

impl Journal {
    pub(crate) fn open(config: &JournalConfig) -> io::Result<Self> {
        let file = match &config.file {
            Some(path) => Some(OpenOptions::new().create(true).append(true).open(path)?),
            None => None,
        };
        let inner = Inner { calls: VecDeque::new(), first: 1, totals: Totals::default(), file };
        Ok(Self { inner: Mutex::new(inner), calls_max: config.calls_max.max(1) })
    }

    /// Writes down a call that has just begun and gives it its number.
    pub(crate) fn begin(&self, mut call: ServedCall) -> u64 {
        call.ended = false;
        call.completed = false;
        (call.usage.output, call.usage.thinking) = (0, 0);
        self.inner.lock().push(call, self.calls_max)
    }

    /// Replaces what `begin` wrote by the final word.
    pub(crate) fn end(&self, seq: u64, mut call: ServedCall) {
        call.seq = seq;
        call.ended = true;
        let mut inner = self.inner.lock();
        inner.count(&call);
        if let Some(kept) = inner.kept(seq) {
            *kept = call;
        }
    }

    /// `begin` and `end` of a call whose answer goes out in one piece.
    pub(crate) fn record(&self, mut call: ServedCall) -> u64 {
        call.ended = true;
        let mut inner = self.inner.lock();
        call.seq = inner.next();
        inner.count(&call);
        inner.push(call, self.calls_max)
    }

    /// Takes back that an ended call was completed: its last write failed. The file gets a second line of that number,
    /// which overrides the first.
    pub(crate) fn not_completed(&self, seq: u64) {
        let mut inner = self.inner.lock();
        inner.totals.completed = inner.totals.completed.saturating_sub(1);
        let Some(kept) = inner.kept(seq) else { return };
        kept.completed = false;
        let call = kept.clone();
        inner.write_line(&call);
    }

    pub(crate) fn calls_since(&self, seq: u64) -> Vec<ServedCall> {
        let inner = self.inner.lock();
        inner.calls.iter().filter(|call| call.seq >= seq).cloned().collect()
    }

    pub(crate) fn totals(&self) -> Totals {
        self.inner.lock().totals
    }
}

impl Inner {
    fn next(&self) -> u64 {
        self.first + self.calls.len() as u64
    }

    fn kept(&mut self, seq: u64) -> Option<&mut ServedCall> {
        let place = usize::try_from(seq.checked_sub(self.first)?).ok()?;
        self.calls.get_mut(place)
    }

    fn push(&mut self, mut call: ServedCall, calls_max: usize) -> u64 {
        let seq = self.next();
        call.seq = seq;
        if self.calls.len() >= calls_max {
            self.calls.pop_front();
            self.first += 1;
            self.totals.forgotten += 1;
        }
        self.calls.push_back(call);
        seq
    }

    fn count(&mut self, call: &ServedCall) {
        self.totals.calls += 1;
        self.totals.completed += u64::from(call.completed);
        self.totals.errors += u64::from(call.status >= 400);
        self.totals.usage.add(&call.usage);
        self.write_line(call);
    }

    /// A file that cannot be written is given up: the journal in memory stays right, and a test that reads the file
    /// notices what is missing.
    fn write_line(&mut self, call: &ServedCall) {
        let Some(file) = &mut self.file else { return };
        let line = serde_json::to_vec(call).map_err(io::Error::from).and_then(|mut line| {
            line.push(b'\n');
            file.write_all(&line)
        });
        if line.is_err() {
            self.file = None;
        }
    }
}
