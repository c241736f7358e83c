//! A month told again: films, files from elsewhere, and a company's own past.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::bench::Bench;

/// Nano-units of an amount in JSON.
fn nano(amount: &Value) -> i128 {
    let text = amount.as_str().unwrap_or_else(|| panic!("{amount} is no amount"));
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    let sign = if whole.starts_with('-') { -1 } else { 1 };
    whole.parse::<i128>().unwrap() * 1_000_000_000 + sign * format!("{rest:0<9}").parse::<i128>().unwrap()
}

const DOLLAR: i128 = 1_000_000_000;

fn telling<'v>(comparison: &'v Value, name: &str) -> &'v Value {
    let all = comparison["tellings"].as_array().unwrap();
    all.iter().find(|telling| telling["name"] == name).unwrap_or_else(|| panic!("no {name}: {comparison}"))
}

/// What each telling was charged by the day.
fn by_day(comparison: &Value) -> BTreeMap<String, Vec<i128>> {
    assert_eq!(comparison["burn"]["grain"], "day");
    let columns = comparison["burn"]["of"].as_array().unwrap();
    let rows = comparison["burn"]["rows"].as_array().unwrap();
    let of = |column: usize| rows.iter().map(|row| nano(&row["spent"][column])).collect();
    columns.iter().enumerate().map(|(column, name)| (name.as_str().unwrap().to_owned(), of(column))).collect()
}

/// Seconds from an instant in JSON to another.
fn seconds(from: &Value, to: &Value) -> i64 {
    let read = |at: &Value| at.as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    read(to).duration_since(read(from)).as_secs()
}

/// What holds of every comparison whose first telling has no limits.
fn check(comparison: &Value) {
    let (source, days) = (&comparison["source"], by_day(comparison));
    let free = telling(comparison, "without Purser");
    assert_eq!((&free["spent"], &free["made"]), (&source["cost"], &source["calls"]), "the ledger settles every call");
    assert_eq!(nano(&free["refused"]["amount"]), 0);
    for telling in comparison["tellings"].as_array().unwrap() {
        let name = telling["name"].as_str().unwrap();
        assert_eq!(days[name].iter().sum::<i128>(), nano(&telling["spent"]), "{name}: days add up");
        let not_spent = ["refused", "clamped", "switched"].map(|what| nano(&telling[what]["amount"]));
        let all = nano(&telling["spent"]) + not_spent.iter().sum::<i128>();
        assert_eq!(all, nano(&source["cost"]), "{name}: every call was made, clamped or refused");
        assert_eq!(nano(&telling["saved"]), nano(&source["cost"]) - nano(&telling["spent"]));
        let calls = telling["made"].as_u64().unwrap() + telling["refused"]["calls"].as_u64().unwrap();
        assert_eq!(calls, source["calls"].as_u64().unwrap(), "{name}");
    }
}

#[test]
fn a_runaway_of_205_dollars_an_hour_is_warned_about_and_stopped() {
    let bench = Bench::new();
    let comparison = bench.json(&["replay", "--film", "bill-150k", "--days", "1"]);
    check(&comparison);
    let source = &comparison["source"];
    let free = by_day(&comparison)["without Purser"].clone();
    let alone = free.iter().rev().take(2).sum::<i128>();
    assert!((4_800 * DOLLAR..5_050 * DOLLAR).contains(&alone), "a day at $205.34 an hour: {alone}");

    for name in ["breakers only", "budget + breakers"] {
        let both = telling(&comparison, name);
        let (warned, stopped) = (&both["first_warning"], &both["first_stop"]);
        assert!((0..=120).contains(&seconds(&source["astray"], &warned["at"])), "{warned}");
        assert!((0..=600).contains(&seconds(&source["astray"], &stopped["at"])), "{stopped}");
        assert!(nano(&stopped["spent"]) < 30 * DOLLAR, "{stopped}");
    }
    let budget = telling(&comparison, "budget only");
    assert_eq!(
        (&budget["first_stop"]["by"], budget["breakers"].as_array().unwrap().len()),
        (&Value::from("budget"), 0)
    );
    for name in ["budget only", "budget + breakers"] {
        let most = by_day(&comparison)[name].iter().max().copied().unwrap();
        assert!(most <= 100 * DOLLAR, "{name}: never over a day's allowance: {most}");
    }
}

#[test]
fn a_loop_is_stopped_for_what_it_repeats() {
    let bench = Bench::new();
    let comparison = bench.json(&["replay", "--film", "loop-47k", "--days", "1"]);
    check(&comparison);
    let stop = &telling(&comparison, "budget + breakers")["first_stop"];
    assert_eq!(stop["by"], "repeat", "{stop}");
    assert!(
        seconds(&comparison["source"]["astray"], &stop["at"]) <= 600 && nano(&stop["spent"]) < 5 * DOLLAR,
        "{stop}"
    );
    let again = bench.run(&["replay", "--film", "loop-47k", "--days", "1", "--json"]);
    let once_more = bench.run(&["replay", "--film", "loop-47k", "--days", "1", "--json"]);
    assert_eq!(again.out, once_more.out, "the same to the last byte");
}

#[test]
fn an_owner_who_answers_is_asked_again() {
    let bench = Bench::new();
    let film = ["replay", "--film", "loop-47k", "--days", "1", "--breakers-only"];
    let runs = |more: &[&str]| {
        let comparison = bench.json(&[&film[..], more].concat());
        check(&comparison);
        let breakers = telling(&comparison, "breakers only")["breakers"].as_array().unwrap().clone();
        breakers.iter().filter(|of| of["act"] == "pause").map(|of| of["times"].as_u64().unwrap()).sum::<u64>()
    };
    assert_eq!(runs(&[]), 1, "nobody answers");
    let asked = runs(&["--owner-answers", "15m"]);
    assert!(asked > 10, "{asked}: whoever lets a loop go on is asked once it has gone round again");
}

#[test]
fn another_policy_changes_what_it_names() {
    let bench = Bench::new();
    bench.configure("[policy.breakers]\noff = [\"repeat\"]\n");
    std::fs::write(bench.folder().join("strict.toml"), "[policy.runs]\nmoney = \"2\"\n").unwrap();
    let film = ["replay", "--film", "loop-47k", "--days", "1", "--breakers-only"];
    let present = bench.json(&film);
    let stop = |comparison: &Value| telling(comparison, "breakers only")["first_stop"]["by"].clone();
    assert_ne!(stop(&present), "repeat", "it is off in purser.toml");
    let strict = bench.json(&[&film[..], &["--policy", "strict.toml"]].concat());
    assert_eq!(stop(&strict), "budget", "a run's money is an account as any other: {strict}");
    let spent = nano(&telling(&strict, "breakers only")["spent"]);
    assert!(spent <= 2 * DOLLAR, "one run and its money: {spent}");

    std::fs::write(bench.folder().join("wrong.toml"), "[policy.brakers]\n").unwrap();
    bench.refused(&[&film[..], &["--policy", "wrong.toml"]].concat(), 2, "brakers");
}

#[test]
fn a_recording_from_elsewhere_is_told_line_by_line() {
    let bench = Bench::new();
    let line = |minute: u32, person: &str, output: u64| {
        format!(
            r#"{{"at":"2026-11-02T09:{minute:02}:00Z","person":"{person}","provider":"anthropic","model":"claude-opus-5-5","run":"r","input":1000,"output":{output},"max_output":50000}}"#
        )
    };
    let lines: Vec<String> =
        (0..60).map(|minute| line(minute, if minute % 2 == 0 { "ada" } else { "grace" }, 40_000)).collect();
    std::fs::write(bench.folder().join("calls.jsonl"), lines.join("\n")).unwrap();
    let comparison = bench.json(&["replay", "--file", "calls.jsonl", "--daily", "5"]);
    check(&comparison);
    assert_eq!(comparison["source"]["cost"], "48.24", "sixty times 1,000 tokens at $4 and 40,000 at $20 a million");
    let budget = telling(&comparison, "budget only");
    assert!(nano(&budget["spent"]) <= 10 * DOLLAR, "five for each of two: {budget}");
    let people: Vec<&str> =
        budget["refusals"].as_array().unwrap().iter().map(|of| of["person"].as_str().unwrap()).collect();
    assert!(people.iter().all(|person| ["ada", "grace"].contains(person)) && !people.is_empty(), "{people:?}");
    assert!(budget["clamped"]["calls"].as_u64().unwrap() > 0, "the last answer of a day ends where the money does");

    std::fs::write(bench.folder().join("bad.jsonl"), format!("{}\n{{\"at\":1}}\n", line(0, "ada", 1))).unwrap();
    bench.refused(&["replay", "--file", "bad.jsonl"], 1, "line 2: ");
    bench.refused(&["replay"], 2, "--film");
    bench.refused(&["replay", "--recorded"], 1, "there is no Purser in");
}

/// A company that has months behind it, told again under its own rules and under others.
#[test]
fn a_companys_own_past_adds_up_to_its_usage() {
    let bench = Bench::new();
    let made = bench.run(&["demo", "company", "--months", "1", "--until", "2026-11-27"]);
    assert_eq!(made.code, 0, "{made:?}");
    let usage = bench.json(&["usage", "--by", "day", "--from", "2026-01-01"]);
    let used: i128 = usage["items"].as_array().unwrap().iter().map(|day| nano(&day["charge"])).sum();
    let before = files(&bench);
    let own = bench.json(&["replay", "--recorded"]);
    assert_eq!(files(&bench), before, "nothing is written");
    assert_eq!(nano(&own["source"]["recorded"]["spent"]), used, "the very totals of usage");
    let told = telling(&own, "the company's rules");
    let of_money = told["refusals"].as_array().unwrap().iter().filter(|of| of["code"] != "run_paused");
    assert_eq!(of_money.count(), 0, "what was paid can be paid again: {}", told["refusals"]);
    let parts = nano(&told["spent"]) + nano(&told["refused"]["amount"]);
    assert_eq!(parts, nano(&own["source"]["cost"]));

    let less = bench.json(&["replay", "--recorded", "--daily", "1", "--no-breakers"]);
    let told = &less["tellings"][0];
    assert!(told["refused"]["calls"].as_u64().unwrap() > 0, "{told}");
    let refused = &told["refusals"][0];
    assert!(refused["people"].as_u64().unwrap() > 10 && refused["most"].as_array().unwrap().len() == 10, "{refused}");
    let person = refused["most"][0]["person"].as_str().unwrap().to_owned();
    let theirs = bench.json(&["replay", "--recorded", "--daily", "1", "--no-breakers", "--person", &person]);
    let most = by_day(&theirs)["1.00 a day each, no breakers"].iter().max().copied().unwrap();
    assert!(most <= 2 * DOLLAR, "a day of theirs may touch two of UTC: {most}");
    bench.refused(&["replay", "--recorded", "--person", "nobody"], 1, "there is no person `nobody`");
    bench.refused(&["replay", "--recorded", "--from", "2026-11-02", "--to", "2026-11-02"], 2, "--to is not after");
}

/// Every file of the data folder with its bytes, but for what SQLite keeps for readers.
fn files(bench: &Bench) -> BTreeMap<std::path::PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    let mut folders = vec![bench.data()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                folders.push(path);
            } else if !name.ends_with("-shm") && !name.ends_with("-wal") {
                all.insert(path.clone(), std::fs::read(&path).unwrap());
            }
        }
    }
    all
}
