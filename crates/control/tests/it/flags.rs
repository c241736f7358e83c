//! Flags: what is seen in a year's charges, who sees it, and that nothing is stopped by it.

use std::time::Duration;

use purser_core::time::Instant;
use serde_json::{Value, json};

use crate::runs::{Company, Said, id};
use crate::web::with_key;

fn noon_of(day: u64) -> Instant {
    let first: Instant = "2026-11-24T12:00:00Z".parse().unwrap();
    first.saturating_add(Duration::from_hours(24 * day))
}

fn kinds(list: &Value) -> Vec<(&str, &str, &str, &str)> {
    let items = list["items"].as_array().unwrap().iter();
    items
        .map(|row| {
            let text = |field: &str| row[field].as_str().unwrap();
            (text("kind"), text("first"), text("last"), text("cost"))
        })
        .collect()
}

#[tokio::test]
async fn burning_what_expires_and_spending_with_nobody_there_are_flagged_for_who_sees_the_spending() {
    let company = Company::new().await;
    let spoken = Said { human: true, ..Said::default() };
    // Five dollars a day from the end of November on, and sixty on each of the last five days of January.
    for day in 0..69 {
        company.bench.clock.set(&noon_of(day).to_string());
        for _ in 0..if day >= 64 { 12 } else { 1 } {
            company.call(&company.near.1, 1_000 + u128::from(day), "codex", "5", spoken);
        }
        // Somebody else's run, which goes on for three days after a word, with one that it started.
        if (60..64).contains(&day) {
            let said = Said { human: day == 60, ..Said::default() };
            company.call(&company.far.1, 1, "claude-code", "4", said);
            company.call(&company.far.1, 2, "claude-code", "4", Said { parent: Some(1), ..Said::default() });
        }
        // And the same call a hundred times over.
        for _ in 0..if day == 63 { 100 } else { 0 } {
            company.call(&company.far.1, 3, "other", "0.02", spoken);
        }
    }
    company.bench.clock.set(&noon_of(69).to_string());
    let flags = company.get("flags?from=2027-01-01").await;
    let expected = [
        ("binge", "2027-01-27", "2027-01-31", "300.00"),
        ("repeated", "2027-01-26", "2027-01-26", "2.00"),
        ("alone", "2027-01-24", "2027-01-26", "24.00"),
    ];
    assert_eq!(kinds(&flags), expected, "{flags}");
    let seen = |place: usize| flags["items"][place]["seen"].as_str().unwrap();
    assert!(seen(0).contains("where 25.00 is the most of any 5 days before; 870.00 would have expired"), "{flags}");
    assert_eq!((&flags["items"][2]["run"], &flags["items"][2]["name"]), (&json!(id(1)), &json!("Person 2")));
    assert!(flags["items"][0]["grant"].is_string() && flags["items"][0]["hint"].is_string(), "{flags}");
    let run = company.get(&format!("runs/{}", id(1))).await;
    assert_eq!((&run["flags"][0]["kind"], run["flags"].as_array().unwrap().len()), (&json!("alone"), 1), "{run}");
    assert_eq!(kinds(&company.get("flags?from=2026-12-01&to=2027-01-01").await), []);
    assert_eq!(kinds(&company.get("flags?from=2027-01-01&person=Person%201").await), expected[..1]);

    for (role, person, sees) in [
        ("employee", Some(&company.near.0), &expected[..1]),
        ("manager:Platform", None, &expected[..1]),
        ("manager:Sales", None, &expected[1..]),
        ("finance", None, &expected[..]),
    ] {
        let key = company.key(role, person).await;
        let got = with_key(&company.bench, &key, "get", "/api/v1/flags?from=2027-01-01", "").await;
        assert_eq!(kinds(&got.json()), sees, "{role}");
    }
    let admin = company.key("admin", None).await;
    for days in ["from=2027-01-01&to=2027-01-01", "from=2020-01-01", "from=tuesday"] {
        let got = with_key(&company.bench, &admin, "get", &format!("/api/v1/flags?{days}"), "").await;
        assert_eq!(got.status, 400, "{days}: {got:?}");
    }
    assert_eq!(company.get("stops").await["items"], json!([]), "nothing is stopped");
}

/// A history that looks drawn at random and is the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// Ten weeks of two people: runs over days with others below them, some of which say only later who started them; scripts
/// that repeat themselves, one that calls every hour, and a month that is burnt at its end.
fn live(company: &Company) {
    let mut dice = Dice(7);
    for day in 0..70_u64 {
        for hour in 0..if (20..24).contains(&day) { 24 } else { 3 } {
            let at = noon_of(day).saturating_sub(Duration::from_hours(12)).saturating_add(Duration::from_hours(hour));
            company.bench.clock.set(&at.to_string());
            for (no, (_, key)) in [(0, &company.near), (1, &company.far)] {
                let run = u128::from(no * 10_000 + day / 3 * 10);
                let says = |parent: Option<u128>, human| Said { parent, human, ..Said::default() };
                if hour < 3 && dice.below(2) == 0 {
                    company.call(key, run, "codex", "4", says(None, dice.below(3) == 0));
                }
                if hour < 3 && dice.below(2) == 0 {
                    // A quarter does not say it, and the one in the middle may call last.
                    let parent = Some(run + 1).filter(|_| dice.below(4) > 0);
                    company.call(key, run + 2, "claude-code", "3", says(parent, false));
                }
                if hour < 3 && day % 3 > 0 && dice.below(4) == 0 {
                    company.call(key, run + 1, "claude-code", "1", says(Some(run), false));
                }
                for _ in 0..if hour == 1 && dice.below(20) == 0 { 60 } else { 0 } {
                    company.call(key, run + 3, "other", "0.01", says(None, true));
                    company.call(key, run + 4, "other", "0.01", says(Some(run + 3), false));
                }
                if no == 0 && (20..24).contains(&day) {
                    company.call(key, 50_000 + u128::from(day * 24 + hour), "poll", "0.2", says(None, true));
                }
                for _ in 0..if no == 1 && (64..69).contains(&day) { 5 } else { 0 } {
                    company.call(key, run + 5, "codex", "4", says(None, true));
                }
            }
        }
    }
}

async fn check_everybody(section: u32) {
    let mut company = Company::new().await;
    let database = rusqlite::Connection::open(company.bench.folder().join("purser.db")).unwrap();
    assert_eq!(database.execute("UPDATE progress SET section_charges = ?1", (section,)).unwrap(), 1);
    drop(database);
    company.bench = company.bench.restart().await;
    live(&company);
    let mut seen = std::collections::BTreeSet::new();
    for days in ["from=2026-11-01&to=2027-03-01", "from=2026-12-10&to=2026-12-18", "from=2027-01-29", "to=2027-01-30"] {
        let all = company.get(&format!("flags?limit=1000&{days}")).await;
        let mut each = Vec::new();
        for person in ["Person%201", "Person%202"] {
            let own = company.get(&format!("flags?limit=1000&{days}&person={person}")).await;
            each.extend(own["items"].as_array().unwrap().clone());
        }
        let text = |list: &[Value]| list.iter().map(Value::to_string).collect::<std::collections::BTreeSet<_>>();
        let all = all["items"].as_array().unwrap();
        assert_eq!(text(all), text(&each), "{days}, sections of {section}");
        assert_eq!(all.len(), each.len(), "{days}, sections of {section}");
        seen.extend(all.iter().map(|flag| flag["kind"].as_str().unwrap().to_owned()));
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), ["alone", "around_the_clock", "binge", "repeated"]);
}

/// What is asked about everybody reads only what was found when the days were over; what is asked about one person goes
/// through everything.
#[tokio::test]
async fn everybodys_flags_are_each_persons_wherever_sections_end() {
    for section in [7, 100, 32_768] {
        check_everybody(section).await;
    }
}
