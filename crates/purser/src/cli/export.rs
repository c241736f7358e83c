//! `purser export …`

use std::fs::File;
use std::io::{BufWriter, IsTerminal as _, Write};
use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::client::{Client, Path, path};
use crate::failure::Failure;

/// What can be exported.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// What was charged, as FOCUS 1.2 (CSV), for programs of FinOps
    Focus(Focus),
    /// Every posting of the ledger: what it was for, and which grants paid
    Ledger(Ledger),
    /// What is over, as Apache Parquet: every posting of past days, for programs that read columns
    Parquet(History),
    /// Everybody's statements of a month or year: a row for each, and what it was used for by model and tool
    Statements(Statements),
}

#[derive(Debug, Args)]
pub(crate) struct Focus {
    #[command(flatten)]
    pub(crate) days: Days,
}

#[derive(Debug, Args)]
pub(crate) struct Ledger {
    #[command(flatten)]
    pub(crate) days: Days,
    /// Only this person's (id or name)
    #[arg(long)]
    pub(crate) person: Option<String>,
    /// Only what counts in this unit or one below it (id or name)
    #[arg(long)]
    pub(crate) unit: Option<String>,
    /// Only calls that asked for this model
    #[arg(long)]
    pub(crate) model: Option<String>,
    /// A spreadsheet, or one JSON object on each line
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    pub(crate) format: Format,
}

/// What every export asks for.
#[derive(Debug, Args)]
pub(crate) struct Days {
    /// First day (UTC) [default: the first of this month]
    #[arg(long, value_name = "DATE")]
    pub(crate) from: Option<String>,
    /// First day that is not included [default: tomorrow]
    #[arg(long, value_name = "DATE")]
    pub(crate) to: Option<String>,
    /// With the names of people and units beside their ids
    #[arg(long)]
    pub(crate) names: bool,
    /// Write to this file [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct History {
    /// First day (UTC) [default: the first of yesterday's month]
    #[arg(long, value_name = "DATE")]
    pub(crate) from: Option<String>,
    /// First day that is not included, today at most [default: today]
    #[arg(long, value_name = "DATE")]
    pub(crate) to: Option<String>,
    /// Only this person's (id or name)
    #[arg(long)]
    pub(crate) person: Option<String>,
    /// Only what counts in this unit or one below it (id or name)
    #[arg(long)]
    pub(crate) unit: Option<String>,
    /// Only calls that asked for this model
    #[arg(long)]
    pub(crate) model: Option<String>,
    /// With the names of people and units beside their ids
    #[arg(long)]
    pub(crate) names: bool,
    /// Write to this file [default: standard output, which is no terminal]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Statements {
    /// Of this month, like 2026-10 [default: the running one]
    #[arg(long, value_name = "MONTH", conflicts_with = "year")]
    pub(crate) month: Option<String>,
    /// Of this year, like 2026
    #[arg(long, value_name = "YEAR")]
    pub(crate) year: Option<String>,
    /// Only this person's (id or name)
    #[arg(long)]
    pub(crate) person: Option<String>,
    /// Only of those who are in this unit or one below it at its end (id or name)
    #[arg(long)]
    pub(crate) unit: Option<String>,
    /// A spreadsheet, or one JSON object on each line
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    pub(crate) format: Format,
    /// With the names of people and units beside their ids
    #[arg(long)]
    pub(crate) names: bool,
    /// Write to this file [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    Csv,
    Jsonl,
}

impl Format {
    /// As the API takes it; nothing where it is what the API gives anyway.
    fn word(self) -> Option<&'static str> {
        (self == Self::Jsonl).then_some("jsonl")
    }
}

impl Days {
    fn ask(&self, what: &str) -> Path {
        path(["exports", what])
            .with("from", self.from.as_deref())
            .with("to", self.to.as_deref())
            .with("names", self.names.then_some("true"))
    }
}

impl Command {
    pub(crate) async fn run(self, client: &mut Client) -> Result<(), Failure> {
        let (path, out) = match self {
            Self::Focus(Focus { days }) => (days.ask("focus"), days.out),
            Self::Ledger(Ledger { days, person, unit, model, format }) => {
                let path = days
                    .ask("ledger")
                    .with("person", person.as_deref())
                    .with("unit", unit.as_deref())
                    .with("model", model.as_deref())
                    .with("format", format.word());
                (path, days.out)
            }
            Self::Parquet(History { from, to, person, unit, model, names, out }) => {
                if out.is_none() && std::io::stdout().is_terminal() {
                    return Err(Failure::new("a Parquet file is no text for a terminal", "name a file: --out FILE"));
                }
                let path = path(["exports", "parquet"])
                    .with("from", from.as_deref())
                    .with("to", to.as_deref())
                    .with("person", person.as_deref())
                    .with("unit", unit.as_deref())
                    .with("model", model.as_deref())
                    .with("names", names.then_some("true"));
                (path, out)
            }
            Self::Statements(Statements { month, year, person, unit, format, names, out }) => {
                let path = path(["exports", "statements"])
                    .with("month", month.as_deref())
                    .with("year", year.as_deref())
                    .with("person", person.as_deref())
                    .with("unit", unit.as_deref())
                    .with("format", format.word())
                    .with("names", names.then_some("true"));
                (path, out)
            }
        };
        write(client, path, out).await
    }
}

/// What a path gives, written to a file, or to standard output where none is named.
pub(super) async fn write(client: &mut Client, path: Path, out: Option<PathBuf>) -> Result<(), Failure> {
    match out {
        None => pour(client, path, std::io::stdout(), "standard output").await,
        Some(file) => {
            let name = file.display().to_string();
            // Whole or not there: the file gets its name when its last byte is written.
            let mut part = file.clone().into_os_string();
            part.push(".part");
            let part = PathBuf::from(part);
            let failed = |error: &std::io::Error| Failure::from_error(&name, error);
            let done = match File::create(&part) {
                Ok(opened) => pour(client, path, opened, &name).await,
                Err(error) => Err(failed(&error)),
            };
            if done.is_err() {
                let _ = std::fs::remove_file(&part);
                return done;
            }
            std::fs::rename(&part, &file).map_err(|error| failed(&error))
        }
    }
}

async fn pour(client: &mut Client, path: Path, to: impl Write + Send, name: &str) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::from_error(name, &error);
    let mut to = BufWriter::new(to);
    client.pour(path, &mut |piece| to.write_all(piece).map_err(failed)).await?;
    to.flush().map_err(failed)
}
