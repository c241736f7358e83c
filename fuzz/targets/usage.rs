//! See `purser_fuzz::usage`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| purser_fuzz::usage::check(bytes));
