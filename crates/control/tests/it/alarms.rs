//! Alarms: raised once, told to whom they may be, acknowledged, muted, ruled, previewed; forecasts beside them.

use purser_control::jobs;
use purser_control::shape::Person;
use purser_core::breaker::Breaker;
use serde_json::{Value, json};

use crate::bench::Bench;
use crate::money::{hold, settle};
use crate::web::{Got, local, with_key};

async fn key(bench: &Bench, role: &str, person: Option<&Person>) -> String {
    let new = json!({ "label": role, "roles": [role], "person": person.map(|person| person.id) });
    let made = local(bench, "post", "/api/v1/admin-keys", &new.to_string()).await;
    made["key"].as_str().unwrap().to_owned()
}

async fn person(bench: &Bench, name: &str, unit: &str) -> Person {
    let new = json!({ "name": name, "zone": "UTC", "unit": unit });
    serde_json::from_value(local(bench, "post", "/api/v1/people", &new.to_string()).await).unwrap()
}

/// Engineering and Sales, and somebody in each.
async fn company() -> (Bench, Person, Person) {
    let bench = Bench::new().await;
    for name in ["Engineering", "Sales"] {
        local(&bench, "post", "/api/v1/units", &json!({ "name": name, "zone": "UTC" }).to_string()).await;
    }
    let (engineer, seller) = (person(&bench, "Engineer", "Engineering").await, person(&bench, "Seller", "Sales").await);
    (bench, engineer, seller)
}

async fn spend(bench: &Bench, person: &Person, amount: &str) {
    let key = bench.key(person).await;
    settle(bench, hold(bench, &key, amount), amount);
}

/// Each alarm of a list as kind, level, state and percent.
fn told(list: &Value) -> Vec<String> {
    let one = |alarm: &Value| {
        let word = |field: &str| alarm[field].as_str().unwrap_or_default().to_owned();
        let percent = alarm["percent"].as_u64().map(|percent| format!(" {percent}")).unwrap_or_default();
        format!("{} {} {}{percent}", word("kind"), word("level"), word("state"))
    };
    list["items"].as_array().unwrap().iter().map(one).collect()
}

async fn alarms(bench: &Bench, query: &str) -> Value {
    local(bench, "get", &format!("/api/v1/alarms{query}"), "").await
}

async fn seen_by(bench: &Bench, key: &str, query: &str) -> Vec<String> {
    let got = with_key(bench, key, "get", &format!("/api/v1/alarms{query}"), "").await;
    assert_eq!(got.status, 200, "{got:?}");
    told(&got.json())
}

async fn post(bench: &Bench, key: &str, path: &str, body: Value) -> Got {
    with_key(bench, key, "post", &format!("/api/v1/{path}"), &body.to_string()).await
}

#[tokio::test]
async fn each_threshold_of_an_allowance_is_told_once_in_its_period() {
    let (bench, engineer, _) = company().await;
    bench.grant(&engineer, "100/month").await;
    // A November of seven days releases a share.
    bench.clock.set("2026-12-01T09:00:00Z");
    jobs::once(&bench.control).await;
    assert_eq!(told(&alarms(&bench, "").await), [""; 0]);
    spend(&bench, &engineer, "55").await;
    for _ in 0..3 {
        jobs::once(&bench.control).await;
    }
    assert_eq!(told(&alarms(&bench, "").await), ["used note open 50"]);
    // A restart forgets nothing and tells nothing twice.
    let bench = bench.restart().await;
    jobs::once(&bench.control).await;
    let list = alarms(&bench, "").await;
    assert_eq!(told(&list), ["used note open 50"]);
    assert_eq!(list["items"][0]["seen"], "50% is used: 55.00 of 100.00, until 2027-01-01");
    spend(&bench, &engineer, "26").await;
    jobs::once(&bench.control).await;
    spend(&bench, &engineer, "19").await;
    jobs::once(&bench.control).await;
    let all = ["used critical open 100", "used warn open 80", "used note open 50"];
    let list = alarms(&bench, "").await;
    let mut words = told(&list);
    words.sort_unstable();
    assert_eq!(words, {
        let mut all = all;
        all.sort_unstable();
        all
    });
    // The next month begins anew.
    bench.clock.set("2027-01-02T09:00:00Z");
    jobs::once(&bench.control).await;
    assert_eq!(told(&alarms(&bench, "").await), [""; 0], "what was is over");
    assert_eq!(told(&alarms(&bench, "?all=true&kind=used").await).len(), 3);
    spend(&bench, &engineer, "60").await;
    jobs::once(&bench.control).await;
    assert_eq!(told(&alarms(&bench, "?kind=used").await), ["used note open 50"]);
}

#[tokio::test]
async fn a_budget_of_a_unit_is_told_of_to_whoever_leads_it() {
    let (bench, engineer, seller) = company().await;
    bench.grant(&engineer, "1000/month").await;
    local(&bench, "post", "/api/v1/budgets", r#"{"owner": "Engineering", "amount": "200/month"}"#).await;
    spend(&bench, &engineer, "170").await;
    jobs::once(&bench.control).await;
    let list = alarms(&bench, "").await;
    let of_unit: Vec<_> = list["items"].as_array().unwrap().iter().filter(|one| one["unit"].is_string()).collect();
    assert_eq!((&of_unit[0]["name"], &of_unit[0]["percent"]), (&json!("Engineering"), &json!(80)));
    let (lead, other) = (key(&bench, "manager:Engineering", None).await, key(&bench, "manager:Sales", None).await);
    assert!(seen_by(&bench, &lead, "").await.contains(&"used warn open 80".to_owned()));
    assert_eq!(seen_by(&bench, &other, "").await, [""; 0]);
    let own = key(&bench, "employee", Some(&seller)).await;
    assert_eq!(seen_by(&bench, &own, "").await, [""; 0], "a unit's is not everybody's");
}

#[tokio::test]
async fn money_that_will_not_last_is_told_with_the_day_on_which_it_ends() {
    let (bench, engineer, _) = company().await;
    bench.grant(&engineer, "600/month").await;
    let call = bench.key(&engineer).await;
    // Twenty-five a working day, from 24 November on.
    let mut day: jiff::civil::Date = "2026-11-24".parse().unwrap();
    while day < "2026-12-15".parse().unwrap() {
        bench.clock.set(&format!("{day}T15:00:00Z"));
        if day.weekday().to_monday_zero_offset() < 5 {
            settle(&bench, hold(&bench, &call, "25"), "25");
        }
        day = day.tomorrow().unwrap();
    }
    jobs::once(&bench.control).await;
    let forecast = local(&bench, "get", "/api/v1/forecast?person=Engineer", "").await["items"][0].clone();
    assert_eq!((&forecast["workday"], &forecast["day_off"]), (&json!("25.00"), &json!("0.00")), "{forecast}");
    // Ten days at 25 so far; today is one of them; 13 of December's 23 working days are to come.
    assert_eq!((&forecast["month"]["spent"], &forecast["month"]["expected"]), (&json!("250.00"), &json!("575.00")));
    let period = &forecast["period"];
    assert_eq!((&period["left"], &period["expected"]), (&json!("350.00"), &json!("325.00")));
    assert_eq!(period["gone"], Value::Null, "it lasts");
    assert_eq!((&period["low"], &period["high"]), (&json!("325.00"), &json!("325.00")), "it was never otherwise");
    let company = local(&bench, "get", "/api/v1/forecast", "").await["items"][0].clone();
    assert_eq!((&company["of"], &company["month"]["expected"]), (&json!("company"), &json!("575.00")));
    let units = local(&bench, "get", "/api/v1/forecast?by=unit", "").await;
    let unit = |name: &str| units["items"].as_array().unwrap().iter().find(|one| one["name"] == name).unwrap().clone();
    assert_eq!(unit("Engineering")["month"]["expected"], "575.00");
    assert_eq!(unit("Sales")["month"]["expected"], "0.00");
    assert_eq!(told(&alarms(&bench, "").await), [""; 0]);
    // A dear day: what is left are seven of the thirteen working days to come, and a part of the eighth.
    settle(&bench, hold(&bench, &call, "160"), "160");
    jobs::once(&bench.control).await;
    let list = alarms(&bench, "?kind=runs_out").await;
    assert_eq!(told(&list), ["runs_out warn open"]);
    let seen = list["items"][0]["seen"].as_str().unwrap();
    assert!(seen.starts_with("at this pace the money until 2027-01-01 ends on 2026-12-24"), "{seen}");
    // Whoever decides about a top-up is told the same.
    let asked = json!({ "person": engineer.id, "amount": "100", "reason": "a long migration" });
    let asked = local(&bench, "post", "/api/v1/top-ups", &asked.to_string()).await;
    let id = asked["id"].as_str().unwrap();
    let context = local(&bench, "get", &format!("/api/v1/top-ups/{id}"), "").await["context"].clone();
    let again = local(&bench, "get", "/api/v1/forecast?person=Engineer", "").await["items"][0].clone();
    assert_eq!(context["gone"], again["period"]["gone"]);
    let test = local(&bench, "get", "/api/v1/forecast/back-test?person=Engineer&days=84", "").await;
    assert_eq!((&test["items"][0]["days"], &test["within_percent"]), (&json!(7), &json!(80)));
    assert_eq!(test["items"][0]["forecasts"], 0, "three weeks are too few to look back on");
}

/// $5,000 of $500,000: critical after twelve months, none three weeks after the start.
#[tokio::test]
async fn hardly_any_use_is_told_to_whoever_can_help_and_not_in_the_first_weeks() {
    let (bench, engineer, seller) = company().await;
    let costs = json!({ "set": { "pay": { "salary": "400000" }, "benefits": { "of_salary": "20" },
        "overhead": { "per_year": "20000" } } });
    local(&bench, "post", "/api/v1/costs", &costs.to_string()).await;
    for person in [&engineer, &seller] {
        bench.grant(person, "10000/month").await;
    }
    spend(&bench, &engineer, "100").await;
    spend(&bench, &seller, "100").await;
    bench.clock.set("2026-12-15T12:00:00Z");
    jobs::once(&bench.control).await;
    assert_eq!(told(&alarms(&bench, "?all=true").await), [""; 0], "three weeks after they came");
    for month in ["2027-03", "2027-07", "2027-11"] {
        bench.clock.set(&format!("{month}-10T12:00:00Z"));
        spend(&bench, &engineer, "1633.33").await;
        spend(&bench, &seller, "9000").await;
    }
    bench.clock.set("2027-11-24T12:00:00Z");
    jobs::once(&bench.control).await;
    let list = alarms(&bench, "?kind=under_use").await;
    assert_eq!(told(&list), ["under_use critical open"], "{list}");
    let alarm = &list["items"][0];
    assert_eq!((&alarm["person"], &alarm["used"]), (&json!(engineer.id), &json!("4999.99")));
    assert!(alarm["hint"].as_str().unwrap().starts_with("No target is missed"), "{alarm}");
    // Ids may have any digits in them.
    let told_of = list.to_string().replace(&engineer.id.to_string(), "").replace(alarm["id"].as_str().unwrap(), "");
    assert!(!told_of.contains("500000") && !told_of.contains("400000"), "{list}");
    // To the person and to whoever can help; not to finance, administrators or the auditor, and not elsewhere.
    let people = key(&bench, "people", None).await;
    let lead = key(&bench, "manager:Engineering", None).await;
    let own = key(&bench, "employee", Some(&engineer)).await;
    for key in [&people, &lead, &own] {
        assert_eq!(seen_by(&bench, key, "?kind=under_use").await, ["under_use critical open"]);
    }
    for (role, who) in
        [("finance", None), ("admin", None), ("auditor", None), ("manager:Sales", None), ("employee", Some(&seller))]
    {
        let key = key(&bench, role, who).await;
        assert_eq!(seen_by(&bench, &key, "?kind=under_use").await, [""; 0], "{role}");
    }
    // By its id it is seen by whom it is told, and by nobody else.
    let id = alarm["id"].as_str().unwrap();
    let at = format!("/api/v1/alarms/{id}");
    for key in [&people, &lead, &own] {
        assert_eq!(&with_key(&bench, key, "get", &at, "").await.json(), alarm);
    }
    for (role, who, status) in [("finance", None, 404), ("manager:Sales", None, 403), ("employee", Some(&seller), 403)]
    {
        let key = key(&bench, role, who).await;
        let refused = with_key(&bench, &key, "get", &at, "").await;
        assert!(refused.status == status && !refused.text.contains("Engineer"), "{role}: {refused:?}");
        let unknown = with_key(&bench, &key, "get", "/api/v1/alarms/alm_00000000000000000000000000", "").await;
        assert_eq!((refused.status, &refused.text), (unknown.status, &unknown.text), "{role}: no more than of none");
    }
    // What somebody does not see they do not acknowledge or mute.
    let finance = key(&bench, "finance", None).await;
    assert_eq!(post(&bench, &finance, &format!("alarms/{id}/acknowledge"), json!({})).await.status, 404);
    let mute = json!({ "kind": "under_use", "until": "2028-01-01" });
    assert_eq!(post(&bench, &finance, "alarms/mutes", mute).await.status, 403);
    // A person on leave is left alone.
    let grant = bench.control.grants(Some(&engineer.id.to_string())).unwrap().items.remove(0).id;
    bench.clock.set("2028-02-02T12:00:00Z");
    let leave = json!({ "change": { "leave": { "from": "2028-02-02" } } });
    local(&bench, "post", &format!("/api/v1/grants/{grant}/changes"), &leave.to_string()).await;
    jobs::once(&bench.control).await;
    let left = alarms(&bench, "?kind=under_use&person=Engineer").await;
    assert_eq!(told(&left), [""; 0], "{left}");
}

#[tokio::test]
async fn a_look_of_ones_own_settles_nothing_for_others() {
    let (bench, engineer, _) = company().await;
    bench.grant(&engineer, "100/month").await;
    spend(&bench, &engineer, "20").await;
    jobs::once(&bench.control).await;
    let id = alarms(&bench, "").await["items"][0]["id"].as_str().unwrap().to_owned();
    let own = key(&bench, "employee", Some(&engineer)).await;
    let lead = key(&bench, "manager:Engineering", None).await;
    for _ in 0..2 {
        let looked = post(&bench, &own, &format!("alarms/{id}/acknowledge"), json!({})).await.json();
        assert_eq!((&looked["state"], looked["acknowledged"].as_array().unwrap().len()), (&json!("acknowledged"), 1));
    }
    assert_eq!(seen_by(&bench, &own, "").await, [""; 0]);
    assert_eq!(seen_by(&bench, &lead, "").await, ["used warn open 80"], "whoever leads has not looked");
    post(&bench, &lead, &format!("alarms/{id}/acknowledge"), json!({})).await;
    let bench = bench.restart().await;
    assert_eq!(seen_by(&bench, &lead, "").await, [""; 0]);
    assert_eq!(seen_by(&bench, &lead, "?all=true").await, ["used warn acknowledged 80"]);
}

#[tokio::test]
async fn what_is_muted_is_not_raised_until_then_and_its_person_sees_that() {
    let (bench, engineer, seller) = company().await;
    let lead = key(&bench, "manager:Engineering", None).await;
    let own = key(&bench, "employee", Some(&engineer)).await;
    for person in [&engineer, &seller] {
        bench.grant(person, "100/month").await;
    }
    let until = "2026-11-26";
    let elsewhere = post(&bench, &lead, "alarms/mutes", json!({ "person": "Seller", "until": until })).await;
    assert_eq!(elsewhere.status, 403, "{elsewhere:?}");
    assert_eq!(post(&bench, &lead, "alarms/mutes", json!({ "until": until })).await.status, 403, "not for everybody");
    assert_eq!(post(&bench, &own, "alarms/mutes", json!({ "until": until })).await.status, 403, "not one's own");
    let late = post(&bench, &lead, "alarms/mutes", json!({ "person": "Engineer", "until": "2026-11-24" })).await;
    assert_eq!(late.status, 400, "{late:?}");
    let muted = post(&bench, &lead, "alarms/mutes", json!({ "person": "Engineer", "until": until })).await.json();
    assert_eq!(muted["kinds"].as_array().unwrap().len(), 4, "{muted}");
    for person in [&engineer, &seller] {
        spend(&bench, person, "20").await;
    }
    jobs::once(&bench.control).await;
    assert_eq!(told(&alarms(&bench, "?all=true").await).len(), 1, "the seller's alone");
    let bench = bench.restart().await;
    let list = with_key(&bench, &own, "get", "/api/v1/alarms/mutes", "").await.json();
    assert_eq!(list["items"][0]["id"], muted["id"]);
    bench.clock.set("2026-11-26T00:00:00Z");
    jobs::once(&bench.control).await;
    assert_eq!(told(&alarms(&bench, "?all=true").await).len(), 2, "raised when it is over");
    // Ended before: by whoever may.
    let unit =
        post(&bench, &lead, "alarms/mutes", json!({ "unit": "Engineering", "until": "2027-01-01" })).await.json();
    assert_eq!(told(&alarms(&bench, "").await).len(), 1);
    let path = format!("/api/v1/alarms/mutes/{}", unit["id"].as_str().unwrap());
    let sales = key(&bench, "manager:Sales", None).await;
    assert_eq!(with_key(&bench, &sales, "delete", &path, "").await.status, 403);
    assert_eq!(with_key(&bench, &lead, "delete", &path, "").await.status, 200);
    assert_eq!(told(&alarms(&bench, "").await).len(), 2);
}

#[tokio::test]
async fn rules_have_versions_and_are_previewed_before_they_are_set() {
    let (bench, engineer, seller) = company().await;
    for person in [&engineer, &seller] {
        bench.grant(person, "100/month").await;
    }
    spend(&bench, &engineer, "10").await;
    let finance = key(&bench, "finance", None).await;
    let rules = with_key(&bench, &finance, "get", "/api/v1/alarms/rules", "").await.json();
    assert_eq!((&rules["version"], &rules["rules"]["used_percent"]), (&json!(0), &json!([50, 80, 100])));
    let wanted = json!({ "used_percent": [1] });
    let preview = post(&bench, &finance, "alarms/preview", wanted.clone()).await.json();
    assert_eq!(preview["said"], "with these rules 1 of 2 people alarm", "{preview}");
    assert_eq!((&preview["noise"], &preview["alarmed_now"]), (&json!(true), &json!(0)));
    assert_eq!(told(&alarms(&bench, "?all=true").await), [""; 0], "nothing is raised by it");
    // What others cost shows in how many would be critical.
    for role in ["admin", "auditor", "manager:Sales"] {
        let key = key(&bench, role, None).await;
        assert_eq!(post(&bench, &key, "alarms/preview", wanted.clone()).await.status, 403, "{role}");
    }
    let wrong = post(&bench, &finance, "alarms/rules", json!({ "used_percent": [80, 50] })).await;
    assert_eq!((wrong.status, wrong.code().as_str()), (400, "invalid"), "{wrong:?}");
    let set = post(&bench, &finance, "alarms/rules", wanted.clone()).await.json();
    assert_eq!((&set["version"], &set["rules"]["used_percent"]), (&json!(1), &json!([1])));
    assert_eq!(post(&bench, &finance, "alarms/rules", wanted).await.json()["version"], 1, "the same are no new ones");
    jobs::once(&bench.control).await;
    assert_eq!(told(&alarms(&bench, "").await), ["used note open 1"]);
    let bench = bench.restart().await;
    let rules = with_key(&bench, &finance, "get", "/api/v1/alarms/rules", "").await.json();
    assert_eq!((&rules["version"], &rules["rules"]["used_percent"]), (&json!(1), &json!([1])));
    let trail = local(&bench, "get", "/api/v1/audit?action=set_alarm_rules", "").await;
    assert_eq!(trail["items"].as_array().unwrap().len(), 1, "{trail}");
}

#[tokio::test]
async fn money_that_goes_faster_than_ever_is_told_once_a_day() {
    let (bench, engineer, _) = company().await;
    let at = "2026-11-24T11:59:00Z".parse().unwrap();
    let seen = "9.10 in ten minutes, where 3.00 is the most that is usual here";
    let tell =
        async |breaker, held| bench.control.tell_speed(engineer.id, breaker, held, seen.to_owned(), at).await.unwrap();
    assert_eq!(tell(Breaker::Repeat, true).await, 0, "a loop is no speed");
    assert_eq!((tell(Breaker::Spend, false).await, tell(Breaker::Spend, false).await), (1, 0));
    assert_eq!((tell(Breaker::Spend, true).await, tell(Breaker::Spend, true).await), (1, 0), "held back is graver");
    let list = alarms(&bench, "?kind=speed").await;
    assert_eq!(told(&list), ["speed critical open", "speed warn open"]);
    assert_eq!(list["items"][0]["seen"], seen);
    local(&bench, "post", "/api/v1/alarms/rules", r#"{"speed": false}"#).await;
    let at = "2026-11-25T11:59:00Z".parse().unwrap();
    let off = bench.control.tell_speed(engineer.id, Breaker::Spend, true, seen.to_owned(), at).await.unwrap();
    assert_eq!(off, 0);
}

#[tokio::test]
async fn a_pool_is_told_what_its_grants_are_going_to_use_of_the_year() {
    let (bench, engineer, _) = company().await;
    local(&bench, "post", "/api/v1/pools", r#"{"name": "Launch", "owner": "company"}"#).await;
    local(&bench, "post", "/api/v1/pools/Launch/funds", r#"{"amount": "5000"}"#).await;
    let grant = json!({ "person": engineer.id, "amount": "600/month", "guaranteed": true, "pool": "Launch",
        "end": "2027-01-01" });
    local(&bench, "post", "/api/v1/grants", &grant.to_string()).await;
    let call = bench.key(&engineer).await;
    for day in ["2026-11-24", "2026-11-25", "2026-11-26", "2026-11-27", "2026-11-30"] {
        bench.clock.set(&format!("{day}T15:00:00Z"));
        settle(&bench, hold(&bench, &call, "10"), "10");
    }
    bench.clock.set("2026-12-01T00:00:00Z");
    let pool = local(&bench, "get", "/api/v1/forecast?by=pool", "").await["items"][0].clone();
    assert_eq!((&pool["of"], &pool["name"], &pool["workday"]), (&json!("pool"), &json!("Launch"), &json!("10.00")));
    // Seven of November's thirty days, and December: 740. Fifty are used; December has 23 working days.
    let period = &pool["period"];
    assert_eq!((&period["left"], &period["expected"]), (&json!("690.00"), &json!("230.00")), "{pool}");
    assert_eq!((&period["ends"], &period["gone"]), (&json!("2027-01-01T00:00:00Z"), &Value::Null));
    let lead = key(&bench, "manager:Engineering", None).await;
    let refused = with_key(&bench, &lead, "get", "/api/v1/forecast?by=pool", "").await;
    assert_eq!(refused.status, 403, "{refused:?}");
    let auditor = key(&bench, "auditor", None).await;
    assert_eq!(with_key(&bench, &auditor, "get", "/api/v1/forecast?by=pool", "").await.status, 200);
}
