//! What tools send of their own usage, and the histories they keep. Input: what it is, then the bytes.
//!
//! Whatever is read has a name and a session; a point counts once; the same bytes read the same; a history read twice tells
//! no more requests.

use std::collections::BTreeMap;

use purser_observed::history::Told;
use purser_observed::otlp::{self, Form, Signal};
use purser_observed::{Tool, growth};

/// Checks one message or history.
pub fn check(bytes: &[u8]) {
    let Some((kind, body)) = bytes.split_first() else { return };
    let (signal, form) = match kind {
        b'a' => (Signal::Logs, Form::Json),
        b'b' => (Signal::Logs, Form::Protobuf),
        b'c' => (Signal::Metrics, Form::Json),
        b'd' => (Signal::Metrics, Form::Protobuf),
        b'e' => return history(Tool::ClaudeCode, body),
        b'f' => return history(Tool::Codex, body),
        b'g' => return history(Tool::GeminiCli, body),
        _ => return,
    };
    let Ok(reading) = otlp::read(signal, form, body) else { return };
    assert_eq!(otlp::read(signal, form, body).as_ref(), Ok(&reading));
    assert!(reading.requests.iter().all(|request| !request.session.is_empty() && !request.model.is_empty()));
    let points: Vec<_> = reading.points.iter().collect();
    let grown = growth::of(&points, &BTreeMap::new());
    let names: usize = grown.iter().map(|grown| grown.ids.len()).sum();
    assert!(names <= points.len(), "each point counts once");
}

fn history(tool: Tool, body: &[u8]) {
    let mut told = Told::default();
    // What is no text is an error of the file's.
    let _ = told.read(tool, body);
    let count = told.requests().len();
    let mut told = Told::default();
    for _ in 0..2 {
        let _ = told.read(tool, body);
    }
    assert_eq!(told.requests().len(), count, "the same history twice");
}
