//! The one answer that is no JSON: a letter, as HTML or PDF.

use axum::extract::FromRequestParts;
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::ask::{Id, Query, State};
use super::describe::{Kind, Operation, Part};
use super::openapi::Schemas;
use crate::error::Error;
use crate::offers::Document;
use crate::{Control, Form};

/// Which letter of an offer.
#[derive(Clone, Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct WantedLetter {
    /// Of which version; of the one that was accepted, sent or written last where none is named.
    version: Option<u32>,
    /// `html` or `pdf`; what the request accepts where it is missing.
    form: Option<FormName>,
}

#[derive(Clone, Copy, Debug, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum FormName {
    Html,
    Pdf,
}

impl FormName {
    /// The form that is named, or else the one that is accepted.
    pub(super) fn or(named: Option<Self>, accepted: Form) -> Form {
        match named {
            Some(Self::Html) => Form::Html,
            Some(Self::Pdf) => Form::Pdf,
            None => accepted,
        }
    }
}

/// The form that a request accepts: PDF where it says so before HTML, otherwise HTML.
pub(super) struct Accepts(pub(super) Form);

impl<S: Send + Sync> FromRequestParts<S> for Accepts {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        let accepted = parts.headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let types = accepted.flat_map(|value| value.split(','));
        let names = types.filter_map(|it| it.split(';').next()).map(str::trim);
        let form = names.into_iter().find_map(|name| match name {
            "application/pdf" => Some(Form::Pdf),
            "text/html" => Some(Form::Html),
            _ => None,
        });
        Ok(Self(form.unwrap_or(Form::Html)))
    }
}

impl Part for Accepts {}

/// A letter, as a response.
pub(super) struct Paper(pub(super) Result<Document, Error>);

impl Part for Paper {
    fn describe(operation: &mut Operation, _: &mut Schemas) {
        operation.kind = Kind::Document;
    }
}

impl IntoResponse for Paper {
    fn into_response(self) -> Response {
        let document = match self.0 {
            Ok(document) => document,
            Err(error) => return ([(CACHE_CONTROL, "no-store")], error).into_response(),
        };
        let extension = match document.form {
            Form::Html => "html",
            Form::Pdf => "pdf",
        };
        let head = [
            (CONTENT_TYPE, document.form.media_type().to_owned()),
            (CACHE_CONTROL, "no-store".to_owned()),
            // Whatever a note says, nothing in it runs or is fetched.
            (CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'".to_owned()),
            (CONTENT_DISPOSITION, format!("inline; filename=\"{}.{extension}\"", document.name)),
        ];
        let tag = document.hash.map(|hash| [(ETAG, format!("\"{hash}-{extension}\""))]);
        match tag {
            Some(tag) => (head, tag, document.bytes).into_response(),
            None => (head, document.bytes).into_response(),
        }
    }
}

pub(super) async fn offer_letter(
    State(control): State<Control>,
    Id(id): Id,
    Query(wanted): Query<WantedLetter>,
    Accepts(accepted): Accepts,
) -> Paper {
    Paper(control.offer_letter(&id, wanted.version, FormName::or(wanted.form, accepted)).await)
}
