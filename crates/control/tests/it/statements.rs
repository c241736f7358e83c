//! Statements against the ledger: every figure is a sum of its entries, whatever happened in the month.

use std::collections::BTreeMap;

use purser_control::shape::{
    ChangeGrant, Grant, GrantChange, NewAdminKey, NewGrant, Person, SetZone, Statement, VoidGrant, WantedStatement,
};
use purser_control::{Checked, check_statement};
use purser_core::account::Subject;
use purser_core::id::{CommandId, GrantId};
use purser_core::money::Nano;
use purser_core::policy::{Moving, Policy};
use purser_core::time::Instant;
use purser_core::usage::Usage;
use purser_ledger::{AccountNo, Correction, HoldId, Leg};
use purser_store::Denial;
use serde_json::Value;

use crate::bench::Bench;
use crate::money::{amount, hold, settle, settle_as};
use crate::web::{local, with_key};

impl Bench {
    async fn of(&self, person: &Person, span: &str) -> Statement {
        let wanted = match span.len() {
            4 => WantedStatement { month: None, year: Some(span.to_owned()) },
            _ => WantedStatement { month: Some(span.to_owned()), year: None },
        };
        let signed = self.control.signed_statement(&person.id.to_string(), &wanted).await.unwrap();
        serde_json::from_value(Value::Object(signed.content().clone())).unwrap()
    }

    /// A call that is charged; its hold, and the account that pays it.
    pub(crate) fn pays(&self, key: &purser_control::shape::Key, charge: &str) -> (HoldId, AccountNo) {
        let held = hold(self, key, charge);
        let id = held.0.id();
        let open = self.ledger.open_holds();
        let legs = &open.iter().find(|open| open.id == id).unwrap().legs;
        let no = legs[0].no;
        settle(self, held, charge);
        (id, no)
    }

    /// Corrects a charge that the ledger has forgotten.
    pub(crate) fn adjusts(&self, command: u128, (hold, no): (HoldId, AccountNo), by: &str) {
        let delta = amount(by);
        let correction = Correction::By { legs: &[Leg { no, amount: delta }], ceilings: &[], delta };
        self.ledger.adjust(CommandId::new(command), hold, &correction, b"").unwrap();
    }

    /// What the ledger has on the accounts of each grant.
    fn on_grants(&self) -> BTreeMap<GrantId, Nano> {
        let mut sums = BTreeMap::<GrantId, Nano>::new();
        for balance in self.ledger.balances() {
            if let Subject::Grant(grant) = balance.key.subject {
                let sum = sums.entry(grant).or_default();
                *sum = sum.checked_add(balance.spent).unwrap();
            }
        }
        sums
    }
}

fn sum(amounts: impl IntoIterator<Item = Nano>) -> Nano {
    amounts.into_iter().fold(Nano::ZERO, |sum, more| sum.checked_add(more).unwrap())
}

/// Everything on a statement that must add up does.
fn adds_up(of: &Statement) {
    let wide = |amount: Nano| i128::from(amount.get());
    let balance = |parts: [Nano; 7]| {
        let [opening, granted, moved, used, expired, voided, closing] = parts.map(wide);
        assert_eq!(opening + granted + moved - used - expired - voided, closing, "{of:?}");
    };
    balance([of.opening, of.granted, of.moved, of.paid, of.expired, of.voided, of.closing]);
    for it in &of.grants {
        balance([it.opening, it.granted, it.moved, it.used, it.expired, it.voided, it.closing]);
        assert_eq!(sum(it.accounts.iter().map(|account| account.paid)), it.used, "{it:?}");
    }
    assert_eq!(sum([of.paid, of.overrun]), of.used, "{of:?}");
    assert_eq!(sum(of.grants.iter().map(|grant| grant.used)), of.paid);
    assert_eq!(sum(of.models.iter().map(|row| row.charge)), of.used);
    assert_eq!(sum(of.tools.iter().map(|row| row.charge)), of.used);
    let spans = of.days.iter().map(|day| (day.charge, day.entries, day.calls));
    let spans: Vec<_> = spans.chain(of.months.iter().map(|month| (month.charge, month.entries, month.calls))).collect();
    assert_eq!(sum(spans.iter().map(|(charge, ..)| *charge)), of.used);
    assert_eq!(spans.iter().map(|(_, entries, _)| entries.count).sum::<u64>(), of.entries.count);
    assert_eq!(of.models.iter().map(|row| row.calls).sum::<u64>(), of.calls);
    let entries = of.items.iter().map(|item| item.entry);
    assert!(entries.into_iter().all(|it| Some(it) >= of.entries.first && Some(it) <= of.entries.last));
    assert_eq!(sum(of.items.iter().filter(|item| item.prior).map(|item| item.amount)), of.prior);
    assert_eq!(sum(of.items.iter().filter(|item| item.kind != "settlement").map(|item| item.amount)), of.adjusted);
}

async fn change(bench: &Bench, grant: &Grant, change: GrantChange) {
    let asked = ChangeGrant { change, preview: false, agreed: true };
    bench.control.change_grant(None, &grant.id.to_string(), asked).await.unwrap();
}

#[tokio::test]
async fn whatever_happens_statements_add_up_to_the_ledger() {
    let bench = Bench::new().await;
    let moving = Moving { gift_percent: 50, ..Moving::default() };
    bench.control.adopt_policy(Policy { moving, ..Policy::default() }).await.unwrap();
    let (person, friend) = (bench.person("The analyst").await, bench.person("The designer").await);
    let new = NewGrant {
        person: person.id.to_string(),
        amount: "20/day".to_owned(),
        rollover: Some(amount("15")),
        ..NewGrant::default()
    };
    bench.control.add_grant(None, new).await.unwrap();
    bench.clock.set("2026-11-24T12:01:00Z");
    bench.grant(&friend, "100/month").await;
    bench.clock.set("2026-11-24T12:02:00Z");
    let (key, theirs) = (bench.key(&person).await, bench.key(&friend).await);
    let grants = bench.control.grants(None).unwrap().items;
    let (own, other) = (grants[0].clone(), grants[1].clone());

    let first = bench.pays(&key, "7.25");
    bench.pays(&theirs, "1.50");
    change(&bench, &own, GrantChange::Give { to: other.id.to_string(), amount: amount("3") }).await;
    // It begins before midnight in Berlin and ends after it.
    let late = hold(&bench, &key, "4");
    bench.clock.set("2026-11-26T10:00:00Z");
    settle(&bench, late, "3.125");
    bench.adjusts(1, first, "-1.25");
    let asked =
        serde_json::json!({"person": person.id, "amount": "40", "reason": "a migration", "until": "2026-12-10"});
    let people = of_role(&bench, "people").await;
    let asked = with_key(&bench, &people, "post", "/api/v1/top-ups", &asked.to_string()).await.json();
    let path = format!("/api/v1/top-ups/{}/approve", asked["id"].as_str().unwrap());
    let approved = with_key(&bench, &of_role(&bench, "admin").await, "post", &path, "{}").await;
    assert_eq!(approved.status, 200, "{approved:?}");
    bench.pays(&key, "33.333333333");
    // From Berlin to Los Angeles, for good.
    bench
        .control
        .set_zone(None, &person.id.to_string(), SetZone { zone: "America/Los_Angeles".to_owned() })
        .await
        .unwrap();
    bench.clock.set("2026-11-28T05:00:00Z");
    let across = hold(&bench, &key, "2");
    let taken_back = bench.pays(&key, "0.75");
    bench.clock.set("2026-12-01T12:00:00Z");
    settle(&bench, across, "1.75");
    bench.adjusts(2, taken_back, "-0.75");
    bench.pays(&key, "5");
    bench.control.void_grant(None, &own.id.to_string(), VoidGrant { agreed: true }).await.unwrap();
    bench.pays(&key, "2");

    let november = bench.of(&person, "2026-11").await;
    let december = bench.of(&person, "2026-12").await;
    assert_eq!(
        (november.from.to_string().as_str(), november.zone.as_str()),
        ("2026-10-31T23:00:00Z", "America/Los_Angeles")
    );
    assert_eq!((november.to, december.from), (december.from, "2026-12-01T08:00:00Z".parse::<Instant>().unwrap()));
    let all = [&november, &december];
    for of in all {
        adds_up(of);
    }
    assert_eq!(december.opening, november.closing, "a month opens with what the one before left");
    let ledger = bench.on_grants();
    for grant in ledger.keys().filter(|grant| **grant != other.id) {
        let paid = all.iter().flat_map(|of| &of.grants).filter(|it| it.grant == *grant).map(|it| it.used);
        assert_eq!(sum(paid), ledger[grant], "{grant}");
    }
    assert_eq!(sum(all.iter().map(|of| of.paid)), sum(ledger.iter().filter(|it| *it.0 != other.id).map(|it| *it.1)));
    assert_eq!((november.adjusted, november.prior), (amount("-1.25"), Nano::ZERO));
    assert_eq!((december.adjusted, december.prior), (amount("-0.75"), amount("1.00")));
    let kinds: Vec<_> = december.items.iter().map(|item| (item.kind.as_str(), item.prior, item.amount)).collect();
    assert_eq!(kinds, [("settlement", true, amount("1.75")), ("adjustment", true, amount("-0.75"))]);
    assert!(december.voided.is_positive() && november.voided.is_zero());
    assert!(november.rolled.is_positive() && november.expired.is_positive());
    assert!(november.grants.iter().any(|grant| grant.grant != own.id), "what the top-up granted");

    let year = bench.of(&person, "2026").await;
    adds_up(&year);
    assert_eq!(year.used, sum(all.iter().map(|of| of.used)));
    assert_eq!(
        (year.granted, year.expired),
        (sum(all.iter().map(|of| of.granted)), sum(all.iter().map(|of| of.expired)))
    );
    assert_eq!(year.entries.count, november.entries.count + december.entries.count);
    let months: Vec<_> = year.months.iter().map(|month| (month.month.as_str(), month.charge)).collect();
    assert_eq!(months, [("2026-11", november.used), ("2026-12", december.used)]);

    let friends = bench.of(&friend, "2026-11").await;
    adds_up(&friends);
    assert_eq!((friends.used, friends.paid), (amount("1.50"), ledger[&other.id]));

    // Every entry on it can be walked on from.
    let account = &november.grants[0].accounts[0];
    for entry in [november.entries.first, november.entries.last, account.entries.first].into_iter().flatten() {
        let trace = bench.control.trace(&format!("entry {entry}"), None).await.unwrap();
        assert!(trace.charge.is_some(), "entry {entry}");
    }
    // As it was before a restart, and with everything in closed sections or none.
    let bench = bench.restart().await;
    let mut again = bench.of(&person, "2026-11").await;
    again.signature = november.signature.clone();
    assert_eq!(again, november);
}

#[tokio::test]
async fn two_hundred_and_ten_billion_tokens_in_a_week_are_exact() {
    let bench = Bench::new().await;
    let person = bench.person("The analyst").await;
    bench.grant(&person, "1000000/month").await;
    let key = bench.key(&person).await;
    for day in 24..31 {
        bench.clock.set(&format!("2026-11-{day}T12:00:00Z"));
        let usage = Usage { input_uncached: 29_999_999_998, output: 2, ..Usage::default() };
        settle_as(&bench, hold(&bench, &key, "30000.000000001"), "30000.000000001", |record| record.usage = usage);
    }
    let (admin, path) = (of_role(&bench, "auditor").await, format!("/api/v1/people/{}/statement", person.id));
    for query in ["?month=2026-11", "?year=2026"] {
        let got = with_key(&bench, &admin, "get", &format!("{path}{query}"), "").await;
        assert!(got.text.contains(r#""input_tokens":209999999986,"#), "{}", got.text);
        let statement: Statement = serde_json::from_str(&got.text).unwrap();
        adds_up(&statement);
        assert_eq!(statement.input_tokens + statement.output_tokens, 210_000_000_000);
        assert_eq!((statement.used, statement.calls), (amount("210000.000000007"), 7));
        assert_eq!((statement.models[0].input_tokens, statement.models[0].output_tokens), (209_999_999_986, 14));
    }
}

/// A key of somebody with a role.
async fn of_role(bench: &Bench, role: &str) -> String {
    let new = NewAdminKey { label: role.to_owned(), roles: vec![role.to_owned()], person: None };
    bench.control.add_admin_key(None, new).await.unwrap().key.unwrap()
}

#[tokio::test]
async fn how_much_of_the_promise_was_usable_is_said() {
    let bench = Bench::new().await;
    let person = bench.person("The analyst").await;
    bench.grant(&person, "20/day").await;
    let key = bench.key(&person).await;
    assert_eq!(bench.of(&person, "2026-11").await.usable.percent, None, "nobody asked for anything");
    for _ in 0..197 {
        bench.pays(&key, "0.01");
    }
    let denied = [
        ("budget_held", true, 3),
        ("provider_unreachable", false, 5),
        ("stopped", false, 7),
        ("budget_exhausted", false, 11),
    ];
    for (reason, funded, count) in denied {
        let at = "2026-11-24T12:00:00Z".parse().unwrap();
        bench
            .denials
            .record(&[Denial { at, key: key.id, person: person.id, reason: reason.to_owned(), funded, count }])
            .unwrap();
    }
    let usable = bench.of(&person, "2026-11").await.usable;
    assert_eq!((usable.served, usable.denied_funded, usable.faults, usable.stopped), (197, 3, 5, 7));
    assert_eq!((usable.percent.as_deref(), usable.percent_with_faults.as_deref()), (Some("98.50"), Some("96.09")));
}

#[tokio::test]
async fn anybody_can_check_a_statement_by_the_published_key() {
    let bench = Bench::new().await;
    let person = bench.person("The analyst").await;
    bench.grant(&person, "20/day").await;
    let key = bench.key(&person).await;
    bench.pays(&key, "7.25");
    let published = local(&bench, "get", "/api/v1/statements/key", "").await;
    let public = published["key"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/people/{}/statement", person.id);
    let text = local(&bench, "get", &path, "").await.to_string();
    assert_eq!(check_statement(&text, Some(&public)).unwrap().checked, Checked::Good);
    let more = text.replace("7.25", "8.25");
    assert!(matches!(check_statement(&more, Some(&public)).unwrap().checked, Checked::Changed { .. }));
    let before = local(&bench, "get", &path, "").await;
    assert_eq!(before, local(&bench, "get", &path, "").await, "the same signature for the same figures");
    let bench = bench.restart().await;
    assert_eq!(local(&bench, "get", "/api/v1/statements/key", "").await, published, "the key is kept");
    assert_eq!(local(&bench, "get", &path, "").await, before);
}
