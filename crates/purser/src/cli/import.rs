//! `purser import logs`: what coding agents keep of their own usage on this machine.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use jiff::civil::Date;
use purser_control::shape::{ObservedRequest, RecordObserved, Taken};
use purser_core::money::{Currency, Nano};
use purser_core::price::PriceBook;
use purser_core::rating;
use purser_core::usage::Served;
use purser_core::zone::Zone;
use purser_observed::history::Told;
use purser_observed::{Request, Tool};
use serde::Serialize;

use super::money;
use crate::client::{Client, path};
use crate::failure::Failure;
use crate::output::{Output, Table, say};

/// Folders within folders that are looked into.
const DEPTH_MAX: usize = 8;
/// Requests sent at once.
const AT_ONCE: usize = 2_000;

/// What can be imported.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// What Claude Code, Codex and Gemini CLI used, by the histories that they keep on this machine
    ///
    /// Shows tokens and what they would cost by Purser's bundled prices; nothing is sent anywhere. With `--as` it is
    /// recorded as observed, not enforced: what passed through the gateway is left out, and what was recorded before is
    /// not recorded again.
    Logs(Logs),
}

#[derive(Debug, Args)]
pub(crate) struct Logs {
    /// Files or folders [default: where the tools keep them: ~/.claude, ~/.codex, ~/.gemini]
    pub(crate) paths: Vec<PathBuf>,
    /// Only this tool's (claude-code, codex, gemini-cli); needed for files whose names don't tell
    #[arg(long, value_name = "TOOL")]
    pub(crate) tool: Option<Tool>,
    /// One row per
    #[arg(long, value_enum, default_value_t = By::Day)]
    pub(crate) by: By,
    /// First day (UTC)
    #[arg(long, value_name = "DATE")]
    pub(crate) from: Option<Date>,
    /// First day not included (UTC)
    #[arg(long, value_name = "DATE")]
    pub(crate) to: Option<Date>,
    /// Record it as what this person (id or name) used beside their grants
    #[arg(long = "as", value_name = "PERSON")]
    pub(crate) person: Option<String>,
}

/// What a row stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum By {
    /// A day (UTC)
    Day,
    /// A model
    Model,
    /// A session of a tool
    Session,
    /// A tool
    Tool,
}

impl By {
    const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Model => "model",
            Self::Session => "session",
            Self::Tool => "tool",
        }
    }

    fn key(self, request: &Request) -> String {
        match self {
            Self::Day => Zone::UTC.date(request.used_at).to_string(),
            Self::Model => request.model.clone(),
            Self::Session => format!("{}/{}", request.tool, request.session),
            Self::Tool => request.tool.to_string(),
        }
    }
}

/// What was found.
#[derive(Debug, Serialize)]
struct Found {
    files: usize,
    repeated: u64,
    rows: Vec<Row>,
    /// All rows together.
    total: Row,
    /// What was recorded of it, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    recorded: Option<Taken>,
}

#[derive(Clone, Debug, Default, Serialize)]
struct Row {
    key: String,
    requests: u64,
    input_tokens: u64,
    cached_tokens: u64,
    written_tokens: u64,
    output_tokens: u64,
    /// By Purser's bundled prices.
    list_price_usd: Nano,
    /// Requests to models that it has no price for.
    unpriced: u64,
}

impl Row {
    fn add(&mut self, request: &Request, price: Option<Nano>) {
        let usage = &request.usage;
        self.requests = self.requests.saturating_add(1);
        self.input_tokens = self.input_tokens.saturating_add(usage.prompt_tokens());
        self.cached_tokens = self.cached_tokens.saturating_add(usage.cache_read);
        let written = usage.cache_write_5m.saturating_add(usage.cache_write_1h);
        self.written_tokens = self.written_tokens.saturating_add(written);
        self.output_tokens = self.output_tokens.saturating_add(usage.output_tokens());
        match price {
            Some(price) => self.list_price_usd = self.list_price_usd.saturating_add(price),
            None => self.unpriced = self.unpriced.saturating_add(1),
        }
    }
}

impl Logs {
    /// Shows what is on this machine, and records it where a client is given.
    ///
    /// # Errors
    /// No history is there, one can't be read, or Purser refuses to record it.
    pub(crate) async fn run(self, client: Option<&mut Client>, out: Output) -> Result<(), Failure> {
        let mut files = Vec::new();
        let named = if self.paths.is_empty() { usual_places() } else { self.named_places()? };
        for (tool, place) in named {
            if self.tool == Some(tool) && place.is_file() {
                files.push((tool, place));
            } else if self.tool.is_none_or(|only| only == tool) {
                collect(tool, &place, 0, &mut files)
                    .map_err(|error| Failure::from_error(format!("{} can't be read", place.display()), &error))?;
            }
        }
        files.sort();
        files.dedup();
        if files.is_empty() {
            return Err(Failure::new(
                "no history of a tool was found",
                "name a file or folder: `purser import logs ~/.claude/projects`",
            ));
        }
        let mut told = Told::default();
        for (tool, file) in &files {
            // One that is being written, or was never whole, tells what it can.
            if let Err(error) = File::open(file).and_then(|open| told.read(*tool, BufReader::new(open))) {
                say(format_args!("{}: {error}", file.display()));
            }
        }
        if told.bad > 0 {
            let why = told.why.as_ref().map(ToString::to_string).unwrap_or_default();
            say(format_args!("{} requests can't be read and are left out ({why})", told.bad));
        }
        let repeated = told.repeated;
        let requests: Vec<Request> = told.requests().into_iter().filter(|request| self.wants(request)).collect();
        let recorded = match (client, &self.person) {
            (Some(client), Some(person)) => Some(record(client, person, &requests).await?),
            _ => None,
        };
        let found = self.sum(files.len(), repeated, &requests, recorded);
        out.show(&found, |found| table(self.by, found));
        Ok(())
    }

    fn wants(&self, request: &Request) -> bool {
        let day = Zone::UTC.date(request.used_at);
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day < to)
    }

    fn named_places(&self) -> Result<Vec<(Tool, PathBuf)>, Failure> {
        let place = |place: &PathBuf| {
            if !place.exists() {
                return Err(Failure::new(format!("{} is not there", place.display()), "name a file or folder"));
            }
            // A folder may have histories of several tools: their names tell.
            Ok(self.tool.map_or_else(
                || Tool::ALL.into_iter().map(|tool| (tool, place.clone())).collect(),
                |tool| vec![(tool, place.clone())],
            ))
        };
        Ok(self.paths.iter().map(place).collect::<Result<Vec<_>, _>>()?.concat())
    }

    fn sum(&self, files: usize, repeated: u64, requests: &[Request], recorded: Option<Taken>) -> Found {
        let prices = PriceBook::bundled();
        let (mut rows, mut total) = (BTreeMap::<String, Row>::new(), Row::default());
        for request in requests {
            let price = price(&prices, request);
            let key = self.by.key(request);
            rows.entry(key.clone()).or_insert_with(|| Row { key, ..Row::default() }).add(request, price);
            total.add(request, price);
        }
        let mut rows: Vec<Row> = rows.into_values().collect();
        if self.by != By::Day {
            rows.sort_by_key(|row| std::cmp::Reverse(row.list_price_usd));
        }
        Found { files, repeated, rows, total, recorded }
    }
}

/// Where the tools keep them, as far as those places are there.
fn usual_places() -> Vec<(Tool, PathBuf)> {
    let home = || std::env::var_os("HOME").map(PathBuf::from);
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let claude = set("CLAUDE_CONFIG_DIR").map(|at| vec![at]).or_else(|| {
        let home = home()?;
        Some(vec![home.join(".claude"), home.join(".config/claude")])
    });
    let claude = claude.into_iter().flatten().map(|at| (Tool::ClaudeCode, at.join("projects")));
    let codex = set("CODEX_HOME").or_else(|| Some(home()?.join(".codex")));
    let codex = codex.into_iter().flat_map(|at| [at.join("sessions"), at.join("archived_sessions")]);
    let gemini = home().map(|home| (Tool::GeminiCli, home.join(".gemini/tmp")));
    let all = claude.chain(codex.map(|at| (Tool::Codex, at))).chain(gemini);
    all.filter(|(_, place)| place.is_dir()).collect()
}

/// The histories of a tool in a place, by what names and folders tell.
fn collect(tool: Tool, place: &Path, depth: usize, into: &mut Vec<(Tool, PathBuf)>) -> io::Result<()> {
    if depth > DEPTH_MAX {
        return Ok(());
    }
    if place.is_file() {
        if tool_of(place) == Some(tool) {
            into.push((tool, place.to_owned()));
        }
        return Ok(());
    }
    for entry in fs::read_dir(place)? {
        let entry = entry?;
        // A link may lead in a circle.
        if !entry.file_type()?.is_symlink() {
            collect(tool, &entry.path(), depth + 1, into)?;
        }
    }
    Ok(())
}

/// Whose history a file is, by its name and folder.
fn tool_of(file: &Path) -> Option<Tool> {
    let name = file.file_name()?.to_str()?;
    let ending = file.extension()?.to_str()?;
    let folder = file.parent().and_then(Path::file_name).and_then(|name| name.to_str()).unwrap_or_default();
    match ending {
        "jsonl" if name.starts_with("rollout-") => Some(Tool::Codex),
        "jsonl" | "json" if folder == "chats" || name.starts_with("session-") => Some(Tool::GeminiCli),
        "jsonl" => Some(Tool::ClaudeCode),
        _ => None,
    }
}

fn price(prices: &PriceBook, request: &Request) -> Option<Nano> {
    let card = prices.lookup(request.tool.provider(), &request.model, request.used_at).ok()?;
    let terms = prices.terms(card, request.used_at, &Currency::usd()).ok()?;
    let served = Served { model: None, tier: request.tier, geo: None };
    rating::rate(card, &request.usage, &served, terms).ok()
}

async fn record(client: &mut Client, person: &str, requests: &[Request]) -> Result<Taken, Failure> {
    let mut all = Taken::default();
    for part in requests.chunks(AT_ONCE) {
        let requests = part.iter().map(sent).collect();
        let record = RecordObserved { person: person.to_owned(), requests };
        let taken: Taken = client.post(path(["observed"]), &record).await?;
        all.add(&taken);
    }
    Ok(all)
}

fn sent(request: &Request) -> ObservedRequest {
    let Request { tool, session, source, id, used_at, model, usage, tier, claimed } = request;
    ObservedRequest {
        tool: tool.to_string(),
        session: session.clone(),
        source: *source,
        id: format!("{id:016x}"),
        used_at: *used_at,
        model: model.clone(),
        usage: *usage,
        tier: *tier,
        claimed_usd: *claimed,
    }
}

fn table(by: By, found: &Found) -> String {
    let mut table =
        Table::new(&[by.name(), ">requests", ">input", ">of it cached", ">written", ">output", ">list price"]);
    for row in &found.rows {
        table.row(cells(&row.key, row));
    }
    if found.rows.len() > 1 {
        table.row(cells("all", &found.total));
    }
    let rows = table.or("nothing was used in that time");
    let mut text = format!("{rows}\nfrom {} files; {} lines told of a request again\n", found.files, found.repeated);
    if found.total.unpriced > 0 {
        let _ = writeln!(text, "{} requests are to models without a price, and not in it", found.total.unpriced);
    }
    if let Some(Taken { recorded, known, passed, told_otherwise, unreadable }) = found.recorded {
        let _ = writeln!(
            text,
            "recorded as observed, not enforced: {recorded}; known before: {known}; through the gateway: {passed}; told by \
             telemetry: {told_otherwise}; not possible: {unreadable}"
        );
    }
    text
}

fn cells(key: &str, row: &Row) -> [String; 7] {
    [
        key.to_owned(),
        row.requests.to_string(),
        row.input_tokens.to_string(),
        row.cached_tokens.to_string(),
        row.written_tokens.to_string(),
        row.output_tokens.to_string(),
        money(row.list_price_usd),
    ]
}
