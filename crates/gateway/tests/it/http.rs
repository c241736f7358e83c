//! HTTP/1.1 as clients may speak it: in a row, in chunks, old, with heads alone, and many at once.

use crate::asks::{Ask, Talk, Want, ask};
use crate::company::ANALYST_KEY;
use crate::rig::{Rig, until};
use crate::wire::{Conn, Message, Side};

#[test]
fn requests_in_a_row_are_answered_in_order() {
    let rig = Rig::start(|_| {});
    let call = |output: u64, stream: bool| {
        let script = format!("output={output}");
        ask(Talk::Chat, &Want { script: &script, stream, ..Want::default() })
    };
    let asks = [call(11, false), call(12, true), Ask::of("GET", "/v1/models").key(ANALYST_KEY), call(13, true)];
    let mut all: Vec<u8> = asks.iter().flat_map(Ask::bytes).collect();
    all.extend(Ask::of("GET", "/nowhere").bytes());
    all.extend(call(14, false).with("connection", "close").bytes());
    all.extend(call(15, false).bytes());
    let answers = exchange_kept(&rig, &all);
    let statuses: Vec<u16> = answers.iter().map(Message::status).collect();
    assert_eq!(statuses, [200, 200, 200, 200, 404, 200]);
    assert!(answers.iter().all(|answer| answer.ended));
    rig.quiet();
    let outputs: Vec<u64> = rig.standin.journal().iter().map(|call| call.usage.output).collect();
    assert_eq!(outputs, [11, 12, 13, 14], "the client said that it would not read on");
}

/// Sends bytes and reads answers until the gateway closes.
fn exchange_kept(rig: &Rig, bytes: &[u8]) -> Vec<Message> {
    let mut conn = rig.open();
    conn.send(bytes);
    std::iter::from_fn(|| conn.message(Side::Answer)).collect()
}

#[test]
fn a_body_may_come_in_chunks() {
    let rig = Rig::start(|_| {});
    for talk in Talk::TEXT {
        let whole = ask(talk, &Want::default());
        let mut head = whole.clone().with("transfer-encoding", "chunked");
        head.body = String::new();
        let mut conn = rig.open();
        conn.send(head.head().as_bytes());
        for part in whole.body.as_bytes().chunks(7) {
            conn.send(format!("{:X};x=\"y\"\r\n{}\r\n", part.len(), String::from_utf8_lossy(part)).as_bytes());
        }
        conn.send(b"000\r\nx-trailer: dropped\r\n\r\n");
        assert_eq!(conn.answer().status(), 200, "{talk:?}");
        let (asked, _) = rig.tap.last();
        assert_eq!((asked.text(), asked.header("x-trailer")), (whole.body, ""), "{talk:?}");
        conn.send(&Ask::of("GET", "/v1/models").key(ANALYST_KEY).bytes());
        assert_eq!(conn.answer().status(), 200, "{talk:?}");
    }
}

#[test]
fn a_client_that_waits_to_be_told_is_told() {
    let rig = Rig::start(|setup| setup.limits.body_bytes = 10_000);
    let call = ask(Talk::Messages, &Want::default()).with("expect", "100-continue");
    let mut conn = rig.open();
    conn.send(call.head().as_bytes());
    assert_eq!(conn.answer().status(), 100);
    conn.send(call.body.as_bytes());
    assert_eq!(conn.answer().status(), 200);
    let (asked, _) = rig.tap.last();
    assert_eq!(asked.header("expect"), "");

    let large = ask(Talk::Messages, &Want { prompt: &"x".repeat(20_000), ..Want::default() });
    let mut conn = rig.open();
    conn.send(large.with("expect", "100-continue").head().as_bytes());
    assert_eq!(conn.answer().status(), 413, "before anything is sent");
}

#[test]
fn old_clients_get_neither_chunks_nor_an_open_end() {
    let rig = Rig::start(|_| {});
    for talk in Talk::TEXT {
        for stream in [false, true] {
            for more in ["", "connection: keep-alive\r\n"] {
                let ask = ask(talk, &Want { stream, ..Want::default() });
                let head = ask.head().replace(" HTTP/1.1\r\nhost: gateway\r\n", &format!(" HTTP/1.0\r\n{more}"));
                let mut conn = rig.open();
                conn.send((head + &ask.body).as_bytes());
                let answer = conn.answer();
                assert_eq!((answer.status(), answer.header("transfer-encoding")), (200, ""), "{talk:?} {more}");
                assert!(!answer.body.is_empty(), "{talk:?} {stream} {more}");
                if stream {
                    assert_eq!(answer.header("connection"), "close", "{talk:?} {more}");
                }
            }
        }
    }
}

#[test]
fn heads_of_answers_can_be_asked_for() {
    let rig = Rig::start(|_| {});
    let mut conn = rig.open();
    conn.send(&Ask::of("HEAD", "/api/hello").bytes());
    let answer = conn.answer_to_head();
    assert_eq!(answer.status(), 200);
    conn.send(&Ask::of("HEAD", "/v1/models").key(ANALYST_KEY).bytes());
    let answer = conn.answer_to_head();
    assert!(answer.status() == 200 && answer.header("content-length").parse::<usize>().unwrap() > 100, "{answer:?}");
    conn.send(&Ask::of("HEAD", "/nowhere").bytes());
    assert_eq!(conn.answer_to_head().status(), 404);
    conn.send(&Ask::of("GET", "http://anywhere/v1/models?x=y").key(ANALYST_KEY).bytes());
    assert_eq!(conn.answer().status(), 200, "an absolute target, and no body before it");
}

#[test]
fn a_thousand_idle_connections_are_no_burden() {
    let rig = Rig::start(|setup| setup.threads = 2);
    let mut idle: Vec<Conn> = (0..1_000).map(|_| rig.open()).collect();
    assert_eq!(rig.call(&ask(Talk::Messages, &Want::default())).status(), 200);
    for conn in idle.iter_mut().step_by(97) {
        conn.send(&ask(Talk::Chat, &Want { stream: true, ..Want::default() }).bytes());
        assert_eq!(conn.answer().status(), 200);
    }
}

#[test]
fn connections_over_the_limit_are_closed_and_seats_given_back() {
    let rig = Rig::start(|setup| setup.limits.connections = 3);
    let hello = Ask::of("GET", "/api/hello");
    let mut seated: Vec<Conn> = (0..3).map(|_| rig.begin(&hello)).collect();
    for conn in &mut seated {
        assert_eq!(conn.answer().status(), 200);
    }
    assert_eq!(rig.open().rest(), b"");
    drop(seated);
    until("a seat is free", || {
        let mut conn = rig.begin(&hello);
        conn.message(Side::Answer).is_some()
    });
}
