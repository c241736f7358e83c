//! Commands without a running `serve`: each opens the data folder itself.

use serde_json::{Value, json};

use crate::bench::Bench;

/// A folder with one person.
fn bench_with_person() -> (Bench, String) {
    let bench = Bench::new();
    let person = bench.json(&["person", "add", "The analyst", "--zone", "Europe/Berlin"]);
    let id = person["id"].as_str().unwrap().to_owned();
    (bench, id)
}

#[test]
fn a_question_makes_no_folder_and_says_how_to_make_one() {
    let bench = Bench::new();
    let done = bench.refused(&["balance"], 1, "there is no data folder at purser-data");
    assert!(done.err.contains("hint: `purser serve` makes one"), "{done:?}");
    assert!(!bench.data().exists());
}

#[test]
fn from_nothing_to_a_key_and_a_balance() {
    let (bench, id) = bench_with_person();
    assert!(id.starts_with("per_"));
    let grant = bench.json(&["grant", "add", "the analyst", "20/day", "--models", "claude-*,gpt-5*"]);
    assert_eq!(grant["amount"], "20.00");
    assert_eq!(grant["models"], json!(["claude-*", "gpt-5*"]));
    let key = bench.json(&["key", "add", &id, "--agent", "claude-code", "--rpm", "60"]);
    assert!(key["id"].as_str().unwrap().starts_with("key_"));
    let secret = key["key"].as_str().unwrap();
    assert!(secret.starts_with("pk-") && secret.len() == 46, "{secret}");

    let balance = bench.json(&["balance", "The analyst"]);
    assert_eq!(balance[0]["available"], "20.00");
    assert_eq!(balance[0]["spendable"], "20.00");
    assert_eq!(balance[0]["held"], "0.00");

    let keys = bench.run(&["key", "list", "--json"]);
    assert!(!keys.out.contains("pk-"), "a secret is shown once: {keys:?}");
    let text = bench.run(&["balance"]);
    assert!(text.out.contains("The analyst") && text.out.contains("20.00"), "{text:?}");
}

#[test]
fn the_key_alone_goes_to_standard_output() {
    let (bench, id) = bench_with_person();
    let done = bench.run(&["key", "add", &id]);
    assert_eq!(done.out.lines().count(), 1, "{done:?}");
    assert!(done.out.starts_with("pk-"));
    assert!(!done.err.contains("pk-"));
}

#[test]
fn a_budget_above_bounds_what_can_be_spent() {
    let (bench, id) = bench_with_person();
    bench.json(&["grant", "add", &id, "20/day"]);
    let first = bench.json(&["budget", "set", "company", "5/month"]);
    assert_eq!(bench.json(&["balance"])[0]["spendable"], "5.00");
    let again = bench.json(&["budget", "set", "company", "12.50/month"]);
    assert_eq!(again["id"], first["id"], "the running budget gets the amount anew");
    let balance = bench.json(&["balance"]);
    assert_eq!(balance[0]["spendable"], "12.50");
    assert_eq!(balance[0]["available"], "20.00");
    bench.json(&["budget", "end", first["id"].as_str().unwrap()]);
    assert_eq!(bench.json(&["balance"])[0]["spendable"], "20.00");
}

#[test]
fn whoever_came_without_an_offer_is_given_a_role_and_shows_it() {
    let (bench, id) = bench_with_person();
    bench.json(&["role", "presets"]);
    let set = bench.run(&["person", "role", "the analyst", "Finance", "--level", "4"]);
    assert!(set.out.contains("finance L4") && !set.err.contains("nothing is set"), "{set:?}");
    let shown = bench.json(&["person", "show", &id]);
    let role = &shown["role"];
    let said = ["family", "level", "source"].map(|field| role[field].as_str().unwrap());
    assert_eq!((said, &role["known"]), (["finance", "L4", "set"], &json!(true)));
    assert!(bench.run(&["person", "list"]).out.contains("finance L4"));
    // Another without a level, of which nothing is set yet.
    let unknown = bench.run(&["person", "role", &id, "juggling"]);
    assert!(unknown.err.contains("nothing is set for juggling"), "{unknown:?}");
    assert_eq!(bench.json(&["person", "show", &id])["role"]["level"], Value::Null);
    assert_eq!(bench.json(&["person", "role", &id, "--none"])["role"], Value::Null);
    bench.refused(&["person", "role", &id], 2, "<FAMILY>");
    bench.refused(&["person", "role", &id, "finance", "--none"], 2, "cannot be used with");
    bench.refused(&["person", "role", &id, "finance", "--level", "L99"], 2, "is no level");
    bench.refused(&["person", "role", "nobody", "finance"], 1, "no person is called `nobody`");
    let csv = "name,zone,family,level\nthe analyst,Europe/Berlin,sales,L2\nPerson 2,UTC,sailing,\n";
    std::fs::write(bench.folder().join("roles.csv"), csv).unwrap();
    let told = bench.run(&["person", "import", "roles.csv", "--dry-run"]);
    assert!(told.out.contains("family: - to sales; level: - to L2") && told.out.contains("sailing"), "{told:?}");
    assert!(told.err.contains("nothing is set for sailing"), "{told:?}");
    bench.json(&["person", "import", "roles.csv"]);
    assert_eq!(bench.json(&["person", "show", &id])["role"]["level"], "L2");
}

#[test]
fn units_form_a_tree_and_people_move_in_it() {
    let (bench, id) = bench_with_person();
    bench.json(&["unit", "add", "Research"]);
    let lab = bench.json(&["unit", "add", "Lab", "--parent", "research", "--cost-centre", "4711"]);
    assert_eq!(lab["cost_centre"], "4711");
    let moved = bench.json(&["person", "move", &id, "lab"]);
    assert_eq!(moved["unit_name"], "Lab");
    let units = bench.json(&["unit", "list"]);
    let names: Vec<&str> = units.as_array().unwrap().iter().filter_map(|unit| unit["name"].as_str()).collect();
    assert_eq!(names, ["Everybody", "Research", "Lab"]);
    assert!(bench.run(&["unit", "list"]).out.contains("  Lab"), "indented under its parent");
}

#[test]
fn the_same_command_twice_changes_nothing_more() {
    let (bench, id) = bench_with_person();
    let add = |amount: &str| {
        let mut done = bench.run(&["grant", "add", &id, amount, "--command-id", "welcome-1", "--json"]);
        done.out = done.out.trim_end().to_owned();
        done
    };
    let first = add("20/day");
    assert_eq!(first.code, 0, "{first:?}");
    assert_eq!(add("20/day").out, first.out, "the first result again");
    assert_eq!(bench.json(&["grant", "list"]).as_array().unwrap().len(), 1);
    let other = add("30/day");
    assert_eq!(other.code, 1);
    assert!(other.err.contains("this name was given to another change before"), "{other:?}");

    let key = || bench.json(&["key", "add", &id, "--command-id", "welcome-2"]);
    let (first, second) = (key(), key());
    assert_eq!(first["id"], second["id"]);
    assert!(first["key"].is_string() && second["key"].is_null(), "the secret was not kept");
}

#[test]
fn what_ends_stays_ended_and_is_no_error_twice() {
    let (bench, id) = bench_with_person();
    let grant = bench.json(&["grant", "add", &id, "20/day"]);
    let grant = grant["id"].as_str().unwrap();
    let key = bench.json(&["key", "add", &id]);
    let key = key["id"].as_str().unwrap();
    for _ in 0..2 {
        assert!(bench.json(&["grant", "void", grant])["voided"].is_string());
        assert_eq!(bench.json(&["key", "revoke", key])["active"], false);
    }
    assert_eq!(bench.json(&["balance"])[0]["available"], "0.00");
    assert_eq!(bench.json(&["person", "remove", &id])["active"], false);
    bench.refused(&["key", "add", &id], 1, "keys are for those who are here");
}

#[test]
fn names_have_to_be_unique_to_stand_for_an_id() {
    let (bench, first) = bench_with_person();
    bench.json(&["person", "add", "the Analyst", "--zone", "UTC"]);
    let done = bench.refused(&["person", "show", "the analyst"], 1, "2 people are called `the analyst`");
    assert!(done.err.contains(&first), "the hint names the ids: {done:?}");
    bench.refused(&["person", "show", "nobody"], 1, "no person is called `nobody`");
    bench.refused(&["person", "add", "x", "--zone", "Europe/Atlantis"], 1, "is not a time zone");
    bench.refused(&["grant", "add", &first, "20"], 1, "lacks how often");
    bench.refused(&["person", "frobnicate"], 2, "unrecognized subcommand");
}

#[test]
fn prices_are_explained_line_by_line() {
    let (bench, _) = bench_with_person();
    bench.json(&["price", "set", "our-model", "--provider", "ours", "input_uncached=3", "output=15"]);
    let usage = r#"{"input_uncached": 1234567, "output": 1}"#;
    let explained = bench.json(&["price", "explain", "our-model", "--provider", "ours", "--usage", usage]);
    assert_eq!(explained["charge"], "3.703716");
    assert_eq!(explained["lines"][0]["amount"], "3.703701");
    assert_eq!(explained["lines"][1]["amount"], "0.000015");
    let text = bench.run(&["price", "explain", "our-model", "--provider", "ours", "--usage", usage]);
    assert!(text.out.contains("rounded once, half to even"), "{text:?}");
    bench.refused(
        &["price", "explain", "our-modle", "--provider", "ours", "--usage", usage],
        1,
        "did you mean our-model?",
    );
    bench.refused(&["price", "set", "m", "--provider", "ours", "outptu=1"], 1, "`outptu` is nothing that has a price");
}

#[test]
fn discounts_and_exchange_rates_enter_the_charge() {
    let (bench, _) = bench_with_person();
    bench.json(&["price", "set", "our-model", "--provider", "ours", "output=10"]);
    bench.json(&["price", "discount", "ours", "0.9"]);
    let ask = ["price", "explain", "our-model", "--provider", "ours", "--usage", r#"{"output": 1000000}"#];
    let explained = bench.json(&ask);
    assert_eq!((explained["charge"].clone(), explained["terms"].clone()), (json!("9.00"), json!("0.9")));
    assert!(bench.run(&ask).out.contains("times 0.9"));
    bench.json(&["price", "exchange", "eur", "usd", "1.08", "--from", "2026-01-01"]);
    bench.refused(&["price", "discount", "ours", "a lot"], 1, "the file is not understood");
}

#[test]
fn a_file_of_prices_is_compared_then_published() {
    let (bench, _) = bench_with_person();
    let file = bench.folder().join("prices.csv");
    std::fs::write(&file, "provider,model,input,output\nours,small,1.00,4.00\n").unwrap();
    let file = file.to_str().unwrap();
    let diff = bench.json(&["price", "diff", file]);
    assert_eq!((diff["published"].clone(), diff["changes"].as_array().unwrap().len()), (json!(false), 1));
    bench.refused(&["price", "show", "small"], 1, "no provider has a price for `small`");
    assert_eq!(bench.json(&["price", "import", file])["published"], true);
    assert_eq!(bench.json(&["price", "show", "small"])[0]["card"]["rates"]["output"], "4");
    assert_eq!(bench.json(&["price", "import", file])["unchanged"], 1);
    assert_eq!(bench.json(&["price", "history", "small"]).as_array().unwrap().len(), 1);
}

#[test]
fn verify_backup_and_restore() {
    let (bench, id) = bench_with_person();
    assert_eq!(bench.json(&["verify"])["good"], true);
    let to = bench.folder().join("saved");
    bench.json(&["backup", to.to_str().unwrap()]);
    bench.refused(&["restore", to.to_str().unwrap()], 1, "nothing is overwritten");
    let other = bench.folder().join("other");
    bench.json(&["restore", to.to_str().unwrap(), "--data", other.to_str().unwrap()]);
    let people: Value = bench.json(&["person", "list", "--data", other.to_str().unwrap()]);
    assert_eq!(people[0]["id"], Value::String(id));
}

#[test]
fn segments_of_the_journal_are_checked_and_exported_by_themselves() {
    let (bench, id) = bench_with_person();
    bench.json(&["grant", "add", &id, "20/day"]);
    let export = |args: &[&str]| {
        let done = bench.run(&[&["journal", "export"], args].concat());
        assert_eq!(done.code, 0, "{done:?}");
        assert!(done.err.contains("records in"), "{done:?}");
        done.out
    };
    let lines = export(&[]);
    let records: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(records.iter().zip(1..).all(|(record, lsn)| record["lsn"] == lsn), "all of them, in order");
    assert!(records.iter().any(|record| record["kind"] == "event" && record["event"].to_string().contains(&id)));
    // A copy of one file is enough.
    let name = "00000000000000000001.wal";
    let copy = bench.folder().join(name);
    std::fs::copy(bench.data().join("journal").join(name), &copy).unwrap();
    let copied = copy.to_str().unwrap().to_owned();
    assert_eq!(export(&[&copied]), lines);
    let mut bytes = std::fs::read(&copy).unwrap();
    bytes[150] ^= 1;
    std::fs::write(&copy, bytes).unwrap();
    bench.refused(&["journal", "export", &copied], 1, "at byte 72");
    bench.refused(&["journal", "export", "nowhere"], 1, "there is no nowhere");
}

#[test]
fn a_statement_of_a_month_without_calls() {
    let (bench, id) = bench_with_person();
    bench.json(&["grant", "add", &id, "20/day"]);
    let statement = bench.json(&["statement", &id]);
    assert_eq!(statement["granted"], "20.00", "one day so far");
    assert_eq!(statement["used"], "0.00");
    assert_eq!(statement["zone"], "Europe/Berlin");
    assert_eq!(bench.json(&["usage"])["items"], json!([]));
    assert_eq!(bench.json(&["usage", "--charges"]), json!([]));
    assert_eq!(bench.json(&["suspense", "list"]), json!([]));
    let status = bench.json(&["status"]);
    assert_eq!((status["people"].clone(), status["currency"].clone()), (json!(1), json!("USD")));
    bench.refused(&["statement", &id, "--month", "November"], 1, "`November` is not a month");
}

#[test]
fn a_statement_is_checked_by_itself_and_months_are_closed_when_they_are_over() {
    let (bench, id) = bench_with_person();
    bench.json(&["grant", "add", &id, "20/day"]);
    let text = bench.run(&["statement", &id, "--json"]).out;
    let file = bench.folder().join("statement.json");
    std::fs::write(&file, &text).unwrap();
    let file = file.to_str().unwrap();
    let key = bench.json(&["statement", "key"])["key"].as_str().unwrap().to_owned();
    let elsewhere = Bench::new();
    let good = elsewhere.run(&["statement", "verify", file, "--key", &key]);
    assert!(good.code == 0 && good.out.contains("good: purser.statement/1 of per_"), "{good:?}");
    assert!(elsewhere.run(&["statement", "verify", file]).out.contains("`--key` says whose that must be"));
    let other = "ab".repeat(32);
    let no = |args: &[&str], says: &str| {
        let done = elsewhere.run(args);
        assert!(done.code == 1 && done.err.contains(says) && done.out.contains("purser.statement/1"), "{done:?}");
    };
    no(&["statement", "verify", file, "--key", &other], "another key than yours signed it");
    assert!(text.contains("\"20.00\""), "{text}");
    std::fs::write(file, text.replacen("\"20.00\"", "\"21.00\"", 1)).unwrap();
    no(&["statement", "verify", file], "something in it is not as it was signed");
    std::fs::write(file, "{}").unwrap();
    elsewhere.refused(&["statement", "verify", file], 1, "this is no signed statement: it has no signature");
    assert!(!elsewhere.data().exists(), "nothing was opened");

    let (html, pdf) = (bench.folder().join("statement.html"), bench.folder().join("rewards.pdf"));
    bench.run(&["statement", &id, "--html", html.to_str().unwrap()]);
    assert!(std::fs::read_to_string(html).unwrap().contains("Statement of token budgets"));
    bench.run(&["rewards", &id, "--pdf", pdf.to_str().unwrap()]);
    assert!(std::fs::read(pdf).unwrap().starts_with(b"%PDF-"));
    let rewards = bench.run(&["rewards", &id]);
    assert!(rewards.out.contains("no accepted package is known") && rewards.out.contains("20.00"), "{rewards:?}");
    bench.refused(&["statement", &id, "--year", "26"], 1, "`26` is not a year");
    bench.refused(&["statement", &id, "--year", "2026", "--month", "2026-11"], 2, "cannot be used with");
    bench.refused(&["statement"], 2, "required arguments");

    bench.refused(&["period", "close", "2999-01"], 1, "2999-01 is not over for everybody before 2999-02-01");
    bench.refused(&["period", "close", "2001-01"], 1, "there was no company in 2001-01");
    bench.refused(&["period", "verify", "2001-01"], 1, "2001-01 is not closed");
    assert_eq!(bench.json(&["period", "list"]), json!([]));
}

#[test]
fn an_import_in_part_lists_what_was_left_out_and_says_so_by_its_exit_code() {
    let (bench, _) = bench_with_person();
    let file = |name: &str, text: &str| std::fs::write(bench.folder().join(name), text).unwrap();
    file("units.csv", "name,parent\nPlatform,Engineering\nEngineering,\n");
    file(
        "people.csv",
        "\u{feff}name;zone;unit\r\nThe analyst;Europe/Berlin;Platform\r\nThe designer;UTC;\r\nThe clerk;Mars/Base;\r\n",
    );
    let units = bench.json(&["unit", "import", "units.csv"]);
    assert_eq!(units["items"].as_array().unwrap().len(), 2);
    bench.refused(&["person", "import", "people.csv"], 1, "line 4, zone: ");
    let people = || bench.json(&["person", "list"]).as_array().unwrap().len();
    assert_eq!(people(), 1, "nothing is changed");
    let told = bench.run(&["person", "import", "people.csv", "--dry-run"]);
    assert!(told.code == 1 && told.err.contains("nothing was changed; it would be: added 1"), "{told:?}");
    assert!(told.out.contains("Mars/Base") && told.out.contains("Platform"), "{told:?}");
    assert_eq!(people(), 1);
    let done = bench.run(&["person", "import", "people.csv", "--partial", "--json"]);
    assert!(done.code == 1 && done.err.contains("one line can't be"), "{done:?}");
    let made: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(
        (&made["items"][0]["name"], &made["changed"][0]["name"]),
        (&json!("The designer"), &json!("The analyst"))
    );
    assert_eq!((&made["mistakes"][0]["line"], &made["mistakes"][0]["field"]), (&json!(4), &json!("zone")));
    assert_eq!(people(), 2);
    file("people.csv", "name,zone\nThe analyst,Europe/Berlin\n");
    let gone = bench.json(&["person", "import", "people.csv", "--remove-missing"]);
    assert_eq!((&gone["missing"][0]["name"], &gone["missing"][0]["removed"]), (&json!("The designer"), &json!(true)));
}

#[test]
fn a_history_is_shown_without_a_folder_and_recorded_once() {
    let captures = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/observed/captures/claude-code-json");
    let bench = Bench::new();
    let shown = bench.json(&["import", "logs", captures, "--tool", "claude-code"]);
    let total = &shown["total"];
    assert_eq!(
        (&total["requests"], &total["input_tokens"], &total["output_tokens"]),
        (&json!(2), &json!(122_362), &json!(154))
    );
    assert_eq!(total["list_price_usd"], "0.0396324", "as Claude Code prints it: {shown}");
    assert!(!bench.data().exists(), "nothing was opened");
    bench.refused(&["import", "logs", "nowhere"], 1, "nowhere is not there");
    let done = bench.run(&["import", "logs", captures, "--by", "session"]);
    assert!(done.out.contains("claude-code/") && done.out.contains("122362"), "{done:?}");

    let id =
        bench.json(&["person", "add", "The analyst", "--zone", "Europe/Berlin"])["id"].as_str().unwrap().to_owned();
    for (new, known) in [(2, 0), (0, 2)] {
        let taken = bench.json(&["import", "logs", captures, "--tool", "claude-code", "--as", &id]);
        assert_eq!(
            (&taken["recorded"]["recorded"], &taken["recorded"]["known"]),
            (&json!(new), &json!(known)),
            "{taken}"
        );
    }
    let usage = bench.run(&["usage", "--from", "2026-11-01", "--to", "2027-01-01"]);
    assert!(usage.out.contains("observed, not enforced: 2 requests, 122362 tokens in and 154 out"), "{usage:?}");
    let lines = bench.run(&["usage", "--observed", "model", "--from", "2026-11-01", "--to", "2027-01-01"]);
    assert!(lines.out.contains("claude-opus-5-5") && lines.out.contains("0.0396324"), "{lines:?}");
    let statement = bench.run(&["statement", &id, "--month", "2026-11"]);
    assert!(statement.out.contains("observed, not enforced"), "{statement:?}");
}
