//! Whose request it is.

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, ORIGIN, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use purser_control::{Code, Control, Error, Refused};

/// Where some clients put their key.
const API_KEY: &str = "x-api-key";

/// Lets a request through with the agent that makes it.
pub(crate) async fn identify(State(control): State<Control>, mut request: Request, next: Next) -> Response {
    // Before the key is looked at: a page in a browser learns nothing about keys either.
    if request.headers().contains_key(ORIGIN) {
        let refused = Refused::new(Code::Forbidden, "pages of a browser may not ask here")
            .hint("use a program on your own machine, such as `purser mcp`");
        return Error::from(refused).into_response();
    }
    let key = key(request.headers()).map(str::to_owned);
    match control.agent(key.as_deref().unwrap_or_default()) {
        Ok(agent) => {
            request.extensions_mut().insert(agent);
            let mut response = next.run(request).await;
            // Figures change with every call.
            response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
            response
        }
        Err(error) => {
            let mut response = error.into_response();
            if response.status() == StatusCode::UNAUTHORIZED {
                response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            response
        }
    }
}

/// The key that comes with a request.
fn key(headers: &HeaderMap) -> Option<&str> {
    let bearer = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.trim().split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, key)| key.trim());
    bearer.or_else(|| headers.get(API_KEY).and_then(|value| value.to_str().ok()).map(str::trim))
}
