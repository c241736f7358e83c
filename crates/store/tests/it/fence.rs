//! Provider-side ids belong to who made them.

use std::fs;
use std::time::Duration;

use purser_store::Fence;

use crate::script::{folder, noon, person};

#[test]
fn the_first_claim_stands() {
    let (_temp, dir) = folder();
    let at = noon(20_000);
    let fence = Fence::open(&dir).unwrap();
    assert_eq!(fence.fence_owner("acme", "resp_1").unwrap(), None);
    assert_eq!(fence.fence_claim("acme", "resp_1", person(1), at).unwrap(), person(1));
    assert_eq!(fence.fence_claim("acme", "resp_1", person(2), at).unwrap(), person(1), "somebody else's already");
    assert_eq!(fence.fence_owner("other", "resp_1").unwrap(), None, "another provider's id");
    drop(fence);
    let fence = Fence::open(&dir).unwrap();
    assert_eq!(fence.fence_owner("acme", "resp_1").unwrap(), Some(person(1)), "read again after a restart");
    drop(fence);
    assert!(!fs::read(dir.fence()).unwrap().windows(6).any(|six| six == b"resp_1"), "the id itself is not kept");
}

#[test]
fn old_claims_are_forgotten_and_used_ones_are_not() {
    let (_temp, dir) = folder();
    let day = |n: u64| noon(20_000).saturating_add(Duration::from_secs(86_400 * n));
    let fence = Fence::open(&dir).unwrap();
    fence.fence_claim("acme", "old", person(1), day(0)).unwrap();
    fence.fence_claim("acme", "used", person(1), day(0)).unwrap();
    fence.fence_claim("acme", "used", person(1), day(5)).unwrap();
    fence.fence_claim("acme", "used", person(2), day(9)).unwrap();
    assert_eq!(fence.forget(day(3)).unwrap(), 1);
    assert_eq!(fence.fence_owner("acme", "old").unwrap(), None);
    assert_eq!(fence.fence_owner("acme", "used").unwrap(), Some(person(1)));
    assert_eq!(fence.forget(day(6)).unwrap(), 1, "a stranger's claim renews nothing");
}
