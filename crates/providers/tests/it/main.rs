//! The crate from outside: fixtures of every dialect, requests, edits, and bytes from strangers.

mod bounds;
mod edits;
mod endings;
mod fixtures;
mod requests;
mod strangers;
mod usage;
