//! Wire formats of the model providers: what a call asks for, what an answer used, and how to say no.
//!
//! **Model.** A request is read once ([`RequestFacts::read`]) into plain facts with byte positions; a bound on what it
//! may use follows from those facts and a table of documented figures ([`input_bound`]). It is edited by splicing
//! bytes ([`edit()`]), never by writing JSON anew, because prompt caches and signed blocks depend on the exact bytes.
//! An answer is read by [`read_usage`] or, while it streams, by a [`StreamMeter`] that hands on the bytes it was given.
//!
//! **Owns** dialects and their routes, credentials and headers on both sides, reading requests, bounds of input,
//! splices, usage from JSON and event streams, ids made at a provider, refusals and endings in each dialect, bodies of
//! model lists.
//!
//! **Does not own** sockets, async, the clock, prices (`core`), who may spend (`ledger`, `gateway`).
//!
//! **Invariants.** No input makes anything here panic. Bytes that are not edited are passed on as they came. A count
//! that cannot be trusted is an error or carries a [`usage::Suspect`], never a silent zero. An input bound marked
//! `certain` is a true upper bound by the source named beside the figure.
#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::string_slice,
        clippy::as_conversions,
        clippy::float_arithmetic,
        clippy::panic,
        clippy::unwrap_used,
        clippy::unreachable
    )
)]

pub mod bound;
pub mod client;
pub mod dialect;
pub mod edit;
pub mod ending;
pub mod header_list;
pub mod headers;
pub mod ids;
mod json;
pub mod key;
pub mod models;
pub mod refusal;
pub mod request;
pub mod route;
pub mod run;
pub mod stream;
pub mod usage;

pub use bound::{BoundRules, InputBound, estimate_input, estimate_output, input_bound, least_output, output_bound};
pub use client::{ClientTool, Tool, client_tool};
pub use dialect::{Dialect, Family};
pub use edit::{Edits, ask_for_usage, clamp_output, edit, with_model};
pub use header_list::{FieldName, Headers};
pub use headers::{Credential, forward_headers, forward_target, response_headers};
pub use ids::{IdKind, ProviderId, provider_ids};
pub use key::{ClientKey, client_key, client_keys};
pub use models::{ModelEntry, model_get, models_list};
pub use refusal::{Refusal, RefusalKind, Rendered, refusal};
pub use request::{BadRequest, RequestFacts, Turn, WorkKey};
pub use route::{FreeKind, Route, route};
pub use run::{RunFacts, RunName};
pub use stream::StreamMeter;
pub use usage::{Metered, Stage, UsageProblem, read_answer, read_usage};
