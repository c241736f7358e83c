//! Total rewards: four pillars with and without the fourth, for those who may see them; documents of the same bytes.

use purser_control::shape::{AcceptOffer, FundPool, NewAdminKey, NewOffer, NewPool, Rewards};
use purser_control::{Checked, check_statement};
use purser_core::id::PersonId;
use purser_core::offer::{Content, Who};
use serde_json::Value;

use crate::bench::Bench;
use crate::money::amount;
use crate::web::{Got, local, with_key};

/// Figures that only some may see.
const FIGURES: [&str; 3] = ["375000", "475000", "21.1 %"];

/// Somebody with 375,000 of salary and 100,000 of tokens a year, in June of the first year.
async fn hired(bench: &Bench) -> PersonId {
    bench.control.adopt_role_presets(None).await.unwrap();
    let pool = NewPool { name: "Research".to_owned(), owner: "company".to_owned(), manager: None };
    bench.control.add_pool(None, pool).await.unwrap();
    for year in [2027, 2028] {
        let funds = FundPool { amount: "400000".parse().unwrap(), year: Some(year) };
        bench.control.fund_pool(None, "Research", funds).await.unwrap();
    }
    let text = r#"{"candidate":{"name":"Łukasz Müller"},"role":{"family":"engineering"},"zone":"Europe/Berlin",
        "starts":"2027-01-01","expires":"2026-12-10",
        "package":{"currency":"USD","salary":"375000","tokens":{"amount":"100000/year","guaranteed":true,
            "pool":"Research","term":"2028-01-01","floor":"50007/year","rollover":"lapses","activation":"start_date"}}}"#;
    let content: Content = serde_json::from_str(text).unwrap();
    let who = || Who { actor: "lgn_a".parse().unwrap(), person: None };
    let draft = bench.control.draft_offer(None, who(), NewOffer { unit: None, content, reason: None }).await.unwrap();
    let id = draft.row.id.to_string();
    bench.control.submit_offer(None, &id, who()).await.unwrap();
    bench.control.send_offer(None, &id, who()).await.unwrap();
    let yes = AcceptOffer { version: 1, signed: "Łukasz Müller".to_owned() };
    bench.control.accept_offer(None, &id, yes).await.unwrap();
    let snapshot = bench.control.snapshot();
    let person = snapshot.directory.offer(draft.row.id).unwrap().accepted.unwrap().person;
    bench.clock.set("2027-06-15T12:00:00Z");
    person
}

async fn key(bench: &Bench, role: &str, person: Option<PersonId>) -> String {
    let person = person.map(|person| person.to_string());
    let new = NewAdminKey { label: role.to_owned(), roles: vec![role.to_owned()], person };
    bench.control.add_admin_key(None, new).await.unwrap().key.unwrap()
}

async fn ask(bench: &Bench, key: &str, person: PersonId, rest: &str) -> Got {
    let got = with_key(bench, key, "get", &format!("/api/v1/people/{person}/rewards{rest}"), "").await;
    assert_eq!(got.status, 200, "{rest}: {got:?}");
    got
}

#[tokio::test]
async fn the_fourth_pillar_is_a_fifth_of_it_and_only_some_may_know() {
    let bench = Bench::new().await;
    let person = hired(&bench).await;
    let theirs = bench.control.person(&person.to_string()).unwrap();
    let calls = bench.key(&theirs).await;
    bench.pays(&calls, "250.75");
    let public = local(&bench, "get", "/api/v1/statements/key", "").await["key"].as_str().unwrap().to_owned();
    let forms = ["?year=2027", "/document?year=2027&form=html", "/document?year=2027&form=pdf"];

    let own = key(&bench, "employee", Some(person)).await;
    let rewards: Rewards = serde_json::from_str(&ask(&bench, &own, person, forms[0]).await.text).unwrap();
    let pillars: Vec<_> = rewards
        .pillars
        .iter()
        .map(|it| {
            (it.pillar.as_str(), *it.amount.amount().unwrap(), it.share.as_ref().unwrap().amount().unwrap().as_str())
        })
        .collect();
    let none = amount("0");
    assert_eq!(
        pillars,
        [
            ("salary", amount("375000"), "78.9 %"),
            ("bonus", none, "0.0 %"),
            ("equity", none, "0.0 %"),
            ("tokens", amount("100000"), "21.1 %")
        ]
    );
    assert_eq!(rewards.total.unwrap().amount(), Some(&amount("475000")));
    assert_eq!(rewards.without_tokens.unwrap().amount(), Some(&amount("375000")));
    let year = local(&bench, "get", &format!("/api/v1/people/{person}/statement?year=2027"), "").await;
    let said = serde_json::to_value(&rewards.tokens).unwrap();
    for (field, of) in [("released", "granted"), ("used", "used"), ("expired", "expired"), ("closing", "closing")] {
        assert_eq!(said[field], year[of], "{field} is the statement's");
    }
    assert_eq!(rewards.tokens.used, amount("250.75"));

    for role in ["people", "finance", "auditor", "admin"] {
        let key = key(&bench, role, None).await;
        let sees = matches!(role, "people" | "finance");
        for form in forms {
            let text = ask(&bench, &key, person, form).await.text;
            for figure in FIGURES {
                assert_eq!(text.contains(figure), sees, "{role}, {form}: {figure}");
            }
            assert!(text.contains("250.75"), "what was used is for whoever may read usage: {role}, {form}");
        }
        // What is signed is what is shown.
        let text = ask(&bench, &key, person, forms[0]).await.text;
        assert_eq!(check_statement(&text, Some(&public)).unwrap().checked, Checked::Good, "{role}");
        let json: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(json["total"].is_null(), !sees, "{role}");
    }
    let trail = local(&bench, "get", &format!("/api/v1/audit?target={person}&outcome=read"), "").await;
    let seen: Vec<&Value> = trail["items"].as_array().unwrap().iter().filter(|it| it["action"] == "rewards").collect();
    assert!(!seen.is_empty(), "the trail says who saw it: {trail}");
    let stranger = bench.person("The designer").await;
    let other = key(&bench, "employee", Some(stranger.id)).await;
    let got = with_key(&bench, &other, "get", &format!("/api/v1/people/{person}/rewards"), "").await;
    assert_eq!(got.status, 403, "{got:?}");
}

#[tokio::test]
async fn documents_have_the_same_bytes_and_the_figures_of_the_json() {
    let bench = Bench::new().await;
    let person = hired(&bench).await;
    let theirs = bench.control.person(&person.to_string()).unwrap();
    let calls = bench.key(&theirs).await;
    bench.pays(&calls, "250.75");
    let people = key(&bench, "people", None).await;
    // Over, so that nothing in it depends on when it is asked for.
    bench.clock.set("2028-02-01T12:00:00Z");
    let paths = [
        "statement/document?month=2027-06&form=html",
        "statement/document?month=2027-06&form=pdf",
        "statement/document?year=2027&form=pdf",
        "rewards/document?year=2027&form=html",
        "rewards/document?year=2027&form=pdf",
    ];
    let mut before = Vec::new();
    for path in paths {
        let got = with_key(&bench, &people, "get", &format!("/api/v1/people/{person}/{path}"), "").await;
        assert_eq!(got.status, 200, "{path}: {got:?}");
        let json = path.replace("/document", "").replace("&form=html", "").replace("&form=pdf", "");
        let json = with_key(&bench, &people, "get", &format!("/api/v1/people/{person}/{json}"), "").await.json();
        let (digest, key) = (json["signature"]["sha256"].as_str().unwrap(), json["signature"]["key"].as_str().unwrap());
        // Lines of a PDF end where the page does, so a long word may be cut.
        for part in [digest.get(..20).unwrap(), key.get(..20).unwrap(), "250.75", "Usable", "100.00 %"] {
            assert!(got.text.contains(part), "{path}: {part} in {}", got.text);
        }
        assert_eq!(got.text.starts_with("%PDF-"), path.contains("pdf"), "{path}");
        before.push(got.text);
    }
    let bench = bench.restart().await;
    bench.clock.set("2028-02-02T12:00:00Z");
    for (path, before) in paths.into_iter().zip(before) {
        let got = with_key(&bench, &people, "get", &format!("/api/v1/people/{person}/{path}"), "").await;
        assert_eq!(got.text, before, "{path}");
    }
}

#[tokio::test]
async fn somebody_without_an_offer_has_tokens_and_no_package() {
    let bench = Bench::new().await;
    let person = bench.person("The analyst").await;
    bench.grant(&person, "20/day").await;
    let people = key(&bench, "people", None).await;
    let rewards = ask(&bench, &people, person.id, "").await.json();
    assert_eq!((&rewards["offer"], &rewards["total"]), (&Value::Null, &Value::Null));
    assert_eq!(rewards["tokens"]["released"], "20.00");
    let page = ask(&bench, &people, person.id, "/document").await;
    assert!(page.text.contains("No accepted package is known."), "{}", page.text);
}
