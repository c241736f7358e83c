//! The role of whoever came without an offer, or changed it since: set, shown, taken back, and what goes by it.

use purser_control::shape::{ImportPeople, Person};
use purser_control::{Code, Error, jobs};
use purser_core::id::PersonId;
use serde_json::{Value, json};

use crate::bench::{Bench, code};
use crate::money::{hold, settle};
use crate::offers::{company, hired};
use crate::web::{ask, local, with_key};

async fn set(bench: &Bench, who: impl ToString, role: Value) -> Value {
    local(bench, "put", &format!("/api/v1/people/{}/role", who.to_string()), &role.to_string()).await
}

/// What a role is, in one line: family, level, where it was said, and whether anything is set for it.
fn told(person: &Value) -> String {
    let role = &person["role"];
    let known = if role["known"] == true { "known" } else { "unknown" };
    role["family"].as_str().map_or("none".to_owned(), |family| {
        format!("{family} {} {} {known}", role["level"].as_str().unwrap_or("-"), role["source"].as_str().unwrap())
    })
}

async fn shown(bench: &Bench, who: PersonId) -> String {
    let one = local(bench, "get", &format!("/api/v1/people/{who}"), "").await;
    let all = local(bench, "get", "/api/v1/people", "").await;
    let id = json!(who);
    let of_list = all["items"].as_array().unwrap().iter().find(|person| person["id"] == id).unwrap();
    assert_eq!(&one, of_list, "one and all say the same");
    told(&one)
}

async fn finance(bench: &Bench) -> String {
    let new = json!({ "label": "finance", "roles": ["finance"] }).to_string();
    local(bench, "post", "/api/v1/admin-keys", &new).await["key"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_role_is_set_for_whoever_came_without_an_offer_and_taken_back() {
    let bench = Bench::new().await;
    let person = bench.person("The analyst").await;
    assert_eq!(shown(&bench, person.id).await, "none");
    // As in offers a family may be named before anything is set for it.
    assert_eq!(
        told(&set(&bench, "The%20analyst", json!({ "family": "finance", "level": "L4" })).await),
        "finance L4 set unknown"
    );
    local(&bench, "post", "/api/v1/roles/presets", "").await;
    assert_eq!(shown(&bench, person.id).await, "finance L4 set known");
    let decided = bench.ledger.watermarks().decided;
    set(&bench, person.id, json!({ "family": "finance", "level": "4" })).await;
    assert_eq!(bench.ledger.watermarks().decided, decided, "the same role changes nothing");
    let bench = bench.crash().await;
    assert_eq!(shown(&bench, person.id).await, "finance L4 set known");
    bench.control.keep_directory().unwrap();
    let bench = bench.restart().await;
    assert_eq!(shown(&bench, person.id).await, "finance L4 set known");
    assert_eq!(told(&set(&bench, person.id, json!({})).await), "none");
    assert_eq!(shown(&bench, person.id).await, "none");
    let trail = local(&bench, "get", "/api/v1/audit?action=set_person_role", "").await;
    assert_eq!(trail["items"].as_array().unwrap().len(), 2, "{trail}");
    assert!(bench.control.verify_audit().await.unwrap().good, "every change is in the trail");
}

#[tokio::test]
async fn what_is_no_role_and_whoever_is_not_here_is_refused_with_what_to_do() {
    let bench = Bench::new().await;
    let person = bench.person("The analyst").await;
    let key = {
        let new = json!({ "label": "people", "roles": ["people"] }).to_string();
        local(&bench, "post", "/api/v1/admin-keys", &new).await["key"].as_str().unwrap().to_owned()
    };
    let check = async |who: &str, role: Value, status: u16, says: &str| {
        let path = format!("/api/v1/people/{who}/role");
        let got = with_key(&bench, &key, "put", &path, &role.to_string()).await;
        assert_eq!(got.status, status, "{got:?}");
        assert!(got.text.contains(says), "{got:?}");
    };
    check("Nobody", json!({ "family": "finance" }), 404, "Nobody").await;
    let who = person.id.to_string();
    check(&who, json!({ "level": "L4" }), 400, "name the family too").await;
    check(&who, json!({ "family": "Fin@nce" }), 400, "is no family").await;
    check(&who, json!({ "family": "finance", "level": "L99" }), 400, "is no level").await;
    check(&who, json!({ "family": "finance", "salary": "1" }), 400, "salary").await;
    check(&who, json!({ "family": "finance" }), 200, "finance").await;
    bench.control.remove_person(None, &who).await.unwrap();
    check(&who, json!({ "family": "sales" }), 409, "left at").await;
    assert_eq!(shown(&bench, person.id).await, "finance - set unknown", "it stays as it was when they left");
    let stranger = ask(&bench, "put", &format!("/api/v1/people/{who}/role"), &[], "{}").await;
    assert_eq!(stranger.status, 401);
}

#[tokio::test]
async fn a_role_that_is_set_after_an_offer_replaces_it_and_its_taking_back_brings_it_again() {
    let bench = company("100000").await;
    let person = hired(&bench).await;
    assert_eq!(shown(&bench, person.id).await, "engineering - offer known");
    set(&bench, person.id, json!({ "family": "legal", "level": "L5" })).await;
    assert!(shown(&bench, person.id).await.starts_with("legal L5 set"));
    set(&bench, person.id, json!({ "family": null })).await;
    assert_eq!(shown(&bench, person.id).await, "engineering - offer known");
    // What on top of pay depends on the role by now; the pay stays that of the offer.
    let row = json!({ "set": { "of": { "family": "legal" }, "overhead": { "per_year": "1000" } } });
    local(&bench, "post", "/api/v1/costs", &row.to_string()).await;
    let key = finance(&bench).await;
    let cost = async || {
        let got = with_key(&bench, &key, "get", &format!("/api/v1/people/{}/cost", person.id), "").await.json();
        got["per_year"].as_str().unwrap().to_owned()
    };
    assert_eq!(cost().await, "300123.00");
    set(&bench, person.id, json!({ "family": "legal" })).await;
    assert_eq!(cost().await, "301123.00");
}

#[tokio::test]
async fn costs_limits_of_runs_and_returns_by_family_find_people_without_an_offer() {
    let bench = Bench::new().await;
    let mut people: Vec<Person> = Vec::new();
    for number in 0..12 {
        people.push(bench.person(&format!("Person {number}")).await);
    }
    for (of, salary) in
        [(json!({ "family": "support" }), "60000"), (json!({ "family": "support", "level": "L6" }), "90000")]
    {
        let row = json!({ "set": { "of": of, "pay": { "salary": salary } } });
        local(&bench, "post", "/api/v1/costs", &row.to_string()).await;
    }
    let runs = json!({ "family": { "family": "support", "terms": { "title": "Support", "bands": [
        { "low": "50", "high": "100", "source": "our survey" }], "runs": [{ "limits": { "minutes": 30 } }] } } });
    local(&bench, "post", "/api/v1/roles", &runs.to_string()).await;
    let key = finance(&bench).await;
    let asked = async |path: &str| with_key(&bench, &key, "get", &format!("/api/v1/{path}"), "").await.json();
    // Everybody's cost was counted before anybody had a role.
    let report = asked("roi?by=family").await;
    assert_eq!((&report["cost"], &report["rows"][0]["of"]), (&Value::Null, &json!("none")), "{report}");
    for (number, person) in people.iter().enumerate().take(6) {
        let level = if number == 0 { json!("L6") } else { Value::Null };
        set(&bench, person.id, json!({ "family": "support", "level": level })).await;
    }
    let cost = asked(&format!("people/{}/cost", people[0].id)).await;
    assert_eq!((&cost["per_year"], &cost["pay_from"]), (&json!("90000.00"), &json!("row")), "{cost}");
    assert_eq!(asked(&format!("people/{}/cost", people[1].id)).await["per_year"], "60000.00");
    assert_eq!(asked(&format!("people/{}/cost", people[11].id)).await["known"], false);
    let report = asked("roi?family=support").await;
    assert_eq!(report["people"], 6, "{report}");
    // A day of five who cost 60,000 a year, and of one who costs 90,000.
    assert_eq!(report["cost"], "1068.493150686", "{report}");
    let rows = asked("roi?by=family").await["rows"].clone();
    let rows: Vec<_> = rows.as_array().unwrap().iter().map(|row| (row["of"].clone(), row["people"].clone())).collect();
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert!(rows.contains(&(json!("support"), json!(6))) && rows.contains(&(json!("none"), json!(6))), "{rows:?}");
    let directory = &bench.control.snapshot().directory;
    assert_eq!(directory.run_limits(people[0].id).minutes, Some(30));
    assert_eq!(directory.run_limits(people[11].id).minutes, None);
    // A band that nobody's grant reached: who came without an offer is measured like whoever came with one.
    bench.grant(&people[0], "60/day").await;
    let lower = json!({ "family": { "family": "support", "terms": { "title": "Support", "bands": [
        { "low": "10", "high": "50", "source": "our survey" }] } } });
    let preview = json!({ "changes": [lower] }).to_string();
    let impact = local(&bench, "post", "/api/v1/roles/preview", &preview).await;
    assert_eq!(impact["looked_at"], 6, "{impact}");
    let moved = json!([{ "id": people[0].id, "before": "within", "after": "above" }]);
    assert_eq!(impact["moved"], moved, "60 on each of 365 days are 84.23 on each of 260: {impact}");
}

#[tokio::test]
async fn what_is_expected_of_a_family_is_expected_of_whoever_came_without_an_offer() {
    let bench = Bench::new().await;
    let (engineer, seller) = (bench.person("Engineer").await, bench.person("Seller").await);
    for person in [&engineer, &seller] {
        bench.grant(person, "1000/month").await;
    }
    let rules = json!({ "under_use": { "warn_percent_of": { "engineering": 60 } } });
    local(&bench, "post", "/api/v1/alarms/rules", &rules.to_string()).await;
    bench.clock.set("2027-01-15T12:00:00Z");
    for person in [&engineer, &seller] {
        let key = bench.key(person).await;
        settle(&bench, hold(&bench, &key, "900"), "900");
    }
    let told = async || {
        jobs::once(&bench.control).await;
        let list = local(&bench, "get", "/api/v1/alarms?kind=under_use", "").await;
        list["items"].as_array().unwrap().iter().map(|alarm| alarm["person"].clone()).collect::<Vec<_>>()
    };
    bench.clock.set("2027-03-01T12:00:00Z");
    assert_eq!(told().await, [] as [Value; 0], "nearly a third was used, and a quarter is asked of everybody");
    set(&bench, engineer.id, json!({ "family": "engineering" })).await;
    bench.clock.set("2027-03-02T12:00:00Z");
    assert_eq!(told().await, [json!(engineer.id)]);
}

fn sheet(csv: &str, preview: bool) -> ImportPeople {
    ImportPeople { csv: csv.to_owned(), preview, ..ImportPeople::default() }
}

#[tokio::test]
async fn a_spreadsheet_says_families_and_levels_and_tells_what_would_change() {
    let bench = Bench::new().await;
    local(&bench, "post", "/api/v1/roles/presets", "").await;
    let first = "name,zone,family,level\n\
                 Person 1,UTC,engineering,L4\n\
                 Person 2,UTC,Finance,\n\
                 Person 3,UTC,juggling,2\n\
                 Person 4,UTC,,\n";
    let would = bench.control.import_people(None, sheet(first, true)).await.unwrap();
    let roles = |made: &purser_control::shape::PeopleImport| {
        let word = |role: &purser_core::role::Role| {
            format!("{} {}", role.family, role.level.map_or("-".to_owned(), |level| level.to_string()))
        };
        made.items.iter().map(|person| person.role.as_ref().map_or("none".to_owned(), word)).collect::<Vec<_>>()
    };
    assert_eq!(roles(&would), ["engineering L4", "finance -", "juggling L2", "none"]);
    let made = bench.control.import_people(None, sheet(first, false)).await.unwrap();
    assert_eq!((roles(&made), &made.unknown_families), (roles(&would), &would.unknown_families));
    assert_eq!(made.unknown_families.iter().map(ToString::to_string).collect::<Vec<_>>(), ["juggling"]);
    assert_eq!(shown(&bench, made.items[0].person).await, "engineering L4 set known");
    let again = bench.control.import_people(None, sheet(first, true)).await.unwrap();
    assert_eq!((again.unchanged, again.unknown_families.len()), (4, 0), "what is there already is no change");
    // An empty cell changes nothing; a level alone is one of their family; another family has another level.
    let second = "name,zone,family,level\n\
                  Person 1,UTC,,L5\n\
                  Person 2,UTC,finance,\n\
                  Person 3,UTC,legal,\n\
                  Person 4,UTC,sales,L1\n";
    let would = bench.control.import_people(None, sheet(second, true)).await.unwrap();
    let changes = would.changed.iter().flat_map(|changed| {
        let one = move |change: &purser_control::shape::ImportChange| {
            format!("{} {}: {} to {}", changed.line, change.field, change.from, change.to)
        };
        changed.changes.iter().map(one)
    });
    let changes: Vec<String> = changes.collect();
    let expected = [
        "2 level: L4 to L5",
        "4 family: juggling to legal",
        "4 level: L2 to ",
        "5 family:  to sales",
        "5 level:  to L1",
    ];
    assert_eq!((changes, would.unchanged), (expected.map(str::to_owned).to_vec(), 1));
    assert_eq!(shown(&bench, made.items[0].person).await, "engineering L4 set known", "a preview writes nothing");
    bench.control.import_people(None, sheet(second, false)).await.unwrap();
    let now = ["engineering L5 set known", "finance - set known", "legal - set known", "sales L1 set known"];
    for (made, now) in made.items.iter().zip(now) {
        assert_eq!(shown(&bench, made.person).await, now);
    }
    // Every bad line is told.
    let bad = "name,zone,family,level\n\
               Person 9,UTC,,L4\n\
               Person 10,UTC,en/gineering,L4\n\
               Person 11,UTC,engineering,senior\n";
    let Error::Refused(refused) = bench.control.import_people(None, sheet(bad, false)).await.unwrap_err() else {
        panic!("this is the file's fault")
    };
    let lines: Vec<&str> = refused.message.lines().collect();
    let says =
        ["line 2, level: L4 stands without a family", "line 3, family: `en/gineering` is no family", "line 4, level: "];
    assert_eq!(lines.len(), says.len(), "{lines:?}");
    assert!(lines.iter().zip(says).all(|(line, says)| line.starts_with(says)), "{lines:?}");
    assert_eq!(code(bench.control.person("Person 9")), Code::NotFound);
}
