//! The program from outside: the binary in a fresh folder, as an admin would use it.

mod bench;
mod commands;
mod configuration;
mod serving;
