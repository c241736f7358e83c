//! The ledger from outside: histories against a slow model, crashes, damage, threads, time.
#![expect(unused_crate_dependencies, reason = "one binary for all integration tests of the crate")]

mod bench;
mod closing;
mod commands;
mod committing;
mod damage;
mod histories;
mod holding;
mod model;
mod power;
mod sizes;
mod threads;
