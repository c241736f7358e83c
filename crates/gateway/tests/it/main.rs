//! The gateway as its clients meet it: a real ledger and directory behind it, a stand-in for the providers before it,
//! raw sockets on both sides.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test as tests do")]

mod asks;
mod books;
mod breakers;
mod calibrated;
mod calibrated_agents;
mod company;
mod dialects;
mod differential;
mod faults;
mod fence;
mod fetch;
mod guarantees;
mod hangups;
mod hangups_everywhere;
mod hostile;
mod hostile_shapes;
mod http;
mod lies;
mod money;
mod rig;
mod runs;
mod stopping;
mod stops;
mod switch;
mod terms;
mod tls;
mod top_ups;
mod upstreams;
mod wire;
