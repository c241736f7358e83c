//! The steps of an offer that take a button, and links and answers for its candidate.

use axum::extract::Path;
use axum::http::Method;
use axum::response::Response;
use purser_control::Code;
use purser_control::shape::{Offer, OfferLink, OfferQuestion};
use serde_json::{Value, json};

use super::edit::{With, page};
use crate::ask::to;
use crate::form::{Sent, Wrong};
use crate::visitor::see;

/// `POST /offers/{id}/submit`
pub(crate) async fn submit(Path(id): Path<String>, sent: Sent) -> Response {
    done(sent, &id, "submit", "submitted", &json!(null)).await
}

/// `POST /offers/{id}/approve`
pub(crate) async fn approve(Path(id): Path<String>, sent: Sent) -> Response {
    let body = json!({ "duty": sent.fields.text("duty") });
    done(sent, &id, "approve", "approved", &body).await
}

/// `POST /offers/{id}/return`
pub(crate) async fn return_it(Path(id): Path<String>, sent: Sent) -> Response {
    let body = json!({ "note": sent.fields.some("note") });
    done(sent, &id, "return", "returned", &body).await
}

/// `POST /offers/{id}/send`
pub(crate) async fn send(Path(id): Path<String>, sent: Sent) -> Response {
    done(sent, &id, "send", "sent", &json!(null)).await
}

/// `POST /offers/{id}/withdraw`
pub(crate) async fn withdraw(Path(id): Path<String>, sent: Sent) -> Response {
    let body = json!({ "note": sent.fields.some("note") });
    done(sent, &id, "withdraw", "withdrawn", &body).await
}

async fn done(Sent { by, once, .. }: Sent, id: &str, step: &str, word: &str, body: &Value) -> Response {
    let done = by.ask.done::<Offer>(Method::POST, &to(&["offers", id, step]), &once, body).await;
    match done {
        Ok(offer) => see(&format!("/offers/{}?done={word}", offer.row.id)),
        Err(problem) if matches!(problem.code, Code::NotFound | Code::Forbidden | Code::MethodNotAllowed) => {
            by.answer::<crate::frame::Refused>(Err(problem))
        }
        Err(problem) => {
            let mut wrong = Wrong::of(problem);
            wrong.field = "";
            let status = wrong.status();
            page(&by, id, status, With { wrong: Some(wrong), ..With::default() }).await
        }
    }
}

/// `POST /offers/{id}/links/{link}/revoke`
pub(crate) async fn revoke(Path((id, link)): Path<(String, String)>, Sent { by, once, .. }: Sent) -> Response {
    match by.ask.done::<OfferLink>(Method::DELETE, &to(&["offer-links", &link]), &once, &()).await {
        Ok(link) => see(&format!("/offers/{}?done=revoked", link.offer)),
        Err(problem) if problem.code == Code::Forbidden => by.answer::<crate::frame::Refused>(Err(problem)),
        Err(problem) => {
            let mut wrong = Wrong::of(problem);
            wrong.field = "";
            let status = wrong.status();
            page(&by, &id, status, With { wrong: Some(wrong), ..With::default() }).await
        }
    }
}

/// `POST /offers/{id}/questions/{question}`
pub(crate) async fn answer(Path((id, question)): Path<(String, String)>, sent: Sent) -> Response {
    let Sent { by, fields, once } = sent;
    let body = json!({ "answer": fields.text("answer") });
    let to = to(&["offer-questions", &question, "answer"]);
    match by.ask.done::<OfferQuestion>(Method::POST, &to, &once, &body).await {
        Ok(asked) => see(&format!("/offers/{}?done=answered", asked.offer)),
        Err(problem) if problem.code == Code::Forbidden => by.answer::<crate::frame::Refused>(Err(problem)),
        Err(problem) => {
            let mut wrong = Wrong::of(problem);
            wrong.field = "";
            let status = wrong.status();
            page(&by, &id, status, With { wrong: Some(wrong), ..With::default() }).await
        }
    }
}
