//! See `purser_fuzz::bill`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| purser_fuzz::bill::check(bytes));
