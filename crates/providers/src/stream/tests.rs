//! What is taken in as like an event before, and what is read: nobody can tell the two apart.

use std::fs;
use std::path::PathBuf;

use bytes::Bytes;
use proptest::prelude::*;
use proptest::sample::Index;

use super::pattern::Patterns;
use super::reader::Reader;
use super::{Progress, StreamMeter};
use crate::dialect::Dialect;
use crate::ids::ProviderId;
use crate::usage::{Metered, UsageProblem};

const GEMINI: Dialect = Dialect::GeminiGenerate { stream: true, sse: true };
const GEMINI_ARRAY: Dialect = Dialect::GeminiGenerate { stream: true, sse: false };

/// Streams in every dialect, cut into their events.
fn streams() -> Vec<(Dialect, Vec<String>)> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut found = Vec::new();
    for (folder, dialect) in [
        ("anthropic", Dialect::AnthropicMessages),
        ("chat", Dialect::OpenAiChat),
        ("responses", Dialect::OpenAiResponses),
        ("gemini", GEMINI),
    ] {
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            if path.extension().is_some_and(|extension| extension == "sse") {
                let events = text.replace("\r\n", "\n");
                let events = events.split_inclusive("\n\n");
                let unix: Vec<_> = events.map(str::to_owned).collect();
                found.push((dialect, unix.iter().map(|event| event.replace('\n', "\r\n")).collect()));
                found.push((dialect, unix));
            } else if path.ends_with("array.json") {
                found.push((GEMINI_ARRAY, text.split_inclusive("\n}\n").map(str::to_owned).collect()));
            }
        }
    }
    found.sort_by(|a, b| a.1.cmp(&b.1));
    assert!(found.len() > 40, "fixtures are missing");
    found
}

/// Everything that can be seen of a stream.
#[derive(Debug, PartialEq)]
struct Seen {
    out: Vec<u8>,
    progress: Progress,
    metered: Result<Metered, UsageProblem>,
    ids: Vec<ProviderId>,
    /// All that the reader knows.
    answer: String,
}

struct Reading {
    meter: StreamMeter,
    out: Vec<Bytes>,
}

impl Reading {
    fn new(dialect: Dialect, strip_usage: bool) -> Self {
        Self { meter: StreamMeter::new(dialect, strip_usage), out: Vec::new() }
    }

    fn seen(&self) -> Seen {
        Seen {
            out: self.out.concat(),
            progress: self.meter.progress(),
            metered: self.meter.metered(),
            ids: self.meter.ids().to_vec(),
            answer: format!("{:?}", self.meter.reader.answer),
        }
    }
}

/// Reads `bytes` twice: cut at `cuts`, and byte by byte with every pattern forgotten before it can be of use. After each
/// cut, and at the end, the two tell the same.
fn check(dialect: Dialect, strip_usage: bool, bytes: &[u8], cuts: &[usize]) {
    let (mut fast, mut plain) = (Reading::new(dialect, strip_usage), Reading::new(dialect, strip_usage));
    let mut from = 0;
    for to in cuts.iter().copied().chain([bytes.len()]).map(|cut| cut.min(bytes.len())) {
        let piece = &bytes[from..to.max(from)];
        fast.meter.feed(&Bytes::copy_from_slice(piece), &mut fast.out);
        for byte in piece {
            plain.meter.feed(&Bytes::copy_from_slice(&[*byte]), &mut plain.out);
            plain.meter.reader.patterns = Patterns::default();
        }
        let shown = || String::from_utf8_lossy(&bytes[..to.max(from)]).into_owned();
        assert_eq!(fast.seen(), plain.seen(), "{dialect:?} after {}", shown());
        from = to.max(from);
    }
    fast.meter.finish(&mut fast.out);
    plain.meter.finish(&mut plain.out);
    assert_eq!(fast.seen(), plain.seen(), "{dialect:?} at the end of {}", String::from_utf8_lossy(bytes));
}

/// Is `next` taken in as like `first`?
fn check_like(dialect: Dialect, first: &str, next: &str, expected: bool) {
    let mut reader = Reader::new(dialect, false, dialect == GEMINI_ARRAY);
    // The first of its kind brings names and ids; the second says text alone.
    reader.event(first.as_bytes());
    reader.event(first.as_bytes());
    let like = reader.like_before(next.as_bytes());
    assert_eq!(like, expected.then_some(next.len()), "{first} {next}");
    check(dialect, false, format!("{first}{first}{next}").as_bytes(), &[]);
}

#[test]
fn events_like_one_before() {
    let event = |text: &str| {
        format!(
            "event: content_block_delta\ndata: {{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{{\"type\":\
             \"text_delta\",\"text\":\"{text}\"}}}}\n\n"
        )
    };
    let check_text = |text, expected| check_like(Dialect::AnthropicMessages, &event("Hello"), &event(text), expected);
    for text in ["", "x", "a longer text than before", r#"\"quoted\" \u00e9\ud83d\ude00\\"#, "é€😀", "{}[]:,data: "]
    {
        check_text(text, true);
    }
    // Not one string: another field, no escape, a control character, no end.
    for text in [r#"","text":""#, r"\x", r"\u12", "\t", "\n\n", "\\"] {
        check_text(text, false);
    }
    let changed = event("Hello").replace("\"index\":0", "\"index\":1");
    check_like(Dialect::AnthropicMessages, &event("Hello"), &changed, false);
    check_like(Dialect::AnthropicMessages, &event("Hello"), event("Hello").trim_end(), false);
}

#[test]
fn what_nobody_reads_may_vary() {
    let chat = |id: &str, text: &str, padding: &str| {
        format!(
            "data: {{\"id\":\"{id}\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}},\
             \"finish_reason\":null}}],\"usage\":null,\"obfuscation\":{padding}}}\r\n\r\n"
        )
    };
    let first = chat("c1", "a", r#""xyz""#);
    check_like(Dialect::OpenAiChat, &first, &chat("c1", "b", r#""""#), true);
    check_like(Dialect::OpenAiChat, &first, &chat("c1", "b", "7"), false);
    check_like(Dialect::OpenAiChat, &first, &chat("c2", "b", r#""xyz""#), false);
    let responses = |sequence: &str, text: &str, padding: &str| {
        format!(
            "event: response.output_text.delta\ndata: {{\"type\":\"response.output_text.delta\",\"sequence_number\":\
             {sequence},\"output_index\":0,\"delta\":\"{text}\",\"logprobs\":[],\"obfuscation\":\"{padding}\"}}\n\n"
        )
    };
    let first = responses("7", "a", "x");
    check_like(Dialect::OpenAiResponses, &first, &responses("12", "b", ""), true);
    for sequence in ["1.5", "-1", "\"8\"", "99999999999999999999"] {
        check_like(Dialect::OpenAiResponses, &first, &responses(sequence, "b", ""), false);
    }
}

#[test]
fn running_counts_are_taken() {
    let chunk = |text: &str, out: &str| {
        format!(
            "{{\"candidates\":[{{\"content\":{{\"parts\":[{{\"text\":\"{text}\"}}],\"role\":\"model\"}}}}],\
             \"usageMetadata\":{{\"promptTokenCount\":5,\"candidatesTokenCount\":{out},\"totalTokenCount\":{out}}},\
             \"modelVersion\":\"g\"}}"
        )
    };
    for out in ["7", "3", "0", "1000000000"] {
        let (first, next) = (chunk("a", "7"), chunk("bc", out));
        check_like(GEMINI, &format!("data: {first}\n\n"), &format!("data: {next}\n\n"), true);
        check_like(GEMINI_ARRAY, &format!(",\n{first}"), &format!(",\n{next}"), true);
    }
    for out in ["-1", "1.0", "null", "\"9\"", "1000000001"] {
        let event = |text, out| format!("data: {}\n\n", chunk(text, out));
        check_like(GEMINI, &event("a", "7"), &event("b", out), false);
    }
}

#[test]
fn an_event_that_says_more_is_read_and_what_was_like_it_forgotten() {
    let chunk = |model: &str, text: &str| {
        format!("data: {{\"model\":\"{model}\",\"choices\":[{{\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n")
    };
    let mut reader = Reader::new(Dialect::OpenAiChat, false, false);
    for event in [chunk("a", "1"), chunk("a", "2")] {
        reader.event(event.as_bytes());
    }
    assert!(reader.like_before(chunk("a", "3").as_bytes()).is_some());
    reader.event(chunk("b", "4").as_bytes());
    assert!(reader.like_before(chunk("a", "5").as_bytes()).is_none());
}

#[test]
fn fixtures_read_alike() {
    for (dialect, events) in streams() {
        let bytes = events.concat().into_bytes();
        check(dialect, true, &bytes, &[]);
        check(dialect, false, &bytes, &(0..bytes.len()).collect::<Vec<_>>());
        // Each event several times.
        let repeated: Vec<_> = events.iter().flat_map(|event| [event.as_str(); 4]).collect();
        check(dialect, true, repeated.concat().as_bytes(), &[]);
    }
}

/// A change to an event.
#[derive(Clone, Debug)]
enum Change {
    Nothing,
    Byte(Index, u8),
    Insert(Index, &'static str),
    Remove(Index),
    /// Another inside for one of its strings.
    Text(Index, &'static str),
    /// Another number for one of its numbers.
    Number(Index, &'static str),
}

const ODD: &[&str] = &[
    "",
    "\"",
    "\\",
    "\\\"",
    "\\u00e9",
    "\\ud83d",
    "é",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "1",
    "-",
    ".5",
    "e3",
    "null",
    "\n",
    "\r",
    "\n\n",
    "\u{1}",
    " ",
    "data: ",
    "a text that is longer than the one before it",
    "\"a\":1,",
    "content_block_delta",
];
const NUMBERS: &[&str] =
    &["0", "1", "12", "300", "7.0", "-3", "1e2", "null", "\"4\"", "01", "9999999999", "99999999999999999999999"];

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        4 => Just(Change::Nothing),
        1 => (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Change::Byte(at, byte)),
        1 => (any::<Index>(), prop::sample::select(ODD)).prop_map(|(at, text)| Change::Insert(at, text)),
        1 => any::<Index>().prop_map(Change::Remove),
        4 => (any::<Index>(), prop::sample::select(ODD)).prop_map(|(at, text)| Change::Text(at, text)),
        4 => (any::<Index>(), prop::sample::select(NUMBERS)).prop_map(|(at, number)| Change::Number(at, number)),
    ]
}

impl Change {
    fn made(&self, event: &str) -> Vec<u8> {
        let mut bytes = event.as_bytes().to_vec();
        match self {
            Self::Nothing => {}
            Self::Byte(at, byte) => bytes[at.index(event.len())] = *byte,
            Self::Insert(at, text) => {
                let at = at.index(event.len());
                bytes.splice(at..at, text.bytes());
            }
            Self::Remove(at) => {
                bytes.remove(at.index(event.len()));
            }
            Self::Text(which, text) => {
                let quotes: Vec<_> = event.match_indices('"').map(|(at, _)| at).collect();
                if let Some(pair) = quotes.len().checked_sub(1).map(|pairs| which.index(pairs.max(1))) {
                    let to = quotes.get(pair + 1).copied().unwrap_or(quotes[pair] + 1);
                    bytes.splice(quotes[pair] + 1..to, text.bytes());
                }
            }
            Self::Number(which, number) => {
                let digit = |at: usize| event.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
                let starts: Vec<_> = (1..event.len()).filter(|at| digit(*at) && !digit(at - 1)).collect();
                if !starts.is_empty() {
                    let from = starts[which.index(starts.len())];
                    let to = (from..=event.len()).find(|at| !digit(*at)).unwrap_or(event.len());
                    bytes.splice(from..to, number.bytes());
                }
            }
        }
        bytes
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 384, ..ProptestConfig::default() })]

    #[test]
    fn events_changed_and_repeated_read_alike(
        which in any::<Index>(),
        picks in prop::collection::vec((any::<Index>(), change(), 1..4_usize), 1..10),
        size in 1..400_usize,
        cut_events in any::<bool>(),
        strip_usage in any::<bool>(),
    ) {
        let streams = streams();
        let (dialect, events) = &streams[which.index(streams.len())];
        // What begins the stream, so that names are known; then events in any order.
        let mut bytes = events[0].clone().into_bytes();
        let mut cuts = vec![bytes.len()];
        for (pick, change, times) in &picks {
            let event = &events[pick.index(events.len())];
            bytes.extend(event.bytes());
            for _ in 0..*times {
                bytes.extend(change.made(event));
                bytes.extend(event.bytes());
            }
            cuts.push(bytes.len());
        }
        let by_size: Vec<_> = (size..bytes.len()).step_by(size).collect();
        check(*dialect, strip_usage, &bytes, if cut_events { &cuts } else { &by_size });
    }
}
