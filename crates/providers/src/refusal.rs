//! Saying no in the caller's dialect, so that real clients stop at once and show our sentence.

mod anthropic;
mod gemini;
mod openai;

use bytes::Bytes;
use http::StatusCode;
use purser_core::time::Instant;

use crate::client::ClientTool;
use crate::dialect::Family;
use crate::header_list::Headers;

/// Why a call is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalKind {
    /// The money is spent: final until the reset or a top-up.
    Exhausted {
        /// When the budget fills again, if it does.
        resets_at: Option<Instant>,
    },
    /// The money is there but set aside by other calls: try again.
    Held {
        /// When to try again.
        retry_after_s: u32,
    },
    /// A limit other than money: try again.
    RateLimited {
        /// When to try again.
        retry_after_s: u32,
    },
    /// No key, an unknown or a revoked one.
    BadKey,
    /// The key is known but may not do this (model, provider, tool, route).
    Forbidden,
    /// No such model here.
    UnknownModel,
    /// No such stored thing, or somebody else's: the two look the same.
    UnknownId,
    /// The route or what is asked of it cannot be metered.
    Unmetered,
    /// No such route.
    UnknownRoute,
    /// The body could not be read.
    BadRequest,
    /// The body is larger than accepted.
    TooLarge,
    /// A stop switch is on.
    Stopped,
    /// The provider could not be reached.
    Unreachable,
    /// The provider did not answer in time.
    TimedOut,
    /// Purser itself cannot serve now (starting, stopping, disk): try again.
    Unavailable {
        /// When to try again.
        retry_after_s: u32,
    },
}

impl RefusalKind {
    /// A stable code, sent as `x-purser-code`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Exhausted { .. } => "budget_exhausted",
            Self::Held { .. } => "budget_held",
            Self::RateLimited { .. } => "rate_limited",
            Self::BadKey => "bad_key",
            Self::Forbidden => "forbidden",
            Self::UnknownModel => "unknown_model",
            Self::UnknownId => "unknown_id",
            Self::Unmetered => "unmetered",
            Self::UnknownRoute => "unknown_route",
            Self::BadRequest => "bad_request",
            Self::TooLarge => "too_large",
            Self::Stopped => "stopped",
            Self::Unreachable => "provider_unreachable",
            Self::TimedOut => "provider_timed_out",
            Self::Unavailable { .. } => "unavailable",
        }
    }
}

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal<'a> {
    /// Why.
    pub kind: RefusalKind,
    /// One line with figures and a way out; control characters become spaces.
    pub message: &'a str,
    /// Purser's id of the call.
    pub request_id: &'a str,
}

/// An answer ready to be sent.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// The status.
    pub status: StatusCode,
    /// The headers, `content-type` among them, without `content-length`.
    pub headers: Headers,
    /// The body.
    pub body: Bytes,
}

/// The longest wait that is told to a client. Some SDKs sleep for whatever they are told, so a longer one is told in
/// the sentence alone and the answer is final.
const RETRY_AFTER_MAX_S: u32 = 60;

/// Longer sentences are cut.
const MESSAGE_CHARS_MAX: usize = 1_000;

impl RefusalKind {
    /// When the client is to try again by itself; `None` for final answers.
    pub const fn retry_after_s(self) -> Option<u32> {
        match self {
            Self::Held { retry_after_s }
            | Self::RateLimited { retry_after_s }
            | Self::Unavailable { retry_after_s }
                if retry_after_s <= RETRY_AFTER_MAX_S =>
            {
                Some(retry_after_s)
            }
            _ => None,
        }
    }

    /// Asking again, unchanged, is of no use.
    const fn is_final(self) -> bool {
        self.retry_after_s().is_none() && !matches!(self, Self::Unreachable | Self::TimedOut)
    }

    /// The status that says it best to a client of which nothing else is known.
    const fn status(self) -> StatusCode {
        match self {
            Self::Exhausted { .. } => StatusCode::PAYMENT_REQUIRED,
            Self::Held { .. } | Self::RateLimited { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::BadKey => StatusCode::UNAUTHORIZED,
            Self::Forbidden | Self::Unmetered | Self::Stopped => StatusCode::FORBIDDEN,
            Self::UnknownModel | Self::UnknownId | Self::UnknownRoute => StatusCode::NOT_FOUND,
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unreachable => StatusCode::BAD_GATEWAY,
            Self::TimedOut => StatusCode::GATEWAY_TIMEOUT,
            Self::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// The refusal in the dialect's own form, with the status that makes this client stop (or, for `Held`, try again).
///
/// The statuses were tried with the real clients: how many requests each then sent, and what its user read.
pub fn refusal(family: Family, client: &ClientTool, refusal: &Refusal<'_>) -> Rendered {
    let message = one_line(refusal.message);
    let (status, body) = match family {
        Family::Anthropic => anthropic::render(client, refusal, &message),
        Family::OpenAi => openai::render(client, refusal, &message),
        Family::Gemini => gemini::render(refusal, &message),
    };
    Rendered { status, headers: headers(family, refusal), body: Bytes::from(body.to_string()) }
}

fn headers(family: Family, refusal: &Refusal<'_>) -> Headers {
    let id_header = if family == Family::Anthropic { "request-id" } else { "x-request-id" };
    let mut headers = Headers::from([
        ("content-type", "application/json"),
        ("x-purser-code", refusal.kind.code()),
        (id_header, refusal.request_id),
    ]);
    if let RefusalKind::Exhausted { resets_at: Some(at) } = refusal.kind {
        headers.append_shown("x-purser-resets-at", at);
    }
    match refusal.kind.retry_after_s() {
        Some(seconds) => headers.append_shown("retry-after", seconds),
        // Claude Code and the SDKs try even a 401 again for minutes unless they are told not to.
        None if refusal.kind.is_final() => headers.append("x-should-retry", "false"),
        None => {}
    }
    headers
}

/// Control characters become spaces, and the end of a very long sentence is left out.
fn one_line(message: &str) -> String {
    message.chars().take(MESSAGE_CHARS_MAX).map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

#[cfg(test)]
mod tests;
