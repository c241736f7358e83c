//! `purser run`: a command under a budget, against a stand-in for the provider.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Stdio};

use purser_standin::{Credential, Standin, StandinConfig, StandinHandle};

use crate::bench::{Bench, Done};

/// A stand-in, and a configuration that knows it under a variable of its own.
fn provider(bench: &Bench) -> StandinHandle {
    let standin = Standin::start(StandinConfig::default()).unwrap();
    bench.configure(&format!(
        "data = \"purser-data\"\n[providers.anthropic]\nkind = \"anthropic\"\nbase_url = \"{}\"\napi_key_env = \"REAL_KEY\"\n",
        standin.base_url()
    ));
    standin
}

/// One call with the key and the address that the command is given; the answer goes to standard output.
const CALL: &str = r#"
address=${ANTHROPIC_BASE_URL#http://}
body='{"model":"claude-sonnet-5-5","max_tokens":40,"messages":[{"role":"user","content":"[[standin output=40]] hello"}]}'
exec 3<>"/dev/tcp/${address%:*}/${address#*:}"
printf 'POST /v1/messages HTTP/1.1\r\nhost: x\r\nx-api-key: %s\r\nanthropic-version: 2023-06-01\r\ncontent-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%s' "$ANTHROPIC_AUTH_TOKEN" "${#body}" "$body" >&3
cat <&3
"#;

const REAL: (&str, &str) = ("REAL_KEY", "sk-the-real-one");
const OPTIONS: [&str; 3] = ["run", "--config", "purser.toml"];

fn run(bench: &Bench, budget: &str, script: &str) -> Done {
    let args = [&OPTIONS[..], &["--budget", budget, "--", "bash", "-c", script]].concat();
    bench.run_with(&args, &[REAL])
}

#[test]
fn a_call_is_charged_and_told_and_the_key_ends() {
    let bench = Bench::new();
    let standin = provider(&bench);
    let done = run(&bench, "20/day", &format!("{CALL}\nexit 7"));
    assert_eq!(done.code, 7, "the command's exit code: {done:?}");
    assert!(done.out.contains("200 OK") && done.out.contains("\"usage\""), "{done:?}");
    assert!(done.err.contains("purser: this run cost $0.000"), "{done:?}");
    assert!(done.err.contains(", 1 call\n"), "{done:?}");
    assert!(done.err.contains("uncached in, 40 out"), "{done:?}");
    assert!(done.err.contains("purser: $19.99 of $20.00 left today, refills "), "{done:?}");
    let served = standin.journal();
    assert_eq!(served.iter().map(|call| call.credential).collect::<Vec<_>>(), [Credential::of(REAL.1)]);

    let keys = bench.json(&["key", "list"]);
    assert_eq!((&keys[0]["agent"], &keys[0]["active"]), (&"run: bash".into(), &false.into()), "{keys}");
    let balance = bench.json(&["balance"]);
    assert_ne!(balance[0]["posted"], "0.00", "the next run finds what this one spent: {balance}");
}

#[test]
fn a_denial_is_told_and_another_budget_takes_its_place() {
    let bench = Bench::new();
    let standin = provider(&bench);
    let denied = run(&bench, "0.000001/day", CALL);
    assert!(denied.out.contains("402 Payment Required"), "{denied:?}");
    assert!(denied.err.contains("purser: this run cost $0.00, 0 calls, 1 denied"), "{denied:?}");
    assert!(denied.err.contains("another --budget"), "{denied:?}");
    assert_eq!(standin.journal().len(), 0, "nothing went out");
    let done = run(&bench, "5/day", CALL);
    assert!(done.err.contains("purser: the budget of 0.000001/day ends, 5/day begins"), "{done:?}");
    assert!(done.out.contains("200 OK"), "{done:?}");
    let again = bench.run_with(&[&OPTIONS[..], &["--", "true"]].concat(), &[REAL]);
    assert!(again.err.contains("of $5.00 left today"), "without --budget it stays: {again:?}");
}

#[test]
fn the_command_never_sees_the_real_credential_and_the_rest_of_its_surroundings() {
    let bench = Bench::new();
    let _standin = provider(&bench);
    let args = [&OPTIONS[..], &["--", "env"]].concat();
    let done = bench.run_with(&args, &[REAL, ("CLAUDE_CODE_USE_BEDROCK", "1"), ("KEEP", "this")]);
    assert_eq!(done.code, 0, "{done:?}");
    assert!(!done.out.contains(REAL.1) && !done.err.contains(REAL.1), "{done:?}");
    assert!(!done.out.contains("BEDROCK"), "a way past the gateway: {done:?}");
    for line in ["KEEP=this", "ANTHROPIC_AUTH_TOKEN=pk-", "OPENAI_API_KEY=pk-", "GEMINI_API_KEY=pk-"] {
        assert!(done.out.contains(line), "{line}: {done:?}");
    }
    assert!(done.out.contains("OPENAI_BASE_URL=http://127.0.0.1:"), "{done:?}");
}

#[test]
fn what_cannot_work_is_said_before_anything_is_run_or_made() {
    let bench = Bench::new();
    let witness = bench.folder().join("it-ran");
    let touch = ["touch", witness.to_str().unwrap()];
    let check = |args: &[&str], env: &[(&str, &str)], code: i32, says: &str| {
        let done = bench.run_with(args, env);
        assert_eq!(done.code, code, "{args:?}: {done:?}");
        assert!(done.err.contains(says), "{args:?} should say {says:?}: {done:?}");
        assert!(!witness.exists(), "{args:?}");
    };
    let own = ["--data", "own"];
    check(&[&["run"], &own[..], &["--"], &touch[..]].concat(), &[], 1, "no provider has a key");
    check(
        &[&["run"], &own[..], &["--", "claude"]].concat(),
        &[("OPENAI_API_KEY", "sk-x")],
        1,
        "export ANTHROPIC_API_KEY",
    );
    check(&["run", "--budget", "20", "--", "true"], &[], 2, "write 20/day");
    check(&["run", "true"], &[], 2, "--");
    assert!(!bench.folder().join("own").exists(), "nothing was made");
    let done = bench.run_with(&["run", "--data", "own", "--", "no-such-command"], &[("OPENAI_API_KEY", "sk-x")]);
    assert_eq!(done.code, 1, "{done:?}");
    assert!(done.err.contains("there is no command `no-such-command`"), "{done:?}");
    // A folder that one happens to be in must not say where a credential goes.
    bench.configure("[providers.evil]\nkind = \"anthropic\"\nbase_url = \"http://127.0.0.1:1\"\n");
    let done = bench.run_with(&["run", "--data", "other", "--", "true"], &[]);
    assert!(done.err.contains("no provider has a key"), "{done:?}");
}

/// A run that waits until its standard input ends.
struct Waiting {
    child: Child,
    lines: BufReader<std::process::ChildStdout>,
}

impl Waiting {
    fn start(bench: &Bench, script: &str) -> Self {
        let args = [&OPTIONS[..], &["--budget", "20/day", "--", "bash", "-c", script]].concat();
        let mut command = bench.command(&args);
        command.env(REAL.0, REAL.1).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        let mut waiting = Self { child, lines };
        assert_eq!(waiting.line(), "here\n");
        waiting
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line
    }

    /// Lets it go on to its end.
    fn end(mut self) -> Done {
        drop(self.child.stdin.take());
        let (mut out, mut err) = (String::new(), String::new());
        self.lines.read_to_string(&mut out).unwrap();
        self.child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        Done { code: self.child.wait().unwrap().code().unwrap_or(-1), out, err }
    }
}

#[test]
fn two_runs_share_one_day_and_the_second_outlives_the_first() {
    let bench = Bench::new();
    let standin = provider(&bench);
    let first = Waiting::start(&bench, &format!("echo here; read -r _; {CALL}"));
    let second = Waiting::start(
        &bench,
        &format!("echo here; read -r _; for i in {{1..300}}; do ({CALL}) && break; sleep 0.1; done 2>/dev/null"),
    );
    let ended = first.end();
    assert!(ended.out.contains("200 OK"), "{ended:?}");
    let ended = second.end();
    assert!(ended.out.contains("200 OK"), "served at the same address after the first has gone: {ended:?}");
    assert!(ended.err.contains(", 1 call\n"), "its own call only: {ended:?}");
    assert_eq!(standin.totals().calls, 2);
    let balance = bench.json(&["balance"]);
    let charges = bench.json(&["usage", "--charges"]);
    assert_eq!(charges.as_array().map(Vec::len), Some(2), "one ledger: {charges}");
    assert_eq!(balance[0]["held"], "0.00", "{balance}");
}

#[test]
fn a_signal_reaches_the_command() {
    let bench = Bench::new();
    let _standin = provider(&bench);
    let run = Waiting::start(&bench, "trap 'echo told; exit 9' TERM; echo here; while :; do sleep 0.05; done");
    let killed = std::process::Command::new("kill").args(["-TERM", &run.child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let done = run.end();
    assert_eq!((done.code, done.out.as_str()), (9, "told\n"), "{done:?}");
}

#[test]
fn in_a_company_the_grant_is_the_companys_and_a_budget_bounds_the_run() {
    let bench = Bench::new();
    let standin = provider(&bench);
    bench.configure(&format!(
        "[listen]\ngateway = \"127.0.0.1:0\"\ncontrol = \"127.0.0.1:0\"\n\
         [providers.anthropic]\nkind = \"anthropic\"\nbase_url = \"{}\"\napi_key_env = \"REAL_KEY\"\n",
        standin.base_url()
    ));
    let served = bench.serve_with(&[REAL]);
    for who in ["me", "The analyst"] {
        bench.json(&["person", "add", who, "--zone", "Europe/Berlin"]);
    }
    let in_company = |options: &[&str]| {
        bench.run_with(&[&["run", "--data", "purser-data"], options, &["--", "bash", "-c", CALL]].concat(), &[])
    };
    let nothing = in_company(&[]);
    assert_eq!(nothing.code, 1, "{nothing:?}");
    assert!(nothing.err.contains("purser grant add me"), "{nothing:?}");
    bench.json(&["grant", "add", "me", "10/day"]);
    let done = in_company(&[]);
    assert!(done.out.contains("200 OK") && done.err.contains("of $10.00 left today"), "{done:?}");
    let bounded = in_company(&["--budget", "0.000001/day"]);
    assert!(bounded.out.contains("402") && bounded.err.contains(", 1 denied"), "{bounded:?}");
    assert_eq!(bench.json(&["grant", "list"]).as_array().map(Vec::len), Some(1), "the grant stays as it is");
    drop(served);
}
