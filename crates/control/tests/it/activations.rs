//! Links by which people make their first keys.

use purser_control::Code;
use purser_control::shape::{Activation, ActivationState, NewActivation, NewGrant, Person};

use crate::bench::{Bench, code};

async fn link(bench: &Bench, person: &Person) -> (Activation, String) {
    let new = NewActivation { person: person.id.to_string(), until: None };
    let made = bench.control.add_activation(None, new).await.unwrap();
    let secret = made.link.as_deref().unwrap().rsplit('/').next().unwrap().to_owned();
    (made, secret)
}

/// Somebody whose only grant opens a week from now.
async fn newcomer(bench: &Bench) -> Person {
    let person = bench.person("Person 1").await;
    let new = NewGrant {
        person: person.id.to_string(),
        amount: "20/day".to_owned(),
        start: Some("2026-12-01".to_owned()),
        ..NewGrant::default()
    };
    bench.control.add_grant(None, new).await.unwrap();
    person
}

#[tokio::test]
async fn a_link_opens_with_the_first_grant_and_makes_one_key() {
    let bench = Bench::new().await;
    let person = newcomer(&bench).await;
    let (made, secret) = link(&bench, &person).await;
    assert_eq!(made.state, ActivationState::Waiting);
    assert_eq!(made.opens.to_string(), "2026-11-30T23:00:00Z", "midnight in Berlin");
    assert_eq!(made.until.to_string(), "2026-12-14T23:00:00Z");

    bench.clock.set("2026-11-30T22:59:59Z");
    assert_eq!(code(bench.control.activate(secret.clone()).await), Code::Conflict);
    bench.clock.set("2026-11-30T23:00:00Z");
    assert_eq!(bench.control.look_at_activation(&secret).unwrap().state, ActivationState::Open);
    let key = bench.control.activate(secret.clone()).await.unwrap().key;
    assert!(key.active && key.person == person.id && key.key.as_deref().unwrap().starts_with("pk-"), "{key:?}");

    // A form sent twice, also over a restart, gives the same key; later nothing does.
    let bench = bench.crash().await;
    bench.clock.set("2026-11-30T23:09:59Z");
    assert_eq!(bench.control.activate(secret.clone()).await.unwrap().key, key);
    bench.clock.set("2026-11-30T23:10:00Z");
    assert_eq!(code(bench.control.activate(secret.clone()).await), Code::Gone);
    assert_eq!(bench.control.look_at_activation(&secret).unwrap().state, ActivationState::Used);
    let keys = bench.control.keys().items;
    assert_eq!((keys.len(), keys[0].id, &keys[0].key), (1, key.id, &None));
    assert_eq!(code(bench.control.revoke_activation(None, &made.id.to_string()).await), Code::Conflict);
}

#[tokio::test]
async fn a_key_that_was_stopped_is_not_shown_again() {
    let bench = Bench::new().await;
    let person = bench.person("Person 1").await;
    let (_, secret) = link(&bench, &person).await;
    let key = bench.control.activate(secret.clone()).await.unwrap().key;
    bench.control.revoke_key(None, &key.id.to_string()).await.unwrap();
    assert_eq!(code(bench.control.activate(secret).await), Code::Gone);
}

#[tokio::test]
async fn many_at_once_make_one_key() {
    let bench = Bench::new().await;
    let person = bench.person("Person 1").await;
    let (_, secret) = link(&bench, &person).await;
    let mut asked = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let (control, secret) = (bench.control.clone(), secret.clone());
        asked.spawn(async move { control.activate(secret).await.unwrap().key.key.unwrap() });
    }
    let mut keys = asked.join_all().await;
    keys.dedup();
    assert_eq!((keys.len(), bench.control.keys().items.len()), (1, 1));
}

#[tokio::test]
async fn links_that_were_stopped_or_never_made_are_not_there() {
    let bench = Bench::new().await;
    let person = newcomer(&bench).await;
    let (made, secret) = link(&bench, &person).await;
    let (_, other) = link(&bench, &person).await;
    bench.control.revoke_activation(None, &made.id.to_string()).await.unwrap();
    let again = bench.control.revoke_activation(None, &made.id.to_string()).await.unwrap();
    assert_eq!(again.state, ActivationState::Revoked);
    let bench = bench.restart().await;
    bench.clock.set("2026-12-02T00:00:00Z");
    for none in [secret.as_str(), "pl-", "", "pk-0", &made.id.to_string()] {
        assert_eq!(code(bench.control.look_at_activation(none)), Code::NotFound, "{none}");
        assert_eq!(code(bench.control.activate(none.to_owned()).await), Code::NotFound, "{none}");
    }
    // Whoever has left makes no key.
    bench.control.remove_person(None, &person.id.to_string()).await.unwrap();
    assert_eq!(code(bench.control.activate(other).await), Code::NotFound);
    assert!(bench.control.keys().items.is_empty());
}

#[tokio::test]
async fn a_link_ends() {
    let bench = Bench::new().await;
    let person = bench.person("Person 1").await;
    let (made, secret) = link(&bench, &person).await;
    assert_eq!(made.until.to_string(), "2026-12-07T23:00:00Z");
    bench.clock.set("2026-12-07T23:00:00Z");
    assert_eq!(code(bench.control.activate(secret).await), Code::Gone);
    let past = NewActivation { person: person.id.to_string(), until: Some("2026-12-07".to_owned()) };
    assert_eq!(code(bench.control.add_activation(None, past).await), Code::Invalid);
    let nobody = NewActivation { person: "Nobody".to_owned(), until: None };
    assert_eq!(code(bench.control.add_activation(None, nobody).await), Code::NotFound);
}

#[tokio::test]
async fn making_one_again_by_the_same_name_shows_it_without_its_address() {
    let bench = Bench::new().await;
    let person = bench.person("Person 1").await;
    let name = Some(purser_control::CommandName::try_new("welcome").unwrap());
    let new = NewActivation { person: person.id.to_string(), until: None };
    let first = bench.control.add_activation(name, new.clone()).await.unwrap();
    let again = bench.control.add_activation(name, new).await.unwrap();
    assert_eq!((again.id, again.link), (first.id, None));
    assert!(first.link.is_some());
    let other = NewActivation { person: person.id.to_string(), until: Some("2026-12-24".to_owned()) };
    assert_eq!(code(bench.control.add_activation(name, other).await), Code::CommandReused);
}

#[tokio::test]
async fn the_trail_says_who_made_the_link_and_that_the_key_came_by_it() {
    let bench = Bench::new().await;
    let person = bench.person("Person 1").await;
    let (made, secret) = link(&bench, &person).await;
    bench.control.activate(secret).await.unwrap();
    let trail = bench.control.audit(purser_control::audit::Trail::default()).await.unwrap();
    let text = serde_json::to_string(&trail.items).unwrap();
    assert!(text.contains(&format!(r#""actor":"{}""#, made.id)), "{text}");
    assert!(bench.control.verify_audit().await.unwrap().good);
}
