//! See `purser_fuzz::telemetry`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| purser_fuzz::telemetry::check(bytes));
