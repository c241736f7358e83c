//! Bytes from strangers are read or refused, whatever they are.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use purser_observed::history::Told;
use purser_observed::otlp::{self, Form, Signal};
use purser_observed::{Tool, growth};

use crate::captures::{folder, sent};

fn check(signal: Signal, form: Form, bytes: &[u8]) {
    if let Ok(reading) = otlp::read(signal, form, bytes) {
        let points: Vec<_> = reading.points.iter().collect();
        let grown = growth::of(&points, &BTreeMap::default());
        assert!(grown.iter().map(|grown| grown.ids.len()).sum::<usize>() <= points.len(), "each point counts once");
    }
}

/// What the agents sent, with a byte changed and cut off here and there.
#[test]
fn damaged_messages() {
    for name in ["claude-code-json", "claude-code-protobuf", "codex-protobuf", "gemini-cli-json"] {
        for (signal, form, packed, bytes) in sent(&folder(name)) {
            let plain = otlp::unpacked(bytes, packed.then_some("gzip")).unwrap();
            for at in (0..plain.len()).step_by(plain.len() / 60 + 1) {
                check(signal, form, &plain[..at]);
                let mut other = plain.clone();
                other[at] ^= 0x55;
                check(signal, form, &other);
            }
        }
    }
}

proptest! {
    #[test]
    fn any_bytes(bytes in vec(any::<u8>(), 0..300), encoding in prop::option::of("(gzip|identity|)")) {
        for signal in [Signal::Logs, Signal::Metrics, Signal::Traces] {
            for form in [Form::Json, Form::Protobuf] {
                check(signal, form, &bytes);
            }
        }
        let _ = otlp::unpacked(bytes.clone(), encoding.as_deref());
        for tool in Tool::ALL {
            let _ = Told::default().read(tool, &bytes[..]);
        }
    }
}
