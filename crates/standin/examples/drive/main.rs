//! Drives load at an address that speaks a provider's dialect, and reports what it saw as one JSON object.
//!
//! - **Closed loop** (no `--rate`): every connection sends its next request when it has read the last answer.
//! - **Open loop** (`--rate`): requests are due at fixed instants, whatever the answers do. A request that finds no free
//!   connection is timed from the instant it was due, so a slow target cannot hide behind its own slowness. A timer of the
//!   driver that rings late is not the target's doing: such a request is timed from when it was really sent, and how late
//!   the timers were is reported beside (`late_us`).
//!
//! ```text
//! cargo run --release -p purser-standin --example drive -- --target 127.0.0.1:8080 --seconds 5 --stream
//! ```

mod latency;
mod wire;

use std::error::Error;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use clap::Parser;
use serde_json::json;
use tokio::runtime;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use latency::Latencies;
use wire::{Answer, Client, Request};

/// Drives load at a provider, a stand-in, or a gateway.
#[derive(Debug, Parser)]
pub(crate) struct Args {
    /// Where to send.
    #[arg(long)]
    target: SocketAddr,
    /// Which API to speak.
    #[arg(long, value_enum, default_value = "messages")]
    dialect: wire::Dialect,
    /// Model to ask for.
    #[arg(long, default_value = "claude-sonnet-5-5")]
    model: String,
    /// Output limit to ask for.
    #[arg(long, default_value_t = 1024)]
    max_tokens: u64,
    /// Ask for streams.
    #[arg(long)]
    stream: bool,
    /// Bytes of a request body.
    #[arg(long, default_value_t = 2000)]
    body_bytes: usize,
    /// File with a key in each line. Each connection goes through all of them, each beginning elsewhere.
    #[arg(long)]
    keys: Option<PathBuf>,
    /// Put `[[standin SCRIPT]]` into the prompt: how a stand-in is to answer.
    #[arg(long, default_value = "")]
    script: String,
    /// Connections, kept alive.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Threads of the driver.
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// How long to measure.
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// How long to drive before measuring.
    #[arg(long, default_value_t = 0.5)]
    warmup_seconds: f64,
    /// Requests a second, over all connections: an open loop.
    #[arg(long)]
    rate: Option<u64>,
}

/// What one connection saw.
#[derive(Debug, Default)]
struct Seen {
    whole: Latencies,
    first_byte: Latencies,
    late: Latencies,
    /// Warm-up included.
    sent: u64,
    requests: u64,
    errors: u64,
    broken: u64,
    bytes: u64,
    last_error: Option<String>,
}

/// The plan that all connections follow.
#[derive(Debug)]
struct Course {
    measure_from: Instant,
    until: Instant,
    rate: Option<u64>,
    started: Instant,
    /// Number of the next request that is due (open loop).
    next: AtomicU64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    let keys = match &args.keys {
        None => vec!["sk-driver".to_owned()],
        Some(file) => std::fs::read_to_string(file)?.split_whitespace().map(str::to_owned).collect(),
    };
    let keys: Arc<[String]> = keys.into();
    if keys.is_empty() {
        return Err("the file of keys is empty".into());
    }
    let started = Instant::now();
    let measure_from = started + Duration::from_secs_f64(args.warmup_seconds);
    let until = measure_from + Duration::from_secs_f64(args.seconds);
    let course = Arc::new(Course { measure_from, until, rate: args.rate, started, next: AtomicU64::new(0) });

    let threads = args.threads.max(1);
    let workers = (0..threads).map(|number| {
        let mine = (number..args.connections).step_by(threads);
        let requests: Vec<Request> = mine.map(|place| Request::new(&args, &keys, place)).collect();
        let (course, target) = (Arc::clone(&course), args.target);
        thread::spawn(move || drive(target, requests, &course))
    });
    let workers: Vec<_> = workers.collect();
    let mut all = Seen::default();
    for worker in workers {
        let seen = worker.join().map_err(|_| "a driver thread panicked")??;
        all.add(seen);
    }
    report(&mut all, until - measure_from)
}

/// One thread: its connections, on a runtime of its own.
fn drive(target: SocketAddr, requests: Vec<Request>, course: &Arc<Course>) -> io::Result<Seen> {
    runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let mut connections = JoinSet::new();
        for request in requests {
            connections.spawn(connection(target, request, Arc::clone(course)));
        }
        let mut all = Seen::default();
        while let Some(seen) = connections.join_next().await {
            all.add(seen.map_err(io::Error::other)?);
        }
        Ok(all)
    })
}

async fn connection(target: SocketAddr, mut request: Request, course: Arc<Course>) -> Seen {
    let mut seen = Seen::default();
    let mut client = Client::new(target);
    loop {
        // Without this, a connection whose answer comes within its own write goes on alone while the others wait.
        tokio::task::yield_now().await;
        let Some((from, late)) = course.turn().await else { return seen };
        let result = client.exchange(&mut request, from).await;
        let now = Instant::now();
        seen.sent += 1;
        if from < course.measure_from || now > course.until {
            continue;
        }
        seen.late.add(late);
        seen.take(result, now - from);
    }
}

impl Course {
    /// Waits for the next request's turn: the instant from which it is timed, and how late a timer rang for it.
    async fn turn(&self) -> Option<(Instant, Duration)> {
        let Some(rate) = self.rate else {
            let now = Instant::now();
            return (now < self.until).then_some((now, Duration::ZERO));
        };
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let due = self.started + Duration::from_nanos(number.saturating_mul(1_000_000_000) / rate.max(1));
        if due >= self.until {
            return None;
        }
        if due <= Instant::now() {
            return Some((due, Duration::ZERO));
        }
        sleep_until(due).await;
        let now = Instant::now();
        Some((now, now - due))
    }
}

impl Seen {
    fn take(&mut self, result: io::Result<Answer>, latency: Duration) {
        self.requests += 1;
        match result {
            Ok(answer) if answer.status == 200 => {
                self.whole.add(latency);
                self.first_byte.add(answer.first_byte);
                self.broken += u64::from(!answer.whole);
                self.bytes += answer.bytes;
            }
            Ok(answer) => {
                self.errors += 1;
                self.last_error = Some(format!("status {}", answer.status));
            }
            Err(error) => {
                self.errors += 1;
                self.last_error = Some(error.to_string());
            }
        }
    }

    fn add(&mut self, other: Self) {
        self.whole.extend(other.whole);
        self.first_byte.extend(other.first_byte);
        self.late.extend(other.late);
        self.sent += other.sent;
        self.requests += other.requests;
        self.errors += other.errors;
        self.broken += other.broken;
        self.bytes += other.bytes;
        self.last_error = other.last_error.or(self.last_error.take());
    }
}

fn report(seen: &mut Seen, time: Duration) -> Result<(), Box<dyn Error>> {
    let seconds = time.as_secs_f64();
    let answered = seen.requests - seen.errors;
    let report = json!({
        "seconds": seconds,
        "requests_sent": seen.sent,
        "requests": seen.requests,
        "errors": seen.errors,
        "broken": seen.broken,
        "last_error": seen.last_error,
        "per_second": f64::from(u32::try_from(answered)?) / seconds,
        "bytes_in": seen.bytes,
        "latency_us": seen.whole.summary(),
        "first_byte_us": seen.first_byte.summary(),
        "late_us": seen.late.summary(),
    });
    writeln!(io::stdout(), "{report}")?;
    Ok(())
}
