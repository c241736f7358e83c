//! The outward face of results: one translation of errors to statuses and bodies.

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::error::{Error, Problem};
use crate::privacy;

/// What a service gave, as a response.
pub(super) struct Answer<T>(pub(super) Result<T, Error>);

impl<T: Serialize> IntoResponse for Answer<T> {
    fn into_response(self) -> Response {
        // Figures change with every call, and some answers have a secret in them: nothing may be kept on the way.
        let head = [(CACHE_CONTROL, "no-store")];
        match self.0 {
            Ok(value) => match serde_json::to_vec(&value) {
                Ok(bytes) => {
                    privacy::answered(&bytes);
                    (head, [(CONTENT_TYPE, "application/json")], bytes).into_response()
                }
                Err(error) => (head, Error::failed("an answer can't be written as JSON", error)).into_response(),
            },
            Err(error) => (head, error).into_response(),
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        if let Self::Failed { what, source } = &self {
            tracing::error!(error = %source, "{what}");
        }
        let problem = Problem::from(&self);
        let status = StatusCode::from_u16(problem.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, Json(problem)).into_response()
    }
}
