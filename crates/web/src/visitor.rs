//! Whoever looks at a page: signed in, with what they may and where their days begin.

use axum::extract::FromRequestParts;
use axum::http::header::{COOKIE, LOCATION};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use purser_control::shape::{List, Person, Present, Status, Stop, StopWhat};
use purser_control::{Code, Permission, Problem, api};
use purser_core::money::Currency;
use purser_core::time::Instant;
use purser_core::zone::Zone;

use crate::Web;
use crate::ask::{Ask, escape, to};
use crate::form::Forms;
use crate::frame::{Frame, Theme, refused};
use crate::nav::area_of_anybody;
use crate::secure::{self, Refer};

/// Somebody signed in.
#[derive(Clone)]
pub(crate) struct Visitor {
    /// The API in their name.
    pub(crate) ask: Ask,
    /// Who they are and what they may.
    pub(crate) me: Present,
    /// The person that they are.
    pub(crate) person: Option<Person>,
    /// Where their days begin: UTC for whoever is nobody with a purse.
    pub(crate) zone: Zone,
    /// When they looked.
    pub(crate) now: Instant,
    /// The ledger's currency.
    pub(crate) currency: Currency,
    /// How Purser is.
    pub(crate) status: Status,
    /// What is stopped for everybody, or for them.
    pub(crate) stops: Vec<Stop>,
    /// The page's path, without its query.
    pub(crate) path: String,
    /// The page's whole address.
    pub(crate) here: String,
    /// What their forms carry.
    pub(crate) token: String,
    /// This page's own random bits: its nonce, and the names of its changes.
    pub(crate) nonce: String,
    pub(crate) once: String,
    /// As they switched it.
    pub(crate) theme: Theme,
    /// Is the company made up?
    pub(crate) is_demo: bool,
}

impl Visitor {
    /// The person that they are, or the sentence that says that they are none.
    ///
    /// # Errors
    /// Nobody with a purse.
    pub(crate) fn own(&self) -> Result<&Person, Problem> {
        self.person.as_ref().ok_or_else(|| Problem {
            code: Code::Forbidden,
            message: "this sign-in belongs to nobody with a budget, so there is nothing of your own to show".to_owned(),
            hint: Some("an administrator can tie it to a person: `purser login add --person`".to_owned()),
        })
    }

    /// May they do this with anything at all?
    pub(crate) fn may(&self, permission: Permission) -> bool {
        self.me.permissions.iter().any(|name| name == permission.name())
    }

    /// Nothing, for whoever may do this with anything at all: a form is not read for anybody else. What it is done with,
    /// the API looks at.
    ///
    /// # Errors
    /// For everybody else.
    pub(crate) fn must(&self, permission: Permission) -> Result<(), Problem> {
        if self.may(permission) {
            return Ok(());
        }
        let message = "your roles don't have the right to do this".to_owned();
        Err(Problem { code: Code::Forbidden, message, hint: Some("an administrator gives roles".to_owned()) })
    }

    /// What the forms of this page carry.
    pub(crate) fn forms(&self) -> Forms {
        Forms::new(&self.token, &self.once)
    }

    /// A page's frame.
    pub(crate) fn frame(&self, title: &str) -> Frame {
        Frame::new(self, title)
    }

    /// A page, or what the API said instead, within the frame.
    pub(crate) fn answer<T: askama::Template>(&self, page: Result<T, Problem>) -> Response {
        self.answer_with(StatusCode::OK, page)
    }

    /// The same with another status where all went well: a form that comes back.
    pub(crate) fn answer_with<T: askama::Template>(&self, status: StatusCode, page: Result<T, Problem>) -> Response {
        match page.map(|page| page.render()) {
            Ok(Ok(html)) => self.html(status, html),
            Ok(Err(error)) => {
                tracing::error!(%error, "a page could not be written");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
            Err(problem) => self.refuse(problem),
        }
    }

    /// What the API said instead of an answer, within the frame.
    pub(crate) fn refuse(&self, problem: Problem) -> Response {
        // The session ended between two questions.
        if problem.code == Code::Unauthorized {
            return sign_in_first(&self.here);
        }
        let status = StatusCode::from_u16(problem.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        self.html(status, refused(self, problem))
    }

    fn html(&self, status: StatusCode, html: String) -> Response {
        let mut response = (status, Html(html)).into_response();
        secure::protect(response.headers_mut(), &self.nonce, Refer::Ourselves);
        response
    }

    async fn look(web: &Web, headers: &HeaderMap, path: &str, here: String) -> Result<Self, Problem> {
        let ask = Ask::new(&web.api, headers);
        let me: Present = ask.get(&to(&["session"])).await?;
        let status: Status = ask.get(&to(&["status"])).await?;
        let person: Option<Person> = match me.person {
            Some(person) => match ask.get(&to(&["people", &person.to_string()])).await {
                Ok(person) => Some(person),
                // Gone, or not theirs to see: they are nobody with a purse then.
                Err(problem) if matches!(problem.code, Code::Forbidden | Code::NotFound) => None,
                Err(problem) => return Err(problem),
            },
            None => None,
        };
        let mut visitor = Self {
            zone: person.as_ref().and_then(|person| Zone::try_new(&person.zone).ok()).unwrap_or(Zone::UTC),
            now: web.control.now(),
            currency: Currency::try_new(&status.currency).unwrap_or_else(Currency::usd),
            token: api::session_of(headers).map(secure::token).unwrap_or_default(),
            nonce: secure::random().map_err(|error| Problem::from(&error))?,
            once: secure::random().map_err(|error| Problem::from(&error))?,
            theme: Theme::of(headers),
            is_demo: web.demo.is_some(),
            stops: Vec::new(),
            path: path.to_owned(),
            ask,
            me,
            person,
            status,
            here,
        };
        if visitor.may(Permission::StopsRead) {
            let all: List<Stop> = visitor.ask.get(&to(&["stops"])).await?;
            let own = visitor.me.person.map(|person| person.to_string());
            visitor.stops = all.items;
            visitor.stops.retain(|stop| match &stop.on {
                StopWhat::Company | StopWhat::Model(_) | StopWhat::Provider(_) => true,
                StopWhat::Person(person) => Some(person) == own.as_ref(),
                StopWhat::Unit(_) | StopWhat::Key(_) | StopWhat::Run(_) => false,
            });
        }
        Ok(visitor)
    }
}

impl FromRequestParts<Web> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Response> {
        // A form's own address is no page to come back to.
        let here = if parts.method.is_safe() {
            parts.uri.path_and_query().map_or("/", |here| here.as_str())
        } else {
            area_of_anybody(parts.uri.path()).map_or("/", |area| area.path)
        };
        let here = here.to_owned();
        let look = Self::look(web, &parts.headers, parts.uri.path(), here.clone()).await;
        look.map_err(|problem| {
            if problem.code == Code::Unauthorized {
                return sign_in_first(&here);
            }
            let status = StatusCode::from_u16(problem.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            crate::page::said(web, status, "That did not work", &problem)
        })
    }
}

/// To the sign-in page, and back here afterwards.
pub(crate) fn sign_in_first(here: &str) -> Response {
    let mut address = "/login?next=".to_owned();
    escape(here, &mut address);
    see(&address)
}

/// To another page of ours (303).
pub(crate) fn see(address: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    if let Ok(address) = address.parse() {
        response.headers_mut().insert(LOCATION, address);
    }
    secure::protect(response.headers_mut(), "none", Refer::Ourselves);
    response
}

/// An address that leads to another page here and to no other host: what a form may send somebody back to.
pub(crate) fn ours(address: &str) -> Option<&str> {
    let is_path = address.starts_with('/') && !address.starts_with("//");
    let is_plain = address.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    (is_path && is_plain).then_some(address)
}

/// A cookie's value.
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(own, _)| *own == name).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_to_another_host() {
        for good in ["/", "/me?x=1", "/runs/run_1"] {
            assert_eq!(ours(good), Some(good));
        }
        for bad in ["", "me", "//elsewhere.example", "/\\elsewhere.example", "https://elsewhere.example", "/a\nb"] {
            assert_eq!(ours(bad), None, "{bad}");
        }
    }
}
