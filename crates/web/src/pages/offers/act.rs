//! The steps of an offer that take a button, and links and answers for its candidate.

use axum::extract::Path;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use purser_control::shape::{List, NewOfferLink, Offer, OfferLink, OfferQuestion};
use purser_control::{Code, Problem};
use serde_json::{Value, json};

use super::edit::{With, page};
use crate::ask::to;
use crate::form::{Sent, Wrong};
use crate::secure;
use crate::visitor::{Visitor, see};

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

/// `POST /offers/{id}/send`: the page that follows shows the candidate's link, once.
pub(crate) async fn send(Path(id): Path<String>, Sent { by, once, .. }: Sent) -> Response {
    let sent = by.ask.done::<Offer>(Method::POST, &to(&["offers", &id, "send"]), &once, &json!(null)).await;
    let offer = match sent {
        Ok(offer) => offer,
        Err(problem) => return refused(&by, &id, problem).await,
    };
    match link(&by, &offer, &once).await {
        Ok(None) => see(&format!("/offers/{}?done=resent", offer.row.id)),
        Ok(link) => page(&by, &id, StatusCode::OK, With { link, done: super::done("sent"), ..With::default() }).await,
        // It is sent all the same, and the button for a link is on the page.
        Err(problem) => told(&by, &id, problem, super::done("sent-bare")).await,
    }
}

/// A link for the candidate of an offer that is sent by the change `sent`; none where one from before still serves.
async fn link(by: &Visitor, offer: &Offer, sent: &str) -> Result<Option<OfferLink>, Problem> {
    let links = to(&["offers", &offer.row.id.to_string(), "links"]);
    let before: List<OfferLink> = by.ask.get(&links).await?;
    if before.items.iter().any(|link| link.serves(&offer.row)) {
        return Ok(None);
    }
    let once = secure::once(sent, "link");
    by.ask.done(Method::POST, &links, &once, &NewOfferLink::default()).await.map(Some)
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
        Err(problem) => refused(&by, id, problem).await,
    }
}

/// Why a step was not done: on the offer's own page, where there is one for whoever asks.
async fn refused(by: &Visitor, id: &str, problem: Problem) -> Response {
    if matches!(problem.code, Code::NotFound | Code::Forbidden | Code::MethodNotAllowed) {
        return by.answer::<crate::frame::Refused>(Err(problem));
    }
    told(by, id, problem, None).await
}

/// The offer's page with what went wrong, and what was done before that.
async fn told(by: &Visitor, id: &str, problem: Problem, done: Option<&'static str>) -> Response {
    let mut wrong = Wrong::of(problem);
    wrong.field = "";
    let status = wrong.status();
    page(by, id, status, With { wrong: Some(wrong), done, ..With::default() }).await
}

/// `POST /offers/{id}/links/{link}/revoke`
pub(crate) async fn revoke(Path((id, link)): Path<(String, String)>, Sent { by, once, .. }: Sent) -> Response {
    match by.ask.done::<OfferLink>(Method::DELETE, &to(&["offer-links", &link]), &once, &()).await {
        Ok(link) => see(&format!("/offers/{}?done=revoked", link.offer)),
        Err(problem) if problem.code == Code::Forbidden => by.answer::<crate::frame::Refused>(Err(problem)),
        Err(problem) => told(&by, &id, problem, None).await,
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
        Err(problem) => told(&by, &id, problem, None).await,
    }
}
