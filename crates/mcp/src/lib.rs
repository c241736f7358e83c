//! The Model Context Protocol: what agents' programs speak to tools, spoken by Purser, so that an agent can plan with its
//! budget rather than meet its end.
//!
//! **Model.** One address, `/mcp`, where every request stands by itself: no session is kept, every answer is plain JSON.
//! The caller is the person behind the Purser key that comes with it.
//!
//! **Owns** the tools' names and descriptions for models, one line of text for each result, and whose request it is.
//!
//! **Does not own** figures and rights (`control`), the protocol's versions and frames (`rmcp`), connections (`control`'s
//! listeners carry this router).
//!
//! **Invariants.** No tool answers without a key that works at that moment. No page of a browser may ask: what carries an
//! `Origin` is refused, so that a name that was pointed at this machine gets nothing. A refusal is a result that a model
//! can read, with what to do.

mod caller;
mod say;
mod tools;

use std::sync::Arc;

use axum::{Router, middleware};
use purser_control::Control;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};

use self::tools::Tools;

/// The largest request taken: fifty kinds of calls and all that a client says of itself are a few kilobytes.
const BODY_MAX: usize = 256 << 10;

/// `/mcp`
pub fn router(control: &Control) -> Router {
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_max_request_body_bytes(BODY_MAX)
        // Any name leads here; what a name can't bring along is the key, and a page can't come without its origin.
        .disable_allowed_hosts()
        .enforce_origin_validation();
    let service = StreamableHttpService::new(|| Ok(Tools), Arc::new(NeverSessionManager::default()), config);
    Router::new()
        .route_service("/mcp", service)
        .route_layer(middleware::from_fn_with_state(control.clone(), caller::identify))
}
