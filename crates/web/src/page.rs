//! Pages for whoever is not signed in: one column, the same styles.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use purser_control::Problem;

use crate::say::Markup;
use crate::secure::{self, Refer};
use crate::{Web, assets};

#[derive(Template)]
#[template(path = "frame/plain.html")]
struct Plain {
    title: String,
    assets: String,
    nonce: String,
    is_demo: bool,
    body: Markup,
}

#[derive(Template)]
#[template(path = "frame/problem.html")]
struct Said<'a> {
    problem: &'a Problem,
}

/// A whole page of the company: it says so where that is made up. The title is escaped here, the body stands as it is. Its
/// address goes to nobody.
pub(crate) fn of(web: &Web, status: StatusCode, title: &str, body: impl Into<String>) -> Response {
    if web.demo.is_none() {
        return page(status, title, body);
    }
    written(status, title, body.into(), true)
}

/// The same of no company in particular.
pub(crate) fn page(status: StatusCode, title: &str, body: impl Into<String>) -> Response {
    written(status, title, body.into(), false)
}

fn written(status: StatusCode, title: &str, body: String, is_demo: bool) -> Response {
    let nonce = match secure::random() {
        Ok(nonce) => nonce,
        Err(error) => {
            tracing::error!(%error, "no page without random bits");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let plain = Plain {
        title: title.to_owned(),
        assets: assets::base(),
        nonce: nonce.clone(),
        is_demo,
        body: Markup::new(body),
    };
    let html = plain.render().unwrap_or_default();
    let mut response = (status, Html(html)).into_response();
    secure::protect(response.headers_mut(), &nonce, Refer::Nobody);
    response
}

/// A page about a problem.
pub(crate) fn said(web: &Web, status: StatusCode, title: &str, problem: &Problem) -> Response {
    of(web, status, title, Said { problem }.render().unwrap_or_default())
}
