use http::Method;

use super::{FreeKind, Route, route};
use crate::dialect::{Dialect, Family};
use crate::header_list::Headers;

fn call(method: &str, target: &str, headers: &[(&'static str, &'static str)]) -> Route {
    let mut map = Headers::default();
    for (name, value) in headers {
        map.append(name, value);
    }
    route(&Method::from_bytes(method.as_bytes()).unwrap(), target, &map)
}

/// One line that says everything about a route.
fn line(route: &Route) -> String {
    match route {
        Route::Metered { dialect, model } => match (dialect, model) {
            (Dialect::GeminiGenerate { stream, sse }, Some(model)) => {
                format!("metered {dialect} {model} stream={stream} sse={sse}")
            }
            _ => format!("metered {dialect}"),
        },
        Route::Free { family, kind } => match kind {
            FreeKind::CountTokens { dialect, model } => format!("count {dialect} {}", model.as_deref().unwrap_or("-")),
            FreeKind::ModelsList => format!("models {family}"),
            FreeKind::ModelGet { id } => format!("model {family} {id}"),
            FreeKind::Hello => "hello".to_owned(),
            FreeKind::Stored { ids } => {
                format!("stored {}", ids.iter().map(|id| id.id.as_str()).collect::<Vec<_>>().join(" "))
            }
            FreeKind::Store => "store".to_owned(),
        },
        Route::Refused { family, .. } => format!("refused {family}"),
        Route::Unknown { family } => format!("unknown {family}"),
    }
}

/// A table of `METHOD target -> route`.
fn check(table: &str) {
    for row in table.lines().map(str::trim).filter(|row| !row.is_empty()) {
        let (request, expected) = row.split_once(" -> ").unwrap();
        let (method, target) = request.split_once(' ').unwrap();
        assert_eq!(line(&call(method, target.trim(), &[])), expected.trim(), "{request}");
    }
}

#[test]
fn metered_routes() {
    check(
        "POST /v1/messages?beta=true -> metered anthropic.messages
         POST /v1/messages -> metered anthropic.messages
         POST /v1/chat/completions -> metered openai.chat
         POST /v1/responses -> metered openai.responses
         POST /v1/embeddings -> metered openai.embeddings
         POST /v1/models/gemini-3-pro:generateContent -> metered gemini.generate gemini-3-pro stream=false sse=false
         POST /v1beta/models/g:streamGenerateContent?alt=sse -> metered gemini.generate g stream=true sse=true
         POST /v1beta/models/g:streamGenerateContent?$alt=sse;x=y -> metered gemini.generate g stream=true sse=true
         POST /v1beta/models/g:streamGenerateContent -> metered gemini.generate g stream=true sse=false
         POST /v1beta/models/g%3AgenerateContent -> metered gemini.generate g stream=false sse=false
         POST /v1beta/tunedModels/t:generateContent -> metered gemini.generate tunedModels/t stream=false sse=false",
    );
}

#[test]
fn free_routes() {
    check(
        "HEAD /api/hello -> hello
         POST /v1/messages/count_tokens?beta=true -> count anthropic.messages -
         POST /v1beta/models/g:countTokens -> count gemini.generate g
         POST /v1/responses/input_tokens -> count openai.responses -
         GET /v1/models -> models openai
         GET /v1beta/models -> models gemini
         GET /v1/models/gpt-6 -> model openai gpt-6
         GET /v1/models/google/gemma -> model openai google/gemma
         GET /v1beta/models/g -> model gemini g
         GET /v1/responses/resp_1 -> stored resp_1
         DELETE /v1/responses/resp_1 -> stored resp_1
         GET /v1/responses/resp_1/input_items?limit=2 -> stored resp_1
         POST /v1/responses/resp_1/cancel -> stored resp_1
         POST /v1/conversations -> store
         GET /v1/conversations/conv_1 -> stored conv_1
         POST /v1/conversations/conv_1/items -> stored conv_1
         DELETE /v1/conversations/conv_1/items/msg_1 -> stored conv_1 msg_1",
    );
}

#[test]
fn refused_and_unknown_routes() {
    check(
        "POST /v1/messages/batches -> refused anthropic
         POST /v1/batches -> refused openai
         POST /v1/completions -> refused openai
         GET /v1/realtime -> refused openai
         POST /v1/files -> refused openai
         POST /v1/images/generations -> refused openai
         POST /v1/audio/speech -> refused openai
         POST /v1/assistants -> refused openai
         POST /v1/fine_tuning/jobs -> refused openai
         POST /v1/vector_stores -> refused openai
         POST /v1/responses/compact -> refused openai
         GET /v1/chat/completions -> refused openai
         POST /v1beta/models/g:embedContent -> refused gemini
         POST /v1beta/models/g:batchGenerateContent -> refused gemini
         POST /v1beta/models/g:brandNew -> refused gemini
         POST /v1beta/cachedContents -> refused gemini
         POST /v1beta/interactions -> refused gemini
         GET /v1/messages -> unknown anthropic
         GET /v1/embeddings -> unknown openai
         POST /v1/models -> unknown openai
         POST /v2/messages -> unknown openai
         POST /v1/nothing -> unknown openai
         POST /v1//messages -> unknown openai
         POST /v1/x/../messages -> unknown openai
         POST /v1/%2e%2e/messages -> unknown openai
         GET /v1/responses/a%2fb -> unknown openai
         POST / -> unknown openai",
    );
}

#[test]
fn lists_of_models_are_told_apart_by_headers() {
    let family = |headers: &[_]| line(&call("GET", "/v1/models?limit=1000", headers));
    assert_eq!(family(&[]), "models openai");
    assert_eq!(family(&[("anthropic-version", "2023-06-01")]), "models anthropic");
    assert_eq!(family(&[("user-agent", "claude-code/2.1.330")]), "models anthropic");
    assert_eq!(family(&[("x-goog-api-key", "k")]), "models gemini");
}

#[test]
fn a_websocket_is_refused() {
    assert_eq!(line(&call("GET", "/v1/responses", &[("upgrade", "websocket")])), "refused openai");
}

#[test]
fn refusals_are_sentences() {
    for (_, _, why) in super::REFUSED {
        assert!(why.ends_with('.') && !why.contains('\n'), "{why}");
    }
    let unmetered = call("POST", "/v1/batches", &[("anthropic-version", "1")]);
    assert_eq!(unmetered, Route::Refused { family: Family::Anthropic, why: super::BATCHES });
}

proptest::proptest! {
    #[test]
    fn any_target_has_a_route(target in ".{0,60}") {
        let _ = call("POST", &target, &[]);
        let _ = call("GET", &format!("/v1/{target}"), &[]);
    }
}
