//! The control plane: people, units, grants, budgets, keys, prices and figures, as services that every face uses.
//!
//! **Model.** [`Control`] holds what the journal's events amount to, an immutable snapshot that the gateway reads too.
//! A change is checked against the snapshot, written as an event to the journal, applied, and swapped in; it is
//! acknowledged once its event is on disk. Reports read the projection and wait for it to have caught up.
//!
//! **Owns** the services, names and labels in memory, administrators' keys and the first one's setup, what events cost
//! to publish (the change, not the company), jobs, and the JSON API over socket and TCP.
//!
//! **Does not own** rules about money and time (`core`), balances (`ledger`), files (`store`), HTML (`web`), proxying
//! (`gateway`).
//!
//! **Invariants.** One change at a time. No event without a check; no acknowledgement before the disk. The same
//! command twice changes nothing more. Names never reach the journal, secrets are kept as hashes and shown once.
//! Every endpoint on TCP but `/healthz` and `/setup` asks for an administrator's key.
#![cfg_attr(not(test), deny(clippy::float_arithmetic))]

mod absences;
mod access;
mod activations;
mod admins;
mod agent;
mod alarms;
mod bills;
mod boards;
mod budgets;
mod change;
mod control;
mod costs;
mod dates;
mod error;
mod exports;
mod flags;
mod forecasts;
mod gifts;
mod grants;
mod history;
mod import;
mod keys;
mod letter;
mod liability;
mod mandates;
mod names;
mod observed;
mod offers;
mod outcomes;
mod over;
mod pages;
mod past;
mod people;
mod pools;
mod prices;
mod privacy;
mod remedies;
mod replay;
mod reserves;
mod returns;
mod runs;
mod secret;
mod setup;
mod statements;
mod stops;
mod suspense;
mod timelines;
mod top_ups;
mod trace;
mod trips;
mod units;

pub mod api;
pub mod audit;
pub mod jobs;
pub mod shape;
pub mod usage;

pub use access::{Actor, GivenRole, PASSWORD_CHARS_MIN, Party, Permission, Profile, Reach, Role};
pub use agent::Agent;
pub use bills::{BillPort, PullFrom};
pub use change::CommandName;
pub use control::{Control, Founding, Parts};
pub use error::{Code, Error, Problem, Refused};
pub use exports::Export;
pub use letter::Form;
pub use offers::Document;
pub use past::Past;
pub use privacy::Forgotten;
pub use replay::KeptDirectory;
pub use secret::{ADMIN_KEY_PREFIX, KEY_PREFIX, MachineRandom, Random, SESSION_PREFIX, Secret};
pub use setup::{SETUP_GOOD_FOR, SetupStands};
pub use statements::{Checked, CheckedStatement, check as check_statement};
pub use trips::{RunPort, Warning};
