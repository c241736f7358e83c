//! No target: writes what fuzzing starts from into the folder that `SEEDS_INTO` names. A fuzzer like the others, because
//! nothing else can be linked with coverage counters.
#![no_main]

libfuzzer_sys::fuzz_target!(
    init: purser_fuzz::seeding::write().expect("the seeds are written"),
    |_bytes: &[u8]| {}
);
