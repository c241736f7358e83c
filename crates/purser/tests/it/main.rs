//! The program from outside: the binary in a fresh folder, as an admin would use it.
#![expect(clippy::unwrap_used, reason = "a step that fails is the test's failure")]

mod bench;
mod bills;
mod calls;
mod commands;
mod configuration;
mod demo;
mod hostile;
mod offers;
mod operation;
mod replay;
mod running;
mod serving;
