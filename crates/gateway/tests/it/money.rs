//! Who may spend how much: clamp, park, `held`, `exhausted`; ceilings, grants, scopes, keys.

use std::time::Duration;

use purser_core::budget::BudgetOn;

use crate::asks::{Ask, Talk, Want, ask, ask_unsigned};
use crate::company::{ANALYST, Company, DIVISION, ENGINEER, ENGINEER_KEY, SIMPLE, TOKEN, tokens};
use crate::rig::{Rig, Setup};
use crate::upstreams::Gate;
use crate::wire::{Conn, Message};

/// A hundred tokens are of use to somebody.
pub(crate) fn small_floor(company: &mut Company) {
    company.policy(|policy| {
        policy.useful_floor_tokens = 100;
        policy.ask_more = Some("the platform team".to_owned());
    });
}

/// The analyst has so many tokens of [`SIMPLE`] a day.
pub(crate) fn rig_of(budget: i64, change: impl FnOnce(&mut Setup)) -> Rig {
    Rig::bare(|setup| {
        small_floor(&mut setup.company);
        setup.company.grant(ANALYST, tokens(budget), |_| {});
        change(setup);
    })
}

pub(crate) fn simple(max: u64) -> Want<'static> {
    Want { model: SIMPLE, max: Some(max), ..Want::default() }
}

pub(crate) fn chat(max: u64) -> Ask {
    ask(Talk::Chat, &simple(max))
}

/// The sentence of a refusal and its stable code, and that nothing went out or stayed set aside.
pub(crate) fn refused(rig: &Rig, answer: &Message, status: u16, code: &str) -> String {
    let text = answer.text();
    assert_eq!((answer.status(), answer.header("x-purser-code")), (status, code), "{text}");
    assert!(rig.ledger.open_holds().is_empty() || code == "budget_held", "{text}");
    text
}

#[test]
fn an_answer_is_clamped_to_what_is_left() {
    for talk in Talk::TEXT {
        for stream in [false, true] {
            let rig = rig_of(1_000, |_| {});
            let want = Want { stream, script: "output=2000", ..simple(5_000) };
            let answer = rig.call(&ask(talk, &want));
            assert_eq!(answer.status(), 200, "{talk:?}: {}", answer.text());
            assert_eq!(answer.header("x-purser-max-output"), "1000", "{talk:?}");
            let (asked, _) = rig.tap.last();
            assert!(asked.text().contains("1000") && !asked.text().contains("5000"), "{talk:?}: {}", asked.text());
            assert_eq!(rig.charge().nano, 1_000 * TOKEN, "{talk:?}: to the last token");
            assert_eq!(rig.holds(), [tokens(1_000)]);
        }
    }
}

#[test]
fn a_call_that_names_no_maximum_is_given_one() {
    for talk in Talk::TEXT {
        let rig = rig_of(1_000, |_| {});
        let answer = rig.call(&ask(talk, &Want { model: SIMPLE, max: None, script: "output=3000", ..Want::default() }));
        assert_eq!(
            (answer.status(), answer.header("x-purser-max-output")),
            (200, "1000"),
            "{talk:?}: {}",
            answer.text()
        );
        assert_eq!(rig.charge().nano, 1_000 * TOKEN, "{talk:?}");
    }
}

#[test]
fn what_is_gone_is_refused_at_once_and_for_good() {
    let rig = rig_of(1_000, |_| {});
    assert_eq!(rig.call(&ask(Talk::Chat, &Want { script: "output=950", ..simple(1_000) })).status(), 200);
    rig.charge();
    let expected = ["needs at least $0.000100", "$0.000050 of $0.001000", "resets 26 Nov", "the platform team"];
    for (talk, status) in [(Talk::Messages, 402), (Talk::Chat, 429), (Talk::Responses, 429), (Talk::Gemini, 403)] {
        for stream in [false, true] {
            let answer = rig.call(&ask(talk, &Want { stream, ..simple(500) }));
            let text = refused(&rig, &answer, status, "budget_exhausted");
            assert!(expected.iter().all(|part| text.contains(part)), "{talk:?}: {text}");
            assert!(status != 429 || answer.header("x-should-retry") == "false", "{answer:?}");
            assert_eq!(answer.header("retry-after"), "", "{talk:?}");
        }
    }
    let codex = chat(500).with("user-agent", "codex_cli_rs/0.50.0");
    let answer = rig.call(&codex);
    let text = refused(&rig, &answer, answer.status(), "budget_exhausted");
    assert!((400..500).contains(&answer.status()), "{text}");
    assert_eq!(rig.standin.journal().len(), 1);
    rig.stop();
    assert_eq!((rig.denials.count("budget_exhausted"), rig.denials.funded()), (9, 0));
}

#[test]
fn a_new_day_brings_new_money() {
    let rig = rig_of(1_000, |_| {});
    let spend = || rig.call(&ask(Talk::Chat, &Want { script: "output=1000", ..simple(1_000) })).status();
    assert_eq!((spend(), spend()), (200, 429));
    rig.clock.set("2026-11-25T23:59:59.999999Z");
    assert_eq!(spend(), 429);
    rig.clock.set("2026-11-26T00:00:00Z");
    assert_eq!((spend(), spend()), (200, 429));
}

/// A rig whose chat provider answers when told.
fn gated(budget: i64, output: u64, change: impl FnOnce(&mut Company)) -> (Rig, Gate) {
    let gate = Gate::closed(output);
    let rig = rig_of(budget, |setup| {
        setup.send_to("openai", gate.fake.address);
        change(&mut setup.company);
    });
    (rig, gate)
}

/// Sends a call and lets the gateway's only thread come to it.
fn begin(rig: &Rig, ask: &Ask) -> Conn {
    let conn = rig.begin(ask);
    let hello = rig.call(&Ask::of("GET", "/api/hello"));
    assert_eq!(hello.status(), 200);
    conn
}

/// The output maximum of each request.
fn maxima(arrived: &[Message]) -> Vec<u64> {
    arrived.iter().map(|request| request.json().get("max_tokens").unwrap().as_u64().unwrap()).collect()
}

#[test]
fn calls_wait_their_turn_for_money_that_is_only_set_aside() {
    let (rig, gate) = gated(1_000, 10, |company| company.policy(|policy| policy.useful_floor_tokens = 8_192));
    let mut conns = vec![begin(&rig, &chat(400))];
    gate.arrived(1);
    conns.push(begin(&rig, &chat(600)));
    // Nothing is free for these; the last one would fit first, and must not overtake.
    conns.extend([begin(&rig, &chat(700)), begin(&rig, &chat(250)), begin(&rig, &chat(240))]);
    gate.let_go(1);
    rig.charges(1);
    begin(&rig, &Ask::of("GET", "/v1/models"));
    assert_eq!(maxima(&gate.arrived(2)), [400, 600]);
    gate.let_go(1);
    gate.arrived(4);
    gate.let_go(2);
    gate.arrived(5);
    gate.let_go(1);
    for conn in &mut conns {
        assert_eq!(conn.answer().status(), 200);
    }
    assert_eq!(rig.charges(5).iter().map(|charge| charge.nano).sum::<i64>(), 50 * TOKEN);
    assert_eq!(rig.holds(), [400, 600, 700, 250, 240].map(tokens), "in order of arrival");
}

#[test]
fn money_above_a_person_wakes_other_people() {
    let (rig, gate) = gated(1_000, 10, |company| {
        company.grant(ENGINEER, tokens(1_000), |_| {});
        company.budget(BudgetOn::Unit(DIVISION), tokens(1_000));
        company.policy(|policy| policy.useful_floor_tokens = 8_192);
    });
    let mut first = begin(&rig, &chat(1_000));
    gate.arrived(1);
    let mut second = begin(&rig, &ask_unsigned(Talk::Chat, &simple(900)).key(ENGINEER_KEY));
    gate.let_go(2);
    assert_eq!((first.answer().status(), second.answer().status()), (200, 200));
}

#[test]
fn a_call_that_waited_too_long_may_come_again() {
    let (rig, gate) = gated(1_000, 10, |company| {
        company.policy(|policy| policy.park.max_wait = Duration::from_millis(30));
    });
    let mut first = begin(&rig, &chat(1_000));
    gate.arrived(1);
    for (talk, status) in [(Talk::Messages, 429), (Talk::Chat, 429), (Talk::Responses, 429), (Talk::Gemini, 429)] {
        let answer = rig.call(&ask(talk, &simple(500)));
        let text = refused(&rig, &answer, status, "budget_held");
        assert!(text.contains("set aside"), "{text}");
        assert_eq!(answer.header("retry-after"), "2", "{talk:?}");
        assert_ne!(answer.header("x-should-retry"), "false", "{talk:?}");
    }
    gate.let_go(2);
    assert_eq!(first.answer().status(), 200);
    rig.charges(1);
    assert_eq!(rig.call(&chat(500)).status(), 200, "and then it fits");
    rig.stop();
    assert_eq!(rig.denials.funded(), 4, "denied although the money was there");
}

#[test]
fn only_so_many_calls_of_a_person_wait() {
    let (rig, gate) = gated(1_000, 10, |company| company.policy(|policy| policy.park.max_calls = 1));
    let mut first = begin(&rig, &chat(1_000));
    gate.arrived(1);
    let mut waiting = begin(&rig, &chat(500));
    refused(&rig, &rig.call(&chat(500)), 429, "budget_held");
    gate.let_go(2);
    assert_eq!((first.answer().status(), waiting.answer().status()), (200, 200));
}

#[test]
fn a_waiting_call_whose_client_leaves_lets_the_next_one_in() {
    let (rig, gate) = gated(1_000, 10, |company| company.policy(|policy| policy.useful_floor_tokens = 8_192));
    let mut first = begin(&rig, &chat(1_000));
    gate.arrived(1);
    let impatient = begin(&rig, &chat(900));
    let mut next = begin(&rig, &chat(800));
    drop(impatient);
    gate.let_go(1);
    assert_eq!(first.answer().status(), 200);
    assert_eq!(maxima(&gate.arrived(2)), [1_000, 800]);
    gate.let_go(1);
    assert_eq!(next.answer().status(), 200);
}

#[test]
fn many_callers_never_overspend() {
    const BUDGET: i64 = 9_000;
    let rig = rig_of(BUDGET, |setup| {
        setup.threads = 2;
        setup.company.budget(BudgetOn::Unit(DIVISION), tokens(BUDGET + 1_000));
        setup.company.policy(|policy| policy.park.max_wait = Duration::from_secs(20));
    });
    let served: usize = std::thread::scope(|scope| {
        let caller = |number: u64| {
            let rig = &rig;
            scope.spawn(move || {
                let talk = Talk::TEXT.get(usize::try_from(number).unwrap() % 5).copied().unwrap();
                let prompt = format!("Caller {number}");
                let want = Want { stream: number.is_multiple_of(2), prompt: &prompt, ..simple(150 + number) };
                let answers = (0..3).map(|_| rig.call(&ask(talk, &want)).status());
                answers.filter(|status| *status == 200).count()
            })
        };
        let callers: Vec<_> = (0..64).map(caller).collect();
        callers.into_iter().map(|caller| caller.join().unwrap()).sum()
    });
    rig.quiet();
    let tokens_served: u64 = rig.standin.journal().iter().map(|call| call.usage.output).sum();
    let spent: i64 = rig.charges(served).iter().map(|charge| charge.nano).sum();
    assert_eq!(spent, i64::try_from(tokens_served).unwrap() * TOKEN);
    assert!(spent <= BUDGET * TOKEN, "{spent}");
    assert!(spent > (BUDGET - 100) * TOKEN, "to the last useful piece: {spent}");
}

#[test]
fn several_answers_share_what_is_left() {
    let rig = rig_of(1_000, |_| {});
    let want = Want { more: r#""n":4,"#, script: "output=400", ..simple(500) };
    let answer = rig.call(&ask(Talk::Chat, &want));
    assert_eq!((answer.status(), answer.header("x-purser-max-output")), (200, "250"), "{}", answer.text());
    assert_eq!(rig.charge().nano, 1_000 * TOKEN);
}

#[test]
fn a_hold_may_have_to_reach_the_disk_first() {
    let rig = rig_of(100_000, |setup| setup.wait_for_disk = true);
    for talk in Talk::TEXT {
        assert_eq!(rig.call(&ask(talk, &simple(500))).status(), 200, "{talk:?}");
    }
}
