//! Who one is here: roles, session, how pages behave.

use askama::Template;
use axum::response::Response;

use crate::frame::Frame;
use crate::say::{Markup, when};
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "account.html")]
struct Account {
    frame: Frame,
    email: Option<String>,
    person: Option<String>,
    roles: Vec<String>,
    expires: Option<Markup>,
    permissions: Vec<String>,
}

/// `GET /account`
pub(crate) async fn show(visitor: Visitor) -> Response {
    let page = Account {
        frame: visitor.frame("Your sign-in"),
        email: visitor.me.email.clone(),
        person: visitor.person.as_ref().and_then(|person| person.name.clone()),
        roles: visitor.me.roles.iter().map(ToString::to_string).collect(),
        expires: visitor.me.expires.map(|at| when(at, &visitor.zone, visitor.now)),
        permissions: visitor.me.permissions.clone(),
    };
    visitor.answer(Ok(page))
}
