//! The pages over the real services, in this process.
#![expect(clippy::unwrap_used, reason = "a step that fails is the test's failure")]

#[path = "../../../control/tests/it/bench.rs"]
#[expect(dead_code, reason = "the services' own tests need more of it")]
mod bench;
#[path = "../../../control/tests/it/calls.rs"]
#[expect(dead_code, reason = "the services' own tests need more of it")]
mod calls;
mod company;
mod demo;
mod desks;
mod drawers;
mod finance;
mod made_up;
mod matrix;
mod offers;
mod rooms;
mod runs;
mod session;
mod setup;
mod totals;
mod usage;
