//! Rates calls from standard input by the bundled price list: one JSON object a line in, one out.
//!
//! ```text
//! echo '{"provider":"anthropic","model":"claude-sonnet-4-5","at":"2026-11-01T00:00:00Z",
//!        "usage":{"input_uncached":1234567},"served":{"tier":"standard"}}' | tr -d '\n' |
//!     cargo run -q -p purser-core --example rate
//! ```
//!
//! What comes out is `{"model", "charge": {"total", "version", "working"}}` or `{"error"}`. The conformance cases of
//! `tests/prices` go through it.

use std::error::Error;
use std::io::{self, BufRead, Write};

use purser_core::price::{PriceBook, Ratio};
use purser_core::rating::{Charge, explain};
use purser_core::time::Instant;
use purser_core::usage::{Served, Tier, Usage};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Call {
    provider: String,
    model: String,
    at: Instant,
    usage: Usage,
    #[serde(default)]
    served: ServedAs,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct ServedAs {
    tier: Tier,
    geo: Option<String>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Answer {
    Rated { model: String, charge: Charge },
    Refused { error: String },
}

fn answer(book: &PriceBook, line: &str) -> Result<Answer, Box<dyn Error>> {
    let call: Call = serde_json::from_str(line)?;
    let card = book.lookup(&call.provider, &call.model, call.at)?;
    let served = Served { model: None, tier: call.served.tier, geo: call.served.geo };
    let charge = explain(card, &call.usage, &served, Ratio::ONE)?;
    Ok(Answer::Rated { model: card.model().to_owned(), charge })
}

fn main() -> Result<(), Box<dyn Error>> {
    let book = PriceBook::bundled();
    let mut out = io::BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let answer = answer(&book, &line?).unwrap_or_else(|error| Answer::Refused { error: error.to_string() });
        serde_json::to_writer(&mut out, &answer)?;
        out.write_all(b"\n")?;
    }
    out.flush()?;
    Ok(())
}
