//! Everything about an answer but its body.

use std::borrow::Cow;
use std::time::Duration;

use crate::config::Pacing;
use crate::journal::{Dialect, ServedCall};
use crate::reel::Pen;
use crate::script::{Ending, Script};

/// An answer, ready to be sent together with a reel.
pub(crate) struct Reply {
    /// 0 has the connection reset.
    pub(crate) status: u16,
    pub(crate) form: Form,
    /// Header lines, but for those that frame the body.
    pub(crate) headers: Vec<u8>,
    pub(crate) conduct: Conduct,
    /// What goes into the journal; `None` for requests that are not calls of a model.
    pub(crate) call: Option<ServedCall>,
}

/// How a body is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// One piece, its length known.
    Plain,
    /// Server-sent events.
    Events,
    /// Elements of a JSON array as they come.
    Array,
}

/// The part of a script, and of the pacing, that concerns sending.
#[derive(Clone, Debug)]
pub(crate) struct Conduct {
    pub(crate) first_byte: Duration,
    pub(crate) tokens_per_s: u32,
    pub(crate) events_per_write: u32,
    pub(crate) wait: Option<u64>,
    pub(crate) ending: Ending,
    pub(crate) gzip: bool,
    pub(crate) content_type: Option<String>,
    pub(crate) retry_after_s: Option<u32>,
    pub(crate) should_retry: Option<bool>,
}

impl Conduct {
    pub(crate) fn of(script: &Script, pacing: &Pacing) -> Self {
        Self {
            first_byte: pacing.first_byte + script.first_byte.unwrap_or_default(),
            tokens_per_s: script.tokens_per_s.unwrap_or(pacing.tokens_per_s),
            events_per_write: script.events_per_write.unwrap_or(pacing.events_per_write),
            wait: script.wait,
            ending: script.ending,
            gzip: script.gzip,
            content_type: script.content_type.clone(),
            retry_after_s: script.retry_after_s,
            should_retry: script.should_retry,
        }
    }

    /// At once, and whole.
    pub(crate) fn plain() -> Self {
        Self::of(&Script::default(), &Pacing::default())
    }
}

/// A refusal that a provider itself would give.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) message: Cow<'static, str>,
}

impl Refusal {
    pub(crate) fn new(status: u16, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status, message: message.into() }
    }
}

impl Reply {
    /// An answer to a request that is no call of a model.
    pub(crate) fn json(status: u16) -> Self {
        Self {
            status,
            form: Form::Plain,
            headers: b"content-type: application/json\r\n".to_vec(),
            conduct: Conduct::plain(),
            call: None,
        }
    }

    /// An answer to a call of a model, with the headers its provider sends.
    pub(crate) fn call(call: ServedCall, conduct: Conduct, form: Form, id: u64) -> Self {
        let mut headers = Vec::with_capacity(256);
        let mut pen = Pen::new(&mut headers);
        let usual = if form == Form::Events { "text/event-stream; charset=utf-8" } else { "application/json" };
        pen.raw("content-type: ").raw(conduct.content_type.as_deref().unwrap_or(usual)).raw("\r\n");
        provider_headers(&mut pen, &call, id);
        if call.status >= 400 {
            if let Some(seconds) = conduct.retry_after_s {
                pen.raw("retry-after: ").num(seconds.into()).raw("\r\n");
            }
            if let Some(retry) = conduct.should_retry {
                pen.raw("x-should-retry: ").raw(if retry { "true" } else { "false" }).raw("\r\n");
            }
        }
        Self { status: call.status, form, headers, conduct, call: Some(call) }
    }
}

fn provider_headers(pen: &mut Pen<'_>, call: &ServedCall, id: u64) {
    match call.dialect {
        Dialect::Messages => {
            pen.raw("request-id: req_").hex(id);
            pen.raw("\r\nanthropic-organization-id: standin\r\nanthropic-ratelimit-requests-limit: 4000\r\n");
            pen.raw("anthropic-ratelimit-requests-remaining: 3999\r\n");
        }
        Dialect::Chat | Dialect::Responses | Dialect::Embeddings => {
            pen.raw("x-request-id: req_").hex(id);
            pen.raw("\r\nopenai-organization: standin\r\nopenai-version: 2020-10-01\r\nopenai-processing-ms: 1\r\n");
            pen.raw("x-ratelimit-limit-requests: 10000\r\nx-ratelimit-remaining-requests: 9999\r\n");
        }
        Dialect::Gemini => {
            pen.raw("server-timing: gfet4t7; dur=1\r\n");
            if !call.tier.is_empty() {
                pen.raw("x-gemini-service-tier: ").raw(&call.tier).raw("\r\n");
            }
        }
    }
}

/// The words after a status.
pub(crate) fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        403 => "Forbidden",
        404 => "Not Found",
        413 => "Payload Too Large",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        529 => "Overloaded",
        _ => "Status",
    }
}
