//! The page of an activation link: what it will do, a button, and then the key.
//!
//! The link's secret is the only right that is asked for, so it must not travel on: nothing is fetched from elsewhere,
//! no address of it is told to another page, nothing is kept on the way. Looking changes nothing, because programs that
//! show previews of links look too. Whoever does not ask for HTML gets JSON.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::ACCEPT;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use purser_core::time::Instant;
use purser_core::zone::Zone;
use serde::Serialize;

use purser_control::shape::{Activated, Activation, ActivationState};
use purser_control::{Control, Error, Problem};

use crate::Web;
use crate::page;
use crate::say::escaped;
use crate::secure::{self, Refer};

/// `GET /activate/{secret}`
pub(crate) async fn look(
    State(web): State<Web>,
    secret: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Response {
    let secret = secret.map(|Path(secret)| secret).unwrap_or_default();
    let link = web.control.look_at_activation(&secret);
    respond(&web, &headers, link, |link| looked(&web.control, link))
}

/// `POST /activate/{secret}`
pub(crate) async fn activate(
    State(web): State<Web>,
    secret: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Response {
    let secret = secret.map(|Path(secret)| secret).unwrap_or_default();
    let made = web.control.activate(secret).await;
    respond(&web, &headers, made, activated)
}

fn respond<T: Serialize>(
    web: &Web,
    headers: &HeaderMap,
    got: Result<T, Error>,
    show: impl FnOnce(&T) -> (String, String),
) -> Response {
    let accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    if !accepted.into_iter().any(|value| value.contains("text/html")) {
        let mut response = match got {
            Ok(got) => Json(got).into_response(),
            Err(error) => (status(&error), Json(Problem::from(&error))).into_response(),
        };
        secure::protect(response.headers_mut(), "none", Refer::Nobody);
        return response;
    }
    let (status, (title, body)) = match got {
        Ok(got) => (StatusCode::OK, show(&got)),
        Err(error) => (status(&error), refused(&Problem::from(&error))),
    };
    page::of(web, status, &title, body)
}

fn status(error: &Error) -> StatusCode {
    StatusCode::from_u16(Problem::from(error).code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn looked(control: &Control, link: &Activation) -> (String, String) {
    let whose = control.snapshot().directory.person(link.person).cloned();
    let day = |at: Instant| {
        let zone = whose.as_ref().map_or(Zone::UTC, |whose| whose.zone(at).clone());
        (zone.date(at).strftime("%-d %B %Y").to_string(), zone)
    };
    let name = link.person_name.as_deref().unwrap_or("you");
    let body = match link.state {
        ActivationState::Open => {
            "<p>Your AI budget is open. Make the key with which your tools spend it. It is shown to you alone; \
             only its hash is kept.</p>\n<form method=\"post\"><button class=\"first\">Make my key</button></form>"
                .to_owned()
        }
        ActivationState::Waiting => {
            let (day, zone) = day(link.opens);
            format!(
                "<p>Your AI budget opens on <strong>{day}</strong> at the start of the day ({}). Come back then: this \
                 page will make your key.</p>",
                escaped(zone.name())
            )
        }
        ActivationState::Used => {
            "<p>This link has made its key. If that was not you, tell whoever gave it to you, now: the key has to be \
             stopped.</p>"
                .to_owned()
        }
        ActivationState::Expired | ActivationState::Revoked => {
            let (day, _) = day(link.until);
            format!("<p>This link was good until {day}. Ask whoever gave it to you for another.</p>")
        }
    };
    (format!("A key for {name}"), body)
}

fn activated(made: &Activated) -> (String, String) {
    let key = made.key.key.as_deref().unwrap_or_default();
    let gateway = made.gateway.as_deref().unwrap_or("GATEWAY");
    let settings = format!(
        "export ANTHROPIC_BASE_URL={gateway}\nexport ANTHROPIC_AUTH_TOKEN={key}\n\nexport OPENAI_BASE_URL={gateway}/v1\n\
         export OPENAI_API_KEY={key}\n\nexport GOOGLE_GEMINI_BASE_URL={gateway}\nexport GEMINI_API_KEY={key}\n"
    );
    let body = format!(
        "<p>Purser keeps only its hash: keep it where you keep passwords.</p>\n<pre>{}</pre>\n<p>Any client \
         works with it once its address is set to Purser:</p>\n<pre>{}</pre>\n<p class=\"muted\">Lost it? The same link \
         shows it again for ten minutes; after that, ask for another link.</p>",
        escaped(key),
        escaped(&settings)
    );
    ("Your key".to_owned(), body)
}

fn refused(problem: &Problem) -> (String, String) {
    let hint = problem.hint.as_deref().map(|hint| format!("<p>{}.</p>", escaped(&sentence(hint)))).unwrap_or_default();
    let body = format!("<p class=\"problem\">{}.</p>\n{hint}", escaped(&sentence(&problem.message)));
    ("This did not work".to_owned(), body)
}

/// With a capital letter at its start.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
