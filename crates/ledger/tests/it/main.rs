//! The ledger from outside: histories against a slow model, crashes, damage, threads, time.
#![expect(clippy::unwrap_used, reason = "in a test a surprise should end it, also in its helpers")]

mod bench;
mod closing;
mod commands;
mod committing;
mod damage;
mod forged;
mod guarantees;
mod histories;
mod holding;
mod interleavings;
mod model;
mod power;
mod rules;
mod sizes;
mod threads;
mod views;
