//! What is taken from a request, and what is said when it can't be.

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::Control;
use crate::access::Within;
use crate::change::CommandName;
use crate::error::{Code, Error, Refused};

/// The header that names a change.
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// The services, on behalf of whoever asks. Named as axum's own so that handlers read as usual.
pub(super) struct State<T>(pub(super) T);

impl FromRequestParts<Control> for State<Control> {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, control: &Control) -> Result<Self, Self::Rejection> {
        // Outside of the gate (the setup page, health) nobody is known.
        let acting = parts.extensions.get::<Control>().cloned();
        Ok(Self(acting.unwrap_or_else(|| control.on_behalf(crate::access::Acting::stranger()))))
    }
}

/// How far the right of whoever asks goes. A handler that takes it keeps to it.
impl<S: Send + Sync> FromRequestParts<S> for Within {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or(Self::NOTHING))
    }
}

/// A JSON body.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        let body: Result<Json<T>, JsonRejection> = Json::from_request(request, state).await;
        match body {
            Ok(Json(body)) => Ok(Self(body)),
            Err(rejection) => Err(invalid(rejection.body_text())),
        }
    }
}

/// The query of an address.
pub(super) struct Query<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let query: Result<axum::extract::Query<T>, QueryRejection> =
            axum::extract::Query::from_request_parts(parts, state).await;
        match query {
            Ok(axum::extract::Query(query)) => Ok(Self(query)),
            Err(rejection) => Err(invalid(rejection.body_text())),
        }
    }
}

/// The `{id}` of an address: an id or a name.
pub(super) struct Id(pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let path: Result<Path<String>, PathRejection> = Path::from_request_parts(parts, state).await;
        match path {
            Ok(Path(id)) => Ok(Self(id)),
            Err(rejection) => Err(invalid(rejection.body_text())),
        }
    }
}

/// The name of a change, when the client gave one.
pub(super) struct Command(Option<CommandName>);

impl From<Command> for Option<CommandName> {
    fn from(command: Command) -> Self {
        command.0
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Command {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Error> {
        let Some(value) = parts.headers.get(IDEMPOTENCY_KEY) else { return Ok(Self(None)) };
        let text = value.to_str().map_err(|_| invalid("the Idempotency-Key has characters that are not plain text"))?;
        Ok(Self(Some(CommandName::try_new(text)?)))
    }
}

fn invalid(message: impl Into<String>) -> Error {
    Refused::new(Code::Invalid, message).into()
}
