//! Balances, statements and suspense, as calls make them.

use purser_control::jobs;
use purser_control::shape::{Resolve, SetBudget};
use purser_control::usage::Wanted;
use purser_core::money::Nano;

use crate::bench::Bench;
pub(crate) use crate::calls::{amount, hold, settle, settle_as, settle_marked};

#[tokio::test]
async fn a_day_renews_at_the_persons_midnight() {
    let bench = Bench::new().await;
    let person = bench.person("The analyst").await;
    bench.grant(&person, "20/day").await;
    let key = bench.key(&person).await;
    settle(&bench, hold(&bench, &key, "5"), "3.25");
    let running = hold(&bench, &key, "2");

    let balance = &bench.control.balances(None).unwrap().items[0];
    let funds = balance.funds;
    assert_eq!((funds.posted, funds.held, funds.available), (amount("3.25"), amount("2"), amount("14.75")));
    assert_eq!(balance.resets_at.unwrap().to_string(), "2026-11-24T23:00:00Z");

    bench.clock.set("2026-11-24T23:00:00Z");
    let funds = bench.control.balances(None).unwrap().items[0].funds;
    assert_eq!((funds.posted, funds.available), (Nano::ZERO, amount("20")), "a new day in Berlin");
    settle(&bench, running, "1.00");

    let statement = bench.control.statement(&person.id.to_string(), None).await.unwrap();
    assert_eq!((statement.granted, statement.used), (amount("40"), amount("4.25")));
    assert_eq!(statement.days.iter().map(|day| day.day.as_str()).collect::<Vec<_>>(), ["2026-11-24", "2026-11-25"]);
    assert_eq!(statement.grants[0].funds.posted, amount("4.25"), "late settlement counts in the day of its hold");
}

#[tokio::test]
async fn charges_are_complete_and_add_up_to_usage() {
    let bench = Bench::new().await;
    let person = bench.person("The analyst").await;
    bench.grant(&person, "2000/month").await;
    let key = bench.key(&person).await;
    for _ in 0..1_100 {
        settle(&bench, hold(&bench, &key, "1"), "0.000001");
    }
    let mut charges = Vec::new();
    let mut wanted = Wanted::default();
    loop {
        let page = bench.control.charges(wanted.clone()).await.unwrap();
        charges.extend(page.items);
        match page.next {
            Some(next) => wanted.before = Some(next),
            None => break,
        }
    }
    assert_eq!(charges.len(), 1_100);
    let usage = bench.control.usage(Wanted::default()).await.unwrap();
    assert_eq!((usage.calls, usage.charge), (1_100, amount("0.0011")));
    assert_eq!(usage.items[0].input_tokens, 1_100_000);
}

#[tokio::test]
async fn suspense_is_resolved_by_an_operator_or_after_a_week() {
    let bench = Bench::new().await;
    let person = bench.person("The analyst").await;
    bench.grant(&person, "20/day").await;
    let key = bench.key(&person).await;
    bench
        .control
        .set_budget(None, SetBudget { owner: "company".into(), tool: None, amount: "100/month".into(), days: None })
        .await
        .unwrap();
    std::mem::forget((hold(&bench, &key, "2"), hold(&bench, &key, "3")));
    bench.ledger.durable(bench.ledger.watermarks().written).await.unwrap();

    let bench = bench.crash().await;
    let items = bench.control.suspense().items;
    assert_eq!(items.iter().map(|item| item.amount).collect::<Vec<_>>(), [amount("2"), amount("3")]);
    assert_eq!(items[0].burdens, ["The analyst", "company"]);
    assert_eq!(items[0].moves_at.to_string(), "2026-12-01T12:00:00Z");
    assert_eq!(bench.control.balances(None).unwrap().items[0].funds.available, amount("15"));

    bench.control.resolve(None, &items[0].id, &Resolve::Charge(amount("0.50"))).await.unwrap();
    let funds = bench.control.balances(None).unwrap().items[0].funds;
    assert_eq!((funds.posted, funds.suspense, funds.available), (amount("0.50"), amount("3"), amount("16.50")));

    jobs::once(&bench.control).await;
    assert_eq!(bench.control.suspense().items.len(), 1, "not yet");
    bench.clock.set("2026-12-01T12:00:00Z");
    jobs::once(&bench.control).await;
    assert!(bench.control.suspense().items.is_empty(), "off the person");
}
