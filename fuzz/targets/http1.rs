//! See `purser_fuzz::http1`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| purser_fuzz::http1::check(bytes));
