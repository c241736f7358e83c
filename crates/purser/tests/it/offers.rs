//! Offers on the command line: linted and compared without a data folder, and walked to their grant with one.

use serde_json::Value;

use crate::bench::Bench;

const LETTER: &str = "Company: Example One\nFamily: engineering\nWe offer a base salary of $375,000 per year and an AI token \
                      budget of $100,000 per year. It is guaranteed for 24 months, and usable from day one.\n";

fn write(bench: &Bench, name: &str, text: &str) {
    std::fs::write(bench.folder().join(name), text).unwrap();
}

#[test]
fn a_letter_is_linted_without_any_data_folder() {
    let bench = Bench::new();
    write(&bench, "one.txt", LETTER);
    write(&bench, "bare.json", r#"{"company":"Example Two","package":{"currency":"USD","salary":"400000"}}"#);
    let found: Value = bench.json(&["offer", "lint", "one.txt", "--on", "2026-11-26"]);
    let codes: Vec<&str> =
        found[0]["findings"].as_array().unwrap().iter().map(|it| it["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["TOK006", "TOK008", "TOK012", "TOK014", "TOK015"]);
    assert_eq!(found[0]["company"], "Example One");
    let strict = bench.run(&["offer", "lint", "one.txt", "--strict", "--on", "2026-11-26"]);
    assert_eq!(strict.code, 1, "{strict:?}");
    let bare = bench.run(&["offer", "lint", "one.txt", "bare.json", "--on", "2026-11-26"]);
    assert_eq!(bare.code, 1, "{bare:?}");
    assert!(bare.out.contains("TOK001 error: missing token budget"), "{}", bare.out);
    assert!(bare.err.contains("1 of 2 offers have errors"), "{}", bare.err);
    bench.refused(&["offer", "lint", "none.txt"], 1, "none.txt can't be read");
    write(&bench, "typo.json", r#"{"package":{"currency":"USD","salery":"1"}}"#);
    bench.refused(&["offer", "lint", "typo.json"], 1, "unknown field `salery`");
    assert!(!bench.data().exists());
}

#[test]
fn offers_of_several_companies_are_put_beside_each_other() {
    let bench = Bench::new();
    write(&bench, "one.txt", LETTER);
    write(
        &bench,
        "others.json",
        r#"[{"company":"Example Two","package":{"currency":"USD","salary":"400000"}},
            {"company":"Example Three","package":{"currency":"EUR","rate":{"to":"USD","rate":"1.1","on":"2026-11-20"},
             "salary":"200000","tokens":{"amount":"500/workday"}}}]"#,
    );
    let rows: Value = bench.json(&["offer", "compare", "one.txt", "others.json"]);
    let told: Vec<[&str; 4]> = (rows.as_array().unwrap().iter())
        .map(|row| {
            ["company", "tokens_per_year", "tokens_per_workday", "share_of_package"]
                .map(|field| row[field].as_str().unwrap())
        })
        .collect();
    assert_eq!(
        told,
        [
            ["Example Three", "143000.00", "550.00", "39.4 %"],
            ["Example One", "100000.00", "384.615384615", "21.1 %"],
            ["Example Two", "0.00", "0.00", "0.0 %"],
        ]
    );
    let done = bench.run(&["offer", "compare", "one.txt", "others.json"]);
    assert!(done.out.contains("$384.61") && done.out.contains("21.1 %"), "{}", done.out);
    bench.refused(&["offer", "compare", "one.txt", "others.json", "--currency", "GBP"], 1, "no dated rate to GBP");
}

#[test]
fn an_offer_walks_from_its_draft_to_its_grant() {
    let bench = Bench::new();
    write(
        &bench,
        "draft.json",
        r#"{"candidate":{"name":"Person 17"},"role":{"family":"finance"},"zone":"Europe/Berlin","starts":"2999-01-04",
            "expires":"2998-12-01","package":{"currency":"USD","salary":"200000","tokens":{"amount":"60/workday"}}}"#,
    );
    bench.json(&["role", "presets"]);
    let offer = bench.json(&["offer", "draft", "draft.json", "--reason", "month close"]);
    let id = offer["id"].as_str().unwrap();
    assert_eq!(bench.json(&["offer", "submit", id])["state"], "approved", "within its band");
    bench.refused(&["offer", "accept", id, "--version", "1", "--signed", "Person 17"], 1, "can't be accepted");
    let sent = bench.json(&["offer", "send", id]);
    assert_eq!((&sent["state"], &sent["id"]), (&Value::from("sent"), &offer["id"]));
    let link = sent["candidate_link"]["link"].as_str().unwrap();
    assert!(link.contains("/o/po-"), "{sent}");
    assert_eq!(bench.json(&["offer", "links", id])[0]["id"], sent["candidate_link"]["id"]);
    assert_eq!(bench.json(&["offer", "view", id])["state"], "viewed");
    let accepted = bench.json(&["offer", "accept", id, "--version", "1", "--signed", "Person 17"]);
    assert_eq!(accepted["state"], "accepted");
    let letter = bench.run(&["offer", "letter", id]);
    assert!(letter.out.contains("60.00 USD is released on each workday"), "{letter:?}");
    bench.run(&["offer", "letter", id, "--pdf", "--out", "letter.pdf"]);
    let pdf = std::fs::read(bench.folder().join("letter.pdf")).unwrap();
    assert!(pdf.starts_with(b"%PDF-") && pdf.windows(9).any(|part| part == b"60.00 USD"));
    bench.refused(&["offer", "letter", id, "--pdf", "--out", "letter.pdf"], 1, "letter.pdf can't be written");
    let grants = bench.json(&["grant", "list", "Person 17"]);
    assert_eq!((&grants[0]["id"], &grants[0]["amount"]), (&accepted["grant"], &Value::from("60.00")));
    assert_eq!(bench.json(&["offer", "list", "--state", "accepted"]).as_array().unwrap().len(), 1);
    let shown = bench.run(&["offer", "show", id]);
    assert!(shown.out.contains("version 1 by local") && shown.out.contains("month close"), "{}", shown.out);
    assert_eq!(bench.json(&["offer", "report"])["open"]["offers"], 0);
    bench.refused(&["offer", "decline", id, "--reason", "mood"], 2, "not one of the reasons");
}

/// An approved offer.
fn approved(bench: &Bench) -> String {
    let id = bench.json(&["offer", "draft", "draft.json"])["id"].as_str().unwrap().to_owned();
    assert_eq!(bench.json(&["offer", "submit", &id])["state"], "approved");
    id
}

#[test]
fn a_sent_offer_comes_with_its_candidates_link_once() {
    let bench = Bench::new();
    write(
        &bench,
        "draft.json",
        r#"{"candidate":{"name":"Person 18"},"role":{"family":"finance"},"zone":"Europe/Berlin","starts":"2999-01-04",
            "expires":"2998-12-01","package":{"currency":"USD","salary":"200000","tokens":{"amount":"60/workday"}}}"#,
    );
    bench.json(&["role", "presets"]);
    let id = approved(&bench);
    let send = |more: &[&str]| bench.run(&[&["offer", "send", &id][..], more].concat());
    let links = |id: &str| bench.json(&["offer", "links", id]).as_array().unwrap().len();
    let sent = send(&["--command-id", "the-one"]);
    assert_eq!(sent.code, 0, "{sent:?}");
    let last = sent.out.lines().last().unwrap();
    assert!(last.contains("/o/po-") && !last.contains(' '), "a line of its own: {sent:?}");
    assert!(sent.err.contains("to the candidate alone") && sent.err.contains("shown only now"), "{sent:?}");

    // The same command again, as after a lost connection: nothing more is made, and nothing secret is told again.
    let again = send(&["--command-id", "the-one"]);
    assert!(again.code == 0 && !again.out.contains("po-"), "{again:?}");
    assert!(again.err.contains(&format!("`purser offer link {id}` makes another")), "{again:?}");
    assert_eq!(links(&id), 1);
    let another = bench.run(&["offer", "link", &id]);
    assert!(another.out.contains("/o/po-") && !another.out.contains(last), "{another:?}");
    assert_eq!(links(&id), 2);

    let other = approved(&bench);
    let bare = bench.json(&["offer", "send", &other, "--no-link"]);
    assert_eq!((&bare["state"], &bare["candidate_link"]), (&Value::from("sent"), &Value::Null));
    assert_eq!(links(&other), 0, "not where it is not wanted");
}
