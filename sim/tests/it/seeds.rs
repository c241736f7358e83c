//! A seed is a world.

use purser_sim::tally::Tally;
use purser_sim::{Setting, run};

#[test]
fn a_seed_repeats_to_the_byte_and_another_is_another() {
    for seed in 1..5 {
        let [first, second] = [0, 1].map(|_| run(seed, &Setting::default()).unwrap());
        assert_eq!(first.print, second.print, "seed {seed} gave two journals");
        assert_eq!(first.tally, second.tally, "seed {seed}");
        assert_ne!(first.print, run(seed + 100, &Setting::default()).unwrap().print);
    }
}

#[test]
fn what_never_happened_is_named() {
    let mut tally = Tally::default();
    assert!(tally.missing().contains(&"crash: power loss"));
    tally.note("crash: power loss");
    assert!(!tally.missing().contains(&"crash: power loss"));
}
