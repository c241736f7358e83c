//! `purser.toml`: what is said about a mistake.

use crate::bench::Bench;

fn check(toml: &str, expected: &str) {
    let bench = Bench::new();
    bench.configure(toml);
    let done = bench.run(&["serve"]);
    assert_eq!(done.code, 2, "{done:?}");
    assert_eq!(done.err.trim_end(), expected.trim_start_matches('\n'));
    assert!(!bench.data().exists(), "nothing is made on a mistake");
}

#[test]
fn a_misspelt_field_is_shown_with_its_line_and_what_was_meant() {
    check(
        "[listen]\ngatway = \"127.0.0.1:0\"\n",
        r#"
error: purser.toml, line 2, column 1: `gatway` is not a known field here
  |
2 | gatway = "127.0.0.1:0"
  | ^^^^^^
hint: did you mean `gateway`?"#,
    );
}

#[test]
fn an_unknown_kind_names_the_known_ones() {
    check(
        "currency = \"USD\"\n\n[providers.ours]\nkind = \"something\"\n",
        r#"
error: purser.toml, line 4, column 8: `something` is not a known value here
  |
4 | kind = "something"
  |        ^^^^^^^^^^^
hint: known here: anthropic, openai, gemini, openai-compatible"#,
    );
}

#[test]
fn a_bare_number_is_no_duration() {
    check(
        "[limits]\nidle = \"30\"\n",
        r#"
error: purser.toml, line 2, column 8: `30` is not a duration; write a number and its unit: 250ms, 30s, 5m, 2h or 7d
  |
2 | idle = "30"
  |        ^^^^"#,
    );
}

#[test]
fn other_machines_need_tls_or_a_proxy() {
    check(
        "[listen]\ngateway = \"0.0.0.0:4141\"\n",
        r#"
error: purser.toml: listen.gateway = "0.0.0.0:4141" can be reached from other machines, where keys would travel in the clear
hint: set listen.tls = { cert = "…", key = "…" }, or behind_proxy = true when a proxy in front does the TLS"#,
    );
}

#[test]
fn a_provider_without_its_key_is_told_where_to_put_it() {
    check(
        "[providers.main]\nkind = \"anthropic\"\n",
        r"
error: purser.toml, line 1, column 1: `main`: the environment has no ANTHROPIC_API_KEY
  |
1 | [providers.main]
  | ^^^^^^^^^^^^^^^^
hint: export ANTHROPIC_API_KEY, or name another with api_key_env or api_key_file",
    );
}

#[test]
fn a_fallback_has_to_exist() {
    check(
        "[providers.one]\nkind = \"openai-compatible\"\nbase_url = \"http://127.0.0.1:1\"\nfallback = [\"too\"]\n\n\
         [providers.two]\nkind = \"openai-compatible\"\nbase_url = \"http://127.0.0.1:2\"\n",
        r"
error: purser.toml, line 1, column 1: `one` falls back to `too`, which is not a provider here
  |
1 | [providers.one]
  | ^^^^^^^^^^^^^^^
hint: did you mean `two`?",
    );
}

#[test]
fn a_key_in_the_file_is_not_taken() {
    let bench = Bench::new();
    bench.configure("[providers.main]\nkind = \"openai\"\napi_key = \"sk-secret\"\n");
    let done = bench.refused(&["serve"], 2, "`api_key` is not a known field here");
    assert!(done.err.contains("did you mean `api_key_env`?") || done.err.contains("api_key_file"), "{done:?}");
}

#[test]
fn a_file_that_is_named_has_to_be_there() {
    let bench = Bench::new();
    bench.refused(&["serve", "--config", "other.toml"], 2, "other.toml: can't be read");
}
