//! Ending a stream before the provider does, so that the client takes it for a whole answer and does not try again.
//!
//! A socket that is simply cut makes agents send the whole request again, and each try is paid. Which frames each client
//! takes for an end, and which of them shows a sentence of ours, was tried with the real clients.

mod anthropic;
mod chat;
mod gemini;
mod responses;

use purser_core::usage::Usage;

use crate::client::ClientTool;
use crate::stream::{Left, StreamMeter};
use crate::usage::Answer;

/// What the closing frames say.
#[derive(Clone, Copy, Debug)]
pub struct EarlyEnd<'a> {
    /// Our sentence, for clients that show it.
    pub sentence: &'a str,
    /// Who is listening.
    pub client: &'a ClientTool,
    /// What the call is charged for, shown in the closing frame's usage.
    pub usage: &'a Usage,
}

impl StreamMeter {
    /// The frames that close the stream in its dialect, to be sent after everything [`feed`](Self::feed) passed on.
    /// Feed nothing afterwards. Empty when the stream is complete already, or an error in it has told the client.
    ///
    /// Anthropic: the open block is closed; for a client that shows it our sentence follows as a text block, unless a
    /// tool call was being written. Chat: `finish_reason: length`, usage if asked for, `[DONE]`. Responses:
    /// `response.incomplete`, for Codex our sentence as a finished message and `response.completed`. Gemini:
    /// `MAX_TOKENS`.
    pub fn end_early(&mut self, end: EarlyEnd<'_>) -> Vec<u8> {
        let progress = self.progress();
        let left = self.stop();
        let mut frames = Frames { out: Vec::new(), left };
        if progress.complete || progress.errored {
            // All was said; only the bracket of an array may be missing.
            match left {
                Left::InArray { any: true } => frames.out.push(b']'),
                Left::InArray { any: false } => frames.out.extend_from_slice(b"[]"),
                Left::Ended | Left::BetweenEvents | Left::MidEvent => {}
            }
        }
        if progress.complete || progress.errored || left == Left::Ended {
            return frames.out;
        }
        if left == Left::MidEvent {
            frames.out.extend_from_slice(b"\n\n");
        }
        match &self.reader.answer {
            Answer::Anthropic(answer) => anthropic::close(answer, end, &mut frames),
            Answer::Chat(answer) => chat::close(answer, self.reader.strip_usage, end, &mut frames),
            Answer::Responses(answer) => responses::close(answer, end, &mut frames),
            Answer::Gemini(answer) => gemini::close(answer, end, &mut frames),
        }
        frames.out
    }
}

/// Frames being written.
struct Frames {
    out: Vec<u8>,
    left: Left,
}

impl Frames {
    /// An event with a name.
    fn named(&mut self, name: &str, data: &serde_json::Value) {
        self.out.extend_from_slice(b"event: ");
        self.out.extend_from_slice(name.as_bytes());
        self.out.push(b'\n');
        self.data(data);
    }

    /// An event without a name, or an element of an array.
    fn data(&mut self, data: &serde_json::Value) {
        let (before, after): (&[u8], &[u8]) = match self.left {
            Left::InArray { any: true } => (b",", b"]"),
            Left::InArray { any: false } => (b"[", b"]"),
            Left::BetweenEvents | Left::MidEvent | Left::Ended => (b"data: ", b"\n\n"),
        };
        self.out.extend_from_slice(before);
        self.out.extend_from_slice(data.to_string().as_bytes());
        self.out.extend_from_slice(after);
    }
}
