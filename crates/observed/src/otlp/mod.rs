//! OTLP over HTTP: what is sent to `/v1/logs`, `/v1/metrics` and `/v1/traces`, and what is answered.
//!
//! By the OTLP specification, 1.9 (opentelemetry.io/docs/specs/otlp): bodies are protobuf or JSON, plain or gzip; an
//! answer has the form of its request; of what was not taken a *partial success* tells how much and why, and is not to be
//! sent again; whatever is not a success carries a `Status`.

mod answer;
mod message;
mod read;

use std::io::Read as _;

use flate2::read::MultiGzDecoder;

pub use answer::{accepted, refused};
pub use read::Reading;
pub(crate) use read::{Attributes, instant};

/// The most bytes of a body, as sent. A one-turn batch of Codex is a megabyte of JSON.
pub const BODY_MAX: usize = 16 << 20;
/// The most bytes of a body, unpacked.
pub const UNPACKED_MAX: usize = 64 << 20;

/// How a body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `application/x-protobuf`
    Protobuf,
    /// `application/json`
    Json,
}

/// What a body tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Signal {
    /// Events.
    Logs,
    /// Counters.
    Metrics,
    /// Spans, which tell nothing that is counted here.
    Traces,
}

/// Why a body is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadBody {
    /// Some other form.
    #[error("telemetry is sent as application/x-protobuf or application/json, not as `{0}`")]
    Form(String),
    /// Some other encoding.
    #[error("a body is sent plain or as gzip, not as `{0}`")]
    Encoding(String),
    /// Too large.
    #[error("a body has {UNPACKED_MAX} bytes at most once it is unpacked; send smaller batches")]
    Large,
    /// Not gzip.
    #[error("the body says that it is gzip and is not")]
    Gzip,
    /// Not what it says.
    #[error("the body is no request of its signal and form: {0}")]
    Malformed(String),
}

impl Form {
    /// The form that a content type names.
    ///
    /// # Errors
    /// [`BadBody::Form`] for any other.
    pub fn of(content_type: &str) -> Result<Self, BadBody> {
        match content_type.split(';').next().unwrap_or_default().trim() {
            kind if kind.eq_ignore_ascii_case("application/x-protobuf") => Ok(Self::Protobuf),
            kind if kind.eq_ignore_ascii_case("application/json") => Ok(Self::Json),
            other => Err(BadBody::Form(other.chars().take(100).collect())),
        }
    }

    /// The content type of an answer in this form.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Protobuf => "application/x-protobuf",
            Self::Json => "application/json",
        }
    }
}

/// The body without its encoding.
///
/// # Errors
/// [`BadBody`]: an encoding that is not known, bytes that are not of it, or too many.
pub fn unpacked(body: Vec<u8>, encoding: Option<&str>) -> Result<Vec<u8>, BadBody> {
    match encoding.map(str::trim) {
        None | Some("" | "identity") => Ok(body),
        Some(gzip) if gzip.eq_ignore_ascii_case("gzip") => {
            let mut out = Vec::new();
            let most = u64::try_from(UNPACKED_MAX).unwrap_or(u64::MAX);
            let mut plain = MultiGzDecoder::new(&body[..]).take(most.saturating_add(1));
            plain.read_to_end(&mut out).map_err(|_| BadBody::Gzip)?;
            if out.len() > UNPACKED_MAX { Err(BadBody::Large) } else { Ok(out) }
        }
        Some(other) => Err(BadBody::Encoding(other.chars().take(100).collect())),
    }
}

/// Reads what a body tells of usage. Everything else in it is passed over.
///
/// # Errors
/// [`BadBody::Malformed`].
pub fn read(signal: Signal, form: Form, body: &[u8]) -> Result<Reading, BadBody> {
    fn parsed<M: prost::Message + Default + serde::de::DeserializeOwned>(
        form: Form,
        body: &[u8],
    ) -> Result<M, BadBody> {
        match form {
            Form::Protobuf => M::decode(body).map_err(|error| BadBody::Malformed(error.to_string())),
            Form::Json => serde_json::from_slice(body).map_err(|error| BadBody::Malformed(error.to_string())),
        }
    }
    match signal {
        Signal::Logs => parsed::<message::Logs>(form, body).map(|logs| read::logs(&logs)),
        Signal::Metrics => parsed::<message::Metrics>(form, body).map(|metrics| read::metrics(&metrics)),
        Signal::Traces => parsed::<message::Traces>(form, body).map(|_| Reading::default()),
    }
}
