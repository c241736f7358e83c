//! `purser export …`

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::client::{Client, path};
use crate::failure::Failure;

/// What can be exported.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// What was charged, as FOCUS 1.2 (CSV), for programs of FinOps
    Focus(Focus),
}

#[derive(Debug, Args)]
pub(crate) struct Focus {
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

impl Command {
    pub(crate) async fn run(self, client: &mut Client) -> Result<(), Failure> {
        let Self::Focus(Focus { from, to, names, out }) = self;
        let path = path(["exports", "focus"])
            .with("from", from.as_deref())
            .with("to", to.as_deref())
            .with("names", names.then_some("true"));
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
}

async fn pour(
    client: &mut Client,
    path: crate::client::Path,
    to: impl Write + Send,
    name: &str,
) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::from_error(name, &error);
    let mut to = BufWriter::new(to);
    client.pour(path, &mut |piece| to.write_all(piece).map_err(failed)).await?;
    to.flush().map_err(failed)
}
