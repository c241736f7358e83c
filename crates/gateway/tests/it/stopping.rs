//! Ending: what runs may finish, nothing new begins, and it does not take for ever.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use purser_ledger::Mark;

use crate::asks::{Ask, Talk, Want, ask};
use crate::company::ANALYST_KEY;
use crate::dialects::price;
use crate::rig::{Rig, until};

#[test]
fn a_running_stream_finishes_and_new_connections_are_refused() {
    let rig = Rig::start(|_| {});
    let script = "output=200+pace=400+events-per-write=1";
    let mut running = rig.begin(&ask(Talk::Messages, &Want { stream: true, script, ..Want::default() }));
    let mut idle = rig.begin(&Ask::of("GET", "/v1/models").key(ANALYST_KEY));
    assert_eq!(idle.answer().status(), 200);
    running.read_until(|buffer| buffer.windows(5).any(|window| window == b"delta"));
    std::thread::scope(|scope| {
        let stop = scope.spawn(|| rig.stop());
        assert_eq!(idle.rest(), b"", "an idle connection is closed");
        until("new connections are refused", || TcpStream::connect(rig.address).is_err());
        assert!(!stop.is_finished(), "it waits for the stream");
        let answer = running.answer();
        assert!(answer.ended && answer.text().contains("message_stop"), "{}", answer.text());
        assert_eq!(running.rest(), b"");
        stop.join().unwrap();
    });
    let charge = rig.charge();
    assert_eq!((charge.nano, charge.mark), (price(&rig.served()), Mark::Exact));
}

#[test]
fn a_call_that_outlasts_the_end_is_settled_with_what_is_known() {
    let rig = Rig::start(|setup| {
        setup.limits.drain = Duration::from_millis(50);
        setup.may_drop = true;
    });
    let _running = rig.begin(&ask(Talk::Messages, &Want { script: "first-byte=60000", ..Want::default() }));
    rig.gone_out(1);
    rig.stop();
    let charge = rig.charge();
    assert_eq!(charge.mark, Mark::Presumed);
    assert!(0 < charge.nano && charge.nano < rig.holds().pop().unwrap().get(), "{charge:?}");
}

#[test]
fn a_stream_that_outlasts_the_end_is_closed_in_order_and_paid_for_as_far_as_it_came() {
    for talk in Talk::TEXT {
        let rig = Rig::start(|setup| setup.limits.drain = Duration::from_millis(50));
        let script = "output=4000+pace=100+events-per-write=1";
        let mut running = rig.begin(&ask(talk, &Want { stream: true, script, ..Want::default() }));
        let begun: &[u8] = if talk == Talk::GeminiArray { b"candidates" } else { b"data:" };
        running.read_until(|buffer| buffer.windows(begun.len()).any(|window| window == begun));
        rig.stop();
        let answer = running.answer();
        assert!(answer.ended, "{talk:?}: the body is whole: {}", answer.text());
        let charge = rig.charge();
        assert_eq!(charge.mark, Mark::Estimated, "{talk:?}");
        assert!(0 < charge.nano && charge.nano <= rig.holds().pop().unwrap().get(), "{talk:?}: {charge:?}");
    }
}

#[test]
fn connections_wait_while_one_gateway_hands_over_to_the_next() {
    let first = Rig::start(|setup| setup.threads = 3);
    // One that never asked anything, and one between two questions.
    let mut fresh = first.open();
    let mut idle = first.begin(&Ask::of("GET", "/v1/models").key(ANALYST_KEY));
    assert_eq!(idle.answer().status(), 200);
    // A question under way; it is answered by the first, and its connection stays.
    let mut running = first.begin(&ask(Talk::Messages, &Want { script: "first-byte=300", ..Want::default() }));
    first.gone_out(1);
    let waiting = first.hand_over();
    let address = waiting.listeners[0].local_addr().unwrap();
    assert_eq!(waiting.listeners.len(), 3, "one for each thread");
    let answer = running.answer();
    assert_eq!((answer.status(), answer.header("connection")), (200, ""));
    assert_eq!(waiting.connections.len(), 3);
    // Nobody accepts now; the kernel does.
    let mut early: Vec<TcpStream> = (0..32).map(|_| TcpStream::connect(address).unwrap()).collect();
    for stream in &mut early {
        stream.write_all(b"GET /v1/models HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    }
    // Fewer threads than sockets: every socket is served all the same.
    let second = Rig::start_on(waiting, |setup| setup.threads = 1);
    assert_eq!(second.address, address);
    for mut stream in early {
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    }
    for conn in [&mut fresh, &mut idle, &mut running] {
        conn.send(&Ask::of("GET", "/v1/models").key(ANALYST_KEY).bytes());
        assert_eq!(conn.answer().status(), 200, "served on by the second");
    }
}

#[test]
fn nothing_goes_out_once_the_journal_has_failed() {
    let rig = Rig::start(|_| {});
    assert_eq!(rig.call(&ask(Talk::Messages, &Want::default())).status(), 200);
    rig.charge();
    rig.break_the_disk();
    // This one may still be let out, inside what is durable already; its record is what finds the disk broken.
    rig.call(&ask(Talk::Messages, &Want::default()));
    until("the ledger has stopped", || rig.ledger.stopped().is_some());
    let before = rig.tap.requests();
    for talk in Talk::TEXT {
        let answer = rig.call(&ask(talk, &Want::default()));
        let told = (answer.status(), answer.header("x-purser-code"));
        assert_eq!(told, (503, "unavailable"), "{talk:?}: {}", answer.text());
    }
    assert_eq!(rig.tap.requests(), before);
    rig.stop();
}
