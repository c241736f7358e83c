//! Pages for whoever is not signed in: one column, the same styles.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use purser_control::Problem;

use crate::assets;
use crate::say::Markup;
use crate::secure::{self, Refer};

#[derive(Template)]
#[template(path = "frame/plain.html")]
struct Plain {
    title: String,
    assets: String,
    nonce: String,
    body: Markup,
}

#[derive(Template)]
#[template(path = "frame/problem.html")]
struct Said<'a> {
    problem: &'a Problem,
}

/// A whole page. The title is escaped here, the body stands as it is. Its address goes to nobody.
pub(crate) fn page(status: StatusCode, title: &str, body: impl Into<String>) -> Response {
    let nonce = match secure::random() {
        Ok(nonce) => nonce,
        Err(error) => {
            tracing::error!(%error, "no page without random bits");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let plain =
        Plain { title: title.to_owned(), assets: assets::base(), nonce: nonce.clone(), body: Markup::new(body) };
    let html = plain.render().unwrap_or_default();
    let mut response = (status, Html(html)).into_response();
    secure::protect(response.headers_mut(), &nonce, Refer::Nobody);
    response
}

/// A page about a problem.
pub(crate) fn said(status: StatusCode, title: &str, problem: &Problem) -> Response {
    page(status, title, Said { problem }.render().unwrap_or_default())
}
