//! The audit trail: every change is in it, and what was denied; it tells nothing personal.

use purser_control::audit::{Outcome, Trail};
use purser_control::shape::{ImportPeople, NewAdminKey};

use crate::bench::{Bench, new_key};
use crate::web::{ask, with_key};

async fn scripts_key(bench: &Bench, role: &str) -> String {
    let new = NewAdminKey { label: "a script".to_owned(), roles: vec![role.to_owned()], person: None };
    bench.control.add_admin_key(None, new).await.unwrap().key.unwrap()
}

#[tokio::test]
async fn a_change_stands_in_the_trail_with_who_for_whom_and_why() {
    let bench = Bench::new().await;
    let person = bench.person("The analyst").await;
    let key = scripts_key(&bench, "people").await;
    let bearer = format!("Bearer {key}");
    let id = person.id.to_string();
    let headers = [
        ("authorization", bearer.as_str()),
        ("purser-reason", "raise%20of%20Person%2017"),
        ("purser-on-behalf-of", &id),
    ];
    let grant = format!(r#"{{"person": "{id}", "amount": "20/day"}}"#);
    let made = ask(&bench, "post", "/api/v1/grants", &headers, &grant).await.json();
    let page = bench.control.audit(Trail { action: Some("add_grant".to_owned()), ..Trail::default() }).await.unwrap();
    let [entry] = page.items.as_slice() else { panic!("{page:?}") };
    assert_eq!((entry.outcome, entry.actor_name.as_deref()), (Outcome::Made, Some("a script")));
    assert_eq!((entry.reason.as_deref(), entry.on_behalf_of), (Some("raise of Person 17"), Some(person.id)));
    assert!(entry.targets.iter().any(|target| *target == made["id"]) && entry.targets.contains(&id), "{entry:?}");
    assert!(entry.record.is_some() && entry.change.is_some());
    let of_grant = Trail { target: made["id"].as_str().map(str::to_owned), ..Trail::default() };
    assert_eq!(bench.control.audit(of_grant).await.unwrap().items, page.items);
    for (wrong, value) in [("purser-on-behalf-of", "The analyst"), ("purser-reason", "%zz")] {
        let got = ask(&bench, "post", "/api/v1/grants", &[("authorization", &bearer), (wrong, value)], &grant).await;
        assert_eq!(got.status, 400, "{got:?}");
    }
}

#[tokio::test]
async fn what_is_denied_stands_there_too_within_a_bound() {
    let bench = Bench::new().await;
    let person = bench.person("The analyst").await;
    let key = scripts_key(&bench, "auditor").await;
    for _ in 0..70 {
        let got = with_key(&bench, &key, "delete", &format!("/api/v1/people/{}", person.id), "").await;
        assert_eq!(got.status, 403);
    }
    let denied = Trail { outcome: Some(Outcome::Denied), ..Trail::default() };
    let page = bench.control.audit(denied).await.unwrap();
    assert_eq!(page.items.len(), 60, "a loop does not fill the disk");
    assert_eq!(
        (page.items[0].action.as_str(), &page.items[0].targets),
        ("remove_person", &vec![person.id.to_string()])
    );
    with_key(&bench, &key, "delete", "/api/v1/people/The%20analyst", "").await;
    assert!(bench.control.verify_audit().await.unwrap().good);
}

#[tokio::test]
async fn every_event_is_of_a_change_in_the_trail() {
    let bench = Bench::new().await;
    let lines = (0..3000).map(|number| format!("Person {number},Europe/Berlin,20/day,laptop\n"));
    let csv: String = std::iter::once("name,zone,grant,key\n".to_owned()).chain(lines).collect();
    bench.control.import_people(None, ImportPeople { csv, ..ImportPeople::default() }).await.unwrap();
    let person = bench.person("The analyst").await;
    let key = bench.key(&person).await;
    let bench = bench.crash().await;
    bench.control.revoke_key(None, &key.id.to_string()).await.unwrap();
    scripts_key(&bench, "finance").await;
    bench.control.add_key(None, new_key(&person)).await.unwrap();
    let report = bench.control.verify_audit().await.unwrap();
    assert!(report.good, "{report:?}");
    assert_eq!((report.earlier, report.uncovered, report.unreadable), (0, 0, 0), "{report:?}");
    assert!(report.covered > 10, "{report:?}");

    // An event that went past the trail is found: here straight into the ledger, as a copy of one that was made.
    let before = report.covered;
    let stray = purser_core::event::Event::PersonLeft { person: person.id, at: person_at() };
    let lsn = bench.ledger.event(purser_core::id::CommandId::new(7), 1, &stray.to_bytes()).unwrap().lsn;
    bench.ledger.durable(lsn).await.unwrap();
    let report = bench.control.verify_audit().await.unwrap();
    assert!(!report.good && report.uncovered == 1 && report.covered == before, "{report:?}");
    assert!(report.findings[0].contains(&format!("record {lsn}")), "{report:?}");
}

fn person_at() -> purser_core::time::Instant {
    "2026-11-24T12:00:00Z".parse().unwrap()
}

#[tokio::test]
async fn nothing_personal_is_in_the_journal() {
    let bench = Bench::new().await;
    let key = scripts_key(&bench, "people").await;
    let bearer = format!("Bearer {key}");
    let headers = [("authorization", bearer.as_str()), ("purser-reason", "the Unusual%20Reason")];
    let person = r#"{"name": "Unusual Name", "zone": "Europe/Berlin"}"#;
    assert_eq!(ask(&bench, "post", "/api/v1/people", &headers, person).await.status, 200);
    ask(&bench, "delete", "/api/v1/units/Unusual%20Name", &headers, "").await;
    ask(&bench, "get", "/api/v1/audit?target=Unusual%20Name", &headers, "").await;
    let login = r#"{"email": "unusual@example.com", "password": "unusual words in here", "roles": ["auditor"]}"#;
    let admin = format!("Bearer {}", scripts_key(&bench, "admin").await);
    let made = ask(&bench, "post", "/api/v1/logins", &[("authorization", &admin)], login).await;
    assert_eq!(made.status, 200, "{made:?}");
    let folder = bench.folder();
    let (mut files, mut journal) = (0, Vec::new());
    for file in std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()) {
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        if file.is_file() && name.starts_with("journal") {
            files += 1;
            journal.extend(std::fs::read(file).unwrap());
        }
    }
    assert!(files > 0, "where is the journal of {}?", folder.display());
    let has = |text: &str| journal.windows(text.len()).any(|window| window.eq_ignore_ascii_case(text.as_bytes()));
    assert!(has("person_added"), "the journal is not compressed");
    assert!(!has("unusual"), "something personal is in the journal");
}
