//! Changes: once by their name, seen at once, kept through a restart and a crash.

use purser_control::shape::{NewPerson, SetZone};
use purser_control::{Code, CommandName};

use crate::bench::{Bench, code, new_key};

#[expect(clippy::unnecessary_wraps, reason = "as every change takes it: a name or none")]
fn name(text: &str) -> Option<CommandName> {
    Some(CommandName::try_new(text).unwrap())
}

fn analyst(zone: &str) -> NewPerson {
    NewPerson { name: "The analyst".to_owned(), zone: zone.to_owned(), unit: None, email: None }
}

#[tokio::test]
async fn a_named_change_happens_once_also_after_a_crash() {
    let bench = Bench::new().await;
    let first = bench.control.add_person(name("hire 1"), analyst("Europe/Berlin")).await.unwrap();
    let again = bench.control.add_person(name("hire 1"), analyst("Europe/Berlin")).await.unwrap();
    assert_eq!(first, again);
    let bench = bench.crash().await;
    bench.clock.set("2026-12-24T12:00:00Z");
    let again = bench.control.add_person(name("hire 1"), analyst("Europe/Berlin")).await.unwrap();
    assert_eq!(first, again, "a month later");
    assert_eq!(bench.control.people().items.len(), 1);
    let other = bench.control.add_person(name("hire 1"), analyst("Asia/Tokyo")).await;
    assert_eq!(code(other), Code::CommandReused);
    let other_kind = bench.control.add_person(name("hire 2"), analyst("Europe/Berlin")).await;
    assert!(other_kind.is_ok());
}

#[tokio::test]
async fn many_at_once_are_made_one_after_the_other() {
    let bench = Bench::new().await;
    let mut all = tokio::task::JoinSet::new();
    for number in 0..40 {
        let control = bench.control.clone();
        let new = NewPerson { name: format!("person {number}"), ..analyst("UTC") };
        // Each twice under one name, so that half of them find the other half's work.
        for _ in 0..2 {
            let (control, new) = (control.clone(), new.clone());
            all.spawn(async move { control.add_person(name(&format!("hire {number}")), new).await.unwrap().id });
        }
    }
    let mut ids: Vec<_> = all.join_all().await;
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 40);
    let bench = bench.restart().await;
    assert_eq!(bench.control.people().items.len(), 40);
}

#[tokio::test]
async fn a_key_works_from_the_moment_it_is_made_until_it_is_revoked() {
    let bench = Bench::new().await;
    let person = bench.person("The analyst").await;
    let gateways = bench.control.shared_snapshot();
    let key = bench.key(&person).await;
    let hash = {
        use sha2::{Digest, Sha256};
        let digest: [u8; 32] = Sha256::digest(key.key.unwrap().as_bytes()).into();
        digest
    };
    assert_eq!(gateways.load().directory.key(&hash).unwrap().id, key.id, "the gateway's snapshot has it");
    bench.control.revoke_key(None, &key.id.to_string()).await.unwrap();
    assert!(gateways.load().directory.key(&hash).unwrap().revoked_at.is_some());
    let bench = bench.crash().await;
    assert!(!bench.control.keys().items[0].active);
}

#[tokio::test]
async fn a_key_expires_at_its_persons_midnight() {
    let bench = Bench::new().await;
    let person = bench.person("The analyst").await;
    let mut new = new_key(&person);
    new.expires = Some("2026-11-25".to_owned());
    let key = bench.control.add_key(None, new).await.unwrap();
    assert_eq!(key.expires.unwrap().to_string(), "2026-11-24T23:00:00Z", "midnight in Berlin");
    assert!(key.active);
    bench.clock.set("2026-11-24T23:00:00Z");
    assert!(!bench.control.keys().items[0].active);
}

#[tokio::test]
async fn a_clock_that_jumps_back_makes_no_event_before_another() {
    let bench = Bench::new().await;
    let person = bench.person("The analyst").await;
    bench.clock.set("2026-11-24T09:00:00Z");
    let zone = SetZone { zone: "Asia/Tokyo".to_owned() };
    bench.control.set_zone(None, &person.id.to_string(), zone).await.unwrap();
    let bench = bench.restart().await;
    bench.clock.set("2026-11-26T12:00:00Z");
    assert_eq!(bench.control.people().items[0].zone, "Asia/Tokyo");
}

#[tokio::test]
async fn bundled_prices_are_published_once() {
    let bench = Bench::new().await;
    let prices = bench.control.prices(None, None).unwrap().items.len();
    assert!(prices > 100, "{prices}");
    let written = bench.control.status().written;
    let bench = bench.restart().await;
    assert_eq!(bench.control.prices(None, None).unwrap().items.len(), prices);
    assert!(bench.control.status().written <= written + 3, "a start writes its boot and no prices");
}
