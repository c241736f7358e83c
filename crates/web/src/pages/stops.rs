//! Lifting a stop, wherever its button stands.

use axum::extract::Path;
use axum::http::Method;
use axum::response::Response;
use purser_control::Problem;
use purser_control::shape::Stop;

use crate::ask::to;
use crate::form::Sent;
use crate::frame::Refused;
use crate::visitor::{ours, see};

/// `POST /stops/{id}/lift`
pub(crate) async fn lift(Path(id): Path<String>, Sent { by, fields, once }: Sent) -> Response {
    let lifted: Result<Stop, Problem> = by.ask.done(Method::DELETE, &to(&["stops", &id]), &once, &()).await;
    match lifted {
        Ok(stop) => {
            let word = if stop.active { "waits" } else { "resumed" };
            see(&format!("{}?done={word}", ours(fields.text("back")).unwrap_or("/me/runs")))
        }
        Err(problem) => by.answer::<Refused>(Err(problem)),
    }
}
