//! The crate from outside: fixtures of every dialect, requests, edits, and bytes from strangers.
#![expect(clippy::unwrap_used, reason = "a helper of a test fails the test")]

mod bounds;
mod edits;
mod endings;
mod fixtures;
mod requests;
mod strangers;
mod turns;
mod usage;
