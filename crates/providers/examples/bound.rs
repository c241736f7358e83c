//! Bounds requests from standard input: one a line, as dialect, model and body with a tab between them; one JSON object a
//! line out.
//!
//! ```text
//! printf 'chat\tgpt-5.4\t{"model":"gpt-5.4","messages":[{"role":"user","content":"hi"}]}\n' |
//!     cargo run -q -p purser-providers --example bound
//! ```
//!
//! Dialects are `anthropic`, `chat`, `responses`, `embeddings` and `gemini`. What comes out is `{"tokens", "certain",
//! "why", "window"}` or `{"error"}`. The model's own window is not asked for, so the family's largest holds. The texts of
//! `tests/bounds` go through it.

use std::error::Error;
use std::io::{self, BufRead, Write};

use purser_providers::{BoundRules, Dialect, RequestFacts, input_bound};
use serde_json::{Value, json};

fn dialect(name: &str) -> Option<Dialect> {
    Some(match name {
        "anthropic" => Dialect::AnthropicMessages,
        "chat" => Dialect::OpenAiChat,
        "responses" => Dialect::OpenAiResponses,
        "embeddings" => Dialect::OpenAiEmbeddings,
        "gemini" => Dialect::GeminiGenerate { stream: false, sse: false },
        _ => return None,
    })
}

fn answer(line: &str) -> Result<Value, Box<dyn Error>> {
    let mut parts = line.splitn(3, '\t');
    let (Some(name), Some(model), Some(body)) = (parts.next(), parts.next(), parts.next()) else {
        return Err("a line is dialect, model and body with a tab between them".into());
    };
    let dialect = dialect(name).ok_or_else(|| format!("there is no dialect `{name}`"))?;
    let facts = RequestFacts::read(dialect, Some(model), body.as_bytes())?;
    let rules = BoundRules::of(dialect, &facts.model, None);
    let bound = input_bound(&facts, &rules);
    let why = format!("{:?}", bound.why);
    Ok(json!({ "tokens": bound.tokens, "certain": bound.certain, "why": why, "window": rules.window }))
}

fn main() -> Result<(), Box<dyn Error>> {
    // Written line by line, for whoever waits for an answer before asking on.
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let answer = answer(&line?).unwrap_or_else(|why| json!({ "error": why.to_string() }));
        serde_json::to_writer(&mut out, &answer)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}
