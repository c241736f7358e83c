//! A month's close in small: calls through the whole program, some of them broken off, a key that is not Purser's, a price
//! that drifted; reports pulled from the provider; the ledger held against them and trued up.

use purser_standin::{Answers, Credential, ReportPrice, Reports, Standin, StandinConfig, StandinHandle};
use serde_json::Value;

use crate::bench::{Bench, Served};

const PURSERS: &str = "sk-ant-test";
const SHADOW: &str = "sk-ant-shadow";
/// What a million tokens of the drifted model cost more than the price book has, in and out.
const DRIFT: (u64, u64) = (100_000_000, 250_000_000);

fn price(model: &str, rates: [&str; 5], (more_in, more_out): (u64, u64)) -> ReportPrice {
    let nano = |text: &str| u64::try_from(text.parse::<purser_core::money::Nano>().unwrap().get()).unwrap();
    let [input, cache_read, short, long, output] = rates.map(nano);
    ReportPrice {
        model: model.to_owned(),
        input: input + more_in,
        cache_read,
        cache_write_short: short,
        cache_write_long: long,
        output: output + more_out,
    }
}

fn provider(now: u64) -> StandinHandle {
    let reports = Reports {
        admin_key: "sk-ant-admin".to_owned(),
        prices: vec![
            price("claude-sonnet-4-5", ["3", "0.30", "3.75", "6", "15"], (0, 0)),
            price("claude-haiku-4-5", ["1", "0.10", "1.25", "2", "5"], DRIFT),
        ],
        page_days: 1,
    };
    let answers = Answers { created_s: now, ..Answers::default() };
    Standin::start(StandinConfig { reports, answers, ..StandinConfig::default() }).unwrap()
}

fn ask(model: &str, words: &str, stream: bool) -> String {
    format!(
        r#"{{"model":"{model}","max_tokens":300,"stream":{stream},"messages":[{{"role":"user","content":"{words}"}}]}}"#
    )
}

fn day(seconds: u64) -> String {
    jiff::Timestamp::from_second(i64::try_from(seconds).unwrap()).unwrap().strftime("%Y-%m-%d").to_string()
}

fn causes(reconciled: &Value) -> Vec<(String, bool, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let items = reconciled["items"].as_array().unwrap();
    let one = |item: &Value| {
        (text(&item["cause"]), item["of_cost"].as_bool().unwrap(), text(&item["model"]), text(&item["amount"]))
    };
    items.iter().map(one).collect()
}

/// What `tokens` in and out of a model cost at rates per million, as an amount.
fn cost(usage: (u64, u64), rates: (u64, u64)) -> i128 {
    i128::from(usage.0) * i128::from(rates.0) + i128::from(usage.1) * i128::from(rates.1)
}

fn amount(text: &Value) -> i128 {
    i128::from(text.as_str().unwrap().parse::<purser_core::money::Nano>().unwrap().get())
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the program's own clock is the machine's: its day is asked for")]
fn a_shadow_key_a_price_that_drifted_and_estimates_are_named_and_the_ledger_made_equal_to_the_bill() {
    let now = u64::try_from(jiff::Timestamp::now().as_second()).unwrap();
    let (yesterday, today, tomorrow) = (day(now - 86_400), day(now), day(now + 86_400));
    let provider = provider(now);
    let bench = Bench::new();
    std::fs::write(bench.folder().join("provider.key"), PURSERS).unwrap();
    std::fs::write(bench.folder().join("admin.key"), "sk-ant-admin\n").unwrap();
    bench.configure(&format!(
        "[listen]\ngateway = \"127.0.0.1:0\"\ncontrol = \"127.0.0.1:0\"\n\n[providers.anthropic]\nkind = \"anthropic\"\n\
         base_url = \"{}\"\napi_key_file = \"provider.key\"\nadmin_key_file = \"admin.key\"\n",
        provider.base_url()
    ));
    let served = bench.serve();
    bench.json(&["person", "add", "Person 17", "--zone", "Europe/Berlin"]);
    bench.json(&["grant", "add", "Person 17", "200/day"]);
    let key = bench.json(&["key", "add", "Person 17"]);
    let secret = key["key"].as_str().unwrap();
    // Three in a hundred break off.
    for call in 0..100 {
        let (script, stream) = if call % 33 == 1 { ("[[standin output=250+cut=4]]", true) } else { ("", false) };
        let (status, body) =
            served.call("/v1/messages", secret, &ask("claude-sonnet-4-5", &format!("{script} call {call}"), stream));
        assert_eq!(status, 200, "{body}");
    }
    for call in 0..5 {
        let (status, _) = served.call("/v1/messages", secret, &ask("claude-haiku-4-5", &format!("call {call}"), false));
        assert_eq!(status, 200);
    }
    past_purser(&provider);

    let unpaid = bench.run(&["bill", "pull", "nobody"]);
    assert!(unpaid.code != 0 && unpaid.err.contains("admin_key_env"), "{unpaid:?}");
    let pull = ["bill", "pull", "anthropic", "--from", &yesterday, "--to", &tomorrow];
    let pulled = bench.json(&pull);
    assert_eq!((&pulled["written"], pulled["days"].as_array().unwrap().len()), (&Value::Bool(true), 4), "{pulled}");
    assert_eq!(bench.json(&pull)["written"], false, "the same reports again change nothing");
    bench.json(&["bill", "keys", "anthropic", &format!("apikey_{}", Credential::of(PURSERS))]);

    // What is planted, from the stand-in's own journal.
    let sums = |of: &dyn Fn(&purser_standin::ServedCall) -> bool| {
        let calls = provider.journal();
        let used = calls.iter().filter(|call| of(call)).map(|call| call.usage);
        used.fold((0, 0), |(input, output), usage| {
            assert_eq!(usage.input(), usage.input_uncached);
            (input + usage.input_uncached, output + usage.output)
        })
    };
    let million = 1_000_000;
    let shadow = cost(sums(&|call| call.credential == Credential::of(SHADOW)), (3_000_000_000, 15_000_000_000));
    let drift = cost(sums(&|call| &*call.model == "claude-haiku-4-5"), DRIFT);
    let served_sonnet = sums(&|call| &*call.model == "claude-sonnet-4-5" && call.credential == Credential::of(PURSERS));
    let usage = bench.json(&["usage", "--from", &today, "--to", &tomorrow]);
    let rows = usage["items"].as_array().unwrap();
    let ledger = rows.iter().find(|row| row["key"] == "claude-sonnet-4-5").unwrap();
    let off = cost(served_sonnet, (3_000_000_000, 15_000_000_000)) - amount(&ledger["charge"]) * million;
    assert!(off != 0 && drift > 0 && shadow > 0, "something is planted: {off} {drift} {shadow}");

    let reconcile = ["bill", "reconcile", "--from", &today, "--to", &tomorrow, "--json"];
    let done = bench.run(&reconcile);
    assert!(
        done.code == 1 && done.err.contains("differences between the ledger and what providers report"),
        "{done:?}"
    );
    let before: Value = serde_json::from_str(&done.out).unwrap();
    let found = causes(&before);
    let of = |cause: &str| found.iter().filter(|found| found.0 == cause).collect::<Vec<_>>();
    let near = |text: &str, exact: i128| (amount(&Value::from(text)) * million - exact).abs() < 200 * million;
    assert!(
        matches!(of("shadow_key").as_slice(), [(_, false, model, amount)] if model == "claude-sonnet-4-5" && near(amount, shadow)),
        "{found:?}"
    );
    assert!(
        matches!(of("price_drift").as_slice(), [(_, true, model, amount)] if model == "claude-haiku-4-5" && near(amount, drift)),
        "{found:?}"
    );
    assert!(
        matches!(of("estimates").as_slice(), [(_, false, model, amount)] if model == "claude-sonnet-4-5" && near(amount, off)),
        "{found:?}"
    );
    assert!(
        found.iter().all(|found| ["shadow_key", "price_drift", "estimates", "rounding"].contains(&&*found.0)),
        "{found:?}"
    );
    let text = bench.run(&["bill", "reconcile", "--from", &today, "--to", &tomorrow]).out;
    assert!(
        text.contains("past Purser") && text.contains("3 estimated") && text.contains("a million instead of"),
        "{text}"
    );

    trued_up(&bench, &served, [&today, &tomorrow]);
    let after = bench.run(&reconcile);
    assert_eq!(after.code, 0, "{after:?}");
    let after: Value = serde_json::from_str(&after.out).unwrap();
    let bill = &before["providers"][0]["bill"];
    assert_eq!((&after["providers"][0]["ledger"], &after["providers"][0]["difference"]), (bill, &Value::from("0.00")));
    assert_eq!(causes(&after), [], "not a billionth is left, and not a token");
    let charges = bench.json(&["usage", "--from", &today, "--to", &tomorrow]);
    assert_eq!(&charges["charge"], bill, "what is charged is what is billed");
    let people = bench.json(&["usage", "--by", "person", "--from", &today, "--to", &tomorrow]);
    assert!(people["items"].as_array().unwrap().iter().any(|row| row["name"] == "the company"), "{people}");
    let nothing = bench.run(&["bill", "true-up", "anthropic", "--from", &today, "--to", &tomorrow, "--propose"]);
    assert!(nothing.code != 0 && nothing.err.contains("nothing to true up"), "{nothing:?}");
    assert_eq!(served.stop().0, 0);
    assert_eq!(bench.json(&["verify"])["good"], true);
    let kept = bench.json(&["bill", "list"]);
    assert_eq!(kept["items"].as_array().unwrap().len(), 4, "read again from the journal: {kept}");
}

/// Somebody uses the company's account with a key of their own.
fn past_purser(provider: &StandinHandle) {
    use std::io::{Read as _, Write as _};
    let body = ask("claude-sonnet-4-5", "past the gateway", false);
    let mut stream = std::net::TcpStream::connect(provider.addr).unwrap();
    write!(
        stream,
        "POST /v1/messages HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-api-key: {SHADOW}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

/// Proposed by one, approved by another.
fn trued_up(bench: &Bench, served: &Served, [from, to]: [&str; 2]) {
    let days = ["anthropic", "--from", from, "--to", to];
    let plan = bench.json(&[&["bill", "true-up"][..], &days].concat());
    let paid: Vec<&str> =
        plan["entries"].as_array().unwrap().iter().map(|entry| entry["on"].as_str().unwrap()).collect();
    assert!(paid.contains(&"company"), "{plan}");
    assert!(amount(&plan["calls"]) <= 0, "nobody pays for what can't be told of one call: {plan}");
    let proposed = bench.json(&[&["bill", "true-up"][..], &days, &["--propose"]].concat());
    let id = proposed["id"].as_str().unwrap();
    bench.refused(&["bill", "approve", id], 1, "nobody approves or changes what is their own");
    let finance = bench.json(&["admin-key", "add", "--label", "close", "--role", "finance"]);
    let path = format!("/api/v1/bills/true-ups/{id}/approve");
    let (status, body) = served.http("POST", &path, finance["key"].as_str(), "");
    assert_eq!(status, 200, "{body}");
    let made: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((&made["hash"], &made["amount"]), (&plan["hash"], &plan["amount"]));
    let (status, body) = served.http("POST", &path, finance["key"].as_str(), "");
    assert_eq!(status, 409, "{body}");
}
