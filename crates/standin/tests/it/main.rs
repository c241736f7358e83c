//! The stand-in, seen through an ordinary HTTP client and, where faults are meant, through a bare socket.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test as tests do")]

mod caches;
mod client;
mod dialects;
mod faults;
mod journal;
mod wire;
