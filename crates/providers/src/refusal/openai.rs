//! OpenAI's error shape.

use http::StatusCode;
use serde_json::{Value, json};

use crate::client::{ClientTool, Tool};

use super::{Refusal, RefusalKind};

pub(super) fn render(client: &ClientTool, refusal: &Refusal<'_>, message: &str) -> (StatusCode, Value) {
    let kind = refusal.kind;
    if client.tool == Tool::Codex
        && let Some(status) = codex_status(kind)
    {
        let error_type = if status == StatusCode::BAD_REQUEST { "invalid_request_error" } else { "server_error" };
        return (status, body(message, error_type, code(kind)));
    }
    let status = match kind {
        // What OpenAI itself sends, so that applications know it.
        RefusalKind::Exhausted { .. } => StatusCode::TOO_MANY_REQUESTS,
        _ => kind.status(),
    };
    (status, body(message, error_type(kind), code(kind)))
}

/// Codex tries 401, 402, 403 and 404 six times, loses the text of a 429 and never tries it again. A 400 it shows at
/// once, with our sentence, and a 503 it tries again.
fn codex_status(kind: RefusalKind) -> Option<StatusCode> {
    match kind {
        RefusalKind::BadKey => None,
        _ if kind.retry_after_s().is_some() => Some(StatusCode::SERVICE_UNAVAILABLE),
        _ if kind.is_final() => Some(StatusCode::BAD_REQUEST),
        _ => None,
    }
}

fn body(message: &str, error_type: &str, code: &str) -> Value {
    json!({"error": {"message": message, "type": error_type, "param": null, "code": code}})
}

fn error_type(kind: RefusalKind) -> &'static str {
    match kind {
        RefusalKind::Exhausted { .. } => "insufficient_quota",
        RefusalKind::Held { .. } | RefusalKind::RateLimited { .. } => "rate_limit_error",
        RefusalKind::Forbidden | RefusalKind::Unmetered | RefusalKind::Stopped => "permission_error",
        RefusalKind::Unreachable | RefusalKind::TimedOut | RefusalKind::Unavailable { .. } => "server_error",
        RefusalKind::BadKey
        | RefusalKind::UnknownModel
        | RefusalKind::UnknownId
        | RefusalKind::UnknownRoute
        | RefusalKind::BadRequest
        | RefusalKind::TooLarge => "invalid_request_error",
    }
}

/// OpenAI's own code where it has one, else ours.
fn code(kind: RefusalKind) -> &'static str {
    match kind {
        RefusalKind::Exhausted { .. } => "insufficient_quota",
        RefusalKind::Held { .. } | RefusalKind::RateLimited { .. } => "rate_limit_exceeded",
        RefusalKind::BadKey => "invalid_api_key",
        RefusalKind::UnknownModel => "model_not_found",
        _ => kind.code(),
    }
}
