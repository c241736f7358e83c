//! Charts: what they look like as text, and what must hold of every one.

#![expect(clippy::unwrap_used, reason = "helpers of tests: what can't be is a failed test")]

mod colours;
mod gallery;
mod properties;
mod read;
mod samples;
mod snapshots;
