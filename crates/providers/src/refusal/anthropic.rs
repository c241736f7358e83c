//! Anthropic's error shape.

use http::StatusCode;
use serde_json::{Value, json};

use crate::client::{ClientTool, Tool};

use super::{Refusal, RefusalKind};

pub(super) fn render(client: &ClientTool, refusal: &Refusal<'_>, message: &str) -> (StatusCode, Value) {
    let body = json!({
        "type": "error",
        "error": {"type": error_type(refusal.kind), "message": message},
        "request_id": refusal.request_id,
    });
    (status(client, refusal.kind), body)
}

fn status(client: &ClientTool, kind: RefusalKind) -> StatusCode {
    match kind {
        // Claude Code shows 403 as "Failed to authenticate" and answers 400 with six tries of other features; a 429
        // that is not to be tried again it shows as "Request rejected" with our sentence.
        RefusalKind::Forbidden | RefusalKind::Unmetered | RefusalKind::Stopped if client.tool == Tool::ClaudeCode => {
            StatusCode::TOO_MANY_REQUESTS
        }
        _ => kind.status(),
    }
}

fn error_type(kind: RefusalKind) -> &'static str {
    match kind {
        RefusalKind::Exhausted { .. } => "billing_error",
        RefusalKind::Held { .. } | RefusalKind::RateLimited { .. } => "rate_limit_error",
        RefusalKind::BadKey => "authentication_error",
        RefusalKind::Forbidden | RefusalKind::Unmetered | RefusalKind::Stopped => "permission_error",
        RefusalKind::UnknownModel | RefusalKind::UnknownId | RefusalKind::UnknownRoute => "not_found_error",
        RefusalKind::BadRequest => "invalid_request_error",
        RefusalKind::TooLarge => "request_too_large",
        RefusalKind::TimedOut => "timeout_error",
        RefusalKind::Unavailable { .. } => "overloaded_error",
        RefusalKind::Unreachable => "api_error",
    }
}
