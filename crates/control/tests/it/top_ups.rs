//! Requests for more money: asked for, decided, passed on, closed, forgotten; mandates and absences.

use std::sync::Arc;

use purser_control::Agent;
use purser_control::shape::{NewTopUp, Person, SetBudget};
use purser_core::money::Nano;
use serde_json::{Value, json};

use crate::bench::Bench;
use crate::money::{hold, settle};
use crate::web::{Got, local, with_key};

fn nano(text: &str) -> Nano {
    text.parse().unwrap()
}

/// Engineering with Platform below it, and Sales; somebody who leads Engineering, and somebody in Platform.
struct Company {
    bench: Bench,
    lead: Person,
    engineer: Person,
}

impl Company {
    async fn new() -> Self {
        let bench = Bench::new().await;
        for (name, parent) in [("Engineering", Value::Null), ("Platform", json!("Engineering")), ("Sales", Value::Null)]
        {
            let unit = json!({ "name": name, "parent": parent, "zone": "UTC" });
            local(&bench, "post", "/api/v1/units", &unit.to_string()).await;
        }
        let lead = person(&bench, "Lead", "Engineering").await;
        let engineer = person(&bench, "Engineer", "Platform").await;
        bench.grant(&engineer, "20/day").await;
        Self { bench, lead, engineer }
    }

    /// A key with a role, of a person or of a script.
    async fn key(&self, role: &str, person: Option<&Person>) -> String {
        let new = json!({ "label": role, "roles": [role], "person": person.map(|person| person.id) });
        let made = local(&self.bench, "post", "/api/v1/admin-keys", &new.to_string()).await;
        made["key"].as_str().unwrap().to_owned()
    }

    /// The key of whoever leads Engineering.
    async fn lead_key(&self) -> String {
        self.key("manager:Engineering", Some(&self.lead)).await
    }

    async fn post(&self, key: &str, path: &str, body: &Value) -> Got {
        with_key(&self.bench, key, "post", &format!("/api/v1/{path}"), &body.to_string()).await
    }

    /// Asks for the engineer, as a script of people's.
    async fn asked(&self, amount: &str) -> String {
        let made = local(&self.bench, "post", "/api/v1/top-ups", &self.wish(amount).to_string()).await;
        assert_eq!(made["state"], "open", "{made}");
        made["id"].as_str().unwrap().to_owned()
    }

    fn wish(&self, amount: &str) -> Value {
        json!({ "person": self.engineer.id, "amount": amount, "reason": "one more pass", "until": "2026-11-30" })
    }

    async fn decide(&self, key: &str, id: &str, what: &str) -> Got {
        let body = if what == "deny" { json!({ "reason": "not this month" }) } else { json!({}) };
        self.post(key, &format!("top-ups/{id}/{what}"), &body).await
    }

    async fn shown(&self, id: &str) -> Value {
        local(&self.bench, "get", &format!("/api/v1/top-ups/{id}"), "").await["top_up"].clone()
    }

    async fn mandate(&self, key: &str, month: &str, request: &str) -> Got {
        let set = json!({ "manager": self.lead.id, "unit": "Engineering", "per_month": month, "per_request": request });
        self.post(key, "mandates", &set).await
    }

    fn spendable(&self) -> Nano {
        self.bench.control.balances(Some(&self.engineer.id.to_string())).unwrap().items[0].spendable
    }

    async fn agent(&self) -> Agent {
        let key = self.bench.key(&self.engineer).await;
        self.bench.control.agent(key.key.as_deref().unwrap()).unwrap()
    }
}

async fn person(bench: &Bench, name: &str, unit: &str) -> Person {
    let new = json!({ "name": name, "zone": "Europe/Berlin", "unit": unit });
    serde_json::from_value(local(bench, "post", "/api/v1/people", &new.to_string()).await).unwrap()
}

fn refused(got: &Got, status: u16, code: &str) -> String {
    assert_eq!((got.status, got.code().as_str()), (status, code), "{got:?}");
    got.json()["message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_same_is_asked_for_once_and_the_second_is_told_what_is_open() {
    let company = Company::new().await;
    let id = company.asked("5").await;
    let people = company.key("people", None).await;
    let again = company.post(&people, "top-ups", &company.wish("7")).await;
    let told = refused(&again, 409, "conflict");
    assert!(told.contains(&id) && told.contains("asks for 5.00"), "{told}");
    let mut other = company.wish("7");
    other["purpose"] = json!("Launch day");
    let other = company.post(&people, "top-ups", &other).await.json();
    assert_eq!((&other["state"], &other["purpose"]), (&json!("open"), &json!("launch-day")));
    // Taken back, it may be asked for again; and only what is open is taken back.
    assert_eq!(company.decide(&people, &id, "cancel").await.json()["state"], "cancelled");
    assert_eq!(company.decide(&people, &id, "cancel").await.json()["state"], "cancelled", "once more is the same");
    company.asked("7").await;
    let finance = company.key("finance", None).await;
    refused(&company.decide(&finance, &id, "approve").await, 409, "conflict");
}

#[tokio::test]
async fn people_ask_for_themselves_and_for_others_by_their_right() {
    let company = Company::new().await;
    let own = company.key("employee", Some(&company.engineer)).await;
    let mine = json!({ "amount": "5", "reason": "one more pass" });
    let asked = company.post(&own, "top-ups", &mine).await.json();
    assert_eq!(asked["person"], json!(company.engineer.id));
    assert!(!asked["by_agent"].as_bool().unwrap());
    let other = json!({ "person": company.lead.id, "amount": "5", "reason": "for the lead" });
    refused(&company.post(&own, "top-ups", &other).await, 403, "forbidden");
    let lead = company.lead_key().await;
    let mut theirs = company.wish("9");
    theirs["purpose"] = json!("launch");
    let theirs = company.post(&lead, "top-ups", &theirs).await.json();
    // Who asked for others decides about it no more than they do.
    let id = theirs["id"].as_str().unwrap().to_owned();
    refused(&company.decide(&lead, &id, "approve").await, 403, "self_approval");
    let trail = local(&company.bench, "get", "/api/v1/audit", "").await;
    let entry =
        trail["items"].as_array().unwrap().iter().find(|entry| entry["action"] == "ask_top_up").unwrap().clone();
    assert!(entry.to_string().contains(&company.engineer.id.to_string()), "on whose behalf: {entry}");
    // A script that is nobody names somebody.
    let people = company.key("people", None).await;
    refused(&company.post(&people, "top-ups", &mine).await, 400, "invalid");
    let agent = company.agent().await;
    let new =
        NewTopUp { amount: nano("3"), reason: "a big file".to_owned(), until: None, purpose: Some("a-file".into()) };
    let by_agent = agent.request_top_up(new).await.unwrap();
    assert!(by_agent.by_agent && by_agent.key.is_some(), "{by_agent:?}");
    let left = agent.budget_left().await.unwrap();
    assert_eq!(left.top_ups.len(), 3, "an agent is told what waits");
}

#[tokio::test]
async fn a_part_is_approved_from_a_pool_or_under_the_budgets_and_no_more_than_they_have() {
    let company = Company::new().await;
    let finance = company.key("finance", None).await;
    let budget = |amount: &str| serde_json::from_value::<SetBudget>(json!({ "owner": "Platform", "amount": amount }));
    // A daily budget comes again before the last day: what does not fit today is spent later.
    let daily = company.bench.control.set_budget(None, budget("10/day").unwrap()).await.unwrap();
    let id = company.asked("50").await;
    assert_eq!(company.decide(&finance, &id, "approve").await.json()["state"], "approved");
    local(&company.bench, "delete", &format!("/api/v1/budgets/{}", daily.id), "").await;
    company.bench.control.set_budget(None, budget("1200/year").unwrap()).await.unwrap();
    let id = company.asked("5000").await;
    let admin = company.key("admin", None).await;
    let told = refused(&company.decide(&admin, &id, "approve").await, 409, "budget_short");
    assert!(told.contains("Platform has 1200.00 left"), "{told}");
    let path = format!("top-ups/{id}/approve");
    let no_pool = company.post(&admin, &path, &json!({ "pool": "Launch" })).await;
    refused(&no_pool, 404, "not_found");
    local(&company.bench, "post", "/api/v1/pools", r#"{"name": "Launch", "owner": "company"}"#).await;
    local(&company.bench, "post", "/api/v1/pools/Launch/funds", r#"{"amount": "1000"}"#).await;
    refused(&company.post(&admin, &path, &json!({ "pool": "Launch" })).await, 409, "pool_short");
    let some = company.post(&admin, &path, &json!({ "pool": "Launch", "amount": "800", "reason": "half now" })).await;
    let some = some.json();
    assert_eq!(
        (&some["state"], &some["given"], &some["why"]),
        (&json!("approved"), &json!("800.00"), &json!("half now"))
    );
    let pool = local(&company.bench, "get", "/api/v1/pools/Launch", "").await;
    assert_eq!(pool["pool"]["years"][0]["committed"], "800.00", "{pool}");
    assert_eq!(company.spendable(), nano("870"));
}

#[tokio::test]
async fn a_mandate_gives_at_once_until_it_has_given_all_and_not_to_its_own() {
    let company = Company::new().await;
    let finance = company.key("finance", None).await;
    let told = refused(&company.mandate(&finance, "12", "5").await, 400, "invalid");
    assert!(told.contains("leads that unit"), "{told}");
    let lead = company.lead_key().await;
    refused(&company.mandate(&lead, "12", "5").await, 403, "forbidden");
    let own = company.key("finance", Some(&company.lead)).await;
    refused(&company.mandate(&own, "12", "5").await, 403, "self_approval");
    assert_eq!(company.mandate(&finance, "12", "5").await.json()["left"], "12.00");
    let people = company.key("people", None).await;
    for (amount, state) in [("5", "approved"), ("5.01", "open"), ("5", "approved"), ("3", "open")] {
        let asked = company.post(&people, "top-ups", &company.wish(amount)).await.json();
        assert_eq!(asked["state"], state, "{amount}: {asked}");
        let id = asked["id"].as_str().unwrap();
        if state == "open" {
            company.decide(&people, id, "cancel").await;
        } else {
            let by = (&asked["mandate"], &asked["decided_by"]);
            assert_eq!(by, (&json!(company.lead.id), &json!("purser")), "{asked}");
        }
    }
    assert_eq!(company.spendable(), nano("30"));
    let list = with_key(&company.bench, &lead, "get", "/api/v1/mandates", "").await.json();
    assert_eq!((&list["items"][0]["given"], &list["items"][0]["left"]), (&json!("10.00"), &json!("2.00")));
    // Nobody's own, and nobody's who asked.
    for (key, person) in [(&people, &company.lead), (&lead, &company.engineer)] {
        let wish = json!({ "person": person.id, "amount": "1", "reason": "one more pass" });
        let asked = company.post(key, "top-ups", &wish).await.json();
        assert_eq!(asked["state"], "open", "{asked}");
    }
    let Company { bench, lead, engineer } = company;
    let company = Company { bench: bench.restart().await.crash().await, lead, engineer };
    let list = local(&company.bench, "get", "/api/v1/mandates", "").await;
    assert_eq!(list["items"][0]["left"], "2.00", "over a restart and a crash");
    company.bench.clock.set("2026-12-01T12:00:00Z");
    let list = local(&company.bench, "get", "/api/v1/mandates", "").await;
    assert_eq!(list["items"][0]["left"], "12.00", "a new month");
}

#[tokio::test]
async fn a_mandate_is_drawn_on_exactly_by_many_at_once() {
    let company = Arc::new(Company::new().await);
    let finance = company.key("finance", None).await;
    let _lead = company.lead_key().await;
    company.mandate(&finance, "10", "1").await;
    let people = company.key("people", None).await;
    let ask = |number: usize| {
        let (company, people) = (Arc::clone(&company), people.clone());
        tokio::spawn(async move {
            let name = format!("Person {number}");
            let who = person(&company.bench, &name, "Platform").await;
            let wish = json!({ "person": who.id, "amount": "0.75", "reason": "one more pass" });
            company.post(&people, "top-ups", &wish).await.json()["state"].as_str().unwrap().to_owned()
        })
    };
    let asked: Vec<_> = (0..24).map(ask).collect();
    let mut states = Vec::new();
    for one in asked {
        states.push(one.await.unwrap());
    }
    let approved = states.iter().filter(|state| *state == "approved").count();
    assert_eq!(approved, 13, "13 × 0.75 is 9.75, and one more would be too much: {states:?}");
    let list = local(&company.bench, "get", "/api/v1/mandates", "").await;
    assert_eq!((&list["items"][0]["given"], &list["items"][0]["left"]), (&json!("9.75"), &json!("0.25")));
    assert!(company.bench.control.verify_audit().await.unwrap().good);
}

#[tokio::test]
async fn of_two_who_decide_at_once_one_does() {
    let company = Arc::new(Company::new().await);
    let keys = [company.key("finance", None).await, company.key("admin", None).await];
    for (first, second) in [("approve", "approve"), ("approve", "deny"), ("deny", "approve")] {
        let before = company.spendable();
        let id = company.asked("4").await;
        let decide = |key: &String, what: &'static str| {
            let (company, key, id) = (Arc::clone(&company), key.clone(), id.clone());
            tokio::spawn(async move { company.decide(&key, &id, what).await })
        };
        let (one, other) = (decide(&keys[0], first), decide(&keys[1], second));
        let (one, other) = (one.await.unwrap(), other.await.unwrap());
        let is_approved = company.shown(&id).await["state"] == "approved";
        let worked = [&one, &other].iter().filter(|got| got.status == 200).count();
        assert_eq!(worked, if first == second { 2 } else { 1 }, "the same decision is one: {one:?} {other:?}");
        let more = if is_approved { nano("4") } else { Nano::ZERO };
        assert_eq!(company.spendable(), before.checked_add(more).unwrap(), "granted once at most");
    }
}

#[tokio::test]
async fn large_amounts_and_what_nobody_answers_go_up() {
    let company = Company::new().await;
    let (lead, finance) = (company.lead_key().await, company.key("finance", None).await);
    let admin = company.key("admin", None).await;
    let id = company.asked("250.01").await;
    assert_eq!(company.shown(&id).await["desk"], "finance");
    let told = refused(&company.decide(&lead, &id, "approve").await, 403, "forbidden");
    assert!(told.contains("is for finance to decide") && told.contains("a manager can't"), "{told}");
    assert_eq!(company.decide(&finance, &id, "approve").await.status, 200);
    let id = company.asked("2500.01").await;
    refused(&company.decide(&finance, &id, "deny").await, 403, "forbidden");
    assert_eq!(company.decide(&admin, &id, "deny").await.json()["why"], "not this month");

    let id = company.asked("5").await;
    let tend = async |at: &str| {
        company.bench.clock.set(at);
        company.bench.control.tend_top_ups().await.unwrap()
    };
    assert_eq!(tend("2026-11-25T11:59:59Z").await, (0, 0));
    assert_eq!(tend("2026-11-25T12:00:00Z").await, (1, 0));
    refused(&company.decide(&lead, &id, "approve").await, 403, "forbidden");
    assert_eq!(tend("2026-11-26T12:00:00Z").await, (1, 0));
    refused(&company.decide(&finance, &id, "approve").await, 403, "forbidden");
    assert_eq!(tend("2026-11-27T12:00:00Z").await, (0, 0), "there is nobody above");
    // The thirtieth is the last day on which it could be spent, in Berlin.
    assert_eq!(tend("2026-11-30T22:59:59Z").await, (0, 0));
    company.bench.clock.set("2026-11-30T23:00:00Z");
    assert_eq!(company.shown(&id).await["state"], "expired", "also before the job has looked");
    let told = refused(&company.decide(&admin, &id, "approve").await, 409, "conflict");
    assert!(told.contains("closed at 2026-11-30T23:00:00Z without a decision"), "{told}");
    assert_eq!(tend("2026-11-30T23:00:00Z").await, (0, 1));
    let left = company.agent().await.budget_left().await.unwrap();
    assert!(left.top_ups.iter().any(|one| one.id.to_string() == id), "whoever asked is told: {left:?}");
    let list = local(&company.bench, "get", "/api/v1/top-ups?state=expired", "").await;
    assert_eq!(list["total"], 1);
}

#[tokio::test]
async fn somebody_decides_for_whoever_is_away_and_the_trail_says_for_whom() {
    let company = Company::new().await;
    let _lead = company.lead_key().await;
    let deputy = person(&company.bench, "Deputy", "Sales").await;
    let deputy_key = company.key("employee", Some(&deputy)).await;
    let lead_own = company.key("employee", Some(&company.lead)).await;
    let id = company.asked("5").await;
    refused(&company.decide(&deputy_key, &id, "approve").await, 403, "forbidden");
    let away = |delegate: &str| json!({ "delegate": delegate, "from": "2026-11-24", "until": "2026-11-25" });
    refused(&company.post(&lead_own, "absences", &away("Deputy")).await, 403, "forbidden");
    let said = company.post(&lead_own, "absences", &away(&deputy.id.to_string())).await.json();
    assert_eq!((&said["away_now"], &said["person"]), (&json!(true), &json!(company.lead.id)));
    // What was lent is to decide, for the people who the one away leads, and nothing else.
    let list = with_key(&company.bench, &deputy_key, "get", "/api/v1/top-ups", "").await.json();
    assert_eq!(list["total"], 1);
    let grants = with_key(&company.bench, &deputy_key, "get", "/api/v1/grants", "").await.json();
    assert_eq!(grants["total"], 0, "{grants}");
    let large = json!({ "person": company.engineer.id, "amount": "300", "reason": "a lot", "purpose": "launch" });
    let large = local(&company.bench, "post", "/api/v1/top-ups", &large.to_string()).await;
    let large = large["id"].as_str().unwrap().to_owned();
    refused(&company.decide(&deputy_key, &large, "approve").await, 403, "forbidden");
    let own = json!({ "person": deputy.id, "amount": "1", "reason": "mine" });
    let own = local(&company.bench, "post", "/api/v1/top-ups", &own.to_string()).await;
    refused(&company.decide(&deputy_key, own["id"].as_str().unwrap(), "approve").await, 403, "forbidden");
    let leads = json!({ "person": company.lead.id, "amount": "1", "reason": "the lead's" });
    let leads = local(&company.bench, "post", "/api/v1/top-ups", &leads.to_string()).await;
    let leads = leads["id"].as_str().unwrap().to_owned();
    refused(&company.decide(&deputy_key, &leads, "approve").await, 403, "forbidden");
    let done = company.decide(&deputy_key, &id, "approve").await.json();
    assert_eq!((&done["state"], &done["for_absent_name"]), (&json!("approved"), &json!("Lead")), "{done}");
    let trail = local(&company.bench, "get", "/api/v1/audit", "").await;
    let decided = |entry: &&Value| entry["action"] == "approve_top_up" && entry["outcome"] == "made";
    let entry = trail["items"].as_array().unwrap().iter().find(decided).unwrap();
    assert_eq!(entry["on_behalf_of"], json!(company.lead.id), "{entry}");
    // Midnight in Berlin, where the lead is.
    let id = company.asked("5").await;
    company.bench.clock.set("2026-11-25T23:00:00Z");
    refused(&company.decide(&deputy_key, &id, "deny").await, 403, "forbidden");
    let gone =
        with_key(&company.bench, &lead_own, "delete", &format!("/api/v1/absences/{}", company.lead.id), "").await;
    assert_eq!(gone.status, 200, "{gone:?}");
    let again =
        with_key(&company.bench, &lead_own, "delete", &format!("/api/v1/absences/{}", company.lead.id), "").await;
    refused(&again, 404, "not_found");
}

#[tokio::test]
async fn a_decider_is_told_what_there_is_to_know_and_each_only_what_is_theirs() {
    let company = Company::new().await;
    let budget: SetBudget = serde_json::from_value(json!({ "owner": "Engineering", "amount": "900/month" })).unwrap();
    company.bench.control.set_budget(None, budget).await.unwrap();
    let key = company.bench.key(&company.engineer).await;
    settle(&company.bench, hold(&company.bench, &key, "18"), "15");
    local(&company.bench, "post", "/api/v1/pools", r#"{"name": "Launch", "owner": "company"}"#).await;
    local(&company.bench, "post", "/api/v1/pools/Launch/funds", r#"{"amount": "1000"}"#).await;
    let finance = company.key("finance", None).await;
    let first = company.asked("2").await;
    company.decide(&finance, &first, "approve").await;
    let id = company.asked("5").await;
    let context = async |key: &str| {
        let got = with_key(&company.bench, key, "get", &format!("/api/v1/top-ups/{id}"), "").await;
        got.json()["context"].clone()
    };
    let all = context(&finance).await;
    assert_eq!((&all["spent"], &all["per_day"], &all["days"]), (&json!("15.00"), &json!("15.00"), &json!(1)), "{all}");
    assert_eq!((&all["left"], &all["given_in_30_days"]), (&json!("7.00"), &json!("2.00")));
    assert_eq!((&all["budgets"][0]["left"], &all["pools"][0]["free"]), (&json!("885.00"), &json!("1000.00")));
    assert_eq!((&all["last"][0]["id"], &all["last"].as_array().unwrap().len()), (&json!(first), &1));
    let lead = context(&company.lead_key().await).await;
    assert_eq!((&lead["pools"], &lead["budgets"][0]["owner_name"]), (&json!([]), &json!("Engineering")));
    let own = context(&company.key("employee", Some(&company.engineer)).await).await;
    assert_eq!((&own["pools"], &own["budgets"], &own["spent"]), (&json!([]), &json!([]), &json!("15.00")));
    let elsewhere = company.key("manager:Sales", None).await;
    let got = with_key(&company.bench, &elsewhere, "get", &format!("/api/v1/top-ups/{id}"), "").await;
    refused(&got, 403, "forbidden");
}

#[tokio::test]
async fn what_is_usual_is_told_where_there_are_five_peers_and_to_whoever_sees_others() {
    let bench = crate::offers::company("900000").await;
    let engineer = crate::offers::hired(&bench).await;
    let company = Company { lead: person(&bench, "Lead", "Everybody").await, engineer, bench };
    let id = company.asked("5").await;
    let finance = company.key("finance", None).await;
    let own = company.key("employee", Some(&company.engineer)).await;
    let usual = async |key: &str| {
        let got = with_key(&company.bench, key, "get", &format!("/api/v1/top-ups/{id}"), "").await;
        let context = got.json()["context"].clone();
        (context["peers"].clone(), context["peers_per_day"].clone())
    };
    for (count, spent) in (1..).zip(["9", "1", "7", "3", "5", "0"]) {
        let peer = crate::offers::hired(&company.bench).await;
        company.bench.grant(&peer, "20/day").await;
        if spent != "0" {
            let key = company.bench.key(&peer).await;
            settle(&company.bench, hold(&company.bench, &key, "10"), spent);
        }
        let told = match count {
            5 => (json!(5), json!("5.00")),
            // Of an even number the lower middle one; who spent nothing counts.
            6 => (json!(6), json!("3.00")),
            _ => (Value::Null, Value::Null),
        };
        assert_eq!(usual(&finance).await, told, "{count} peers");
        assert_eq!(usual(&own).await, (Value::Null, Value::Null));
    }
}

#[tokio::test]
async fn what_was_said_is_erased_when_somebody_leaves_and_the_chain_stays() {
    let company = Company::new().await;
    let finance = company.key("finance", None).await;
    let first = company.asked("2").await;
    company.decide(&finance, &first, "deny").await;
    let second = company.asked("3").await;
    assert_eq!(company.shown(&second).await["reason"], "one more pass");
    company.bench.control.remove_person(None, &company.engineer.id.to_string()).await.unwrap();
    for id in [&first, &second] {
        let shown = company.shown(id).await;
        assert_eq!((&shown["reason"], &shown["why"]), (&Value::Null, &Value::Null), "{shown}");
    }
    assert_eq!(company.shown(&second).await["state"], "expired");
    assert_eq!(company.bench.control.tend_top_ups().await.unwrap(), (0, 1));
    assert_eq!(company.bench.control.forget_top_ups().await.unwrap(), 0, "there is nothing left");
    assert!(company.bench.control.verify_audit().await.unwrap().good);
    // Nothing of it is in the files.
    let database = std::fs::read(company.bench.folder().join("purser.db")).unwrap();
    let told = |text: &str| database.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(!told("one more pass") && !told("not this month"));
}
