//! Providers that fail, lie and babble: the client is told in its own dialect, and the charge is never a guess that
//! looks like a fact.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use purser_ledger::Mark;
use purser_providers::Family;
use serde_json::Value;

use crate::asks::{Talk, Want, ask, ask_unsigned};
use crate::company::ANALYST;
use crate::dialects::{price, same};
use crate::rig::{Rig, Setup, until, upstream};
use crate::upstreams::{Fake, Nobody, chat_answer};
use crate::wire::{Conn, Message, Side};

/// An error in the client's dialect: its sentence.
fn error_of(talk: Talk, answer: &Message) -> String {
    let body = answer.json();
    let message = body.pointer("/error/message").and_then(Value::as_str);
    let message = message.unwrap_or_else(|| panic!("{talk:?}: {body}")).to_owned();
    let shaped = match talk {
        Talk::Messages => body.get("type").is_some_and(|kind| kind == "error") && body.get("request_id").is_some(),
        Talk::Gemini | Talk::GeminiArray => body.pointer("/error/status").is_some(),
        _ => body.pointer("/error/code").is_some() && body.pointer("/error/type").is_some(),
    };
    assert!(shaped, "{talk:?}: {body}");
    message
}

/// Adds `spare`, which only takes what others fail at.
fn with_spare(setup: &mut Setup, family: Family) {
    let mut spare = upstream("spare", family);
    spare.models = vec!["nothing-by-name".to_owned()];
    setup.upstreams.push(spare);
    let names = ["anthropic", "openai", "google"];
    let first = names.into_iter().find(|name| setup.upstream(name).families == [family]).unwrap();
    setup.upstream(first).fallback = vec!["spare".into()];
}

#[test]
fn an_unreachable_provider_costs_nothing() {
    let nobody = Nobody::there();
    for talk in Talk::TEXT {
        let rig = Rig::start(|setup| setup.send_to(talk.provider(), nobody.address));
        for (stream, count) in [(false, 1), (true, 2)] {
            let answer = rig.call(&ask(talk, &Want { stream, ..Want::default() }));
            assert_eq!((answer.status(), answer.header("x-purser-code")), (502, "provider_unreachable"), "{talk:?}");
            let sentence = error_of(talk, &answer);
            assert!(sentence.contains(talk.provider()) && sentence.contains("Nothing was charged"), "{sentence}");
            rig.releases(count);
        }
    }
}

#[test]
fn a_fallback_is_another_hold() {
    let nobody = Nobody::there();
    for (talk, family) in
        [(Talk::Messages, Family::Anthropic), (Talk::Chat, Family::OpenAi), (Talk::Gemini, Family::Gemini)]
    {
        let down = Fake::saying("HTTP/1.1 529 Overloaded\r\ncontent-length: 0\r\n\r\n");
        for first in [nobody.address, down.address] {
            let rig = Rig::start(|setup| {
                with_spare(setup, family);
                setup.send_to(talk.provider(), first);
            });
            let answer = rig.call(&ask(talk, &Want { stream: true, ..Want::default() }));
            assert_eq!((answer.status(), answer.header("x-purser-provider")), (200, "spare"), "{talk:?}");
            let charge = rig.charge();
            assert_eq!((charge.nano, charge.record.attempt), (price(&rig.served()), 1), "{talk:?}");
            assert_eq!(&*charge.record.provider, "spare");
            rig.releases(1);
            assert_eq!(rig.holds().len(), 2);
        }
    }
}

#[test]
fn a_fallback_that_fails_too_leaves_the_first_fault_to_be_told() {
    let nobody = Nobody::there();
    let down = Fake::saying("HTTP/1.1 503 Down\r\ncontent-length: 0\r\n\r\n");
    let rig = Rig::start(|setup| {
        with_spare(setup, Family::Anthropic);
        setup.send_to("anthropic", down.address);
        setup.send_to("spare", nobody.address);
    });
    let answer = rig.call(&ask(Talk::Messages, &Want::default()));
    let sentence = error_of(Talk::Messages, &answer);
    assert!(sentence.contains("anthropic answered 503"), "{sentence}");
    rig.releases(2);
}

#[test]
fn errors_of_the_provider_pass_as_they_are_and_cost_nothing() {
    let rig = Rig::start(|_| {});
    let mut calls = 0;
    for talk in Talk::TEXT {
        for status in [400, 401, 404, 429, 500, 503, 529] {
            let script = format!("status={status}+retry-after=7+should-retry=false");
            let answer = rig.call(&ask(talk, &Want { stream: status % 2 == 0, script: &script, ..Want::default() }));
            let (_, passed) = rig.tap.last();
            assert_eq!(answer.status(), status, "{talk:?}");
            same(&answer.text(), &passed.text(), &format!("{talk:?} {status}"));
            for (name, value) in &passed.headers {
                let dropped = name == "connection" || name.contains("organization");
                assert!(dropped || answer.header(name) == value, "{talk:?} {status}: {name}");
            }
            assert_eq!(answer.header("retry-after"), "7", "{talk:?} {status}");
            calls += 1;
            rig.releases(calls);
        }
    }
}

#[test]
fn a_call_that_was_sent_and_not_answered_is_presumed_and_not_repeated() {
    for talk in Talk::TEXT {
        let rig = Rig::start(|setup| {
            with_spare(setup, Family::Anthropic);
            with_spare(setup, Family::OpenAi);
            with_spare(setup, Family::Gemini);
        });
        let answer = rig.call(&ask(talk, &Want { stream: true, script: "refuse", ..Want::default() }));
        assert_eq!(answer.status(), 502, "{talk:?}");
        let sentence = error_of(talk, &answer);
        assert!(sentence.contains("did not answer"), "{talk:?}: {sentence}");
        let charge = rig.charge();
        assert_eq!(charge.mark, Mark::Presumed, "{talk:?}");
        assert!(0 < charge.nano && charge.nano < rig.holds().pop().unwrap().get(), "{talk:?}: {charge:?}");
        assert_eq!(rig.tap.requests(), 1, "{talk:?}");
    }
}

#[test]
fn a_provider_that_takes_too_long_is_left() {
    for talk in Talk::TEXT {
        let rig = Rig::start(|setup| setup.limits.first_byte = Duration::from_millis(40));
        let answer = rig.call(&ask(talk, &Want { script: "first-byte=60000", ..Want::default() }));
        assert_eq!((answer.status(), answer.header("x-purser-code")), (504, "provider_timed_out"), "{talk:?}");
        error_of(talk, &answer);
        assert_eq!(rig.charge().mark, Mark::Presumed, "{talk:?}");
    }
}

/// The stream is one that the dialect's clients can read to its end.
pub(crate) fn well_ended(talk: Talk, answer: &Message) {
    let text = answer.text();
    assert!(answer.status() == 200 && answer.ended, "{talk:?}: {answer:?}");
    if talk == Talk::GeminiArray {
        let all: Vec<Value> = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        assert!(all.last().is_some_and(|last| last.pointer("/candidates/0/finishReason").is_some()), "{text}");
        return;
    }
    let text = text.replace("\r\n", "\n");
    let data: Vec<&str> = text.split("\n\n").filter_map(|event| event.split_once("data: ")).map(|(_, d)| d).collect();
    for event in &data {
        assert!(*event == "[DONE]" || serde_json::from_str::<Value>(event).is_ok(), "{talk:?}: {event}");
    }
    let last = data.iter().rev().find(|event| !event.is_empty()).unwrap_or_else(|| panic!("{talk:?}: nothing"));
    let ends: &[&str] = match talk {
        Talk::Messages => &["message_stop"],
        Talk::Chat => &["[DONE]"],
        Talk::Responses => &["response.incomplete", "response.completed"],
        _ => &["MAX_TOKENS", "STOP"],
    };
    assert!(ends.iter().any(|end| last.contains(end)), "{talk:?}: {last}");
    assert!(talk != Talk::Chat || text.contains(r#""finish_reason":""#), "{text}");
}

/// A stream that breaks off by this script.
fn check_broken(talk: Talk, script: &str, change: impl FnOnce(&mut Setup)) -> (i64, Mark) {
    let rig = Rig::start(change);
    let script = format!("output=40+{script}");
    let answer = rig.call(&ask(talk, &Want { stream: true, script: &script, ..Want::default() }));
    well_ended(talk, &answer);
    let charge = rig.charge();
    let held = rig.holds().pop().unwrap().get();
    assert!(0 < charge.nano && charge.nano <= held, "{talk:?} {script}: {charge:?}");
    (charge.nano, charge.mark)
}

#[test]
fn a_stream_that_breaks_off_is_ended_in_its_dialect() {
    for talk in Talk::TEXT {
        for events in [1, 2, 4, 6, 9] {
            let (_, mark) = check_broken(talk, &format!("cut={events}"), |_| {});
            // The first events may say nothing that is counted.
            let unknown = events < 6 && mark == Mark::Presumed;
            assert!(mark == Mark::Estimated || unknown, "{talk:?} after {events} events: {mark:?}");
        }
        for bytes in [1, 7, 50, 333, 777, 1_000, 1_234] {
            let (_, mark) = check_broken(talk, &format!("cut-bytes={bytes}"), |_| {});
            assert!(matches!(mark, Mark::Estimated | Mark::Presumed), "{talk:?} after {bytes} bytes: {mark:?}");
        }
        let (_, mark) = check_broken(talk, "half=8", |_| {});
        assert_eq!(mark, Mark::Estimated, "{talk:?}");
    }
}

#[test]
fn a_stream_that_falls_silent_is_ended() {
    for talk in Talk::TEXT {
        let (_, mark) = check_broken(talk, "stall=5", |setup| setup.limits.answer_stall = Duration::from_millis(50));
        assert_eq!(mark, Mark::Estimated, "{talk:?}");
    }
}

#[test]
fn an_endless_stream_is_ended() {
    for talk in Talk::TEXT {
        let rig = Rig::start(|setup| setup.standin.bounds.endless_bytes_max = 1 << 40);
        let answer = rig.call(&ask(talk, &Want { stream: true, script: "output=40+endless", ..Want::default() }));
        well_ended(talk, &answer);
        assert!(answer.body.len() < 3 << 20, "{talk:?}: {} bytes for 500 tokens", answer.body.len());
        let charge = rig.charge();
        assert_eq!(charge.mark, Mark::Estimated, "{talk:?}");
        assert_eq!(charge.nano, rig.holds().pop().unwrap().get(), "{talk:?}: all that was set aside");
    }
}

/// A chat provider that says this to every request.
fn check_saying(says: &str, status: u16, mark: Option<Mark>) -> Message {
    let fake = Fake::saying(says);
    let rig = Rig::start(|setup| {
        setup.send_to("openai", fake.address);
        setup.limits.first_byte = Duration::from_secs(10);
    });
    let answer = rig.call(&ask(Talk::Chat, &Want::default()));
    assert_eq!(answer.status(), status, "{says:?}: {}", answer.text());
    match mark {
        Some(mark) => assert_eq!(rig.charge().mark, mark, "{says:?}"),
        None => rig.releases(1),
    }
    answer
}

#[test]
fn answers_that_are_not_http_are_faults() {
    check_saying("", 502, Some(Mark::Presumed));
    check_saying("SSH-2.0-OpenSSH_9.9\r\n", 502, Some(Mark::Presumed));
    check_saying("HTTP/1.1 200 OK\r\ncontent-le", 502, Some(Mark::Presumed));
    check_saying(&format!("HTTP/1.1 200 OK\r\nx: {}\r\n", "y".repeat(200_000)), 502, Some(Mark::Presumed));
    check_saying("HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{}", 502, Some(Mark::Presumed));
    check_saying("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", 502, Some(Mark::Presumed));
    check_saying("HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n", 502, Some(Mark::Presumed));
    check_saying("HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{\"id\":", 502, Some(Mark::Estimated));
}

#[test]
fn pages_of_proxies_and_redirects_pass_and_cost_nothing() {
    let page = "HTTP/1.1 502 Bad Gateway\r\ncontent-type: text/html\r\ncontent-length: 15\r\n\r\n<h1>Sorry</h1>\n";
    assert_eq!(check_saying(page, 502, None).text(), "<h1>Sorry</h1>\n");
    let moved = "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n";
    assert_eq!(check_saying(moved, 307, None).header("location"), "http://127.0.0.1:1/");
}

#[test]
fn interim_answers_are_skipped_and_answers_without_length_end_with_the_connection() {
    let whole = String::from_utf8(chat_answer(9)).unwrap();
    check_saying(
        &format!("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n{whole}"),
        200,
        Some(Mark::Exact),
    );
    let (_, body) = whole.split_once("\r\n\r\n").unwrap();
    check_saying(&format!("HTTP/1.0 200 OK\r\ncontent-type: application/json\r\n\r\n{body}"), 200, Some(Mark::Exact));
}

/// Calls twice a provider that says this and keeps its connections; returns how many there were.
fn connections(says: Vec<u8>, ends: bool) -> usize {
    let (opened, closed) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (open, end) = (Arc::clone(&opened), Arc::clone(&closed));
    let fake = Fake::start(move |stream| {
        open.fetch_add(1, Ordering::Relaxed);
        let mut conn = Conn::over(stream);
        while conn.message(Side::Request).is_some() {
            conn.send(&says);
            if ends {
                break;
            }
        }
        drop(conn);
        end.fetch_add(1, Ordering::Relaxed);
    });
    let rig = Rig::start(|setup| setup.send_to("openai", fake.address));
    for count in 1..3 {
        assert_eq!(rig.call(&ask(Talk::Chat, &Want::default())).status(), 200);
        until("the provider has closed", || !ends || closed.load(Ordering::Relaxed) == count);
    }
    drop(rig);
    opened.load(Ordering::Relaxed)
}

#[test]
fn connections_are_used_again_only_where_that_is_safe() {
    let usual = chat_answer(9);
    assert_eq!(connections(usual.clone(), false), 1);
    assert_eq!(connections(usual.clone(), true), 2, "closed meanwhile");
    let more = [usual.as_slice(), b"HTTP/1.1 200 OK\r\n\r\n"].concat();
    assert_eq!(connections(more, false), 2, "it spoke out of turn");
    let text = String::from_utf8(usual).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let both = format!("{head}\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    assert_eq!(connections(both.into_bytes(), false), 2, "a length and chunks: one of them lies");
}

#[test]
fn a_fallback_that_the_key_may_not_call_leaves_the_first_fault_to_be_told() {
    let nobody = Nobody::there();
    let rig = Rig::start(|setup| {
        with_spare(setup, Family::Anthropic);
        setup.send_to("anthropic", nobody.address);
        let providers = vec!["anthropic".parse().unwrap()];
        setup.company.key(ANALYST, "pk-narrow", |issue| issue.allow.providers = providers);
    });
    let answer = rig.call(&ask_unsigned(Talk::Messages, &Want::default()).key("pk-narrow"));
    let sentence = error_of(Talk::Messages, &answer);
    assert!(answer.status() == 502 && sentence.contains("can't reach anthropic"), "{sentence}");
    rig.releases(1);
}

#[test]
fn an_answer_that_is_too_large_to_be_taken_is_charged_by_what_was_seen() {
    for talk in Talk::TEXT {
        let rig = Rig::start(|setup| setup.limits.answer_bytes = 1_000);
        let answer = rig.call(&ask(talk, &Want { script: "output=400", ..Want::default() }));
        assert_eq!(answer.status(), 502, "{talk:?}");
        error_of(talk, &answer);
        let (charge, truth) = (rig.charge(), price(&rig.served()));
        assert_eq!(charge.mark, Mark::Estimated, "{talk:?}");
        assert!(charge.nano > truth / 2, "{talk:?}: {} for {truth}", charge.nano);
    }
}
