//! `/demo/wipe`, where the company is made up: what goes with it, the one button, and the last page.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use purser_control::{Code, Permission, Problem};
use tokio::sync::Notify;

use crate::demo::NotHeard;
use crate::form::Sent;
use crate::frame::{Frame, Refused};
use crate::page;
use crate::say::{count, escaped, sentence};
use crate::visitor::{Visitor, see};
use crate::{Web, assets};

/// Where whoever wiped a made-up company is told what became of it.
pub const GONE: &str = "/demo/gone";

#[derive(Template)]
#[template(path = "demo/wipe.html")]
struct Wipe {
    frame: Frame,
    folder: String,
    people: String,
    keys: String,
    entries: String,
}

/// `GET /demo/wipe`
pub(crate) async fn ask(State(web): State<Web>, visitor: Visitor) -> Response {
    visitor.answer(look(&web, &visitor))
}

fn look(web: &Web, visitor: &Visitor) -> Result<Wipe, Problem> {
    visitor.must(Permission::AccessChange)?;
    let wiping = web.wiping.as_ref().ok_or_else(not_made_up)?;
    let number = |number: usize| count(u64::try_from(number).unwrap_or(u64::MAX));
    Ok(Wipe {
        frame: visitor.frame("Wipe the demo company"),
        folder: wiping.folder.clone(),
        people: number(visitor.status.people),
        keys: number(visitor.status.keys),
        entries: count(visitor.status.written),
    })
}

/// `POST /demo/wipe`: answered once it is begun, with the way to the last page.
pub(crate) async fn wipe(State(web): State<Web>, Sent { by, .. }: Sent) -> Response {
    if let Err(problem) = by.must(Permission::AccessChange) {
        return by.answer::<Refused>(Err(problem));
    }
    let Some(wiping) = &web.wiping else { return by.answer::<Refused>(Err(not_made_up())) };
    let (message, hint) = match wiping.begin().await {
        Ok(()) => return see(GONE),
        Err(NotHeard::Begun) => ("somebody is wiping this company already", "this page will not be there in a moment"),
        Err(NotHeard::Ending) => (
            "nothing was wiped, because Purser is ending or restarting just now",
            "once it runs again, wipe it here; while it does not run, `purser demo wipe` does it",
        ),
    };
    let problem = Problem { code: Code::Conflict, message: message.to_owned(), hint: Some(hint.to_owned()) };
    by.answer::<Refused>(Err(problem))
}

/// Said by no server: where no company is made up there is no such route.
fn not_made_up() -> Problem {
    Problem { code: Code::NotFound, message: "this company is not made up, so it stays".to_owned(), hint: None }
}

/// The last page of a made-up company, at every address: `wiped` is the folder that was emptied, or why it was not.
/// `read` is told when whoever asked has it.
pub fn last_page(wiped: Result<String, String>, read: Arc<Notify>) -> Router {
    let last = Arc::new(wiped);
    let rest = Arc::clone(&last);
    let answer = move || async move {
        read.notify_one();
        told(&last)
    };
    Router::new()
        .route(GONE, get(answer))
        .route("/assets/{version}/{name}", get(assets::asset))
        .fallback(move || async move { told(&rest) })
}

fn told(wiped: &Result<String, String>) -> Response {
    match wiped {
        Ok(folder) => {
            let folder = escaped(folder);
            let body = format!(
                "<p class=\"lead\">Everything in <code>{folder}</code> was removed. Nobody in that company existed.</p>\n\
                 <p>Purser has ended. To start for real, on the machine that it ran on:</p>\n<pre>purser serve</pre>\n\
                 <p>It begins with an empty company, and says what to do first.</p>"
            );
            page::page(StatusCode::OK, "The demo company is gone", body)
        }
        Err(why) => {
            let why = escaped(&sentence(why));
            let body = format!(
                "<p class=\"problem\" role=\"alert\">{why}</p>\n<p>Purser has ended. <code>purser demo wipe</code> tries \
                 again, on the machine that it ran on.</p>"
            );
            page::page(StatusCode::INTERNAL_SERVER_ERROR, "The demo company could not be wiped", body)
        }
    }
}
