//! Breakers over real calls: what trips, what is held back until its owner says so, and what goes on.

use std::time::Duration;

use purser_core::breaker::{Act, Breaker};
use purser_core::event::{KeyHash, StopEvent};
use purser_core::id::StopId;
use purser_core::run::Named;
use purser_core::stop::{Stop, StopOn};
use purser_gateway::Past;
use sha2::{Digest as _, Sha256};

use crate::asks::Ask;
use crate::company::{ANALYST_KEY, METERED, dollars, noon};
use crate::rig::{Rig, Setup, until};
use crate::wire::Message;

/// A dear step: nearly all of 8,192 tokens at two dollars a million come out, so a hundred steps cost a dollar and a half.
const OUTPUT: u64 = 8_000;

/// The next call of an agent that called a tool and got a result.
fn step(session: &str, call: &str, result: &str, id: usize) -> Ask {
    let body = format!(
        r#"{{"model":"{METERED}","max_tokens":8192,"stream":false,"tools":[{{"name":"bash","input_schema":{{}}}}],"messages":[
            {{"role":"user","content":"Mend it. [[standin output={OUTPUT}]]"}},
            {{"role":"assistant","content":[{{"type":"tool_use","id":"toolu_{id}","name":"bash","input":{{"command":"{call}"}}}}]}},
            {{"role":"user","content":[{{"type":"tool_result","tool_use_id":"toolu_{id}","content":"{result}"}}]}}]}}"#
    );
    Ask::post("/v1/messages", &body)
        .key(ANALYST_KEY)
        .with("anthropic-version", "2023-06-01")
        .with("user-agent", "claude-cli/2.1.330 (external, sdk-cli)")
        .with("x-claude-code-session-id", session)
}

fn rig(change: impl FnOnce(&mut Setup)) -> Rig {
    Rig::start(|setup| {
        setup.company.grant(crate::company::ANALYST, dollars("1000.00"), |_| {});
        change(setup);
    })
}

/// Calls until one is refused; how many were answered, and the refusal.
fn until_refused(rig: &Rig, mut next: impl FnMut(usize) -> Ask) -> (usize, Message) {
    for count in 0..400 {
        let answer = rig.call(&next(count));
        if answer.status() != 200 {
            return (count, answer);
        }
    }
    panic!("400 calls and no refusal");
}

/// Places the stop that a trip asks for, as the control plane does.
fn place(rig: &Rig, id: u128) {
    until("a breaker trips", || rig.trips.all().iter().any(|trip| trip.act > Act::Warn));
    let trip = rig.trips.all().into_iter().rfind(|trip| trip.act > Act::Warn).unwrap();
    let (on, tripped) = (StopOn::Run(trip.run), Some(trip.tripped));
    rig.stop_switch(StopEvent::Placed(Stop { id: StopId::new(id), on, at: noon(), tripped }));
}

#[test]
fn a_loop_is_held_back_before_it_has_cost_a_dollar_more_and_goes_on_when_its_owner_says_so() {
    let rig = rig(|_| {});
    let (calls, answer) = until_refused(&rig, |count| step("loop", "cargo test", "1 failed", count));
    assert_eq!(answer.header("x-purser-code"), "run_paused", "{}", answer.text());
    assert!(answer.text().contains("the same step with the same results"), "{}", answer.text());
    assert_eq!(answer.header("x-should-retry"), "false");
    let spent: i64 = rig.charges(calls).iter().map(|charge| charge.nano).sum();
    assert!(spent < 1_000_000_000, "{calls} calls for {spent}");
    let trips = rig.trips.all();
    let [trip] = &trips[..] else { panic!("{trips:?}") };
    assert_eq!((trip.tripped.breaker, trip.act), (Breaker::Repeat, Act::Pause));

    // Another session of the same person is not concerned.
    assert_eq!(rig.call(&step("other", "cargo test", "1 failed", 0)).status(), 200);
    place(&rig, 1);
    assert_eq!(rig.call(&step("loop", "ls", "", 0)).header("x-purser-code"), "run_paused");
    rig.stop_switch(StopEvent::Lifted { stop: StopId::new(1), at: noon() });
    assert_eq!(rig.call(&step("loop", "cargo test", "1 failed", 0)).status(), 200);
    // It looks anew: the same again is held back again.
    let (_, answer) = until_refused(&rig, |count| step("loop", "cargo test", "1 failed", count));
    assert_eq!(answer.header("x-purser-code"), "run_paused");
    assert_eq!(rig.trips.all().len(), 2);
}

/// The same look at a build again and again, each some seconds after the last answer.
#[test]
fn an_agent_that_waits_between_its_looks_is_no_loop() {
    let rig = rig(|_| {});
    let mut at = noon();
    for count in 0..100 {
        at = at.saturating_add(Duration::from_secs(5));
        rig.clock.set(&at.to_string());
        let answer = rig.call(&step("looks", "gh run list", "in progress", count));
        assert_eq!(answer.status(), 200, "{count}: {}", answer.text());
    }
    let spent: i64 = rig.charges(100).iter().map(|charge| charge.nano).sum();
    assert!(spent > 1_500_000_000 && rig.trips.all().is_empty(), "{spent}: {:?}", rig.trips.all());
}

/// Nobody has been there for longer than this process knows.
#[test]
fn a_run_that_was_left_alone_before_a_restart_is_not_watched_over_after_it() {
    let rig = rig(|setup| {
        setup.company.policy(|policy| policy.breakers.unattended.as_mut().unwrap().cost = dollars("0.05"));
    });
    let run = Named::of(&KeyHash(Sha256::digest(ANALYST_KEY).into()), "alone", None).run;
    let attended = Some(noon().saturating_sub(Duration::from_hours(13)));
    rig.runs.remember_run(run, Past { project: None, attended });
    let (_, answer) = until_refused(&rig, |count| step("alone", "cargo test", &format!("{count} passed"), count));
    assert!(answer.text().contains("nobody has said anything since 2026-11-24T23:00:00Z"), "{}", answer.text());
}

#[test]
fn work_that_gets_somewhere_is_not_held_back() {
    let rig = rig(|_| {});
    for count in 0..120 {
        let answer = rig.call(&step("work", "cargo test", &format!("{count} passed"), count));
        assert_eq!(answer.status(), 200, "{count}: {}", answer.text());
    }
    assert_eq!(rig.trips.all(), []);
}

#[test]
fn money_that_goes_faster_than_ever_is_warned_about_and_then_the_run_waits() {
    let rig = rig(|setup| {
        setup.company.policy(|policy| {
            let spend = policy.breakers.spend.as_mut().unwrap();
            (spend.newcomer, spend.at_least) = (dollars("1.00"), dollars("0.50"));
        });
    });
    let mut warned = None;
    let (_, answer) = until_refused(&rig, |count| {
        if warned.is_none() && rig.trips.all().iter().any(|trip| trip.act == Act::Warn) {
            warned = Some(count);
        }
        step("fast", "cargo test", &format!("{count} passed"), count)
    });
    assert_eq!(answer.header("x-purser-code"), "run_paused", "{}", answer.text());
    assert!(
        answer.text().contains("in ten minutes, where $1.00 is the most that is usual here")
            || answer.text().contains("in ten minutes, where 1.00 is the most that is usual here"),
        "{}",
        answer.text()
    );
    let warned = warned.expect("a warning comes first");
    assert!(warned < 20, "{warned}");
    assert_eq!(rig.call(&step("slow", "ls", "a", 0)).status(), 200, "another run goes on");
    assert_eq!(rig.trips.all().last().unwrap().tripped.breaker, Breaker::Spend);
}

#[test]
fn a_warning_is_told_with_the_next_answer() {
    let rig = rig(|setup| {
        setup.company.policy(|policy| {
            let spend = policy.breakers.spend.as_mut().unwrap();
            (spend.newcomer, spend.at_least) = (dollars("5.00"), dollars("0.05"));
            spend.warn_percent = 1;
        });
    });
    for count in 0..6 {
        let answer = rig.call(&step("fast", "cargo test", &format!("{count} passed"), count));
        assert_eq!(answer.status(), 200, "{}", answer.text());
    }
    let answer = rig.call(&step("fast", "ls", "a", 0));
    assert!(answer.header("x-purser-warning").contains("in two minutes"), "{:?}", answer.header("x-purser-warning"));
}

#[test]
fn a_breaker_that_holds_lets_the_call_through_once_the_owner_says_so() {
    let rig = rig(|setup| {
        setup.company.policy(|policy| policy.breakers.repeat.as_mut().unwrap().act = Act::Hold);
    });
    // Held as soon as it trips: calls until the breaker has.
    let mut count = 0;
    while rig.trips.all().is_empty() {
        assert_eq!(rig.call(&step("loop", "cargo test", "1 failed", count)).status(), 200);
        count += 1;
        assert!(count < 400);
    }
    let before = rig.tap.requests();
    let mut waiting = rig.begin(&step("loop", "cargo test", "1 failed", count));
    place(&rig, 1);
    assert_eq!(rig.tap.requests(), before, "nothing goes out meanwhile");
    rig.stop_switch(StopEvent::Lifted { stop: StopId::new(1), at: noon() });
    assert_eq!(waiting.answer().status(), 200);
}

#[test]
fn a_trip_without_its_stop_looks_anew_after_a_minute() {
    let rig = rig(|_| {});
    let (calls, _) = until_refused(&rig, |count| step("loop", "cargo test", "1 failed", count));
    rig.clock.set("2026-11-25T12:00:59Z");
    assert_eq!(rig.call(&step("loop", "cargo test", "1 failed", 0)).header("x-purser-code"), "run_paused");
    rig.clock.set("2026-11-25T12:01:01Z");
    let (again, _) = until_refused(&rig, |count| step("loop", "cargo test", "1 failed", count));
    assert!(again >= calls.saturating_sub(2), "{again} after {calls}");
}

#[test]
fn breakers_that_are_off_hold_nothing_back() {
    let rig = rig(|setup| setup.company.policy(|policy| policy.breakers.repeat = None));
    for count in 0..100 {
        assert_eq!(rig.call(&step("loop", "cargo test", "1 failed", count)).status(), 200, "{count}");
    }
    assert_eq!(rig.trips.all(), []);
}
