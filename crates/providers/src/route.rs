//! Which call is this? From method, path, query and headers alone.

use http::{HeaderMap, Method};

use crate::dialect::{Dialect, Family};
use crate::ids::ProviderId;

/// What to do with a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// Costs money and can be metered.
    Metered {
        /// The format.
        dialect: Dialect,
        /// The model, where the path names it (Gemini).
        model: Option<String>,
    },
    /// Costs nothing.
    Free {
        /// Whose route it is.
        family: Family,
        /// Which one.
        kind: FreeKind,
    },
    /// Exists at the provider, but cannot be metered, so it is refused.
    Refused {
        /// Whose route it is.
        family: Family,
        /// One sentence for the caller: what, and what to do instead.
        why: &'static str,
    },
    /// No provider has it.
    Unknown {
        /// The family whose error shape suits the caller best.
        family: Family,
    },
}

/// A call that costs nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FreeKind {
    /// Counting tokens: forwarded, never charged, never blocked by a spent budget. Its body may name ids of other
    /// people: read it as this dialect for the fence.
    CountTokens {
        /// The format of the body.
        dialect: Dialect,
        /// The model, where the path names it.
        model: Option<String>,
    },
    /// The list of models, answered by [`crate::models_list`].
    ModelsList,
    /// One model, answered by [`crate::model_get`].
    ModelGet {
        /// Its id.
        id: String,
    },
    /// Claude Code's `HEAD /api/hello`: answer 200 with no body.
    Hello,
    /// Something stored at the provider is read, changed or deleted: forwarded if the caller made every id.
    Stored {
        /// The ids in the path, all of them fenced.
        ids: Vec<ProviderId>,
    },
    /// Something is stored at the provider (`POST /v1/conversations`): forwarded; the answer's id is fenced.
    Store,
}

/// The route of a call. `path_and_query` as in the request line (`/v1/messages?beta=true`).
pub fn route(method: &Method, path_and_query: &str, headers: &HeaderMap) -> Route {
    let _ = (method, path_and_query, headers);
    Route::Unknown { family: Family::OpenAi }
}
