//! What is fuzzed, one module per target: each has a `check` that takes any bytes and panics when a promise is broken.
//!
//! The first bytes of an input choose (a dialect, where it is cut); they are printable, so that an input can be read and
//! written by hand. The rest is what strangers send.

pub mod bill;
pub mod config;
pub mod http1;
pub mod journal;
pub mod log;
pub mod request;
pub mod seeding;
pub mod stream;
pub mod telemetry;
pub mod usage;

use purser_providers::Dialect;

/// The dialects by the first byte of an input: `a` to `g`.
pub const DIALECTS: [Dialect; 7] = [
    Dialect::AnthropicMessages,
    Dialect::OpenAiChat,
    Dialect::OpenAiResponses,
    Dialect::OpenAiEmbeddings,
    Dialect::GeminiGenerate { stream: false, sse: false },
    Dialect::GeminiGenerate { stream: true, sse: false },
    Dialect::GeminiGenerate { stream: true, sse: true },
];

/// Takes the dialect off the front of an input.
fn dialect(bytes: &[u8]) -> Option<(Dialect, &[u8])> {
    let (first, rest) = bytes.split_first()?;
    let which = usize::from(first.wrapping_sub(b'a')) % DIALECTS.len();
    Some((*DIALECTS.get(which)?, rest))
}

/// Cuts bytes into pieces whose lengths follow from a seed: mostly short ones, so that every kind of boundary is met.
fn cut(bytes: &[u8], seed: u8) -> Vec<&[u8]> {
    let (mut rest, mut dice, mut pieces) = (bytes, u32::from(seed), Vec::new());
    while !rest.is_empty() {
        dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let most = if dice & 0x300_0000 == 0 { 400 } else { 12 };
        let take = (usize::try_from(dice >> 8).unwrap_or_default() % most + 1).min(rest.len());
        let (piece, after) = rest.split_at(take);
        pieces.push(piece);
        rest = after;
    }
    pieces
}

/// Does a reader of the whole language take it?
fn is_json(bytes: &[u8]) -> bool {
    serde_json::from_slice::<serde_json::Value>(bytes).is_ok()
}
