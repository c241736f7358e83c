//! The meter of streamed answers. Input: dialect, how it is cut, then the stream.
//!
//! However a stream is cut, the same is told and the same bytes come out; nothing that came in is lost or changed unless
//! usage is stripped; and wherever it is ended early, the closing frames can be read.

use bytes::Bytes;
use purser_core::usage::Usage;
use purser_providers::ending::EarlyEnd;
use purser_providers::stream::Progress;
use purser_providers::{ClientTool, Dialect, Metered, ProviderId, StreamMeter, Tool, UsageProblem};

/// Everything a stream told.
#[derive(Debug, PartialEq)]
struct Told {
    out: Vec<u8>,
    metered: Result<Metered, UsageProblem>,
    progress: Progress,
    ids: Vec<ProviderId>,
}

fn feed(dialect: Dialect, strips: bool, pieces: &[&[u8]]) -> Told {
    let (mut meter, mut out) = (StreamMeter::new(dialect, strips), Vec::new());
    for piece in pieces {
        meter.feed(&Bytes::copy_from_slice(piece), &mut out);
    }
    meter.finish(&mut out);
    Told { out: out.concat(), metered: meter.metered(), progress: meter.progress(), ids: meter.ids().to_vec() }
}

/// Checks one stream.
pub fn check(bytes: &[u8]) {
    let Some((dialect, rest)) = super::dialect(bytes) else { return };
    let Some((seed, stream)) = rest.split_first() else { return };
    let pieces = super::cut(stream, *seed);
    for strips in [false, true] {
        let whole = feed(dialect, strips, &[stream]);
        assert_eq!(feed(dialect, strips, &pieces), whole, "cut in pieces");
        // Byte by byte, a long one in a thousand pieces.
        let ones: Vec<&[u8]> = stream.chunks(1 + stream.len() / 1_000).collect();
        assert_eq!(feed(dialect, strips, &ones), whole, "in as many pieces as can be");
        if !strips {
            assert!(whole.out == stream, "what comes out is what went in");
        }
        if let Ok(metered) = &whole.metered {
            super::usage::believable(metered);
        }
    }
    end_early(dialect, &pieces);
}

/// Ends the stream after some of its pieces.
fn end_early(dialect: Dialect, pieces: &[&[u8]]) {
    for tool in [Tool::Codex, Tool::ClaudeCode] {
        let (mut meter, mut out) = (StreamMeter::new(dialect, true), Vec::new());
        for piece in pieces.iter().take(pieces.len() / 2 + 1) {
            meter.feed(&Bytes::copy_from_slice(piece), &mut out);
        }
        let client = ClientTool { tool, version: None };
        let closing =
            meter.end_early(EarlyEnd { sentence: "No money is left.", client: &client, usage: &Usage::default() });
        let closing = String::from_utf8(closing).expect("our own text");
        if matches!(dialect, Dialect::GeminiGenerate { sse: false, .. }) {
            continue;
        }
        for line in closing.lines().filter_map(|line| line.strip_prefix("data: ")) {
            assert!(line == "[DONE]" || super::is_json(line.as_bytes()), "{line}");
        }
        assert!(closing.is_empty() || closing.ends_with("\n\n"), "{closing:?}");
        let (before, mut more) = (out.len(), Vec::new());
        meter.feed(&Bytes::from_static(b"data: {}\n\n"), &mut more);
        assert!(more.is_empty() && out.len() == before, "nothing follows the end");
    }
}
