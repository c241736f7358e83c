//! `purser statement …`, `purser rewards …` and `purser period …`

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Path as FilePath, PathBuf};

use clap::{Args, Subcommand};
use purser_control::shape::{
    ClosePeriod, Confidential, List, Period, PeriodReport, Rewards, Signed, Statement as Shown, StatementStatus,
    StatementUsable, StatementsKey,
};
use purser_control::{Checked, CheckedStatement, check_statement};
use purser_core::money::Nano;

use super::offer::files;
use super::report::observed_line;
use super::{money, second};
use crate::client::{Client, Path, path};
use crate::failure::Failure;
use crate::output::{Output, Table};

/// What can be done with statements.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Statement {
    #[command(subcommand)]
    pub(crate) of: Option<Of>,
    /// Id or name
    #[arg(required = true)]
    pub(crate) person: Option<String>,
    /// The month, in the person's zone [default: the running one]
    #[arg(long, value_name = "YYYY-MM", conflicts_with = "year")]
    pub(crate) month: Option<String>,
    /// A year in place of a month
    #[arg(long, value_name = "YYYY")]
    pub(crate) year: Option<String>,
    #[command(flatten)]
    pub(crate) paper: Paper,
}

/// As a document.
#[derive(Debug, Args)]
pub(crate) struct Paper {
    /// Write it as HTML to a file (`-` for standard output)
    #[arg(long, value_name = "FILE", conflicts_with = "pdf")]
    pub(crate) html: Option<PathBuf>,
    /// Write it as PDF to a file (`-` for standard output)
    #[arg(long, value_name = "FILE")]
    pub(crate) pdf: Option<PathBuf>,
}

/// A year's package and what became of its fourth pillar.
#[derive(Debug, Args)]
pub(crate) struct RewardsOf {
    /// Id or name
    pub(crate) person: String,
    /// The year [default: the running one]
    #[arg(long, value_name = "YYYY")]
    pub(crate) year: Option<String>,
    #[command(flatten)]
    pub(crate) paper: Paper,
}

/// What else there is.
#[derive(Debug, Subcommand)]
pub(crate) enum Of {
    /// Check a signed statement by itself: needs no data folder and no network. Exit code 1 when it is not as it was signed
    Verify(Verify),
    /// Show the key that statements are signed with
    Key,
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The statement as JSON; `-` for standard input
    pub(crate) file: PathBuf,
    /// It must be signed by this key, as `purser statement key` shows it where it was made
    #[arg(long)]
    pub(crate) key: Option<String>,
}

/// What can be done with months of the company.
#[derive(Debug, Subcommand)]
pub(crate) enum PeriodCommand {
    /// Close a month that is over: keep everybody's statement as it is, for good. What comes later is on the next one
    Close(Month),
    /// Show the closed months
    List,
    /// Hold the statements of a closed month against the journal and the ledger. Exit code 1 when they differ
    Verify(Month),
}

#[derive(Debug, Args)]
pub(crate) struct Month {
    /// As in 2026-10
    #[arg(value_name = "YYYY-MM")]
    pub(crate) month: String,
}

impl Statement {
    pub(crate) async fn run(self, client: &mut Client, out: Output) -> Result<(), Failure> {
        let Some(person) = self.person else {
            let key: StatementsKey = client.get(path(["statements", "key"])).await?;
            out.show(&key, |key| format!("{} {}\n\n{}", key.algorithm, key.key, key.pem));
            return Ok(());
        };
        let paper = path(["people", &person, "statement", "document"])
            .with("month", self.month.as_deref())
            .with("year", self.year.as_deref());
        if self.paper.write(client, paper).await? {
            return Ok(());
        }
        let path = path(["people", &person, "statement"])
            .with("month", self.month.as_deref())
            .with("year", self.year.as_deref());
        let signed: Signed<Shown> = client.get(path).await?;
        let shown: Shown = serde_json::from_value(serde_json::Value::Object(signed.content().clone()))
            .map_err(|error| Failure::from_error("the statement can't be read", &error))?;
        out.show(&signed, |_| statement(&shown));
        Ok(())
    }
}

impl Paper {
    /// Writes the document, where one is asked for.
    async fn write(&self, client: &mut Client, path: Path) -> Result<bool, Failure> {
        let (form, file) = match (&self.html, &self.pdf) {
            (Some(file), _) => ("html", file),
            (None, Some(file)) => ("pdf", file),
            (None, None) => return Ok(false),
        };
        let bytes = client.get_bytes(path.with("form", Some(form))).await?;
        files::put(Some(file.as_path()).filter(|file| *file != FilePath::new("-")), &bytes)?;
        Ok(true)
    }
}

impl RewardsOf {
    pub(crate) async fn run(self, client: &mut Client, out: Output) -> Result<(), Failure> {
        let paper = path(["people", &self.person, "rewards", "document"]).with("year", self.year.as_deref());
        if self.paper.write(client, paper).await? {
            return Ok(());
        }
        let signed: Signed<Rewards> =
            client.get(path(["people", &self.person, "rewards"]).with("year", self.year.as_deref())).await?;
        let shown: Rewards = serde_json::from_value(serde_json::Value::Object(signed.content().clone()))
            .map_err(|error| Failure::from_error("the statement can't be read", &error))?;
        out.show(&signed, |_| rewards(&shown));
        Ok(())
    }
}

fn rewards(of: &Rewards) -> String {
    let hidden = || "hidden".to_owned();
    let currency = of.currency.clone().unwrap_or_default();
    let mut pillars = Table::new(&["a year of", ">amount", ">of the package"]);
    for row in &of.pillars {
        let share = row.share.as_ref().map_or_else(|| "-".to_owned(), |it| it.amount().cloned().unwrap_or_else(hidden));
        pillars.row([row.pillar.clone(), row.amount.amount().map_or_else(hidden, |it| money(*it)), share]);
    }
    for (name, sum) in [("together", &of.total), ("without tokens", &of.without_tokens)] {
        if let Some(sum) = sum {
            pillars.row([name.to_owned(), sum.amount().map_or_else(hidden, |it| money(*it)), String::new()]);
        }
    }
    let tokens = &of.tokens;
    let mut year = Table::new(&["tokens", ">in this year", ">of the package with it"]);
    let share = |share: &Option<Confidential<String>>| {
        share.as_ref().map_or_else(String::new, |it| it.amount().cloned().unwrap_or_else(hidden))
    };
    year.row(["released".to_owned(), money(tokens.released), share(&tokens.released_share)]);
    year.row(["used".to_owned(), money(tokens.used), share(&tokens.used_share)]);
    year.row(["expired".to_owned(), money(tokens.expired), String::new()]);
    year.row(["left".to_owned(), money(tokens.closing), String::new()]);
    let name = of.name.clone().unwrap_or_else(|| of.person.to_string());
    let signed = of.signature.as_ref().map(|it| format!("signed by {}", it.key)).unwrap_or_default();
    let none = "no accepted package is known";
    let (pillars, usable) = (pillars.or(none), usable(&tokens.usable));
    format!("{name}, {} {currency}\n\n{pillars}\n{year}\n{usable}\n{signed}", of.year)
}

impl Verify {
    pub(crate) fn run(&self, out: Output) -> Result<(), Failure> {
        let found = check_statement(&text(&self.file)?, self.key.as_deref())?;
        out.show(&found, |found| verdict(found, self.key.is_some()));
        match &found.checked {
            Checked::Good => Ok(()),
            Checked::Changed { .. } => Err(Failure::new(
                "something in it is not as it was signed",
                "ask for it again: `GET /api/v1/people/{id}/statement`, or `purser statement PERSON --json`",
            )),
            Checked::NotSigned => Err(Failure::new(
                "the key that it names did not sign it",
                "ask for it again: `GET /api/v1/people/{id}/statement`, or `purser statement PERSON --json`",
            )),
            Checked::OtherKey { .. } => Err(Failure::new(
                "another key than yours signed it",
                "`purser statement key` shows the key of the Purser that it is said to come from",
            )),
        }
    }
}

impl PeriodCommand {
    pub(crate) async fn run(self, client: &mut Client, out: Output) -> Result<(), Failure> {
        match self {
            Self::Close(Month { month }) => {
                let closed: Period = client.post(path(["periods"]), &ClosePeriod { month }).await?;
                out.show(&closed, |closed| periods(std::slice::from_ref(closed)));
            }
            Self::List => {
                // One page: there are twelve a year.
                let list: List<Period> = client.get(path(["periods"])).await?;
                out.show(&list.items, |list| periods(list));
            }
            Self::Verify(Month { month }) => {
                let found: PeriodReport = client.get(path(["periods", &month, "verify"])).await?;
                out.show(&found, report);
                if !found.good {
                    let hint = "compare with a backup; what the ledger says is `purser usage` and `purser trace`";
                    return Err(Failure::new(format!("{month} is not as it was closed"), hint));
                }
            }
        }
        Ok(())
    }
}

fn text(file: &FilePath) -> Result<String, Failure> {
    let mut text = String::new();
    let read = if file == FilePath::new("-") {
        std::io::stdin().read_to_string(&mut text).map(drop)
    } else {
        std::fs::read_to_string(file).map(|read| text = read)
    };
    read.map_err(|error| Failure::from_error(format!("{} can't be read", file.display()), &error))?;
    Ok(text)
}

fn verdict(found: &CheckedStatement, by_key: bool) -> String {
    let CheckedStatement { checked, key, document, of, person } = found;
    let what = format!("{document} of {person}, {of}");
    match checked {
        Checked::Good if by_key => format!("good: {what}\nsigned by {key}"),
        Checked::Good => format!(
            "good: {what}\nsigned by {key}; `--key` says whose that must be, `purser statement key` shows one's own"
        ),
        Checked::Changed { signed, found } => {
            format!("changed: {what}\nsigned was what has the SHA-256 {signed}; what it says has {found}")
        }
        Checked::NotSigned => format!("not signed: {what}\n{key} did not sign it"),
        Checked::OtherKey { expected } => format!("another key: {what}\nsigned by {key}, not by {expected}"),
    }
}

fn periods(list: &[Period]) -> String {
    let mut table = Table::new(&["month", "closed", ">statements", ">granted", ">used", "sha-256"]);
    for one in list {
        table.row([
            one.month.clone(),
            second(one.closed),
            one.statements.to_string(),
            money(one.granted),
            money(one.used),
            one.sha256.clone(),
        ]);
    }
    table.or("no month is closed; `purser period close 2026-10` closes one that is over")
}

fn report(found: &PeriodReport) -> String {
    let words = |good: bool, yes: &str, no: &str| if good { yes } else { no }.to_owned();
    let mut text = format!(
        "{}, {} statements: {} and {}",
        found.month,
        found.statements,
        words(found.unchanged, "as they were closed", "NOT as they were closed"),
        words(found.different == 0, "as the ledger says", "NOT as the ledger says")
    );
    for one in &found.differences {
        let _ = write!(text, "\n{}: {}", one.person, one.fields.join(", "));
    }
    text
}

/// A statement as text.
pub(crate) fn statement(of: &Shown) -> String {
    let name = of.name.clone().unwrap_or_else(|| of.person.to_string());
    let status = match of.status {
        StatementStatus::Running => format!("so far, {}", second(of.as_of)),
        StatementStatus::Over => "over".to_owned(),
        StatementStatus::Closed => "closed".to_owned(),
    };
    let mut sums = Table::new(&["opening", ">granted", ">moved", ">paid", ">expired", ">voided", ">closing"]);
    sums.row([of.opening, of.granted, of.moved, of.paid, of.expired, of.voided, of.closing].map(money));
    let mut parts = Table::new(&["used", ">overrun", ">adjusted", ">prior", ">rolled", ">held", ">suspense"]);
    parts.row([of.used, of.overrun, of.adjusted, of.prior, of.rolled, of.held, of.suspense].map(money));
    let mut grants = Table::new(&["grant", ">granted", ">paid", ">expired", ">closing", ">accounts", "entries"]);
    for row in &of.grants {
        let first = row.accounts.iter().filter_map(|account| account.entries.first).min();
        let last = row.accounts.iter().filter_map(|account| account.entries.last).max();
        let entries = first.zip(last).map_or_else(|| "-".to_owned(), |(first, last)| format!("{first} to {last}"));
        let amounts = [row.granted, row.used, row.expired, row.closing].map(money);
        let [granted, used, expired, closing] = amounts;
        grants.row([row.grant.to_string(), granted, used, expired, closing, row.accounts.len().to_string(), entries]);
    }
    let rows = |head: &'static str, rows: &mut dyn Iterator<Item = (String, u64, Nano)>, none: &str| {
        let mut table = Table::new(&[head, ">calls", ">cost"]);
        for (name, calls, charge) in rows {
            table.row([if name.is_empty() { "-".to_owned() } else { name }, calls.to_string(), money(charge)]);
        }
        table.or(none)
    };
    let models = rows("model", &mut of.models.iter().map(|row| (row.model.clone(), row.calls, row.charge)), "no calls");
    let tools = rows("tool", &mut of.tools.iter().map(|row| (row.tool.clone(), row.calls, row.charge)), "");
    let days = of.days.iter().map(|row| (row.day.clone(), row.calls, row.charge));
    let months = of.months.iter().map(|row| (row.month.clone(), row.calls, row.charge));
    let spans = match of.months.len() {
        0 => rows("day", &mut days.into_iter(), ""),
        _ => rows("month", &mut months.into_iter(), ""),
    };
    let mut items = Table::new(&["entry", "kind", "posted", ">amount", "of an earlier period", "hold"]);
    for item in &of.items {
        items.row([
            item.entry.to_string(),
            item.kind.clone(),
            second(item.at),
            money(item.amount),
            if item.prior { "yes" } else { "no" }.to_owned(),
            item.hold.clone().unwrap_or_else(|| "-".to_owned()),
        ]);
    }
    let counted = if of.counted.is_zero() {
        String::new()
    } else {
        format!("\nby policy the grants released {} less because of it", money(of.counted))
    };
    let seen = format!("{}{counted}", observed_line(&of.observed).trim_start());
    let blocks = [
        sums.to_string(),
        parts.to_string(),
        grants.or(""),
        models,
        tools,
        spans,
        items.or(""),
        usable(&of.usable),
        seen,
        signature(of),
    ];
    let body: Vec<&str> = blocks.iter().map(|block| block.trim_end()).filter(|block| !block.is_empty()).collect();
    format!("{name}, {} ({}), {status}\n\n{}", of.month, of.zone, body.join("\n\n"))
}

fn usable(of: &StatementUsable) -> String {
    let Some(percent) = &of.percent else { return String::new() };
    let mut text = format!("the promise was usable {percent} %: {} calls served", of.served);
    let beside = [
        (of.denied_funded, "denied although money was there"),
        (of.faults, "denied for a fault of a provider or of Purser"),
        (of.stopped, "denied by a stop"),
    ];
    for (count, what) in beside.into_iter().filter(|(count, _)| *count > 0) {
        let _ = write!(text, ", {count} {what}");
    }
    text
}

fn signature(of: &Shown) -> String {
    let entries = match (of.entries.first, of.entries.last) {
        (Some(first), Some(last)) => format!("{} entries, {first} to {last}", of.entries.count),
        _ => "no entries".to_owned(),
    };
    match &of.signature {
        Some(signature) => format!("{entries}; signed by {}", signature.key),
        None => entries,
    }
}
