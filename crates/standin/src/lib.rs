//! A stand-in for the providers: a small HTTP server on loopback that answers like Anthropic, OpenAI and Google do.
//!
//! **Model.** A request is read by a byte scan, never into a tree. Its prompt, the seed and the call's [`Script`] decide
//! the answer: how many tokens were read from and written to a cache, how many come out, why it ends. A dialect renders
//! that as the provider would, with usage exactly where the provider puts it; a player sends it at the configured pace
//! and breaks it where the script says. Every call is written down in a journal of its own, so that a gateway's charges
//! can be compared with what was really served.
//!
//! **Owns.** `/v1/messages`, `/v1/messages/count_tokens`, `/v1/chat/completions`, `/v1/responses`, `/v1/embeddings`,
//! `/v1/models` in three shapes, Gemini's `generateContent`, `streamGenerateContent` and `countTokens` under `/v1` and
//! `/v1beta`; the administrator's usage and cost reports of Anthropic and OpenAI, from the journal; prompt caches per credential and model; faults ([`script`]); the journal.
//! Its own: `GET /standin/journal?since=SEQ`, `PUT /standin/fault?calls=N` (body: a script) and `GET /standin/health`.
//!
//! **Does not own.** Language: texts are filler. TLS, HTTP/2, batches, files, images, audio. It knows nothing of Purser,
//! and Purser's other crates nothing of it.
//!
//! **Invariants.** Same seed and same request bytes give the same usage, unless the prompt has become cached. Usage in the
//! journal is what a provider would bill, whatever a fault made the client believe. Nothing grows without a bound.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use purser_standin::{Standin, StandinConfig};
//!
//! let standin = Standin::start(StandinConfig::default())?;
//! println!("point a client at {}", standin.base_url());
//! for call in standin.journal() {
//!     println!("{} {} tokens out", call.model, call.usage.output);
//! }
//! standin.stop().await;
//! # Ok(())
//! # }
//! ```

mod ask;
mod cache;
mod config;
mod connection;
mod desk;
mod dialect;
mod gzip;
mod hash;
mod head;
mod journal;
mod own;
mod plan;
mod play;
mod prompt;
mod reel;
mod reply;
mod report;
mod route;
mod scan;
pub mod script;
mod server;

pub use config::{AfterHangup, Answers, Bounds, JournalConfig, ListedModel, Owner, Pacing, StandinConfig};
pub use journal::{Credential, Dialect, ServedCall, ServedUsage, ToldUsage, Totals};
pub use report::{ReportPrice, Reports};
pub use script::{Ending, Script, ScriptError, Telling};
pub use server::{Standin, StandinHandle, StartError};
