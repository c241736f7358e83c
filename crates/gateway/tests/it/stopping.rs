//! Ending: what runs may finish, nothing new begins, and it does not take for ever.

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
