//! Amounts of offers, looked for byte by byte in everything that those get who may not see them, and in the log.

use std::collections::BTreeSet;
use std::fmt::{Debug, Write};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};

use purser_control::api::ENDPOINTS;
use purser_control::{Permission, Reach, Role, jobs};
use purser_ledger::Lsn;
use purser_store::{DataDir, EventRow, Mode, Reader};
use serde_json::{Value, json};
use tracing::field::{Field, Visit};
use tracing::{Event, Metadata, Subscriber, span};

use crate::bench::Bench;
use crate::web::{Got, ask, with_key};

/// What is offered to one candidate, in figures that nothing else has.
struct Figures {
    salary: &'static str,
    bonus: Value,
    equity: &'static str,
    tokens: &'static str,
    floor: &'static str,
}

/// What stays open, and ends at its expiry.
const OPEN: [&str; 8] =
    ["271828.18", "31415.9265", "1618033.99", "577.215664", "141.421356", "69314718.06", "66260701.5", "60221407.6"];
/// What is accepted: its allowance is known from then on, the rest is not.
const ACCEPTED: [&str; 6] = ["299792.45", "17.3205081", "9109383.7", "48.374129", "6.6743015", "13806490.1"];

/// Every event of the log, whatever its level, as text.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &span::Attributes<'_>) -> span::Id {
        span.record(&mut Line(&self.0));
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, values: &span::Record<'_>) {
        values.record(&mut Line(&self.0));
    }

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut Line(&self.0));
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

struct Line<'a>(&'a Mutex<String>);

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        writeln!(self.0.lock().unwrap(), "{field}={value:?}").unwrap();
    }
}

/// A text without what stands between the digits of a number.
fn closed_up(text: &str) -> String {
    let plain = text.replace("\\u00a0", " ").replace("\\u202f", " ").replace(['\u{a0}', '\u{202f}'], " ");
    let mut closed = Vec::with_capacity(plain.len());
    let mut bytes = plain.bytes().peekable();
    while let Some(byte) = bytes.next() {
        let between = b",._' ".contains(&byte)
            && closed.last().is_some_and(u8::is_ascii_digit)
            && bytes.peek().is_some_and(u8::is_ascii_digit);
        if !between {
            closed.push(byte);
        }
    }
    String::from_utf8(closed).unwrap()
}

/// The digits of an amount with which it begins in whatever unit it is written: units, cents, nano.
fn digits(amount: &str) -> String {
    let digits: String = amount.chars().filter(char::is_ascii_digit).collect();
    digits.trim_start_matches('0').chars().take(7).collect()
}

/// The amount itself, and what one gets who works with it: for each month, workday and year, and cut to cents.
fn forms(amount: &str) -> BTreeSet<String> {
    let number: f64 = amount.parse().unwrap();
    let derived = [number / 12.0, number / 260.0, number * 260.0, number * 260.0 / 12.0, number * 365.0];
    derived.iter().map(|number| digits(&format!("{number:.9}"))).chain([digits(amount)]).collect()
}

/// What is looked for.
struct Amount {
    written: String,
    /// In a text that is closed up.
    digits: BTreeSet<String>,
    /// As it stands in sentences, cut or rounded to cents.
    cents: Vec<String>,
}

impl Amount {
    fn new(amount: &str) -> Self {
        let (whole, parts) = amount.split_once('.').unwrap();
        let cut = format!("{whole}.{}", parts.get(..2).unwrap_or(parts));
        let rounded = format!("{:.2}", amount.parse::<f64>().unwrap());
        let cents = [cut.replace('.', ","), cut, rounded.replace('.', ","), rounded];
        Self { written: amount.to_owned(), digits: forms(amount), cents: cents.into() }
    }
}

/// The amounts that a text has in it, in any form.
fn told<'a>(text: &str, amounts: &'a [Amount]) -> Vec<&'a str> {
    let closed = closed_up(text);
    let tells = |amount: &&Amount| {
        amount.digits.iter().any(|form| closed.contains(form)) || amount.cents.iter().any(|form| text.contains(form))
    };
    amounts.iter().filter(tells).map(|amount| amount.written.as_str()).collect()
}

fn assert_untold(text: &str, amounts: &[Amount], case: &str) {
    let told = told(text, amounts);
    assert!(told.is_empty(), "{case} tells {told:?}: {text}");
}

fn content(number: u32, figures: &Figures, notes: &str) -> Value {
    json!({
        "candidate": { "name": format!("Candidate {number}") },
        "role": { "family": "engineering", "level": "L4" },
        "zone": "UTC", "starts": "2027-01-04", "expires": "2026-12-10",
        "package": {
            "currency": "USD", "salary": figures.salary, "bonus": figures.bonus, "equity": { "value": figures.equity },
            "tokens": {
                "amount": figures.tokens, "floor": figures.floor, "guaranteed": true, "pool": "Research",
                "term": "2027-12-31", "rollover": "lapses", "activation": "start_date",
            },
        },
        "notes": format!("a signing payment of {notes}"),
    })
}

/// A company with offers, and a key by role.
struct Company {
    bench: Bench,
    keys: Vec<(Role, String)>,
    /// Everything that may stand in an address.
    ids: BTreeSet<String>,
}

impl Company {
    fn key(&self, role: Role) -> &str {
        &self.keys.iter().find(|(of, _)| *of == role).unwrap().1
    }

    async fn ask(&self, role: Role, method: &str, path: &str, body: &str) -> Got {
        with_key(&self.bench, self.key(role), method, path, body).await
    }

    async fn done(&mut self, role: Role, path: &str, body: Value) -> Value {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let got = self.ask(role, "post", &format!("/api/v1{path}"), &body).await;
        assert_eq!(got.status, 200, "{path}: {got:?}");
        let made = got.json();
        self.ids.extend(["id", "grant", "person"].iter().filter_map(|field| Some(made[field].as_str()?.to_owned())));
        made
    }

    async fn new() -> Self {
        let bench = Bench::new().await;
        let control = &bench.control;
        for name in ["Engineering", "Sales"] {
            let unit = json!({ "name": name, "zone": "UTC" });
            control.add_unit(None, serde_json::from_value(unit).unwrap()).await.unwrap();
        }
        let person = bench.person("Person 1").await;
        bench.grant(&person, "20/day").await;
        let mut keys = Vec::new();
        for role in Role::ALL {
            // One who leads the offers' unit may see them; this one leads another.
            let word = if role == Role::Manager { "manager:Sales".to_owned() } else { role.to_string() };
            let person = (role == Role::Employee).then(|| person.id.to_string());
            let new = json!({ "label": role.to_string(), "roles": [word], "person": person });
            let made = control.add_admin_key(None, serde_json::from_value(new).unwrap()).await.unwrap();
            keys.push((role, made.key.unwrap()));
        }
        let ids = ["nothing", "Engineering", "Research", &person.id.to_string()].map(str::to_owned).into();
        let mut company = Self { bench, keys, ids };
        company.done(Role::Admin, "/roles/presets", Value::Null).await;
        company.done(Role::Finance, "/pools", json!({ "name": "Research", "owner": "company" })).await;
        company.done(Role::Finance, "/pools/Research/funds", json!({ "amount": "9000000", "year": 2027 })).await;
        company
    }

    /// Drafts an offer and sends it. What was refused on the way is refused to those who work on it.
    async fn sent(&mut self, content: Value, reason: &str) -> String {
        let new = json!({ "unit": "Engineering", "content": content, "reason": reason });
        let id = self.done(Role::People, "/offers", new).await["id"].as_str().unwrap().to_owned();
        let submitted = self.done(Role::People, &format!("/offers/{id}/submit"), Value::Null).await;
        for (at, duty) in submitted["missing"].as_array().unwrap().iter().enumerate() {
            let mut role = Role::Finance;
            if at > 0 {
                // Nobody approves in two capacities: another partner's key.
                let new = json!({ "label": "another", "roles": ["people"] });
                let new = serde_json::from_value(new).unwrap();
                let key = self.bench.control.add_admin_key(None, new).await.unwrap().key.unwrap();
                self.keys.insert(0, (Role::People, key));
                role = Role::People;
            }
            self.done(role, &format!("/offers/{id}/approve"), json!({ "duty": duty })).await;
        }
        self.done(Role::People, &format!("/offers/{id}/send"), Value::Null).await;
        id
    }

    /// Offers in several states, with the amounts of [`OPEN`] and [`ACCEPTED`].
    async fn offer(&mut self) {
        let [salary, bonus, equity, _, _, notes, reason, note] = OPEN;
        let figures = |tokens, floor| Figures { salary, bonus: json!({ "amount": bonus }), equity, tokens, floor };
        let first = figures("577.215664/workday", "141.421356/workday");
        let before = Figures { salary: "1.25", bonus: Value::Null, ..figures("2/workday", "1/workday") };
        // Above the band, and then countered: differences, sentences of the linter, what is set aside.
        for number in [1, 2] {
            let reason = format!("raised to {reason}");
            let id = self.sent(content(number, &first, notes), &reason).await;
            let counter = json!({ "content": content(number, &before, notes), "reason": reason });
            self.done(Role::People, &format!("/offers/{id}/counter"), counter).await;
        }
        let declined = self.sent(content(3, &first, notes), "as asked").await;
        let no = json!({ "reason": "other_offer", "note": format!("they give {note}") });
        self.done(Role::People, &format!("/offers/{declined}/decline"), no).await;
        self.done(Role::People, "/offers", json!({ "unit": "Engineering", "content": content(4, &first, notes) }))
            .await;
        self.sent(content(5, &first, notes), "goes out, and is never answered").await;

        let [salary, bonus, equity, _, _, notes] = ACCEPTED;
        let hired = Figures {
            salary,
            bonus: json!({ "of_base": bonus }),
            equity,
            tokens: "48.374129% of base",
            floor: "6.6743015% of base",
        };
        let accepted = self.sent(content(6, &hired, notes), "as agreed").await;
        self.done(
            Role::People,
            &format!("/offers/{accepted}/accept"),
            json!({ "version": 1, "signed": "Candidate 6" }),
        )
        .await;
    }

    /// Every answer that one gets: each route with each id and each question, then each change.
    async fn everything(&self, key: Option<&str>, changes: bool) -> Vec<(String, Got)> {
        let mut answers = Vec::new();
        for endpoint in ENDPOINTS.iter().filter(|endpoint| (endpoint.method != "get") == changes) {
            let nothing = BTreeSet::from([String::new()]);
            for id in if endpoint.path.contains("{id}") { &self.ids } else { &nothing } {
                let path = endpoint.path.replace("{id}", id);
                let mut asked: Vec<(String, String)> = vec![(path.clone(), String::new())];
                if endpoint.action == "offer_letter" {
                    asked.push((format!("{path}?form=pdf"), String::new()));
                }
                if changes {
                    asked = vec![(path, "{}".to_owned())];
                } else if !endpoint.path.contains("{id}") {
                    let about = ["by=person", "by=unit", "by=key", "by=model"].map(str::to_owned).into_iter();
                    let about =
                        about.chain(self.ids.iter().flat_map(|id| [format!("person={id}"), format!("unit={id}")]));
                    asked.extend(about.map(|query| (format!("{path}?{query}"), String::new())));
                }
                for (path, body) in asked {
                    let headers = key.map(|key| ("authorization", format!("Bearer {key}")));
                    let headers: Vec<(&str, &str)> =
                        headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
                    let got = ask(&self.bench, endpoint.method, &path, &headers, &body).await;
                    answers.push((format!("{} {path}", endpoint.method), got));
                }
            }
        }
        answers
    }
}

#[test]
fn an_amount_is_found_however_it_is_written() {
    let salary = [Amount::new("271828.18")];
    for text in [
        r#"{"salary":"271828.18"}"#,
        "$271,828.18 a year",
        "271_828.18",
        "271\u{202f}828,18",
        "27182818",
        "271828180000000",
        "22,652.348 for each month",
        r"271\u00a0828.18",
        "271'828.18",
        "1,045.4930 a workday",
    ] {
        assert_eq!(told(text, &salary).len(), 1, "{text}");
    }
    let tokens = [Amount::new("577.215664")];
    assert_eq!(told("577.22 for each workday is above the band", &tokens).len(), 1);
    assert_eq!(told("150,076.0726 for each year", &tokens).len(), 1);
    assert!(told("577 people, 21 offers, 150076", &tokens).is_empty());
}

#[tokio::test]
async fn what_is_confidential_reaches_nobody_else() {
    let log = Log::default();
    tracing::subscriber::set_global_default(log.clone()).unwrap();
    let mut company = Company::new().await;
    company.offer().await;
    let mut confidential: Vec<Amount> = OPEN.into_iter().chain(ACCEPTED).map(Amount::new).collect();

    // It is all there for those who may see it, so that what is looked for can be found.
    let theirs = company.everything(Some(company.key(Role::People)), false).await;
    let theirs: String = theirs.into_iter().map(|(_, got)| got.text).collect();
    assert_eq!(told(&theirs, &confidential).len(), confidential.len(), "{:?}", told(&theirs, &confidential));

    // What is set aside for an offer tells what it promises.
    let pool = company.ask(Role::People, "get", "/api/v1/pools/Research", "").await.json();
    let commitments = pool["commitments"].as_array().unwrap().iter();
    let of_offers: Vec<_> = commitments.filter(|it| it["offer"].is_string()).collect();
    assert_eq!(of_offers.len(), 3, "two countered, one sent: {pool}");
    confidential.extend(of_offers.iter().map(|it| Amount::new(it["amount"].as_str().unwrap())));

    let others: Vec<Role> =
        Role::ALL.into_iter().filter(|role| !matches!(role, Role::People | Role::Finance)).collect();
    for role in &others {
        assert_ne!(Permission::ConfidentialAmounts.reach(*role), Reach::All, "{role}");
    }
    let stranger = [(None, "nobody".to_owned())];
    let keys = others.iter().map(|role| (Some(company.key(*role)), role.to_string())).chain(stranger);
    let keys: Vec<_> = keys.collect();
    let (mut asked, mut done) = (0, 0);
    for changes in [false, true] {
        for (key, who) in &keys {
            for (case, got) in company.everything(*key, changes).await {
                assert_untold(&got.text, &confidential, &format!("{case} as {who}"));
                assert_untold(&format!("{:?}", got.headers), &confidential, &format!("head of {case} as {who}"));
                asked += 1;
                done += usize::from(got.status == 200);
            }
        }
        if !changes {
            // Whoever reads offers without their amounts learns what there is, and that something is hidden.
            let offers = company.ask(Role::Auditor, "get", "/api/v1/offers", "").await.json();
            let id = offers["items"][0]["id"].as_str().unwrap().to_owned();
            let offer = company.ask(Role::Auditor, "get", &format!("/api/v1/offers/{id}"), "").await.json();
            let said = &offer["versions"][0]["content"];
            assert_eq!(said["package"]["tokens"]["guaranteed"], true);
            assert_eq!(
                (&said["package"]["tokens"]["amount"], &said["package"]["salary"]),
                (&json!("hidden"), &json!("hidden"))
            );
            assert!(!offer["versions"][1]["changes"].as_array().unwrap().is_empty());
            assert!(!offer["findings"].as_array().unwrap().is_empty());
        }
    }
    assert!(asked > 1_000 && done > 200, "{done} of {asked}");

    // Time goes on: offers end by themselves, and Purser tells its log.
    company.bench.clock.set("2026-12-24T12:00:00Z");
    jobs::once(&company.bench.control).await;
    let log = log.0.lock().unwrap().clone();
    assert!(log.contains("offers expired"), "there is a log: {log}");
    assert_untold(&log, &confidential, "the log");
}

/// Whoever is handed an exported segment of the journal, a backup's journal, or the reports' tables reads these events.
#[tokio::test]
async fn the_journal_has_neither_pay_nor_people_in_it() {
    let mut company = Company::new().await;
    company.offer().await;
    let [salary, _, equity, _, _, notes, _, note] = OPEN;
    let [hired_salary, _, hired_equity, .., hired_notes] = ACCEPTED;
    let pay = [salary, equity, notes, note, hired_salary, hired_equity, hired_notes].map(Amount::new);

    // Waits until the events are where they are read.
    assert!(company.bench.control.verify_audit().await.unwrap().good);
    let dir = DataDir::open(company.bench.folder(), Mode::ReadOnly).unwrap();
    let mut events = String::new();
    let mut each = |row: EventRow| {
        events.push_str(&String::from_utf8_lossy(&row.payload));
        events.push('\n');
        ControlFlow::Continue(())
    };
    Reader::open(&dir).unwrap().events_after(Lsn(0), &mut each).unwrap();
    assert!(events.contains("577.215664") && events.contains(r#""accepted":{"#), "the events were read: {events}");
    assert_untold(&events, &pay, "the journal");
    for who in ["Candidate", "Person 1", "as agreed", "never answered", "raised to"] {
        assert!(!events.contains(who), "{who} is in the journal: {events}");
    }
}
