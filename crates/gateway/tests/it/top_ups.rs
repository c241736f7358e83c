//! A call whose money is gone waits for a decision, where policy says so.

use std::time::Duration;

use purser_core::event::{Event, TopUpEvent};
use purser_core::id::{CommandId, TopUpId};
use purser_core::offer::Who;
use purser_core::top_up::{Decision, Desk};
use purser_core::zone::Zone;

use crate::asks::{Ask, Talk, ask};
use crate::company::{ANALYST, ENGINEER, noon, tokens};
use crate::money::{rig_of, simple};
use crate::rig::{Rig, until};
use crate::wire::Conn;

const ASKED: TopUpId = TopUpId::new(70_000);

fn decision() -> Decision {
    let by = Who { actor: "lgn_lead".parse().unwrap(), person: Some(ENGINEER) };
    Decision { by, desk: Desk::Admin, for_absent: None, mandate: None, note: None, at: noon() }
}

/// The analyst has money for a thousand tokens, has asked for more, and calls wait for so long.
fn rig(hold: Duration) -> Rig {
    rig_of(1_000, |setup| {
        setup.company.policy(|policy| {
            policy.top_ups.hold = hold;
            policy.park.max_wait = Duration::from_millis(30);
            policy.useful_floor_tokens = 4_096;
        });
        setup.company.take(&Event::TopUp(TopUpEvent::Asked {
            top_up: ASKED,
            person: ANALYST,
            purpose: None,
            amount: tokens(20_000),
            until: "2026-11-30".parse().unwrap(),
            by: Who { actor: "lgn_analyst".parse().unwrap(), person: Some(ANALYST) },
            run: None,
            closes: "2026-11-28T12:00:00Z".parse().unwrap(),
            at: noon(),
        }));
    })
}

/// A call for which that is too little, and which has found so: what the grant has was looked at.
fn waiting(rig: &Rig) -> Conn {
    let conn = rig.begin(&dear());
    until("the call has looked for money", || !rig.ledger.balances().is_empty());
    assert_eq!(rig.tap.requests(), 0, "nothing goes out meanwhile");
    conn
}

fn approve(rig: &Rig) {
    rig.change(|company| {
        let known = company.directory.top_up(ASKED).unwrap();
        let made = Event::GrantMade(known.granted(tokens(20_000), None, &Zone::UTC, noon()));
        let approved = TopUpEvent::Approved { top_up: ASKED, amount: tokens(20_000), decision: decision() };
        let events = vec![made, Event::TopUp(approved)];
        company.take(&Event::Part { change: CommandId::new(1), last: true, events });
    });
}

fn dear() -> Ask {
    ask(Talk::Chat, &simple(5_000))
}

#[test]
fn a_call_that_waited_goes_through_once_there_is_more() {
    let rig = rig(Duration::from_mins(1));
    let mut waiting = waiting(&rig);
    approve(&rig);
    assert_eq!(waiting.answer().status(), 200);
}

#[test]
fn a_call_that_waited_is_told_that_it_was_in_vain() {
    for (event, what) in [
        (TopUpEvent::Denied { top_up: ASKED, decision: decision() }, "denied"),
        (TopUpEvent::Cancelled { top_up: ASKED, by: decision().by, at: noon() }, "cancelled"),
    ] {
        let rig = rig(Duration::from_mins(1));
        let mut waiting = waiting(&rig);
        rig.change(|company| company.take(&Event::TopUp(event)));
        let answer = waiting.answer();
        assert_eq!(answer.header("x-purser-code"), "budget_exhausted");
        let text = answer.text();
        let told = format!("more that this call waited for was {what}. Budget too low for this call");
        assert!(text.contains(&told), "{text}");
    }
}

#[test]
fn nobody_waits_where_policy_does_not_say_so_or_nothing_was_asked_for() {
    let patient = rig(Duration::ZERO);
    let answer = patient.call(&dear());
    assert_eq!(answer.header("x-purser-code"), "budget_exhausted");
    assert!(!answer.text().contains("waited"), "{}", answer.text());
    let unasked = rig_of(1_000, |setup| {
        setup.company.policy(|policy| {
            policy.top_ups.hold = Duration::from_mins(10);
            policy.useful_floor_tokens = 4_096;
        });
    });
    assert_eq!(unasked.call(&dear()).header("x-purser-code"), "budget_exhausted");
}

#[test]
fn waiting_has_an_end() {
    let rig = rig(Duration::from_millis(50));
    let answer = rig.call(&dear());
    assert_eq!(answer.header("x-purser-code"), "budget_exhausted", "{}", answer.text());
}
