//! Each bug that is put in on purpose is caught, by a check that is meant to.

use purser_sim::bug::Bug;
use purser_sim::{Setting, catch};

/// Within so many seeds.
const SEEDS: u64 = 100;

#[test]
fn every_bug_is_caught() {
    assert!(Bug::ALL.len() >= 20);
    let wrong: Vec<String> =
        Bug::ALL.iter().filter_map(|bug| catch(*bug, 1..SEEDS, &Setting::default()).err()).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
