//! Backups, versions and restarts, as an operator meets them.

use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use purser_standin::{Standin, StandinConfig, StandinHandle};
use serde_json::Value;

use crate::bench::{Bench, Served};

/// Between two looks.
#[expect(clippy::disallowed_methods, reason = "other threads do the work; this one looks now and then")]
fn pause() {
    std::thread::sleep(Duration::from_millis(5));
}

/// Longer than anything here takes on a busy machine.
const SOON: Duration = Duration::from_mins(1);

/// A company with one person, a stand-in provider, and a running `serve`.
struct Office {
    provider: StandinHandle,
    bench: Bench,
    key: String,
}

impl Office {
    fn new(more: &str) -> (Self, Served) {
        let provider = Standin::start(StandinConfig::default()).unwrap();
        let bench = Bench::new();
        fs::write(bench.folder().join("provider.key"), "sk-ant-test\n").unwrap();
        bench.configure(&format!(
            "[listen]\ngateway = \"127.0.0.1:0\"\ncontrol = \"127.0.0.1:0\"\n{more}\n[providers.anthropic]\n\
             kind = \"anthropic\"\nbase_url = \"{}\"\napi_key_file = \"provider.key\"\n",
            provider.base_url()
        ));
        let served = bench.serve();
        bench.json(&["person", "add", "The analyst", "--zone", "Europe/Berlin"]);
        bench.json(&["grant", "add", "The analyst", "200/day"]);
        let key = bench.json(&["key", "add", "The analyst"])["key"].as_str().unwrap().to_owned();
        (Self { provider, bench, key }, served)
    }

    fn charges(&self, folder: &Path) -> Vec<(String, String)> {
        let text = |charge: &Value, field: &str| charge[field].as_str().unwrap().to_owned();
        let charges = self.bench.json(&["usage", "--charges", "--data", folder.to_str().unwrap()]);
        charges.as_array().unwrap().iter().map(|charge| (text(charge, "id"), text(charge, "charge"))).collect()
    }
}

/// A question whose answer is as the script says.
fn ask(script: &str, stream: bool) -> String {
    format!(
        r#"{{"model": "claude-sonnet-4-5", "max_tokens": 4000, "stream": {stream},
            "messages": [{{"role": "user", "content": "Hello [[standin {script}]]"}}]}}"#
    )
}

/// One call on a connection of its own: its status and body, or why there is none.
fn call(gateway: &str, key: &str, body: &str) -> std::io::Result<(u16, String)> {
    call_seen(gateway, key, body, &AtomicUsize::new(0))
}

/// The same; counts when the answer has begun.
fn call_seen(gateway: &str, key: &str, body: &str, begun: &AtomicUsize) -> std::io::Result<(u16, String)> {
    let mut stream = TcpStream::connect(gateway)?;
    stream.set_read_timeout(Some(SOON))?;
    write!(
        stream,
        "POST /v1/messages HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer {key}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut first = [0; 1];
    stream.read_exact(&mut first)?;
    begun.fetch_add(1, Ordering::Relaxed);
    let mut answer = String::from_utf8_lossy(&first).into_owned();
    stream.read_to_string(&mut answer)?;
    let cut = || std::io::Error::other(format!("cut: {answer:?}"));
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(cut)?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(cut)?;
    // A stream's last chunk has no bytes.
    if head.contains("transfer-encoding: chunked") && !body.ends_with("0\r\n\r\n") {
        return Err(cut());
    }
    Ok((status, body.to_owned()))
}

#[test]
fn a_backup_beside_a_busy_serve_holds_what_was_acknowledged_and_comes_back() {
    let (office, served) = Office::new("");
    let (stop, calls) = (AtomicBool::new(false), AtomicUsize::new(0));
    let saved = office.bench.folder().join("saved");
    let acknowledged = std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    assert_eq!(call(&served.gateway, &office.key, &ask("output=20", false)).unwrap().0, 200);
                    calls.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let since = Instant::now();
        while calls.load(Ordering::Relaxed) < 20 {
            assert!(since.elapsed() < SOON, "calls are answered");
            std::thread::yield_now();
        }
        let acknowledged = office.charges(&office.bench.data());
        let made = office.bench.json(&["backup", saved.to_str().unwrap()]);
        assert!(made["not_included"].to_string().contains("keys of providers"), "{made}");
        assert_eq!(office.bench.json(&["verify"])["good"], true, "beside a running serve");
        let found = office.bench.json(&["verify", saved.to_str().unwrap()]);
        assert_eq!((&found["good"], &found["journal"]["head"]), (&Value::Bool(true), &made["journal"]["head"]));
        stop.store(true, Ordering::Relaxed);
        acknowledged
    });
    assert!(acknowledged.len() >= 20);
    assert_eq!(served.stop().0, 0);
    let all = office.charges(&office.bench.data());

    let back = office.bench.folder().join("back");
    office.bench.json(&["restore", saved.to_str().unwrap(), back.to_str().unwrap()]);
    assert_eq!(office.bench.json(&["verify", back.to_str().unwrap()])["good"], true);
    let restored = office.charges(&back);
    assert!(acknowledged.iter().all(|charge| restored.contains(charge)), "nothing acknowledged is missing");
    assert!(restored.iter().all(|charge| all.contains(charge)), "nothing that was not");
    office.bench.refused(&["restore", saved.to_str().unwrap(), back.to_str().unwrap()], 1, "nothing is overwritten");
    office.bench.refused(&["serve", "--data", saved.to_str().unwrap()], 1, "`purser restore` brings it back");
    let _served = office.provider.stop_blocking();
}

/// Adds one to the version that a file says, in the way that file says it.
fn bump(file: &Path) {
    let name = file.file_name().unwrap().to_str().unwrap();
    let extension = Path::new(name).extension().and_then(|extension| extension.to_str());
    if extension == Some("db") {
        let conn = rusqlite::Connection::open(file).unwrap();
        conn.execute("INSERT INTO migration (no, name) VALUES (99, 'of the future')", []).unwrap();
        return;
    }
    let mut bytes = fs::read(file).unwrap();
    match name {
        "format" => bytes = b"purser 99\n".to_vec(),
        _ if extension == Some("snap") => bytes[0] = 99,
        _ if extension == Some("fold") => bytes[8] = 99,
        _ => panic!("{name}"),
    }
    fs::write(file, bytes).unwrap();
}

#[test]
fn a_folder_with_any_part_of_a_newer_version_is_refused_untouched() {
    let bench = Bench::new();
    let people: String = (0..1_200).fold(String::new(), |mut people, no| {
        writeln!(people, "person {no},UTC,20/day,laptop,50/month").unwrap();
        people
    });
    fs::write(bench.folder().join("people.csv"), format!("name,zone,grant,key,budget\n{people}")).unwrap();
    bench.configure("[ledger]\njournal = \"sqlite\"\n[listen]\ngateway = \"127.0.0.1:0\"\ncontrol = \"127.0.0.1:0\"\n");
    bench.json(&["person", "import", "people.csv"]);
    let served = bench.serve();
    assert_eq!(served.stop().0, 0);
    let snapshots = bench.data().join("snapshots");
    fs::write(snapshots.join(format!("{:020}.snap", 1)), [1; 40]).unwrap();
    let mut files: Vec<_> =
        ["format", "journal.db", "purser.db", "fence.db"].map(|name| bench.data().join(name)).into();
    for extension in ["snap", "fold"] {
        let of = |path: &std::path::PathBuf| path.extension().is_some_and(|found| found == extension);
        let found = fs::read_dir(&snapshots).unwrap().map(|entry| entry.unwrap().path()).find(of);
        files.push(found.unwrap_or_else(|| panic!("there is a .{extension}")));
    }
    for file in files {
        let whole = fs::read(&file).unwrap();
        bump(&file);
        let before = fs::read(&file).unwrap();
        for args in [&["serve"][..], &["serve", "--check"], &["person", "list"]] {
            let done = bench.refused(args, 1, "was written by a newer Purser (its format is 99, this one knows up to ");
            let name = file.strip_prefix(bench.folder()).unwrap().to_str().unwrap();
            assert!(done.err.contains(name), "{done:?} names {name}");
            assert!(done.err.contains("run the newer version, or restore a backup"), "{done:?}");
        }
        assert_eq!(fs::read(&file).unwrap(), before, "{} is untouched", file.display());
        fs::write(&file, whole).unwrap();
    }
    fs::remove_file(snapshots.join(format!("{:020}.snap", 1))).unwrap();
    assert_eq!(bench.run(&["serve", "--check"]).code, 0);
    bench.configure("version = 2\n[listen]\nsomething_new = true\n");
    let done = bench.refused(
        &["serve"],
        2,
        "purser.toml, line 1, column 11: the file has version 2, this Purser knows up to 1",
    );
    assert!(done.err.contains("run the newer Purser"), "{done:?}");
}

#[test]
fn a_restart_refuses_nobody_and_loses_nothing() {
    let (office, mut served) = Office::new("[limits]\nrestart_drain = \"1s\"\n");
    let gateway = served.gateway.clone();
    let before = office.bench.json(&["status"]);
    let (stop, answered, begun) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
    let (told, longest) = std::thread::scope(|scope| {
        let callers: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(|| {
                    let mut longest = Duration::ZERO;
                    while !stop.load(Ordering::Relaxed) {
                        let since = Instant::now();
                        let answer = call(&gateway, &office.key, &ask("output=20", false));
                        assert_eq!(answer.expect("nobody is refused or cut").0, 200);
                        longest = longest.max(since.elapsed());
                        answered.fetch_add(1, Ordering::Relaxed);
                    }
                    longest
                })
            })
            .collect();
        // One stream that ends within the time for draining, one that would run for minutes.
        let streams = ["output=60+pace=200", "output=3000+pace=20"].map(|script| {
            let (gateway, key, begun) = (&gateway, &office.key, &begun);
            scope.spawn(move || call_seen(gateway, key, &ask(script, true), begun))
        });
        let since = Instant::now();
        while answered.load(Ordering::Relaxed) < 10 || begun.load(Ordering::Relaxed) < 2 {
            assert!(since.elapsed() < SOON, "calls are answered, streams have begun");
            pause();
        }
        let told = office.bench.json(&["restart"]);
        let after = answered.load(Ordering::Relaxed);
        while answered.load(Ordering::Relaxed) < after + 10 {
            assert!(since.elapsed() < SOON, "calls are answered after the restart");
            pause();
        }
        stop.store(true, Ordering::Relaxed);
        for (stream, says) in streams.into_iter().zip(["message_stop", "\"stop_reason\":\"max_tokens\""]) {
            let (status, body) = stream.join().unwrap().expect("a stream ends in order");
            assert_eq!(status, 200);
            assert!(body.contains(says), "{says}: {body}");
        }
        (told, callers.into_iter().map(|caller| caller.join().unwrap()).max().unwrap())
    });
    assert!(told["seconds"].as_f64().unwrap() > 0.0, "{told}");
    assert!(longest < SOON);
    served.line_with("restarting: new calls wait; those under way have 1 s");
    served.line_with("gateway listening on");
    let now = office.bench.json(&["status"]);
    assert!(now["started"].as_str() > before["started"].as_str());
    office.bench.refused(&["serve"], 1, "in use by another Purser");
    assert_eq!(office.bench.json(&["suspense", "list"]), Value::Array(Vec::new()), "every hold has ended");
    assert_eq!(office.bench.json(&["balance"])[0]["held"], "0.00");
    let (code, said) = served.stop();
    assert_eq!(code, 0, "the process is the one that was started: {said}");
    let charges = office.charges(&office.bench.data());
    assert_eq!(office.bench.json(&["verify"])["good"], true);
    let served_calls = office.provider.stop_blocking();
    assert_eq!(charges.len(), served_calls.len(), "each call that went out is charged");
}

#[test]
fn a_restart_that_would_fail_is_not_begun() {
    let (office, mut served) = Office::new("");
    let good = fs::read_to_string(office.bench.folder().join("purser.toml")).unwrap();
    office.bench.configure(&good.replace("[listen]", "[listen]\ngatway = 1"));
    office.bench.refused(&["restart"], 2, "`gatway` is not a known field");
    // Told by a signal, the running one finds out itself.
    let pid = fs::read_to_string(office.bench.data().join("lock")).unwrap();
    assert!(std::process::Command::new("kill").args(["-HUP", pid.trim()]).status().unwrap().success());
    served.line_with("not restarting, the new program would not start:");
    assert_eq!(call(&served.gateway, &office.key, &ask("output=20", false)).unwrap().0, 200, "and serves on");
    office.bench.configure(&good);
    assert_eq!(served.stop().0, 0);
    office.bench.refused(&["restart"], 1, "nobody answers at");
    let _served = office.provider.stop_blocking();
}
