//! Clients that leave: what was served is charged, exactly where the provider can still be heard, and nothing stays set
//! aside.

use std::time::Duration;

use purser_core::money::Nano;
use purser_core::policy::Drain;
use purser_ledger::Mark;

use crate::asks::{Talk, Want, ask};
use crate::company::{OUTPUT_MAX, dollars};
use crate::dialects::price;
use crate::rig::{Rig, until};
use crate::wire::Conn;

/// Reads until so many events have begun, or the end.
fn read_events(conn: &mut Conn, talk: Talk, count: usize) {
    let begins: &[u8] = if talk == Talk::GeminiArray { b"\"candidates\"" } else { b"data: {" };
    conn.read_until(|buffer| buffer.windows(begins.len()).filter(|window| *window == begins).count() >= count);
}

#[test]
fn after_every_event_of_a_stream_the_rest_is_heard_out() {
    let rig = Rig::start(|_| {});
    let mut calls = 0;
    for talk in Talk::TEXT {
        for events in [0, 1, 2, 3, 5, 8, 12] {
            let want = Want { stream: true, script: "output=60+pace=8000+events-per-write=1", ..Want::default() };
            let mut conn = rig.begin(&ask(talk, &want));
            read_events(&mut conn, talk, events);
            drop(conn);
            calls += 1;
            let charge = rig.charges(calls).pop().unwrap();
            let served = rig.served();
            assert!(served.completed, "{talk:?} after {events}");
            assert_eq!((charge.nano, charge.mark), (price(&served), Mark::Exact), "{talk:?} after {events}");
            rig.quiet();
        }
    }
}

#[test]
fn an_answer_that_is_not_a_stream_is_heard_out_too() {
    let rig = Rig::start(|_| {});
    for (talk, calls) in Talk::TEXT.into_iter().zip(1..) {
        let conn = rig.begin(&ask(talk, &Want { script: "first-byte=30", ..Want::default() }));
        rig.gone_out(calls);
        drop(conn);
        let charge = rig.charges(calls).pop().unwrap();
        assert_eq!((charge.nano, charge.mark), (price(&rig.served()), Mark::Exact), "{talk:?}");
    }
}

/// A client that leaves a slow stream whose drain is bounded, after some events.
fn check_cut(talk: Talk, drain: Drain, script: &str, events: usize, mark: Mark) {
    let rig = Rig::start(|setup| setup.company.policy(|policy| policy.drain = drain));
    let want = Want { stream: true, script, max: Some(OUTPUT_MAX), ..Want::default() };
    let mut conn = rig.begin(&ask(talk, &want));
    rig.gone_out(1);
    read_events(&mut conn, talk, events);
    drop(conn);
    let charge = rig.charge();
    assert_eq!(charge.mark, mark, "{talk:?} {drain:?} {events}");
    let held = rig.holds().pop().unwrap().get();
    assert!(0 < charge.nano && charge.nano <= held, "{talk:?}: {} of {held}", charge.nano);
    until("the provider is cut off", || rig.standin.journal().iter().all(|call| call.ended));
    let served = rig.served();
    assert!(!served.completed && served.usage.output < 8_000, "{talk:?}: {served:?}");
}

#[test]
fn a_drain_is_bounded_in_time() {
    let drain = Drain { max_time: Duration::from_millis(20), ..Drain::default() };
    for talk in Talk::TEXT {
        check_cut(talk, drain, "output=8000+pace=200+events-per-write=1", 8, Mark::Estimated);
        check_cut(talk, drain, "output=8000+first-byte=60000", 0, Mark::Presumed);
    }
}

#[test]
fn a_drain_is_bounded_in_money() {
    let drain = Drain { max_money: Nano::new(1), ..Drain::default() };
    for talk in Talk::TEXT {
        check_cut(talk, drain, "output=8000+pace=9000+events-per-write=1", 8, Mark::Estimated);
    }
}

#[test]
fn a_request_that_is_not_whole_costs_nothing() {
    let rig = Rig::start(|_| {});
    for talk in Talk::TEXT {
        let ask = ask(talk, &Want { stream: true, ..Want::default() });
        let (bytes, head) = (ask.bytes(), ask.head().len());
        let cuts = [0, 1, 20, head / 2, head - 2, head, head + 1, head + ask.body.len() / 2, bytes.len() - 1];
        for cut in cuts {
            let mut conn = rig.open();
            conn.send(bytes.get(..cut).unwrap());
            conn.half_close();
            assert_eq!(conn.rest(), b"", "{talk:?} cut at {cut} of {}", bytes.len());
        }
    }
    assert_eq!((rig.holds().len(), rig.tap.requests()), (0, 0));
}

#[test]
fn a_client_that_does_not_read_is_left_and_the_answer_heard_out() {
    let rig = Rig::start(|setup| {
        setup.limits.write_stall = Duration::from_millis(50);
        setup.company.policy(|policy| policy.drain.max_money = dollars("100.00"));
    });
    let want =
        Want { model: "claude-sonnet-5-5", stream: true, script: "output=60000", max: Some(60_000), ..Want::default() };
    let _deaf = rig.begin(&ask(Talk::Messages, &want));
    let charge = rig.charge();
    assert_eq!((charge.mark, charge.record.usage.output), (Mark::Exact, 60_000));
}
