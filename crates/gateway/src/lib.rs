//! The data plane: every model call passes here, is held, forwarded, measured and charged.
//!
//! **Model.** A call goes through five steps, to be read in `call.rs`: authenticate, admit, forward, meter, settle.
//! One task serves one client connection and drives the upstream connection of its call, so that measuring goes on
//! when the client hangs up.
//!
//! **Owns** the sockets towards clients and providers, admission of a call (plan, bound, hold, clamp, park), relaying
//! and measuring of answers, and what a refused client is told.
//!
//! **Does not own** the database, the control plane (it reads an immutable [`Snapshot`](purser_core::snapshot::Snapshot)
//! that is swapped under it), wire formats (`providers`), balances (`ledger`).
//!
//! **Invariants.** No byte goes to a provider before the hold of its call is written. Every attempt is its own hold,
//! and every hold ends settled or released. Prompts, completions and keys are never logged. Every queue, body, stream
//! and wait has a bound.

mod admit;
mod answer;
mod auth;
mod awaited;
mod bound;
mod call;
mod client;
mod config;
mod decisions;
mod deny;
mod fence;
mod fetch;
mod forward;
mod free;
mod http1;
mod learned;
mod live;
mod meter;
mod park;
mod plans;
mod rate;
mod refuse;
mod rehearse;
mod routing;
mod runs;
mod server;
mod settle;
mod shared;
mod switch;
mod uncertain;
mod upstream;
mod worker;

use std::io;

pub use config::{GatewayConfig, Limits, Secret, Upstream};
pub use decisions::{DenialLog, Denials};
pub use fence::Fence;
pub use fetch::{FetchError, Fetcher};
pub use plans::terms;
pub use rehearse::{Admission, Denied, Entered, Rehearsal, Rehearsed, RehearsedUse};
pub use runs::{LiveRuns, Past, TripLog, Tripping};
pub use server::{GatewayHandle, Waiting};
pub use shared::{Logs, Shared};

/// Starts the gateway: binds the port and runs its threads.
///
/// # Errors
/// When the address can't be bound or a thread can't be started.
pub fn start(config: GatewayConfig, shared: Shared) -> io::Result<GatewayHandle> {
    server::start(config, Waiting::default(), shared)
}

/// Starts the gateway on sockets that are there already, those of [`GatewayHandle::hand_over`]: whoever waits in them is
/// served. `config.listen` is of no effect unless none of them listens.
///
/// # Errors
/// When another socket is needed and the address can't be bound, or a thread can't be started.
pub fn start_on(config: GatewayConfig, waiting: Waiting, shared: Shared) -> io::Result<GatewayHandle> {
    server::start(config, waiting, shared)
}
