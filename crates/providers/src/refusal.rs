//! Saying no in the caller's dialect, so that real clients stop at once and show our sentence.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use purser_core::time::Instant;

use crate::client::ClientTool;
use crate::dialect::Family;

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
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// The refusal in the dialect's own form, with the status that makes this client stop (or, for `Held`, try again).
pub fn refusal(family: Family, client: &ClientTool, refusal: &Refusal<'_>) -> Rendered {
    let _ = (family, client, refusal);
    Rendered { status: StatusCode::INTERNAL_SERVER_ERROR, headers: HeaderMap::new(), body: Bytes::new() }
}
