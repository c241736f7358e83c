//! What the provider says is what the client gets, and what it is charged.

use purser_core::money::Nano;
use purser_core::price::Ratio;
use purser_core::rating;
use purser_core::usage::{Served, Usage};
use purser_ledger::Mark;
use purser_standin::{Credential, ServedCall};

use crate::asks::{Ask, Talk, Want, ask, ask_unsigned};
use crate::company::{ANALYST_KEY, METERED, noon};
use crate::rig::{CREDENTIAL, Rig};
use crate::wire::Message;

/// What a call of [`METERED`] costs, by the figures of its card.
pub(crate) fn price(call: &ServedCall) -> i64 {
    let usage = call.usage;
    let nano = usage.input_uncached * 1_000
        + usage.cache_read * 100
        + usage.cache_write_short * 1_250
        + usage.cache_write_long * 2_000
        + usage.output * 2_000
        + usage.searches * 10_000_000;
    nano.try_into().unwrap()
}

/// Serves the wanted call, compares bytes and charge, and gives back what the client got.
fn check(rig: &Rig, talk: Talk, want: &Want<'_>) -> Message {
    let before = rig.standin.journal().len();
    let answer = rig.call(&ask(talk, want));
    let (asked, passed) = rig.tap.last();
    let what = format!("{talk:?} {want:?}");
    assert_eq!(answer.status(), 200, "{what}: {}", answer.text());
    assert!(answer.ended, "{what}");
    assert_eq!(answer.header("content-type"), passed.header("content-type"), "{what}");

    let strips = talk == Talk::Chat && want.stream && want.more.is_empty();
    let expected = if strips { without_usage(&passed.text()) } else { passed.text() };
    same(&answer.text(), &expected, &what);
    if !strips {
        same(&asked.text(), &ask(talk, want).body, &what);
    }

    let served = rig.served();
    let charge = rig.charges(before + 1).pop().unwrap();
    assert_eq!((charge.nano, charge.mark), (price(&served), Mark::Exact), "{what}");
    assert_eq!(charge.record.provider, talk.provider(), "{what}");
    assert_eq!(charge.record.requested, METERED, "{what}");
    assert!(answer.header("x-purser-call").starts_with("req_"), "{what}");
    assert_eq!(answer.header("x-purser-provider"), talk.provider(), "{what}");
    assert_eq!(answer.header("x-purser-hold"), charge.hold.to_string(), "{what}");
    let reset = answer.header("x-purser-reset");
    assert_eq!(reset, "2026-11-26T00:00:00Z", "{what}");
    if want.stream {
        assert!(answer.amount("x-purser-held") >= charge.nano, "{what}");
        assert!(answer.amount("x-purser-remaining") > 0, "{what}");
    } else {
        assert_eq!(answer.amount("x-purser-charge"), charge.nano, "{what}");
    }
    rig.quiet();
    answer
}

/// Compares texts that are too long to be shown whole.
pub(crate) fn same(left: &str, right: &str, what: &str) {
    let alike = left.bytes().zip(right.bytes()).take_while(|(left, right)| left == right).count();
    let from = |text: &str| text.chars().skip(alike.saturating_sub(40)).take(120).collect::<String>();
    assert!(left == right, "{what}: from byte {alike} on:\n{}\n{}", from(left), from(right));
}

/// A chat stream without the chunk that the client did not ask for.
fn without_usage(stream: &str) -> String {
    let events = stream.split_inclusive("\n\n");
    let kept: String = events.filter(|event| !event.contains(r#""choices":[]"#)).collect();
    assert!(kept.len() < stream.len(), "the provider was asked for usage");
    // What is left says `usage: null` in each chunk, as a stream that reports usage does.
    kept
}

#[test]
fn every_dialect_passes_through_and_is_charged_to_the_nano_dollar() {
    let rig = Rig::start(|_| {});
    for talk in Talk::TEXT {
        for stream in [false, true] {
            check(&rig, talk, &Want { stream, ..Want::default() });
            check(&rig, talk, &Want { stream, script: "output=300+thinking=40", ..Want::default() });
        }
    }
    check(&rig, Talk::Embeddings, &Want::default());
}

#[test]
fn cached_prompts_are_charged_as_cached() {
    let rig = Rig::start(|_| {});
    let long = "The quick brown fox jumps over the lazy dog. ".repeat(200);
    for talk in [Talk::Chat, Talk::Responses, Talk::Gemini] {
        for _ in 0..2 {
            check(&rig, talk, &Want { prompt: &long, ..Want::default() });
        }
        assert!(rig.served().usage.cache_read > 0, "{talk:?}");
    }
    let marked = format!(
        r#""system":[{{"type":"text","text":"{long}","cache_control":{{"type":"ephemeral"}}}},
            {{"type":"text","text":"{long}","cache_control":{{"type":"ephemeral","ttl":"1h"}}}}],"#
    );
    for stream in [false, true] {
        check(&rig, Talk::Messages, &Want { stream, more: &marked, ..Want::default() });
    }
    let calls = rig.standin.journal();
    let marked: Vec<_> = calls.iter().filter(|call| call.path.ends_with("/messages")).map(|call| call.usage).collect();
    assert!(marked.first().unwrap().cache_write_long > 0, "{marked:?}");
    assert!(marked.last().unwrap().cache_read > 0, "{marked:?}");
}

#[test]
fn public_prices_apply_to_public_models() {
    let rig = Rig::start(|_| {});
    let models = [
        (Talk::Messages, "claude-sonnet-5-5"),
        (Talk::Messages, "claude-haiku-5-5"),
        (Talk::Chat, "gpt-5.5"),
        (Talk::Responses, "gpt-5.5"),
        (Talk::Gemini, "gemini-2.5-pro"),
        (Talk::Embeddings, "text-embedding-3-small"),
    ];
    let prices = purser_core::price::PriceBook::bundled();
    for ((talk, model), place) in models.into_iter().zip(1..) {
        let answer = rig.call(&ask(talk, &Want { model, max: Some(50), ..Want::default() }));
        assert_eq!(answer.status(), 200, "{model}: {}", answer.text());
        let card = prices.lookup(talk.provider(), model, noon()).unwrap();
        let used = rig.served().usage;
        let usage = Usage { input_uncached: used.input_uncached, output: used.output, ..Usage::default() };
        let expected = rating::rate(card, &usage, &Served::default(), Ratio::ONE).unwrap();
        assert_eq!(Nano::new(rig.charges(place).pop().unwrap().nano), expected, "{model}");
    }
}

#[test]
fn a_client_that_asks_for_usage_gets_it() {
    let rig = Rig::start(|_| {});
    let more = r#""stream_options":{"include_usage":true},"#;
    let answer = check(&rig, Talk::Chat, &Want { stream: true, more, ..Want::default() });
    assert!(answer.text().contains(r#""choices":[]"#));
}

#[test]
fn the_charge_of_a_stream_is_in_its_trailers() {
    let rig = Rig::start(|_| {});
    for talk in Talk::TEXT {
        let answer = rig.call(&ask(talk, &Want { stream: true, ..Want::default() }).with("te", "trailers"));
        assert_eq!(answer.amount("x-purser-charge"), price(&rig.served()), "{talk:?}");
    }
}

#[test]
fn a_key_is_taken_wherever_clients_put_it() {
    let rig = Rig::start(|_| {});
    let want = Want::default();
    let unsigned = || ask_unsigned(Talk::Messages, &want);
    let mut in_query = unsigned();
    in_query.target.extend(["?key=", ANALYST_KEY]);
    let signed = [
        unsigned().key(ANALYST_KEY),
        unsigned().with("x-api-key", ANALYST_KEY),
        unsigned().with("x-goog-api-key", ANALYST_KEY),
        unsigned().with("api-key", ANALYST_KEY),
        in_query,
        unsigned().key("sk-of-the-old-days").with("x-api-key", ANALYST_KEY),
    ];
    for ask in signed {
        let answer = rig.call(&ask);
        assert_eq!(answer.status(), 200, "{ask:?}: {}", answer.text());
    }
    for ask in [unsigned(), unsigned().key("pk-nobody")] {
        let answer = rig.call(&ask);
        assert_eq!((answer.status(), answer.header("x-should-retry")), (401, "false"), "{ask:?}");
    }
    assert_eq!(rig.standin.journal().len(), 6, "nothing of the last two went out");
}

#[test]
fn nothing_of_the_client_s_identity_reaches_the_provider() {
    let rig = Rig::start(|_| {});
    for talk in [Talk::Messages, Talk::Chat, Talk::Gemini] {
        let mut ask = ask(talk, &Want { stream: true, ..Want::default() })
            .with("x-api-key", "pk-second")
            .with("cookie", "session=1")
            .with("openai-organization", "org-private")
            .with("x-forwarded-for", "10.1.2.3")
            .with("x-purser-run", "run")
            .with("connection", "keep-alive, x-hop")
            .with("x-hop", "1")
            .with("x-stays", "yes");
        let mark = if ask.target.contains('?') { "&" } else { "?" };
        ask.target.extend([mark, "key=", ANALYST_KEY, "&x=%20y"]);
        assert_eq!(rig.call(&ask).status(), 200, "{talk:?}");
        let (asked, _) = rig.tap.last();
        let seen = format!("{asked:?}");
        for secret in [ANALYST_KEY, "pk-second", "session=1", "org-private", "10.1.2.3", "x-purser", "x-hop"] {
            assert!(!seen.contains(secret), "{talk:?}: {secret} in {seen}");
        }
        assert!(asked.first.contains("x=%20y"), "{seen}");
        assert_eq!((asked.header("x-stays"), asked.header("accept-encoding")), ("yes", "identity"), "{talk:?}");
        assert_eq!(rig.served().credential, Credential::of(CREDENTIAL), "{talk:?}");
    }
}

#[test]
fn lists_and_counts_are_free() {
    let rig = Rig::bare(|_| {});
    let get = |target: &str| rig.call(&Ask::of("GET", target).key(ANALYST_KEY));
    for target in ["/v1/models", "/v1beta/models", "/v1/models/metered-1", "/v1beta/models/metered-1"] {
        assert_eq!(get(target).status(), 200, "{target}");
    }
    let mut count = ask(Talk::Messages, &Want::default());
    count.target = "/v1/messages/count_tokens".to_owned();
    let counted = rig.call(&count);
    assert!(counted.json().get("input_tokens").and_then(serde_json::Value::as_u64).unwrap() > 0);
    let mut count = ask(Talk::Gemini, &Want::default());
    count.target = count.target.replace("generateContent", "countTokens");
    assert!(rig.call(&count).text().contains("totalTokens"));
    assert!(rig.holds().is_empty());
}

#[test]
fn searches_of_the_provider_are_charged_too() {
    let rig = Rig::start(|_| {});
    let more = r#""tools":[{"type":"web_search_20250305","name":"web_search","max_uses":3}],"#;
    for stream in [false, true] {
        let answer = check(&rig, Talk::Messages, &Want { stream, more, script: "search=2", ..Want::default() });
        assert!(rig.charges(1 + usize::from(stream)).pop().unwrap().nano > 20_000_000, "{}", answer.text());
    }
}
