//! `purser.toml` as it is written: every field, its default, nothing derived.
//!
//! The document about it, `docs/reference/configuration.md`, is made from `reference.rs`; a test keeps the two in step.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZeroU16;
use std::path::PathBuf;
use std::time::Duration;

use purser_core::money::Currency;
use purser_core::zone::Zone;
use purser_gateway::Limits as GatewayLimits;
use purser_store::JournalKind;
use serde::Deserialize;
use toml::Spanned;

use super::policy::Policy;
use super::quantity::{Size, Span};

/// The form of the file that this program reads; there was no other yet.
pub(crate) const VERSION: u64 = 1;

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct File {
    /// The version of the file's form; looked at before everything else.
    pub(crate) version: u64,
    pub(crate) data: Option<PathBuf>,
    pub(crate) currency: Currency,
    pub(crate) zone: Zone,
    pub(crate) listen: Listen,
    pub(crate) ledger: Ledger,
    pub(crate) limits: Limits,
    pub(crate) policy: Policy,
    pub(crate) retention: Retention,
    /// By name; the place in the file is the order of preference.
    pub(crate) providers: BTreeMap<String, Spanned<Provider>>,
}

impl Default for File {
    fn default() -> Self {
        Self {
            version: VERSION,
            data: None,
            currency: Currency::usd(),
            zone: Zone::UTC,
            listen: Listen::default(),
            ledger: Ledger::default(),
            limits: Limits::default(),
            policy: Policy::default(),
            retention: Retention::default(),
            providers: BTreeMap::new(),
        }
    }
}

/// `[retention]`
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Retention {
    /// Months after which what an offer said that came to nothing is forgotten.
    pub(crate) candidate_months: Option<NonZeroU16>,
}

/// `[listen]`
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Listen {
    pub(crate) gateway: SocketAddr,
    pub(crate) control: SocketAddr,
    pub(crate) tls: Option<Tls>,
    pub(crate) behind_proxy: bool,
    pub(crate) gateway_url: Option<String>,
    pub(crate) control_url: Option<String>,
    pub(crate) threads: usize,
}

impl Default for Listen {
    fn default() -> Self {
        Self {
            gateway: SocketAddr::from(([127, 0, 0, 1], 4141)),
            control: SocketAddr::from(([127, 0, 0, 1], 4142)),
            tls: None,
            behind_proxy: false,
            gateway_url: None,
            control_url: None,
            threads: 0,
        }
    }
}

/// `listen.tls`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tls {
    pub(crate) cert: PathBuf,
    pub(crate) key: PathBuf,
}

/// `[ledger]`
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Ledger {
    pub(crate) journal: Journal,
}

/// `ledger.journal`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Journal {
    /// Segments of our own.
    #[default]
    Log,
    /// A SQLite database.
    Sqlite,
}

impl From<Journal> for JournalKind {
    fn from(journal: Journal) -> Self {
        match journal {
            Journal::Log => Self::Log,
            Journal::Sqlite => Self::Sqlite,
        }
    }
}

/// Short, because new calls wait meanwhile.
const RESTART_DRAIN: Duration = Duration::from_secs(10);

/// `[limits]`
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Limits {
    pub(crate) connections: usize,
    pub(crate) head: Size,
    pub(crate) body: Size,
    pub(crate) answer: Size,
    pub(crate) head_time: Span,
    pub(crate) body_stall: Span,
    pub(crate) idle: Span,
    pub(crate) connect: Span,
    pub(crate) first_byte: Span,
    pub(crate) answer_stall: Span,
    pub(crate) write_stall: Span,
    pub(crate) drain: Span,
    pub(crate) restart_drain: Span,
}

impl Default for Limits {
    /// The gateway's own defaults, so that they stand in one place.
    fn default() -> Self {
        let limits = GatewayLimits::default();
        Self {
            connections: limits.connections,
            head: Size(limits.head_bytes),
            body: Size(limits.body_bytes),
            answer: Size(limits.answer_bytes),
            head_time: Span(limits.head_time),
            body_stall: Span(limits.body_stall),
            idle: Span(limits.idle),
            connect: Span(limits.connect),
            first_byte: Span(limits.first_byte),
            answer_stall: Span(limits.answer_stall),
            write_stall: Span(limits.write_stall),
            drain: Span(limits.drain),
            restart_drain: Span(RESTART_DRAIN),
        }
    }
}

impl From<&Limits> for GatewayLimits {
    fn from(limits: &Limits) -> Self {
        Self {
            connections: limits.connections,
            head_bytes: limits.head.0,
            body_bytes: limits.body.0,
            answer_bytes: limits.answer.0,
            head_time: limits.head_time.0,
            body_stall: limits.body_stall.0,
            idle: limits.idle.0,
            connect: limits.connect.0,
            first_byte: limits.first_byte.0,
            answer_stall: limits.answer_stall.0,
            write_stall: limits.write_stall.0,
            drain: limits.drain.0,
        }
    }
}

/// `[providers.NAME]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Provider {
    pub(crate) kind: Kind,
    pub(crate) base_url: Option<String>,
    pub(crate) api_key_env: Option<String>,
    pub(crate) api_key_file: Option<PathBuf>,
    pub(crate) admin_key_env: Option<String>,
    pub(crate) admin_key_file: Option<PathBuf>,
    #[serde(default)]
    pub(crate) models: Vec<String>,
    #[serde(default)]
    pub(crate) fallback: Vec<String>,
    pub(crate) prices: Option<String>,
}

/// What a provider speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    /// Anthropic's Messages API.
    Anthropic,
    /// OpenAI's APIs.
    Openai,
    /// Google's Gemini API.
    Gemini,
    /// Anything that speaks OpenAI's Chat Completions.
    OpenaiCompatible,
}
