//! Signing in and out.

use axum::http::HeaderValue;
use axum::http::header::{HOST, ORIGIN, SET_COOKIE};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};

use super::answer::Answer;
use super::ask::{Body, State};
use super::describe::{Operation, Part};
use super::gate::Shown;
use super::openapi::Schemas;
use crate::Control;
use crate::access::COOKIE;
use crate::error::Error;
use crate::shape::{Present, SignIn};

/// How a caller showed who they are.
pub(super) struct How(Shown);

impl<S: Send + Sync> axum::extract::FromRequestParts<S> for How {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(parts.extensions.get::<Shown>().cloned().unwrap_or_default()))
    }
}

impl Part for How {}

/// Does the request come over TLS, as far as the browser says? Its page's origin tells, also behind a proxy.
pub(super) struct Secure(bool);

impl<S: Send + Sync> axum::extract::FromRequestParts<S> for Secure {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        let text = |name| parts.headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let loopback = text(HOST).is_some_and(|host| {
            let name = host.rsplit_once(':').map_or(host, |(name, _port)| name);
            matches!(name, "localhost" | "127.0.0.1" | "[::1]")
        });
        let https = text(ORIGIN).is_some_and(|origin| origin.starts_with("https://"));
        // Purser listens in the clear on loopback only; whoever comes by another name came through TLS.
        Ok(Self(https || !loopback))
    }
}

impl Part for Secure {}

/// An answer that begins or ends a session: its cookie, and the body.
pub(super) struct WithCookie<T>(Result<(String, T), Error>);

impl<T: serde::Serialize> IntoResponse for WithCookie<T> {
    fn into_response(self) -> Response {
        let (cookie, body) = match self.0 {
            Ok((cookie, body)) => (HeaderValue::from_str(&cookie).ok(), Ok(body)),
            Err(error) => (None, Err(error)),
        };
        let mut response = Answer(body).into_response();
        if let Some(cookie) = cookie {
            response.headers_mut().insert(SET_COOKIE, cookie);
        }
        response
    }
}

impl<T> Part for WithCookie<T>
where
    Answer<T>: Part,
{
    fn describe(operation: &mut Operation, schemas: &mut Schemas) {
        Answer::<T>::describe(operation, schemas);
    }
}

pub(super) async fn present(State(control): State<Control>, How(shown): How) -> Answer<Present> {
    Answer(control.present().map(|present| Present { expires: shown.expires, ..present }))
}

pub(super) async fn sign_in(
    State(control): State<Control>,
    Secure(secure): Secure,
    Body(with): Body<SignIn>,
) -> WithCookie<Present> {
    WithCookie(control.sign_in(with).await.map(|(secret, present)| (cookie(secret.reveal(), None, secure), present)))
}

pub(super) async fn sign_out(
    State(control): State<Control>,
    Secure(secure): Secure,
    How(shown): How,
) -> WithCookie<Present> {
    let out = || {
        if let Some(session) = &shown.session {
            control.sign_out(session)?;
        }
        Ok((cookie("", Some(0), secure), control.present()?))
    };
    WithCookie(out())
}

/// The cookie: not for scripts, not with requests that other sites make. `Lax` rather than `Strict`, so that a link in a
/// mail to one of Purser's pages finds its reader signed in; changes ask for more (see the gate).
fn cookie(value: &str, max_age: Option<u32>, secure: bool) -> String {
    let age = max_age.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
    let secure = if secure { "; Secure" } else { "" };
    format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Lax{age}{secure}")
}
