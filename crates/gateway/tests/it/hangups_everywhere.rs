//! Clients that leave at any event of a stream and at any byte of a request, politely and by a reset.
//!
//! The stand-in sends events up to a place and waits there to be let go on, so nothing here depends on time: a client has
//! seen exactly so many events when it leaves, and the rest of the answer comes afterwards.

use std::time::Duration;

use purser_core::money::Nano;
use purser_core::policy::Drain;
use purser_ledger::Mark;
use purser_standin::ServedCall;

use crate::asks::{Ask, Talk, Want, ask};
use crate::company::OUTPUT_MAX;
use crate::dialects::price;
use crate::rig::{Rig, until};
use crate::wire::{Conn, Side};

/// How a client leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leaving {
    /// It closes its connection.
    Close,
    /// Its machine resets the connection.
    Reset,
}

const BOTH: [Leaving; 2] = [Leaving::Close, Leaving::Reset];

fn leave(conn: Conn, how: Leaving) {
    if how == Leaving::Reset {
        conn.reset();
    }
    drop(conn);
}

/// The bytes with which an event begins.
fn begins(talk: Talk) -> &'static [u8] {
    if talk == Talk::GeminiArray { b"\"candidates\"" } else { b"data: " }
}

fn has_seen(buffer: &[u8], talk: Talk, events: u64) -> bool {
    let begins = begins(talk);
    let seen = buffer.windows(begins.len()).filter(|window| *window == begins).count();
    u64::try_from(seen).unwrap() >= events
}

/// A stream that waits after so many events. Its prompt is of the same length wherever that is.
fn waiting(talk: Talk, output: u64, events: u64) -> Ask {
    let script = format!("output={output}+wait={events:04}");
    ask(talk, &Want { stream: true, script: &script, max: Some(OUTPUT_MAX), ..Want::default() })
}

/// Begins a stream and leaves it once so many events are there. The head is all that is seen of none.
fn leave_at(rig: &Rig, ask: &Ask, talk: Talk, events: u64, how: Leaving) {
    let mut conn = rig.begin(ask);
    let shown = match talk {
        // The event with the usage is taken out, as this client did not ask for it, and `[DONE]` comes behind it.
        Talk::Chat => events.saturating_sub(2),
        // The last is a bracket.
        Talk::GeminiArray => events.saturating_sub(1),
        _ => events,
    };
    conn.read_until(|buffer| buffer.windows(4).any(|end| end == b"\r\n\r\n") && has_seen(buffer, talk, shown));
    leave(conn, how);
}

/// The stream as it is when nobody leaves: how many events, and what it costs.
fn whole(rig: &Rig, talk: Talk, output: u64) -> (u64, i64) {
    rig.standin.go_on(1);
    let answer = rig.call(&waiting(talk, output, 0));
    assert!(answer.ended, "{talk:?}");
    let served = rig.served();
    assert!(served.completed && served.usage.output == output, "{talk:?}: {served:?}");
    (served.events, price(&served))
}

/// The journal's call of this place, once it is over.
fn served(rig: &Rig, calls: usize) -> ServedCall {
    until("the provider's answer is over", || {
        let journal = rig.standin.journal();
        journal.len() == calls && journal.iter().all(|call| call.ended)
    });
    rig.standin.journal().pop().unwrap()
}

#[test]
fn at_every_event_of_a_stream_the_rest_is_heard_out() {
    for talk in Talk::TEXT {
        let rig = Rig::start(|_| {});
        let (events, cost) = whole(&rig, talk, 40);
        assert!(events > 8, "{talk:?}: {events} events");
        let mut calls = 1;
        for how in BOTH {
            for at in 0..=events {
                leave_at(&rig, &waiting(talk, 40, at), talk, at, how);
                rig.standin.go_on(1);
                calls += 1;
                let charge = rig.charges(calls).pop().unwrap();
                let served = served(&rig, calls);
                assert!(served.completed, "{talk:?} {how:?} at {at}");
                assert_eq!((charge.nano, charge.mark), (cost, Mark::Exact), "{talk:?} {how:?} at {at}");
                assert_eq!(price(&served), cost, "{talk:?} {how:?} at {at}");
            }
        }
    }
}

#[test]
fn at_every_event_of_a_stream_a_drain_may_be_out_of_time() {
    let drain = Drain { max_time: Duration::from_millis(1), ..Drain::default() };
    for talk in Talk::TEXT {
        let rig = Rig::start(|setup| setup.company.policy(|policy| policy.drain = drain));
        let (events, cost) = whole(&rig, talk, 40);
        let (mut calls, mut estimated) = (1, 0);
        for how in BOTH {
            for at in 0..=events {
                // Nobody lets it go on: the gateway gives up, and that ends the answer.
                leave_at(&rig, &waiting(talk, 40, at), talk, at, how);
                calls += 1;
                let charge = rig.charges(calls).pop().unwrap();
                let held = rig.holds().pop().unwrap().get();
                let served = served(&rig, calls);
                let what = format!("{talk:?} {how:?} at {at} of {events}: {charge:?} of {held}, {served:?}");
                assert!(!served.completed && served.events == at, "{what}");
                assert!(0 < charge.nano && charge.nano <= held, "{what}");
                match charge.mark {
                    // The usage was out already, only the body's end was not.
                    Mark::Exact => assert!(charge.nano == cost && at + 2 >= events, "{what}"),
                    Mark::Estimated => estimated += 1,
                    // Nothing that is counted has come.
                    mark => assert!(mark == Mark::Presumed && at <= 4, "{what}"),
                }
            }
        }
        assert!(estimated >= events, "{talk:?}: {estimated} estimated of {calls}");
    }
}

#[test]
fn at_every_event_of_a_stream_a_drain_may_have_cost_enough() {
    let drain = Drain { max_money: Nano::new(1), ..Drain::default() };
    for talk in Talk::TEXT {
        let rig = Rig::start(|setup| setup.company.policy(|policy| policy.drain = drain));
        let mut calls = 0;
        for how in BOTH {
            for at in (0..16).chain([40, 100, 333]) {
                // Far more follows than fits into any buffer between the provider and a client that has gone.
                leave_at(&rig, &waiting(talk, 8_000, at), talk, at, how);
                rig.standin.go_on(1);
                calls += 1;
                let charge = rig.charges(calls).pop().unwrap();
                let held = rig.holds().pop().unwrap().get();
                let what = format!("{talk:?} {how:?} at {at}: {charge:?} of {held}");
                assert_eq!(charge.mark, Mark::Estimated, "{what}");
                assert!(0 < charge.nano && charge.nano <= held, "{what}");
                served(&rig, calls);
            }
        }
    }
}

/// A connection that was answered once already.
fn seated(rig: &Rig) -> Conn {
    let hello = Ask::of("GET", "/api/hello");
    let mut seat = None;
    until("the seat is free", || {
        let mut conn = rig.begin(&hello);
        if conn.message(Side::Answer).is_some() {
            seat = Some(conn);
        }
        seat.is_some()
    });
    seat.unwrap()
}

#[test]
fn at_every_byte_of_a_request_that_is_not_whole_nothing_is_held() {
    // One seat: whoever gets it proves that the client before has been dealt with.
    let rig = Rig::start(|setup| setup.limits.connections = 1);
    for talk in Talk::TEXT {
        let bytes = ask(talk, &Want { stream: true, ..Want::default() }).bytes();
        for how in BOTH {
            for cut in 0..bytes.len() {
                let mut conn = seated(&rig);
                assert_eq!(rig.ledger.open_holds().len(), 0, "{talk:?} {how:?} before {cut}");
                conn.send(bytes.get(..cut).unwrap());
                leave(conn, how);
            }
        }
    }
    drop(seated(&rig));
    assert_eq!((rig.ledger.open_holds().len(), rig.tap.requests()), (0, 0));
    assert!(rig.ledger.balances().iter().all(|balance| balance.spent == Nano::ZERO), "nothing was spent");
}

#[test]
fn a_client_that_leaves_with_its_last_byte_is_charged_for_what_the_provider_did() {
    for talk in Talk::TEXT {
        for stream in [false, true] {
            let rig = Rig::start(|_| {});
            for (how, calls) in BOTH.into_iter().zip(1..) {
                let script = "output=40+wait=0";
                let conn = rig.begin(&ask(talk, &Want { stream, script, ..Want::default() }));
                rig.gone_out(calls);
                leave(conn, how);
                rig.standin.go_on(1);
                let charge = rig.charges(calls).pop().unwrap();
                let what = format!("{talk:?} {stream} {how:?}");
                assert_eq!((charge.nano, charge.mark), (price(&served(&rig, calls)), Mark::Exact), "{what}");
            }
        }
    }
}
