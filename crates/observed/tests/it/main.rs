//! The crate from outside: what the real agents sent, and what strangers may.
#![expect(clippy::unwrap_used, reason = "a helper of a test fails the test")]

mod captures;
mod printed;
mod strangers;
mod told;
