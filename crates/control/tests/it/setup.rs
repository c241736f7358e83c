//! The first administrator's code.

use purser_control::Code;
use purser_control::shape::{NewAdminKey, Setup};

use crate::bench::{Bench, code};

fn with(text: &str) -> Setup {
    Setup { code: text.to_owned(), label: None, email: None, password: None }
}

#[tokio::test]
async fn the_code_works_once_and_in_any_case() {
    let bench = Bench::new().await;
    let offered = bench.control.offer_setup().unwrap().unwrap();
    assert_eq!(code(bench.control.redeem_setup(with("0000-0000-0000-0000")).await), Code::Unauthorized);
    let key = bench.control.redeem_setup(with(&format!(" {} ", offered.reveal().to_uppercase()))).await.unwrap();
    assert!(key.key.unwrap().starts_with("pa-"));
    assert_eq!(code(bench.control.redeem_setup(with(offered.reveal())).await), Code::Gone);
    let bench = bench.restart().await;
    assert!(bench.control.offer_setup().unwrap().is_none(), "there is an administrator");
    assert_eq!(bench.control.admin_keys().items[0].label.as_deref(), Some("first administrator"));
}

#[tokio::test]
async fn the_code_is_good_for_a_quarter_of_an_hour() {
    let bench = Bench::new().await;
    let offered = bench.control.offer_setup().unwrap().unwrap();
    bench.clock.set("2026-11-24T12:15:00Z");
    assert_eq!(code(bench.control.redeem_setup(with(offered.reveal())).await), Code::Gone);
}

#[tokio::test]
async fn whoever_guesses_waits_and_whoever_has_the_code_gets_in_a_minute_later() {
    let bench = Bench::new().await;
    let offered = bench.control.offer_setup().unwrap().unwrap();
    let guess = async || code(bench.control.redeem_setup(with("0000-0000-0000-0000")).await);
    let mut guesses = 0;
    while guess().await == Code::Unauthorized {
        guesses += 1;
        assert!(guesses < 1_000, "nobody stops a guesser");
    }
    assert!(guesses >= 10, "{guesses}: whoever mistypes needs some");
    assert_eq!(code(bench.control.redeem_setup(with(offered.reveal())).await), Code::TooMany, "nothing is compared");
    bench.clock.set("2026-11-24T12:01:00Z");
    assert!(bench.control.redeem_setup(with(offered.reveal())).await.is_ok());
}

#[tokio::test]
async fn a_key_made_on_the_machine_ends_setup() {
    let bench = Bench::new().await;
    let offered = bench.control.offer_setup().unwrap().unwrap();
    let new = NewAdminKey { label: "operations".to_owned(), ..NewAdminKey::default() };
    let key = bench.control.add_admin_key(None, new).await.unwrap();
    assert_eq!(code(bench.control.redeem_setup(with(offered.reveal())).await), Code::Gone);
    bench.control.revoke_admin_key(None, &key.id.to_string()).await.unwrap();
    assert!(bench.control.offer_setup().unwrap().is_none(), "not even when the last key is gone");
}
