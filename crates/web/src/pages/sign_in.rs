//! Signing in and out. The API checks the password, counts the attempts and makes the cookie.

use askama::Template;
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;
use purser_control::Problem;
use purser_control::shape::{Present, SignIn};

use crate::Web;
use crate::ask::{Ask, read, to};
use crate::demo::DemoLogin;
use crate::form::{Asked, Open, Sent};
use crate::front::set_up_first;
use crate::nav::home;
use crate::page;
use crate::say::Markup;
use crate::visitor::{ours, see};

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInForm<'a> {
    email: &'a str,
    next: &'a str,
    problem: Option<Problem>,
    out: bool,
    demo: &'a [DemoLogin],
    first: Markup,
}

/// `GET /login`
pub(crate) async fn show(State(web): State<Web>, headers: HeaderMap, Asked(asked): Asked) -> Response {
    let next = asked.text("next");
    if let Ok(me) = Ask::new(&web.api, &headers).get::<Present>(&to(&["session"])).await {
        return see(ours(next).unwrap_or(home(&me)));
    }
    form(&web, StatusCode::OK, "", next, asked.text("out") == "true", None)
}

/// `POST /login`
pub(crate) async fn sign_in(State(web): State<Web>, headers: HeaderMap, Open(fields): Open) -> Response {
    let (email, next) = (fields.text("email"), fields.text("next"));
    let with = SignIn { email: email.to_owned(), password: fields.raw("password").to_owned() };
    let body = serde_json::to_vec(&with).unwrap_or_default();
    let response = Ask::new(&web.api, &headers).send(Method::POST, &to(&["session"]), None, body).await;
    let cookie = response.headers().get(SET_COOKIE).cloned();
    let status = response.status();
    match (read::<Present>(response).await, cookie) {
        (Ok(me), Some(cookie)) => {
            let mut response = see(ours(next).unwrap_or(home(&me)));
            response.headers_mut().insert(SET_COOKIE, cookie);
            response
        }
        (Ok(_), None) => form(&web, StatusCode::INTERNAL_SERVER_ERROR, email, next, false, None),
        (Err(problem), _) => form(&web, status, email, next, false, Some(problem)),
    }
}

/// `POST /logout`
pub(crate) async fn sign_out(Sent { by, .. }: Sent) -> Response {
    let response = by.ask.send(Method::DELETE, &to(&["session"]), None, Vec::new()).await;
    let cookie = response.headers().get(SET_COOKIE).cloned();
    match (read::<Present>(response).await, cookie) {
        (Ok(_), Some(cookie)) => {
            let mut response = see("/login?out=true");
            response.headers_mut().insert(SET_COOKIE, cookie);
            response
        }
        (Ok(_), None) => see("/login"),
        (Err(problem), _) => by.answer::<SignInForm<'_>>(Err(problem)),
    }
}

fn form(web: &Web, status: StatusCode, email: &str, next: &str, out: bool, problem: Option<Problem>) -> Response {
    let demo = web.demo.as_deref().unwrap_or_default();
    let first = Markup::new(set_up_first(web.control.setup_stands()));
    let form = SignInForm { email, next: ours(next).unwrap_or_default(), problem, out, demo, first };
    match form.render() {
        Ok(body) => page::of(web, status, "Sign in", body),
        Err(error) => {
            tracing::error!(%error, "the sign-in page could not be written");
            page::of(web, StatusCode::INTERNAL_SERVER_ERROR, "Sign in", "")
        }
    }
}
