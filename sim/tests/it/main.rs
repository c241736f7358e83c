//! Does the simulator see what it must, repeat what it did, and keep its auditor a stranger?

mod bugs;
mod kinds;
mod seeds;
mod stranger;
