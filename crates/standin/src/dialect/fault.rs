//! Error bodies, in each dialect's own shape.

use crate::journal::Dialect;

/// The body of an error. `message` is put in as a JSON string.
pub(crate) fn body(dialect: Dialect, status: u16, message: &str, id: u64) -> String {
    let message = serde_json::Value::from(message);
    match dialect {
        Dialect::Messages => format!(
            r#"{{"type":"error","error":{{"type":"{}","message":{message}}},"request_id":"req_{id:016x}"}}"#,
            anthropic_type(status)
        ),
        Dialect::Chat | Dialect::Responses | Dialect::Embeddings => {
            let (kind, code) = openai_type(status);
            format!(r#"{{"error":{{"message":{message},"type":"{kind}","param":null,"code":{code}}}}}"#)
        }
        Dialect::Gemini => {
            format!(r#"{{"error":{{"code":{status},"message":{message},"status":"{}"}}}}"#, google_status(status))
        }
    }
}

fn anthropic_type(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        504 => "timeout_error",
        529 => "overloaded_error",
        400..500 => "invalid_request_error",
        _ => "api_error",
    }
}

/// Type, and code as JSON.
fn openai_type(status: u16) -> (&'static str, &'static str) {
    match status {
        401 => ("invalid_request_error", r#""invalid_api_key""#),
        404 => ("invalid_request_error", r#""model_not_found""#),
        429 => ("requests", r#""rate_limit_exceeded""#),
        400..500 => ("invalid_request_error", "null"),
        503 => ("service_unavailable", "null"),
        _ => ("server_error", "null"),
    }
}

fn google_status(status: u16) -> &'static str {
    match status {
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        429 => "RESOURCE_EXHAUSTED",
        503 | 529 => "UNAVAILABLE",
        504 => "DEADLINE_EXCEEDED",
        400..500 => "INVALID_ARGUMENT",
        _ => "INTERNAL",
    }
}
