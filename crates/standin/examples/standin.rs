//! Runs a stand-in until it is killed. Prints its base URL on standard output.
//!
//! ```text
//! cargo run --release -p purser-standin --example standin -- --port 8080 --tokens-per-s 80 --journal calls.jsonl
//! curl -H 'x-api-key: any' -d '{"model":"m","max_tokens":9,"messages":[]}' localhost:8080/v1/messages
//! ```

use std::error::Error;
use std::io::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use clap::Parser;
use purser_standin::{AfterHangup, Answers, JournalConfig, Pacing, Script, Standin, StandinConfig};

/// A stand-in for the providers: answers like Anthropic, OpenAI and Google, and remembers what it served.
#[derive(Debug, Parser)]
struct Args {
    /// Port on the loopback address; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Threads, each with a listener of its own on the port.
    #[arg(long, default_value_t = 1)]
    workers: usize,
    /// Chooses lengths, texts and tool calls.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// A credential to accept; can be repeated. Without one, every credential is accepted.
    #[arg(long)]
    key: Vec<String>,
    /// How every call is answered unless it says otherwise, for example `status=529` or `cut=3+gzip`.
    #[arg(long, default_value = "")]
    fault: Script,
    /// Milliseconds to the first byte of an answer.
    #[arg(long, default_value_t = 0)]
    first_byte_ms: u64,
    /// Output tokens a second; 0 is as fast as possible.
    #[arg(long, default_value_t = 0)]
    tokens_per_s: u32,
    /// Output tokens in one event of a stream.
    #[arg(long, default_value_t = 4)]
    tokens_per_event: u64,
    /// Events in one write; 0 packs what is due at the same time.
    #[arg(long, default_value_t = 0)]
    events_per_write: u32,
    /// Least and most output tokens that an answer wants.
    #[arg(long, num_args = 2, value_names = ["MIN", "MAX"], default_values_t = [24, 240])]
    tokens: Vec<u64>,
    /// Percent of calls with tools on offer that are answered by a tool call.
    #[arg(long, default_value_t = 0)]
    tool_percent: u8,
    /// Charge the whole answer to a client that leaves early.
    #[arg(long)]
    bill_whole: bool,
    /// Append each call to this file as a JSON line.
    #[arg(long)]
    journal: Option<PathBuf>,
    /// Calls kept for `GET /standin/journal`; totals always cover all.
    #[arg(long, default_value_t = 100_000)]
    calls_max: usize,
}

fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    let (tokens_min, tokens_max) = match args.tokens.as_slice() {
        [min, max] => (*min, *max),
        _ => return Err("--tokens takes two numbers".into()),
    };
    let standin = Standin::start(StandinConfig {
        listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), args.port),
        workers: args.workers,
        seed: args.seed,
        keys: args.key,
        script: args.fault,
        answers: Answers { tokens_min, tokens_max, tool_percent: args.tool_percent, ..Answers::default() },
        pacing: Pacing {
            first_byte: Duration::from_millis(args.first_byte_ms),
            tokens_per_s: args.tokens_per_s,
            tokens_per_event: args.tokens_per_event,
            events_per_write: args.events_per_write,
        },
        after_hangup: if args.bill_whole { AfterHangup::BillWhole } else { AfterHangup::Stop },
        journal: JournalConfig { calls_max: args.calls_max, file: args.journal },
        ..StandinConfig::default()
    })?;
    let mut stdout = io::stdout();
    writeln!(stdout, "{}", standin.base_url())?;
    stdout.flush()?;
    // The journal's file has every ended call already, so a signal loses nothing.
    loop {
        thread::park();
    }
}
