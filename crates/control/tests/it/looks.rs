//! Who looked at whose data: that it is told to whom it concerns, how lists count, what is durable when, and for how long.

use purser_control::Permission;
use purser_control::api::ENDPOINTS;
use purser_control::shape::{LookPage, NewAdminKey, NewUnit, Person};

use crate::bench::Bench;
use crate::web::{ask, local, with_key};

/// People, all in a unit below that of whoever leads it.
async fn company(people: usize) -> (Bench, Vec<Person>) {
    let bench = Bench::new().await;
    for (name, parent) in [("Engineering", None), ("Platform", Some("Engineering")), ("Sales", None)] {
        let parent = parent.map(str::to_owned);
        let unit = NewUnit { name: name.to_owned(), parent, zone: "UTC".to_owned(), cost_centre: None };
        bench.control.add_unit(None, unit).await.unwrap();
    }
    let mut all = Vec::new();
    for number in 1..=people {
        let person = bench.person(&format!("Person {number}")).await;
        let to = serde_json::from_value(serde_json::json!({ "unit": "Platform" })).unwrap();
        bench.control.move_person(None, &person.id.to_string(), to).await.unwrap();
        all.push(person);
    }
    (bench, all)
}

async fn key(bench: &Bench, label: &str, role: &str, person: Option<&Person>) -> String {
    let person = person.map(|person| person.id.to_string());
    let new = NewAdminKey { label: label.to_owned(), roles: vec![role.to_owned()], person };
    bench.control.add_admin_key(None, new).await.unwrap().key.unwrap()
}

/// What is told at `path`: who, in which role, what, of whom (`*`: a list), how often.
async fn told(bench: &Bench, key: &str, path: &str) -> Vec<String> {
    let got = with_key(bench, key, "get", path, "").await;
    assert_eq!(got.status, 200, "{path}: {got:?}");
    let page: LookPage = serde_json::from_str(&got.text).unwrap();
    let line = |look: &purser_control::shape::Look| {
        let whose = look.person.map_or("*".to_owned(), |person| person.to_string());
        let who = look.name.clone().unwrap_or_else(|| look.actor.clone());
        format!("{} {who} ({}) {} {whose} {}x", look.day, look.roles.join(","), look.action, look.times)
    };
    page.items.iter().map(line).collect()
}

#[tokio::test]
async fn somebody_is_told_who_looked_and_nobody_is_told_of_their_own_looks() {
    let (bench, all) = company(3).await;
    let [one, two, lead] = all.as_slice() else { panic!("three people") };
    let own = key(&bench, "own", "employee", Some(one)).await;
    let manager = key(&bench, "lead", "manager:Engineering", Some(lead)).await;
    let script = key(&bench, "nightly", "finance", None).await;
    for profile in ["standard", "works-council"] {
        local(&bench, "put", "/api/v1/privacy/profile", &format!(r#"{{"profile": "{profile}"}}"#)).await;
        let person = format!("/api/v1/people/{}", one.id);
        for key in [&own, &manager, &manager] {
            assert_eq!(with_key(&bench, key, "get", &person, "").await.status, 200);
        }
    }
    // By name, and in an answer with sums alone; refused and not found ones show nothing.
    assert_eq!(with_key(&bench, &script, "get", "/api/v1/usage?person=Person%201", "").await.status, 200);
    assert_eq!(with_key(&bench, &script, "get", "/api/v1/people/Nobody", "").await.status, 404);
    assert_eq!(with_key(&bench, &own, "get", &format!("/api/v1/people/{}", two.id), "").await.status, 403);
    local(&bench, "get", &format!("/api/v1/people/{}", one.id), "").await;
    let mut looks = told(&bench, &own, "/api/v1/me/looks").await;
    looks.retain(|look| !look.contains("add_person") && !look.contains("move_person"));
    looks.sort();
    assert_eq!(
        looks,
        [
            format!("2026-11-24 Person 3 (manager) person {} 4x", one.id),
            format!("2026-11-24 local () person {} 1x", one.id),
            format!("2026-11-24 nightly (finance) usage_rows {} 1x", one.id),
        ]
    );
    let second = key(&bench, "second", "employee", Some(two)).await;
    assert_eq!(told(&bench, &second, "/api/v1/me/looks").await, [] as [String; 0], "nothing of others");
    let nobody = with_key(&bench, &script, "get", "/api/v1/me/looks", "").await;
    assert_eq!((nobody.status, nobody.code().as_str()), (404, "not_found"), "{nobody:?}");
}

#[tokio::test]
async fn a_day_is_a_look_and_the_next_day_another_one() {
    let (bench, all) = company(1).await;
    let own = key(&bench, "own", "employee", Some(&all[0])).await;
    let script = key(&bench, "nightly", "people", None).await;
    for at in ["2026-11-24T12:00:00Z", "2026-11-24T23:59:59Z", "2026-11-25T00:00:00Z"] {
        bench.clock.set(at);
        with_key(&bench, &script, "get", &format!("/api/v1/people/{}", all[0].id), "").await;
        bench.control.write_looks().await.unwrap();
    }
    let looks = told(&bench, &own, "/api/v1/me/looks").await;
    let of = |day: &str, times| format!("{day} nightly (people) person {} {times}x", all[0].id);
    assert_eq!(looks, [of("2026-11-25", 1), of("2026-11-24", 2)]);
}

#[tokio::test]
async fn a_list_of_many_is_one_look_that_everybody_on_it_sees_and_nobody_else() {
    let (bench, all) = company(51).await;
    let elsewhere = bench.person("Somebody").await;
    let to = serde_json::from_value(serde_json::json!({ "unit": "Sales" })).unwrap();
    bench.control.move_person(None, &elsewhere.id.to_string(), to).await.unwrap();
    let own = key(&bench, "own", "employee", Some(&all[7])).await;
    let other = key(&bench, "other", "employee", Some(&elsewhere)).await;
    let auditor = key(&bench, "auditor", "auditor", None).await;
    let manager = key(&bench, "lead", "manager:Engineering", None).await;
    let script = key(&bench, "nightly", "finance", None).await;
    with_key(&bench, &manager, "get", "/api/v1/people", "").await;
    let before = bench.person("Later").await;
    let all_of_them = "2026-11-24 nightly (finance) people * 1x".to_owned();
    let export = "2026-11-24 nightly (finance) export_ledger * 1x".to_owned();
    let of_unit = "2026-11-24 lead (manager) people * 1x".to_owned();
    with_key(&bench, &script, "get", "/api/v1/people", "").await;
    with_key(&bench, &script, "get", "/api/v1/exports/ledger", "").await;
    let sorted = |mut looks: Vec<String>| {
        looks.retain(|look| !look.contains("_person"));
        looks.sort();
        looks
    };
    assert_eq!(
        sorted(told(&bench, &own, "/api/v1/me/looks").await),
        [of_unit.clone(), export.clone(), all_of_them.clone()]
    );
    assert_eq!(sorted(told(&bench, &other, "/api/v1/me/looks").await), [export, all_of_them], "another unit");
    bench.clock.set("2026-11-25T12:00:00Z");
    let new = bench.person("Newcomer").await;
    let newcomer = key(&bench, "new", "employee", Some(&new)).await;
    assert_eq!(told(&bench, &newcomer, "/api/v1/me/looks").await, [] as [String; 0], "from before they came");
    let everything = told(&bench, &auditor, "/api/v1/privacy/looks").await;
    assert_eq!(everything.iter().filter(|look| look.contains(" * ")).count(), 3, "{everything:?}");
    assert!(everything.contains(&of_unit), "{everything:?}");
    let refused = with_key(&bench, &manager, "get", "/api/v1/privacy/looks", "").await;
    assert_eq!(refused.status, 403, "{refused:?} {before:?}");
}

#[tokio::test]
async fn looks_wait_for_the_job_and_are_there_after_a_crash_from_then_on() {
    let (bench, all) = company(1).await;
    let of = format!("/api/v1/people/{}", all[0].id);
    let script = key(&bench, "nightly", "people", None).await;
    let own = key(&bench, "own", "employee", Some(&all[0])).await;
    with_key(&bench, &script, "get", &of, "").await;
    purser_control::jobs::once(&bench.control).await;
    // Not written yet: what is lost by a crash is what the last minute had.
    with_key(&bench, &script, "get", &of, "").await;
    let bench = bench.crash().await;
    let looks = told(&bench, &own, "/api/v1/me/looks").await;
    assert_eq!(looks, [format!("2026-11-24 nightly (people) person {} 1x", all[0].id)]);
}

#[tokio::test]
async fn looks_are_erased_when_they_were_kept_long_enough_and_the_trail_holds() {
    let (bench, all) = company(1).await;
    let script = key(&bench, "nightly", "people", None).await;
    let own = key(&bench, "own", "employee", Some(&all[0])).await;
    let look = || with_key(&bench, &script, "get", "/api/v1/people", "");
    look().await;
    bench.clock.set("2026-12-10T12:00:00Z");
    look().await;
    bench.control.write_looks().await.unwrap();
    // The journal has no event of this day, so that its bytes are the look's alone.
    let kept = || {
        ["purser.db", "purser.db-wal"].iter().any(|file| {
            let bytes = std::fs::read(bench.folder().join(file)).unwrap_or_default();
            bytes.windows(10).any(|at| at == b"2026-12-10")
        })
    };
    assert!(kept(), "on disk while it is kept");
    for (at, days) in [
        ("2026-12-24T23:59:59Z", vec!["2026-12-10", "2026-11-24"]),
        ("2026-12-25T00:00:00Z", vec!["2026-12-10"]),
        ("2027-01-11T00:00:00Z", vec![]),
    ] {
        bench.clock.set(at);
        // Once an hour: as if that had passed.
        local(&bench, "put", "/api/v1/privacy/retention", r#"{"looks": 2}"#).await;
        local(&bench, "put", "/api/v1/privacy/retention", r#"{"looks": 1}"#).await;
        bench.control.forget_old().await.unwrap();
        let looks = told(&bench, &own, "/api/v1/me/looks").await;
        let found: Vec<&str> = looks.iter().filter_map(|look| look.split(' ').next()).collect();
        assert_eq!(found, days, "{at}: {looks:?}");
    }
    let verified = local(&bench, "get", "/api/v1/audit/verify", "").await;
    assert_eq!(verified["good"], true, "{verified}");
    // What is erased is overwritten: its bytes are in none of the files.
    assert!(!kept(), "a file still has the day");
}

/// Whatever role asks whatever question: whoever's id comes in an answer to somebody else is told of it.
#[tokio::test]
async fn no_route_shows_somebody_without_their_being_told() {
    let (bench, all) = company(2).await;
    let seen = &all[0];
    bench.grant(seen, "7.31/day").await;
    bench.key(seen).await;
    let own = key(&bench, "own", "employee", Some(seen)).await;
    let admin = key(&bench, "all", "admin", None).await;
    let mut showed = 0;
    for endpoint in ENDPOINTS.iter().filter(|endpoint| endpoint.method == "get") {
        let path = endpoint.path.replace("{id}", &seen.id.to_string());
        let got = with_key(&bench, &admin, "get", &path, "").await;
        let named = got.status == 200 && got.text.contains(&seen.id.to_string());
        let looks = told(&bench, &own, "/api/v1/me/looks").await;
        let is_told = looks.iter().any(|look| look.contains(&format!(" all (admin) {} ", endpoint.action)));
        assert!(!named || is_told, "{path} showed somebody, who is not told: {looks:?}");
        showed += usize::from(named);
    }
    assert!(showed > 10, "{showed} routes showed somebody");
    let stranger = ask(&bench, "get", "/api/v1/me/looks", &[], "").await;
    assert_eq!(stranger.status, 401);
    let trail = Permission::AuditRead;
    let route = ENDPOINTS.iter().find(|endpoint| endpoint.action == "looks").unwrap();
    assert_eq!(route.permission, Some(trail), "whoever may read the trail may read looks");
}
