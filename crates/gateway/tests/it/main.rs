//! The gateway as its clients meet it: a real ledger and directory behind it, a stand-in for the providers before it,
//! raw sockets on both sides.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test as tests do")]

mod asks;
mod company;
mod dialects;
mod faults;
mod hangups;
mod hostile;
mod money;
mod rig;
mod upstreams;
mod wire;
