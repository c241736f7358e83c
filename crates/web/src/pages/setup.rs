//! `/setup`: the first administrator, by the code that `purser serve` printed.
//!
//! People get pages. Programs get what they got before there were any: whoever sends anything but a form, or looks without
//! asking for HTML, has the API's own answer. The code is the only right that is asked for, so it is compared before anything
//! else is looked at, and a form must come from this page.

use askama::Template;
use axum::extract::{FromRequest as _, Request, State};
use axum::http::header::{ACCEPT, CONTENT_TYPE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::Response;
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use purser_control::shape::{Setup, SignIn};
use purser_control::{Code, PASSWORD_CHARS_MIN, Problem, SETUP_GOOD_FOR, SetupStands};

use crate::Web;
use crate::ask::{Ask, to};
use crate::form::{Fields, Open, Wrong};
use crate::page;
use crate::secure::{self, Refer};

#[derive(Template)]
#[template(path = "setup/form.html")]
struct Form<'a> {
    filled: &'a Fields,
    wrong: Option<Wrong>,
    password_chars: usize,
    minutes: u64,
}

#[derive(Template)]
#[template(path = "setup/closed.html")]
struct Closed {
    has_lapsed: bool,
}

#[derive(Template)]
#[template(path = "setup/done.html")]
struct Done<'a> {
    key: &'a str,
    email: &'a str,
    signed_in: bool,
}

/// `GET /setup`
pub(crate) async fn show(State(web): State<Web>, request: Request) -> Response {
    let asked = request.headers().get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    if !asked.into_iter().any(|value| value.contains("text/html")) {
        return for_programs(&web, request).await;
    }
    match web.control.setup_stands() {
        SetupStands::Open => form(&web, StatusCode::OK, &Fields::default(), None),
        SetupStands::Lapsed | SetupStands::Over => closed(&web),
    }
}

/// `POST /setup`
pub(crate) async fn set_up(State(web): State<Web>, request: Request) -> Response {
    if !is_form(request.headers()) {
        return for_programs(&web, request).await;
    }
    let ask = Ask::new(&web.api, request.headers());
    let fields = match Open::from_request(request, &web).await {
        Ok(Open(fields)) => fields,
        Err(refused) => return refused,
    };
    let (email, password) = (fields.text("email"), fields.raw("password"));
    let setup = Setup {
        code: fields.text("code").to_owned(),
        label: None,
        email: Some(email.to_owned()),
        password: Some(password.to_owned()),
    };
    let made = match web.control.redeem_setup(setup).await {
        Ok(made) => made,
        Err(error) => {
            let problem = Problem::from(&error);
            if problem.code == Code::Gone {
                return closed(&web);
            }
            let wrong = mistake(problem);
            return form(&web, wrong.status(), &fields, Some(wrong));
        }
    };
    let cookie = signed_in(&ask, email, password).await;
    let done = Done { key: made.key.as_deref().unwrap_or_default(), email, signed_in: cookie.is_some() };
    let mut response = written(&web, StatusCode::OK, "Purser is set up", &done);
    if let Some(cookie) = cookie {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    response
}

/// The cookie of a session. Where there is none, the login is there all the same.
async fn signed_in(ask: &Ask, email: &str, password: &str) -> Option<HeaderValue> {
    let with = SignIn { email: email.to_owned(), password: password.to_owned() };
    let body = serde_json::to_vec(&with).unwrap_or_default();
    let response = ask.send(Method::POST, &to(&["session"]), None, body).await;
    if !response.status().is_success() {
        tracing::warn!(status = response.status().as_u16(), "the first administrator could not be signed in at once");
        return None;
    }
    response.headers().get(SET_COOKIE).cloned()
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// The API's answer, protected as a page is.
async fn for_programs(web: &Web, request: Request) -> Response {
    let mut response = match TowerToHyperService::new(web.api.clone()).call(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    secure::protect(response.headers_mut(), "none", Refer::Nobody);
    response
}

/// What was wrong, at its field.
fn mistake(problem: Problem) -> Wrong {
    let says_address = problem.message.starts_with("a mail address") || problem.message.ends_with("is no mail address");
    let field = match problem.code {
        Code::Unauthorized | Code::TooMany => "code",
        Code::Invalid if says_address => "email",
        Code::Invalid => "password",
        _ => "",
    };
    let mut wrong = Wrong::of(problem);
    wrong.field = field;
    wrong
}

fn form(web: &Web, status: StatusCode, filled: &Fields, wrong: Option<Wrong>) -> Response {
    let minutes = SETUP_GOOD_FOR.as_secs() / 60;
    let form = Form { filled, wrong, password_chars: PASSWORD_CHARS_MIN, minutes };
    written(web, status, "Set up Purser", &form)
}

fn closed(web: &Web) -> Response {
    let has_lapsed = web.control.setup_stands() != SetupStands::Over;
    let title = if has_lapsed { "The code is good no longer" } else { "Purser is set up already" };
    written(web, StatusCode::GONE, title, &Closed { has_lapsed })
}

fn written(web: &Web, status: StatusCode, title: &str, body: &impl Template) -> Response {
    match body.render() {
        Ok(body) => page::of(web, status, title, body),
        Err(error) => {
            tracing::error!(%error, "the set-up page could not be written");
            page::of(web, StatusCode::INTERNAL_SERVER_ERROR, title, "")
        }
    }
}
