//! Stop switches: new calls are refused, calls under way end in order, and what was used is paid for.

use purser_core::event::StopEvent;
use purser_core::id::StopId;
use purser_core::stop::{Stop, StopOn};
use purser_ledger::Mark;

use crate::asks::{Ask, Talk, Want, ask, ask_unsigned};
use crate::company::{ANALYST, DIVISION, ENGINEER, ENGINEER_KEY, METERED, OUTPUT_MAX, TEAM, dollars, noon};
use crate::rig::{Rig, until};
use crate::wire::Conn;

const STOP: StopId = StopId::new(1);

fn stop(rig: &Rig, on: StopOn) {
    rig.stop_switch(StopEvent::Placed(Stop { id: STOP, on, at: noon(), tripped: None }));
}

fn lift(rig: &Rig) {
    rig.stop_switch(StopEvent::Lifted { stop: STOP, at: noon() });
}

fn refused(rig: &Rig, ask: &Ask, says: &str) {
    let answer = rig.call(ask);
    assert_eq!(answer.header("x-purser-code"), "stopped", "{}", answer.text());
    assert_eq!(answer.header("x-should-retry"), "false");
    assert!(answer.text().contains(says), "{}", answer.text());
}

fn endless(talk: Talk) -> Ask {
    let script = "output=8000+pace=20+events-per-write=1";
    // The coding agents print what stands in the answer; SDKs are told by its end alone.
    let agent =
        if talk == Talk::Messages { "claude-cli/2.1.330 (external, sdk-cli)" } else { "codex_exec/0.169.0 (Linux)" };
    let ask = ask(talk, &Want { stream: true, script, max: Some(OUTPUT_MAX), ..Want::default() });
    ask.with("user-agent", agent)
}

/// A stream that has begun.
fn running(rig: &Rig, talk: Talk) -> Conn {
    let mut conn = rig.begin(&endless(talk));
    let begun: &[u8] = if talk == Talk::GeminiArray { b"candidates" } else { b"data:" };
    conn.read_until(|buffer| buffer.windows(begun.len()).any(|window| window == begun));
    conn
}

#[test]
fn each_kind_of_stop_refuses_what_it_names_until_it_is_lifted() {
    let rig = Rig::start(|setup| {
        setup.company.grant(ENGINEER, dollars("10.00"), |_| {});
    });
    let analyst = rig.change(|company| company.directory.keys().find(|key| key.person == ANALYST).unwrap().id);
    let cases: [(StopOn, &str, bool); 7] = [
        (StopOn::Company, "Every AI call of the company is stopped.", true),
        (StopOn::Unit(DIVISION), "Your unit's AI use is stopped.", true),
        (StopOn::Unit(TEAM), "Your unit's AI use is stopped.", true),
        (StopOn::Person(ANALYST), "Your AI use is stopped.", false),
        (StopOn::Key(analyst), "This Purser key is stopped.", false),
        (StopOn::Model("metered-*".parse().unwrap()), "Model metered-* is stopped.", true),
        (StopOn::Provider("anthropic".into()), "Provider anthropic is stopped.", true),
    ];
    let theirs = ask_unsigned(Talk::Messages, &Want::default()).key(ENGINEER_KEY);
    for (on, says, others_too) in cases {
        stop(&rig, on.clone());
        refused(&rig, &ask(Talk::Messages, &Want::default()), says);
        let answer = rig.call(&theirs);
        assert_eq!(answer.header("x-purser-code") == "stopped", others_too, "{on:?}: {}", answer.text());
        lift(&rig);
        assert_eq!(rig.call(&ask(Talk::Messages, &Want::default())).status(), 200, "{on:?}");
    }
}

#[test]
fn streams_end_in_order_with_the_sentence_and_are_paid_for_as_far_as_they_came() {
    for talk in Talk::TEXT {
        let rig = Rig::start(|_| {});
        let mut conn = running(&rig, talk);
        stop(&rig, StopOn::Person(ANALYST));
        let answer = conn.answer();
        assert!(answer.ended, "{talk:?}: {}", answer.text());
        let prints = matches!(talk, Talk::Messages | Talk::Responses);
        assert_eq!(answer.text().contains("Your AI use is stopped."), prints, "{talk:?}: {}", answer.text());
        let charge = rig.charge();
        // Presumed where the first event has no output in it.
        assert_ne!(charge.mark, Mark::Exact, "{talk:?}");
        assert!(0 < charge.nano && charge.nano <= rig.holds().pop().unwrap().get(), "{talk:?}: {charge:?}");
    }
}

#[test]
fn a_call_that_waits_for_its_answer_is_told_too() {
    for (stream, script) in [(true, "first-byte=60000"), (false, "first-byte=60000")] {
        let rig = Rig::start(|_| {});
        let mut conn = rig.begin(&ask(Talk::Messages, &Want { stream, script, ..Want::default() }));
        rig.gone_out(1);
        stop(&rig, StopOn::Model(METERED.parse().unwrap()));
        let answer = conn.answer();
        assert_eq!(answer.header("x-purser-code"), "stopped", "{}", answer.text());
        assert_eq!(rig.charge().mark, Mark::Presumed, "the provider may have served it");
    }
}

#[test]
fn a_parked_call_is_told_too() {
    let rig = Rig::bare(|setup| {
        setup.company.grant(ANALYST, dollars("0.02"), |_| {});
    });
    let first = running(&rig, Talk::Messages);
    let mut parked = rig.begin(&ask(Talk::Messages, &Want { max: Some(OUTPUT_MAX), ..Want::default() }));
    until("a call waits", || rig.holds().len() == 1 && !rig.ledger.open_holds().is_empty());
    stop(&rig, StopOn::Company);
    let answer = parked.answer();
    assert_eq!(answer.header("x-purser-code"), "stopped", "{}", answer.text());
    drop(first);
}

#[test]
fn others_go_on() {
    let rig = Rig::start(|setup| {
        setup.company.grant(ENGINEER, dollars("10.00"), |_| {});
        setup.threads = 2;
    });
    let mut conn = rig.begin(&ask(
        Talk::Messages,
        &Want { stream: true, script: "output=200+pace=400+events-per-write=1", ..Want::default() },
    ));
    conn.read_until(|buffer| buffer.windows(5).any(|window| window == b"delta"));
    stop(&rig, StopOn::Person(ENGINEER));
    rig.stop_switch(StopEvent::Placed(Stop {
        id: StopId::new(2),
        on: StopOn::Provider("openai".into()),
        at: noon(),
        tripped: None,
    }));
    let answer = conn.answer();
    assert!(answer.ended && answer.text().contains("message_stop"), "{}", answer.text());
    assert_eq!(rig.charge().mark, Mark::Exact);
    assert!(!answer.text().contains("stopped"), "{}", answer.text());
}
