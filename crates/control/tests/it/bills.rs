//! Reports taken in, held against a ledger, and who pays what is left between them.

use purser_control::Code;
use purser_control::shape::{BillDayState, BillKeys, ImportBill, NewInvoice, WantedReconciliation, WantedTrueUp};
use purser_core::bill::Cause;
use purser_core::charge::Mark as CallMark;
use purser_core::money::Nano;
use purser_core::usage::Usage;

use crate::bench::{Bench, code};
use crate::money::{amount, hold, settle_marked};

const DAY: &str = "2026-11-24";
const NEXT: &str = "2026-11-25";

/// A usage report of the day: model, key, tokens in and out.
fn usage(lines: &[(&str, u64, u64)]) -> String {
    let line = |(key, input, output): &(&str, u64, u64)| {
        serde_json::json!({
            "uncached_input_tokens": input, "output_tokens": output, "api_key_id": key, "model": "claude-sonnet-4-5-20250929",
        })
    };
    bucket(&lines.iter().map(line).collect::<Vec<_>>())
}

/// A cost report of the day: cents of input and of output.
fn costs(input: &str, output: &str) -> String {
    let line = |amount: &str, of: &str| {
        serde_json::json!({
            "currency": "USD", "amount": amount, "description": of, "cost_type": "tokens", "token_type": of,
            "model": "claude-sonnet-4-5-20250929",
        })
    };
    bucket(&[line(input, "uncached_input_tokens"), line(output, "output_tokens")])
}

fn bucket(results: &[serde_json::Value]) -> String {
    let (from, to) = (format!("{DAY}T00:00:00Z"), format!("{NEXT}T00:00:00Z"));
    let bucket = serde_json::json!({ "starting_at": from, "ending_at": to, "results": results });
    serde_json::json!({ "data": [bucket], "has_more": false }).to_string()
}

fn report(text: String) -> ImportBill {
    ImportBill { provider: None, format: None, part: None, text, preview: false }
}

fn wanted() -> WantedReconciliation {
    WantedReconciliation { from: Some(DAY.to_owned()), to: Some(NEXT.to_owned()), ..WantedReconciliation::default() }
}

fn days() -> WantedTrueUp {
    WantedTrueUp { provider: None, from: Some(DAY.to_owned()), to: Some(NEXT.to_owned()) }
}

/// Calls of a thousand tokens in and a hundred out each, $0.0045, the last so many of them estimated.
async fn called(calls: usize, estimated: usize) -> Bench {
    let bench = Bench::new().await;
    let person = bench.person("Person 17").await;
    bench.grant(&person, "20/day").await;
    let key = bench.key(&person).await;
    for call in 0..calls {
        let exact = call + estimated < calls;
        settle_marked(&bench, hold(&bench, &key, "1"), "0.0045", |record| {
            record.usage = Usage { input_uncached: 1_000, output: 100, ..Usage::default() };
            record.served = Some("claude-sonnet-4-5-20250929".to_owned());
            record.mark = if exact { CallMark::Exact } else { CallMark::Estimated };
        });
    }
    bench
}

async fn causes(bench: &Bench) -> Vec<(Cause, bool, String)> {
    let all = bench.control.reconciliation(wanted()).await.unwrap();
    all.items.iter().map(|item| (item.cause, item.of_cost, item.amount.unwrap().to_string())).collect()
}

/// Makes the ledger equal the bill: proposed through the socket, approved by somebody of finance.
async fn true_up(bench: &Bench) {
    let proposed = bench.control.propose_true_up(None, days()).await.unwrap();
    let id = proposed.id.to_string();
    assert_eq!(code(bench.control.approve_true_up(None, &id).await), Code::SelfApproval);
    let new = purser_control::shape::NewAdminKey { label: "close".into(), roles: vec!["finance".into()], person: None };
    let key = bench.control.add_admin_key(None, new).await.unwrap().key.unwrap();
    let got = crate::web::with_key(bench, &key, "post", &format!("/api/v1/bills/true-ups/{id}/approve"), "").await;
    assert_eq!(got.status, 200, "{got:?}");
    let all = bench.control.reconciliation(wanted()).await.unwrap();
    assert_eq!((all.providers[0].difference, all.items.len()), (Nano::ZERO, 0), "{all:?}");
}

fn spent(bench: &Bench) -> String {
    bench.control.balances(None).unwrap().items[0].funds.posted.to_string()
}

#[tokio::test]
async fn a_report_is_taken_once_and_a_newer_one_replaces_it_and_stays_known() {
    let bench = Bench::new().await;
    let first = usage(&[("apikey_1", 1_000, 100)]);
    let preview = ImportBill { preview: true, ..report(first.clone()) };
    assert!(!bench.control.import_bill(None, preview).await.unwrap().written);
    let done = bench.control.import_bill(None, report(first.clone())).await.unwrap();
    assert_eq!((done.provider.as_str(), done.written, done.days[0].state), ("anthropic", true, BillDayState::New));
    let again = bench.control.import_bill(None, report(first)).await.unwrap();
    assert_eq!((again.written, again.days[0].state), (false, BillDayState::Unchanged));
    let newer = bench.control.import_bill(None, report(usage(&[("apikey_1", 1_000, 101)]))).await.unwrap();
    assert_eq!((newer.written, newer.days[0].state, newer.days[0].replaced.len()), (true, BillDayState::Replaced, 1));
    assert_eq!(newer.days[0].replaced[0].hash, done.days[0].hash);

    let bench = bench.restart().await;
    let again = bench.control.import_bill(None, report(usage(&[("apikey_1", 1_000, 101)]))).await.unwrap();
    assert_eq!((again.written, again.days[0].replaced.len()), (false, 1), "from the journal alone");
    let broken = bench.control.import_bill(None, report("{\"data\":[{\"starting_at\":7}]}".to_owned())).await;
    assert_eq!(code(broken), Code::Invalid);
    let secret = BillKeys { provider: "anthropic".to_owned(), keys: vec!["sk-ant-api03-secret".to_owned()] };
    assert_eq!(code(bench.control.set_bill_keys(None, secret).await), Code::Invalid, "no secret gets into the journal");
}

#[tokio::test]
async fn what_only_one_call_can_have_used_is_whoevers_it_was() {
    let bench = called(4, 1).await;
    // The broken one made 60 tokens more than was thought.
    bench.control.import_bill(None, report(usage(&[("apikey_1", 4_000, 460)]))).await.unwrap();
    bench.control.import_bill(None, report(costs("1.2", "0.69"))).await.unwrap();
    assert_eq!(causes(&bench).await, [(Cause::Estimates, false, "0.0009".to_owned())]);
    assert_eq!(spent(&bench), "0.018");
    true_up(&bench).await;
    assert_eq!(spent(&bench), "0.0189");
    let charges = bench.control.charges(purser_control::usage::Wanted::default()).await.unwrap().items;
    assert_eq!(
        (charges[0].charge, charges[0].usage.output),
        (amount("0.0009"), 160),
        "an entry of its own: {charges:?}"
    );
}

#[tokio::test]
async fn what_several_may_have_used_is_the_companys_and_what_they_did_not_use_is_given_back() {
    let bench = called(4, 2).await;
    // Less in than was thought, more out.
    bench.control.import_bill(None, report(usage(&[("apikey_1", 3_900, 460)]))).await.unwrap();
    bench.control.import_bill(None, report(costs("1.17", "0.69"))).await.unwrap();
    let plan = bench.control.plan_true_up(days()).await.unwrap();
    assert_eq!((plan.calls, plan.company, plan.amount), (amount("-0.0003"), amount("0.0009"), amount("0.0006")));
    true_up(&bench).await;
    assert_eq!(spent(&bench), "0.0177", "fifty tokens off each of the two");
    assert!(crate::web::local(&bench, "get", "/api/v1/usage?by=person", "").await.to_string().contains("the company"));
    // A month later the account of bills is another one, and the day's sums are still those of the day.
    bench.clock.set("2027-01-05T12:00:00Z");
    let more = usage(&[("apikey_1", 3_900, 460), ("apikey_2", 10, 0)]);
    bench.control.import_bill(None, report(more)).await.unwrap();
    bench.control.import_bill(None, report(costs("1.173", "0.69"))).await.unwrap();
    bench
        .control
        .set_bill_keys(None, BillKeys { provider: "anthropic".into(), keys: vec!["apikey_1".into()] })
        .await
        .unwrap();
    assert_eq!(causes(&bench).await, [(Cause::ShadowKey, false, "0.00003".to_owned())]);
    true_up(&bench).await;
    assert_eq!(spent_in_november(&bench).await, "0.0177");
}

async fn spent_in_november(bench: &Bench) -> String {
    bench.control.statement("Person 17", Some("2026-11")).await.unwrap().used.to_string()
}

#[tokio::test]
async fn a_lower_price_goes_back_to_those_who_paid_and_a_higher_one_is_the_companys() {
    let bench = called(3, 0).await;
    bench.control.import_bill(None, report(usage(&[("apikey_1", 3_000, 300)]))).await.unwrap();
    bench.control.import_bill(None, report(costs("0.9", "0.30"))).await.unwrap();
    let all = bench.control.reconciliation(wanted()).await.unwrap();
    let item = &all.items[0];
    assert_eq!((item.cause, item.amount, all.items.len()), (Cause::PriceDrift, Some(amount("-0.0015")), 1));
    let implied: Vec<_> = item.implied.iter().map(|price| (price.listed, price.implied)).collect();
    assert_eq!(implied, [(amount("15"), amount("10"))], "{}", item.sentence);
    true_up(&bench).await;
    assert_eq!(spent(&bench), "0.012");
    bench.control.import_bill(None, report(costs("0.9", "0.60"))).await.unwrap();
    let plan = bench.control.plan_true_up(days()).await.unwrap();
    assert_eq!((plan.company, plan.given_back), (amount("0.003"), Nano::ZERO));
}

#[tokio::test]
async fn suspense_of_a_day_that_is_explained_was_never_billed() {
    let bench = called(2, 0).await;
    let person = bench.control.people().items[0].clone();
    let key = bench.key(&person).await;
    std::mem::forget(hold(&bench, &key, "2"));
    bench.ledger.durable(bench.ledger.watermarks().written).await.unwrap();
    let bench = bench.crash().await;
    assert_eq!(bench.control.suspense().items.len(), 1);
    bench.control.import_bill(None, report(usage(&[("apikey_1", 2_000, 200)]))).await.unwrap();
    bench.control.import_bill(None, report(costs("0.6", "0.30"))).await.unwrap();
    true_up(&bench).await;
    assert!(bench.control.suspense().items.is_empty());
    assert_eq!(spent(&bench), "0.009");
}

#[tokio::test]
async fn an_approval_is_of_what_was_proposed_and_an_invoice_of_its_days() {
    let bench = called(1, 0).await;
    bench.control.import_bill(None, report(usage(&[("apikey_1", 1_000, 110)]))).await.unwrap();
    let proposed = bench.control.propose_true_up(None, days()).await.unwrap();
    bench.control.import_bill(None, report(usage(&[("apikey_1", 1_000, 120)]))).await.unwrap();
    let new = purser_control::shape::NewAdminKey { label: "close".into(), roles: vec!["finance".into()], person: None };
    let key = bench.control.add_admin_key(None, new).await.unwrap().key.unwrap();
    let path = format!("/api/v1/bills/true-ups/{}/approve", proposed.id);
    let got = crate::web::with_key(&bench, &key, "post", &path, "").await;
    assert_eq!((got.status, got.code().as_str()), (409, "conflict"), "{got:?}");

    bench.control.import_bill(None, report(costs("0.3", "0.15"))).await.unwrap();
    let invoice = NewInvoice {
        provider: "anthropic".into(),
        number: "INV-1".into(),
        from: DAY.into(),
        to: NEXT.into(),
        total: amount("0.01"),
        currency: None,
        tax: Some(amount("0.001")),
        credit: None,
    };
    let checked = bench.control.enter_invoice(None, invoice).await.unwrap();
    assert_eq!((checked.reported, checked.difference, checked.agrees), (amount("0.0055"), amount("0.0045"), true));
    assert_eq!(bench.control.reconciliation(wanted()).await.unwrap().invoices, [checked]);
}
