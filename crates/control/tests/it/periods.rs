//! Closed months: what is refused, what stays, and what is found when somebody changes it.

use purser_control::shape::{ClosePeriod, Person, Resolve, Statement, WantedStatement};
use purser_control::{Checked, Code, CommandName, check_statement};
use purser_core::id::PersonId;
use serde_json::Value;

use crate::bench::{Bench, code};
use crate::money::{amount, hold, settle};

impl Bench {
    async fn close(&self, month: &str) -> Result<purser_control::shape::Period, purser_control::Error> {
        self.control.close_period(None, ClosePeriod { month: month.to_owned() }).await
    }

    /// A statement as it is handed out.
    async fn text(&self, person: PersonId, month: &str) -> String {
        let wanted = WantedStatement { month: Some(month.to_owned()), year: None };
        let signed = self.control.signed_statement(&person.to_string(), &wanted).await.unwrap();
        serde_json::to_string(&signed).unwrap()
    }
}

fn parsed(text: &str) -> Statement {
    serde_json::from_str(text).unwrap()
}

async fn somebody(bench: &Bench) -> (Person, purser_control::shape::Key) {
    let person = bench.person("The analyst").await;
    bench.grant(&person, "20/day").await;
    let key = bench.key(&person).await;
    (person, key)
}

#[tokio::test]
async fn a_month_is_closed_when_it_is_over_in_order_and_nothing_of_it_is_open() {
    let bench = Bench::new().await;
    let (_, key) = somebody(&bench).await;
    let refused = |result, words: &'static str| match result {
        Err(purser_control::Error::Refused(refused)) => {
            assert_eq!(refused.code, Code::Conflict, "{refused:?}");
            assert!(refused.message.contains(words) && refused.hint.is_some(), "{refused:?}");
        }
        other => panic!("{words}: {other:?}"),
    };
    for text in ["2026", "November", "2026-11-01", ""] {
        assert_eq!(code(bench.close(text).await), Code::Invalid, "{text:?}");
    }
    refused(bench.close("2026-10").await, "there was no company in 2026-10");
    refused(bench.close("2026-11").await, "2026-11 is not over for everybody before 2026-12-01T00:00:00Z");
    bench.clock.set("2026-11-30T22:59:00Z");
    let running = hold(&bench, &key, "5");
    bench.clock.set("2026-11-30T23:59:59Z");
    refused(bench.close("2026-11").await, "is not over for everybody");
    bench.clock.set("2026-12-01T00:00:00Z");
    refused(bench.close("2026-11").await, "1 calls that began in 2026-11 are still under way");
    // Its owner dies: what it had set aside is in suspense.
    std::mem::forget(running);
    bench.ledger.durable(bench.ledger.watermarks().written).await.unwrap();
    let bench = bench.crash().await;
    refused(bench.close("2026-11").await, "items of 2026-11 are in suspense, 5.00 together");
    for item in bench.control.suspense().items {
        bench.control.resolve(None, &item.id, &Resolve::Unaccounted).await.unwrap();
    }
    // A call of December is none of November's.
    let key = bench.control.keys().items.remove(0);
    let decembers = hold(&bench, &key, "1");
    let name = CommandName::try_new("close november").unwrap();
    let november = || ClosePeriod { month: "2026-11".to_owned() };
    let closed = bench.control.close_period(Some(name), november()).await.unwrap();
    assert_eq!(bench.control.close_period(Some(name), november()).await.unwrap(), closed, "the same once more");
    refused(bench.close("2026-11").await, "2026-11 was closed at 2026-12-01T00:00:00Z");
    bench.clock.set("2027-03-01T12:00:00Z");
    settle(&bench, decembers, "0.50");
    refused(bench.close("2027-01").await, "months are closed in order, and the next one is 2026-12");
    bench.close("2026-12").await.unwrap();
    bench.close("2027-01").await.unwrap();
    let months: Vec<String> = bench.control.periods().items.into_iter().map(|period| period.month).collect();
    assert_eq!(months, ["2027-01", "2026-12", "2026-11"]);
    assert!(bench.control.verify_audit().await.unwrap().good);
}

#[tokio::test]
async fn a_closed_statement_never_changes_and_what_comes_later_is_on_the_next() {
    let bench = Bench::new().await;
    let (person, key) = somebody(&bench).await;
    let first = bench.pays(&key, "7.25");
    bench.clock.set("2026-11-30T22:59:30Z");
    let late = hold(&bench, &key, "4");
    bench.clock.set("2026-12-01T09:00:00Z");
    settle(&bench, late, "3.125");
    let before = parsed(&bench.text(person.id, "2026-11").await);
    let closed = bench.close("2026-11").await.unwrap();
    assert_eq!((closed.statements, closed.used, closed.granted), (1, amount("7.25"), before.granted));
    let kept = bench.text(person.id, "2026-11").await;
    let mut of = parsed(&kept);
    assert_eq!(of.status, purser_control::shape::StatementStatus::Closed);
    (of.status, of.signature) = (before.status, before.signature.clone());
    assert_eq!(of, before, "as it was, but that it is closed");

    bench.adjusts(1, first, "-1.25");
    let bench = bench.restart().await;
    assert_eq!(bench.text(person.id, "2026-11").await, kept, "to the byte");
    let december = parsed(&bench.text(person.id, "2026-12").await);
    let items: Vec<_> = december.items.iter().map(|item| (item.kind.as_str(), item.prior, item.amount)).collect();
    assert_eq!(items, [("settlement", true, amount("3.125")), ("adjustment", true, amount("-1.25"))]);
    assert_eq!((december.prior, december.used), (amount("1.875"), amount("1.875")));
    assert_eq!(december.items[1].corrects.unwrap().to_string(), "2026-11-24T12:00:00Z");

    let found = bench.control.verify_period("2026-11").await.unwrap();
    assert!(found.good && found.unchanged && found.statements == 1 && found.sha256 == closed.sha256, "{found:?}");
    assert_eq!(code(bench.control.verify_period("2026-12").await), Code::NotFound);

    // Somebody changes what is kept: what is handed out is signed, but it is not what was closed.
    let database = rusqlite::Connection::open(bench.folder().join("purser.db")).unwrap();
    database.execute("UPDATE statements_private SET bytes = zeroblob(3)", []).unwrap();
    let found = bench.control.verify_period("2026-11").await.unwrap();
    assert!(!found.good && !found.unchanged && found.different == 1, "{found:?}");
    database.execute("DELETE FROM statements_private", []).unwrap();
    let found = bench.control.verify_period("2026-11").await.unwrap();
    assert!(!found.good && !found.unchanged && found.statements == 0, "{found:?}");
}

#[tokio::test]
async fn what_was_closed_says_what_the_ledger_says_or_is_named() {
    let bench = Bench::new().await;
    let (person, key) = somebody(&bench).await;
    settle(&bench, hold(&bench, &key, "8"), "7.25");
    // Somebody with nothing: no statement of theirs is kept, and they get one all the same.
    let other = bench.person("The designer").await;
    bench.clock.set("2026-12-02T12:00:00Z");
    assert_eq!(bench.close("2026-11").await.unwrap().statements, 1);
    let theirs = bench.text(other.id, "2026-11").await;
    assert_eq!(check_statement(&theirs, None).unwrap().checked, Checked::Good);
    assert_eq!(parsed(&theirs).status, purser_control::shape::StatementStatus::Closed);
    // Names are no part of it: the statement of somebody who was erased stays.
    let kept = bench.text(person.id, "2026-11").await;
    bench.control.remove_person(None, &person.id.to_string()).await.unwrap();
    let value = |text: &str| {
        let mut value: Value = serde_json::from_str(text).unwrap();
        value["name"] = Value::Null;
        value
    };
    let after = bench.text(person.id, "2026-11").await;
    assert_eq!(value(&after), value(&kept), "signature included");
    assert!(bench.control.verify_period("2026-11").await.unwrap().good);
}
