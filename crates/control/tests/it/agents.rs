//! What agents are told and may ask for, by the key that they work with.

use purser_control::shape::{Estimate, NewOutcome, NewTopUp, OfRun, TopUp, TopUpState};
use purser_control::{Agent, Code};
use purser_core::money::Nano;
use serde_json::{Value, json};

use crate::bench::{Bench, code};
use crate::web::{local, with_key};

fn nano(text: &str) -> Nano {
    text.parse().unwrap()
}

fn plan(calls: &Value) -> Estimate {
    serde_json::from_value(json!({ "calls": calls })).unwrap()
}

/// Somebody with twenty dollars a day, and their agent.
async fn somebody(bench: &Bench, name: &str) -> (String, Agent) {
    let person = bench.person(name).await;
    bench.grant(&person, "20/day").await;
    let key = bench.key(&person).await;
    (person.id.to_string(), bench.control.agent(key.key.as_deref().unwrap()).unwrap())
}

async fn ask(agent: &Agent, amount: &str, until: Option<&str>) -> TopUp {
    agent.request_top_up(new(amount, until)).await.unwrap()
}

fn new(amount: &str, until: Option<&str>) -> NewTopUp {
    NewTopUp {
        amount: nano(amount),
        reason: "the migration needs one more pass".to_owned(),
        until: until.map(str::to_owned),
        purpose: None,
    }
}

#[tokio::test]
async fn only_a_key_that_works_is_somebody() {
    let bench = Bench::new().await;
    let person = bench.person("Person 1").await;
    let key = bench.key(&person).await;
    let secret = key.key.unwrap();
    assert_eq!(bench.control.agent(&secret).unwrap().person(), person.id);
    for stranger in ["", "pk-no-such-key", "pa-an-administrators"] {
        assert_eq!(code(bench.control.agent(stranger)), Code::Unauthorized, "{stranger}");
    }
    bench.control.revoke_key(None, &key.id.to_string()).await.unwrap();
    assert_eq!(code(bench.control.agent(&secret)), Code::Unauthorized, "a revoked key is nobody's at once");
    let other = bench.person("Person 2").await;
    let secret = bench.key(&other).await.key.unwrap();
    bench.control.remove_person(None, &other.id.to_string()).await.unwrap();
    assert_eq!(code(bench.control.agent(&secret)), Code::Unauthorized);
}

#[tokio::test]
async fn a_key_in_a_loop_is_told_when_to_ask_again() {
    let bench = Bench::new().await;
    let secret = bench.key(&bench.person("Person 1").await).await.key.unwrap();
    let tries = (0..200).flat_map(|_| bench.control.agent(&secret)).count();
    assert_eq!(tries, 120);
    assert_eq!(code(bench.control.agent(&secret)), Code::TooMany);
    bench.clock.set("2026-11-24T12:01:00Z");
    bench.control.agent(&secret).unwrap();
}

#[tokio::test]
async fn what_is_left_is_the_grants_within_every_limit() {
    let bench = Bench::new().await;
    let (_, agent) = somebody(&bench, "Person 1").await;
    let left = agent.budget_left().await.unwrap();
    assert_eq!((left.spendable, left.currency.as_str()), (nano("20"), "USD"));
    let grant = &left.grants[0];
    assert_eq!(
        (grant.released, grant.spent, grant.left, grant.per.as_str()),
        (nano("20"), nano("0"), nano("20"), "day")
    );
    // Midnight in Berlin.
    assert_eq!(grant.refills_at.unwrap().to_string(), "2026-11-24T23:00:00Z");
    assert!(left.limits.is_empty() && left.run.is_none() && left.stopped.is_none(), "{left:?}");

    let key = bench.control.snapshot().directory.keys().next().unwrap().id.to_string();
    for (owner, amount) in [(key.as_str(), "3/day"), ("company", "900/month")] {
        let set = serde_json::from_value(json!({ "owner": owner, "amount": amount })).unwrap();
        bench.control.set_budget(None, set).await.unwrap();
    }
    let left = agent.budget_left().await.unwrap();
    assert_eq!(left.spendable, nano("3"), "the key's own budget is the least of them");
    let of = |on: &str| {
        let limits = serde_json::to_value(&left.limits).unwrap();
        limits.as_array().unwrap().iter().find(|limit| limit["on"] == on).unwrap().clone()
    };
    assert_eq!((of("key")["left"].as_str(), &of("key")["binds"]), (Some("3.00"), &json!(true)));
    assert_eq!(
        (of("company")["left"].clone(), &of("company")["binds"]),
        (Value::Null, &json!(false)),
        "not theirs to see"
    );

    local(&bench, "post", "/api/v1/stops", r#"{"on": "company"}"#).await;
    let stopped = agent.budget_left().await.unwrap().stopped.unwrap();
    assert!(stopped.starts_with("Every AI call of the company is stopped since 2026-11-24"), "{stopped}");
}

#[tokio::test]
async fn a_plan_costs_what_its_calls_would_be_charged() {
    let bench = Bench::new().await;
    let (_, agent) = somebody(&bench, "Person 1").await;
    let call = json!({ "model": "claude-opus-5-5", "provider": "anthropic", "input_tokens": 100_000,
                       "cached_tokens": 80_000, "output_tokens": 2_000, "times": 3 });
    let plan_of_one = agent.estimate(plan(&json!([call]))).await.unwrap();
    // The same sum by the service that explains a charge.
    let usage = json!({ "provider": "anthropic", "model": "claude-opus-5-5",
                        "usage": { "input_uncached": 20_000, "cache_read": 80_000, "output": 2_000 } });
    let explained = bench.control.explain(serde_json::from_value(usage).unwrap()).unwrap();
    let [of] = plan_of_one.calls.as_slice() else { panic!("{plan_of_one:?}") };
    assert_eq!((of.each, of.card, of.times), (explained.charge, explained.version, 3));
    assert_eq!(plan_of_one.total, Nano::new(explained.charge.get() * 3));
    assert!(plan_of_one.fits && plan_of_one.left == nano("20") && plan_of_one.short.is_none(), "{plan_of_one:?}");
    assert!(!plan_of_one.cheaper.is_empty(), "there are cheaper models in the family");
    for cheaper in &plan_of_one.cheaper {
        assert!(cheaper.model.starts_with("claude") && cheaper.total < plan_of_one.total, "{cheaper:?}");
        let again = json!({ "model": cheaper.model, "provider": "anthropic", "input_tokens": 100_000,
                            "cached_tokens": 80_000, "output_tokens": 2_000, "times": 3 });
        assert_eq!(agent.estimate(plan(&json!([again]))).await.unwrap().total, cheaper.total, "{cheaper:?}");
    }

    let many = json!({ "model": "claude-opus-5-5", "provider": "anthropic", "input_tokens": 100_000,
                       "output_tokens": 2_000, "times": 1_000 });
    let too_much = agent.estimate(plan(&json!([call, many]))).await.unwrap();
    assert!(!too_much.fits, "{too_much:?}");
    assert_eq!(too_much.short, too_much.total.checked_sub(nano("20")));
}

#[tokio::test]
async fn a_plan_that_can_not_be_is_refused_with_what_to_do() {
    let bench = Bench::new().await;
    let (_, agent) = somebody(&bench, "Person 1").await;
    let call = |model: &str, input: u64, cached: u64, times: u64| {
        json!([{ "model": model, "provider": "anthropic", "input_tokens": input, "cached_tokens": cached,
                 "output_tokens": 1, "times": times }])
    };
    for (calls, expected) in [
        (json!([]), Code::Invalid),
        (call("claude-opus-5-5", 1, 2, 1), Code::Invalid),
        (call("no-such-model", 1, 0, 1), Code::Unpriced),
        (call("claude-opus-5-5", 1_000_000, 0, u64::MAX), Code::Unpriced),
    ] {
        assert_eq!(code(agent.estimate(plan(&calls)).await), expected, "{calls}");
    }
    // A model that this key may not call is priced and does not fit.
    let person = bench.person("Person 2").await;
    bench.grant(&person, "20/day").await;
    let only =
        purser_control::shape::NewKey { models: vec!["claude-haiku-*".to_owned()], ..crate::bench::new_key(&person) };
    let key = bench.control.add_key(None, only).await.unwrap();
    let agent = bench.control.agent(key.key.as_deref().unwrap()).unwrap();
    let refused = agent.estimate(plan(&call("claude-opus-5-5", 10, 0, 1))).await.unwrap();
    assert!(
        !refused.fits && refused.calls[0].refused.as_ref().is_some_and(|why| why.contains("claude-opus-5-5")),
        "{refused:?}"
    );
    assert!(refused.cheaper.iter().all(|cheaper| cheaper.model.starts_with("claude-haiku-")), "{refused:?}");
}

#[tokio::test]
async fn nobody_is_told_of_runs_that_are_not_theirs() {
    let bench = Bench::new().await;
    let (_, agent) = somebody(&bench, "Person 1").await;
    assert_eq!(code(agent.run_cost(OfRun::default()).await), Code::NotFound);
    let other = OfRun { run: Some("run_01h455vb4pex5vsknk084sn02q".to_owned()) };
    assert_eq!(code(agent.run_cost(other).await), Code::NotFound);
    let none = OfRun { run: Some("a session".to_owned()) };
    assert_eq!(code(agent.run_cost(none).await), Code::Invalid);
}

#[tokio::test]
async fn an_approved_top_up_is_money_at_once_and_over_restarts() {
    let bench = Bench::new().await;
    let (person, agent) = somebody(&bench, "Person 1").await;
    let asked = ask(&agent, "5", Some("2026-11-30")).await;
    assert_eq!((asked.state, asked.person.to_string()), (TopUpState::Open, person.clone()));
    assert_eq!(agent.budget_left().await.unwrap().spendable, nano("20"), "nothing is granted by asking");
    let path = format!("/api/v1/top-ups/{}/approve", asked.id);
    let approved = local(&bench, "post", &path, "{}").await;
    assert_eq!((&approved["state"], approved["grant"].is_string()), (&json!("approved"), true), "{approved}");
    assert_eq!(agent.budget_left().await.unwrap().spendable, nano("25"));
    assert_eq!(local(&bench, "post", &path, "{}").await["grant"], approved["grant"], "approved once, granted once");
    let (deny, why) = (path.replace("approve", "deny"), r#"{"reason": "not this month"}"#);
    let deny = with_key(&bench, &admin(&bench).await, "post", &deny, why).await;
    assert_eq!((deny.status, deny.code().as_str()), (409, "conflict"));

    drop(agent);
    let bench = bench.restart().await.crash().await;
    let list = local(&bench, "get", "/api/v1/top-ups", "").await;
    assert_eq!(list["items"][0]["state"], "approved");
    assert_eq!(list["items"][0]["reason"], "the migration needs one more pass");
    assert_eq!(bench.control.balances(Some(&person)).unwrap().items[0].spendable, nano("25"));
    assert!(bench.control.verify_audit().await.unwrap().good);
    // Its last day is the thirtieth, in Berlin.
    for (at, left) in [("2026-11-30T22:59:59Z", "25"), ("2026-11-30T23:00:00Z", "20")] {
        bench.clock.set(at);
        assert_eq!(bench.control.balances(Some(&person)).unwrap().items[0].spendable, nano(left), "{at}");
    }
}

async fn admin(bench: &Bench) -> String {
    bench
        .control
        .add_admin_key(None, serde_json::from_value(json!({ "label": "second", "roles": ["admin"] })).unwrap())
        .await
        .unwrap()
        .key
        .unwrap()
}

#[tokio::test]
async fn nobody_approves_their_own_and_no_manager_elsewhere_decides() {
    let bench = Bench::new().await;
    for name in ["Engineering", "Sales"] {
        let unit = json!({ "name": name, "zone": "UTC" });
        bench.control.add_unit(None, serde_json::from_value(unit).unwrap()).await.unwrap();
    }
    let (person, agent) = somebody(&bench, "Person 1").await;
    let unit = serde_json::from_value(json!({ "unit": "Engineering" })).unwrap();
    bench.control.move_person(None, &person, unit).await.unwrap();
    let id = ask(&agent, "5", None).await.id.to_string();
    let key = async |role: &str, person: Option<&str>| {
        let new = json!({ "label": role, "roles": [role], "person": person });
        bench.control.add_admin_key(None, serde_json::from_value(new).unwrap()).await.unwrap().key.unwrap()
    };
    let own = key("finance", Some(&person)).await;
    let elsewhere = key("manager:Sales", None).await;
    let here = key("manager:Engineering", None).await;
    let path = format!("/api/v1/top-ups/{id}/approve");
    for (key, status, code) in
        [(&own, 403, "self_approval"), (&elsewhere, 403, "forbidden"), (&here, 200, ""), (&here, 200, "")]
    {
        let got = with_key(&bench, key, "post", &path, "{}").await;
        assert_eq!((got.status, got.code().as_str()), (status, code), "{got:?}");
    }
    let audit = local(&bench, "get", "/api/v1/audit", "").await.to_string();
    for action in ["request_top_up", "approve_top_up"] {
        assert!(audit.contains(action), "{action} is in the trail");
    }
}

#[tokio::test]
async fn requests_have_bounds_and_an_end() {
    let bench = Bench::new().await;
    let (_, agent) = somebody(&bench, "Person 1").await;
    for (amount, until) in
        [("0", None), ("-1", None), ("1", Some("2026-11-23")), ("1", Some("2028-01-01")), ("1", Some("soon"))]
    {
        assert_eq!(code(agent.request_top_up(new(amount, until)).await), Code::Invalid, "{amount} {until:?}");
    }
    let nameless = NewTopUp { reason: " ".to_owned(), ..new("1", None) };
    assert_eq!(code(agent.request_top_up(nameless).await), Code::Invalid);
    let first = ask(&agent, "1", None).await;
    assert_eq!(first.until, "2026-12-01", "a week from the day of asking");
    assert_eq!(code(agent.request_top_up(new("2", None)).await), Code::Conflict, "one waits already");
    for purpose in ["one", "two", "three", "four"] {
        let other = NewTopUp { purpose: Some(purpose.to_owned()), ..new("2", None) };
        agent.request_top_up(other).await.unwrap();
    }
    let fifth = NewTopUp { purpose: Some("five".to_owned()), ..new("2", None) };
    assert_eq!(code(agent.request_top_up(fifth).await), Code::Conflict, "five wait already");
    let deny = format!("/api/v1/top-ups/{}/deny", first.id);
    let denied = local(&bench, "post", &deny, r#"{"reason": "not this month"}"#).await;
    assert_eq!(denied["state"], "denied");
    ask(&agent, "4", None).await;
    bench.clock.set("2026-12-02T12:00:00Z");
    let list = local(&bench, "get", "/api/v1/top-ups", "").await;
    let states: Vec<_> = list["items"].as_array().unwrap().iter().map(|one| one["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["denied", "expired", "expired", "expired", "expired", "expired"]);
    let late = list["items"][1]["id"].as_str().unwrap();
    let got = with_key(&bench, &admin(&bench).await, "post", &format!("/api/v1/top-ups/{late}/approve"), "{}").await;
    assert_eq!((got.status, got.code().as_str()), (409, "conflict"), "{got:?}");
}

#[tokio::test]
async fn outcomes_are_on_record_and_of_kinds_that_count() {
    let bench = Bench::new().await;
    let (person, agent) = somebody(&bench, "Person 1").await;
    let outcome = |kind: &str| NewOutcome { kind: kind.to_owned(), count: None, value: None, link: None, run: None };
    let error = agent.log_outcome(outcome("vibes")).await.unwrap_err();
    let problem = purser_control::Problem::from(&error);
    assert!(problem.hint.is_some_and(|hint| hint.contains("merged_change")), "the kinds that count are named");
    for bad in [
        NewOutcome { count: Some(0), ..outcome("report") },
        NewOutcome { value: Some(nano("-1")), ..outcome("report") },
        NewOutcome { link: Some("javascript:alert(1)".to_owned()), ..outcome("report") },
    ] {
        assert_eq!(code(agent.log_outcome(bad.clone()).await), Code::Invalid, "{bad:?}");
    }
    let link = "https://code.example/changes/7".to_owned();
    let logged =
        NewOutcome { count: Some(2), value: Some(nano("150")), link: Some(link.clone()), ..outcome("Merged_Change") };
    agent.log_outcome(logged).await.unwrap();
    drop(agent);
    let bench = bench.restart().await;
    let list = local(&bench, "get", "/api/v1/outcomes", "").await;
    let one = &list["items"][0];
    assert_eq!((&one["kind"], &one["count"], &one["person"]), (&json!("merged_change"), &json!(2), &json!(person)));
    assert_eq!((&one["link"], &one["value"]), (&json!(link), &json!("150.00")));
    assert!(bench.control.verify_audit().await.unwrap().good);
}
