//! Who may use the API over TCP.

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::Control;
use crate::error::{Code, Error, Refused};

/// Lets requests with an administrator's key through.
pub(super) async fn administrators(State(control): State<Control>, request: Request, next: Next) -> Response {
    let key = request
        .headers()
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, key)| key.trim());
    let refused = match key {
        Some(key) if control.is_admin_key(key) => return next.run(request).await,
        Some(_) => Refused::new(Code::Unauthorized, "the key is not an administrator's"),
        None => Refused::new(Code::Unauthorized, "an administrator's key is needed"),
    };
    Error::from(refused.hint("send `Authorization: Bearer pa-…`; `purser admin-key add` makes a key")).into_response()
}

/// How the first administrator comes to a key. Gone as soon as there is one.
pub(super) async fn setup_page(State(control): State<Control>) -> Response {
    if !control.is_setup_open() {
        return crate::setup::gone().into_response();
    }
    let head = [(CONTENT_TYPE, "text/plain; charset=utf-8"), (CACHE_CONTROL, "no-store")];
    let text = "The first administrator's key is made with the code that `purser serve` printed:\n\n\
                curl -X POST -H 'content-type: application/json' -d '{\"code\": \"CODE\"}' THIS-ADDRESS/setup\n\n\
                On the machine itself `purser admin-key add` does the same without a code.\n";
    (head, text).into_response()
}
