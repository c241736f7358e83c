//! `/offers/{id}/letter.pdf`: the letter as the API gives it to whoever asks.

use axum::extract::Path;
use axum::http::Method;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt as _;
use purser_control::Problem;
use serde_json::Value;

use crate::ask::{read, to};
use crate::frame::Refused;
use crate::secure::{Refer, protect};
use crate::visitor::Visitor;

/// `GET /offers/{id}/letter.pdf`
pub(crate) async fn show(visitor: Visitor, Path(id): Path<String>) -> Response {
    let address = to(&["offers", &id, "letter"]).with("form", "pdf");
    let got = visitor.ask.send(Method::GET, &address, None, Vec::new()).await;
    if !got.status().is_success() {
        let problem: Result<Value, Problem> = read(got).await;
        return match problem {
            Err(problem) => visitor.answer::<Refused>(Err(problem)),
            Ok(_) => axum::http::StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        };
    }
    match got.into_body().collect().await {
        Ok(bytes) => pdf(bytes.to_bytes().to_vec(), Refer::Ourselves),
        Err(error) => {
            tracing::error!(%error, "a letter broke off");
            axum::http::StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// A letter, to be kept as a file.
pub(crate) fn pdf(bytes: Vec<u8>, refer: Refer) -> Response {
    let head = [(CONTENT_TYPE, "application/pdf"), (CONTENT_DISPOSITION, "attachment; filename=\"offer.pdf\"")];
    let mut response = (head, bytes).into_response();
    protect(response.headers_mut(), "none", refer);
    response
}
