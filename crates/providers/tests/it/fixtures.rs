//! The fixtures: answers written after the providers' documented shapes.

use std::fs;
use std::path::PathBuf;

use bytes::Bytes;
use purser_providers::stream::Progress;
use purser_providers::{Dialect, Metered, ProviderId, StreamMeter, UsageProblem};

/// One answer.
pub(crate) struct Fixture {
    /// `anthropic/text.sse`.
    pub(crate) name: String,
    pub(crate) dialect: Dialect,
    /// It is a stream.
    pub(crate) streams: bool,
    /// It is a stream of events.
    pub(crate) sse: bool,
    pub(crate) bytes: Bytes,
}

/// All of them, in order of name.
pub(crate) fn all() -> Vec<Fixture> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut found = Vec::new();
    for folder in ["anthropic", "chat", "gemini", "responses"] {
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let file = path.file_name().unwrap().to_str().unwrap().to_owned();
            let sse = path.extension().is_some_and(|extension| extension == "sse");
            let in_array = file == "array.json";
            let streams = sse || in_array;
            let dialect = match folder {
                "anthropic" => Dialect::AnthropicMessages,
                "responses" => Dialect::OpenAiResponses,
                "gemini" => Dialect::GeminiGenerate { stream: streams, sse },
                _ if file.starts_with("embeddings") => Dialect::OpenAiEmbeddings,
                _ => Dialect::OpenAiChat,
            };
            let bytes = Bytes::from(fs::read(&path).unwrap());
            found.push(Fixture { name: format!("{folder}/{file}"), dialect, streams, sse, bytes });
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(found.len() > 40, "fixtures are missing");
    found
}

/// Everything a stream told.
#[derive(Debug, PartialEq)]
pub(crate) struct Told {
    pub(crate) out: Vec<u8>,
    pub(crate) metered: Result<Metered, UsageProblem>,
    pub(crate) progress: Progress,
    pub(crate) ids: Vec<ProviderId>,
}

/// Feeds a stream in the pieces given.
pub(crate) fn feed(dialect: Dialect, strip_usage: bool, pieces: &[Bytes]) -> Told {
    let mut meter = StreamMeter::new(dialect, strip_usage);
    let mut out = Vec::new();
    for piece in pieces {
        meter.feed(piece, &mut out);
    }
    meter.finish(&mut out);
    Told { out: out.concat(), metered: meter.metered(), progress: meter.progress(), ids: meter.ids().to_vec() }
}
