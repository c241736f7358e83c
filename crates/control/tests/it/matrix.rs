//! Every role at every route: what the matrix says is what is answered.

use purser_control::api::{ENDPOINTS, Endpoint};
use purser_control::shape::{MovePerson, NewAdminKey, NewUnit, Person, SetBudget};
use purser_control::{Permission, Profile, Reach, Role};
use purser_core::id::RunId;

use crate::bench::Bench;
use crate::money::{hold, settle_as};
use crate::web::{Got, ask, local, with_key};

/// A company with somebody in a unit below the manager's, and somebody elsewhere.
struct Company {
    bench: Bench,
    near: Known,
    far: Known,
    /// A key by role, in the order of the matrix.
    keys: Vec<(Role, String)>,
}

/// Somebody, and the key they make calls with.
struct Known {
    grant: String,
    person: Person,
    key: String,
    budget: String,
    /// A stop of that key.
    stop: String,
    /// A run of theirs.
    run: String,
    /// A request for more money, and the outcome of something.
    top_up: String,
    outcome: String,
    /// An alarm of theirs, and what mutes the kind that there is none of.
    alarm: String,
    mute: String,
    /// Who decides while they are away.
    delegate: String,
}

impl Company {
    async fn new() -> Self {
        let bench = Bench::new().await;
        for (name, parent) in [("Engineering", None), ("Platform", Some("Engineering")), ("Sales", None)] {
            let unit = NewUnit {
                name: name.to_owned(),
                parent: parent.map(str::to_owned),
                zone: "UTC".to_owned(),
                cost_centre: None,
            };
            bench.control.add_unit(None, unit).await.unwrap();
        }
        let delegate = bench.person("Person 3").await.id.to_string();
        let mut near = known(&bench, "Person 1", "Platform", &delegate).await;
        let mut far = known(&bench, "Person 2", "Sales", &delegate).await;
        raise(&bench, [&mut near, &mut far]).await;
        let mut keys = Vec::new();
        for role in Role::ALL {
            let word = if role == Role::Manager { "manager:Engineering".to_owned() } else { role.to_string() };
            let person = (role == Role::Employee).then(|| near.person.id.to_string());
            let new = NewAdminKey { label: role.to_string(), roles: vec![word], person };
            let key = bench.control.add_admin_key(None, new).await.unwrap();
            keys.push((role, key.key.unwrap()));
        }
        // Else one person's return is for that person alone.
        local(&bench, "put", "/api/v1/roi/policy", r#"{"open": true}"#).await;
        // Their own one is placed by whoever has the employee's key.
        local(&bench, "delete", &format!("/api/v1/stops/{}", near.stop), "").await;
        let (_, employee) = keys.iter().find(|(role, _)| *role == Role::Employee).unwrap();
        let body = format!(r#"{{"on": {{"key": "{}"}}}}"#, near.key);
        let placed = with_key(&bench, employee, "post", "/api/v1/stops", &body).await;
        placed.json()["id"].as_str().unwrap().clone_into(&mut near.stop);
        Self { bench, near, far, keys }
    }
}

/// An alarm of each.
async fn raise(bench: &Bench, all: [&mut Known; 2]) {
    local(bench, "post", "/api/v1/alarms/rules", r#"{"used_percent": [1], "shortest": "day"}"#).await;
    bench.control.tend_alarms().await.unwrap();
    for of in all {
        let person = of.person.id;
        let list = local(bench, "get", &format!("/api/v1/alarms?person={person}"), "").await;
        list["items"][0]["id"].as_str().unwrap().clone_into(&mut of.alarm);
        let mute = serde_json::json!({ "person": person, "kind": "speed", "until": "2026-12-24" }).to_string();
        let mute = local(bench, "post", "/api/v1/alarms/mutes", &mute).await;
        mute["id"].as_str().unwrap().clone_into(&mut of.mute);
    }
}

async fn known(bench: &Bench, name: &str, unit: &str, delegate: &str) -> Known {
    let person = bench.person(name).await;
    let id = person.id.to_string();
    bench.control.move_person(None, &id, MovePerson { unit: unit.to_owned(), from: None }).await.unwrap();
    bench.grant(&person, "7.31/day").await;
    let key = bench.key(&person).await;
    let budget: SetBudget =
        serde_json::from_value(serde_json::json!({ "owner": key.id, "amount": "900/month" })).unwrap();
    let budget = bench.control.set_budget(None, budget).await.unwrap();
    // Before it is stopped.
    let run = RunId::new(person.id.get());
    settle_as(bench, hold(bench, &key, "5"), "0.25", |record| record.run = Some(run));
    let stop = local(bench, "post", "/api/v1/stops", &format!(r#"{{"on": {{"key": "{}"}}}}"#, key.id)).await;
    let stop = stop["id"].as_str().unwrap().to_owned();
    let grant = bench.control.grants(Some(&id)).unwrap().items.remove(0).id.to_string();
    let agent = bench.control.agent(key.key.as_deref().unwrap()).unwrap();
    let top_up = serde_json::json!({ "amount": "1", "reason": "one more pass" });
    let top_up = agent.request_top_up(serde_json::from_value(top_up).unwrap()).await.unwrap().id.to_string();
    let outcome = serde_json::from_value(serde_json::json!({ "kind": "report" })).unwrap();
    let outcome = agent.log_outcome(outcome).await.unwrap().id.to_string();
    let (key, budget, run) = (key.id.to_string(), budget.id.to_string(), run.to_string());
    // They lead their unit, have a mandate for it, and are away.
    let role = format!("manager:{unit}");
    let leads = serde_json::json!({ "label": role, "roles": [role], "person": id }).to_string();
    local(bench, "post", "/api/v1/admin-keys", &leads).await;
    let mandate = serde_json::json!({ "manager": id, "unit": unit, "per_month": "50" }).to_string();
    local(bench, "post", "/api/v1/mandates", &mandate).await;
    local(bench, "post", "/api/v1/absences", &away(&id, delegate)).await;
    let (alarm, mute, delegate) = (String::new(), String::new(), delegate.to_owned());
    Known { grant, person, key, budget, stop, run, top_up, outcome, alarm, mute, delegate }
}

fn away(person: &str, delegate: &str) -> String {
    serde_json::json!({ "person": person, "delegate": delegate, "until": "2026-12-24" }).to_string()
}

/// A request that this route understands well enough to answer otherwise than "not allowed".
fn any(endpoint: &Endpoint) -> (String, &'static str) {
    (endpoint.path.replace("{id}", "nothing"), if endpoint.method == "get" { "" } else { "{}" })
}

/// How a right over some things shows at a route that is open to one.
enum Narrow {
    /// A list: one's things are in it and others' are not.
    List(String, String),
    /// A request about somebody: path and body.
    About(String, String),
}

/// The case of a route that is open to rights over some things: about somebody. A new one needs a line here.
fn narrow(endpoint: &Endpoint, of: &Known) -> Option<Narrow> {
    let person = of.person.id.to_string();
    let about = |path: String| Some(Narrow::About(path, String::new()));
    let list = |query: &str, has: &str| Some(Narrow::List(format!("{}{query}", endpoint.path), has.to_owned()));
    match endpoint.action {
        "people" | "grants" | "balances" | "mandates" | "absences" | "export_statements" => list("", &person),
        "keys" => list("", &of.key),
        "budgets" => list("", &of.budget),
        "stops" => list("", &of.stop),
        "top_ups" => list("", &of.top_up),
        "outcomes" => list("", &of.outcome),
        "alarms" => list("?all=true", &of.alarm),
        "mutes" => list("", &of.mute),
        "alarm" => about(endpoint.path.replace("{id}", &of.alarm)),
        "acknowledge_alarm" => Some(Narrow::About(endpoint.path.replace("{id}", &of.alarm), "{}".to_owned())),
        "mute_alarms" => {
            let body = format!(r#"{{"person": "{person}", "kind": "used", "until": "2026-12-24"}}"#);
            Some(Narrow::About(endpoint.path.to_owned(), body))
        }
        "end_mute" => about(endpoint.path.replace("{id}", &of.mute)),
        "top_up" | "cancel_top_up" => about(endpoint.path.replace("{id}", &of.top_up)),
        "approve_top_up" | "deny_top_up" => {
            let body = if endpoint.action == "deny_top_up" { r#"{"reason": "not now"}"# } else { "{}" };
            Some(Narrow::About(endpoint.path.replace("{id}", &of.top_up), body.to_owned()))
        }
        "ask_top_up" => {
            let body = format!(r#"{{"person": "{person}", "amount": "1", "reason": "one more pass"}}"#);
            Some(Narrow::About(endpoint.path.to_owned(), body))
        }
        "set_absence" => Some(Narrow::About(endpoint.path.to_owned(), away(&person, &of.delegate))),
        "place_stop" => Some(Narrow::About(endpoint.path.to_owned(), format!(r#"{{"on": {{"key": "{}"}}}}"#, of.key))),
        "lift_stop" => about(endpoint.path.replace("{id}", &of.stop)),
        "person" | "person_cost" | "person_export" | "statement" | "statement_document" | "rewards"
        | "rewards_document" | "trace" | "end_absence" => about(endpoint.path.replace("{id}", &person)),
        "record_observed" => {
            let body = format!(r#"{{"person": "{person}", "requests": []}}"#);
            Some(Narrow::About(endpoint.path.to_owned(), body))
        }
        "observed" | "usage_rows" | "usage_history" | "charges" | "denials" | "flags" | "forecast"
        | "forecast_test" | "returns" => about(format!("{}?person={person}", endpoint.path)),
        "runs" | "burning" => list("", &of.run),
        "run" | "run_timeline" | "confirm_run" => about(endpoint.path.replace("{id}", &of.run)),
        "record_outcomes" => {
            let body = format!(r#"{{"outcomes": [{{"person": "{person}", "kind": "report"}}]}}"#);
            Some(Narrow::About(endpoint.path.to_owned(), body))
        }
        "import_outcomes" => {
            let body = format!(r#"{{"csv": "person,kind\n{person},report\n"}}"#);
            Some(Narrow::About(endpoint.path.to_owned(), body))
        }
        "erase_outcome" => about(endpoint.path.replace("{id}", &of.outcome)),
        "give" => {
            let body = format!(r#"{{"to": "{}", "amount": "1"}}"#, of.grant);
            Some(Narrow::About(endpoint.path.replace("{id}", &of.grant), body))
        }
        "add_key" => Some(Narrow::About(endpoint.path.to_owned(), format!(r#"{{"person": "{person}"}}"#))),
        "revoke_key" => about(endpoint.path.replace("{id}", &of.key)),
        _ => None,
    }
}

fn allowed(got: &Got) -> bool {
    !matches!(got.status, 401 | 403) && got.status < 500
}

#[tokio::test]
async fn every_route_has_allowed_and_refused_cases_and_they_are_answered_so() {
    walk(Profile::Standard).await;
}

#[tokio::test]
async fn under_the_works_councils_profile_managers_see_nobodys_usage_at_any_route() {
    walk(Profile::WorksCouncil).await;
}

async fn walk(profile: Profile) {
    let Company { bench, near, far, keys } = Company::new().await;
    let set = serde_json::json!({ "profile": profile }).to_string();
    local(&bench, "put", "/api/v1/privacy/profile", &set).await;
    let mut cases = 0;
    for endpoint in ENDPOINTS {
        let Endpoint { method, path, permission, .. } = endpoint;
        let (some_path, body) = any(endpoint);
        let stranger = ask(&bench, method, &some_path, &[], body).await;
        let Some(permission) = permission else {
            assert_eq!(stranger.status, 400, "whoever signs in is nobody yet: {stranger:?}");
            continue;
        };
        assert_eq!(stranger.status, 401, "{method} {path}: {stranger:?}");
        let (mut yes, mut no) = (0, 1);
        for (role, key) in &keys {
            let case = format!("{method} {path} as {role}");
            match permission.reach_under(profile, *role) {
                Reach::All => {
                    let got = with_key(&bench, key, method, &some_path, body).await;
                    assert!(allowed(&got), "{case}: {got:?}");
                    yes += 1;
                }
                Reach::Refused => {
                    let got = with_key(&bench, key, method, &some_path, body).await;
                    assert_eq!((got.status, got.code().as_str()), (403, "forbidden"), "{case}: {got:?}");
                    no += 1;
                }
                // Nobody leads five people here.
                Reach::Groups => {
                    for of in [&near, &far] {
                        let of = narrow(endpoint, of).unwrap_or_else(|| panic!("{case}: no case for some things only"));
                        match of {
                            Narrow::List(path, own) => {
                                let got = with_key(&bench, key, method, &path, body).await;
                                assert!(allowed(&got) && !got.text.contains(&own), "{case}: {got:?}");
                                yes += 1;
                            }
                            Narrow::About(path, body) => {
                                let got = with_key(&bench, key, method, &path, &body).await;
                                assert_eq!(got.status, 403, "{case}: {got:?}");
                                no += 1;
                            }
                        }
                    }
                }
                Reach::Own | Reach::Subtree => {
                    let here =
                        narrow(endpoint, &near).unwrap_or_else(|| panic!("{case}: no case for some things only"));
                    match (here, narrow(endpoint, &far).unwrap()) {
                        (Narrow::List(path, own), Narrow::List(_, others)) => {
                            let got = with_key(&bench, key, method, &path, body).await;
                            assert!(allowed(&got) && got.text.contains(&own), "{case}: {got:?}");
                            assert!(!got.text.contains(&others), "{case}: {got:?}");
                        }
                        (Narrow::About(path, body), Narrow::About(others_path, others_body)) => {
                            let got = with_key(&bench, key, method, &path, &body).await;
                            assert!(allowed(&got), "{case}: {got:?}");
                            let got = with_key(&bench, key, method, &others_path, &others_body).await;
                            assert_eq!(got.status, 403, "{case}: {got:?}");
                        }
                        _ => unreachable!("one route, one kind of case"),
                    }
                    yes += 1;
                    no += 1;
                }
            }
            cases += 1;
        }
        assert!(yes > 0 && no > 0, "{method} {path} has {yes} allowed and {no} refused cases");
    }
    assert_eq!(cases, (ENDPOINTS.len() - 1) * Role::ALL.len());
}

#[tokio::test]
async fn every_permission_is_of_use_somewhere() {
    for permission in Permission::ALL {
        let route = ENDPOINTS.iter().any(|endpoint| endpoint.permission == Some(*permission));
        // These two are about what stands in answers, whatever route they come by.
        let in_answers = matches!(permission, Permission::ConfidentialAmounts | Permission::UnderUseRead);
        assert!(route || in_answers, "{permission:?}");
    }
}

#[tokio::test]
async fn names_of_people_elsewhere_tell_nothing() {
    let Company { bench, keys, .. } = Company::new().await;
    for role in [Role::Manager, Role::Employee] {
        let (_, key) = keys.iter().find(|(of, _)| *of == role).unwrap();
        let there = with_key(&bench, key, "get", "/api/v1/people/Person%202", "").await;
        let nowhere = with_key(&bench, key, "get", "/api/v1/people/Nobody", "").await;
        assert_eq!((there.status, &there.text), (nowhere.status, &nowhere.text), "the same for both");
        let rows = with_key(&bench, key, "get", "/api/v1/usage?by=person", "").await;
        assert_eq!(rows.status, 200, "{rows:?}");
    }
    let (_, manager) = keys.iter().find(|(of, _)| *of == Role::Manager).unwrap();
    let all = with_key(&bench, manager, "get", "/api/v1/charges", "").await;
    assert_eq!(all.status, 403, "a manager names somebody: {all:?}");
}

#[tokio::test]
async fn an_employees_own_amounts_are_nobody_elses() {
    let Company { bench, far, keys, .. } = Company::new().await;
    bench.grant(&far.person, "733.19/month").await;
    for (role, sees) in [(Role::Employee, false), (Role::Manager, false), (Role::People, true), (Role::Auditor, true)] {
        let (_, key) = keys.iter().find(|(of, _)| *of == role).unwrap();
        let mut bodies = String::new();
        for endpoint in ENDPOINTS.iter().filter(|endpoint| endpoint.method == "get") {
            for path in [endpoint.path.to_owned(), endpoint.path.replace("{id}", &far.person.id.to_string())] {
                bodies.push_str(&with_key(&bench, key, "get", &path, "").await.text);
            }
        }
        assert_eq!(bodies.contains("733.19"), sees, "{role}");
    }
}
