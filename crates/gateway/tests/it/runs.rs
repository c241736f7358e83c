//! Runs: which one a call belongs to, what it may use, and that a parent's stop and budget bind its children.

use purser_core::account::Subject;
use purser_core::event::{KeyHash, StopEvent};
use purser_core::id::{RunId, StopId};
use purser_core::run::{Named, RunLimits};
use purser_core::stop::{Stop, StopOn, Tripped};
use purser_gateway::Past;
use sha2::{Digest as _, Sha256};

use crate::asks::{Ask, Talk, Want, ask, ask_unsigned};
use crate::company::{ANALYST, ENGINEER, ENGINEER_KEY, TOKEN, dollars, noon, tokens};
use crate::money::{chat, refused, rig_of, simple};
use crate::rig::{Rig, until};
use crate::wire::Message;

const RUN: &str = "x-purser-run";

/// The run that Purser says a call belongs to.
fn run_of(answer: &Message) -> RunId {
    assert_eq!(answer.status(), 200, "{}", answer.text());
    answer.header(RUN).parse().unwrap()
}

fn called(rig: &Rig, headers: &[(&str, &str)]) -> Message {
    rig.call(&headed(chat(500), headers))
}

fn headed(ask: Ask, headers: &[(&str, &str)]) -> Ask {
    headers.iter().fold(ask, |ask, (name, value)| ask.with(name, value))
}

/// Refused by a limit of a run.
fn limited(answer: &Message, says: &str) {
    assert_eq!(answer.header("x-purser-code"), "run_limit", "{}", answer.text());
    assert_eq!(answer.header("x-should-retry"), "false");
    assert!(answer.text().contains(says), "{}", answer.text());
}

#[test]
fn calls_of_a_session_are_one_run_and_the_charges_say_so() {
    let rig = Rig::start(|setup| {
        setup.company.grant(ENGINEER, dollars("10.00"), |_| {});
    });
    let claude = [("x-claude-code-session-id", "s-1"), ("user-agent", "claude-cli/2.1.330 (external, sdk-cli)")];
    let first = run_of(&called(&rig, &claude));
    let again =
        called(&rig, &[&claude[..], &[("x-stainless-retry-count", "1"), ("x-purser-project", "shop/web")]].concat());
    assert_eq!(run_of(&again), first);
    let agent = [&claude[..], &[("x-claude-code-agent-id", "a-1")]].concat();
    let child = run_of(&called(&rig, &agent));
    let theirs = headed(ask_unsigned(Talk::Chat, &simple(500)).key(ENGINEER_KEY), &claude);
    let other = run_of(&rig.call(&theirs));
    assert!(first != child && other != first && other != child, "another's session of the same name is another run");

    let charges = rig.charges(4);
    let [one, two, three, four] = &charges[..] else { panic!("{charges:?}") };
    assert_eq!((one.record.run, two.record.run), (Some(first), Some(first)));
    assert_eq!((three.record.run, three.record.parent), (Some(child), Some(first)));
    assert_eq!((one.record.session, three.record.session), (two.record.session, two.record.session));
    assert_eq!((one.record.parent, four.record.run), (None, Some(other)));
    assert_ne!(four.record.session, one.record.session);
    assert_eq!(two.record.project.as_deref(), Some("shop/web"));
    assert_eq!((one.record.retried, two.record.retried), (false, true));
    assert_eq!((one.record.version.as_deref(), one.record.project.as_deref()), (Some("2.1.330"), None));
}

#[test]
fn a_run_is_for_what_the_run_that_started_it_is_for_unless_it_says_otherwise() {
    let rig = Rig::start(|setup| {
        setup.company.key(ANALYST, "pk-works", |issue| issue.project = Some("by-key".to_owned()));
    });
    let call = |headers: &[(&str, &str)]| {
        let ask = ask_unsigned(Talk::Chat, &simple(500)).key("pk-works");
        run_of(&rig.call(&headed(ask, headers)))
    };
    let boss = call(&[("x-purser-run", "boss"), ("x-purser-project", "shop/web")]);
    call(&[("x-purser-run", "boss")]);
    call(&[("x-purser-run", "helper"), ("x-purser-parent-run", "boss")]);
    call(&[("x-purser-run", "below"), ("x-purser-parent-run", "helper")]);
    call(&[("x-purser-run", "own"), ("x-purser-parent-run", "boss"), ("x-purser-project", "docs")]);
    call(&[("x-purser-run", "own")]);
    call(&[("x-purser-run", "other")]);
    let charges = rig.charges(7);
    let projects: Vec<_> = charges.iter().map(|charge| charge.record.project.as_deref().unwrap()).collect();
    assert_eq!(projects, ["shop/web", "shop/web", "shop/web", "shop/web", "docs", "docs", "by-key"]);
    assert_eq!(charges[0].record.run, Some(boss));

    // After a restart what the journal has is told again, and what a call says goes before it.
    let earlier = |name: &str| Named::of(&KeyHash(Sha256::digest("pk-works").into()), name, None).run;
    let past = || Past { project: Some("shop/app".into()), attended: None };
    rig.runs.remember_run(earlier("first"), past());
    rig.runs.remember_run(earlier("boss"), past());
    call(&[("x-purser-run", "second"), ("x-purser-parent-run", "first")]);
    call(&[("x-purser-run", "third"), ("x-purser-parent-run", "boss")]);
    let charges = rig.charges(9);
    let projects: Vec<_> = charges[7..].iter().map(|charge| charge.record.project.as_deref().unwrap()).collect();
    assert_eq!(projects, ["shop/app", "shop/web"]);
}

#[test]
fn an_answer_tells_what_its_run_has_cost() {
    let rig = rig_of(10_000, |_| {});
    let spent = || called(&rig, &[("session-id", "s")]).header("x-purser-run-spent").to_owned();
    let each = spent().parse::<purser_core::money::Nano>().unwrap().get();
    assert!(each > 0);
    assert_eq!(spent().parse::<purser_core::money::Nano>().unwrap().get(), 2 * each);
}

#[test]
fn a_key_that_names_none_has_one_run_until_it_is_silent() {
    let rig = Rig::start(|_| {});
    let first = run_of(&called(&rig, &[]));
    rig.clock.set("2026-11-25T12:29:59Z");
    assert_eq!(run_of(&called(&rig, &[])), first);
    rig.clock.set("2026-11-25T12:59:58Z");
    assert_eq!(run_of(&called(&rig, &[])), first, "it is silence that ends it, not time");
    rig.clock.set("2026-11-25T13:29:58Z");
    let next = run_of(&called(&rig, &[]));
    assert_ne!(next, first);
    let tool = run_of(&called(&rig, &[("user-agent", "OpenAI/Python 2.54.0")]));
    assert!(tool != next && tool != first, "another program is another run");
}

#[test]
fn a_run_spends_no_more_than_its_budget_and_others_go_on() {
    let rig = rig_of(10_000, |_| {});
    let run = [("session-id", "s"), ("x-purser-run-budget", "0.001")];
    // The first answer is clamped to what the run may cost: a thousand tokens.
    let answer = rig.call(&headed(ask(Talk::Chat, &Want { script: "output=600", ..simple(5_000) }), &run));
    assert_eq!((answer.status(), answer.header("x-purser-max-output")), (200, "1000"), "{}", answer.text());
    let next = rig.call(&headed(ask(Talk::Chat, &Want { script: "output=600", ..simple(5_000) }), &run));
    assert_eq!((next.status(), next.header("x-purser-max-output")), (200, "400"), "{}", next.text());
    let says = refused(&rig, &called(&rig, &run), 429, "budget_exhausted");
    assert!(says.contains("The budget of this run is exhausted: $0.001000 of $0.001000 used"), "{says}");
    assert_eq!(rig.call(&chat(500)).status(), 200, "another run is another budget");
    let spent: i64 = rig.charges(3).iter().take(2).map(|charge| charge.nano).sum();
    assert_eq!(spent, 1_000 * TOKEN);
}

/// Whoever asks the ledger what is left of a run looks from the day of its first call on.
#[test]
fn a_limit_that_comes_later_counts_in_the_runs_own_period() {
    let rig = rig_of(10_000, |_| {});
    assert_eq!(called(&rig, &[("session-id", "s")]).status(), 200);
    rig.clock.set("2026-11-26T00:10:00Z");
    let limited = called(&rig, &[("session-id", "s"), ("x-purser-run-budget", "0.005")]);
    let run = Subject::Run(run_of(&limited));
    let periods = || rig.ledger.balances().into_iter().filter(|balance| balance.key.subject == run);
    let starts: Vec<String> = periods().map(|balance| balance.key.period.start.to_string()).collect();
    assert_eq!(starts, ["2026-11-25T00:00:00Z"]);
}

#[test]
fn a_request_can_lower_what_a_run_may_use_and_not_raise_it() {
    let rig = rig_of(100_000, |setup| setup.company.policy(|policy| policy.runs.requests = Some(3)));
    let call = |run: &str, most: Option<&str>| {
        let most = most.map(|most| ("x-purser-run-requests", most));
        called(&rig, &[&[("x-purser-run", run)][..], most.as_slice()].concat())
    };
    for _ in 0..3 {
        assert_eq!(call("higher", Some("100")).status(), 200);
    }
    limited(&call("higher", Some("100")), "This run has made the calls that it may make: 3.");
    assert_eq!(call("lower", Some("1")).status(), 200);
    limited(&call("lower", None), "may make: 1.");
    limited(&call("lower", Some("2")), "may make: 1.");
    assert_eq!(call("other", None).status(), 200);
}

#[test]
fn a_role_can_lower_what_its_peoples_runs_may_use_and_not_raise_it() {
    let rig = rig_of(100_000, |setup| {
        setup.company.grant(ENGINEER, dollars("10.00"), |_| {});
        setup.company.policy(|policy| policy.runs.requests = Some(2));
        setup.company.role(ENGINEER, "engineering", 3);
        let limits = RunLimits { requests: Some(9), money: Some(tokens(500)), ..RunLimits::NONE };
        setup.company.limit_runs("engineering", 3, limits);
    });
    let theirs = |run: &str| {
        let want = Want { script: "output=400", ..simple(5_000) };
        rig.call(&headed(ask_unsigned(Talk::Chat, &want).key(ENGINEER_KEY), &[("x-purser-run", run)]))
    };
    let first = theirs("r");
    assert_eq!((first.status(), first.header("x-purser-max-output")), (200, "500"), "{}", first.text());
    assert_eq!(theirs("r").header("x-purser-max-output"), "100");
    limited(&theirs("r"), "may make: 2.");
    assert_eq!(theirs("s").header("x-purser-max-output"), "500", "each run has as much");
    // Whoever has no role is bound by the company's policy alone.
    let answer = rig.call(&headed(ask(Talk::Chat, &simple(5_000)), &[("x-purser-run", "r")]));
    assert_eq!((answer.status(), answer.header("x-purser-max-output")), (200, ""), "{}", answer.text());
}

#[test]
fn tokens_and_minutes_are_limits_too() {
    let rig = Rig::start(|_| {});
    let tokens = [("session-id", "t"), ("x-purser-run-tokens", "10")];
    assert_eq!(called(&rig, &tokens).status(), 200, "what a call will use is not known before");
    limited(&called(&rig, &tokens), "This run has used the tokens that it may use: 10.");
    let minutes = [("session-id", "m"), ("x-purser-run-minutes", "30")];
    assert_eq!(called(&rig, &minutes).status(), 200);
    rig.clock.set("2026-11-25T12:29:59Z");
    assert_eq!(called(&rig, &minutes).status(), 200);
    rig.clock.set("2026-11-25T12:30:00Z");
    limited(&called(&rig, &minutes), "This run has run for the minutes that it may run: 30.");
}

#[test]
fn a_child_draws_on_its_parents_budget() {
    let rig = rig_of(100_000, |_| {});
    let parent = [("x-purser-run", "boss"), ("x-purser-run-budget", "0.001")];
    let child = [("x-purser-run", "helper"), ("x-purser-parent-run", "boss")];
    let below = [("x-purser-run", "below"), ("x-purser-parent-run", "helper")];
    let want = Want { script: "output=400", ..simple(5_000) };
    for run in [&parent[..], &child, &below] {
        let answer = rig.call(&headed(ask(Talk::Chat, &want), run));
        assert_eq!(answer.status(), 200, "{run:?}: {}", answer.text());
    }
    // 400 + 400 + 200 tokens: nothing is left for any of them.
    for run in [&parent[..], &child, &below] {
        refused(&rig, &called(&rig, run), 429, "budget_exhausted");
    }
    assert_eq!(called(&rig, &[("x-purser-run", "stranger")]).status(), 200);
    let spent: i64 = rig.charges(4).iter().take(3).map(|charge| charge.nano).sum();
    assert_eq!(spent, 1_000 * TOKEN);
}

#[test]
fn depth_and_number_of_children_are_limits_of_who_starts_them() {
    let rig = Rig::start(|_| {});
    let run = |name: &str, more: &[(&str, &str)]| called(&rig, &[&[("x-purser-run", name)][..], more].concat());
    let below = |name: &str, parent: &str| run(name, &[("x-purser-parent-run", parent)]);
    assert_eq!(run("a", &[("x-purser-run-depth", "2"), ("x-purser-run-children", "2")]).status(), 200);
    assert_eq!(below("a-1", "a").status(), 200);
    assert_eq!(below("a-2", "a").status(), 200);
    limited(&below("a-3", "a"), "This run has started the runs that it may start: 2.");
    assert_eq!(below("a-1", "a").status(), 200, "one that is there goes on");
    assert_eq!(below("a-1-1", "a-1").status(), 200);
    limited(&below("a-1-1-1", "a-1-1"), "on as many levels as it may: 2.");
    // A chain without any limit of its own ends as well.
    assert_eq!(run("c0", &[]).status(), 200);
    for level in 1..=8 {
        assert_eq!(below(&format!("c{level}"), &format!("c{}", level - 1)).status(), 200, "{level}");
    }
    limited(&below("c9", "c8"), "on as many levels as it may: 8.");
}

#[test]
fn a_parent_can_be_named_by_the_id_that_purser_told() {
    let rig = Rig::start(|setup| {
        setup.company.grant(ENGINEER, dollars("10.00"), |_| {});
    });
    let boss = run_of(&called(&rig, &[("x-purser-run", "boss")])).to_string();
    let child = called(&rig, &[("x-purser-run", "helper"), ("x-purser-parent-run", &boss)]);
    assert_eq!(child.status(), 200);
    assert_eq!(rig.charges(2)[1].record.parent.unwrap().to_string(), boss);
    let theirs = ask_unsigned(Talk::Chat, &simple(500)).key(ENGINEER_KEY);
    let stolen = rig.call(&headed(theirs, &[("x-purser-run", "x"), ("x-purser-parent-run", &boss)]));
    assert_eq!(stolen.status(), 400, "{}", stolen.text());
    assert!(stolen.text().contains("names no run of yours"), "{}", stolen.text());
}

#[test]
fn stopping_a_parent_stops_the_tree_and_what_is_under_way() {
    let rig = Rig::start(|_| {});
    let boss = run_of(&called(&rig, &[("x-purser-run", "boss")]));
    let child = [("x-purser-run", "helper"), ("x-purser-parent-run", "boss")];
    let endless =
        Want { stream: true, script: "output=8000+pace=20+events-per-write=1", max: Some(8_192), ..Want::default() };
    let agent = ("user-agent", "claude-cli/2.1.330 (external, sdk-cli)");
    let mut running = rig.begin(&headed(ask(Talk::Messages, &endless), &[child[0], child[1], agent]));
    running.read_until(|buffer| buffer.windows(5).any(|window| window == b"data:"));
    let id = StopId::new(1);
    rig.stop_switch(StopEvent::Placed(Stop { id, on: StopOn::Run(boss), at: noon(), tripped: None }));
    let answer = running.answer();
    assert!(answer.ended && answer.text().contains(&format!("This run ({boss}) is stopped.")), "{}", answer.text());
    for run in [&child[..], &[("x-purser-run", "boss")]] {
        assert_eq!(called(&rig, run).header("x-purser-code"), "stopped");
    }
    assert_eq!(called(&rig, &[("x-purser-run", "another")]).status(), 200);
    rig.stop_switch(StopEvent::Lifted { stop: id, at: noon() });
    assert_eq!(called(&rig, &child).status(), 200);
}

#[test]
fn a_run_that_a_breaker_paused_says_what_was_seen_and_how_to_go_on() {
    let rig = Rig::start(|_| {});
    let run = run_of(&called(&rig, &[("session-id", "s")]));
    let seen = "the same step with the same results, 9 times again, for $0.81".to_owned();
    let tripped = Some(Tripped { breaker: purser_core::breaker::Breaker::Repeat, seen });
    let stop = Stop { id: StopId::new(1), on: StopOn::Run(run), at: noon(), tripped };
    rig.stop_switch(StopEvent::Placed(stop));
    let answer = called(&rig, &[("session-id", "s")]);
    assert_eq!(answer.header("x-purser-code"), "run_paused");
    let says = format!(
        "paused this run: the same step with the same results, 9 times again, for $0.81. If that is as it should be, let it go on: `purser resume {run}`."
    );
    assert!(answer.text().contains(&says), "{}", answer.text());
}

/// What peers get wrong: many calls at once that together would cost more than there is.
#[test]
fn calls_in_parallel_spend_no_more_than_the_runs_budget() {
    let rig = rig_of(1_000_000, |setup| setup.threads = 2);
    let run = [("session-id", "s"), ("x-purser-run-budget", "0.005")];
    let want = Want { script: "output=500", ..simple(500) };
    let calls: Vec<_> = (0..64).map(|_| rig.begin(&headed(ask(Talk::Chat, &want), &run))).collect();
    let served = calls.into_iter().map(|mut call| call.answer()).filter(|answer| answer.status() == 200).count();
    assert_eq!(served, 10, "ten fit, and all ten that fit are served");
    until("all is over", || rig.ledger.open_holds().is_empty());
    let spent: i64 = rig.charges(10).iter().map(|charge| charge.nano).sum();
    assert_eq!(spent, 5_000 * TOKEN);
}

#[test]
fn limits_that_are_none_are_refused_with_a_sentence() {
    let rig = Rig::start(|_| {});
    for (header, value, want) in [
        ("x-purser-run-budget", "five", "an amount such as 5.00"),
        ("x-purser-run-budget", "-1", "an amount such as 5.00"),
        ("x-purser-run-requests", "1.5", "a whole number"),
        ("x-purser-run-depth", "300", "a whole number"),
    ] {
        let answer = called(&rig, &[(header, value)]);
        assert_eq!(answer.status(), 400, "{}", answer.text());
        let says = format!("The header {header} says `{value}`; it takes {want}.");
        assert!(answer.text().contains(&says), "{}", answer.text());
    }
    assert!(rig.tap.requests() == 0, "nothing went out");
}
