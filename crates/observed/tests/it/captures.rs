//! What the real agents sent comes to what they printed: as events, as counters, and as the histories that they kept.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use purser_core::money::Nano;
use purser_core::usage::Usage;
use purser_observed::history::Told;
use purser_observed::otlp::{self, Form, Signal};
use purser_observed::{Point, Request, Tool, growth};

use crate::printed::{self, Sum};

const CAPTURES: [(&str, Tool); 5] = [
    ("claude-code-json", Tool::ClaudeCode),
    ("claude-code-protobuf", Tool::ClaudeCode),
    ("codex-json", Tool::Codex),
    ("codex-protobuf", Tool::Codex),
    ("gemini-cli-json", Tool::GeminiCli),
];

pub(crate) fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/observed/captures").join(name)
}

/// What was sent, in order: the signal, the form, whether it is packed, and the bytes.
pub(crate) fn sent(folder: &Path) -> Vec<(Signal, Form, bool, Vec<u8>)> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |file: &PathBuf| {
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        let signal = match name.split(['-', '.']).nth(1)? {
            "logs" => Signal::Logs,
            "metrics" => Signal::Metrics,
            _ => return None,
        };
        let form = if name.contains(".json") { Form::Json } else { Form::Protobuf };
        Some((signal, form, file.extension().is_some_and(|ending| ending == "gz"), fs::read(file).unwrap()))
    };
    files.iter().filter_map(read).collect()
}

fn read_all(folder: &Path) -> (Vec<Request>, Vec<Point>) {
    let (mut requests, mut points) = (Vec::new(), Vec::new());
    for (signal, form, packed, bytes) in sent(folder) {
        let plain = otlp::unpacked(bytes, packed.then_some("gzip")).unwrap();
        let reading = otlp::read(signal, form, &plain).unwrap();
        assert_eq!((reading.rejected, reading.why), (0, None), "everything that it tells of usage can be read");
        requests.extend(reading.requests);
        points.extend(reading.points);
    }
    (requests, points)
}

fn add(sum: &mut Sum, usage: &Usage, nano: Option<i64>) {
    sum.prompt += usage.prompt_tokens();
    sum.cached += usage.cache_read;
    sum.output += usage.output_tokens();
    sum.nano = match (sum.nano, nano) {
        (Some(sum), Some(nano)) => Some(sum + nano),
        (one, other) => one.or(other),
    };
}

fn sum_of(requests: &[Request]) -> Sum {
    let mut sum = Sum::default();
    for request in requests {
        add(&mut sum, &request.usage, request.claimed.map(Nano::get));
    }
    sum
}

#[test]
fn events_come_to_what_was_printed() {
    for (name, tool) in CAPTURES {
        let folder = folder(name);
        let (requests, _) = read_all(&folder);
        assert_eq!(sum_of(&requests), printed::of(&folder), "{name}");
        assert!(requests.iter().all(|request| request.tool == tool), "{name}");
        let names: BTreeSet<u64> = requests.iter().map(|request| request.id).collect();
        assert_eq!(names.len(), requests.len(), "{name}: each has a name of its own");
        let (again, _) = read_all(&folder);
        assert_eq!(again, requests, "{name}: and the same one when it comes again");
    }
}

#[test]
fn counters_come_to_what_was_printed() {
    for (name, _) in CAPTURES.into_iter().filter(|(_, tool)| *tool != Tool::Codex) {
        let folder = folder(name);
        let (_, points) = read_all(&folder);
        let sessions: BTreeSet<&str> = points.iter().map(|point| &*point.session).collect();
        let mut sum = Sum::default();
        for session in sessions {
            // Sent twice, and the other way round.
            let of = points.iter().filter(|point| point.session == session);
            let twice: Vec<&Point> = of.clone().rev().chain(of).collect();
            for grown in growth::of(&twice, &BTreeMap::new()) {
                add(&mut sum, &grown.usage, grown.claimed.map(Nano::get));
            }
        }
        assert_eq!(sum, printed::of(&folder), "{name}");
    }
}

/// They name no session, so nothing tells them from calls through the gateway.
#[test]
fn counters_of_codex_are_not_read() {
    assert!(read_all(&folder("codex-json")).1.is_empty());
}

#[test]
fn histories_come_to_what_was_printed_and_name_the_same_sessions() {
    for (name, tool) in CAPTURES {
        let folder = folder(name);
        let mut told = Told::default();
        for _ in 0..2 {
            for number in 1..=2 {
                let Ok(file) = fs::File::open(folder.join(format!("history-{number}.jsonl"))) else { continue };
                told.read(tool, BufReader::new(file)).unwrap();
            }
        }
        assert_eq!((told.bad, told.why.clone()), (0, None), "{name}");
        let of_history = told.requests();
        let (of_events, _) = read_all(&folder);
        let mut sum = sum_of(&of_history);
        let printed = printed::of(&folder);
        sum.nano = printed.nano;
        assert_eq!(sum, printed, "{name}");
        let sessions = |requests: &[Request]| requests.iter().map(|r| r.session.clone()).collect::<BTreeSet<_>>();
        assert_eq!(sessions(&of_history), sessions(&of_events), "{name}");
        if tool == Tool::ClaudeCode {
            let names = |requests: &[Request]| requests.iter().map(|r| (r.source, r.id)).collect::<BTreeSet<_>>();
            assert_eq!(names(&of_history), names(&of_events), "a request has one name wherever it is told of");
        }
    }
}
