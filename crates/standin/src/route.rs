//! Which request is meant by a method, a path and a few headers.

use crate::ask::{Ask, GeminiPath};
use crate::config::Owner;
use crate::head::{Head, Method, query_value};
use crate::journal::Dialect;
use crate::report::Report;
use crate::scan::NotJson;

/// A request that is understood.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Route<'a> {
    /// A call of a model.
    Call(Call<'a>),
    /// The list of models, in a provider's shape.
    Models(Owner),
    /// One model of it.
    Model(Owner, &'a str),
    /// The stand-in's own.
    Journal,
    Fault,
    /// What the account's administrator is told.
    Report(Report),
    /// Answered with an empty object: "is anybody there".
    Health,
    /// Not served; the dialect to say so in.
    Unknown(Dialect),
}

/// A call of a model: its dialect, and what the path says.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Call<'a> {
    Messages { counting: bool },
    Chat,
    Responses,
    Embeddings,
    Gemini(GeminiPath<'a>),
}

impl<'a> Call<'a> {
    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::Messages { .. } => Dialect::Messages,
            Self::Chat => Dialect::Chat,
            Self::Responses => Dialect::Responses,
            Self::Embeddings => Dialect::Embeddings,
            Self::Gemini(_) => Dialect::Gemini,
        }
    }

    pub(crate) fn read(&self, body: &'a [u8]) -> Result<Ask<'a>, NotJson> {
        match *self {
            Self::Messages { counting } => Ask::messages(body, counting),
            Self::Chat => Ask::chat(body),
            Self::Responses => Ask::responses(body),
            Self::Embeddings => Ask::embeddings(body),
            Self::Gemini(path) => Ask::gemini(body, path),
        }
    }
}

/// Finds the route of a request.
pub(crate) fn route(head: &Head) -> Route<'_> {
    let path = head.path.as_str();
    match (head.method, path) {
        (Method::Post, "/v1/messages") => Route::Call(Call::Messages { counting: false }),
        (Method::Post, "/v1/messages/count_tokens") => Route::Call(Call::Messages { counting: true }),
        (Method::Post, "/v1/chat/completions") => Route::Call(Call::Chat),
        (Method::Post, "/v1/responses") => Route::Call(Call::Responses),
        (Method::Post, "/v1/embeddings") => Route::Call(Call::Embeddings),
        (Method::Get | Method::Head, "/standin/health" | "/api/hello" | "/") => Route::Health,
        (Method::Get, "/standin/journal") => Route::Journal,
        (Method::Put, "/standin/fault") => Route::Fault,
        (Method::Get, path) => Report::of(path).map_or_else(|| models(head, Method::Get, path), Route::Report),
        (method, path) => models(head, method, path),
    }
}

fn models<'a>(head: &'a Head, method: Method, path: &'a str) -> Route<'a> {
    let unknown = Route::Unknown(if head.anthropic { Dialect::Messages } else { Dialect::Chat });
    let (beta, rest) = match (path.strip_prefix("/v1beta/models"), path.strip_prefix("/v1/models")) {
        (Some(rest), _) => (true, rest),
        (None, Some(rest)) => (false, rest),
        (None, None) => return unknown,
    };
    let shape = match (beta || head.google, head.anthropic) {
        (true, _) => Owner::Google,
        (false, true) => Owner::Anthropic,
        (false, false) => Owner::OpenAi,
    };
    match (method, rest.strip_prefix('/').unwrap_or(rest)) {
        (Method::Get, "") => Route::Models(shape),
        (Method::Get, id) => Route::Model(shape, id),
        (Method::Post, call) => gemini(head, call).unwrap_or(Route::Unknown(Dialect::Gemini)),
        _ => unknown,
    }
}

fn gemini<'a>(head: &'a Head, call: &'a str) -> Option<Route<'a>> {
    let (model, verb) = call.rsplit_once(':')?;
    let (stream, counting) = match verb {
        "generateContent" => (false, false),
        "streamGenerateContent" => (true, false),
        "countTokens" => (false, true),
        _ => return None,
    };
    let json_array = stream && query_value(&head.query, "alt") != Some("sse");
    Some(Route::Call(Call::Gemini(GeminiPath { model, stream, counting, json_array })))
}
