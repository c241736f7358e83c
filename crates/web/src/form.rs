//! A form that came back: from a page of the visitor's own session, or not at all.

use std::collections::BTreeMap;

use axum::Form;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use purser_control::{Code, Problem, api};

use crate::Web;
use crate::say::{Markup, escaped, sentence};
use crate::secure;
use crate::visitor::Visitor;

/// The largest form.
const BYTES_MAX: usize = 64 << 10;

/// What the forms of one page carry, so that they are known to be of the session that is open.
#[derive(Clone, Debug)]
pub(crate) struct Forms {
    token: String,
    once: String,
}

impl Forms {
    /// Of a session's token and a page's own random bits.
    pub(crate) fn new(token: &str, once: &str) -> Self {
        Self { token: token.to_owned(), once: once.to_owned() }
    }

    /// Those of a part of the page, whose changes are others although they have the same names.
    #[must_use]
    pub(crate) fn apart(self, part: &str) -> Self {
        Self { once: secure::once(&self.once, part), ..self }
    }

    /// The two fields that every form has: whose it is, and the name of its change. `form` tells the forms of one page
    /// apart.
    pub(crate) fn hidden(&self, form: &str) -> Markup {
        let once = secure::once(&self.once, form);
        Markup::new(format!(
            "<input type=\"hidden\" name=\"token\" value=\"{}\"><input type=\"hidden\" name=\"once\" value=\"{once}\">",
            self.token
        ))
    }
}

/// What stood in a form's fields.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields(BTreeMap<String, String>);

impl Fields {
    /// Of pairs, for tests.
    #[cfg(test)]
    pub(crate) fn of(pairs: &[(&str, &str)]) -> Self {
        Self(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    /// All that something stands in.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str())).filter(|(_, value)| !value.is_empty())
    }

    /// What stands in a form before anybody filled it in.
    pub(crate) fn holding(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(pairs.into_iter().collect())
    }

    /// What stood in a field; nothing where it is missing.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", |text| text.trim())
    }

    /// The same with the spaces around it: passwords may have some.
    pub(crate) fn raw(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// The trimmed text, where something stood in it.
    pub(crate) fn some(&self, name: &str) -> Option<String> {
        Some(self.text(name)).filter(|text| !text.is_empty()).map(str::to_owned)
    }
}

/// What was wrong with a form: a sentence, at its field where that is known.
#[derive(Clone, Debug)]
pub(crate) struct Wrong {
    /// The field; empty for the form as a whole.
    pub(crate) field: &'static str,
    /// What is wrong, and what to do.
    pub(crate) sentence: String,
    status: StatusCode,
}

/// Fields that the API's own sentences name, by a word in them.
const NAMED: [(&str, &str); 8] = [
    ("amount", "amount"),
    ("reason", "reason"),
    ("purpose", "purpose"),
    ("agent", "agent"),
    ("project", "project"),
    ("expire", "expires"),
    ("last day", "until"),
    (" day", "until"),
];

impl Wrong {
    /// Of what the API says.
    pub(crate) fn of(problem: Problem) -> Self {
        let is_input = problem.code == Code::Invalid;
        let named = NAMED.iter().find(|(word, _)| is_input && problem.message.contains(word));
        let hint = problem.hint.map(|hint| format!(" {}", sentence(&hint))).unwrap_or_default();
        Self {
            field: named.map_or("", |(_, field)| field),
            sentence: format!("{}{hint}", sentence(&problem.message)),
            status: StatusCode::from_u16(problem.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        }
    }

    /// Of what can't be read before the API is asked.
    pub(crate) fn in_field(field: &'static str, message: &str, status: StatusCode) -> Self {
        Self { field, sentence: sentence(message), status }
    }

    /// The status of the page that shows it.
    pub(crate) const fn status(&self) -> StatusCode {
        self.status
    }
}

/// The attributes that tie a field to what is wrong with it.
pub(crate) fn tied(wrong: Option<&Wrong>, field: &str) -> Markup {
    let is_it = wrong.is_some_and(|wrong| wrong.field == field);
    if is_it {
        Markup::new(format!(" aria-invalid=\"true\" aria-describedby=\"{field}-problem\""))
    } else {
        Markup::default()
    }
}

/// What is wrong with a field, beside it.
pub(crate) fn beside(wrong: Option<&Wrong>, field: &str) -> Markup {
    match wrong {
        Some(wrong) if wrong.field == field => {
            let text = escaped(&wrong.sentence);
            Markup::new(format!("<span class=\"problem\" role=\"alert\" id=\"{field}-problem\">{text}</span>"))
        }
        _ => Markup::default(),
    }
}

/// What stood in an address behind its `?`. What can't be read is as if it were not there: an address is typed by hand.
pub(crate) struct Asked(pub(crate) Fields);

impl<S: Sync> FromRequestParts<S> for Asked {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        let pairs: Result<Query<Vec<(String, String)>>, _> = Query::try_from_uri(&parts.uri);
        Ok(Self(Fields(pairs.map(|Query(pairs)| pairs.into_iter().collect()).unwrap_or_default())))
    }
}

/// A form without a session: where one signs in.
pub(crate) struct Open(pub(crate) Fields);

impl FromRequest<Web> for Open {
    type Rejection = Response;

    async fn from_request(request: Request, web: &Web) -> Result<Self, Response> {
        if !api::same_site(request.headers()) {
            return Err(elsewhere(web));
        }
        Ok(Self(fields(web, request).await?))
    }
}

/// A form of somebody signed in.
pub(crate) struct Sent {
    /// Who sent it.
    pub(crate) by: Visitor,
    /// What they filled in.
    pub(crate) fields: Fields,
    /// The name of the change that it asks for.
    pub(crate) once: String,
}

impl FromRequest<Web> for Sent {
    type Rejection = Response;

    async fn from_request(request: Request, web: &Web) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let by = Visitor::from_request_parts(&mut parts, web).await?;
        let from_here = api::same_site(&parts.headers);
        let fields = fields(web, Request::from_parts(parts, body)).await?;
        if !from_here || by.token.is_empty() || !secure::same(fields.text("token"), &by.token) {
            return Err(elsewhere(web));
        }
        let once = fields.text("once").to_owned();
        Ok(Self { by, fields, once })
    }
}

async fn fields(web: &Web, request: Request) -> Result<Fields, Response> {
    let (parts, body) = request.into_parts();
    let body = axum::body::Body::new(http_body_util::Limited::new(body, BYTES_MAX));
    let pairs: Result<Form<Vec<(String, String)>>, _> = Form::from_request(Request::from_parts(parts, body), &()).await;
    match pairs {
        Ok(Form(pairs)) => Ok(Fields(pairs.into_iter().collect())),
        Err(rejection) => {
            let problem = Problem { code: Code::Invalid, message: rejection.body_text(), hint: None };
            Err(crate::page::said(web, rejection.status(), "This form can't be read", &problem))
        }
    }
}

fn elsewhere(web: &Web) -> Response {
    let problem = Problem {
        code: Code::Forbidden,
        message: "a change must come from one of Purser's own pages, in the session that is open now".to_owned(),
        hint: Some("go back, load the page again and send the form once more; nothing was changed".to_owned()),
    };
    crate::page::said(web, StatusCode::FORBIDDEN, "Nothing was changed", &problem)
}
