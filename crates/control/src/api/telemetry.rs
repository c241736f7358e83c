//! What tools send of their own usage: OTLP over HTTP, beside the API and not behind its gate. Whoever sends shows the key
//! that their calls would have, and tells of nobody but themselves.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use purser_core::id::{KeyId, PersonId};
use purser_observed::otlp::{self, BadBody, Form, Signal};

use crate::Control;
use crate::access::{Acting, Actor};
use crate::error::{Code, Error, Refused};
use crate::observed::Told;

/// `google.rpc.Code`: the argument is wrong, who it is is not known, too much, try again, a fault of ours.
const INVALID_ARGUMENT: i32 = 3;
const UNAUTHENTICATED: i32 = 16;
const RESOURCE_EXHAUSTED: i32 = 8;
const UNAVAILABLE: i32 = 14;
const INTERNAL: i32 = 13;

/// After how many seconds whoever could not be served may come again.
const AGAIN_S: &str = "5";

pub(super) async fn logs(State(control): State<Control>, request: Request) -> Response {
    take(&control, Signal::Logs, request).await
}

pub(super) async fn metrics(State(control): State<Control>, request: Request) -> Response {
    take(&control, Signal::Metrics, request).await
}

pub(super) async fn traces(State(control): State<Control>, request: Request) -> Response {
    take(&control, Signal::Traces, request).await
}

async fn take(control: &Control, signal: Signal, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let kind = text(&head.headers, CONTENT_TYPE.as_str()).unwrap_or_default();
    let form = Form::of(kind);
    // What is answered when the question has no form of its own.
    let answer_in = form.as_ref().copied().unwrap_or(Form::Json);
    let taken = async {
        let (person, key) = sender(control, &head.headers)?;
        let form = form.map_err(|bad| malformed(&bad))?;
        let encoding = text(&head.headers, CONTENT_ENCODING.as_str()).map(str::to_owned);
        let body = collected(body).await?;
        if signal == Signal::Traces {
            return Ok((0, String::new()));
        }
        let _place =
            control.inner.unpacking.acquire().await.map_err(|error| Error::failed("no place is left", error))?;
        let read = move || otlp::unpacked(body, encoding.as_deref()).and_then(|plain| otlp::read(signal, form, &plain));
        let reading = tokio::task::spawn_blocking(read)
            .await
            .map_err(|error| Error::failed("reading telemetry ended in a panic", error))?
            .map_err(|bad| malformed(&bad))?;
        let otlp::Reading { requests, points, mut rejected, why } = reading;
        let mut why = why.map(|bad| bad.to_string());
        if !requests.is_empty() || !points.is_empty() {
            let acting = Acting { action: "tell_usage", ..Acting::new(Actor::CallKey(key), Some(person)) };
            let taken = control.on_behalf(acting).take_told(person, Some(key), Told { requests, points }).await?;
            rejected = rejected.saturating_add(taken.unreadable);
            if taken.unreadable > 0 {
                why.get_or_insert_with(|| "it counts more than there can be".to_owned());
            }
        }
        Ok((rejected, why.unwrap_or_default()))
    };
    let taken: Result<(u64, String), Error> = taken.await;
    match taken {
        Ok((rejected, why)) => {
            if rejected > 0 {
                tracing::info!(rejected, why, "records about usage could not be read");
            }
            let body = otlp::accepted(signal, answer_in, rejected, &why);
            ([(CONTENT_TYPE, answer_in.content_type())], body).into_response()
        }
        Err(error) => refused(answer_in, &error),
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// Who tells, by the key in `Authorization: Bearer` or `x-api-key`.
fn sender(control: &Control, headers: &HeaderMap) -> Result<(PersonId, KeyId), Error> {
    let bearer = text(headers, AUTHORIZATION.as_str()).and_then(|value| value.split_once(' '));
    let bearer = bearer.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, key)| key);
    let shown = bearer.or_else(|| text(headers, "x-api-key")).map(str::trim).unwrap_or_default();
    let (snapshot, now) = (control.snapshot(), control.inner.clock.now());
    let key = snapshot.directory.key(&crate::secret::hash(shown));
    let works = key.filter(|key| {
        let here = snapshot.directory.person(key.person).is_some_and(|person| !person.has_left(now));
        here && crate::keys::works(key, now)
    });
    works.map(|key| (key.person, key.id)).ok_or_else(|| {
        Refused::new(Code::Unauthorized, "the key is nobody's, or no longer one in force")
            .hint("send `Authorization=Bearer pk-…` in OTEL_EXPORTER_OTLP_HEADERS, the key that calls are made with")
            .into()
    })
}

async fn collected(body: Body) -> Result<Vec<u8>, Error> {
    let bytes = axum::body::to_bytes(body, otlp::BODY_MAX).await;
    bytes.map(Vec::from).map_err(|_| {
        Refused::new(Code::Invalid, format!("a body has {} bytes at most; send smaller batches", otlp::BODY_MAX)).into()
    })
}

fn malformed(bad: &BadBody) -> Error {
    Refused::new(Code::Invalid, bad.to_string()).into()
}

/// Only what is said to be worth it is sent again by whoever keeps to the protocol: 429, 502, 503, 504.
fn refused(form: Form, error: &Error) -> Response {
    let problem = crate::Problem::from(error);
    let (status, code) = match problem.code {
        Code::Invalid => (StatusCode::BAD_REQUEST, INVALID_ARGUMENT),
        Code::Unauthorized => (StatusCode::UNAUTHORIZED, UNAUTHENTICATED),
        Code::TooMany => (StatusCode::TOO_MANY_REQUESTS, RESOURCE_EXHAUSTED),
        Code::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, UNAVAILABLE),
        _ => {
            tracing::error!(%error, "telemetry could not be taken in");
            (StatusCode::INTERNAL_SERVER_ERROR, INTERNAL)
        }
    };
    let said = match problem.hint {
        Some(hint) => format!("{}; {hint}", problem.message),
        None => problem.message,
    };
    let body = otlp::refused(form, code, &said);
    let mut response = (status, [(CONTENT_TYPE, form.content_type())], body).into_response();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(RETRY_AFTER, axum::http::HeaderValue::from_static(AGAIN_S));
    }
    response
}
