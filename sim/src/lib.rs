//! The simulator: the real ledger under a seeded clock, disk, provider and crowd, held to account by an auditor that
//! shares nothing with it.
//!
//! **Model.** One seed is one world: a small company, a journal on a disk that misbehaves, callers that do what the
//! gateway's `admit` and `settle` do with the real plan, rating and `Hold`, a provider that loses, repeats, cuts, stalls
//! and lies, commands that are repeated when their acknowledgement is lost. The world moves one small step at a time, in
//! an order drawn from the seed; between any two the process may be killed or the machine lose power. Everything happens
//! on one thread (a slow sync takes turns with it), so a seed repeats to the byte.
//!
//! **Owns** the disk, the clock, the provider, the crowd, the auditor (`audit`), and bugs on purpose (`bug`) that show
//! what the auditor catches.
//!
//! **Does not own** sockets: calls over real connections are tested by `gateway`, `tests/money` and `tests/crash`, whose
//! order of events can't be drawn from a seed.
//!
//! **Invariants.** Never a dependency of the product. The auditor uses nothing of the product.
#![expect(clippy::missing_errors_doc, reason = "every error here is a finding, and says what was found")]
#![expect(
    clippy::manual_let_else,
    clippy::needless_pass_by_value,
    clippy::single_match_else,
    clippy::should_implement_trait,
    clippy::too_many_arguments,
    clippy::unnecessary_wraps,
    clippy::unused_self,
    clippy::wrong_self_convention,
    reason = "steps of one world look alike on purpose: each takes what it needs and says whether it found something"
)]

pub mod audit;
mod bad_journal;
pub mod bug;
mod calls;
mod clock;
mod company;
mod crash;
mod desk;
pub mod dice;
pub mod disk;
mod flat;
mod operations;
mod provider;
mod run;
mod segments;
pub mod tally;
mod wishes;
mod world;

pub use run::{Failure, Outcome, Setting, catch, run};
