//! Runs: seen by whoever may, stopped and let go on by whoever may.

use purser_control::shape::{Key, Person};
use purser_core::account::{AccountKey, Subject};
use purser_core::breaker::Breaker;
use purser_core::id::RunId;
use purser_core::money::Nano;
use purser_core::run::budget_period;
use purser_core::stop::Tripped;
use purser_store::Denial;
use serde_json::{Value, json};

use crate::bench::Bench;
use crate::money::{hold, settle, settle_as};
use crate::web::{Got, local, with_key};

/// Two people in two units, and what they use.
pub(crate) struct Company {
    pub(crate) bench: Bench,
    pub(crate) near: (Person, Key),
    pub(crate) far: (Person, Key),
}

/// What a call says about its run.
#[derive(Clone, Copy, Default)]
pub(crate) struct Said {
    pub(crate) parent: Option<u128>,
    pub(crate) project: Option<&'static str>,
    pub(crate) human: bool,
    pub(crate) retried: bool,
}

impl Company {
    pub(crate) async fn new() -> Self {
        let bench = Bench::new().await;
        let mut people = Vec::new();
        for (name, unit) in [("Person 1", "Platform"), ("Person 2", "Sales")] {
            let new = json!({ "name": unit, "parent": null, "zone": "UTC" });
            bench.control.add_unit(None, serde_json::from_value(new).unwrap()).await.unwrap();
            let person = bench.person(name).await;
            let to = serde_json::from_value(json!({ "unit": unit })).unwrap();
            bench.control.move_person(None, &person.id.to_string(), to).await.unwrap();
            bench.grant(&person, "1000/month").await;
            let key = bench.key(&person).await;
            people.push((person, key));
        }
        let far = people.pop().unwrap();
        let near = people.pop().unwrap();
        Self { bench, near, far }
    }

    pub(crate) fn call(&self, key: &Key, run: u128, tool: &str, charge: &str, said: Said) {
        settle_as(&self.bench, hold(&self.bench, key, "5"), charge, |record| {
            record.run = Some(RunId::new(run));
            record.parent = said.parent.map(RunId::new);
            tool.clone_into(&mut record.client);
            record.version = Some("1.2.3".to_owned());
            record.project = said.project.map(str::to_owned);
            record.human = said.human;
            record.retried = said.retried;
        });
    }

    pub(crate) async fn key(&self, role: &str, person: Option<&Person>) -> String {
        let new = json!({ "label": role, "roles": [role], "person": person.map(|person| person.id.to_string()) });
        self.bench.control.add_admin_key(None, serde_json::from_value(new).unwrap()).await.unwrap().key.unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        local(&self.bench, "get", &format!("/api/v1/{path}"), "").await
    }
}

/// A breaker's stop of a run.
async fn trip(bench: &Bench, run: u128) {
    let tripped = Tripped { breaker: Breaker::Repeat, seen: "the same step nine times".to_owned() };
    bench.control.hold_back(RunId::new(run), tripped).await.unwrap();
}

pub(crate) fn id(run: u128) -> String {
    RunId::new(run).to_string()
}

fn ids(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|run| run["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_run_is_told_with_all_that_it_started() {
    let company = Company::new().await;
    let (_, key) = &company.near;
    let child = |parent| Said { parent: Some(parent), ..Said::default() };
    company.call(key, 1, "claude-code", "0.25", Said { human: true, project: Some("ship"), ..Said::default() });
    company.call(key, 1, "claude-code", "0.50", Said { retried: true, ..Said::default() });
    company.bench.clock.set("2026-11-24T12:10:00Z");
    company.call(key, 2, "claude-code", "0.125", child(1));
    company.call(key, 4, "claude-code", "0.0625", child(2));
    company.call(key, 3, "claude-code", "1", child(1));
    // Its parent has made no call of its own.
    company.call(key, 6, "other", "2", child(5));

    let tree = company.get(&format!("runs/{}", id(1))).await;
    let told = |field: &str| tree[field].clone();
    assert_eq!(told("name"), "Person 1");
    assert_eq!((told("tool"), told("version"), told("project")), (json!("claude-code"), json!("1.2.3"), json!("ship")));
    assert_eq!((told("calls"), told("human_calls"), told("retried_calls")), (json!(2), json!(1), json!(1)));
    assert_eq!((told("attended_percent"), told("charge")), (json!(50), json!("0.75")));
    assert_eq!(told("models")[0]["model"], "claude-sonnet-4-5");
    assert_eq!((told("tree_calls"), told("tree_charge")), (json!(5), json!("1.9375")));
    let below: Vec<&str> = tree["below"].as_array().unwrap().iter().map(|run| run["id"].as_str().unwrap()).collect();
    assert_eq!(below, [id(2), id(4), id(3)], "each before those that it started");
    assert_eq!(tree["below"][1]["parent"], id(2));

    let unspent = company.get(&format!("runs/{}", id(5))).await;
    assert_eq!(
        (&unspent["calls"], &unspent["tree_charge"], &unspent["name"]),
        (&json!(0), &json!("2.00"), &json!("Person 1"))
    );

    let admin = company.key("admin", None).await;
    let nothing = with_key(&company.bench, &admin, "get", &format!("/api/v1/runs/{}", id(99)), "").await;
    assert_eq!((nothing.status, nothing.code().as_str()), (404, "not_found"), "{nothing:?}");
    let wrong = with_key(&company.bench, &admin, "get", "/api/v1/runs/tuesday", "").await;
    assert_eq!(wrong.status, 400, "{wrong:?}");
}

#[tokio::test]
async fn a_run_tells_when_somebody_was_last_there_also_after_a_restart() {
    let mut company = Company::new().await;
    let (_, key) = &company.near;
    company.call(key, 1, "claude-code", "0.25", Said { human: true, ..Said::default() });
    company.bench.clock.set("2026-11-24T12:10:00Z");
    company.call(key, 1, "claude-code", "0.25", Said { human: true, ..Said::default() });
    company.bench.clock.set("2026-11-24T12:20:00Z");
    company.call(key, 1, "claude-code", "0.25", Said::default());
    company.call(key, 2, "claude-code", "0.25", Said { parent: Some(1), ..Said::default() });
    let told = async |company: &Company| {
        let run = company.get(&format!("runs/{}", id(1))).await;
        let below = &run["below"][0];
        assert_eq!(
            (&below["spoken"], &below["confirmed"]),
            (&Value::Null, &Value::Null),
            "nobody spoke to a sub-agent"
        );
        (run["spoken"].clone(), run["confirmed"].clone(), run["confirmed_by"].clone())
    };
    assert_eq!(told(&company).await, (json!("2026-11-24T12:10:00Z"), Value::Null, Value::Null));
    local(&company.bench, "post", &format!("/api/v1/runs/{}/confirm", id(1)), "").await;
    company.bench = company.bench.restart().await;
    let (spoken, confirmed, by) = told(&company).await;
    assert_eq!((spoken, confirmed), (json!("2026-11-24T12:10:00Z"), json!("2026-11-24T12:20:00Z")));
    assert!(!by.as_str().unwrap().is_empty(), "{by}");
    assert_eq!(company.bench.control.confirmed(RunId::new(1)), "2026-11-24T12:20:00Z".parse().ok());
}

/// As the policies say; what a call said of its own is only known to the gateway that served it.
#[tokio::test]
async fn what_a_run_may_use_is_told() {
    let company = Company::new().await;
    company.call(&company.near.1, 1, "claude-code", "0.25", Said::default());
    let limits = async || company.get(&format!("runs/{}", id(1))).await["limits"].clone();
    assert_eq!(limits().await, json!({}));
    let policy = serde_json::from_value(json!({ "runs": { "money": "20", "requests": 100 } })).unwrap();
    company.bench.control.adopt_policy(policy).await.unwrap();
    assert_eq!(limits().await, json!({ "money": "20.00", "requests": 100 }));
}

#[tokio::test]
async fn what_a_run_spent_is_told_by_stretches_with_its_limit_and_its_stop() {
    let company = Company::new().await;
    let (_, key) = &company.near;
    let child = Said { parent: Some(1), ..Said::default() };
    let course = async |run| company.get(&format!("runs/{}/timeline", id(run))).await;
    company.call(key, 1, "claude-code", "0.25", Said::default());
    company.call(key, 1, "claude-code", "0.50", Said::default());
    let one = course(1).await;
    assert_eq!((&one["minutes"], &one["charge"], &one["below"]), (&json!(1), &json!("0.75"), &json!("0.00")));
    assert_eq!(one["items"], json!([{ "at": "2026-11-24T12:00:00Z", "calls": 2, "charge": "0.75", "below": "0.00" }]));
    assert_eq!((&one["limit"], &one["stopped"], &one["left"]), (&Value::Null, &Value::Null, &Value::Null));

    company.bench.clock.set("2026-11-24T12:03:30Z");
    company.call(key, 2, "claude-code", "0.125", child);
    company.call(&company.far.1, 9, "claude-code", "7", Said::default());
    let longer = course(1).await;
    let items = longer["items"].as_array().unwrap();
    assert_eq!((items.len(), &items[1]["charge"], &items[3]["below"]), (4, &json!("0.00"), &json!("0.125")));
    let unspent = course(2).await;
    assert_eq!((&unspent["charge"], &unspent["below"]), (&json!("0.125"), &json!("0.00")));

    // A stop soon after the last call is a part of it, one of a run that was over is not.
    company.bench.clock.set("2026-11-24T14:03:31Z");
    company.call(key, 1, "claude-code", "1", Said::default());
    company.bench.clock.set("2026-11-24T14:13:00Z");
    trip(&company.bench, 1).await;
    let stopped = course(1).await;
    assert_eq!((&stopped["minutes"], &stopped["stopped"]), (&json!(2), &json!("2026-11-24T14:13:00Z")));
    let items = stopped["items"].as_array().unwrap();
    assert_eq!((items.len(), &items[66]["at"]), (67, &json!("2026-11-24T14:12:00Z")));
    let tree = company.get(&format!("runs/{}", id(1))).await;
    assert_eq!((&stopped["charge"], &tree["tree_charge"]), (&json!("1.75"), &json!("1.875")));
    assert_eq!((&stopped["below"], &stopped["limit"], &stopped["left"]), (&json!("0.125"), &Value::Null, &Value::Null));

    // Its money is limited by an account that the gateway opens with its first call.
    let began = "2026-11-24T12:00:00Z".parse().unwrap();
    let account = AccountKey { subject: Subject::Run(RunId::new(1)), period: budget_period(began) };
    company.bench.ledger.accounts(&[(account, Nano::new(5_000_000_000))]).unwrap();
    let limited = course(1).await;
    assert_eq!((&limited["limit"], &limited["left"]), (&json!("5.00"), &json!("3.125")), "less what was spent below");
    trip(&company.bench, 9).await;
    assert_eq!(course(9).await["stopped"], Value::Null);

    let (employee, admin) = (company.key("employee", Some(&company.near.0)).await, company.key("admin", None).await);
    for (key, run, status) in [(&employee, 1, 200), (&employee, 9, 403), (&employee, 99, 403), (&admin, 99, 404)] {
        let got = with_key(&company.bench, key, "get", &format!("/api/v1/runs/{}/timeline", id(run)), "").await;
        assert_eq!(got.status, status, "{run}: {got:?}");
    }
}

#[tokio::test]
async fn a_list_is_of_what_was_asked_for_in_pages() {
    let company = Company::new().await;
    company.call(&company.near.1, 1, "claude-code", "0.25", Said::default());
    company.bench.clock.set("2026-11-24T13:00:00Z");
    company.call(&company.far.1, 2, "codex", "0.5", Said { project: Some("ship"), ..Said::default() });
    company.bench.clock.set("2026-11-24T13:20:00Z");
    company.call(&company.near.1, 3, "codex", "0.5", Said::default());
    for (query, expected) in [
        ("", vec![3, 2, 1]),
        ("?active=true", vec![3, 2]),
        ("?active=false", vec![1]),
        ("?tool=codex", vec![3, 2]),
        ("?tool=codex&person=Person%201", vec![3]),
        ("?project=ship", vec![2]),
        ("?since=2026-11-24T13:00:00Z", vec![3, 2]),
        ("?since=2026-11-25", vec![]),
        ("?limit=2", vec![3, 2]),
    ] {
        let list = company.get(&format!("runs{query}")).await;
        assert_eq!(ids(&list), expected.into_iter().map(id).collect::<Vec<_>>(), "{query}");
    }
    let rest = company.get(&format!("runs?limit=2&after={}", id(2))).await;
    assert_eq!((ids(&rest), &rest["total"], &rest["next"]), (vec![id(1).as_str()], &json!(3), &Value::Null));
    company.bench.clock.set("2026-11-25T13:10:00Z");
    assert_eq!(ids(&company.get("runs").await), [id(3)], "a day back where nobody says");
}

#[tokio::test]
async fn what_burns_now_is_by_the_minute() {
    let company = Company::new().await;
    company.call(&company.near.1, 1, "claude-code", "4", Said::default());
    company.bench.clock.set("2026-11-24T12:07:00Z");
    company.call(&company.near.1, 1, "claude-code", "0.5", Said::default());
    company.call(
        &company.near.1,
        3,
        "codex",
        "0.25",
        Said { parent: Some(1), project: Some("ship"), ..Said::default() },
    );
    company.call(&company.far.1, 2, "codex", "1", Said::default());
    let burning = company.get("runs/burning").await;
    assert_eq!(
        (&burning["minutes"], &burning["charge"], &burning["per_minute"]),
        (&json!(5), &json!("1.75"), &json!("0.35"))
    );
    let row = &burning["items"][0];
    assert_eq!((&row["run"], &row["name"], &row["per_minute"]), (&json!(id(2)), &json!("Person 2"), &json!("0.20")));
    assert_eq!((&row["calls"], &row["tokens"], &row["stopped"]), (&json!(1), &json!(1_010), &json!(false)));
    let long = company.get("runs/burning?minutes=10").await;
    assert_eq!((&long["items"][0]["run"], &long["items"][0]["per_minute"]), (&json!(id(1)), &json!("0.45")));
    local(&company.bench, "post", "/api/v1/stops", &json!({ "on": { "run": id(1) } }).to_string()).await;
    let stopped = company.get("runs/burning").await;
    let stopped: Vec<(&str, bool)> = stopped["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["run"].as_str().unwrap(), row["stopped"].as_bool().unwrap()))
        .collect();
    assert_eq!(
        stopped,
        [(id(2).as_str(), false), (id(1).as_str(), true), (id(3).as_str(), true)],
        "with those it started"
    );
    let admin = company.key("admin", None).await;
    for minutes in ["0", "1441"] {
        let path = format!("/api/v1/runs/burning?minutes={minutes}");
        assert_eq!(with_key(&company.bench, &admin, "get", &path, "").await.status, 400, "{minutes}");
    }
}

async fn stop(company: &Company, key: &str, run: u128) -> Got {
    let body = json!({ "on": { "run": id(run) } }).to_string();
    with_key(&company.bench, key, "post", "/api/v1/stops", &body).await
}

async fn resume(company: &Company, key: &str, what: &str) -> Got {
    with_key(&company.bench, key, "delete", &format!("/api/v1/stops/{what}"), "").await
}

#[tokio::test]
async fn a_run_is_stopped_and_let_go_on_by_whose_it_is() {
    let mut company = Company::new().await;
    company.call(&company.near.1, 1, "claude-code", "0.25", Said::default());
    company.call(&company.far.1, 2, "claude-code", "0.25", Said::default());
    let employee = company.key("employee", Some(&company.near.0)).await;
    let manager = company.key("manager:Platform", None).await;
    let admin = company.key("admin", None).await;
    let auditor = company.key("auditor", None).await;
    for (key, run, status) in
        [(&employee, 2, 403), (&manager, 2, 403), (&auditor, 1, 403), (&employee, 99, 403), (&employee, 1, 200)]
    {
        let got = stop(&company, key, run).await;
        assert_eq!(got.status, status, "{run}: {got:?}");
    }
    let told = company.get(&format!("runs/{}", id(1))).await;
    assert_eq!(told["stop"]["on"], json!({ "run": id(1) }), "{told}");
    let listed = with_key(&company.bench, &employee, "get", "/api/v1/stops", "").await.json();
    assert_eq!((listed["items"].as_array().unwrap().len(), &listed["items"][0]["name"]), (1, &json!("Person 1")));
    assert_eq!(resume(&company, &employee, &id(2)).await.status, 403, "somebody else's");
    assert_eq!(resume(&company, &employee, &id(1)).await.json()["active"], false, "one's own, by the run's id");
    let again = resume(&company, &employee, &id(1)).await;
    assert_eq!((again.status, again.code().as_str()), (404, "not_found"), "{again:?}");

    // What somebody else stopped, they let go on; or whoever leads the unit.
    assert_eq!(stop(&company, &admin, 1).await.status, 200);
    assert_eq!(resume(&company, &employee, &id(1)).await.status, 403);
    assert_eq!(resume(&company, &manager, &id(1)).await.status, 200);

    // What a breaker stopped, whoever's run it is lets go on.
    trip(&company.bench, 1).await;
    trip(&company.bench, 2).await;
    company.bench = company.bench.restart().await;
    let told = company.get(&format!("runs/{}", id(1))).await;
    assert_eq!(told["stop"]["seen"], "the same step nine times", "{told}");
    assert_eq!(resume(&company, &employee, &id(2)).await.status, 403);
    assert_eq!(resume(&company, &employee, &id(1)).await.json()["active"], false);
    let left = company.get("stops").await["items"][0]["id"].as_str().unwrap().to_owned();
    let by_id = resume(&company, &admin, &left).await.json();
    assert_eq!((&by_id["active"], &by_id["on"]), (&json!(false), &json!({ "run": id(2) })));
    assert_eq!(company.get("stops").await["items"], json!([]));
}

/// A stop costs something as long as it is there; one of a run that is over is lifted, unless its agent still calls.
#[tokio::test]
async fn stops_of_runs_that_are_over_are_lifted() {
    let company = Company::new().await;
    company.call(&company.near.1, 1, "claude-code", "0.25", Said::default());
    company.call(&company.far.1, 2, "claude-code", "0.25", Said::default());
    for run in [1, 2, 3] {
        trip(&company.bench, run).await;
    }
    let on_key = json!({ "on": { "key": company.far.1.id } }).to_string();
    local(&company.bench, "post", "/api/v1/stops", &on_key).await;
    let left = async || {
        let lifted = company.bench.control.lift_stops_of_over_runs().await.unwrap();
        let stops = company.get("stops").await;
        let stops = stops["items"].as_array().unwrap().iter();
        (lifted, stops.map(|stop| stop["on"].clone()).collect::<Vec<_>>())
    };
    let of_run = |run| json!({ "run": id(run) });
    let of_key = json!({ "key": company.far.1.id });
    assert_eq!(left().await, (0, vec![of_run(1), of_run(2), of_run(3), of_key.clone()]));
    company.bench.clock.set("2026-12-24T11:59:00Z");
    assert_eq!(left().await.0, 0, "not yet a month");
    let knocks = Denial {
        at: "2026-12-20T12:00:00Z".parse().unwrap(),
        key: company.near.1.id,
        person: company.near.0.id,
        reason: "run_paused".to_owned(),
        funded: false,
        count: 3,
    };
    company.bench.denials.record(&[knocks]).unwrap();
    company.bench.clock.set("2026-12-24T12:00:00Z");
    assert_eq!(left().await, (2, vec![of_run(1), of_key.clone()]), "and nothing but runs'");
    company.bench.clock.set("2027-01-20T12:00:00Z");
    assert_eq!(left().await, (1, vec![of_key]));
    assert!(company.bench.control.verify_audit().await.unwrap().good);
}

#[tokio::test]
async fn runs_are_seen_by_whoever_may() {
    let company = Company::new().await;
    company.call(&company.near.1, 1, "claude-code", "0.25", Said::default());
    company.call(&company.far.1, 2, "codex", "0.5", Said::default());
    for (role, person, sees) in [
        ("employee", Some(&company.near.0), vec![1]),
        ("manager:Platform", None, vec![1]),
        ("finance", None, vec![1, 2]),
        ("auditor", None, vec![1, 2]),
    ] {
        let key = company.key(role, person).await;
        let list = with_key(&company.bench, &key, "get", "/api/v1/runs", "").await.json();
        let mut found: Vec<String> = ids(&list).into_iter().map(str::to_owned).collect();
        found.sort();
        assert_eq!(found, sees.iter().map(|run| id(*run)).collect::<Vec<_>>(), "{role}");
        for run in [1, 2] {
            let got = with_key(&company.bench, &key, "get", &format!("/api/v1/runs/{}", id(run)), "").await;
            assert_eq!(got.status, if sees.contains(&run) { 200 } else { 403 }, "{role} {run}");
        }
        let burning = with_key(&company.bench, &key, "get", "/api/v1/runs/burning", "").await.json();
        assert_eq!(burning["items"].as_array().unwrap().len(), sees.len(), "{role}");
        let of_far = with_key(&company.bench, &key, "get", "/api/v1/runs?person=Person%202", "").await;
        assert_eq!(of_far.status, if sees.len() == 2 { 200 } else { 403 }, "{role}");
    }
}

#[tokio::test]
async fn what_was_spent_adds_up_by_tool_and_by_project() {
    let company = Company::new().await;
    let ship = Said { project: Some("ship"), ..Said::default() };
    company.call(&company.near.1, 1, "claude-code", "0.25", ship);
    company.call(&company.far.1, 2, "codex", "0.5", ship);
    company.call(&company.far.1, 2, "codex", "0.5", Said::default());
    company.call(&company.near.1, 3, "codex", "0.125", Said::default());
    settle(&company.bench, hold(&company.bench, &company.near.1, "5"), "0.0625");
    for (query, rows) in [
        ("by=tool", vec![("codex", 3, "1.125"), ("claude-code", 1, "0.25"), ("", 1, "0.0625")]),
        ("by=project", vec![("ship", 3, "1.25"), ("", 2, "0.1875")]),
        ("by=tool&person=Person%202", vec![("codex", 2, "1.00")]),
        ("by=project&person=Person%201", vec![("ship", 1, "0.25"), ("", 2, "0.1875")]),
    ] {
        let usage = company.get(&format!("usage?{query}")).await;
        let found: Vec<(&str, u64, &str)> = usage["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| (row["key"].as_str().unwrap(), row["calls"].as_u64().unwrap(), row["charge"].as_str().unwrap()))
            .collect();
        assert_eq!(found, rows, "{query}");
        let all =
            company.get(&format!("usage?{}", query.replace("by=tool", "by=day").replace("by=project", "by=day"))).await;
        assert_eq!((&usage["charge"], &usage["calls"]), (&all["charge"], &all["calls"]), "{query}");
    }
}

#[tokio::test]
async fn a_persons_budget_for_a_tool_is_set_seen_and_refused() {
    let company = Company::new().await;
    let set = |owner: &str, amount: &str, tool: Option<&str>| {
        json!({ "owner": owner, "amount": amount, "tool": tool }).to_string()
    };
    let budget =
        local(&company.bench, "post", "/api/v1/budgets", &set("Person 1", "1500/month", Some("claude-*"))).await;
    assert_eq!((&budget["tool"], &budget["owner_name"]), (&json!("claude-*"), &json!("Person 1")));
    let again = local(&company.bench, "post", "/api/v1/budgets", &set("Person 1", "900/month", Some("claude-*"))).await;
    assert_eq!((&again["id"], &again["amount"]), (&budget["id"], &json!("900.00")), "the same one with another amount");
    let other = local(&company.bench, "post", "/api/v1/budgets", &set("Person 1", "5/month", Some("codex"))).await;
    assert_ne!(other["id"], budget["id"]);
    let (employee, manager) =
        (company.key("employee", Some(&company.near.0)).await, company.key("manager:Sales", None).await);
    for (key, sees) in [(&employee, 2), (&manager, 0)] {
        let list = with_key(&company.bench, key, "get", "/api/v1/budgets", "").await.json();
        assert_eq!(list["items"].as_array().unwrap().len(), sees);
    }
    let admin = company.key("admin", None).await;
    let person = company.near.0.id.to_string();
    local(&company.bench, "post", "/api/v1/pools", &json!({ "name": "Promises", "owner": "company" }).to_string())
        .await;
    local(&company.bench, "post", "/api/v1/pools/Promises/funds", &json!({ "amount": "100000" }).to_string()).await;
    let made = json!({
        "person": "Person 2", "amount": "5/day", "end": "2026-12-24", "guaranteed": true, "tools": ["codex"],
    });
    let promised = with_key(&company.bench, &admin, "post", "/api/v1/grants", &made.to_string()).await;
    assert_eq!(promised.status, 200, "{promised:?}");
    for (body, code) in [
        (set("Person 1", "5/month", Some("*")), "invalid"),
        (set("Person 1", "5/month", Some("")), "invalid"),
        (set(&person, "5/month", None), "invalid"),
        (set("Nobody", "5/month", Some("codex")), "not_found"),
        (set("Person 2", "5/month", Some("codex")), "guaranteed"),
    ] {
        let got = with_key(&company.bench, &admin, "post", "/api/v1/budgets", &body).await;
        assert_eq!(got.code(), code, "{body}: {got:?}");
    }
    let kept = company.get("budgets").await;
    let company = company.bench.restart().await;
    assert_eq!(local(&company, "get", "/api/v1/budgets", "").await, kept, "over a restart");
}

#[tokio::test]
async fn a_key_says_what_its_calls_are_for() {
    let company = Company::new().await;
    let new = |project: &str| json!({ "person": "Person 1", "project": project }).to_string();
    let key = local(&company.bench, "post", "/api/v1/keys", &new("shop/checkout")).await;
    assert_eq!(key["project"], "shop/checkout");
    let admin = company.key("admin", None).await;
    for project in ["", "two words", &"x".repeat(65)] {
        let got = with_key(&company.bench, &admin, "post", "/api/v1/keys", &new(project)).await;
        assert_eq!((got.status, got.code().as_str()), (400, "invalid"), "{project}");
    }
    let bench = company.bench.restart().await;
    let keys = local(&bench, "get", "/api/v1/keys", "").await;
    assert!(keys["items"].as_array().unwrap().iter().any(|key| key["project"] == "shop/checkout"), "{keys}");
}
