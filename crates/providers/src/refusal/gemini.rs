//! Google's error shape.

use http::StatusCode;
use serde_json::{Value, json};

use super::{Refusal, RefusalKind};

pub(super) fn render(refusal: &Refusal<'_>, message: &str) -> (StatusCode, Value) {
    let kind = refusal.kind;
    let status = match kind {
        // Gemini CLI tries a 429 again for minutes; a 403 it shows at once.
        RefusalKind::Exhausted { .. } => StatusCode::FORBIDDEN,
        _ => kind.status(),
    };
    let mut details = vec![json!({
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": kind.code().to_ascii_uppercase(),
        "domain": "purser",
    })];
    if let Some(seconds) = kind.retry_after_s() {
        details.push(json!({
            "@type": "type.googleapis.com/google.rpc.RetryInfo",
            "retryDelay": format!("{seconds}s"),
        }));
    }
    let body = json!({
        "error": {"code": status.as_u16(), "message": message, "status": status_name(kind), "details": details},
    });
    (status, body)
}

fn status_name(kind: RefusalKind) -> &'static str {
    match kind {
        RefusalKind::Exhausted { .. } | RefusalKind::Forbidden | RefusalKind::Unmetered | RefusalKind::Stopped => {
            "PERMISSION_DENIED"
        }
        RefusalKind::Held { .. } | RefusalKind::RateLimited { .. } => "RESOURCE_EXHAUSTED",
        RefusalKind::BadKey => "UNAUTHENTICATED",
        RefusalKind::UnknownModel | RefusalKind::UnknownId | RefusalKind::UnknownRoute => "NOT_FOUND",
        RefusalKind::BadRequest | RefusalKind::TooLarge => "INVALID_ARGUMENT",
        RefusalKind::Unreachable | RefusalKind::Unavailable { .. } => "UNAVAILABLE",
        RefusalKind::TimedOut => "DEADLINE_EXCEEDED",
    }
}
