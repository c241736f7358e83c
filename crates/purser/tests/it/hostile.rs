//! What may befall the whole program: crowds that say nothing, bodies without measure, a damaged folder, a full disk.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::Duration;

use purser_standin::{Standin, StandinConfig, StandinHandle};
use rustix::process::{Resource, getrlimit, setrlimit};
use serde_json::Value;

use crate::bench::{Bench, Served};

/// Longer than anything here takes on a busy machine.
const SOON: Duration = Duration::from_mins(1);

/// A company with one person who has money and a key.
struct Office {
    bench: Bench,
    key: String,
    _provider: StandinHandle,
}

impl Office {
    fn open(more: &str) -> (Self, Served) {
        let provider = Standin::start(StandinConfig::default()).unwrap();
        let bench = Bench::new();
        std::fs::write(bench.folder().join("provider.key"), "sk-ant-test\n").unwrap();
        bench.configure(&format!(
            "{more}[listen]\ngateway = \"127.0.0.1:0\"\ncontrol = \"127.0.0.1:0\"\n\n[providers.anthropic]\n\
             kind = \"anthropic\"\nbase_url = \"{}\"\napi_key_file = \"provider.key\"\n",
            provider.base_url()
        ));
        let served = bench.serve();
        bench.json(&["person", "add", "The analyst", "--zone", "Europe/Berlin"]);
        bench.json(&["grant", "add", "The analyst", "200/day"]);
        let key = bench.json(&["key", "add", "The analyst"])["key"].as_str().unwrap().to_owned();
        (Self { bench, key, _provider: provider }, served)
    }

    fn call(&self, served: &Served) -> (u16, String) {
        const ASK: &str =
            r#"{"model": "claude-sonnet-4-5", "max_tokens": 200, "messages": [{"role": "user", "content": "Hello"}]}"#;
        served.call("/v1/messages", &self.key, ASK)
    }
}

fn connect(served: &Served) -> TcpStream {
    let stream = TcpStream::connect(&served.gateway).unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();
    stream.set_write_timeout(Some(SOON)).unwrap();
    stream
}

#[test]
fn ten_thousand_idle_connections_cost_little_and_keep_nobody_out() {
    const CROWD: usize = 10_000;
    // Both ends have a descriptor for each, in two processes; the other one inherits the limit.
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).unwrap();
    let (office, served) = Office::open("");
    assert_eq!(office.call(&served).0, 200);
    let before = served.memory_kib();
    let mut crowd: Vec<TcpStream> = (0..CROWD).map(|_| connect(&served)).collect();
    assert_eq!(office.call(&served).0, 200, "a newcomer is served beside them");
    let each = (served.memory_kib().saturating_sub(before) * 1024).div_ceil(CROWD as u64);
    // A build for tests needs about twice as much as one that ships.
    assert!(each <= 16 << 10, "{each} bytes for each idle connection");
    for stream in crowd.iter_mut().step_by(997) {
        stream.write_all(b"GET /api/hello HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
        let mut first = [0; 12];
        stream.read_exact(&mut first).unwrap();
        assert_eq!(&first, b"HTTP/1.1 200", "each of them is still served");
    }
    drop(crowd);
    let (code, said) = served.stop();
    assert_eq!(code, 0, "{said}");
}

#[test]
fn a_hundred_megabytes_are_refused_in_bounded_memory() {
    const SIZE: usize = 100 << 20;
    let (office, served) = Office::open("");
    assert_eq!(office.call(&served).0, 200);
    let before = served.memory_kib();
    let head = |framing: &str| {
        format!(
            "POST /v1/messages HTTP/1.1\r\nhost: a\r\nx-api-key: {}\r\nanthropic-version: 2023-06-01\r\n{framing}\r\n\r\n",
            office.key
        )
    };
    for framing in [format!("content-length: {SIZE}"), "transfer-encoding: chunked".to_owned()] {
        let mut stream = connect(&served);
        stream.write_all(head(&framing).as_bytes()).unwrap();
        let part = vec![b' '; 1 << 20];
        for _ in 0..SIZE / part.len() {
            let chunked = framing.starts_with("transfer");
            let piece = if chunked { [b"100000\r\n", &part[..], b"\r\n"].concat() } else { part.clone() };
            // It may have had enough, and says so in its answer.
            if stream.write_all(&piece).is_err() {
                break;
            }
        }
        let mut answer = Vec::new();
        let _reset = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.starts_with("HTTP/1.1 413"), "{framing}: {answer}");
        assert!(answer.contains("x-purser-code: too_large") && answer.contains("\"type\":\"error\""), "{answer}");
    }
    // The most that is taken is 64 MiB; a buffer that grows is there twice for a moment.
    let grown = served.memory_kib().saturating_sub(before);
    assert!(grown < 160 << 10, "{grown} KiB more than before");
    assert_eq!(office.call(&served).0, 200);
    assert_eq!(office.bench.json(&["balance"])[0]["held"], "0.00");
}

#[test]
fn a_damaged_journal_is_refused_with_its_place_and_left_as_it_is() {
    let (office, served) = Office::open("");
    for _ in 0..3 {
        assert_eq!(office.call(&served).0, 200);
    }
    let (code, said) = served.stop();
    assert_eq!(code, 0, "{said}");
    let mut segments: Vec<PathBuf> =
        std::fs::read_dir(office.bench.data().join("journal")).unwrap().map(|one| one.unwrap().path()).collect();
    segments.sort();
    let file = segments.first().unwrap();
    let whole = std::fs::read(file).unwrap();
    // In the first frame, so that it can't be taken for an end that was being written.
    let at = whole.windows(3).position(|three| three == b"PF\x01").unwrap() + 70;
    let mut bad = whole.clone();
    bad[at] ^= 0x40;
    std::fs::write(file, &bad).unwrap();

    for command in [&["serve"][..], &["balance"], &["verify"]] {
        let done = office.bench.run(command);
        assert_ne!(done.code, 0, "{command:?}: {done:?}");
        let said = (done.out.clone() + &done.err).to_lowercase();
        assert!(said.contains("frame 1") && !said.contains("panicked"), "{command:?}: {done:?}");
        assert!(std::fs::read(file).unwrap() == bad, "{command:?}: nothing is mended behind anybody's back");
    }

    std::fs::write(file, &whole).unwrap();
    assert_eq!(office.bench.json(&["verify"])["good"], true);
}

#[test]
fn on_a_full_disk_calls_are_refused_and_nothing_acknowledged_is_lost() {
    let (office, served) = Office::open("[ledger]\njournal = \"sqlite\"\n");
    assert_eq!(office.call(&served).0, 200);
    drop(served.stop());
    // What is there already may be written again, and a little more.
    let longest = std::fs::read_dir(office.bench.data()).unwrap().map(|one| one.unwrap().metadata().unwrap().len());
    let served = office.bench.serve_on_full_disk(longest.max().unwrap() + (64 << 10));
    let mut acknowledged = 1;
    let refused = (0..5_000).map(|_| office.call(&served)).find(|(status, _)| {
        acknowledged += usize::from(*status == 200);
        *status != 200
    });
    let (status, body) = refused.expect("the disk is full at last");
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, body["type"].as_str()), (503, Some("error")), "{body}");
    served.kill();

    let served = office.bench.serve();
    assert_eq!(office.call(&served).0, 200, "with room again it goes on");
    let charges = office.bench.json(&["usage", "--charges"]).as_array().unwrap().len();
    // Those that were answered before their record was on disk are covered by suspense.
    assert!(charges >= 2 && charges <= acknowledged + 1, "{charges} charges of {acknowledged} answers");
    let (code, said) = served.stop();
    assert_eq!(code, 0, "{said}");
    assert_eq!(office.bench.json(&["verify"])["good"], true);
}
