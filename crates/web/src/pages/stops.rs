//! Lifting a stop, wherever its button stands.

use axum::extract::Path;
use axum::http::Method;
use axum::response::Response;
use purser_control::Problem;
use purser_control::shape::Stop;

use crate::ask::to;
use crate::drawer::sent_from;
use crate::form::Sent;
use crate::frame::Refused;
use crate::visitor::see;

/// `POST /stops/{id}/lift`
pub(crate) async fn lift(Path(id): Path<String>, Sent { by, fields, once }: Sent) -> Response {
    let lifted: Result<Stop, Problem> = by.ask.done(Method::DELETE, &to(&["stops", &id]), &once, &()).await;
    match lifted {
        Ok(stop) => {
            let word = if stop.active { "waits" } else { "resumed" };
            see(&sent_from(fields.text("back"), "/me/runs", word).to_string())
        }
        Err(problem) => by.answer::<Refused>(Err(problem)),
    }
}
